"""Study path, frontier, cycles and shortest path, against oracles that are slow and plainly right."""

import gc
import itertools
import random
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import networkx as nx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graph.errors import InvalidQuery
from graph.interchange import from_node_link
from graph.model import RELATION_TYPES, Relation, RelationType
from graph.paths import (
    FrontierItem,
    PrerequisiteGraph,
    StudyPath,
    find_cycles,
    frontier,
    frontier_of,
    prerequisite_arrows,
    prerequisite_graph,
    shortest_path,
    study_path,
)
from tests.samples import attention_graph

T = RelationType
NAMES = "abcdefgh"
concepts = st.sampled_from(NAMES)


def before(source: str, target: str, confidence: float = 1.0) -> Relation:
    return Relation(source, T.PREREQUISITE_OF, target, confidence=confidence)


def chain(*ids: str) -> list[Relation]:
    return [before(u, v) for u, v in itertools.pairwise(ids)]


def ids(path: StudyPath) -> list[str]:
    return [step.concept for step in path.steps]


def as_relations(rows: Mapping[tuple[str, str], float]) -> list[Relation]:
    return [before(u, v, confidence) for (u, v), confidence in rows.items() if u != v]


confidences = st.sampled_from([0.25, 0.5, 0.75, 1.0])
any_prerequisites = st.dictionaries(st.tuples(concepts, concepts), confidences, max_size=20).map(as_relations)
acyclic_prerequisites = st.dictionaries(
    st.tuples(concepts, concepts).map(lambda pair: (min(pair), max(pair))), confidences, max_size=20
).map(as_relations)
some_concepts = st.sets(concepts, max_size=4)


# -- oracles -------------------------------------------------------------------------------------------------


def closure(relations: Sequence[Relation], targets: Iterable[str], known: set[str]) -> set[str]:
    """All that `targets` need and that is not known, by adding until nothing changes."""
    found = set(targets) - known
    while True:
        more = {r.source for r in relations if r.target in found} - known - found
        if not more:
            return found
        found |= more


def reaches(relations: Iterable[Relation], source: str, target: str) -> bool:
    """Whether one or more arrows lead from `source` to `target`."""
    rows = list(relations)
    return target in closure(
        [before(r.target, r.source) for r in rows], [r.target for r in rows if r.source == source], set()
    )


def components(relations: Sequence[Relation]) -> set[frozenset[str]]:
    """The sets of two or more concepts that reach each other, by asking for every pair."""
    return {
        frozenset({u} | {v for v in NAMES if reaches(relations, u, v) and reaches(relations, v, u)})
        for u in NAMES
        if reaches(relations, u, u)
    }


def weakest_of_cycles(relations: Sequence[Relation]) -> set[Relation]:
    """The relations that close a cycle with more confident ones, taking them one by one."""
    kept: list[Relation] = []
    cut = set()
    for relation in sorted(relations, key=lambda r: (-r.confidence, r.key)):
        if reaches([*kept, relation], relation.source, relation.source):
            cut.add(relation)
        else:
            kept.append(relation)
    return cut


# -- study path ----------------------------------------------------------------------------------------------


@given(any_prerequisites, some_concepts, some_concepts)
def test_a_path_holds_exactly_the_closure_of_its_targets_each_concept_once(
    relations: list[Relation], targets: set[str], known: set[str]
) -> None:
    path = ids(study_path(prerequisite_graph(relations), targets, known=known))
    assert sorted(path) == sorted(closure(relations, targets, known))


@given(acyclic_prerequisites, some_concepts, some_concepts)
def test_without_cycles_every_prerequisite_comes_before_its_dependant(
    relations: list[Relation], targets: set[str], known: set[str]
) -> None:
    path = study_path(prerequisite_graph(relations), targets, known=known)
    place = {concept: i for i, concept in enumerate(ids(path))}
    assert all(place[r.source] < place[r.target] for r in relations if r.source in place and r.target in place)
    assert (path.cycles, path.cuts) == ((), ())


