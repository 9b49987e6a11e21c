"""The questions that can be asked: resolvers of a few lines that turn names into ids and call the store.

Every `ID` argument takes an id, a name or an alias, in any case (`api.lookup`). Arguments are checked before the
store is asked anything.
"""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import strawberry

from api.limits import MAX_KNOWN, MAX_NEIGHBORHOOD, MAX_RADIUS, MAX_WAY, bounded, checked_names
from api.lookup import concept_id, concept_ids, find_concept
from api.reach import relations_between, relations_near_both
from api.schema.comparison import Comparison
from api.schema.connections import PageInfo, concept_cursor, read_concept_cursor
from api.schema.curation import CurationQuery
from api.schema.enums import ConceptKind, RelationType
from api.schema.facets import Facets
from api.schema.fields import arg, resolver
from api.schema.filters import ConceptFilter, ConceptOrder, concept_filter, concept_order, sure_enough
from api.schema.hits import PassageHit, SearchHit
from api.schema.loads import Load
from api.schema.lookahead import beside
from api.schema.nodes import find_nodes
from api.schema.types import Concept, Info, Node, Passage, Relation, RelationTypeInfo, Topic
from graph import comparison, listing, paths, store
from graph.between import between
from graph.errors import InvalidQuery

__all__ = ["Query"]

MAX_QUERY_LENGTH = 1_000

_A_CONCEPT = "An id, a name or an alias of a concept, in any case."
_CONCEPTS = "Ids, names or aliases of concepts, in any case."


@strawberry.type(description="A concept in a page of concepts.")
class ConceptEdge:
    """Relay's edge; remembers where it stands in which order."""

    position: strawberry.Private[listing.Position]
    order: strawberry.Private[listing.ConceptOrder]

    @resolver("Give it as `after` for the page that follows this entry.")
    def cursor(self) -> str:
        """Encode the place."""
        return concept_cursor(self.position, self.order)

    node: Concept = strawberry.field(description="The concept itself, the entry of the page.")


@strawberry.type(description="A page of concepts, in the order asked for.")
class ConceptConnection:
    """Relay's connection; remembers what it is a page of, to count it when asked."""

    where: strawberry.Private[listing.ConceptFilter]
    edges: list[ConceptEdge] = strawberry.field(description="The entries of this page.")
    page_info: PageInfo = strawberry.field(description="Where this page lies in the list.")

    @resolver("How many entries all pages have together; counted only when asked for.")
    async def total_count(self, info: Info) -> int:
        """Ask the store."""
        return await info.context.store.count(self.where)


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


