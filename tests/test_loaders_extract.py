"""The loaders as one: what holds for every graph that is read off notes, shown on the sample notes and on any text."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.model import Concept, ConceptKind, Evidence, KnowledgeGraph, Origin, RelationType, Source, SourceFormat
from loaders.extract import Extraction, extract, extract_texts
from loaders.lexicon import Lexicon, Term
from loaders.sources import decode

NOTES = Path(__file__).resolve().parent.parent / "notes"
FEW = Lexicon(
    [
        Term("attention", ("Attention", "注意力"), ConceptKind.METHOD),
        Term(
            "multi-query-attention",
            ("Multi-Query Attention", "MQA", "多查询注意力"),
            ConceptKind.METHOD,
            isa="attention",
        ),
        Term("grouped-query-attention", ("Grouped-Query Attention", "GQA"), ConceptKind.METHOD, isa="attention"),
        Term("overfitting", ("Overfitting", "过拟合"), ConceptKind.PROBLEM),
        Term("dropout", ("Dropout",), ConceptKind.METHOD, weak=frozenset({"dropout"})),
    ]
)  # small, so that reading a text costs what the text costs


@cache
def _notes() -> Extraction:
    """The sample notes, read once."""
    return extract([NOTES])


@cache
def _lines(path: str) -> list[str]:
    return decode((NOTES.parent / path).read_bytes()).split("\n")


@cache
def _read_few(text: str, form: SourceFormat) -> KnowledgeGraph:
    return extract_texts([(Source("text", form, "Text", "0" * 64), text)], lexicon=FEW)["text"]


def _words(text: str) -> str:
    """A text without spaces and bars: a table's row is quoted without the padding of its cells."""
    return "".join(text.replace("|", "").split())


each_graph = pytest.mark.parametrize("path", sorted(p.relative_to(NOTES.parent).as_posix() for p in NOTES.rglob("*.*")))


# -- the sample notes -------------------------------------------------------------------------------------------------


def test_the_sample_notes_are_worth_exploring() -> None:
    merged = _notes().merged()
    assert _notes().failures == ()
    assert len(merged.concepts) >= 150
    assert len(merged.relations) >= 250
    stated = {r.type for r in merged.relations if r.origin is Origin.STATED}
    assert len(stated) >= 10


@each_graph
def test_evidence_stands_at_its_line(path: str) -> None:
    graph = _notes().graphs[path]
    evidence = {e for r in graph.relations for e in r.evidence}
    assert evidence
    for row in evidence:
        assert row.source == path
        assert _is_at(row), row


def _is_at(row: Evidence) -> bool:
    """Tell whether one of the lines of an evidence's text is part of the line that it names, or the other way round."""
    line = _words(_lines(row.source)[row.line - 1])
    return bool(line) and any(p and (p in line or line in p) for p in map(_words, row.text.split("\n")))


@each_graph
def test_passages_and_concepts_stand_at_their_lines(path: str) -> None:
    graph = _notes().graphs[path]
    for passage in graph.passages:
        assert _words(passage.text.split("\n")[0])[:40] in _words(_lines(path)[passage.line - 1])
    for concept in graph.concepts:
        assert concept.document == path
        assert concept.line
        assert _lines(path)[concept.line - 1].strip()


@each_graph
def test_a_graph_stands_alone(path: str) -> None:
    graph = _notes().graphs[path]
    ids = {c.id for c in graph.concepts}
    assert {end for r in graph.relations for end in (r.source, r.target)} <= ids
    assert [s.path for s in graph.sources] == [path]


@each_graph
def test_every_relation_says_why(path: str) -> None:
    graph = _notes().graphs[path]
    keys = {r.key for r in graph.relations}
    for relation in graph.relations:
        assert 0 < relation.confidence <= 1
        if relation.origin is Origin.INFERRED:
            assert relation.because or relation.evidence
            assert set(relation.because) <= keys
        else:
            assert relation.evidence
            assert relation.because == ()


@each_graph
def test_what_to_learn_first_has_no_cycle(path: str) -> None:
    graph = _notes().graphs[path]
    order = nx.DiGraph([(r.source, r.target) for r in graph.relations if r.type is RelationType.PREREQUISITE_OF])
    assert nx.is_directed_acyclic_graph(order)


@each_graph
def test_a_group_belongs_to_one_combination(path: str) -> None:
    combined = [r for r in _notes().graphs[path].relations if r.type is RelationType.COMBINES]
    owners = {r.group: r.source for r in combined}
    assert None not in owners
    assert all(owners[r.group] == r.source for r in combined)


