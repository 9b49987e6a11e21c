"""Killing `noteatlas load` while it writes, at a few moments, on both stores; `python -m bench.faults` has more."""

import asyncio
import random
from dataclasses import replace
from pathlib import Path

import pytest

from graph.store import open_store
from tests.faults.case import FEW, Case, make_case
from tests.faults.kill import Pace, kill_load
from tests.faults.places import Neo4jPlace, Place, SqlitePlace, load, watched
from tests.neo4j_server import Server


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Four of the sample notes, and the same as somebody edited them."""
    return make_case(tmp_path_factory.mktemp("case"), files=FEW)


def assert_survives(place: Place, case: Case, *, times: int) -> None:
    """Whoever reads meanwhile, and whoever comes afterwards, sees whole sources; loading again completes them."""
    choose = random.Random(7)
    pace = Pace(0.2, 0.3)  # it is corrected if that is too slow

    def older() -> None:
        place.empty()
        assert load(place.url, case.old) == (0, [])

    for number in range(times):
        version, reset = ((case.old, place.empty), (case.new, older))[number % 2]
        ended = kill_load(place, case, version, pace=pace, choose=choose, reader_too=number > 1, reset=reset)
        assert ended.faults == []


def test_a_killed_load_leaves_whole_sources_in_sqlite(case: Case, tmp_path: Path) -> None:
    """The file is sound, the next load gives what a clean one gives, and its history tells each write once."""
    assert_survives(SqlitePlace(tmp_path / "store"), case, times=4)


@pytest.mark.neo4j
def test_a_killed_load_leaves_whole_sources_in_neo4j(case: Case, neo4j_server: Server, empty_neo4j_url: str) -> None:
    """The same, on a server that finds out by itself that nobody is there any more."""
    assert_survives(Neo4jPlace(neo4j_server), case, times=2)


def test_the_reader_notices_what_is_half_there(case: Case, tmp_path: Path) -> None:
    """One relation less, of the graph or of a source, is no known state: otherwise these tests prove nothing."""
    place = SqlitePlace(tmp_path / "store")
    assert load(place.url, case.old) == (0, [])
    known = case.read_known()

    async def look() -> None:
        async with open_store(place.url) as store:
            graph, contents = await store.graph(), await store.contents()
        assert known.faults(contents, graph) == []
        (gone, *_) = graph.relations
        left = replace(graph, relations=tuple(r for r in graph.relations if r is not gone))
        assert known.faults(contents, left) == ["the graph is of no state between two transactions"]
        path, held = next(iter(contents.contributions.items()))
        relations = dict(list(held.relations.items())[1:])
        half = replace(contents, contributions={path: replace(held, relations=relations)})
        (line,) = known.faults(half, graph)
        assert line.startswith(f"{path} is half there")

    asyncio.run(look())


def test_a_load_that_ends_by_itself_shows_only_whole_sources(case: Case, tmp_path: Path) -> None:
    """Without any fault the reader sees no other states, and does see some."""
    place = SqlitePlace(tmp_path / "store")
    with watched(place, case, case.old) as run:
        assert run.wait_for("stored")
        assert run.load.wait() == 0
    assert run.seen.wrong == []
    assert run.seen.right > 0
