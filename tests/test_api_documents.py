"""Documents that are kept: that they are found, and that keeping them lets nothing through and nothing grow."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import strawberry

from api.schema import Context, schema
from api.schema.documents import Documents, Preparation
from api.schema.naming import RootFields
from api.schema.query import Query
from graph.sqlite_store import SqliteStore

QUERY = "{ stats { concepts } }"
PAGES = """query($n: Int, $radius: Int) { neighborhood(ids: ["gqa"], radius: $radius) { truncated }
    concepts(first: $n) { edges { node { relations(first: 100) { edges { node { type } } } } } } }"""
REFUSED = {
    "syntax": "{ stats { concepts }",
    "unknown field": "{ nothing }",
    "too deep": "{ concept(id: 1) " + "{ prerequisites " * 12 + "{ id }" + " }" * 13,
    "too many tokens": "{ stats {" + " concepts" * 1_000 + " } }",
}


class Asked:
    """A schema with documents of its own, and how often it parsed, measured and validated."""

    def __init__(self, store: SqliteStore, work: Counter[str], characters: int = 10_000) -> None:
        self.store, self.work = store, work
        self.documents = Documents(characters)
        extensions: list[Any] = [lambda: Preparation(self.documents), RootFields]
        self.schema: strawberry.Schema = type(schema)(query=Query, extensions=extensions)

    async def code(self, query: str, variables: dict[str, Any] | None = None, **of: Any) -> object:
        """Ask; return the code of the first error, its message without a code, None if there is none."""
        context = Context(self.store, introspection=of.pop("introspection", True))
        result = await self.schema.execute(query, variables, context_value=context, **of)
        first = result.errors[0] if result.errors else None
        return first and (first.extensions or {}).get("code", first.message)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    counts: Counter[str] = Counter()

    def count(place: str, name: str) -> None:
        module = __import__(place, fromlist=[name])
        real = getattr(module, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            counts[name] += 1
            return real(*args, **kwargs)

        monkeypatch.setattr(f"{place}.{name}", counted)

    count("strawberry.schema.schema", "parse")
    count("api.schema.documents", "violations")
    count("api.schema.documents", "validate_document")
    return counts


@pytest.fixture
def asked(api_store: SqliteStore, work: Counter[str]) -> Asked:
    return Asked(api_store, work)


async def test_a_text_that_was_asked_before_is_not_parsed_measured_or_validated_again(asked: Asked) -> None:
    for _ in range(5):
        assert await asked.code(QUERY) is None
    assert asked.work == {"parse": 1, "violations": 1, "validate_document": 1}
    assert (asked.documents.hits, asked.documents.misses, len(asked.documents)) == (4, 1, 1)
    assert await asked.code(QUERY + " ") is None
    assert asked.work == {"parse": 2, "violations": 2, "validate_document": 2}


@pytest.mark.parametrize("why", REFUSED)
async def test_what_is_refused_is_refused_again_and_not_kept(asked: Asked, why: str) -> None:
    first = await asked.code(REFUSED[why])
    assert first is not None
    assert [await asked.code(REFUSED[why]) for _ in range(2)] == [first, first]
    assert len(asked.documents) == 0


async def test_other_page_sizes_are_measured_anew_and_refused_though_the_text_is_kept(asked: Asked) -> None:
    assert await asked.code(PAGES, {"n": 1}) is None
    assert await asked.code(PAGES, {"n": 1}) is None
    assert asked.work["violations"] == 1
    for _ in range(2):
        assert await asked.code(PAGES, {"n": 100}) == "LIMIT_EXCEEDED"
    assert asked.work["violations"] == 3  # what is refused is never remembered as within
    assert await asked.code(PAGES, {"n": 2}) is None
    assert await asked.code(PAGES, {"n": 2}) is None
    assert asked.work == {"parse": 1, "validate_document": 1, "violations": 4}


async def test_a_kept_text_measures_absent_null_and_wrong_sizes_each_by_itself(asked: Asked) -> None:
    query = PAGES.replace("$n: Int,", "$n: Int = 100,")
    assert await asked.code(query, {"n": 1}) is None
    assert await asked.code(query, {}) == "LIMIT_EXCEEDED"  # the default of the variable
    assert await asked.code(query, {"n": None}) is None  # null: the default of the field, 20
    assert str(await asked.code(query, {"n": "nine"})).startswith("Variable '$n' has invalid value")
    assert await asked.code(query, {"n": 10**30}) == "LIMIT_EXCEEDED"
    assert await asked.code(query, {}) == "LIMIT_EXCEEDED"


async def test_a_text_first_met_with_too_large_a_page_is_kept_once_it_is_asked_for_less(asked: Asked) -> None:
    assert await asked.code(PAGES, {"n": 100}) == "LIMIT_EXCEEDED"
    assert len(asked.documents) == 0
    assert await asked.code(PAGES, {"n": 1}) is None
    assert await asked.code(PAGES, {"n": 100}) == "LIMIT_EXCEEDED"
    assert len(asked.documents) == 1


async def test_how_many_sizes_are_remembered_of_a_text_has_an_end(asked: Asked) -> None:
    for radius in range(200):
        await asked.code(PAGES, {"n": 1, "radius": radius})  # refused by its resolver from 4 on
    kept = asked.documents.find(PAGES)
    assert kept is not None
    assert len(kept.within) <= 64


async def test_which_of_two_operations_is_meant_must_be_said_of_a_kept_text_too(asked: Asked) -> None:
    both = "query A { stats { concepts } } query B { stats { relations } }"
    assert await asked.code(both, operation_name="A") is None
    assert "operationName" in str(await asked.code(both))
    assert await asked.code(both, operation_name="B") is None
    assert len(asked.documents) == 1


async def test_a_kept_text_that_asks_for_the_schema_is_refused_where_that_is_not_told(asked: Asked) -> None:
    assert await asked.code("{ __schema { queryType { name } } }") is None
    assert await asked.code("{ __schema { queryType { name } } }", introspection=False) == "NO_INTROSPECTION"
    assert await asked.code("{ __schema { queryType { name } } }") is None


async def test_a_flood_of_ever_new_texts_keeps_no_more_than_allowed_and_what_is_used_stays(
    api_store: SqliteStore, work: Counter[str]
) -> None:
    asked = Asked(api_store, work, characters=1_000)
    for number in range(300):
        assert await asked.code(f"{{ a{number}: stats {{ concepts }} }}") is None
        assert await asked.code(QUERY) is None
    assert 20 < len(asked.documents) < 50
    assert asked.documents.hits == 299  # QUERY, each time but the first
    held = asked.documents._kept
    assert sum(map(len, held)) == asked.documents._used <= 1_000
    assert "{ a0: stats { concepts } }" not in held


async def test_a_very_long_text_is_answered_and_not_kept(asked: Asked) -> None:
    assert await asked.code(QUERY + " " * 1_000) is None
    assert len(asked.documents) == 0
