"""What the field teaches before what: the order of concepts that the facts (`loaders.facts`) give.

`Curriculum` answers two questions: must one concept be known for another, at any remove, and which of the concepts that
some notes speak of stand nearest before one of them, where those between are missing in the notes.
"""

from collections import defaultdict
from collections.abc import Container, Iterator

from graph.model import RelationType
from loaders.facts import Facts

__all__ = ["Curriculum"]

_MAX_REMOVE = 3  # concepts in a chain of which the notes hold the two ends only: a longer one says little


class Curriculum:
    """The order in which `facts` teach concepts: their PREREQUISITE_OF, source first. Cheap to ask, linear to make."""

    def __init__(self, facts: Facts) -> None:
        before: dict[str, list[str]] = defaultdict(list)
        for (first, then), types in facts.items():
            if RelationType.PREREQUISITE_OF in types:
                before[then].append(first)
        self._before = {then: sorted(firsts) for then, firsts in before.items()}
        self._after: dict[str, list[str]] = defaultdict(list)
        for then, firsts in self._before.items():
            for first in firsts:
                self._after[first].append(then)
        self._all: dict[str, frozenset[str]] = {}

    def is_before(self, first: str, then: str) -> bool:
        """Tell whether `first` is taught before `then`, at any remove."""
        return first in self.needed(then)

    def needed(self, concept: str) -> frozenset[str]:
        """Return all that is taught before a concept; without itself, should the facts go round in a circle."""
        if concept not in self._all:
            found: set[str] = set()
            todo = [concept]
            while todo:
                new = [b for b in self._before.get(todo.pop(), ()) if b not in found]
                found.update(new)
                todo += new
            self._all[concept] = frozenset(found - {concept})
        return self._all[concept]

    def joins(self, concept: str, present: Container[str]) -> bool:
        """Tell whether a concept stands between two of those present: right after one, and right before another."""
        return any(c in present for c in self._before.get(concept, ())) and any(
            c in present for c in self._after.get(concept, ())
        )

    def leads(self, concept: str, present: Container[str]) -> bool:
        """Tell whether a concept is taught right before one of those present."""
        return any(c in present for c in self._after.get(concept, ()))

    def nearest(self, concept: str, present: Container[str]) -> Iterator[tuple[str, int]]:
        """Yield the `present` concepts right before one, nearest first, with how many steps each is away.

        A chain is followed through concepts that are not present, up to `_MAX_REMOVE` steps, and no further than to
        the first that is.
        """
        seen, row = {concept}, [concept]
        for steps in range(1, _MAX_REMOVE + 1):
            ahead: list[str] = []
            for here in row:
                for first in self._before.get(here, ()):
                    if first in seen:
                        continue
                    seen.add(first)
                    if first in present:
                        yield first, steps
                    else:
                        ahead.append(first)
            row = ahead
