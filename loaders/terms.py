"""Names that no lexicon knows, found where notes introduce things: headings, heads of items, brackets, definitions.

Discovery runs over all documents before mentions are looked for, so that a name introduced in one file is found in
all. It is strict about what a name may look like (`mentions.is_term`): a missed minor name costs less than a sentence
fragment on the map. Two results: new terms, and further names for known ones, both as `Term`s for `Lexicon.extended`.

Short forms are tied to their long ones as in Schwartz and Hearst, "A simple algorithm for identifying abbreviation
definitions in biomedical text" (Pacific Symposium on Biocomputing, 2003).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from graph.model import ConceptKind
from graph.names import is_cjk, name_key, slug
from loaders.document import Block, Document
from loaders.lexicon import Lexicon, Term, is_ordinary
from loaders.mentions import Mention, find_mentions, is_term
from loaders.patterns import load_table
from loaders.plaintext import is_label, is_question
from loaders.sentences import head_span

__all__ = ["Heading", "abbreviates", "clean_heading", "discover", "piece_spans", "read_heading"]

_NUMBERING = re.compile(
    r"^\s*(?:第?[一二三四五六七八九十百]+[章节部分]?[、.．:：\s]+|[(（]?\d{1,3}(?:\.\d{1,3}){0,4}[)）]?[、.．:：)\s]+|"
    r"[①-⑳]\s*|Q\d{0,3}\s*[.:：、]\s*|[A-Z]\.\s+|step\s*\d+\s*[:：.]?\s*)+",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\s*[(（]?\b(?:19|20)\d\d\b[)）]?\s*[:：]?\s*$|^\s*(?:19|20)\d\d\s*[—–:：-]\s*")
_BRACKET = re.compile(r"\s*[(（]([^()（）]{1,80})[)）]")
_PIECES = re.compile(r"\s*[,，、/;；|]\s*")
_SUBTITLE = re.compile(r"(\s*[:：]\s*|,\s|，|\s[-–]\s|\s*—+\s*)")
_CALLED = re.compile(
    r"^(?:又称为?|也称为?|又叫做?|也叫做?|亦称|简称为?|缩写为?|全称为?|英文名?为?|即|also called|aka|or)\s*[:：]?\s*",
    re.IGNORECASE,
)
_ALSO_CALLED = re.compile(
    r"(?:又称为?|也称为?|又叫做?|也叫做?|亦称|别称|别名|简称为?|缩写为?|全称为?|全称是|英文名?为?|"
    r"\b(?:also (?:called|known as|referred to as)|a\.?k\.?a\.?|abbreviated (?:as|to)|short for|stands for)\b)"
    r"[:：\s“\"'《]*([^，。；,.;:：()（）”\"'》\n]{2,50})",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r"(?:之间)?(?:的|有什么|有何)*(?:区别|比较|对比|差异|异同|不同|联系).*$|\b(?:difference|comparison).*$",
    re.IGNORECASE,
)
_DEFINED = re.compile(
    r"^\s*+(?=\S)[“\"'《]?([^，。；,.;:：()（）“”\"'\n]{2,40}?)[”\"'》]?\s*(?:[(（][^()（）\n]{1,60}[)）])?+\s*+"
    r"(?:是一[种类个项款]|是指|指的是|\bis an? |\brefers to\b|\bare a\b)",
)


@dataclass(frozen=True, slots=True)
class Heading:
    """What a heading names: known concepts, or the name (and other names) of a new one, or nothing.

    `compares` is True for a comparison, which is a relation and no concept.
    """

    concepts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    compares: bool = False


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = load_table("terms.yaml")
    return table


@cache
def _tails() -> frozenset[str]:
    tails = _table()["heading_tails"]
    return frozenset(name_key(str(t)) for t in (*tails["zh"], *tails["en"]))


@cache
def _heading_heads() -> frozenset[str]:
    return frozenset(str(w) for w in _table()["heading_heads"])


@cache
def _comparison() -> re.Pattern[str]:
    words = _table()["comparisons"]
    zh = "|".join(w for w in words if is_cjk(w))
    en = "|".join(re.escape(w) for w in words if not is_cjk(w))
    return re.compile(rf"{zh}|\b(?:{en})\b", re.IGNORECASE)


def clean_heading(text: str) -> str:
    """Return a heading without numbering, symbols around it, and closing punctuation."""
    text = "".join(" " if unicodedata.category(c) in {"So", "Sk", "Cn", "Co"} else c for c in text)
    text = _YEAR.sub("", _NUMBERING.sub("", text.strip()))
    return text.strip(" \t#*_:：.。、-–—~|>•·\"“”'")


def read_heading(readable: str, lexicon: Lexicon, *, context: str = "", document: str = "") -> Heading:
    """Return what a heading names; `readable` has code and marks blanked.

    `context` (the text below) and `document`, both folded, decide on ambiguous names.
    """
    text = clean_heading(readable)
    if not text or is_label(text):
        return Heading()
    mentions = find_mentions(
        text, lexicon, alone=[(0, len(text)), *piece_spans(text)], context=context, document=document
    )
    sure = [m for m in mentions if not m.compound]
    concepts = tuple(dict.fromkeys(m.concept for m in sure))
    if _comparison().search(text) and len(concepts) > 1:
        return Heading(compares=True)
    if is_question(text):
        return Heading()
    bare = _BRACKET.sub("", text).strip()
    if concepts and (named := _named(text, bare, sure)):
        return Heading(named)
    if subtitle := _SUBTITLE.search(text):  # "Attention, from Seq2Seq to MLA" is about attention
        main = read_heading(text[: subtitle.start()], lexicon, context=context, document=document)
        if main.concepts:
            return main
    if not concepts or len(bare) < 40:
        names = _names(text, bare)
        if names and (not concepts or _compound_name(bare, sure)):
            return Heading(names=names)
    return Heading()


def _named(text: str, bare: str, mentions: Sequence[Mention]) -> tuple[str, ...]:
    """Return the concepts that a heading with mentions names, if it names them and not something built on them."""
    rest = list(text)
    for mention in mentions:
        rest[mention.extent[0] : mention.extent[1]] = " " * (mention.extent[1] - mention.extent[0])
    left = _BRACKET.sub("", "".join(rest))
    left = re.sub(
        r"[\s、,，/&+()（）:：]|和|与|及|的|\band\b|\bor\b|\bthe\b|^常见|^常用|^经典|^主要",
        "",
        left,
        flags=re.IGNORECASE,
    )
    if not left:
        order = dict.fromkeys(m.concept for m in mentions)
        if len(order) == 2 and "的" in text and not re.search(r"[、和与及/,，]", bare):
            return (mentions[-1].concept,)
        return tuple(order)
    first, last = mentions[0], mentions[-1]
    tail = name_key(bare[first.extent[1] :].lstrip("的之 "))
    if not bare[: first.extent[0]].strip(" 常见用的") and tail in _tails():
        return (first.concept,)
    before = bare[: last.extent[0]].rstrip()
    if last.extent[1] >= len(bare) and before.casefold() in _heading_heads():
        return (last.concept,)
    if last.extent[1] >= len(bare) and before.endswith(("的", "of", "for")) and is_cjk(bare[-1:]):
        return (last.concept,)
    return ()


def _compound_name(bare: str, mentions: Sequence[Mention]) -> bool:
    """Tell whether a heading is one name built on others ("Attention 可视化器"), not a phrase about them."""
    return len({m.concept for m in mentions}) <= 1 and not re.search(
        r"[的和与及、中]|\b(?:of|in|for|with|and|to|vs)\b", bare
    )


def piece_spans(text: str) -> list[tuple[int, int]]:
    """Return the spans of the parts of an enumeration, and of what stands in and before brackets."""
    spans, start = [], 0
    for match in re.finditer(r"[、,，/;；()（）&+]|和|与|及|\band\b|\bor\b|\bvs\.?\b", text, re.IGNORECASE):
        spans.append((start, match.start()))
        start = match.end()
    return [*spans, (start, len(text))]


def _names(text: str, bare: str) -> tuple[str, ...]:
    """Return the names that a text "Name (other name, ABBR)" gives to one thing, if they can be a concept's."""
    if not is_term(bare):
        return ()
    names = [bare]
    for match in _BRACKET.finditer(text):
        names += [p for q in _PIECES.split(match[1].strip()) if _is_other_name(bare, p := _CALLED.sub("", q).strip())]
    return tuple(dict.fromkeys(names))


