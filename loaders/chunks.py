"""Runs of content words in running text: where a name may stand that nothing introduces.

No word is cut up: a run ends at punctuation, at a change of language, and at the function words, verbs and adverbs of
`patterns/chunks.yaml`. So a run is often more than a name and never less, and only what else is known of it (how often
it recurs, what it ends with, how it is written) makes a name of it.

A text is worked on as a whole by `str.replace` and `str.translate`, a pass for each listed word, always by as many
characters as were there: linear in the text, and several times faster than one pattern of a thousand words.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from loaders.document import Span
from loaders.patterns import load_table

__all__ = ["chunks", "runs_of"]

_GAP = "\x00"
_END = "\x01"  # parts the texts that are worked on together
_PUNCTUATION = "，。；：、！？,;:!?()（）[]【】{}“”\"'‘’「」『』《》〈〉|\n…—=<>→·•～~^$*\\\t／\x02"
_PARTS = re.compile("[^\x00\x01]+")
_LATIN = re.compile(r"[A-Za-z][!-~]*(?: +[A-Za-z0-9][!-~]*)*")
_WORD = re.compile(r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ0-9]*(?:[-’@.+#&][A-Za-zÀ-ɏ0-9]+)*[+#]*")
_HIDDEN = 0xF0000  # a plane for private use: what a character is written as in a word that is kept whole
_MAX_WORDS = 5


@dataclass(frozen=True)
class _Chinese:
    """What is done to Chinese text: words cut at or hidden, then characters cut at; what no run begins or ends with."""

    words: Sequence[tuple[str, str]]
    gaps: Mapping[int, str]
    shown: Mapping[int, str]  # the way back from the characters of hidden words
    first: str
    last: str
    either: re.Pattern[str]


@cache
def _zh() -> _Chinese:
    table = {key: words.split() for key, words in load_table("chunks.yaml")["zh"].items()}
    signs = sorted(set("".join((*table["keep"], *table["either"]))))
    kept = {ord(c): chr(_HIDDEN + n) for n, c in enumerate(signs)}
    either = {ord(c): chr(_HIDDEN + len(signs) + n) for n, c in enumerate(signs)}
    words = [(w, _GAP * len(w)) for w in table["cut"] if len(w) > 1]
    words += [(w, w.translate(kept)) for w in table["keep"]] + [(w, w.translate(either)) for w in table["either"]]
    return _Chinese(
        sorted(words, key=lambda row: -len(row[0])),
        {ord(c): _GAP for c in (*(w for w in table["cut"] if len(w) == 1), *_PUNCTUATION)},
        {ord(h): chr(c) for way in (kept, either) for c, h in way.items()},
        "".join(table["first"]) + " -",
        "".join(table["last"]) + " -",
        re.compile("|".join(w.translate(either) for w in table["either"])),
    )


@cache
def _en_cuts() -> frozenset[str]:
    return frozenset(load_table("chunks.yaml")["en"]["cut"].split())


def runs_of(texts: Sequence[str]) -> list[list[Span]]:
    """Return the spans of the runs of content words in each text, in order; of a Latin run in Chinese by itself too."""
    found: list[list[Span]] = [[] for _ in texts]
    for ascii_only in (True, False):  # the words of Chinese need not be looked for in English
        numbers = [n for n, text in enumerate(texts) if text.isascii() == ascii_only]
        for n, runs in zip(numbers, _runs_together([texts[n] for n in numbers]), strict=True):
            found[n] = runs
    return found


def _runs_together(texts: Sequence[str]) -> list[list[Span]]:
    """Return the runs of texts that are worked on as one."""
    if not texts:
        return []
    zh = _zh()
    work = _END.join([t.replace(_END, " ") for t in texts])
    if not work.isascii():
        work = work.translate(dict.fromkeys(zh.shown, " "))
        pairs = set(map(str.__add__, work, work[1:]))
        for word, instead in zh.words:
            if word[:2] in pairs:
                work = work.replace(word, instead)
    work = work.translate(zh.gaps)
    found: list[list[Span]] = [[]]
    start = 0  # of the current text
    end = work.find(_END)
    for part in _PARTS.finditer(work):
        at = part.start()
        while 0 <= end < at:
            found.append([])
            start = end + 1
            end = work.find(_END, start)
        found[-1] += [(a - start, b - start) for a, b in _runs(part.group(), at)]
    found += [[] for _ in range(len(texts) - len(found))]
    return found


def chunks(text: str) -> list[Span]:
    """Return the spans of the runs of content words in one text: `runs_of` for short ones."""
    return runs_of([text])[0]


def _runs(part: str, at: int) -> Iterator[Span]:
    """Yield the runs in what stands between two gaps: itself and the Latin in it, or what English words leave of it."""
    if part.isascii():
        yield from _english(part, at)
        return
    zh = _zh()
    bare = part.lstrip(zh.first)
    start = at + len(part) - len(bare)
    bare = bare.rstrip(zh.last)
    if len(bare) < 2:
        return
    shown = bare.translate(zh.shown)
    pieces = [m.span() for m in zh.either.finditer(bare)]
    if not pieces or pieces[0][0] > 0:
        yield start, start + len(bare)
    for a, b in zip((0, *(p[1] for p in pieces)), (*(p[0] for p in pieces), len(bare)), strict=True):
        if pieces and b - a > 1:
            yield from _stripped(bare, a, b, start)
    for match in _LATIN.finditer(shown):
        if match.end() - match.start() < len(bare):
            yield from _english(match.group(), start + match.start())


def _stripped(bare: str, a: int, b: int, at: int) -> Iterator[Span]:
    """Yield a part of a run without what no run begins or ends with, if more than a character is left."""
    zh = _zh()
    piece = bare[a:b].lstrip(zh.first)
    a = b - len(piece)
    b = a + len(piece.rstrip(zh.last))
    if b - a > 1 and not piece.isascii():
        yield at + a, at + b


def _english(part: str, at: int) -> Iterator[Span]:
    if " " not in part and len(part) < 2:
        return
    cuts = _en_cuts()
    first = last = -1  # where the current run begins and ends, relative to the part
    words = 0
    for match in _WORD.finditer(part):
        start, end = match.span()
        word = match.group().casefold()
        content = word not in cuts and not word.endswith("ly")
        if words and (not content or part[last:start].strip()):
            if words <= _MAX_WORDS:
                yield at + first, at + last
            words = 0
        if content:
            first = first if words else start
            last = end
            words += 1
    if 0 < words <= _MAX_WORDS:
        yield at + first, at + last
