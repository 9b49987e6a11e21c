"""A graph as a document: networkx's node-link JSON, both ways.

What comes out is what `networkx.node_link_graph(document, edges="edges")` reads, a directed multigraph whose edge keys
are the relation types:

    {"directed": true, "multigraph": true,
     "graph": {"sources": [{path, format, title, sha256}],
               "passages": [{document, line, text, section, concepts}]},
     "nodes": [{id, name, aliases, kind, definition, document, line}],
     "edges": [{source, target, key, type, origin, confidence, evidence: [{document, line, text, rule}],
                because: [{source, type, target}], group}]}

What goes in may be much less: of a node only `id` is required, of an edge only `source`, `target` and `type`. Fields
that mean nothing to us are kept in `extra` of the concept or relation, and given back. Fields that mean something
must be of the right kind: a document is read whole or not at all, and the error names the row.

* `from_node_link(to_node_link(graph)) == graph` for every graph that has a concept for each end, a source for each
  document, and evidence or reasons for each relation that is not curated; `dumps` gives equal graphs equal bytes.
* Whatever was accepted can be written again: text that is not Unicode, numbers that JSON does not have, and nesting
  deeper than a serializer goes are refused when they are read.
"""

import codecs
import math
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final, TypeVar, get_args

import orjson

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

__all__ = ["dumps", "edge_row", "from_node_link", "loads", "node_row", "to_node_link"]

_NODE_FIELDS: Final = frozenset({"id", "name", "aliases", "kind", "definition", "document", "line"})
_EDGE_FIELDS: Final = frozenset(
    {"source", "target", "key", "type", "origin", "confidence", "evidence", "because", "group"}
)
_FORMATS: Final[Mapping[str, SourceFormat]] = {name: name for name in get_args(SourceFormat)}
_MAX_DEPTH: Final = 50  # of the fields that we only carry; orjson writes at most 254 levels
_SHOWN_CHARS: Final = 60  # of a wrong value, in a message

Row = Mapping[str, object]
Enum = TypeVar("Enum", ConceptKind, Origin, RelationType)


# -- out -----------------------------------------------------------------------------------------------------


def to_node_link(graph: KnowledgeGraph) -> dict[str, object]:
    """Return `graph` as a document, in the graph's order: nodes by id, edges by (source, type, target)."""
    return {
        "directed": True,
        "multigraph": True,
        "graph": {
            "sources": [
                {"path": s.path, "format": s.format, "title": s.title, "sha256": s.sha256} for s in graph.sources
            ],
            "passages": [
                {
                    "document": p.source,
                    "line": p.line,
                    "text": p.text,
                    "section": list(p.section),
                    "concepts": list(p.concepts),
                }
                for p in graph.passages
            ],
        },
        "nodes": [node_row(c) for c in graph.concepts],
        "edges": [edge_row(r) for r in graph.relations],
    }


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
    return row | _extra(concept.extra, _NODE_FIELDS, f"the concept {concept.id!r}")


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
    return row | _extra(relation.extra, _EDGE_FIELDS, f"the relation {relation.source!r} to {relation.target!r}")


