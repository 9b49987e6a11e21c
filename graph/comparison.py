"""What two or three concepts have to do with each other: what they say of one another, share, and have alone.

A pure function on values. Each concept's relation to another one is seen from the concept: of a type, in a direction
(`out`: the arrow leaves it, `in`: it enters it, `both`: the type is symmetric). Two concepts *share* a third one if
they are related to it by the same type in the same direction. So every relation of the compared concepts is in exactly
one place: between two of them, in something shared, or with the one that has it alone.

What hardly says anything comes last everywhere: belonging to a topic, and prerequisites that were only inferred.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from graph.errors import InvalidQuery
from graph.model import RELATION_TYPES, Origin, Relation, RelationKey, RelationType
from graph.names import name_key
from graph.store import Direction

__all__ = ["MOST", "Comparison", "Own", "Shared", "compare"]

MOST: Final = 3
"""How many concepts can be compared; at least two."""

_TYPE_ORDER: Final = {type_: number for number, type_ in enumerate(RelationType)}
_DIRECTION_ORDER: Final[Mapping[Direction, int]] = {"out": 0, "both": 1, "in": 2}

_View: TypeAlias = tuple[str, RelationType, Direction]  # the other concept, and how one is related to it


@dataclass(frozen=True, slots=True)
class Shared:
    """A concept that several are related to alike: `relations` has one for each of `by`, in the order compared."""

    concept: str
    type: RelationType
    direction: Direction
    by: tuple[str, ...]
    relations: tuple[Relation, ...]


@dataclass(frozen=True, slots=True)
class Own:
    """The relations that only `concept` has, none of them to another of the compared."""

    concept: str
    relations: tuple[Relation, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What `compare` found; `only` has one entry for each of `ids`, in their order."""

    ids: tuple[str, ...]
    between: tuple[Relation, ...]
    shared: tuple[Shared, ...]
    only: tuple[Own, ...]


def compare(relations: Iterable[Relation], ids: Sequence[str], *, names: Mapping[str, str] | None = None) -> Comparison:
    """Compare the concepts `ids`, two or three, by their `relations`, one of a key; others than theirs are ignored.

    Order: what three share before what two do, then by type in the order of the table, what the arrow leaves before
    what it enters, the other concept's name key (of `names`, where it has one) and id. `between` is in order of types
    and keys. IN_TOPIC and inferred prerequisites come last: after everything else, in the same order. The order of
    what comes in does not matter. Linear, but for sorting. Raises InvalidQuery for fewer or more concepts.
    """
    compared = tuple(dict.fromkeys(ids))
    if not 2 <= len(compared) <= MOST:
        raise InvalidQuery(f"there are {len(compared)} different concepts to compare: give 2 or {MOST}")
    called = names or {}
    between: dict[RelationKey, Relation] = {}
    views: dict[_View, dict[str, Relation]] = {}
    for given in relations:
        row = given.canonical()
        if row.source == row.target:
            continue
        inside = [end for end in (row.source, row.target) if end in compared]
        if len(inside) == 2:
            between[row.key] = row
        elif inside:
            views.setdefault(_view(row, inside[0]), {})[inside[0]] = row

    def by_name(view: _View) -> tuple[int, int, str, str]:
        other, type_, direction = view
        return (_TYPE_ORDER[type_], _DIRECTION_ORDER[direction], name_key(called.get(other, other)), other)

    ordered = sorted(views.items(), key=lambda item: by_name(item[0]))
    shared = [
        Shared(*view, tuple(i for i in compared if i in held), tuple(held[i] for i in compared if i in held))
        for view, held in ordered
        if len(held) > 1
    ]
    own = {i: [held[i] for _, held in ordered if held.keys() == {i}] for i in compared}
    return Comparison(
        compared,
        tuple(sorted(between.values(), key=lambda r: (_says_little(r), _TYPE_ORDER[r.type], r.key))),
        tuple(sorted(shared, key=lambda s: (all(map(_says_little, s.relations)), -len(s.by)))),
        tuple(Own(i, tuple(sorted(rows, key=_says_little))) for i, rows in own.items()),
    )


def _view(relation: Relation, concept: str) -> _View:
    """Return a relation as `concept`, one of its ends, sees it."""
    leaves = relation.source == concept
    other = relation.target if leaves else relation.source
    if RELATION_TYPES[relation.type].symmetric:
        return (other, relation.type, "both")
    return (other, relation.type, "out" if leaves else "in")


def _says_little(relation: Relation) -> bool:
    if relation.type is RelationType.PREREQUISITE_OF:
        return relation.origin is Origin.INFERRED
    return relation.type is RelationType.IN_TOPIC
