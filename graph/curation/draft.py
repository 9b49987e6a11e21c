"""Contributions while decisions are carried out: what a decision is about is found without going through all of them.

A `Draft` is made in one pass and written back in one pass over the sources that were touched. In between every step
costs what it changes: the relations of a concept, what was derived from a relation, the passages that name a concept.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from graph.model import Concept, KnowledgeGraph, Passage, Relation, RelationKey
from graph.names import slug

__all__ = ["Draft"]


class Draft:
    """A working copy of contributions, by id and by key, then by path. Several rows of one place are merged at the end.

    `concepts` and `relations` are for reading; `put_concept`, `take_concept`, `put` and `take` change them.
    """

    def __init__(self, graphs: Mapping[str, KnowledgeGraph]) -> None:
        self.given = {path: graphs[path] for path in sorted(graphs)}
        self.first = next(iter(self.given))
        self.concepts: dict[str, dict[str, list[Concept]]] = {}
        self.relations: dict[RelationKey, dict[str, list[Relation]]] = {}
        self._of: dict[str, dict[RelationKey, None]] = {}  # by concept: the relations that it is an end of
        self._from: dict[RelationKey, dict[RelationKey, None]] = {}  # by relation: what was derived from it
        self._passages = {path: list(graph.passages) for path, graph in self.given.items()}
        self._places: dict[str, dict[tuple[str, int], None]] = {}  # by concept: the passages that name it
        self._touched: set[str] = set()
        self.loose: set[str] = set()  # concepts that decisions made: their place is where their relations are
        for path, graph in self.given.items():
            for concept in graph.concepts:
                self.concepts.setdefault(concept.id, {}).setdefault(path, []).append(concept)
            for relation in graph.relations:
                self._add(path, relation)
            for place, passage in enumerate(graph.passages):
                for id_ in passage.concepts:
                    self._places.setdefault(id_, {})[path, place] = None

    def graphs(self) -> dict[str, KnowledgeGraph]:
        """Return the contributions as they are now; one that is as it was given is the very object."""
        concepts: dict[str, list[Concept]] = {path: [] for path in self._touched}
        for found in self.concepts.values():
            for path in found.keys() & self._touched:
                concepts[path] += found[path]
        relations: dict[str, list[Relation]] = {path: [] for path in self._touched}
        for rows in self.relations.values():
            for path in rows.keys() & self._touched:
                relations[path] += rows[path]
        made = dict(self.given)
        for path in self._touched:
            given = self.given[path]
            graph = KnowledgeGraph.of(concepts[path], relations[path], self._passages[path], given.sources)
            made[path] = given if graph == given else graph
        return made

    # -- concepts -----------------------------------------------------------------------------------------------------

    def rows(self, concept: str) -> list[Concept]:
        """Return the contributions to a concept, in order of their paths."""
        found = self.concepts.get(concept, {})
        return [row for path in sorted(found) for row in found[path]]

    def home(self, concept: str) -> str | None:
        """Return the first path that has a concept, None if none has, or if a decision made it."""
        return None if concept in self.loose else min(self.concepts.get(concept, ()), default=None)

    def new_id(self, name: str) -> str:
        """Return an id for a concept called `name` that means nothing else: its slug, with a number if need be."""
        wanted = found = slug(name)
        number = 1
        while found in self.concepts or self._of.get(found):
            number += 1
            found = f"{wanted}-{number}"
        return found

    def put_concept(self, path: str, concept: Concept) -> None:
        """Add a row to a source."""
        self.concepts.setdefault(concept.id, {}).setdefault(path, []).append(concept)
        self._touched.add(path)

    def take_concept(self, concept: str) -> dict[str, list[Concept]]:
        """Take a concept out of every source, and return its rows by path."""
        found = self.concepts.pop(concept, {})
        self._touched |= found.keys()
        return {path: found[path] for path in sorted(found)}

    # -- relations ----------------------------------------------------------------------------------------------------

    def of(self, concept: str) -> list[RelationKey]:
        """Return the keys of the relations that a concept is an end of, sorted."""
        return sorted(self._of.get(concept, ()))

    def derived_from(self, key: RelationKey) -> list[RelationKey]:
        """Return the keys of the relations that have this one among their reasons, sorted."""
        return sorted(self._from.get(key, ()))

    def held(self, key: RelationKey) -> list[Relation]:
        """Return the contributions to a relation, in order of their paths."""
        found = self.relations.get(key, {})
        return [row for path in sorted(found) for row in found[path]]

    def put(self, path: str, relation: Relation) -> None:
        """Add a row to a source, in its canonical form."""
        self._add(path, relation.canonical())
        self._touched.add(path)

    def _add(self, path: str, relation: Relation) -> None:
        key = relation.key
        rows = self.relations.get(key)
        if rows is None:
            rows = self.relations[key] = {}
            for end in (relation.source, relation.target):
                self._of.setdefault(end, {})[key] = None
        rows.setdefault(path, []).append(relation)
        for reason in relation.because:
            self._from.setdefault(reason, {})[key] = None

    def take(self, key: RelationKey) -> list[tuple[str, Relation]]:
        """Take a relation out of every source, and return its rows with their paths, in order of these."""
        found = self.relations.pop(key, None)
        if found is None:
            return []
        for end in (key[0], key[2]):
            self._of.get(end, {}).pop(key, None)
        for rows in found.values():
            for reason in (reason for row in rows for reason in row.because):
                self._from.get(reason, {}).pop(key, None)
        self._touched |= found.keys()
        return [(path, row) for path in sorted(found) for row in found[path]]

    # -- passages -----------------------------------------------------------------------------------------------------

    def passages(self, concept: str) -> list[tuple[str, int, Passage]]:
        """Return the passages that name a concept, with their places: a path, and a number there."""
        return [(path, place, self._passages[path][place]) for path, place in self._places.get(concept, ())]

    def rename_in(self, path: str, place: int, concepts: Iterable[str]) -> None:
        """Make these, each once, the concepts that a passage names."""
        old = self._passages[path][place]
        new = tuple(dict.fromkeys(concepts))
        self._passages[path][place] = replace(old, concepts=new)
        for id_ in old.concepts:
            self._places[id_].pop((path, place), None)
        for id_ in new:
            self._places.setdefault(id_, {})[path, place] = None
        self._touched.add(path)
