"""The input types of lists: which concepts and relations are meant, and in what order; as `graph.listing` has them."""

from collections.abc import Sequence
from enum import Enum
from typing import Final

import strawberry

from api.limits import checked_names
from api.lookup import concept_id
from api.schema.enums import DIRECTIONS, ConceptKind, Direction, Origin, RelationType
from graph import listing
from graph.errors import InvalidQuery
from graph.store import GraphStore

__all__ = [
    "MEMBERS",
    "PREREQUISITES",
    "TOPICS",
    "UNLOCKED",
    "ConceptFilter",
    "ConceptOrder",
    "RelationFilter",
    "concept_filter",
    "concept_order",
    "relation_choice",
    "sure_enough",
]

MAX_TEXT_LENGTH = 1_000

PREREQUISITES: Final = listing.RelationFilter(types=(RelationType.PREREQUISITE_OF,), direction="in")
UNLOCKED: Final = listing.RelationFilter(types=(RelationType.PREREQUISITE_OF,), direction="out")
TOPICS: Final = listing.RelationFilter(types=(RelationType.IN_TOPIC,), direction="out")
MEMBERS: Final = listing.RelationFilter(types=(RelationType.IN_TOPIC,), direction="in")


@strawberry.enum(description="What a list of concepts is sorted by. What is equal comes by name, then by id.")
class ConceptOrderBy(Enum):
    """Names are the store's."""

    NAME = strawberry.enum_value("name", description="By name: first what has the first letter.")
    IMPORTANCE = strawberry.enum_value(
        "importance",
        description="By how much else it has to do with: see `Concept.importance`. From the greatest down, unless told "
        "otherwise.",
    )
    DEGREE = strawberry.enum_value(
        "degree",
        description="By how many relations it has: see `Concept.degree`. From the most down, unless told otherwise.",
    )
    DEPTH = strawberry.enum_value(
        "depth",
        description="By how much must be learnt before it: see `Concept.depth`. From the least up, unless told "
        "otherwise.",
    )


@strawberry.enum(description="Which end of an order comes first.")
class OrderDirection(Enum):
    """Values are GraphQL's usual words."""

    ASC = strawberry.enum_value("asc", description="From the first name, or the smallest number, up.")
    DESC = strawberry.enum_value("desc", description="From the last name, or the greatest number, down.")


@strawberry.input(description="An order of concepts. The two directions are the exact reverse of each other.")
class ConceptOrder:
    """A ConceptOrder of `graph.listing`."""

    by: ConceptOrderBy = strawberry.field(default=ConceptOrderBy.NAME, description="What they are sorted by.")
    direction: OrderDirection | None = strawberry.field(
        default=None, description="Which way; if absent, ascending by name and depth, descending by the others."
    )


@strawberry.input(
    description="Some relations, seen from a concept: those for which all that is given holds. What is absent or null "
    "allows any; an empty list allows none."
)
class RelationFilter:
    """A RelationFilter of `graph.listing`."""

    types: list[RelationType] | None = strawberry.field(default=None, description="Of one of these types.")
    direction: Direction | None = strawberry.field(
        default=Direction.BOTH, description="Which of them, seen from the concept."
    )
    origins: list[Origin] | None = strawberry.field(default=None, description="Of one of these origins.")
    min_confidence: float | None = strawberry.field(default=None, description="At least so sure, from 0 to 1.")


@strawberry.input(
    description="Some concepts: those for which all that is given holds. What is absent or null allows any; an empty "
    "list allows none."
)
class ConceptFilter:
    """A ConceptFilter of `graph.listing`, with names where that one has ids."""

    topic: strawberry.ID | None = strawberry.field(
        default=None, description="In this topic. An id, a name or an alias of a concept, in any case."
    )
    include_subtopics: bool | None = strawberry.field(
        default=False, description="Also those in topics below `topic`, at any depth, and these topics themselves."
    )
    kinds: list[ConceptKind] | None = strawberry.field(default=None, description="Of one of these kinds.")
    relation: RelationFilter | None = strawberry.field(default=None, description="With at least one such relation.")
    has_prerequisites: bool | None = strawberry.field(
        default=None, description="True: with at least one direct prerequisite. False: with none, where one can begin."
    )
    text: str | None = strawberry.field(
        default=None,
        description="With all of these words or characters in its names and definition, as `search` finds them, but "
        "without what is only nearly so called.",
    )
    source: str | None = strawberry.field(
        default=None, description="That the file with this path introduces, or of which one of its passages speaks."
    )


_DESCENDING = {listing.OrderBy.IMPORTANCE, listing.OrderBy.DEGREE}


def concept_order(order: ConceptOrder | None) -> listing.ConceptOrder:
    """Return the order as the store has it: reversed or not, not up or down."""
    if order is None:
        return listing.BY_NAME
    by = listing.OrderBy[order.by.name]
    naturally = OrderDirection.DESC if by in _DESCENDING else OrderDirection.ASC
    return listing.ConceptOrder(by, reverse=(order.direction or naturally) is not naturally)


async def concept_filter(
    store: GraphStore,
    where: ConceptFilter | None,
    *,
    topic: str | None = None,
    kind: ConceptKind | None = None,
) -> listing.ConceptFilter:
    """Return the filter as the store has it; `topic` and `kind` narrow it further. One call to the store for a topic.

    Raises InvalidQuery if a value is out of its range, or `topic` is given twice and not the same; UnknownConcept and
    AmbiguousName if it is no concept.
    """
    where = where or ConceptFilter()
    if where.text is not None and len(where.text) > MAX_TEXT_LENGTH:
        raise InvalidQuery(f"text has {len(where.text)} characters: give at most {MAX_TEXT_LENGTH}")
    if where.source is not None:
        checked_names("source", [where.source])
    if topic is not None and where.topic is not None and topic != where.topic:
        raise InvalidQuery("topic is given twice, in `where` and beside it: give it once")
    name = where.topic if topic is None else topic
    kinds = None if where.kinds is None else set(where.kinds)
    if kind is not None:
        kinds = {kind} if kinds is None else kinds & {kind}
    relation = where.relation
    return listing.ConceptFilter(
        topic=None if name is None else await concept_id(store, *checked_names("topic", [name])),
        subtopics=bool(where.include_subtopics),
        kinds=kinds,
        relation=None
        if relation is None
        else listing.RelationFilter(
            types=relation.types,
            direction=DIRECTIONS[relation.direction or Direction.BOTH],
            origins=relation.origins,
            min_confidence=sure_enough(relation.min_confidence),
        ),
        has_prerequisites=where.has_prerequisites,
        text=where.text,
        source=where.source,
    )


def relation_choice(
    types: Sequence[RelationType] | None,
    direction: Direction | None,
    origins: Sequence[Origin] | None,
    min_confidence: float | None,
) -> listing.RelationFilter:
    """Return the arguments of `Concept.relations` as a filter, equal for equal choices. Raises InvalidQuery."""
    return listing.RelationFilter(
        types=None if types is None else tuple(sorted(set(types))),
        direction=DIRECTIONS[direction or Direction.BOTH],
        origins=None if origins is None else tuple(sorted(set(origins))),
        min_confidence=sure_enough(min_confidence),
    )


def sure_enough(min_confidence: float | None) -> float:
    """Return the argument `minConfidence`, 0 for null. Raises InvalidQuery if it is no number from 0 to 1."""
    at_least = min_confidence or 0.0
    if not 0 <= at_least <= 1:
        raise InvalidQuery(f"minConfidence is {at_least}: give a number from 0 to 1")
    return at_least