@given(any_prerequisites, some_concepts, some_concepts)
def test_the_cuts_are_the_weakest_relations_of_cycles_and_all_others_hold(
    relations: list[Relation], targets: set[str], known: set[str]
) -> None:
    path = study_path(prerequisite_graph(relations), targets, known=known)
    place = {concept: i for i, concept in enumerate(ids(path))}
    inside = [r for r in relations if r.source in place and r.target in place]
    assert set(path.cuts) == weakest_of_cycles(inside)
    assert all((place[r.source] < place[r.target]) == (r not in path.cuts) for r in inside)


@given(any_prerequisites, some_concepts, some_concepts)
def test_a_concept_outside_of_a_cycle_comes_after_all_of_the_cycle_if_it_needs_any_of_it(
    relations: list[Relation], targets: set[str], known: set[str]
) -> None:
    order = ids(study_path(prerequisite_graph(relations), targets, known=known))
    inside = [r for r in relations if r.source in order and r.target in order]
    for earlier, later in itertools.combinations(order, 2):
        assert not reaches(inside, later, earlier) or reaches(inside, earlier, later)


@given(any_prerequisites, some_concepts, some_concepts)
def test_every_cycle_among_the_steps_is_named_with_all_of_its_members(
    relations: list[Relation], targets: set[str], known: set[str]
) -> None:
    path = study_path(prerequisite_graph(relations), targets, known=known)
    steps = set(ids(path))
    inside = [r for r in relations if r.source in steps and r.target in steps]
    assert {frozenset(cycle) for cycle in path.cycles} == components(inside)
    assert all(cycle[0] == min(cycle) and len(set(cycle)) == len(cycle) for cycle in path.cycles)
    assert list(path.cycles) == sorted(path.cycles)


@given(any_prerequisites, some_concepts, some_concepts)
def test_every_step_but_a_target_says_which_steps_need_it_and_no_known_concept_is_mentioned(
    relations: list[Relation], targets: set[str], known: set[str]
) -> None:
    path = study_path(prerequisite_graph(relations), targets, known=known)
    place = {concept: i for i, concept in enumerate(ids(path))}
    for step in path.steps:
        assert step.because or step.concept in targets
        needed_by = [place[r.target] for r in step.because]
        assert needed_by == sorted(needed_by)
        later = {r for r in relations if r.source == step.concept and place.get(r.target, -1) > place[step.concept]}
        assert set(step.because) == later or (not later and set(step.because) <= set(path.cuts))
        assert known.isdisjoint({r.target for r in step.because})


@given(any_prerequisites, some_concepts, some_concepts, st.randoms(use_true_random=False))
def test_the_path_does_not_depend_on_the_order_of_what_is_given(
    relations: list[Relation], targets: set[str], known: set[str], shuffled: random.Random
) -> None:
    straight = study_path(prerequisite_graph(relations), sorted(targets), known=sorted(known))
    shuffled.shuffle(rows := list(relations))
    shuffled.shuffle(ends := list(targets))
    shuffled.shuffle(held := list(known))
    assert study_path(prerequisite_graph(rows), ends, known=held) == straight
    graph: PrerequisiteGraph = nx.DiGraph()  # also when the graph was not built in the order of its keys
    graph.add_edges_from((r.source, r.target, {"relation": r}) for r in rows)
    assert study_path(graph, ends, known=held) == straight


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=25))
def test_in_a_tree_every_branch_is_one_run_of_neighbours(seeds: list[int]) -> None:
    """Concept i+1 is needed by one of the concepts 0..i, so that each concept's branch is the tree below it."""
    needed_by = {i + 1: seed % (i + 1) for i, seed in enumerate(seeds)}
    relations = [before(f"{u:02}", f"{v:02}") for u, v in needed_by.items()]
    order = ids(study_path(prerequisite_graph(relations), ["00"]))
    for concept in order:
        branch = closure(relations, [concept], set())
        at = order.index(concept)
        assert set(order[at + 1 - len(branch) : at + 1]) == branch


def test_the_longest_branch_goes_first_and_ties_are_by_id() -> None:
    """What needs little comes right before the concept that needs it."""
    relations = [*chain("x1", "x2", "goal"), *chain("b", "goal"), *chain("a", "goal")]
    assert ids(study_path(prerequisite_graph(relations), ["goal"])) == ["x1", "x2", "a", "b", "goal"]


