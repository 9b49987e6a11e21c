"""What concepts are sorted by besides their names, and how a store keeps it right without looking at everything.

* **importance**: with how many other concepts it has a relation that is not IN_TOPIC, plus a fifth for each concept
  that is directly in it as a topic, plus a hundredth for each passage that mentions it, of which 90 count.
* **degree**: how many relations it has.
* **depth**: how many concepts stand above each other in the longest chain of prerequisites before it; 0 without any.
  Concepts that require each other, directly or not, have one depth. How sure a relation is does not matter.

Importance and degree depend on what touches a concept, so a store counts anew where a write changed that. The depth
depends on everything that is learnt before. A store asks which of the prerequisites that a write added or took away can
matter (`unsettled`), and has the depths of the concepts they lead to and of all that depends on these worked out
(`changed_depths`); all others keep theirs:

    Say no arrow into `x` can matter, nor into anything that is learnt before `x`. An arrow that was added to `x` comes
    from a smaller depth, one that was taken away came from one smaller by two or more. So the longest chain before
    `x` is still there, and no longer one. Nor is there a new cycle through `x`: along its arrows depths never fall,
    and on one that was added they rise.

A store sorts by *ranks*, which are whole numbers and ascend in the natural direction of each order.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Final, TypeVar

from graph.blocks import connected_blocks
from graph.listing import Measures
from graph.model import RelationKey, RelationType

__all__ = [
    "HUNDREDTHS_A_MEMBER",
    "HUNDREDTHS_A_NEIGHBOUR",
    "MOST_MENTIONS",
    "changed_depths",
    "ends_of_prerequisites",
    "measures_of_ranks",
    "ranks_of_new",
    "unsettled",
]

# Importance is kept in hundredths.
HUNDREDTHS_A_NEIGHBOUR: Final = 100
HUNDREDTHS_A_MEMBER: Final = 20
MOST_MENTIONS: Final = 90

N = TypeVar("N", bound=Hashable)


def measures_of_ranks(importance: int, degree: int, depth: int) -> Measures:
    """Return the measures that these ranks are of."""
    return Measures(-importance / 100, -degree, depth)


def ranks_of_new(mentions: Mapping[str, int], relations: Iterable[RelationKey]) -> dict[str, tuple[int, int]]:
    """Return the ranks by importance and by degree of concepts that only these relations touch.

    `mentions` has for each of the concepts how many passages mention it. Linear.
    """
    near: dict[str, set[str]] = defaultdict(set)
    members: dict[str, int] = defaultdict(int)
    degree: dict[str, int] = defaultdict(int)
    for source, type_, target in relations:
        degree[source] += 1
        degree[target] += 1
        if type_ is RelationType.IN_TOPIC:
            members[target] += 1
        else:
            near[source].add(target)
            near[target].add(source)
    return {
        i: (
            -(HUNDREDTHS_A_NEIGHBOUR * len(near[i]) + HUNDREDTHS_A_MEMBER * members[i] + min(mentioned, MOST_MENTIONS)),
            -degree[i],
        )
        for i, mentioned in mentions.items()
    }


def ends_of_prerequisites(changed: Iterable[RelationKey]) -> list[str]:
    """Return the ids of the concepts that a prerequisite among these relations touches, in order."""
    return sorted({end for key in _prerequisites(changed) for end in (key[0], key[2])})


def unsettled(changed: Mapping[RelationKey, bool], depth: Mapping[str, int]) -> list[str]:
    """Return the ids, in order, of the concepts that a changed prerequisite leads to and whose depth it may change.

    `changed` says of a relation whether a write added it (True) or took it away; `depth` has the depths before the
    write of what `ends_of_prerequisites` names, 0 for a new concept.
    """
    return sorted({k[2] for k in _prerequisites(changed) if _may_matter(depth[k[0]], depth[k[2]], added=changed[k])})


def _may_matter(before: int, after: int, *, added: bool) -> bool:
    """Tell whether a prerequisite of depth `before` that was added, or taken away, may change the depth `after`."""
    return before >= after if added else before == after or before + 1 == after


def _prerequisites(keys: Iterable[RelationKey]) -> list[RelationKey]:
    return [key for key in keys if key[1] is RelationType.PREREQUISITE_OF]


def changed_depths(rows: Iterable[tuple[N, int, N | None, int]]) -> dict[N, int]:
    """Return the new depths of those concepts whose depth is no longer what it was.

    A row has a concept, its depth until now, one of its prerequisites and the depth of that; for each concept there is
    a row for each of its prerequisites, or one with None. Linear.
    """
    before: dict[N, list[N]] = defaultdict(list)
    depth: dict[N, int] = {}
    for node, now, earlier, of_earlier in rows:
        depth[node] = now
        needed = before[node]
        if earlier is not None:
            needed.append(earlier)
            depth.setdefault(earlier, of_earlier)
    new = _depths(before, {node: known for node, known in depth.items() if node not in before})
    return {node: found for node, found in new.items() if found != depth[node]}


def _depths(before: Mapping[N, Sequence[N]], known: Mapping[N, int]) -> dict[N, int]:
    """Return the depth of each key of `before`, whose values are all of their prerequisites.

    `known` has the depths of the prerequisites that are no keys. Linear (Tarjan).
    """
    found = dict(known)
    inside = {node: [p for p in all_of_them if p in before] for node, all_of_them in before.items()}
    for block in connected_blocks(inside, inside):
        members = set(block)
        depth = max((found[p] + 1 for node in block for p in before[node] if p not in members), default=0)
        found.update(dict.fromkeys(block, depth))
    return {node: found[node] for node in before}
