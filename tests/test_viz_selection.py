"""What each view of a graph shows at first."""

from typing import Any

import pytest

from graph.errors import AmbiguousName, InvalidQuery, UnknownConcept
from graph.model import Concept, ConceptKind, KnowledgeGraph, Origin, Relation, RelationType
from tests.map_samples import seeded_graph
from tests.samples import attention_graph
from viz.asked import MOST_NODES, Asked
from viz.index import GraphIndex
from viz.selection import Selection, select
from viz.style import relation_row

T = RelationType


def choose(graph: KnowledgeGraph, view: str = "all", *names: str, **asked: Any) -> Selection:
    """Return what a view of `graph` shows."""
    return select(GraphIndex(graph), Asked(view=view, names=names, **asked))  # type: ignore[arg-type]


def find(graph: KnowledgeGraph, name: str) -> str:
    return GraphIndex(graph).find(name)


def grouped(selection: Selection) -> list[tuple[str | None, list[str]]]:
    return [(group.head, list(group.members)) for group in selection.groups]


def ids(concepts: tuple[Concept, ...]) -> list[str]:
    return [c.id for c in concepts]


def test_a_small_graph_is_shown_whole_with_all_its_relations() -> None:
    graph = attention_graph()
    selection = choose(graph)
    assert set(ids(selection.concepts)) == {c.id for c in graph.concepts}
    assert selection.relations == graph.relations
    assert selection.hidden == 0


def test_topics_and_inferred_prerequisites_come_along_but_are_not_visible() -> None:
    selection = choose(attention_graph())
    assert {relation_row(r) for r in selection.relations} - {relation_row(r) for r in selection.visible} == {
        "IN_TOPIC",
        "PREREQUISITE_OF:inferred",
    }


def test_a_large_graph_shows_the_most_related_and_counts_the_rest() -> None:
    graph = seeded_graph(concepts=420)
    selection = choose(graph, most=300)
    near: dict[str, set[str]] = {c.id: set() for c in graph.concepts}
    for r in graph.relations:
        if r.type is not T.IN_TOPIC and not (r.type is T.PREREQUISITE_OF and r.origin is Origin.INFERRED):
            near[r.source].add(r.target)
            near[r.target].add(r.source)
    shown = set(ids(selection.concepts))
    plain = [c.id for c in graph.concepts if c.kind is not ConceptKind.TOPIC]
    assert len(shown) == 300
    assert selection.hidden == 120
    assert min(len(near[i]) for i in plain if i in shown) >= max(len(near[i]) for i in plain if i not in shown)


def test_relations_between_the_shown_are_all_there_and_no_others() -> None:
    graph = seeded_graph()
    selection = choose(graph, most=50)
    shown = set(ids(selection.concepts))
    assert selection.relations == tuple(r for r in graph.relations if {r.source, r.target} <= shown)


def test_a_focus_shows_its_neighbours_nearest_first() -> None:
    one = choose(attention_graph(), "neighborhood", "GQA")
    two = choose(attention_graph(), "neighborhood", "GQA", radius=2)
    assert ids(one.concepts)[0] == "grouped-query-attention"
    assert set(ids(one.concepts)) == {"grouped-query-attention", "multi-query-attention", "multi-head-attention"}
    assert set(ids(two.concepts)) - set(ids(one.concepts)) == {"self-attention"}
    assert one.focus == ("grouped-query-attention",)


def test_a_focus_that_only_hidden_rows_lead_to_switches_them_on() -> None:
    graph = KnowledgeGraph.of(
        [Concept("t", "T", (), ConceptKind.TOPIC), Concept("a", "A"), Concept("b", "B")],
        [Relation("a", T.IN_TOPIC, "t"), Relation("b", T.IN_TOPIC, "t")],
    )
    selection = choose(graph, "neighborhood", "T")
    assert set(ids(selection.concepts)) == {"t", "a", "b"}
    assert len(selection.visible) == 2


def test_prerequisites_alone_show_all_that_comes_before_the_focus() -> None:
    selection = choose(attention_graph(), "order", "GQA", types=frozenset({T.PREREQUISITE_OF}))
    assert set(ids(selection.concepts)) == {
        "grouped-query-attention",
        "multi-query-attention",
        "multi-head-attention",
        "self-attention",
        "attention",
    }


