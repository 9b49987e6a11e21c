"""What the graph holds, as GraphQL types: each wraps a value of the model and asks the request's loaders for more.

Fields that a value has are plain attributes; fields that lead elsewhere are resolvers of a few lines. Every list that
a resolver hands out is counted against the request's `RowBudget`.
"""

from collections.abc import Sequence
from typing import Annotated, TypeAlias, cast

import strawberry

from api.limits import bounded
from api.schema.connections import PageInfo, relation_cursor, relation_page
from api.schema.enums import ConceptKind, Direction, End, Language, Origin, RelationType
from api.schema.fields import arg, resolver
from api.schema.filters import PREREQUISITES, TOPICS, UNLOCKED, relation_choice
from api.schema.loaders import Context, RelationsOf
from api.schema.node_ids import relation_node_id, source_node_id
from graph import model
from graph.model import RELATION_TYPES
from graph.store import TopicCount

__all__ = [
    "Concept",
    "Evidence",
    "Info",
    "Node",
    "Passage",
    "Relation",
    "RelationConnection",
    "RelationEdge",
    "RelationTypeInfo",
    "Source",
    "Topic",
]

Info: TypeAlias = strawberry.Info[Context, None]


@strawberry.interface(
    description="Something that can be asked for again by its global id. Concepts, relations and sources can; "
    "a concept's global id is its plain id, those of the others are opaque."
)
class Node:
    """Relay's Node. Not Strawberry's own: that one would change the ids of concepts, which are fixed."""

    @resolver("Its global id, which `node` takes.")
    def id(self) -> strawberry.ID:
        """Each type has its own."""
        raise NotImplementedError


@strawberry.type(description="One file of notes that was loaded.")
class Source(Node):
    """A model's Source, or what is known of one that was imported without its notes."""

    path: str = strawberry.field(description="Its path, relative to the folder it was loaded from; it names the file.")
    format: str = strawberry.field(
        description="How it was read: `markdown`, `plaintext`, `html`, `notebook`, `docx`, `pdf` or `import`."
    )
    title: str = strawberry.field(description="Its title; its path if it has none.")
    sha256: str | None = strawberry.field(description="The SHA-256 of its bytes, in hexadecimal, when it was loaded.")

    @classmethod
    def of(cls, path: str, source: model.Source | None) -> "Source":
        """Wrap a source; evidence of an imported graph may name a file that was never loaded."""
        if source is None:
            return cls(path=path, format="import", title=path, sha256=None)
        return cls(path=path, format=source.format, title=source.title or path, sha256=source.sha256 or None)

    @resolver("Its global id, which `node` takes: opaque, made from its path.")
    def id(self) -> strawberry.ID:
        """Encode the path."""
        return source_node_id(self.path)


@strawberry.type(description="The smallest unit of notes that a rule reads: a few sentences, a list item, a table row.")
class Passage:
    """A model's Passage."""

    value: strawberry.Private[model.Passage]
    line: int = strawberry.field(description="The 1-based line of its first character.")
    text: str = strawberry.field(description="Its text as written.")
    section: list[str] = strawberry.field(description="The headings above it, outermost first.")

    @classmethod
    def of(cls, value: model.Passage) -> "Passage":
        """Wrap a passage."""
        return cls(value=value, line=value.line, text=value.text, section=list(value.section))

    @resolver("The file it is in.")
    def source(self, info: Info) -> Source:
        """Ask the loader."""
        path = self.value.source
        return info.context.sources.now_or_later(path, lambda source: Source.of(path, source))


