"""What of a study path is worth learning first, and what of it is background that can be looked up.

A path through everything that is taught before a goal goes back to the derivative: two thirds of its steps follow from
the general order of the field and from nothing that the notes say. `essential_path` divides it:

* **essential** are the targets, what they need by relations that the notes say or lead to, at any remove, and what the
  field teaches right before a target;
* **background** is all else, in the order of the whole path.

The essential steps keep the order that the whole path gives them, so the field's order still holds between them, also
where it leads through a concept of the background.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import networkx as nx

from graph.model import Relation
from graph.paths import PrerequisiteGraph, Step, StudyPath, study_path

__all__ = ["EssentialPath", "essential_path", "ring"]


@dataclass(frozen=True, slots=True)
class EssentialPath:
    """The path of what is essential, its reasons among its own steps, and the steps that are background."""

    path: StudyPath
    background: tuple[Step, ...]


def essential_path(graph: PrerequisiteGraph, targets: Iterable[str], *, known: Iterable[str] = ()) -> EssentialPath:
    """Return the path of `graph.paths.study_path`, divided; cycles are those of which a relation is cut in `path`.

    Cost: that of the whole path.
    """
    known_ids = frozenset(known)
    wanted = frozenset(targets) - known_ids
    whole = study_path(graph, wanted, known=known_ids)
    inside = _essential(graph, wanted, known_ids)
    cuts = tuple(r for r in whole.cuts if r.source in inside and r.target in inside)
    steps = []
    for step in whole.steps:
        if step.concept in inside:
            because = tuple(r for r in step.because if r.target in inside)
            steps.append(Step(step.concept, because or tuple(r for r in cuts if r.source == step.concept)))
    cycles = tuple(c for c in whole.cycles if any(r.source in c and r.target in c for r in cuts))
    background = tuple(step for step in whole.steps if step.concept not in inside)
    return EssentialPath(StudyPath(tuple(steps), cycles, cuts), background)


def ring(graph: PrerequisiteGraph, cut: Relation, cuts: Iterable[Relation]) -> tuple[Relation, ...]:
    """Return the shortest round of prerequisites that `cut`, one of a path's `cuts`, closes; `cut` comes last.

    Its other relations all hold, each begins where the one before it ends, and none is less sure than `cut`. Of
    several shortest rounds, the same one for the same graph.
    """
    left_out = {r.key for r in cuts}
    holds = nx.subgraph_view(
        graph,
        filter_edge=lambda u, v: (
            graph.edges[u, v]["relation"].key not in left_out
            and graph.edges[u, v]["relation"].confidence >= cut.confidence
        ),
    )
    nodes = nx.bidirectional_shortest_path(holds, cut.target, cut.source)
    return (*(graph.edges[u, v]["relation"] for u, v in itertools.pairwise(nodes)), cut)


def _essential(graph: PrerequisiteGraph, wanted: frozenset[str], known: frozenset[str]) -> set[str]:
    inside = set(wanted)
    todo = list(wanted)
    while todo:
        concept = todo.pop()
        for before in graph.predecessors(concept) if concept in graph else ():
            if before not in known and before not in inside and not _relation(graph, before, concept).of_the_field:
                inside.add(before)
                todo.append(before)
    taught = {p for t in wanted if t in graph for p in graph.predecessors(t)}
    return inside | (taught - known)


def _relation(graph: PrerequisiteGraph, first: str, then: str) -> Relation:
    relation: Relation = graph.edges[first, then]["relation"]
    return relation
