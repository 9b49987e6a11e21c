"""Commands about what a store keeps: its history, what differs between two revisions, and backups."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from api.cli_options import JsonOption, StoreOption, examples
from api.cli_run import open_existing, read_settings
from graph.history import KEPT_REVISIONS, Difference, Revision
from graph.store import open_store

__all__ = ["commands"]

commands = typer.Typer()


@commands.command(
    short_help="List what was written to the store, and when.",
    epilog=examples("noteatlas history", "noteatlas history --first 5 --json"),
)
def history(
    *,
    first: Annotated[
        int, typer.Option("--first", metavar="N", min=1, max=KEPT_REVISIONS, help="Show at most so many rows.")
    ] = 20,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what was written to the store, the latest first: loads, decisions, imports.

    Every write that changed something is a revision with a number; those of one load are one row. The numbers are what
    `noteatlas diff` compares.
    """
    from api.cli_output import print_json, print_text
    from api.cli_output_keeping import grouped, history_json, history_text

    async def read() -> list[Revision]:
        async with open_existing(read_settings(store=store).store) as opened:
            return await opened.history(first=KEPT_REVISIONS)

    rows = grouped(asyncio.run(read()))[:first]
    if as_json:
        print_json(history_json(rows))
    else:
        print_text(history_text(rows))


@commands.command(
    short_help="Say what differs between two revisions of the store.",
    epilog=examples("noteatlas diff 12", "noteatlas diff 12 24", "noteatlas diff 0 24 --json"),
)
def diff(
    since: Annotated[
        int, typer.Argument(metavar="REV1", min=0, help="A revision's number, see `history`.", show_default=False)
    ],
    until: Annotated[
        int | None,
        typer.Argument(metavar="REV2", min=0, help="Another one. [default: the latest]", show_default=False),
    ] = None,
    *,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which concepts and relations were added (+), removed (-) and changed (~) from one revision to another.

    Revision 0 is what there was before the first.
    """
    from api.cli_output import print_json, print_text
    from api.cli_output_keeping import difference_json, difference_text

    async def read() -> tuple[Difference, dict[str, str]]:
        async with open_existing(read_settings(store=store).store) as opened:
            found = await opened.difference(since, until)
            ends = {end for pair in found.relations for r in pair if r for end in (r.source, r.target)}
            return found, {concept.id: concept.name for concept in (await opened.get(sorted(ends))).values()}

    found, names = asyncio.run(read())
    if as_json:
        print_json(difference_json(found))
    else:
        print_text(difference_text(found, names))


@commands.command(
    short_help="Copy all that the store holds into one file.",
    epilog=examples("noteatlas backup atlas.backup", "noteatlas backup atlas.backup --store neo4j://..."),
)
def backup(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file to write: a SQLite store.", show_default=False)
    ],
    *,
    store: StoreOption = None,
) -> None:
    """Copy all that the store holds into one file, with the decisions and the history, while the store is in use.

    The file takes the place of an older backup, whole or not at all. It is a SQLite store itself: `--store FILE` reads
    it.
    """
    from api.cli_output import print_text
    from api.cli_output_keeping import kept_text
    from api.keeping import Kept
    from api.keeping import backup as back_up

    async def copy() -> Kept:
        async with open_existing(read_settings(store=store).store) as opened:
            return await back_up(opened, file)

    print_text(f"{file}: {kept_text(asyncio.run(copy()))}")


@commands.command(
    short_help="Put a backup back into a store.",
    epilog=examples("noteatlas restore atlas.backup", "noteatlas restore atlas.backup --store neo4j://..."),
)
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `backup` wrote.", show_default=False)],
    *,
    store: StoreOption = None,
) -> None:
    """Make a backup all that the store holds, in one transaction, while the store is in use.

    What the store held besides is forgotten; it stays in the history, as one more revision.
    """
    from api.cli_output import print_text
    from api.cli_output_keeping import kept_text
    from api.cli_output_loads import changes_text
    from api.keeping import Kept
    from api.keeping import restore as put_back

    async def write() -> Kept:
        async with open_store(read_settings(store=store).store) as opened:
            return await put_back(opened, file)

    kept = asyncio.run(write())
    print_text(f"{file}: {kept_text(kept)}; {changes_text(kept.changes)}")
