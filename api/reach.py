"""As much of the graph as a question needs, fetched a level at a time, so that the work is bounded by the answer.

The pure functions of `graph.paths` take relations; what they need can be far less than a store holds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from graph.errors import InvalidQuery
from graph.model import RELATION_TYPES, Relation, RelationKey, RelationType
from graph.store import GraphStore

__all__ = ["MAX_RELATIONS", "relations_between", "relations_near_both"]

MAX_RELATIONS = 50_000


async def relations_between(
    store: GraphStore,
    source: str,
    target: str,
    *,
    types: Sequence[RelationType] | None = None,
    directed: bool = True,
    most: int = MAX_RELATIONS,
) -> list[Relation]:
    """Return relations that hold every shortest path from `source` to `target`, if there is any.

    Breadth first from both ends, following what `graph.paths.shortest_path` follows, a level at a time of the end that
    has fewer to go on from; ends with the level that meets the other side. One call to the store per level, so as many
    as the path is long. Raises InvalidQuery when more than `most` relations were looked at without a meeting.
    """
    found: dict[RelationKey, Relation] = {}
    sides = (_Side.at(source, _leads_on), _Side.at(target, _leads_here))
    while sides[0].met.isdisjoint(sides[1].met) and all(side.level for side in sides):
        side = min(sides, key=lambda side: len(side.level))
        found |= await side.go_on(store, types=types, directed=directed)
        if len(found) > most:
            raise InvalidQuery(f"the two are too far apart: {most} relations were looked at; limit `types`")
    return list(found.values())


async def relations_near_both(
    store: GraphStore,
    source: str,
    target: str,
    *,
    length: int,
    types: Sequence[RelationType] | None = None,
    directed: bool = True,
    most: int = MAX_RELATIONS,
) -> list[Relation]:
    """Return relations that hold every way of at most `length` relations from `source` to `target`.

    The first half of such a way is within half its length of `source`, the second half of `target`: so breadth first
    from both, and as many calls to the store as `length` at most. Raises InvalidQuery when more than `most` relations
    were looked at.
    """
    found: dict[RelationKey, Relation] = {}
    for side, rounds in (
        (_Side.at(source, _leads_on), length - length // 2),
        (_Side.at(target, _leads_here), length // 2),
    ):
        for _ in range(rounds):
            if not side.level:
                break
            found |= await side.go_on(store, types=types, directed=directed)
            if len(found) > most:
                raise InvalidQuery(
                    f"there is too much around the two: {most} relations were looked at; limit `types` or `maxLength`"
                )
    return list(found.values())


@dataclass(slots=True)
class _Side:
    """What was met from one end: `level` are those met last; `leads` tells whether a relation goes on from a concept.

    That is away from the source, and back from the target.
    """

    met: set[str]
    level: list[str]
    leads: Callable[..., bool]

    @classmethod
    def at(cls, start: str, leads: Callable[..., bool]) -> "_Side":
        """Begin at an end."""
        return cls({start}, [start], leads)

    async def go_on(
        self, store: GraphStore, *, types: Sequence[RelationType] | None, directed: bool
    ) -> dict[RelationKey, Relation]:
        """Take one step from all of the level, and return the relations that lead on from there, by key."""
        answer = await store.relations(self.level, types=types, direction="both")
        steps = [(here, r) for here, rows in answer.items() for r in rows if self.leads(r, here, directed=directed)]
        self.level = sorted({r.target if r.source == here else r.source for here, r in steps} - self.met)
        self.met.update(self.level)
        return {r.key: r for _, r in steps}


def _leads_here(relation: Relation, here: str, *, directed: bool) -> bool:
    return not directed or relation.target == here or RELATION_TYPES[relation.type].symmetric


def _leads_on(relation: Relation, here: str, *, directed: bool) -> bool:
    return not directed or relation.source == here or RELATION_TYPES[relation.type].symmetric
