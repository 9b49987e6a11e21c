"""Lists of concepts: which belong to one (`ConceptFilter`), in what order (`ConceptOrder`), where a page of it begins.

Every concept has three **measures**, which a store works out with each write and keeps (`Measures`). Ordered by one of
them, or by name, a list has a natural direction: names from A on, the most important first, those with most relations
first, those with the shortest chain of prerequisites first. What is equal comes by (name key, id). The other direction
is the exact reverse of the whole list.

A `Position` is a place in such a list, and holds what the list is sorted by, not which concept is there: it stays
where it is when that concept, or any other, is removed or changed.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, NamedTuple

from graph.model import ConceptKind, Origin, RelationType

__all__ = [
    "BY_NAME",
    "EVERY_CONCEPT",
    "ConceptFilter",
    "ConceptOrder",
    "Direction",
    "Facet",
    "Measures",
    "OrderBy",
    "Position",
    "RelationFilter",
]

Direction = Literal["out", "in", "both"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationFilter:
    """Some relations, seen from a concept: all that each field says; None allows any, no types or origins none."""

    types: Collection[RelationType] | None = None
    direction: Direction = "both"
    origins: Collection[Origin] | None = None
    min_confidence: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConceptFilter:
    """Some concepts: those for which all that is given holds.

    `topic` is the id of a topic that they are directly in, or, with `subtopics`, at any depth: one or more IN_TOPIC
    relations away. `kinds` are theirs. They have at least one relation that is in `relation`; they have a prerequisite,
    or (False) none. `text` finds them by its words, all of them, as `GraphStore.search` does
    but for names that are nearly it. `source` is the path of a file that introduces them or has a passage about them.
    """

    topic: str | None = None
    subtopics: bool = False
    kinds: Collection[ConceptKind] | None = None
    relation: RelationFilter | None = None
    has_prerequisites: bool | None = None
    text: str | None = None
    source: str | None = None


EVERY_CONCEPT: Final = ConceptFilter()


class OrderBy(StrEnum):
    """What a list of concepts is sorted by."""

    NAME = "name"
    IMPORTANCE = "importance"
    DEGREE = "degree"
    DEPTH = "depth"


@dataclass(frozen=True, slots=True)
class ConceptOrder:
    """An order of concepts, in its natural direction or the exact reverse; see the module's docstring."""

    by: OrderBy = OrderBy.NAME
    reverse: bool = False


BY_NAME: Final = ConceptOrder()


class Position(NamedTuple):
    """A place in a list: the rank by the measure (0 in a list by name), then (name key, id). Ranks ascend."""

    rank: int
    name_key: str
    id: str


class Measures(NamedTuple):
    """What a concept is sorted by besides its name; see `graph.measures` for how each is worked out."""

    importance: float
    degree: int
    depth: int


class Facet(StrEnum):
    """What the concepts of a list are counted by: their kind, and the types and origins of relations they have."""

    KIND = "kind"
    RELATION_TYPE = "type"
    ORIGIN = "origin"
