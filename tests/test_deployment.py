"""docker-compose.yml, Dockerfile and .dockerignore: what can be checked without a Docker engine, and with one if any.

The rules are ours: reachable from this machine only, no password in a file, no start before the server answers.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.settings import Settings
from graph.store import open_store

ROOT = Path(__file__).parent.parent
COMPOSE = ROOT / "docker-compose.yml"
PASSWORD = "Sample-password.1"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load(COMPOSE.read_text())


@pytest.fixture(scope="module")
def dockerfile() -> list[list[str]]:
    """Its instructions, each as words; continued lines joined."""
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())
    return [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def instructions(dockerfile: list[list[str]], name: str) -> list[str]:
    return [" ".join(words[1:]) for words in dockerfile if words[0] == name]


# -- compose ----------------------------------------------------------------------------------------------------------


def test_every_port_is_bound_to_the_loopback(compose: dict[str, Any]) -> None:
    """Nothing that `docker compose up` starts can be reached from another machine."""
    published = [port for service in compose["services"].values() for port in service.get("ports", ())]
    assert len(published) == 3
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in published)


def test_there_is_no_password_and_no_default_for_one(compose: dict[str, Any]) -> None:
    """Without NEO4J_PASSWORD nothing starts, and the reason is said."""
    neo4j = compose["services"]["neo4j"]["environment"]
    assert re.fullmatch(r"neo4j/\$\{NEO4J_PASSWORD:\?[^}]*NEO4J_PASSWORD\}", neo4j["NEO4J_AUTH"])
    # The image would take it for a setting of the server, and refuse to start.
    assert "NEO4J_PASSWORD" not in neo4j
    references = re.findall(r"\$\{NEO4J_PASSWORD([^}]*)\}", COMPOSE.read_text())
    assert all(not rest or rest.startswith(":?") for rest in references)


def test_the_server_is_the_supported_one_with_a_volume_and_a_health_check(compose: dict[str, Any]) -> None:
    """Neo4j 5.26; data outlives the container; healthy means that a login and a query worked."""
    server = compose["services"]["neo4j"]
    assert server["image"] == "neo4j:5.26"
    volume, folder = server["volumes"][0].split(":")
    assert volume in compose["volumes"]
    assert folder == "/data"
    kind, command = server["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    words = shlex.split(command.replace("$$", "$"))
    assert words[0] == "cypher-shell"
    assert words[-1] == "RETURN 1"
    assert words[words.index("-p") + 1] == "${NEO4J_AUTH#neo4j/}"


def test_the_service_waits_for_the_server_and_is_told_where_it_is(compose: dict[str, Any]) -> None:
    """It starts when the server is healthy; its settings exist; its store's URL is one that we can parse."""
    service = compose["services"]["noteatlas"]
    assert service["build"] == "."
    assert service["depends_on"] == {"neo4j": {"condition": "service_healthy"}}
    for name in service["environment"]:
        assert name.removeprefix("NOTEATLAS_").lower() in Settings.model_fields
    url = service["environment"]["NOTEATLAS_STORE"].replace("${NEO4J_PASSWORD}", PASSWORD)
    assert repr(open_store(url)) == "Neo4jStore('bolt://neo4j:7687')"


def test_the_service_listens_where_its_port_is_published(compose: dict[str, Any], dockerfile: list[list[str]]) -> None:
    """One port in the compose file, in its command and in the Dockerfile's instructions."""
    service = compose["services"]["noteatlas"]
    # Within its container the service must listen on all addresses; what is published decides who can reach it.
    assert service["command"] == ["noteatlas", "serve", "--host", "0.0.0.0", "--port", "8765", "--allow-remote"]
    assert service["ports"] == ["127.0.0.1:8765:8765"]
    assert json.loads(instructions(dockerfile, "CMD")[-1]) == service["command"]
    assert instructions(dockerfile, "EXPOSE") == ["8765"]


