"""Keeping the measures of concepts in a SQLite store (`graph.measures`), within a write that the caller holds.

A concept's row has the ranks `by_importance`, `by_degree` and `by_depth`, each with an index that gives the order.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from graph.measures import (
    HUNDREDTHS_A_MEMBER,
    HUNDREDTHS_A_NEIGHBOUR,
    MOST_MENTIONS,
    changed_depths,
    ends_of_prerequisites,
    unsettled,
)
from graph.model import RelationKey

if TYPE_CHECKING:
    from graph.sqlite_file import Connection

__all__ = ["count_around", "measure_all", "settle_depths"]

_COUNTED: Final = f"""
UPDATE concept SET
  by_degree = -(
    (SELECT count(*) FROM relation WHERE source = concept.key)
    + (SELECT count(*) FROM relation WHERE target = concept.key)),
  by_importance = -(
    {HUNDREDTHS_A_NEIGHBOUR} * (SELECT count(*) FROM (
      SELECT target FROM relation WHERE source = concept.key AND type <> 'IN_TOPIC'
      UNION SELECT source FROM relation WHERE target = concept.key AND type <> 'IN_TOPIC'))
    + {HUNDREDTHS_A_MEMBER} * (SELECT count(*) FROM relation WHERE target = concept.key AND type = 'IN_TOPIC')
    + (SELECT count(*) FROM (
      SELECT DISTINCT p.data FROM mention m JOIN passage p ON p.key = m.passage WHERE m.concept = concept.id
      LIMIT {MOST_MENTIONS})))
"""  # noqa: S608 (our own numbers)

# All that depends on some concepts, and what each of these depends on; a row without `before` has nothing.
_LATER: Final = """
WITH RECURSIVE later (key) AS (
  SELECT key FROM concept WHERE id IN (SELECT value FROM json_each(?))
  UNION SELECT r.target FROM later JOIN relation r ON r.source = later.key WHERE r.type = 'PREREQUISITE_OF')
"""
_BEFORE: Final = """
SELECT c.key, c.by_depth, b.key, b.by_depth FROM {} chosen JOIN concept c ON c.key = chosen.key
LEFT JOIN relation r ON r.target = c.key AND r.type = 'PREREQUISITE_OF' LEFT JOIN concept b ON b.key = r.source
"""


def count_around(db: "Connection", ids: Collection[str]) -> None:
    """Count anew what touches these concepts: their importance and degree. One statement, linear in what it counts."""
    if ids:
        db.rows(f"{_COUNTED} WHERE id IN (SELECT value FROM json_each(?))", json.dumps(sorted(ids)))  # noqa: S608


def settle_depths(db: "Connection", changed: Mapping[RelationKey, bool]) -> None:
    """Work out the depths that these relations may have changed: those that a write added, or (False) took away.

    Concepts still have the depths of before the write, 0 if they are new; those that are going are still there.
    """
    if not (ends := ends_of_prerequisites(changed)):
        return
    depth = dict(
        db.rows("SELECT id, by_depth FROM concept WHERE id IN (SELECT value FROM json_each(?))", json.dumps(ends))
    )
    if targets := unsettled(changed, depth):
        _write_depths(db, db.rows(_LATER + _BEFORE.format("later"), json.dumps(targets)))


def measure_all(db: "Connection") -> None:
    """Work out the measures of every concept."""
    db.rows(_COUNTED)
    _write_depths(db, db.rows(_BEFORE.format("concept")))


def _write_depths(db: "Connection", rows: Iterable[tuple[int, int, int | None, int]]) -> None:
    db.run("UPDATE concept SET by_depth = ? WHERE key = ?", [(new, key) for key, new in changed_depths(rows).items()])
