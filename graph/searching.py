"""What a store looks up for a search, in which order, and what it makes of it: one procedure for every store.

`search` and `search_passages` are generators. They yield a look-up (`Called`, `Beginning`, ...), are sent what the
store's index found, and return the hits; a store's own code only knows how to look up (`graph.sqlite_search`,
`graph.neo4j_search`). So every store finds the same, in the same order. An index may propose too much, never too
little.

A search of concepts looks up, and stops as soon as nothing further could come before what it has:

1. what is called as any part of the query is (`graph.question`);
2. what is called something that begins with the query, shortest names first;
3. what has all words that carry meaning: with a store to which each question is a journey, along with the first two,
   as far as they can be told before what is called so is known (`Opening`);
4. where no name has them all: which of the words occur nowhere, so that they may be mistyped;
5. for those, names that share a piece with them (`graph.near_names`): of a query of one word the shortest, and more of
   them only where these cannot tell; of several words those that share a piece with each, or are as long as the one;
6. what is called something that begins with a word;
7. what has most of the words.

Cost: eight look-ups at most, however many words and names, and time linear in the candidates that are compared. Names
that begin with the query are cut off in the index, so a letter or two, which begin thousands, cost no more than a word.
"""

from collections.abc import Generator
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from graph.model import Concept
from graph.names import name_key
from graph.near_names import (
    MOST,
    NEAR_WHOLE,
    Pieces,
    Ways,
    is_long_enough,
    length_tokens,
    lengths_of_keys,
    longest_of_use,
    rank_near,
    rank_near_parts,
    tiers_of,
    ways_of,
)
from graph.passage_search import Units, hits_with, is_indexed, rank_passages, units_of
from graph.question import Meaning, Query, possible_keys, understand
from graph.ranking import BEGINS, IN_A_NAME, Found, best, named_hits, part_hits, rank, rank_content
from graph.store import PassageHit, SearchHit

__all__ = [
    "Beginning",
    "Called",
    "Existing",
    "Having",
    "LookUp",
    "Near",
    "NearAndShort",
    "Occurring",
    "Opening",
    "Texts",
    "search",
    "search_passages",
]

_MOST_PARTS: Final = 6  # words of a query of which most are asked for
_MOST_NAMES: Final = 4  # names and words of which passages are asked to have most
_MOST_MISTYPED: Final = 4
_MOST_BEGUN: Final = 50  # names that begin with a word of a query, for each
_MOST_SHORT: Final = (200, 2000, None)  # names that are compared, and if these cannot tell, then
_MOST_TEXTS: Final = 2000  # passages that are looked at because they have most of the words


@dataclass(frozen=True, slots=True)
class Called:
    """The concepts that answer to any of these name keys."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Beginning:
    """For each of these keys, the `first` concepts with a name or alias whose key begins with it.

    Names before aliases, then the shortest key, then by (name key, id). They may come more than once.
    """

    keys: tuple[str, ...]
    first: int


@dataclass(frozen=True, slots=True)
class Having:
    """The concepts that have, in any name or the definition, all units of any of these groups, and more if need be.

    A unit is had if all terms of any of its alternatives are.
    """

    groups: tuple[Units, ...]


@dataclass(frozen=True, slots=True)
class Opening:
    """What every search of concepts begins with, in one.

    Answered with three lists. The last is None where a store would rather be asked for it if it is needed, as it is
    where fewer begin so than were asked for.
    """

    called: Called
    beginning: Beginning
    having: Having | None


@dataclass(frozen=True, slots=True)
class Occurring:
    """Those of these terms, all of them indexed, that any concept has in a name or its definition."""

    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Near:
    """The concepts whose names have, in any of these ways, all grams of any piece of each of its pieces."""

    ways: Ways


@dataclass(frozen=True, slots=True)
class NearAndShort:
    """The first `most` concepts whose names have all grams of any of these pieces, and any of some lengths.

    In the order of the `steps`, each of which is lengths that are alike (`graph.near_names.length_tokens`). Answered
    with pairs of the number of the step and a concept, which may come in several. All of them without `most`.
    """

    pieces: Pieces
    steps: tuple[tuple[str, ...], ...]
    most: int | None


@dataclass(frozen=True, slots=True)
class Texts:
    """The passages that have all units of any of these groups, and more if need be; see `Having`.

    With `most`, at most so many: those with the shortest rows, then by their rows.
    """

    groups: tuple[Units, ...]
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Existing:
    """Those of these ids that are a concept's."""

    ids: tuple[str, ...]


LookUp = Opening | Called | Beginning | Having | Occurring | Near | NearAndShort | Texts | Existing
"""Answered with a list of concepts, but for `Opening`, `Texts`, `NearAndShort`, and `Occurring` and `Existing`: of
strings."""


