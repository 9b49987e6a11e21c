"""The enumerations of the schema: the model's own, with a description for every value, and two of the API."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from graph import store
from graph.curation.decision import What
from graph.loads import LoadState
from graph.model import RELATION_TYPES, ConceptKind, Origin, RelationType

__all__ = [
    "DIRECTIONS",
    "ConceptKind",
    "DecisionKind",
    "Direction",
    "End",
    "Language",
    "LoadState",
    "Origin",
    "RelationType",
]

DecisionKind = What

_KINDS: Mapping[ConceptKind, str] = {
    ConceptKind.TOPIC: "A subject that other concepts belong to.",
    ConceptKind.METHOD: "A way of doing something: a technique, an algorithm, a mechanism.",
    ConceptKind.MODEL: "A model or a family of models.",
    ConceptKind.METRIC: "A number that says how good a result is.",
    ConceptKind.LOSS: "What training makes small.",
    ConceptKind.OPTIMIZER: "A rule for changing parameters in training.",
    ConceptKind.LAYER: "A building block of a network.",
    ConceptKind.PROBLEM: "Something that goes wrong or is to be solved.",
    ConceptKind.PROPERTY: "A quality that other concepts have or lack.",
    ConceptKind.TOOL: "A library, a program, a file format.",
    ConceptKind.EXERCISE: "A task to practise on.",
    ConceptKind.OTHER: "Anything else, or not known.",
}
_ORIGINS: Mapping[Origin, str] = {
    Origin.CURATED: "A person said so.",
    Origin.STATED: "A sentence of the notes says it; `evidence` quotes it.",
    Origin.STRUCTURAL: "A heading or a list of the notes says it.",
    Origin.INFERRED: "Derived from other relations, which `because` names.",
}


_LOAD_STATES: Mapping[LoadState, str] = {
    LoadState.READING: "The files are read.",
    LoadState.STORING: "What they say is stored, file by file.",
    LoadState.FINISHED: "It is done.",
    LoadState.FAILED: "It ended before it was done; `error` says why.",
}


_DECISIONS: Mapping[What, str] = {
    What.ACCEPT: "The relation is right. Needs `source`, `type` and `target`.",
    What.REJECT: "The relation is wrong. Needs `source`, `type` and `target`.",
    What.EDIT: "The relation is of another type, or points the other way. Needs `source`, `type` and `target`, and "
    "`toType` or `turn`.",
    What.ADD: "A relation that the notes do not state. Needs `source`, `type` and `target`.",
    What.RENAME: "What a concept is called. Needs `name` and `to`.",
    What.MERGE: "Two concepts are one. Needs `name` and `into`.",
    What.SPLIT: "Some names of a concept are those of another. Needs `name` and `out`.",
    What.SEPARATE: "Names that are never those of one concept. Needs `name` and `out`.",
}


def _learnt_first(type_: RelationType) -> str:
    end = RELATION_TYPES[type_].learnt_first
    return f" The {end} is learnt first." if end else ""


_TYPES: Mapping[RelationType, str] = {
    type_: f"The source {row.label_en} the target"
    + (", and the other way round." if row.symmetric else f" (which, read backwards, {row.inverse_en} it).")
    + _learnt_first(type_)
    for type_, row in RELATION_TYPES.items()
}


def _described(enum: type[Enum], description: str, values: Mapping[Any, str], *, name: str | None = None) -> None:
    """Make a model's enumeration one of the schema, where a value goes by the name of its member."""
    strawberry.enum(enum, name=name, description=description)
    definition: StrawberryEnumDefinition = enum.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = values[enum[value.name]]


_described(ConceptKind, "What sort of thing a concept is.", _KINDS)
_described(What, "What a person can decide about the graph.", _DECISIONS, name="DecisionKind")
_described(LoadState, "Where a load is.", _LOAD_STATES)
_described(Origin, "Where a relation comes from, strongest first.", _ORIGINS)
_described(
    RelationType, "How two concepts relate. Arrows read as a sentence: `GQA GENERALIZES MQA`, source first.", _TYPES
)


@strawberry.enum(description="Which relations of a concept are meant, seen from the concept.")
class Direction(Enum):
    """Values are the store's words."""

    OUT = strawberry.enum_value("out", description="Those that leave it: the concept is their source.")
    IN = strawberry.enum_value("in", description="Those that enter it: the concept is their target.")
    BOTH = strawberry.enum_value("both", description="Both.")


DIRECTIONS: Mapping[Direction, store.Direction] = {Direction.OUT: "out", Direction.IN: "in", Direction.BOTH: "both"}


@strawberry.enum(description="One end of a relation.")
class End(Enum):
    """Values are the model's words."""

    SOURCE = strawberry.enum_value("source", description="Where the arrow starts.")
    TARGET = strawberry.enum_value("target", description="Where the arrow points.")


@strawberry.enum(description="A language that labels are written in.")
class Language(Enum):
    """Values are the suffixes of the labels in `RelationTypeInfo`."""

    EN = strawberry.enum_value("en", description="English.")
    ZH = strawberry.enum_value("zh", description="Chinese.")
