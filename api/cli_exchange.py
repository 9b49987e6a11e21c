"""Commands that exchange graphs with other programs: import and export."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.cli_options import JsonOption, OutputOption, StoreOption, examples
from api.cli_run import open_existing, read_document, read_settings
from graph.errors import UnreadableSource
from graph.model import KnowledgeGraph
from graph.store import open_store

__all__ = ["commands"]

commands = typer.Typer()


class ExportFormat(StrEnum):
    """What `export` writes."""

    JSON = "json"
    GRAPHML = "graphml"
    GEXF = "gexf"
    CSV = "csv"
    TURTLE = "turtle"
    JSONLD = "jsonld"
    CYPHER = "cypher"
    VAULT = "vault"
    MERMAID = "mermaid"


class ImportFormat(StrEnum):
    """What `import` reads."""

    JSON = "json"
    GRAPHML = "graphml"
    GEXF = "gexf"
    CSV = "csv"
    PAIRS = "pairs"
    TURTLE = "turtle"
    JSONLD = "jsonld"


@commands.command(
    "import",
    short_help="Read a graph of another program, or of another store.",
    epilog=examples(
        "noteatlas import prerequisites.json",
        "noteatlas import concepts.graphml",
        "noteatlas import pairs.tsv --format pairs",
        "noteatlas export --store old | noteatlas import - --store new",
    ),
)
def import_(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="The file or folder to read; - is standard input.", show_default=False),
    ],
    *,
    form: Annotated[
        ImportFormat | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            case_sensitive=False,
            help="json, graphml, gexf, csv, pairs, turtle or jsonld. [default: by the file's suffix, else json]",
            show_default=False,
        ),
    ] = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read a graph into the store: node-link JSON, GraphML, GEXF, tables, pairs of prerequisites, RDF (extra rdf).

    Pairs are lines with a source and a target between a tab or a comma: the source is learnt before the target. Of a
    concept only its id is required, of a relation only source, target and type; relations without evidence come in as
    curated. The whole file is one contribution, `import:FILE`: importing a file of that name again replaces it. An
    invalid file changes nothing.
    """
    from api.cli_output_loads import report_loaded
    from api.loading import Loaded, Outcome

    url = read_settings(store=store).store
    name = "stdin" if file == Path("-") else file.resolve().name if file.is_dir() else file.name
    graph = _read(file, name, form.value if form else None)

    async def write() -> Loaded:
        async with open_store(url) as opened:
            path = f"import:{name}"
            return Loaded((Outcome(path, await opened.replace({path: graph}, cause=f"import {name}")),))

    report_loaded(asyncio.run(write()), as_json=as_json)


def _read(file: Path, name: str, form: str | None) -> KnowledgeGraph:
    """Return the graph in a file, on standard input, or in a folder of tables."""
    from graph.exchange.formats import format_of, read_graph
    from graph.exchange.tabular import TABLES, read_tables

    if file.is_dir():
        if form not in {None, "csv"}:
            raise UnreadableSource(str(file), f"a folder holds tables, not {form}; name a file")
        tables = {path.name.lower(): path for path in sorted(file.iterdir()) if path.name.lower() in TABLES}
        return read_tables({name: read_document(path) for name, path in tables.items()})
    content = read_document(file)
    return read_graph(content, name, form or format_of(name, content))


@commands.command(
    short_help="Print the store as node-link JSON, or for another program.",
    epilog=examples(
        "noteatlas export > atlas.json",
        "noteatlas export --format gexf --output atlas.gexf",
        "noteatlas export --format csv --output atlas",
        "noteatlas export --store ~/atlas --output atlas.json",
    ),
)
def export(
    *,
    output: OutputOption = None,
    store: StoreOption = None,
    form: Annotated[
        ExportFormat,
        typer.Option(
            "--format",
            metavar="FORMAT",
            case_sensitive=False,
            help="json, graphml, gexf, csv, turtle, jsonld, cypher, vault or mermaid.",
        ),
    ] = ExportFormat.JSON,
) -> None:
    """Print the whole store: as node-link JSON, or in another program's format.

    JSON, GraphML (yEd, Cytoscape), GEXF (Gephi), CSV and RDF (SKOS, as turtle or jsonld; extra rdf) hold everything:
    `noteatlas import` reads them back, and exports the same bytes again. CSV is a zip file of tables, or with --output
    FOLDER a new folder of them. cypher is a script for a database, vault a folder of notes for Obsidian, which
    `noteatlas load` reads, and Mermaid a diagram for notes; they are not read back by `import`.
    """
    from api.cli_output import print_bytes
    from api.files import write_file, write_folder
    from graph.exchange.formats import FORMATS, write_graph

    async def read() -> KnowledgeGraph:
        async with open_existing(read_settings(store=store).store) as opened:
            return await opened.graph()

    graph, files = asyncio.run(read()), FORMATS[form.value].files
    if output is None:
        print_bytes(write_graph(graph, form.value))
    elif files is not None and output.suffix.lower() != ".zip":
        write_folder(output, files(graph))
    else:
        write_file(output, write_graph(graph, form.value))
