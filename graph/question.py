"""What a query asks for: the names in it, and the words beside them that carry meaning.

People type a name, several names side by side (`mha gqa`, `BN/LN`), or a whole question (`why is MHA before GQA`,
`Adam 和 RMSprop 有什么区别`). A query is cut into *units*, words and single Chinese characters, and every stretch of
them that could be a name is looked up by its `name_key` (`possible_keys`). Of the names found the longest count, none
overlapping another (`understand`); what is left over, less the words that only make a question, is the *rest*.

Standard library only, no I/O. Cost: linear in the units, of which the first 64 are looked at for names.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from graph.contribution import concept_order, name_keys
from graph.model import Concept
from graph.names import name_key
from graph.search_text import fold, is_han, run_spans, runs

__all__ = ["Meaning", "Named", "Query", "parse_query", "possible_keys", "understand"]

_MAX_UNITS = 64  # of a query that are looked at for names
_MAX_NAME = 16  # units in a name
_MAX_SAME = 3  # concepts that one name can mean

# Words that make a question and say nothing of what it is about.
_FUNCTION_WORDS = frozenset(
    re.findall(
        r"\S+",
        "a about after an and are as at be been before between both but by can compare compared comparing comparison "
        "could define definition did differ difference differences different do does each explain explained first for "
        "from had has have how i if in instead into is it its me mean means more much my need needed needs not of on "
        "or our over relate related relation same should so some such tell than that the their them then there these "
        "they this those to used using versus vs was we were what when where which while who why will with without "
        "work works would you your",
    )
)
_FUNCTION_PHRASES = re.findall(
    r"\S+",
    "为什么会 为什么要 为什么 为何 怎么样 怎么 怎样 如何 什么是 是什么 有什么 什么 有哪些 哪些 哪个 哪种 "
    "区别与联系 区别和联系 区别 不同点 不同之处 不同 差别 差异 对比 比较 相比 联系 关系 之间 之前 之后 以及 还有 "
    "而不是 而不用 需要 能够 可以 应该 介绍 解释 一下 请问 告诉我 它们 我们 先学",
)
_PHRASE = re.compile("|".join(sorted(_FUNCTION_PHRASES, key=len, reverse=True)))
# Single characters may be part of a word, so they only go where a stretch of text begins or ends.
_PARTICLES = "和与跟同及或的地得了吗呢吧呀是在有把被让对从到于而且也都就会能要用比更先后前你我它"
_SYMBOLS = re.compile(r"[+#]+")  # which tell names apart where they follow a word: C, C++, C#


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for.

    `terms` are its runs (`graph.search_text.runs`), each once; `key` the name key that a whole name may have instead;
    `text` the query, folded, and `units` where its words and Chinese characters stand in it.
    """

    terms: tuple[str, ...]
    key: str
    text: str = ""
    units: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """A name that a query has: where it stands in the folded text, its key, and what is called so, by name and id."""

    start: int
    end: int
    key: str
    concepts: tuple[Concept, ...]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a query says: its names in their order, the rest that carries meaning, and the terms of both in order.

    `asks`: beside those it has words that make a question or tie names together. Without names and with nothing but
    such words, `rest` is every term of the query.
    """

    named: tuple[Named, ...]
    rest: tuple[str, ...]
    content: tuple[str, ...]
    asks: bool


def parse_query(text: str) -> Query | None:
    """Return what `text` asks for; None if it has no letter, digit or Chinese character."""
    folded = fold(text)
    found = list(run_spans(folded))
    if not found:
        return None
    units: list[tuple[int, int]] = []
    for start, end in found:
        if is_han(folded[start:end]):
            units += [(at, at + 1) for at in range(start, end)]
        else:
            units.append((start, end))
    return Query(tuple(dict.fromkeys(folded[a:b] for a, b in found)), name_key(text), folded, tuple(units))


@dataclass(frozen=True, slots=True)
class _Stretch:
    start: int
    end: int
    keys: tuple[str, ...]  # the most exact first


def _stretches(query: Query) -> Iterator[_Stretch]:
    """Yield every stretch of units that could be a name."""
    units = query.units[:_MAX_UNITS]
    texts = [query.text[start:end] for start, end in units]
    for first, (start, _) in enumerate(units):
        for last in range(first, min(len(units), first + _MAX_NAME)):
            end = units[last][1]
            symbols = _SYMBOLS.match(query.text, end)
            whole = first == 0 and last == len(query.units) - 1
            if not whole and not symbols and _says_nothing(texts[first : last + 1], query.text[start:end]):
                continue
            keys = [name_key(query.text[start : symbols.end()])] if symbols else []
            keys.append(key := name_key(query.text[start:end]))
            if key.isascii() and len(key) in {3, 4} and key.endswith("s"):
                keys.append(key[:-1])  # a plural that is too short for `name_key` to tell: RNNs
            yield _Stretch(start, symbols.end() if symbols else end, tuple(keys))


def _says_nothing(units: Sequence[str], text: str) -> bool:
    """Tell whether a part of a query is too little to be a name, or nothing but words that make a question."""
    if len(units) == 1 and len(units[0]) == 1:
        return True
    return all(unit in _FUNCTION_WORDS for unit in units) or _PHRASE.fullmatch(text) is not None


def possible_keys(query: Query) -> tuple[str, ...]:
    """Return the keys of all that could be a name in the query, and of the query itself, each once."""
    return tuple(dict.fromkeys([query.key, *(key for stretch in _stretches(query) for key in stretch.keys)]))


def understand(query: Query, called: Iterable[Concept]) -> Meaning:
    """Return the meaning of a query, given the concepts that answer to any of its `possible_keys`.

    The longest names count, and of as long ones the first. A name means what has it as its preferred name, else what
    has it as an alias; three concepts at most, by (name key, id).
    """
    meant: dict[str, list[tuple[int, tuple[str, str], Concept]]] = defaultdict(list)
    for concept in called:
        for key, rank in name_keys(concept):
            if rank < 2:  # an id is no name
                meant[key].append((rank, concept_order(concept), concept))
    taken: list[Named] = []
    for stretch in sorted(_stretches(query), key=lambda s: (s.start - s.end, s.start)):
        known = [key for key in stretch.keys if key in meant]
        if not known or any(stretch.start < other.end and other.start < stretch.end for other in taken):
            continue
        best = sorted({(rank, order): concept for rank, order, concept in meant[known[0]]}.items())
        same = tuple(concept for (rank, _), concept in best if rank == best[0][0][0])
        taken.append(Named(stretch.start, stretch.end, known[0], same[:_MAX_SAME]))
    taken.sort(key=lambda named: named.start)
    rest: dict[str, None] = {}
    content: dict[str, None] = {}
    at = 0
    asks = False
    for named in (*taken, None):
        text = query.text[at : named.start if named else len(query.text)]
        between = _meaningful(text)
        asks = asks or "".join(between) != "".join(runs(text))
        rest |= dict.fromkeys(between)
        content |= dict.fromkeys(between)
        if named:
            content |= dict.fromkeys(runs(query.text[named.start : named.end]))
            at = named.end
    if not content:
        rest = content = dict.fromkeys(query.terms)
    return Meaning(tuple(taken), tuple(rest), tuple(content), asks)


@lru_cache(maxsize=256)
def _meaningful(text: str) -> tuple[str, ...]:
    """Return the terms of a part of a query, without words and particles that make a question."""
    found: list[str] = []
    for run in runs(text):
        if is_han(run):
            found += [piece for part in _PHRASE.split(run) if (piece := part.strip(_PARTICLES))]
        elif run not in _FUNCTION_WORDS:
            found.append(run)
    return tuple(found)
