"""Graphs made up by chance: all that the model can hold, with names and ids that formats find hard to hold."""

from collections.abc import Mapping
from dataclasses import replace
from typing import get_args

from hypothesis import strategies as st

from graph.interchange import edge_row, node_row
from graph.model import (
    Concept,
    ConceptKind,
    Evidence,
    KnowledgeGraph,
    Origin,
    Passage,
    Relation,
    RelationType,
    Source,
    SourceFormat,
)

__all__ = ["graphs", "hostile_graphs"]

T = RelationType

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
named = text.filter(lambda t: bool(t.strip()))
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
PATHS = ["a.md", "笔记/b.txt", "import:c.json"]
IDS = ["gqa", "mqa", "注意力", "1", " spaced "]
usual_ids = st.just(IDS)
lines = st.integers(1, 10_000)


def extras(of: Mapping[str, object]) -> st.SearchStrategy[dict[str, object]]:
    return st.dictionaries(text.filter(lambda key: key not in of), json_values, max_size=2)


@st.composite
def concepts(draw: st.DrawFn, concept_id: str, text: st.SearchStrategy[str] = text) -> Concept:
    named = text.filter(lambda t: bool(t.strip()))
    name = draw(named)
    aliases = tuple(alias for alias in draw(st.lists(named, max_size=3, unique=True)) if alias != name)
    return Concept(
        concept_id,
        name,
        aliases,
        draw(st.sampled_from(ConceptKind)),
        draw(st.none() | st.just("") | text),
        draw(st.none() | text),
        draw(st.none() | lines),
        draw(extras(node_row(Concept("x", "x")))),
    )


@st.composite
def relations(draw: st.DrawFn, ids: st.SearchStrategy[str], text: st.SearchStrategy[str] = text) -> Relation:
    named = text.filter(lambda t: bool(t.strip()))
    keys = st.tuples(ids, st.sampled_from(list(T)), ids)
    evidence = st.builds(Evidence, st.sampled_from(PATHS), lines, text, named)
    because = draw(st.lists(keys, max_size=2, unique=True).map(tuple))
    said = draw(st.lists(evidence, max_size=2, unique=True).map(tuple))
    row = Relation(
        *draw(keys),
        draw(st.sampled_from(Origin)) if because or said else Origin.CURATED,
        draw(st.floats(0, 1)),
        said,
        because,
        draw(st.none() | text),
    )
    return replace(row, extra=draw(extras(edge_row(row))))


@st.composite
def graphs(
    draw: st.DrawFn, ids: st.SearchStrategy[list[str]] = usual_ids, text: st.SearchStrategy[str] = text
) -> KnowledgeGraph:
    """Graphs that keep what a store keeps: a concept for each end, a source for each document, a reason or evidence."""
    drawn = draw(ids)
    named = text.filter(lambda t: bool(t.strip()))
    passages = st.builds(
        Passage,
        st.sampled_from(PATHS),
        lines,
        named,
        st.lists(text, max_size=2).map(tuple),
        st.just(tuple(drawn[:2])),
    )
    formats: st.SearchStrategy[SourceFormat] = st.sampled_from(get_args(SourceFormat))
    return KnowledgeGraph.of(
        [draw(concepts(concept_id, text)) for concept_id in drawn],
        draw(st.lists(relations(st.sampled_from(drawn), text), max_size=5, unique_by=lambda r: r.canonical().key)),
        draw(st.lists(passages, max_size=3)),
        [Source(path, draw(formats), draw(named), "0" * 64) for path in PATHS],
    )


# What ends a string, a cell, a tag, a comment or a line somewhere; what is no character of XML; what spreadsheets
# compute; what is written with escapes; what only looks like an escape; and the ends of ids.
HOSTILE = [
    *"=+-@'\"\\`$;,<>&%#?|{}[]()/: \t\r\n\x01\x0b\x7f\x85\ufeff\ufffe\uffff\u2028\u202e\u0301é＝",
    *("=1+1", "'=1", "@SUM(A1)", "a; b", "; ", "\r\n", "]]>", "<b>", "&amp;", "&#10;", "\\u0060", "\\n", "%41"),
    *(
        "[[x]]",
        "://",
        '"""',
        "\\\\",
        "a",
        "B",
        "注意力",
        "🧪",
        "1",
        "-->",
        "*/",
        "//",
        "CON",
        "..",
        "^^",
        "@en",
        "null",
    ),
]
hostile_text = st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=5).map("".join)
hostile_ids = st.lists(hostile_text.filter(lambda t: bool(t.strip())), min_size=2, max_size=5, unique=True)


def hostile_graphs() -> st.SearchStrategy[KnowledgeGraph]:
    """Graphs whose ids, names and sentences are made of what formats find hard to hold."""
    return graphs(hostile_ids, hostile_text)
