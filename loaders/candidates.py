"""What speaks for a name that no lexicon knows: the places it stands in, how often it recurs, how it is built.

Each of them has a weight in `patterns/candidates.yaml`; their sum is the log-odds that people who read such notes call
the name a concept. What can be no name at all (a label, a person, a phrase) is told apart before.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from graph.names import is_cjk, name_key
from loaders.lexicon import is_ordinary
from loaders.mentions import is_term
from loaders.patterns import load_table
from loaders.plaintext import is_label

__all__ = ["Candidate", "can_be_term", "is_empty_suffix", "score", "shape"]

_HEADS = ("head", "item", "lead", "strong", "cell", "other-cell")
_MAX_HEADS = 3  # what heads more items than that, and little else, is a label of this author's: "点击查看答案"
_WORD = re.compile(r"[A-Za-z][A-Za-z'’]*")
_INNER = re.compile(r"[a-z][A-Z]|[A-Z]{2}|[A-Za-z]\d|\d[A-Za-z]")
_PHRASE = re.compile(r"\s(?:--?|—|–|or|vs)\s|(?<=[a-z0-9])\s?[/&]\s?(?=[A-Z][a-z])", re.IGNORECASE)
_COUNTED = re.compile(r"\d+\s?[个种类次步层条项章节]|[\u4e00-\u9fff]{1,3}\d{1,2}$")
_FORMULA = re.compile(r"(?<![A-Za-z])[A-Za-z]?\d*[+*=^][A-Za-z]?\d*(?![A-Za-z])")


@dataclass(slots=True)
class Candidate:
    """A name by its key: how it is written, the places it stands in, and in how many blocks it stands."""

    written: Counter[str] = field(default_factory=Counter)
    places: dict[str, int] = field(default_factory=dict)  # place -> number of blocks
    blocks: int = 0
    last: int = -1  # the last block counted

    @property
    def is_boilerplate(self) -> bool:
        """Tell whether it heads one item after the other and is not spoken of."""
        heads = max(self.places.get(p, 0) for p in _HEADS)
        return heads > _MAX_HEADS and heads > 0.8 * self.blocks

    @property
    def name(self) -> str:
        """The most usual way of writing it; of several the first in the alphabet."""
        return min(self.written, key=lambda n: (-self.written[n], n))


@cache
def _weights() -> dict[str, Any]:
    table: dict[str, Any] = load_table("candidates.yaml")
    return table


@cache
def _endings() -> tuple[tuple[str, ...], ...]:
    """Return how names end: Chinese and English head nouns, suffixes and tails of known names, vague nouns."""
    table, own = load_table("terms.yaml"), _weights()
    last = [str(e) for rows in table["kinds"].values() for e in rows]
    return (
        tuple(e for e in last if is_cjk(e)),
        tuple(e for e in last if not is_cjk(e)),
        tuple(table["suffixes"]["zh"]),
        tuple(table["tails"]["zh"]),
        tuple(own["vague_tails"]),
    )


def shape(name: str) -> Iterator[str]:
    """Yield the traits of how a name is written and built: keys of the weights' table."""
    yield from _chinese_shape(name) if any(c > "\u2e7f" for c in name) else _latin_shape(name)


def _chinese_shape(name: str) -> Iterator[str]:
    heads, _, suffixes, tails, vague = _endings()
    signs = sum(c > "\u2e7f" for c in name)
    yield "chinese"
    yield {2: "two signs", 3: "three signs"}.get(signs, "nine signs" if signs > 8 else "signs")
    if _WORD.search(name):
        yield "mixed"
    if name.endswith(heads):
        yield "head noun"
    elif name.endswith(suffixes):
        yield "suffix noun"
    if name.endswith(tails):
        yield "tail noun"
    if name.endswith(vague):
        yield "vague noun"


def _latin_shape(name: str) -> Iterator[str]:
    words = _WORD.findall(name)
    several = len(words) > 1
    yield {1: "one word", 2: "two words", 3: "three words"}.get(len(words), "more words")
    if name.islower():
        yield "small" if several else "one small word"
    if all(map(is_ordinary, words)):
        yield "everyday words" if several else "everyday word"
    if several and name.casefold().endswith(_endings()[1]):
        yield "head noun"
    if several and words[0].casefold().endswith("ing"):
        yield "-ing first"
    if name.isupper():
        yield "capitals" if len(name) <= 6 or not is_ordinary(name) else "shouted"
    elif _INNER.search(name):
        yield "coined shape"
    elif name[:1].isupper():
        yield "capital"


def score(name: str, candidate: Candidate, *, whole: bool, beside_lexicon: bool) -> float:
    """Return the log-odds that a candidate is a term: the sum of the weights of its places, recurrence and shape.

    `whole`: it is one run of content words.
    """
    weights = _weights()
    total: float = weights["start"]
    total += sum(float(weights["places"][p]) for p in candidate.places)
    if candidate.places.get("run", 0) > 1:
        total += weights["recurring run"]
    total += weights["recurrence"] * math.log2(min(candidate.blocks, 8))
    total += sum(weights["shape"][t] for t in shape(name))
    total += 0.0 if whole else weights["function words"]
    return total - float(weights["threshold"]["beside a lexicon" if beside_lexicon else "alone"])


@cache
def _never() -> tuple[frozenset[str], frozenset[str]]:
    return (
        frozenset(name_key(str(w)) for w in load_table("terms.yaml")["not_coined"]),
        frozenset(str(w).casefold() for w in _weights()["first_names"]),
    )


def can_be_term(name: str, people: AbstractSet[str]) -> bool:
    """Tell whether a name can be a term's at all: a short noun that is no label, person, company, place or unit."""
    never, first_names = _never()
    words = name.casefold().split()
    person = name_key(name) in people or (len(words) > 1 and words[0] in first_names and name.istitle())
    phrase = _PHRASE.search(name) or _FORMULA.fullmatch(name) or _COUNTED.match(name) or _is_section(name)
    return is_term(name) and not is_label(name) and not person and not phrase and name_key(name) not in never


@cache
def _sections() -> Mapping[str, frozenset[str]]:
    return {key: frozenset(map(str, words)) for key, words in _weights()["sections"].items()}


def _is_section(name: str) -> bool:
    """Tell whether a name is that of a part of a text on something: 折叠的特点, Types of Folding, Folding Explained."""
    sections = _sections()
    _, of, aspect = name.rpartition("的")
    if of:
        return is_label(aspect) or aspect in sections["after 的"]
    words = name.casefold().split()
    if len(words) > 2 and words[0] in sections["before of"] and words[1] in {"of", "for", "to", "in", "on"}:
        return True
    return len(words) > 1 and words[-1] in sections["last"]


def is_empty_suffix(text: str) -> bool:
    """Tell whether Chinese `text` behind a name makes nothing else of it: 算法."""
    return text in _weights()["empty_suffixes"]
