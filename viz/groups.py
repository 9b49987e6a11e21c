"""What the groups of a map are called, and what each of them opens."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from graph.model import Concept, RelationType
from viz.index import GraphIndex

__all__ = ["Group", "group_of"]

_NAMED = 3  # concepts that a group without a head is called after


@dataclass(frozen=True, slots=True)
class Group:
    """An area, or what would be one: its head (a topic, or None), its members on the map, most important first.

    `name` is the head's, else those of its most important members; None if those have little to do with each other
    and only stand together because they are in no topic. `count` is how many concepts it has in the
    whole graph, without its head, however many of them are shown. `opens` is the concept whose `topic` view shows
    them all.
    """

    head: str | None
    members: tuple[str, ...]
    name: str | None
    count: int
    opens: str

    @property
    def shown(self) -> int:
        """How many of `count` are on the map."""
        return len(self.members) - (self.head in self.members)


def group_of(index: GraphIndex, head: str | None, members: Sequence[str], count: int) -> Group:
    """Return the group of `members`, the most important first, of `count` in the whole graph. Linear in the members."""
    head = head if head in members else None
    lead = [m for m in members if m != head]
    if head is not None:
        return Group(head, tuple(members), index.concepts[head].name, count - 1, head)
    areas = index.areas if count > len(lead) else []  # else all of it is here
    whole = next((found for head, found in areas if head is None and lead[0] in found), lead)
    return Group(None, tuple(members), _community_name(index, whole), count, lead[0])


def _community_name(index: GraphIndex, members: Sequence[str]) -> str | None:
    """Return the names of the most important of `members`; None if fewer than half hang together with the first."""
    inside = set(members)
    reached = [members[0]]
    seen = {members[0]}
    for node in reached:
        rows = (r for r in index.touching(node) if r.type is not RelationType.IN_TOPIC)
        near = {end for r in rows for end in (r.source, r.target)} & inside
        fresh = sorted(near - seen)
        reached.extend(fresh)
        seen.update(fresh)
    if 2 * len(reached) < len(members):
        return None
    names = [_short_name(index.concepts[i]) for i in members[:_NAMED]]
    return ", ".join([*names, "…"] if len(members) > _NAMED else names)


def _short_name(concept: Concept) -> str:
    """Return a concept's initials where one of its names is just that, else its name: as static/lines.js does."""
    initials = "".join(word[0] for word in re.findall(r"[A-Za-z]+", concept.name)).upper()
    return next((a for a in concept.aliases if len(initials) > 1 and a.upper() == initials), concept.name)
