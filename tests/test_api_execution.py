"""The plans of `api.schema.execution`: the same answers as graphql-core's own, and that it is they which answer."""

import asyncio
import dataclasses
import os
from collections.abc import Awaitable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import strawberry
from graphql import GraphQLError
from hypothesis import event, given, settings
from hypothesis import strategies as st
from strawberry.types import ExecutionResult

from api.app import create_app
from api.schema import Context, schema
from api.schema.documents import Documents, Preparation
from api.schema.execution import Executor
from api.schema.query import Query
from api.settings import Settings
from graph.errors import StoreUnavailable
from graph.model import Concept, ConceptKind, Origin, Relation, RelationType
from graph.sqlite_store import SqliteStore
from graph.store import Subgraph
from tests.api_service import fill, serving
from tests.graphql_operations import Operation, operation

OPERATIONS = int(os.environ.get("NOTEATLAS_TEST_OPERATIONS", "1000"))
TEXTS = ["attention", "GQA", "MQA", "MHA", "梯度下降", "adam", "gbdt", "xgboost", "momentum", "transformers"]

# The same types and limits, executed by graphql-core with nothing of ours in between.
PLAIN = type(schema)(query=Query, extensions=[lambda: Preparation(Documents())])


class Text(str):
    """Text, but not exactly a str."""

    __slots__ = ()


ODD = [None, "", "text", Text("t"), 0, True, 7, 2**31, -(2**40), 0.5, 1.0, float("nan"), [], [None], (), {}, ("a",)]
ODD += [["a", 1], ValueError("a value"), GraphQLError("an error"), object, Origin.STATED, "topic", ConceptKind.LAYER]


