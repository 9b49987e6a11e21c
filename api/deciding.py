"""The verb *curate*: people's decisions into a store and into their file, and back out of both.

A decision is applied to what the notes say (`graph.curation.apply`), which a store keeps beside what it shows. So that
no decision is lost or half made, its file is written first: whoever stops in between finds it there, and the next load
applies it. What the store would not take is taken out of the file again.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from api.curating import curation_files, synced, write_decisions
from api.lookup import concept_ids
from graph.changes import Changes
from graph.curation.apply import Curated, Stale, curate
from graph.curation.decision import Decision, What, by_time, decode_decision, encode_decision, undone, validate
from graph.edits import Contents
from graph.errors import AmbiguousName, InputError, NoteAtlasError, StoreBusy
from graph.model import KnowledgeGraph, Relation
from graph.store import GraphStore

__all__ = ["NOBODY", "Applied", "Decided", "Ruled", "Writer", "decide", "decisions_of", "rule", "status", "undo"]

_TRIES: Final = 20
_PAUSE_S: Final = 0.05  # at most, times the tries before
_MAX_CAUSE: Final = 500  # characters


@dataclass(frozen=True, slots=True)
class Writer:
    """Someone who may decide: what decisions say of who it is, and the file that they are written to as well."""

    author: str = ""
    file: Path | None = None


NOBODY: Final = ("FORBIDDEN", "nothing can be changed from here")
"""What is told to who may not write, where there is nothing more to say: a code and a sentence."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision, or taking one back, changed for those who read."""

    decision: Decision
    changes: Changes


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of all decisions at a load, and which were taken back or newly written to a file by it.

    `unwritten` are lines about files that could not be written.
    """

    applied: tuple[Decision, ...] = ()
    stale: tuple[Stale, ...] = ()
    review: tuple[Decision, ...] = ()
    taken_back: tuple[Decision, ...] = ()
    written: tuple[Decision, ...] = ()
    unwritten: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ruled:
    """Contributions to write, and the originals of those that decisions made others than the notes have them."""

    graphs: Mapping[str, KnowledgeGraph]
    originals: Mapping[str, KnowledgeGraph] = field(default_factory=dict)
    curated: Curated = field(default_factory=lambda: Curated({}))


def rule(notes: Mapping[str, KnowledgeGraph], contents: Contents, decisions: Sequence[Decision]) -> Ruled:
    """Return what `notes` are with `decisions`, as far as a store that has `contents` may show something else.

    `notes` are what the notes say now, all of them. Linear in them.
    """
    curated = curate(notes, decisions)
    originals = {path: notes[path] for path, graph in curated.graphs.items() if graph is not notes[path]}
    touched = originals.keys() | (contents.originals.keys() & notes.keys())
    return Ruled({path: curated.graphs[path] for path in sorted(touched)}, originals, curated)


async def decisions_of(store: GraphStore) -> list[Decision]:
    """Return the decisions that a store holds, by (time, id)."""
    return sorted(map(decode_decision, await store.decisions()), key=by_time)


async def status(store: GraphStore) -> Curated:
    """Return which of a store's decisions apply to what its notes say, and which are stale. Linear in the store."""
    contents = await store.contents()
    decisions = [decode_decision(row) for row in contents.decisions]
    return await asyncio.to_thread(lambda: curate(contents.notes(), decisions))


