"""What concepts have in common, as GraphQL types over `graph.comparison`."""

import strawberry

from api.schema.enums import Direction, RelationType
from api.schema.types import Concept, Info, Relation
from graph import comparison, model

__all__ = ["Comparison"]


@strawberry.type(description="A concept that several of the compared are related to alike.")
class SharedRelation:
    """A Shared of `graph.comparison`."""

    concept: Concept = strawberry.field(description="The concept that they share.")
    type: RelationType = strawberry.field(description="The type by which all of them are related to it.")
    direction: Direction = strawberry.field(
        description="Which way the arrows go, seen from the compared concepts; both for a symmetric type."
    )
    shared_by: list[Concept] = strawberry.field(description="Which of the compared share it, in the order asked.")
    relations: list[Relation] = strawberry.field(description="The relation of each of these, in the same order.")


@strawberry.type(description="What one of the compared concepts has that no other of them has.")
class OwnRelations:
    """An Own of `graph.comparison`."""

    concept: Concept = strawberry.field(description="Which of the compared has them.")
    relations: list[Relation] = strawberry.field(
        description="Its relations that are neither to another of the compared nor shared, by type and name."
    )


@strawberry.type(
    description="Two or three concepts side by side. Every relation of theirs is in exactly one place: between two of "
    "them, shared, or of one alone. Topics and inferred prerequisites come last everywhere."
)
class Comparison:
    """A Comparison of `graph.comparison`."""

    concepts: list[Concept] = strawberry.field(description="The concepts compared, in the order asked.")
    between: list[Relation] = strawberry.field(description="The relations between them, by type.")
    shared: list[SharedRelation] = strawberry.field(
        description="What several of them are related to by the same type in the same direction: first what all "
        "three share, then by type and name."
    )
    only: list[OwnRelations] = strawberry.field(description="What only one has: an entry for each, in the order asked.")

    @classmethod
    def of(cls, info: Info, found: comparison.Comparison, by_id: dict[str, model.Concept]) -> "Comparison":
        """Wrap a comparison, given the concepts that it names, and count its lists."""
        shared = sum(1 + 2 * len(row.by) for row in found.shared)
        own = sum(1 + len(row.relations) for row in found.only)
        info.context.rows.take(len(found.ids) + len(found.between) + shared + own)
        concepts = {id_: Concept.of(concept) for id_, concept in by_id.items()}
        return cls(
            concepts=[concepts[id_] for id_ in found.ids],
            between=[Relation.of(r) for r in found.between],
            shared=[
                SharedRelation(
                    concept=concepts[row.concept],
                    type=row.type,
                    direction=Direction(row.direction),
                    shared_by=[concepts[id_] for id_ in row.by],
                    relations=[Relation.of(r) for r in row.relations],
                )
                for row in found.shared
            ],
            only=[
                OwnRelations(concept=concepts[row.concept], relations=[Relation.of(r) for r in row.relations])
                for row in found.only
            ],
        )
