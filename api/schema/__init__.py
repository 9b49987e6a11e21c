"""The GraphQL schema: Strawberry types over the model, and the limits that guard them.

`schema` answers a query given a `Context` for the request, `DOCUMENTS` keeps what it has parsed; `sdl` is its text,
which `schema.graphql` holds.
"""

import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLError,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    Undefined,
)
from strawberry.types import ExecutionContext

from api.schema.curation import Mutation
from api.schema.documents import Documents, Preparation
from api.schema.execution import Executor
from api.schema.loaders import Context
from api.schema.loads import Subscription
from api.schema.naming import RootFields
from api.schema.query import Query

__all__ = ["DOCUMENTS", "Context", "schema", "sdl"]


class _Schema(strawberry.Schema):
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log nothing: `api.errors.present` does, once, for those errors that the caller is not told."""


DOCUMENTS = Documents()
schema = _Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    execution_context_class=Executor,
    extensions=[lambda: Preparation(DOCUMENTS), RootFields],
)


def _drop_null_defaults() -> None:
    """Make `= None` mean an optional argument or input field, not one whose default is null: both answer alike."""
    for type_ in schema._schema.type_map.values():  # noqa: SLF001
        inputs: list[GraphQLArgument | GraphQLInputField] = []
        if isinstance(type_, GraphQLObjectType):
            inputs += [argument for field in type_.fields.values() for argument in field.args.values()]
        elif isinstance(type_, GraphQLInputObjectType):
            inputs += type_.fields.values()
        for each in inputs:
            if each.default_value is None:
                each.default_value = Undefined


_drop_null_defaults()


def sdl() -> str:
    """Return the schema in GraphQL's schema definition language, ending with a newline."""
    return schema.as_str().rstrip() + "\n"
