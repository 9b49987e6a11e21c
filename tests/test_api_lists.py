"""Lists of concepts over GraphQL: filters, orders, cursors that outlive what they were made of, and facets."""

import base64
from pathlib import Path
from typing import Any

import orjson
import pytest

from graph.listing import ConceptFilter, ConceptOrder, OrderBy, RelationFilter
from graph.model import ConceptKind, KnowledgeGraph, Origin, RelationType, merge
from graph.sqlite_store import SqliteStore
from tests.api_service import Counting, Service, answer, namesakes_graph
from tests.listing_contract import chosen, in_order, measured
from tests.samples import attention_graph, boosting_graph

T = RelationType
GRAPH = merge(
    {"attention.md": attention_graph(), "trees/boosting.txt": boosting_graph(), "namesakes.json": namesakes_graph()}
)
LIST = """query($where: ConceptFilter, $order: ConceptOrder, $first: Int = 100, $after: String) {
  concepts(where: $where, order: $order, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } edges { cursor node { id } } } }"""


def listed(data: dict[str, Any]) -> list[str]:
    return [edge["node"]["id"] for edge in data["concepts"]["edges"]]


@pytest.mark.parametrize(
    ("where", "meant"),
    [
        ({}, ConceptFilter()),
        ({"topic": "Transformers & <friends>"}, ConceptFilter(topic="transformers")),
        ({"topic": "transformers", "includeSubtopics": True}, ConceptFilter(topic="transformers", subtopics=True)),
        ({"kinds": ["OPTIMIZER", "TOPIC"]}, ConceptFilter(kinds=[ConceptKind.OPTIMIZER, ConceptKind.TOPIC])),
        ({"kinds": []}, ConceptFilter(kinds=[])),
        ({"kinds": None, "text": None, "relation": None}, ConceptFilter()),
        ({"relation": {"types": ["COMBINES"]}}, ConceptFilter(relation=RelationFilter(types=[T.COMBINES]))),
        (
            {"relation": {"types": ["COMBINES"], "direction": "IN", "minConfidence": 0.9}},
            ConceptFilter(relation=RelationFilter(types=[T.COMBINES], direction="in", min_confidence=0.9)),
        ),
        (
            {"relation": {"origins": ["STRUCTURAL"]}},
            ConceptFilter(relation=RelationFilter(origins=[Origin.STRUCTURAL])),
        ),
        ({"hasPrerequisites": True}, ConceptFilter(has_prerequisites=True)),
        ({"hasPrerequisites": False}, ConceptFilter(has_prerequisites=False)),
        ({"text": "注意"}, ConceptFilter(text="注意")),
        ({"text": "gradient", "kinds": ["OPTIMIZER"]}, ConceptFilter(text="gradient", kinds=[ConceptKind.OPTIMIZER])),
        ({"source": "trees/boosting.txt"}, ConceptFilter(source="trees/boosting.txt")),
    ],
)
def test_a_list_has_what_the_filter_says(service: Service, where: dict[str, Any], meant: ConceptFilter) -> None:
    expected = in_order(GRAPH, chosen(GRAPH, meant), ConceptOrder())
    found = service.data(LIST, {"where": where})
    assert listed(found) == expected
    assert found["concepts"]["totalCount"] == len(expected)
    assert expected or where == {"kinds": []}


