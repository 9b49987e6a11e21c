"""Where notes introduce a name: headings, heads of items, bold words, table cells, brackets, definitions, lists.

`introductions` yields, for one block, names with the *place* in which each stands. It judges only whether a name can
be one at all (`mentions.is_term`); whether it becomes a term is for `discovery` to decide, from all places together.

Short forms are tied to their long ones as in Schwartz and Hearst, "A simple algorithm for identifying abbreviation
definitions in biomedical text" (Pacific Symposium on Biocomputing, 2003).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from graph.names import is_cjk, name_key
from loaders.document import Block, Span
from loaders.lexicon import Lexicon
from loaders.mentions import find_mentions, is_term
from loaders.needs import led
from loaders.patterns import load_table
from loaders.plaintext import is_label, is_question
from loaders.sentences import head_span
from loaders.terms import (
    BRACKET,
    PIECES,
    abbreviates,
    bare_names,
    clean_heading,
    is_comparison,
    is_compound_name,
    is_other_name,
    without_brackets,
    without_called,
)

__all__ = ["Introduction", "introductions"]

_ALSO_CALLED = led(
    r"(?:又称为?|也称为?|又叫做?|也叫做?|亦称|别称|别名|简称为?|缩写为?|全称为?|全称是|英文名?为?|"
    r"\b(?:also (?:called|known as|referred to as)|a\.?k\.?a\.?|abbreviated (?:as|to)|short for|stands for)\b)"
    r"[:：\s“\"'《]*([^，。；,.;:：()（）”\"'》\n]{2,50})",
    re.IGNORECASE,
)
_DEFINED = re.compile(
    r"^\s*+(?=\S)[“\"'《]?([^，。；,.;:：()（）“”\"'\n]{2,40}?)[”\"'》]?\s*(?:[(（][^()（）\n]{1,60}[)）])?+\s*+"
    r"(?:是一[种类个项款]|是指|指的是|\bis an? |\brefers to\b|\bare a\b)",
)
_QUOTED = re.compile(r"[“\"「『]([^“”\"「」『』\n，。,.;；!?！？]{2,24})[”\"」』]")
_LISTED = led(r"[、,，/]|和|与|及|以及|\band\b|\bor\b|\bvs\.?\b", re.IGNORECASE)
_MEMBERS = re.compile(
    r"\s*(?:[、,，;；/|]|\band\b|\bor\b|(?<=[\u4e00-\u9fff\s])[和与及](?=[\u4e00-\u9fff\s]))\s*", re.IGNORECASE
)
_LIST_SPAN = re.compile(r"[^。；;.!?！？:：\n()（）]+")
_COINED = led(
    r"(?<![A-Za-z0-9_./@#-])(?=[A-Za-z]*[a-z]?[A-Z])[A-Za-z][A-Za-z]*[A-Z][A-Za-z0-9]*(?:-[A-Z0-9][A-Za-z0-9]*)*(?![A-Za-z0-9_./@-])"
)
_COMPARED = re.compile(
    r"(?:之间)?(?:的|有什么|有何)*(?:区别|比较|对比|差异|异同|不同|联系).*$|\b(?:difference|comparison).*$",
    re.IGNORECASE,
)
_EDGES = " \t\n*_“”\"'`"
_MAX_MEMBER = 40  # characters of a member of an enumeration
_BEFORE = 80  # characters before a bracket in which its owner is looked for


@dataclass(frozen=True, slots=True)
class Introduction:
    """Names of one thing, the preferred one first, and the place in which they stand: a key of the weights' table."""

    names: tuple[str, ...]
    place: str


def introductions(block: Block, runs: Sequence[Span], lexicon: Lexicon) -> Iterator[Introduction]:
    """Yield what a block other than a heading introduces, and what brackets and lists in any block do.

    `runs` are the spans of its runs of content words: what a bracket may stand behind.
    """
    if block.kind != "heading":
        yield from _from_head(block, lexicon)
        yield from _from_strong(block)
        yield from _from_cells(block)
        yield from _from_item(block)
        yield from _from_definition(block, lexicon)
    yield from _from_links(block, lexicon)
    yield from _from_brackets(block, runs, lexicon)
    yield from _from_also_called(block, lexicon)
    yield from _from_enumerations(block, lexicon)
    yield from _from_latin(block)
    for match in _QUOTED.finditer(block.readable):
        yield from _one(match[1], "quoted")


