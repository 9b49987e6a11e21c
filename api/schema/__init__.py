"""The GraphQL schema: Strawberry types over the model, and the limits that guard them.

`schema` answers a query given a `Context` for the request; `sdl` is its text, which `schema.graphql` holds.
"""

from collections.abc import Iterator

import strawberry
from graphql import GraphQLError, GraphQLObjectType, OperationDefinitionNode, Undefined, recommended_rules
from strawberry.extensions import AddValidationRules, MaxTokensLimiter, SchemaExtension
from strawberry.types import ExecutionContext

from api.limits import LIMITS, violations
from api.schema.loaders import Context
from api.schema.query import Query

__all__ = ["Context", "schema", "sdl"]


class _LimitQueries(SchemaExtension):
    """Refuses what costs too much before the rules of validation, which cost more, have a look at it."""

    def on_validate(self) -> Iterator[None]:
        """Measure the parsed query with the variables of this request."""
        context = self.execution_context
        if context.graphql_document is not None:
            document = context.graphql_document
            refusals = violations(context.schema._schema, document, context.variables)  # noqa: SLF001
            # Strawberry takes the first of several operations where GraphQL wants to be told which.
            named = context._provided_operation_name is not None  # noqa: SLF001
            if not named and sum(isinstance(d, OperationDefinitionNode) for d in document.definitions) > 1:
                refusals.append(GraphQLError("the query has several operations: give operationName"))
            if refusals:
                context.pre_execution_errors = refusals
        yield


class _Schema(strawberry.Schema):
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log nothing: `api.errors.present` does, once, for those errors that the caller is not told."""


schema = _Schema(
    query=Query,
    extensions=[
        lambda: MaxTokensLimiter(LIMITS.tokens),
        lambda: AddValidationRules(list(recommended_rules)),  # the depth of introspection
        _LimitQueries,
    ],
)


def _drop_null_defaults() -> None:
    """Make `= None` of a resolver mean an optional argument, not one whose default is null: both answer alike."""
    for type_ in schema._schema.type_map.values():  # noqa: SLF001
        if isinstance(type_, GraphQLObjectType):
            for field in type_.fields.values():
                for argument in field.args.values():
                    if argument.default_value is None:
                        argument.default_value = Undefined


_drop_null_defaults()


def sdl() -> str:
    """Return the schema in GraphQL's schema definition language, ending with a newline."""
    return schema.as_str().rstrip() + "\n"
