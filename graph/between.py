"""What lies between two concepts: all that stands on a short way from one to the other.

A pure function, like those of `graph.paths`. A way visits no concept twice. Ways are followed from the shortest on, in
order of the ids on them, and never where the other end is too far for what is left of the length; as ways can be very
many, the work is bounded, and what was not looked at any more is said to be left out.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from graph.model import RELATION_TYPES, Relation

__all__ = ["MAX_STEPS", "Between", "between"]

MAX_STEPS = 50_000
"""How many steps on ways are followed at most."""


@dataclass(frozen=True, slots=True)
class Between:
    """The ids of the concepts, those on the shortest ways first, in the order of the ways; the relations, by key.

    `truncated` if there may be more ways.
    """

    concepts: tuple[str, ...] = ()
    relations: tuple[Relation, ...] = ()
    truncated: bool = False


def between(
    relations: Iterable[Relation],
    source: str,
    target: str,
    *,
    max_length: int,
    directed: bool = True,
    first: int,
) -> Between:
    """Return the concepts and relations on all ways of at most `max_length` relations from `source` to `target`.

    Relations are followed from source to target, and those of a symmetric type both ways; all both ways if not
    `directed`. At most `first` concepts: a way that has too many new ones is left out as a whole. Nothing if there is
    no way; the concept alone if both are the same.
    """
    if source == target:
        return Between((source,))
    tied: dict[tuple[str, str], list[Relation]] = defaultdict(list)
    for relation in relations:
        tied[relation.source, relation.target].append(relation)
        if not directed or RELATION_TYPES[relation.type].symmetric:
            tied[relation.target, relation.source].append(relation)
    onward: dict[str, list[str]] = defaultdict(list)
    backward: dict[str, list[str]] = defaultdict(list)
    for here, there in sorted(tied):
        onward[here].append(there)
        backward[there].append(here)
    left = _distances(backward, target, max_length)
    if source not in left:
        return Between()
    concepts: dict[str, None] = {}
    used: dict[tuple[str, str, str], Relation] = {}
    truncated = False
    budget = [MAX_STEPS]
    for length in range(left[source], max_length + 1):
        for way in _ways(onward, left, source, target, length, budget):
            if len(concepts) + sum(concept not in concepts for concept in way) > first:
                truncated = True
                continue
            concepts |= dict.fromkeys(way)
            used.update((r.key, r) for step in pairwise(way) for r in tied[step])
    return Between(tuple(concepts), tuple(used[key] for key in sorted(used)), truncated or budget[0] <= 0)


def _distances(steps: Mapping[str, Sequence[str]], start: str, most: int) -> dict[str, int]:
    found = {start: 0}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        for there in steps.get(here, ()) if found[here] < most else ():
            if there not in found:
                found[there] = found[here] + 1
                queue.append(there)
    return found


def _ways(
    onward: Mapping[str, Sequence[str]],
    left: Mapping[str, int],
    source: str,
    target: str,
    length: int,
    budget: list[int],
) -> Iterator[list[str]]:
    """Yield every way of exactly this length, in order of its ids, until the budget is used up."""
    way = [source]
    walk = [iter(onward[source])]
    while walk:
        for there in walk[-1]:
            budget[0] -= 1
            if budget[0] <= 0:
                return
            room = length - len(way)
            if there == target:
                if room == 0:
                    yield [*way, target]
            elif left.get(there, length) <= room and there not in way:
                way.append(there)
                walk.append(iter(onward[there]))
                break
        else:
            walk.pop()
            way.pop()