@strawberry.type(description="How many relations there are of a type.")
class RelationTypeCount:
    """A row of the store's statistics."""

    type: RelationType = strawberry.field(description="How the source of each relates to its target.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="How many concepts there are of a kind.")
class ConceptKindCount:
    """A row of the store's statistics."""

    kind: ConceptKind = strawberry.field(description="What sort of thing these are.")
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


@strawberry.type(description="Everything that can be asked of the graph.")
class Query(CurationQuery):
    """The root."""

    @resolver("The concept that is called so; null if there is none.")
    async def concept(
        self,
        info: Info,
        id: Annotated[strawberry.ID, arg(_A_CONCEPT)],  # noqa: A002  (the schema's name)
    ) -> Concept | None:
        """Find it by any of its names."""
        (name,) = checked_names("id", [id])
        found, around = await find_concept(info.context.store, name, beside=beside(info._raw_info))  # noqa: SLF001
        info.context.know_around(around)
        return None if found is None else Concept.of(await info.context.concepts.load(found))

    @resolver("The concept, relation or source with this global id; null if there is none.")
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, arg("The `id` of a concept, a relation or a source, exactly.")],  # noqa: A002
    ) -> Node | None:
        """Find it by its id alone."""
        (found,) = await find_nodes(info, checked_names("id", [id]))
        return found

    @resolver("The concepts, relations and sources with these global ids, in their order; null for what is not there.")
    async def nodes(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], arg("At most 100 `id`s of concepts, relations or sources, exactly.")],
    ) -> list[Node | None]:
        """Find them by their ids alone."""
        found = dict(zip(wanted := checked_names("ids", ids), await find_nodes(info, wanted), strict=True))
        info.context.rows.take(len(ids))
        return [found[id_] for id_ in ids]

    @resolver(
        "A page of concepts, ordered by name unless told otherwise. Cost: one statement for a page, whatever is chosen."
    )
    async def concepts(
        self,
        info: Info,
        first: Annotated[int | None, arg("The size of the page, from 1 to 100.")] = 20,
        after: Annotated[str | None, arg("The cursor to go on after; it belongs to its `order`.")] = None,
        topic: Annotated[strawberry.ID | None, arg("Only those in this topic, as in `where`. " + _A_CONCEPT)] = None,
        kind: Annotated[ConceptKind | None, arg("Only those of this kind.")] = None,
        where: Annotated[ConceptFilter | None, arg("Only those for which all of this holds.")] = None,
        order: Annotated[ConceptOrder | None, arg("Their order; by name if absent.")] = None,
    ) -> ConceptConnection:
        """Ask the store for one page."""
        size = bounded("first", first, default=20)
        sorting = concept_order(order)
        start = read_concept_cursor(after, sorting)
        chosen = await concept_filter(info.context.store, where, topic=topic, kind=kind)
        page = await info.context.store.concepts(
            first=size,
            after=start,
            where=chosen,
            order=sorting,
            beside=beside(info._raw_info, "edges", "node"),  # noqa: SLF001
        )
        info.context.know_around(page.around)
        info.context.rows.take(len(page.concepts))
        edges = [
            ConceptEdge(position=position, order=sorting, node=Concept.of(c))
            for c, position in zip(page.concepts, page.positions, strict=True)
        ]
        return ConceptConnection(
            where=chosen,
            edges=edges,
            page_info=PageInfo(
                has_next_page=page.has_next,
                has_previous_page=start is not None,
                start_cursor=edges[0].cursor() if edges else None,
                end_cursor=edges[-1].cursor() if edges else None,
            ),
        )

    @resolver(
        "How the concepts of a list divide: by topic, kind, and the types and origins of their relations. For a "
        "search, give its words as `text`."
    )
    async def facets(
        self,
        info: Info,
        where: Annotated[ConceptFilter | None, arg("Which concepts to count; all if absent.")] = None,
    ) -> Facets:
        """Ask the store for what is selected."""
        return Facets(where=await concept_filter(info.context.store, where))

    @resolver(
        "The concepts that match best, by name, alias or definition, best first. Those that the query names come in "
        "its order, be they side by side or in a question. Where no name has all words, concepts follow whose "
        "names are nearly what was typed, or have a part of it; they score below 0.2."
    )
    async def search(
        self,
        info: Info,
        query: Annotated[str, arg("A name, several names, words, or a question.")],
        first: Annotated[int | None, arg("At most so many, from 1 to 100.")] = 10,
    ) -> list[SearchHit]:
        """Ask the store."""
        size = bounded("first", first, default=10)
        hits = await info.context.store.search(_checked_query(query), first=size)
        info.context.rows.take(len(hits))
        return [SearchHit.of(hit, query) for hit in hits]

    @resolver(
        "The passages of the notes whose text matches best, best first, then by file and line. Those with all that the "
        "query says score 0.5 at least, those with most of it follow. A name stands for all names of its concept."
    )
    async def search_passages(
        self,
        info: Info,
        query: Annotated[str, arg("Names, words, or a question.")],
        first: Annotated[int | None, arg("At most so many, from 1 to 100.")] = 10,
    ) -> list[PassageHit]:
        """Ask the store, and for what the passages mention."""
        size = bounded("first", first, default=10)
        hits = await info.context.store.search_passages(_checked_query(query), first=size)
        info.context.rows.take(sum(1 + len(hit.concepts) for hit in hits))
        mentioned = await asyncio.gather(*(info.context.concepts.load_many(hit.concepts) for hit in hits))
        return [
            PassageHit(
                passage=Passage.of(hit.passage),
                score=hit.score,
                concepts=[Concept.of(c) for c in concepts],
                found=list(hit.found),
            )
            for hit, concepts in zip(hits, mentioned, strict=True)
        ]

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
        known: Annotated[list[strawberry.ID], arg("What is known; at most 2000. " + _CONCEPTS)],
        first: Annotated[int | None, arg("At most so many, from 1 to 100.")] = 20,
        targets: Annotated[Sequence[strawberry.ID] | None, arg("The goals; at most 100. " + _CONCEPTS)] = (),
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

    @resolver(
        "What lies between two concepts: all that stands on a way of at most `maxLength` relations from one to the "
        "other that visits no concept twice. Those on the shortest ways come first; nothing, if there is no way. "
        "Cost: what is within half the length of either; refused beyond 50,000 relations."
    )
    async def subgraph_between(
        self,
        info: Info,
        source: Annotated[strawberry.ID, arg("Where to start. " + _A_CONCEPT)],
        target: Annotated[strawberry.ID, arg("Where to arrive. " + _A_CONCEPT)],
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
        ids: Annotated[list[strawberry.ID], arg("Two or three different concepts. " + _CONCEPTS)],
    ) -> Comparison:
        """Fetch their relations and what these lead to, compare, wrap."""
        wanted = await concept_ids(info.context.store, checked_names("ids", ids, least=2, most=comparison.MOST))
        of_each = await info.context.store.relations(wanted)
        relations = [relation for rows in of_each.values() for relation in rows]
        ends = sorted({*wanted, *(end for r in relations for end in (r.source, r.target))})
        concepts = {c.id: c for c in await info.context.concepts.load_many(ends)}
        found = comparison.compare(relations, wanted, names={c.id: c.name for c in concepts.values()})
        return Comparison.of(info, found, concepts)

    @resolver("The latest loads of notes into the store, at most 20, the newest first; the subscription watches them.")
    async def loads(self, info: Info) -> list[Load]:
        """Ask the store."""
        found = await info.context.store.loads()
        info.context.rows.take(len(found))
        return [Load.of(load) for load in found]

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


def _checked_query(query: str) -> str:
    if len(query) > MAX_QUERY_LENGTH:
        raise InvalidQuery(f"query has {len(query)} characters: give at most {MAX_QUERY_LENGTH}")
    return query


def _subgraph(info: Info, found: store.Subgraph) -> Subgraph:
    info.context.rows.take(len(found.concepts) + len(found.relations))
    info.context.concepts.know({c.id: c for c in found.concepts})
    return Subgraph(
        concepts=[Concept.of(c) for c in found.concepts],
        relations=[Relation.of(r) for r in found.relations],
        truncated=found.truncated,
    )
