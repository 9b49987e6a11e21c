"""What to fetch together with concepts: their relations, what these lead to, what is beside that, and so on.

An answer that needs three rounds of questions to a store can be had in one if the store knows at the beginning where
they lead. `Beside` says so, level by level; `Around` is what was found. Each level is a set: a concept that is reached
in many ways is read once, so that no number of ways makes an answer larger than the graph.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from graph.listing import RelationFilter
from graph.model import Concept, Relation, RelationKey

__all__ = ["MOST_BESIDE", "NOTHING_AROUND", "Around", "Beside", "Gathering", "far_ends"]

MOST_BESIDE: Final = 1000
"""A level with more concepts than that is not gone beyond: who wants to know asks again."""


@dataclass(frozen=True, slots=True)
class Beside:
    """The relations in `where`, seen from each concept of a level; with `ends` the concepts at their other ends too.

    Those are the next level, and `beside` is what to fetch with them. The fields of `where` are tuples or None.
    """

    where: RelationFilter
    ends: bool = False
    beside: "tuple[Beside, ...]" = ()


@dataclass(frozen=True, slots=True)
class Around:
    """What was found: concepts by id, and the relations of a concept that are in a filter, in order of their keys."""

    concepts: Mapping[str, Concept] = field(default_factory=dict)
    relations: Mapping[tuple[RelationFilter, str], list[Relation]] = field(default_factory=dict)


NOTHING_AROUND: Final = Around()


@dataclass(frozen=True, slots=True)
class Gathering:
    """Puts an `Around` together, level by level."""

    concepts: dict[str, Concept] = field(default_factory=dict)
    relations: dict[tuple[RelationFilter, str], list[Relation]] = field(default_factory=dict)

    def add(self, ids: Sequence[str], where: RelationFilter, found: Iterable[Relation]) -> None:
        """Remember of each concept of a level which of its relations are in a filter, `found` of any of them."""
        by_key: dict[RelationKey, Relation] = {relation.key: relation for relation in found}
        of_each: dict[str, list[Relation]] = {id_: [] for id_ in ids}
        for _, relation in sorted(by_key.items()):
            near = {"out": {relation.source}, "in": {relation.target}}.get(
                where.direction, {relation.source, relation.target}
            )
            for id_ in near & of_each.keys():
                of_each[id_].append(relation)
        self.relations.update({(where, id_): relations for id_, relations in of_each.items()})

    def done(self) -> Around:
        """Return what was put together."""
        return Around(self.concepts, self.relations)


def far_ends(ids: Sequence[str], where: RelationFilter, relations: Iterable[Relation]) -> list[str]:
    """Return the next level: the ids at the other ends of some relations of a level, each once."""
    ends: dict[str, None] = {}
    level = set(ids)
    for relation in relations:
        if where.direction != "in" and relation.source in level:
            ends[relation.target] = None
        if where.direction != "out" and relation.target in level:
            ends[relation.source] = None
    return list(ends)
