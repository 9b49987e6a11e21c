"""Files of notes in, one knowledge graph per source out: the loaders' front door.

    files -> sources -> blocks -> terms that the notes introduce -> mentions -> concepts, topics, relations
          -> inferred prerequisites

Terms are discovered over all files first, so that a name introduced in one is found in the others; the rest is done
file by file, and every source's graph stands alone (its relations name concepts that it holds itself).
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from graph.collector import paused_collector
from graph.errors import UnreadableSource
from graph.model import (
    KnowledgeGraph,
    Relation,
    RelationType,
    Source,
    merge,
)
from loaders.building import Builder, forget_texts
from loaders.curriculum import Curriculum
from loaders.discovery import discover
from loaders.document import Document
from loaders.dropped import (
    Remarks,
    contradicted,
    meanings,
    refused_terms,
)
from loaders.formats import Content, read_document
from loaders.lexicon import Lexicon, default_lexicon
from loaders.matching import forget_documents
from loaders.mentions import find_mentions
from loaders.nesting import Named, Teaching
from loaders.notes import NoteIndex, note_of, note_terms
from loaders.prerequisites import settle
from loaders.reader.model import Model, default_model
from loaders.remembering import Memory
from loaders.rereading import read_again
from loaders.sources import find_files, open_document
from loaders.terms import clean_heading, read_heading
from loaders.topics import unbracketed

__all__ = ["Extraction", "extract", "extract_texts"]


@dataclass(frozen=True, slots=True)
class Extraction:
    """What files said: a contribution per source, by its path, and the files that could not be read, with why.

    `remarks` are there if they were asked for. With a memory, `digests` are those of the contributions by path, as
    stores have them, and `built` are the paths of those that were not as remembered.
    """

    graphs: Mapping[str, KnowledgeGraph]
    failures: tuple[UnreadableSource, ...]
    remarks: Remarks | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
    built: tuple[str, ...] = ()

    def merged(self) -> KnowledgeGraph:
        """Return all contributions as one graph."""
        return merge(self.graphs)


def extract(
    paths: Sequence[Path],
    *,
    lexicon: Lexicon | None = None,
    on_source: Callable[[str], None] | None = None,
    with_remarks: bool = False,
    memory: Memory | None = None,
) -> Extraction:
    """Read files and folders (their notes in the formats of `loaders.formats`, sorted) into contributions.

    `lexicon` is the shipped one unless given; `Lexicon(())` reads with none. `on_source` is called with each source's
    path before its relations are read, for progress. A file that cannot be read is a failure, the others are read.
    `with_remarks` tells what was left out as well; it takes a little longer. With an open `memory` of these paths, made
    for this lexicon, only what changed is read, and the graphs are made when they are asked for.
    """
    files, failures = find_files(paths)
    shipped = default_lexicon() if lexicon is None else lexicon
    teaching = known_teaching(shipped)
    if memory is not None:
        try:
            with paused_collector():
                found = read_again(files, memory, shipped, teaching, default_model(), on_source=on_source)
            return Extraction(found.graphs, (*failures, *found.failures), None, found.digests, found.built)
        except sqlite3.DatabaseError as error:  # a cache must not stand in the way: read everything
            memory.discard(error)
    documents: list[Document] = []
    remarks = Remarks() if with_remarks else None
    with paused_collector():
        for file, name in files:
            try:
                documents.append(open_document(file, name, teaching=teaching))
            except UnreadableSource as error:
                failures.append(error)
        graphs = _extract(documents, shipped, default_model(), on_source, remarks)
    return Extraction(graphs, tuple(failures), remarks)


def extract_texts(
    texts: Sequence[tuple[Source, Content]],
    *,
    lexicon: Lexicon | None = None,
    on_source: Callable[[str], None] | None = None,
    phrasings_only: bool = False,
) -> dict[str, KnowledgeGraph]:
    """Return the contribution of each source, by path: `extract` without files.

    With `phrasings_only` the trained reader (`loaders.reader`) is left out.
    Raises ValueError for a content that its format's reader cannot read; never for Markdown or flattened text.
    """
    shipped = default_lexicon() if lexicon is None else lexicon
    teaching = known_teaching(shipped)
    model = None if phrasings_only else default_model()
    with paused_collector():
        return _extract([read_document(*row, teaching=teaching) for row in texts], shipped, model, on_source)


def _extract(
    documents: Sequence[Document],
    shipped: Lexicon,
    model: Model | None,
    on_source: Callable[[str], None] | None,
    remarks: Remarks | None = None,
) -> dict[str, KnowledgeGraph]:
    notes = [note_of(document) for document in documents]
    named = shipped.extended(note_terms(notes, shipped))
    known = named.extended(discover(documents, named))
    del named  # a lexicon's own tables are as large as half a megabyte of notes
    index = NoteIndex(notes, known)
    curriculum = Curriculum(known.facts)
    graphs: dict[str, KnowledgeGraph] = {}
    proposed: dict[str, list[Relation]] = {}
    try:
        for document in sorted(documents, key=lambda d: d.source.path):  # no cycle may hang on the order given
            if on_source:
                on_source(document.source.path)
            builder = Builder(document, known, model, index, shipped)
            graphs[document.source.path] = builder.build(curriculum)
            proposed[document.source.path] = builder.prerequisites
            if remarks is not None:
                remarks.dropped += [*builder.dropped, *refused_terms(document, builder.named, known)]
                remarks.meanings += meanings(document, builder.mentions, known)
            forget_documents()
    finally:
        forget_texts()
    taken, left_out = settle(
        proposed, (r for g in graphs.values() for r in g.relations if r.type is RelationType.PREREQUISITE_OF)
    )
    for path, graph in graphs.items():
        relations = (*graph.relations, *taken[path])
        graphs[path] = KnowledgeGraph.of(graph.concepts, relations, graph.passages, graph.sources)
        if remarks is not None:
            remarks.dropped += contradicted(left_out[path], path)
    return graphs


def known_teaching(lexicon: Lexicon) -> Teaching:
    """Return what `lexicon` knows of the things that headings name, for rebuilding an outline."""

    def read(text: str, below: str) -> Named:
        heading = read_heading(text, lexicon, context=below)
        mentions = find_mentions(unbracketed(clean_heading(text)), lexicon, context=below)
        whole = tuple(m.concept for m in mentions if not m.compound)
        things = heading.concepts or whole or tuple(m.concept for m in mentions)
        return Named(tuple(dict.fromkeys(things)), heading.compares)

    return Teaching(lexicon, read)
