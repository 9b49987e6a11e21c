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

A field with a resolver that is no coroutine function is plain too where everything that is asked beside it is: its
resolver is called for one object after the other, with the arguments read once and one `info`, which has no path. Most
of them have their answer at once, as it came along with what they belong to (`api.schema.lookahead`). One that has to
wait, or fails, is left to graphql-core from then on (`_LaterError`), as are all of an operation that has several of
those.

Whatever is not plain, makes the plan give up (`NotPlainError`), and graphql-core executes that selection from its
beginning: coercion, errors with their paths, nulls that propagate (6.4.4) are its own. What resolvers had taken from
the request's `RowBudget` is put back before. Of a selection that mixes both, the fields that are not plain are executed
by graphql-core, in their order and with their paths, and so are those with resolvers. Which fields a selection has
(fragments, type conditions, @skip, @include, merged aliases: 6.3.2) is always collected by graphql-core; a plan only
begins after that. So the answers are the same, to the order of keys and errors: `tests/test_api_execution.py` compares
them on generated operations.

Plans are made once for each document that is kept (`api.schema.documents`) and has no directives, which could make its
selections another one each time (`Memo`); else for each execution.

What is taken for granted: reading an attribute or calling a resolver that is no coroutine function has no effect but on
the budget, below the root, so it does no harm to do so twice, or for the second object before the first object's next
field; and operations have been validated.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from itertools import repeat
from operator import attrgetter
from types import CoroutineType
from typing import Any, Final, cast

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
)
from graphql.execution.collect_fields import CollectedFields, FieldDetailsList, GroupedFieldSet
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import GraphQLCoreConverter, get_arguments
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from api.schema.columns import SCALARS, Column, NotPlainError, lists, members, nullable, rows

__all__ = ["Executor", "Memo"]


_MOST_TRIES: Final = 4  # fields that turn out to have no answer at once, after which no resolver is tried


