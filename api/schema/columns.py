"""Columns of values, as the plans of `api.schema.execution` complete them: all of one field or list at once."""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from itertools import chain, islice, repeat
from math import isfinite
from typing import Any, Final, TypeAlias

from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.enum import StrawberryEnumDefinition

__all__ = ["SCALARS", "Column", "NotPlainError", "lists", "members", "nullable", "rows"]

Column: TypeAlias = Callable[[list[Any], Any], list[Any]]
"""Completes values for an executor: as many as it is given, in their order. Raises NotPlainError."""


class NotPlainError(Exception):
    """A value that graphql-core has to complete."""


def _only(class_: type, values: list[Any]) -> list[Any]:
    """Return the values. Raises NotPlainError if one of them is not exactly of this class."""
    if not {class_}.issuperset(map(type, values)):
        raise NotPlainError
    return values


def _ints(values: list[Any], _: object) -> list[Any]:
    if _only(int, values) and (min(values) < GRAPHQL_MIN_INT or max(values) > GRAPHQL_MAX_INT):
        raise NotPlainError
    return values


def _floats(values: list[Any], _: object) -> list[Any]:
    if not all(map(isfinite, _only(float, values))):
        raise NotPlainError
    return values


SCALARS: Final[Mapping[GraphQLOutputType, Column]] = {
    GraphQLString: lambda values, _: _only(str, values),
    GraphQLID: lambda values, _: _only(str, values),
    GraphQLBoolean: lambda values, _: _only(bool, values),
    GraphQLInt: _ints,
    GraphQLFloat: _floats,
}


def members(type_: GraphQLEnumType) -> Column | None:
    """Return the column of an enum's values, None if it is not made of a class."""
    definition = type_.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if not isinstance(definition, StrawberryEnumDefinition) or not issubclass(definition.wrapped_cls, Enum):
        return None
    class_ = definition.wrapped_cls
    names = {member: type_.coerce_output_value(member) for member in class_}
    return lambda values, _: list(map(names.__getitem__, _only(class_, values)))


def nullable(column: Column) -> Column:
    """Return the column of values that may be None."""

    def complete(values: list[Any], asking: Any) -> list[Any]:
        given = [value for value in values if value is not None]
        if len(given) == len(values):
            return column(values, asking)
        completed = iter(column(given, asking))
        return [None if value is None else next(completed) for value in values]

    return complete


def lists(items: Column) -> Column:
    """Return the column of lists of such values."""

    def complete(values: list[Any], asking: Any) -> list[Any]:
        completed = iter(items(list(chain.from_iterable(_only(list, values))), asking))
        return [list(islice(completed, len(value))) for value in values]

    return complete


def rows(
    class_: type,
    type_: GraphQLObjectType,
    names: tuple[str, ...],
    answers: list[Callable[[list[Any], Any], Iterable[Any]]],
) -> Column:
    """Return the column of objects of a class, as rows of what `answers` give for the response keys `names`."""

    def complete(objects: list[Any], asking: Any) -> list[Any]:
        _only(class_, objects)
        # Strawberry gives types with interfaces a check that our class passes, unless an object was `strawberry.cast`.
        is_type_of: Callable[[Any, Any], object] | None = type_.is_type_of
        if is_type_of is not None and not all(is_type_of(value, None) for value in objects):
            raise NotPlainError
        try:
            columns = [answer(objects, asking) for answer in answers]
        except AttributeError:
            raise NotPlainError from None
        return list(map(dict, map(zip, repeat(names), zip(*columns, strict=True))))

    return complete