@strawberry.type(description="Why a relation is believed: a sentence of the notes, and where it stands.")
class Evidence:
    """A model's Evidence."""

    value: strawberry.Private[model.Evidence]
    line: int = strawberry.field(description="The 1-based line of the sentence.")
    text: str = strawberry.field(description="The sentence as written.")
    rule: str = strawberry.field(description="The name of the rule that read it.")
    says_so: bool = strawberry.field(
        description="Whether the text says it; false for a rule `lexicon.*`, which knows it from the field: the text "
        "is then only where the notes introduce the concept."
    )

    @classmethod
    def of(cls, value: model.Evidence) -> "Evidence":
        """Wrap a piece of evidence."""
        return cls(value=value, line=value.line, text=value.text, rule=value.rule, says_so=value.says_so)

    @resolver("The file the sentence is in.")
    def source(self, info: Info) -> Source:
        """Ask the loader."""
        path = self.value.source
        return info.context.sources.now_or_later(path, lambda source: Source.of(path, source))


@strawberry.type(description="What a relation type means.")
class RelationTypeInfo:
    """A row of the model's table of relation types."""

    type: RelationType = strawberry.field(description="Which of the types is described.")
    label_en: str = strawberry.field(description="How it reads from source to target, in English.")
    label_zh: str = strawberry.field(description="How it reads from source to target, in Chinese.")
    inverse_en: str = strawberry.field(description="How it reads from target to source, in English.")
    inverse_zh: str = strawberry.field(description="How it reads from target to source, in Chinese.")
    symmetric: bool = strawberry.field(description="Whether it holds both ways round.")
    acyclic: bool = strawberry.field(description="Whether relations of this type should form no cycle.")
    learnt_first: End | None = strawberry.field(
        description="The end that is learnt before the other; null where the type says nothing about order."
    )

    @classmethod
    def of(cls, type_: RelationType) -> "RelationTypeInfo":
        """Wrap the type's row."""
        row = RELATION_TYPES[type_]
        return cls(
            type=type_,
            label_en=row.label_en,
            label_zh=row.label_zh,
            inverse_en=row.inverse_en,
            inverse_zh=row.inverse_zh,
            symmetric=row.symmetric,
            acyclic=row.acyclic,
            learnt_first=End(row.learnt_first) if row.learnt_first else None,
        )


@strawberry.type(
    description="A typed arrow between two concepts. There is at most one of a type from one concept to another; a "
    "symmetric one is held once, with the smaller id as its source."
)
class Relation(Node):
    """A model's Relation."""

    value: strawberry.Private[model.Relation]
    type: RelationType = strawberry.field(description="How the source relates to the target.")
    origin: Origin = strawberry.field(description="Where the relation comes from.")
    confidence: float = strawberry.field(description="How sure it is, from 0 to 1.")
    group: str | None = strawberry.field(
        description="Shared by the ingredients of one combination: `Adam = Momentum + RMSprop` is two COMBINES "
        "relations of one group. Null otherwise."
    )

    @classmethod
    def of(cls, value: model.Relation) -> "Relation":
        """Wrap a relation."""
        return cls(value=value, type=value.type, origin=value.origin, confidence=value.confidence, group=value.group)

    @resolver("Its global id, which `node` takes: opaque, made from its source, type and target.")
    def id(self) -> strawberry.ID:
        """Encode the key."""
        return relation_node_id(self.value.key)

    @resolver("The concept that the arrow starts from.")
    def source(self, info: Info) -> "Concept":
        """Ask the loader."""
        return info.context.concepts.now_or_later(self.value.source, Concept.of)

    @resolver("The concept that the arrow points to.")
    def target(self, info: Info) -> "Concept":
        """Ask the loader."""
        return info.context.concepts.now_or_later(self.value.target, Concept.of)

    @resolver("The type in words, as read from source to target.")
    def label(
        self,
        language: Annotated[Language, arg("English or Chinese.")] = Language.EN,
    ) -> str:
        """Look it up in the model's table."""
        row = RELATION_TYPES[self.value.type]
        return row.label_zh if language is Language.ZH else row.label_en

    @resolver("The sentences that say it, in order of file and line; none for an inferred one.")
    def evidence(self, info: Info) -> list[Evidence]:
        """Wrap what the relation has."""
        info.context.rows.take(len(self.value.evidence))
        return [Evidence.of(e) for e in self.value.evidence]

    @resolver("The relations that an inferred one was derived from; none otherwise.")
    async def because(self, info: Info) -> "list[Relation]":
        """Ask the loader; a reason that was replaced since then is left out."""
        found = await info.context.relations_by_key.load_many(self.value.because)
        info.context.rows.take(len(found))
        reasons = [relation for relation in found if relation is not None]
        await info.context.expect_ends(reasons, info._raw_info)  # noqa: SLF001
        return [Relation.of(relation) for relation in reasons]


