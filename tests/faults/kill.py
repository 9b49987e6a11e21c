"""Killing a load, or the server that it writes to, with SIGKILL at a moment of its work."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.case import Case, Version
from tests.faults.places import Neo4jPlace, Place, Seen, afterwards, watched
from tests.faults.servers import OwnServer

__all__ = ["Ended", "Pace", "kill_load", "kill_server", "measure"]

_ALONE = 0.1  # of the kills are before anything of the notes is stored, while the store is made and the load recorded
_TRIES = 8
_LIMIT_S = 120.0  # a busy machine may take its time


@dataclass(slots=True)
class Pace:
    """How long a load takes beside a reader: until it begins to store, and from there until all is stored."""

    opening_s: float
    storing_s: float


@dataclass(frozen=True, slots=True)
class Ended:
    """One run: at which part of the storing it was killed (below 0: before it), what was seen, what was wrong.

    `line` is what the load said, if it could.
    """

    at: float
    seen: Seen
    faults: list[str]
    line: str = ""


def measure(place: Place, case: Case, version: Version) -> Pace:
    """Load a version undisturbed but for the reader."""
    with watched(place, case, version) as run:
        run.wait_for("begun")
        begun = time.monotonic()
        run.wait_for("storing")
        storing = time.monotonic()
        run.wait_for("stored")
        return Pace(storing - begun, time.monotonic() - storing)


def kill_load(
    place: Place,
    case: Case,
    version: Version,
    *,
    pace: Pace,
    choose: random.Random,
    reader_too: bool,
    reset: Callable[[], None],
) -> Ended:
    """Kill a load at a random moment and return what was wrong then and afterwards; `reset` prepares the place.

    With `reader_too` the reader is killed first: then nobody has the store open, and whoever comes next has to find out
    what is valid. A load that was faster than its killer is repeated, and the pace corrected.
    """
    for _ in range(_TRIES):
        reset()
        early = choose.random() < _ALONE
        part = choose.random()
        with watched(place, case, version) as run:
            run.wait_for("begun" if early else "storing")
            time.sleep(part * (pace.opening_s if early else pace.storing_s))
            if reader_too:
                run.reader.kill()
            run.load.kill()
            late = run.load.wait() != -9 or run.has_said("stored")
        if late:
            pace.storing_s *= 0.9
            continue
        return Ended(part - 1 if early else part, run.seen, run.seen.wrong + afterwards(place, case, version))
    return Ended(1.0, run.seen, ["every try to kill the load came too late"])


def kill_server(
    server: OwnServer, case: Case, version: Version, *, pace: Pace, choose: random.Random, reset: Callable[[], None]
) -> Ended:
    """Kill the Neo4j server at a random moment of a load, which must say so in one line; then start it on its data."""
    place = Neo4jPlace(server.server)
    part = 0.0
    for _ in range(_TRIES):
        reset()
        part = choose.random()
        with watched(place, case, version) as run:
            run.wait_for("storing")
            time.sleep(part * pace.storing_s)
            server.stop()
            status = run.load.wait(_LIMIT_S)
            late, lines = run.has_said("stored"), run.stderr()
        server.start()
        if late:
            pace.storing_s *= 0.9
            continue
        one = status == 1 and len(lines) == 1 and lines[0].startswith("noteatlas: the Neo4j server ")
        faults = [] if one else [f"it ended with {status}: {lines}"]
        return Ended(part, run.seen, [*faults, *run.seen.wrong, *afterwards(place, case, version)], *lines[:1])
    return Ended(part, Seen(), ["every try to kill the server came too late"])
