"""The command line: the verbs of the GraphQL schema, and those that write.

A command turns names into values, asks the store and `graph`, and prints. What was asked for (JSON, a list, the
schema) goes to standard output; progress, warnings, errors and the address of a server go to standard error.

Exit status: 0 done, 1 it could not be done, 2 wrong usage; with 1 and 2 a line on standard error says what and what to
do. Commands that take files name each file that cannot be read in a line of its own, do the rest, and then end with 1.
Everything heavy is imported by the command that needs it, so that `--help` is quick.

The commands stand in modules by what they work on: notes, a store, decisions, other programs' graphs, what a store
keeps, a service, language models.
"""

import logging
import sys
from typing import Annotated

import typer

from api import (
    cli_asking,
    cli_curating,
    cli_exchange,
    cli_keeping,
    cli_loading,
    cli_mcp,
    cli_reading,
    cli_scoring,
    cli_serving,
)
from api.cli_options import examples
from api.cli_run import run

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


for _module in (
    cli_loading,
    cli_reading,
    cli_asking,
    cli_curating,
    cli_exchange,
    cli_keeping,
    cli_scoring,
    cli_serving,
    cli_mcp,
):
    app.add_typer(_module.commands)


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
    logging.getLogger("rdflib").setLevel(logging.CRITICAL)  # it warns of each literal that is not as it should be
    sys.exit(run(app, sys.argv[1:]))