def _one(text: str, place: str) -> Iterator[Introduction]:
    name = text.strip(_EDGES)
    if is_term(name) and not is_label(name):
        yield Introduction((name,), place)


def _from_head(block: Block, lexicon: Lexicon) -> Iterator[Introduction]:
    span = head_span(block)
    if span is None:
        return
    text = clean_heading(block.readable[slice(*span)])
    bare = without_brackets(text)
    if not text or is_label(text) or is_question(text) or is_comparison(text):
        return
    mentions = [m for m in find_mentions(text, lexicon, alone=[(0, len(text))]) if not m.compound]
    names = bare_names(text, bare)
    strong = bool(block.strong) and block.strong[0][0] == span[0]
    if names and (not mentions or is_compound_name(bare, mentions)) and len(bare) <= 30:
        yield Introduction(names, "head" if strong or block.kind == "item" else "lead")


def _from_strong(block: Block) -> Iterator[Introduction]:
    for start, end in block.strong:
        text = clean_heading(block.readable[start:end])
        if "\n" not in text and len(text) <= 40 and not is_question(text):
            names = bare_names(text, without_brackets(text))
            if names and not is_label(names[0]):
                yield Introduction(names, "strong")


def _from_cells(block: Block) -> Iterator[Introduction]:
    for n, (start, end) in enumerate(block.cells):
        text = clean_heading(block.readable[start:end])
        names = bare_names(text, without_brackets(text)) if len(text) <= 40 else ()
        if names and not is_label(names[0]):
            yield Introduction(names, "cell" if n == 0 else "other-cell")


def _from_item(block: Block) -> Iterator[Introduction]:
    """Take a short item as a name, or as a list of names: "SGD, Momentum and Adam"."""
    if block.kind != "item" or len(block.readable) > 120:
        return
    span = head_span(block)
    rest = block.readable[span[1] if span else 0 :].strip(" \t:：*-—–。.")
    bare = without_brackets(rest)
    pieces = [p.strip(_EDGES) for p in _MEMBERS.split(bare)]
    if len(pieces) == 1 and span is None and not is_question(bare):
        text = clean_heading(rest)
        names = bare_names(text, without_brackets(text))
        if names and not is_label(names[0]):
            yield Introduction(names, "item")
    elif len(pieces) > 1 and all(len(p) <= 30 for p in pieces) and sum(map(is_term, pieces)) > len(pieces) / 2:
        for piece in pieces:
            yield from _one(piece, "member")


def _from_definition(block: Block, lexicon: Lexicon) -> Iterator[Introduction]:
    if defined := _DEFINED.match(block.readable):
        name = defined[1].strip(_EDGES)
        if is_term(name) and not find_mentions(name, lexicon, alone=[(0, len(name))]) and not is_label(name):
            text = block.readable[defined.start(1) : defined.end()].split("是")[0]
            yield Introduction(bare_names(text, name) or (name,), "defined")


def _from_links(block: Block, lexicon: Lexicon) -> Iterator[Introduction]:
    for link in block.links:
        shown = block.text[slice(*link.span)].strip()
        file_name = link.target.count("-") > 1 and " " not in link.target and lexicon.find(link.target) is None
        if link.file or file_name or not is_term(link.target) or is_label(link.target):
            continue
        names = (link.target, shown) if is_other_name(link.target, shown) else (link.target,)
        yield Introduction(names, "link")


def _from_brackets(block: Block, runs: Sequence[Span], lexicon: Lexicon) -> Iterator[Introduction]:
    text = block.readable
    if "(" not in text and "（" not in text:
        return
    ends = {end: text[start:end] for start, end in reversed(runs)}  # the longest run that ends there
    for match in BRACKET.finditer(text):
        pieces = [p for q in PIECES.split(match[1].strip()) if is_term(p := without_called(q))]
        end = len(text[: match.start()].rstrip(_EDGES))
        if pieces and end:
            yield from _from_bracket(text[max(0, end - _BEFORE) : end], pieces, ends.get(end, ""), lexicon)