@pytest.mark.parametrize(
    ("order", "meant"),
    [
        ({}, ConceptOrder()),
        ({"direction": "DESC"}, ConceptOrder(reverse=True)),
        ({"by": "IMPORTANCE"}, ConceptOrder(OrderBy.IMPORTANCE)),
        ({"by": "IMPORTANCE", "direction": "ASC"}, ConceptOrder(OrderBy.IMPORTANCE, reverse=True)),
        ({"by": "DEGREE", "direction": "DESC"}, ConceptOrder(OrderBy.DEGREE)),
        ({"by": "DEPTH"}, ConceptOrder(OrderBy.DEPTH)),
        ({"by": "DEPTH", "direction": "DESC"}, ConceptOrder(OrderBy.DEPTH, reverse=True)),
    ],
)
def test_a_list_is_in_the_order_asked_for_page_by_page(
    service: Service, order: dict[str, Any], meant: ConceptOrder
) -> None:
    expected = in_order(GRAPH, GRAPH.concepts, meant)
    assert listed(service.data(LIST, {"order": order})) == expected
    found: list[str] = []
    after = None
    while True:
        page = service.data(LIST, {"order": order, "first": 9, "after": after})
        found += listed(page)
        after = page["concepts"]["pageInfo"]["endCursor"]
        if not page["concepts"]["pageInfo"]["hasNextPage"]:
            break
    assert found == expected


def test_concepts_tell_what_they_are_sorted_by(service: Service) -> None:
    nodes = service.data("{ concepts(first: 100) { edges { node { id importance degree depth } } } }")["concepts"][
        "edges"
    ]
    assert {e["node"]["id"]: (e["node"]["importance"], e["node"]["degree"], e["node"]["depth"]) for e in nodes} == {
        id_: tuple(measures) for id_, measures in measured(GRAPH).items()
    }


async def test_a_cursor_outlives_its_concept(tmp_path: Path) -> None:
    async with SqliteStore(str(tmp_path)) as store:
        await store.upsert("attention.md", attention_graph())
        await store.upsert("b", boosting_graph())
        order = {"order": {"by": "DEGREE"}, "first": 3}
        page = await answer(store, LIST, {**order, "first": 13})
        rest = listed(page)[3:]
        cursor = page["concepts"]["edges"][2]["cursor"]
        gone = listed(page)[2]
        graph = attention_graph()
        kept = KnowledgeGraph.of(
            [c for c in graph.concepts if c.id != gone],
            [r for r in graph.relations if gone not in (r.source, r.target)],
        )
        await store.upsert("attention.md", kept)
        now = await store.graph()
        after = listed(await answer(store, LIST, {**order, "first": 100, "after": cursor}))
        assert gone not in {c.id for c in now.concepts}
        assert set(rest) <= set(after)  # those whose degree fell stand further behind now


def made(*values: object) -> str:
    return base64.urlsafe_b64encode(b"c2:" + orjson.dumps(values)).decode().rstrip("=")


@pytest.mark.parametrize(
    "after",
    [
        made("degree", False, -3, "x", "x"),
        made("name", True, 0, "x", "x"),
        made("name", False, "0", "x", "x"),
        made("name", False, True, "x", "x"),
        made("name", False, 0.5, "x", "x"),
        made("name", False, 0, None, "x"),
        made("name", False, 0, "x", ["x"]),
        made("name", False, 2**62, "x", "x"),
        made("name", False, 0, "x\0", "x"),
        made("name", False, 0, "x" * 4001, "x"),
        made("name", False, 0, "x"),
        made(None),
    ],
)
def test_a_cursor_of_another_order_or_of_none_is_refused(service: Service, after: str) -> None:
    assert service.code(LIST, {"after": after}) == "INVALID_QUERY"


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ({"topic": "phlogiston"}, "UNKNOWN_CONCEPT"),
        ({"topic": "kernel"}, "AMBIGUOUS_NAME"),
        ({"topic": ""}, "INVALID_QUERY"),
        ({"relation": {"minConfidence": 1.5}}, "INVALID_QUERY"),
        ({"text": "x" * 1001}, "INVALID_QUERY"),
        ({"source": "x" * 4001}, "INVALID_QUERY"),
        ({"kinds": ["NOTHING"]}, "GRAPHQL_INVALID"),
    ],
)
def test_a_filter_out_of_range_is_refused(service: Service, where: dict[str, Any], code: str) -> None:
    assert service.code(LIST, {"where": where}) == code


