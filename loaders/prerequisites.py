"""Typed relations and structure -> inferred prerequisites, each with the relations it was derived from.

Notes hardly ever say "learn this first" (1 to 8 times in a whole collection), so order is derived:

* from a relation's type: `graph.model.RELATION_TYPES` says which end is learnt first, the table below how surely;
* from order and structure: under one heading, the nearest concept of the same family before a concept, and of two
  that are contrasted with each other the one that the notes introduce first, is weakly the earlier one.

The result is acyclic: candidates are taken in order of confidence, and one that would close a cycle is left out.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from graph.model import RELATION_TYPES, Concept, ConceptKind, Origin, Relation, RelationKey, RelationType
from loaders.lexicon import Lexicon

__all__ = ["infer_prerequisites"]

T = RelationType
_SURENESS: Mapping[RelationType, float] = {
    T.EXTENDS: 0.9,
    T.COMBINES: 0.9,
    T.GENERALIZES: 0.85,
    T.IS_A: 0.75,
    T.PART_OF: 0.65,
    T.USES: 0.65,
    T.SOLVES: 0.65,
    T.EVALUATES: 0.5,
}
_SIBLINGS = 0.45  # one family, one heading, introduced in this order
_BROAD = {ConceptKind.TOPIC, ConceptKind.METRIC, ConceptKind.OPTIMIZER, ConceptKind.LOSS}
_CONTRASTED = 0.4  # compared with each other, introduced in this order


def infer_prerequisites(
    relations: Sequence[Relation], concepts: Mapping[str, Concept], lexicon: Lexicon
) -> list[Relation]:
    """Return PREREQUISITE_OF relations of origin `inferred`, acyclic together with those already stated.

    `concepts` gives kinds and places (document order by (document, line)). Cost: candidates times the reachable part
    of the graph; a source's own graph is small.
    """
    candidates: dict[tuple[str, str], tuple[float, list[RelationKey]]] = {}

    def propose(first: str, then: str, confidence: float, because: Sequence[RelationKey]) -> None:
        old = candidates.get((first, then), (0.0, []))
        keys = list(dict.fromkeys((*old[1], *because)))
        candidates[first, then] = max(old[0], confidence), keys

    for relation in relations:
        sureness = _SURENESS.get(relation.type)
        if sureness is not None:
            first, then = relation.source, relation.target
            if RELATION_TYPES[relation.type].learnt_first == "target":
                first, then = then, first
            propose(first, then, round(sureness * relation.confidence, 3), [relation.key])
    for first, then, confidence, because in _by_order(relations, concepts, lexicon):
        propose(first, then, confidence, because)
    stated = {(r.source, r.target) for r in relations if r.type is T.PREREQUISITE_OF}
    return _acyclic(stated, candidates)


def _by_order(
    relations: Iterable[Relation], concepts: Mapping[str, Concept], lexicon: Lexicon
) -> list[tuple[str, str, float, list[RelationKey]]]:
    found = []
    members: dict[str, list[Relation]] = defaultdict(list)
    for relation in relations:
        if relation.type is T.IN_TOPIC:
            members[relation.target].append(relation)
        elif relation.type is T.CONTRASTS_WITH:
            a, b = sorted((relation.source, relation.target), key=lambda c: _place(concepts, c))
            if _place(concepts, a) < _place(concepts, b) and _family(a, lexicon) & _family(b, lexicon):
                found.append((a, b, _CONTRASTED, [relation.key]))
    for rows in members.values():
        rows.sort(key=lambda r: _place(concepts, r.source))
        latest: dict[str, tuple[int, Relation]] = {}  # by member of a family, the last concept that has it
        for n, later in enumerate(rows):
            family = _family(later.source, lexicon)
            relatives = [latest[f] for f in family if f in latest]
            if relatives:
                earlier = max(relatives, key=lambda row: row[0])[1]
                found.append((earlier.source, later.source, _SIBLINGS, [earlier.key, later.key]))
            if _is_learnt(concepts, later.source):
                latest.update(dict.fromkeys(family, (n, later)))
    return found


def _place(concepts: Mapping[str, Concept], concept: str) -> tuple[str, int]:
    row = concepts.get(concept)
    return (row.document or "", row.line or 0) if row else ("", 0)


def _is_learnt(concepts: Mapping[str, Concept], concept: str) -> bool:
    row = concepts.get(concept)
    return row is not None and row.kind is not ConceptKind.TOPIC


def _family(concept: str, lexicon: Lexicon) -> set[str]:
    """Return what the concept is a kind of, broad topics left out: metrics are no family, kinds of attention are."""
    return {a for a in lexicon.ancestors(concept) if a in lexicon.terms and lexicon.terms[a].kind not in _BROAD}


def _acyclic(
    stated: Iterable[tuple[str, str]], candidates: Mapping[tuple[str, str], tuple[float, list[RelationKey]]]
) -> list[Relation]:
    after: dict[str, set[str]] = defaultdict(set)
    for first, then in stated:
        after[first].add(then)
    taken = []
    for (first, then), (confidence, because) in sorted(candidates.items(), key=lambda row: (-row[1][0], row[0])):
        if then in after[first] or _reaches(after, then, first):
            continue
        after[first].add(then)
        taken.append(Relation(first, T.PREREQUISITE_OF, then, Origin.INFERRED, confidence, (), tuple(because)))
    return taken


def _reaches(after: Mapping[str, set[str]], start: str, goal: str) -> bool:
    seen, todo = {start}, [start]
    while todo:
        node = todo.pop()
        if node == goal:
            return True
        for following in after.get(node, ()):
            if following not in seen:
                seen.add(following)
                todo.append(following)
    return False
