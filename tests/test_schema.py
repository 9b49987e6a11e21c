"""The schema as a contract: its committed text, the names that others rely on, and a description for everything."""

import re
from collections.abc import Collection, Iterator
from enum import Enum
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    get_named_type,
    get_nullable_type,
    is_required_argument,
)

from api.limits import ESTIMATES
from api.schema import schema, sdl
from graph.model import ConceptKind, Origin, RelationType

ROOT = Path(__file__).parents[1]
TYPES = {name: type_ for name, type_ in schema._schema.type_map.items() if not name.startswith("__")}

# What clients are written against: a field may gain arguments, a type may gain fields, none of this may change.
CONTRACT = {
    "Query": {
        "concept": "(id: ID!): Concept",
        "concepts": "(first: Int = 20, after: String, topic: ID, kind: ConceptKind): ConceptConnection!",
        "search": "(query: String!, first: Int = 10): [SearchHit!]!",
        "topics": "(parent: ID): [Topic!]!",
        "neighborhood": "(ids: [ID!]!, radius: Int = 1, types: [RelationType!], first: Int = 200): Subgraph!",
        "studyPath": "(targets: [ID!]!, known: [ID!] = [], minConfidence: Float = 0): StudyPath!",
        "frontier": "(known: [ID!]!, first: Int = 20, targets: [ID!] = []): [FrontierItem!]!",
        "shortestPath": "(source: ID!, target: ID!, types: [RelationType!], directed: Boolean = true): [Relation!]",
        "stats": ": Stats!",
    },
    "Concept": {
        "id": ": ID!",
        "name": ": String!",
        "aliases": ": [String!]!",
        "kind": ": ConceptKind!",
        "definition": ": String",
        "topics": ": [Topic!]!",
        "passages": ": [Passage!]!",
        "relations": "(types: [RelationType!], direction: Direction = BOTH, first: Int = 20, after: String): "
        "RelationConnection!",
        "prerequisites": ": [Concept!]!",
        "unlocks": ": [Concept!]!",
    },
    "Relation": {
        "type": ": RelationType!",
        "source": ": Concept!",
        "target": ": Concept!",
        "origin": ": Origin!",
        "confidence": ": Float!",
        "evidence": ": [Evidence!]!",
        "because": ": [Relation!]!",
    },
    "Evidence": {"source": ": Source!", "line": ": Int!", "text": ": String!", "rule": ": String!"},
    "StudyPath": {"steps": ": [Step!]!", "cycles": ": [[ID!]!]!"},
    "Step": {"concept": ": Concept!", "because": ": [Relation!]!"},
    "Topic": {
        "id": ": ID!",
        "name": ": String!",
        "concept": ": Concept!",
        "conceptCount": ": Int!",
        "childCount": ": Int!",
    },
    "SearchHit": {"concept": ": Concept!", "score": ": Float!", "matched": ": String!"},
    "Subgraph": {"concepts": ": [Concept!]!", "relations": ": [Relation!]!", "truncated": ": Boolean!"},
    "FrontierItem": {"concept": ": Concept!", "unlocks": ": [Concept!]!"},
    "ConceptConnection": {"edges": ": [ConceptEdge!]!", "pageInfo": ": PageInfo!", "totalCount": ": Int!"},
    "ConceptEdge": {"cursor": ": String!", "node": ": Concept!"},
    "RelationConnection": {"edges": ": [RelationEdge!]!", "pageInfo": ": PageInfo!", "totalCount": ": Int!"},
    "RelationEdge": {"cursor": ": String!", "node": ": Relation!"},
    "PageInfo": {
        "hasNextPage": ": Boolean!",
        "hasPreviousPage": ": Boolean!",
        "startCursor": ": String",
        "endCursor": ": String",
    },
}


def signature(field: GraphQLField, *, without: Collection[str] = ()) -> str:
    """Return a field's arguments and type as GraphQL writes them, without descriptions."""
    arguments = [
        f"{name}: {argument.type}" + (f" = {literal(argument.default_value)}" if has_default(argument) else "")
        for name, argument in field.args.items()
        if name not in without
    ]
    return (f"({', '.join(arguments)})" if arguments else "") + f": {field.type}"


def has_default(argument: object) -> bool:
    return f"{getattr(argument, 'default_value', None)!r}" != "Undefined"


def literal(value: object) -> str:
    if isinstance(value, Enum):
        return value.name
    return {"True": "true", "False": "false", "()": "[]"}.get(f"{value!r}", f"{value}")


