"""Answers plain selections a column at a time, and leaves everything else to graphql-core.

graphql-core executes field by field: for each of 1,000 objects and each of 6 fields it builds a path and what a
resolver may want to know, calls the resolver, and finds out anew what type the result has to have. Most fields of
this schema need none of it: they read an attribute, and what they read is answered as it is. For those, `Executor`
keeps a plan for each selection set. It reads one attribute of all objects of a list, checks all values at once, does
so for the next attribute, and puts the columns together as rows. Six fields of 1,000 objects are then a few dozen
calls into C, not 6,000 into Python.

A field is **plain** if Strawberry resolves it by reading an attribute (no resolver, no arguments, no extension) and
its type is made of the built-in scalars, enums, and objects of which only plain fields are asked. A value is plain if
"Value Completion" (section 6.4.3 of the GraphQL specification of October 2021, as are those below) gives it back
unchanged or, for an enum, as its name: exactly a `str` for String and ID, a `bool`, an `int` of 32 bits, a finite
`float`, a member, a `list`, an instance of exactly the class of the object type, or None where null is allowed.

Whatever is not, makes the plan give up (`_NotPlainError`) before anything but attributes has been read, and
graphql-core executes that selection from its beginning: coercion, errors with their paths, nulls that propagate
(6.4.4) are its own. Of a selection that mixes both, the fields that are not plain are executed by graphql-core, in
their order and with their paths. Which fields a selection has (fragments, type conditions, @skip, @include, merged
aliases: 6.3.2) is always collected by graphql-core; a plan only begins after that. So the answers are the same, to
the order of keys and errors: `tests/test_api_execution.py` compares them on generated operations.

What is taken for granted: reading an attribute has no effect, so it does no harm to read it twice, or the second
object's before the first object's next one; and operations have been validated.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from itertools import chain, islice, repeat
from math import isfinite
from operator import attrgetter
from typing import Any, cast

from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLString,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField

__all__ = ["Executor"]

# Completes all values of one field, or of one list, at once: as many as it is given, in their order.
_Column = Callable[[list[Any]], list[Any]]


class _NotPlainError(Exception):
    """A value that graphql-core has to complete."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the fields of a selection set are answered: `plain` completes objects to rows with all response keys.

    `rest` are the fields that graphql-core executes; their places in a row are None until then.
    """

    plain: _Column
    rest: GroupedFieldSet


class Executor(StrawberryGraphQLCoreExecutionContext):
    """Executes one operation; as Strawberry's own where `context_value.fast` is false or the schema has middleware."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        manager = self.middleware_manager
        self._fast = bool(self.context_value.fast) and not (manager and manager.middlewares)
        self._forget()

    def _forget(self) -> None:
        # Both are found by identity, as graphql-core's own memo is, and so hold on to what they were made for.
        self._plans: dict[int, tuple[GroupedFieldSet, _Plan | None]] = {}
        self._columns: dict[tuple[int, int], tuple[FieldDetailsList, _Column | None]] = {}
        self._relevant_sub_fields = {}

    # -- where graphql-core asks ----------------------------------------------------------------------------------

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> Awaitable[dict[str, Any]] | dict[str, Any]:
        """Answer the plain fields of one object by its plan, and merge in what graphql-core makes of the rest."""
        plan = self._plan(parent_type, grouped_field_set) if self._fast else None
        if plan is not None:
            try:
                (row,) = plan.plain([source_value])
            except _NotPlainError:
                plan = None
        if plan is None:
            return super().execute_fields(parent_type, source_value, path, grouped_field_set, position_context)
        if plan.rest:
            others = super().execute_fields(parent_type, source_value, path, plan.rest, position_context)
            if self.is_awaitable(others):
                return _merge(row, others)
            row.update(others)
        return row  # type: ignore[no-any-return]

    def complete_iterable_value(
        self,
        item_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        items: Iterable[Any],
        position_context: Any,
    ) -> Awaitable[list[Any]] | list[Any]:
        """Answer a list whose items are plain as one column."""
        if self._fast and type(items) is list:
            key = (id(item_type), id(field_details_list))
            if key not in self._columns:
                self._columns[key] = (field_details_list, self._column(item_type, field_details_list))
            column = self._columns[key][1]
            if column is not None:
                try:
                    return column(items)
                except _NotPlainError:
                    pass
        return super().complete_iterable_value(item_type, field_details_list, info, path, items, position_context)

    def build_per_event_executor(self, payload: Any) -> "Executor":
        """Start anew for an event: its fields are collected anew, and what is remembered of others' would only grow."""
        executor = cast("Executor", super().build_per_event_executor(payload))
        executor._forget()  # noqa: SLF001
        return executor

    # -- plans ----------------------------------------------------------------------------------------------------

    def _plan(self, type_: GraphQLObjectType, fields: GroupedFieldSet) -> _Plan | None:
        """Return the plan of a selection set, None if nothing of it is plain."""
        if id(fields) not in self._plans:
            self._plans[id(fields)] = (fields, self._make_plan(type_, fields))
        return self._plans[id(fields)][1]

    def _make_plan(self, type_: GraphQLObjectType, fields: GroupedFieldSet) -> _Plan | None:
        definition = type_.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if not isinstance(definition, StrawberryObjectDefinition) or definition.is_type_of is not None:
            return None
        answers: list[Callable[[list[Any]], Iterable[Any]]] = []
        rest: GroupedFieldSet = {}
        for name, details in fields.items():
            field_name = details[0].node.name.value
            answer = self._answer(type_.fields[field_name], details) if field_name in type_.fields else None
            if field_name == "__typename":
                answers.append(lambda objects: repeat(type_.name, len(objects)))
            elif answer is not None:
                answers.append(answer)
            else:
                rest[name] = details
                answers.append(lambda objects: repeat(None, len(objects)))
        if len(rest) == len(fields):
            return None
        return _Plan(_rows(definition.origin, type_, tuple(fields), answers), rest)

    def _answer(self, field: GraphQLField, details: FieldDetailsList) -> _Column | None:
        """Return what gives the values of a plain field for a column of objects, None if it is not plain."""
        definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if not isinstance(definition, StrawberryField) or not definition.is_basic_field or field.args:
            return None
        column = self._column(field.type, details)
        if definition.default_resolver is not getattr or column is None:
            return None
        complete, read = column, attrgetter(definition.python_name)
        return lambda objects: complete(list(map(read, objects)))

    def _column(self, type_: GraphQLOutputType, details: FieldDetailsList) -> _Column | None:
        """Return what completes values to `type_`, None if there may be values that only graphql-core can complete."""
        if isinstance(type_, GraphQLNonNull):
            return self._present(type_.of_type, details)
        column = self._present(type_, details)
        return None if column is None else _nullable(column)

    def _present(self, type_: GraphQLOutputType, details: FieldDetailsList) -> _Column | None:
        """Return what completes values that may not be null."""
        if isinstance(type_, GraphQLList):
            items = self._column(type_.of_type, details)
            return None if items is None else _lists(items)
        if isinstance(type_, GraphQLEnumType):
            return _members(type_)
        if isinstance(type_, GraphQLObjectType):
            try:
                fields = self.collect_subfields(type_, details).grouped_field_set
            except (
                GraphQLError
            ):  # a directive's argument is null: an error of the object that is asked, if there is one
                return None
            plan = self._plan(type_, fields)
            return None if plan is None or plan.rest else plan.plain
        return _SCALARS.get(type_)


