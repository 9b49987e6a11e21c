"""The questions that can be asked: resolvers of a few lines that turn names into ids and call the store.

Every `ID` argument takes an id, a name or an alias, in any case (`api.lookup`). Arguments are checked before the
store is asked anything.
"""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import strawberry

from api.limits import MAX_KNOWN, MAX_NEIGHBORHOOD, MAX_RADIUS, bounded, checked_names
from api.lookup import concept_id, concept_ids, find_concept_id
from api.reach import relations_between
from api.schema.connections import PageInfo, concept_cursor, read_concept_cursor
from api.schema.enums import ConceptKind, RelationType
from api.schema.fields import arg, resolver
from api.schema.types import Concept, Info, Relation, RelationTypeInfo, Topic
from graph import paths, store
from graph.errors import InvalidQuery

__all__ = ["Query"]

MAX_QUERY_LENGTH = 1_000

_A_CONCEPT = "An id, a name or an alias of a concept, in any case."
_CONCEPTS = "Ids, names or aliases of concepts, in any case."


@strawberry.type(description="A concept in a page of concepts.")
class ConceptEdge:
    """Relay's edge."""

    cursor: str = strawberry.field(description="Give it as `after` for the page that follows this entry.")
    node: Concept = strawberry.field(description="The concept.")


@strawberry.type(description="A page of concepts, ordered by name.")
class ConceptConnection:
    """Relay's connection; remembers what it is a page of, to count it when asked."""

    topic: strawberry.Private[str | None]
    kind: strawberry.Private[ConceptKind | None]
    edges: list[ConceptEdge] = strawberry.field(description="The entries of this page.")
    page_info: PageInfo = strawberry.field(description="Where this page lies in the list.")

    @resolver("How many entries all pages have together; counted only when asked for.")
    async def total_count(self, info: Info) -> int:
        """Ask the store."""
        return await info.context.store.count(topic=self.topic, kind=self.kind)


@strawberry.type(description="A concept that a search found.")
class SearchHit:
    """The store's SearchHit."""

    concept: Concept = strawberry.field(description="The concept.")
    score: float = strawberry.field(description="How well it matches, from 0 to 1; 1 is its whole name.")
    matched: str = strawberry.field(description="The name or the text that matched.")


@strawberry.type(description="Some concepts and all relations between them.")
class Subgraph:
    """The store's Subgraph."""

    concepts: list[Concept] = strawberry.field(description="The concepts, nearest first, then by name.")
    relations: list[Relation] = strawberry.field(description="The relations, by source, type and target.")
    truncated: bool = strawberry.field(description="Whether more concepts were in reach than asked for.")


@strawberry.type(description="One concept to learn, and why.")
class Step:
    """A step of `graph.paths`."""

    concept: Concept = strawberry.field(description="What to learn.")
    because: list[Relation] = strawberry.field(
        description="The relations from it to the steps that need it, the soonest needed first; none for a target "
        "that no other step needs."
    )


@strawberry.type(description="What to learn for some targets, in an order in which every prerequisite comes first.")
class StudyPath:
    """A path of `graph.paths`."""

    steps: list[Step] = strawberry.field(description="The steps in study order, the targets included.")
    cycles: list[list[strawberry.ID]] = strawberry.field(
        description="The ids of concepts that are prerequisites of each other, a list for each such set."
    )
    cuts: list[Relation] = strawberry.field(
        description="The relations of those cycles that the order goes against, the weakest of each cycle."
    )


@strawberry.type(description="A concept whose prerequisites are all known.")
class FrontierItem:
    """An item of `graph.paths`."""

    concept: Concept = strawberry.field(description="What can be learnt next.")
    unlocks: list[Concept] = strawberry.field(description="What could be learnt right after it, by id.")