def search(query: Query, *, first: int) -> Generator[LookUp, Any, list[SearchHit]]:
    """Find the best `first` concepts."""
    # What a query asks for beside its names is all of its words, unless some only make a question. Then a name may have
    # those too, and the others alone may be in any number of concepts: nothing is guessed.
    guess = understand(query, ())
    guessed = None if guess.asks else Having((_all_of(guess.content),))
    called: list[Concept]
    begun: list[Concept]
    having: list[Concept] | None
    called, begun, having = yield Opening(Called(possible_keys(query)), Beginning((query.key,), first), guessed)
    meaning = understand(query, called)
    found = Found()
    found.add(rank(query, called))
    found.add(named_hits(meaning))
    found.add(rank(query, begun))
    if found.count(BEGINS) >= first:
        return found.best(first)

    wanted = Having((_all_of(meaning.content),))
    if having is None or wanted != guessed:
        having = yield wanted
    held = [*rank(query, having), *rank_content(meaning, having)]
    found.add(held)
    in_a_name = any(hit.score >= IN_A_NAME for hit in held)
    if len(found) < first and meaning.rest and not in_a_name:
        yield from _nearly(meaning, found)
    return found.best(first)


def _nearly(meaning: Meaning, found: Found) -> Generator[LookUp, Any, None]:
    """Add what is nearly called so, and what has a part of the query."""
    mistyped = [term for term in meaning.rest if is_long_enough(term)]
    if len(meaning.content) > 1:  # one word alone is known to be in no name
        occurring = set((yield Occurring(tuple(filter(is_indexed, mistyped)))))
        mistyped = [term for term in mistyped if term not in occurring]
    whole = 0
    if mistyped:
        mistyped = mistyped[:_MOST_MISTYPED]
        query = Query(meaning.content, name_key("".join(meaning.content)))
        near: list[Concept] = []
        if len(meaning.content) == 1:
            hits = yield from _nearest(query, found)
        else:
            shared: list[Concept] = yield Near(ways_of(query, mistyped))
            near = [concept for concept in shared if concept not in found]
            hits = rank_near(query, near)
        whole = len(hits)
        found.add(hits)
        if not meaning.asks and any(hit.score > NEAR_WHOLE for hit in hits):
            # All of it is nearly one name, 分组查旬注意力: more likely meant than a name within it, 注意力.
            found.put_after(named_hits(meaning), NEAR_WHOLE)
        if len(meaning.content) > 1 and (meaning.named or not hits):
            found.add(rank_near_parts(tuple(mistyped), near))
    if len(meaning.content) == 1 or (whole and not meaning.named):
        return
    parts = [key for term in meaning.rest if len(key := name_key(term)) > 1][:_MOST_PARTS]
    begun: list[Concept] = yield Beginning(tuple(dict.fromkeys(parts)), _MOST_BEGUN)
    found.add(part_hits(meaning.rest, begun))
    words = tuple(filter(is_indexed, meaning.content))[:_MOST_PARTS]
    if len(words) > 2:
        most: list[Concept] = yield Having(_most_of(_all_of(words)))
        found.add(part_hits(meaning.content, most))


def _nearest(query: Query, found: Found) -> Generator[LookUp, Any, list[SearchHit]]:
    """Find what ranking all names that share a piece with the one term of a query would find."""
    (term,) = query.terms
    hits: list[SearchHit] = []
    seen: set[str] = set()
    tiers = tiers_of(term)
    looked_at = [0] * len(tiers)  # of each tier, all names with keys shorter than this
    for most in _MOST_SHORT:
        for number, tier in enumerate(tiers):
            longest = longest_of_use(query, tier.errors, hits)
            if looked_at[number] > longest:
                continue
            steps = lengths_of_keys(term, longest)
            tokens = tuple(length_tokens(term, lengths) for lengths in steps)
            short: list[tuple[int, Concept]] = yield NearAndShort(tier.pieces, tokens, most)
            near = {concept.id: concept for _, concept in short if concept.id not in seen and concept not in found}
            seen.update(near)
            hits = best([*hits, *rank_near(query, near.values())], first=MOST)
            looked_at[number] = steps[short[-1][0]].start if len(short) == most else steps[-1].stop
    return hits


def _all_of(terms: tuple[str, ...]) -> Units:
    return tuple(((term,),) for term in terms)


def _most_of(units: Units) -> tuple[Units, ...]:
    """Return the groups of more than half of some units; of two, each alone."""
    count = max(1, len(units) // 2 + (len(units) > 2))
    return tuple(combinations(units, count))


def search_passages(query: Query, *, first: int) -> Generator[LookUp, Any, list[PassageHit]]:
    """Find the best `first` passages: those with every name and word, then those with most of them."""
    called: list[Concept] = yield Called(possible_keys(query))
    meaning = understand(query, called)
    asked = units_of(query, meaning)
    candidates = yield Texts((asked.units,))
    hits = rank_passages(asked, candidates, first=first)
    units = tuple(unit for unit in asked.units if all(is_indexed(term) for terms in unit for term in terms))
    plain_pair = len(asked.units) == 2 and not meaning.named
    if len(hits) < first and len(asked.units) > 1 and units and not (hits and plain_pair):  # one of two is not most
        candidates = yield Texts(_most_of(units[:_MOST_NAMES]), most=_MOST_TEXTS)
        hits = rank_passages(asked, {*(hit.passage for hit in hits), *candidates}, first=first, partly=True)
    known: list[str] = yield Existing(tuple(dict.fromkeys(id_ for hit in hits for id_ in hit.concepts)))
    return hits_with(hits, set(known))
