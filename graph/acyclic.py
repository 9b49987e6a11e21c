"""An order that arrows are added to one by one, and that refuses those which would close a cycle.

The algorithm of D. Pearce and P. Kelly, "A dynamic topological sort algorithm for directed acyclic graphs" (ACM
Journal of Experimental Algorithmics 11, 2007): nodes have places in a topological order, and an arrow that agrees with
them costs nothing. One that does not makes the nodes between its ends that it concerns trade places.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

__all__ = ["Order"]


class Order:
    """A directed graph without cycles.

    `nodes` come in the order that is expected; it decides what adding costs, never what is refused.
    """

    def __init__(self, nodes: Iterable[str] = ()) -> None:
        self._place: dict[str, int] = {}
        self._after: dict[str, set[str]] = defaultdict(set)
        self._before: dict[str, set[str]] = defaultdict(set)
        for node in nodes:
            self._place.setdefault(node, len(self._place))

    def add(self, first: str, then: str) -> bool:
        """Add an arrow; False, and nothing is changed, if it would close a cycle."""
        if first == then:
            return False
        for node in (first, then):
            self._place.setdefault(node, len(self._place))
        lower, upper = self._place[then], self._place[first]
        if lower < upper:
            ahead = self._reach(then, self._after, lambda place: place <= upper)
            if first in ahead:
                return False
            behind = self._reach(first, self._before, lambda place: place >= lower)
            moved = [*sorted(behind, key=self._place.__getitem__), *sorted(ahead, key=self._place.__getitem__)]
            places = sorted(self._place[node] for node in moved)
            self._place.update(zip(moved, places, strict=True))
        self._after[first].add(then)
        self._before[then].add(first)
        return True

    def _reach(self, start: str, arrows: Mapping[str, set[str]], within: Callable[[int], bool]) -> set[str]:
        seen, todo = {start}, [start]
        while todo:
            for node in arrows.get(todo.pop(), ()):
                if node not in seen and within(self._place[node]):
                    seen.add(node)
                    todo.append(node)
        return seen