def test_the_service_has_no_rights_to_lose(compose: dict[str, Any], dockerfile: list[list[str]]) -> None:
    """No root, no capabilities, no way to gain any, no writable file system but its store and /tmp."""
    service = compose["services"]["noteatlas"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert int(instructions(dockerfile, "USER")[-1]) > 0


@pytest.fixture(scope="module")
def docker_compose() -> list[str]:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("no `docker compose` here: install Docker's compose plugin to have it read the file itself")
    return [docker, "compose", "--file", str(COMPOSE), "config"]


def test_docker_compose_itself_accepts_it(docker_compose: list[str]) -> None:
    """With a password it is valid; without one it is refused with our line."""
    environment = {name: value for name, value in os.environ.items() if name != "NEO4J_PASSWORD"}
    refused = subprocess.run(docker_compose, env=environment, capture_output=True, text=True, check=False)
    assert refused.returncode != 0
    assert "export it as NEO4J_PASSWORD" in refused.stderr
    environment["NEO4J_PASSWORD"] = PASSWORD
    accepted = subprocess.run(docker_compose, env=environment, capture_output=True, text=True, check=False)
    assert accepted.returncode == 0, accepted.stderr


# -- the image --------------------------------------------------------------------------------------------------------


def matches(path: str, pattern: str) -> bool:
    """Tell whether a pattern of .dockerignore names `path`; those in use are `*`, names, and `**/` before a name."""
    if pattern.startswith("**/"):
        return fnmatch(path.rsplit("/", 1)[-1], pattern.removeprefix("**/"))
    return fnmatch(path, pattern)


def ignored(path: str) -> bool:
    """Tell whether .dockerignore keeps `path` out: the last rule that names it, or a folder above it, decides."""
    parts = path.split("/")
    heads = ["/".join(parts[: length + 1]) for length in range(len(parts))]
    verdict = False
    for rule in (ROOT / ".dockerignore").read_text().splitlines():
        if rule and not rule.startswith("#") and any(matches(head, rule.removeprefix("!")) for head in heads):
            verdict = not rule.startswith("!")
    return verdict


def test_all_that_is_copied_exists_and_reaches_the_build(dockerfile: list[list[str]]) -> None:
    """Every COPY names files of the repository that .dockerignore lets through, and everything the wheel is made of."""
    copies = [line.split() for line in instructions(dockerfile, "COPY") if not line.startswith("--from")]
    copied = [name for words in copies for name in words[:-1]]
    for name in copied:
        assert (ROOT / name).exists(), name
        assert not ignored(name), name
    project = (ROOT / "pyproject.toml").read_text()
    packages = re.search(r"^packages = (\[.*\])$", project, re.MULTILINE)
    assert packages
    assert set(copied) == {
        *json.loads(packages[1]),
        *("pyproject.toml", "constraints.txt", "README.md", "LICENSE", "notes"),
    }


@pytest.mark.parametrize(
    "path", [".git/config", ".noteatlas/noteatlas.sqlite3", ".venv/bin/python", "tests/samples.py", ".env", "my.db"]
)
def test_what_is_private_or_large_does_not_reach_the_image(path: str) -> None:
    """History, stores, environments and tests stay outside."""
    assert ignored(path)
    assert ignored("graph/__pycache__")


def test_it_installs_the_tested_versions(dockerfile: list[list[str]]) -> None:
    """pip is held to constraints.txt, and the base is a Python that the project supports, in both stages."""
    installs = [line for line in instructions(dockerfile, "RUN") if "pip install" in line]
    assert len(installs) == 1
    assert "--constraint constraints.txt" in installs[0]
    bases = {line.split()[0] for line in instructions(dockerfile, "FROM")}
    assert bases == {"python:3.13-slim"}


def test_its_health_check_asks_the_service(dockerfile: list[list[str]]) -> None:
    """The command is Python that compiles and asks /healthz on the port that is served."""
    (line,) = instructions(dockerfile, "HEALTHCHECK")
    command = json.loads(line[line.index("[") :])
    assert command[:2] == ["python", "-c"]
    compile(command[2], "healthcheck", "exec")
    assert "http://127.0.0.1:8765/healthz" in command[2]
