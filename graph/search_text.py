"""Searching as both stores do it: how text is cut into runs, what a query asks for, and how well a concept matches.

The stores' own full-text indexes cannot agree on hits (FTS5 and Lucene cut words differently, and rank differently),
so an index is only asked for *candidates*, never fewer than the matches, and everything that a caller sees is decided
here: which candidates match, with what score, in which order.

Text is folded (Unicode NFKC and case folding), then cut into **runs**: a run of Chinese characters, or a word, which
is a run of other letters and digits. `BERT模型` is the word `bert` and the run `模型`. A name counts once more with its
words written together, so that `multiq` and `MultiQuery` find Multi-Query Attention. A term of a query matches any
part of a Chinese run, but only the beginning of a word.

Standard library only, no I/O; every function is linear in the length of its text.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from graph.model import Concept
from graph.names import name_key
from graph.store import SearchHit

__all__ = ["Query", "bigram_tokens", "bigrams", "fold", "is_han", "parse_query", "rank", "runs", "search_text"]

# Ideographs with the iteration mark and zero, in the Basic Multilingual Plane and the two planes of extensions.
_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
_IS_HAN = re.compile(rf"[{_HAN}]")

# What a match is worth, by where it is. Up to `_CLOSENESS` is added for how much of the name the query covers.
_WHOLE_NAME = 1.0
_WHOLE_ALIAS = 0.95
_NAME_BEGINS, _ALIAS_BEGINS = 0.8, 0.7
_NAME_HAS, _ALIAS_HAS = 0.6, 0.5
_DEFINITION_HAS = 0.3
_SCATTERED = 0.2  # every term occurs, but in different names or partly in the definition
_CLOSENESS = 0.09


def fold(text: str) -> str:
    """Return `text` in the form in which it is compared: NFKC and case folded.

    >>> fold("ＢＥＲＴ模型")
    'bert模型'
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def is_han(run: str) -> bool:
    """Tell whether a run is one of Chinese characters rather than a word."""
    return _IS_HAN.match(run) is not None


def runs(text: str) -> list[str]:
    """Return the runs of `text` in order.

    >>> runs("BERT模型 (base)")
    ['bert', '模型', 'base']
    """
    return _RUN.findall(fold(text))


def bigrams(run: str) -> list[str]:
    """Return the overlapping pairs of characters of a Chinese run, or the run itself if it is a single character.

    >>> bigrams("注意力")
    ['注意', '意力']
    """
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def _name_runs(name: str) -> list[str]:
    found = runs(name)
    return found + [run for run in runs(name_key(name)) if run not in found]


def _all_runs(concept: Concept) -> Iterator[str]:
    for name in concept.names:
        yield from _name_runs(name)
    yield from runs(concept.definition or "")


def search_text(concept: Concept) -> str:
    """Return the runs of all that is searched in a concept, separated by spaces: for an index that cuts Chinese."""
    return " ".join(_all_runs(concept))


def bigram_tokens(concept: Concept) -> str:
    """Return the words and the bigrams of all that is searched in a concept, for an index that cuts at spaces."""
    return " ".join(token for run in _all_runs(concept) for token in (bigrams(run) if is_han(run) else (run,)))


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for: the runs that must all occur, and the name key that a whole name may have instead."""

    terms: tuple[str, ...]
    key: str


def parse_query(text: str) -> Query | None:
    """Return what `text` asks for; None if it has no letter, digit or Chinese character."""
    terms = tuple(dict.fromkeys(runs(text)))
    return Query(terms, name_key(text)) if terms else None


def _has(found: Iterable[str], term: str) -> bool:
    return any(term in run for run in found) if is_han(term) else any(run.startswith(term) for run in found)


def _name_score(query: Query, name: str, found: list[str], *, preferred: bool) -> float:
    key = name_key(name)
    if key == query.key:
        return _WHOLE_NAME if preferred else _WHOLE_ALIAS
    if not all(_has(found, term) for term in query.terms):
        return 0.0
    if key.startswith(query.key):
        base = _NAME_BEGINS if preferred else _ALIAS_BEGINS
    else:
        base = _NAME_HAS if preferred else _ALIAS_HAS
    return round(base + _CLOSENESS * min(1.0, len(query.key) / max(1, len(key))), 4)


def _match(query: Query, concept: Concept) -> SearchHit | None:
    names = [(name, _name_runs(name)) for name in concept.names]
    scored = [
        (_name_score(query, name, found, preferred=position == 0), -position, name)
        for position, (name, found) in enumerate(names)
    ]
    score, _, name = max(scored)
    if score:
        return SearchHit(concept, score, name)
    texts = [*names, (concept.definition or "", runs(concept.definition or ""))]
    if all(_has(texts[-1][1], term) for term in query.terms):
        return SearchHit(concept, _DEFINITION_HAS, texts[-1][0])
    hits = [[text for text, found in texts if _has(found, term)] for term in query.terms]
    return SearchHit(concept, _SCATTERED, hits[0][0]) if all(hits) else None


def rank(query: Query, candidates: Iterable[Concept], *, first: int) -> list[SearchHit]:
    """Return the best `first` hits among `candidates`: by score, best first, then by (name key, id).

    A whole name scores 1, a whole alias 0.95; then names that begin with the query, aliases that do, names and
    aliases that have all of its terms, definitions that have them, and terms scattered over all of these.
    """
    hits = [hit for concept in candidates if (hit := _match(query, concept))]
    hits.sort(key=lambda hit: (-hit.score, name_key(hit.concept.name), hit.concept.id))
    return hits[:first]
