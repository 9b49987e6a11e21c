"""What one request has asked the store for, and what it asks next, in rounds (`api.schema.batching`).

The number of calls to the store depends on the shape of a query, never on how many objects it lists. A `Context`
lives as long as one request, and so does what its loaders remember.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graphql import GraphQLResolveInfo

from api.limits import RowBudget
from api.schema.batching import Loader, Rounds
from api.schema.lookahead import is_asked
from api.schema.naming import OTHER
from api.watching import LoadWatch
from graph.contribution import concept_order, topic_order
from graph.listing import Direction, Measures
from graph.model import Concept, ConceptKind, Origin, Passage, Relation, RelationKey, RelationType, Source
from graph.store import GraphStore, TopicCount

__all__ = ["Context", "RelationsOf"]


_ENDS = ("source", "target")  # the fields of a relation that lead to concepts


class RelationsOf(NamedTuple):
    """Which relations of a concept: of these types and origins (None for all), in this direction, at least so sure."""

    concept: str
    types: tuple[RelationType, ...] | None
    direction: Direction
    origins: tuple[Origin, ...] | None = None
    min_confidence: float = 0.0


@dataclass(slots=True)
class Context:
    """One request: the store that answers it, its loaders, and how many list entries it may still hand out.

    `operation` is what metrics call it, once it is known, and `introspection` whether it may ask for the schema
    (`api.schema.naming`). `watch` is where a subscription is told of loads; queries have none. If `fast` is false,
    nothing is answered by the plans of `api.schema.execution`.
    """

    store: GraphStore
    rows: RowBudget = field(default_factory=RowBudget)
    rounds: Rounds = field(default_factory=Rounds)
    introspection: bool = True
    operation: str = OTHER
    watch: LoadWatch | None = None
    fast: bool = True
    concepts: Loader[str, Concept] = field(init=False)
    concepts_if_any: Loader[str, Concept | None] = field(init=False)
    relations: Loader[RelationsOf, list[Relation]] = field(init=False)
    relations_by_key: Loader[RelationKey, Relation | None] = field(init=False)
    measures: Loader[str, Measures] = field(init=False)
    passages: Loader[str, list[Passage]] = field(init=False)
    sources: Loader[str, Source | None] = field(init=False)

    _asks_for_ends: dict[int, bool] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        """Make the loaders; they fetch in common rounds."""
        rounds = self.rounds
        self.concepts = Loader(rounds, self._fetch_concepts)
        self.concepts_if_any = Loader(rounds, self._fetch_concepts_if_any)
        self.relations = Loader(rounds, self._fetch_relations)
        self.relations_by_key = Loader(rounds, self._fetch_relations_by_key)
        self.measures = Loader(rounds, self._fetch_measures)
        self.passages = Loader(rounds, self._fetch_passages)
        self.sources = Loader(rounds, self._fetch_sources)

    async def expect_ends(self, relations: Iterable[Relation], info: GraphQLResolveInfo[Any], *path: str) -> None:
        """Have the concepts at the ends of relations fetched, if the query asks for them below `path` of this field."""
        nodes = info.field_nodes
        asked = self._asks_for_ends.get(id(nodes[0]))
        if asked is None:
            asked = is_asked(nodes, info.fragments, *([name] for name in path), _ENDS)
            self._asks_for_ends[id(nodes[0])] = asked
        if asked:
            await self.concepts.expect(end for r in relations for end in (r.source, r.target))

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
        within = await self.relations.load_many(
            RelationsOf(member.id, (RelationType.IN_TOPIC,), "in") for member in members
        )
        topics = [
            TopicCount(member, len(found), 0)
            for member, found in zip(members, within, strict=True)
            if found or member.kind is ConceptKind.TOPIC
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

    async def _fetch_concepts_if_any(self, ids: list[str]) -> dict[str, Concept | None]:
        found = await self.store.get(ids)
        self.concepts.know(found)
        return {id_: found.get(id_) for id_ in ids}

    async def _fetch_relations(self, wanted: list[RelationsOf]) -> dict[RelationsOf, list[Relation]]:
        groups: dict[RelationsOf, list[str]] = {}
        for row in wanted:
            groups.setdefault(row._replace(concept=""), []).append(row.concept)
        answers = await asyncio.gather(
            *(
                self.store.relations(
                    ids,
                    types=group.types,
                    direction=group.direction,
                    origins=group.origins,
                    min_confidence=group.min_confidence,
                )
                for group, ids in groups.items()
            ),
            return_exceptions=True,  # so that none is left to the garbage collector when two fail
        )
        found: dict[RelationsOf, dict[str, list[Relation]]] = {}
        for group, answer in zip(groups, answers, strict=True):
            if isinstance(answer, BaseException):
                raise answer
            found[group] = answer
        return {row: found[row._replace(concept="")].get(row.concept, []) for row in wanted}

    async def _fetch_relations_by_key(self, keys: list[RelationKey]) -> dict[RelationKey, Relation | None]:
        found = await self.store.get_relations(keys)
        return {key: found.get(key) for key in keys}

    async def _fetch_measures(self, ids: list[str]) -> dict[str, Measures]:
        found = await self.store.measures(ids)
        return {id_: found.get(id_, Measures(0.0, 0, 0)) for id_ in ids}  # of one that is gone by now

    async def _fetch_passages(self, ids: list[str]) -> dict[str, list[Passage]]:
        found = await self.store.passages(ids)
        return {id_: found.get(id_, []) for id_ in ids}

    async def _fetch_sources(self, paths: Sequence[str]) -> dict[str, Source | None]:
        found = {source.path: source for source in await self.store.sources()}
        return {path: found.get(path) for path in paths}
