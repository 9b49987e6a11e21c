"""Typed relations, definitions, order and the field's facts -> inferred prerequisites, each with its reasons.

Notes hardly ever say "learn this first" (1 to 8 times in a whole collection), so order is derived. One file's notes
give **candidates** (`propose`), each with a confidence of its own:

* from a relation's type: `graph.model.RELATION_TYPES` says which end is learnt first, and how surely. A broad
  topic does not wait for what it uses or what is part of it: a deep-learning course does not begin with softmax;
* from a definition: what it says a concept is made of is learnt before it;
* from order: of two concepts of one family that are contrasted with each other, the one introduced first;
* from the facts of the field, where the notes speak of both concepts: less sure than what the notes say themselves.
  A chain of facts is followed through concepts that the notes do not mention, and less sure with every one of those.

Reasons add up: a candidate with several has the probability that not all of them are wrong. A candidate from a weak
reason is left out where the field teaches the two the other way round.

Candidates are then **settled** (`settle`) over all files that are read together, the most confident first: one that
would close a cycle with those taken (or stated) is left out, so each cycle loses its weakest candidate. Every file's
contribution keeps its own prerequisites, with reasons from that file, and stands alone; only the choice between
contradicting ones looks at the other files of the same load. Files that are loaded apart can still contradict each
other: `graph.paths` cuts such a cycle at its weakest relation and reports it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import networkx as nx

from graph.acyclic import Order
from graph.model import (
    RELATION_TYPES,
    Concept,
    ConceptKind,
    Evidence,
    Origin,
    Relation,
    RelationKey,
    RelationType,
)
from loaders.curriculum import Curriculum
from loaders.lexicon import Lexicon

__all__ = ["Definition", "LeftOut", "infer_prerequisites", "propose", "settle", "settled_pairs"]

T = RelationType
_CONTRASTED = 0.35  # compared with each other, introduced in this order
_DEFINED_BY = 0.4  # its definition mentions the other
_TAUGHT_AFTER = 0.5  # the facts of the field say so
_PER_STEP = 0.7  # what is left of it for each concept between the two that the notes do not mention
_WEAKEST = 0.2  # less than this is no reason to make anyone learn something first
_BROAD = {ConceptKind.TOPIC, ConceptKind.METRIC, ConceptKind.OPTIMIZER, ConceptKind.LOSS}
_FIRM = {T.EXTENDS, T.COMBINES, T.GENERALIZES}  # these stand even against the facts of the field


@dataclass(frozen=True, slots=True)
class Definition:
    """What a text says a concept is: the sentence as evidence, and the other concepts that it mentions."""

    evidence: Evidence
    mentions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A candidate that is not taken, and why."""

    relation: Relation
    reason: str


@dataclass(slots=True)
class _Reasons:
    """Why one concept comes before another: the probability that no reason holds, relations, and evidence."""

    doubt: float = 1.0
    because: dict[RelationKey, None] = field(default_factory=dict)
    evidence: dict[Evidence, None] = field(default_factory=dict)
    firm: bool = False


def infer_prerequisites(
    relations: Sequence[Relation],
    concepts: Mapping[str, Concept],
    lexicon: Lexicon,
    *,
    definitions: Mapping[str, Definition] | None = None,
    introduction: Callable[[str], Evidence | None] = lambda _: None,
    left_out: list[LeftOut] | None = None,
) -> list[Relation]:
    """Return the prerequisites of one graph alone: `propose`, then `settle`. `left_out` gains what is not taken."""
    rows = propose(
        relations,
        concepts,
        lexicon,
        Curriculum(lexicon.facts),
        definitions=definitions,
        introduction=introduction,
        left_out=left_out,
    )
    taken, refused = settle({"": rows}, (r for r in relations if r.type is T.PREREQUISITE_OF))
    if left_out is not None:
        left_out += refused[""]
    return taken[""]


def propose(
    relations: Iterable[Relation],
    concepts: Mapping[str, Concept],
    lexicon: Lexicon,
    curriculum: Curriculum,
    *,
    definitions: Mapping[str, Definition] | None = None,
    introduction: Callable[[str], Evidence | None] = lambda _: None,
    left_out: list[LeftOut] | None = None,
) -> list[Relation]:
    """Return the candidates that one file gives: PREREQUISITE_OF of origin `inferred`, sorted by key.

    `relations` and `concepts` are the file's; a concept's place decides where order does. `introduction` gives the line
    that introduces a concept, as the evidence of what the field teaches; without it that is not used. `because` names
    relations among `relations`. `left_out` gains candidates that the field contradicts. Linear.
    """
    relations = list(relations)
    reasons: dict[tuple[str, str], _Reasons] = defaultdict(_Reasons)
    for first, then, sureness, relation in (*_by_type(relations, lexicon), *_by_order(relations, concepts, lexicon)):
        row = reasons[first, then]
        row.doubt = min(row.doubt, 1 - sureness * relation.confidence)
        row.because[relation.key] = None
        row.firm |= relation.type in _FIRM
    for then, definition in (definitions or {}).items():
        for first in definition.mentions:
            if then in concepts and first in concepts and not _comes_after(first, then, lexicon):
                row = reasons[first, then]
                row.doubt *= 1 - _DEFINED_BY
                row.evidence[definition.evidence] = None
    for then in concepts:
        place = introduction(then)
        if place is None:
            continue
        for first, steps in curriculum.nearest(then, concepts):
            row = reasons[first, then]
            row.doubt *= 1 - _TAUGHT_AFTER * _PER_STEP ** (steps - 1)
            row.evidence[place] = None
    stated = {(r.source, r.target) for r in relations if r.type is T.PREREQUISITE_OF}
    found = []
    for (first, then), row in sorted(reasons.items()):
        confidence = round(1 - row.doubt, 3)
        if (first, then) in stated or confidence < _WEAKEST:
            continue
        made = Relation(
            first, T.PREREQUISITE_OF, then, Origin.INFERRED, confidence, tuple(row.evidence), tuple(row.because)
        )
        if not row.firm and curriculum.is_before(then, first):
            if left_out is not None:
                left_out.append(LeftOut(made, "the field teaches them the other way round"))
            continue
        found.append(made)
    return found


