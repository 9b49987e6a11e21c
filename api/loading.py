"""The verb *load*: files of notes into a store, many in one transaction; and the sample notes that `demo` loads.

A load that is stopped half-way leaves whole sources behind, never part of one, and loading again completes it. Sources
go into the store in batches, since all that they share is merged once for each transaction: not one by one, which takes
the longer the more sources there are, nor all at once, for which other writers would wait. What a load does to sources
that are gone or have another name is decided in `api.syncing`.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from api.curating import CurationFile, synced, write_synced
from api.deciding import Applied, decisions_of, rule
from api.syncing import Forgetting, Kept, Step, plan
from graph.contribution import encode_all
from graph.curation.apply import Curated
from graph.curation.decision import Decision, encode_decision
from graph.edits import Contents
from graph.errors import InputError, StoreError, UnreadableSource
from graph.store import Changes, GraphStore
from loaders.extract import Extraction, extract
from loaders.lexicon import Lexicon
from loaders.remembering import Memory
from loaders.sources import find_files, find_folders

__all__ = ["MOST_ROWS", "Loaded", "Outcome", "has_loaded", "preview_all", "read_notes", "sample_notes", "store_all"]

MOST_ROWS: Final = 25_000
"""How many concepts, relations and passages are stored in one transaction, unless one source has more: some seconds."""

_ROWS_GONE: Final = 500  # that a source which is forgotten counts for


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

    Beside it the files that could not be read, what the store keeps of folders although it is gone, and what became of
    people's decisions, None where there are none.
    """

    outcomes: tuple[Outcome, ...]
    failures: tuple[UnreadableSource, ...] = ()
    kept: tuple[Kept, ...] = ()
    curation: Applied | None = None

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
    memory: Memory | None = None,
) -> Extraction:
    """Extract the graphs of files and folders; `on_source` hears of each source before it is read.

    `with_remarks` tells what was left out as well. With `memory` only what changed is read (`api.remembered`). What
    cannot be read is in the answer's `failures`. Raises InputError if that is all there is.
    """
    extraction = extract(paths, lexicon=lexicon, on_source=on_source, with_remarks=with_remarks, memory=memory)
    if not extraction.graphs and not extraction.failures:
        raise InputError(f"there are no notes in {', '.join(map(str, paths))}: name files of notes")
    return extraction


@dataclass(frozen=True, slots=True)
class _Planned:
    """What a load is about to do; `decisions` are all that hold afterwards, None where they need not be written.

    `same` are the sources of which the store has what was read.
    """

    steps: tuple[Step, ...]
    same: tuple[str, ...] = ()
    kept: tuple[Kept, ...] = ()
    decisions: tuple[Decision, ...] | None = None
    curation: Applied | None = None


async def store_all(
    store: GraphStore,
    extraction: Extraction,
    *,
    folders: Sequence[Path] = (),
    forgetting: Forgetting = Forgetting.CAREFUL,
    curation: Sequence[CurationFile] = (),
    cause: str = "load",
    on_source: Callable[[str], None] | None = None,
    on_progress: Callable[[str, int, int, Changes], None] | None = None,
    most_rows: int = MOST_ROWS,
) -> Loaded:
    """Make each graph of `extraction` its source's contribution, in order of their paths.

    `folders` are the paths that were read: of the folders among them, sources that are gone are forgotten, or kept, as
    `forgetting` says. Nothing is forgotten if nothing was read. `cause` names the load in the store's history.

    The decisions in `curation` and in the store are applied to all sources of the store, after them as before.

    `on_source` hears of each source before it is stored; `on_progress` as well of how many were stored before it, of
    how many there are, and of what was changed up to then.

    Sources go into one transaction up to `most_rows` of their rows. What several of them changed alike counts for the
    first.

    A source that no store can hold, such as one whose name is no text, joins the failures. Raises StoreError if the
    store fails; its message says how many sources were stored before.
    """
    planned = await _plan(store, extraction, folders, forgetting, curation, write=True)
    steps = planned.steps
    done: list[Outcome] = []
    number = 0
    failures = [*extraction.failures, *(failure for file in curation for failure in file.failures)]
    total = Changes()
    for batch in _batches(steps, most_rows):
        if on_source is not None:
            for step in batch:
                on_source(step.path)
        if on_progress is not None:
            on_progress(batch[0].path, number, len(steps), total)
        try:
            outcomes, refused = await _store(store, batch, cause)
        except StoreError as error:
            path = batch[0].path
            advice = f"{number} of {len(steps)} sources were loaded, {path} and those after it were not; load again"
            raise type(error)(f"{error}; {advice}") from error
        done += outcomes
        failures += refused
        total += sum((outcome.changes for outcome in outcomes), Changes())
        number += len(batch)
    if planned.decisions is not None:
        await store.replace({}, decisions=[encode_decision(row) for row in planned.decisions], cause=cause)
    return Loaded(_with_same(done, planned.same), tuple(failures), planned.kept, planned.curation)


