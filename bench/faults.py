"""What faults do to a load of the sample notes, and what a reader sees meanwhile: `python -m bench.faults kill`.

    kill    SIGKILL to `noteatlas load` at random moments, most of them while it stores
    server  SIGKILL to the Neo4j server at random moments of a load; it is started again on its data
    disk    no room: half of the runs with a limit on the size of files (RLIMIT_FSIZE) at random offsets of the store's
            file, half on a small disk (tmpfs) with a random rest of room, where one can be mounted; of Neo4j all are a
            full disk that the server has its data on, and it is started again afterwards
    cut     the connection to Neo4j breaks, at random bytes of a write or in the middle of a commit, in each of the ways
            of `tests/faults/proxy.py` in turn, or in the one that `--how` names

Each is done `--times` times, half of them to a load into an empty store, half to a load of edited notes over what is
there, on `--store sqlite` or `neo4j` (a server that is started for this; it needs Java 17 and Maven, or what of
`tests/neo4j_server.py` they are kept in). The notes are read once beforehand (`tests/faults/prepared.py`), all the rest
of a load is the command's own. A reader looks at the store without a pause, and whatever it sees must be a state
between two of the load's transactions. After each fault the store must open, its database must find nothing wrong with
it, the next load must succeed, its export must be that of a clean load to the byte, and the history must tell each
write once.

Prints a line for each run, then the table; exits 1 if anything was wrong. `--seed` chooses the moments, `--few` loads
four of the notes.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.case import FEW, Case, Version, make_case
from tests.faults.cut import cut, size_of
from tests.faults.disk import fill_file, fill_up, largest, small_disk
from tests.faults.kill import Ended, kill_load, kill_server, measure
from tests.faults.places import Neo4jPlace, Place, SqlitePlace, load
from tests.faults.proxy import Break
from tests.faults.servers import OwnServer
from tests.neo4j_server import java_server

_SERVER_DISK = 2 << 30  # bytes
_LOAD_ON_DISK = 8 << 20  # about what a load of the notes needs, most of it for the transaction log


@dataclass(slots=True)
class Row:
    """One line of the table: a fault, on a store, to a load into an empty store or over what is there."""

    name: str
    runs: list[Ended] = field(default_factory=list)

    def add(self, ended: Ended) -> None:
        """Take in one run, and print it."""
        self.runs.append(ended)
        line = f"{self.name} {len(self.runs)}: at {ended.at:+.2f}, {ended.seen.right} looks"
        away = f", {ended.seen.away} in vain" if ended.seen.away else ""
        print(line + away, *filter(None, [ended.line]), *ended.faults, sep="; ", flush=True)

    def text(self) -> str:
        """The line."""
        good = sum(not run.faults for run in self.runs)
        looks = sum(run.seen.right + len(run.seen.wrong) for run in self.runs)
        wrong = sum(len(run.seen.wrong) for run in self.runs)
        middle = statistics.median(run.at for run in self.runs) if self.runs else 0.0
        return f"| {self.name} | {good} of {len(self.runs)} | {middle:.2f} | {looks:,} | {wrong} |"


def reset_to(place: Place, before: Version | None) -> Callable[[], None]:
    """Return what makes a place hold a version of the notes, or nothing."""

    def reset() -> None:
        place.empty()
        if before is not None:
            status, lines = load(place.url, before)
            assert status == 0, lines

    return reset


def kill(place: Place, case: Case, name: str, *, times: int, choose: random.Random) -> Iterator[Row]:
    """Kill loads; every other time the reader as well."""
    for version, before, what in ((case.old, None, "into an empty store"), (case.new, case.old, "over older notes")):
        row = Row(f"kill, {name}, {what}")
        reset = reset_to(place, before)
        reset()
        pace = measure(place, case, version)
        for number in range(times // 2):
            reader_too = number % 2 == 1
            row.add(kill_load(place, case, version, pace=pace, choose=choose, reader_too=reader_too, reset=reset))
        yield row


def kill_servers(folder: Path, case: Case, *, times: int, choose: random.Random) -> Iterator[Row]:
    """Kill the server under loads."""
    folder.mkdir()
    row = Row("server killed, neo4j")
    with OwnServer(folder) as server:
        place = Neo4jPlace(server.server)
        turns = [(case.old, reset_to(place, None)), (case.new, reset_to(place, case.old))]
        paces = []
        for version, reset in turns:
            reset()
            paces.append(measure(place, case, version))
        for number in range(times):
            version, reset = turns[number % 2]
            row.add(kill_server(server, case, version, pace=paces[number % 2], choose=choose, reset=reset))
    yield row


def disk(folder: Path, case: Case, *, times: int, choose: random.Random) -> Iterator[Row]:
    """Let a load into SQLite run out of room."""
    turns = ((case.old, None), (case.new, case.old))
    limited, full = Row("file limit, sqlite"), Row("full disk, sqlite")
    place = SqlitePlace(folder / "store")
    reset_to(place, case.new)()
    size = largest(place)
    for number in range(times // 2):
        version, before = turns[number % 2]
        reset_to(place, before)()
        least = largest(place) if before else 0
        at = choose.random()
        room = int(least + at * (size - least) * 0.9)
        limited.add(fill_file(place, case, version, size=room, at=at, may_succeed=before is not None))
    yield limited
    try:
        with small_disk(folder / "disk", size=4 * size):
            place = SqlitePlace(folder / "disk" / "store")
            for number in range(times // 2):
                version, before = turns[number % 2]
                reset_to(place, before)()
                at = choose.random()
                full.add(fill_up(place, folder / "disk", case, version, left=int(at * size), at=at))
            yield full
    except OSError as error:
        print(f"no full disk: {error}", flush=True)


def cut_off(
    place: Neo4jPlace, case: Case, hows: Sequence[Break], *, times: int, choose: random.Random
) -> Iterator[Row]:
    """Break the connection of loads into Neo4j."""
    turns = ((case.old, None), (case.new, case.old))
    sizes = []
    for version, before in turns:
        reset_to(place, before)()
        sizes.append(size_of(place, version))
    rows = {how: Row(f"cut, neo4j, {how}") for how in hows}
    for number in range(times):
        how, turn = hows[number % len(hows)], number // len(hows) % 2
        version, before = turns[turn]
        reset_to(place, before)()
        rows[how].add(cut(place, case, version, how=how, at=choose.random(), sizes=sizes[turn]))
    yield from rows.values()


def server_disk(folder: Path, case: Case, *, times: int, choose: random.Random) -> Iterator[Row]:
    """Let the disk that a Neo4j server has its data on run full during loads; it is killed and started afterwards."""
    row = Row("full disk, neo4j")
    with small_disk(folder / "disk", size=_SERVER_DISK):
        (folder / "disk" / "server").mkdir()
        with OwnServer(folder / "disk" / "server") as server:
            place = Neo4jPlace(server.server)

            def again() -> None:
                server.stop()
                server.start()

            for number in range(times):
                version, before = ((case.old, None), (case.new, case.old))[number % 2]
                reset_to(place, before)()
                at = choose.random()
                room = int(at * _LOAD_ON_DISK)
                row.add(fill_up(place, folder / "disk", case, version, left=room, at=at, recover=again))
    yield row


@contextmanager
def place_for(store: str, folder: Path) -> Iterator[Place]:
    """A place of that kind."""
    with ExitStack() as stack:
        yield SqlitePlace(folder / "store") if store == "sqlite" else Neo4jPlace(stack.enter_context(java_server()))


def main() -> int:
    """Do what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("fault", choices=["kill", "server", "disk", "cut"])
    parser.add_argument("--store", choices=["sqlite", "neo4j"], default="sqlite")
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--how", choices=[how.name for how in Break], help="the way of each cut")
    parser.add_argument("--few", action="store_true", help="load four of the sample notes, which is faster")
    asked = parser.parse_args()
    begun = time.monotonic()
    choose = random.Random(asked.seed)
    with tempfile.TemporaryDirectory(prefix="noteatlas-faults-") as name:
        folder = Path(name)
        case = make_case(folder / "case", files=FEW if asked.few else None, seed=asked.seed)
        if asked.fault == "disk" and asked.store == "neo4j":
            rows = list(server_disk(folder, case, times=asked.times, choose=choose))
        elif asked.fault == "disk":
            rows = list(disk(folder, case, times=asked.times, choose=choose))
        elif asked.fault == "server":
            rows = list(kill_servers(folder / "server", case, times=asked.times, choose=choose))
        else:
            with place_for(asked.store, folder) as place:
                if asked.fault == "cut":
                    assert isinstance(place, Neo4jPlace), "only a server can be cut off: --store neo4j"
                    hows = [Break[asked.how]] if asked.how else list(Break)
                    rows = list(cut_off(place, case, hows, times=asked.times, choose=choose))
                else:
                    rows = list(kill(place, case, asked.store, times=asked.times, choose=choose))
    print("\n| Fault | as it should be | median moment | looks of the reader | of those wrong |")
    print("|---|---|---|---|---|")
    for row in rows:
        print(row.text())
    print(f"\nseed {asked.seed}, {time.monotonic() - begun:.0f} s")
    return int(any(run.faults for row in rows for run in row.runs))


if __name__ == "__main__":
    sys.exit(main())
