"""Strongly connected components, prerequisites first: the order that study paths and depths are built on."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

__all__ = ["connected_blocks"]

N = TypeVar("N", bound=Hashable)


def connected_blocks(before: Mapping[N, Sequence[N]], roots: Iterable[N]) -> list[list[N]]:
    """Return the strongly connected components in depth-first post-order over `before`, prerequisites first.

    R. Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1 (1972): a component is complete
    exactly when the walk leaves it for good, which is the order wanted here. With a stack of our own instead of calls.
    """
    number: dict[N, int] = {}  # the order in which the walk met the concepts
    low: dict[N, int] = {}  # the earliest concept, of an open component, that can be reached from here
    open_concepts: list[N] = []  # met, and their component not yet complete
    found: list[list[N]] = []
    closed: set[N] = set()
    for root in roots:
        walk = [(root, iter(before[root]))] if root not in number else []
        while walk:
            concept, rest = walk[-1]
            if concept not in number:
                number[concept] = low[concept] = len(number)
                open_concepts.append(concept)
            for prerequisite in rest:
                if prerequisite not in number:
                    walk.append((prerequisite, iter(before[prerequisite])))
                    break
                if prerequisite not in closed:
                    low[concept] = min(low[concept], low[prerequisite])
            else:
                walk.pop()
                if walk:
                    low[walk[-1][0]] = min(low[walk[-1][0]], low[concept])
                if low[concept] == number[concept]:
                    at = _last_index(open_concepts, concept)
                    found.append(open_concepts[at:])
                    closed.update(open_concepts[at:])
                    del open_concepts[at:]
    return found


def _last_index(items: Sequence[N], item: N) -> int:
    """Return where `item`, which is in it, stands last; cost: what comes after it."""
    at = len(items) - 1
    while items[at] != item:
        at -= 1
    return at
