"""What became of a graph over time: its revisions, and what differs between two of them.

Every write that changed something is a *revision*: a number from 1 on, when and why, how much changed, and the rows of
everything it touched as they were before. Nothing else is needed to go back: what a concept said at a revision is what
the first write that touched it afterwards has found, and if there is none, what it says now. So a first load, which
finds nothing, costs its keys alone, and a revision is compared with another without either being rebuilt.

Revision 0 is what there was before the first: nothing, or what a store held when it came to keep a history. The latest
`KEPT_REVISIONS` are kept.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any, Final

import orjson

from graph.changes import Changes
from graph.contribution import read_concept, read_relation
from graph.errors import InvalidQuery
from graph.model import Concept, Relation, RelationKey, RelationType

__all__ = [
    "KEPT_REVISIONS",
    "Before",
    "Difference",
    "Entry",
    "Pairs",
    "Revision",
    "bounds",
    "changed_between",
    "earliest",
    "encode_before",
    "encode_changes",
    "read_revision",
]

KEPT_REVISIONS: Final = 10_000

Pairs = Mapping[str, tuple[str | None, str | None]]
"""Merged rows of concepts (before, after) by id; None where there is none."""

RelationPairs = Mapping[RelationKey, tuple[str | None, str | None]]


@dataclass(frozen=True, slots=True)
class Revision:
    """One write. `at` is in seconds since 1970 by the store's clock, `cause` what it was: a load, a decision."""

    number: int
    at: float
    cause: str
    changes: Changes = field(default_factory=Changes)


@dataclass(frozen=True, slots=True)
class Entry:
    """A revision as a store keeps it; `before` is that of `encode_before`."""

    number: int
    at: float
    cause: str
    changes: str
    before: bytes


@dataclass(frozen=True, slots=True)
class Before:
    """The rows of what one or more writes touched, as they were before; None for what was not there."""

    concepts: dict[str, str | None] = field(default_factory=dict)
    relations: dict[RelationKey, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two revisions: concepts by id, relations by key, each before and after; None is absent."""

    concepts: tuple[tuple[Concept | None, Concept | None], ...]
    relations: tuple[tuple[Relation | None, Relation | None], ...]

    def turned(self) -> "Difference":
        """Return the difference the other way."""
        return Difference(tuple((b, a) for a, b in self.concepts), tuple((b, a) for a, b in self.relations))


def encode_changes(changes: Changes) -> str:
    """Return changes as JSON."""
    return orjson.dumps(astuple(changes)).decode()


def read_revision(number: int, at: float, cause: str, changes: str) -> Revision:
    """Return a revision from its columns."""
    return Revision(number, at, cause, Changes(*orjson.loads(changes)))


def encode_before(concepts: Pairs, relations: RelationPairs) -> bytes:
    """Return what a write found of all that it changed."""
    found = {
        "concepts": {id_: before for id_, (before, after) in concepts.items() if before != after},
        "relations": [[*key, before] for key, (before, after) in relations.items() if before != after],
    }
    return zlib.compress(orjson.dumps(found), 1)


def _read_before(data: bytes) -> Before:
    found: dict[str, Any] = orjson.loads(zlib.decompress(data))
    relations = {(source, RelationType(type_), target): row for source, type_, target, row in found["relations"]}
    return Before(found["concepts"], relations)


def earliest(entries: Iterable[bytes]) -> Before:
    """Return what some writes, given in their order, have found between them: of each thing the first that touched it.

    Cost: linear in what they touched.
    """
    found = Before()
    for data in entries:
        one = _read_before(data)
        found.concepts.update({id_: row for id_, row in one.concepts.items() if id_ not in found.concepts})
        found.relations.update({key: row for key, row in one.relations.items() if key not in found.relations})
    return found


def bounds(since: int, until: int | None, kept: Sequence[int]) -> tuple[int, int]:
    """Return two revisions to compare, the earlier first; `until` is the latest if it is None.

    `kept` are the oldest and the newest number that the store has, none for a store without a history. Raises
    InvalidQuery if the store cannot tell.
    """
    oldest, newest = (kept[0] - 1, kept[1]) if kept else (0, 0)
    until = newest if until is None else until
    for number in (since, until):
        if not oldest <= number <= newest:
            raise InvalidQuery(
                f"there is no revision {number}; this store can compare those from {oldest} to {newest}, "
                "see `noteatlas history`"
            )
    return min(since, until), max(since, until)


def changed_between(
    touched: Before, afterwards: Before, concepts: Mapping[str, Concept], relations: Mapping[RelationKey, Relation]
) -> Difference:
    """Return what differs: `touched` is what the writes of the span found, `afterwards` what those after it found.

    `concepts` and `relations` are those of today, of all that was touched in the span.
    """

    def concept_after(id_: str) -> Concept | None:
        row = afterwards.concepts.get(id_)
        return read_concept(row) if row else None if id_ in afterwards.concepts else concepts.get(id_)

    def relation_after(key: RelationKey) -> Relation | None:
        row = afterwards.relations.get(key)
        return read_relation(row) if row else None if key in afterwards.relations else relations.get(key)

    pairs = [(read_concept(row) if row else None, concept_after(id_)) for id_, row in sorted(touched.concepts.items())]
    links = [
        (read_relation(row) if row else None, relation_after(key)) for key, row in sorted(touched.relations.items())
    ]
    return Difference(tuple(p for p in pairs if p[0] != p[1]), tuple(p for p in links if p[0] != p[1]))
