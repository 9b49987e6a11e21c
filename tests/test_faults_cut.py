"""Neo4j's connection is cut in the middle of a load: a few ways and moments; `python -m bench.faults` has more."""

import pytest

from tests.faults.case import FEW, Case, make_case
from tests.faults.cut import Sizes, cut, size_of
from tests.faults.places import Neo4jPlace
from tests.faults.proxy import Break
from tests.neo4j_server import Server

pytestmark = pytest.mark.neo4j


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Four of the sample notes, and the same as somebody edited them."""
    return make_case(tmp_path_factory.mktemp("case"), files=FEW)


@pytest.fixture(scope="module")
def sizes(case: Case, neo4j_server: Server) -> Sizes:
    """How much is sent while they are loaded."""
    neo4j_server.wipe()
    return size_of(Neo4jPlace(neo4j_server), case.old)


@pytest.mark.parametrize("how", [Break.RESET, Break.LOST, Break.SILENCE], ids=lambda how: how.name)
def test_a_cut_load_goes_on_or_says_so(how: Break, case: Case, sizes: Sizes, neo4j_server: Server) -> None:
    """It ends soon, with one line if not all is stored; no write is done twice, and loading again completes it."""
    place = Neo4jPlace(neo4j_server)
    place.empty()
    ended = cut(place, case, case.old, how=how, at=0.5, sizes=sizes)
    assert ended.faults == []
    if how is Break.LOST:  # the connection is back: only the answer was lost
        assert ended.line.startswith(f"{how}: 0 after")
