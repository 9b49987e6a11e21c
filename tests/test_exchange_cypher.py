"""The Cypher script, run by a real server: it makes the graph that was written, whatever its names."""

import json

import pytest
from hypothesis import HealthCheck, given, settings

from graph.exchange.cypher import to_cypher
from graph.model import Concept, KnowledgeGraph, Relation, RelationType
from tests.graph_strategies import hostile_graphs, hostile_text
from tests.neo4j_server import Server
from tests.samples import attention_graph

T = RelationType
MADE = "MATCH (c) RETURN labels(c) AS labels, properties(c) AS p"
RELATED = "MATCH (a)-[r]->(b) RETURN a.id AS source, type(r) AS type, b.id AS target, properties(r) AS p"


def run(server: Server, script: bytes) -> None:
    """Run a script as cypher-shell does: statement by statement."""
    for statement in script.decode().split(";\n"):
        if statement.strip():
            server.ask(statement)


def concept_properties(concept: Concept) -> dict[str, object]:
    row = {name: getattr(concept, name) for name in ("id", "name", "kind", "definition", "document", "line")}
    row |= {"aliases": list(concept.aliases), "kind": concept.kind.value}
    row |= {"extra": dict(concept.extra)} if concept.extra else {}
    return {key: value for key, value in row.items() if value is not None}


def relation_properties(relation: Relation) -> dict[str, object]:
    row = {
        "origin": relation.origin.value,
        "confidence": relation.confidence,
        "group": relation.group,
        "evidence_text": [e.text for e in relation.evidence],
        "evidence_place": [f"{e.source}:{e.line}" for e in relation.evidence],
        "evidence_rule": [e.rule for e in relation.evidence],
        "because": [f"{source} {kind} {target}" for source, kind, target in relation.because],
    }
    row |= {"extra": dict(relation.extra)} if relation.extra else {}
    return {key: value for key, value in row.items() if value is not None}


def check(server: Server, graph: KnowledgeGraph) -> None:
    """What is in the database is the graph, and nothing else."""
    rows = [(row["labels"], dict(row["p"])) for row in server.ask(MADE)]
    assert all(labels == ["Concept"] for labels, _ in rows)
    found = [p | ({"extra": json.loads(p["extra"])} if "extra" in p else {}) for _, p in rows]
    assert sorted(found, key=lambda p: p["id"]) == [concept_properties(c) for c in graph.concepts]
    related = {(row["source"], row["type"], row["target"]): dict(row["p"]) for row in server.ask(RELATED)}
    for p in related.values():
        p |= {"extra": json.loads(p["extra"])} if "extra" in p else {}
    assert related == {(r.source, r.type.value, r.target): relation_properties(r) for r in graph.relations}


@pytest.mark.neo4j
def test_the_sample_graph_is_made_and_made_again_it_is_the_same(neo4j_server: Server) -> None:
    neo4j_server.wipe()
    run(neo4j_server, to_cypher(attention_graph()))
    check(neo4j_server, attention_graph())
    run(neo4j_server, to_cypher(attention_graph()))
    check(neo4j_server, attention_graph())
    neo4j_server.wipe()


@pytest.mark.neo4j
def test_nothing_in_a_name_is_more_than_data(neo4j_server: Server) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(hostile_graphs())
    def try_it(graph: KnowledgeGraph) -> None:
        neo4j_server.wipe()
        run(neo4j_server, to_cypher(graph))
        check(neo4j_server, graph)

    try_it()
    neo4j_server.wipe()


@given(hostile_text)
def test_no_line_but_ours_ends_a_statement(name: str) -> None:
    graph = KnowledgeGraph.of([Concept(f"{name};\n", name + ";", definition=f"{name};\n//*")])
    lines = to_cypher(graph).decode().split("\n")
    assert [line for line in lines if line.endswith(";")] == [
        "CREATE CONSTRAINT concept_id IF NOT EXISTS FOR (c:Concept) REQUIRE c.id IS UNIQUE;",
        "MERGE (c:Concept {id: row.id}) SET c += row;",
    ]
    assert len(lines) == 7


def test_many_rows_are_written_in_batches() -> None:
    graph = KnowledgeGraph.of(
        [Concept(f"c{i}", f"C{i}") for i in range(1001)],
        [Relation(f"c{i}", T.USES, f"c{i + 1}") for i in range(1000)],
    )
    script = to_cypher(graph).decode()
    assert script.count("SET c += row;") == 3
    assert script.count("MERGE (a)-[r:USES]->(b)") == 2