async def _merge(row: dict[str, Any], others: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    row.update(await others)
    return row


# -- columns of values --------------------------------------------------------------------------------------------


def _only(class_: type, values: list[Any]) -> list[Any]:
    """Return the values. Raises _NotPlainError if one of them is not exactly of this class."""
    if not {class_}.issuperset(map(type, values)):
        raise _NotPlainError
    return values


def _ints(values: list[Any]) -> list[Any]:
    if _only(int, values) and (min(values) < GRAPHQL_MIN_INT or max(values) > GRAPHQL_MAX_INT):
        raise _NotPlainError
    return values


def _floats(values: list[Any]) -> list[Any]:
    if not all(map(isfinite, _only(float, values))):
        raise _NotPlainError
    return values


_SCALARS: dict[GraphQLOutputType, _Column] = {
    GraphQLString: lambda values: _only(str, values),
    GraphQLID: lambda values: _only(str, values),
    GraphQLBoolean: lambda values: _only(bool, values),
    GraphQLInt: _ints,
    GraphQLFloat: _floats,
}


def _members(type_: GraphQLEnumType) -> _Column | None:
    definition = type_.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if not isinstance(definition, StrawberryEnumDefinition) or not issubclass(definition.wrapped_cls, Enum):
        return None
    class_ = definition.wrapped_cls
    names = {member: type_.coerce_output_value(member) for member in class_}
    return lambda values: list(map(names.__getitem__, _only(class_, values)))


def _nullable(column: _Column) -> _Column:
    def complete(values: list[Any]) -> list[Any]:
        given = [value for value in values if value is not None]
        if len(given) == len(values):
            return column(values)
        completed = iter(column(given))
        return [None if value is None else next(completed) for value in values]

    return complete


def _lists(items: _Column) -> _Column:
    def complete(values: list[Any]) -> list[Any]:
        completed = iter(items(list(chain.from_iterable(_only(list, values)))))
        return [list(islice(completed, len(value))) for value in values]

    return complete


def _rows(
    class_: type,
    type_: GraphQLObjectType,
    names: tuple[str, ...],
    answers: list[Callable[[list[Any]], Iterable[Any]]],
) -> _Column:
    def complete(objects: list[Any]) -> list[Any]:
        _only(class_, objects)
        # Strawberry gives types with interfaces a check that our class passes, unless an object was `strawberry.cast`.
        is_type_of: Callable[[Any, Any], object] | None = type_.is_type_of
        if is_type_of is not None and not all(is_type_of(value, None) for value in objects):
            raise _NotPlainError
        try:
            columns = [answer(objects) for answer in answers]
        except AttributeError:
            raise _NotPlainError from None
        return list(map(dict, map(zip, repeat(names), zip(*columns, strict=True))))

    return complete
