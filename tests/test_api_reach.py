"""Questions on graphs of some size: a path found level by level is the path, and a study path is the closure."""

import random
from collections.abc import AsyncIterator

import networkx as nx
import pytest

from api.reach import relations_between
from graph import paths
from graph.errors import InvalidQuery
from graph.model import RELATION_TYPES, Concept, KnowledgeGraph, Origin, Relation, RelationType
from graph.sqlite_store import SqliteStore
from tests.api_service import answer

CONCEPTS, PREREQUISITES, OTHERS = 487, 1208, 400
OTHER_TYPES = [t for t in RelationType if t is not RelationType.PREREQUISITE_OF]


def made_up(seed: int) -> KnowledgeGraph:
    """A graph as large as a good collection of notes: prerequisites without a cycle, and relations of all types."""
    rng = random.Random(seed)
    ids = [f"c{n}" for n in range(CONCEPTS)]
    edges: set[tuple[int, int]] = set()
    while len(edges) < PREREQUISITES:
        first, then = sorted(rng.sample(range(CONCEPTS), 2))
        edges.add((first, then))
    rows = [
        Relation(ids[u], RelationType.PREREQUISITE_OF, ids[v], Origin.CURATED, rng.choice([0.6, 0.9])) for u, v in edges
    ]
    for _ in range(OTHERS):
        source, target = rng.sample(ids, 2)
        rows.append(Relation(source, rng.choice(OTHER_TYPES), target, Origin.CURATED))
    return KnowledgeGraph.of([Concept(i, f"Concept {i}") for i in ids], rows)


GRAPH = made_up(7)


@pytest.fixture(scope="module")
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SqliteStore]:
    async with SqliteStore(str(tmp_path_factory.mktemp("reach"))) as opened:
        await opened.upsert("made-up.json", GRAPH)
        yield opened


@pytest.mark.parametrize("directed", [True, False])
@pytest.mark.parametrize("types", [None, [RelationType.PREREQUISITE_OF, RelationType.CONTRASTS_WITH]])
async def test_a_path_found_level_by_level_is_the_one_found_in_the_whole_graph(
    store: SqliteStore, directed: bool, types: list[RelationType] | None
) -> None:
    rng = random.Random(1)
    whole = [r for r in GRAPH.relations if types is None or r.type in types]
    lengths = set()
    for _ in range(60):
        source, target = (f"c{rng.randrange(CONCEPTS)}" for _ in range(2))
        near = await relations_between(store, source, target, types=types, directed=directed)
        found = paths.shortest_path(near, source, target, directed=directed)
        assert found == paths.shortest_path(whole, source, target, directed=directed)
        lengths.add(None if found is None else len(found))
    assert len(lengths) > 3


async def test_two_concepts_that_are_far_apart_are_refused_before_the_whole_graph_is_read(store: SqliteStore) -> None:
    with pytest.raises(InvalidQuery, match="20 relations"):
        await relations_between(store, "c0", "c486", directed=False, most=20)


async def test_a_symmetric_relation_is_followed_both_ways(store: SqliteStore) -> None:
    row = next(r for r in GRAPH.relations if RELATION_TYPES[r.type].symmetric)
    assert row in await relations_between(store, row.target, row.source, types=[row.type])


@pytest.mark.parametrize("sure", [0, 0.8])
async def test_a_study_path_is_the_exact_closure_of_its_target_in_an_order_that_holds(
    store: SqliteStore, sure: float
) -> None:
    held = nx.DiGraph()
    held.add_nodes_from(c.id for c in GRAPH.concepts)
    held.add_edges_from(
        (r.source, r.target) for r in GRAPH.relations if r.type is RelationType.PREREQUISITE_OF and r.confidence >= sure
    )
    query = """query($target: ID!, $sure: Float) { studyPath(targets: [$target], minConfidence: $sure) {
        cycles steps { concept { id name } because { target { id } } } } }"""
    for number in range(0, CONCEPTS, 9):
        target = f"c{number}"
        path = (await answer(store, query, {"target": target, "sure": sure}))["studyPath"]
        order = [step["concept"]["id"] for step in path["steps"]]
        assert set(order) == nx.ancestors(held, target) | {target}
        assert len(order) == len(set(order))
        place = {concept: i for i, concept in enumerate(order)}
        assert all(place[u] < place[v] for u, v in held.subgraph(order).edges)
        for step in path["steps"]:
            reasons = [row["target"]["id"] for row in step["because"]]
            assert set(reasons) == set(held.successors(step["concept"]["id"])) & set(order)
        assert path["cycles"] == []


async def test_a_path_to_everything_with_reasons_and_their_evidence_is_within_the_limits(store: SqliteStore) -> None:
    query = """query($targets: [ID!]!) { studyPath(targets: $targets) { steps { concept { id name aliases definition }
        because { type source { name } target { name } evidence { text source { path } } because { type } } } } }"""
    data = await answer(store, query, {"targets": [f"c{n}" for n in range(CONCEPTS - 100, CONCEPTS)]})
    assert len(data["studyPath"]["steps"]) > 400
