"""The command that serves language models: mcp."""

import asyncio

import typer

from api.cli_options import StoreOption, examples
from api.cli_run import open_existing, read_settings
from graph.errors import InputError

__all__ = ["commands"]

commands = typer.Typer()


@commands.command(
    short_help="Serve language models: MCP on standard input and output.",
    epilog=examples("noteatlas mcp", "noteatlas mcp --store ~/atlas"),
)
def mcp(*, store: StoreOption = None) -> None:
    """Answer a language model's questions from the store, with sources, as an MCP server.

    A program that speaks the Model Context Protocol starts this command and talks to it on standard input and output:
    docs/mcp.md says how to set that up. It only reads. It ends when its input ends, or with Ctrl+C.
    """
    url = read_settings(store=store).store
    try:
        from api.mcp.server import serve_stdio
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] in {"mcp", "mcp_types"}:
            raise InputError("serving language models needs an extra: pip install 'noteatlas[mcp]'") from error
        raise
    asyncio.run(serve_stdio(open_existing(url)))
