"""The verb *explain*: why two concepts are held to be related, or which chain of relations leads from one to the other.

An explanation has every relation between the two, both ways, and the relations that an inferred one was derived from,
so that each ends in sentences; only without any direct one, the shortest chain, whichever way its arrows point.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.reach import relations_between
from graph.errors import InputError
from graph.model import Concept, Relation, RelationKey
from graph.paths import shortest_path
from graph.store import GraphStore

__all__ = ["Explanation", "explain"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What relates two concepts.

    `relations` are those between the two, by key. If there are none, `chain` is a shortest one from the first to the
    second, None if nothing leads there. `derived_from` holds what inferred relations of either came from, `concepts`
    every concept named.
    """

    ends: tuple[str, str]
    relations: tuple[Relation, ...]
    chain: tuple[Relation, ...] | None
    derived_from: Mapping[RelationKey, Relation]
    concepts: Mapping[str, Concept]


async def explain(store: GraphStore, ids: Sequence[str], *, most: int = sys.maxsize) -> Explanation:
    """Explain how the two concepts with these ids are related. Raises InputError if they are one.

    A chain is looked for among `most` relations; InvalidQuery is raised when that was not enough.

    Cost: one call to the store for each step of the chain, and three more.
    """
    if len(ids) < 2:
        raise InputError(f"both names are those of one concept, {ids[0]}: name two")
    one, other = ids
    found = (await store.relations([one])).get(one, [])
    direct = tuple(r for r in found if other in {r.source, r.target})
    chain: list[Relation] | None = None
    if not direct:
        around = await relations_between(store, one, other, directed=False, most=most)
        chain = shortest_path(around, one, other, directed=False)
    shown = (*direct, *(chain or ()))
    derived_from = await store.get_relations(sorted({key for r in shown for key in r.because}))
    keys = {r.key for r in shown} | {key for r in shown for key in r.because}
    concepts = await store.get(sorted({one, other} | {end for source, _, target in keys for end in (source, target)}))
    return Explanation((one, other), direct, None if chain is None else tuple(chain), derived_from, concepts)