def test_prerequisites_alone_leave_out_what_has_none() -> None:
    selection = choose(attention_graph(), "order", types=frozenset({T.PREREQUISITE_OF}))
    assert "vanishing-gradient" not in ids(selection.concepts)
    assert all(r.type is T.PREREQUISITE_OF for r in selection.visible)


def test_an_end_without_a_concept_is_shown_under_its_id() -> None:
    selection = choose(KnowledgeGraph.of([Concept("a", "A")], [Relation("a", T.USES, "ghost")]))
    assert {c.name for c in selection.concepts} == {"A", "ghost"}


@pytest.mark.parametrize("name", ["multi-query-attention", "MQA", "mqa", "多查询注意力", "Multi Query Attention"])
def test_a_concept_is_found_by_id_name_or_alias_in_any_spelling(name: str) -> None:
    assert find(attention_graph(), name) == "multi-query-attention"


def test_an_unknown_focus_names_what_looks_like_it() -> None:
    with pytest.raises(UnknownConcept) as caught:
        choose(attention_graph(), "neighborhood", "Momentun")
    assert "Momentum" in caught.value.near


def test_a_focus_with_two_meanings_is_refused_with_both_ids() -> None:
    graph = KnowledgeGraph.of([Concept("k1", "Kernel"), Concept("k2", "Kernel")])
    with pytest.raises(AmbiguousName) as caught:
        find(graph, "kernel")
    assert caught.value.ids == ("k1", "k2")


@pytest.mark.parametrize("most", [0, -1, MOST_NODES + 1])
def test_a_map_of_too_many_is_refused_with_an_offer(most: int) -> None:
    with pytest.raises(InvalidQuery, match="noteatlas export"):
        choose(attention_graph(), most=most)


def test_a_negative_radius_is_refused() -> None:
    with pytest.raises(InvalidQuery, match="radius"):
        choose(attention_graph(), "neighborhood", "GQA", radius=-1)


@pytest.mark.parametrize("most", [10, 120, 420])
def test_every_concept_shown_is_in_exactly_one_group_and_heads_are_members(most: int) -> None:
    selection = choose(seeded_graph(), most=most)
    groups = grouped(selection)
    members = [m for _, group in groups for m in group]
    assert sorted(members) == sorted(ids(selection.concepts))
    assert all(head is None or head in group for head, group in groups)


def test_a_large_topic_gives_its_large_subtopics_groups_of_their_own() -> None:
    """Forty concepts in two subtopics of one topic are two groups; the topic itself stays with what is left."""
    leaves = [Concept(f"{s}{i}", f"{s}{i}") for s in "xy" for i in range(20)]
    heads = [Concept(i, i, (), ConceptKind.TOPIC) for i in ("root", "x", "y")]
    relations = [Relation(c.id, T.IN_TOPIC, c.id[0]) for c in leaves]
    relations += [Relation(s, T.IN_TOPIC, "root") for s in "xy"]
    groups = dict(grouped(choose(KnowledgeGraph.of([*heads, *leaves], relations))))
    assert {head: len(members) for head, members in groups.items() if head} == {"x": 21, "y": 21}


def test_topics_that_contain_each_other_do_not_hang() -> None:
    graph = KnowledgeGraph.of(
        [Concept(i, i, (), ConceptKind.TOPIC) for i in "abc"],
        [Relation("a", T.IN_TOPIC, "b"), Relation("b", T.IN_TOPIC, "c"), Relation("c", T.IN_TOPIC, "a")],
    )
    assert sorted(m for _, group in grouped(choose(graph)) for m in group) == ["a", "b", "c"]


def test_without_topics_communities_keep_linked_concepts_together() -> None:
    """Two cliques of 20 with one link between them are two groups."""
    names = {s: [f"{s}{i:02}" for i in range(20)] for s in "pq"}
    relations = [
        Relation(a, T.USES, b) for group in names.values() for i, a in enumerate(group) for b in group[i + 1 :]
    ]
    relations.append(Relation("p00", T.USES, "q00"))
    groups = grouped(choose(KnowledgeGraph.of([], relations)))
    assert sorted(sorted(members) for _, members in groups) == [names["p"], names["q"]]
