"""One document's concepts, topics, relations and passages, once it is known what names mean in it.

A builder is made for one document and asked once. What it finds stands alone, but for the prerequisites that it only
proposes: they are settled over all documents that are read together (`loaders.prerequisites`).
"""

from collections import Counter
from collections.abc import Mapping
from functools import cached_property, partial
from itertools import chain

from graph.model import (
    Concept,
    ConceptKind,
    Evidence,
    KnowledgeGraph,
    Origin,
    Passage,
    Relation,
    RelationType,
)
from loaders.conditions import forget_terms
from loaders.curriculum import Curriculum
from loaders.definitions import Definitions
from loaders.document import Block, Document, Span
from loaders.dropped import (
    Dropped,
    contradicted,
    improbable,
    in_passing,
    too_long,
)
from loaders.encoding import MAX_SENTENCE, Encoded
from loaders.keeping import Signs, keeps, read_signs
from loaders.lexicon import Lexicon, Term
from loaders.lists import read_lists
from loaders.matching import forget_documents
from loaders.mentions import Mention, bare_forms, find_mentions, is_term, stands_alone
from loaders.notes import NoteIndex, field_relations, with_links
from loaders.plaintext import is_label
from loaders.prerequisites import LeftOut, propose
from loaders.reader import Context, forget_pairs
from loaders.reader.model import Model, judge
from loaders.relations import read_relations
from loaders.senses import one_sense
from loaders.sentences import Sentence, head_span, sentences
from loaders.tables import read_tables
from loaders.terms import clean_heading, piece_spans, read_heading, topic_phrase
from loaders.topics import read_title, read_topics

__all__ = ["Builder", "forget_texts"]

_IN_HEADINGS = {
    RelationType.CONTRASTS_WITH,
    RelationType.IS_A,
    RelationType.COMBINES,
    RelationType.PART_OF,
}
_LEXICON_CONFIDENCE = 0.6
_MAX_PASSAGE = 2000
_MAX_DEFINITION = 300


def forget_texts() -> None:
    """Let go of the texts and names that reading remembers while it lasts."""
    forget_documents()
    forget_terms()
    forget_pairs()
    for remembers in (is_label, is_term, clean_heading):
        remembers.cache_clear()


