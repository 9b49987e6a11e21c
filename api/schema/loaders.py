"""What one request has asked the store for, and what it asks next, in rounds (`api.schema.batching`).

The number of calls to the store depends on the shape of a query, never on how many objects it lists. A `Context`
lives as long as one request, and so does what its loaders remember.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from api.limits import RowBudget
from api.schema.batching import Loader, Rounds
from graph.contribution import concept_order, topic_order
from graph.model import Concept, ConceptKind, Passage, Relation, RelationKey, RelationType, Source
from graph.store import Direction, GraphStore, TopicCount

__all__ = ["Context", "RelationsOf"]


class RelationsOf(NamedTuple):
    """Which relations of a concept: of these types (None for all), in this direction."""

    concept: str
    types: tuple[RelationType, ...] | None
    direction: Direction


@dataclass(slots=True)
class Context:
    """One request: the store that answers it, its loaders, and how many list entries it may still hand out."""

    store: GraphStore
    rows: RowBudget = field(default_factory=RowBudget)
    concepts: Loader[str, Concept] = field(init=False)
    relations: Loader[RelationsOf, list[Relation]] = field(init=False)
    relations_by_key: Loader[RelationKey, Relation | None] = field(init=False)
    passages: Loader[str, list[Passage]] = field(init=False)
    sources: Loader[str, Source | None] = field(init=False)

    def __post_init__(self) -> None:
        """Make the loaders; they fetch in common rounds."""
        rounds = Rounds()
        self.concepts = Loader(rounds, self._fetch_concepts)
        self.relations = Loader(rounds, self._fetch_relations)
        self.relations_by_key = Loader(rounds, self._fetch_relations_by_key)
        self.passages = Loader(rounds, self._fetch_passages)
        self.sources = Loader(rounds, self._fetch_sources)

    async def neighbours(self, concept: str, type_: RelationType, direction: Direction) -> list[Concept]:
        """Return the concepts that relations of one type lead to (out) or come from (in), by name key and id."""
        found = await self.relations.load(RelationsOf(concept, (type_,), direction))
        ends = [r.target if direction == "out" else r.source for r in found]
        return sorted(await self.concepts.load_many(ends), key=concept_order)

    async def subtopics(self, topic: str) -> list[Concept]:
        """Return the topics directly in `topic`, in the order of the notes.

        A topic is a concept of kind `topic` or one that concepts are in, as `GraphStore.topics` says.
        """
        members = await self.neighbours(topic, RelationType.IN_TOPIC, "in")
        counts = await asyncio.gather(*(self.member_count(member.id) for member in members))
        topics = [
            TopicCount(member, count, 0)
            for member, count in zip(members, counts, strict=True)
            if count or member.kind is ConceptKind.TOPIC
        ]
        return [counted.concept for counted in sorted(topics, key=topic_order)]

    async def member_count(self, topic: str) -> int:
        """Return how many concepts are directly in `topic`."""
        return len(await self.relations.load(RelationsOf(topic, (RelationType.IN_TOPIC,), "in")))

    async def _fetch_concepts(self, ids: list[str]) -> dict[str, Concept]:
        found = await self.store.get(ids)
        # Every end of a relation has its concept, but a source may be replaced between two calls to the store: then
        # the concept is what a store makes of an end without one, its bare id.
        return {id_: found.get(id_) or Concept(id_, id_) for id_ in ids}

    async def _fetch_relations(self, wanted: list[RelationsOf]) -> dict[RelationsOf, list[Relation]]:
        groups: dict[tuple[tuple[RelationType, ...] | None, Direction], list[str]] = {}
        for row in wanted:
            groups.setdefault((row.types, row.direction), []).append(row.concept)
        answers = await asyncio.gather(
            *(self.store.relations(ids, types=types, direction=towards) for (types, towards), ids in groups.items())
        )
        found = dict(zip(groups, answers, strict=True))
        return {row: found[row.types, row.direction].get(row.concept, []) for row in wanted}

    async def _fetch_relations_by_key(self, keys: list[RelationKey]) -> dict[RelationKey, Relation | None]:
        found = await self.store.get_relations(keys)
        return {key: found.get(key) for key in keys}

    async def _fetch_passages(self, ids: list[str]) -> dict[str, list[Passage]]:
        found = await self.store.passages(ids)
        return {id_: found.get(id_, []) for id_ in ids}

    async def _fetch_sources(self, paths: Sequence[str]) -> dict[str, Source | None]:
        found = {source.path: source for source in await self.store.sources()}
        return {path: found.get(path) for path in paths}
