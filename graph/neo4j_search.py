"""The look-ups of a search (`graph.searching`) as Cypher on Lucene's indexes, within the caller's read transaction.

Lucene's `cjk` analyzer cuts Chinese into bigrams, as we do, and words as Unicode does; `graph.search_text` gives it
words that it cuts no further. It drops some English words, so a query for those, and for what it may cut otherwise
than we do (`graph.passage_search.is_indexed`), scans instead.
"""

import re
from collections.abc import Awaitable, Callable, Generator, Iterable, Sequence
from typing import Any, Final, TypeVar

from graph.contribution import possible, read_concept, read_passage
from graph.model import Concept, Passage
from graph.neo4j_run import Run, quoted
from graph.passage_search import Units, is_indexed, scanned_for
from graph.searching import Beginning, Called, Existing, Having, LookUp, Near, NearAndShort, Occurring, Opening, Texts

__all__ = ["CALLED", "key_queries", "lucene_query", "run_steps"]

_MAX_TERMS: Final = 12
_MAX_TERM: Final = 64
_CLAUSES: Final = 500  # in one Lucene query, which takes 1,024
_SPECIAL: Final = re.compile(r'([+\-&|!(){}\[\]^"~*?:\\/\s])')

Answer = TypeVar("Answer")


async def run_steps(run: Run, steps: Generator[LookUp, Any, Answer]) -> Answer:
    """Answer what a search looks up until it is done, and return what it found."""
    answer: list[Any] | None = None
    while True:
        try:
            asked = steps.send(answer)
        except StopIteration as done:
            found: Answer = done.value
            return found
        answer = await _ANSWERS[type(asked)](run, asked)


def _concepts(rows: Iterable[Sequence[str]]) -> list[Concept]:
    return [read_concept(row[0]) for row in rows]


CALLED: Final = (
    "UNWIND $queries AS query CALL db.index.fulltext.queryNodes('concept_keys', query) YIELD node "
    "RETURN DISTINCT node.data"
)
"""The rows of the concepts that answer to any of some name keys, each once, by `key_queries`."""


def key_queries(keys: Iterable[str]) -> list[str]:
    """Return the Lucene queries for these name keys, as few as they fit in; none for what no store can hold."""
    sought = [quoted(key) for key in dict.fromkeys(keys) if key and possible(key)]
    return [" ".join(sought[at : at + _CLAUSES]) for at in range(0, len(sought), _CLAUSES)]


async def _called(run: Run, asked: Called) -> list[Concept]:
    return _concepts(await run(CALLED, queries=key_queries(asked.keys)))


_BEGINNING: Final = (
    "UNWIND $keys AS key CALL { WITH key CALL db.index.fulltext.queryNodes('concept_keys', key.query) YIELD node "
    "WITH key, node, [said IN node.said_keys WHERE said STARTS WITH key.key] AS begun WHERE size(begun) > 0 "
    "WITH node, CASE WHEN node.name_key STARTS WITH key.key THEN size(node.name_key) "
    "ELSE 100000 + reduce(least = 100000, said IN begun | CASE WHEN size(said) < least THEN size(said) ELSE least END) "
    "END AS nearness "
    "RETURN node.data AS data ORDER BY nearness, node.name_key, node.id LIMIT $first } RETURN data"
)


def _beginnings(asked: Beginning) -> list[dict[str, str]]:
    """Return what `_BEGINNING` takes as `keys`."""
    return [{"key": key, "query": _SPECIAL.sub(r"\\\1", key) + "*"} for key in asked.keys if key and possible(key)]


async def _beginning(run: Run, asked: Beginning) -> list[Concept]:
    return _concepts(await run(_BEGINNING, keys=_beginnings(asked), first=asked.first))


# What has the words is only looked for where it will be asked for.
_OPENING: Final = (
    f"WITH COLLECT {{ {CALLED} }} AS called, COLLECT {{ {_BEGINNING} }} AS begun CALL (begun) {{ "
    "WITH begun WHERE $having <> '' AND size(begun) < $first "
    "CALL db.index.fulltext.queryNodes('concept_search', $having) YIELD node RETURN collect(node.data) AS having } "
    "RETURN [called, begun, having]"
)


async def _opening(run: Run, asked: Opening) -> list[list[Concept] | None]:
    having = lucene_query(asked.having.groups) if asked.having else ""
    queries, keys, first = key_queries(asked.called.keys), _beginnings(asked.beginning), asked.beginning.first
    (((called, begun, had),),) = await run(_OPENING, queries=queries, keys=keys, first=first, having=having)
    rest = [read_concept(data) for data in had] if having and len(begun) < first else None
    return [[read_concept(data) for data in called], [read_concept(data) for data in begun], rest]


