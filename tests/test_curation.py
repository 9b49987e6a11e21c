"""Decisions applied to what notes say: by names and sentences, in any order, none of them lost."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.curation.apply import curate
from graph.curation.decision import Decision, What, by_time, decode_decision, encode_decision, undone, validate
from graph.errors import InputError
from graph.model import Concept, Evidence, KnowledgeGraph, Origin, Passage, Relation, RelationType, merge

T = RelationType
SAYS = "GQA extends MQA."


def graphs() -> dict[str, KnowledgeGraph]:
    """Two notes say that GQA extends MQA; that MQA comes first is inferred from it, and a chain from that."""
    gqa, mqa, mha = Concept("gqa", "GQA", ("Grouped attention",)), Concept("mqa", "MQA"), Concept("mha", "MHA")
    extends = ("gqa", T.EXTENDS, "mqa")
    first = ("mqa", T.PREREQUISITE_OF, "gqa")
    inferred = [
        Relation(*first, Origin.INFERRED, 0.8, (), (extends,)),
        Relation("mqa", T.PREREQUISITE_OF, "mha", Origin.INFERRED, 0.7, (), (first,)),
    ]
    a = Relation(*extends, confidence=0.9, evidence=(Evidence("a.md", 1, SAYS, "rule"),))
    b = replace(a, evidence=(Evidence("b.md", 7, "gqa  EXTENDS mqa.", "rule"),))
    return {
        "a.md": KnowledgeGraph.of([gqa, mqa, mha], [a, *inferred]),
        "b.md": KnowledgeGraph.of([gqa, mqa], [b]),
    }


def about(what: What, **fields: object) -> Decision:
    return replace(Decision(what=what, source="gqa", type=T.EXTENDS, target="mqa"), **fields)  # type: ignore[arg-type]


def test_reject_takes_the_relation_from_every_note_and_what_rested_on_it() -> None:
    found = curate(graphs(), [about(What.REJECT)])
    assert merge(found.graphs).relations == ()
    assert found.stale == ()


def test_what_rests_on_something_else_as_well_stays() -> None:
    other = graphs()
    other["b.md"] = KnowledgeGraph.of(
        other["b.md"].concepts,
        [
            Relation("gqa", T.USES, "mqa"),
            Relation("mqa", T.PREREQUISITE_OF, "gqa", Origin.INFERRED, 0.5, (), (("gqa", T.USES, "mqa"),)),
        ],
    )
    left = {r.key: r for r in merge(curate(other, [about(What.REJECT)]).graphs).relations}
    assert left["mqa", T.PREREQUISITE_OF, "gqa"].because == (("gqa", T.USES, "mqa"),)
    assert ("mqa", T.PREREQUISITE_OF, "mha") in left


def test_sentences_that_came_after_a_rejection_are_told() -> None:
    assert curate(graphs(), [about(What.REJECT, evidence=(SAYS,))]).review == ()
    row = about(What.REJECT, evidence=("An older sentence.",))
    assert curate(graphs(), [row]).review == (row,)


def test_accept_makes_it_certain_and_keeps_the_sentences() -> None:
    (relation,) = [r for r in merge(curate(graphs(), [about(What.ACCEPT)]).graphs).relations if r.type is T.EXTENDS]
    assert (relation.origin, relation.confidence, len(relation.evidence)) == (Origin.CURATED, 1.0, 2)


def test_edit_turns_the_arrow_and_its_prerequisite_with_it() -> None:
    left = {r.key: r for r in merge(curate(graphs(), [about(What.EDIT, turn=True)]).graphs).relations}
    assert left.keys() == {("mqa", T.EXTENDS, "gqa"), ("gqa", T.PREREQUISITE_OF, "mqa")}
    assert left["gqa", T.PREREQUISITE_OF, "mqa"].because == (("mqa", T.EXTENDS, "gqa"),)
    assert len(left["mqa", T.EXTENDS, "gqa"].evidence) == 2


def test_edit_changes_the_type() -> None:
    left = merge(curate(graphs(), [about(What.EDIT, to="CONTRASTS_WITH")]).graphs).relations
    assert [r.key for r in left] == [("gqa", T.CONTRASTS_WITH, "mqa")]


def test_add_makes_what_is_missing_and_a_rejected_prerequisite_stays_away() -> None:
    add = Decision(what=What.ADD, source="MLA", type=T.USES, target="GQA")
    wrong = Decision(what=What.REJECT, source="MQA", type=T.PREREQUISITE_OF, target="GQA")
    whole = merge(curate(graphs(), [add, wrong, about(What.ACCEPT)]).graphs)
    keys = {r.key for r in whole.relations}
    assert {("mla", T.USES, "gqa"), ("gqa", T.PREREQUISITE_OF, "mla")} <= keys
    assert ("mqa", T.PREREQUISITE_OF, "gqa") not in keys
    assert [c.name for c in whole.concepts if c.id == "mla"] == ["MLA"]


def test_rename_and_merge_hold_in_every_note_and_later_decisions_may_use_either_name() -> None:
    rows = [
        Decision(what=What.RENAME, name="MQA", to="Multi-query attention"),
        Decision(what=What.MERGE, name="MHA", into="MQA"),
        about(What.ACCEPT, source="Grouped attention", target="Multi-query attention"),
    ]
    found = curate(graphs(), rows)
    whole = merge(found.graphs)
    assert {c.id: c.names for c in whole.concepts}["mqa"] == ("Multi-query attention", "MHA", "MQA")
    assert {r.key for r in whole.relations} == {("gqa", T.EXTENDS, "mqa"), ("mqa", T.PREREQUISITE_OF, "gqa")}
    assert found.stale == ()


def test_what_an_earlier_decision_made_can_be_decided_again() -> None:
    """Of a relation that was added or edited: the later decision names it as it is seen."""
    add = Decision(what=What.ADD, source="MLA", type=T.USES, target="GQA", time="2026-01-01")
    edit = about(What.EDIT, to="USES", time="2026-01-01")
    undo_add = replace(add, what=What.REJECT, time="2026-01-02")
    found = curate(graphs(), [add, undo_add])
    assert {r.key for r in merge(found.graphs).relations} == {r.key for r in merge(graphs()).relations}
    assert [row.decision for row in found.stale] == [add]
    wrong = curate(graphs(), [edit, about(What.REJECT, type=T.USES, time="2026-01-02")])
    assert merge(wrong.graphs).relations == ()
    again = curate(graphs(), [edit, about(What.EDIT, type=T.USES, to="CONTRASTS_WITH", time="2026-01-02")])
    assert [r.key for r in merge(again.graphs).relations] == [("gqa", T.CONTRASTS_WITH, "mqa")]
    assert again.stale == ()


def test_a_relation_between_concepts_that_are_one_goes_and_no_reason_names_the_old() -> None:
    """Reasons are told under the new ids, and the ends of a symmetric one in their order."""
    a, b, c = Concept("a", "A"), Concept("b", "B"), Concept("c", "C")
    near, first = ("b", T.CONTRASTS_WITH, "c"), ("b", T.PREREQUISITE_OF, "c")
    rows = [Relation("a", T.IS_A, "c"), Relation(*near), Relation(*first, Origin.INFERRED, 0.5, (), (near,))]
    whole = merge(
        curate({"x": KnowledgeGraph.of([a, b, c], rows)}, [Decision(what=What.MERGE, name="c", into="A")]).graphs
    )
    assert {r.key: r.because for r in whole.relations} == {
        ("a", T.CONTRASTS_WITH, "b"): (),
        ("b", T.PREREQUISITE_OF, "a"): (("a", T.CONTRASTS_WITH, "b"),),
    }
    assert {concept.id: concept.names for concept in whole.concepts} == {"a": ("A", "C"), "b": ("B",)}


# -- splitting ------------------------------------------------------------------------------------------------------


def mixed() -> dict[str, KnowledgeGraph]:
    """Notes of which one concept is called attention and 多头注意力, which are two."""
    both = Concept("attention", "Attention", ("多头注意力", "注意力"), definition="Attention weighs what it reads.")
    heads, model = Concept("heads", "Heads"), Concept("model", "Model")
    uses, part = ("attention", T.USES, "heads"), ("attention", T.PART_OF, "model")
    says = [
        Evidence("a.md", 1, "多头注意力 uses several heads.", "r"),
        Evidence("a.md", 2, "A model has attention in it.", "r"),
        Evidence("a.md", 3, "A model has 多头注意力 and 注意力.", "r"),
    ]
    rows = [
        Relation(*uses, evidence=(says[0],)),
        Relation(*part, evidence=(says[1], says[2])),
        Relation("heads", T.PREREQUISITE_OF, "attention", Origin.INFERRED, 0.8, (), (uses,)),
        Relation("attention", T.PREREQUISITE_OF, "model", Origin.INFERRED, 0.8, (), (part,)),
        Relation("heads", T.PREREQUISITE_OF, "model", Origin.INFERRED, 0.5, (), (uses, part)),
    ]
    passages = [Passage("a.md", e.line, e.text, (), ("attention", "model")) for e in says]
    return {
        "a.md": KnowledgeGraph.of([both, heads, model], rows, passages),
        "b.md": KnowledgeGraph.of([Concept("attention", "多头注意力"), heads], [Relation(*uses, confidence=0.3)]),
    }


SPLIT = Decision(what=What.SPLIT, name="Attention", out=("多头注意力",))
MHA = "多头注意力"


def test_a_split_gives_each_what_the_sentences_say_of_it() -> None:
    """Names, definition, relations, what was derived from them, and passages; what says both stays, and names both."""
    whole = merge(curate(mixed(), [SPLIT]).graphs)
    assert {c.id: (c.names, c.definition) for c in whole.concepts if c.id in (MHA, "attention")} == {
        MHA: ((MHA,), None),
        "attention": (("Attention", "注意力"), "Attention weighs what it reads."),
    }
    found = {r.key: r for r in whole.relations}
    uses, part = (MHA, T.USES, "heads"), ("attention", T.PART_OF, "model")
    assert {key for key in found if key[1] is not T.PREREQUISITE_OF} == {uses, part, ("attention", T.USES, "heads")}
    assert found["heads", T.PREREQUISITE_OF, MHA].because == (uses,)
    assert found["attention", T.PREREQUISITE_OF, "model"].because == (part,)
    assert {uses, part} <= set(found["heads", T.PREREQUISITE_OF, "model"].because)
    assert [p.concepts for p in whole.passages] == [(MHA, "model"), ("attention", "model"), ("attention", MHA, "model")]


def test_what_was_split_stays_so_and_what_is_no_more_is_told() -> None:
    """A later decision may name either; splitting what is called otherwise changes nothing; separating always holds."""
    rows = [SPLIT, Decision(what=What.REJECT, source=MHA, type=T.USES, target="heads")]
    found = curate(mixed(), rows)
    assert found.stale == ()
    assert (MHA, T.USES, "heads") not in {r.key for r in merge(found.graphs).relations}
    apart = Decision(what=What.SEPARATE, name="Heads", out=(MHA,))
    assert curate(mixed(), [apart]).applied == (apart,)
    assert merge(curate(mixed(), [replace(SPLIT, what=What.SEPARATE)]).graphs) == merge(curate(mixed(), [SPLIT]).graphs)
    wrong = curate(mixed(), [replace(SPLIT, name="Heads")])
    assert [row.why for row in wrong.stale] == [f"Heads is not called {MHA}"]
    assert curate(mixed(), [replace(apart, name="x", out=("y",))]).stale[0].why == "no concept is called x, y"


def test_a_split_off_concept_takes_no_id_that_means_something_else() -> None:
    """It gets a number where its own is taken."""
    graph = KnowledgeGraph.of([Concept("a", "A", ("B c",)), Concept("b-c", "Something")])
    whole = merge(curate({"x": graph}, [Decision(what=What.SPLIT, name="A", out=("B c",))]).graphs)
    assert {c.id: c.name for c in whole.concepts} == {"a": "A", "b-c": "Something", "b-c-2": "B c"}


def test_a_relation_whose_concept_has_another_name_is_found_by_its_sentence() -> None:
    row = about(What.REJECT, source="G.Q. attn", evidence=(SAYS.upper(),))
    assert curate(graphs(), [row]).applied == (row,)
    both_known = about(What.REJECT, target="MHA", evidence=(SAYS,))  # MHA is there, and the notes never said this of it
    assert [r.why for r in curate(graphs(), [both_known]).stale] == ["the notes do not say this"]


def test_the_later_of_two_decisions_counts_and_the_other_is_told() -> None:
    yes, no = about(What.ACCEPT, time="2026-02-01"), about(What.REJECT, time="2026-01-01")
    for rows in ([yes, no], [no, yes]):
        found = curate(graphs(), rows)
        assert found.applied == (yes,)
        assert [r.decision for r in found.stale] == [no]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2026-01-01T10:00:00+09:00", "2026-01-01T09:00:00Z"),
        ("2026-01-01T10:00:00Z", "2026-01-01T10:00:00.5Z"),
        ("2026-01-01T23:00:00-05:00", "2026-01-02T04:00:01"),
        ("2026-01-01", "2026-01-01T00:00:00,001"),
        ("", "0001-01-01T00:00:01"),
        ("yesterday", "2026-01-01"),
    ],
)
def test_times_are_compared_as_moments(earlier: str, later: str) -> None:
    """Whatever their zone, with fractions or without; what is no time was before all others."""
    rows = [about(What.REJECT, time=earlier), about(What.ACCEPT, time=later)]
    assert curate(graphs(), rows).applied == (rows[1],)
    assert sorted([rows[1], rows[0]], key=by_time) == rows


def test_without_notes_and_without_a_match_every_decision_is_told() -> None:
    rows = [about(What.REJECT, target="nothing"), Decision(what=What.MERGE, name="x", into="GQA")]
    for held in (graphs(), {}):
        found = curate(held, rows)
        assert len(found.stale) == 2
        assert found.graphs == held


# -- all of them ----------------------------------------------------------------------------------------------------

_names = st.sampled_from(["GQA", "MQA", "mha", "Grouped attention", "Heads", "Attention", "多头注意力", "New"])
_types = st.sampled_from([T.EXTENDS, T.USES, T.PREREQUISITE_OF, T.CONTRASTS_WITH, T.PART_OF])


def _made(what: What, one: str, kind: RelationType, other: str, to: RelationType, *, turn: bool, time: int) -> Decision:
    fields: dict[What, dict[str, object]] = {
        What.RENAME: {"name": one, "to": f"{other} 2"},
        What.MERGE: {"name": one, "into": other},
        What.SPLIT: {"name": one, "out": (other,)},
        What.SEPARATE: {"name": one, "out": (other,)},
    }
    said = fields.get(what, {"source": one, "type": kind, "target": other})
    said |= {"to": to.value, "turn": turn} if what is What.EDIT else {}
    return Decision(what=what, time=f"2026-01-0{time}", reason="注 no: #", **said)  # type: ignore[arg-type]


def sensible(decision: Decision) -> bool:
    try:
        return validate(decision) is decision
    except InputError:
        return False


decisions = st.lists(
    st.builds(
        _made, st.sampled_from(What), _names, _types, _names, _types, turn=st.booleans(), time=st.integers(1, 9)
    ).filter(sensible),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(rows=decisions, seed=st.integers(0, 9))
def test_whatever_is_decided_none_is_lost_and_the_order_does_not_matter(rows: list[Decision], seed: int) -> None:
    """Every decision applies or is told; ends and reasons are of concepts that are there; text and back is the same."""
    held = {**graphs(), **{f"mixed/{path}": graph for path, graph in mixed().items()}}
    found = curate(held, rows)
    shuffled = random.Random(seed).sample(rows, len(rows))
    assert curate(held, shuffled) == found
    told = {*found.applied, *(row.decision for row in found.stale)}
    assert told == set(rows)
    assert len(found.applied) + len(found.stale) == len(set(rows))
    whole = merge(found.graphs)
    ids = {concept.id for concept in whole.concepts}
    assert all({r.source, r.target} <= ids for r in whole.relations)
    assert all(set(p.concepts) <= ids for p in whole.passages)
    assert {path for path, graph in found.graphs.items() if graph == held[path]} == {
        path for path, graph in found.graphs.items() if graph is held[path]
    }
    assert [decode_decision(encode_decision(row)) for row in rows] == rows
    assert [decode_decision(encode_decision(row)).id for row in rows] == [row.id for row in rows]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (Decision(what=What.ADD, source="a", type=T.USES), "add needs target"),
        (about(What.REJECT, target="G Q A"), "both ends"),
        (about(What.ACCEPT, name="x"), "accept takes no name; it takes source, type, target"),
        (about(What.EDIT), "edit needs to, a type of relation, or turn"),
        (about(What.EDIT, to="LIKES"), "LIKES is no type of relation; use one of PREREQUISITE_OF"),
        (about(What.EDIT, to="EXTENDS"), "changes nothing"),
        (about(What.EDIT, type=T.CONTRASTS_WITH, turn=True), "changes nothing"),
        (Decision(what=What.RENAME, name="a", to="--"), "'--' is no name"),
        (Decision(what=What.MERGE, name="a", into="A"), "a is named twice"),
        (Decision(what=What.SPLIT, name="a", out=("b", "A")), "a is named twice"),
        (Decision(what=What.MERGE, name="a\0", into="b"), "is no name"),
        (Decision(what=What.MERGE, name="a" * 5000, into="b"), "is no name"),
        (Decision(what=What.MERGE, name="a", into="b", reason="\ud800"), "is no text"),
        (Decision(what=What.MERGE, name="a", into="b", evidence=("x",) * 101), "more than 100"),
        (about(What.ACCEPT, time="tomorrow"), "'tomorrow' is no time of ISO 8601; write one like 2026-"),
        (about(What.ACCEPT, time="2026-13-01"), "no time of ISO 8601"),
    ],
)
def test_what_can_mean_nothing_is_refused_in_one_line(wrong: Decision, words: str) -> None:
    """Whatever the notes say."""
    with pytest.raises(InputError, match=words) as caught:
        validate(wrong)
    assert "\n" not in str(caught.value)


def test_a_decision_is_taken_back_by_its_id() -> None:
    """A mistyped id names those that are like it."""
    rows = [about(What.ACCEPT), about(What.REJECT, time="2026-01-02")]
    assert undone(rows, [rows[0].id]) == rows[1:]
    with pytest.raises(InputError, match=f"did you mean {rows[0].id}"):
        undone(rows, [rows[0].id[:-1] + "x"])
    assert about(What.ACCEPT, line=7, file="f").id == rows[0].id
