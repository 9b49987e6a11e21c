"""The questions that can be asked: resolvers of a few lines that turn names into ids and call the store.

Every `ID` argument takes an id, a name or an alias, in any case (`api.lookup`). Arguments are checked before the
store is asked anything.
"""

import asyncio
from typing import Annotated

import strawberry

from api.limits import bounded, checked_names
from api.lookup import concept_id, find_concept
from api.schema.connections import PageInfo, concept_cursor, read_concept_cursor
from api.schema.curation import CurationQuery
from api.schema.enums import ConceptKind, RelationType
from api.schema.facets import Facets
from api.schema.fields import A_CONCEPT, arg, resolver
from api.schema.filters import ConceptFilter, ConceptOrder, concept_filter, concept_order
from api.schema.hits import PassageHit, SearchHit
from api.schema.loads import Load
from api.schema.lookahead import beside
from api.schema.nodes import find_nodes
from api.schema.types import Concept, Info, Node, Passage, RelationTypeInfo, Topic
from api.schema.ways import WaysQuery
from graph import listing
from graph.errors import InvalidQuery

__all__ = ["Query"]

MAX_QUERY_LENGTH = 1_000


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
class Query(WaysQuery, CurationQuery):
    """The root."""

    @resolver("The concept that is called so; null if there is none.")
    async def concept(
        self,
        info: Info,
        id: Annotated[strawberry.ID, arg(A_CONCEPT)],  # noqa: A002  (the schema's name)
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
        topic: Annotated[strawberry.ID | None, arg("Only those in this topic, as in `where`. " + A_CONCEPT)] = None,
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
        self, info: Info, parent: Annotated[strawberry.ID | None, arg("The topic above. " + A_CONCEPT)] = None
    ) -> list[Topic]:
        """Ask the store."""
        above = None if parent is None else await concept_id(info.context.store, *checked_names("parent", [parent]))
        found = await info.context.store.topics(above)
        info.context.rows.take(len(found))
        return [Topic.of(t.concept, t) for t in found]

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
