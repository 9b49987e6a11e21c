"""A real Neo4j server for the tests, started once per run: the fixtures `neo4j_url` and `empty_neo4j_url`.

The first of these that can be had:

1. the server that NEO4J_URI names (with NEO4J_USER and NEO4J_PASSWORD). Its database must be empty, or
   NOTEATLAS_TEST_WIPE=1 must allow to wipe it; it is left empty.
2. Docker, through testcontainers, if an engine answers.
3. Maven and Java 17 or newer: Neo4j Community's own jars, started by `tests/neo4j/StartServer.java`. The jars are
   copied once into a cache outside the repository (`cache_folder`); data lives in a temporary folder.

Without any, tests that need the server are skipped with a line that says so; with `neo4j` in the comma-separated
NOTEATLAS_TEST_REQUIRE they fail.
"""

import contextlib
import gc
import hashlib
import os
import secrets
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import neo4j
import pytest

IMAGE = "neo4j:5.26"
RECIPE = Path(__file__).parent / "neo4j"
COPY_JARS = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
QUICK_START = ("-Xmx768m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")  # for what does not run for long
START_S = 180.0  # a busy machine takes a minute to start a Java program that takes ten seconds alone


class NoServerError(Exception):
    """Why one way of getting a server is closed, in a few words."""


@dataclass(frozen=True)
class Server:
    """Where a server listens, and who may log in. Its password has characters that a URL must escape."""

    address: str  # scheme://host:port[/database]
    user: str
    password: str

    @property
    def url(self) -> str:
        """The store's URL."""
        scheme, rest = self.address.split("://", 1)
        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}@" if self.user else ""
        return f"{scheme}://{login}{rest}"

    def driver(self) -> neo4j.Driver:
        """A driver of the tests' own."""
        parts = urlsplit(self.address)
        auth = (self.user, self.password) if self.user else None
        return neo4j.GraphDatabase.driver(
            f"{parts.scheme}://{parts.netloc}", auth=auth, notifications_min_severity="OFF"
        )

    def ask(self, statement: str) -> list[neo4j.Record]:
        """Run one statement outside of any store."""
        database = urlsplit(self.address).path.strip("/") or None
        with self.driver() as driver, driver.session(database=database) as session:
            return list(session.run(statement))

    def wipe(self) -> None:
        """Delete all nodes and relationships."""
        self.ask("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS")

    def drop_schema(self) -> None:
        """Drop all constraints and indexes but those of Neo4j itself."""
        for name in [row["name"] for row in self.ask("SHOW CONSTRAINTS YIELD name")]:
            self.ask(f"DROP CONSTRAINT `{name}`")
        for name in [row["name"] for row in self.ask("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP'")]:
            self.ask(f"DROP INDEX `{name}`")


def new_password() -> str:
    """A password for a server that lives as long as the tests."""
    return f"p@ss:w%rd {secrets.token_hex(8)}"


# -- a server that somebody else runs -----------------------------------------------------------------------------


@contextmanager
def named_server() -> Iterator[Server]:
    """The server that NEO4J_URI names."""
    address = os.environ.get("NEO4J_URI", "")
    if not address:
        raise NoServerError("NEO4J_URI is not set")
    server = Server(address, os.environ.get("NEO4J_USER", "neo4j"), os.environ.get("NEO4J_PASSWORD", ""))
    if not server.password:
        server = Server(address, "", "")
    try:
        occupied = server.ask("MATCH (n) RETURN n LIMIT 1")
    except (neo4j.exceptions.DriverError, neo4j.exceptions.Neo4jError) as error:
        raise NoServerError(f"NEO4J_URI cannot be used: {error}") from error
    if occupied:
        if os.environ.get("NOTEATLAS_TEST_WIPE") != "1":
            raise NoServerError("the database at NEO4J_URI is not empty: NOTEATLAS_TEST_WIPE=1 allows to wipe it")
        server.wipe()
    yield server
    server.wipe()
    server.drop_schema()


# -- Docker -------------------------------------------------------------------------------------------------------


@contextmanager
def docker_server() -> Iterator[Server]:
    """The official image in a container."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # testcontainers deprecates parts of itself as it is imported
        import docker
        from testcontainers.core.container import DockerContainer

        try:
            with contextlib.closing(docker.from_env(timeout=10)) as client:
                client.ping()
        except docker.errors.DockerException:
            answers = False
        else:
            answers = True
        gc.collect()  # a client that found no engine leaves a socket behind, and a warning
    if not answers:
        raise NoServerError("no Docker engine answers")
    password = new_password()
    container = DockerContainer(IMAGE).with_env("NEO4J_AUTH", f"neo4j/{password}").with_exposed_ports(7687)
    with container:
        server = Server(
            f"bolt://{container.get_container_host_ip()}:{container.get_exposed_port(7687)}", "neo4j", password
        )
        wait_for_login(server)
        yield server


def wait_for_login(server: Server) -> None:
    """Wait until the server lets us in."""
    end = time.monotonic() + START_S
    while True:
        try:
            server.ask("RETURN 1")
        except (neo4j.exceptions.ServiceUnavailable, neo4j.exceptions.Neo4jError, OSError):
            if time.monotonic() > end:
                raise
            time.sleep(0.5)
        else:
            return


# -- Maven and Java -----------------------------------------------------------------------------------------------


def cache_folder() -> Path:
    """The first of these folders that can be written: what the environment names, the user's cache, a temporary one."""
    wanted = [os.environ.get("NOTEATLAS_TEST_CACHE", "")]
    if cache := os.environ.get("XDG_CACHE_HOME"):
        wanted.append(f"{cache}/noteatlas-tests")
    if home := os.environ.get("HOME"):
        wanted.append(f"{home}/.cache/noteatlas-tests")
    wanted.append(f"{tempfile.gettempdir()}/noteatlas-tests-{os.getuid()}")
    for folder in map(Path, filter(None, wanted)):
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if folder.stat().st_uid == os.getuid() and os.access(folder, os.W_OK):
                return folder
    raise NoServerError(f"no folder for the jars can be written: tried {', '.join(filter(None, wanted))}")