def test_a_known_concept_hides_what_only_it_needs() -> None:
    """`deep` is needed by `known` alone and goes with it; `shared` is needed by the target as well and stays."""
    relations = [*chain("deep", "known", "goal"), *chain("shared", "known"), *chain("shared", "goal")]
    path = study_path(prerequisite_graph(relations), ["goal"], known=["known"])
    assert ids(path) == ["shared", "goal"]
    assert path.steps[0].because == (before("shared", "goal"),)


def test_known_targets_are_left_out_and_targets_without_relations_are_steps() -> None:
    """A target in no relation needs nothing; a target that is known needs no learning."""
    graph = prerequisite_graph(chain("a", "b"))
    assert ids(study_path(graph, ["b", "alone", "a"], known=["a", "no such concept"])) == ["alone", "b"]
    assert study_path(graph, ["b"], known=["b"]) == StudyPath(())
    assert study_path(graph, []) == StudyPath(())


def test_a_simple_cycle_is_named_in_its_order_and_cut_at_its_weakest_relation() -> None:
    """The cycle b -> c -> a -> b holds but for c -> a, so that a comes first, though c needs nothing else."""
    relations = [before("b", "c", 0.9), before("c", "a", 0.2), before("a", "b", 0.8), before("c", "goal", 1.0)]
    path = study_path(prerequisite_graph(relations), ["goal"])
    assert path.cycles == (("a", "b", "c"),)
    assert path.cuts == (relations[1],)
    assert ids(path) == ["a", "b", "c", "goal"]


def test_a_target_within_a_cycle_comes_as_late_as_the_cuts_allow() -> None:
    """b and c both need a and are needed by it weakly; whichever is the target comes last."""
    relations = [before("a", "b"), before("a", "c"), before("b", "a", 0.5), before("c", "a", 0.5)]
    graph = prerequisite_graph(relations)
    assert ids(study_path(graph, ["b"])) == ["a", "c", "b"]
    assert ids(study_path(graph, ["c"])) == ["a", "b", "c"]


def test_a_step_whose_only_reason_was_cut_still_names_it() -> None:
    """b is on the path of a only by the relation that the order has to go against."""
    weak = before("b", "a", 0.1)
    path = study_path(prerequisite_graph([before("a", "b"), weak, before("a", "goal")]), ["goal"])
    assert [(s.concept, s.because) for s in path.steps] == [
        ("a", (before("a", "b"), before("a", "goal"))),
        ("b", (weak,)),
        ("goal", ()),
    ]


def test_only_prerequisites_count_and_relations_of_a_concept_to_itself_do_not() -> None:
    """Every other type is passed over, and the more confident of two relations with one key stays."""
    others = [Relation("a", t, "b") for t in RelationType if t is not T.PREREQUISITE_OF]
    graph = prerequisite_graph([*others, before("b", "b"), before("b", "c", 0.9), before("b", "c", 0.3)])
    assert list(graph.edges(data="relation")) == [("b", "c", before("b", "c", 0.9))]


def test_the_sample_graph_gives_attention_self_attention_mha_mqa_gqa() -> None:
    """The order that the notes' own relations ask for."""
    path = study_path(prerequisite_graph(attention_graph().relations), ["grouped-query-attention"])
    assert ids(path) == [
        "attention",
        "self-attention",
        "multi-head-attention",
        "multi-query-attention",
        "grouped-query-attention",
    ]


def test_a_chain_and_a_ring_of_100_000_concepts_need_no_recursion() -> None:
    """Both come back at all, and exactly: anything quadratic or recursive would not."""
    names = [f"c{i:06}" for i in range(100_001)]
    relations = chain(*names)
    graph = prerequisite_graph(relations)
    assert ids(study_path(graph, names[-1:])) == names
    ring = prerequisite_graph([*relations, before(names[-1], names[0], 0.5)])
    path = study_path(ring, [names[500]])
    assert (ids(path), path.cycles) == (names, (tuple(names),))


