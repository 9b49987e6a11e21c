"""A graph with what every view looks up in it, worked out once: a service keeps one for as long as its store stays.

Nothing here chooses or draws. All of it is derived from the graph alone, so that two indexes of equal graphs answer
alike; what costs more than a look-up is worked out when it is first asked for and kept.
"""

import difflib
import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from graph.errors import AmbiguousName, UnknownConcept
from graph.model import Concept, KnowledgeGraph, Origin, Relation, RelationType
from graph.names import name_key
from graph.paths import PrerequisiteGraph, prerequisite_graph
from viz.style import relation_row, relation_rows
from viz.topics import Groups, below, topic_groups, topic_parents

__all__ = ["GraphIndex", "Rank"]

Rank = tuple[float, str, str]
"""A concept's place among others, smaller for the more important: (less its weight, name key, id)."""

_OVERVIEWS = 4  # partitions into areas that are kept
_COUNTED = 1000  # topics whose sizes are worked out: more than that no tree shows at once
_NEAR, _CANDIDATES, _LONGEST = 5, 60, 80


class GraphIndex:
    """Look-ups over one graph; an end of a relation without a concept has a bare one, as in a store."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self.graph = _with_ends(graph)
        self.concepts: Mapping[str, Concept] = {c.id: c for c in self.graph.concepts}
        self._importance: dict[frozenset[str], Mapping[str, Rank]] = {}
        self._prerequisites: Callable[[float], PrerequisiteGraph] = lru_cache(maxsize=4)(self._prerequisites_of)

    def touching(self, node: str) -> tuple[Relation, ...]:
        """Return the relations of a concept, by key; none for one that has none or is not there."""
        if (at := self._place.get(node)) is None:
            return ()
        starts, rows = self._by_end
        return tuple([self.graph.relations[i] for i in rows[starts[at] : starts[at + 1]].tolist()])

    @cached_property
    def parents(self) -> Mapping[str, str]:
        """One topic for each concept that is in any: the surest; never one that leads back to the concept."""
        return topic_parents(self.graph.relations)

    @cached_property
    def children(self) -> Mapping[str, tuple[str, ...]]:
        """What notes put into each topic, by id; a concept may be in several."""
        found: dict[str, set[str]] = defaultdict(set)
        for r in self.graph.relations:
            if r.type is RelationType.IN_TOPIC:
                found[r.target].add(r.source)
        return {topic: tuple(sorted(members)) for topic, members in found.items()}

    def inside(self, topic: str) -> set[str]:
        """Return a topic and all that its own map shows: what notes put there, at any depth, and what joined those.

        What joins is what an overview puts into the areas of topics inside. Of a concept that holds nothing, it is the
        area that the concept stands in.
        """
        found = set(below(topic, self.children))
        if len(found) > 1:
            for node in list(found & self._areas_of.keys()):
                found.update(self._areas_of[node])
            return found
        return found | next((set(members) for _, members in self.areas if topic in members), set())

    @cached_property
    def topic_sizes(self) -> Mapping[str, int]:
        """How many concepts the map of a topic shows beside itself, for the `_COUNTED` topics that hold most."""
        most = heapq.nsmallest(_COUNTED, self.children, key=lambda i: (-len(self.children[i]), i))
        return {topic: len(self.inside(topic)) - 1 for topic in most}

    @cached_property
    def _areas_of(self) -> Mapping[str, Sequence[str]]:
        return {head: members for head, members in self.areas if head is not None}

    @cached_property
    def areas(self) -> Groups:
        """The whole graph divided into the areas of an overview, those of the most important concepts first."""
        rank = self.importance(_ALL_BUT_TOPICS)
        ids = sorted(self.concepts, key=rank.__getitem__)
        return topic_groups(ids, self.graph.relations, parents=self.parents, few=True)

    def importance(self, rows: frozenset[str]) -> Mapping[str, Rank]:
        """Return every concept's rank. `rows` are the legend's rows that count.

        A concept weighs as many as it is related to by those rows, plus a fifth of the concepts that are in it as a
        topic, plus a little for each passage that mentions it.
        """
        if rows not in self._importance:
            if len(self._importance) >= _OVERVIEWS:
                self._importance.pop(next(iter(self._importance)))
            self._importance[rows] = self._ranked(rows)
        return self._importance[rows]

    def prerequisites(self, sure: float) -> PrerequisiteGraph:
        """Return the prerequisites of at least this confidence as a graph (see `graph.paths`)."""
        return self._prerequisites(sure)

    def find(self, name: str) -> str:
        """Return the id of the concept that `name` (an id, a name or an alias, in any spelling) means.

        Raises UnknownConcept with up to five similar names, or AmbiguousName if it means several.
        """
        if name in self.concepts:
            return name
        key = name_key(name)
        called = self._called[0].get(key) or self._called[1].get(key) or []
        if not called:
            raise UnknownConcept(name, self.near(name))
        if len(called) > 1:
            raise AmbiguousName(name, called)
        return called[0]

    def near(self, name: str) -> list[str]:
        """Return up to five names that look like `name`, best first; none if none does.

        Names that share most pairs of letters are compared letter by letter. Cost: linear in all names.
        """
        wanted = name_key(name[:_LONGEST])
        pairs = {wanted[i : i + 2] for i in range(len(wanted) - 1)} or {wanted}
        likely = heapq.nlargest(
            _CANDIDATES,
            (
                (sum(pair in key for pair in pairs) / (len(pairs) + abs(len(key) - len(wanted))), n)
                for key, n in self._names
            ),
        )
        found = difflib.get_close_matches(wanted, [name_key(n) for share, n in likely if share > 0], n=4 * _NEAR)
        place = {key: i for i, key in reversed(list(enumerate(found)))}
        meant = sorted((place[key], n) for _, n in likely if (key := name_key(n)) in place)
        return list(dict.fromkeys(n for _, n in meant))[:_NEAR]

    @cached_property
    def _names(self) -> Sequence[tuple[str, str]]:
        return [(name_key(n), n) for c in self.graph.concepts for n in c.names if len(n) <= 2 * _LONGEST]

    def name_order(self, node: str) -> tuple[str, str]:
        """Return what sorts concepts by name: (name key, id)."""
        return self._keys[node], node

    @cached_property
    def _called(self) -> tuple[Mapping[str, list[str]], Mapping[str, list[str]]]:
        preferred: dict[str, list[str]] = defaultdict(list)
        aliases: dict[str, list[str]] = defaultdict(list)
        for c in self.graph.concepts:
            preferred[name_key(c.name)].append(c.id)
            for key in {name_key(alias) for alias in c.aliases}:
                aliases[key].append(c.id)
        return preferred, aliases

    @cached_property
    def _keys(self) -> Mapping[str, str]:
        return {c.id: name_key(c.name) for c in self.graph.concepts}

    @cached_property
    def _mentions(self) -> Mapping[str, int]:
        return Counter(i for p in self.graph.passages for i in p.concepts)

    def _ranked(self, rows: frozenset[str]) -> Mapping[str, Rank]:
        """Count on whole arrays: fifty thousand concepts have hundreds of thousands of relations."""
        count = len(self.concepts)
        ends, row, keys = self._arrays
        on = np.array([key in rows and key != RelationType.IN_TOPIC for key in keys], dtype=bool)[row]
        low, high = np.sort(ends[on], axis=1).T
        pairs = np.unique(low.astype(np.int64) * count + high)  # however many relations tie two concepts
        near = np.bincount(np.concatenate([pairs // count, pairs % count]), minlength=count)
        topics = row == keys.index(RelationType.IN_TOPIC)
        members = np.bincount(ends[topics, 1], minlength=count)
        mentions = np.array([self._mentions.get(i, 0) for i in self.concepts] if self._mentions else 0)
        weight = near + 0.2 * members + np.minimum(0.9, 0.01 * mentions)
        return {i: (-w, self._keys[i], i) for i, w in zip(self.concepts, weight.tolist(), strict=True)}

    @cached_property
    def _arrays(self) -> tuple[NDArray[np.int32], NDArray[np.int16], list[str]]:
        """The ends of all relations as places in `concepts`, one row each; their legend rows, as places in a list."""
        keys = [row.key for row in relation_rows()]
        row = {(t, o): keys.index(relation_row(Relation("", t, "", o))) for t in RelationType for o in Origin}
        place, relations = self._place, self.graph.relations
        ends = np.empty((len(relations), 2), dtype=np.int32)
        ends[:, 0] = np.fromiter((place[r.source] for r in relations), dtype=np.int32, count=len(relations))
        ends[:, 1] = np.fromiter((place[r.target] for r in relations), dtype=np.int32, count=len(relations))
        return ends, np.fromiter((row[r.type, r.origin] for r in relations), dtype=np.int16, count=len(relations)), keys

    @cached_property
    def _place(self) -> Mapping[str, int]:
        return {node: i for i, node in enumerate(self.concepts)}

    @cached_property
    def _by_end(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Where each concept's relations begin in the array that follows, by place; the relations, as places in all."""
        flat = self._arrays[0].ravel()  # both ends of the first relation, of the second, ...
        order = np.argsort(flat, kind="stable")  # so that those of one concept stay in their order
        return np.searchsorted(flat[order], np.arange(len(self.concepts) + 1)), (order // 2).astype(np.int32)

    def _prerequisites_of(self, sure: float) -> PrerequisiteGraph:
        return prerequisite_graph(r for r in self.graph.relations if r.confidence >= sure)


_ALL_BUT_TOPICS = frozenset(kind.value for kind in RelationType if kind is not RelationType.IN_TOPIC)


def _with_ends(graph: KnowledgeGraph) -> KnowledgeGraph:
    """Add a bare concept for every end of a relation that has none, as a store does."""
    known = {c.id for c in graph.concepts}
    missing = {r.source for r in graph.relations}
    missing.update([r.target for r in graph.relations])
    missing -= known
    if not missing:
        return graph
    bare = (Concept(i, i) for i in missing)
    return KnowledgeGraph.of((*graph.concepts, *bare), graph.relations, graph.passages, graph.sources)
