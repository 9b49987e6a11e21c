"""How a command runs: errors to a line and an exit status, settings, notes, an opened store, names to ids, progress.

What every command of `api.cli` shares; nothing here knows which commands there are.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from api.lookup import concept_ids
from graph.errors import NoteAtlasError, StoreUnavailable, UnknownConcept, UnreadableSource
from graph.listing import Position
from graph.store import GraphStore, open_store

if TYPE_CHECKING:
    from api.curating import CurationFile
    from api.loading import Loaded
    from api.reporting import LoadReport
    from api.settings import Settings
    from api.syncing import Forgetting
    from loaders.extract import Extraction
    from loaders.language_model import LanguageModel
    from loaders.lexicon import Lexicon
    from loaders.remembering import Memory

__all__ = [
    "ask_language_model",
    "complain",
    "find_known",
    "find_language_model",
    "find_lexicon",
    "find_targets",
    "name_failures",
    "open_existing",
    "preview_extraction",
    "progress",
    "read_document",
    "read_lines",
    "read_paths",
    "read_settings",
    "run",
    "store_extraction",
]

_INTERRUPTED = 130
_SIMILAR = 5
_NAMES_PER_CALL = 1000


def run(app: typer.Typer, arguments: Sequence[str]) -> int:
    """Run one command and return its exit status: 0 done, 1 it could not be done, 2 wrong usage.

    With 1 or 2 there is a line on standard error, unless the command wrote its own (`typer.Exit`). An interrupt gives
    130, as shells have it. Errors that are no one's intention leave their trace.
    """
    try:
        status = app(arguments, prog_name="noteatlas", standalone_mode=False)
        sys.stdout.flush()
    except NoteAtlasError as error:
        return complain(str(error))
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "noteatlas"
        return complain(f"{error.format_message().rstrip('.')}; see `{command} --help`", status=error.exit_code)
    except typer.Abort:
        return complain("stopped")
    except BrokenPipeError:
        # Whoever read the output has enough of it. What is still buffered must not fail once more at exit.
        # It is not an error of ours, and no line could tell more than the closed pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return complain(f"{error.filename or 'standard output'}: {error.strerror or error}")
    return complain("stopped", status=_INTERRUPTED) if status == _INTERRUPTED else int(status or 0)


def complain(message: str, *, status: int = 1) -> int:
    """Print one line to standard error, without what it must not show, and return the exit status."""
    from api.cli_output import one_line
    from api.errors import redact

    typer.echo(f"noteatlas: {redact(one_line(message))}", err=True)
    return status


def read_settings(**overrides: object) -> "Settings":
    """Return the settings, from what was said on the command line, else from the environment."""
    from pydantic import ValidationError

    from api.settings import Settings

    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = f"NOTEATLAS_{'_'.join(map(str, first['loc'])).upper()}"
        raise typer.BadParameter(f"{first['msg']}: change it or leave it out", param_hint=name) from error


@asynccontextmanager
async def open_existing(url: str) -> AsyncIterator[GraphStore]:
    """Open a store to read it. An embedded one that is not there is not made: a mistyped path is an error."""
    store = open_store(url)
    file = getattr(store, "file", None)
    if isinstance(file, Path) and not file.exists():
        raise StoreUnavailable(
            f"there is no store at {url}: load notes into it with `noteatlas load PATH --store {url}`, "
            "or name another one with --store"
        )
    async with store:
        yield store


async def find_targets(store: GraphStore, names: Sequence[str]) -> list[str]:
    """Return the ids of the concepts called `names`, in their order, each once.

    Raises AmbiguousName, or UnknownConcept with the names that are most like it.
    """
    try:
        return await concept_ids(store, names)
    except UnknownConcept as error:
        raise UnknownConcept(error.name, error.near or await _similar_names(store, error.name)) from error


async def find_known(store: GraphStore, names: Sequence[str]) -> list[str]:
    """Return the ids of what is known, each once. Raises AmbiguousName.

    What the store has never heard of cannot be on any path: that it is passed over is said, and no failure.
    """
    meanings = await store.resolve(names) if names else {}
    unknown = [name for name in names if not meanings.get(name)]
    for name in unknown:
        complain(f"--known is passed over: {UnknownConcept(name, await _similar_names(store, name))}")
    return await concept_ids(store, [name for name in names if name not in unknown])


async def _similar_names(store: GraphStore, name: str) -> list[str]:
    """Return the names and aliases of the store that are spelled most like `name`, best first. Linear in the store."""
    import difflib

    spelled: dict[str, str] = {}
    after: Position | None = None
    while True:
        page = await store.concepts(first=_NAMES_PER_CALL, after=after)
        for concept in page.concepts:
            for each in concept.names:
                spelled.setdefault(each.casefold(), each)
        if not page.has_next:
            break
        after = page.positions[-1]
    return [spelled[key] for key in difflib.get_close_matches(name.casefold()[:100], spelled, n=_SIMILAR)]


def read_document(file: Path) -> bytes:
    """Return what is in a file, or on standard input for `-`. Raises UnreadableSource."""
    try:
        return sys.stdin.buffer.read() if file == Path("-") else file.read_bytes()
    except OSError as error:
        raise UnreadableSource(str(file), f"{error.strerror or error}; name a file to import") from error


def read_lines(file: Path) -> list[str]:
    """Return the lines of a text file that hold something. Raises UnreadableSource."""
    from loaders.sources import decode

    try:
        rows = decode(file.read_bytes()).splitlines()
    except (OSError, ValueError) as error:
        raise UnreadableSource(str(file), getattr(error, "strerror", None) or str(error)) from error
    return [row.strip() for row in rows if row.strip()]


def name_failures(failures: Sequence[UnreadableSource]) -> None:
    """Name each file that could not be read in a line of its own; with any, the exit status is 1."""
    for failure in failures:
        complain(str(failure))
    if failures:
        raise typer.Exit(1)


@contextmanager
def progress(doing: str) -> Iterator[Callable[[str], None]]:
    """Show on standard error, if it is a terminal, which source is being worked on."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed:.0f} files"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as shown:
        task = shown.add_task(doing, total=None)

        def told(path: str) -> None:
            shown.update(task, advance=1, description=f"{doing} {escape(path)}")

        yield told


