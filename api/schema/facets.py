"""How the concepts of a list divide, as GraphQL types over the store's facets."""

from typing import Annotated

import strawberry

from api.limits import bounded
from api.schema.enums import ConceptKind, Origin, RelationType
from api.schema.fields import arg, resolver
from api.schema.types import Concept, Info
from graph import listing
from graph.listing import Facet

__all__ = ["Facets"]


@strawberry.type(description="How many concepts of a list are directly in a topic.")
class TopicFacet:
    """A row of a count by topic."""

    topic: Concept = strawberry.field(description="The concept that is the topic.")
    count: int = strawberry.field(description="How many of the list are in it.")


@strawberry.type(description="How many concepts of a list are of a kind.")
class KindFacet:
    """A row of a count by kind."""

    kind: ConceptKind = strawberry.field(description="The sort of thing that they are.")
    count: int = strawberry.field(description="How many of the list are of it.")


@strawberry.type(description="How many concepts of a list have a relation of a type, in either direction.")
class RelationTypeFacet:
    """A row of a count by the types of relations."""

    type: RelationType = strawberry.field(description="How they are related to something.")
    count: int = strawberry.field(description="How many of the list have such a relation.")


@strawberry.type(description="How many concepts of a list have a relation of an origin, in either direction.")
class OriginFacet:
    """A row of a count by the origins of relations."""

    origin: Origin = strawberry.field(description="Where a relation of theirs comes from.")
    count: int = strawberry.field(description="How many of the list have such a relation.")


@strawberry.type(
    description="How the concepts of a list divide. Each field costs one statement, linear in the list, and nothing if "
    "it is not asked for. Only what there is any of is listed."
)
class Facets:
    """The store's facets of one filter."""

    where: strawberry.Private[listing.ConceptFilter]

    @resolver("How many concepts the list has.")
    async def total_count(self, info: Info) -> int:
        """Ask the store."""
        return await info.context.store.count(self.where)

    @resolver("The topics that they are directly in: those with most first, then by name.")
    async def topics(
        self, info: Info, first: Annotated[int | None, arg("At most so many, from 1 to 100.")] = 20
    ) -> list[TopicFacet]:
        """Ask the store."""
        found = await info.context.store.topic_facet(self.where, first=bounded("first", first, default=20))
        info.context.rows.take(len(found))
        return [TopicFacet(topic=Concept.of(concept), count=count) for concept, count in found]

    @resolver("What kinds they are, in the order of the project's table.")
    async def kinds(self, info: Info) -> list[KindFacet]:
        """Ask the store."""
        found = await info.context.store.facet(Facet.KIND, self.where)
        info.context.rows.take(len(found))
        return [KindFacet(kind=kind, count=found[kind]) for kind in ConceptKind if kind in found]

    @resolver("What relations they have, by type, in the order of the project's table.")
    async def relation_types(self, info: Info) -> list[RelationTypeFacet]:
        """Ask the store."""
        found = await info.context.store.facet(Facet.RELATION_TYPE, self.where)
        info.context.rows.take(len(found))
        return [RelationTypeFacet(type=type_, count=found[type_]) for type_ in RelationType if type_ in found]

    @resolver("Where their relations come from, strongest first.")
    async def origins(self, info: Info) -> list[OriginFacet]:
        """Ask the store."""
        found = await info.context.store.facet(Facet.ORIGIN, self.where)
        info.context.rows.take(len(found))
        return [OriginFacet(origin=origin, count=found[origin]) for origin in Origin if origin in found]
