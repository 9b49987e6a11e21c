"""Names that are nearly what was typed: `normalisaton` for normalization, `自注意里` for 自注意力, `交熵` for 交叉熵.

Asked when no name has all words of a query, for the words that no name has, and answered in two steps. An index
proposes concepts whose names share a piece with such a word: a term in which at most n letters are wrong, cut into
n + 1 pieces, has one piece without a mistake (the pigeonhole principle). A piece is found by its grams: three letters
of a word with its ends marked, its first and its last letter, or one and two Chinese characters. Then names are
compared by their optimal string alignment distance: how many letters are missing, too many, wrong, or two that changed
places. How many may be is a matter of length (`_errors_allowed`); three letters are too few to tell a wrong one from
another name (MHA is not MQA), so one may only be missing, or two have changed places.

Both stores keep the same grams and ask for the same combinations of them, and everything else is decided here, so both
find the same. Scores are below those of every exact match (`graph.ranking`), which are 0.2 at least.

A word may be in thousands of names, of which ten are wanted: the more letters a name has, the less it scores. So the
index also has how long a concept's names are (`length_tokens`), and names are looked at from the shortest on, those
that can have one mistake before those that can have two (`tiers_of`), until no longer one can be among the best
(`longest_of_use`). What is found is what comparing all of them would find.

No I/O. RapidFuzz, which computes the distances, is imported by the first search that needs it. Cost: linear in the
names that are compared.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from graph.model import Concept
from graph.names import name_key
from graph.question import Query
from graph.ranking import best
from graph.search_text import bigrams, has_term, is_han, name_runs
from graph.store import SearchHit

__all__ = [
    "MOST",
    "NEAR_WHOLE",
    "Pieces",
    "Tier",
    "Ways",
    "gram_tokens",
    "is_long_enough",
    "length_tokens",
    "lengths_of_keys",
    "longest_of_use",
    "pieces_of",
    "rank_near",
    "rank_near_parts",
    "tiers_of",
    "ways_of",
]

Pieces = tuple[tuple[str, ...], ...]
"""Alternatives, in each of which all grams must occur in a concept's names."""

Ways = tuple[tuple[Pieces, ...], ...]
"""Alternatives, in each of which a concept's names must have one of each of some pieces."""

MOST: Final = 10
"""At most so many near names are found, whatever is asked for."""

_MAX_TERMS, _MAX_LENGTH = 8, 64  # of a query; nobody mistypes one letter in more than that
_MAX_ERRORS: Final = 3  # in all terms together
_TOO_MANY: Final = _MAX_ERRORS + 1
_BEGINS: Final = 5  # the beginning of a word may have errors if it is at least so long
_COMMON: Final = 20  # letters at most of a word that many names may have
_LONG: Final = 40  # letters of a key; the index does not tell longer ones apart

_NEAR_WHOLE, _NEAR_PART, _ALIAS = 0.15, 0.1, 0.01
NEAR_WHOLE: Final = _NEAR_WHOLE - _ALIAS
"""Below it are names of which only a part is nearly what was asked for."""
_ONE_OF_SEVERAL: Final = 0.4  # of the score, for a name that is near a part of the query
_EXACTNESS, _CLOSENESS = 0.025, 0.015


@lru_cache(maxsize=64)
def _errors_allowed(term: str) -> int:
    """Return how many letters of a term may be wrong. Every digit of a number counts."""
    if is_han(term):
        return 0 if len(term) < 2 else 1 if len(term) < 6 else 2
    return 0 if len(term) < 3 or term.isdigit() else 1 if len(term) < 7 else 2


def _grams(run: str) -> Sequence[str]:
    if is_han(run):
        return [*run, *bigrams(run)]
    return _grams_of_common_word(run) if len(run) <= _COMMON else _grams_of_word(run)


def _grams_of_word(word: str) -> tuple[str, ...]:
    return (*_trigrams(f"_{word}_"), *_ends(word))


_grams_of_common_word: Final = lru_cache(maxsize=4096)(_grams_of_word)


def _ends(word: str) -> tuple[str, str]:
    return (f"_{word[0]}", f"{word[-1]}_")


def _trigrams(text: str) -> list[str]:
    return [text[i : i + 3] for i in range(len(text) - 2)]


def gram_tokens(concept: Concept) -> str:
    """Return the grams of all names of a concept, each once, separated by spaces: for an index that cuts there."""
    tokens: dict[str, None] = {}
    for name in concept.names:
        key = name_key(name)
        for run in name_runs(name, key):
            tokens |= dict.fromkeys(_grams(run))
            tokens[_length_token(run, len(key))] = None
    return " ".join(tokens)


def _length_token(run: str, length: int) -> str:
    """Return what the index has for a key of so many letters that has such a run; longer than every gram."""
    return f"{'han' if is_han(run) else 'word'}_{min(length, _LONG)}"


