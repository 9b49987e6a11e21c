"""The weights of the reader, and what becomes of a sentence's candidates under them.

`weights.json` holds the tables of `loaders.reader` (item -> weight) and two probabilities: from which one on a relation
is kept that a phrasing read, and one that none did. `bench/fit_reader.py` writes it.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from importlib import resources

import orjson

from graph.model import Evidence, Origin, Relation, RelationType
from loaders.encoding import Encoded
from loaders.lexicon import Lexicon
from loaders.reader import Candidate, Context, Features, candidates
from loaders.relations import line_in
from loaders.sentences import Sentence

__all__ = ["TRUSTED", "Model", "default_model", "judge"]


TRUSTED = 0.2  # by how much another reading must be the more probable one to replace a phrasing's
_NEAR = 0.35  # from this probability on, what a relation relates is no word in passing, whether or not it is believed


_REMEMBERED = 100_000  # sums of weights: what stands around concepts is much the same from sentence to sentence


class Model:
    """Weights by table and item, and the least probabilities of what is kept.

    `keep_read` of what a phrasing read, `keep_unknown` if the lexicon knows neither end, `keep_unread` of the rest.
    """

    def __init__(
        self,
        tables: Mapping[str, Mapping[str, float]],
        *,
        keep_read: float,
        keep_unread: float,
        keep_unknown: float | None = None,
    ) -> None:
        self.tables = tables
        self.keep_read = keep_read
        self.keep_unread = keep_unread
        self.keep_unknown = keep_read if keep_unknown is None else keep_unknown
        self._weight = lru_cache(maxsize=_REMEMBERED)(self._sum)
        self._weight_of_ends = lru_cache(maxsize=_REMEMBERED)(self._sum_all)

    def _sum(self, name: str, items: tuple[str, ...]) -> float:
        table = self.tables.get(name)
        return sum([table.get(item, 0.0) for item in items]) if table else 0.0

    def _sum_all(self, features: Features) -> float:
        return sum([self._sum(name, items) for name, items in features])

    def probability(self, candidate: Candidate) -> float:
        """Return how probable it is that a candidate is stated."""
        odds = self._weight_of_ends(candidate.ends)
        for name, items in candidate.place:
            odds += self._weight(name, items)
        return 1 / (1 + math.exp(-odds))


@cache
def default_model() -> Model:
    """Return the shipped weights; read once per process."""
    document = orjson.loads(resources.files(__name__.rpartition(".")[0]).joinpath("weights.json").read_bytes())
    return Model(document.pop("tables"), **document)


def judge(
    model: Model,
    form: Encoded,
    sentence: Sentence,
    phrased: Sequence[Relation],
    *,
    source: str,
    lexicon: Lexicon,
    context: Context,
    near: set[str] | None = None,
) -> list[Relation]:
    """Return the relations that a sentence states in the judgement of `model`.

    Of each pair the most probable one is taken, a phrasing's unless another is more probable by `TRUSTED`.

    What a phrasing read keeps its evidence and has the probability as its confidence; it is dropped below `keep_read`,
    or `keep_unknown`. What none read is kept from `keep_unread` on, its rule is called `reader.` and the type. A pair
    that the reader has no candidate for stays as the phrasing read it.

    `near` gets the ends of what is probable enough to be spoken of, though not always enough to be believed.
    """
    best: dict[frozenset[str], tuple[float, Candidate]] = {}  # of a phrasing's reading with `TRUSTED` added
    for candidate in candidates(form, () if sentence.own else sentence.subject, phrased, lexicon, context):
        weight = model.probability(candidate) + (TRUSTED if candidate.phrased else 0)
        pair = frozenset((candidate.source, candidate.target))
        if pair not in best or weight > best[pair][0]:
            best[pair] = weight, candidate
    kept = [r for r in phrased if frozenset((r.source, r.target)) not in best]
    for weight, candidate in best.values():
        probability = weight - (TRUSTED if candidate.phrased else 0)
        if near is not None and probability >= _NEAR:
            near.update((candidate.source, candidate.target))
        known = _knows(lexicon, candidate.source) or _knows(lexicon, candidate.target)
        kept += _kept(model, probability, candidate, form, sentence, source, known=known)
    return kept


def _knows(lexicon: Lexicon, concept: str) -> bool:
    term = lexicon.terms.get(concept)
    return term is not None and term.known


def _kept(
    model: Model,
    probability: float,
    candidate: Candidate,
    form: Encoded,
    sentence: Sentence,
    source: str,
    *,
    known: bool,
) -> Iterator[Relation]:
    confidence = round(probability, 3)
    if candidate.phrased is not None:
        if probability >= (model.keep_read if known else model.keep_unknown):
            yield replace(candidate.phrased, confidence=confidence)
    elif probability >= model.keep_unread:
        line = line_in(sentence, form, candidate.at)
        kind = candidate.type
        evidence = Evidence(source, line, sentence.written, f"reader.{kind.value.lower().replace('_', '-')}")
        group = f"{candidate.source}@{source}:{line}" if kind is RelationType.COMBINES else None
        made = Relation(candidate.source, kind, candidate.target, Origin.STATED, confidence, (evidence,), (), group)
        yield made.canonical()
