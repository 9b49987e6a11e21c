"""What one request has asked the store for, and what it asks next, in rounds (`api.schema.batching`).

The number of calls to the store depends on the shape of a query, never on how many objects it lists. A `Context`
lives as long as one request, and so does what its loaders remember.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar, cast

from graphql import GraphQLResolveInfo

from api.deciding import NOBODY, Writer, status
from api.limits import RowBudget
from api.schema.batching import Loader, Rounds
from api.schema.execution import Memo
from api.schema.filters import MEMBERS
from api.schema.lookahead import ENDS, is_asked
from api.schema.naming import OTHER
from api.watching import LoadWatch
from graph.beside import Around
from graph.contribution import concept_order, topic_order
from graph.listing import Measures, RelationFilter
from graph.model import Concept, ConceptKind, Passage, Relation, RelationKey, Source
from graph.store import GraphStore, TopicCount

__all__ = ["Context", "RelationsOf"]


R = TypeVar("R")


class RelationsOf(NamedTuple):
    """Which relations of a concept; what the filter has of types and origins are tuples."""

    concept: str
    where: RelationFilter


@dataclass(slots=True)
class Context:
    """One request: the store that answers it, its loaders, and how many list entries it may still hand out.

    `operation` is what metrics call it, once it is known, and `introspection` whether it may ask for the schema
    (`api.schema.naming`). `memo` is what executions of its document share, if they do. `watch` is where a subscription
    is told of loads; queries have none. If `fast` is false, nothing is answered by the plans of `api.schema.execution`.
    `writer` is who may write, or the code and the sentence for one who may not.
    """

    store: GraphStore
    rows: RowBudget = field(default_factory=RowBudget)
    rounds: Rounds = field(default_factory=Rounds)
    introspection: bool = True
    operation: str = OTHER
    watch: LoadWatch | None = None
    fast: bool = True
    memo: Memo | None = None
    writer: Writer | tuple[str, str] = NOBODY
    concepts: Loader[str, Concept] = field(init=False)
    concepts_if_any: Loader[str, Concept | None] = field(init=False)
    relations: Loader[RelationsOf, list[Relation]] = field(init=False)
    relations_by_key: Loader[RelationKey, Relation | None] = field(init=False)
    measures: Loader[str, Measures] = field(init=False)
    passages: Loader[str, list[Passage]] = field(init=False)
    sources: Loader[str, Source | None] = field(init=False)

    _stale: "asyncio.Task[dict[str, str]] | None" = field(default=None, init=False)
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
        if self._ends_asked(info, path):
            await self.concepts.expect(end for r in relations for end in (r.source, r.target))

    def has_ends(self, relations: Iterable[Relation], info: GraphQLResolveInfo[Any], *path: str) -> bool:
        """Tell whether nothing is left to fetch for `expect_ends`."""
        ends = (end for r in relations for end in (r.source, r.target))
        return not self._ends_asked(info, path) or self.concepts.known_all(ends) is not None

    def _ends_asked(self, info: GraphQLResolveInfo[Any], path: Sequence[str]) -> bool:
        nodes = info.field_nodes
        asked = self._asks_for_ends.get(id(nodes[0]))
        if asked is None:
            asked = is_asked(nodes, info.fragments, *([name] for name in path), ENDS)
            self._asks_for_ends[id(nodes[0])] = asked
        return asked

    async def stale_decisions(self) -> dict[str, str]:
        """Return why decisions change nothing, by their ids; found out once. One that was just made is not stale."""
        if self._stale is None:
            self._stale = asyncio.ensure_future(self._find_stale())
        return await self._stale

    async def _find_stale(self) -> dict[str, str]:
        return {row.decision.id: row.why for row in (await status(self.store)).stale}

    def know_around(self, found: Around) -> None:
        """Remember what came along with what was asked for."""
        self.concepts.know(found.concepts)
        self.relations.know({RelationsOf(id_, where): of_one for (where, id_), of_one in found.relations.items()})

    def neighbours(self, concept: str, where: RelationFilter, make: Callable[[Concept], R]) -> list[R]:
        """Return what `make` makes of the concepts that relations lead to (out) or come from (in), by name key and id.

        At once if they are known, else as an awaitable, as `Loader.now_or_later` does. Counts them as rows.
        """
        ends = self.relations.known(RelationsOf(concept, where))
        concepts = None if ends is None else self.concepts.known_all(_ends(ends, where))
        if concepts is None:
            return cast("list[R]", self._neighbours_later(concept, where, make))
        return self._made(concepts, make)

    async def _neighbours_later(self, concept: str, where: RelationFilter, make: Callable[[Concept], R]) -> list[R]:
        found = await self.relations.load(RelationsOf(concept, where))
        return self._made(await self.concepts.load_many(_ends(found, where)), make)

    def _made(self, concepts: list[Concept], make: Callable[[Concept], R]) -> list[R]:
        self.rows.take(len(concepts))
        return [make(concept) for concept in sorted(concepts, key=concept_order)]

    async def subtopics(self, topic: str) -> list[Concept]:
        """Return the topics directly in `topic`, in the order of the notes.

        A topic is a concept of kind `topic` or one that concepts are in, as `GraphStore.topics` says.
        """
        found = await self.relations.load(RelationsOf(topic, MEMBERS))
        members = await self.concepts.load_many(_ends(found, MEMBERS))
        within = await self.relations.load_many(RelationsOf(member.id, MEMBERS) for member in members)
        topics = [
            TopicCount(member, len(found), 0)
            for member, found in zip(members, within, strict=True)
            if found or member.kind is ConceptKind.TOPIC
        ]
        return [counted.concept for counted in sorted(topics, key=topic_order)]

    async def member_count(self, topic: str) -> int:
        """Return how many concepts are directly in `topic`."""
        return len(await self.relations.load(RelationsOf(topic, MEMBERS)))

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
        groups: dict[RelationFilter, list[str]] = {}
        for row in wanted:
            groups.setdefault(row.where, []).append(row.concept)
        answers = await asyncio.gather(
            *(
                self.store.relations(
                    ids,
                    types=None if where.types is None else tuple(where.types),
                    direction=where.direction,
                    origins=None if where.origins is None else tuple(where.origins),
                    min_confidence=where.min_confidence,
                )
                for where, ids in groups.items()
            ),
            return_exceptions=True,  # so that none is left to the garbage collector when two fail
        )
        found: dict[RelationFilter, dict[str, list[Relation]]] = {}
        for where, answer in zip(groups, answers, strict=True):
            if isinstance(answer, BaseException):
                raise answer
            found[where] = answer
        return {row: found[row.where].get(row.concept, []) for row in wanted}

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


def _ends(relations: Iterable[Relation], where: RelationFilter) -> list[str]:
    return [relation.target if where.direction == "out" else relation.source for relation in relations]
