"""Backups: all that a store holds, in one file, and back into a store of either kind, while others use it.

A backup is itself a SQLite store: it can be served, exported and compared, and is of no use only to who has not this
program. It holds what sources say, before and after decisions, the decisions and the history; records of loads, which
tell how far a load has come, are not in it.
"""

import asyncio
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from graph.errors import InputError
from graph.sqlite_file import copy_store
from graph.sqlite_store import SqliteStore
from graph.store import Changes, GraphStore, Stats

__all__ = ["Kept", "backup", "restore"]


@dataclass(frozen=True, slots=True)
class Kept:
    """How much a backup holds, how many decisions are in it, and what restoring it changed."""

    stats: Stats
    decisions: int
    changes: Changes = field(default_factory=Changes)


async def backup(store: GraphStore, file: Path) -> Kept:
    """Write all that `store` holds at one moment to `file`; others may read and write the store meanwhile.

    The file is there whole or as it was before. One that is there must be a backup or a store, so that no other file is
    lost. Raises InputError if it cannot be written, IncompatibleStore if it is something else. Cost: linear in the
    store, in time and in memory.
    """
    folder = await asyncio.to_thread(_prepare, file)
    try:
        part = Path(folder.name) / "backup.sqlite3"
        contents = await store.contents(with_history=True)
        async with SqliteStore(str(part)) as made:
            await made.restore(contents, cause="backup")
            stats = await made.stats()
        await asyncio.to_thread(_put, part, file)
    finally:
        await asyncio.to_thread(folder.cleanup)
    return Kept(stats, len(contents.decisions))


def _prepare(file: Path) -> "tempfile.TemporaryDirectory[str]":
    """Return a new folder beside `file`, which may be written to."""
    if file.exists():
        with tempfile.TemporaryDirectory(prefix="noteatlas-") as folder:
            copy_store(file, Path(folder) / "there.sqlite3")
    try:
        return tempfile.TemporaryDirectory(dir=file.resolve().parent, prefix=f".{file.name[:50]}.")
    except OSError as error:
        raise _unwritable(file, error) from error


def _put(part: Path, file: Path) -> None:
    try:
        if file.exists():
            shutil.copymode(file, part)
        part.replace(file.resolve())
    except OSError as error:
        raise _unwritable(file, error) from error


def _unwritable(file: Path, error: OSError) -> InputError:
    return InputError(f"cannot write {file}: {error.strerror or error}; name another file")


async def restore(store: GraphStore, file: Path) -> Kept:
    """Make what a backup holds all that `store` holds, in one transaction; readers see the one or the other.

    The file is not touched: an older version is brought up to date in a copy. Raises StoreUnavailable if there is none
    or if it is damaged, IncompatibleStore if it is no backup or of a newer version.
    """
    with tempfile.TemporaryDirectory(prefix="noteatlas-") as folder:
        copy = Path(folder) / "restored.sqlite3"
        await asyncio.to_thread(copy_store, file, copy)
        async with SqliteStore(str(copy)) as held:
            contents = await held.contents(with_history=True)
            stats = await held.stats()
    changes = await store.restore(contents, cause=f"restore {file.name}")
    return Kept(stats, len(contents.decisions), changes)
