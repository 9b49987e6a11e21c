"""Limits: what a query is measured to cost, what is refused before it is executed, and how long that takes."""

import time
from dataclasses import dataclass

import pytest
from graphql import GraphQLError, get_introspection_query, parse
from hypothesis import given
from hypothesis import strategies as st

from api.limits import LIMITS, Limits, Measure, RowBudget, bounded, checked_names, measure, violations
from api.schema import Context, schema
from graph.errors import InvalidQuery
from graph.sqlite_store import SqliteStore
from tests.api_service import answer

SCHEMA = schema._schema


def refused(query: str, variables: dict[str, object] | None = None, limits: Limits = LIMITS) -> list[object]:
    """Return the names of the limits that a query exceeds."""
    return [e.extensions["limit"] for e in violations(SCHEMA, parse(query), variables, limits=limits)]


# -- measures -----------------------------------------------------------------------------------------------------

MEASURED = {
    "{ stats { concepts } }": Measure(2, 0, 2, 0, 0),
    "{ a: stats { b: concepts } }": Measure(2, 2, 2, 0, 0),
    "{ stats { concepts @skip(if: false) } stats @include(if: true) { relations } }": Measure(2, 0, 4, 2, 0),
    "{ concepts { totalCount } }": Measure(2, 0, 2, 0, 20),
    "{ concepts(first: 3) { edges { node { relations(first: 5) { totalCount } } } } }": Measure(5, 0, 5, 0, 18),
    "{ concepts(first: 3) { edges { node { prerequisites { id } } } } }": Measure(5, 0, 5, 0, 12),
    "{ neighborhood(ids: [1], first: 10) { concepts { id } relations { type } } }": Measure(3, 0, 5, 0, 40),
    "{ __schema { types { a: name fields { name @skip(if: false) } } } }": Measure(0, 1, 0, 1, 0),
    "{ __typename }": Measure(1, 0, 1, 0, 0),
    "{ ... on Query { stats { concepts } } ...F } fragment F on Query { stats { relations } }": Measure(2, 0, 4, 0, 0),
    "{ searchPassages(query: 1, first: 5) { score concepts { id } } }": Measure(3, 0, 4, 0, 25),
    "{ compare(ids: [1, 2]) { shared { type sharedBy { id } } only { relations { type } } } }": Measure(
        4, 0, 8, 0, 10 * (1 + 2) + 3 * (1 + 20)
    ),
    "{ nothing(first: 5) { of: it { is { there } } } }": Measure(4, 1, 4, 0, 0),
    "{ concepts(first: 2147483647) { totalCount } }": Measure(2, 0, 2, 0, 300),
    "{ concepts(first: -4) { edges { cursor } } }": Measure(3, 0, 3, 0, 0),
    "{ concepts(first: 99999999999999999999999) { totalCount } }": Measure(2, 0, 2, 0, 300),
    '{ concepts(first: "x") { totalCount } }': Measure(2, 0, 2, 0, 20),
    "{ concepts(first: null) { totalCount } }": Measure(2, 0, 2, 0, 20),
    "query A { stats { concepts } } query B { b: stats { c: concepts } }": Measure(2, 2, 2, 0, 0),
}


@pytest.mark.parametrize("query", MEASURED)
def test_a_query_has_the_measure_that_one_counts_by_hand(query: str) -> None:
    assert measure(SCHEMA, parse(query)) == MEASURED[query]


@pytest.mark.parametrize(
    ("declared", "given", "cost"),
    [
        ("$n: Int", {"n": 7}, 7),
        ("$n: Int = 7", {}, 7),
        ("$n: Int = 7", {"n": 9}, 9),
        ("$n: Int", {}, 20),
        ("$n: Int", {"n": None}, 20),
        ("$n: Int", {"n": "nine"}, 20),
        ("$n: Int", {"n": 10**30}, 300),
    ],
)
def test_a_page_size_in_a_variable_counts_with_its_value(declared: str, given: dict[str, object], cost: int) -> None:
    found = measure(SCHEMA, parse(f"query({declared}) {{ concepts(first: $n) {{ totalCount }} }}"), given)
    assert found is not None
    assert found.cost == cost


