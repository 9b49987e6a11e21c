"""What a request may cost, decided before it is executed, and watched while it is.

Before: `violations` walks a parsed query once and measures five things: how deep it nests, how many aliases, fields
and directives it has once its fragments are spread out, and what it may cost. A fragment's measure does not depend on
where it is spread, so each is taken once and the walk is linear in the text, although what it counts may double with
every fragment: sixty that spread the next one twice have 2**60 fields, and are refused for it within milliseconds.

The **cost** is an estimate of the entries in all lists of the answer: a field with `first` has that many, a list
without has `ESTIMATES`' number, and what is selected below counts as often: 40 concepts with 20 relations each cost
40 * (1 + 20) = 840. `first` is read from the text, the request's variables or the default, whichever holds.

The walk runs on queries that have not been validated. What it cannot know it counts as nothing (an unknown field has
no cost, a fragment that spreads itself or does not exist nothing in it): validation, which follows, refuses it.
`__schema` and `__type` count their aliases and directives only, as introspection by tools is deep and wide, and
graphql-core bounds its depth.

While: `RowBudget` counts the entries that resolvers really hand out, because notes may hold more than any estimate
says. It refuses the whole answer; it never cuts a list short.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
)

from graph.errors import InvalidQuery

__all__ = [
    "ESTIMATES",
    "LIMITS",
    "MAX_IDS",
    "MAX_KNOWN",
    "MAX_NAME_LENGTH",
    "MAX_NEIGHBORHOOD",
    "MAX_PAGE",
    "MAX_RADIUS",
    "MAX_WAY",
    "Limits",
    "Measure",
    "RowBudget",
    "bounded",
    "checked_names",
    "measure",
    "page_size",
    "violations",
]

MAX_PAGE = 100  # `first` of every field but neighborhood
MAX_NEIGHBORHOOD = 300  # `first` of neighborhood: as many as a map shows at once
MAX_RADIUS = 3
MAX_WAY = 6  # relations in a way between two concepts
MAX_IDS = 100  # ids and targets of one field
MAX_KNOWN = 2_000
MAX_NAME_LENGTH = 4_000  # characters of an id, a name or an alias: as long as a store takes

_TOO_NESTED = 100  # levels of braces and spreads after which the walk itself stops; any such query is too deep


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most that one request may have of each; `tokens` is kept by the parser, `rows` while executing."""

    depth: int = 12
    aliases: int = 30
    fields: int = 400
    directives: int = 30
    cost: int = 10_000
    tokens: int = 1_000
    rows: int = 10_000


LIMITS = Limits()

# How many entries a list without `first` is taken to have. `edges` are counted by the `first` of their connection,
# evidence and reasons belong to the relation that carries them; both only multiply, by one. A field that is not named
# here and has no `first` is no list of objects: a test compares this table with the schema.
ESTIMATES: Mapping[str, int] = MappingProxyType(
    {
        "Comparison.between": 2,
        "Comparison.concepts": 3,
        "Comparison.only": 3,
        "Comparison.shared": 10,
        "Concept.topics": 1,
        "Concept.passages": 4,
        "Concept.prerequisites": 3,
        "Concept.unlocks": 3,
        "Facets.kinds": 12,
        "Facets.origins": 4,
        "Facets.relationTypes": 14,
        "FrontierItem.unlocks": 3,
        "OwnRelations.relations": 20,
        "PassageHit.concepts": 4,
        "PassageHit.spans": 3,
        "Query.nodes": 20,
        "Query.loads": 20,
        "Query.relationTypes": 14,
        "Query.shortestPath": 5,
        "Query.topics": 20,
        "SearchHit.spans": 2,
        "SharedRelation.relations": 2,
        "SharedRelation.sharedBy": 2,
        "Stats.conceptsByKind": 12,
        "Stats.relationsByType": 14,
        "StudyPath.cuts": 1,
        "StudyPath.steps": 50,
        "Subgraph.concepts": 1,
        "Subgraph.relations": 2,
        "Topic.children": 5,
    }
)