def _from_bracket(left: str, pieces: Sequence[str], run: str, lexicon: Lexicon) -> Iterator[Introduction]:
    """Read `Name (other name, ABBR)`: tie the other names to the name before, which may be all of `run`."""
    mentions = [m for m in find_mentions(left, lexicon, alone=[(0, len(left))]) if not m.compound]
    owner = mentions[-1] if mentions and mentions[-1].extent[1] >= len(left) else None
    if owner is not None and (not is_cjk(run) or owner.extent[0] <= len(left) - len(run)):
        term = lexicon.terms[owner.concept]
        for piece in pieces:
            if any(is_other_name(n, piece) for n in (left[slice(*owner.span)], term.name)):
                yield Introduction((term.name, piece), "paired")
        return
    for piece in pieces:  # an abbreviation of the English words before
        if not (2 <= len(piece) <= 10 and any(c.isupper() for c in piece) and piece.isascii()):
            continue
        words = re.split(r"[\s“\"'*]+", left.strip())
        for count in range(1, min(len(piece) + 3, len(words)) + 1):
            long = " ".join(words[-count:])
            if long.isascii() and abbreviates(piece, long) and is_term(long):
                yield Introduction((long, piece), "paired")
                return
    if run and is_term(run) and not is_label(run) and (others := _translations(run, pieces)):
        yield Introduction((run, *others), "paired")


def _translations(name: str, pieces: Sequence[str]) -> list[str]:
    """Return those of the bracketed `pieces` that say `name` in the other language, and their short forms."""
    found: list[str] = []
    for piece in pieces:
        zh, en = (name, piece) if is_cjk(name) else (piece, name)
        if is_cjk(name) == is_cjk(piece):
            if found and any(abbreviates(piece, f) for f in found):
                found.append(piece)
            continue
        words = [w for w in re.split(r"[\s-]+", en) if len(w) > 2 or w.isupper()]
        signs = sum(c > "\u2e7f" for c in zh)
        fits = signs <= 3.5 * len(words) + 1 and signs >= len(words)
        if (fits and is_term(piece) and is_other_name(name, piece)) or (
            found and any(abbreviates(piece, f) for f in found)
        ):
            found.append(piece)
    return found


def _from_also_called(block: Block, lexicon: Lexicon) -> Iterator[Introduction]:
    text = block.readable
    for match in _ALSO_CALLED.finditer(text):
        left = text[: match.start()][-60:]
        before = find_mentions(left, lexicon)
        other = match[1].strip()
        if (
            before
            and not before[-1].compound
            and is_term(other)
            and len(left[before[-1].extent[1] :].strip(" ,，()（）也又")) <= 1
        ):
            yield Introduction((lexicon.terms[before[-1].concept].name, other), "paired")


def _from_enumerations(block: Block, lexicon: Lexicon) -> Iterator[Introduction]:
    """Take the unknown members of an enumeration whose other members are known to be of one family."""
    if not len(lexicon):
        return
    for run in _LIST_SPAN.finditer(block.readable):
        text = run.group()
        if len(text) > 160 or not _LISTED.search(text):
            continue
        if block.kind == "heading":
            text = _COMPARED.sub("", clean_heading(text))
        pieces = [p.strip(" *_“”\"'") for p in _LISTED.split(text)]
        if len(pieces) < 2 or max(map(len, pieces)) > _MAX_MEMBER:
            continue
        terms = [lexicon.find(p) for p in pieces]
        kinds = {t.kind for t in terms if t}
        known = sum(t is not None for t in terms)
        unknown = [p for p, t in zip(pieces, terms, strict=True) if t is None]
        enough = known >= 2 if block.kind != "heading" else known >= 1 and len(pieces) == 2
        if unknown and enough and known >= len(unknown) and len(kinds) == 1:
            for piece in unknown:
                named = len(piece) > 2 if is_cjk(piece) else " " in piece or not (piece.istitle() or piece.islower())
                if named and is_term(piece) and not is_label(piece) and not find_mentions(piece, lexicon)[1:]:
                    yield Introduction((piece,), "peer")


def _from_latin(block: Block) -> Iterator[Introduction]:
    """Take coined Latin names (PathNet, MADDPG) in a Chinese sentence: they name models and methods."""
    if block.kind == "heading" or not is_cjk(block.readable):
        return
    stop = _not_coined()
    for match in _COINED.finditer(block.readable):
        name = match.group()
        if 3 <= len(name) <= 24 and name_key(name) not in stop and is_term(name):
            yield Introduction((name,), "coined")


@cache
def _not_coined() -> frozenset[str]:
    return frozenset(name_key(str(w)) for w in load_table("terms.yaml")["not_coined"])
