r"""A Cypher script that makes the graph in a database. One way: a database is not read back from a script.

    (:Concept {id, name, aliases, kind, definition, document, line})-[:IS_A {origin, confidence, ...}]->(:Concept)

Properties are called as in the Neo4j store, so that queries for one fit the other; but the store keeps more than this
(`graph.neo4j_write`), and what the script makes is no store. Statements are in batches, each ends with `;` at the end
of a line, and running the script twice changes nothing.

All text is in double quotes. A backslash, a quote and every character that is not a plain one is escaped, so that
nothing in a name ends a text, a line or a statement. After a backslash of the text itself a `u` is escaped as well:
older servers take `\u0060` for an escape before they look whether the backslash was one.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Final

from graph.exchange.ids import all_concepts
from graph.model import Concept, KnowledgeGraph, Relation
from graph.rows import EDGE_FIELDS, NODE_FIELDS, edge_row, node_row

__all__ = ["to_cypher"]

_BATCH: Final = 500  # rows of a statement
_ENDS: Final = "MATCH (a:Concept {id: row.source}) MATCH (b:Concept {id: row.target})"
_CONSTRAINT: Final = "CREATE CONSTRAINT concept_id IF NOT EXISTS FOR (c:Concept) REQUIRE c.id IS UNIQUE;"


def to_cypher(graph: KnowledgeGraph) -> bytes:
    """Return the script, for Neo4j 5 and newer. Sources and passages are not in it."""
    concepts = [_concept(concept) for concept in all_concepts(graph)]
    statements = [_CONSTRAINT, *_batches(concepts, "MERGE (c:Concept {id: row.id}) SET c += row;")]
    ordered = sorted(graph.relations, key=lambda r: r.type)
    for kind, of_kind in groupby(ordered, key=lambda r: r.type):
        merge = f"{_ENDS}\nMERGE (a)-[r:{kind.value}]->(b) SET r += row.set;"
        statements += _batches([_relation(relation) for relation in of_kind], merge)
    head = f"// A concept graph of Note Atlas: {len(concepts)} concepts, {len(graph.relations)} relations.\n"
    return (head + "\n".join(statements) + "\n").encode(errors="strict")


def _batches(rows: list[str], then: str) -> Iterator[str]:
    for start in range(0, len(rows), _BATCH):
        batch = ",\n".join(rows[start : start + _BATCH])
        yield f"UNWIND [\n{batch}\n] AS row\n{then}"


def _concept(concept: Concept) -> str:
    row = node_row(concept)
    return _map({key: row.pop(key) for key in NODE_FIELDS} | _extra(row))


def _relation(relation: Relation) -> str:
    properties: dict[str, object] = {
        "origin": relation.origin.value,
        "confidence": relation.confidence,
        "group": relation.group,
        "evidence_text": [e.text for e in relation.evidence],
        "evidence_place": [f"{e.source}:{e.line}" for e in relation.evidence],
        "evidence_rule": [e.rule for e in relation.evidence],
        "because": [f"{source} {kind} {target}" for source, kind, target in relation.because],
    }
    properties |= _extra({key: value for key, value in edge_row(relation).items() if key not in EDGE_FIELDS})
    return f"{{source: {_text(relation.source)}, target: {_text(relation.target)}, set: {_map(properties)}}}"


def _extra(rest: Mapping[str, object]) -> dict[str, object]:
    """Return the fields of other programs as one property: JSON, for a property cannot hold what has parts."""
    return {"extra": json.dumps(rest, ensure_ascii=False)} if rest else {}


def _map(properties: Mapping[str, object]) -> str:
    return f"{{{', '.join(f'{key}: {_value(value)}' for key, value in properties.items() if value is not None)}}}"


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return _text(value) if isinstance(value, str) else repr(value)


def _text(value: str) -> str:
    out, after_backslash = [], False
    for character in value:
        if character in '"\\':
            out.append(f"\\{character}")
        elif character.isprintable() and not (after_backslash and character == "u"):
            out.append(character)
        else:
            out += [f"\\u{unit:04x}" for unit in _utf16(character)]
        after_backslash = character == "\\"
    return f'"{"".join(out)}"'


def _utf16(character: str) -> Iterator[int]:
    data = character.encode("utf-16-be")
    return (int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2))
