"""What chooses rows of a SQLite store, as conditions for a WHERE clause with their values.

A condition is made of our own text; whatever comes from outside is a value of it.
"""

import json
from functools import lru_cache

from graph.contribution import possible, read_concept
from graph.listing import ConceptFilter, RelationFilter
from graph.question import parse_query
from graph.search_text import has_all_terms
from graph.sqlite_search import match

__all__ = ["DIRECTLY_IN", "concept_condition", "has_terms", "relation_condition"]

_BELOW = (
    "c.key IN (WITH RECURSIVE below (key) AS ("
    "  SELECT r.source FROM concept t JOIN relation r ON r.target = t.key WHERE t.id = ? AND r.type = 'IN_TOPIC'"
    "  UNION SELECT r.source FROM below JOIN relation r ON r.target = below.key WHERE r.type = 'IN_TOPIC') "
    "SELECT key FROM below)"
)
DIRECTLY_IN = (
    "c.key IN (SELECT r.source FROM relation r JOIN concept t ON t.key = r.target "
    "WHERE t.id = ? AND r.type = 'IN_TOPIC')"
)
"""The condition on a concept `c` that it is directly in the topic with the id that is the value."""

_OF_SOURCE = (
    "c.key IN (SELECT key FROM concept WHERE json_extract(data, '$.document') = ? "
    "UNION SELECT m.key FROM passage p JOIN mention ON mention.passage = p.key "
    "JOIN concept m ON m.id = mention.concept WHERE json_extract(p.data, '$[0]') = ?)"
)
_HAS_PREREQUISITES = "EXISTS (SELECT 1 FROM relation r WHERE r.target = c.key AND r.type = 'PREREQUISITE_OF')"


@lru_cache(maxsize=64)
def _terms(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def has_terms(terms: str, data: str) -> bool:
    """Tell whether the concept in a row has all of these terms, a JSON array: the function `has_terms` of SQL."""
    return has_all_terms(read_concept(data), _terms(terms))


def concept_condition(where: ConceptFilter) -> tuple[str, list[object]]:
    """Return the condition on a concept `c`, and its values in order."""
    parts, values = ["1"], list[object]()
    if where.topic is not None:
        parts.append(_BELOW if where.subtopics else DIRECTLY_IN)
        values.append(_key(where.topic))
    if where.kinds is not None:
        parts.append("c.kind IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(sorted(where.kinds)))
    if where.source is not None:
        parts.append(_OF_SOURCE)
        values += [_key(where.source)] * 2
    if where.has_prerequisites is not None:
        parts.append(_HAS_PREREQUISITES if where.has_prerequisites else f"NOT {_HAS_PREREQUISITES}")
    for part, its_values in (_has_relation(where.relation), _has_text(where.text)):
        parts.append(part)
        values += its_values
    return " AND ".join(parts), values


def _key(text: str) -> str:
    return text if possible(text) else ""


def _has_relation(where: RelationFilter | None) -> tuple[str, list[object]]:
    if where is None:
        return "1", []
    condition, its_values = relation_condition(where)
    parts, values = [], list[object]()
    for end, direction in (("source", "out"), ("target", "in")):
        if where.direction in (direction, "both"):
            parts.append(f"EXISTS (SELECT 1 FROM relation r WHERE r.{end} = c.key AND {condition})")  # noqa: S608
            values += its_values
    return f"({' OR '.join(parts)})", values


def relation_condition(where: RelationFilter) -> tuple[str, list[object]]:
    """Return the condition on a relation `r`, whatever its direction, and its values in order."""
    parts, values = ["1"], list[object]()
    for column, wanted in (("type", where.types), ("origin", where.origins)):
        if wanted is not None:
            parts.append(f"r.{column} IN (SELECT value FROM json_each(?))")  # noqa: S608
            values.append(json.dumps(sorted(wanted)))
    if where.min_confidence > 0:
        parts.append("r.confidence >= ?")
        values.append(where.min_confidence)
    return " AND ".join(parts), values


def _has_text(text: str | None) -> tuple[str, list[object]]:
    if text is None:
        return "1", []
    if (query := parse_query(text)) is None:
        return "0", []
    found, values = match("concept_search", (tuple(((term,),) for term in query.terms),))
    proposed = f"SELECT rowid FROM concept_search WHERE {found}"  # noqa: S608 (our own text)
    called = "SELECT concept FROM concept_name WHERE name_key = ?"
    condition = f"((c.key IN ({proposed}) AND has_terms(?, c.data)) OR c.key IN ({called}))"
    return condition, [*values, json.dumps(query.terms), _key(query.key)]
