"""Text as both stores search it: how it is cut into runs, and what of it an index keeps.

The stores' own full-text indexes cannot agree on hits (FTS5 and Lucene cut words differently, and rank differently),
so an index is only asked for *candidates*, and everything that a caller sees is decided in shared code: what a query
asks for (`graph.question`), what is looked up for it and in which order (`graph.searching`), and how well a concept or
a passage matches (`graph.ranking`, `graph.passage_search`).

Text is folded (Unicode NFKC and case folding), then cut into **runs**: a run of Chinese characters, or a word, which
is a run of other letters and digits. `BERT模型` is the word `bert` and the run `模型`. A name counts once more with its
words written together, so that `multiq` and `MultiQuery` find Multi-Query Attention. A term of a query matches any
part of a Chinese run, but only the beginning of a word.

Standard library only, no I/O; every function is linear in the length of its text.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from graph.model import Concept, Passage
from graph.names import name_key

__all__ = [
    "bigram_tokens",
    "bigrams",
    "fold",
    "has_all_terms",
    "has_term",
    "is_han",
    "name_runs",
    "passage_bigram_tokens",
    "passage_search_text",
    "run_spans",
    "runs",
    "search_text",
]

# Ideographs with the iteration mark and zero, in the Basic Multilingual Plane and the two planes of extensions.
_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
_IS_HAN = re.compile(rf"[{_HAN}]")


def fold(text: str) -> str:
    """Return `text` in the form in which it is compared: NFKC and case folded.

    >>> fold("ＢＥＲＴ模型")
    'bert模型'
    """
    if text.isascii():  # which neither changes otherwise
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def is_han(run: str) -> bool:
    """Tell whether a run is one of Chinese characters rather than a word."""
    return not run.isascii() and _IS_HAN.match(run) is not None


def runs(text: str) -> list[str]:
    """Return the runs of `text` in order.

    >>> runs("BERT模型 (base)")
    ['bert', '模型', 'base']
    """
    return _RUN.findall(fold(text))


def run_spans(folded: str) -> Iterator[tuple[int, int]]:
    """Yield where the runs of a folded text begin and end."""
    return (match.span() for match in _RUN.finditer(folded))


def bigrams(run: str) -> list[str]:
    """Return the overlapping pairs of characters of a Chinese run, or the run itself if it is a single character.

    >>> bigrams("注意力")
    ['注意', '意力']
    """
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def name_runs(name: str, key: str | None = None) -> list[str]:
    """Return the runs of a name, and those of the name written together: of its `key`, if that is known already."""
    found = runs(name)
    return found + [run for run in runs(name_key(name) if key is None else key) if run not in found]


def _all_runs(concept: Concept) -> Iterator[str]:
    for name in concept.names:
        yield from name_runs(name)
    yield from runs(concept.definition or "")


def search_text(concept: Concept) -> str:
    """Return the runs of all that is searched in a concept, separated by spaces: for an index that cuts Chinese."""
    return " ".join(_all_runs(concept))


def _tokens(found: Iterable[str]) -> str:
    return " ".join(token for run in found for token in (bigrams(run) if is_han(run) else (run,)))


def bigram_tokens(concept: Concept) -> str:
    """Return the words and the bigrams of all that is searched in a concept, for an index that cuts at spaces."""
    return _tokens(_all_runs(concept))


def passage_search_text(passage: Passage) -> str:
    """Return the runs of a passage's text, separated by spaces; see `search_text`."""
    return " ".join(runs(passage.text))


def passage_bigram_tokens(passage: Passage) -> str:
    """Return the words and the bigrams of a passage's text; see `bigram_tokens`."""
    return _tokens(runs(passage.text))


def has_term(found: Iterable[str], term: str) -> bool:
    """Tell whether a term of a query matches one of these runs."""
    return any(term in run for run in found) if is_han(term) else any(run.startswith(term) for run in found)


def has_all_terms(concept: Concept, terms: Iterable[str]) -> bool:
    """Tell whether all terms of a query occur in a concept, wherever each does."""
    found = list(_all_runs(concept))
    return all(has_term(found, term) for term in terms)
