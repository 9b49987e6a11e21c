"""Lists of concepts as SQL: pages, counts and facets of what a `ConceptFilter` chooses, each one statement.

A page by name or by a measure comes from an index that has its order; what narrows the list to the members of a topic,
a file or the hits of a search is looked up first.
"""

import json
from collections.abc import Sequence

from graph.contribution import check_first, check_position, possible, read_concept
from graph.listing import ConceptFilter, ConceptOrder, Facet, Measures, OrderBy, Position
from graph.measures import measures_of_ranks
from graph.model import Concept
from graph.sqlite_conditions import concept_condition
from graph.sqlite_file import Connection
from graph.store import ConceptPage

__all__ = ["concepts", "count", "facet", "measures", "topic_facet"]


def concepts(
    db: Connection, *, first: int, after: Position | None, where: ConceptFilter, order: ConceptOrder
) -> ConceptPage:
    """See `GraphStore.concepts`."""
    check_first(first)
    check_position(after)
    condition, values = concept_condition(where)
    rank = "0" if order.by is OrderBy.NAME else f"c.by_{order.by}"
    keys = ("c.name_key", "c.id") if order.by is OrderBy.NAME else (rank, "c.name_key", "c.id")
    if after is not None:
        condition += f" AND ({', '.join(keys)}) {'<' if order.reverse else '>'} ({', '.join('?' * len(keys))})"
        values += after[-len(keys) :]
    direction = " DESC" if order.reverse else ""
    rows = db.rows(
        f"SELECT c.data, {rank}, c.name_key, c.id FROM concept c WHERE {condition} "  # noqa: S608 (our own text)
        f"ORDER BY {', '.join(key + direction for key in keys)} LIMIT ?",
        *values,
        first + 1,
    )
    return ConceptPage(
        tuple(read_concept(data) for data, *_ in rows[:first]),
        tuple(Position(*place) for _, *place in rows[:first]),
        len(rows) > first,
    )


def count(db: Connection, where: ConceptFilter) -> int:
    """See `GraphStore.count`."""
    condition, values = concept_condition(where)
    ((number,),) = db.rows(f"SELECT count(*) FROM concept c WHERE {condition}", *values)  # noqa: S608 (our own text)
    return int(number)


def measures(db: Connection, ids: Sequence[str]) -> dict[str, Measures]:
    """See `GraphStore.measures`."""
    rows = db.rows(
        "SELECT id, by_importance, by_degree, by_depth FROM concept WHERE id IN (SELECT value FROM json_each(?))",
        json.dumps([id_ for id_ in dict.fromkeys(ids) if possible(id_)]),
    )
    found = {id_: measures_of_ranks(*ranks) for id_, *ranks in rows}
    return {id_: found[id_] for id_ in ids if id_ in found}


def topic_facet(db: Connection, where: ConceptFilter, *, first: int) -> list[tuple[Concept, int]]:
    """See `GraphStore.topic_facet`."""
    check_first(first)
    condition, values = concept_condition(where)
    rows = db.rows(
        "SELECT t.data, counted.number FROM ("  # noqa: S608 (our own text)
        "  SELECT r.target AS topic, count(*) AS number FROM concept c JOIN relation r ON r.source = c.key "
        f"  WHERE {condition} AND r.type = 'IN_TOPIC' GROUP BY r.target) counted "
        "JOIN concept t ON t.key = counted.topic ORDER BY counted.number DESC, t.name_key, t.id LIMIT ?",
        *values,
        first,
    )
    return [(read_concept(data), number) for data, number in rows]


def facet(db: Connection, where: ConceptFilter, by: Facet) -> dict[str, int]:
    """See `GraphStore.facet`."""
    condition, values = concept_condition(where)
    if by is Facet.KIND:
        sql = f"SELECT c.kind, count(*) FROM concept c WHERE {condition} GROUP BY c.kind"  # noqa: S608 (our own text)
    else:
        # Each end's values first, few for each concept, so that not every relation is compared with every other.
        sql = (
            f"WITH chosen AS MATERIALIZED (SELECT c.key FROM concept c WHERE {condition}) "  # noqa: S608 (our own text)
            "SELECT value, count(*) FROM ("
            f"  SELECT r.source AS key, r.{by} AS value FROM chosen JOIN relation r ON r.source = chosen.key"
            f"  UNION SELECT r.target, r.{by} FROM chosen JOIN relation r ON r.target = chosen.key) GROUP BY value"
        )
    return dict(db.rows(sql, *values))
