"""Prerequisites that go round in a circle, told so that a person can mend them.

Prerequisites that others made, and notes by several authors, contradict each other: each of some concepts comes before
all others of them. Nothing is thrown away for it. A study path goes against the least sure relations of such a set
(`graph.paths`), and here they are named before any path is asked for: which they are, which of them the weakest is, and
for each the round that it closes.
"""

from dataclasses import dataclass

from graph.essentials import ring
from graph.model import Relation
from graph.paths import PrerequisiteGraph, cuts_within, find_cycles

__all__ = ["Circle", "Cycle", "explain_cycles"]


@dataclass(frozen=True, slots=True)
class Circle:
    """A relation that study paths go against, and the shortest round that it closes, `cut` last.

    Each relation of the round begins where the one before it ends, and none is less sure than `cut`.
    """

    cut: Relation
    round: tuple[Relation, ...]


@dataclass(frozen=True, slots=True)
class Cycle:
    """Concepts that are all, directly or not, prerequisites of each other.

    `members` are in the order of `graph.paths.find_cycles`: for a simple cycle that of its arrows. `circles` has one
    for each relation that study paths go against, the least sure first, ties by key; there is at least one.
    """

    members: tuple[str, ...]
    circles: tuple[Circle, ...]

    @property
    def weakest(self) -> Relation:
        """The least sure of all relations that study paths go against; the only one if the cycle is simple."""
        return self.circles[0].cut


def explain_cycles(graph: PrerequisiteGraph) -> list[Cycle]:
    """Return every cycle of a graph of `graph.paths.prerequisite_graph`, in the order of `find_cycles`.

    Whatever its targets, a study path through all members of a cycle goes against just these relations. Cost: that of
    `find_cycles`, and for each relation cut a search for the shortest round among the members.
    """
    found = []
    for members in find_cycles(graph):
        inside = graph.subgraph(members)
        cuts = sorted(cuts_within(graph, members), key=lambda r: (r.confidence, r.key))
        found.append(Cycle(members, tuple(Circle(cut, ring(inside, cut, cuts)) for cut in cuts)))
    return found
