"""`subgraphBetween` and the marks of what a search found, over GraphQL."""

import itertools
import random
from pathlib import Path
from typing import Any

import pytest

from api.reach import relations_near_both
from graph.between import between
from graph.errors import InvalidQuery
from graph.model import KnowledgeGraph, Origin, Relation, RelationType, merge
from graph.sqlite_store import SqliteStore
from tests.api_service import Counting, Service, answer
from tests.samples import attention_graph, boosting_graph

T = RelationType
GRAPH = merge({"attention.md": attention_graph(), "trees/boosting.txt": boosting_graph()})
BETWEEN = """query(
  $source: ID!, $target: ID!, $maxLength: Int, $types: [RelationType!], $directed: Boolean, $first: Int) {
  subgraphBetween(source: $source, target: $target, maxLength: $maxLength, types: $types, directed: $directed,
    first: $first) { concepts { id } relations { source { id } type target { id } } truncated } }"""


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"maxLength": 1},
        {"maxLength": 6, "directed": False},
        {"types": ["PREREQUISITE_OF"]},
        {"types": []},
        {"first": 3},
    ],
)
def test_what_lies_between_two_concepts(service: Service, asked: dict[str, Any]) -> None:
    found = service.data(BETWEEN, {"source": "attention", "target": "GQA", **asked})["subgraphBetween"]
    types = asked.get("types")
    expected = between(
        [r for r in GRAPH.relations if types is None or r.type.name in types],
        "attention",
        "grouped-query-attention",
        max_length=asked.get("maxLength", 4),
        directed=asked.get("directed", True),
        first=asked.get("first", 100),
    )
    assert [c["id"] for c in found["concepts"]] == list(expected.concepts)
    assert [(r["source"]["id"], r["type"], r["target"]["id"]) for r in found["relations"]] == [
        (r.source, r.type.name, r.target) for r in expected.relations
    ]
    assert found["truncated"] is expected.truncated
    assert bool(found["concepts"]) is (asked.get("maxLength") != 1 and types != [] and "first" not in asked)


@pytest.mark.parametrize("asked", [{"maxLength": 0}, {"maxLength": 7}, {"first": 0}, {"first": 301}])
def test_what_is_out_of_range_is_refused(service: Service, asked: dict[str, int]) -> None:
    assert service.code(BETWEEN, {"source": "attention", "target": "GQA", **asked}) == "INVALID_QUERY"
    assert service.code(BETWEEN, {"source": "attention", "target": "nix"}) == "UNKNOWN_CONCEPT"


async def test_half_the_length_from_either_end_is_enough(tmp_path: Path) -> None:
    choose = random.Random(8)
    names = [f"n{n:02}" for n in range(25)]
    relations = [
        Relation(
            *choose.sample(names, 1), choose.choice([T.USES, T.CONTRASTS_WITH]), choose.choice(names), Origin.CURATED
        )
        for _ in range(60)
    ]
    graph = KnowledgeGraph.of([], relations)
    async with SqliteStore(str(tmp_path)) as store:
        await store.upsert("a", graph)
        some = sorted({end for r in graph.relations for end in (r.source, r.target)})[:6]
        for source, target, length, directed in itertools.product(some[:3], some[3:], (1, 2, 5), (True, False)):
            counting: Any = Counting(store)
            near = await relations_near_both(counting, source, target, length=length, directed=directed)
            assert sum(counting.calls.values()) <= length
            whole = between(graph.relations, source, target, max_length=length, directed=directed, first=99)
            assert between(near, source, target, max_length=length, directed=directed, first=99) == whole
        with pytest.raises(InvalidQuery, match="limit `types`"):
            await relations_near_both(store, some[0], some[1], length=5, directed=False, most=5)


# -- marks --------------------------------------------------------------------------------------------------------


def marked(text: str, spans: list[dict[str, int]]) -> list[str]:
    return [text[span["start"] : span["end"]] for span in spans]


@pytest.mark.parametrize(
    ("query", "id_", "matched_in", "parts"),
    [
        ("注意", "attention", "ALIAS", ["注意"]),
        ("multi query", "multi-query-attention", "NAME", ["Multi", "Query"]),
        ("并行", "multi-head-attention", "DEFINITION", ["并行"]),
        ("MQA", "multi-query-attention", "ALIAS", ["MQA"]),
        ("gradient desent", "gradient-descent", "NAME", None),
    ],
)
def test_a_hit_says_what_matched_and_where(
    service: Service, query: str, id_: str, matched_in: str, parts: list[str] | None
) -> None:
    hits = service.data(
        "query($q: String!) { search(query: $q) { concept { id } matched matchedIn spans { start end } } }",
        {"q": query},
    )["search"]
    hit = next(h for h in hits if h["concept"]["id"] == id_)
    assert hit["matchedIn"] == matched_in
    if parts is not None:
        assert marked(hit["matched"], hit["spans"]) == parts


async def test_a_passage_is_marked_in_its_own_text(api_store: SqliteStore) -> None:
    store = Counting(api_store)
    found = await answer(
        store, '{ searchPassages(query: "exactly mqa") { found spans { start end } passage { text } } }'
    )
    hit = found["searchPassages"][0]
    assert marked(hit["passage"]["text"], hit["spans"]) == ["exactly", "MQA"]