@strawberry.type(description="How many relations there are of a type.")
class RelationTypeCount:
    """A row of the store's statistics."""

    type: RelationType = strawberry.field(description="The type.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="How many concepts there are of a kind.")
class ConceptKindCount:
    """A row of the store's statistics."""

    kind: ConceptKind = strawberry.field(description="The kind.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="How much the store holds.")
class Stats:
    """The store's statistics."""

    concepts: int = strawberry.field(description="How many concepts.")
    relations: int = strawberry.field(description="How many relations.")
    passages: int = strawberry.field(description="How many passages.")
    sources: int = strawberry.field(description="How many files of notes.")
    relations_by_type: list[RelationTypeCount] = strawberry.field(description="How many relations of each type.")
    concepts_by_kind: list[ConceptKindCount] = strawberry.field(description="How many concepts of each kind.")


@strawberry.type(description="Everything that can be asked of the graph. There are no mutations.")
class Query:
    """The root."""

    @resolver("The concept that is called so; null if there is none.")
    async def concept(
        self,
        info: Info,
        id: Annotated[strawberry.ID, arg(_A_CONCEPT)],  # noqa: A002  (the schema's name)
    ) -> Concept | None:
        """Find it by any of its names."""
        (name,) = checked_names("id", [id])
        found = await find_concept_id(info.context.store, name)
        return None if found is None else Concept.of(await info.context.concepts.load(found))

    @resolver("A page of concepts, ordered by name.")
    async def concepts(
        self,
        info: Info,
        first: Annotated[int | None, arg("The size of the page, from 1 to 100.")] = 20,
        after: Annotated[str | None, arg("The cursor to go on after.")] = None,
        topic: Annotated[strawberry.ID | None, arg("Only those directly in this topic. " + _A_CONCEPT)] = None,
        kind: Annotated[ConceptKind | None, arg("Only those of this kind.")] = None,
    ) -> ConceptConnection:
        """Ask the store for one page."""
        size = bounded("first", first, default=20)
        start = read_concept_cursor(after)
        within = None if topic is None else await concept_id(info.context.store, *checked_names("topic", [topic]))
        page = await info.context.store.concepts(first=size, after=start, topic=within, kind=kind)
        info.context.rows.take(len(page.concepts))
        edges = [ConceptEdge(cursor=concept_cursor(c.id), node=Concept.of(c)) for c in page.concepts]
        return ConceptConnection(
            topic=within,
            kind=kind,
            edges=edges,
            page_info=PageInfo(
                has_next_page=page.has_next,
                has_previous_page=start is not None,
                start_cursor=edges[0].cursor if edges else None,
                end_cursor=edges[-1].cursor if edges else None,
            ),
        )

    @resolver("The concepts that match best, by name, alias or definition, best first.")
    async def search(
        self,
        info: Info,
        query: Annotated[str, arg("Words or characters; all of them must occur.")],
        first: Annotated[int | None, arg("At most so many, from 1 to 100.")] = 10,
    ) -> list[SearchHit]:
        """Ask the store."""
        size = bounded("first", first, default=10)
        if len(query) > MAX_QUERY_LENGTH:
            raise InvalidQuery(f"query has {len(query)} characters: give at most {MAX_QUERY_LENGTH}")
        hits = await info.context.store.search(query, first=size)
        info.context.rows.take(len(hits))
        return [SearchHit(concept=Concept.of(h.concept), score=h.score, matched=h.matched) for h in hits]

    @resolver("The topics in the order of the notes: those in no other, or those in one.")
    async def topics(
        self, info: Info, parent: Annotated[strawberry.ID | None, arg("The topic above. " + _A_CONCEPT)] = None
    ) -> list[Topic]:
        """Ask the store."""
        above = None if parent is None else await concept_id(info.context.store, *checked_names("parent", [parent]))
        found = await info.context.store.topics(above)
        info.context.rows.take(len(found))
        return [Topic.of(t.concept, t) for t in found]

    @resolver("What is around some concepts, whatever the direction of the arrows, nearest first.")
    async def neighborhood(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], arg("Where to start; at most 100. " + _CONCEPTS)],
        radius: Annotated[int | None, arg("At most so many relations away, from 0 to 3.")] = 1,
        types: Annotated[list[RelationType] | None, arg("Only by relations of these types; all if absent.")] = None,
        first: Annotated[int | None, arg("At most so many concepts, from 1 to 300.")] = 200,
    ) -> Subgraph:
        """Ask the store."""
        found = await info.context.store.neighborhood(
            await concept_ids(info.context.store, checked_names("ids", ids)),
            radius=bounded("radius", radius, default=1, least=0, most=MAX_RADIUS),
            first=bounded("first", first, default=200, most=MAX_NEIGHBORHOOD),
            types=types,
        )
        return _subgraph(info, found)

    @resolver(
        "What to learn to understand the targets, less what is known and what only known concepts need. "
        "Cost: one walk through all that the targets require."
    )
    async def study_path(
        self,
        info: Info,
        targets: Annotated[list[strawberry.ID], arg("What to understand; at most 100. " + _CONCEPTS)],
        known: Annotated[Sequence[strawberry.ID] | None, arg("What is known; at most 2000. " + _CONCEPTS)] = (),
        min_confidence: Annotated[
            float | None, arg("Only by prerequisites that are at least so sure, from 0 to 1.")
        ] = 0,
    ) -> StudyPath:
        """Fetch the closure, order it, wrap it."""
        at_least = min_confidence or 0.0
        if not 0 <= at_least <= 1:
            raise InvalidQuery(f"minConfidence is {at_least}: give a number from 0 to 1")
        wanted = checked_names("targets", targets)
        knowing = checked_names("known", known, most=MAX_KNOWN, least=0)
        wanted_ids = await concept_ids(info.context.store, wanted)
        known_ids = await concept_ids(info.context.store, knowing)
        closure = await info.context.store.prerequisites_of(wanted_ids, min_confidence=at_least)
        info.context.concepts.know({c.id: c for c in closure.concepts})
        path = await asyncio.to_thread(
            lambda: paths.study_path(paths.prerequisite_graph(closure.relations), wanted_ids, known=known_ids)
        )
        info.context.rows.take(sum(1 + len(step.because) for step in path.steps) + len(path.cuts))
        concepts = await info.context.concepts.load_many([step.concept for step in path.steps])
        return StudyPath(
            steps=[
                Step(concept=Concept.of(concept), because=[Relation.of(r) for r in step.because])
                for concept, step in zip(concepts, path.steps, strict=True)
            ],
            cycles=[[strawberry.ID(id_) for id_ in cycle] for cycle in path.cycles],
            cuts=[Relation.of(r) for r in path.cuts],
        )

    @resolver(
        "What can be learnt next: concepts that are not known and whose prerequisites all are, first "
        "those that what is known has opened, then those that unlock most. Cost: linear in all prerequisites."
    )
    async def frontier(
        self,
        info: Info,
        known: Annotated[list[strawberry.ID], arg("What is known; at most 2000. " + _CONCEPTS)],
        first: Annotated[int | None, arg("At most so many, from 1 to 100.")] = 20,
    ) -> list[FrontierItem]:
        """Fetch all prerequisites, pick, wrap."""
        size = bounded("first", first, default=20)
        known_ids = await concept_ids(info.context.store, checked_names("known", known, most=MAX_KNOWN, least=0))
        whole = await info.context.store.graph(types=[RelationType.PREREQUISITE_OF], with_passages=False)
        items = await asyncio.to_thread(
            lambda: paths.frontier(paths.prerequisite_graph(whole.relations), known_ids, first=size)
        )
        by_id = {c.id: c for c in whole.concepts}
        info.context.rows.take(sum(1 + len(item.unlocks) for item in items))
        return [
            FrontierItem(
                concept=Concept.of(by_id[item.concept]), unlocks=[Concept.of(by_id[id_]) for id_ in item.unlocks]
            )
            for item in items
        ]

    @resolver(
        "The fewest relations that lead from one concept to the other along the arrows, symmetric ones "
        "both ways; an empty list if they are the same, null if none do. Cost: everything as near to the source as "
        "the target is; refused beyond 50,000 relations."
    )
    async def shortest_path(
        self,
        info: Info,
        source: Annotated[strawberry.ID, arg("Where to start. " + _A_CONCEPT)],
        target: Annotated[strawberry.ID, arg("Where to arrive. " + _A_CONCEPT)],
        types: Annotated[list[RelationType] | None, arg("Only by relations of these types; all if absent.")] = None,
        directed: Annotated[bool | None, arg("Along the arrows only; both ways if false.")] = True,  # noqa: FBT002
    ) -> list[Relation] | None:
        """Fetch what is between them, find the path, wrap it."""
        along = directed is not False
        ends = [*checked_names("source", [source]), *checked_names("target", [target])]
        start, end = [await concept_id(info.context.store, name) for name in ends]
        relations = await relations_between(info.context.store, start, end, types=types, directed=along)
        path = await asyncio.to_thread(paths.shortest_path, relations, start, end, directed=along)
        if path is None:
            return None
        info.context.rows.take(len(path))
        return [Relation.of(r) for r in path]

    @resolver("What each relation type means, in the order of the project's table.")
    def relation_types(self) -> list[RelationTypeInfo]:
        """Wrap the model's table."""
        return [RelationTypeInfo.of(type_) for type_ in RelationType]

    @resolver("How much the store holds.")
    async def stats(self, info: Info) -> Stats:
        """Ask the store."""
        found = await info.context.store.stats()
        return Stats(
            concepts=found.concepts,
            relations=found.relations,
            passages=found.passages,
            sources=found.sources,
            relations_by_type=[RelationTypeCount(type=t, count=n) for t, n in found.relations_by_type],
            concepts_by_kind=[ConceptKindCount(kind=k, count=n) for k, n in found.concepts_by_kind],
        )


def _subgraph(info: Info, found: store.Subgraph) -> Subgraph:
    info.context.rows.take(len(found.concepts) + len(found.relations))
    info.context.concepts.know({c.id: c for c in found.concepts})
    return Subgraph(
        concepts=[Concept.of(c) for c in found.concepts],
        relations=[Relation.of(r) for r in found.relations],
        truncated=found.truncated,
    )