def dumps(graph: KnowledgeGraph) -> bytes:
    """Return `graph` as a document in UTF-8, indented, ending in a newline; equal graphs give equal bytes.

    Raises InvalidGraph if a text in it is not Unicode, as the name of a file may be.
    """
    try:
        return orjson.dumps(to_node_link(graph), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError as error:
        raise InvalidGraph(f"the graph cannot be written as JSON ({error}): change the name or text in it") from error


# -- in ------------------------------------------------------------------------------------------------------


def loads(content: bytes | str) -> KnowledgeGraph:
    """Return the graph that a JSON document holds; see `from_node_link`. Raises InvalidGraph if it is not JSON."""
    if isinstance(content, bytes):
        content = content.removeprefix(codecs.BOM_UTF8)
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise InvalidGraph(f"this is not JSON ({error}): give a node-link document in UTF-8") from error
    return from_node_link(document)


def from_node_link(document: object) -> KnowledgeGraph:
    """Return the graph that a node-link document (parsed JSON) holds.

    * Ids are kept as given; one that is a whole number becomes its digits. A missing or blank name is the id; blank
      aliases, repeated ones and the name among them are left out.
    * Types, kinds and origins are read in any case, an edge's `type` with spaces or hyphens for underscores as well.
    * `links` may stand in place of `edges`, as older networkx writes it.
    * An end of an edge for which there is no node becomes a concept; a document of evidence or of a passage for
      which there is no source becomes a source, of the format `import`.
    * An edge with neither evidence nor `because` comes in as `curated`. One that names no origin is `stated` if it
      has evidence, else `inferred`. A missing confidence is 1. Missing parts of evidence are `unknown`, line 1 and
      the rule `import`.
    * A relation of a concept to itself is left out, and relations with one key are united, as in `KnowledgeGraph.of`.

    Raises InvalidGraph, naming the row, if a required field is missing, a field is of the wrong kind or out of its
    range, two nodes of one id differ, or the document says that it is undirected. Linear.
    """
    top = _object(document, "the document", 'give an object with the lists "nodes" and "edges"')
    if top.get("directed", True) is not True:
        raise InvalidGraph(f'"directed" is {_show(top["directed"])}, but relations have a direction: write true')
    if not {"nodes", "edges", "links"} & top.keys():
        raise InvalidGraph('the document has neither "nodes" nor "edges": give a node-link document')
    sources, passages = _read_attributes(top)
    concepts: dict[str, Concept] = {}
    first_row: dict[str, int] = {}
    for index, row in enumerate(_rows(top, "nodes", "the document")):
        concept = _read_node(row, f"nodes[{index}]")
        if concepts.setdefault(concept.id, concept) != concept:
            raise InvalidGraph(
                f"nodes[{index}] has the id {_show(concept.id)} of nodes[{first_row[concept.id]}] and differs from it: "
                "give each concept one node"
            )
        first_row.setdefault(concept.id, index)
    relations = [_read_edge(row, where) for row, where in _edges(top)]
    for relation in relations:
        for end in (relation.source, relation.target):
            concepts.setdefault(end, Concept(end, end))
    named = dict.fromkeys([*(e.source for r in relations for e in r.evidence), *(p.source for p in passages)])
    have = {source.path for source in sources}
    sources += [Source(path, "import", path, "") for path in named if path not in have]
    return KnowledgeGraph.of(concepts.values(), relations, passages, sources)


def _edges(top: Row) -> Iterable[tuple[object, str]]:
    if "edges" in top and "links" in top:
        raise InvalidGraph('the document has both "edges" and "links": keep one of them')
    field = "links" if "links" in top else "edges"
    return ((row, f"{field}[{index}]") for index, row in enumerate(_rows(top, field, "the document")))


def _read_attributes(top: Row) -> tuple[list[Source], list[Passage]]:
    """Read what `graph` carries: sources and passages. Other attributes of the whole graph are not kept."""
    attributes = _object(top.get("graph", {}), '"graph"', "give an object or leave it out")
    sources = [_read_source(row, f"graph.sources[{i}]") for i, row in enumerate(_rows(attributes, "sources", "graph"))]
    if len({source.path for source in sources}) < len(sources):
        raise InvalidGraph("graph.sources has two rows of one path: keep one row for each source")
    passages = [
        _read_passage(row, f"graph.passages[{i}]") for i, row in enumerate(_rows(attributes, "passages", "graph"))
    ]
    return sources, passages


def _read_source(value: object, where: str) -> Source:
    row = _object(value, where, "give an object with a path")
    path = _required(row, "path", where)
    name = _text(row, "format", where) or "import"
    if name not in _FORMATS:
        raise InvalidGraph(f"{where}.format is {_show(name)}: use {', '.join(_FORMATS)}, or leave it out")
    return Source(path, _FORMATS[name], _text(row, "title", where) or path, _text(row, "sha256", where) or "")


def _read_passage(value: object, where: str) -> Passage:
    row = _object(value, where, "give an object with document, line and text")
    return Passage(
        _required(row, "document", where),
        _line(row, where) or 1,
        _required(row, "text", where),
        _texts(row, "section", where),
        _texts(row, "concepts", where),
    )


def _read_node(value: object, where: str) -> Concept:
    row = _object(value, where, "give an object with an id")
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
        _carried(row, _NODE_FIELDS, where),
    )


