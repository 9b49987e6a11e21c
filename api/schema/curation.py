"""What people decided, and what was written when: questions, and the two mutations that decide and take back."""

from datetime import UTC, datetime
from typing import Annotated

import strawberry
from graphql import GraphQLError

from api import deciding
from api.limits import bounded
from api.schema.enums import DecisionKind, RelationType
from api.schema.fields import arg, mutation, resolver
from api.schema.types import Info
from graph import changes, history
from graph.curation import decision as decisions
from graph.history import KEPT_REVISIONS

__all__ = ["CurationQuery", "Mutation"]


@strawberry.type(description="How many concepts and relations a write added, changed and removed.")
class Changes:
    """A Changes of `graph.changes`."""

    concepts_added: int = strawberry.field(description="How many concepts are new.")
    concepts_changed: int = strawberry.field(description="How many concepts say something else than before.")
    concepts_removed: int = strawberry.field(description="How many concepts are gone.")
    relations_added: int = strawberry.field(description="How many relations are new.")
    relations_changed: int = strawberry.field(description="How many relations say something else than before.")
    relations_removed: int = strawberry.field(description="How many relations are gone.")

    @classmethod
    def of(cls, value: changes.Changes) -> "Changes":
        """Wrap a value."""
        return cls(**{name: getattr(value, name) for name in value.__slots__})


@strawberry.type(
    description="A decision of a person about the graph, by names and sentences: it holds after every load, until it "
    "is taken back."
)
class Decision:
    """A Decision of `graph.curation`."""

    id: strawberry.ID = strawberry.field(description="Its own id, for `undo`.")
    what: DecisionKind = strawberry.field(description="What was decided.")
    source: str | None = strawberry.field(description="The name of the concept where the relation's arrow starts.")
    type: RelationType | None = strawberry.field(description="The relation's type.")
    target: str | None = strawberry.field(description="The name of the concept where the relation's arrow points.")
    name: str | None = strawberry.field(description="The name of the concept that it is about.")
    to: str | None = strawberry.field(description="The new name, or of an edit the new type.")
    into: str | None = strawberry.field(description="The name of the concept that another is merged into.")
    out: list[str] = strawberry.field(description="The names that belong to another concept.")
    turn: bool = strawberry.field(description="Whether the arrow points the other way.")
    evidence: list[str] = strawberry.field(description="The sentences that the relation had when this was decided.")
    time: str = strawberry.field(description="When, as ISO 8601; of two decisions about one thing the later counts.")
    author: str = strawberry.field(description="Who; empty if nobody said.")
    reason: str = strawberry.field(description="Why; empty if nobody said.")
    file: str = strawberry.field(description="The curation file that it stands in; empty for the store alone.")

    @resolver(
        "Why it changes nothing at present: the notes no longer say what it is about, or a later one overrules it; "
        "null if it applies. Cost: the whole store is read, once for all decisions of a request."
    )
    async def stale(self, info: Info) -> str | None:
        """Look at what became of all of them."""
        return (await info.context.stale_decisions()).get(str(self.id))

    @classmethod
    def of(cls, value: decisions.Decision) -> "Decision":
        """Wrap a value; a field that its kind does not have is null."""
        return cls(
            id=strawberry.ID(value.id),
            what=value.what,
            source=value.source or None,
            type=value.type,
            target=value.target or None,
            name=value.name or None,
            to=value.to or None,
            into=value.into or None,
            out=list(value.out),
            turn=value.turn,
            evidence=list(value.evidence),
            time=value.time,
            author=value.author,
            reason=value.reason,
            file=value.file,
        )


@strawberry.type(description="A write to the store that changed something.")
class Revision:
    """A Revision of `graph.history`."""

    number: int = strawberry.field(description="Counts from 1; `noteatlas diff` compares two.")
    at: datetime = strawberry.field(description="When, by the store's clock.")
    cause: str = strawberry.field(description="What it was: a load, a decision, an import; empty if nobody said.")
    changes: Changes = strawberry.field(description="What it changed for those who read.")

    @classmethod
    def of(cls, value: history.Revision) -> "Revision":
        """Wrap a value."""
        at = datetime.fromtimestamp(value.at, UTC)
        return cls(number=value.number, at=at, cause=value.cause, changes=Changes.of(value.changes))


