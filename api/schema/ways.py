"""What ties concepts: what is around them, what comes before them, the ways between them, what they share.

The questions about several concepts at once; `api.schema.query` has the others, and says what holds for all.
"""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import strawberry

from api.limits import MAX_KNOWN, MAX_NEIGHBORHOOD, MAX_RADIUS, MAX_WAY, bounded, checked_names
from api.lookup import concept_id, concept_ids
from api.reach import relations_between, relations_near_both
from api.schema.comparison import Comparison
from api.schema.enums import RelationType
from api.schema.fields import A_CONCEPT, CONCEPTS, arg, resolver
from api.schema.filters import sure_enough
from api.schema.types import Concept, Info, Relation
from graph import comparison, paths, store
from graph.between import between

__all__ = ["WaysQuery"]


@strawberry.type(description="Some concepts, and the relations that tie them.")
class Subgraph:
    """The store's Subgraph."""

    concepts: list[Concept] = strawberry.field(
        description="The concepts, nearest first, then by name; between two concepts, those on the shortest ways first."
    )
    relations: list[Relation] = strawberry.field(description="The relations, by source, type and target.")
    truncated: bool = strawberry.field(description="Whether more was in reach than was asked for.")


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


@strawberry.type
class WaysQuery:
    """The questions about several concepts at once, of the root."""

    @resolver("What is around some concepts, whatever the direction of the arrows, nearest first.")
    async def neighborhood(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], arg("Where to start; at most 100. " + CONCEPTS)],
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
        targets: Annotated[list[strawberry.ID], arg("What to understand; at most 100. " + CONCEPTS)],
        known: Annotated[Sequence[strawberry.ID] | None, arg("What is known; at most 2000. " + CONCEPTS)] = (),
        min_confidence: Annotated[
            float | None, arg("Only by prerequisites that are at least so sure, from 0 to 1.")
        ] = 0,
    ) -> StudyPath:
        """Fetch the closure, order it, wrap it."""
        at_least = sure_enough(min_confidence)
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
        "those on the way to the targets, then those that what is known has opened, then those that unlock most. "
        "Cost: linear in all prerequisites."
    )
    async def frontier(
        self,
        info: Info,
        known: Annotated[list[strawberry.ID], arg("What is known; at most 2000. " + CONCEPTS)],
        first: Annotated[int | None, arg("At most so many, from 1 to 100.")] = 20,
        targets: Annotated[Sequence[strawberry.ID] | None, arg("The goals; at most 100. " + CONCEPTS)] = (),
    ) -> list[FrontierItem]:
        """Fetch all prerequisites, pick, wrap."""
        size = bounded("first", first, default=20)
        known_ids = await concept_ids(info.context.store, checked_names("known", known, most=MAX_KNOWN, least=0))
        goals = await concept_ids(info.context.store, checked_names("targets", targets, least=0))
        pairs = await info.context.store.prerequisites()
        items = await asyncio.to_thread(lambda: paths.frontier_of(pairs, known_ids, first=size, targets=goals))
        info.context.rows.take(sum(1 + len(item.unlocks) for item in items))
        found = await info.context.concepts.load_many(id_ for item in items for id_ in (item.concept, *item.unlocks))
        by_id = {concept.id: Concept.of(concept) for concept in found}
        return [
            FrontierItem(concept=by_id[item.concept], unlocks=[by_id[id_] for id_ in item.unlocks]) for item in items
        ]

    @resolver(
        "The fewest relations that lead from one concept to the other along the arrows, symmetric ones "
        "both ways; an empty list if they are the same, null if none do. Cost: what is within about half its length "
        "of either, one statement for each relation of it; refused beyond 50,000 relations."
    )
    async def shortest_path(
        self,
        info: Info,
        source: Annotated[strawberry.ID, arg("Where to start. " + A_CONCEPT)],
        target: Annotated[strawberry.ID, arg("Where to arrive. " + A_CONCEPT)],
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

    @resolver(
        "What lies between two concepts: all that stands on a way of at most `maxLength` relations from one to the "
        "other that visits no concept twice. Those on the shortest ways come first; nothing, if there is no way. "
        "Cost: what is within half the length of either; refused beyond 50,000 relations."
    )
    async def subgraph_between(
        self,
        info: Info,
        source: Annotated[strawberry.ID, arg("Where to start. " + A_CONCEPT)],
        target: Annotated[strawberry.ID, arg("Where to arrive. " + A_CONCEPT)],
        max_length: Annotated[int | None, arg("At most so many relations in a way, from 1 to 6.")] = 4,
        types: Annotated[list[RelationType] | None, arg("Only by relations of these types; all if absent.")] = None,
        directed: Annotated[bool | None, arg("Along the arrows only; both ways if false.")] = True,  # noqa: FBT002
        first: Annotated[
            int | None, arg("At most so many concepts, from 1 to 300: ways that would need more are left out.")
        ] = 100,
    ) -> Subgraph:
        """Fetch what is near both, find the ways, wrap what is on them."""
        along = directed is not False
        size = bounded("first", first, default=100, most=MAX_NEIGHBORHOOD)
        length = bounded("maxLength", max_length, default=4, most=MAX_WAY)
        ends = [*checked_names("source", [source]), *checked_names("target", [target])]
        start, end = [await concept_id(info.context.store, name) for name in ends]
        near = await relations_near_both(info.context.store, start, end, length=length, types=types, directed=along)
        found = await asyncio.to_thread(between, near, start, end, max_length=length, directed=along, first=size)
        info.context.rows.take(len(found.concepts) + len(found.relations))
        concepts = await info.context.concepts.load_many(found.concepts)
        return Subgraph(
            concepts=[Concept.of(c) for c in concepts],
            relations=[Relation.of(r) for r in found.relations],
            truncated=found.truncated,
        )

    @resolver(
        "Two or three concepts side by side: the relations between them, what several of them are related to alike, "
        "and what only one has. Cost: linear in their relations."
    )
    async def compare(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], arg("Two or three different concepts. " + CONCEPTS)],
    ) -> Comparison:
        """Fetch their relations and what these lead to, compare, wrap."""
        wanted = await concept_ids(info.context.store, checked_names("ids", ids, least=2, most=comparison.MOST))
        of_each = await info.context.store.relations(wanted)
        relations = [relation for rows in of_each.values() for relation in rows]
        ends = sorted({*wanted, *(end for r in relations for end in (r.source, r.target))})
        concepts = {c.id: c for c in await info.context.concepts.load_many(ends)}
        found = comparison.compare(relations, wanted, names={c.id: c.name for c in concepts.values()})
        return Comparison.of(info, found, concepts)


def _subgraph(info: Info, found: store.Subgraph) -> Subgraph:
    info.context.rows.take(len(found.concepts) + len(found.relations))
    info.context.concepts.know({c.id: c for c in found.concepts})
    return Subgraph(
        concepts=[Concept.of(c) for c in found.concepts],
        relations=[Relation.of(r) for r in found.relations],
        truncated=found.truncated,
    )
