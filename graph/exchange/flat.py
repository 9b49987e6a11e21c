"""Rows whose every value is one text: cells of tables, attributes of XML; and rows of `graph.rows`, both ways.

Names, definitions, kinds and numbers are written as what they are, so that another program shows and edits them, the
aliases as one text with `; ` between them. What has parts (`evidence`, `because`, fields of someone else's under
`extra`) is JSON. What a format cannot hold so (a control character in XML, an alias with a semicolon) stands in one
more field, `exact`, as it is: there the value counts as long as the field beside it still says what was written. So
what was written is read as it was, and what someone has edited since is read as edited.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import orjson

from graph.errors import InvalidGraph
from graph.model import KnowledgeGraph
from graph.rows import Placed, Row, passage_row, rows_of, show, source_row

__all__ = ["EXACT", "EXTRA", "WHOLE_FIELDS", "Cleaner", "flat", "read_whole", "unflat", "whole_fields"]

EXTRA: Final = "extra"
EXACT: Final = "exact"
WHOLE_FIELDS: Final = ("sources", "passages")
Cleaner = Callable[[str], str]  # a text as the format holds it

_JSON_FIELDS: Final = frozenset({"evidence", "because"})
_SEPARATOR: Final = re.compile(r"[;；]")
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,18}")


def flat(row: Row, fields: Iterable[str], *, clean: Cleaner = str, held_id: str | None = None) -> dict[str, str]:
    """Return a row as texts: those of `fields` that it has, then `extra` and `exact` if they are needed.

    `held_id` is written for the id.
    """
    texts: dict[str, str] = {}
    exact: dict[str, object] = {}
    known = tuple(fields)
    for field in known:
        value = row.get(field)
        text = held_id if field == "id" and held_id is not None else _written(field, value, clean)
        if text:
            texts[field] = text
        if _meaning(field, text) != value:
            exact[field] = value
    extra = {key: value for key, value in row.items() if key not in known}
    texts |= {EXTRA: _json(extra, clean)} if extra else {}
    return texts | ({EXACT: _json(exact, clean)} if exact else {})


def unflat(
    texts: Mapping[str, object], fields: Iterable[str], where: str, *, clean: Cleaner = str
) -> dict[str, object]:
    """Return the row that `texts` say; what is not among `fields` is kept under its name, of whatever kind it is.

    An `extra` that is no JSON object is a field of someone else's. Raises InvalidGraph, naming `where`, for JSON or a
    number that is none.
    """
    known = tuple(fields)
    row: dict[str, object] = {}
    exact: Mapping[str, object] = {}
    for key, value in texts.items():
        if key in known:
            row[key] = _read(key, _plain_text(value), where)
        elif key in {EXTRA, EXACT} and isinstance(value, str) and (found := _object(value)) is not None:
            if key == EXACT:
                exact = found
            else:
                row |= {name: item for name, item in found.items() if name not in known}
        else:
            row[key] = value
    for key, value in exact.items():
        if key in known and (key == "id" or _written(key, value, clean) == _plain_text(texts.get(key, ""))):
            row[key] = value
    return row


def whole_fields(graph: KnowledgeGraph, *, clean: Cleaner = str) -> dict[str, str]:
    """Return what belongs to no concept or relation, the sources and passages, as JSON; empty lists are left out."""
    rows = {
        "sources": [source_row(source) for source in graph.sources],
        "passages": [passage_row(passage) for passage in graph.passages],
    }
    return {field: _json(value, clean) for field, value in rows.items() if value}


def read_whole(text: str, where: str) -> list[Placed]:
    """Return the rows of one field of `whole_fields`. Raises InvalidGraph, naming `where`, if it is no list in JSON."""
    try:
        rows = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidGraph(f"{where} is {show(text)}, which is not JSON: mend it or leave it out") from error
    return [(f"{where}[{i}]", row) for i, row in enumerate(rows_of({where: rows}, where, "the document"))]


def _written(field: str, value: object, clean: Cleaner) -> str:
    if value is None or (field in _JSON_FIELDS and not value):
        return ""
    if field in _JSON_FIELDS:
        return _json(value, clean)
    return clean("; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))


def _meaning(field: str, text: str) -> object:
    """Return what our own text of a field is read as."""
    try:
        value = _read(field, text, field)
    except InvalidGraph:
        return text
    if value is None and field in _JSON_FIELDS | {"aliases"}:
        return []
    return value


def _read(field: str, text: str, where: str) -> object:
    if not text:
        return None
    if field == "aliases":
        return [part for part in map(str.strip, _SEPARATOR.split(text)) if part]
    if field in _JSON_FIELDS:
        return _parts(field, text, where)
    if field == "line":
        return int(text) if _WHOLE.fullmatch(text.strip()) else text
    if field == "confidence":
        return _number(text, where)
    return text


def _number(text: str, where: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InvalidGraph(f"{where}.confidence is {show(text)}: give a number from 0 to 1, or leave it out") from error


def _parts(field: str, text: str, where: str) -> object:
    """Read JSON; evidence that is none is a sentence, as a person writes it."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if field == "evidence" and not text.lstrip().startswith(("[", "{")):
            return [{"text": text}]
        raise InvalidGraph(f"{where}.{field} is {show(text)}, which is not JSON: mend it or leave it out") from error


def _object(text: str) -> Mapping[str, object] | None:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _plain_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _json(value: object, clean: Cleaner) -> str:
    """Return a value as JSON that the format holds: characters that it cannot are escaped, which JSON has a way for."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if clean(text) == text else "".join(c if clean(c) == c else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return json.dumps(character)[1:-1]