def _read_edge(value: object, where: str) -> Relation:
    row = _object(value, where, "give an object with source, target and type")
    relation_type = _choice(row, "type", where, RelationType)
    if relation_type is None:
        raise InvalidGraph(f"{where} has no type: add one of {', '.join(RelationType)}")
    evidence = tuple(
        _read_evidence(item, f"{where}.evidence[{i}]") for i, item in enumerate(_rows(row, "evidence", where))
    )
    because = tuple(_read_key(item, f"{where}.because[{i}]") for i, item in enumerate(_rows(row, "because", where)))
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
        _carried(row, _EDGE_FIELDS, where),
    )


def _read_evidence(value: object, where: str) -> Evidence:
    row = _object(value, where, "give an object with document, line, text and rule")
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
    row = _object(value, where, "give an object with source, type and target")
    relation_type = _choice(row, "type", where, RelationType)
    if relation_type is None:
        raise InvalidGraph(f"{where} has no type: add one of {', '.join(RelationType)}")
    return (_id(row, "source", where), relation_type, _id(row, "target", where))


_KEY_FIELDS: Final = ("source", "type", "target")


# -- fields --------------------------------------------------------------------------------------------------


def _object(value: object, where: str, advice: str) -> Row:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise InvalidGraph(f"{where} is {_show(value)}, not an object: {advice}")
    return value


def _rows(row: Row, field: str, where: str) -> list[object]:
    value = row.get(field)
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise InvalidGraph(f'"{field}" of {where} is {_show(value)}, not a list: give a list or leave it out')
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
    return tuple(_checked(item, f"{where}.{field}[{i}]") for i, item in enumerate(_rows(row, field, where)))


def _checked(value: object, where: str) -> str:
    """Return `value` if it is text that every store and encoding can hold."""
    if not isinstance(value, str):
        raise InvalidGraph(f"{where} is {_show(value)}, not text: put it in quotes")
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
    raise InvalidGraph(f"{where}.line is {_show(value)}: lines are whole numbers from 1")


def _confidence(row: Row, where: str) -> float:
    value = row.get("confidence", 1.0)
    value = 1.0 if value is None else value
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    raise InvalidGraph(f"{where}.confidence is {_show(value)}: give a number from 0 to 1, or leave it out")


def _choice(row: Row, field: str, where: str, choices: type[Enum]) -> Enum | None:
    text = _text(row, field, where)
    if text is None:
        return None
    spellings: Mapping[str, Enum] = _spellings(choices)
    found = spellings.get(text) or spellings.get(_folded(text))
    if found is None:
        raise InvalidGraph(f"{where}.{field} is {_show(text)}: use one of {', '.join(choices)}")
    return found


@cache
def _spellings(choices: type[Enum]) -> dict[str, Enum]:
    return {choice.value: choice for choice in choices} | {_folded(choice.value): choice for choice in choices}


def _folded(text: str) -> str:
    return text.strip().casefold().replace("-", "_").replace(" ", "_")


# -- what we only carry --------------------------------------------------------------------------------------


def _carried(row: Row, known: frozenset[str], where: str) -> dict[str, object]:
    return {
        _checked(key, f"a field name of {where}"): _plain(value, f"{where}.{key}", _MAX_DEPTH)
        for key, value in sorted(item for item in row.items() if item[0] not in known)
    }


def _extra(extra: Mapping[str, object], known: frozenset[str], owner: str) -> dict[str, object]:
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


def _show(value: object) -> str:
    """Return a value as a message shows it: on one line, cut."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…"
