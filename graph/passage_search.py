"""How well a passage matches a query, the same for every store.

A passage is asked for *units*: a name of the query, under any name of what it means, so that a question about GQA finds
a sentence about 分组查询注意力; and each further word that carries meaning. Passages that have all units score from 0.5
to 1, those with some of them less than 0.5, by how many.

No I/O; every function is linear in the length of its text.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from graph.contribution import passage_order
from graph.model import Passage
from graph.question import Meaning, Query
from graph.search_text import has_term, is_han, runs
from graph.store import PassageHit

__all__ = ["Asked", "Units", "hits_with", "is_indexed", "rank_passages", "scanned_for", "units_of"]

Units = tuple[tuple[tuple[str, ...], ...], ...]
"""For each unit its alternatives, each as the terms that must all occur."""

# What a passage that has all units is worth: something, and more for each of these.
_HAS = 0.5
_AS_A_PHRASE = 0.2  # the terms stand next to each other, in order
_WHOLE_WORDS = 0.2  # they are words of it, not beginnings of words
_CLOSENESS = 0.1  # how much of it they are
_HAS_SOME, _SOME_CLOSENESS = 0.45, 0.04

# What an index is asked for of what a name means, the shortest names first: Lucene takes 1,024 clauses in all.
_MOST_NAMES, _MOST_WORDS = 16, 4

# The words that Lucene's CJKAnalyzer does not index (its stopwords.txt).
_STOP_WORDS = re.findall(
    r"\S+",
    "a and are as at be but by for if in into is it no not of on or s such t that the their then there these they "
    "this to was will with www",
)
# What every index surely cuts as we do: words of ASCII letters and digits, and pairs of the ideographs of Unicode 1.
_WORD = re.compile(r"[a-z0-9]+")
_HAN = re.compile(r"[\u3400-\u4db5\u4e00-\u9fa5]{2,}")


def is_indexed(term: str) -> bool:
    """Tell whether every store's index surely finds this term of a query; what it does not, a store scans for."""
    if _HAN.fullmatch(term):
        return True
    return _WORD.fullmatch(term) is not None and not any(word.startswith(term) for word in _STOP_WORDS)


def scanned_for(groups: tuple[Units, ...]) -> tuple[str, ...]:
    """Return terms of which every text that has all units of any group has one, for a store that can only scan."""
    return tuple(dict.fromkeys(terms[0] for units in groups for terms in units[0]))


@dataclass(frozen=True, slots=True)
class _Named:
    """A name of the query: every name of what it means as runs, and the ids of that."""

    names: tuple[tuple[str, tuple[str, ...]], ...]
    ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What passages are searched for: units, each a name or a word, with what an index looks for in each."""

    terms: tuple[str, ...]
    parts: tuple[_Named | str, ...]
    units: Units


def units_of(query: Query, meaning: Meaning) -> Asked:
    """Return what a query asks of passages. A query without a name is its words."""
    if not meaning.named:
        words = meaning.rest
        return Asked(words, words, tuple(((word,),) for word in words))
    parts: list[_Named | str] = []
    units: list[tuple[tuple[str, ...], ...]] = []
    for named in meaning.named:
        typed = query.text[named.start : named.end]
        names = sorted({name for c in named.concepts for name in c.names}, key=lambda name: (len(name), name))
        shown = dict.fromkeys([typed, *names])
        as_runs = tuple((name, tuple(found)) for name in shown if (found := runs(name)))
        parts.append(_Named(as_runs, frozenset(c.id for c in named.concepts)))
        sought = dict.fromkeys(tuple(filter(is_indexed, words))[:_MOST_WORDS] for _, words in as_runs[:_MOST_NAMES])
        # Where an index has none of the names for sure, a store scans for all of them.
        units.append(tuple(filter(None, sought)) or tuple(words for _, words in as_runs[:_MOST_NAMES]))
    parts += meaning.rest
    units += [((word,),) for word in meaning.rest]
    return Asked(meaning.content, tuple(parts), tuple(units))


def _stand_together(terms: Sequence[str], found: list[str]) -> bool:
    """Tell whether `terms` follow each other somewhere: the first ends a run, the last begins one."""
    first, *middle, last = terms
    return any(
        (found[at].endswith(first) if is_han(first) else found[at] == first)
        and found[at + 1 : at + len(terms) - 1] == middle
        and found[at + len(terms) - 1].startswith(last)
        for at in range(len(found) - len(terms) + 1)
    )


def _says(name: tuple[str, ...], found: list[str]) -> bool:
    """Tell whether runs have a name in whole words, be it in the plural; a Chinese one as a part of a run."""
    if len(name) == 1:
        return any(name[0] in run if is_han(name[0]) else run in {name[0], f"{name[0]}s"} for run in found)
    last = name[-1]
    ends = [name] if is_han(last) else [name, (*name[:-1], f"{last}s")]
    return any(_stand_together(words, found) and (is_han(last) or words[-1] in found) for words in ends)


def _held(part: _Named | str, passage: Passage, found: list[str]) -> str | None:
    """Return as what a passage has a name or a word; None if it has not."""
    if isinstance(part, str):
        return part if has_term(found, part) else None
    said = [name for name, words in part.names if _says(words, found)]
    if said:
        return max(said, key=len)
    return part.names[0][0] if part.ids.intersection(passage.concepts) else None


def _match(asked: Asked, passage: Passage, *, partly: bool) -> PassageHit | None:
    found = runs(passage.text)
    held = [(part, text) for part in asked.parts if (text := _held(part, passage, found)) is not None]
    if not held or (len(held) < len(asked.parts) and not partly):
        return None
    length = sum(map(len, found))
    if len(held) < len(asked.parts):
        close = min(1.0, sum(len(text) for _, text in held) / length)
        score = _HAS_SOME * len(held) / len(asked.parts) + _SOME_CLOSENESS * close
    else:
        together = len(asked.parts) == 1 or _stand_together(asked.terms, found)
        whole = sum(not isinstance(part, str) or is_han(part) or part in found for part in asked.parts)
        close = min(1.0, sum(len(text) for _, text in held) / length)
        score = _HAS + _AS_A_PHRASE * together + _WHOLE_WORDS * whole / len(asked.parts) + _CLOSENESS * close
    return PassageHit(passage, round(score, 4), passage.concepts, tuple(text for _, text in held))


def rank_passages(asked: Asked, candidates: Iterable[Passage], *, first: int, partly: bool = False) -> list[PassageHit]:
    """Return the best `first` passages that have all units, `partly` some: by score, best first, then (source, line).

    From 0.5 for one that has them as beginnings of words, far apart; 1 for one that is the query and nothing else.
    """
    hits = [hit for passage in candidates if (hit := _match(asked, passage, partly=partly))]
    hits.sort(key=lambda hit: (-hit.score, passage_order(hit.passage)))
    return hits[:first]


def hits_with(hits: Iterable[PassageHit], known: Collection[str]) -> list[PassageHit]:
    """Return the hits with those of their concepts that are `known`: a passage may mention one that is not there."""
    return [replace(hit, concepts=tuple(id_ for id_ in hit.concepts if id_ in known)) for hit in hits]