def test_487_concepts_and_1208_prerequisites_imported_give_the_exact_closure_for_every_concept() -> None:
    """As a hand-made graph of that size would come in: node-link JSON with nothing but what is required."""
    chance = random.Random(20_240_517)
    names = [f"concept {i}" for i in range(487)]
    order = chance.sample(names, len(names))
    pairs = chance.sample(list(itertools.combinations(order, 2)), 1208)
    graph = from_node_link(
        {
            "nodes": [{"id": name} for name in names],
            "edges": [{"source": u, "target": v, "type": "PREREQUISITE_OF"} for u, v in pairs],
        }
    )
    assert (len(graph.concepts), len(graph.relations)) == (487, 1208)
    prerequisites = prerequisite_graph(graph.relations)
    for name in names:
        path = ids(study_path(prerequisites, [name]))
        place = {concept: i for i, concept in enumerate(path)}
        assert set(path) == closure(graph.relations, [name], set())
        assert len(place) == len(path)
        assert path[-1] == name
        assert all(place[u] < place[v] for u, v in pairs if v in place)


# -- cycles --------------------------------------------------------------------------------------------------


@given(any_prerequisites)
def test_find_cycles_names_every_set_of_concepts_that_need_each_other(relations: list[Relation]) -> None:
    cycles = find_cycles(prerequisite_graph(relations))
    assert {frozenset(cycle) for cycle in cycles} == components(relations)
    assert cycles == sorted(cycles)
    assert all(cycle[0] == min(cycle) for cycle in cycles)


@given(st.permutations(NAMES))
def test_the_members_of_a_simple_cycle_follow_its_arrows(order: list[str]) -> None:
    relations = [*chain(*order), before(order[-1], order[0])]
    (cycle,) = find_cycles(prerequisite_graph(relations))
    arrows = {(r.source, r.target) for r in relations}
    assert set(zip(cycle, (*cycle[1:], cycle[0]), strict=True)) == arrows


# -- frontier ------------------------------------------------------------------------------------------------


@given(any_prerequisites, some_concepts)
def test_the_frontier_is_all_whose_prerequisites_are_known_and_says_what_each_unlocks(
    relations: list[Relation], known: set[str]
) -> None:
    def ready(held: set[str]) -> set[str]:
        named = {end for r in relations for end in (r.source, r.target)}
        return {c for c in named - held if all(r.source in held for r in relations if r.target == c)}

    items = frontier(prerequisite_graph(relations), known, first=100)
    assert [i.concept for i in items] == list(dict.fromkeys(i.concept for i in items))
    assert {i.concept for i in items} == ready(known)
    for item in items:
        assert list(item.unlocks) == sorted(ready(known | {item.concept}) - ready(known))
    order = [(all(r.target != i.concept for r in relations), -len(i.unlocks), i.concept) for i in items]
    assert order == sorted(order)


def test_the_frontier_puts_what_known_has_opened_before_what_never_needed_anything() -> None:
    """`root` unlocks two concepts and still comes after those that the learner's own knowledge opened."""
    relations = [*chain("k", "near", "far"), *chain("k", "also"), *chain("root", "r1"), *chain("root", "r2")]
    graph = prerequisite_graph(relations)
    expected = [FrontierItem("near", ("far",)), FrontierItem("also", ()), FrontierItem("root", ("r1", "r2"))]
    assert frontier(graph, ["k"], first=10) == expected
    assert frontier(graph, ["k"], first=2) == expected[:2]
    assert frontier(graph, ["k"], first=0) == []
    with pytest.raises(InvalidQuery, match="first is -1"):
        frontier(graph, ["k"], first=-1)


def test_the_frontier_of_pairs_is_that_of_their_graph_and_leaves_nothing_behind() -> None:
    """Without the collector: a graph that stays until it comes is most of a worker's memory, for a large store."""
    pairs = [(f"c{n}", f"c{n + step}") for n in range(2000) for step in (1, 7)]
    expected = frontier(prerequisite_arrows(pairs), ["c0"], first=9, targets=["c9"])
    assert frontier_of(pairs, ["c0"], first=9, targets=["c9"]) == expected
    gc.collect()
    gc.disable()
    try:
        before = sys.getallocatedblocks()
        for _ in range(5):
            frontier_of(pairs, ["c0"], first=9)
        assert sys.getallocatedblocks() - before < len(pairs)  # each graph has more
    finally:
        gc.enable()


