"""Which names of a lexicon stand at a place of a text: in any spelling, by their name keys, longest first.

A name is matched over *units* (a Latin word, a single Chinese character) joined by spaces and hyphens. Most units begin
no name, which a look at them and the next one tells (`openings`); from the others the text is read unit by unit while
some name's key begins with what was read (`names_at`). A name that several concepts have is given to the one whose
tell-tale words stand nearest.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache

from loaders.lexicon import Lexicon
from loaders.patterns import load_table

__all__ = ["forget_documents", "names_at", "openings"]

_LATIN = "A-Za-zÀ-ɏΑ-ωά-ώ0-9"
_CJK = "\u3400-\u9fff"
_FIRST_CJK, _LAST_CJK = "\u3400", "\u9fff"
_UNIT = re.compile(rf"[{_LATIN}]+(?:\+\+|#)?|[{_CJK}]")
_RUN = re.compile(rf"[{_LATIN}]+(?:\+\+|#)?|[{_CJK}]+")
_JOINT = re.compile(rf"(?:[ \t\n]?[-_·‐-–'’/&+@^][ \t]?|[ \t\n]{{1,2}})?(?=[{_LATIN}{_CJK}])")
_DROPPED = " \t\n-_·‐‑‒–'’/"  # what a name key leaves out between the parts of a name
_KEPT = "&+@^"  # and what it keeps
_POINT = "."  # joins two numbers of a name: C4.5, Llama 3.1
_MAX_UNITS = 16
_MIN_JOINED = 6  # letters of a name that may be written apart: "batch norm", never "of a"
_NEAR = 60  # characters around an ambiguous name that are looked at
_ALONE = 2  # tell-tale words that an everyday word wants if the only meaning listed is a concept
_UNSTABLE = re.compile(  # letters whose name key is written with others
    f"[{''.join(c for c in map(chr, range(0xC0, 0x3D0)) if unicodedata.normalize('NFKC', c) != c)}]"
)


def openings(text: str, lexicon: Lexicon) -> list[int]:
    """Return the offsets in `text`, in order, at which a name may begin: all at which one does, and some others."""
    folded = text.casefold()
    if len(folded) != len(text) or (not text.isascii() and _UNSTABLE.search(folded)):
        return [m.start() for m in _UNIT.finditer(text)]
    keys, prefixes = lexicon.keys, lexicon.prefixes
    kept = any(mark in text for mark in _KEPT)
    found: list[int] = []
    before, begin, stop = "", 0, 0  # the last unit before, where it begins, where it ends
    for run in _RUN.finditer(text):
        start, end = run.span()
        word = folded[start:end]
        chinese = word[0] >= _FIRST_CJK
        pair = before + (word[0] if chinese else word)
        if before and (
            pair in prefixes
            or before in keys
            or (pair[-1] == "s" and pair[:-1] in prefixes)
            or (before[-1:] == "s" and before[:-1] in keys)
            or (kept and any(mark in text[stop:start] for mark in _KEPT))
        ):
            found.append(begin)
        if chinese:
            pairs = enumerate(map(str.__add__, word, word[1:]), start)
            found += [at for at, pair in pairs if pair in prefixes or pair[0] in keys]
            before, begin = word[-1], end - 1
        else:
            before, begin = word, start
        stop = end
    if before in keys or (before[-1:] == "s" and before[:-1] in keys):
        found.append(begin)
    return found


def names_at(text: str, start: int, lexicon: Lexicon, context: tuple[str, str]) -> list[tuple[str, int]]:
    """Return the concepts of the names that begin at an offset, longest first, each with where its name ends.

    `context` holds the folded texts, nearest first, that decide on an ambiguous name where the words around do not.
    """
    found: list[tuple[str, int]] = []
    keys, prefixes = lexicon.keys, lexicon.prefixes
    key, gap = "", ""
    at = start
    for _ in range(_MAX_UNITS):
        if _FIRST_CJK <= text[at] <= _LAST_CJK:
            end = at + 1
            key += text[at]
        elif unit := _UNIT.match(text, at):
            end = unit.end()
            key += unit.group().casefold()
        else:
            break
        follow = text[end : end + 1]
        point = follow == _POINT and _is_point(text, end)
        if not (gap.isspace() and len(key) < _MIN_JOINED and key.isascii()):  # "of a" is not OFA
            known = (key,) if key in keys and key[-1] != "s" else lexicon.known_as(key)
            if known and not point:  # Llama 3.1 is not Llama 3
                concept = _resolve(known, text, start, end, lexicon, context)
                if concept is not None and not _straddles(text, start, end):
                    found.append((concept, end))
            if key not in prefixes:
                break
        if _FIRST_CJK <= follow <= _LAST_CJK:
            at, gap = end, ""
        elif point:
            at, gap = end + 1, _POINT
        elif joint := _JOINT.match(text, end):
            at, gap = joint.end(), joint.group()
            key += gap.strip(_DROPPED)
        else:
            break
    return found[::-1]


def _is_point(text: str, at: int) -> bool:
    """Tell whether the point at an offset is that of a number which goes on behind it."""
    return text[at - 1 : at].isdecimal() and text[at + 1 : at + 2].isdecimal()


@cache
def _everyday() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    words = load_table("terms.yaml")["straddling"]
    return frozenset(words["before"]), frozenset(words["after"]), frozenset((*words["before"], *words["after"]))


def _straddles(text: str, start: int, end: int) -> bool:
    """Tell whether an everyday Chinese word lies across an end of a name: 行采样 is not in 进行采样.

    Not if the neighbouring character belongs to an everyday word of its own, outside of the name.
    """
    if text[start:end].isascii():
        return False
    before, after, either = _everyday()
    if start > 0 and text[start - 1 : start + 1] in before and text[max(0, start - 2) : start] not in either:
        return True
    return text[end - 1 : end + 1] in after and text[end : end + 2] not in either


def _resolve(
    known: Sequence[str], text: str, start: int, end: int, lexicon: Lexicon, context: tuple[str, str]
) -> str | None:
    """Return the concept that the first of some name keys has here, if it may be written so."""
    for key in known:
        concept = lexicon.find_key(key)
        if concept is None:
            concept = _choose(key, text, start, end, lexicon, context)
        if concept is not None:
            exact = lexicon.terms[concept].exact.get(key) or lexicon.shouted.get(key)
            if exact is None or text[start:end].removesuffix("s") == exact.removesuffix("s"):
                return concept
    return None


def _choose(key: str, text: str, start: int, end: int, lexicon: Lexicon, context: tuple[str, str]) -> str | None:
    """Return the meaning whose tell-tale word stands nearest, else that of the headings, else of the document.

    A name with one meaning listed, an everyday word otherwise, wants several tell-tale words of the headings or the
    document. With no such word at all, an abbreviation has its first meaning and another name none.
    """
    around = text[max(0, start - _NEAR) : end + _NEAR].casefold()
    centre = min(start, _NEAR)
    choices = [c for c in lexicon.ambiguous[key] if c.concept in lexicon.terms]
    folded = [_folded(c.near) for c in choices]
    near = [
        (min(abs(at - centre) for at in places if at >= 0), n)
        for n, words in enumerate(folded)
        for w in words
        if max(places := (around.rfind(w, 0, centre), around.find(w, centre))) >= 0
    ]
    if near:
        return choices[min(near)[1]].concept
    for wider in context:
        counts = [(_occurrences(words, wider), -n) for n, words in enumerate(folded)]
        if counts and max(counts)[0]:
            chosen = choices[-max(counts)[1]]
            if len(choices) == 1 and _kinds_of(folded[0], wider) < _ALONE:
                continue
            return chosen.concept
    written = text[start:end]
    return choices[0].concept if choices and written.isascii() and written.isupper() else None


@cache
def _folded(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(w.casefold() for w in words)


def forget_documents() -> None:
    """Let go of the texts that choosing between meanings remembers."""
    _occurrences.cache_clear()
    _kinds_of.cache_clear()


@lru_cache(maxsize=4096)
def _kinds_of(words: tuple[str, ...], text: str) -> int:
    """Return how many of some folded words stand in `text`."""
    return sum(w in text for w in words)


@lru_cache(maxsize=4096)
def _occurrences(words: tuple[str, ...], text: str) -> int:
    """Return how often any of some folded words stands in `text`; remembered, since documents are asked again."""
    return sum(map(text.count, words))
