"""The formats that a graph is written in and read from, as one table, and how one is recognised.

Each format is a function from a graph to bytes and one from bytes to a graph; some have one of the two. Reading is
all or nothing: it gives a graph, or raises InvalidGraph with the place that is wrong and what to do.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from types import MappingProxyType, ModuleType
from typing import Final

from graph.errors import InputError, InvalidGraph
from graph.exchange.cypher import to_cypher
from graph.exchange.gexf import read_gexf, to_gexf
from graph.exchange.graphml import read_graphml, to_graphml
from graph.exchange.mermaid import to_mermaid
from graph.exchange.pairs import read_pairs
from graph.exchange.tabular import from_zip, has_table_header, read_table, read_tables, to_tables, to_zip
from graph.exchange.vault import to_vault
from graph.interchange import dumps, loads
from graph.model import KnowledgeGraph

__all__ = ["FORMATS", "MAX_BYTES", "Format", "format_of", "read_graph", "write_graph"]

_ZIP: Final = b"PK"
_TABLES: Final = frozenset({".csv", ".tsv"})
MAX_BYTES: Final = 2**30  # of a file to read; what is larger is no graph of concepts, or one for a database's own tools


@dataclass(frozen=True, slots=True)
class Format:
    """A format by its name: how a graph is written in it, how it is read, and the suffixes of its files.

    `read` is given the file's content and its name, which places in evidence are told by. A format of several files has
    `files`, which writes them by their names, for a folder; `write` then packs them into one.
    """

    name: str
    suffixes: tuple[str, ...]
    write: Callable[[KnowledgeGraph], bytes] | None = None
    read: Callable[[bytes, str], KnowledgeGraph] | None = None
    files: Callable[[KnowledgeGraph], dict[str, bytes]] | None = None


def _rdf(form: str) -> tuple[Callable[[KnowledgeGraph], bytes], Callable[[bytes, str], KnowledgeGraph]]:
    """Return what writes and what reads a format of RDF, which an extra does that is imported when it is called."""

    def module() -> ModuleType:
        try:
            from graph.exchange import rdf
        except ModuleNotFoundError as error:
            if error.name and error.name.split(".")[0] == "rdflib":
                raise InputError(f"{form} needs an extra: pip install 'noteatlas[rdf]'") from error
            raise
        return rdf

    def write(graph: KnowledgeGraph) -> bytes:
        written: bytes = getattr(module(), f"to_{form}")(graph)
        return written

    def read(content: bytes, name: str) -> KnowledgeGraph:
        found: KnowledgeGraph = getattr(module(), f"read_{form}")(content, name)
        return found

    return write, read


def _read_csv(content: bytes, name: str) -> KnowledgeGraph:
    """Read a zip file of tables, or one table."""
    if content.startswith(_ZIP):
        return read_tables(from_zip(content, name, largest=MAX_BYTES))
    return read_table(content, name)


FORMATS: Final[Mapping[str, Format]] = MappingProxyType(
    {
        row.name: row
        for row in (
            Format("json", (".json",), dumps, lambda content, _: loads(content)),
            Format("graphml", (".graphml",), to_graphml, lambda content, _: read_graphml(content)),
            Format("gexf", (".gexf",), to_gexf, lambda content, _: read_gexf(content)),
            Format("csv", (".csv", ".zip"), lambda graph: to_zip(to_tables(graph)), _read_csv, to_tables),
            Format("pairs", (".tsv",), None, read_pairs),
            Format("turtle", (".ttl",), *_rdf("turtle")),
            Format("jsonld", (".jsonld",), *_rdf("jsonld")),
            Format("cypher", (".cypher",), to_cypher),
            Format("vault", (), lambda graph: to_zip(to_vault(graph)), files=to_vault),
            Format("mermaid", (".mmd", ".mermaid"), to_mermaid),
        )
    }
)
"""The formats by their names."""


def format_of(name: str, content: bytes) -> str:
    """Return the name of the format of a file, by its suffix; `json` for a suffix that is no format's.

    A table whose header has the columns of nodes or of edges is `csv`, one without is `pairs`, whichever of the
    suffixes .csv and .tsv it has. Raises InvalidGraph if it is no table.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix in _TABLES:
        return "csv" if has_table_header(content, name) else "pairs"
    return next((f.name for f in FORMATS.values() if suffix in f.suffixes), "json")


def write_graph(graph: KnowledgeGraph, form: str) -> bytes:
    """Return `graph` in the format `form`. Raises InvalidGraph if it cannot be written, or nothing is in the format."""
    write = FORMATS[form].write
    if write is None:
        written = ", ".join(f.name for f in FORMATS.values() if f.write)
        raise InvalidGraph(f"{form} is read and not written: export one of {written}")
    return write(graph)


def read_graph(content: bytes, name: str, form: str) -> KnowledgeGraph:
    """Return the graph in a file called `name`, of the format `form`.

    Raises InvalidGraph if there is none, if it is larger than `MAX_BYTES`, or if nothing is read from the format.
    """
    read = FORMATS[form].read
    if read is None:
        readable = ", ".join(f.name for f in FORMATS.values() if f.read)
        raise InvalidGraph(f"{form} is written and not read: import one of {readable}")
    if len(content) > MAX_BYTES:
        raise InvalidGraph(f"{name} is larger than {MAX_BYTES:,} bytes: divide it")
    return read(content, name)
