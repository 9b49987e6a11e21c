"""The verb *load*: files of notes into a store, one transaction per source; and the sample notes that `demo` loads.

A load that is stopped half-way leaves whole sources behind, never part of one, and loading again completes it. What a
load does to sources that are gone or have another name is decided in `api.syncing`.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from api.syncing import Forgetting, Kept, Plan, Step, plan
from graph.contribution import encode_all
from graph.errors import InputError, StoreError, UnreadableSource
from graph.store import Changes, GraphStore
from loaders.extract import Extraction, extract
from loaders.lexicon import Lexicon
from loaders.sources import find_files, find_folders

__all__ = ["Loaded", "Outcome", "has_loaded", "preview_all", "read_notes", "sample_notes", "store_all"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a load changed by one source; `was` is the name that it had before, `forgotten` says that it is gone."""

    path: str
    changes: Changes
    was: str | None = None
    forgotten: bool = False

    @classmethod
    def of(cls, step: Step, changes: Changes) -> "Outcome":
        """Say what came of a step."""
        return cls(step.path, changes, step.was, step.graph is None)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load changed, or would change, by source: those that were read by path, then those that were forgotten.

    Beside it the files that could not be read, and what the store keeps of folders although it is gone.
    """

    outcomes: tuple[Outcome, ...]
    failures: tuple[UnreadableSource, ...] = ()
    kept: tuple[Kept, ...] = ()

    @property
    def total(self) -> Changes:
        """All changes added up."""
        return sum((outcome.changes for outcome in self.outcomes), Changes())


def read_notes(
    paths: Sequence[Path],
    *,
    lexicon: Lexicon | None = None,
    on_source: Callable[[str], None] | None = None,
    with_remarks: bool = False,
) -> Extraction:
    """Extract the graphs of files and folders; `on_source` hears of each source before it is read.

    `with_remarks` tells what was left out as well. What cannot be read is in the answer's `failures`. Raises
    InputError if that is all there is.
    """
    extraction = extract(paths, lexicon=lexicon, on_source=on_source, with_remarks=with_remarks)
    if not extraction.graphs and not extraction.failures:
        raise InputError(f"there are no notes in {', '.join(map(str, paths))}: name files of notes")
    return extraction


async def store_all(
    store: GraphStore,
    extraction: Extraction,
    *,
    folders: Sequence[Path] = (),
    forgetting: Forgetting = Forgetting.CAREFUL,
    cause: str = "load",
    on_source: Callable[[str], None] | None = None,
    on_progress: Callable[[str, int, int, Changes], None] | None = None,
) -> Loaded:
    """Make each graph of `extraction` its source's contribution, in order of their paths.

    `folders` are the paths that were read: of the folders among them, sources that are gone are forgotten, or kept, as
    `forgetting` says. Nothing is forgotten if nothing was read. `cause` names the load in the store's history.

    `on_source` hears of each source before it is stored; `on_progress` as well of how many were stored before it, of
    how many there are, and of what was changed up to then.

    A source that no store can hold, such as one whose name is no text, joins the failures. Raises StoreError if the
    store fails; its message says how many sources were stored before.
    """
    planned = await _plan(store, extraction, folders, forgetting)
    steps = planned.steps
    done: list[Outcome] = []
    failures = list(extraction.failures)
    total = Changes()
    for number, step in enumerate(steps):
        if on_source is not None:
            on_source(step.path)
        if on_progress is not None:
            on_progress(step.path, number, len(steps), total)
        try:
            done.append(Outcome.of(step, await store.replace(step.graphs, cause=cause)))
            total += done[-1].changes
        except StoreError as error:
            advice = (
                f"{len(done)} of {len(steps)} sources were loaded, {step.path} and those after it were not; load again"
            )
            raise type(error)(f"{error}; {advice}") from error
        except InputError as error:
            failures.append(UnreadableSource(step.path, str(error)))
    return Loaded(tuple(done), tuple(failures), planned.kept)


async def preview_all(
    store: GraphStore,
    extraction: Extraction,
    *,
    folders: Sequence[Path] = (),
    forgetting: Forgetting = Forgetting.CAREFUL,
) -> Loaded:
    """Return what `store_all` would return, and write nothing; see `GraphStore.preview`."""
    planned = await _plan(store, extraction, folders, forgetting)
    possible: list[Step] = []
    failures = list(extraction.failures)
    for step in planned.steps:
        try:
            await asyncio.to_thread(encode_all, step.graphs)
        except InputError as error:
            failures.append(UnreadableSource(step.path, str(error)))
        else:
            possible.append(step)
    changes = await store.preview([step.graphs for step in possible])
    outcomes = tuple(Outcome.of(step, row) for step, row in zip(possible, changes, strict=True))
    return Loaded(outcomes, tuple(failures), planned.kept)


async def _plan(store: GraphStore, extraction: Extraction, folders: Sequence[Path], forgetting: Forgetting) -> Plan:
    held = await store.sources() if extraction.graphs and folders else []
    found = await asyncio.to_thread(find_folders, folders, {source.path for source in held})
    return plan(extraction.graphs, found, held, forgetting=forgetting)


async def has_loaded(store: GraphStore, folder: Path) -> bool:
    """Tell whether `store` holds the notes in `folder` as they are now, by the hashes of their bytes."""
    files, _ = find_files([folder])
    held = {source.path: source.sha256 for source in await store.sources()}
    return all(held.get(path) == hashlib.sha256(file.read_bytes()).hexdigest() for file, path in files)


def sample_notes() -> Path:
    """Return the folder of the sample notes: beside the packages in a checkout, within `api` when installed."""
    here = Path(__file__).resolve().parent
    for folder in (here / "sample_notes", here.parent / "notes"):
        if folder.is_dir():
            return folder
    raise InputError("the sample notes are missing from this installation: install noteatlas again")
