"""The command line: the verbs of the GraphQL schema, and those that write.

A command turns names into values, asks the store and `graph`, and prints. What was asked for (JSON, a list, the
schema) goes to standard output; progress, warnings, errors and the address of a server go to standard error.

Exit status: 0 done, 1 it could not be done, 2 wrong usage; with 1 and 2 a line on standard error says what and what to
do. Commands that take files name each file that cannot be read in a line of its own, do the rest, and then end with 1.
Everything heavy is imported by the command that needs it, so that `--help` is quick.
"""

import asyncio
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli_options import JsonOption, Notes, OutputOption, PortOption, StoreOption, examples
from api.cli_run import (
    find_known,
    find_targets,
    name_failures,
    open_existing,
    progress,
    read_document,
    read_settings,
    run,
)
from graph.model import KnowledgeGraph, RelationType
from graph.store import SearchHit, open_store

if TYPE_CHECKING:
    import socket

    from api.loading import Loaded
    from api.settings import Settings
    from loaders.extract import Extraction

__all__ = ["app", "main"]

app = typer.Typer(
    name="noteatlas",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
    epilog=examples(
        "noteatlas load ~/notes      read notes into the store .noteatlas",
        "noteatlas path GQA          what to learn before GQA, in order",
        "noteatlas serve             the map and GraphQL on this machine",
        "noteatlas path --help       each command's help has examples",
    ),
)


@app.callback(invoke_without_command=True)
def _program(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
) -> None:
    """Study notes in, a map of concepts out; and what to learn before what."""
    if version:
        from importlib.metadata import version as version_of

        typer.echo(f"noteatlas {version_of('noteatlas')}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(2)


def main() -> None:
    """Run the command that the process was started with, and end the process with its exit status."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    # A driver's log would only say once more, and in more lines, what our error says in one.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("neo4j").setLevel(logging.CRITICAL)
    sys.exit(run(app, sys.argv[1:]))


# -- notes and graphs in -------------------------------------------------------------------------------------


@app.command(
    short_help="Read notes into the store.",
    epilog=examples("noteatlas load ~/notes", "noteatlas load week1.md week2.txt --store ~/atlas"),
)
def load(paths: Notes, *, store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Read notes into the store: concepts, relations and the sentences that say so.

    Loading the same files again changes nothing; loading a changed file replaces what only that file supported. Each
    file is one transaction. A file that cannot be read is named, the others are loaded, and the exit status is 1.
    """
    from api.loading import Loaded

    url = read_settings(store=store).store
    extraction = _read(paths)
    loaded = _store(url, extraction) if extraction.graphs else Loaded((), extraction.failures)
    _report(loaded, as_json=as_json)
    name_failures(loaded.failures)


@app.command(
    short_help="Print the graph of notes as node-link JSON.",
    epilog=examples(
        "noteatlas extract optimizers.md > optimizers.json", "noteatlas extract ~/notes | jq '.nodes[].name'"
    ),
)
def extract(paths: Notes) -> None:
    """Print the graph of notes as node-link JSON, without a store.

    It is what networkx.node_link_graph(document, edges="edges") reads. A file that cannot be read is named, the graph
    of the others is printed, and the exit status is 1; if none can be read, nothing is printed.
    """
    from api.cli_output import print_bytes
    from graph.interchange import dumps

    extraction = _read(paths)
    if extraction.graphs:
        print_bytes(dumps(extraction.merged()))
    name_failures(extraction.failures)


@app.command(
    "import",
    short_help="Read node-link JSON into the store.",
    epilog=examples(
        "noteatlas import prerequisites.json", "noteatlas export --store old | noteatlas import - --store new"
    ),
)
def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A node-link JSON document; - is standard input.", show_default=False)
    ],
    *,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read a node-link JSON document into the store.

    Of a node only `id` is required, of an edge only `source`, `target` and `type`; edges without evidence come in as
    curated. The whole file is one contribution, `import:FILE`: importing a file of that name again replaces it. An
    invalid document changes nothing.
    """
    from api.loading import Loaded
    from graph.interchange import loads

    url = read_settings(store=store).store
    graph = loads(read_document(file))
    name = f"import:{'stdin' if file == Path('-') else file.name}"

    async def write() -> Loaded:
        async with open_store(url) as opened:
            return Loaded(((name, await opened.upsert(name, graph)),))

    _report(asyncio.run(write()), as_json=as_json)


def _read(paths: Sequence[Path]) -> "Extraction":
    from api.loading import read_notes

    with progress("Reading") as told:
        return read_notes(paths, on_source=told)


def _store(url: str, extraction: "Extraction") -> "Loaded":
    from api.loading import Loaded, store_all

    async def write() -> Loaded:
        async with open_store(url) as opened:
            return await store_all(opened, extraction, on_source=told)

    with progress("Storing") as told:
        return asyncio.run(write())


def _report(loaded: "Loaded", *, as_json: bool) -> None:
    from api.cli_output import loaded_json, loaded_text, print_json, print_text

    if as_json:
        print_json(loaded_json(loaded))
    elif loaded.changes:
        print_text(loaded_text(loaded))


# -- questions -----------------------------------------------------------------------------------------------


@app.command(
    short_help="Print what to learn first, in order, and why.",
    epilog=examples(
        "noteatlas path GQA",
        'noteatlas path GQA LoRA --known attention --known "gradient descent"',
        "noteatlas path 注意力 --json",
    ),
)
def path(
    targets: Annotated[
        list[str],
        typer.Argument(metavar="TARGET", help="Concepts: ids, names or aliases, in any case.", show_default=False),
    ],
    *,
    known: Annotated[
        list[str] | None,
        typer.Option("--known", metavar="NAME", help="A concept that you know already; may be repeated."),
    ] = None,
    min_confidence: Annotated[
        float,
        typer.Option("--min-confidence", metavar="X", min=0, max=1, help="Use only prerequisites at least so sure."),
    ] = 0.0,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print what to learn to understand TARGET, prerequisites first, and why each step is there.

    What you know is left out, and so is what only that needs. A known concept that the store does not have is named
    on standard error and changes nothing.
    """
    url = read_settings(store=store).store
    asyncio.run(_path(url, targets, known or [], min_confidence=min_confidence, as_json=as_json))


