"""The stores that faults happen to, and what must be true of one afterwards, whatever happened."""

import asyncio
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from graph.history import KEPT_REVISIONS
from graph.store import open_store
from tests.command_line import environment, noteatlas
from tests.faults.case import Case, Version
from tests.faults.reader import look
from tests.neo4j_server import Server

__all__ = ["Neo4jPlace", "Place", "Seen", "SqlitePlace", "Watched", "afterwards", "load", "watched"]

_READY_S = 60.0


class Place(Protocol):
    """Where a store is."""

    @property
    def url(self) -> str:
        """The store's URL."""
        ...

    def empty(self) -> None:
        """Make it a store that holds nothing, or none."""
        ...

    def is_there(self) -> bool:
        """Tell whether there is a store to read."""
        ...

    def faults(self) -> list[str]:
        """Return what the database itself finds wrong with it, or that it does not answer."""
        ...


@dataclass(frozen=True, slots=True)
class SqlitePlace:
    """A store in a folder of its own."""

    folder: Path

    @property
    def url(self) -> str:
        """The folder."""
        return str(self.folder)

    def empty(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def is_there(self) -> bool:
        """Look for its file."""
        return (self.folder / "noteatlas.sqlite3").exists()

    def faults(self) -> list[str]:
        """Ask SQLite for the file's integrity; a file that is not there has none to lose."""
        file = self.folder / "noteatlas.sqlite3"
        if not file.exists():
            return []
        with closing(sqlite3.connect(file)) as db:
            rows = [row for (row,) in db.execute("PRAGMA integrity_check")]
            loose = list(db.execute("PRAGMA foreign_key_check"))
        return [f"integrity_check: {row}" for row in rows if row != "ok"] + [f"foreign_key_check: {r}" for r in loose]


@dataclass(frozen=True, slots=True)
class Neo4jPlace:
    """A server's database."""

    server: Server

    @property
    def url(self) -> str:
        """The server's URL, with its password."""
        return self.server.url

    def empty(self) -> None:
        """Delete everything."""
        self.server.wipe()

    def is_there(self) -> bool:
        """An empty database is one as well: who opens it makes the indexes."""
        return True

    def faults(self) -> list[str]:
        """Ask the server how many nodes it has."""
        rows = self.server.ask("MATCH (n) RETURN count(n)")
        return [] if len(rows) == 1 else ["the server does not count its nodes"]


# -- the load that something happens to, and its reader -------------------------------------------------------------


@dataclass(slots=True)
class Seen:
    """What the reader saw: how often everything was right, how often the store could not be read, what was wrong."""

    right: int = 0
    away: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Watched:
    """A load under way, with its lines, and the reader beside it."""

    load: "subprocess.Popen[str]"
    reader: "subprocess.Popen[bytes]"
    seen: Seen

    def wait_for(self, word: str) -> bool:
        """Wait until the load says `word`; False if it ended first."""
        assert self.load.stdout
        return any(line.strip() == word for line in self.load.stdout)

    def has_said(self, word: str) -> bool:
        """Tell whether the load, which has ended, said `word` in what was not read yet."""
        assert self.load.stdout
        return word in self.load.stdout.read().split()

    def stderr(self) -> list[str]:
        """Return the lines that the load, which has ended, printed as errors."""
        assert self.load.stderr
        return self.load.stderr.read().splitlines()


def _load_command(place_url: str, version: Version) -> list[str]:
    return [
        *(sys.executable, "-m", "tests.faults.prepared", str(version.extraction)),
        "load",
        "--fresh",  # what was read comes from a file anyway
        "notes",
        "--store",
        place_url,
    ]


@contextmanager
def watched(
    place: Place,
    case: Case,
    version: Version,
    *,
    through: str | None = None,
    before: Callable[[], None] | None = None,
) -> Iterator[Watched]:
    """Begin a load of `version` into a store with a reader beside it; at the end both are ended.

    `through` is the URL that the load is given, if it is not the place's; `before` is called in the process of the load
    first. If there is a store, the reader has seen it before the load begins. What it saw is in `seen` after the block.
    """
    root = Path(__file__).resolve().parents[2]
    with tempfile.TemporaryDirectory(prefix="noteatlas-faults-") as folder:
        out = Path(folder) / "seen"
        seen = Seen()
        with out.open("wb") as seen_by:
            reader = subprocess.Popen(
                [*(sys.executable, "-m", "tests.faults.reader"), place.url, str(case.known)],
                env=environment(PYTHONPATH=str(root)),
                stdout=seen_by,
                stderr=subprocess.STDOUT,
            )
            end = time.monotonic() + _READY_S
            while place.is_there() and not out.stat().st_size and time.monotonic() < end:
                time.sleep(0.01)
            loading = subprocess.Popen(
                _load_command(through or place.url, version),
                cwd=version.folder,
                env=environment(PYTHONPATH=str(root)),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                preexec_fn=before,
            )
            try:
                yield Watched(loading, reader, seen)
            finally:
                for process in (loading, reader):
                    process.kill()
                    process.wait()
                assert loading.stdout
                assert loading.stderr
                loading.stdout.close()
                loading.stderr.close()
        text = out.read_text(encoding="utf-8")
        seen.right, seen.away = _count(text, "."), _count(text, "-")
        seen.wrong += [line for line in text.splitlines() if line.strip(".-")]


def _count(text: str, sign: str) -> int:
    return sum(line.count(sign) for line in text.splitlines() if not line.strip(".-"))


def load(place_url: str, version: Version) -> tuple[int, list[str]]:
    """Load a version and wait for it; return the exit status and the lines on standard error."""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        _load_command(place_url, version),
        cwd=version.folder,
        env=environment(PYTHONPATH=str(root)),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stderr.splitlines()


def afterwards(place: Place, case: Case, version: Version) -> list[str]:
    """Return what is wrong after a fault: the store must be whole, and loading again must give what a clean load gives.

    Its history must tell each write once.
    """
    found = place.faults()
    known = case.read_known()

    async def ask() -> list[str]:
        async with open_store(place.url) as store:
            return await look(store, known)

    async def count() -> tuple[int, int]:
        async with open_store(place.url) as store:
            numbers = [revision.number for revision in await store.history(first=KEPT_REVISIONS)]
            return len(numbers), max(numbers, default=0)

    found += asyncio.run(ask())
    status, lines = load(place.url, version)
    if status or lines:
        found.append(f"the next load ended with {status}: {lines}")
    export = noteatlas("export", "--store", place.url, cwd=version.folder)
    if export.status or export.stdout != version.export:
        found.append(f"the export is not that of a clean load: {len(export.stdout)} bytes {export.stderr}")
    counted = asyncio.run(count())
    if counted != (version.revisions, version.revisions):
        found.append(f"the history has {counted[0]} revisions, the last is {counted[1]}, not {version.revisions}")
    return found
