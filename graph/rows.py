"""Concepts, relations, sources and passages as rows of named values, both ways: what all formats of a graph share.

A format finds rows in a file and says where each stands; here they are checked and become a graph. What a row must
have, what may be left out and what is kept that nobody here knows is therefore the same for every format, see
`graph_of`.

Whatever was accepted can be written again: text that is not Unicode, numbers that JSON does not have, and nesting
deeper than a serializer goes are refused when they are read.
"""

import math
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final, TypeVar, get_args

from graph.errors import InvalidGraph
from graph.model import (
    Concept,
    ConceptKind,
    Evidence,
    KnowledgeGraph,
    Origin,
    Passage,
    Relation,
    RelationKey,
    RelationType,
    Source,
    SourceFormat,
)

__all__ = [
    "EDGE_FIELDS",
    "NODE_FIELDS",
    "Placed",
    "Row",
    "edge_row",
    "graph_of",
    "node_row",
    "object_of",
    "passage_row",
    "rows_of",
    "show",
    "source_row",
]

NODE_FIELDS: Final = ("id", "name", "aliases", "kind", "definition", "document", "line")
EDGE_FIELDS: Final = ("source", "target", "key", "type", "origin", "confidence", "evidence", "because", "group")
_FORMATS: Final[Mapping[str, SourceFormat]] = {name: name for name in get_args(SourceFormat)}
_MAX_DEPTH: Final = 50  # of the fields that we only carry; orjson writes at most 254 levels
_SHOWN_CHARS: Final = 60  # of a wrong value, in a message

Row = Mapping[str, object]
Placed = tuple[str, object]  # where a row stands, as a message names it; and the row, which may yet be anything
Enum = TypeVar("Enum", ConceptKind, Origin, RelationType)


# -- out -----------------------------------------------------------------------------------------------------


def node_row(concept: Concept) -> dict[str, object]:
    """Return a concept as one of a document's `nodes`: our fields first, then those of `extra`, sorted."""
    row: dict[str, object] = {
        "id": concept.id,
        "name": concept.name,
        "aliases": list(concept.aliases),
        "kind": concept.kind.value,
        "definition": concept.definition,
        "document": concept.document,
        "line": concept.line,
    }
    return row | _extra(concept.extra, NODE_FIELDS, f"the concept {concept.id!r}")


def edge_row(relation: Relation) -> dict[str, object]:
    """Return a relation as one of a document's `edges`: our fields first, then those of `extra`, sorted."""
    row: dict[str, object] = {
        "source": relation.source,
        "target": relation.target,
        "key": relation.type.value,
        "type": relation.type.value,
        "origin": relation.origin.value,
        "confidence": relation.confidence,
        "evidence": [{"document": e.source, "line": e.line, "text": e.text, "rule": e.rule} for e in relation.evidence],
        "because": [{"source": s, "type": t.value, "target": o} for s, t, o in relation.because],
        "group": relation.group,
    }
    return row | _extra(relation.extra, EDGE_FIELDS, f"the relation {relation.source!r} to {relation.target!r}")


def source_row(source: Source) -> dict[str, object]:
    """Return a source as one of a document's `sources`."""
    return {"path": source.path, "format": source.format, "title": source.title, "sha256": source.sha256}


def passage_row(passage: Passage) -> dict[str, object]:
    """Return a passage as one of a document's `passages`."""
    return {
        "document": passage.source,
        "line": passage.line,
        "text": passage.text,
        "section": list(passage.section),
        "concepts": list(passage.concepts),
    }


# -- in ------------------------------------------------------------------------------------------------------