def run_quietly(command: list[str], *, timeout_s: float) -> str:
    """Run a program and return what it printed; NoServerError with its last line if it fails."""
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout_s, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoServerError(f"{command[0]} cannot be run: {error}") from error
    if done.returncode:
        lines = [line for line in done.stdout.splitlines() if line.strip()] or ["it said nothing"]
        raise NoServerError(f"{Path(command[0]).name} failed: {lines[-1]}")
    return done.stdout


def jars() -> Path:
    """The folder with the server's jars; Maven fetches them if they are not in the cache yet."""
    pom = RECIPE / "pom.xml"
    folder = cache_folder() / f"neo4j-{hashlib.sha256(pom.read_bytes()).hexdigest()[:12]}"
    if folder.is_dir():
        return folder
    maven = shutil.which("mvn")
    if maven is None:
        raise NoServerError("there is no Maven (mvn)")
    # Another run may do the same at this moment: work aside, then rename. Maven's own cache is not worth keeping.
    with tempfile.TemporaryDirectory(dir=folder.parent) as draft:
        recipe = shutil.copy(pom, draft)
        run_quietly(
            [
                *(maven, "-q", "-B", "-f", str(recipe), f"-Dmaven.repo.local={draft}/repository"),
                *(COPY_JARS, f"-DoutputDirectory={draft}/lib", "-DincludeScope=runtime"),
            ],
            timeout_s=900,
        )
        with contextlib.suppress(OSError):  # the other run was first
            Path(draft, "lib").rename(folder)
    return folder


@contextmanager
def java_server(*jvm: str) -> Iterator[Server]:
    """Neo4j Community as a child process on a free port of the loopback; `jvm` are options of Java in place of ours."""
    with (
        tempfile.TemporaryDirectory(prefix="noteatlas-neo4j-", ignore_cleanup_errors=True) as folder,
        java_process(Path(folder), *jvm) as port,
    ):
        yield first_login(f"bolt://127.0.0.1:{port}")


@contextmanager
def java_process(folder: Path, *jvm: str) -> Iterator[int]:
    """Run Neo4j on what `folder` holds, and yield its port once it answers; at the end it is killed.

    It can be run again on the same folder, which has the logins and the data that were committed.
    """
    java = shutil.which("java")
    if java is None:
        raise NoServerError("there is no Java")
    port_file, log = folder / "port", folder / "log"
    port_file.unlink(missing_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(java, *(jvm or QUICK_START), "-cp", f"{jars()}/*"),
                *(str(RECIPE / "StartServer.java"), str(folder / "home"), str(port_file)),
            ],
            stdin=subprocess.PIPE,  # the server ends with it, and so with us
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        end = time.monotonic() + START_S
        while not port_file.exists():
            if process.poll() is not None or time.monotonic() > end:
                last = (log.read_text(errors="replace").strip().splitlines() or ["it said nothing"])[-1]
                raise NoServerError(f"Neo4j did not start: {last}")
            time.sleep(0.1)
        yield int(port_file.read_text())
    finally:
        process.kill()  # what was committed is on disk, and nothing else has to be kept
        process.wait()
        assert process.stdin
        process.stdin.close()


def first_login(address: str) -> Server:
    """Change the password that every new server has, which lets nobody do anything else before."""
    server = Server(address, "neo4j", new_password())
    initial = Server(address, "neo4j", "neo4j")
    wait = time.monotonic() + 60
    while True:
        try:
            with initial.driver() as driver, driver.session(database="system") as session:
                session.run("ALTER CURRENT USER SET PASSWORD FROM 'neo4j' TO $new", new=server.password).consume()
        except neo4j.exceptions.TransientError:
            if time.monotonic() > wait:
                raise
            time.sleep(0.5)
        else:
            return server


# -- fixtures -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def neo4j_server() -> Iterator[Server]:
    """The server for this run; its database starts empty."""
    reasons = []
    for way in (named_server, docker_server, java_server):
        with contextlib.ExitStack() as stack:
            try:
                server = stack.enter_context(way())
            except NoServerError as error:
                reasons.append(str(error))
                if way is named_server and os.environ.get("NEO4J_URI"):
                    break  # who names a server wants that one or none
                continue
            yield server
            return
    line = f"no Neo4j server: {'; '.join(reasons)}. Set NEO4J_URI, or start Docker, or install Maven and Java 17"
    if "neo4j" in os.environ.get("NOTEATLAS_TEST_REQUIRE", "").split(","):
        pytest.fail(line)
    pytest.skip(line)


@pytest.fixture(scope="session")
def neo4j_url(neo4j_server: Server) -> str:
    """The URL of a store on the server, as `open_store` takes it."""
    return neo4j_server.url


@pytest.fixture
def empty_neo4j_url(neo4j_server: Server) -> str:
    """The same, with the database emptied for this test; a store that is open loses its content."""
    neo4j_server.wipe()
    return neo4j_server.url