def read_paths(
    paths: Sequence[Path],
    *,
    lexicon: "Lexicon | None" = None,
    with_remarks: bool = False,
    report: "LoadReport | None" = None,
    memory: "Memory | None" = None,
) -> "Extraction":
    """Return what files and folders of notes say, with progress. Raises InputError if there are no notes.

    With `memory` only what changed is read.
    """
    from api.loading import read_notes

    with progress("Reading") as told:

        def on_source(path: str) -> None:
            told(path)
            if report is not None:
                report.reading(path)

        return read_notes(paths, lexicon=lexicon, on_source=on_source, with_remarks=with_remarks, memory=memory)


def find_lexicon(settings: "Settings") -> "Lexicon":
    """Return the lexicon that the settings ask for. Raises InputError if one of its files cannot be used."""
    from loaders.lexicon.files import read_lexicon

    return read_lexicon(settings.lexicon, shipped=not settings.no_lexicon)


def find_language_model(url: str | None, settings: "Settings") -> "LanguageModel | None":
    """Return the language model at `url` as the settings have it, None without `url`; nothing is asked yet.

    Raises InputError for an address that is none or answers that cannot be kept.
    """
    if url is None:
        return None
    from loaders.language_model import connect

    if not settings.llm_model:
        raise typer.BadParameter("name the model: --llm-model NAME, or NOTEATLAS_LLM_MODEL", param_hint="--llm")
    key = settings.llm_key.get_secret_value() if settings.llm_key else None
    return connect(url, settings.llm_model, key=key, cache=settings.llm_cache, timeout_s=settings.llm_timeout_s)


def ask_language_model(extraction: "Extraction", model: "LanguageModel | None") -> "Extraction":
    """Return what notes say with what a language model reads in them; what it cost goes to standard error."""
    if model is None:
        return extraction
    from dataclasses import replace

    from loaders.language_model import read_with

    with progress("Asking the language model"):
        graphs, usage = read_with(model, extraction.graphs)
    typer.echo(f"noteatlas: language model: {usage.text()}", err=True)
    return replace(extraction, graphs=graphs)


def store_extraction(
    url: str,
    extraction: "Extraction",
    *,
    folders: Sequence[Path] = (),
    forgetting: "Forgetting | None" = None,
    curation: "Sequence[CurationFile]" = (),
    report: "LoadReport | None" = None,
) -> "Loaded":
    """Store what notes say, source by source, with progress; see `api.loading.store_all`."""
    from api.loading import Loaded, store_all
    from api.syncing import Forgetting

    async def write() -> Loaded:
        async with open_store(url) as opened:
            return await store_all(
                opened,
                extraction,
                folders=folders,
                forgetting=forgetting or Forgetting.CAREFUL,
                curation=curation,
                on_source=told,
                cause=report.cause if report is not None else "load",
                on_progress=report.storing if report is not None else None,
            )

    with progress("Storing") as told:
        return asyncio.run(write())


def preview_extraction(
    url: str,
    extraction: "Extraction",
    *,
    folders: Sequence[Path],
    forgetting: "Forgetting",
    curation: "Sequence[CurationFile]" = (),
) -> "Loaded":
    """Return what storing would change. A store that is not there yet is not made: an empty one stands for it."""
    from api.loading import Loaded, preview_all

    async def ask(url: str) -> Loaded:
        async with open_store(url) as opened:
            return await preview_all(opened, extraction, folders=folders, forgetting=forgetting, curation=curation)

    file = getattr(open_store(url), "file", None)
    if not isinstance(file, Path) or file.exists():
        return asyncio.run(ask(url))
    with tempfile.TemporaryDirectory(prefix="noteatlas-") as folder:
        return asyncio.run(ask(folder))
