"""What names mean while decisions are carried out: which concepts are one, and what each is called.

The notes' concepts are never changed here. Those that decisions make one are a `Group`: a tree of them, of which the
root gives the id and the name. So a group can be taken apart again where it was put together, whatever came in between.

A name means the groups that are called so, else those that have it as another name, else the concept with that id.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from graph.curation.draft import Draft
from graph.model import Concept
from graph.names import name_key

__all__ = ["Group", "Naming"]


@dataclass(eq=False, slots=True)
class Group:
    """Concepts that are one: the one whose id and name count, all of them, and the keys of all their names."""

    root: str
    members: set[str]
    keys: set[str]


@dataclass(slots=True)
class _Names:
    """The names of one concept: as the notes have it, its keys, and what it was renamed to (when, number, name)."""

    label: str
    keys: set[str]
    given: list[tuple[datetime, int, str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return max(self.given)[2] if self.given else self.label


class Naming:
    """The names and the groups of a draft's concepts."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._names: dict[str, _Names] = {}
        self._having: dict[str, set[str]] = {}  # by key of a name: the concepts that have it
        self._group: dict[str, Group] = {}
        self._parent: dict[str, str] = {}
        self._children: dict[str, set[str]] = {}
        for id_ in draft.concepts:
            self.learn(id_)

    # -- what is there ------------------------------------------------------------------------------------------------

    def meant(self, name: str) -> list[Group]:
        """Return the groups that `name` means, by their roots."""
        key = name_key(name)
        if not key:
            return []
        found = {self._group[id_] for id_ in self._having.get(key, ())}
        called = {group for group in found if name_key(self.name(group)) == key}
        if not found and name in self._group:
            return [self._group[name]]
        return sorted(called or found, key=lambda group: group.root)

    def called(self, key: str) -> list[Group]:
        """Return the groups whose own name has this key, by their roots."""
        found = {self._group[id_] for id_ in self._having.get(key, ())}
        return sorted((g for g in found if name_key(self.name(g)) == key), key=lambda group: group.root)

    def name(self, group: Group) -> str:
        """Return what a group is called."""
        return self._names[group.root].name

    def having(self, key: str, group: Group | None = None) -> list[str]:
        """Return the concepts, or those of a group, that have a name of this key, sorted."""
        found = self._having.get(key, set())
        return sorted(found if group is None else found & group.members)

    def in_notes(self, id_: str) -> set[str]:
        """Return the keys of the names that the notes have for a concept, without those that decisions gave it."""
        return {name_key(name) for row in self._draft.rows(id_) for name in row.names}

    def group(self, id_: str) -> Group:
        """Return the group that a concept is in."""
        return self._group[id_]

    def root(self, id_: str) -> str:
        """Return the id that a concept has now; the end of a relation may be no concept of the notes."""
        group = self._group.get(id_)
        return group.root if group else id_

    def merged(self) -> list[str]:
        """Return the concepts that are not the root of their group, sorted."""
        return sorted(self._parent)

    def renamed(self) -> list[str]:
        """Return the concepts that have a name from a decision, sorted."""
        return sorted(id_ for id_, names in self._names.items() if names.given)

    def shown(self, concept: Concept) -> Concept:
        """Return a row of the notes as decisions have it: its id, its name, and the others as aliases."""
        group, names = self._group[concept.id], self._names[concept.id]
        given = [name for *_, name in sorted(names.given, reverse=True)]
        is_root = group.root == concept.id
        name = (names.name if names.given else concept.name) if is_root else self.name(group)
        others = dict.fromkeys(one for one in (*given, *concept.names) if one != name)
        return Concept(
            group.root,
            name,
            tuple(others),
            concept.kind,
            concept.definition,
            concept.document,
            concept.line,
            concept.extra,
        )

    # -- what changes it ----------------------------------------------------------------------------------------------

    def learn(self, id_: str) -> None:
        """Read the names of a concept again: it is new, or was taken apart."""
        rows = self._draft.rows(id_)
        old = self._names.get(id_)
        given = old.given if old else []
        keys = {name_key(name) for row in rows for name in row.names} | {name_key(name) for *_, name in given}
        for key in (old.keys if old else set()) - keys:
            self._having[key].discard(id_)
        for key in keys:
            self._having.setdefault(key, set()).add(id_)
        self._names[id_] = _Names(rows[0].name, keys, given)
        if id_ in self._group:
            self._group[id_].keys = self._keys(self._group[id_].members)
        else:
            self._group[id_] = Group(id_, {id_}, set(keys))

    def rename(self, group: Group, name: str, moment: datetime) -> bool:
        """Give a group a name; of several the one of the latest moment counts, then the one given last. All are found.

        Return False, and change nothing, if it has that name already and a later one counts.
        """
        names = self._names[group.root]
        if names.given and max(names.given)[0] > moment:
            told = {one for row in self._draft.rows(group.root) for one in row.names}
            if name in told.union(one for *_, one in names.given):
                return False
        key = name_key(name)
        names.given.append((moment, len(names.given), name))
        names.keys.add(key)
        group.keys.add(key)
        self._having.setdefault(key, set()).add(group.root)
        return True

    def unite(self, gone: Group, kept: Group) -> None:
        """Make two groups one, under the id and the name of the second."""
        self._parent[gone.root] = kept.root
        self._children.setdefault(kept.root, set()).add(gone.root)
        large, small = (kept, gone) if len(kept.members) >= len(gone.members) else (gone, kept)
        large.root = kept.root
        large.members |= small.members
        large.keys |= small.keys
        for id_ in small.members:
            self._group[id_] = large

    def part(self, id_: str, stays: Iterable[str]) -> Group:
        """Take a concept out of its group, with what was put to it, so that none of `stays` is with it."""
        for other in stays:
            while self._group[id_] is self._group[other]:
                way = self._upwards(other)
                self._cut(way[way.index(id_) - 1] if id_ in way else id_)
        return self._group[id_]

    def _upwards(self, id_: str) -> list[str]:
        way = [id_]
        while way[-1] in self._parent:
            way.append(self._parent[way[-1]])
        return way

    def _cut(self, root: str) -> None:
        """Make a concept, with those below it, a group of its own."""
        old = self._group[root]
        self._children[self._parent.pop(root)].discard(root)
        members: set[str] = set()
        left = [root]
        while left:
            members.add(one := left.pop())
            left += self._children.get(one, ())
        old.members -= members
        old.keys = self._keys(old.members)
        made = Group(root, members, self._keys(members))
        for one in members:
            self._group[one] = made

    def _keys(self, members: Iterable[str]) -> set[str]:
        return {key for id_ in members for key in self._names[id_].keys}