def _is_other_name(name: str, other: str) -> bool:
    """Tell whether bracketed `other` can be another name of `name`: a translation, or its short or long form."""
    other = other.strip()
    if not is_term(other) or other.casefold().startswith(tuple(_table()["not_alias_starts"])):
        return False
    if is_cjk(name) != is_cjk(other):
        return len(other) > 1
    return abbreviates(other, name) or abbreviates(name, other)


def abbreviates(short: str, long: str) -> bool:
    """Tell whether `short` (2 to 10 letters) is made of letters of `long`, in order, beginning at its first word.

    Every letter of the short form must be found, the first one at a word's beginning (Schwartz and Hearst, 2003).
    """
    letters = [c for c in short.casefold() if c.isalnum()]
    if not 2 <= len(letters) <= 10 or len(long) <= len(short) or " " in short or not short[0].isalpha():
        return False
    text = long.casefold()
    at = len(text) - 1
    for n in range(len(letters) - 1, -1, -1):
        while at >= 0 and (text[at] != letters[n] or (n == 0 and at > 0 and text[at - 1].isalnum())):
            at -= 1
        if at < 0:
            return False
        at -= 1
    return not text[: at + 1].strip()


@dataclass(slots=True)
class _Found:
    names: dict[str, None]
    topic: bool = False