@strawberry.type(description="A relation in a page of relations.")
class RelationEdge:
    """Relay's edge."""

    @resolver("Give it as `after` for the page that follows this entry.")
    def cursor(self) -> str:
        """Encode the key."""
        return relation_cursor(self.node.value)

    node: Relation = strawberry.field(description="The relation itself, the entry of the page.")


@strawberry.type(description="A page of a concept's relations, ordered by source, type and target.")
class RelationConnection:
    """Relay's connection."""

    start: strawberry.Private[int]
    edges: list[RelationEdge] = strawberry.field(description="The entries of this page.")
    total_count: int = strawberry.field(description="How many entries all pages have together.")

    @classmethod
    def of(cls, found: Sequence[model.Relation], page: Sequence[model.Relation], start: int) -> "RelationConnection":
        """Wrap a page of what was found, where it starts."""
        return cls(start=start, edges=[RelationEdge(node=Relation.of(r)) for r in page], total_count=len(found))

    @resolver("Where this page lies in the list.")
    def page_info(self) -> PageInfo:
        """Compare the page with the list."""
        return PageInfo(
            has_next_page=self.start + len(self.edges) < self.total_count,
            has_previous_page=self.start > 0,
            start_cursor=self.edges[0].cursor() if self.edges else None,
            end_cursor=self.edges[-1].cursor() if self.edges else None,
        )


@strawberry.type(description="A subject that concepts belong to, as the headings of the notes say.")
class Topic:
    """A concept that is a topic, and what the store has counted of it, if it was asked for topics."""

    value: strawberry.Private[model.Concept]
    counted: strawberry.Private[TopicCount | None]
    id: strawberry.ID = strawberry.field(description="The id of its concept.")
    name: str = strawberry.field(description="The name of its concept.")

    @classmethod
    def of(cls, value: model.Concept, counted: TopicCount | None = None) -> "Topic":
        """Wrap the concept."""
        return cls(value=value, counted=counted, id=strawberry.ID(value.id), name=value.name)

    @resolver("The same thing as a concept, with all that is known of it.")
    def concept(self) -> "Concept":
        """Wrap it the other way."""
        return Concept.of(self.value)

    @resolver("How many concepts are directly in it, the topics among them included.")
    async def concept_count(self, info: Info) -> int:
        """Count the relations, unless the store did."""
        return self.counted.concept_count if self.counted else await info.context.member_count(self.value.id)

    @resolver("How many topics are directly in it.")
    async def child_count(self, info: Info) -> int:
        """Count the topics, unless the store did."""
        return self.counted.child_count if self.counted else len(await info.context.subtopics(self.value.id))

    @resolver("The topics directly in it, in the order of the notes.")
    async def children(self, info: Info) -> "list[Topic]":
        """Ask the loaders."""
        found = await info.context.subtopics(self.value.id)
        info.context.rows.take(len(found))
        return [Topic.of(c) for c in found]


