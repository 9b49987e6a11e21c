"""Comparing concepts: what is found, where it stands, and that nothing is lost or said twice."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.comparison import Comparison, Own, Shared, compare
from graph.errors import InvalidQuery
from graph.model import RELATION_TYPES, KnowledgeGraph, Origin, Relation, RelationType
from tests.samples import attention_graph

T = RelationType

_relation = st.builds(
    Relation, st.sampled_from("abcdef"), st.sampled_from(T), st.sampled_from("abcdef"), st.sampled_from(Origin)
)
_relations = st.lists(_relation, max_size=40).map(lambda rows: list(KnowledgeGraph.of((), rows).relations))
_ids = st.lists(st.sampled_from("abcz"), min_size=2, max_size=3, unique=True)


def says_little(relation: Relation) -> bool:
    inferred = relation.type is T.PREREQUISITE_OF and relation.origin is Origin.INFERRED
    return inferred or relation.type is T.IN_TOPIC


def everything(found: Comparison) -> list[Relation]:
    return [
        *found.between,
        *(r for shared in found.shared for r in shared.relations),
        *(r for own in found.only for r in own.relations),
    ]


@given(_relations, _ids)
def test_every_relation_of_the_compared_is_in_exactly_one_place(relations: list[Relation], ids: list[str]) -> None:
    """Between two, shared, or of one alone; what touches none of them is nowhere."""
    found = compare(relations, ids)
    assert sorted(r.key for r in everything(found)) == [r.key for r in relations if {r.source, r.target} & {*ids}]
    assert all({r.source, r.target} <= {*ids} for r in found.between)
    assert [own.concept for own in found.only] == ids == list(found.ids)


@given(_relations, _ids)
def test_shared_is_what_several_are_related_to_alike(relations: list[Relation], ids: list[str]) -> None:
    """By the same type in the same direction; found by looking at every concept, type and direction."""
    there = {r.key for r in relations}
    expected = set()
    for other, type_, out in itertools.product(set("abcdef") - {*ids}, T, (True, False)):
        both = RELATION_TYPES[type_].symmetric
        by = tuple(
            i for i in ids if Relation(*((i, type_, other) if out else (other, type_, i))).canonical().key in there
        )
        if len(by) > 1:
            expected.add((other, type_, "both" if both else "out" if out else "in", by))
    found = compare(relations, ids)
    assert {(s.concept, s.type, s.direction, s.by) for s in found.shared} == expected
    assert len(found.shared) == len(expected)
    for shared in found.shared:
        for one, relation in zip(shared.by, shared.relations, strict=True):
            assert {relation.source, relation.target} == {one, shared.concept}
            assert relation.type is shared.type


@given(_relations, _ids, st.randoms(use_true_random=False))
def test_the_order_of_what_comes_in_does_not_matter(
    relations: list[Relation], ids: list[str], chance: random.Random
) -> None:
    """Relations in any order, and symmetric ones either way round, give the same comparison."""
    mixed = [
        Relation(r.target, r.type, r.source, r.origin)
        if RELATION_TYPES[r.type].symmetric and chance.random() < 0.5
        else r
        for r in chance.sample(relations, len(relations))
    ]
    assert compare(mixed, ids) == compare(relations, ids)


@given(_relations, _ids)
def test_what_says_little_comes_last_and_what_more_share_first(relations: list[Relation], ids: list[str]) -> None:
    """Then by type; for all three parts."""
    found = compare(relations, ids)
    order = list(T)
    for rows in (found.between, *(own.relations for own in found.only)):
        ranks = [(says_little(r), order.index(r.type)) for r in rows]
        assert ranks == sorted(ranks)
    shared = [(all(map(says_little, s.relations)), -len(s.by), order.index(s.type)) for s in found.shared]
    assert shared == sorted(shared)


def test_ties_are_in_order_of_names() -> None:
    """Of the names given, else of ids; an arrow that leaves comes before one that enters."""
    relations = [
        *(Relation(one, T.USES, other) for one in "ab" for other in "xyz"),
        *(Relation("w", T.USES, one) for one in "ab"),
        Relation("a", T.USES, "q"),
        Relation("a", T.USES, "p"),
    ]
    found = compare(relations, ["b", "a"])
    assert [s.concept for s in found.shared] == ["x", "y", "z", "w"]
    assert [r.target for r in found.only[1].relations] == ["p", "q"]
    named = compare(relations, ["b", "a"], names={"x": "Zeta", "z": "alpha", "p": "Rho"})
    assert [s.concept for s in named.shared] == ["z", "y", "x", "w"]
    assert [r.target for r in named.only[1].relations] == ["q", "p"]
    assert named.shared[0].by == ("b", "a")


def test_two_ways_to_group_queries() -> None:
    """The sample's MQA and GQA: one is a case of the other, both are built on MHA, and a topic comes last."""
    graph = attention_graph()
    mqa, gqa, mha = "multi-query-attention", "grouped-query-attention", "multi-head-attention"
    found = compare(graph.relations, [mqa, gqa])
    assert [r.key for r in found.between] == [(gqa, T.GENERALIZES, mqa), (mqa, T.PREREQUISITE_OF, gqa)]
    assert [(s.concept, s.type, s.direction, s.by) for s in found.shared] == [
        (mha, T.PREREQUISITE_OF, "in", (mqa, gqa)),
        ("transformers", T.IN_TOPIC, "out", (mqa, gqa)),
    ]
    assert [[r.key for r in own.relations] for own in found.only] == [
        [(mha, T.CONTRASTS_WITH, mqa)],
        [(gqa, T.GENERALIZES, mha)],
    ]


def test_nothing_in_common() -> None:
    """Concepts that no relation has anything to do with: empty, with an entry for each."""
    assert compare([], ["a", "b", "c"]) == Comparison(
        ("a", "b", "c"), (), (), (Own("a", ()), Own("b", ()), Own("c", ()))
    )
    assert compare([Relation("a", T.USES, "a"), Relation("x", T.USES, "y")], ["a", "b"]).only[0].relations == ()
    shared = compare([Relation("x", T.USES, "a"), Relation("x", T.USES, "b")], ["a", "b"]).shared
    assert shared == (Shared("x", T.USES, "in", ("a", "b"), (Relation("x", T.USES, "a"), Relation("x", T.USES, "b"))),)


@pytest.mark.parametrize("ids", [[], ["a"], ["a", "a"], ["a", "b", "c", "d"]])
def test_two_or_three_different_ones_can_be_compared(ids: list[str]) -> None:
    """Not fewer, not more."""
    with pytest.raises(InvalidQuery, match="give 2 or 3"):
        compare([], ids)
