"""What a format needs that names each concept by an id of its own: a concept for each end, an id that it can hold."""

from collections.abc import Iterable

from graph.exchange.flat import Cleaner
from graph.model import Concept, KnowledgeGraph

__all__ = ["all_concepts", "held_ids"]


def all_concepts(graph: KnowledgeGraph) -> list[Concept]:
    """Return the concepts of a graph by id, with those that relations only name."""
    ends = {end for r in graph.relations for end in (r.source, r.target)} - {c.id for c in graph.concepts}
    return sorted([*graph.concepts, *(Concept(end, end) for end in ends)], key=lambda c: c.id)


def held_ids(ids: Iterable[str], clean: Cleaner) -> dict[str, str]:
    """Return for each id the one that stands for it: distinct ones, and the id itself if `clean` leaves it as it is.

    The others are cleaned and numbered. The same for the same ids.
    """
    rows = sorted(ids)
    held = {row: row for row in rows if clean(row) == row}
    taken = set(held)
    count: dict[str, int] = {}
    for row in rows:
        if row not in held:
            base = clean(row).strip() or "concept"
            while (name := f"{base}~{count.setdefault(base, 1)}") in taken:
                count[base] += 1
            taken.add(name)
            held[row] = name
    return held
