"""Relay's `node` and `nodes`: everything that has an `id` is found again by it, and by nothing else."""

from pathlib import Path

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType

from api.schema import schema
from api.schema.node_ids import (
    read_relation_node_id,
    read_source_node_id,
    relation_node_id,
    source_node_id,
)
from graph.model import Concept, KnowledgeGraph, Relation, RelationType
from graph.sqlite_store import SqliteStore
from tests.api_service import Counting, Service, answer

NODES = """query($ids: [ID!]!) { nodes(ids: $ids) { __typename id
  ... on Concept { name } ... on Relation { type source { id } target { id } } ... on Source { path title } } }"""


def test_concepts_relations_and_sources_are_nodes() -> None:
    node = schema._schema.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    nodes = {
        t.name for t in schema._schema.type_map.values() if isinstance(t, GraphQLObjectType) and node in t.interfaces
    }
    assert nodes == {"Concept", "Relation", "Source"}


def test_what_has_an_id_is_found_again_by_it(service: Service) -> None:
    found = service.data(
        '{ concept(id: "GQA") { id relations { edges { node { id type source { id } target { id } evidence '
        "{ source { id path title } } } } } } }"
    )["concept"]
    relations = [edge["node"] for edge in found["relations"]["edges"]]
    source = next(e["source"] for r in relations for e in r.pop("evidence"))
    for r in relations:
        r.pop("evidence", None)
    ids = [found["id"], *(r["id"] for r in relations), source["id"]]
    assert len(set(ids)) == len(relations) + 2 > 5
    assert service.data(NODES, {"ids": ids})["nodes"] == [
        {"__typename": "Concept", "id": found["id"], "name": "Grouped-Query Attention"},
        *({"__typename": "Relation", **r} for r in relations),
        {"__typename": "Source", **source},
    ]
    one = service.data("query($id: ID!) { node(id: $id) { __typename id } }", {"id": source["id"]})
    assert one == {"node": {"__typename": "Source", "id": source["id"]}}


def test_a_concepts_global_id_is_its_plain_id_and_a_name_is_no_id(service: Service) -> None:
    found = service.data(NODES, {"ids": ["adam", "GQA", "Adam", "adam", "no such thing"]})["nodes"]
    adam = {"__typename": "Concept", "id": "adam", "name": "Adam"}
    assert found == [adam, None, None, adam, None]


@pytest.mark.parametrize(
    "node_id",
    [
        "Relation:",
        "Source:",
        "Relation:!",
        "Relation:ÄÖ",
        "Source:_w",
        "Relation:W10",
        "Relation:bnVsbA",
        relation_node_id(("a", RelationType.IS_A, "b")),
        source_node_id("no/such/file.md"),
        source_node_id(""),
        "Relation:" + "A" * 3000,
    ],
)
def test_an_id_of_nothing_is_null(service: Service, node_id: str) -> None:
    assert service.data("query($id: ID!) { node(id: $id) { id } }", {"id": node_id}) == {"node": None}


def test_an_impossible_number_of_ids_is_refused(service: Service) -> None:
    assert service.code(NODES, {"ids": []}) == "INVALID_QUERY"
    assert service.code(NODES, {"ids": [f"c{n}" for n in range(101)]}) == "INVALID_QUERY"
    assert service.code(NODES, {"ids": [" "]}) == "INVALID_QUERY"


@pytest.mark.parametrize("text", ["a", "注意力", "x:y", "`'\"\n"])
def test_an_opaque_id_is_read_as_what_it_was_made_of(text: str) -> None:
    key = (text, RelationType.CONTRASTS_WITH, "z")
    assert read_relation_node_id(relation_node_id(key)) == key
    assert read_source_node_id(source_node_id(text)) == text
    assert read_relation_node_id(source_node_id(text)) is None
    assert read_source_node_id(relation_node_id(key)) is None


async def test_a_concept_whose_id_reads_like_another_things_comes_first(tmp_path: Path) -> None:
    relation = Relation("a", RelationType.USES, "b")
    async with SqliteStore(str(tmp_path)) as store:
        await store.upsert("a.json", KnowledgeGraph.of([Concept(relation_node_id(relation.key), "Odd")], [relation]))
        found = await answer(store, NODES, {"ids": [relation_node_id(relation.key)]})
    assert found["nodes"][0]["__typename"] == "Concept"


@pytest.mark.parametrize("count", [1, 9])
async def test_nodes_cost_a_call_for_each_type_however_many_they_are(api_store: SqliteStore, count: int) -> None:
    store = Counting(api_store)
    graph = await api_store.graph()
    ids = [
        *(c.id for c in graph.concepts[:count]),
        *(relation_node_id(r.key) for r in graph.relations[:count]),
        *(source_node_id(s.path) for s in graph.sources),
    ]
    await answer(store, "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ids})
    assert store.calls == {"get": 1, "get_relations": 1, "sources": 1}
