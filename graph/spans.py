"""Where in a text the words of a search stand: for marking them."""

import unicodedata
from collections.abc import Iterator

from graph.names import name_key
from graph.question import Query
from graph.search_text import fold, is_han, run_spans

__all__ = ["matched_spans"]

Span = tuple[int, int]


def matched_spans(query: Query, text: str) -> tuple[Span, ...]:
    """Return where what is searched for stands in `text`, as (start, end) in code points, in order, none overlapping.

    Words are marked as far as they are searched for, Chinese wherever it occurs, and all of a text that is called as
    the query is. Of a name that is written in one word there (`multiq` in Multi-Query Attention) as much as is meant;
    nothing where text is only nearly what was asked for. Linear in the text for each word.
    """
    if name_key(text) == query.key:
        return ((0, len(text)),) if text else ()
    folded, places = _folded(text)
    runs = list(run_spans(folded))
    found: set[Span] = set()
    for term in query.terms:
        found.update(_of_han(term, folded, runs) if is_han(term) else _of_word(term, folded, runs))
    return tuple((places[start][0], places[end - 1][1]) for start, end in _joined(found))


def _folded(text: str) -> tuple[str, list[Span]]:
    """Return the text as `graph.search_text.fold` has it, and which part of it each of its characters came from."""
    parts: list[str] = []
    places: list[Span] = []
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and unicodedata.combining(text[end]):  # which fold to one character with what is before
            end += 1
        part = fold(text[start:end])
        parts.append(part)
        places += [(start, end)] * len(part)
        start = end
    return "".join(parts), places


def _of_han(term: str, folded: str, runs: list[Span]) -> Iterator[Span]:
    at, none = folded.find(term), True
    while at >= 0:
        none = False
        yield at, at + len(term)
        at = folded.find(term, at + 1)
    if none:  # a question without spaces: the names within it
        yield from ((a, b) for a, b in runs if b - a > 1 and folded[a:b] in term)


def _of_word(term: str, folded: str, runs: list[Span]) -> Iterator[Span]:
    none = True
    for start, end in runs:
        if folded.startswith(term, start, end):
            none = False
            yield start, start + len(term)
    if none:
        # Written together: the words from one on, as many as the term has letters for.
        for first in range(len(runs)):
            left = term
            for start, end in runs[first:]:
                word = folded[start:end]
                if left.startswith(word):
                    left = left.removeprefix(word)
                    if left:
                        continue
                elif word.startswith(left):
                    end = start + len(left)
                else:
                    break
                yield runs[first][0], end
                return


def _joined(spans: set[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
