"""What a text must hold for a pattern to match: words, found from the pattern itself, so that few patterns are tried.

A rule of hundreds of phrasings reads hardly any of them in one sentence. For each pattern this module derives the
**sets of words** of which a matching text holds at least one each (as in Russ Cox, "Regular expression matching with a
trigram index", 2012), and how many concepts. `WordIndex` then tells for a text which patterns can match at all: a
pattern of which nothing is known always can. Whatever the derivation does not understand it takes for "anything", so
that an unknown construct costs time and never a match.

It reads the parse tree of Python's own regular expressions: the one module that knows what a pattern means.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import product
from typing import Any

__all__ = ["CONCEPT", "Needs", "WordIndex", "led", "needs"]

CONCEPT = "\ue000"  # stands for any concept in a pattern given to `needs`
_MAX_WORDS = 120  # in a set: a larger one is split where it is built
_MAX_CLASS = 6  # characters of a class that are taken one by one

_Words = frozenset[str]
_NOTHING: _Words = frozenset({""})


@dataclass(frozen=True, slots=True)
class Needs:
    """Of each set of `words`, most telling first, a matching text holds at least one; and this many concepts.

    `opens`: a match always begins with a concept.
    """

    words: tuple[_Words, ...] = ()
    concepts: int = 0
    opens: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """What a part of a pattern matches: exactly one of `exact` (None: unknown), and what it needs at least."""

    exact: _Words | None
    words: tuple[_Words, ...] = ()
    concepts: int = 0

    def sets(self) -> tuple[_Words, ...]:
        """Return all sets, the exact one as the others: without the empty word, which every text holds."""
        return self.words if self.exact is None or "" in self.exact else (_shortest(self.exact), *self.words)


def needs(pattern: str) -> Needs:
    """Return what a text needs for `pattern` to match in it; `CONCEPT` in the pattern stands for any concept.

    Raises re.error for what is no pattern.
    """
    tree = import_module("re._parser").parse(pattern)
    if tree.state.flags & re.IGNORECASE:  # words would have to be folded
        return Needs()
    part = _sequence(tree)
    words = sorted(dict.fromkeys(part.sets()), key=lambda s: (_frequency(s), sorted(s)))
    return Needs(tuple(words), part.concepts, _opens(tree))


def _opens(items: Iterable[tuple[Any, Any]]) -> bool:
    """Tell whether a sequence begins with a concept."""
    for operation, value in items:
        match str(operation):
            case "LITERAL":
                return chr(value) == CONCEPT
            case "SUBPATTERN":
                return _opens(value[3])
            case "AT" | "ASSERT" | "ASSERT_NOT":
                continue
            case _:
                return False
    return False


def _sequence(items: Iterable[tuple[Any, Any]]) -> _Part:
    whole: list[_Words] = []
    exact, known = _NOTHING, True
    concepts = 0
    for operation, value in items:
        handler = _HANDLERS.get(str(operation))
        part = handler(value) if handler else _Part(None)
        concepts += part.concepts
        whole += part.words
        if part.exact is not None and len(exact) * len(part.exact) <= _MAX_WORDS:
            exact = frozenset(map("".join, product(exact, part.exact)))
            continue
        whole += _Part(exact).sets()
        known = False
        exact = _NOTHING if part.exact is None else part.exact
    if known:
        return _Part(exact, tuple(whole), concepts)
    return _Part(None, (*whole, *_Part(exact).sets()), concepts)


def _literal(value: int) -> _Part:
    return _Part(None, (), 1) if chr(value) == CONCEPT else _Part(frozenset({chr(value)}))


def _class(value: Sequence[tuple[Any, Any]]) -> _Part:
    if len(value) > _MAX_CLASS or any(str(operation) != "LITERAL" or chr(c) == CONCEPT for operation, c in value):
        return _Part(None)
    return _Part(frozenset(chr(c) for _, c in value))


def _branch(value: tuple[Any, Sequence[Any]]) -> _Part:
    parts = [_sequence(branch) for branch in value[1]]
    concepts = min(p.concepts for p in parts)
    if all(p.exact is not None and not p.words for p in parts):
        exact = frozenset(w for p in parts for w in p.exact or ())
        if len(exact) <= _MAX_WORDS:
            return _Part(exact, (), concepts)
    best = [min(p.sets(), key=_frequency, default=None) for p in parts]
    words = _shortest(frozenset(w for b in best for w in b or ()))
    return _Part(None, (words,) if all(best) and len(words) <= _MAX_WORDS else (), concepts)


def _repeat(value: tuple[int, int, Any]) -> _Part:
    least, most, inner = value
    part = _sequence(inner)
    if least == most == 1:
        return part
    if least == 0:
        optional = most == 1 and part.exact is not None and not part.words
        return _Part((part.exact or _NOTHING) | _NOTHING) if optional else _Part(None)
    return _Part(None, part.sets(), part.concepts * least)


def _group(value: tuple[Any, int, int, Any]) -> _Part:
    return _sequence(value[3])


_HANDLERS: dict[str, Callable[[Any], _Part]] = {
    "LITERAL": _literal,
    "IN": _class,
    "BRANCH": _branch,
    "MAX_REPEAT": _repeat,
    "MIN_REPEAT": _repeat,
    "POSSESSIVE_REPEAT": _repeat,
    "SUBPATTERN": lambda value: _group(value) if not value[1] & re.IGNORECASE else _Part(None),
    "ATOMIC_GROUP": _sequence,
    "AT": lambda _: _Part(_NOTHING),  # these three take no room
    "ASSERT": lambda _: _Part(_NOTHING),
    "ASSERT_NOT": lambda _: _Part(_NOTHING),
}


def _shortest(words: _Words) -> _Words:
    """Return the words that hold no other one of them: a text that holds a word holds its parts."""
    return frozenset(w for w in words if not any(v in w and v != w for v in words))


def _frequency(words: _Words) -> float:
    """Return a guess at how often a sentence holds one of the words: long ones are rare, and Chinese ones more so."""
    return sum(1.0 / _rarity(w) for w in words)


def _rarity(word: str) -> float:
    rarity = 1.0
    for char in word:
        rarity *= 30.0 if char > "\u2e7f" else 6.0 if char.isalpha() else 2.0
    return rarity


class WordIndex:
    """Many patterns' needs, asked which of them a text meets."""

    def __init__(self, rows: Sequence[Needs]) -> None:
        self._rows = [(n, row.concepts, row.words[1:]) for n, row in enumerate(rows)]
        self._always = [n for n, row in enumerate(rows) if not row.words]
        self._by_word: dict[str, list[int]] = {}  # the patterns whose first set has the word
        for n, row in enumerate(rows):
            for words in row.words:
                for word in words:
                    self._by_word.setdefault(word, [])
            for word in row.words[0] if row.words else ():
                self._by_word[word].append(n)
        self._single = frozenset(w for w in self._by_word if len(w) == 1)
        self._double = frozenset(w for w in self._by_word if len(w) == 2)
        self._longer: dict[str, list[str]] = {}  # by their first two characters
        for word in self._by_word:
            if len(word) > 2:
                self._longer.setdefault(word[:2], []).append(word)
        self._openings = frozenset(self._longer)

    def candidates(self, text: str, concepts: int) -> list[int]:
        """Return, in order, the numbers of the patterns that `text` with so many concepts may match.

        Linear in the text, and in the patterns that have a word in it.
        """
        pairs = set(map(str.__add__, text, text[1:]))
        present = {*self._single.intersection(text), *(self._double & pairs)}
        for opening in self._openings & pairs:
            for word in self._longer[opening]:
                if word in text:
                    present.add(word)
        found = set(self._always)
        for word in present:
            found.update(self._by_word[word])
        lacks = present.isdisjoint
        return [
            n
            for n, least, others in map(self._rows.__getitem__, sorted(found))
            if least <= concepts and not (others and any(map(lacks, others)))
        ]