def settle(
    candidates: Mapping[str, Iterable[Relation]], stated: Iterable[Relation]
) -> tuple[dict[str, list[Relation]], dict[str, list[LeftOut]]]:
    """Return which candidates of each file are taken and which are left out, each file's sorted by key.

    All files' candidates together, and with the `stated` prerequisites, have no cycle but those of the stated ones
    among themselves. A pair that several files propose is taken in all or in none. The order of the files, and of
    their candidates, does not matter. Nearly linear: see `graph.acyclic`.
    """
    rows = [(path, relation) for path in sorted(candidates) for relation in candidates[path]]
    kept = settled_pairs(((r.source, r.target, r.confidence) for _, r in rows), ((r.source, r.target) for r in stated))
    taken: dict[str, list[Relation]] = {path: [] for path in candidates}
    left: dict[str, list[LeftOut]] = {path: [] for path in candidates}
    for path, relation in sorted(rows, key=lambda row: (row[0], row[1].key)):
        if (relation.source, relation.target) in kept:
            taken[path].append(relation)
        else:
            left[path].append(LeftOut(relation, "would close a cycle with surer ones"))
    return taken, left


def settled_pairs(
    candidates: Iterable[tuple[str, str, float]], stated: Iterable[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Return which pairs (first, then) of the candidates (first, then, confidence) `settle` takes."""
    surest: dict[tuple[str, str], float] = {}
    for first, then, confidence in candidates:
        surest[first, then] = max(surest.get((first, then), 0.0), confidence)
    arrows = nx.DiGraph(stated)
    ring = {c: min(members) for members in nx.strongly_connected_components(arrows) for c in members}  # as one concept
    order = Order()
    for source, target in sorted((ring[s], ring[t]) for s, t in arrows.edges):
        order.add(source, target)
    return {
        (source, target)
        for source, target in sorted(surest, key=lambda pair: (-surest[pair], pair))
        if order.add(ring.get(source, source), ring.get(target, target))
    }


def _by_type(relations: Iterable[Relation], lexicon: Lexicon) -> Iterator[tuple[str, str, float, Relation]]:
    """Yield what the types of relations say: which end comes first, which after, how surely, and the relation."""
    for relation in relations:
        info = RELATION_TYPES[relation.type]
        if not info.order_sureness:
            continue
        first, then = relation.source, relation.target
        if info.learnt_first == "target":
            first, then = then, first
        if not _is_topic(then, lexicon) or _holds_for_topics(first, relation.type, then, lexicon):
            yield first, then, info.order_sureness, relation


def _by_order(
    relations: Iterable[Relation], concepts: Mapping[str, Concept], lexicon: Lexicon
) -> Iterator[tuple[str, str, float, Relation]]:
    """Yield what the order of introduction says of two of one family that are set against each other."""
    for relation in relations:
        if relation.type is T.CONTRASTS_WITH:
            a, b = sorted((relation.source, relation.target), key=lambda c: _place(concepts, c))
            if _place(concepts, a) < _place(concepts, b) and _family(a, lexicon) & _family(b, lexicon):
                yield a, b, _CONTRASTED, relation


def _comes_after(first: str, then: str, lexicon: Lexicon) -> bool:
    """Tell whether what a definition of `then` mentions is a kind of it or built on it, or is the same thing."""
    built = {T.IS_A, T.EXTENDS, T.COMBINES, T.USES, T.GENERALIZES}
    return (
        first == then
        or lexicon.is_kind_of(first, then)
        or bool(lexicon.facts.get((first, then), frozenset()) & built)
        or T.CONTRASTS_WITH in lexicon.facts.get((first, then), frozenset())
    )


def _holds_for_topics(first: str, kind: RelationType, then: str, lexicon: Lexicon) -> bool:
    """Tell whether a broad topic waits for `first`: for what it is a kind of, as the field knows, or was made from."""
    return kind in {T.EXTENDS, T.GENERALIZES} or (kind is T.IS_A and lexicon.is_kind_of(then, first))


def _is_topic(concept: str, lexicon: Lexicon) -> bool:
    term = lexicon.terms.get(concept)
    return term is not None and term.kind is ConceptKind.TOPIC


def _place(concepts: Mapping[str, Concept], concept: str) -> tuple[str, int]:
    row = concepts.get(concept)
    return (row.document or "", row.line or 0) if row else ("", 0)


def _family(concept: str, lexicon: Lexicon) -> set[str]:
    """Return what the concept is a kind of, broad topics left out: metrics are no family, kinds of attention are."""
    return {a for a in lexicon.ancestors(concept) if a in lexicon.terms and lexicon.terms[a].kind not in _BROAD}
