"""The connection to a Neo4j server is cut while a load writes through it."""

import time
from bisect import bisect_right
from itertools import accumulate
from urllib.parse import quote, urlsplit

from tests.faults.case import Case, Version
from tests.faults.kill import Ended
from tests.faults.places import Neo4jPlace, afterwards, load, watched
from tests.faults.proxy import Break, Cut, Proxy, proxy
from tests.neo4j_server import Server

__all__ = ["LIMIT_S", "Sizes", "cut", "size_of"]

LIMIT_S = 60.0
"""A load must have ended so long after the cut, one way or the other."""

Sizes = tuple[int, ...]
"""How many bytes each write of a load sends, and what follows it until the next one begins."""

_WATCH = "noteatlas: nobody could watch this load: "


def _url(server: Server, through: Proxy) -> str:
    login = f"{quote(server.user, safe='')}:{quote(server.password, safe='')}@" if server.user else ""
    return f"bolt://{login}127.0.0.1:{through.port}"


def _address(server: Server) -> tuple[str, int]:
    parts = urlsplit(server.address)
    return parts.hostname or "127.0.0.1", parts.port or 7687


def size_of(place: Neo4jPlace, version: Version) -> Sizes:
    """Load without a cut, and measure."""
    with proxy(*_address(place.server)) as through:
        status, lines = load(_url(place.server, through), version)
        assert status == 0, lines
        assert through.commits == len(through.sizes) > 0
        return tuple(through.sizes)


def _moment(how: Break, at: float, sizes: Sizes) -> Cut:
    """Return where a part `at` of what all writes send has been sent."""
    after = int(at * sum(sizes))
    write = bisect_right(list(accumulate(sizes)), after)
    return Cut(how, write + 1, len(sizes), after - sum(sizes[:write]))


def cut(place: Neo4jPlace, case: Case, version: Version, *, how: Break, at: float, sizes: Sizes) -> Ended:
    """Cut a load at a part `at` (below 1) of its writes; it must go on, or say in a line that it cannot, and end.

    `sizes` are those of the same load without a cut.
    """
    with (
        proxy(*_address(place.server), _moment(how, at, sizes)) as through,
        watched(place, case, version, through=_url(place.server, through)) as run,
    ):
        while not through.is_broken and run.load.poll() is None:
            time.sleep(0.005)
        begun = time.monotonic()
        status = run.load.wait(LIMIT_S)
        took = time.monotonic() - begun
        lines = run.stderr()
        was_cut = through.is_broken
    faults = [] if was_cut else ["the load ended before the cut"]
    told = [line for line in lines if not line.startswith(_WATCH)]
    if status not in {0, 1} or len(told) != status or any(not line.startswith("noteatlas: ") for line in lines):
        faults.append(f"it ended with {status}: {lines}")
    line = f"{how}: {status} after {took:.1f} s {' / '.join(lines)}"
    return Ended(at, run.seen, [*faults, *run.seen.wrong, *afterwards(place, case, version)], line)