@strawberry.type
class CurationQuery:
    """The questions about decisions and the history, of the root."""

    @resolver("Whether this caller may `decide` and `undo`: so that a page shows only what works. Reads nothing.")
    async def may_decide(self, info: Info) -> bool:
        """Look at who asks."""
        return isinstance(info.context.writer, deciding.Writer)

    @resolver("What people decided about the graph, the latest first.")
    async def decisions(
        self, info: Info, first: Annotated[int | None, arg("How many at most, from 1 to 100.")] = 20
    ) -> list[Decision]:
        """Ask the store for all, and give the latest."""
        size = bounded("first", first, default=20)
        found = (await deciding.decisions_of(info.context.store))[::-1][:size]
        info.context.rows.take(len(found))
        return [Decision.of(row) for row in found]

    @resolver(f"What was written to the store, the latest first; the latest {KEPT_REVISIONS:,} revisions are kept.")
    async def history(
        self, info: Info, first: Annotated[int | None, arg("How many at most, from 1 to 100.")] = 20
    ) -> list[Revision]:
        """Ask the store."""
        found = await info.context.store.history(first=bounded("first", first, default=20))
        info.context.rows.take(len(found))
        return [Revision.of(row) for row in found]


@strawberry.input(
    description="A decision to make. Which fields it needs depends on `what`; a concept may be given by an id, a name "
    "or an alias. Sentences and time are found by the service."
)
class DecisionInput:
    """A Decision to be."""

    what: DecisionKind = strawberry.field(description="What is decided.")
    source: str | None = strawberry.field(default=None, description="The concept where the relation's arrow starts.")
    type: RelationType | None = strawberry.field(default=None, description="The relation's type.")
    target: str | None = strawberry.field(default=None, description="The concept where the relation's arrow points.")
    to_type: RelationType | None = strawberry.field(default=None, description="Of EDIT: the type that it is of.")
    turn: bool | None = strawberry.field(default=False, description="Of EDIT: whether the arrow points the other way.")
    name: str | None = strawberry.field(default=None, description="The concept that the decision is about.")
    to: str | None = strawberry.field(default=None, description="Of RENAME: the new name.")
    into: str | None = strawberry.field(default=None, description="Of MERGE: the concept that it is one with.")
    out: list[str] | None = strawberry.field(
        default=None, description="Of SPLIT and SEPARATE: the names that belong to another concept; at most 100."
    )
    author: str | None = strawberry.field(default=None, description="Who; the token's holder if absent.")
    reason: str | None = strawberry.field(default=None, description="Why, for people. At most 20,000 characters.")


@strawberry.type(description="A decision that was made or taken back, and what that changed.")
class Decided:
    """A Decided of `api.deciding`."""

    decision: Decision = strawberry.field(
        description="It as it is kept: with its id, its time, and the sentences that its relation had."
    )
    changes: Changes = strawberry.field(description="What it changed for those who read.")

    @classmethod
    def of(cls, value: deciding.Decided) -> "Decided":
        """Wrap a value."""
        return cls(decision=Decision.of(value.decision), changes=Changes.of(value.changes))


@strawberry.type(
    description="What people may change: the graph is read from notes, and decisions say where that is wrong. Needs "
    "the scope write where there are tokens, else a caller on this machine."
)
class Mutation:
    """The root of what writes."""

    @mutation(
        "Make a decision; it holds after every load. Refused if it would change nothing. Cost: the whole store is read."
    )
    async def decide(self, info: Info, decision: Annotated[DecisionInput, arg("What is decided.")]) -> Decided:
        """Apply it, and keep it."""
        writer = _writer(info)
        made = decisions.Decision(
            what=decision.what,
            source=decision.source or "",
            type=decision.type,
            target=decision.target or "",
            name=decision.name or "",
            to=decision.to_type.value if decision.to_type else decision.to or "",
            into=decision.into or "",
            out=tuple(decision.out or ()),
            turn=bool(decision.turn),
            author=decision.author or writer.author,
            reason=decision.reason or "",
        )
        return Decided.of(await deciding.decide(info.context.store, made, file=writer.file))

    @mutation("Take a decision back: all is as if it had never been made. Cost: the whole store is read.")
    async def undo(
        self,
        info: Info,
        id: Annotated[strawberry.ID, arg("The decision's id.")],  # noqa: A002  (the schema's name)
    ) -> Decided:
        """Take it out of the store, and out of its file."""
        return Decided.of(await deciding.undo(info.context.store, id, file=_writer(info).file))


def _writer(info: Info) -> "deciding.Writer":
    """Return who writes, or raise what the caller is told who may not."""
    writer = info.context.writer
    if isinstance(writer, deciding.Writer):
        return writer
    code, sentence = writer
    raise GraphQLError(sentence, extensions={"code": code})
