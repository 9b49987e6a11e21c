"""A graph as tables: nodes.csv and edges.csv, and sources.csv and passages.csv if there are any; both ways.

They go together in a folder or a zip file. A column is a field of `graph.rows`, a cell its text (`graph.exchange.flat`,
`graph.exchange.cells`); `extra` and `exact` are there if a row needs them. `read_tables(to_tables(graph)) == graph`,
whatever is in it.

Read: either of nodes.csv and edges.csv is enough. Columns may stand in any order and their names in any case, `label`
will do for `name`; other columns are kept as text.
"""

import io
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Final

import orjson

from graph.errors import InvalidGraph
from graph.exchange.cells import read_rows, table, unguarded
from graph.exchange.flat import EXACT, EXTRA, flat, unflat
from graph.model import KnowledgeGraph
from graph.rows import EDGE_FIELDS, NODE_FIELDS, Placed, edge_row, graph_of, node_row, passage_row, show, source_row

__all__ = ["TABLES", "from_zip", "has_table_header", "read_table", "read_tables", "to_tables", "to_zip"]

_EDGE_COLUMNS: Final = tuple(field for field in EDGE_FIELDS if field != "key")  # which says the type once more
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "nodes.csv": NODE_FIELDS,
    "edges.csv": _EDGE_COLUMNS,
    "sources.csv": ("path", "format", "title", "sha256"),
    "passages.csv": ("document", "line", "text", "section", "concepts"),
}
TABLES: Final = tuple(_COLUMNS)
_LISTS: Final = frozenset({"section", "concepts"})  # of a passage; JSON
_LABEL: Final = "label"
_DAY_ONE: Final = (1980, 1, 1, 0, 0, 0)  # so that equal graphs give equal bytes


# -- out -----------------------------------------------------------------------------------------------------


def to_tables(graph: KnowledgeGraph) -> dict[str, bytes]:
    """Return the tables of `graph` by their file names."""
    rows: dict[str, list[dict[str, str]]] = {
        "nodes.csv": [flat(node_row(c), NODE_FIELDS) for c in graph.concepts],
        "edges.csv": [_edge(edge_row(r)) for r in graph.relations],
        "sources.csv": [_cells(source_row(s)) for s in graph.sources],
        "passages.csv": [_cells(passage_row(p)) for p in graph.passages],
    }
    return {name: _table(_COLUMNS[name], rows[name]) for name in TABLES if rows[name] or name in TABLES[:2]}


def _edge(row: dict[str, object]) -> dict[str, str]:
    row.pop("key")
    return flat(row, _EDGE_COLUMNS)


def _cells(row: Mapping[str, object]) -> dict[str, str]:
    return {k: orjson.dumps(v).decode() if k in _LISTS else str(v) for k, v in row.items() if v or k in _LISTS}


def _table(columns: Iterable[str], rows: list[dict[str, str]]) -> bytes:
    header = [*columns, *(column for column in (EXTRA, EXACT) if any(column in row for row in rows))]
    return table([header, *([row.get(column, "") for column in header] for row in rows)])


def to_zip(files: Mapping[str, bytes]) -> bytes:
    """Return files as one zip file; equal files give equal bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            row = zipfile.ZipInfo(name, _DAY_ONE)
            row.compress_type = zipfile.ZIP_DEFLATED
            row.external_attr = 0o644 << 16
            archive.writestr(row, content)
    return out.getvalue()


# -- in ------------------------------------------------------------------------------------------------------


def from_zip(content: bytes, name: str, *, largest: int) -> dict[str, bytes]:
    """Return those files of a zip file that are tables of a graph, in whatever folder; nothing is unpacked to disk.

    Raises InvalidGraph if it is damaged or encrypted, has a table twice, or if the tables are larger than `largest`
    bytes together.
    """
    files: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for row in archive.infolist():
                table_name = PurePosixPath(row.filename).name.lower()
                if table_name not in TABLES:
                    continue
                if table_name in files:
                    raise InvalidGraph(f"{name} has {table_name} twice: keep one of them")
                if row.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                    raise InvalidGraph(
                        f"{table_name} in {name} is packed in a way that is not read: pack it with deflate"
                    )
                with archive.open(row) as file:  # what a zip file says of sizes need not be so: what is read is counted
                    files[table_name] = file.read(largest - sum(map(len, files.values())) + 1)
                if sum(map(len, files.values())) > largest:
                    raise InvalidGraph(f"the tables in {name} are larger than {largest:,} bytes: divide them")
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise InvalidGraph(f"{name} is no zip file that can be read ({error}): pack it again") from error
    return files


def has_table_header(content: bytes, name: str) -> bool:
    """Tell whether a table's first row has the columns of nodes or of edges. Raises InvalidGraph if it is no table."""
    first = next(read_rows(content, name), None)
    return first is not None and _table_of(_header(first.cells)) is not None


