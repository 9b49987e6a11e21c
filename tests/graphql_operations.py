"""Valid operations over a schema, made up by chance: what a fuzzer of GraphQL execution asks.

They have aliases, merged fields, inline and named fragments with and without type conditions, @skip and @include with
values and with variables, arguments as literals, variables and defaults, null ones and ones out of range included.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

__all__ = ["Operation", "operation"]

_DEPTH = 5
_FIELDS = 20


@dataclass(frozen=True, slots=True)
class Operation:
    """A document's text, and the values of its variables."""

    query: str
    variables: dict[str, Any]


@dataclass(slots=True)
class _Maker:
    """One operation in the making. `texts` are what strings and ids are taken from."""

    rng: Random
    schema: GraphQLSchema
    texts: list[str]
    fields: int = _FIELDS
    variables: dict[str, tuple[str, Any]] = field(default_factory=dict)  # name: declaration, value (... for none)
    fragments: dict[str, tuple[str, str]] = field(default_factory=dict)  # name: type, text
    asked: list[str] = field(default_factory=list)  # fields with their arguments, by the number of their alias

    def selection(self, type_: GraphQLNamedType, depth: int) -> str:
        chosen = [self.entry(type_, depth) for _ in range(self.rng.randint(1, 5))]
        if not any(chosen):
            chosen.append("__typename")
        return "{ " + " ".join(filter(None, chosen)) + " }"

    def entry(self, type_: GraphQLNamedType, depth: int) -> str:
        kind = self.rng.random()
        if kind < 0.08:
            return self.directed("__typename" if self.rng.random() < 0.7 else "kindOf: __typename")
        if kind < 0.16 and depth > 0:
            on = self.condition(type_)
            told = f" on {on.name}" if on is not type_ or self.rng.random() < 0.5 else ""
            return f"{self.directed('...' + told)} {self.selection(on, depth - 1)}"
        if kind < 0.24 and depth > 0 and depth < _DEPTH:
            return self.directed("..." + self.fragment(self.condition(type_), depth - 1))
        return self.field(type_, depth)

    def condition(self, type_: GraphQLNamedType) -> GraphQLNamedType:
        """Return a type that a fragment on `type_` may have."""
        if isinstance(type_, GraphQLInterfaceType):
            return self.rng.choice([type_, *self.schema.get_possible_types(type_)])
        interfaces = type_.interfaces if isinstance(type_, GraphQLObjectType) else ()
        return self.rng.choice([type_, type_, *interfaces])

    def fragment(self, on: GraphQLNamedType, depth: int) -> str:
        ready = [name for name, (type_, _) in self.fragments.items() if type_ == on.name]
        if ready and self.rng.random() < 0.5:
            return self.rng.choice(ready)
        text = self.selection(on, depth)  # may make others, whose names are taken then
        name = f"F{len(self.fragments)}"
        self.fragments[name] = (on.name, f"fragment {name} on {on.name} {text}")
        return name

    def field(self, type_: GraphQLNamedType, depth: int) -> str:
        assert isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
        leaves = [name for name, f in type_.fields.items() if is_leaf_type(get_named_type(f.type))]
        others = [name for name in type_.fields if name not in leaves]
        deeper = bool(others) and depth > 0 and self.fields > 0 and (not leaves or self.rng.random() < 0.5)
        if not deeper and not leaves:
            return "__typename"
        name = self.rng.choice(others if deeper else leaves)
        definition = type_.fields[name]
        self.fields -= 1
        text = self.directed(self.aliased(name + self.arguments(definition)))
        return f"{text} {self.selection(get_named_type(definition.type), depth - 1)}" if deeper else text

    def aliased(self, asked: str) -> str:
        """Give what has arguments an alias of its own, so that nothing else has its name; others, now and then."""
        if asked not in self.asked:
            self.asked.append(asked)
        plain = "(" not in asked and self.rng.random() < 0.85
        return asked if plain else f"a{self.asked.index(asked)}: {asked}"

    def directed(self, text: str) -> str:
        for name in ("skip", "include"):
            if self.rng.random() < 0.06:
                text += f" @{name}(if: {self.condition_value()})"
        return text

    def condition_value(self) -> str:
        kind = self.rng.random()
        if kind < 0.4:
            return self.rng.choice(["true", "false"])
        if kind < 0.95:
            return self.variable("Boolean!", self.rng.choice([True, False]))
        # Its default makes it valid here; that null is given all the same shows only when it is executed.
        return self.variable("Boolean = false", self.rng.choice([None, True, ...]))

    def variable(self, declared: str, value: Any) -> str:
        name = f"v{len(self.variables)}"
        self.variables[name] = (declared, value)
        return f"${name}"

    def arguments(self, definition: GraphQLField) -> str:
        given = []
        for name, argument in definition.args.items():
            if is_required_argument(argument) or name == "first" or self.rng.random() < 0.3:
                value = self.value(argument.type)
                literal = self.rng.random() < 0.7
                told = _literal(value, argument.type) if literal else self.variable(str(argument.type), value)
                given.append(f"{name}: {told}")
        return f"({', '.join(given)})" if given else ""

    def value(self, type_: Any) -> Any:
        rng = self.rng
        if not isinstance(type_, GraphQLNonNull):
            return None if rng.random() < 0.05 else self.value(GraphQLNonNull(type_))
        inner = type_.of_type
        if isinstance(inner, GraphQLList):
            return [self.value(inner.of_type) for _ in range(rng.choice([0, 1, 2, 2, 2, 2, 3]))]
        if isinstance(inner, GraphQLEnumType):
            return rng.choice(list(inner.values))
        if isinstance(inner, GraphQLInputObjectType):
            return {name: self.value(f.type) for name, f in inner.fields.items() if rng.random() < 0.3}
        makers: dict[str, Callable[[], Any]] = {
            "Int": lambda: rng.randint(1, 3) if rng.random() < 0.98 else rng.choice([0, -1, 101, 2**31 - 1]),
            "Float": lambda: rng.choice([0, 0, 0.5, 0.9, 1, 2]),
            "Boolean": lambda: rng.random() < 0.5,
            "String": lambda: rng.choice(self.texts if rng.random() < 0.97 else ["", "no such", "x" * 5_000]),
            "ID": lambda: rng.choice(self.texts if rng.random() < 0.97 else ["", "no such", "x" * 5_000]),
        }
        return makers[inner.name]()


def _literal(value: Any, type_: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_literal(item, type_) for item in value) + "]"
    if isinstance(value, dict):
        fields = get_named_type(type_).fields
        return "{" + ", ".join(f"{name}: {_literal(item, fields[name].type)}" for name, item in value.items()) + "}"
    if isinstance(get_named_type(type_), GraphQLEnumType) and value is not None:
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def operation(rng: Random, schema: GraphQLSchema, texts: list[str]) -> Operation:
    """Return a query made with `rng`; strings and ids are taken from `texts`. Nearly always valid."""
    assert schema.query_type is not None
    maker = _Maker(rng, schema, texts)
    selection = maker.selection(schema.query_type, _DEPTH)
    declared = ", ".join(f"${name}: {type_}" for name, (type_, _) in maker.variables.items())
    query = f"query{f'({declared})' if declared else ''} {selection}"
    parts = [query, *(text for _, text in maker.fragments.values())]
    return Operation(" ".join(parts), {n: v for n, (_, v) in maker.variables.items() if v is not ...})