@dataclass(frozen=True, slots=True)
class Measure:
    """What a selection adds up to with its fragments spread out; `depth` counts levels of fields."""

    depth: int = 0
    aliases: int = 0
    fields: int = 0
    directives: int = 0
    cost: int = 0

    def beside(self, other: "Measure") -> "Measure":
        """Return the measure of both, one after the other in the same selection."""
        return Measure(
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.fields + other.fields,
            self.directives + other.directives,
            self.cost + other.cost,
        )


class _TooNestedError(Exception):
    """The walk met more levels than any query that is allowed has."""


@dataclass(slots=True)
class _Walk:
    """One operation's walk: what its variables are, and the fragments measured so far."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, object]
    measured: dict[str, Measure] = field(default_factory=dict)
    being_measured: set[str] = field(default_factory=set)

    def selections(self, node: SelectionSetNode | None, parent: GraphQLNamedType | None, level: int) -> Measure:
        if level > _TOO_NESTED:
            raise _TooNestedError
        total = Measure()
        for selection in node.selections if node else ():
            total = total.beside(self.selection(selection, parent, level))
        return total

    def selection(self, node: SelectionNode, parent: GraphQLNamedType | None, level: int) -> Measure:
        own = Measure(directives=len(node.directives or ()))
        if isinstance(node, FieldNode):
            return own.beside(self.field(node, parent, level))
        if isinstance(node, InlineFragmentNode):
            inner = self.schema.type_map.get(node.type_condition.name.value) if node.type_condition else parent
            return own.beside(self.selections(node.selection_set, inner, level + 1))
        return own.beside(self.fragment(node, level)) if isinstance(node, FragmentSpreadNode) else own

    def field(self, node: FieldNode, parent: GraphQLNamedType | None, level: int) -> Measure:
        aliases = int(node.alias is not None)
        definition = _definition(parent, node.name.value)
        inner = self.selections(node.selection_set, get_named_type(definition.type) if definition else None, level + 1)
        if node.name.value in {"__schema", "__type"}:
            return Measure(aliases=aliases + inner.aliases, directives=inner.directives)
        return Measure(
            depth=1 + inner.depth,
            aliases=aliases + inner.aliases,
            fields=1 + inner.fields,
            directives=inner.directives,
            cost=self.cost(node, parent, definition, inner.cost),
        )

    def cost(
        self, node: FieldNode, parent: GraphQLNamedType | None, definition: GraphQLField | None, inner: int
    ) -> int:
        rows = None
        if definition is not None and "first" in definition.args:
            rows = self.first(node.arguments or (), definition.args["first"].default_value)
        elif parent is not None:
            rows = ESTIMATES.get(f"{parent.name}.{node.name.value}")
        return inner if rows is None else rows * (1 + inner)

    def first(self, arguments: Collection[ArgumentNode], default: object) -> int:
        given = next((a.value for a in arguments if a.name.value == "first"), None)
        value: object = default
        if isinstance(given, IntValueNode):
            # A number of many digits is refused by its resolver; turning it into an int could take long.
            value = int(given.value) if len(given.value) < 10 else MAX_NEIGHBORHOOD
        elif isinstance(given, VariableNode):
            value = self.variables.get(given.name.value, default)
        return page_size(value, default if isinstance(default, int) else 0)

    def fragment(self, node: FragmentSpreadNode, level: int) -> Measure:
        name = node.name.value
        definition = self.fragments.get(name)
        if definition is None or name in self.being_measured:
            return Measure()
        if name not in self.measured:
            self.being_measured.add(name)
            on = self.schema.type_map.get(definition.type_condition.name.value)
            inner = self.selections(definition.selection_set, on, level + 1)
            self.measured[name] = inner.beside(Measure(directives=len(definition.directives or ())))
            self.being_measured.discard(name)
        return self.measured[name]


def page_size(value: object, default: int) -> int:
    """Return as how many entries a page counts for which `value` was given: from 0 to the most there are.

    What is no number is refused by validation or by its resolver, and counts as the default.
    """
    return min(max(value, 0), MAX_NEIGHBORHOOD) if isinstance(value, int) else default


def _definition(parent: GraphQLNamedType | None, name: str) -> GraphQLField | None:
    return parent.fields.get(name) if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else None


def measure(
    schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any] | None = None
) -> Measure | None:
    """Return the measure of the costliest operation in `document`, field by field; None if it nests beyond measuring.

    Linear in the size of the document, whatever its fragments spread to.
    """
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    worst = Measure()
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            values = {**_defaults(definition), **(variables or {})}
            walk = _Walk(schema, fragments, values)
            try:
                found = walk.selections(definition.selection_set, schema.get_root_type(definition.operation), 0)
            except _TooNestedError:
                return None
            found = found.beside(Measure(directives=len(definition.directives or ())))
            worst = Measure(*(max(getattr(worst, name), getattr(found, name)) for name in Measure.__slots__))
    return worst


def _defaults(operation: OperationDefinitionNode) -> dict[str, object]:
    """Return the default values of an operation's variables, those that can be a page size."""
    return {
        d.variable.name.value: int(d.default_value.value)
        for d in operation.variable_definitions or ()
        if isinstance(d.default_value, IntValueNode) and len(d.default_value.value) < 10
    }