@pytest.mark.parametrize(
    "query",
    [
        "{ ...Missing }",
        "{ ...A } fragment A on Query { ...A }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { a: stats { concepts } ...A }",
        "{ ...A } fragment A on Nowhere { b }",
        "fragment A on Query { stats { concepts } }",
        "mutation { a }",
    ],
)
def test_what_validation_refuses_is_measured_without_an_error(query: str) -> None:
    assert measure(SCHEMA, parse(query)) is not None


# -- the walk is linear and right ---------------------------------------------------------------------------------


@dataclass
class Tree:
    """What a query is made of, for a count that knows nothing of memos."""

    fields: list[tuple[str | None, int, "Tree"]]  # alias, directives, what is below
    spreads: list[int]  # fragments by number


def naive(tree: Tree, fragments: list[Tree]) -> Measure:
    """Count by spreading out every fragment wherever it stands."""
    total = Measure()
    for alias, directives, below in tree.fields:
        inner = naive(below, fragments)
        total = total.beside(
            Measure(
                inner.depth + 1,
                inner.aliases + (alias is not None),
                inner.fields + 1,
                inner.directives + directives,
                3 * (1 + inner.cost),  # each field is `prerequisites`, which is estimated to have three
            )
        )
    for number in tree.spreads:
        total = total.beside(naive(fragments[number], fragments))
    return total


def text(tree: Tree) -> str:
    parts = [
        f"{f'{alias}: ' if alias else ''}prerequisites {'@skip(if: false) ' * directives}{text(below)}"
        for alias, directives, below in tree.fields
    ]
    return "{ " + " ".join([*parts, *(f"...F{n}" for n in tree.spreads)]) + " }"


def trees(spreads: st.SearchStrategy[list[int]]) -> st.SearchStrategy[Tree]:
    leaf = st.builds(Tree, st.just([]), spreads)
    return st.recursive(
        leaf,
        lambda inner: st.builds(
            Tree, st.lists(st.tuples(st.sampled_from([None, "a", "b"]), st.integers(0, 2), inner), max_size=3), spreads
        ),
        max_leaves=5,
    )


@st.composite
def documents(draw: st.DrawFn) -> tuple[Tree, list[Tree]]:
    """A query and its fragments, where a fragment spreads only later ones: any DAG, no cycle."""
    count = draw(st.integers(0, 5))
    fragments = [
        draw(trees(st.lists(st.integers(n + 1, count - 1), max_size=2) if n + 1 < count else st.just([])))
        for n in range(count)
    ]
    spreads = st.lists(st.integers(0, count - 1), max_size=2) if count else st.just([])
    return draw(trees(spreads)), fragments


@given(documents())
def test_a_measure_equals_a_count_that_spreads_out_every_fragment(document: tuple[Tree, list[Tree]]) -> None:
    query, fragments = document
    parts = [f"fragment F{n} on Concept {text(fragment)}" for n, fragment in enumerate(fragments)]
    found = measure(SCHEMA, parse(" ".join([f"{{ concept(id: 1) {text(query)} }}", *parts])))
    counted = naive(query, fragments)
    assert found == Measure(counted.depth + 1, counted.aliases, counted.fields + 1, counted.directives, counted.cost)


def chain(links: int, body: str) -> str:
    """Return a query whose fragments each spread the next one as `body` says."""
    parts = [f"fragment F{n} on Concept {body.replace('NEXT', f'...F{n + 1}')}" for n in range(links)]
    return " ".join(["{ concept(id: 1) { ...F0 } }", *parts, f"fragment F{links} on Concept {{ id }}"])


@pytest.mark.parametrize(
    "body", ["{ NEXT NEXT }", "{ prerequisites { NEXT } unlocks { NEXT } }", "{ a: unlocks { NEXT } NEXT NEXT NEXT }"]
)
async def test_a_chain_of_fragments_that_doubles_is_refused_in_time_linear_in_its_length(
    body: str, api_store: SqliteStore
) -> None:
    """Sixty fragments would mean 2 to the 60 fields: one more must not cost twice, nor twice as many the square."""
    await schema.execute("{ stats { concepts } }", context_value=Context(api_store))  # what a first query sets up

    async def refusal(links: int) -> float:
        times = []
        for _ in range(5):
            start = time.process_time()
            result = await schema.execute(chain(links, body), context_value=Context(api_store))
            times.append(time.process_time() - start)
            assert result.errors
        return min(times)

    assert await refusal(60) < 4 * await refusal(30)


