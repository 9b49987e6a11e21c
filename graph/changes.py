"""What a write changed, as stores report it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from graph.model import RelationKey

__all__ = ["Changes", "Pair", "Touched", "changes_by_source"]

Pair = tuple[str | None, str | None]
"""The merged row of a concept or a relation before and after a write; None where it is not there."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a write changed in the merged graph: how many concepts and relations were added, changed or removed."""

    concepts_added: int = 0
    concepts_changed: int = 0
    concepts_removed: int = 0
    relations_added: int = 0
    relations_changed: int = 0
    relations_removed: int = 0

    def __bool__(self) -> bool:
        """True if anything changed."""
        return self != Changes()

    def __add__(self, other: "Changes") -> "Changes":
        """Add up, field by field."""
        return Changes(*(getattr(self, f) + getattr(other, f) for f in self.__slots__))


@dataclass(slots=True)
class Touched:
    """The concepts and relations of which a source says something else than it did."""

    concepts: set[str] = field(default_factory=set)
    relations: set[RelationKey] = field(default_factory=set)


def changes_by_source(
    touched: Mapping[str, Touched], concepts: Mapping[str, Pair], relations: Mapping[RelationKey, Pair]
) -> dict[str, Changes]:
    """Return what changed in the merged graph by each of the sources of a write, which are given in its order.

    What several of them touched counts for the first: in sum it is what readers saw before against what they see after.
    A concept that came or went as the end of a relation is touched by who touched the relation.
    """
    counted_concepts: set[str] = set()
    counted_relations: set[RelationKey] = set()
    found = {}
    for path, mine in touched.items():
        links = (mine.relations & relations.keys()) - counted_relations
        ends = {end for key in mine.relations for end in (key[0], key[2])}
        ids = ((mine.concepts | ends) & concepts.keys()) - counted_concepts
        counted_concepts |= ids
        counted_relations |= links
        found[path] = Changes(*_count(concepts[i] for i in ids), *_count(relations[key] for key in links))
    return found


def _count(pairs: Iterable[Pair]) -> tuple[int, int, int]:
    added = changed = removed = 0
    for before, after in pairs:
        if before is None:
            added += after is not None
        elif after is None:
            removed += 1
        else:
            changed += before != after
    return added, changed, removed
