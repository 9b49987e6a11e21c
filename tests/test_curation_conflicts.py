"""Decisions that touch each other: which counts, which is told to be stale, and what holds for ever."""

from graph.curation.apply import Curated, curate
from graph.curation.decision import Decision, What
from graph.model import Concept, Evidence, KnowledgeGraph, Origin, Relation, RelationType, merge

T = RelationType
Names = dict[str, tuple[str, ...]]


def notes(*called: tuple[str, ...], relations: tuple[Relation, ...] = ()) -> dict[str, KnowledgeGraph]:
    concepts = [Concept(names[0].lower(), names[0], names[1:]) for names in called]
    return {"a.md": KnowledgeGraph.of(concepts, relations)}


def says(source: str, kind: RelationType, target: str) -> Relation:
    return Relation(source, kind, target, evidence=(Evidence("a.md", 1, f"{source} {target}.", "r"),))


def on(day: int, what: What, name: str, other: str) -> Decision:
    field = {What.RENAME: "to", What.MERGE: "into"}.get(what)
    time = f"2026-01-{day:02}"
    if field is None:
        return Decision(what=what, name=name, out=(other,), time=time)
    return Decision(what=what, name=name, time=time, **{field: other})  # type: ignore[arg-type]


def about(day: int, what: What, source: str, kind: RelationType, target: str, **more: str) -> Decision:
    time = f"2026-01-{day:02}"
    return Decision(what=what, source=source, type=kind, target=target, time=time, **more)  # type: ignore[arg-type]


def names(found: Curated) -> Names:
    return {concept.id: concept.names for concept in merge(found.graphs).concepts}


def keys(found: Curated) -> set[tuple[str, RelationType, str]]:
    return {relation.key for relation in merge(found.graphs).relations}


def why(found: Curated) -> list[str]:
    return [row.why for row in found.stale]


# -- kept apart -----------------------------------------------------------------------------------------------------


def test_separated_names_are_kept_apart_whatever_would_make_them_one() -> None:
    """A merge by way of a third, before or after; a new name; notes that give both names to one concept later."""
    apart = on(5, What.SEPARATE, "A", "B")
    for day in (1, 6):
        rows = [apart, on(day, What.MERGE, "A", "C"), on(day + 1, What.MERGE, "C", "B")]
        found = curate(notes(("A",), ("B",), ("C",)), rows)
        assert names(found) == {"b": ("B",), "c": ("C", "A")}
        assert why(found) == [f"A and B are kept apart by decision {apart.id}"]
    found = curate(notes(("A",), ("C", "B")), [apart, on(6, What.RENAME, "C", "A")])
    assert names(found) == {"a": ("A",), "c": ("C", "B")}
    assert names(curate(notes(("A", "B")), [apart])) == {"a": ("A",), "b": ("B",)}
    assert curate(notes(("A",), ("B",)), [apart]).applied == (apart,)


def test_a_person_may_make_one_later_what_was_separated() -> None:
    """By the very two names; the later of the two decisions counts."""
    for earlier, later, result in (
        (What.SEPARATE, What.MERGE, {"b": ("B", "A")}),
        (What.MERGE, What.SEPARATE, {"a": ("A",), "b": ("B",)}),
    ):
        rows = [on(1, earlier, "A", "B"), on(2, later, "A", "B")]
        found = curate(notes(("A",), ("B",)), rows)
        assert names(found) == result
        assert (found.applied, why(found)) == ((rows[1],), ["a later decision says otherwise"])


def test_of_a_merge_and_a_split_of_the_same_names_the_later_counts() -> None:
    """A split after a merge gives back what was there, also what has no sentence; a merge forbids the split."""
    bare = Relation("a", T.USES, "c")
    held = notes(("A",), ("B",), ("C",), relations=(bare,))
    rows = [on(1, What.MERGE, "A", "B"), on(2, What.SPLIT, "B", "A")]
    found = curate(held, rows)
    assert (found.graphs, found.applied) == (held, (rows[1],))
    both = notes(("B", "A"), ("C",))
    rows = [on(1, What.SPLIT, "B", "A"), on(2, What.MERGE, "A", "B")]
    found = curate(both, rows)
    assert (found.graphs, found.applied) == (both, (rows[1],))


def test_what_a_merge_brought_a_split_under_another_name_takes_out_whole() -> None:
    """The concept was renamed in between."""
    bare = Relation("a", T.USES, "c")
    rows = [on(1, What.MERGE, "A", "B"), on(2, What.RENAME, "B", "D"), on(3, What.SPLIT, "D", "A")]
    found = curate(notes(("A",), ("B",), ("C",), relations=(bare,)), rows)
    assert names(found) == {"a": ("A",), "b": ("D", "B"), "c": ("C",)}
    assert keys(found) == {("a", T.USES, "c")}
    assert found.stale == ()


# -- names ----------------------------------------------------------------------------------------------------------