class _LaterError(NotPlainError):
    """A field that graphql-core has to resolve."""

    def __init__(self, details: FieldDetailsList) -> None:
        super().__init__()
        self.details = details


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the fields of a selection set are answered: `plain` completes objects to rows with all response keys.

    `rest` are the fields that graphql-core executes; their places in a row are None until then.
    """

    plain: Column
    rest: GroupedFieldSet


@dataclass(slots=True)
class Memo:
    """What was collected and planned for a document, by the identity of what it was made for, which it holds on to.

    Executions may share it, in any thread, where the document's selections depend on nothing but its text.
    """

    roots: dict[int, GroupedFieldSet] = field(default_factory=dict)
    sub_fields: dict[tuple[GraphQLObjectType, int], tuple[FieldDetailsList, CollectedFields]] = field(
        default_factory=dict
    )
    plans: dict[int, tuple[GroupedFieldSet, _Plan | None]] = field(default_factory=dict)
    columns: dict[tuple[int, int], tuple[FieldDetailsList, Column | None]] = field(default_factory=dict)
    later: dict[int, FieldDetailsList] = field(default_factory=dict)


class Executor(StrawberryGraphQLCoreExecutionContext):
    """Executes one operation; as Strawberry's own where `context_value.fast` is false or the schema has middleware."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        manager = self.middleware_manager
        self._fast = bool(self.context_value.fast) and not (manager and manager.middlewares)
        kept: Memo | None = self.context_value.memo if self._fast else None
        self._remember(Memo() if kept is None else kept)

    def _remember(self, memo: Memo) -> None:
        self._memo = memo
        self._relevant_sub_fields = memo.sub_fields
        self._named: dict[int, dict[str, Any]] = {}

    # -- where graphql-core asks ----------------------------------------------------------------------------------

    def execute_collected_root_fields(
        self,
        root_type: GraphQLObjectType,
        root_value: Any,
        grouped_field_set: GroupedFieldSet,
        serially: bool,  # noqa: FBT001  (graphql-core's)
        new_defer_usages: Any,
    ) -> Awaitable[dict[str, Any]] | dict[str, Any]:
        """Go on with what was collected when the operation was first executed: equal, and known by its identity."""
        fields = self._memo.roots.setdefault(id(self.operation), grouped_field_set)
        return super().execute_collected_root_fields(root_type, root_value, fields, serially, new_defer_usages)

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> Awaitable[dict[str, Any]] | dict[str, Any]:
        """Answer the plain fields of one object by its plan, and merge in what graphql-core makes of the rest."""
        row = None
        if self._fast and path is not None:  # at the root are questions to the store
            while (plan := self._plan(parent_type, grouped_field_set)) is not None:
                found, again = self._tried(plan.plain, [source_value])
                if found is not None:
                    (row,), rest = found, plan.rest
                if not again:
                    break
        if row is None:
            return super().execute_fields(parent_type, source_value, path, grouped_field_set, position_context)
        if rest:
            others = super().execute_fields(parent_type, source_value, path, rest, position_context)
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
            columns = self._memo.columns
            again = True
            while again:
                kept = columns.get(key)
                if kept is None:
                    kept = columns[key] = (field_details_list, self._column(item_type, field_details_list))
                column = kept[1]
                if column is None:
                    break
                found, again = self._tried(column, items)
                if found is not None:
                    return found
        return super().complete_iterable_value(item_type, field_details_list, info, path, items, position_context)

    def _tried(self, column: Column, values: list[Any]) -> tuple[list[Any] | None, bool]:
        """Return what a column makes of values, None if it gives up, and whether there may be another one to try."""
        budget = self.context_value.rows
        left = budget.left
        try:
            return column(values, self), False
        except _LaterError as later:
            budget.left = left
            self._memo.later[id(later.details)] = later.details
            self._memo.plans.clear()
            self._memo.columns.clear()
            return None, True
        except NotPlainError:
            budget.left = left
            return None, False

    def build_per_event_executor(self, payload: Any) -> "Executor":
        """Start anew for an event: its fields are collected anew, and what is remembered of others' would only grow."""
        executor = cast("Executor", super().build_per_event_executor(payload))
        executor._remember(Memo())  # noqa: SLF001
        return executor

    # -- plans ----------------------------------------------------------------------------------------------------

    def _plan(self, type_: GraphQLObjectType, fields: GroupedFieldSet) -> _Plan | None:
        """Return the plan of a selection set, None if nothing of it is plain."""
        kept = self._memo.plans.get(id(fields))
        if kept is None:
            kept = self._memo.plans[id(fields)] = (fields, self._make_plan(type_, fields))
        return kept[1]

    def _make_plan(self, type_: GraphQLObjectType, fields: GroupedFieldSet) -> _Plan | None:
        definition = type_.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if not isinstance(definition, StrawberryObjectDefinition) or definition.is_type_of is not None:
            return None
        answers: dict[str, Callable[[list[Any], Any], Iterable[Any]]] = {}
        for name, details in fields.items():
            field_name = details[0].node.name.value
            answer = self._read(type_.fields[field_name], details) if field_name in type_.fields else None
            if field_name == "__typename":
                answers[name] = lambda objects, _: repeat(type_.name, len(objects))
            elif answer is not None:
                answers[name] = answer
        rest = {name: details for name, details in fields.items() if name not in answers}
        if rest and (resolved := self._resolved(type_, rest)):
            answers |= resolved
            rest = {}
        if len(rest) == len(fields):
            return None
        columns = [answers.get(name, lambda objects, _: repeat(None, len(objects))) for name in fields]
        return _Plan(rows(definition.origin, type_, tuple(fields), columns), rest)

    def _read(self, field: GraphQLField, details: FieldDetailsList) -> Column | None:
        """Return what gives the values of an attribute for a column of objects, None if it is not plain."""
        definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if not isinstance(definition, StrawberryField) or not definition.is_basic_field or field.args:
            return None
        column = self._column(field.type, details)
        if definition.default_resolver is not getattr or column is None:
            return None
        complete, read = column, attrgetter(definition.python_name)
        return lambda objects, asking: complete(list(map(read, objects)), asking)

    def _resolved(self, type_: GraphQLObjectType, fields: GroupedFieldSet) -> dict[str, Column] | None:
        """Return what gives the values of fields with resolvers by their names, None if one of them is not plain."""
        later = self._memo.later
        if len(later) >= _MOST_TRIES or not later.keys().isdisjoint(map(id, fields.values())):
            return None
        found: dict[str, Column] = {}
        for name, details in fields.items():
            field = type_.fields.get(details[0].node.name.value)
            column = None if field is None else self._resolve(type_, field, details)
            if column is None:
                return None
            found[name] = column
        return found

    def _resolve(self, type_: GraphQLObjectType, field: GraphQLField, details: FieldDetailsList) -> Column | None:
        """Return what calls the resolver of a field for a column of objects, None if it cannot be called so."""
        definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if not isinstance(definition, StrawberryField) or definition.is_async or definition.extensions:
            return None
        resolver = definition.base_resolver
        if resolver is None or not resolver.self_parameter or resolver.parent_parameter or resolver.root_parameter:
            return None
        column = self._column(field.type, details)
        if column is None:
            return None
        complete, call = column, cast("Callable[..., Any]", resolver.wrapped_func)

        def answer(objects: list[Any], asking: Executor) -> list[Any]:
            values, is_awaitable = [], asking.is_awaitable
            try:
                named = asking._arguments(type_, field, definition, details)
                for each in objects:
                    value = call(each, **named)
                    if is_awaitable(value):
                        break
                    values.append(value)
            except Exception as error:
                raise _LaterError(details) from error
            if len(values) < len(objects):
                if isinstance(value, CoroutineType):
                    value.close()
                raise _LaterError(details)
            return complete(values, asking)

        return answer

    def _arguments(
        self, type_: GraphQLObjectType, field: GraphQLField, definition: StrawberryField, details: FieldDetailsList
    ) -> dict[str, Any]:
        """Return what a resolver is called with beside the object, as Strawberry has it. Raises what that raises."""
        found = self._named.get(id(details))
        if found is not None:
            return found
        first = details[0]
        given = (
            get_argument_values(field, first.node, self.variable_values, first.fragment_variable_values)
            if field.args
            else {}
        )
        strawberry_schema = self.schema.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
        nowhere = cast("Path", None)
        info = self.build_resolve_info(field, [each.node for each in details], type_, nowhere)
        _, named = get_arguments(
            field=definition,
            source=None,
            info=strawberry_schema.config.info_class(_raw_info=info, _field=definition),
            kwargs=given,
            config=strawberry_schema.config,
            scalar_registry=strawberry_schema.schema_converter.scalar_registry,
        )
        self._named[id(details)] = named
        return named

    def _column(self, type_: GraphQLOutputType, details: FieldDetailsList) -> Column | None:
        """Return what completes values to `type_`, None if there may be values that only graphql-core can complete."""
        if isinstance(type_, GraphQLNonNull):
            return self._present(type_.of_type, details)
        column = self._present(type_, details)
        return None if column is None else nullable(column)

    def _present(self, type_: GraphQLOutputType, details: FieldDetailsList) -> Column | None:
        """Return what completes values that may not be null."""
        if isinstance(type_, GraphQLList):
            items = self._column(type_.of_type, details)
            return None if items is None else lists(items)
        if isinstance(type_, GraphQLEnumType):
            return members(type_)
        if isinstance(type_, GraphQLObjectType):
            try:
                fields = self.collect_subfields(type_, details).grouped_field_set
            except (
                GraphQLError
            ):  # a directive's argument is null: an error of the object that is asked, if there is one
                return None
            plan = self._plan(type_, fields)
            return None if plan is None or plan.rest else plan.plain
        return SCALARS.get(type_)


async def _merge(row: dict[str, Any], others: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    row.update(await others)
    return row
