"""As much of the graph as a question needs, fetched a level at a time, so that the work is bounded by the answer.

The pure functions of `graph.paths` take relations; what they need can be far less than a store holds.
"""

from collections.abc import Iterable, Sequence

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

    Breadth first from `source`, following what `graph.paths.shortest_path` follows; ends with the level that meets
    `target`. One call to the store per level, so as many as the path is long. Raises InvalidQuery when more than
    `most` relations were looked at without meeting it.
    """
    found: dict[RelationKey, Relation] = {}
    met = {source}
    level = [source]
    while level and target not in met:
        answer = await store.relations(level, types=types, direction="both")
        steps = [(here, r) for here, rows in answer.items() for r in rows if _leads_on(r, here, directed=directed)]
        found.update((r.key, r) for _, r in steps)
        if len(found) > most:
            raise InvalidQuery(f"the two are too far apart: {most} relations were looked at; limit `types`")
        level = sorted(_ends(steps) - met)
        met.update(level)
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
    for start, rounds, leads in (
        (source, length - length // 2, _leads_on),
        (target, length // 2, _leads_here),
    ):
        met = {start}
        level = [start]
        for _ in range(rounds):
            answer = await store.relations(level, types=types, direction="both")
            steps = [(here, r) for here, rows in answer.items() for r in rows if leads(r, here, directed=directed)]
            found.update((r.key, r) for _, r in steps)
            if len(found) > most:
                raise InvalidQuery(
                    f"there is too much around the two: {most} relations were looked at; limit `types` or `maxLength`"
                )
            level = sorted(_ends(steps) - met)
            met.update(level)
            if not level:
                break
    return list(found.values())


def _leads_here(relation: Relation, here: str, *, directed: bool) -> bool:
    return not directed or relation.target == here or RELATION_TYPES[relation.type].symmetric


def _leads_on(relation: Relation, here: str, *, directed: bool) -> bool:
    return not directed or relation.source == here or RELATION_TYPES[relation.type].symmetric


def _ends(steps: Iterable[tuple[str, Relation]]) -> set[str]:
    return {r.target if r.source == here else r.source for here, r in steps}