async def decide(store: GraphStore, decision: Decision, *, file: Path | None = None) -> Decided:
    """Add a decision to those of a store, and to `file` if there is one.

    Its names may be ids, names or aliases; the names of its concepts are kept. Where it has no time it is made now, and
    where it has no evidence, the sentences of its relation are. Raises InputError for what makes no sense or means
    nothing in the store, which then is as it was: a decision that can only be stale is a mistake.

    Cost: linear in the store.
    """
    made = validate(await _named(store, decision))
    if not made.time:
        made = replace(made, time=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"))
    if not made.evidence and made.source:
        made = replace(made, evidence=await _sentences(store, made))

    def add(held: Sequence[Decision]) -> tuple[list[Decision], str]:
        return [*(row for row in held if row.id != made.id), made], f"decision {made.id}: {made}"

    def check(curated: Curated) -> None:
        for row in curated.stale:
            if row.decision.id == made.id:
                raise InputError(f"{made}: {row.why}")

    return Decided(made, await _write(store, add, check, file=file))


async def undo(store: GraphStore, id_: str, *, file: Path | None = None) -> Decided:
    """Take the decision with this id out of a store, and out of `file`, where it may stand alone as yet.

    Raises InputError if it is in neither.
    """
    gone: dict[str, Decision] = {}

    def take(held: Sequence[Decision]) -> tuple[list[Decision], str]:
        left = undone(held, [id_])
        gone.update((row.id, row) for row in held if row.id == id_)
        return left, f"undone {id_}: {gone[id_]}"

    changes = await _write(store, take, lambda _: None, file=file)
    return Decided(gone[id_], changes)


async def _write(
    store: GraphStore,
    change: Callable[[Sequence[Decision]], tuple[list[Decision], str]],
    check: Callable[[Curated], None],
    *,
    file: Path | None,
) -> Changes:
    """Change the decisions of a store and of a file; again from the start where another writer came in between.

    `change` is given all that hold, those of the file as they stand in it now, and returns what is to hold from then
    on, with the words for the history.
    """
    left = _TRIES
    while True:
        contents = await store.contents()
        held = [decode_decision(row) for row in contents.decisions]
        beside = (await asyncio.to_thread(curation_files, [], file))[0] if file is not None else None
        there = beside is not None and beside.file.exists()  # else it is made anew with all that the store has of it
        wanted, cause = change(synced(held, [beside]).decisions if beside is not None and there else held)
        if beside is not None:
            wanted = [replace(row, file=row.file or beside.name) for row in wanted]

        def apply(contents: Contents = contents, wanted: list[Decision] = wanted) -> Ruled:
            return rule(contents.notes(), contents, wanted)

        ruled = await asyncio.to_thread(apply)
        check(ruled.curated)
        if beside is not None:
            await asyncio.to_thread(write_decisions, beside.file, [d for d in wanted if d.file == beside.name])
        try:
            return await store.replace(
                ruled.graphs,
                originals=ruled.originals,
                decisions=[encode_decision(decision) for decision in wanted],
                cause=cause[:_MAX_CAUSE],
                expected=contents.revision,
            )
        except NoteAtlasError as error:
            if beside is not None:
                with suppress(InputError):  # the store's error is the one to tell; the next load applies the file
                    await asyncio.to_thread(write_decisions, beside.file, beside.decisions)
            left -= 1
            if not left or not isinstance(error, StoreBusy):
                raise
            await asyncio.sleep(random.uniform(0, _PAUSE_S * (_TRIES - left)))  # noqa: S311 -- so that two part


# -- names ----------------------------------------------------------------------------------------------------------


async def _named(store: GraphStore, decision: Decision) -> Decision:
    """Return the decision with its concepts under their preferred names. Raises UnknownConcept or AmbiguousName."""
    if decision.what is What.ADD:
        meant = await store.resolve([decision.source, decision.target])
        for name, found in meant.items():
            if len(found) > 1:
                raise AmbiguousName(name, found)
        ids = {name: found[0] for name, found in meant.items()}
    elif decision.what is What.SEPARATE:
        return decision  # its names need not be there yet
    else:
        names = [name for name in (decision.source, decision.target, decision.name, decision.into) if name]
        ids = dict(zip(names, [(await concept_ids(store, [name]))[0] for name in names], strict=True))
    concepts = await store.get(list(ids.values()))
    called = {name: concepts[id_].name for name, id_ in ids.items() if id_ in concepts}
    return replace(
        decision,
        **{
            where: called.get(getattr(decision, where), getattr(decision, where))
            for where in ("source", "target", "name", "into")
        },
    )


async def _sentences(store: GraphStore, decision: Decision) -> tuple[str, ...]:
    """Return the sentences that a decision's relation has now, each once."""
    meant = await store.resolve([decision.source, decision.target])
    ends = [meant.get(name, []) for name in (decision.source, decision.target)]
    if decision.type is None or not all(ends):
        return ()
    key = Relation(ends[0][0], decision.type, ends[1][0]).canonical().key
    found = (await store.get_relations([key])).get(key)
    return tuple(dict.fromkeys(e.text for e in found.evidence)) if found else ()