class Builder:
    """One document's concepts, topics, relations and passages."""

    def __init__(
        self, document: Document, lexicon: Lexicon, model: Model | None, index: NoteIndex, shipped: Lexicon
    ) -> None:
        self.document = document
        self.shipped = shipped
        self.index = index
        self.own = index.own(document)
        self.model = model
        self.lexicon = lexicon
        self.path = document.source.path
        self.contexts: dict[tuple[int, ...], str] = {}  # headings -> what they say, folded
        self.folded = "\n".join(b.readable for b in document.blocks).casefold()
        self.headings = {
            i: read_heading(b.readable, lexicon, context=self._below(i), document=self.folded)
            for i, b in enumerate(document.blocks)
            if b.kind == "heading"
        }
        self.named = {i: self._heading_concepts(i) for i in self.headings}
        self.alone = [self._alone(b) for b in document.blocks]
        self.mentions = one_sense(document, [self._mentions(i, b) for i, b in enumerate(document.blocks)], lexicon)
        self.tables = read_tables(document, self.mentions)
        self.lines: dict[str, int] = {}  # concept -> where it is introduced
        self.introduced: dict[str, int] = {}  # concept -> the line of its own heading
        self.definitions = Definitions(document, self.named, lexicon)
        self.relations: list[Relation] = []
        self.near: set[str] = set()  # ends of relations that were believed, or nearly so
        self.dropped: list[Dropped] = []
        self.fields: dict[int, list[str]] = {}  # block -> what its fields name
        self.above: dict[int | None, frozenset[str]] = {}  # block -> what it and the blocks above it speak of
        self._firsts: dict[int, str | None] = {}  # block -> what its first line is there for
        self.prerequisites: list[Relation] = []  # candidates

    def build(self, curriculum: Curriculum) -> KnowledgeGraph:
        """Return the document's graph without inferred prerequisites; those that it proposes are in `prerequisites`."""
        if self.own is not None:
            self.introduced[self.own] = self.document.blocks[0].line if self.document.blocks else 1
        for i, block in enumerate(self.document.blocks):
            for concept in self.named.get(i, ()):
                self.introduced.setdefault(concept, block.line)
            for mention in self.mentions[i]:
                if not mention.compound:
                    self.lines.setdefault(mention.concept, block.line_at(mention.span[0]))
        self._read_sentences()
        self.relations += read_lists(self.document, self.mentions, self.named, self.tables, self.lexicon)
        self._read_headings()
        self._read_topics()
        for field, target, relation in field_relations(self.document, self.index, self._speaks_of):
            self.lines.setdefault(target, field.line)
            if field.block is not None:
                self.fields.setdefault(field.block, []).append(target)
            self.relations.append(relation)
        kept = self._kept()
        kept |= self._needed(kept, curriculum)
        concepts = {c: self._concept(c) for c in kept}
        passing = sorted(self._times.keys() - concepts.keys())
        self.dropped += in_passing(((self.lexicon.terms[c].name, self.lines[c]) for c in passing), self.path)
        graph = KnowledgeGraph.of((), (*self.relations, *self._kinds(concepts)))
        left_out: list[LeftOut] = []
        self.prerequisites = propose(
            graph.relations,
            concepts,
            self.lexicon,
            curriculum,
            definitions=self.definitions.sources,
            introduction=lambda c: self._introduction(concepts[c], "lexicon.prerequisite"),
            left_out=left_out,
        )
        self.dropped += contradicted(left_out, self.path)
        return KnowledgeGraph.of(concepts.values(), graph.relations, self._passages(concepts), (self.document.source,))

    # -- concepts -----------------------------------------------------------------------------------------------

    def _kept(self) -> set[str]:
        """Return the concepts that this document is about: not those it only mentions in passing."""
        stated = {e for r in self.relations if r.origin is Origin.STATED for e in (r.source, r.target)}
        placed = {e for r in self.relations if r.origin is not Origin.STATED for e in (r.source, r.target)}
        kept = {
            concept
            for concept, signs in self._signs.items()
            if keeps(
                self.lexicon.terms[concept],
                signs,
                introduced=concept in self.introduced,
                related=stated,
                placed=placed,
                near=self.near,
            )
        }
        return kept | self.introduced.keys() | stated | placed

    @cached_property
    def _signs(self) -> Mapping[str, Signs]:
        return read_signs(self.document.blocks, self.mentions, self.alone)

    def _needed(self, kept: set[str], curriculum: Curriculum) -> set[str]:
        """Return what else is mentioned and no word in passing, since the field teaches it on the way to a kept one.

        It stands between two that are kept, or is mentioned where the notes speak of what it is taught right before.
        """
        found: set[str] = set()
        for i, mentions in enumerate(self.mentions):
            asked = {m.concept for m in mentions if not m.compound} - kept - found
            if not asked:
                continue
            around = {m.concept for a in (i, *self.document.ancestors(i)) for m in self.mentions[a]} & kept
            for concept in sorted(asked):
                if curriculum.joins(concept, kept) or curriculum.leads(concept, around):
                    found.add(concept)
        return found

    def _heading_concepts(self, index: int) -> tuple[str, ...]:
        heading = self.headings[index]
        if heading.concepts:
            return heading.concepts
        phrase = topic_phrase(self.document.blocks[index].readable)
        names = heading.names or ((phrase,) if phrase and not heading.compares else ())
        found = next((t for n in names if (t := self.lexicon.find(n))), None)
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
        if block.kind == "heading":
            context = self._below(index)
            head: Span | None = (0, len(block.readable))
        else:
            above = tuple(self.document.headings_above(index)[:2])
            if above not in self.contexts:
                self.contexts[above] = " ".join(self.document.blocks[h].readable for h in above).casefold()
            context = self.contexts[above]
            head = head_span(block)
        found = find_mentions(
            block.readable, self.lexicon, alone=self.alone[index], context=context, document=self.folded
        )
        if head and is_label(clean_heading(block.readable[slice(*head)])):  # "Advantages" is no advantage function
            found = [m for m in found if m.span[0] >= head[1]]
        return with_links(block, found, self.index)

    def _speaks_of(self, index: int | None) -> str | None:
        """Return whom a field speaks of: what its own item or paragraph names, else the note, else what is above."""
        if index is not None and (concept := self._alone_in(index)):
            return concept
        if self.own is not None or index is None:
            return self.own
        above = (self._alone_in(i) for i in self.document.ancestors(index))
        return next((c for c in above if c), None)

    def _alone_in(self, index: int) -> str | None:
        """Return the one concept that a heading, or the first line of another block, is there for."""
        if index in self.named:
            return self.named[index][0] if len(self.named[index]) == 1 else None
        if index not in self._firsts:
            self._firsts[index] = self._first_line(index)
        return self._firsts[index]

    def _first_line(self, index: int) -> str | None:
        line = self.document.blocks[index].readable.split("\n", 1)[0]
        bare = line.strip(" \t*_:：[]#")
        inside = [m for m in self.mentions[index] if m.span[1] <= len(line) and not m.compound]
        alone = len(inside) == 1 and bare and line[slice(*inside[0].extent)].strip(" \t*_:：") == bare
        return inside[0].concept if alone else None

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
            definition=self.definitions[concept_id],
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
            evidence = self._introduction(concept, "lexicon.is-a")
            if kind is None or evidence is None or (concept.id, kind) in stated:
                continue
            rows.append(
                Relation(concept.id, RelationType.IS_A, kind, Origin.INFERRED, _LEXICON_CONFIDENCE, (evidence,))
            )
        return rows

    def _introduction(self, concept: Concept, rule: str) -> Evidence | None:
        """Return the line that introduces a concept, as evidence of a rule that knows more than the notes say."""
        if concept.line is None:
            return None
        return Evidence(self.path, concept.line, self._lines_by_number.get(concept.line, concept.name), rule)

    @cached_property
    def _lines_by_number(self) -> dict[int, str]:
        rows = ((b.nth_line(n), row) for b in self.document.blocks for n, row in enumerate(b.text.split("\n")))
        return {number: row.strip()[:_MAX_DEFINITION] for number, row in rows if row.strip()}

    @cached_property
    def _topics(self) -> frozenset[str]:
        """What some other concept is in, once all topics are read."""
        return frozenset(r.target for r in self.relations if r.type is RelationType.IN_TOPIC)

    # -- relations ----------------------------------------------------------------------------------------------

    def _read_sentences(self) -> None:
        for sentence in sentences(self.document, self.mentions, self.named, self.tables, self.lexicon, note=self.own):
            judge = partial(self._judge, self.model, sentence) if self.model else None
            self.relations += read_relations(sentence, self.path, self.lexicon, judge=judge)
            self.definitions.offer(sentence)
            if len(sentence.text) > MAX_SENTENCE:
                self.dropped.append(too_long(sentence.text, self.path, sentence.line))

    def _judge(self, model: Model, sentence: Sentence, form: Encoded, phrased: list[Relation]) -> list[Relation]:
        context = self._context(sentence)
        kept = judge(
            model,
            form,
            sentence,
            phrased,
            source=self.path,
            lexicon=self.lexicon,
            context=context,
            near=self.near,
        )
        self.dropped += improbable(phrased, kept, self.path)
        return kept

    def _context(self, sentence: Sentence) -> Context:
        """Return what the reader is told of the place of a sentence."""
        block = self.document.blocks[sentence.block]
        if block.parent not in self.above:
            rows = (
                self.named.get(i) or [m.concept for m in self.mentions[i][:1]]
                for i in self.document.ancestors(sentence.block)
            )
            self.above[block.parent] = frozenset(chain.from_iterable(rows))
        focus = self.above[block.parent].union(sentence.subject)
        return Context(block.kind, focus, self._times, self._shown)

    @cached_property
    def _times(self) -> Counter[str]:
        """How often each concept is mentioned for itself."""
        return Counter(m.concept for mentions in self.mentions for m in mentions if not m.compound)

    @cached_property
    def _shown(self) -> frozenset[str]:
        """The concepts that stand alone somewhere: a heading, an item's head, a bold term, a member of a list."""
        shown = set(self.introduced)
        for block, mentions, alone in zip(self.document.blocks, self.mentions, self.alone, strict=True):
            forms = bare_forms(block.readable, alone)
            shown |= {m.concept for m in mentions if stands_alone(block.readable, m, forms)}
        return frozenset(shown)

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
        title = self.own or read_title(self.document, self.lexicon, self.folded)
        self.relations += read_topics(
            self.document,
            self.named,
            self.mentions,
            self.lexicon,
            known=self.shipped,
            compared={i for i, heading in self.headings.items() if heading.compares},
            title=title if title in self.lines or title in self.introduced else None,
        )

    # -- passages -----------------------------------------------------------------------------------------------

    def _passages(self, kept: Mapping[str, Concept]) -> list[Passage]:
        """Return the passages, each with those of the `kept` concepts that it or the heading above speaks of."""
        blocks = self.document.blocks
        rows = []
        for i, block in enumerate(blocks):
            if block.kind == "heading" or not block.text.strip():
                continue
            above = self.document.headings_above(i)
            section = tuple(clean_heading(blocks[h].readable) for h in reversed(above))
            names = [*(m.concept for m in self.mentions[i]), *self.fields.get(i, ())]
            names += next((list(self.named[h]) for h in above if self.named[h]), [])
            speaks = tuple(dict.fromkeys(n for n in names if n in kept))
            rows.append(Passage(self.path, block.line, block.text.strip()[:_MAX_PASSAGE], section, speaks))
        return rows