_SENTENCES = MappingProxyType(
    {
        "depth": "the query nests {value} levels of fields; at most {allowed} are allowed",
        "aliases": "the query has {value} aliases; at most {allowed} are allowed",
        "fields": "the query has {value} fields, fragments spread out; at most {allowed} are allowed",
        "directives": "the query has {value} directives; at most {allowed} are allowed",
        "cost": "the answer may hold {value} entries; at most {allowed} are allowed: ask for smaller pages (`first`)",
    }
)


def violations(
    schema: GraphQLSchema,
    document: DocumentNode,
    variables: Mapping[str, Any] | None = None,
    *,
    limits: Limits = LIMITS,
) -> list[GraphQLError]:
    """Return an error for each limit that the query exceeds, in the order of `Limits`; none if it may be executed."""
    found = measure(schema, document, variables)
    if found is None:
        return [_refusal("depth", "the query nests too deeply", _TOO_NESTED, limits.depth)]
    errors = []
    for name, sentence in _SENTENCES.items():
        value, allowed = getattr(found, name), getattr(limits, name)
        if value > allowed:
            shown = value if value < 10**9 else "more than 1000000000"
            errors.append(_refusal(name, sentence.format(value=shown, allowed=allowed), min(value, 10**9), allowed))
    return errors


def _refusal(limit: str, message: str, value: int, allowed: int) -> GraphQLError:
    extensions = {"code": "LIMIT_EXCEEDED", "limit": limit, "value": value, "allowed": allowed}
    return GraphQLError(message, extensions=extensions)


@dataclass(slots=True)
class RowBudget:
    """How many list entries one request's resolvers may still hand out."""

    left: int = LIMITS.rows
    allowed: int = LIMITS.rows

    def take(self, rows: int) -> None:
        """Count `rows` more. Raises GraphQLError, code LIMIT_EXCEEDED, once they are more than allowed."""
        self.left -= rows
        if self.left < 0:
            message = f"the answer holds more than {self.allowed} list entries: ask for smaller pages or fewer fields"
            raise _refusal("rows", message, self.allowed - self.left, self.allowed)


def bounded(name: str, value: int | None, *, default: int, least: int = 1, most: int = MAX_PAGE) -> int:
    """Return the argument `name`, or its default if null was given. Raises InvalidQuery outside of least..most."""
    if value is None:
        return default
    if not least <= value <= most:
        raise InvalidQuery(f"{name} is {value}: give a number from {least} to {most}")
    return value


def checked_names(name: str, values: Collection[str] | None, *, most: int = MAX_IDS, least: int = 1) -> list[str]:
    """Return the ids or names given as argument `name`, without repeats. Raises InvalidQuery if they are too many.

    Also raised for an empty or overlong one, and for fewer than `least`.
    """
    given = list(dict.fromkeys(values or ()))
    if not least <= len(given) <= most:
        raise InvalidQuery(f"{name} has {len(given)} entries: give from {least} to {most}")
    for value in given:
        if not value.strip() or len(value) > MAX_NAME_LENGTH:
            raise InvalidQuery(f"{name}: an id or name has from 1 to {MAX_NAME_LENGTH} characters")
    return given
