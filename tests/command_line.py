"""The real command for tests: `noteatlas` as a process of its own, away from this process's settings."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

__all__ = ["COMMAND", "Run", "environment", "noteatlas"]

_CACHE = tempfile.TemporaryDirectory(prefix="noteatlas-tests-")
COMMAND = str(Path(sys.executable).parent / "noteatlas")


@dataclass(frozen=True, slots=True)
class Run:
    """How a command ended and what it printed."""

    status: int
    stdout: bytes
    stderr: str

    @property
    def json(self) -> Any:
        """Standard output, which must be JSON and nothing else, of a command that must have had nothing to say."""
        assert (self.status, self.stderr) == (0, "")
        return orjson.loads(self.stdout)

    @property
    def text(self) -> str:
        """Standard output of a command that must have succeeded."""
        assert self.status == 0, self.stderr
        return self.stdout.decode()

    @property
    def complaint(self) -> str:
        """The one line that a command must have printed to standard error, and nothing to standard output."""
        assert self.stdout == b""
        assert self.stderr.endswith("\n")
        (line,) = self.stderr.splitlines()
        return line.removeprefix("noteatlas: ")


def environment(**variables: str) -> dict[str, str]:
    """This process's environment without NOTEATLAS_*, with a cache of the tests' own and with `variables`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NOTEATLAS_")}
    return kept | {"NOTEATLAS_CACHE": _CACHE.name} | variables


def noteatlas(
    *arguments: str | Path,
    cwd: Path,
    stdin: bytes = b"",
    env: dict[str, str] | None = None,
    before: Callable[[], None] | None = None,
) -> Run:
    """Run the command in the folder `cwd`; `before` is called in the new process first."""
    done = subprocess.run(
        [COMMAND, *map(str, arguments)],
        cwd=cwd,
        input=stdin,
        env=environment(**(env or {})),
        capture_output=True,
        timeout=120,
        preexec_fn=before,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr.decode())
