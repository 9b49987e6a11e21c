"""What holds whatever notes say and whatever is decided: random decisions of every kind on random small graphs."""

from hypothesis import given, settings
from hypothesis import strategies as st

from graph.curation.apply import curate
from graph.curation.decision import Decision, What, by_time, validate
from graph.errors import InputError
from graph.model import Concept, Evidence, KnowledgeGraph, Origin, Passage, Relation, RelationType, merge
from graph.names import name_key

T = RelationType
NAMES = ["Ant", "Bee", "Cat", "Dog", "Eel", "狐狸"]
TYPES = [T.PREREQUISITE_OF, T.USES, T.EXTENDS, T.CONTRASTS_WITH]
Graphs = dict[str, KnowledgeGraph]

_name = st.sampled_from(NAMES)
_ids = st.sampled_from(["c0", "c1", "c2", "c3"])


@st.composite
def notes(draw: st.DrawFn) -> Graphs:
    """One to three sources about up to four concepts, some under several names, with what was inferred from them."""
    graphs = {}
    for path in ("a.md", "b.md", "c.md")[: draw(st.integers(1, 3))]:
        ids = sorted(draw(st.sets(_ids, min_size=1)))
        concepts = [Concept(id_, *_called(draw(st.lists(_name, min_size=1, max_size=3, unique=True)))) for id_ in ids]
        pairs = [(a, b) for a in ids for b in ids if a != b]
        relations = []
        for source, target in draw(st.lists(st.sampled_from(pairs), max_size=4, unique=True)) if pairs else ():
            text = " ".join(draw(st.lists(_name, min_size=1, max_size=3)))
            kind = draw(st.sampled_from(TYPES))
            relation = Relation(source, kind, target, evidence=(Evidence(path, 1, text, "rule"),)).canonical()
            relations.append(relation)
            if kind in (T.USES, T.EXTENDS) and draw(st.booleans()):
                relations.append(Relation(target, T.PREREQUISITE_OF, source, Origin.INFERRED, 0.5, (), (relation.key,)))
        passages = [Passage(path, 1, " ".join(c.name for c in concepts), (), tuple(ids))]
        graphs[path] = KnowledgeGraph.of(concepts, relations, passages)
    return graphs


def _called(names: list[str]) -> tuple[str, tuple[str, ...]]:
    return names[0], tuple(names[1:])


def _made(what: What, names: list[str], kind: RelationType, to: RelationType, *, turn: bool, time: int) -> Decision:
    one, other, third = names
    fields: dict[What, dict[str, object]] = {
        What.RENAME: {"name": one, "to": other},
        What.MERGE: {"name": one, "into": other},
        What.SPLIT: {"name": one, "out": (other, third) if turn else (other,)},
        What.SEPARATE: {"name": one, "out": (other, third) if turn else (other,)},
    }
    said = fields.get(what, {"source": one, "type": kind, "target": other})
    said |= {"to": to.value, "turn": turn} if what is What.EDIT else {}
    return Decision(what=what, time=f"2026-01-0{time}" if time else "", **said)  # type: ignore[arg-type]


def _sensible(decision: Decision) -> bool:
    try:
        return validate(decision) is decision
    except InputError:
        return False


_type = st.sampled_from(TYPES)
_names = st.lists(st.sampled_from([*NAMES, "New"]), min_size=3, max_size=3, unique=True)
_decision = st.builds(
    _made, st.sampled_from(What), _names, _type, _type, turn=st.booleans(), time=st.integers(0, 9)
).filter(_sensible)
_decisions = st.lists(_decision, max_size=6, unique=True)


@settings(max_examples=300, deadline=None)
@given(held=notes(), rows=_decisions)
def test_applying_depends_on_neither_order_and_changes_nothing_given(held: Graphs, rows: list[Decision]) -> None:
    """Of sources or of decisions; asked twice, it answers the same."""
    found = curate(held, rows)
    assert curate(dict(reversed(held.items())), rows[::-1]) == found
    assert sorted([*found.applied, *(row.decision for row in found.stale)], key=by_time) == sorted(rows, key=by_time)


@settings(max_examples=300, deadline=None)
@given(held=notes(), rows=_decisions)
def test_without_any_of_the_stale_decisions_all_is_the_same(held: Graphs, rows: list[Decision]) -> None:
    """A stale decision changes nothing: with it taken back the result is the same."""
    found = curate(held, rows)
    for row in found.stale:
        assert curate(held, [one for one in rows if one != row.decision]).graphs == found.graphs


@settings(max_examples=300, deadline=None)
@given(held=notes(), row=_decision)
def test_a_decision_alone_is_stale_exactly_if_it_changes_nothing(held: Graphs, row: Decision) -> None:
    """But for separating what is separate, and being sure of what is sure: these guard what is to come."""
    found = curate(held, [row])
    if row.what is not What.SEPARATE:
        assert bool(found.stale) == (found.graphs == held)
    elif found.stale:
        assert found.graphs == held


@settings(max_examples=300, deadline=None)
@given(held=notes(), rows=_decisions)
def test_nothing_is_invented(held: Graphs, rows: list[Decision]) -> None:
    """Every end is there, every sentence is of the notes, every inferred relation has a reason that is there.

    What has neither was added by a person.
    """
    found = curate(held, rows)
    whole, before = merge(found.graphs), merge(held)
    ids = {concept.id for concept in whole.concepts}
    keys = {relation.key for relation in whole.relations}
    sentences = {e for relation in before.relations for e in relation.evidence}
    given_ = {name_key(name) for concept in before.concepts for name in concept.names}
    given_ |= {name_key(name) for row in rows for name in (row.to, row.source, row.target) if name}
    assert {name_key(name) for concept in whole.concepts for name in concept.names} <= given_
    for relation in whole.relations:
        assert {relation.source, relation.target} <= ids
        assert set(relation.evidence) <= sentences
        assert set(relation.because) <= keys
        assert relation.evidence or relation.because or relation.origin is Origin.CURATED
    if not any(row.what in (What.ADD, What.EDIT) for row in found.applied):
        assert len(whole.relations) <= 2 * len(before.relations)
    assert all(set(passage.concepts) <= ids for passage in whole.passages)
    assert [(p.source, p.line, p.text) for p in whole.passages] == [(p.source, p.line, p.text) for p in before.passages]


@settings(max_examples=300, deadline=None)
@given(held=notes(), rows=_decisions)
def test_names_that_are_separated_are_never_those_of_one_concept(held: Graphs, rows: list[Decision]) -> None:
    """Whatever else is decided, and whatever the notes say."""
    found = curate(held, rows)
    for row in found.applied:
        if row.what is What.SEPARATE:
            merged = [
                {name_key(row.name), name_key(name)}
                for one in rows
                if one.what is What.MERGE
                for name in row.out
                if {name_key(one.name), name_key(one.into)} == {name_key(row.name), name_key(name)}
            ]
            for concept in merge(found.graphs).concepts:
                names = {name_key(name) for name in concept.names}
                assert not any(
                    {name_key(row.name), name_key(name)} <= names
                    for name in row.out
                    if {name_key(row.name), name_key(name)} not in merged
                )
