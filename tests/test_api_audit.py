"""The audits of the npm package graphql-http, by which servers show that they follow GraphQL over HTTP: all 61.

The package and graphql-js are fetched once with npm, which runs no scripts of theirs, and kept in the user's cache
folder. Without Node and npm the test is skipped; with `audit` in the comma-separated NOTEATLAS_TEST_REQUIRE it fails.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.api_service import Service

PACKAGES = ("graphql-http@1.23.1", "graphql@16.9.0")
PROGRAM = Path(__file__).parents[1] / "bench" / "graphql_http_audit.mjs"


@pytest.fixture(scope="module")
def folder() -> Path:
    """A folder that has the packages and the program."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "noteatlas-tests" / "graphql-http-1.23.1"
    try:
        npm = shutil.which("npm")
        if npm is None or shutil.which("node") is None:
            raise FileNotFoundError("node and npm are not installed")
        if not (cache / "node_modules" / "graphql-http").is_dir():
            cache.mkdir(parents=True, exist_ok=True)
            command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", *PACKAGES]
            subprocess.run(command, check=True, capture_output=True, timeout=180, cwd=cache)
    except (OSError, subprocess.SubprocessError) as error:
        message = f"no graphql-http: install Node and npm, and let npm reach its registry once ({error})"
        if "audit" in os.environ.get("NOTEATLAS_TEST_REQUIRE", "").split(","):
            pytest.fail(message)
        pytest.skip(message)
    shutil.copy(PROGRAM, cache)
    return cache


def test_all_audits_are_passed(folder: Path, service: Service) -> None:
    command = ["node", PROGRAM.name, f"{service.url}/graphql"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "61 of 61"), done.stdout + done.stderr