def test_reading_twice_gives_the_same() -> None:
    assert extract([NOTES]) == _notes()


def test_the_order_of_the_files_does_not_matter(tmp_path: Path) -> None:
    texts = {
        "a.md": "# Quokka Fold\n\nQuokka Fold uses MQA.\n",
        "b.md": "BERT uses Quokka Fold. A Wombat Fold (WFO) extends Quokka Fold.\n",
        "c.md": "## Wombat Fold\n\nWombat Fold uses GQA, and WFO is fast.\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    files = [tmp_path / name for name in texts]
    forwards, backwards = extract(files), extract(files[::-1])
    assert dict(forwards.graphs) == dict(backwards.graphs)
    assert forwards.merged() == backwards.merged()


@pytest.mark.parametrize("path", ["zh/optimizers.md", "en/attention.md", "zh/interview-flat.txt"])
def test_one_file_alone_speaks_of_the_same_concepts_as_among_others(path: str) -> None:
    together = {c.id: c.name for c in _notes().merged().concepts}
    [graph] = extract([NOTES / path]).graphs.values()
    assert {c.id: c.name for c in graph.concepts if together.get(c.id) != c.name} == {}


def test_progress_names_every_source_once() -> None:
    seen: list[str] = []
    extract([NOTES / "zh"], on_source=seen.append, lexicon=FEW)
    assert sorted(seen) == sorted(f"zh/{p.name}" for p in (NOTES / "zh").iterdir())


# -- any text ---------------------------------------------------------------------------------------------------------

PIECES = [
    *"#*_`~=-+>|[](){}<>!\\$&:：。，、；？.,;?\n\n\n \t\"'“”（）①•→^/0179aAzZ",
    *"的是与和用在不了注意力法\u00a0\u3000\u200d\U000f0000é🙂",
    *(
        "MQA",
        "GQA",
        "Attention",
        "Dropout",
        "多查询注意力",
        "过拟合",
        "Adam = ",
        "等价于",
        " is a variant of ",
        "结合了",
        "又称",
    ),
    *(
        "[[",
        "]]",
        "**",
        "```\n",
        "$$",
        "# ",
        "- ",
        "1. ",
        "    ",
        "|---|",
        "---\n",
        "<!--",
        "-->",
        "https://a.b",
        "http",
        "&amp;",
    ),
]
any_text = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


@pytest.mark.parametrize("form", ["markdown", "plaintext"])
@given(text=any_text)
@settings(max_examples=200, deadline=None)
def test_any_text_is_read(form: SourceFormat, text: str) -> None:
    graph = _read_few(text, form)
    lines = text.split("\n")
    ids = {c.id for c in graph.concepts}
    assert {end for r in graph.relations for end in (r.source, r.target)} <= ids
    assert all(1 <= p.line <= len(lines) for p in graph.passages)
    assert all(1 <= e.line <= len(lines) for r in graph.relations for e in r.evidence)
    assert all(c.line and 1 <= c.line <= len(lines) for c in graph.concepts)


@given(st.lists(any_text, min_size=2, max_size=3))
@settings(max_examples=50, deadline=None)
def test_any_texts_are_read_together(texts: list[str]) -> None:
    graphs: Mapping[str, KnowledgeGraph] = extract_texts(
        [(Source(str(n), "markdown", "Text", "0" * 64), text) for n, text in enumerate(texts)], lexicon=FEW
    )
    assert list(graphs) == [str(n) for n in range(len(texts))]
    names: dict[str, set[str]] = {}
    for graph in graphs.values():
        for concept in graph.concepts:
            names.setdefault(concept.name, set()).add(concept.id)
    assert all(len(ids) == 1 for ids in names.values())


def test_a_concept_is_whole() -> None:
    graph = _read_few("# GQA\n\nGQA is a variant of MQA.\n", "markdown")
    assert graph.concept("grouped-query-attention") == Concept(
        "grouped-query-attention",
        "Grouped-Query Attention",
        ("GQA",),
        ConceptKind.METHOD,
        "GQA is a variant of MQA.",
        "text",
        1,
    )
    [stated] = [r for r in graph.relations if r.origin is Origin.STATED]
    assert stated.evidence == (Evidence("text", 3, "GQA is a variant of MQA.", "en.extends.variant"),)
