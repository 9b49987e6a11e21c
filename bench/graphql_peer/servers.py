"""What runs beside this program: a Neo4j server as in production, our service, and the peer. Each ends with its
block.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.neo4j_server import NoServerError, Server, cache_folder, java_server

__all__ = ["our_service", "peer_service", "server"]

# The tests want a server that starts fast and takes little memory; this one compiles as it would in production.
JVM = ("-Xms2g", "-Xmx2g", "-Dnoteatlas.pagecache.mebibytes=512")
PEER = Path(__file__).parent / "peer"
ADDRESS = re.compile(r"http://\S+?/(?=\s|$)")


@contextmanager
def server() -> Iterator[Server]:
    """Start an empty Neo4j server."""
    try:
        with java_server(*JVM) as started:
            yield started
    except NoServerError as error:
        sys.exit(f"no Neo4j server: {error}")


@contextmanager
def our_service(store: str) -> Iterator[str]:
    """Serve a store by `noteatlas serve`; yields the address of GraphQL."""
    command = [sys.executable, "-c", "from api.cli import main; main()", "serve", "--port", "0"]
    environment = {**os.environ, "NOTEATLAS_STORE": store}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stderr is not None
        yield f"{_address(process.stderr)}graphql"
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def peer_service(database: Server) -> Iterator[str]:
    """Serve the same database by @neo4j/graphql on Apollo Server; yields its address."""
    node = shutil.which("node")
    if node is None:
        sys.exit("no Node: install Node 20 or newer")
    environment = {
        **os.environ,
        "NODE_ENV": "production",
        "NEO4J_URI": database.address,
        "NEO4J_USER": database.user,
        "NEO4J_PASSWORD": database.password,
    }
    process = subprocess.Popen(
        [node, "server.mjs"],
        cwd=_installed(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        assert process.stdout is not None
        yield _address(process.stdout)
    finally:
        process.terminate()
        process.wait(30)


def _address(output: Iterator[str]) -> str:
    for line in output:
        if found := ADDRESS.search(line):
            return found[0]
    sys.exit("a service did not start")


def _installed() -> Path:
    """Return a folder with the peer's program and packages; npm fetches them once, and runs no scripts of theirs."""
    folder = cache_folder() / "graphql-peer"
    folder.mkdir(exist_ok=True)
    wanted = (PEER / "package.json").read_text()
    kept = folder / "installed.json"
    if not kept.exists() or kept.read_text() != wanted:
        shutil.copy(PEER / "package.json", folder)
        npm = shutil.which("npm") or sys.exit("no npm: install Node 20 or newer with it")
        subprocess.run(
            [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], check=True, cwd=folder
        )
        kept.write_text(wanted)
    shutil.copy(PEER / "server.mjs", folder)
    return folder
