"""Commands of a service: serve and demo, which run until they are stopped; token and persist, for its files."""

import asyncio
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli_options import OutputOption, PortOption, StoreOption, examples
from api.cli_run import read_paths, read_settings, store_extraction
from graph.errors import UnreadableSource
from graph.store import open_store

if TYPE_CHECKING:
    import socket

    from api.settings import Settings

__all__ = ["commands"]

commands = typer.Typer()


@commands.command(
    short_help="Serve the map and GraphQL.",
    epilog=examples(
        "noteatlas serve",
        "noteatlas serve --store ~/atlas --port 9000",
        "noteatlas serve --workers 4",
        "noteatlas serve --host 0.0.0.0 --tokens-file tokens",
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
        bool, typer.Option("--allow-remote", help="Serve other machines although no token is asked for.")
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            metavar="N",
            min=1,
            max=64,
            help="How many processes serve. [default: NOTEATLAS_WORKERS, else 1]",
            show_default=False,
        ),
    ] = None,
    tokens_file: Annotated[
        Path | None,
        typer.Option(
            "--tokens-file",
            metavar="FILE",
            help="Who may read: a file of tokens, see `noteatlas token`. [default: NOTEATLAS_TOKENS_FILE]",
            show_default=False,
        ),
    ] = None,
    log_format: Annotated[
        str | None,
        typer.Option(
            "--log-format",
            metavar="FORMAT",
            help="quiet, text (a line for each request) or json. [default: NOTEATLAS_LOG_FORMAT, else quiet]",
            show_default=False,
        ),
    ] = None,
    store: StoreOption = None,
) -> None:
    """Serve the map at / and GraphQL at /graphql until Ctrl+C or SIGTERM.

    Without tokens, who reaches the port reads the notes. Then only this machine is served, unless you say
    --allow-remote, as in a container whose port you publish yourself.
    """
    from api.sockets import is_loopback, listen, listen_together

    settings = read_settings(
        store=store, host=host, port=port, workers=workers, tokens_file=tokens_file, log_format=log_format
    )
    asks = (settings.tokens is not None or settings.tokens_file is not None) and not settings.open_reads
    if not asks and not allow_remote and not is_loopback(settings.host):
        raise typer.BadParameter(
            f"{settings.host or 'every address'} can be reached from other machines and no token is asked for: "
            "use 127.0.0.1, give --tokens-file, or add --allow-remote if that is what you want",
            param_hint="--host",
        )
    if settings.workers > 1:
        _serve(settings, *listen_together(settings.host, settings.port, settings.workers))
    else:
        _serve(settings, listen(settings.host, settings.port))


@commands.command(
    short_help="Serve the sample notes.",
    epilog=examples("noteatlas demo", "noteatlas demo --store /tmp/atlas --port 9000"),
)
def demo(*, port: PortOption = None, store: StoreOption = None) -> None:
    """Load the sample notes if the store does not have them, then serve the map on this machine.

    If the port is taken, the next free one is used. Ctrl+C stops it; the store stays.
    """
    from api.loading import has_loaded, sample_notes
    from api.sockets import listen

    settings = read_settings(store=store, port=port, host="127.0.0.1")
    notes = sample_notes()

    async def is_loaded() -> bool:
        async with open_store(settings.store) as opened:
            return await has_loaded(opened, notes)

    if not asyncio.run(is_loaded()):
        typer.echo("Loading the sample notes ...", err=True)
        store_extraction(settings.store, read_paths([notes]))
    sock = listen(settings.host, settings.port, or_next=True)
    taken = sock.getsockname()[1]
    if settings.port not in {0, taken}:
        typer.echo(f"Port {settings.port} is in use; {taken} is used instead.", err=True)
    _serve(settings, sock)


@commands.command(
    short_help="Make a token.",
    epilog=examples("noteatlas token ann", "noteatlas token loader --scopes read+write"),
)
def token(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose token it is.", show_default=False)],
    *,
    scopes: Annotated[str, typer.Option("--scopes", metavar="SCOPES", help="read, write, or read+write.")] = "read",
) -> None:
    """Print a new token, and the line of a tokens file that lets it in.

    The token is nowhere else: hand it to whom it is for. The line holds its digest only.
    """
    from api.access import digest_of, new_token, parse_tokens

    made = new_token()
    line = f"{name}:{scopes}:{digest_of(made)}"
    parse_tokens([line], "this token")
    typer.echo(f"token  {made}\nline   {line}")


@commands.command(
    short_help="Make persisted operations of GraphQL files.",
    epilog=examples("noteatlas persist queries/*.graphql > operations.json"),
)
def persist(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="GraphQL files, one operation in each.", show_default=False)
    ],
    *,
    output: OutputOption = None,
) -> None:
    """Print the persisted operations that `serve` reads from NOTEATLAS_PERSISTED_FILE: a JSON object, hash to text.

    Each file is checked against the schema.
    """
    import orjson

    from api.cli_run import read_document
    from api.persisted import hash_of, read_operation

    found = {}
    for file in files:
        try:
            text = read_document(file).decode()
        except UnicodeDecodeError as error:
            raise UnreadableSource(str(file), "it is not UTF-8") from error
        found[hash_of(text)] = read_operation(text, str(file)).text
    data = orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    if output is None:
        sys.stdout.buffer.write(data)
    else:
        output.write_bytes(data)


def _serve(settings: "Settings", *sockets: "socket.socket") -> None:
    from api.sockets import address_of

    address = address_of(sockets[0])
    ready = f"The map is at {address} and GraphQL at {address}graphql. Ctrl+C stops."

    def tell() -> None:
        typer.echo(ready, err=True)

    with ExitStack() as closing:
        for sock in sockets:
            closing.enter_context(sock)
        if len(sockets) > 1:
            from api.workers import serve_many

            serve_many(settings, sockets, on_ready=tell)
        else:
            from api.serving import serve

            serve(settings, sockets[0], on_ready=tell)
