"""Loads of notes into the store, as they go on: GraphQL types over `graph.loads`."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import strawberry

from api.schema.enums import LoadState
from api.schema.fields import subscription
from api.schema.types import Info
from graph import loads
from graph.errors import InvalidQuery

__all__ = ["Load", "Subscription"]


@strawberry.type(
    description="One load of notes into the store, by `noteatlas load`, and how far it is; the latest 20 are kept."
)
class Load:
    """A Load of `graph.loads`."""

    id: strawberry.ID = strawberry.field(description="The load's own id.")
    state: LoadState = strawberry.field(description="Where it is.")
    files_total: int = strawberry.field(description="How many files there are to read, or to store.")
    files_done: int = strawberry.field(description="How many of them are read, or stored: begins again with STORING.")
    path: str | None = strawberry.field(description="The file that it works on; null between files and at the end.")
    concepts_added: int = strawberry.field(description="How many concepts it has added to the store so far.")
    concepts_changed: int = strawberry.field(description="How many concepts it has changed so far.")
    concepts_removed: int = strawberry.field(description="How many concepts it has removed so far.")
    relations_added: int = strawberry.field(description="How many relations it has added so far.")
    relations_changed: int = strawberry.field(description="How many relations it has changed so far.")
    relations_removed: int = strawberry.field(description="How many relations it has removed so far.")
    failures: int = strawberry.field(description="How many files could not be read.")
    error: str | None = strawberry.field(description="Why it failed; null unless it did.")
    started_at: datetime = strawberry.field(description="When it began, by the clock of the machine that loads.")
    is_stalled: bool = strawberry.field(
        description="Whether it gave no sign of life for 30 seconds although it has not ended: it was killed, or its "
        "machine is gone."
    )

    @classmethod
    def of(cls, value: loads.Load) -> "Load":
        """Wrap a record."""
        changes = value.changes
        return cls(
            id=strawberry.ID(value.id),
            state=value.state,
            files_total=value.files_total,
            files_done=value.files_done,
            path=value.path,
            concepts_added=changes.concepts_added,
            concepts_changed=changes.concepts_changed,
            concepts_removed=changes.concepts_removed,
            relations_added=changes.relations_added,
            relations_changed=changes.relations_changed,
            relations_removed=changes.relations_removed,
            failures=value.failures,
            error=value.error,
            started_at=datetime.fromtimestamp(value.started_at, UTC),
            is_stalled=value.is_stalled,
        )


@strawberry.type(description="What can be watched, over a WebSocket with the protocol graphql-transport-ws.")
class Subscription:
    """The root."""

    @subscription(
        "The loads under way, and then each load whenever it begins, goes on, stalls or ends, at most once a second. "
        "It goes on until you complete it."
    )
    async def loads(self, info: Info) -> AsyncGenerator[Load, None]:
        """Watch the store's records."""
        if info.context.watch is None:
            raise InvalidQuery("loads can be watched over a WebSocket only")
        async for load in info.context.watch.watch():
            yield Load.of(load)
