"""What of a path is essential and what is background; the rounds that cuts close."""

from hypothesis import given
from hypothesis import strategies as st

from graph.essentials import essential_path, ring
from graph.model import Evidence, Origin, Relation, RelationType
from graph.paths import prerequisite_graph, study_path

T = RelationType
NAMES = "abcdefgh"
FIELD = (Evidence("n.md", 1, "a heading", "lexicon.prerequisite"),)
SAID = (Evidence("n.md", 2, "Know this before that.", "en.prerequisite"),)


def taught(first: str, then: str) -> Relation:
    return Relation(first, T.PREREQUISITE_OF, then, Origin.INFERRED, 0.5, FIELD)


def said(first: str, then: str, confidence: float = 0.9) -> Relation:
    return Relation(first, T.PREREQUISITE_OF, then, Origin.STATED, confidence, SAID)


ends = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda pair: pair[0] != pair[1])
relations = st.lists(
    st.builds(
        lambda pair, is_said, sure: said(*pair, confidence=sure) if is_said else taught(*pair),
        ends,
        st.booleans(),
        st.sampled_from([0.5, 0.7, 0.9]),
    ),
    max_size=20,
)


def test_what_a_relation_of_the_field_is() -> None:
    because = (("b", T.USES, "a"),)
    assert taught("a", "b").of_the_field
    assert not said("a", "b").of_the_field
    assert not Relation("a", T.PREREQUISITE_OF, "b", Origin.INFERRED, 0.5, FIELD, because).of_the_field
    assert not Relation("a", T.PREREQUISITE_OF, "b", Origin.INFERRED, 0.7, (*FIELD, *SAID)).of_the_field
    assert not Relation("a", T.PREREQUISITE_OF, "b", Origin.CURATED).of_the_field
    assert [e.says_so for e in (*FIELD, *SAID)] == [False, True]


def test_the_order_of_the_field_holds_between_essential_steps_also_through_the_background() -> None:
    """`b` is background: `a` still comes before `c`, although nothing that stays says so."""
    graph = prerequisite_graph([said("a", "d"), said("c", "d"), taught("a", "b"), taught("b", "c"), taught("e", "a")])
    found = essential_path(graph, ["d"])
    assert [step.concept for step in found.path.steps] == ["a", "c", "d"]
    assert {step.concept for step in found.background} == {"b", "e"}


def test_what_the_field_teaches_right_before_a_goal_is_essential_and_no_more_of_it() -> None:
    graph = prerequisite_graph([taught("loss", "boosting"), taught("label", "loss")])
    found = essential_path(graph, ["boosting"])
    assert [step.concept for step in found.path.steps] == ["loss", "boosting"]
    assert [step.concept for step in found.background] == ["label"]
    assert [step.concept for step in essential_path(graph, ["boosting"], known=["loss"]).path.steps] == ["boosting"]


@given(relations, st.sets(st.sampled_from(NAMES), min_size=1, max_size=2), st.sets(st.sampled_from(NAMES), max_size=2))
def test_the_parts_make_up_the_whole_path_in_its_order(rows: list[Relation], goals: set[str], known: set[str]) -> None:
    graph = prerequisite_graph(rows)
    whole = study_path(graph, goals, known=known)
    found = essential_path(graph, goals, known=known)
    order = [step.concept for step in whole.steps]
    inside = [step.concept for step in found.path.steps]
    assert inside == [c for c in order if c in inside]
    assert [step.concept for step in found.background] == [c for c in order if c not in inside]
    assert goals - known <= set(inside)
    for step in found.path.steps:
        assert {r.target for r in step.because} <= set(inside)
        assert step.because or step.concept in goals
    assert set(found.path.cuts) <= set(whole.cuts)


@given(relations, st.sampled_from(NAMES))
def test_every_cut_closes_a_round_of_relations_that_hold_and_are_no_less_sure(rows: list[Relation], goal: str) -> None:
    graph = prerequisite_graph(rows)
    path = study_path(graph, [goal])
    for cut in path.cuts:
        arrows = ring(graph, cut, path.cuts)
        assert arrows[-1] == cut
        assert len(arrows) > 1
        for one, following in zip(arrows, (*arrows[1:], arrows[0]), strict=True):
            assert one.target == following.source
        assert not set(arrows[:-1]) & set(path.cuts)
        assert min(r.confidence for r in arrows) == cut.confidence