# -- what is refused ----------------------------------------------------------------------------------------------

DEEP = "{ concept(id: 1) " + "{ prerequisites " * 12 + "{ id }" + " }" * 13

REFUSED = {
    DEEP: "depth",
    "{ concept(id: 1) " + "{ prerequisites " * 60 + "{ id }" + " }" * 61: "depth",
    "{ " + " ".join(f"a{n}: stats {{ concepts }}" for n in range(31)) + " }": "aliases",
    "{ __schema { " + " ".join(f"a{n}: types {{ name }}" for n in range(31)) + " } }": "aliases",
    "{ stats { " + "concepts " * 400 + "} }": "fields",
    "{ stats { concepts " + "@skip(if: false) " * 31 + "} }": "directives",
    "{ concepts(first: 100) { edges { node { relations(first: 100) { totalCount } } } } }": "cost",
    "{ search(query: 1, first: 100) { concept { prerequisites { prerequisites { prerequisites { prerequisites "
    "{ id } } } } } } }": "cost",
    "{ concepts(first: 1000000) { edges { node { relations(first: 1000000) { totalCount } } } } }": "cost",
}


@pytest.mark.parametrize("query", REFUSED, ids=[f"{n}-{name}" for n, name in enumerate(REFUSED.values())])
async def test_a_query_over_a_limit_is_refused_for_it_and_nothing_is_asked_of_the_store(query: str) -> None:
    result = await schema.execute(query, context_value=None)  # a resolver that ran would fail on this
    assert result.data is None
    assert result.errors
    error = result.errors[0]
    assert error.extensions
    assert (error.extensions["code"], error.extensions["limit"]) == ("LIMIT_EXCEEDED", REFUSED[query])
    assert error.extensions["value"] > error.extensions["allowed"]


ALLOWED = [
    DEEP.replace("{ prerequisites " * 12, "{ prerequisites " * 6).replace(" }" * 13, " }" * 7),
    (
        "{ concepts(first: 100) { edges { node { name relations(first: 20) { edges { node { type source { id } "
        "target { id } evidence { line source { path } } because { type } } } } prerequisites { id } unlocks { id } "
        "topics { id } passages { text } } } } }"
    ),
    "{ neighborhood(ids: [1], radius: 3, first: 300) { concepts { id relations { totalCount } } } }",
    "{ studyPath(targets: [1]) { steps { concept { id passages { text } } because { evidence { text } } } } }",
    get_introspection_query(input_value_deprecation=True, directive_is_repeatable=True, schema_description=True),
]


@pytest.mark.parametrize("query", ALLOWED, ids=range(len(ALLOWED)))
def test_what_a_page_of_the_service_would_ask_is_not_refused(query: str) -> None:
    assert refused(query) == []


async def test_a_query_of_more_than_a_thousand_tokens_is_refused_by_the_parser() -> None:
    result = await schema.execute("{ stats { " + "concepts " * 1000 + "} }", context_value=None)
    assert result.errors
    assert "1000 tokens" in result.errors[0].message


async def test_introspection_that_asks_for_fields_of_types_of_fields_is_refused_for_its_depth() -> None:
    query = "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }"
    result = await schema.execute(query, context_value=None)
    assert result.errors
    assert "introspection depth" in result.errors[0].message


# -- while it runs ------------------------------------------------------------------------------------------------


async def test_an_answer_with_more_entries_than_allowed_is_refused_as_a_whole(api_store: SqliteStore) -> None:
    query = "{ concepts(first: 20) { edges { node { id } } } }"
    allowed = Context(api_store, RowBudget(20, 20))
    assert (await schema.execute(query, context_value=allowed)).errors is None
    result = await schema.execute(query, context_value=Context(api_store, RowBudget(19, 19)))
    assert result.data is None
    assert result.errors
    assert result.errors[0].extensions == {"code": "LIMIT_EXCEEDED", "limit": "rows", "value": 20, "allowed": 19}


