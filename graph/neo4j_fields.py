"""The properties of a Neo4j store's nodes and relationships, from the rows that the store keeps; pure.

Rows are canonical JSON (`graph.contribution`). What a single source says stands in `data`, which readers see, and is
not written a second time.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graph.contribution import name_keys, read_concept, read_passage, read_relation
from graph.model import Concept
from graph.names import name_key
from graph.near_names import gram_tokens
from graph.search_text import passage_search_text, search_text

__all__ = [
    "Fields",
    "concept_fields",
    "contributed_rows",
    "passage_fields",
    "relation_fields",
    "said_keys",
    "source_fields",
]

Fields = dict[str, Any]


def _contributed(rows: Mapping[str, str]) -> Fields:
    return {"sources": list(rows), **({"rows": list(rows.values())} if len(rows) > 1 else {})}


def contributed_rows(sources: Sequence[str] | None, rows: Sequence[str] | None, data: str) -> dict[str, str]:
    """Return what each source said of a concept or relation that has these properties, in order of their paths."""
    paths = sources or ()
    return dict(zip(paths, rows if rows is not None else [data] * len(paths), strict=True))


def relation_fields(rows: Mapping[str, str], data: str) -> Fields:
    """Return the properties of a relation that has these contributions and this merged row."""
    relation = read_relation(data)
    fields = _contributed(rows)
    fields["data"] = data
    fields["origin"] = relation.origin.value
    fields["confidence"] = float(relation.confidence)
    fields["evidence_text"] = [e.text for e in relation.evidence]
    fields["evidence_place"] = [f"{e.source}:{e.line}" for e in relation.evidence]
    if relation.group is not None:
        fields["group"] = relation.group
    if relation.because:
        fields["because"] = [f"{source} {type_} {target}" for source, type_, target in relation.because]
    return fields


def concept_fields(rows: Mapping[str, str], data: str) -> Fields:
    """Return the properties of a concept that has these contributions and this merged row, but for its measures."""
    concept = read_concept(data)
    keys = name_keys(concept)
    return _contributed(rows) | {
        "id": concept.id,
        "data": data,
        "name": concept.name,
        "aliases": list(concept.aliases),
        "kind": concept.kind.value,
        "definition": concept.definition,
        "document": concept.document,
        "line": concept.line,
        "name_key": name_key(concept.name),
        "name_keys": [key for key, _ in keys],
        "said_keys": _said(keys),
        "search_text": search_text(concept),
        "grams": gram_tokens(concept),
    }


def said_keys(concept: Concept) -> list[str]:
    """Return the keys of a concept's name and aliases, which what one types may begin."""
    return _said(name_keys(concept))


def _said(keys: Iterable[tuple[str, int]]) -> list[str]:
    return [key for key, rank in keys if rank < 2]


def source_fields(path: str, rows: Iterable[str]) -> Fields:
    """Return title, format and sha256 of the file at `path`, for people; the store reads `rows`."""
    for row in rows:
        row_path, format_, title, sha256 = json.loads(row)
        if row_path == path:
            return {"format": format_, "title": title, "sha256": sha256}
    return {"format": None, "title": None, "sha256": None}


def passage_fields(row: str) -> Fields:
    """Return the properties of a passage."""
    passage = read_passage(row)
    return {
        "data": row,
        "source": passage.source,
        "line": passage.line,
        "text": passage.text,
        "section": list(passage.section),
        "concepts": list(passage.concepts),
        "search_text": passage_search_text(passage),
    }