class _Discovery:
    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.new: dict[str, _Found] = {}  # by slug
        self.more: dict[str, dict[str, None]] = {}  # further names of known terms
        self.keys: dict[str, str] = {}  # name key -> slug of a new term

    def add(self, names: Sequence[str], *, topic: bool = False) -> None:
        """Take `names` as one thing's: a known one's further names, or a new thing's."""
        known = next((t for n in names if (t := self.lexicon.find(n))), None)
        if known is not None:
            for name in names:
                if self.is_free(name):
                    self.more.setdefault(known.id, {})[name] = None
            return
        free = [n for n in names if self.is_free(n)]
        if not free:
            return
        found = next((self.keys[k] for n in free if (k := name_key(n)) in self.keys), slug(free[0]))
        row = self.new.setdefault(found, _Found({}))
        row.topic |= topic
        for name in free:
            row.names[name] = None
            self.keys.setdefault(name_key(name), found)

    def is_free(self, name: str) -> bool:
        key = name_key(name)
        return bool(key) and self.lexicon.find_key(key) is None and key not in self.lexicon.ambiguous

    def terms(self) -> Iterator[Term]:
        for known, more in self.more.items():
            yield Term(known, (self.lexicon.terms[known].name, *more))
        for found, row in self.new.items():
            names = tuple(row.names)
            taken = found in self.lexicon.terms
            yield Term(
                f"{found}-term" if taken else found,
                names,
                ConceptKind.TOPIC if row.topic else guess_kind(names),
                weak=frozenset(name_key(n) for n in names if _is_slight(n)),
                known=False,
            )


def _is_slight(name: str) -> bool:
    """Tell whether an unknown name is too slight to be looked for in running text."""
    if is_cjk(name):
        return len(name) < 4
    return " " not in name and (name.islower() or len(name) < 3)


def _is_namelike(name: str) -> bool:
    """Tell whether a heading over a text reads as a thing's name rather than as that text's: PathNet, not Risks."""
    if is_cjk(name):
        return len(name) <= 12
    coined = any(c.isupper() or c.isdigit() for c in name[1:].replace(" ", "")) and not name.istitle()
    rare = " " not in name and not is_ordinary(name)
    return coined or rare or guess_kind([name]) is not ConceptKind.OTHER


def guess_kind(names: Iterable[str]) -> ConceptKind:
    """Return the kind that the last word of a new term's names suggests."""
    for kind, endings in _table()["kinds"].items():
        for name in names:
            if name.casefold().endswith(tuple(map(str, endings))):
                return ConceptKind(kind)
    return ConceptKind.OTHER


def discover(documents: Iterable[Document], lexicon: Lexicon) -> list[Term]:
    """Return the terms that the documents introduce, and further names of known ones. Deterministic."""
    found = _Discovery(lexicon)
    for document in documents:
        above = {b.parent for b in document.blocks if b.kind == "heading"}
        filled = {b.parent for b in document.blocks if b.kind != "heading"}
        for i, block in enumerate(document.blocks):
            if block.kind == "heading":
                heading = read_heading(block.readable, lexicon)
                if heading.names and (i in above or i not in filled or _is_namelike(heading.names[0])):
                    found.add(heading.names, topic=i in above)
            else:
                _from_head(block, found)
                _from_links(block, found)
            _from_text(block, found)
            _from_enumerations(block, found)
            _from_latin(block, found)
    return list(found.terms())


def _from_head(block: Block, found: _Discovery) -> None:
    span = head_span(block)
    if span is None:
        return
    text = clean_heading(block.readable[slice(*span)])
    bare = _BRACKET.sub("", text).strip()
    if not text or is_label(text) or is_question(text) or _comparison().search(text):
        return
    mentions = [m for m in find_mentions(text, found.lexicon, alone=[(0, len(text))]) if not m.compound]
    names = _names(text, bare)
    introduces = block.kind == "item" or (bool(block.strong) and block.strong[0][0] == span[0])
    if introduces and names and (not mentions or _compound_name(bare, mentions)) and len(bare) <= 30:
        found.add(names)


def _from_links(block: Block, found: _Discovery) -> None:
    for link in block.links:
        shown = block.text[slice(*link.span)].strip()
        if link.target.count("-") > 1 and " " not in link.target and found.lexicon.find(link.target) is None:
            continue  # a file's name, not a concept's
        names = [n for n in dict.fromkeys((link.target, shown)) if is_term(n) and not is_label(n)]
        if names and names[0] == link.target:
            found.add(names)