def graph_of(
    nodes: Iterable[Placed],
    edges: Iterable[Placed],
    *,
    sources: Iterable[Placed] = (),
    passages: Iterable[Placed] = (),
) -> KnowledgeGraph:
    """Return the graph that rows say.

    * Ids are kept as given; one that is a whole number becomes its digits. A missing or blank name is the id; blank
      aliases, repeated ones and the name among them are left out.
    * Types, kinds and origins are read in any case, an edge's `type` with spaces or hyphens for underscores as well.
    * An end of an edge for which there is no node becomes a concept; a document of evidence or of a passage for
      which there is no source becomes a source, of the format `import`.
    * An edge with neither evidence nor `because` comes in as `curated`. One that names no origin is `stated` if it
      has evidence, else `inferred`. A missing confidence is 1. Missing parts of evidence are `unknown`, line 1 and
      the rule `import`.
    * Other fields of nodes and edges are kept as `extra`.
    * A relation of a concept to itself is left out, and relations with one key are united, as in `KnowledgeGraph.of`.

    Raises InvalidGraph, naming the row, if a required field is missing, a field is of the wrong kind or out of its
    range, two nodes of one id differ, or two sources have one path. Linear.
    """
    read_sources = _read_sources(sources)
    read_passages = [_read_passage(row, where) for where, row in passages]
    concepts: dict[str, Concept] = {}
    first_place: dict[str, str] = {}
    for where, row in nodes:
        concept = _read_node(row, where)
        if concepts.setdefault(concept.id, concept) != concept:
            raise InvalidGraph(
                f"{where} has the id {show(concept.id)} of {first_place[concept.id]} and differs from it: "
                "give each concept one node"
            )
        first_place.setdefault(concept.id, where)
    relations = [_read_edge(row, where) for where, row in edges]
    for relation in relations:
        for end in (relation.source, relation.target):
            concepts.setdefault(end, Concept(end, end))
    named = dict.fromkeys([*(e.source for r in relations for e in r.evidence), *(p.source for p in read_passages)])
    new = [Source(path, "import", path, "") for path in named if path not in read_sources]
    return KnowledgeGraph.of(concepts.values(), relations, read_passages, [*read_sources.values(), *new])


def _read_sources(rows: Iterable[Placed]) -> dict[str, Source]:
    found: dict[str, Source] = {}
    for where, row in rows:
        source = _read_source(row, where)
        if source.path in found:
            raise InvalidGraph(f"{where} is the second of the path {show(source.path)}: keep one row for each source")
        found[source.path] = source
    return found


def _read_source(value: object, where: str) -> Source:
    row = object_of(value, where, "give an object with a path")
    path = _required(row, "path", where)
    name = _text(row, "format", where) or "import"
    if name not in _FORMATS:
        raise InvalidGraph(f"{where}.format is {show(name)}: use {', '.join(_FORMATS)}, or leave it out")
    return Source(path, _FORMATS[name], _text(row, "title", where) or path, _text(row, "sha256", where) or "")


def _read_passage(value: object, where: str) -> Passage:
    row = object_of(value, where, "give an object with document, line and text")
    return Passage(
        _required(row, "document", where),
        _line(row, where) or 1,
        _required(row, "text", where),
        _texts(row, "section", where),
        _texts(row, "concepts", where),
    )


def _read_node(value: object, where: str) -> Concept:
    row = object_of(value, where, "give an object with an id")
    concept_id = _id(row, "id", where)
    name = _text(row, "name", where) or ""
    name = name if name.strip() else concept_id
    aliases = dict.fromkeys(alias for alias in _texts(row, "aliases", where) if alias.strip() and alias != name)
    return Concept(
        concept_id,
        name,
        tuple(aliases),
        _choice(row, "kind", where, ConceptKind) or ConceptKind.OTHER,
        _text(row, "definition", where),
        _text(row, "document", where),
        _line(row, where),
        _carried(row, NODE_FIELDS, where),
    )


def _read_edge(value: object, where: str) -> Relation:
    row = object_of(value, where, "give an object with source, target and type")
    relation_type = _choice(row, "type", where, RelationType)
    if relation_type is None:
        raise InvalidGraph(f"{where} has no type: add one of {', '.join(RelationType)}")
    evidence = tuple(
        _read_evidence(item, f"{where}.evidence[{i}]") for i, item in enumerate(rows_of(row, "evidence", where))
    )
    because = tuple(_read_key(item, f"{where}.because[{i}]") for i, item in enumerate(rows_of(row, "because", where)))
    origin = _choice(row, "origin", where, Origin) or (Origin.STATED if evidence else Origin.INFERRED)
    return Relation(
        _id(row, "source", where),
        relation_type,
        _id(row, "target", where),
        origin if evidence or because else Origin.CURATED,
        _confidence(row, where),
        evidence,
        because,
        _text(row, "group", where),
        _carried(row, EDGE_FIELDS, where),
    )


def _read_evidence(value: object, where: str) -> Evidence:
    row = object_of(value, where, "give an object with document, line, text and rule")
    return Evidence(
        _text(row, "document", where) or "unknown",
        _line(row, where) or 1,
        _text(row, "text", where) or "",
        _text(row, "rule", where) or "import",
    )


def _read_key(value: object, where: str) -> RelationKey:
    """Read a relation's key, an object or a list of source, type and target."""
    if isinstance(value, list) and len(value) == len(_KEY_FIELDS):
        value = dict(zip(_KEY_FIELDS, value, strict=True))
    row = object_of(value, where, "give an object with source, type and target")
    relation_type = _choice(row, "type", where, RelationType)
    if relation_type is None:
        raise InvalidGraph(f"{where} has no type: add one of {', '.join(RelationType)}")
    return (_id(row, "source", where), relation_type, _id(row, "target", where))