def fields() -> Iterator[tuple[str, GraphQLNamedType, GraphQLField]]:
    for type_ in TYPES.values():
        for name, field in getattr(type_, "fields", {}).items():
            yield f"{type_.name}.{name}", type_, field


def test_the_committed_schema_is_the_one_that_is_served() -> None:
    committed = (ROOT / "schema.graphql").read_text(encoding="utf-8")
    assert committed == sdl(), "write it anew: noteatlas schema > schema.graphql"


@pytest.mark.parametrize("type_name", CONTRACT)
def test_fields_that_clients_rely_on_are_there_with_their_arguments_and_types(type_name: str) -> None:
    type_ = TYPES[type_name]
    assert isinstance(type_, GraphQLObjectType)
    for name, told in CONTRACT[type_name].items():
        field = type_.fields[name]
        more = {a: argument for a, argument in field.args.items() if not re.search(rf"\b{a}: ", told)}
        assert not any(is_required_argument(argument) for argument in more.values()), name
        assert signature(field, without=more) == told


@pytest.mark.parametrize("enum", [ConceptKind, Origin, RelationType])
def test_an_enumeration_of_the_model_has_the_names_of_its_members(enum: type[Enum]) -> None:
    type_ = TYPES[enum.__name__]
    assert isinstance(type_, GraphQLEnumType)
    assert list(type_.values) == [member.name for member in enum]


def test_directions_are_out_in_and_both() -> None:
    type_ = TYPES["Direction"]
    assert isinstance(type_, GraphQLEnumType)
    assert list(type_.values) == ["OUT", "IN", "BOTH"]


def test_every_type_field_argument_and_value_is_described() -> None:
    described = {"ID", "String", "Int", "Float", "Boolean"}
    missing = [name for name, type_ in TYPES.items() if name not in described and not type_.description]
    for name, _, field in fields():
        if not field.description:
            missing.append(name)
        missing += [
            f"{name}({argument})" for argument, value in getattr(field, "args", {}).items() if not value.description
        ]
    for name, type_ in TYPES.items():
        if isinstance(type_, GraphQLEnumType):
            missing += [f"{name}.{value}" for value, row in type_.values.items() if not row.description]
    assert missing == []


def words(name: str) -> set[str]:
    """The words of a name: `minConfidence` is min and confidence, CONCEPT_KIND is concept and kind."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)}


def test_descriptions_are_sentences_that_say_more_than_the_name() -> None:
    told: list[tuple[str, str | None]] = [
        (name, type_.description) for name, type_ in TYPES.items() if not isinstance(type_, GraphQLScalarType)
    ]
    for name, _, field in fields():
        told.append((name, field.description))
        told += [(f"{name}.{argument}", value.description) for argument, value in getattr(field, "args", {}).items()]
    for name, type_ in TYPES.items():
        if isinstance(type_, GraphQLEnumType):
            told += [(f"{name}.{value}", row.description) for value, row in type_.values.items()]
    assert len(told) > 200
    little = {"a", "an", "the", "its", "of", "is", "this", "it", "what", "that", "which"}
    enough = {"Direction.BOTH", "Language.EN", "Language.ZH"}  # a word that the type's description explains
    trivial = {}
    for name, description in told:
        text = description or ""
        said = set(re.findall(r"[a-z0-9]+", text.lower())) - little - words(name)
        if not re.fullmatch(r"[A-Z0-9`].*\.", text, re.DOTALL) or not (said or name in enough):
            trivial[name] = text
    assert trivial == {}


def test_every_list_of_objects_without_a_page_size_has_an_estimate_and_no_other_field_has() -> None:
    carried = {"ConceptConnection.edges", "RelationConnection.edges", "Relation.evidence", "Relation.because"}
    carried |= {"Step.because"}
    lists = {
        name
        for name, _, field in fields()
        if isinstance(get_nullable_type(field.type), GraphQLList)
        and isinstance(get_named_type(field.type), GraphQLObjectType | GraphQLInterfaceType)
        and "first" not in field.args
    }
    assert lists - carried == set(ESTIMATES)


def test_there_are_two_mutations_and_one_subscription() -> None:
    assert schema._schema.mutation_type
    assert list(schema._schema.mutation_type.fields) == ["decide", "undo"]
    assert schema._schema.subscription_type
    assert list(schema._schema.subscription_type.fields) == ["loads"]
