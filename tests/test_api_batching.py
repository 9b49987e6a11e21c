"""How often a query asks the store: by its shape, never by how many objects it lists; and the loaders behind that."""

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import FieldNode, FragmentDefinitionNode, OperationDefinitionNode, parse

from api.schema import Context, schema
from api.schema.batching import Loader, Rounds
from api.schema.lookahead import is_asked
from graph.model import Concept, ConceptKind, Evidence, KnowledgeGraph, Origin, Passage, Relation, RelationType, Source
from graph.sqlite_store import SqliteStore
from tests.api_service import Counting, answer

COUNT = 45
T = RelationType


def ring_source(number: int) -> KnowledgeGraph:
    """One file about one of COUNT concepts, each related to the next ones in the same ways, in a topic of its own."""
    me, path = f"c{number:02}", f"notes/{number:02}.md"
    following = [f"c{(number + step) % COUNT:02}" for step in (1, 2, 3)]
    said = (Evidence(path, 3, f"{me} is about {following}", "made-up"),)
    relations = [
        Relation(me, T.USES, following[0], evidence=said),
        Relation(me, T.EXTENDS, following[1], evidence=said),
        Relation(following[1], T.PREREQUISITE_OF, me, Origin.INFERRED, 0.7, because=((me, T.EXTENDS, following[1]),)),
        Relation(me, T.IN_TOPIC, f"t{number:02}", Origin.STRUCTURAL, evidence=said),
        Relation(f"t{number:02}", T.IN_TOPIC, "all", Origin.STRUCTURAL, evidence=said),
    ]
    topics = [Concept(f"t{number:02}", f"Z topic {number:02}", kind=ConceptKind.TOPIC, document=path, line=1)]
    concepts = [Concept(me, f"Concept {number:02}", (f"alias {number:02}",), document=path, line=3)]
    passages = [Passage(path, 3, said[0].text, ("A heading",), (me, *following))]
    sources = [Source(path, "markdown", f"Notes {number:02}", f"{number:064x}")]
    return KnowledgeGraph.of([*concepts, *topics], relations, passages, sources)


@pytest.fixture(scope="module")
async def ring(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SqliteStore]:
    async with SqliteStore(str(tmp_path_factory.mktemp("ring"))) as store:
        for number in range(COUNT):
            await store.upsert(f"notes/{number:02}.md", ring_source(number))
        yield store


EVIDENCE = "evidence { text line source { path title } }"
QUERIES = {
    "relations with evidence, reasons and both ends": f"""query($n: Int!) {{ concepts(first: $n) {{ edges {{ node {{
        id relations {{ edges {{ node {{ type source {{ name }} target {{ name definition }} {EVIDENCE}
        because {{ type source {{ name }} {EVIDENCE} }} }} }} }} }} }} }} }}""",
    "everything that a concept leads to": """query($n: Int!) { concepts(first: $n) { totalCount edges { node {
        name passages { text source { title } } topics { name conceptCount childCount children { id } }
        prerequisites { name prerequisites { name } } unlocks { name topics { name } } } } } }""",
    "relations of relations": """query($n: Int!) { concepts(first: $n) { edges { node { relations(first: 3) { edges
        { node { target { relations(first: 2, direction: OUT) { edges { node { target { name } } } }
        prerequisites { name } } source { passages { text } } } } } } } } }""",
    "a neighborhood": """query($n: Int!) { neighborhood(ids: ["c00"], radius: 3, first: $n) { concepts { name
        topics { name } } relations { type source { name } target { name } } } }""",
    "topics": """query($n: Int!) { concepts(first: $n) { edges { node { topics { conceptCount children { name
        conceptCount } concept { relations(direction: IN) { totalCount } } } } } } }""",
}


@pytest.mark.parametrize("shape", QUERIES)
async def test_forty_concepts_cost_as_many_calls_and_statements_as_two(ring: SqliteStore, shape: str) -> None:
    calls, statements, sizes = [], [], []
    for count in (2, 40):
        store, before = Counting(ring), ring.statements
        sizes.append(len(str(await answer(store, QUERIES[shape], {"n": count}))))
        calls.append(store.calls)
        statements.append(ring.statements - before)
    assert sizes[1] > 5 * sizes[0]
    assert calls[0] == calls[1]
    assert calls[1].total() <= 16
    if shape != "a neighborhood":  # where the store itself takes one statement per step away from the start
        assert statements[0] == statements[1]


async def test_a_long_study_path_costs_as_many_calls_as_a_short_one(ring: SqliteStore) -> None:
    query = f'query($known: [ID!]) {{ studyPath(targets: ["c00"], known: $known) {{ steps {{ concept {{ name \
        passages {{ text }} }} because {{ target {{ name }} because {{ type {EVIDENCE} }} }} }} cycles }} }}'
    few, many = Counting(ring), Counting(ring)
    short = await answer(few, query, {"known": ["c04"]})
    long = await answer(many, query, {"known": ["c44"]})
    assert (len(short["studyPath"]["steps"]), len(long["studyPath"]["steps"])) == (2, 22)
    assert few.calls == many.calls


# -- what is fetched before it is asked for ------------------------------------------------------------------------