class Spoilt:
    """A store that answers from memory once it was asked, without a thread, and of which much is wrong.

    Which methods fail and which values are not what they should be is decided by `seed` and by what they are, so that
    two executions meet the same. `rate` is how many, from 0 to 1.
    """

    def __init__(self, store: SqliteStore, known: dict[str, Any], seed: int, rate: float) -> None:
        self.store, self.known, self.seed, self.rate = store, known, seed, rate
        self.asking: list[asyncio.Task[None]] = []  # what did not come from memory

    def __getattr__(self, name: str) -> Any:
        async def answer(*args: Any, **kwargs: Any) -> Any:
            rng = Random(f"{self.seed} {name}")
            if rng.random() < self.rate:
                raise rng.choice([StoreUnavailable("away"), ZeroDivisionError("a fault")])
            key = f"{name} {args} {kwargs}"
            if key not in self.known:
                task = asyncio.create_task(self.remember(key, getattr(self.store, name)(*args, **kwargs)))
                self.asking.append(task)
                await asyncio.shield(task)  # whoever asked may be cancelled
            found = self.known[key]
            if isinstance(found, Exception):
                raise found.with_traceback(None)
            return self.spoil(found) if self.rate else found

        return answer

    async def remember(self, key: str, answer: Awaitable[Any]) -> None:
        try:
            self.known[key] = await answer
        except Exception as error:  # noqa: BLE001  (raised again whenever it is asked)
            self.known[key] = error

    def spoil(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return type(value)([self.spoil(item) for item in value])
        if isinstance(value, dict):
            return {key: self.spoil(item) for key, item in value.items()}
        if not dataclasses.is_dataclass(value):
            return value
        rng = Random(f"{self.seed} {value}")
        spoilt = {
            f.name: rng.choice(ODD) if rng.random() < self.rate / 4 else self.spoil(getattr(value, f.name))
            for f in dataclasses.fields(value)
        }
        return dataclasses.replace(value, **spoilt)  # type: ignore[type-var]


def told(result: ExecutionResult) -> tuple[str, list[object]]:
    """Return all of a result that a client could notice, with the order of its keys and its errors."""
    errors = [(e.message, e.path, e.locations, e.extensions, type(e.original_error)) for e in result.errors or ()]
    return repr(result.data), errors


class World:
    """An event loop and a store that stay for all operations."""

    def __init__(self, runner: asyncio.Runner, store: SqliteStore) -> None:
        self.runner, self.store, self.known = runner, store, dict[str, Any]()

    def ask(self, by: strawberry.Schema, asked: Operation, seed: int, rate: float, *, fast: bool = True) -> Any:
        async def once(store: Spoilt) -> ExecutionResult:
            context = Context(store, fast=fast)  # type: ignore[arg-type]
            result = await by.execute(asked.query, asked.variables, context_value=context)
            await asyncio.gather(*store.asking)
            return result

        while True:  # until no answer has to be waited for, which would make the order of errors a matter of chance
            store = Spoilt(self.store, self.known, seed, rate)
            result = self.runner.run(once(store))
            if not store.asking:
                return result


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    async def at_once(function: Any, *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch, asyncio.Runner() as runner:
        store = SqliteStore(str(tmp_path_factory.mktemp("execution")))
        runner.run(store.__aenter__())
        runner.run(fill(store))
        made = World(runner, store)
        patch.setattr("api.schema.ways.asyncio.to_thread", at_once)
        yield made
        patch.undo()
        runner.run(store.__aexit__(None, None, None))


# graphql-core cancels the fields beside one that failed, and what they were about to wait for is never waited for.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@settings(max_examples=OPERATIONS)
@given(st.randoms(use_true_random=False), st.sampled_from([0.0, 0.0, 0.02, 0.05, 0.2]), st.integers(0, 10**6))
def test_any_operation_is_answered_as_by_graphql_core(world: World, rng: Random, rate: float, seed: int) -> None:
    asked = operation(rng, schema._schema, TEXTS)
    expected = told(world.ask(PLAIN, asked, seed, rate))
    assert told(world.ask(schema, asked, seed, rate)) == expected, asked
    if seed % 4 == 1:  # by the same plans
        assert told(world.ask(schema, asked, seed, rate)) == expected, asked
    if seed % 4 == 0:  # switched off is what graphql-core does, without a doubt
        assert told(world.ask(schema, asked, seed, rate, fast=False)) == expected, asked
    event("data" if expected[0] != "None" else "no data")
    event(expected[1][0][0][:30] if expected[1] else "no errors")


GOOD: dict[str, Any] = {
    "concepts": Concept("c", "Concept", ("a",), ConceptKind.LAYER, "What it is.", "notes.md", 3),
    "relations": Relation("c", RelationType.USES, "c", Origin.STATED, 0.5, group="g"),
}
LEAVES = {
    "concepts": ["id", "name", "aliases", "kind", "definition", "document", "line"],
    "relations": ["type", "origin", "confidence", "group"],
}


class Around:
    """A store with these concepts and relations around anything."""

    def __init__(self, concepts: list[Concept], relations: list[Relation], *, truncated: Any = False) -> None:
        self.found = Subgraph(tuple(concepts), tuple(relations), truncated=truncated)

    async def resolve(self, names: list[str]) -> dict[str, list[str]]:
        return {name: [name] for name in names}

    async def neighborhood(self, ids: list[str], **_: object) -> Subgraph:
        return self.found


@pytest.mark.parametrize(("rows", "leaf"), [(rows, leaf) for rows, names in LEAVES.items() for leaf in names])
async def test_one_value_that_is_not_as_it_should_be_is_answered_as_by_graphql_core(rows: str, leaf: str) -> None:
    query = f'{{ neighborhood(ids: ["c"]) {{ truncated {rows} {{ {" ".join(LEAVES[rows])} }} }} }}'
    good, differing = GOOD[rows], 0
    for value in ODD:
        lists: dict[str, list[Any]] = {"concepts": [], "relations": []}
        lists[rows] = [good, dataclasses.replace(good, **{leaf: value}), good]
        store: Any = Around(**lists)
        plain, planned = [await by.execute(query, context_value=Context(store)) for by in (PLAIN, schema)]
        assert told(planned) == told(plain), (rows, leaf, value)
        differing += bool(plain.errors)
    assert differing > len(ODD) // 4  # most of them are errors


async def test_a_single_object_that_is_not_as_it_should_be_is_answered_as_by_graphql_core() -> None:
    for value in ODD:
        store: Any = Around([], [], truncated=value)
        query = '{ neighborhood(ids: ["c"]) { truncated } }'
        plain, planned = [await by.execute(query, context_value=Context(store)) for by in (PLAIN, schema)]
        assert told(planned) == told(plain), value


# -- that it is the plans which answer ----------------------------------------------------------------------------


class Concepts:
    """A store with as many concepts around anything as asked for, and no relations."""

    async def resolve(self, names: list[str]) -> dict[str, list[str]]:
        return {name: [name] for name in names}

    async def neighborhood(self, ids: list[str], *, first: int, **_: object) -> Subgraph:
        kinds = list(ConceptKind)
        rows = [Concept(f"c{n}", f"Concept {n}", ("a", "b"), kinds[n % 12], None, None, n) for n in range(first)]
        return Subgraph(tuple(rows), (), truncated=False)

    async def relations(self, ids: list[str], **_: object) -> dict[str, list[Any]]:
        return {}


PLAIN_QUERY = """query($yes: Boolean!) { neighborhood(ids: ["c"], first: 100) { truncated concepts { __typename id
    called: name ...More line @skip(if: $yes) } } } fragment More on Concept { kind aliases definition document }"""


async def fields_executed(query: str, *, fast: bool, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how many fields graphql-core executed."""
    executed = []
    execute_field = Executor.execute_field

    def counted(self: Executor, *args: Any) -> Any:
        executed.append(args[2][0].node.name.value)
        return execute_field(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(Executor, "execute_field", counted)
        context = Context(Concepts(), fast=fast)  # type: ignore[arg-type]
        result = await schema.execute(query, {"yes": True}, context_value=context)
    assert not result.errors
    return len(executed)


async def test_a_plain_list_is_one_field_for_graphql_core_however_long(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await fields_executed(PLAIN_QUERY, fast=True, monkeypatch=monkeypatch) == 1  # neighborhood
    assert await fields_executed(PLAIN_QUERY, fast=False, monkeypatch=monkeypatch) == 1 + 2 + 100 * 7


async def test_beside_a_field_with_a_resolver_the_plain_ones_are_still_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    query = PLAIN_QUERY.replace("called: name", "called: name concept: __typename prerequisites @skip(if: $yes) { id }")
    assert await fields_executed(query, fast=True, monkeypatch=monkeypatch) == 1
    mixed = query.replace("prerequisites", "relations(first: 2) { totalCount } prerequisites")
    assert await fields_executed(mixed, fast=True, monkeypatch=monkeypatch) == 1 + 1 + 100  # with `concepts`


AT_ONCE = """{ concept(id: "GQA") { name prerequisites { name prerequisites { id } unlocks { id } }
    relations(types: [PREREQUISITE_OF], direction: IN) { totalCount pageInfo { endCursor }
        edges { cursor node { id source { name } label evidence { text line } } } } } }"""
WAITS = """{ concept(id: "GQA") { relations { edges { node { evidence { text } source { name }
    target { relations(first: 3) { edges { node { type } } } } } } } } }"""


@pytest.mark.parametrize(("query", "at_once"), [(AT_ONCE, True), (WAITS, False)])
async def test_resolvers_that_have_their_answer_are_called_by_the_plans(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, query: str, at_once: bool
) -> None:
    executed: list[str] = []
    execute_field = Executor.execute_field

    def counted(self: Executor, *args: Any) -> Any:
        executed.append(args[2][0].node.name.value)
        return execute_field(self, *args)

    monkeypatch.setattr(Executor, "execute_field", counted)
    async with SqliteStore(str(tmp_path)) as store:
        await fill(store)
        seen = []
        for fast in (True, False):
            executed.clear()
            context = Context(store, fast=fast)
            result = await schema.execute(query, context_value=context)
            assert result.data is not None
            assert result.data["concept"]["relations"]["edges"]
            seen.append((told(result), context.rows.left))
            assert (executed == ["concept"]) is (fast and at_once)
    assert seen[0] == seen[1]  # what a plan took that gave up is not taken twice


async def test_plans_that_executions_share_take_the_variables_of_each(tmp_path: Path) -> None:
    query = """query($first: Int, $language: Language!) { concept(id: "GQA") { relations(first: $first) {
        edges { node { label(language: $language) source { name } } } } } }"""
    async with SqliteStore(str(tmp_path)) as store:
        await fill(store)
        for first, language in [(1, "EN"), (2, "ZH"), (1, "ZH"), (2, "EN")]:
            variables = {"first": first, "language": language}
            planned = await schema.execute(query, variables, context_value=Context(store))
            plain = await PLAIN.execute(query, variables, context_value=Context(store))
            assert told(planned) == told(plain)
            assert planned.data is not None
            assert len(planned.data["concept"]["relations"]["edges"]) == first


@pytest.mark.parametrize(("fast", "executed"), [(True, 1), (False, 1 + 2 * len(RelationType))])
def test_the_setting_switches_the_plans_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast: bool, executed: int
) -> None:
    fields = []
    execute_field = Executor.execute_field
    monkeypatch.setattr(
        Executor, "execute_field", lambda self, *args: fields.append(args[0].name) or execute_field(self, *args)
    )
    with serving(create_app(Settings(store=str(tmp_path), fast_execution=fast))) as service:
        assert len(service.data("{ relationTypes { type symmetric } }")["relationTypes"]) == len(RelationType)
    assert len(fields) == executed
