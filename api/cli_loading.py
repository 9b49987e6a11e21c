"""The command *load*: notes into the store, once or as they are saved."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli_options import (
    CurationOption,
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
    complain,
    find_language_model,
    find_lexicon,
    name_failures,
    preview_extraction,
    read_paths,
    read_settings,
    store_extraction,
)
from graph.errors import NoteAtlasError

if TYPE_CHECKING:
    from api.loading import Loaded
    from api.settings import Settings
    from api.syncing import Forgetting
    from loaders.language_model import LanguageModel
    from loaders.lexicon import Lexicon
    from loaders.remembering import Memory

__all__ = ["commands"]

commands = typer.Typer()


@commands.command(
    short_help="Read notes into the store.",
    epilog=examples(
        "noteatlas load ~/notes",
        "noteatlas load ~/notes --watch",
        "noteatlas load week1.md week2.txt --store ~/atlas",
        "noteatlas load ~/notes --dry-run",
        "noteatlas load recipes --no-lexicon --lexicon baking.yaml",
    ),
)
def load(
    paths: Notes,
    *,
    lexicon: LexiconOption = None,
    no_lexicon: NoLexiconOption = False,
    curation: CurationOption = None,
    llm: LlmOption = None,
    llm_model: LlmModelOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and store nothing.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Then load what changes, as it is saved; end with ^C.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep what the store has of files that are no longer in their folder.")
    ] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help="Forget files that are gone even if most of their folder is.")
    ] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Read all files, those too that have not changed.")] = False,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read notes into the store: concepts, relations and the sentences that say so.

    Only files that changed are read, and those in which a name now means something else. Loading a changed file
    replaces what only that file supported. A transaction holds whole files. A file that cannot be read is named, the
    others are loaded, and the exit status is 1.

    Of a folder, files that were loaded before and are gone are forgotten, and files that moved are followed. What
    people decided about the graph (`noteatlas curate`, and the file noteatlas.curation.yaml) holds.
    """
    from api.syncing import Forgetting

    if keep and forget:
        raise typer.BadParameter("say --keep or --forget, not both", param_hint="--forget")
    if watch and dry_run:
        raise typer.BadParameter("say --watch or --dry-run, not both", param_hint="--watch")
    if watch and len({path.is_dir() for path in paths}) > 1:
        raise typer.BadParameter("watch folders or files, not both", param_hint="--watch")
    settings = read_settings(
        store=store,
        lexicon=lexicon or None,
        no_lexicon=no_lexicon or None,
        llm_model=llm_model,
        curation=curation,
    )
    job = _Job(
        paths,
        settings,
        find_lexicon(settings),
        find_language_model(llm, settings),
        Forgetting.NEVER if keep else Forgetting.ALWAYS if forget else Forgetting.CAREFUL,
        fresh=fresh or llm is not None,  # its answers have a cache of their own
    )
    if watch:
        _follow(job, as_json=as_json)
        return
    loaded = job.preview() if dry_run else job.load()
    _tell(loaded, as_json=as_json)
    name_failures(loaded.failures)


@dataclass(frozen=True, slots=True)
class _Job:
    """What is to be loaded, and how."""

    paths: Sequence[Path]
    settings: "Settings"
    lexicon: "Lexicon"
    model: "LanguageModel | None"
    forgetting: "Forgetting"
    fresh: bool = False

    def preview(self) -> "Loaded":
        """Return what loading would change."""
        from api.curating import curation_files

        decided = curation_files(self.paths, self.settings.curation)
        with self._memory() as memory:
            extraction = ask_language_model(read_paths(self.paths, lexicon=self.lexicon, memory=memory), self.model)
            return preview_extraction(
                self.settings.store, extraction, folders=self.paths, forgetting=self.forgetting, curation=decided
            )

    def load(self) -> "Loaded":
        """Load, and leave a record of it."""
        from api.curating import curation_files
        from api.loading import Loaded
        from api.reporting import LoadReport
        from loaders.sources import find_files

        decided = curation_files(self.paths, self.settings.curation)
        with LoadReport(self.settings.store, len(find_files(self.paths)[0])) as report, self._memory() as memory:
            extraction = ask_language_model(
                read_paths(self.paths, lexicon=self.lexicon, report=report, memory=memory), self.model
            )
            if extraction.graphs:
                loaded = store_extraction(
                    self.settings.store,
                    extraction,
                    folders=self.paths,
                    forgetting=self.forgetting,
                    curation=decided,
                    report=report,
                )
            else:
                loaded = Loaded((), extraction.failures)
            report.finished(loaded)
        if report.problem is not None:
            complain(f"nobody could watch this load: {report.problem}")
        return loaded

    @contextmanager
    def _memory(self) -> "Iterator[Memory | None]":
        """Open what is remembered of the notes; None where everything is to be read, or nothing can be remembered."""
        from api.remembered import NoMemory, open_memory

        if self.fresh:
            yield None
            return
        settings = self.settings
        with ExitStack() as opened:
            memory = None
            try:
                memory = opened.enter_context(
                    open_memory(settings.cache, self.paths, settings.lexicon, shipped=not settings.no_lexicon)
                )
            except NoMemory as error:
                complain(f"what is read cannot be remembered, the next load reads all of it again: {error}")
            yield memory
        if memory is not None and memory.problem is not None:
            complain(f"what was read could not be remembered, the next load reads it again: {memory.problem}")


def _tell(loaded: "Loaded", *, as_json: bool) -> None:
    """Print what a load did, and on standard error what else is to be said of it, but for failures."""
    from api.cli_output_curation import complaints
    from api.cli_output_loads import report_loaded

    report_loaded(loaded, as_json=as_json)
    for kept in loaded.kept:
        complain(kept.reason)
    for line in complaints(loaded.curation):
        complain(line)


def _follow(job: _Job, *, as_json: bool) -> None:
    """Load, and load again whenever something is saved, until it is interrupted; what fails is told and tried again."""
    from api.following import saved

    first = True
    told: set[str] = set()  # what the last load could not read: it is told again once it could in between
    for _ in saved(job.paths):
        try:
            loaded = job.load()
        except NoteAtlasError as error:
            if first:
                raise
            complain(f"{error}; it is tried again when something is saved")
            continue
        failures = [str(failure) for failure in loaded.failures]
        new = [line for line in failures if line not in told]
        if first or loaded.total or new:
            _tell(loaded, as_json=as_json)
        for line in new:
            complain(line)
        told = set(failures)
        if first:
            typer.echo("noteatlas: watching; ^C ends it", err=True)
        first = False
