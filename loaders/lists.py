"""What a head says of its items: "Ways to reduce overfitting:" over a list, "Examples: A, B", a table's column.

A **head** is a heading, a line or an item that introduces a list, the label before the colon of a line that goes on
with an enumeration, or the cell that says what a column is (or, in a comparison, a row). What it says of its items is
data (`heads` in the tables): templates that must match the whole head. {B} is the concept that the head names; a head
that names none ("Components:", "Used in") speaks of what it stands under. The item is the end that is called I.

An **item** names concepts at its head, or begins with them. What a colon says is stated; what a heading says, or a
table, is structural.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice, takewhile

from graph.model import RELATION_TYPES, Evidence, Origin, Relation, RelationType
from loaders.conditions import CONDITIONS, Ends
from loaders.document import Document, Span
from loaders.encoding import Marked
from loaders.lexicon import Lexicon
from loaders.mentions import Mention
from loaders.patterns import load_table
from loaders.phrasing import Rule, forms, heads, is_disbelieved, is_negated
from loaders.sentences import head_span, headed, split_sentences
from loaders.tables import Table

__all__ = ["read_lists"]

_MARKS = " \t\n*_:："
_MAX_HEAD = 100  # characters of a head that ends in no colon
_MAX_EVIDENCE = 300
_SILENT = 0.85  # what is left of a rule's confidence when its head names no concept
_FIELD = 0.7  # "Optimizer: Adam", said of a model
_COMPARED = 0.75
_LABEL = re.compile(r"[^:：\n]{1,60}[:：](?=\s*\S)")
_JOINT = re.compile(
    r"[\s*_]*(?:[,，、;；/&+]|\b(?:and|or|plus)\b|和|与|及|以及|或者?)?[\s*_]*(?:\b(?:and|or|the|an?)\s+)*[\s*_]*",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"\s*[(（][^()（）\n]{0,80}[)）]")
_ENDS = re.compile(r"[\s*_]*(?:[,，.。;；:：!！(（—–]|[-–] |等|\.\.\.|…|$)")


@dataclass(frozen=True, slots=True)
class _Head:
    """A head: its text, also as written, the mentions in it (spans within it), its line, and what it stands under."""

    text: str
    written: str
    mentions: tuple[Mention, ...]
    line: int
    subject: str | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class _Item:
    """An item: the concepts that it is there for, its line and text as written."""

    concepts: tuple[str, ...]
    line: int
    text: str


def read_lists(
    document: Document,
    mentions: Sequence[Sequence[Mention]],
    headings: Mapping[int, Sequence[str]],
    tables: Sequence[Table],
    lexicon: Lexicon,
) -> list[Relation]:
    """Return what heads say of their items, in reading order. Arguments as for `sentences`. Linear in the text."""
    reader = _Reader(document, mentions, headings, lexicon)
    found: list[Relation] = []
    for n, items in reader.lists():
        head = reader.head(n)
        if head is not None:
            found += reader.read(head, [item for item in map(reader.item, items) if item.concepts])
    for head, item in reader.fields():
        found += reader.read(head, [item])
    for table in tables:
        found += reader.compared(table)
        for head, item in reader.columns(table):
            found += reader.read(head, [item])
    return found


class _Reader:
    def __init__(
        self,
        document: Document,
        mentions: Sequence[Sequence[Mention]],
        headings: Mapping[int, Sequence[str]],
        lexicon: Lexicon,
    ) -> None:
        self.blocks = document.blocks
        self.document = document
        self.mentions = mentions
        self.lexicon = lexicon
        self.about = [
            tuple(headings.get(n, ())) if b.kind == "heading" else headed(b, mentions[n], lexicon)
            for n, b in enumerate(self.blocks)
        ]

    def above(self, index: int) -> str | None:
        """Return the one concept that a block stands under; None if there is none, or several."""
        names = next((self.about[p] for p in self.document.ancestors(index) if self.about[p]), ())
        return names[0] if len(names) == 1 else None

    def lists(self) -> Iterator[tuple[int, list[int]]]:
        """Yield the blocks that stand over items (or headings over headings), each with these."""
        below: dict[int, list[int]] = {}
        for n, block in enumerate(self.blocks):
            if block.parent is not None and block.kind in {"item", "heading"}:
                below.setdefault(block.parent, []).append(n)
        yield from below.items()

    def head(self, index: int) -> _Head | None:
        """Return what a block says as a head of what stands below it."""
        block = self.blocks[index]
        text = block.readable
        if block.kind == "heading":
            return self._head(index, (0, len(text)), Origin.STRUCTURAL)
        start, end = list(split_sentences(text))[-1] if text.strip() else (0, 0)
        colon = text[start:end].rstrip(" *_\n").endswith((":", "："))
        if not colon and (block.kind != "item" or end - start > _MAX_HEAD or start > 0):
            return None
        return self._head(index, (start, end), Origin.STATED if colon else Origin.STRUCTURAL)

    def _head(self, index: int, span: Span, origin: Origin, subject: str | None = None) -> _Head:
        block = self.blocks[index]
        text = block.readable[slice(*span)]
        line = block.line_at(span[0] + len(text) - len(text.lstrip()))
        held = self._within(index, span)
        own = self.about[index] if block.kind != "heading" and len(self.about[index]) == 1 else ()
        name = subject or (own[0] if own and not held else None) or self.above(index)
        written = block.text[slice(*span)].strip()[:_MAX_EVIDENCE]
        return _Head(text, written, tuple(_shift(m, -span[0]) for m in held), line, name, origin)

    def item(self, index: int) -> _Item:
        """Return what an item, or a heading below a heading, is there for."""
        block = self.blocks[index]
        text = block.text.strip().split("\n")[0][:_MAX_EVIDENCE]
        if block.kind == "heading":
            return _Item(self.about[index], block.line, text)
        span = head_span(block) or (0, len(block.readable))
        return _Item(self._leading(index, span), block.line, text)

    def _leading(self, index: int, span: Span, *, whole: bool = False) -> tuple[str, ...]:
        """Return the concepts that a span of a block begins with, as long as they are enumerated.

        None if the last of them goes on to be something else; with `whole`, if it goes on at all.
        """
        text, found = self.blocks[index].readable[: span[1]], []
        at = span[0] + len(_lead().match(text[slice(*span)])[0])  # type: ignore[index]  # it may be empty
        for mention in self._within(index, span):
            if not _JOINT.fullmatch(text[at : mention.extent[0]]):
                break
            if mention.compound:
                return ()
            found.append(mention.concept)
            bracket = _BRACKETS.match(text, mention.extent[1])
            at = bracket.end() if bracket else mention.extent[1]
        if not found or not (_ENDS.match(text, at) or (not whole and _tail().match(text, at))):
            return ()
        return tuple(dict.fromkeys(found))

    def _within(self, index: int, span: Span) -> list[Mention]:
        """Return the mentions in a span of a block."""
        row = self.mentions[index]
        at = bisect_left(row, span[0], key=lambda m: m.span[0])
        return list(takewhile(lambda m: m.span[1] <= span[1], islice(row, at, None)))

    def fields(self) -> Iterator[tuple[_Head, _Item]]:
        """Yield the labels that an enumeration follows in the same sentence: "Examples: A, B and C"."""
        for n, block in enumerate(self.blocks):
            if block.kind not in {"item", "paragraph"} or not self.mentions[n]:
                continue
            for start, end in split_sentences(block.readable):
                label = _LABEL.match(block.readable, start, end)
                if label is None:
                    continue
                concepts = self._leading(n, (label.end(), end), whole=True)
                if concepts:
                    head = self._head(n, (start, label.end()), Origin.STATED)
                    yield head, _Item(concepts, head.line, block.text[start:end].strip()[:_MAX_EVIDENCE])

    def columns(self, table: Table) -> Iterator[tuple[_Head, _Item]]:
        """Yield what the labels of a table say of the cells that hold nothing but names."""
        for cell in table.cells:
            if cell.label is None or cell.subject is None:
                continue
            block = self.blocks[cell.block]
            concepts = self._leading(cell.block, cell.span, whole=True)
            if concepts:
                label, column = cell.label
                head = self._head(label, self.blocks[label].cells[column], Origin.STRUCTURAL, cell.subject)
                yield head, _Item(concepts, block.line, block.text.strip()[:_MAX_EVIDENCE])

    def compared(self, table: Table) -> Iterator[Relation]:
        """Yield that a table whose columns are about things of one sort compares them."""
        block = self.blocks[table.header]
        lines = ((block.line, block.text),)
        for n, one in enumerate(table.compared):
            for other in table.compared[n + 1 :]:
                ends = Ends(one, other, None, several=True, shown_b="", lexicon=self.lexicon)
                if CONDITIONS["rival"](ends):
                    kind = RelationType.CONTRASTS_WITH
                    yield self._relation(kind, ends, Origin.STRUCTURAL, _COMPARED, "table.compares", lines)

    def read(self, head: _Head, items: Sequence[_Item]) -> Iterator[Relation]:
        """Yield what a head says of its items, by the first rule that reads it."""
        if items:
            yield from self._held(head, items)
            yield from next(filter(None, self._readings(head, items)), [])

    def _readings(self, head: _Head, items: Sequence[_Item]) -> Iterator[list[Relation]]:
        """Yield what each rule that matches a head makes of it."""
        text = head.text.strip(_MARKS)
        lead = len(head.text) - len(head.text.lstrip(_MARKS))
        for form in forms(Marked(text, [_shift(m, -lead) for m in head.mentions])):
            for rule in heads(form.language):
                for template in rule.templates:
                    match = template.pattern.match(form.text)
                    if match is None or is_disbelieved(form) or is_negated(form, match.start(), match.end()):
                        continue
                    slot = match.groupdict().get("B")
                    named = [m.concept for m in form.concepts(slot)] if slot else []
                    yield list(self._said(rule, head, items, named))

    def _said(self, rule: Rule, head: _Head, items: Sequence[_Item], named: Sequence[str]) -> Iterator[Relation]:
        known = head.subject and self.lexicon.terms[head.subject].known
        others = named or ([head.subject] if head.subject and known else [])
        confidence = rule.confidence * (1.0 if named else _SILENT)
        for item in items:
            for concept in item.concepts:
                for other in others:
                    a, b = (concept, other) if rule.source == "I" else (other, concept)
                    ends = Ends(
                        a, b, None, several=len(items) > 1, shown_b=head.text.strip(_MARKS), lexicon=self.lexicon
                    )
                    if a != b and not ends.everyday() and not (rule.needs and not CONDITIONS[rule.needs](ends)):
                        lines = ((item.line, item.text), (head.line, head.written))
                        yield self._relation(rule.type, ends, head.origin, confidence, rule.name, lines)

    def _held(self, head: _Head, items: Sequence[_Item]) -> Iterator[Relation]:
        """Yield that a thing uses what stands behind the name of its kind: "Optimizer: Adam", said of a model."""
        kinds = {m.concept for m in head.mentions if not m.compound}
        if len(kinds) != 1 or head.subject is None or (head.origin is Origin.STRUCTURAL and len(items) > 1):
            return
        (kind,) = kinds
        for item in items:
            for concept in item.concepts:
                ends = Ends(head.subject, concept, None, several=False, shown_b="", lexicon=self.lexicon)
                if self.lexicon.is_kind_of(concept, kind) and CONDITIONS["works"](ends):
                    lines = ((item.line, item.text),)
                    yield self._relation(RelationType.USES, ends, head.origin, _FIELD, "list.field", lines)

    def _relation(
        self,
        kind: RelationType,
        ends: Ends,
        origin: Origin,
        confidence: float,
        rule: str,
        lines: Sequence[tuple[int, str]],
    ) -> Relation:
        path = self.document.source.path
        evidence = tuple(Evidence(path, line, text, rule) for line, text in dict.fromkeys(lines))
        made = Relation(ends.a, kind, ends.b, origin, round(confidence, 3), evidence)
        return made.canonical() if RELATION_TYPES[kind].symmetric else made


def _shift(mention: Mention, by: int) -> Mention:
    (a, b), (c, d) = mention.span, mention.extent
    return Mention(mention.concept, (a + by, b + by), (max(0, c + by), d + by), mention.compound, mention.variant)


@cache
def _lead() -> re.Pattern[str]:
    """Return what may stand before an item's first concept: "Use a", "加入"."""
    words = "|".join(table["item_leads"] for table in map(load_table, ("zh.yaml", "en.yaml")))
    return re.compile(rf"[\s*_\"“'‘\d.)）、]*(?:(?:{words})\s*)*", re.IGNORECASE)


@cache
def _tail() -> re.Pattern[str]:
    """Return what may follow an item's last concept without making another thing of it."""
    words = "|".join(table["item_tails"] for table in map(load_table, ("zh.yaml", "en.yaml")))
    return re.compile(rf"\s*(?:{words})", re.IGNORECASE)
