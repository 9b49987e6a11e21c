"""No room left: a load, and whatever else writes files, under a limit on the size of a file or on a full disk.

The limit is RLIMIT_FSIZE, which fails a write with EFBIG at an exact offset of any file. A full disk fails it with
ENOSPC: a small tmpfs, where this process may mount one (`full_disk`).
"""

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.command_line import Run, noteatlas
from tests.faults.case import Case, Version
from tests.faults.kill import Ended
from tests.faults.places import Place, SqlitePlace, afterwards, watched

__all__ = ["file_faults", "fill_file", "fill_up", "full_disk", "largest", "limit", "small_disk"]

LOAD_S = 120.0


def limit(size: int) -> Callable[[], None]:
    """Return what lets no file of its process grow beyond `size` bytes; Python ignores the signal that comes of it."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def largest(place: SqlitePlace) -> int:
    """Return the size of a store's file, in bytes."""
    return (place.folder / "noteatlas.sqlite3").stat().st_size


def _ending(status: int, lines: list[str], *, may_succeed: bool) -> list[str]:
    """Return what is wrong with how a command ended: it says in one line that it could not, with status 1."""
    if status == 0 and not lines and may_succeed:
        return []
    if status == 1 and len(lines) == 1 and lines[0].startswith("noteatlas: ") and "Traceback" not in lines[0]:
        return []
    return [f"it ended with {status}: {lines}"]


def fill_file(
    place: SqlitePlace, case: Case, version: Version, *, size: int, at: float, may_succeed: bool = False
) -> Ended:
    """Load where no file may grow beyond `size`; `at` is what the run's line tells of it."""
    with watched(place, case, version, before=limit(size)) as run:
        status = run.load.wait(LOAD_S)
        lines = run.stderr()
    faults = _ending(status, lines, may_succeed=may_succeed)
    return Ended(at, run.seen, [*faults, *run.seen.wrong, *afterwards(place, case, version)], *lines[:1])


# -- a disk of its own ----------------------------------------------------------------------------------------------


@contextmanager
def small_disk(folder: Path, *, size: int) -> Iterator[None]:
    """Mount a disk of `size` bytes, in memory, at a new folder. Raises OSError if that is not allowed here."""
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode:
        raise OSError(f"no tmpfs can be mounted: {done.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def full_disk(disk: Path, *, left: int) -> Iterator[None]:
    """Fill a disk but for `left` bytes; there is room again after the block."""
    ballast = disk / "ballast"
    there = os.statvfs(disk)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, there.f_bavail * there.f_frsize - left))
    try:
        yield
    finally:
        ballast.unlink()


def fill_up(
    place: Place,
    disk: Path,
    case: Case,
    version: Version,
    *,
    left: int,
    at: float,
    recover: Callable[[], None] | None = None,
) -> Ended:
    """Load while the store's disk has `left` bytes, which may be just enough.

    `recover` is called once there is room again: a server that ran out of it may have to be started again.
    """
    with full_disk(disk, left=left), watched(place, case, version) as run:
        status = run.load.wait(LOAD_S)
        lines = run.stderr()
    if recover is not None:
        recover()
    faults = _ending(status, lines, may_succeed=True)
    return Ended(at, run.seen, [*faults, *run.seen.wrong, *afterwards(place, case, version)], *lines[:1])


# -- other files ----------------------------------------------------------------------------------------------------


def file_faults(arguments: list[str], file: Path, *, size: int) -> list[str]:
    """Run a command that writes `file` under a limit; it must say so in a line and leave all files as they were."""
    before = _snapshot(file.parent)
    done: Run = noteatlas(*arguments, cwd=file.parent, before=limit(size))
    faults = _ending(done.status, done.stderr.splitlines(), may_succeed=False)
    if _snapshot(file.parent) != before:
        faults.append(f"there is another file now: {sorted(_snapshot(file.parent).keys() ^ before.keys())}")
    return faults


def _snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
