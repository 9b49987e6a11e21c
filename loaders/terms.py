"""What a heading names, and what a name looks like: kinds by last words, short forms of long ones, other names.

A heading that consists of known concepts names those; another short noun is a name of its own; a label (优点, Example),
a question and a comparison name nothing.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from graph.model import ConceptKind
from graph.names import is_cjk, name_key
from loaders.lexicon import Lexicon
from loaders.mentions import Mention, find_mentions, is_term
from loaders.needs import led
from loaders.patterns import load_table
from loaders.plaintext import is_label, is_question

__all__ = [
    "BRACKET",
    "PIECES",
    "Heading",
    "abbreviates",
    "bare_names",
    "clean_heading",
    "guess_kind",
    "is_comparison",
    "is_compound_name",
    "is_other_name",
    "piece_spans",
    "read_heading",
    "topic_phrase",
    "without_brackets",
    "without_called",
]

_NUMBERING = re.compile(
    r"^\s*(?:第?[一二三四五六七八九十百]+[章节部分]?[、.．:：\s]+|[(（]?\d{1,3}(?:\.\d{1,3}){0,4}[)）]?[、.．:：)\s]+|"
    r"[①-⑳]\s*|Q\d{0,3}\s*[.:：、]\s*|[A-Z]\.\s+|step\s*\d+\s*[:：.]?\s*)+",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\s*[(（]?\b(?:19|20)\d\d\b[)）]?\s*[:：]?\s*$|^\s*(?:19|20)\d\d\s*[—–:：-]\s*")
BRACKET = re.compile(r"(?<!\s)\s*[(（]([^()（）]{1,80})[)）]")  # from where spaces begin: linear in them
PIECES = re.compile(r"\s*[,，、/;；|]\s*")
_SUBTITLE = re.compile(r"(\s*[:：]\s*|,\s|，|\s[-–]\s|\s*—+\s*)")
_CALLED = re.compile(
    r"^(?:又称为?|也称为?|又叫做?|也叫做?|亦称|简称为?|缩写为?|全称为?|英文名?为?|即|also called|aka|or)\s*[:：]?\s*",
    re.IGNORECASE,
)
_PIECE_ENDS = led(r"[、,，/;；()（）&+]|和|与|及|\band\b|\bor\b|\bvs\.?\b", re.IGNORECASE)


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
    return led(rf"{zh}|\b(?:{en})\b", re.IGNORECASE)


class _Symbols(dict[int, int]):
    """What each character becomes, by code: a symbol a space; filled as characters are met."""

    def __missing__(self, code: int) -> int:
        found = 32 if unicodedata.category(chr(code)) in {"So", "Sk", "Cn", "Co"} else code
        if code < 0x10000:
            self[code] = found
        return found


_SYMBOLS = _Symbols()


def without_brackets(text: str) -> str:
    """Return a text without what stands in brackets."""
    return (BRACKET.sub("", text) if "(" in text or "（" in text else text).strip()


def is_comparison(text: str) -> bool:
    """Tell whether a heading sets things against each other: that is a relation and no concept."""
    return _comparison().search(text) is not None


def without_called(text: str) -> str:
    """Return bracketed text without the words that introduce another name: 又称, 即, also called."""
    return _CALLED.sub("", text).strip()


@lru_cache(maxsize=1 << 12)
def clean_heading(text: str) -> str:
    """Return a heading without numbering, symbols around it, and closing punctuation."""
    text = text.translate(_SYMBOLS)
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
    if is_comparison(text) and len(concepts) > 1:
        return Heading(compares=True)
    if is_question(text):
        return Heading()
    bare = without_brackets(text)
    if concepts and (named := _named(text, bare, sure)):
        return Heading(named)
    if subtitle := _SUBTITLE.search(text):  # "Attention, from Seq2Seq to MLA" is about attention
        main = read_heading(text[: subtitle.start()], lexicon, context=context, document=document)
        if main.concepts:
            return main
    if not concepts or len(bare) < 40:
        names = bare_names(text, bare)
        if names and (not concepts or is_compound_name(bare, sure)):
            return Heading(names=names)
    return Heading()


def _named(text: str, bare: str, mentions: Sequence[Mention]) -> tuple[str, ...]:
    """Return the concepts that a heading with mentions names, if it names them and not something built on them."""
    rest = list(text)
    for mention in mentions:
        rest[mention.extent[0] : mention.extent[1]] = " " * (mention.extent[1] - mention.extent[0])
    left = BRACKET.sub("", "".join(rest))
    left = re.sub(
        r"[\s、,，/&+()（）:：]|和|与|及|的|\band\b|\bor\b|\bthe\b|^常见|^常用|^经典|^主要",
        "",
        left,
        flags=re.IGNORECASE,
    )
    if not left:
        remarks = [m.span() for m in BRACKET.finditer(text)]
        outside = [m for m in mentions if not any(a <= m.span[0] < b for a, b in remarks)]
        mentions = outside or mentions
        order = dict.fromkeys(m.concept for m in mentions)
        if len(order) == 2 and "的" in bare and not re.search(r"[、和与及/,，]", bare):
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


def topic_phrase(readable: str) -> str:
    """Return the name of the topic that a heading over headings gives, if only by a phrase: 对话系统的评测."""
    text = clean_heading(readable)
    bare = without_brackets(text)
    return bare if is_term(bare) and not (is_label(text) or is_question(text) or is_comparison(text)) else ""


def is_compound_name(bare: str, mentions: Sequence[Mention]) -> bool:
    """Tell whether a heading is one name built on others ("Attention 可视化器"), not a phrase about them."""
    return len({m.concept for m in mentions}) <= 1 and not re.search(
        r"[的和与及、中]|\b(?:of|in|for|with|and|to|vs)\b", bare
    )


def piece_spans(text: str) -> list[tuple[int, int]]:
    """Return the spans of the parts of an enumeration, and of what stands in and before brackets."""
    spans, start = [], 0
    for match in _PIECE_ENDS.finditer(text):
        spans.append((start, match.start()))
        start = match.end()
    return [*spans, (start, len(text))]


def bare_names(text: str, bare: str) -> tuple[str, ...]:
    """Return the names that a text "Name (other name, ABBR)" gives to one thing, if they can be a concept's."""
    if not is_term(bare):
        return ()
    names = [bare]
    for match in BRACKET.finditer(text):
        names += [p for q in PIECES.split(match[1].strip()) if is_other_name(bare, p := without_called(q))]
    return tuple(dict.fromkeys(names))


def is_other_name(name: str, other: str) -> bool:
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


def guess_kind(names: Iterable[str]) -> ConceptKind:
    """Return the kind that the last word of a new term's names suggests."""
    for kind, endings in _table()["kinds"].items():
        for name in names:
            if name.casefold().endswith(tuple(map(str, endings))):
                return ConceptKind(kind)
    return ConceptKind.OTHER
