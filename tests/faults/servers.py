"""A Neo4j server that can be killed and started again on its data."""

import socket
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from tests.neo4j_server import QUICK_START, Server, first_login, java_process, wait_for_login

__all__ = ["OwnServer"]


class OwnServer:
    """Neo4j on one port and one folder; use it as `with`. Raises NoServerError where none can be had.

    `jvm` are the options of its process, those of a short life unless others are given.
    """

    def __init__(self, folder: Path, jvm: Sequence[str] = QUICK_START) -> None:
        self._folder = folder
        self._jvm = jvm
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._running = ExitStack()
        self.server = Server("", "", "")

    def __enter__(self) -> Self:
        """Start it for the first time."""
        self.begin()
        self.server = first_login(f"bolt://127.0.0.1:{self._port}")
        return self

    def __exit__(self, *exc: object) -> None:
        """End it."""
        self.stop()

    def begin(self) -> None:
        """Start it, and do not wait until it lets anybody in."""
        self._running.enter_context(java_process(self._folder, *self._jvm, f"-Dnoteatlas.port={self._port}"))

    def start(self) -> None:
        """Start it on what it had committed, and wait until it lets us in."""
        self.begin()
        wait_for_login(self.server)

    def stop(self) -> None:
        """Kill it with SIGKILL."""
        self._running.close()
