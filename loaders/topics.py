"""Headings and lists -> IN_TOPIC: which concepts a text puts below which.

A block is *there for* the concepts that it names: those of a heading or of an item's head, the one that a question asks
about, the one that a paragraph begins with and says what it is, and all members of an enumeration that is a whole item
or paragraph. They belong to what the nearest heading or item above names, if that is one concept (a heading may name
two). Blocks above that name none (labels, phrases) are looked through; not so the heads of lists about an aspect
(`Use cases:`, 优点): what stands below them is said of the thing above and does not belong to it. Blocks below nothing
that names a concept belong to what the title of the text names.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath

from graph.model import ConceptKind, Evidence, Origin, Relation, RelationType
from graph.names import is_cjk
from loaders.document import Block, Document, Span
from loaders.lexicon import Lexicon
from loaders.mentions import Mention, bare_forms, find_mentions, stands_alone
from loaders.patterns import load_table
from loaders.sentences import can_act, head_span
from loaders.terms import clean_heading, read_heading

__all__ = ["read_title", "read_topics", "says_what", "unbracketed"]

_WRITTEN = {"plaintext": 0.8, "pdf": 0.8}  # a rebuilt outline is a guess
_GUESSED = 0.85  # what is left of it for a place that no single name in a heading or at an item's head gives
_MAX_EVIDENCE = 300
_MAX_ENUMERATION = 300
_MAX_TOPICS = 2  # of a heading that names several; more of them are an enumeration, and no topics
_MIN_ROW = 3  # items whose heads name a property each, for them to be what a list lists
_FILE_NUMBER = re.compile(r"^[0-9]+[-_. ]*")
_BRACKETS = re.compile(r"[(（][^()（）\n]*[)）]|\[[^\[\]\n]*\]")
_COMMAS = re.compile(r"[,，、;；/&+\n]|和|与|及|以及|\band\b|\bor\b|\bvs\b", re.IGNORECASE)
_PIECE_WIDTH = 24  # of a member of an enumeration that is no known concept: longer is a clause
_PIECE_WORDS = 4
_SAYS_WHAT = re.compile(
    r"[\s*_”\"'）)]*(?:[(（][^()（）\n]{1,80}[)）])?[\s*_,，]*(?:也|就|通常|主要|本质上)?(?:是|指|即|为|[:：]|——|"
    r"\b(?:is|are|refers? to|means|denotes|describes|measures)\b)"
)


def unbracketed(text: str) -> str:
    """Return a heading without what stands in brackets: other names and remarks."""
    return _BRACKETS.sub("", text).strip()


def says_what(text: str, end: int) -> bool:
    """Tell whether a text that names a concept up to `end` goes on to say what it is."""
    return _SAYS_WHAT.match(text, end) is not None


def read_topics(
    document: Document,
    headings: Mapping[int, Sequence[str]],
    mentions: Sequence[Sequence[Mention]],
    lexicon: Lexicon,
    *,
    known: Lexicon,
    compared: Collection[int] = (),
    title: str | None = None,
) -> list[Relation]:
    """Return the IN_TOPIC relations of a document, in reading order, each with the line of the member as evidence.

    `headings` holds the concepts that each heading block names, `compared` those headings that compare some, `mentions`
    what every block speaks of, `title` the concept that the text as a whole is about. A concept is in no topic that is
    a kind or an extension of it, as far as `lexicon` knows; `known` is the lexicon without what these notes introduce.
    Linear in the text for a bounded depth of nesting.
    """
    places = _Places(document, headings, compared, mentions, lexicon, known)
    found = []
    for i, block in enumerate(document.blocks):
        place = places.at[i]
        above = places.topic(i) if place.concepts else None
        if above is None:
            continue
        topics, rule, sureness = above.concepts, f"topic.{block.kind}", min(place.sureness, above.sureness)
        if not topics:
            topics, rule, sureness = (title,) if title else (), "topic.title", _GUESSED
        text = clean_heading(block.readable) if block.kind == "heading" else block.text.strip().split("\n")[0]
        evidence = (Evidence(document.source.path, block.line, text[:_MAX_EVIDENCE], rule),)
        confidence = round(sureness * _WRITTEN.get(document.source.format, 1.0), 3)
        found += [
            Relation(name, RelationType.IN_TOPIC, topic, Origin.STRUCTURAL, confidence, evidence)
            for name in place.concepts
            for topic in topics
            if name != topic and not _is_wider(name, topic, lexicon)
        ]
    return found


def read_title(document: Document, lexicon: Lexicon, folded: str) -> str | None:
    """Return the concept that a text as a whole is about, by its title or else its file's name; None if unsure.

    `folded` is the whole text, folded: it decides on ambiguous names.
    """
    stem = _FILE_NUMBER.sub("", PurePosixPath(document.source.path).stem)
    concepts = read_heading(document.title, lexicon, document=folded).concepts
    if not concepts:
        mentions = [m for m in find_mentions(document.title, lexicon, document=folded) if not m.compound]
        concepts = tuple(m.concept for m in mentions)
        if len(mentions) > 1 and document.title[mentions[0].extent[1] : mentions[1].extent[0]].strip() == "的":
            concepts = concepts[1:]  # 神经网络的优化器 is about optimisers
    if len(set(concepts)) != 1:
        concepts = read_heading(re.sub(r"[-_]+", " ", stem), lexicon, document=folded).concepts
    return concepts[0] if len(set(concepts)) == 1 else None


def _is_wider(name: str, topic: str, lexicon: Lexicon) -> bool:
    """Tell whether a topic is known to be made from `name`, so that `name` can only be said in passing there."""
    made_from = {RelationType.EXTENDS, RelationType.IS_A}
    if lexicon.is_kind_of(topic, name) or lexicon.facts.get((topic, name), frozenset()) & made_from:
        return True
    upper, lower = lexicon.terms.get(topic), lexicon.terms.get(name)
    if upper is None or lower is None or upper.known:
        return False
    return any(len(n) > 1 and n in upper.name for n in lower.names)  # the evaluation of GANs is no topic of GANs


@dataclass(frozen=True, slots=True)
class _Place:
    """What a block is there for, and how sure that is."""

    concepts: tuple[str, ...] = ()
    sureness: float = 1.0
    holds: bool = True  # what stands below belongs to it, if it is one


_NOWHERE = _Place()


class _Places:
    """What each block is there for (`at`), and what it stands in."""

    def __init__(
        self,
        document: Document,
        headings: Mapping[int, Sequence[str]],
        compared: Collection[int],
        mentions: Sequence[Sequence[Mention]],
        lexicon: Lexicon,
        known: Lexicon,
    ) -> None:
        self.document = document
        self.headings = headings
        self.compared = compared
        self.mentions = mentions
        self.lexicon = lexicon
        self.known = known
        self.items: dict[int | None, list[int]] = defaultdict(list)  # by what encloses a list
        for n, block in enumerate(document.blocks):
            if block.kind == "item":
                self.items[block.parent].append(n)
        self.rows: dict[int | None, bool] = {}  # likewise
        self.defined = {concept for concepts in headings.values() for concept in concepts}
        self.at = [self._place(i, b) for i, b in enumerate(document.blocks)]

    def topic(self, index: int) -> _Place | None:
        """Return what the nearest block above that names a topic names, nowhere at the top of a text.

        A topic that only these notes know, by a phrase, is followed by the next one above it. None if the head of a
        list about an aspect, or for other blocks than headings a comparison, stands between.
        """
        found: list[str] = []
        for place in self._above(index):
            if place is None:
                return _Place(tuple(found), _GUESSED) if found else None
            found += place.concepts
            if any(self.lexicon.terms[t].known for t in place.concepts):
                return place if len(found) == len(place.concepts) else _Place(tuple(found), _GUESSED)
        return _Place(tuple(found), _GUESSED)

    def _above(self, index: int) -> Iterator[_Place | None]:
        """Yield what the blocks above a block name as topics, innermost first; None, and no more, at a barrier."""
        own = set(self.at[index].concepts)
        inner = self.document.blocks[index].kind != "heading"
        for above in self.document.ancestors(index):
            block = self.document.blocks[above]
            if self.at[above].holds and len(self.at[above].concepts) == 1:
                yield self.at[above]
                yield from self._within_phrase(above, block)
                continue
            if (block.kind != "heading" and _is_aspect(block)) or (inner and above in self.compared):
                yield None
                return
            if block.kind != "heading":
                continue
            topics = self.at[above].concepts or tuple(
                dict.fromkeys(m.concept for m in self._unbracketed(above, (0, len(block.text))))
            )
            several = bool(self.at[above].concepts) and len(topics) <= _MAX_TOPICS and not own & set(topics)
            if len(topics) == 1 or several:
                yield _Place(topics, _GUESSED)

    def _within_phrase(self, index: int, block: Block) -> Iterator[_Place]:
        """Yield the one concept that the field knows in a heading that is a phrase: 量化 in 量化面试要点."""
        [name] = self.at[index].concepts
        if block.kind == "heading" and not self.lexicon.terms[name].known:
            inside = find_mentions(unbracketed(clean_heading(block.readable)), self.known)
            concepts = dict.fromkeys(m.concept for m in inside)
            if len(concepts) == 1 and name not in concepts:
                yield _Place(tuple(concepts), _GUESSED)

    def _place(self, index: int, block: Block) -> _Place:
        match block.kind:
            case "heading":
                named = tuple(self.headings[index])
                return _Place(named) if named else _Place(self._asked(index, block), _GUESSED)
            case "item":
                return self._item(index, block)
            case "paragraph":
                span = (0, len(block.text))
                named = self._listed(index, span, whole=True) or self._explained(index, block)
                return _Place(named, _GUESSED, holds=False)
            case _:
                return _NOWHERE

    def _item(self, index: int, block: Block) -> _Place:
        if _is_asking(block):
            return _Place(self._asked(index, block), _GUESSED)
        head = head_span(block)
        span = head or (0, len(block.text))
        inside = self._inside(index, span)
        if head and len(inside) == 1:  # an item may be headed by an aspect of what stands above: "Loss: ..."
            acts = can_act(inside[0].concept, self.lexicon) or self._is_row(block)
            return _Place((inside[0].concept,)) if acts else _NOWHERE
        if len(inside) == 1 and stands_alone(block.readable, inside[0], bare_forms(block.readable, [span])):
            return _Place((inside[0].concept,))
        if listed := self._listed(index, span, whole=False):
            first = listed[0] == inside[0].concept and not block.readable[span[0] : inside[0].extent[0]].strip(" *_")
            return _Place(listed, _GUESSED, holds=first and len(listed) == 1)
        return _NOWHERE if head else _Place(self._explained(index, block), _GUESSED)

    def _is_row(self, block: Block) -> bool:
        """Tell whether most items of a list are headed by one property or the like: then these are what it lists."""
        if block.parent not in self.rows:
            siblings = self.items[block.parent]
            heads = [(n, head) for n in siblings if (head := head_span(self.document.blocks[n]))]
            named = [m[0].concept for n, head in heads if len(m := self._inside(n, head)) == 1]
            kinds = [self.lexicon.terms[c].kind for c in named]
            plain = sum(kind in {ConceptKind.PROPERTY, ConceptKind.OTHER} for kind in kinds)
            self.rows[block.parent] = plain >= _MIN_ROW and 2 * plain >= len(siblings)
        return self.rows[block.parent]

    def _inside(self, index: int, span: Span) -> list[Mention]:
        rows = self.mentions[index]
        return [m for m in rows if not m.compound and span[0] <= m.span[0] and m.span[1] <= span[1]]

    def _unbracketed(self, index: int, span: Span) -> list[Mention]:
        """Return the mentions in a span that no brackets hold: those are remarks and other names."""
        brackets = [b.span() for b in _BRACKETS.finditer(self.document.blocks[index].readable)]
        return [m for m in self._inside(index, span) if not any(a <= m.span[0] < b for a, b in brackets)]

    def _asked(self, index: int, block: Block) -> tuple[str, ...]:
        """Return the concept that a question is about, if it names only one."""
        if not _is_asking(block):
            return ()
        concepts = {m.concept for m in self._unbracketed(index, (0, len(block.text)))}
        return tuple(concepts) if len(concepts) == 1 else ()

    def _listed(self, index: int, span: Span, *, whole: bool) -> tuple[str, ...]:
        """Return the concepts that a span enumerates: whole members of a list without clauses, brackets left out.

        With `whole` the list may hold nothing else.
        """
        readable = self.document.blocks[index].readable
        if span[1] - span[0] > _MAX_ENUMERATION:
            return ()
        text = _BRACKETS.sub(lambda m: " " * len(m.group()), readable[: span[1]])
        members, start = [], span[0]
        for comma in [*_COMMAS.finditer(text, span[0]), None]:
            members.append((start, comma.start() if comma else span[1]))
            start = comma.end() if comma else span[1]
        forms = bare_forms(text, members) - {""}
        found = [m for m in self._unbracketed(index, span) if stands_alone(text, m, forms)]
        others = forms - bare_forms(text, [s for m in found for s in (m.span, m.extent)])
        if (whole and others) or any(_is_clause(form) for form in others):
            return ()
        return tuple(dict.fromkeys(m.concept for m in found))

    def _explained(self, index: int, block: Block) -> tuple[str, ...]:
        """Return the concept that a block begins with and explains, where a text does so for the first time.

        In an item a gap or a bracket after the name is enough: `Boosting 减少偏差`.
        """
        first = next(iter(self._inside(index, (0, len(block.text)))), None)
        if first is None or block.readable[: first.extent[0]].strip(" \t\n*_"):
            return ()
        end = first.extent[1]
        told = (
            block.kind == "item" and block.readable[end : end + 1] in {" ", "(", "（"} and is_cjk(block.readable[end:])
        )
        if told:
            return (first.concept,)
        if first.concept in self.defined or not says_what(block.readable, end):
            return ()
        self.defined.add(first.concept)
        return (first.concept,)


def _is_clause(text: str) -> bool:
    """Tell whether a member of an enumeration is too long for a name."""
    width = len(text.encode("gb18030", "replace"))
    return width > _PIECE_WIDTH if is_cjk(text) else len(text.split()) > _PIECE_WORDS


def _is_asking(block: Block) -> bool:
    """Tell whether a heading or an item is a question or a request to explain."""
    return bool(_questions().search(clean_heading(block.readable)))


def _is_aspect(block: Block) -> bool:
    """Tell whether an item or a line with a colon heads a list that says something about the thing above."""
    head = head_span(block)
    last = block.readable.rstrip().rsplit("\n", 1)[-1]
    text = block.readable[slice(*head)] if head and block.kind == "item" else last
    return bool(_aspects()[is_cjk(text)].search(text))


@cache
def _aspects() -> tuple[re.Pattern[str], re.Pattern[str]]:
    words = load_table("outline.yaml")["aspects"]
    zh, en = ("|".join(map(re.escape, words[language])) for language in ("zh", "en"))
    return re.compile(rf"\b(?:{en})(?:s|es)?\b", re.IGNORECASE), re.compile(zh)


@cache
def _questions() -> re.Pattern[str]:
    words = load_table("outline.yaml")["questions"]
    zh, en = ("|".join(map(re.escape, words[language])) for language in ("zh", "en"))
    return re.compile(rf"[?？]\W*$|^(?:{zh})|^(?:{en})\b|(?:{zh})$", re.IGNORECASE)