def test_the_frontier_puts_what_is_on_the_way_to_a_target_before_all_else() -> None:
    relations = [*chain("k", "near", "far"), *chain("root", "way", "goal"), *chain("x", "goal"), *chain("x", "way")]
    graph = prerequisite_graph(relations)
    items = [item.concept for item in frontier(graph, ["k"], first=10, targets=["goal"])]
    assert items == ["root", "x", "near"]
    assert [item.concept for item in frontier(graph, ["k", "root"], first=10, targets=["goal"])] == ["x", "near"]
    assert frontier(graph, ["k", "goal"], first=10, targets=["goal"]) == frontier(graph, ["k", "goal"], first=10)


# -- shortest path -------------------------------------------------------------------------------------------


types = st.sampled_from([T.PREREQUISITE_OF, T.USES, T.IS_A, T.CONTRASTS_WITH])
mixed_relations = st.lists(
    st.builds(Relation, concepts, types, concepts).filter(lambda r: r.source != r.target).map(Relation.canonical),
    max_size=20,
    unique_by=lambda r: r.key,
)


@given(mixed_relations, concepts, concepts, st.booleans())
@example([Relation("a", T.USES, "b"), Relation("a", T.IS_A, "b")], "a", "b", True)
def test_the_shortest_path_is_the_smallest_of_the_shortest(
    relations: list[Relation], source: str, target: str, directed: bool
) -> None:
    """Against networkx's list of all shortest paths: same length, smallest ids, smallest key for each step."""
    graph: PrerequisiteGraph = nx.DiGraph()
    graph.add_nodes_from(NAMES)
    for r in relations:
        graph.add_edge(r.source, r.target)
        if not directed or RELATION_TYPES[r.type].symmetric:
            graph.add_edge(r.target, r.source)
    found = shortest_path(relations, source, target, directed=directed)
    if not nx.has_path(graph, source, target):
        assert found is None
        return
    best = min(nx.all_shortest_paths(graph, source, target))
    expected = []
    for u, v in itertools.pairwise(best):
        forwards = [r for r in relations if (r.source, r.target) == (u, v)]
        backwards = [
            r
            for r in relations
            if (r.source, r.target) == (v, u) and (not directed or RELATION_TYPES[r.type].symmetric)
        ]
        expected.append(min(forwards + backwards, key=lambda r: r.key))
    assert found == expected


@given(mixed_relations, concepts, concepts, st.booleans(), st.randoms(use_true_random=False))
def test_the_shortest_path_does_not_depend_on_the_order_of_the_relations(
    relations: list[Relation], source: str, target: str, directed: bool, shuffled: random.Random
) -> None:
    straight = shortest_path(relations, source, target, directed=directed)
    shuffled.shuffle(rows := list(relations))
    assert shortest_path(rows, source, target, directed=directed) == straight


def test_the_shortest_path_follows_arrows_unless_told_otherwise_and_symmetric_ones_both_ways() -> None:
    """From MQA to MHA there is only a contrast, stored the other way round; from attention to GQA no arrow leads."""
    relations = [r for r in attention_graph().relations if r.type is not T.PREREQUISITE_OF]
    contrast = shortest_path(relations, "multi-query-attention", "multi-head-attention") or []
    assert [r.key for r in contrast] == [("multi-head-attention", T.CONTRASTS_WITH, "multi-query-attention")]
    stated = [r for r in relations if r.type is not T.IN_TOPIC]
    assert shortest_path(stated, "attention", "grouped-query-attention") is None
    both_ways = shortest_path(stated, "attention", "grouped-query-attention", directed=False) or []
    assert [r.type for r in both_ways] == [T.IS_A, T.EXTENDS, T.GENERALIZES]
    assert shortest_path(stated, "adam", "adam") == []
    assert shortest_path(stated, "no such concept", "adam") is None


def test_cut_relations_keep_the_more_confident_of_a_pair() -> None:
    """Of two concepts that need each other, the more confident relation decides who is first, whatever the ids."""
    strong, weak = before("b", "a", 0.9), before("a", "b", 0.4)
    assert ids(study_path(prerequisite_graph([strong, weak]), ["a"])) == ["b", "a"]
    flipped = [replace(strong, confidence=0.4), replace(weak, confidence=0.9)]
    assert ids(study_path(prerequisite_graph(flipped), ["a"])) == ["a", "b"]