def test_old_arguments_narrow_the_filter(service: Service) -> None:
    query = 'query($where: ConceptFilter) { concepts(topic: "transformers", kind: METHOD, where: $where, first: 100) '
    query += "{ edges { node { id } } } }"
    expected = ConceptFilter(topic="transformers", kinds=[ConceptKind.METHOD])
    for where in (None, {"kinds": ["METHOD", "OPTIMIZER"]}, {"topic": "transformers"}):
        assert listed(service.data(query, {"where": where})) == in_order(GRAPH, chosen(GRAPH, expected), ConceptOrder())
    assert listed(service.data(query, {"where": {"kinds": ["OPTIMIZER"]}})) == []
    assert service.code(query, {"where": {"topic": "adam"}}) == "INVALID_QUERY"


@pytest.mark.parametrize(
    ("arguments", "like"),
    [
        ("origins: [INFERRED]", lambda r: r.origin is Origin.INFERRED),
        ("minConfidence: 0.85", lambda r: r.confidence >= 0.85),
        (
            "origins: [STATED], minConfidence: 0.9, direction: OUT",
            lambda r: r.source == "grouped-query-attention" and r.origin is Origin.STATED and r.confidence >= 0.9,
        ),
        ("origins: []", lambda r: False),
    ],
)
def test_a_concepts_relations_are_filtered_by_origin_and_confidence(
    service: Service, arguments: str, like: Any
) -> None:
    found = service.data(
        f'{{ concept(id: "GQA") {{ relations({arguments}) {{ totalCount edges {{ node {{ source {{ id }} type '
        "target { id } } } } } }"
    )["concept"]["relations"]
    expected = [r for r in GRAPH.relations if "grouped-query-attention" in (r.source, r.target) and like(r)]
    assert [(e["node"]["source"]["id"], e["node"]["type"], e["node"]["target"]["id"]) for e in found["edges"]] == [
        (r.source, r.type.name, r.target) for r in expected
    ]
    assert found["totalCount"] == len(expected)


# -- facets -------------------------------------------------------------------------------------------------------

FACETS = """query($where: ConceptFilter) { facets(where: $where) { totalCount topics(first: 5) { topic { id } count }
  kinds { kind count } relationTypes { type count } origins { origin count } } }"""


def test_facets_divide_a_list(service: Service) -> None:
    found = service.data(FACETS, {"where": {"text": "注意力"}})["facets"]
    some = {c.id for c in chosen(GRAPH, ConceptFilter(text="注意力"))}
    assert found["totalCount"] == len(some) == 5
    assert found["topics"] == [{"topic": {"id": "transformers"}, "count": 5}]
    assert {row["kind"]: row["count"] for row in found["kinds"]} == {"METHOD": 5}
    for field, name in (("relationTypes", "type"), ("origins", "origin")):
        pairs = {(end, getattr(r, name).name) for r in GRAPH.relations for end in (r.source, r.target) if end in some}
        counts = {row[name]: row["count"] for row in found[field]}
        assert counts == {value: sum(v == value for _, v in pairs) for value in {v for _, v in pairs}}
    whole = service.data(FACETS)["facets"]
    assert whole["totalCount"] == len(GRAPH.concepts)
    assert {"kind": "TOOL", "count": 40} in whole["kinds"]
    assert service.data(FACETS, {"where": {"kinds": []}})["facets"] == {
        "totalCount": 0,
        "topics": [],
        "kinds": [],
        "relationTypes": [],
        "origins": [],
    }


async def test_each_facet_is_one_statement_and_only_what_is_asked_for(api_store: SqliteStore) -> None:
    store, before = Counting(api_store), api_store.statements
    await answer(store, FACETS)
    assert store.calls == {"count": 1, "topic_facet": 1, "facet": 3}
    assert api_store.statements - before == 5
    store = Counting(api_store)
    await answer(store, "{ facets { kinds { count } } }")
    assert store.calls == {"facet": 1}