def read_table(content: bytes, name: str) -> KnowledgeGraph:
    """Return the graph in one table, of nodes or of edges by its header. Raises InvalidGraph if it is neither."""
    first = next(read_rows(content, name), None)
    found = _table_of(_header(first.cells)) if first else None
    if found is None:
        raise InvalidGraph(
            f"{name} (line {first.line if first else 1}) has neither a column id nor the columns source, target and "
            "type: name the columns, or say --format pairs for pairs of prerequisites"
        )
    return read_tables({found: content}, names={found: name})


def read_tables(files: Mapping[str, bytes], *, names: Mapping[str, str] | None = None) -> KnowledgeGraph:
    """Return the graph that tables say, by the rules of `graph.rows.graph_of`; `names` are how messages call them.

    Raises InvalidGraph, naming the file and the line, if a table is none or a row is wrong; and if there is neither a
    table of nodes nor one of edges.
    """
    if not {"nodes.csv", "edges.csv"} & files.keys():
        raise InvalidGraph("there is neither a nodes.csv nor an edges.csv: give tables of these names")
    placed = {name: _read(files[name], name, (names or {}).get(name, name)) if name in files else [] for name in TABLES}
    return graph_of(
        placed["nodes.csv"], placed["edges.csv"], sources=placed["sources.csv"], passages=placed["passages.csv"]
    )


def _header(cells: Iterable[str]) -> list[str]:
    return [cell.strip().lower() for cell in cells]


def _table_of(header: Iterable[str]) -> str | None:
    columns = set(header)
    return "edges.csv" if {"source", "target", "type"} <= columns else "nodes.csv" if "id" in columns else None


def _read(content: bytes, name: str, shown: str) -> list[Placed]:
    rows = read_rows(content, shown)
    first = next(rows, None)
    if first is None:
        return []
    known = _COLUMNS[name]
    columns = [_column(cell, known) for cell in first.cells]
    if len(set(columns)) < len(columns) or "" in columns:
        raise InvalidGraph(f"{shown} (line {first.line}) needs a name for each column, and each once")
    placed: list[Placed] = []
    for row in rows:
        where = f"{shown} (line {row.line})"
        if len(row.cells) > len(columns):
            raise InvalidGraph(f"{where} has {len(row.cells)} cells, but there are {len(columns)} columns: mend it")
        texts = {column: unguarded(cell) for column, cell in zip(columns, row.cells, strict=False) if cell}
        placed.append((where, _row(name, texts, where)))
    return placed


def _column(cell: str, known: Iterable[str]) -> str:
    name = cell.strip()
    folded = name.lower()
    return folded if folded in {*known, EXTRA, EXACT, _LABEL} else unguarded(name)


def _row(name: str, texts: dict[str, str], where: str) -> dict[str, object]:
    if name in {"nodes.csv", "edges.csv"}:
        if name == "nodes.csv" and _LABEL in texts and "name" not in texts:
            texts["name"] = texts.pop(_LABEL)
        return unflat(texts, _COLUMNS[name], where)
    row: dict[str, object] = dict(texts)
    for field in _LISTS & texts.keys():
        row[field] = _list(texts[field], f"{where}.{field}")
    if "line" in texts and texts["line"].strip().isdecimal():
        row["line"] = int(texts["line"][:18])
    return row


def _list(text: str, where: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidGraph(f"{where} is {show(text)}, which is not JSON: mend it or leave it out") from error