def test_names_chain_and_the_middle_one_can_be_taken_back() -> None:
    """A is called B, B is merged into C, C is called D: each names what the one before made."""
    held = notes(("A",), ("C",))
    rows = [on(1, What.RENAME, "A", "B"), on(2, What.MERGE, "B", "C"), on(3, What.RENAME, "C", "D")]
    assert names(curate(held, rows)) == {"c": ("D", "B", "A", "C")}
    assert names(curate(held, [rows[0], rows[2]])) == {"a": ("B", "A"), "c": ("D", "C")}
    without = curate(held, rows[1:])
    assert (names(without), why(without)) == ({"a": ("A",), "c": ("D", "C")}, ["no concept is called B"])


def test_two_concepts_are_not_renamed_to_one_name() -> None:
    """The first has it; to make them one is another decision. Once they are one, there is nothing left to rename."""
    held = notes(("A",), ("B",))
    rows = [on(1, What.RENAME, "A", "N"), on(2, What.RENAME, "B", "N")]
    found = curate(held, rows)
    assert names(found) == {"a": ("N", "A"), "b": ("B",)}
    assert why(found) == ["another concept is called N; merge them if they are one"]
    assert names(curate(held, [*rows, on(3, What.MERGE, "B", "N")])) == {"a": ("N", "A", "B")}


def test_a_rename_without_a_time_waits_for_the_name_that_another_gives() -> None:
    rows = [Decision(what=What.RENAME, name=one, to=other) for one, other in ("AB", "BC", "CD", "DE")]
    assert names(curate(notes(("A",)), rows))["a"][0] == "E"


def test_what_is_made_for_a_relation_takes_no_id_that_means_something_else() -> None:
    held = {"a.md": KnowledgeGraph.of([Concept("new-one", "Something"), Concept("a", "A")])}
    found = curate(held, [about(1, What.ADD, "New one", T.USES, "A")])
    assert names(found) == {"a": ("A",), "new-one": ("Something",), "new-one-2": ("New one",)}


# -- relations ------------------------------------------------------------------------------------------------------


def test_a_prerequisite_that_follows_from_what_was_added_can_be_rejected() -> None:
    """Before or after; it stays away, and comes back when the rejection is taken back."""
    held = notes(("A",), ("B",))
    add = about(2, What.ADD, "A", T.USES, "B")
    assert keys(curate(held, [add])) == {("a", T.USES, "b"), ("b", T.PREREQUISITE_OF, "a")}
    for day in (1, 3):
        reject = about(day, What.REJECT, "B", T.PREREQUISITE_OF, "A")
        found = curate(held, [add, reject])
        assert (keys(found), found.stale) == ({("a", T.USES, "b")}, ())
        assert why(curate(held, [reject])) == ["the notes do not say this"]


def test_accepting_brings_nothing_and_adding_what_reading_would_bring() -> None:
    """With the sureness of its type, and not where the contrary is stated."""
    uses = says("a", T.USES, "b")
    held = notes(("A",), ("B",), relations=(uses,))
    assert keys(curate(held, [about(1, What.ACCEPT, "A", T.USES, "B")])) == {uses.key}
    add = about(1, What.ADD, "A", T.USES, "B")
    (first,) = [r for r in merge(curate(notes(("A",), ("B",)), [add]).graphs).relations if r.type is T.PREREQUISITE_OF]
    assert (first.confidence, first.origin, first.because) == (0.65, Origin.INFERRED, (uses.key,))
    contrary = says("a", T.PREREQUISITE_OF, "b")
    found = curate(notes(("A",), ("B",), relations=(contrary,)), [add])
    assert keys(found) == {uses.key, contrary.key}


def test_what_a_definition_says_as_well_stays_when_its_reason_goes() -> None:
    uses = says("a", T.USES, "b")
    first = Relation(
        "b", T.PREREQUISITE_OF, "a", Origin.INFERRED, 0.8, (Evidence("a.md", 2, "A is made of B.", "d"),), (uses.key,)
    )
    found = curate(notes(("A",), ("B",), relations=(uses, first)), [about(1, What.REJECT, "A", T.USES, "B")])
    assert [(r.key, r.because) for r in merge(found.graphs).relations] == [(first.key, ())]


def test_an_edit_is_not_stale_while_a_later_decision_goes_on_from_it() -> None:
    """Taken back, the later one would find nothing, and what the notes say would show again."""
    held = notes(("A",), ("B",), relations=(says("a", T.USES, "b"),))
    rows = [about(1, What.EDIT, "A", T.USES, "B", to="CAUSES"), about(2, What.REJECT, "A", T.CAUSES, "B")]
    found = curate(held, rows)
    assert (keys(found), found.stale) == (set(), ())
    twice = [about(1, What.ADD, "B", T.CAUSES, "A"), about(2, What.ACCEPT, "B", T.CAUSES, "A")]
    assert why(curate(held, twice)) == ["it is certain already"]