_KEY_FIELDS: Final = ("source", "type", "target")


# -- fields --------------------------------------------------------------------------------------------------


def object_of(value: object, where: str, advice: str) -> Row:
    """Return `value` if it is an object with names for its fields; else raise InvalidGraph with the advice."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise InvalidGraph(f"{where} is {show(value)}, not an object: {advice}")
    return value


def rows_of(row: Row, field: str, where: str) -> list[object]:
    """Return the list in a field, empty if there is none; raise InvalidGraph if it is something else."""
    value = row.get(field)
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise InvalidGraph(f'"{field}" of {where} is {show(value)}, not a list: give a list or leave it out')
    return list(value)


def _id(row: Row, field: str, where: str) -> str:
    value = row.get(field)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _required(row, field, where)


def _required(row: Row, field: str, where: str) -> str:
    value = _text(row, field, where)
    if value is None or not value.strip():
        raise InvalidGraph(f"{where} has no {field}: add it")
    return value


def _text(row: Row, field: str, where: str) -> str | None:
    value = row.get(field)
    return None if value is None else _checked(value, f"{where}.{field}")


def _texts(row: Row, field: str, where: str) -> tuple[str, ...]:
    return tuple(_checked(item, f"{where}.{field}[{i}]") for i, item in enumerate(rows_of(row, field, where)))


def _checked(value: object, where: str) -> str:
    """Return `value` if it is text that every store and encoding can hold."""
    if not isinstance(value, str):
        raise InvalidGraph(f"{where} is {show(value)}, not text: put it in quotes")
    if "\0" in value or not _is_unicode(value):
        raise InvalidGraph(f"{where} holds a NUL character or half of a surrogate pair: remove it")
    return value


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _line(row: Row, where: str) -> int | None:
    value = row.get("line")
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value < 2**31):
        return value
    raise InvalidGraph(f"{where}.line is {show(value)}: lines are whole numbers from 1")


def _confidence(row: Row, where: str) -> float:
    value = row.get("confidence", 1.0)
    value = 1.0 if value is None else value
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    raise InvalidGraph(f"{where}.confidence is {show(value)}: give a number from 0 to 1, or leave it out")


def _choice(row: Row, field: str, where: str, choices: type[Enum]) -> Enum | None:
    text = _text(row, field, where)
    if text is None:
        return None
    spellings: Mapping[str, Enum] = _spellings(choices)
    found = spellings.get(text) or spellings.get(_folded(text))
    if found is None:
        raise InvalidGraph(f"{where}.{field} is {show(text)}: use one of {', '.join(choices)}")
    return found


@cache
def _spellings(choices: type[Enum]) -> dict[str, Enum]:
    return {choice.value: choice for choice in choices} | {_folded(choice.value): choice for choice in choices}


def _folded(text: str) -> str:
    return text.strip().casefold().replace("-", "_").replace(" ", "_")


# -- what we only carry --------------------------------------------------------------------------------------


def _carried(row: Row, known: Iterable[str], where: str) -> dict[str, object]:
    return {
        _checked(key, f"a field name of {where}"): _plain(value, f"{where}.{key}", _MAX_DEPTH)
        for key, value in sorted(item for item in row.items() if item[0] not in known)
    }


def _extra(extra: Mapping[str, object], known: Iterable[str], owner: str) -> dict[str, object]:
    """Return `extra` in its one written form; what has the name of one of our fields gives way to it."""
    return {
        key: _plain(value, f"{key} of {owner}", _MAX_DEPTH) for key, value in sorted(extra.items()) if key not in known
    }


def _plain(value: object, where: str, depth: int) -> object:
    """Return a copy of a JSON value with sorted fields, so that equal values are written alike."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _checked(value, where)
    if isinstance(value, int) and -(2**63) <= value < 2**64:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if depth and isinstance(value, list | tuple):
        return [_plain(item, f"{where}[{i}]", depth - 1) for i, item in enumerate(value)]
    if depth and isinstance(value, Mapping):
        fields = {_checked(key, f"a field name of {where}"): item for key, item in value.items()}
        return {key: _plain(item, f"{where}.{key}", depth - 1) for key, item in sorted(fields.items())}
    nested = isinstance(value, list | tuple | Mapping)
    why = f"is nested deeper than {_MAX_DEPTH} levels" if nested else "cannot be written as JSON"
    raise InvalidGraph(f"{where[:_SHOWN_CHARS]} {why}: change it or leave it out")


def show(value: object) -> str:
    """Return a value as a message shows it: on one line, cut."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…"
