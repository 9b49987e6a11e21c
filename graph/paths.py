"""What to learn before what: study path, frontier, cycles, and the shortest path between two concepts.

Pure functions on values: concept ids and `Relation`s in, ids and `Relation`s out; no store, no files. The order of
what comes in never matters: ties are broken by id, or by the key of a relation.

**Study path.** Take the prerequisites of the targets, walking PREREQUISITE_OF backwards from them and never through
a concept that is known: what is left out is the known and what only the known needs. In this subgraph collapse every
set of concepts that require each other (a strongly connected component) to one block; blocks have no cycles. The
path is the post-order of a depth-first walk over the blocks, from the targets towards their prerequisites:

* every prerequisite comes before what needs it, for that is what post-order means;
* neighbours stay together, for a branch is finished before the next one is begun. The branch with the longest chain
  of prerequisites goes first, so that what needs little comes right before the concept that needs it.

**Cycles.** A block of more than one concept contradicts itself: each member would have to be learnt before itself.
It is named, and cut where it is weakest: its relations are taken from the most confident down, and one is left out
if it would close a cycle with those taken already. So every relation cut is the weakest of a cycle whose others all
hold, no relation is cut without need, and a simple cycle loses exactly its weakest relation. Cuts decide the order
within a block only, never what belongs to the path, nor the order between blocks.

Everything is iterative and, but for the cutting of cycles, linear in the relations looked at up to their sorting.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import networkx as nx

from graph.acyclic import Order
from graph.blocks import connected_blocks
from graph.errors import InvalidQuery
from graph.model import RELATION_TYPES, Relation, RelationType

__all__ = [
    "FrontierItem",
    "PrerequisiteGraph",
    "Step",
    "StudyPath",
    "cuts_within",
    "find_cycles",
    "frontier",
    "frontier_of",
    "prerequisite_arrows",
    "prerequisite_graph",
    "shortest_path",
    "study_path",
]

if TYPE_CHECKING:
    PrerequisiteGraph: TypeAlias = nx.DiGraph[str]
else:  # networkx's classes cannot be subscripted at run time in every version we support
    PrerequisiteGraph = nx.DiGraph


@dataclass(frozen=True, slots=True)
class Step:
    """One concept to learn, and why: the relations from it to the steps that need it, the soonest needed first.

    `because` is empty for a target that no other step needs. It names later steps; only for a concept whose every
    reason was cut, because it is learnt after what needs it, does it name the earlier ones.
    """

    concept: str
    because: tuple[Relation, ...]


@dataclass(frozen=True, slots=True)
class StudyPath:
    """Steps in study order; the cycles met on the way; and the relations that the order goes against, by key.

    `cuts` is empty if `cycles` is. See `find_cycles` for what a cycle's members are.
    """

    steps: tuple[Step, ...]
    cycles: tuple[tuple[str, ...], ...] = ()
    cuts: tuple[Relation, ...] = ()


@dataclass(frozen=True, slots=True)
class FrontierItem:
    """A concept that can be learnt next, and the ids of those that could be learnt right after it, sorted."""

    concept: str
    unlocks: tuple[str, ...]


def prerequisite_graph(relations: Iterable[Relation]) -> PrerequisiteGraph:
    """Return the PREREQUISITE_OF relations among `relations` as a graph; all others are passed over.

    An edge u -> v says that u is learnt before v; its attribute `relation` is the `Relation`. Relations of a concept
    to itself are left out, and of two with one key the more confident stays. Nodes and edges are added in order of
    their keys, so that the graph does not depend on the order of `relations`.
    """
    rows = [r for r in relations if r.type is RelationType.PREREQUISITE_OF and r.source != r.target]
    rows.sort(key=lambda r: (r.key, r.confidence))
    graph: PrerequisiteGraph = nx.DiGraph()
    graph.add_edges_from((r.source, r.target, {"relation": r}) for r in rows)
    return graph


def prerequisite_arrows(pairs: Iterable[tuple[str, str]]) -> PrerequisiteGraph:
    """Return a graph of ids alone, u -> v if u is learnt before v: for `frontier`, which asks for no more.

    Of `GraphStore.prerequisites`, say; pairs of a concept with itself are left out.
    """
    graph: PrerequisiteGraph = nx.DiGraph()
    graph.add_edges_from((u, v) for u, v in sorted(pairs) if u != v)
    return graph


def study_path(graph: PrerequisiteGraph, targets: Iterable[str], *, known: Iterable[str] = ()) -> StudyPath:
    """Return what to learn to understand `targets`, prerequisites first, `targets` included; see the module's theory.

    `graph` is one of `prerequisite_graph`. A target that is known is left out; one that is not in the graph is a step
    of its own, as it has no prerequisites. Targets have no order of their own. Cost: linear in the relations between
    the concepts of the path and their neighbours; a cycle adds, at worst, the square of its relations.
    """
    known_ids = frozenset(known)
    wanted = frozenset(targets) - known_ids
    before = _needed(graph, wanted, known_ids)
    blocks = connected_blocks(before, sorted(wanted))
    rank = _by_chain_length(before, blocks)
    for prerequisites in before.values():
        prerequisites.sort(key=rank.__getitem__)
    blocks = connected_blocks(before, sorted(wanted, key=rank.__getitem__))

    order: list[str] = []
    cycles: list[tuple[str, ...]] = []
    for block in blocks:
        if len(block) == 1:
            order += block
        else:
            cycle = _cycle_order(graph, block)
            cycles.append(cycle)
            order += _order_within(graph, cycle, last=wanted)
    position = {concept: i for i, concept in enumerate(order)}
    reasons: dict[str, list[Relation]] = {concept: [] for concept in order}
    cut: dict[str, list[Relation]] = {}
    for dependant in order:
        for concept in before[dependant]:
            held = reasons[concept] if position[concept] < position[dependant] else cut.setdefault(concept, [])
            held.append(graph.edges[concept, dependant]["relation"])
    return StudyPath(
        tuple(Step(c, tuple(because or cut.get(c, ()))) for c, because in reasons.items()),
        tuple(sorted(cycles)),
        tuple(sorted((r for rows in cut.values() for r in rows), key=lambda r: r.key)),
    )


def find_cycles(graph: PrerequisiteGraph) -> list[tuple[str, ...]]:
    """Return every set of two or more concepts that are, directly or not, prerequisites of each other.

    One tuple per set, so that each cycle of the graph lies within exactly one of them. Members are in the order in
    which a depth-first walk along the arrows, smallest id first, meets them from the smallest id; for a simple cycle
    this is the cycle itself, and the last member points back at the first. Tuples are sorted. Linear (Tarjan 1972).
    """
    members = (block for block in nx.strongly_connected_components(graph) if len(block) > 1)
    return sorted(_cycle_order(graph, block) for block in members)


def cuts_within(graph: PrerequisiteGraph, members: Iterable[str]) -> list[Relation]:
    """Return the relations among `members`, a set of `find_cycles`, that study paths go against, the surest first.

    They are the same for every path that all members are on. Cost: at worst the square of the relations among them.
    """
    return _weigh(graph, sorted(members))[1]


def frontier(
    graph: PrerequisiteGraph, known: Iterable[str], *, first: int, targets: Iterable[str] = ()
) -> list[FrontierItem]:
    """Return the concepts that can be learnt next: not known, with every direct prerequisite known.

    What is on the way to `targets` (steps of their study path) comes before all else, that which unlocks most of the
    way first. Of the others, those that `known` has opened (with at least one prerequisite) come before those that
    never needed any, then the one that unlocks most, then by id; at most `first`. An item unlocks the direct dependants
    for which it is the last prerequisite missing. Concepts that are not in `graph`, that is in no PREREQUISITE_OF
    relation, are not listed. Raises InvalidQuery if `first` is negative. Linear in the graph.
    """
    if first < 0:
        raise InvalidQuery(f"first is {first}: ask for 0 or more concepts")
    known_ids = frozenset(known)
    missing = {
        concept: sum(p not in known_ids for p in graph.predecessors(concept))
        for concept in graph
        if concept not in known_ids
    }
    ready = [
        FrontierItem(concept, tuple(sorted(s for s in graph.successors(concept) if missing.get(s) == 1)))
        for concept, count in missing.items()
        if count == 0
    ]
    way = _needed(graph, frozenset(targets) - known_ids, known_ids)

    def rank(item: FrontierItem) -> tuple[bool, int, bool, int, str]:
        ahead = sum(c in way for c in item.unlocks)
        return (item.concept not in way, -ahead, graph.in_degree(item.concept) == 0, -len(item.unlocks), item.concept)

    ready.sort(key=rank if way else lambda item: rank(item)[2:])
    return ready[:first]


def frontier_of(
    pairs: Iterable[tuple[str, str]], known: Iterable[str], *, first: int, targets: Iterable[str] = ()
) -> list[FrontierItem]:
    """Return the `frontier` of the graph of `prerequisite_arrows`, and free that graph at once.

    A graph of networkx and its views refer to each other, so a large one would stay until the collector comes to it.
    """
    graph = prerequisite_arrows(pairs)
    try:
        return frontier(graph, known, first=first, targets=targets)
    finally:
        graph.clear()


def shortest_path(
    relations: Iterable[Relation], source: str, target: str, *, directed: bool = True
) -> list[Relation] | None:
    """Return the fewest relations that lead from `source` to `target`; None if none do, [] if they are the same.

    Relations of any type are followed from source to target, and those of a symmetric type both ways; all both ways
    if not `directed`. They are returned as they are, even where the path takes one backwards. Of several shortest
    paths it is the one whose concepts, read in order, have the smallest ids; of several relations between two of
    them, the one with the smallest key. Breadth first, linear up to sorting.
    """
    if source == target:
        return []
    steps: dict[str, list[tuple[str, Relation]]] = {}
    for relation in relations:
        steps.setdefault(relation.source, []).append((relation.target, relation))
        if not directed or RELATION_TYPES[relation.type].symmetric:
            steps.setdefault(relation.target, []).append((relation.source, relation))
    arrived: dict[str, tuple[str, Relation]] = {}
    queue = deque([source])
    while queue:
        here = queue.popleft()
        for there, relation in sorted(steps.get(here, ()), key=lambda step: (step[0], step[1].key)):
            if there != source and there not in arrived:
                arrived[there] = (here, relation)
                if there == target:
                    return _trace(arrived, source, target)
                queue.append(there)
    return None


def _trace(arrived: Mapping[str, tuple[str, Relation]], source: str, target: str) -> list[Relation]:
    path = []
    while target != source:
        target, relation = arrived[target]
        path.append(relation)
    return path[::-1]


def _needed(graph: PrerequisiteGraph, wanted: Iterable[str], known: frozenset[str]) -> dict[str, list[str]]:
    """Return every concept to learn for `wanted`, each with its direct prerequisites that are not known, sorted."""
    before: dict[str, list[str]] = {}
    todo = list(wanted)
    while todo:
        concept = todo.pop()
        if concept not in before:
            found = graph.predecessors(concept) if concept in graph else ()
            before[concept] = sorted(p for p in found if p not in known)
            todo += before[concept]
    return before


def _by_chain_length(
    before: Mapping[str, Sequence[str]], blocks: Iterable[Sequence[str]]
) -> dict[str, tuple[int, str]]:
    """Return the sort key that puts a concept with a longer chain of prerequisites first, ties by id."""
    length: dict[str, int] = {}
    for block in blocks:
        inside = set(block)
        chain = 1 + max((length[p] for c in block for p in before[c] if p not in inside), default=0)
        length.update(dict.fromkeys(block, chain))
    return {concept: (-chain, concept) for concept, chain in length.items()}


def _cycle_order(graph: PrerequisiteGraph, members: Iterable[str]) -> tuple[str, ...]:
    """Return the members of a strongly connected component in the order that `find_cycles` promises."""
    left = set(members)
    order: list[str] = []
    todo = [min(left)]
    while todo:
        concept = todo.pop()
        if concept in left:
            left.remove(concept)
            order.append(concept)
            todo += sorted((s for s in graph.successors(concept) if s in left), reverse=True)
    return tuple(order)


def _order_within(graph: PrerequisiteGraph, block: Sequence[str], *, last: frozenset[str]) -> list[str]:
    """Return the concepts of a cyclic block in study order, cut at its weakest relations.

    Those in `last` come as late as the relations that hold allow.
    """
    before = {concept: list[str]() for concept in block}
    for relation in _weigh(graph, block)[0]:
        before[relation.target].append(relation.source)
    for prerequisites in before.values():
        prerequisites.sort()
    ordered = connected_blocks(before, sorted(block, key=lambda c: (c in last, c)))
    return [concept for single in ordered for concept in single]


def _weigh(graph: PrerequisiteGraph, block: Sequence[str]) -> tuple[list[Relation], list[Relation]]:
    """Return the relations within a cyclic block that hold, and those that are cut, each from the surest down."""
    inside = frozenset(block)
    edges = [graph.edges[u, v]["relation"] for u in block for v in graph.successors(u) if v in inside]
    edges.sort(key=lambda r: (-r.confidence, r.key))
    order = Order(block)
    held: tuple[list[Relation], list[Relation]] = ([], [])
    for edge in edges:
        held[0 if order.add(edge.source, edge.target) else 1].append(edge)
    return held