async def test_evidence_and_reasons_are_counted_as_well(api_store: SqliteStore) -> None:
    context = Context(api_store)
    query = '{ concept(id: "GQA") { relations { edges { node { evidence { text } because { type } } } } } }'
    result = await schema.execute(query, context_value=context)
    assert result.data
    edges = result.data["concept"]["relations"]["edges"]
    handed_out = len(edges) + sum(len(e["node"]["evidence"]) + len(e["node"]["because"]) for e in edges)
    assert LIMITS.rows - context.rows.left == handed_out > len(edges)


def test_a_row_budget_says_how_much_was_too_much() -> None:
    budget = RowBudget(3, 3)
    budget.take(3)
    with pytest.raises(GraphQLError, match="more than 3"):
        budget.take(1)


# -- arguments ----------------------------------------------------------------------------------------------------


def test_a_page_size_is_from_1_to_100_and_null_is_the_default() -> None:
    assert [bounded("first", n, default=20) for n in (1, 100, None)] == [1, 100, 20]
    for wrong in (0, -1, 101):
        with pytest.raises(InvalidQuery, match="first"):
            bounded("first", wrong, default=20)


@pytest.mark.parametrize("names", [[], [str(n) for n in range(101)], [" "], [""], ["x" * 4001]])
def test_a_list_of_names_has_from_1_to_100_that_are_neither_empty_nor_overlong(names: list[str]) -> None:
    with pytest.raises(InvalidQuery, match="ids"):
        checked_names("ids", names)


def test_a_name_given_twice_counts_once() -> None:
    assert checked_names("ids", ["a", "b", "a"]) == ["a", "b"]


@pytest.mark.parametrize(
    "query",
    [
        "{ concepts(first: 0) { totalCount } }",
        "{ concepts(first: 101) { totalCount } }",
        "{ concepts(first: 1000000) { totalCount } }",
        '{ concept(id: "attention") { relations(first: 101) { totalCount } } }',
        '{ search(query: "x", first: -1) { score } }',
        '{ neighborhood(ids: ["attention"], first: 301) { truncated } }',
        '{ neighborhood(ids: ["attention"], radius: 4) { truncated } }',
        '{ neighborhood(ids: ["attention"], radius: -1) { truncated } }',
        "{ neighborhood(ids: []) { truncated } }",
        "{ studyPath(targets: []) { cycles } }",
        '{ studyPath(targets: ["attention"], minConfidence: 1.1) { cycles } }',
        "{ frontier(known: [], first: 101) { concept { id } } }",
        '{ search(query: "' + "x" * 1001 + '") { score } }',
        '{ searchPassages(query: "x", first: 101) { score } }',
        '{ searchPassages(query: "x", first: 0) { score } }',
        '{ searchPassages(query: "' + "x" * 1001 + '") { score } }',
        '{ compare(ids: ["attention"]) { concepts { id } } }',
        '{ compare(ids: ["attention", "注意力"]) { concepts { id } } }',
        '{ compare(ids: ["attention", "gqa", "mqa", "adam"]) { concepts { id } } }',
        '{ compare(ids: ["attention", ""]) { concepts { id } } }',
        '{ concept(id: "' + "x" * 4001 + '") { id } }',
        '{ concept(id: "") { id } }',
    ],
)
async def test_an_argument_outside_of_its_range_is_refused(query: str, api_store: SqliteStore) -> None:
    result = await schema.execute(query, context_value=Context(api_store))
    assert result.errors
    assert isinstance(result.errors[0].original_error, InvalidQuery)


async def test_known_may_be_two_thousand_names_and_no_more(api_store: SqliteStore) -> None:
    query = "query($known: [ID!]!) { frontier(known: $known) { concept { id } } }"
    result = await schema.execute(query, {"known": [f"x{n}" for n in range(2001)]}, context_value=Context(api_store))
    assert result.errors
    assert isinstance(result.errors[0].original_error, InvalidQuery)
    found = await answer(api_store, query, {"known": ["attention"] * 5000})
    assert found["frontier"][0]["concept"]["id"] == "self-attention"