async def _path(
    url: str, targets: Sequence[str], known: Sequence[str], *, min_confidence: float, as_json: bool
) -> None:
    from api.cli_output import path_json, path_text, print_json, print_text
    from graph.paths import prerequisite_graph, study_path

    async with open_existing(url) as opened:
        wanted = await find_targets(opened, targets)
        held = await find_known(opened, known)
        closure = await opened.prerequisites_of(wanted, min_confidence=min_confidence)
        found = study_path(prerequisite_graph(closure.relations), wanted, known=held)
        shown = [*(r for step in found.steps for r in step.because), *found.cuts]
        derived_from = await opened.get_relations(sorted({key for r in shown for key in r.because}))
        ends = {end for source, _, target in derived_from for end in (source, target)}
        concepts = await opened.get(sorted({c.id for c in closure.concepts} | ends))
    if as_json:
        print_json(path_json(found, targets=wanted, known=held, concepts=concepts, derived_from=derived_from))
    else:
        print_text(path_text(found, targets=wanted, concepts=concepts, derived_from=derived_from))


@app.command(
    short_help="Find concepts by name, alias or definition.",
    epilog=examples("noteatlas search 注意力", 'noteatlas search "vanishing gradient" --first 3 --json'),
)
def search(
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="Words or characters; all must occur.", show_default=False)
    ],
    *,
    first: Annotated[int, typer.Option("--first", metavar="N", min=1, max=1000, help="At most so many.")] = 10,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find concepts by name, alias or definition, best match first, in either language.

    Finding nothing is not a failure: JSON is then an empty list, and a line on standard error says so.
    """
    from api.cli_output import hits_json, hits_text, print_json, print_text

    async def find() -> list[SearchHit]:
        async with open_existing(read_settings(store=store).store) as opened:
            return await opened.search(query, first=first)

    hits = asyncio.run(find())
    if as_json:
        print_json(hits_json(hits))
    elif hits:
        print_text(hits_text(hits))
    if not hits:
        typer.echo(f"noteatlas: nothing matches {query!r}; try fewer or shorter words", err=True)


# -- graphs out ----------------------------------------------------------------------------------------------


@app.command(
    short_help="Write the map, or a part of it, as one HTML file.",
    epilog=examples(
        "noteatlas map",
        "noteatlas map GQA --radius 2 --output gqa.html",
        "noteatlas map GQA --type PREREQUISITE_OF --output before-gqa.html",
    ),
)
def map(  # noqa: A001  (the verb's name)
    concepts: Annotated[
        list[str] | None,
        typer.Argument(metavar="CONCEPT", help="Where to start: ids, names or aliases.", show_default=False),
    ] = None,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write.")] = Path(
        "noteatlas-map.html"
    ),
    radius: Annotated[
        int, typer.Option("--radius", metavar="N", min=0, max=10, help="How many relations away from CONCEPT.")
    ] = 1,
    types: Annotated[
        list[RelationType] | None,
        typer.Option(
            "--type", metavar="TYPE", case_sensitive=False, help="Show relations of this type; may be repeated."
        ),
    ] = None,
    first: Annotated[
        int, typer.Option("--first", metavar="N", min=1, max=2000, help="Draw at most so many concepts at first.")
    ] = 300,
    store: StoreOption = None,
) -> None:
    """Write the map as a single HTML file that opens in any browser, without a server or a network.

    Without CONCEPT it shows the most related concepts of the store, with CONCEPT what is around those. All others are
    in the file as well, and the page's search adds them. --type PREREQUISITE_OF alone shows what comes first, in
    layers.
    """
    from api.cli_output import write_file
    from viz.maps import render_map

    async def read() -> tuple[list[str], KnowledgeGraph]:
        async with open_existing(read_settings(store=store).store) as opened:
            return await find_targets(opened, concepts or []), await opened.graph()

    focus, graph = asyncio.run(read())
    page = render_map(graph, focus=focus, radius=radius, types=types or None, max_nodes=first)
    write_file(output, page.encode())
    typer.echo(f"The map is in {output}: open it in a browser.", err=True)


@app.command(
    short_help="Print the store as node-link JSON.",
    epilog=examples("noteatlas export > atlas.json", "noteatlas export --store ~/atlas --output atlas.json"),
)
def export(
    *,
    output: OutputOption = None,
    store: StoreOption = None,
) -> None:
    """Print the whole store as node-link JSON; `noteatlas import` reads it back."""
    from api.cli_output import print_bytes, write_file
    from graph.interchange import dumps

    async def read() -> bytes:
        async with open_existing(read_settings(store=store).store) as opened:
            return dumps(await opened.graph())

    content = asyncio.run(read())
    if output is None:
        print_bytes(content)
    else:
        write_file(output, content)


@app.command(short_help="Print the GraphQL schema.", epilog=examples("noteatlas schema > schema.graphql"))
def schema() -> None:
    """Print the GraphQL schema in the schema definition language."""
    from api.cli_output import print_text
    from api.schema import sdl

    print_text(sdl())


# -- serving -------------------------------------------------------------------------------------------------


@app.command(
    short_help="Serve the map and GraphQL.",
    epilog=examples(
        "noteatlas serve",
        "noteatlas serve --store ~/atlas --port 9000",
        "noteatlas serve --host 0.0.0.0 --allow-remote",
    ),
)
def serve(
    *,
    host: Annotated[
        str | None,
        typer.Option(
            "--host",
            metavar="HOST",
            help="The address to listen on. [default: NOTEATLAS_HOST, else 127.0.0.1]",
            show_default=False,
        ),
    ] = None,
    port: PortOption = None,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Listen on an address that other machines can reach.")
    ] = False,
    store: StoreOption = None,
) -> None:
    """Serve the map at / and GraphQL at /graphql until Ctrl+C or SIGTERM.

    There are no passwords yet: who reaches the port reads the notes. So only this machine is served, unless you say
    --allow-remote, as in a container whose port you publish yourself.
    """
    from api.serving import is_loopback, listen

    settings = read_settings(store=store, host=host, port=port)
    if not allow_remote and not is_loopback(settings.host):
        raise typer.BadParameter(
            f"{settings.host or 'every address'} can be reached from other machines and there are no passwords yet: "
            "use 127.0.0.1, or add --allow-remote if that is what you want",
            param_hint="--host",
        )
    _serve(settings, listen(settings.host, settings.port))


@app.command(
    short_help="Serve the sample notes.",
    epilog=examples("noteatlas demo", "noteatlas demo --store /tmp/atlas --port 9000"),
)
def demo(*, port: PortOption = None, store: StoreOption = None) -> None:
    """Load the sample notes if the store does not have them, then serve the map on this machine.

    If the port is taken, the next free one is used. Ctrl+C stops it; the store stays.
    """
    from api.loading import has_loaded, sample_notes
    from api.serving import listen

    settings = read_settings(store=store, port=port, host="127.0.0.1")
    notes = sample_notes()

    async def is_loaded() -> bool:
        async with open_store(settings.store) as opened:
            return await has_loaded(opened, notes)

    if not asyncio.run(is_loaded()):
        typer.echo("Loading the sample notes ...", err=True)
        _store(settings.store, _read([notes]))
    sock = listen(settings.host, settings.port, or_next=True)
    taken = sock.getsockname()[1]
    if settings.port not in {0, taken}:
        typer.echo(f"Port {settings.port} is in use; {taken} is used instead.", err=True)
    _serve(settings, sock)


def _serve(settings: "Settings", sock: "socket.socket") -> None:
    from api.serving import address_of, serve

    address = address_of(sock)
    ready = f"The map is at {address} and GraphQL at {address}graphql. Ctrl+C stops."
    with sock:
        serve(settings, sock, on_ready=lambda: typer.echo(ready, err=True))
