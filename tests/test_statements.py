"""What questions cost: statements by their shape, never by how many objects they list, and on Neo4j the work of each.

On Neo4j the unit is the server's own, hits of its storage (PROFILE): those of the statements that an operation sends,
against those of one statement that somebody would write by hand for the same. Every read is framed by two more, of the
state that tells whether a commit came in between; these cost three hits each, whatever is asked.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import neo4j
import pytest
from graphql import parse

from api.schema import schema
from graph import neo4j_read
from graph.model import Concept, Evidence, KnowledgeGraph, Origin, Passage, Relation, RelationType, Source
from graph.neo4j_run import framed
from graph.neo4j_store import Neo4jStore
from graph.sqlite_store import SqliteStore
from graph.store import GraphStore
from tests.api_service import answer
from tests.neo4j_server import Server

T = RelationType
COUNT = 60


def wheel() -> KnowledgeGraph:
    """Concepts alike, each in a topic, with prerequisites that have evidence, other relations and a passage."""
    names = [f"c{n:02}" for n in range(COUNT)]
    relations = []
    for n, me in enumerate(names):
        said = (Evidence("a.md", n + 1, f"{me} needs what is before it", "made-up"),)
        for step in (1, 2):
            if n >= step:
                relations.append(Relation(names[n - step], T.PREREQUISITE_OF, me, Origin.STATED, 0.9, said))
        relations.append(Relation(me, T.USES, names[(n + 7) % COUNT], Origin.STATED, 0.8, said))
        relations.append(Relation(me, T.IN_TOPIC, "topic", Origin.STRUCTURAL, 1.0, said))
    concepts = [Concept(i, f"Concept {i}", (f"alias {i}",), definition="a wheel has spokes") for i in names]
    passages = [Passage("a.md", n + 1, f"{me} needs what is before it", (), (me,)) for n, me in enumerate(names)]
    source = Source("a.md", "markdown", "Wheels", "0" * 64)
    return KnowledgeGraph.of([*concepts, Concept("topic", "Topic")], relations, passages, [source])


# Queries by the field of the root that they ask; `$n` is how many are asked for, `$few` are so many ids.
ROOTS = {
    "concepts with nested relations": """concepts(first: $n) { totalCount edges { node { name degree topics { name }
        prerequisites { name } relations(first: 5) { edges { node { type evidence { text source { title } }
        source { id name } target { id name } } } } } } }""",
    "concepts of a filter in an order": """concepts(first: $n, where: {topic: "topic", includeSubtopics: true,
        relation: {types: [USES]}, hasPrerequisites: true, text: "wheel"}, order: {by: IMPORTANCE})
        { edges { node { id importance depth } } }""",
    "a concept": """concept(id: "topic") { name relations(first: $n) { edges { node { source { name
        prerequisites { name } } evidence { text } } } } }""",
    "a node": 'node(id: "topic") { ... on Concept { name degree relations(first: $n) { edges { node { id } } } } }',
    "a neighbourhood": """neighborhood(ids: $few, radius: 2, first: $n) { concepts { name topics { name } }
        relations { source { name } evidence { source { title } } } truncated }""",
    "what lies between": """subgraphBetween(source: "c10", target: "c11", maxLength: 4, directed: false, first: $n)
        { concepts { name passages { text } } relations { target { name } } }""",
    "a shortest path": """shortestPath(source: "c50", target: "c56") { type source { name } evidence { text } }
        concepts(first: $n) { edges { cursor } }""",
    "a comparison": """compare(ids: ["c20", "c30"]) { concepts { name } between { type } shared { concept { name } }
        only { relations { target { name } evidence { text } } } } concepts(first: $n) { edges { node { id } } }""",
    "passages": """searchPassages(query: "needs what is", first: $n) { passage { text source { title } }
        concepts { name } }""",
    "a search": 'search(query: "wheel", first: $n) { concept { name unlocks { name } } spans { start } }',
    "facets": "facets { topics(first: $n) { topic { name } count } kinds { count } origins { count } }",
    "a study path": "studyPath(targets: $few) { steps { concept { name passages { text } } because { type } } }",
    "nodes": "nodes(ids: $few) { id ... on Concept { name prerequisites { name } } }",
    "what can be learnt next": "frontier(known: $few, first: $n) { concept { name } unlocks { name } }",
    "topics": "topics { name conceptCount children { name } }",
    "statistics": "stats { concepts relations }",
    "loads": "loads { id } concepts(first: $n) { edges { cursor } }",
    "decisions": "decisions(first: $n) { id evidence } concepts(first: $n) { edges { cursor } }",
    "the history": "history(first: $n) { number changes { conceptsAdded } } concepts(first: $n) { edges { cursor } }",
    "what the store is not asked": "relationTypes { type } mayDecide concepts(first: $n) { edges { cursor } }",
}


@pytest.fixture(scope="module")
async def embedded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SqliteStore]:
    async with SqliteStore(str(tmp_path_factory.mktemp("wheel"))) as store:
        await store.upsert("a.md", wheel())
        yield store


async def statements(store: GraphStore, shape: str, count: int) -> int:
    few = [f"c{n:02}" for n in range(count)]
    before = store.statements
    declared = ", ".join(
        f"${name}: {type_}" for name, type_ in (("n", "Int"), ("few", "[ID!]!")) if f"${name}" in ROOTS[shape]
    )
    query = f"query{f'({declared})' if declared else ''} {{ {ROOTS[shape]} }}"
    found = await answer(store, query, {"n": count, "few": few})
    assert any(found.values())
    return store.statements - before


def test_every_field_of_the_root_is_asked() -> None:
    asked = {
        str(field.name.value)
        for shape in ROOTS.values()
        for field in parse(f"{{ {shape} }}").definitions[0].selection_set.selections
    }
    assert asked == set(schema._schema.query_type.fields)


@pytest.mark.parametrize("shape", ROOTS)
async def test_forty_objects_cost_as_many_sql_statements_as_two(embedded: SqliteStore, shape: str) -> None:
    costs = [await statements(embedded, shape, count) for count in (2, 10, 40)]
    assert costs[0] == costs[1] == costs[2]
    assert costs[0] <= 12


async def test_a_way_costs_a_statement_for_each_relation_on_it_whatever_else_there_is(embedded: SqliteStore) -> None:
    query = 'query($end: ID!) { shortestPath(source: "c00", target: $end, types: [PREREQUISITE_OF]) { type } }'
    costs = []
    for steps in (1, 4, 16):
        before = embedded.statements
        path = (await answer(embedded, query, {"end": f"c{2 * steps:02}"}))["shortestPath"]
        assert len(path) == steps
        costs.append(embedded.statements - before - steps)
    assert costs[0] == costs[1] == costs[2] <= 4


# -- Neo4j --------------------------------------------------------------------------------------------------------


@pytest.fixture
async def server_store(empty_neo4j_url: str) -> AsyncIterator[Neo4jStore]:
    async with Neo4jStore(empty_neo4j_url) as store:
        await store.upsert("a.md", wheel())
        yield store


@pytest.fixture
def asked(neo4j_server: Server) -> Iterator[Any]:
    """Profiles a statement: its storage hits, and the names of its operators."""
    with neo4j_server.driver() as driver, driver.session() as session:

        def profile(statement: str, values: dict[str, Any]) -> tuple[int, set[str]]:
            result = session.run(f"PROFILE {statement}", values)
            plan = result.consume().profile
            todo, hits, names = [plan], 0, set()
            while todo:
                step = todo.pop()
                hits += step.get("dbHits", 0)
                names.add(step["operatorType"].split("@")[0])
                todo += step.get("children", [])
            return hits, names

        yield profile


@pytest.mark.neo4j
async def test_forty_objects_cost_as_many_cypher_statements_as_two(server_store: Neo4jStore) -> None:
    for shape in ROOTS:
        costs = [await statements(server_store, shape, count) for count in (2, 10, 40)]
        assert costs[0] == costs[1] == costs[2], shape


@pytest.mark.neo4j
async def test_prerequisites_are_walked_breadth_first_whatever_the_paths(server_store: Neo4jStore, asked: Any) -> None:
    hits, steps = asked(neo4j_read.PREREQUISITES, {"ids": ["c59"], "min_confidence": 0.5})
    assert "VarLengthExpand(Pruning,BFS,All)" in steps
    assert hits < 60 * COUNT  # of paths there are more than 10**12


NAMES = 10  # hits to find what a name means, by id, key and beginning, which the statement by hand is told

# For each question: the operation, and what somebody would write by hand to answer it from this database.
_PREREQUISITES_OF = "COLLECT { MATCH (c)<-[r:PREREQUISITE_OF]-(p:Concept) RETURN [r.data, p.data] }"
QUESTIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a concept with incoming prerequisites and their evidence": (
        """{ concept(id: "c30") { name relations(types: [PREREQUISITE_OF], direction: IN) { edges { node {
        evidence { text line } source { name } } } } } }""",
        f"MATCH (c:Concept {{id: $id}}) RETURN c.data, {_PREREQUISITES_OF}",
        {"id": "c30"},
    ),
    "two levels nested": (
        '{ concept(id: "c30") { name prerequisites { name prerequisites { name } } } }',
        """MATCH (c:Concept {id: $id}) RETURN c.data, COLLECT { MATCH (c)<-[r:PREREQUISITE_OF]-(p:Concept)
        RETURN [r.data, p.data, COLLECT { MATCH (p)<-[s:PREREQUISITE_OF]-(q:Concept) RETURN [s.data, q.data] }] }""",
        {"id": "c30"},
    ),
    "a page of 50 with prerequisites": (
        "{ concepts(first: 50) { edges { node { name prerequisites { name } } } } }",
        f"""MATCH (c:Concept) USING INDEX c:Concept(name_key, id) WHERE c.name_key IS NOT NULL AND c.id IS NOT NULL
        WITH c ORDER BY c.name_key, c.id LIMIT 50 RETURN c.data, {_PREREQUISITES_OF}""",
        {},
    ),
    "a search for ten hits": (
        '{ search(query: "c3", first: 10) { concept { name } } }',
        "CALL db.index.fulltext.queryNodes('concept_search', $query) YIELD node RETURN node.data LIMIT 10",
        {"query": "c3*"},
    ),
}


@pytest.mark.neo4j
@pytest.mark.parametrize("question", QUESTIONS)
async def test_an_operation_works_the_server_little_more_than_a_statement_by_hand(
    server_store: Neo4jStore, asked: Any, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    operation, by_hand, values = QUESTIONS[question]
    sent: list[tuple[str, dict[str, Any]]] = []
    run = neo4j.AsyncSession.run

    async def remember(self: Any, statement: neo4j.Query, parameters: dict[str, Any]) -> Any:
        sent.append((statement.text, parameters))
        return await run(self, statement, parameters)

    monkeypatch.setattr(neo4j.AsyncSession, "run", remember)
    await answer(server_store, operation)
    frame = asked(framed("RETURN 1"), {})[0]
    assert frame <= 6
    work = sum(asked(statement, parameters)[0] - frame for statement, parameters in sent)
    assert 0 < work <= 1.1 * asked(by_hand, values)[0] + NAMES