ENDS = """query { concepts(first: 40) { edges { node { relations { ...Page } } } } }
    fragment Page on RelationConnection { edges { ... { node { ...Ends because { type ...Ends } } } } }
    fragment Ends on Relation { source { name } target { id } }"""


async def test_no_end_of_a_relation_has_to_wait_for_its_concept(
    ring: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = []
    load = Loader.load

    async def counted(self: Loader[Any, Any], key: Any) -> Any:
        waited.append(self)
        return await load(self, key)

    monkeypatch.setattr(Loader, "load", counted)
    context = Context(ring)
    result = await schema.execute(ENDS, context_value=context)
    assert not result.errors
    assert "'target': {'id': " in str(result.data)
    assert context.relations not in waited  # fetched with the concepts: answered at once
    assert context.concepts not in waited
    assert waited  # for the reasons, which are not foreseen


async def test_ends_that_are_not_asked_for_are_not_fetched(ring: SqliteStore) -> None:
    without = ENDS.replace("source { name } target { id }", "type")
    statements = []
    for query in (without, ENDS):
        store, before = Counting(ring), ring.statements
        await answer(store, query)
        assert store.calls == {"concepts": 1, "get_relations": 1}  # the reasons, which are not foreseen
        statements.append(ring.statements - before)
    assert statements[1] == statements[0] + 1


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("{ a { edges { node { source { id } } } } }", True),
        ("{ a { edges { node { label } } source { id } edges { cursor node { target { id } } } } }", True),
        ("{ a { ...F } } fragment F on A { ... { edges { ...G } } } fragment G on E { node { source } }", True),
        ("{ a { ...F ...F source { edges } } } fragment F on A { edges { node { because { source } } } }", False),
        ("{ a { edges { source: node { kind } } } b { edges { node { source } } } }", False),
        ("{ a }", False),
    ],
)
def test_what_is_asked_below_a_field_is_found_through_fragments_and_only_there(query: str, asked: bool) -> None:
    document = parse(query)
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    first = operation.selection_set.selections[0]
    assert isinstance(first, FieldNode)
    assert is_asked([first], fragments, ["edges"], ["node"], ["source", "target"]) is asked


# -- loaders ------------------------------------------------------------------------------------------------------


class Fetches:
    """Answers a key with itself doubled; remembers what it was asked, and how often."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    async def __call__(self, keys: list[str]) -> dict[str, str]:
        self.batches.append(sorted(keys))
        await asyncio.sleep(0.001)
        if "bad" in keys:
            raise LookupError("bad")
        return {key: key * 2 for key in keys}


async def test_what_is_asked_some_turns_apart_is_fetched_together_and_each_key_once() -> None:
    fetches = Fetches()
    loader = Loader(Rounds(), fetches)

    async def ask(key: str, turns: int) -> str:
        for _ in range(turns):
            await asyncio.sleep(0)
        return await loader.load(key)

    found = await asyncio.gather(ask("a", 0), ask("b", 3), ask("a", 4), ask("c", 5))
    assert found == ["aa", "bb", "aa", "cc"]
    assert await loader.load_many(["c", "a", "d"]) == ["cc", "aa", "dd"]
    assert fetches.batches == [["a", "b", "c"], ["d"]]


async def test_loaders_of_one_request_fetch_in_common_rounds() -> None:
    rounds, slow, quick = Rounds(), Fetches(), Fetches()
    first, second = Loader(rounds, slow), Loader(rounds, quick)

    async def one_after_the_other(key: str) -> str:
        return await second.load(await first.load(key))

    second.know({"aa": "known"})
    found = await asyncio.gather(*(one_after_the_other(key) for key in "abc"))
    assert found == ["known", "bbbb", "cccc"]
    assert (slow.batches, quick.batches) == ([["a", "b", "c"]], [["bb", "cc"]])


async def test_a_failed_fetch_fails_all_who_asked_and_nobody_later() -> None:
    fetches = Fetches()
    loader = Loader(Rounds(), fetches)
    found = await asyncio.gather(loader.load("a"), loader.load("bad"), return_exceptions=True)
    assert [type(error) for error in found] == [LookupError, LookupError]
    assert await loader.load("c") == "cc"


async def test_who_stops_waiting_takes_the_answer_from_nobody_else() -> None:
    loader = Loader(Rounds(), Fetches())
    impatient, patient = asyncio.create_task(loader.load("a")), asyncio.create_task(loader.load("a"))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient == "aa"
    assert impatient.cancelled()


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("turns", [1, 4, 9])
async def test_a_failure_that_nobody_waits_for_any_more_is_not_left_to_the_garbage_collector(
    turns: int, many: bool
) -> None:
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    loader = Loader(Rounds(), Fetches())
    asked = [asyncio.ensure_future(loader.load_many(["a", "bad"]) if many else loader.load("bad")) for _ in range(2)]
    for _ in range(turns):
        await asyncio.sleep(0)
    for task in asked:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    await asyncio.sleep(0.01)  # the fetch fails meanwhile
    del loader, asked, task
    gc.collect()
    await asyncio.sleep(0)
    assert told == []


async def test_a_loop_that_ends_during_a_fetch_leaves_nobody_waiting() -> None:
    async def stop(_: list[str]) -> dict[str, str]:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(Loader(Rounds(), stop).load("a"), 1)