def _from_text(block: Block, found: _Discovery) -> None:
    text = block.readable
    for match in _BRACKET.finditer(text):
        _from_bracket(text, match, found)
    for match in _ALSO_CALLED.finditer(text):
        before = find_mentions(text[: match.start()][-60:], found.lexicon)
        other = match[1].strip()
        if before and not before[-1].compound and is_term(other) and found.is_free(other):
            gap = text[: match.start()][-60:][before[-1].extent[1] :]
            if len(gap.strip(" ,，()（）也又")) <= 1:
                found.add([found.lexicon.terms[before[-1].concept].name, other])
    if block.kind != "heading" and (defined := _DEFINED.match(text)):
        name = defined[1].strip()
        if is_term(name) and not find_mentions(name, found.lexicon, alone=[(0, len(name))]) and not is_label(name):
            found.add(_names(text[defined.start(1) : defined.end()].split("是")[0], name) or [name])


_LISTED = re.compile(r"[、,，/]|和|与|及|以及|\band\b|\bor\b|\bvs\.?\b", re.IGNORECASE)
_LIST_SPAN = re.compile(r"[^。；;.!?！？:：\n()（）]+")


def _from_enumerations(block: Block, found: _Discovery) -> None:
    """Take the unknown members of an enumeration whose other members are known to be of one family."""
    for run in _LIST_SPAN.finditer(block.readable):
        text = run.group()
        if block.kind == "heading":
            text = _COMPARED.sub("", clean_heading(text))
        pieces = [p.strip(" *_“”\"'") for p in _LISTED.split(text)]
        if len(pieces) < 2 or len(text) > 160:
            continue
        terms = [found.lexicon.find(p) for p in pieces]
        kinds = {t.kind for t in terms if t}
        known = sum(t is not None for t in terms)
        unknown = [p for p, t in zip(pieces, terms, strict=True) if t is None]
        enough = known >= 2 if block.kind != "heading" else known >= 1 and len(pieces) == 2
        if unknown and enough and known >= len(unknown) and len(kinds) == 1:
            for piece in unknown:
                named = len(piece) > 2 if is_cjk(piece) else " " in piece or not (piece.istitle() or piece.islower())
                if named and is_term(piece) and not is_label(piece) and not find_mentions(piece, found.lexicon)[1:]:
                    found.add([piece])


_COINED = re.compile(
    r"(?<![A-Za-z0-9_./@#-])(?=[A-Za-z]*[a-z]?[A-Z])[A-Za-z][A-Za-z]*[A-Z][A-Za-z0-9]*(?:-[A-Z0-9][A-Za-z0-9]*)*(?![A-Za-z0-9_./@-])"
)


def _from_latin(block: Block, found: _Discovery) -> None:
    """Take coined Latin names (PathNet, MADDPG) in a Chinese sentence: they name models and methods."""
    if block.kind == "heading" or not is_cjk(block.readable):
        return
    stop = _not_coined()
    for match in _COINED.finditer(block.readable):
        name = match.group()
        base = name.split("-")[0]
        if 3 <= len(name) <= 24 and name_key(name) not in stop and is_term(name) and found.is_free(base):
            found.add([name])


@cache
def _not_coined() -> frozenset[str]:
    return frozenset(name_key(str(w)) for w in _table()["not_coined"])


def _from_bracket(text: str, match: re.Match[str], found: _Discovery) -> None:
    """Read `Name (other name, ABBR)`: tie the other names to the known name before, or make a new pair."""
    left = text[max(0, match.start() - 80) : match.start()]
    pieces = [_CALLED.sub("", p).strip() for p in _PIECES.split(match[1].strip()) if p.strip()]
    mentions = [m for m in find_mentions(left, found.lexicon, alone=[(0, len(left))]) if not m.compound]
    owner = mentions[-1] if mentions and mentions[-1].extent[1] >= len(left.rstrip()) else None
    if owner is not None:
        term = found.lexicon.terms[owner.concept]
        for piece in pieces:
            if found.is_free(piece) and any(_is_other_name(n, piece) for n in (left[slice(*owner.span)], term.name)):
                found.add([term.name, piece])
        return
    for piece in pieces:
        words = re.split(r"[\s“\"'*]+", left.strip())
        if not (2 <= len(piece) <= 10 and any(c.isupper() for c in piece) and piece.isascii()):
            continue
        for count in range(1, min(len(piece) + 3, len(words)) + 1):
            long = " ".join(words[-count:])
            if long.isascii() and abbreviates(piece, long) and is_term(long) and is_term(piece):
                found.add([long, piece])
                break
