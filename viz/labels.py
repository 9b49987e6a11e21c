"""A name as a label on the map: at most two short lines, and the room that they take.

The server lays out boxes, so it must know how large a label will be without a browser. It counts cells: a Chinese
character or an emoji is two, anything else one (Unicode's East Asian width), and takes a cell as a little over half
of the font size, which is on the safe side for the proportional fonts that pages fall back to. The page's script
cuts the names of concepts that are added later by the same rule (`labelOf` in static/labels.js).
"""

import re
import unicodedata

from graph.names import without_hidden

__all__ = ["LINE_CELLS", "cells", "label_lines", "label_size"]

LINE_CELLS = 18
_ONE_LINE_CELLS = 15
_CELL_EM = 0.56
_LINE_EM = 1.22

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_WIDTHLESS = frozenset("\u200c\u200d\ufe0e\ufe0f")
_PIECE = re.compile(
    r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60]|\s+|[^\s\-/\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60]+[-/]*|[-/]"
)


def cells(text: str) -> int:
    """Return how many cells `text` takes: two for each wide character, none for combining marks."""
    return sum(
        0 if c in _WIDTHLESS or unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def label_lines(name: str) -> tuple[str, ...]:
    """Cut `name` into one or two lines of at most `LINE_CELLS` cells, the end replaced by an ellipsis if need be.

    Breaks fall at spaces, after hyphens and slashes, or between Chinese characters, as near to the middle as they
    can; a name without such a place is cut hard. Never empty: a name with nothing to see is an ellipsis.
    """
    text = " ".join(without_hidden(_CONTROLS.sub(" ", name[:400])).split())
    if not text:
        return ("…",)
    if cells(text) <= _ONE_LINE_CELLS:
        return (text,)
    pieces = _PIECE.findall(text)
    breaks = [("".join(pieces[:i]).strip(), "".join(pieces[i:]).strip()) for i in range(1, len(pieces))]
    fitting = [(a, b) for a, b in breaks if a and b and cells(a) <= LINE_CELLS]
    if not fitting:
        return (text,) if cells(text) <= LINE_CELLS else (_cut(text),)
    first, second = min(fitting, key=lambda ab: (max(cells(ab[0]), cells(ab[1])), cells(ab[1])))
    return (first, _cut(second))


def label_size(lines: tuple[str, ...], font_size: float) -> tuple[float, float]:
    """Return width and height of `lines` set in `font_size`, in the units of `font_size`."""
    return max(cells(line) for line in lines) * font_size * _CELL_EM, len(lines) * font_size * _LINE_EM


def _cut(text: str) -> str:
    if cells(text) <= LINE_CELLS:
        return text
    kept = text
    while cells(kept) > LINE_CELLS - 1:
        kept = kept[:-1]
    return kept.rstrip(" \u200c\u200d") + "…"
