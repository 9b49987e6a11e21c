"""Commands that read notes and store nothing: extract, report."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli_options import (
    JsonOption,
    LexiconOption,
    LlmModelOption,
    LlmOption,
    NoLexiconOption,
    Notes,
    StoreOption,
    examples,
)
from api.cli_run import (
    ask_language_model,
    find_language_model,
    find_lexicon,
    name_failures,
    open_existing,
    read_paths,
    read_settings,
)
from graph.errors import UnreadableSource
from graph.model import KnowledgeGraph

if TYPE_CHECKING:
    from loaders.dropped import Remarks

__all__ = ["commands"]

commands = typer.Typer()


@commands.command(
    short_help="Print the graph of notes as node-link JSON.",
    epilog=examples(
        "noteatlas extract optimizers.md > optimizers.json", "noteatlas extract ~/notes | jq '.nodes[].name'"
    ),
)
def extract(
    paths: Notes,
    *,
    lexicon: LexiconOption = None,
    no_lexicon: NoLexiconOption = False,
    llm: LlmOption = None,
    llm_model: LlmModelOption = None,
) -> None:
    """Print the graph of notes as node-link JSON, without a store.

    It is what networkx.node_link_graph(document, edges="edges") reads. A file that cannot be read is named, the graph
    of the others is printed, and the exit status is 1; if none can be read, nothing is printed.
    """
    from api.cli_output import print_bytes
    from graph.interchange import dumps

    settings = read_settings(lexicon=lexicon or None, no_lexicon=no_lexicon or None, llm_model=llm_model)
    used, model = find_lexicon(settings), find_language_model(llm, settings)
    extraction = ask_language_model(read_paths(paths, lexicon=used), model)
    if extraction.graphs:
        print_bytes(dumps(extraction.merged()))
    name_failures(extraction.failures)


@commands.command(
    short_help="Say what notes hold, what was left out, and what they lack.",
    epilog=examples("noteatlas report ~/notes", "noteatlas report --store ~/atlas --json"),
)
def report(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH", help="Files of notes, or folders of them; without any, a store.", show_default=False
        ),
    ] = None,
    *,
    first: Annotated[
        int, typer.Option("--first", metavar="N", min=1, max=100_000, help="Show at most so many rows of each list.")
    ] = 10,
    lexicon: LexiconOption = None,
    no_lexicon: NoLexiconOption = False,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what was found in notes, what was left out and why, and what the notes never explain.

    With PATH the notes are read and nothing is stored; without, the store is looked at, which does not know what was
    left out. A file that cannot be read is named, and the exit status is 1.
    """
    from api.cli_output import print_json, print_text
    from api.cli_output_report import report_json, report_text
    from graph.review import review

    settings = read_settings(store=store, lexicon=lexicon or None, no_lexicon=no_lexicon or None)
    remarks: Remarks | None = None
    failures: tuple[UnreadableSource, ...] = ()
    if paths:
        if store is not None:
            raise typer.BadParameter("name notes or a store, not both", param_hint="--store")
        extraction = read_paths(paths, lexicon=find_lexicon(settings), with_remarks=True)
        graph, remarks, failures = extraction.merged(), extraction.remarks, extraction.failures
    else:
        graph = asyncio.run(_whole(settings.store))
    found = review(graph)
    if as_json:
        print_json(report_json(found, remarks, failures, first=first))
    else:
        names = {concept.id: concept.name for concept in graph.concepts}
        print_text(report_text(found, remarks, failures, names=names, first=first))
    name_failures(failures)


async def _whole(url: str) -> KnowledgeGraph:
    async with open_existing(url) as opened:
        return await opened.graph()