def _term(term: str) -> str:
    """Return the query for a term that the index surely finds; empty for another."""
    if not is_indexed(term):
        return ""
    return f"{term[:_MAX_TERM]}*" if term.isascii() else f'"{term[:_MAX_TERM]}"'


def _all(parts: Iterable[str]) -> str:
    return " ".join(f"+({part})" for part in parts if part)


def _unit(unit: tuple[tuple[str, ...], ...]) -> str:
    """Return the query for any of a unit's alternatives; empty if one of them cannot be looked for."""
    ways = [_all(_term(term) for term in terms) for terms in unit]
    return " ".join(f"({way})" for way in ways) if all(ways) else ""


def lucene_query(groups: tuple[Units, ...]) -> str:
    """Return the Lucene query for any of some groups; empty if one of them cannot be looked for."""
    ways = [_all([_unit(unit) for unit in units][:_MAX_TERMS]) for units in groups]
    return " ".join(f"({way})" for way in ways) if all(ways) else ""


async def _having(run: Run, asked: Having) -> list[Concept]:
    if query := lucene_query(asked.groups):
        rows = await run(
            "CALL db.index.fulltext.queryNodes('concept_search', $query) YIELD node RETURN node.data", query=query
        )
    else:
        rows = await run(
            "MATCH (c:Concept) WHERE any(term IN $terms WHERE c.search_text CONTAINS term) RETURN c.data",
            terms=scanned_for(asked.groups),
        )
    return _concepts(rows)


async def _texts(run: Run, asked: Texts) -> list[Passage]:
    order = "" if asked.most is None else " ORDER BY size(data), data LIMIT $most"
    values = {} if asked.most is None else {"most": asked.most}
    if query := lucene_query(asked.groups):
        rows = await run(
            "CALL db.index.fulltext.queryNodes('passage_search', $query) YIELD node RETURN DISTINCT node.data AS data"
            + order,
            query=query,
            **values,
        )
    else:
        rows = await run(
            "MATCH (p:Passage) WHERE any(term IN $terms WHERE p.search_text CONTAINS term) "
            "RETURN DISTINCT p.data AS data" + order,
            terms=scanned_for(asked.groups),
            **values,
        )
    return [read_passage(data) for (data,) in rows]


def _grams(grams: tuple[str, ...]) -> str:
    return " ".join(f"+{quoted(gram)}" for gram in grams)


def _any(pieces: Iterable[tuple[str, ...]]) -> str:
    return " ".join(f"({_grams(piece)})" for piece in pieces)


async def _near(run: Run, asked: Near) -> list[Concept]:
    return _concepts(
        await run(
            "CALL db.index.fulltext.queryNodes('concept_grams', $query) YIELD node RETURN node.data",
            query=" ".join(f"({_all(_any(pieces) for pieces in way)})" for way in asked.ways),
        )
    )


async def _near_and_short(run: Run, asked: NearAndShort) -> list[tuple[int, Concept]]:
    # Rows are drawn from the subqueries one after the other, until there are enough.
    rows = await run(
        "UNWIND $steps AS step CALL { WITH step "
        "CALL db.index.fulltext.queryNodes('concept_grams', step[1], {limit: $most}) YIELD node RETURN node } "
        "WITH step[0] AS step, node LIMIT $most RETURN [step, node.data] AS found ORDER BY step",
        steps=[
            (number, f"+({_any(asked.pieces)}) +({_any((length,) for length in lengths)})")
            for number, lengths in enumerate(asked.steps)
        ],
        most=2**31 - 1 if asked.most is None else asked.most,
    )
    return [(step, read_concept(data)) for ((step, data),) in rows]


async def _occurring(run: Run, asked: Occurring) -> list[str]:
    rows = await run(
        "UNWIND $terms AS term CALL { WITH term "
        "CALL db.index.fulltext.queryNodes('concept_search', term.query, {limit: 1}) YIELD node "
        "RETURN count(node) AS found } WITH term, found WHERE found > 0 RETURN term.term",
        terms=[{"term": term, "query": _term(term)} for term in asked.terms],
    )
    return [term for (term,) in rows]


async def _existing(run: Run, asked: Existing) -> list[str]:
    rows = await run(
        "UNWIND $ids AS id MATCH (c:Concept {id: id}) RETURN id",
        ids=[id_ for id_ in asked.ids if possible(id_)],
    )
    return [id_ for (id_,) in rows]


_ANSWERS: Final[dict[type[LookUp], Callable[[Run, Any], Awaitable[list[Any]]]]] = {
    Opening: _opening,
    Called: _called,
    Beginning: _beginning,
    Having: _having,
    Texts: _texts,
    Near: _near,
    NearAndShort: _near_and_short,
    Occurring: _occurring,
    Existing: _existing,
}