async def preview_all(
    store: GraphStore,
    extraction: Extraction,
    *,
    folders: Sequence[Path] = (),
    forgetting: Forgetting = Forgetting.CAREFUL,
    curation: Sequence[CurationFile] = (),
) -> Loaded:
    """Return what `store_all` would return, and write nothing; see `GraphStore.preview`."""
    planned = await _plan(store, extraction, folders, forgetting, curation, write=False)
    failures = [*extraction.failures, *(failure for file in curation for failure in file.failures)]
    batches: list[list[Step]] = []
    for batch in _batches(planned.steps, MOST_ROWS):
        possible, refused = await asyncio.to_thread(_possible, batch)
        batches.append(possible)
        failures += refused
    changes = await store.preview([[step.graphs for step in batch] for batch in batches])
    outcomes = [row for batch, changed in zip(batches, changes, strict=True) for row in _outcomes(batch, changed)]
    return Loaded(_with_same(outcomes, planned.same), tuple(failures), planned.kept, planned.curation)


def _batches(steps: Sequence[Step], most_rows: int) -> Iterator[list[Step]]:
    """Yield the steps in order, those together that are carried out in one transaction."""
    batch: list[Step] = []
    rows = 0
    for step in steps:
        graph = step.graph
        more = len(graph.concepts) + len(graph.relations) + len(graph.passages) if graph is not None else _ROWS_GONE
        if batch and rows + more > most_rows:
            yield batch
            batch, rows = [], 0
        batch.append(step)
        rows += more
    if batch:
        yield batch


async def _store(store: GraphStore, steps: Sequence[Step], cause: str) -> tuple[list[Outcome], list[UnreadableSource]]:
    """Carry out steps in one transaction, without those whose graph no store can hold, and say why."""
    try:
        return await _replace(store, steps, cause), []
    except InputError:
        possible, refused = await asyncio.to_thread(_possible, steps)
        return await _replace(store, possible, cause), refused


async def _replace(store: GraphStore, steps: Sequence[Step], cause: str) -> list[Outcome]:
    originals = {path: graph for step in steps for path, graph in step.originals.items()}
    return _outcomes(steps, await store.replace_each([step.graphs for step in steps], originals=originals, cause=cause))


def _possible(steps: Sequence[Step]) -> tuple[list[Step], list[UnreadableSource]]:
    """Return the steps whose graph a store can hold, and why it cannot hold the others."""
    possible, refused = [], []
    for step in steps:
        try:
            encode_all(step.graphs)
            encode_all(step.originals)
        except InputError as error:
            refused.append(UnreadableSource(step.path, str(error)))
        else:
            possible.append(step)
    return possible, refused


def _outcomes(steps: Sequence[Step], changes: Sequence[Changes]) -> list[Outcome]:
    """Return what came of steps, without those that follow others and changed nothing."""
    return [Outcome.of(step, row) for step, row in zip(steps, changes, strict=True) if row or not step.follows]


async def _plan(
    store: GraphStore,
    extraction: Extraction,
    folders: Sequence[Path],
    forgetting: Forgetting,
    curation: Sequence[CurationFile],
    *,
    write: bool,
) -> _Planned:
    """Decide what the load does. With `write`, decisions that the store alone has go into their file first."""
    there = await store.sources() if extraction.graphs and folders else []
    found = await asyncio.to_thread(find_folders, folders, {source.path for source in there})
    held = await decisions_of(store)
    decided = bool(held or any(file.decisions for file in curation))
    # What the notes say, before any decision: so a source that is as it was may still follow one about another.
    has = await store.digests() if extraction.digests else {}
    same = tuple(path for path, digest in sorted(extraction.digests.items()) if has.get(path) == digest)
    graphs = {path: extraction.graphs[path] for path in extraction.graphs.keys() - set(same)}
    planned = plan(graphs, found, there, forgetting=forgetting)
    if not extraction.graphs or not decided:
        return _Planned(planned.steps, same, planned.kept)
    sync = synced(held, curation)
    if write:
        sync = await asyncio.to_thread(write_synced, sync)
    contents = await store.contents()
    ruled, steps = await asyncio.to_thread(_with_decisions, planned.steps, contents, sync.decisions)
    written = tuple(decision for _, rows in sync.to_write for decision in rows)
    report = Applied(ruled.applied, ruled.stale, ruled.review, sync.taken_back, written, sync.unwritten)
    return _Planned(tuple(steps), same, planned.kept, sync.decisions, report)


def _with_same(outcomes: Sequence[Outcome], same: Sequence[str]) -> tuple[Outcome, ...]:
    """Return outcomes with those of sources that did not change, in the order of `Loaded`."""
    told = {outcome.path for outcome in outcomes}  # some of the same follow a decision
    read = [outcome for outcome in outcomes if not outcome.forgotten]
    read += [Outcome(path, Changes()) for path in same if path not in told]
    return (*sorted(read, key=lambda row: row.path), *(outcome for outcome in outcomes if outcome.forgotten))


def _with_decisions(
    steps: Sequence[Step], contents: Contents, decisions: Sequence[Decision]
) -> tuple[Curated, list[Step]]:
    """Return what became of the decisions, and the steps with what they make of the sources, of others too."""
    notes = contents.notes()
    for step in steps:
        for path, graph in step.graphs.items():
            if graph is None:
                notes.pop(path, None)
            else:
                notes[path] = graph
    ruled = rule(notes, contents, decisions)
    mine = [
        replace(step, graph=ruled.curated.graphs[step.path], original=ruled.originals.get(step.path))
        if step.graph is not None
        else step
        for step in steps
    ]
    read = {step.path for step in steps}
    others = [
        Step(path, graph, original=ruled.originals.get(path), follows=True)
        for path, graph in ruled.graphs.items()
        if path not in read
    ]
    return ruled.curated, [*mine, *others]


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