def lengths_of_keys(term: str, longest: int) -> list[range]:
    """Return the lengths, in steps that grow, of the keys of names that a term can be near, to `longest` at least.

    `_LONG`, with which the last step ends, stands for all that are longer.
    """
    steps = []
    start = min(max(1, len(term) - _errors_allowed(term) - 1), _LONG)  # a key lacks the s of a plural
    end = _longest_whole(term) + 1
    while start <= min(longest, _LONG):
        steps.append(range(start, min(end, _LONG + 1)))
        start, end = end, end + max(1, end // 8)
    return steps


def length_tokens(term: str, lengths: range) -> tuple[str, ...]:
    """Return what the index has for names with keys of such lengths that a term can be near."""
    return tuple(_length_token(term, length) for length in lengths)


def _longest_whole(term: str) -> int:
    return len(term) + _errors_allowed(term) + 1


def is_long_enough(term: str) -> bool:
    """Tell whether a term can be mistyped: three letters or two Chinese characters at least, and no number."""
    return len(term) <= _MAX_LENGTH and _errors_allowed(term) > 0


def pieces_of(term: str) -> Pieces:
    """Return what names that are near a term must have: all grams of any of these."""
    if is_han(term):
        if len(term) == 2:  # with one of two wrong, little is left: both are there, swapped or with one between them
            return ((term[0], term[1]),)
        return tuple(tuple(bigrams(piece)) for piece in _slices(term, _errors_allowed(term) + 1))
    marked = f"_{term}_"
    if len(term) == 3:  # its two pieces of three letters overlap
        return ((marked[:3],), (marked[-3:],), _ends(term))
    pieces = tuple(tuple(_trigrams(piece)) for piece in _slices(marked, _errors_allowed(term) + 1))
    # Two letters that changed places are one error, but can spoil two pieces.
    return (*pieces, _ends(term)) if len(pieces) == 2 else pieces


def ways_of(query: Query, mistyped: Iterable[str]) -> Ways:
    """Return what names must have that are near a query of several terms, or near one of those that are mistyped.

    All terms, each nearly; or a term nearly and about as many letters as it, or as the whole query: written together,
    words are cut elsewhere.
    """
    ways = []
    if _is_short_enough(query):
        ways.append(tuple(pieces_of(term) if is_long_enough(term) else _pieces_of_exact(term) for term in query.terms))
    for term in mistyped:
        lengths = sorted({*_lengths_near(term), *_lengths_near(query.key)})
        ways.append((pieces_of(term), tuple((_length_token(term, length),) for length in lengths)))
    return tuple(ways)


def _pieces_of_exact(term: str) -> Pieces:
    """Return what names have that have a term in which no letter may be wrong."""
    if is_han(term):
        return ((term,),)
    return (tuple(_trigrams(f"_{term}")) or (f"_{term}",),)


def _lengths_near(key: str) -> range:
    """Return the lengths of the keys that are near a key as a whole; `_LONG` stands for all that are longer."""
    allowed = _errors_allowed(key)
    return range(min(max(1, len(key) - allowed), _LONG), min(len(key) + allowed, _LONG) + 1)


@dataclass(frozen=True, slots=True)
class Tier:
    """Pieces any of which a name has that is near a term; those that no earlier tier has, with `errors` at least."""

    pieces: Pieces
    errors: int


def tiers_of(term: str) -> tuple[Tier, ...]:
    """Return how to find what is near a term: with one mistake, where that asks for more than two do; then all."""
    if _errors_allowed(term) < 2 or is_han(term):
        return (Tier(pieces_of(term), 1),)
    return (Tier(_pieces_around_one(term), 1), Tier(pieces_of(term), 2))


def _pieces_around_one(term: str) -> Pieces:
    """Return what words, or their beginnings, have that are a term but for one mistake: all before it and after it.

    A mistake changes two letters of the term at most, those that changed places.
    """
    return tuple(
        tuple(dict.fromkeys([*_trigrams(f"_{term[:at]}"), *_trigrams(term[at + 2 :])])) for at in range(len(term))
    )


def _slices(text: str, count: int) -> list[str]:
    ends = [len(text) * number // count for number in range(count + 1)]
    return [text[start:end] for start, end in pairwise(ends)]


def _windows(term: str, run: str) -> Iterable[str]:
    """Return the parts of a run that a term may have been meant for, which are about as long."""
    if not is_han(term):
        yield run
        if len(term) >= _BEGINS:
            yield from (run[:length] for length in range(len(term) - 1, len(term) + 2) if length < len(run))
        return
    spread = 1 if len(term) > 3 else 0
    for length in range(len(term) - spread, len(term) + spread + 1):
        for start in range(len(run) - length + 1):
            yield run[start : start + length]


class _Errors:
    """How many errors terms have. The same words are in many names, so what was found for one is kept."""

    def __init__(self) -> None:
        from rapidfuzz.distance import OSA

        self._distance: Callable[..., int] = OSA.distance
        self._found: dict[tuple[str, str], int] = {}

    def between(self, one: str, other: str, *, most: int) -> int:
        """Return the distance of what was typed and a text; more than `most` if it is more."""
        if len(one) == 3 and not is_han(one) and len(other) != 4 and sorted(one) != sorted(other):
            return _TOO_MANY
        return self._distance(one, other, score_cutoff=most)

    def of(self, term: str, name: list[str]) -> int:
        """Return how many errors `term` has as a part of a name with these runs; `_TOO_MANY` if it cannot be one."""
        least = _TOO_MANY
        for run in name:
            if least == 1 and not has_term([run], term):  # which would be one error at least
                continue
            errors = self._found.get((term, run))
            if errors is None:
                errors = self._found[term, run] = self._in_run(term, run)
            least = min(least, errors)
        return least

    def _in_run(self, term: str, run: str) -> int:
        if has_term([run], term):
            return 0
        allowed = _errors_allowed(term)
        if not allowed or len(run) < len(term) - allowed or is_han(run) != is_han(term):
            return _TOO_MANY
        if len(term) == 2:
            between = len(run) == 3 and term == run[0] + run[2]
            return 1 if between or term[::-1] in run else _TOO_MANY
        least = min((self.between(term, window, most=allowed) for window in _windows(term, run)), default=_TOO_MANY)
        return least if least <= allowed else _TOO_MANY


def _is_near(query: str, key: str, errors: _Errors) -> int | None:
    """Return how many errors a name's whole key has as the query's; None if it has too many."""
    allowed = 0 if len(query) == 2 else _errors_allowed(query)
    if abs(len(query) - len(key)) > allowed:
        return None
    found = errors.between(query, key, most=allowed) if allowed else _TOO_MANY
    return found if found <= allowed else None


def _score(query: Query, name: str, errors: _Errors) -> float:
    key = name_key(name)
    if (found := _is_near(query.key, key, errors)) is not None:
        base = _NEAR_WHOLE
    else:
        words = name_runs(name, key)
        found = sum(errors.of(term, words) for term in query.terms)
        if found > _MAX_ERRORS:
            return 0.0
        base = _NEAR_PART
    return base + _nearness(found, len(query.key), len(key))


def longest_of_use(query: Query, errors: int, hits: list[SearchHit]) -> int:
    """Return how long a key can be to be among the best or as good, with so many errors, where these are the best yet.

    A query of one term. `_LONG` stands for all that are longer.
    """
    whole = _longest_whole(query.terms[0])
    if len(hits) < MOST:
        return _LONG
    letters = len(query.key)
    best = (
        length
        for length in range(_LONG, whole, -1)
        if round(_NEAR_PART + _nearness(errors, letters, length), 4) >= hits[-1].score
    )
    return next(best, min(whole, _LONG))


def _nearness(errors: int, letters: int, length: int) -> float:
    exactness = 1 - errors / max(errors, letters)
    return _EXACTNESS * exactness + _CLOSENESS * min(1.0, letters / max(1, length))


def rank_near(query: Query, candidates: Iterable[Concept]) -> list[SearchHit]:
    """Return the best of the candidates with a name that is nearly the query, `MOST` at most.

    By score, best first, then by (name key, id). Names that are wrong in a few letters as a whole come before those
    of which a part is meant, fewer errors before more. None for a query of more than 8 terms or 64 letters.
    """
    if not _is_short_enough(query):
        return []
    errors = _Errors()
    return _best(candidates, lambda name: _score(query, name, errors))


def _is_short_enough(query: Query) -> bool:
    return len(query.terms) <= _MAX_TERMS and len(query.key) <= _MAX_LENGTH


def rank_near_parts(terms: tuple[str, ...], candidates: Iterable[Concept]) -> list[SearchHit]:
    """Return the best of the candidates with a whole name that is nearly one of several terms, `MOST` at most.

    Ordered as by `rank_near`; all score less than what that finds.
    """
    errors = _Errors()
    asked = [Query((term,), name_key(term)) for term in terms]

    def score(name: str) -> float:
        key = name_key(name)
        near = [query for query in asked if _is_near(query.key, key, errors) is not None]
        return max((_ONE_OF_SEVERAL * _score(query, name, errors) for query in near), default=0.0)

    return _best(candidates, score)


def _best(candidates: Iterable[Concept], score: Callable[[str], float]) -> list[SearchHit]:
    hits = []
    for concept in candidates:
        scored = [
            (value - (_ALIAS if position else 0), -position, name)
            for position, name in enumerate(concept.names)
            if (value := score(name))
        ]
        if scored:
            value, _, name = max(scored)
            hits.append(SearchHit(concept, round(value, 4), name))
    return best(hits, first=MOST)
