"""What a graph holds and what it lacks: counts, concepts that nothing relates to, shared names, and gaps.

A **gap** is a concept that several others need, as their prerequisite, and that the notes never explain: they define
it nowhere, no heading names it, and nothing is put below it. It is the first thing to write, or to look up.

Pure functions of a merged graph, linear in it up to sorting; whatever is listed is sorted.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graph.model import Concept, ConceptKind, KnowledgeGraph, Origin, RelationType
from graph.names import name_key

__all__ = ["MANY", "Gap", "Review", "review"]

MANY = 3  # others that need a concept which is worth explaining


@dataclass(frozen=True, slots=True)
class Gap:
    """A concept that the notes never explain, and the ids of the concepts that need it, sorted."""

    concept: Concept
    needed_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """What a graph holds and lacks.

    Counts are in the order of the tables of kinds, types and origins, without zeros. `alone`: concepts without any
    relation, by name. `shared`: names of several concepts, with their ids. `gaps`: the most needed first, then by id.
    """

    sources: tuple[str, ...]
    concepts: Mapping[ConceptKind, int]
    relations: Mapping[RelationType, Mapping[Origin, int]]
    alone: tuple[Concept, ...]
    shared: Mapping[str, Sequence[str]]
    gaps: tuple[Gap, ...]


def review(graph: KnowledgeGraph) -> Review:
    """Review a merged graph; its passages' sections say what has a heading of its own."""
    kinds = Counter(c.kind for c in graph.concepts)
    types = Counter((r.type, r.origin) for r in graph.relations)
    related = {end for r in graph.relations for end in (r.source, r.target)}
    alone = sorted((c for c in graph.concepts if c.id not in related), key=lambda c: (name_key(c.name), c.id))
    return Review(
        tuple(s.path for s in graph.sources),
        {kind: kinds[kind] for kind in ConceptKind if kinds[kind]},
        {t: {o: types[t, o] for o in Origin if types[t, o]} for t in RelationType if any(types[t, o] for o in Origin)},
        tuple(alone),
        _shared(graph),
        _gaps(graph),
    )


def _shared(graph: KnowledgeGraph) -> dict[str, tuple[str, ...]]:
    owners: dict[str, dict[str, str]] = defaultdict(dict)
    for concept in graph.concepts:
        for name in concept.names:
            owners[name_key(name)].setdefault(concept.id, name)
    rows = {next(iter(ids.values())): tuple(sorted(ids)) for key, ids in owners.items() if key and len(ids) > 1}
    return dict(sorted(rows.items()))


def _gaps(graph: KnowledgeGraph) -> tuple[Gap, ...]:
    needed: dict[str, set[str]] = defaultdict(set)
    for relation in graph.relations:
        if relation.type is RelationType.PREREQUISITE_OF:
            needed[relation.source].add(relation.target)
    headings = {name_key(p.section[-1]) for p in graph.passages if p.section}
    placed = {r.target for r in graph.relations if r.type is RelationType.IN_TOPIC}
    placed |= {
        r.source
        for r in graph.relations
        if r.type is RelationType.IN_TOPIC and any(e.rule == "topic.heading" for e in r.evidence)
    }
    rows = [
        Gap(c, tuple(sorted(needed[c.id])))
        for c in graph.concepts
        if len(needed.get(c.id, ())) >= MANY and not c.definition and c.id not in placed
        if not headings & {name_key(name) for name in c.names}
    ]
    return tuple(sorted(rows, key=lambda gap: (-len(gap.needed_by), gap.concept.id)))
