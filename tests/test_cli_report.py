"""`noteatlas report`: what was found, what was left out and why, what was chosen, and what notes never explain."""

import json
from pathlib import Path

import pytest

from graph.model import Concept, Evidence, KnowledgeGraph, Passage, Relation, RelationType
from graph.review import review
from loaders.dropped import Drop, Dropped, Meaning, contradicted, improbable
from loaders.extract import extract
from loaders.lexicon import Lexicon
from loaders.prerequisites import LeftOut, infer_prerequisites
from tests.command_line import noteatlas

T = RelationType
NOTES = """# Training

## What could possibly go wrong here?

## A way of saying far too much at once

Adam uses momentum. The bandwidth is a word that is said in passing.

## Learning rates

A high LR makes the loss jump from epoch to epoch. The step is small.

"""
LONG = "Dropout lowers " + "very " * 150 + "much of the overfitting."


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A folder with one note of whose headings two name nothing, with a sentence that is too long, and a bad file."""
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "training.md").write_text(f"{NOTES}{LONG}\n", encoding="utf-8")
    (folder / "broken.md").write_bytes(b"\x00\x01\x02")
    return folder


def test_what_is_left_out_is_remarked_with_its_place_and_reason(notes: Path) -> None:
    remarks = extract([notes], with_remarks=True).remarks
    assert remarks is not None
    path = "notes/training.md"
    assert Dropped(Drop.TERM, path, 3, "What could possibly go wrong here?", "a question") in remarks.dropped
    assert (
        Dropped(Drop.TERM, path, 5, "A way of saying far too much at once", "a phrase, not a name") in remarks.dropped
    )
    (long,) = (row for row in remarks.dropped if row.what is Drop.SENTENCE)
    assert (long.line, long.reason) == (13, "more than 600 characters")
    assert long.text.startswith("Dropout lowers very")
    passing = [row for row in remarks.dropped if row.what is Drop.CONCEPT]
    assert all(row.reason == "said once, in passing" and row.line for row in passing)
    assert Meaning("LR", path, 11, "learning-rate") in remarks.meanings
    assert extract([notes]).remarks is None


def test_a_prerequisite_that_would_close_a_cycle_is_left_out_and_told() -> None:
    """The less sure of two that contradict each other goes."""
    stated = [Relation("a", T.EXTENDS, "b", confidence=0.9), Relation("b", T.USES, "a", confidence=0.9)]
    left_out: list[LeftOut] = []
    taken = infer_prerequisites(stated, {}, Lexicon(()), left_out=left_out)
    assert [(r.source, r.target) for r in taken] == [("b", "a")]
    assert contradicted(left_out, "n.md") == [
        Dropped(Drop.PREREQUISITE, "n.md", 0, "a PREREQUISITE_OF b", "would close a cycle with surer ones")
    ]


def test_what_the_trained_reader_does_not_believe_is_told_with_its_rule() -> None:
    said = (Evidence("n.md", 7, "A uses B.", "en.uses"),)
    read = [Relation("a", T.USES, "b", evidence=said), Relation("a", T.IS_A, "b", evidence=said)]
    assert improbable(read, read[1:], "n.md") == [
        Dropped(Drop.RELATION, "n.md", 7, "a USES b, read by en.uses", "another reading, or none, is more probable")
    ]


def needed(concept: str, *others: str) -> list[Relation]:
    """Relations that say that all of `others` need `concept`."""
    return [Relation(concept, T.PREREQUISITE_OF, other) for other in others]


def test_a_gap_is_needed_by_many_and_explained_nowhere() -> None:
    concepts = [
        Concept("gap", "Gap"),
        Concept("more", "More"),
        Concept("defined", "Defined", definition="Defined is defined."),
        Concept("headed", "Headed", ("the heading",)),
        Concept("topic", "Topic"),
        Concept("rare", "Rare"),
        *(Concept(x, x.upper()) for x in "abcd"),
    ]
    relations = [
        *needed("gap", *"abc"), *needed("more", *"abcd"), *needed("defined", *"abc"), *needed("headed", *"abc"),
        *needed("topic", *"abc"), *needed("rare", *"ab"), Relation("a", T.IN_TOPIC, "topic"),
    ]  # fmt: skip
    passages = [Passage("n.md", 3, "text", ("Top", "The Heading"))]
    found = review(KnowledgeGraph.of(concepts, relations, passages))
    assert [(gap.concept.id, gap.needed_by) for gap in found.gaps] == [
        ("more", ("a", "b", "c", "d")),
        ("gap", ("a", "b", "c")),
    ]


def test_a_review_counts_and_names_what_nothing_relates_to() -> None:
    graph = KnowledgeGraph.of(
        [Concept("b", "Beta", ("LR",)), Concept("a", "Alpha", ("lr",)), Concept("z", "zeta"), Concept("y", "Eta")],
        [Relation("a", T.USES, "b")],
    )
    found = review(graph)
    assert [c.id for c in found.alone] == ["y", "z"]
    assert dict(found.shared) == {"lr": ("a", "b")}
    assert {kind.value: dict(row) for kind, row in found.relations.items()} == {"USES": {"stated": 1}}
    assert sum(found.concepts.values()) == 4
    assert found.gaps == ()


def test_the_command_reports_on_notes_and_names_the_file_that_it_cannot_read(notes: Path) -> None:
    result = noteatlas("report", "notes", cwd=notes.parent)
    text = result.stdout.decode()
    assert result.status == 1
    assert result.stderr.count("\n") == 1
    assert "broken.md: binary" in result.stderr
    assert text.startswith("1 source\n")
    assert "Left out, terms: a question (1)\n  What could possibly go wrong here? (notes/training.md:3)" in text
    assert "LR: Learning Rate (notes/training.md:11)" in text
    assert "Files that could not be read (1)" in text
    found = json.loads(noteatlas("report", "notes", "--json", cwd=notes.parent).stdout)
    assert found["failures"]["count"] == found["sources"]["count"] == 1
    assert {"what": "term", "reason": "a question"}.items() <= next(
        row for row in found["dropped"] if row["reason"] == "a question"
    ).items()


def test_the_command_reports_on_a_store_and_cuts_its_lists(notes: Path) -> None:
    (notes / "broken.md").unlink()
    (notes / "empty-headings.md").write_text("".join(f"# Zorgnet-{n}\n\n" for n in "ABCDEFG"), encoding="utf-8")
    assert noteatlas("load", "notes", cwd=notes.parent).status == 0
    found = noteatlas("report", "--first", "2", "--json", cwd=notes.parent).json
    assert found["dropped"] is None
    assert found["without_relations"]["count"] >= 7
    assert len(found["without_relations"]["first"]) == 2
    text = noteatlas("report", "--first", "2", cwd=notes.parent).text
    assert f"  and {found['without_relations']['count'] - 2} more" in text
    assert noteatlas("report", "--first", "2", cwd=notes.parent).text == text