@strawberry.type(description="One thing that can be learnt, under all the names that the notes give it.")
class Concept(Node):
    """A model's Concept."""

    value: strawberry.Private[model.Concept]
    # A plain value where others compute theirs; mypy takes a resolver for a method.
    id: strawberry.ID = strawberry.field(  # type: ignore[assignment]
        description="Its stable id; every ID argument takes it, `node` too."
    )
    name: str = strawberry.field(description="Its preferred name.")
    aliases: list[str] = strawberry.field(description="Its other names, without the preferred one.")
    kind: ConceptKind = strawberry.field(description="What sort of thing it is.")
    definition: str | None = strawberry.field(description="What the notes say it is; null if they don't.")
    document: str | None = strawberry.field(description="The path of the file that introduces it.")
    line: int | None = strawberry.field(description="The 1-based line where it is introduced.")

    @classmethod
    def of(cls, value: model.Concept) -> "Concept":
        """Wrap a concept."""
        return cls(
            value=value,
            id=strawberry.ID(value.id),
            name=value.name,
            aliases=list(value.aliases),
            kind=value.kind,
            definition=value.definition,
            document=value.document,
            line=value.line,
        )

    @resolver(
        "How much else it has to do with: 1 for each other concept that it has a relation with, topics aside, 0.2 for "
        "each concept that is directly in it as a topic, 0.01 for each passage that mentions it, but at most 0.9."
    )
    async def importance(self, info: Info) -> float:
        """Ask the loader."""
        return (await info.context.measures.load(self.value.id)).importance

    @resolver("How many relations it has, of all types, in both directions.")
    async def degree(self, info: Info) -> int:
        """Ask the loader."""
        return (await info.context.measures.load(self.value.id)).degree

    @resolver(
        "How many concepts must be learnt one after the other before it, in the longest chain of prerequisites; 0 if "
        "it has none. Concepts that require each other have one depth."
    )
    async def depth(self, info: Info) -> int:
        """Ask the loader."""
        return (await info.context.measures.load(self.value.id)).depth

    @resolver("The topics that it is directly in, by name.")
    def topics(self, info: Info) -> list[Topic]:
        """Follow IN_TOPIC from it."""
        return info.context.neighbours(self.value.id, TOPICS, Topic.of)

    @resolver("All passages that mention it, by file and line.")
    async def passages(self, info: Info) -> list[Passage]:
        """Ask the loader."""
        found = await info.context.passages.load(self.value.id)
        info.context.rows.take(len(found))
        return [Passage.of(p) for p in found]

    @resolver("What must be learnt directly before it, by name.")
    def prerequisites(self, info: Info) -> "list[Concept]":
        """Follow PREREQUISITE_OF into it."""
        return info.context.neighbours(self.value.id, PREREQUISITES, Concept.of)

    @resolver("What it is directly a prerequisite of, by name.")
    def unlocks(self, info: Info) -> "list[Concept]":
        """Follow PREREQUISITE_OF from it."""
        return info.context.neighbours(self.value.id, UNLOCKED, Concept.of)

    @resolver("A page of its relations, ordered by source, type and target.")
    def relations(
        self,
        info: Info,
        types: Annotated[list[RelationType] | None, arg("Only relations of these types; all if absent.")] = None,
        direction: Annotated[Direction | None, arg("Which of them, seen from this concept.")] = Direction.BOTH,
        first: Annotated[int | None, arg("The size of the page, from 1 to 100.")] = 20,
        after: Annotated[str | None, arg("The cursor to go on after.")] = None,
        origins: Annotated[list[Origin] | None, arg("Only relations of these origins; all if absent.")] = None,
        min_confidence: Annotated[float | None, arg("Only those at least so sure, from 0 to 1.")] = 0,
    ) -> RelationConnection:
        """Take a page of what the loader has: at once if that is all there."""
        size = bounded("first", first, default=20)
        wanted = RelationsOf(self.value.id, relation_choice(types, direction, origins, min_confidence))
        known = info.context.relations.known(wanted)
        if known is not None:
            page, start = relation_page(known, first=size, after=after)
            if info.context.has_ends(page, info._raw_info, "edges", "node"):  # noqa: SLF001
                info.context.rows.take(len(page))
                return RelationConnection.of(known, page, start)

        async def later() -> RelationConnection:
            found = await info.context.relations.load(wanted)
            page, start = relation_page(found, first=size, after=after)
            info.context.rows.take(len(page))
            await info.context.expect_ends(page, info._raw_info, "edges", "node")  # noqa: SLF001
            return RelationConnection.of(found, page, start)

        return cast("RelationConnection", later())
