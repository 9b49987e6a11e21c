"""How well a concept matches a query, the same for every store; see `graph.searching` for what is looked at.

Scores, best first: 1 for the whole name and 0.95 for a whole alias; where a query has names and only words that make a
question beside them, 0.94 for the concept of the first, a little less for each further; then names that begin with the
query (from 0.8), aliases that do (0.7), names and aliases that have all of its words (0.6, 0.5); the names in a query
that says more than they do, from 0.66 if it is a question, else from 0.44; definitions that have all words (0.3), and
words scattered over all of these (0.2). What is only near is below 0.2 (`graph.near_names`); what has a part of the
query, below 0.1.

No I/O; every function is linear in the length of its text.
"""

from collections.abc import Iterable
from dataclasses import replace
from heapq import nlargest
from typing import Final

from graph.model import Concept
from graph.names import name_key
from graph.question import Meaning, Query
from graph.search_text import has_term, name_runs, runs
from graph.store import SearchHit

__all__ = ["BEGINS", "IN_A_NAME", "Found", "best", "named_hits", "part_hits", "rank", "rank_content"]

# What a match is worth, by where it is. Up to `_CLOSENESS` is added for how much of the name the query covers.
_WHOLE_NAME = 1.0
_WHOLE_ALIAS = 0.95
_NAME_BEGINS, _ALIAS_BEGINS = 0.8, 0.7
_NAME_HAS, _ALIAS_HAS = 0.6, 0.5
_DEFINITION_HAS = 0.3
_SCATTERED = 0.2  # every term occurs, but in different names or partly in the definition
_CLOSENESS = 0.09
_NAMED, _NAMED_IN_A_QUESTION, _NAMED_AMONG_WORDS = 0.94, 0.66, 0.44  # in a query of names only, or of more
_LATER = 0.006  # less for each name before
_WITHOUT_QUESTION = 0.9  # of the score, where only what carries meaning is in a name
_PART, _PART_SHARE = 0.07, 0.02
_PART_CLOSENESS = 0.009

BEGINS: Final = _ALIAS_BEGINS
"""The least score of a name or alias that begins with the query."""

IN_A_NAME: Final = 0.45
"""The least score of a name that has all that carries meaning: what was typed is what was meant."""


class Found:
    """The hits so far: of each concept its best, and whether the query names it."""

    def __init__(self) -> None:
        self._hits: dict[str, SearchHit] = {}

    def __contains__(self, concept: Concept) -> bool:
        """Tell whether a concept was found."""
        return concept.id in self._hits

    def __len__(self) -> int:
        """How many concepts were found."""
        return len(self._hits)

    def add(self, hits: Iterable[SearchHit]) -> None:
        """Keep of each concept the hit with the highest score, the one that came first among equals."""
        for hit in hits:
            old = self._hits.get(hit.concept.id)
            if old is None or hit.score > old.score:
                self._hits[hit.concept.id] = replace(hit, named=True) if old and old.named else hit
            elif hit.named and not old.named:
                self._hits[hit.concept.id] = replace(old, named=True)

    def put_after(self, named: Iterable[SearchHit], best: float) -> None:
        """Let these hits score less than `best`, in their order."""
        for place, hit in enumerate(named):
            self._hits[hit.concept.id] = replace(hit, score=round(best - 0.001 * (place + 1), 4))

    def count(self, least: float) -> int:
        """Return how many concepts score at least so much."""
        return sum(hit.score >= least for hit in self._hits.values())

    def best(self, first: int) -> list[SearchHit]:
        """Return the best `first` hits in their order."""
        return best(list(self._hits.values()), first=first)


def best(hits: list[SearchHit], *, first: int) -> list[SearchHit]:
    """Return the best `first` of some hits: by score, best first, then by (name key, id)."""
    if len(hits) > first:  # names are only compared where they decide
        least = nlargest(first, (hit.score for hit in hits))[-1]
        hits = [hit for hit in hits if hit.score >= least]
    return sorted(hits, key=lambda hit: (-hit.score, name_key(hit.concept.name), hit.concept.id))[:first]


def _name_score(query: Query, name: str, found: list[str], *, preferred: bool) -> float:
    key = name_key(name)
    if key == query.key:
        return _WHOLE_NAME if preferred else _WHOLE_ALIAS
    if not all(has_term(found, term) for term in query.terms):
        return 0.0
    if key.startswith(query.key):
        base = _NAME_BEGINS if preferred else _ALIAS_BEGINS
    else:
        base = _NAME_HAS if preferred else _ALIAS_HAS
    return round(base + _CLOSENESS * min(1.0, len(query.key) / max(1, len(key))), 4)


def _match(query: Query, concept: Concept) -> SearchHit | None:
    names = [(name, name_runs(name)) for name in concept.names]
    scored = [
        (_name_score(query, name, found, preferred=position == 0), -position, name)
        for position, (name, found) in enumerate(names)
    ]
    score, _, name = max(scored)
    if score:
        return SearchHit(concept, score, name, named=score >= _WHOLE_ALIAS)
    texts = [*names, (concept.definition or "", runs(concept.definition or ""))]
    if all(has_term(texts[-1][1], term) for term in query.terms):
        return SearchHit(concept, _DEFINITION_HAS, texts[-1][0])
    hits = [[text for text, found in texts if has_term(found, term)] for term in query.terms]
    return SearchHit(concept, _SCATTERED, hits[0][0]) if all(hits) else None


def rank(query: Query, candidates: Iterable[Concept]) -> list[SearchHit]:
    """Return a hit for each of the candidates that has all terms of the query, in any order."""
    return [hit for concept in candidates if (hit := _match(query, concept))]


def rank_content(meaning: Meaning, candidates: Iterable[Concept]) -> list[SearchHit]:
    """Return a hit for each of the candidates that has all that carries meaning in a query, whatever words ask."""
    content = Query(meaning.content, name_key("".join(meaning.content)))
    return [
        replace(hit, score=round(min(hit.score, _NAME_HAS + _CLOSENESS) * _WITHOUT_QUESTION, 4), named=False)
        if hit.score >= _ALIAS_HAS
        else hit
        for hit in rank(content, candidates)
    ]


def named_hits(meaning: Meaning) -> list[SearchHit]:
    """Return a hit for each concept that the query names, in the order of the names."""
    base = _NAMED if not meaning.rest else _NAMED_IN_A_QUESTION if meaning.asks else _NAMED_AMONG_WORDS
    hits = []
    for place, named in enumerate(meaning.named):
        for concept in named.concepts:
            name = next((name for name in concept.names if name_key(name) == named.key), concept.name)
            hits.append(SearchHit(concept, round(base - _LATER * min(place, 9), 4), name, named=True))
    return hits


def part_hits(terms: tuple[str, ...], candidates: Iterable[Concept]) -> list[SearchHit]:
    """Return hits for those that have some of the terms in one name: most of them, or one that begins the name.

    More terms score higher, then shorter names.
    """
    hits = []
    for concept in candidates:
        scored = []
        for position, name in enumerate(concept.names):
            key, words = name_key(name), name_runs(name)
            held = [term for term in terms if has_term(words, term)]
            if 2 * len(held) > len(terms) or any(key.startswith(term) for term in held):
                close = min(1.0, sum(map(len, held)) / max(1, len(key)))
                score = _PART + _PART_SHARE * len(held) / len(terms) + _PART_CLOSENESS * close
                scored.append((round(score, 4), -position, name))
        if scored:
            score, _, name = max(scored)
            hits.append(SearchHit(concept, score, name))
    return hits
