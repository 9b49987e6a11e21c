"""What a graph keeps: order, one row for each id and key, and merging that depends on source paths alone."""

import random
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.model import (
    RELATION_TYPES,
    Concept,
    ConceptKind,
    Evidence,
    KnowledgeGraph,
    Origin,
    Passage,
    Relation,
    RelationType,
    Source,
    merge,
    merge_concepts,
    merge_relations,
)
from tests.samples import attention_graph, boosting_graph

T = RelationType
ids = st.sampled_from("abcd")
evidence = st.builds(Evidence, st.just("a.md"), st.integers(1, 3), st.sampled_from(["x", "y"]), st.just("rule"))
concepts = st.builds(
    Concept,
    ids,
    st.sampled_from(["A", "B", "C"]),
    st.sampled_from([(), ("D",), ("D", "E")]),
    st.sampled_from(ConceptKind),
    st.sampled_from([None, "one", "two"]),
    st.sampled_from([None, "a.md"]),
    st.sampled_from([None, 1, 2]),
    st.dictionaries(st.sampled_from("xy"), st.integers(0, 3)),
)
relations = st.builds(
    Relation,
    ids,
    st.sampled_from([T.USES, T.CONTRASTS_WITH]),
    ids,
    st.sampled_from(Origin),
    st.sampled_from([0.25, 0.5, 1.0]),
    st.lists(evidence, max_size=2, unique=True).map(tuple),
    st.just(()),
    st.sampled_from([None, "g"]),
)
graphs = st.builds(KnowledgeGraph.of, st.lists(concepts, max_size=5), st.lists(relations, max_size=6))


def test_every_type_has_a_row_and_the_rows_contradict_nothing() -> None:
    """The table is the one place that says what a type means; a symmetric type has no order and one label."""
    assert list(RELATION_TYPES) == list(RelationType)
    for info in RELATION_TYPES.values():
        assert all([info.label_en, info.label_zh, info.inverse_en, info.inverse_zh])
        if info.symmetric:
            assert (info.label_en, info.label_zh) == (info.inverse_en, info.inverse_zh)
            assert info.learnt_first is None
            assert not info.acyclic
    assert {t for t, info in RELATION_TYPES.items() if info.symmetric} == {T.CONTRASTS_WITH, T.EQUIVALENT_TO}
    assert RELATION_TYPES[T.PREREQUISITE_OF].learnt_first == "source"
    assert RELATION_TYPES[T.GENERALIZES].learnt_first == "target"


def test_values_are_frozen() -> None:
    """A store may hand out what it holds."""
    with pytest.raises(FrozenInstanceError):
        Concept("a", "A").name = "B"  # type: ignore[misc]
    with pytest.raises(TypeError):
        RELATION_TYPES[T.USES] = RELATION_TYPES[T.IS_A]  # type: ignore[index]


def test_a_symmetric_relation_has_one_key_and_an_arrow_keeps_its_ends() -> None:
    """Which of two contrasted concepts was said first does not make a second relation."""
    assert Relation("b", T.CONTRASTS_WITH, "a").canonical().key == ("a", T.CONTRASTS_WITH, "b")
    assert Relation("a", T.CONTRASTS_WITH, "b").canonical().key == ("a", T.CONTRASTS_WITH, "b")
    assert Relation("b", T.USES, "a").canonical().key == ("b", T.USES, "a")


@given(st.lists(concepts, max_size=6), st.lists(relations, max_size=8))
def test_a_graph_is_sorted_with_one_row_for_each_id_and_key_and_no_relation_to_itself(
    some: list[Concept], arrows: list[Relation]
) -> None:
    graph = KnowledgeGraph.of(some, arrows)
    assert [c.id for c in graph.concepts] == sorted({c.id for c in some})
    keys = [r.key for r in graph.relations]
    assert keys == sorted({r.canonical().key for r in arrows if r.source != r.target})
    assert {e for r in graph.relations for e in r.evidence} == {
        e for r in arrows if r.source != r.target for e in r.evidence
    }
    assert KnowledgeGraph.of(graph.concepts, graph.relations) == graph


def test_passages_and_sources_are_sorted_and_each_is_there_once() -> None:
    """By (source, line, text) and by path."""
    late, early = Passage("a.md", 9, "late"), Passage("a.md", 2, "early")
    b, a = Source("b.md", "markdown", "B", ""), Source("a.md", "markdown", "A", "")
    graph = KnowledgeGraph.of(passages=[late, early, late], sources=[b, a, b])
    assert graph.passages == (early, late)
    assert graph.sources == (a, b)


def test_the_first_row_names_a_concept_and_the_others_add_what_it_lacks() -> None:
    """Names become aliases in order of appearance; kind, definition and place come from the first that has one."""
    merged = merge_concepts(
        [
            Concept("x", "First", ("one",), extra={"k": 1}),
            Concept("x", "Second", ("one", "First", "two"), ConceptKind.MODEL, None, "b.md", 7, {"k": 2, "l": 3}),
            Concept("x", "First", (), ConceptKind.METRIC, "what it is", "c.md", 1),
        ]
    )
    assert merged == Concept(
        "x", "First", ("one", "Second", "two"), ConceptKind.MODEL, "what it is", "b.md", 7, {"k": 1, "l": 3}
    )
    assert merged.names == ("First", "one", "Second", "two")


def test_the_strongest_origin_brings_its_confidence_and_all_evidence_is_kept() -> None:
    """A guess that is surer of itself than a sentence does not make the sentence surer."""
    said, heading = Evidence("a.md", 1, "x", "r"), Evidence("a.md", 2, "y", "s")
    merged = merge_relations(
        [
            Relation("a", T.USES, "b", Origin.INFERRED, 0.99, (heading,), (("b", T.IS_A, "c"),)),
            Relation("a", T.USES, "b", Origin.STATED, 0.5, (said,), (), "g"),
            Relation("a", T.USES, "b", Origin.STATED, 0.6, (said, heading), (), "h"),
        ]
    )
    assert merged == Relation("a", T.USES, "b", Origin.STATED, 0.6, (heading, said), (("b", T.IS_A, "c"),), "g")


@given(st.dictionaries(st.sampled_from(["a.md", "b.md", "c.md"]), graphs), st.randoms(use_true_random=False))
def test_merging_depends_on_the_paths_and_not_on_the_order_of_loading(
    contributions: dict[str, KnowledgeGraph], shuffled: random.Random
) -> None:
    rows = list(contributions.items())
    shuffled.shuffle(rows)
    assert merge(dict(rows)) == merge(contributions)


@given(graphs)
def test_merging_one_contribution_or_one_with_an_empty_one_changes_nothing(graph: KnowledgeGraph) -> None:
    assert merge({"a.md": graph}) == graph
    assert merge({"a.md": graph, "b.md": KnowledgeGraph()}) == graph
    assert merge({}) == KnowledgeGraph()


def test_a_concept_of_two_sources_has_the_names_of_both() -> None:
    """Gradient descent, which both samples know: the name from the first path, the alias and definition added."""
    merged = merge({"trees/boosting.txt": boosting_graph(), "attention.md": attention_graph()})
    concept = merged.concept("gradient-descent")
    assert concept is not None
    assert (concept.name, concept.aliases) == ("Gradient Descent", ("梯度下降", "GD"))
    assert (concept.definition, concept.document) == ("沿负梯度更新。", "attention.md")
    assert merged.concept("no such concept") is None
