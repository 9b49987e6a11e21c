"""The look-ups of a search (`graph.searching`) as SQL on FTS5, within a snapshot that the caller holds."""

import json
from collections.abc import Callable, Generator, Iterable
from typing import Any, Final, TypeVar

from graph.contribution import possible, read_concept, read_passage
from graph.model import Concept, Passage
from graph.passage_search import Units, scanned_for
from graph.search_text import bigrams, is_han
from graph.searching import Beginning, Called, Existing, Having, LookUp, Near, NearAndShort, Occurring, Opening, Texts
from graph.sqlite_file import Connection

__all__ = ["many", "match", "run_steps"]

# Candidates are verified afterwards, so a query may be cut short here: these bound the work of the index.
_MAX_TERMS: Final = 12
_MAX_TERM: Final = 64

Answer = TypeVar("Answer")


def many(values: Iterable[str]) -> str:
    """Return many ids or keys as one JSON array, each once, without those that no store can hold."""
    return json.dumps([value for value in dict.fromkeys(values) if possible(value)])


def run_steps(db: Connection, steps: Generator[LookUp, Any, Answer]) -> Answer:
    """Answer what a search looks up until it is done, and return what it found."""
    answer: list[Any] | None = None
    while True:
        try:
            asked = steps.send(answer)
        except StopIteration as done:
            found: Answer = done.value
            return found
        answer = _ANSWERS[type(asked)](db, asked)


def _concepts(rows: list[tuple[Any, ...]]) -> list[Concept]:
    return [read_concept(row[0]) for row in rows]


def _called(db: Connection, asked: Called) -> list[Concept]:
    return _concepts(
        db.rows(
            "SELECT data FROM concept WHERE key IN (SELECT n.concept FROM concept_name n "
            "WHERE n.name_key IN (SELECT value FROM json_each(?)))",
            many(asked.keys),
        )
    )


_BEGINNING: Final = (
    "SELECT data FROM (SELECT c.data FROM concept_name n JOIN concept c ON c.key = n.concept "
    "WHERE n.name_key >= ? AND n.name_key < ? AND n.rank < 2 "
    "GROUP BY c.key ORDER BY min(n.rank * 100000 + length(n.name_key)), c.name_key, c.id LIMIT ?)"
)


def _beginning(db: Connection, asked: Beginning) -> list[Concept]:
    keys = [key for key in asked.keys if key and possible(key)]
    values = [value for key in keys for value in (key, f"{key}\U0010ffff", asked.first)]
    return _concepts(db.rows(" UNION ALL ".join([_BEGINNING] * len(keys)), *values)) if values else []


def _opening(db: Connection, asked: Opening) -> list[list[Concept] | None]:
    return [_called(db, asked.called), _beginning(db, asked.beginning), None]


def _term(term: str) -> str:
    """Return a term as the index finds it; empty for a single Chinese character, which it does not have."""
    if not is_han(term):
        return f'"{term[:_MAX_TERM]}"*'
    return f'"{" ".join(bigrams(term[:_MAX_TERM]))}"' if len(term) > 1 else ""


def _all(parts: list[str]) -> str:
    return " AND ".join(f"({part})" for part in parts if part)


def _unit(unit: tuple[tuple[str, ...], ...]) -> str:
    """Return the expression for any of a unit's alternatives; empty if one of them cannot be looked for."""
    ways = [_all([_term(term) for term in terms]) for terms in unit]
    return " OR ".join(f"({way})" for way in ways) if all(ways) else ""


def _expression(groups: tuple[Units, ...]) -> str:
    ways = [_all([_unit(unit) for unit in units][:_MAX_TERMS]) for units in groups]
    return " OR ".join(f"({way})" for way in ways) if all(ways) else ""


def match(table: str, groups: tuple[Units, ...]) -> tuple[str, list[str]]:
    """Return the condition on an index, and its values, for any of some groups."""
    if expression := _expression(groups):
        return f"{table} MATCH ?", [expression]
    terms = scanned_for(groups)  # single Chinese characters: no index has them
    return f"({' OR '.join([f'{table}.tokens LIKE ?'] * len(terms))})", [f"%{term}%" for term in terms]


def _having(db: Connection, asked: Having) -> list[Concept]:
    where, values = match("concept_search", asked.groups)
    return _concepts(
        db.rows(
            f"SELECT c.data FROM concept_search JOIN concept c ON c.key = concept_search.rowid WHERE {where}",  # noqa: S608
            *values,
        )
    )


def _texts(db: Connection, asked: Texts) -> list[Passage]:
    where, values = match("passage_search", asked.groups)
    sql = (
        "SELECT DISTINCT p.data FROM passage_search "  # noqa: S608 (our own text)
        f"JOIN passage p ON p.key = passage_search.rowid WHERE {where}"
    )
    if asked.most is None:
        rows = db.rows(sql, *values)
    else:
        rows = db.rows(f"SELECT data FROM ({sql}) ORDER BY length(data), data LIMIT ?", *values, asked.most)  # noqa: S608
    return [read_passage(data) for (data,) in rows]


def _grams(grams: tuple[str, ...]) -> str:
    return " AND ".join(f'"{gram}"' for gram in grams)


def _any(pieces: Iterable[tuple[str, ...]]) -> str:
    return " OR ".join(f"({_grams(piece)})" for piece in pieces)


def _near(db: Connection, asked: Near) -> list[Concept]:
    return _concepts(
        db.rows(
            "SELECT c.data FROM concept_grams g JOIN concept c ON c.key = g.rowid WHERE concept_grams MATCH ?",
            " OR ".join(f"({_all([_any(pieces) for pieces in way])})" for way in asked.ways),
        )
    )


def _near_and_short(db: Connection, asked: NearAndShort) -> list[tuple[int, Concept]]:
    # The parts of a compound are run one after the other, until there are enough rows.
    steps = range(len(asked.steps))
    parts = (f"SELECT {step} AS step, rowid AS key FROM concept_grams WHERE concept_grams MATCH ?" for step in steps)  # noqa: S608
    found = f"SELECT step, key FROM ({' UNION ALL '.join(parts)}) LIMIT ?"  # noqa: S608 (our own text)
    rows = db.rows(
        f"SELECT step, c.data FROM ({found}) JOIN concept c USING (key) ORDER BY step",  # noqa: S608 (our own text)
        *(f"({_any(asked.pieces)}) AND ({_any((length,) for length in lengths)})" for lengths in asked.steps),
        -1 if asked.most is None else asked.most,
    )
    return [(step, read_concept(data)) for step, data in rows]


def _occurring(db: Connection, asked: Occurring) -> list[str]:
    terms = {_term(term): term for term in asked.terms}
    rows = db.rows(
        "SELECT value FROM json_each(?) WHERE EXISTS (SELECT 1 FROM concept_search WHERE concept_search MATCH value)",
        json.dumps(list(terms)),
    )
    return [terms[value] for (value,) in rows]


def _existing(db: Connection, asked: Existing) -> list[str]:
    rows = db.rows("SELECT id FROM concept WHERE id IN (SELECT value FROM json_each(?))", many(asked.ids))
    return [id_ for (id_,) in rows]


_ANSWERS: Final[dict[type[LookUp], Callable[[Connection, Any], list[Any]]]] = {
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
