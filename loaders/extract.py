"""Files of notes in, one knowledge graph per source out: the loaders' front door.

    files -> sources -> blocks -> terms that the notes introduce -> mentions -> concepts, topics, relations
          -> inferred prerequisites

Terms are discovered over all files first, so that a name introduced in one is found in the others; the rest is done
file by file, and every source's graph stands alone (its relations name concepts that it holds itself).
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

from graph.errors import UnreadableSource
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
    merge,
)
from loaders.document import Block, Document, Span
from loaders.lexicon import Lexicon, Term, default_lexicon
from loaders.markdown import read_markdown
from loaders.mentions import Mention, bare_forms, find_mentions, forget_documents, stands_alone
from loaders.plaintext import Kinship, read_plaintext
from loaders.prerequisites import infer_prerequisites
from loaders.relations import read_relations
from loaders.sentences import Sentence, can_act, head_span, sentences
from loaders.sources import find_files, read_source
from loaders.terms import clean_heading, discover, piece_spans, read_heading

__all__ = ["Extraction", "extract", "extract_texts"]

_IN_HEADINGS = {RelationType.CONTRASTS_WITH, RelationType.IS_A, RelationType.COMBINES, RelationType.PART_OF}
_VAGUE = {ConceptKind.OTHER, ConceptKind.TOPIC, ConceptKind.PROPERTY}
_LEXICON_CONFIDENCE = 0.6
_SAYS_WHAT = re.compile(
    r"[\s*_”\"'）)]*(?:[(（][^()（）\n]{1,80}[)）])?[\s*_,，]*(?:也|就|通常|主要|本质上)?(?:是|指|即|为|[:：]|——|"
    r"\b(?:is|are|refers? to|means|denotes|describes|measures)\b)"
)
_MAX_PASSAGE = 2000
_MAX_DEFINITION = 300


@dataclass(frozen=True, slots=True)
class Extraction:
    """What files said: a contribution per source, by its path, and the files that could not be read, with why."""

    graphs: Mapping[str, KnowledgeGraph]
    failures: tuple[UnreadableSource, ...]

    def merged(self) -> KnowledgeGraph:
        """Return all contributions as one graph."""
        return merge(self.graphs)


def extract(
    paths: Sequence[Path],
    *,
    lexicon: Lexicon | None = None,
    on_source: Callable[[str], None] | None = None,
) -> Extraction:
    """Read files and folders (their .md, .markdown and .txt files, sorted) into contributions.

    `lexicon` is the shipped one unless given; `Lexicon(())` reads with none. `on_source` is called with each source's
    path before its relations are read, for progress. A file that cannot be read is a failure, the others are read.
    """
    files, failures = find_files(paths)
    texts: list[tuple[Source, str]] = []
    for file, name in files:
        try:
            texts.append(read_source(file, name))
        except UnreadableSource as error:
            failures.append(error)
    return Extraction(extract_texts(texts, lexicon=lexicon, on_source=on_source), tuple(failures))


def extract_texts(
    texts: Sequence[tuple[Source, str]],
    *,
    lexicon: Lexicon | None = None,
    on_source: Callable[[str], None] | None = None,
) -> dict[str, KnowledgeGraph]:
    """Return the contribution of each source, by path: `extract` without files."""
    shipped = default_lexicon() if lexicon is None else lexicon
    kinship = _kinship(shipped)
    documents = [
        read_markdown(source, text) if source.format == "markdown" else read_plaintext(source, text, kinship=kinship)
        for source, text in texts
    ]
    known = shipped.extended(discover(documents, shipped))
    graphs = {}
    for document in documents:
        if on_source:
            on_source(document.source.path)
        graphs[document.source.path] = _Builder(document, known).build()
        forget_documents()
    return graphs


def _kinship(lexicon: Lexicon) -> Kinship:
    """Return what the lexicon knows of two headings, for rebuilding an outline."""

    @cache
    def named(text: str) -> tuple[str, ...]:
        return read_heading(text, lexicon).concepts

    def kin(above: str, text: str) -> Literal["within", "below", "kin", "apart"] | None:
        a, b = named(above), named(text)
        if len(a) != 1 or not b:
            return None
        upper, lower = lexicon.terms[a[0]], lexicon.terms[b[0]]
        if lexicon.is_kind_of(lower.id, upper.id):
            return "within"
        if upper.kind is ConceptKind.TOPIC and lower.kind is not ConceptKind.TOPIC and upper.subject == lower.subject:
            return "within"
        if upper.kind is lower.kind and upper.subject == lower.subject:
            return "kin"
        if upper.kind is ConceptKind.TOPIC and lower.kind is not ConceptKind.TOPIC:
            return "below"
        return "apart" if upper.subject != lower.subject and upper.known and lower.known else None

    return kin


class _Builder:
    """One document's concepts, topics, relations and passages."""

    def __init__(self, document: Document, lexicon: Lexicon) -> None:
        self.document = document
        self.lexicon = lexicon
        self.path = document.source.path
        self.folded = "\n".join(b.readable for b in document.blocks).casefold()
        self.headings = {
            i: read_heading(b.readable, lexicon, context=self._below(i), document=self.folded)
            for i, b in enumerate(document.blocks)
            if b.kind == "heading"
        }
        self.named = {i: self._heading_concepts(i) for i in self.headings}
        self.alone = [self._alone(b) for b in document.blocks]
        self.mentions = [self._mentions(i, b) for i, b in enumerate(document.blocks)]
        self.lines: dict[str, int] = {}  # concept -> where it is introduced
        self.introduced: dict[str, int] = {}  # concept -> the line of its own heading
        self.definitions: dict[str, str] = {}
        self.relations: list[Relation] = []

    def build(self) -> KnowledgeGraph:
        for i, block in enumerate(self.document.blocks):
            for concept in self.named.get(i, ()):
                self.introduced.setdefault(concept, block.line)
            for mention in self.mentions[i]:
                if not mention.compound:
                    self.lines.setdefault(mention.concept, block.line_at(mention.span[0]))
        self._read_sentences()
        self._read_headings()
        self._read_topics()
        concepts = {c: self._concept(c) for c in self._kept()}
        graph = KnowledgeGraph.of((), (*self.relations, *self._kinds(concepts)))
        inferred = infer_prerequisites(graph.relations, concepts, self.lexicon)
        return KnowledgeGraph.of(
            concepts.values(), (*graph.relations, *inferred), self._passages(), (self.document.source,)
        )

    # -- concepts -----------------------------------------------------------------------------------------------

    def _kept(self) -> set[str]:
        """Return the concepts of this document: all that it mentions but words said in passing.

        A term of a vague kind (`_VAGUE`: a quantity, a broad topic) that is mentioned once, in running text, and that
        no relation speaks of, is a word and not a thing that these notes are about.
        """
        ends = {e for r in self.relations for e in (r.source, r.target)}
        shown = {*self.introduced, *ends}
        for block, mentions, alone in zip(self.document.blocks, self.mentions, self.alone, strict=True):
            forms = bare_forms(block.readable, alone)
            shown |= {m.concept for m in mentions if stands_alone(block.readable, m, forms)}
        times = Counter(m.concept for mentions in self.mentions for m in mentions if not m.compound)
        return shown | {c for c, n in times.items() if n > 1 or self.lexicon.terms[c].kind not in _VAGUE}

    def _heading_concepts(self, index: int) -> tuple[str, ...]:
        heading = self.headings[index]
        if heading.concepts:
            return heading.concepts
        found = next((t for n in heading.names if (t := self.lexicon.find(n))), None)
        return (found.id,) if found else ()

    def _below(self, index: int) -> str:
        """Return the text right below a heading, folded: it tells what an ambiguous heading means."""
        return " ".join(b.readable for b in self.document.blocks[index + 1 : index + 4]).casefold()

    def _alone(self, block: Block) -> list[Span]:
        """Return the spans of a block in which a name stands for itself: heads, bold terms, cells, list members."""
        text = block.readable
        spans = [*block.strong, *block.cells, *(link.span for link in block.links)]
        head = head_span(block)
        if head and head[1] - head[0] > 1:  # the Q of "Q: ..." is no query
            spans += [head, *((head[0] + a, head[0] + b) for a, b in piece_spans(text[slice(*head)]))]
        rest = head[1] if head else 0
        if block.kind in {"heading", "item", "row"}:
            spans += [(0, len(text)), *((rest + a, rest + b) for a, b in piece_spans(text[rest:]))]
        return spans

    def _mentions(self, index: int, block: Block) -> list[Mention]:
        context = " ".join(self.document.blocks[h].readable for h in self.document.headings_above(index)[:2])
        if block.kind == "heading":
            context = self._below(index)
        return find_mentions(
            block.readable, self.lexicon, alone=self.alone[index], context=context.casefold(), document=self.folded
        )

    def _concept(self, concept_id: str) -> Concept:
        term = self.lexicon.terms.get(concept_id) or Term(concept_id, (concept_id,))
        kind = term.kind
        if not term.known and kind is ConceptKind.OTHER and concept_id in self._topics:
            kind = ConceptKind.TOPIC
        return Concept(
            id=term.id,
            name=term.name,
            aliases=term.names[1:],
            kind=kind,
            definition=self.definitions.get(concept_id),
            document=self.path,
            line=self.introduced.get(concept_id, self.lines.get(concept_id)),
        )

    def _kinds(self, concepts: Mapping[str, Concept]) -> list[Relation]:
        """Return what the lexicon knows of these concepts' kinds: inferred, with the place that introduces each.

        No sentence need say that self-attention is a kind of attention; the rule's name says whose word it is.
        """
        stated = {(r.source, r.target) for r in self.relations} | {(r.target, r.source) for r in self.relations}
        rows = []
        for concept in concepts.values():
            kind = next((a for a in self.lexicon.ancestors(concept.id) if a in concepts), None)
            if kind is None or concept.line is None or (concept.id, kind) in stated:
                continue
            text = self._lines_by_number.get(concept.line, concept.name)
            evidence = Evidence(self.path, concept.line, text, "lexicon.is-a")
            rows.append(
                Relation(concept.id, RelationType.IS_A, kind, Origin.INFERRED, _LEXICON_CONFIDENCE, (evidence,))
            )
        return rows

    @cached_property
    def _lines_by_number(self) -> dict[int, str]:
        rows = ((b.line + n, row) for b in self.document.blocks for n, row in enumerate(b.text.split("\n")))
        return {number: row.strip()[:_MAX_DEFINITION] for number, row in rows if row.strip()}

    @cached_property
    def _topics(self) -> frozenset[str]:
        """What some other concept is in, once all topics are read."""
        return frozenset(r.target for r in self.relations if r.type is RelationType.IN_TOPIC)

    # -- relations ----------------------------------------------------------------------------------------------

    def _read_sentences(self) -> None:
        for sentence in sentences(self.document, self.mentions, self.named, self.lexicon):
            self.relations += read_relations(sentence, self.path, self.lexicon)
            self._define(sentence)

    def _define(self, sentence: Sentence) -> None:
        """Keep the first sentence that begins with a concept and goes on to say what it is, without marks."""
        first = next((m for m in sentence.mentions if not m.compound), None)
        if not sentence.own or first is None or sentence.asks or first.concept in self.definitions:
            return
        text = " ".join(sentence.text.split())
        if _SAYS_WHAT.match(sentence.text, first.extent[1]) and 8 <= len(text) <= _MAX_DEFINITION:
            self.definitions[first.concept] = text

    def _read_headings(self) -> None:
        """Read comparisons and enumerations off headings: they are statements, too."""
        for i, heading in self.headings.items():
            block = self.document.blocks[i]
            if heading.compares or len(self.mentions[i]) > 1:
                sentence = Sentence(
                    block=i,
                    start=0,
                    line=block.line,
                    text=block.readable,
                    written=block.text.strip(),
                    mentions=tuple(self.mentions[i]),
                    subject=(),
                    own=True,
                    asks=False,
                )
                self.relations += [
                    r for r in read_relations(sentence, self.path, self.lexicon) if r.type in _IN_HEADINGS
                ]

    def _read_topics(self) -> None:
        """Put what headings and items name IN_TOPIC what the nearest heading or item above names, if that is one."""
        members = {i: self._members(i) for i in range(len(self.document.blocks))}
        for i, names in members.items():
            topic = next((members[a][0] for a in self.document.ancestors(i) if len(members[a]) == 1), None)
            if topic is None or (self.document.blocks[i].kind != "heading" and len(names) != 1):
                continue
            block = self.document.blocks[i]
            text = clean_heading(block.readable) if block.kind == "heading" else block.text.strip()
            evidence = (Evidence(self.path, block.line, text[:_MAX_DEFINITION], f"topic.{block.kind}"),)
            self.relations += [
                Relation(name, RelationType.IN_TOPIC, topic, Origin.STRUCTURAL, self._topic_confidence(), evidence)
                for name in names
                if name != topic
            ]

    def _members(self, index: int) -> Sequence[str]:
        """Return the concepts that a block is there for: those of a heading, an item's head, or all of a short item."""
        block = self.document.blocks[index]
        if block.kind == "heading":
            return self.named[index]
        if block.kind != "item":
            return ()
        found = head_span(block)
        head = found or (0, len(block.text))
        inside = [m for m in self.mentions[index] if not m.compound and head[0] <= m.span[0] and m.span[1] <= head[1]]
        if len(inside) != 1:
            return ()
        concept = inside[0].concept
        if found is not None:  # an item may be headed by an aspect of what stands above: "Loss: ..."
            return (concept,) if can_act(concept, self.lexicon) else ()
        return (concept,) if stands_alone(block.readable, inside[0], bare_forms(block.readable, [head])) else ()

    def _topic_confidence(self) -> float:
        return 1.0 if self.document.source.format == "markdown" else 0.8  # a rebuilt outline is a guess

    # -- passages -----------------------------------------------------------------------------------------------

    def _passages(self) -> list[Passage]:
        blocks = self.document.blocks
        rows = []
        for i, block in enumerate(blocks):
            if block.kind == "heading" or not block.text.strip():
                continue
            above = self.document.headings_above(i)
            section = tuple(clean_heading(blocks[h].readable) for h in reversed(above))
            names = [m.concept for m in self.mentions[i]]
            names += next((list(self.named[h]) for h in above if self.named[h]), [])
            rows.append(
                Passage(self.path, block.line, block.text.strip()[:_MAX_PASSAGE], section, tuple(dict.fromkeys(names)))
            )
        return rows