def led(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Compile a pattern so that it is tried only where one of the characters stands that a match can begin with.

    The same matches, several times as fast where these are rare: an engine that meets many alternatives, or a look
    behind first, finds no such characters by itself.
    """
    chars = _first(import_module("re._parser").parse(pattern, flags))
    if not chars:
        return re.compile(pattern, flags)
    if flags & re.IGNORECASE:
        chars = frozenset(form for c in chars for form in (c, *c.lower(), *c.upper(), *c.title()))
    inside = "".join(re.escape(c) for c in sorted(chars))
    return re.compile(f"(?=[{inside}])(?:{pattern})", flags)


_MAX_FIRST = 400


def _first(items: Iterable[tuple[Any, Any]]) -> frozenset[str]:
    """Return the characters that a match of a sequence can begin with; none if that is not known or it may be empty."""
    found: set[str] = set()
    for operation, value in items:
        optional = False
        match str(operation):
            case "LITERAL":
                more = frozenset(chr(value))
            case "IN":
                more = _members(value)
            case "BRANCH":
                branches = [_first(branch) for branch in value[1]]
                more = frozenset().union(*branches) if all(branches) else frozenset()
            case "SUBPATTERN" if not value[1] & re.IGNORECASE:
                more = _first(value[3])
            case "ATOMIC_GROUP":
                more = _first(value)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                more, optional = _first(value[2]), value[0] == 0
            case "AT" | "ASSERT" | "ASSERT_NOT":
                continue
            case _:
                more = frozenset()
        if not more or len(more) > _MAX_FIRST:
            return frozenset()
        found |= more
        if not optional:
            return frozenset(found)
    return frozenset()


def _members(value: Sequence[tuple[Any, Any]]) -> frozenset[str]:
    found: set[str] = set()
    for operation, item in value:
        match str(operation):
            case "LITERAL":
                found.add(chr(item))
            case "RANGE" if item[1] - item[0] < _MAX_FIRST:
                found.update(map(chr, range(item[0], item[1] + 1)))
            case _:
                return frozenset()
    return frozenset(found)
