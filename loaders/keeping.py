"""Which of the concepts that a document mentions it is about: what is kept, and what is said in passing.

Each sign (it stands alone somewhere, a sentence begins with it, a relation speaks of it, it is mentioned again) adds
its weight, from `patterns/keeping.yaml`; the sum is the log-odds that people who read such notes call it one of their
concepts. What the notes introduce themselves (`Term.known` is False) was weighed in `discovery` and is kept.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache

from loaders.document import Block, Span
from loaders.lexicon import Term
from loaders.mentions import Mention, bare_forms, stands_alone
from loaders.patterns import load_table

__all__ = ["Signs", "keeps", "read_signs"]

_TITLE = re.compile(r"《[^《》\n]{1,200}》|\"[^\"\n]{20,200}\"|“[^“”\n]{25,200}”")
_BEGINS = re.compile(r"(?:^|[。；;.!?！？\n])\s*\Z")
_LOOK_BACK = 24  # characters before a mention that tell whether it begins a sentence


@dataclass(slots=True)
class Signs:
    """How often a document mentions a concept at all and where it counts: not inside of a title of a work."""

    times: int = 0
    alone: int = 0
    strong: int = 0
    leads: int = 0

    def names(self) -> Iterable[str]:
        """Yield the keys of the weights' table that hold."""
        if self.times == 0:
            yield "in titles only"
        for least in (2, 3, 5):
            if self.times >= least:
                yield f"{least} times"
        if self.alone:
            yield "alone"
        if self.strong:
            yield "strong"
        if self.leads:
            yield "leads"
        if self.leads > 1:
            yield "leads twice"


def read_signs(
    blocks: Sequence[Block], mentions: Sequence[Sequence[Mention]], alone: Sequence[Sequence[Span]]
) -> Mapping[str, Signs]:
    """Return the signs of all concepts that are mentioned other than as a part of another thing's name. Linear."""
    found: dict[str, Signs] = defaultdict(Signs)
    for block, here, spans in zip(blocks, mentions, alone, strict=True):
        plain = [m for m in here if not m.compound]
        if not plain:
            continue
        text = block.readable
        forms = bare_forms(text, spans)
        titles = [m.span() for m in _TITLE.finditer(text)]
        strong = _outermost(block.strong)
        for mention in plain:
            start, end = mention.span
            signs = found[mention.concept]
            signs.times += not _holds(titles, start, start + 1)
            signs.alone += stands_alone(text, mention, forms)
            signs.strong += _holds(strong, start, end)
            at = mention.extent[0]
            signs.leads += _BEGINS.search(text[max(0, at - _LOOK_BACK) : at]) is not None
    return found


def _outermost(spans: Iterable[Span]) -> list[Span]:
    """Return the spans that lie within no other one, sorted."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda s: (s[0], -s[1])):
        if not found or span[1] > found[-1][1]:
            found.append(span)
    return found


def _holds(spans: Sequence[Span], start: int, end: int) -> bool:
    """Tell whether one of `spans`, sorted and none within another, holds what is from `start` to `end`. Logarithmic."""
    at = bisect_right(spans, start, key=lambda span: span[0]) - 1
    return at >= 0 and end <= spans[at][1]


@cache
def _weights() -> Mapping[str, float]:
    return {str(key): float(weight) for key, weight in load_table("keeping.yaml").items()}


def keeps(
    term: Term,
    signs: Signs,
    *,
    introduced: bool,
    related: AbstractSet[str],
    placed: AbstractSet[str],
    near: AbstractSet[str] = frozenset(),
) -> bool:
    """Tell whether a document is about a concept that it mentions.

    `introduced`: a heading names it. `related` holds what stated relations speak of, `placed` the ends of others,
    `near` those of relations that were nearly believed.
    """
    if not term.known:
        return True
    weights = _weights()
    total = weights["start"] + weights.get(term.kind.value, 0.0) + sum(weights[n] for n in signs.names())
    total += weights["introduced"] * introduced
    total += weights["related"] * (term.id in related) + weights["placed"] * (term.id in placed)
    total += weights["near"] * (term.id in near and term.id not in related)
    return total > weights["threshold"]
