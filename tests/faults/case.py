"""The notes of a run, read once, and all that a store may show while they are loaded.

Two versions of the notes are loaded, one after the other: the sample notes, then the same as somebody edited them, with
lines changed, a file gone, one new and one under another name. What a store may show are the states between the
transactions of these two loads, from nothing to all: recorded once, by loading without any fault.
"""

import asyncio
import hashlib
import pickle
import random
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.loading import read_notes, sample_notes, store_all
from graph.contribution import Contribution
from graph.edits import Contents
from graph.interchange import dumps
from graph.model import KnowledgeGraph
from graph.sqlite_store import SqliteStore
from graph.store import Changes
from loaders.extract import Extraction

__all__ = ["FEW", "Case", "Known", "Version", "make_case"]

FEW = ("en/attention.md", "en/regularization.md", "zh/optimizers.md", "zh/trees.md")
"""Enough for a test of seconds: they share concepts across languages."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the notes, in `folder` / notes; what reading them gives is in the file `extraction`.

    `export` is what `noteatlas export` prints once they are loaded, `revisions` how many the store has then.
    """

    folder: Path
    extraction: Path
    export: bytes = b""
    revisions: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """What a reader may see: `graphs` are the digests of whole graphs, `sources` those of each source by its path."""

    graphs: frozenset[str]
    sources: Mapping[str, frozenset[str]]

    def faults(self, contents: Contents, graph: KnowledgeGraph | None = None) -> list[str]:
        """Return what of the answers of a store is of no known state, one line for each."""
        found = [
            f"{path} is half there: {len(held.concepts)} concepts, {len(held.relations)} relations"
            for path, held in contents.contributions.items()
            if source_digest(held) not in self.sources.get(path, ())
        ]
        if graph is not None and graph_digest(graph) not in self.graphs:
            found.append("the graph is of no state between two transactions")
        return found


@dataclass(frozen=True, slots=True)
class Case:
    """Both versions of the notes, and the file that a reader reads a `Known` from."""

    old: Version
    new: Version
    known: Path

    def read_known(self) -> Known:
        """Return what a reader may see."""
        found: Known = pickle.loads(self.known.read_bytes())
        return found


def graph_digest(graph: KnowledgeGraph) -> str:
    """Return a digest of all that `noteatlas export` tells of a graph."""
    return hashlib.sha256(dumps(graph)).hexdigest()


def source_digest(held: Contribution) -> str:
    """Return a digest of what a source contributes."""
    rows = (sorted(held.concepts.items()), sorted(held.relations.items()), sorted(held.passages), held.sources)
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def make_case(folder: Path, *, files: tuple[str, ...] | None = None, seed: int = 0) -> Case:
    """Prepare everything in an empty folder; `files` are those of the sample notes to take, all without it."""
    old, new = folder / "old", folder / "new"
    notes = sample_notes()
    for name in files or sorted(str(file.relative_to(notes)) for file in notes.rglob("*") if file.is_file()):
        target = old / "notes" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(notes / name, target)
    shutil.copytree(old, new)
    _edit(new / "notes", random.Random(seed))
    versions = [_read(old), _read(new)]
    known, *done = asyncio.run(_recorded(versions))
    file = folder / "known"
    file.write_bytes(pickle.dumps(known))
    return Case(done[0], done[1], file)


def _edit(notes: Path, choose: random.Random) -> None:
    files = sorted(file for file in notes.rglob("*") if file.is_file())
    moved, gone = choose.sample(files, 2)
    for file in files:
        if file == moved:
            continue  # a file is followed by its bytes
        lines = file.read_text(encoding="utf-8").splitlines()
        for _ in range(5):
            del lines[choose.randrange(len(lines))]
        lines.append(f"\nDropout is used for {file.stem}.")
        file.write_text("\n".join(lines), encoding="utf-8")
    shutil.copyfile(gone, gone.with_name(f"new-{gone.name}"))
    with gone.with_name(f"new-{gone.name}").open("a", encoding="utf-8") as file:
        file.write("\nAttention uses softmax.\n")
    gone.unlink()
    moved.rename(moved.with_name(f"moved-{moved.name}"))


def _read(folder: Path) -> Version:
    with chdir(folder):
        extraction = read_notes([Path("notes")])
    file = folder / "extraction"
    file.write_bytes(pickle.dumps(extraction))
    return Version(folder, file)


class _Recorder(SqliteStore):
    """Remembers the digest of what it held after each write."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.graphs: set[str] = set()
        self.found: dict[str, set[str]] = {}

    async def replace_each(self, steps: Sequence[Mapping[str, KnowledgeGraph | None]], **rest: Any) -> list[Changes]:
        changes = await super().replace_each(steps, **rest)
        await self.remember()
        return changes

    async def remember(self) -> None:
        self.graphs.add(graph_digest(await self.graph()))
        for path, held in (await self.contents()).contributions.items():
            self.found.setdefault(path, set()).add(source_digest(held))


async def _recorded(versions: list[Version]) -> tuple[Known, Version, Version]:
    done: list[Version] = []
    extractions: list[Extraction] = [pickle.loads(version.extraction.read_bytes()) for version in versions]
    with tempfile.TemporaryDirectory(prefix="noteatlas-faults-") as folder:
        async with _Recorder(folder) as store:
            await store.remember()
            for version, extraction in zip(versions, extractions, strict=True):
                with chdir(version.folder):
                    await store_all(store, extraction, folders=[Path("notes")], most_rows=1)
                export, revisions = dumps(await store.graph()), len(await store.history(first=10_000))
                done.append(Version(version.folder, version.extraction, export, revisions))
            known = Known(frozenset(store.graphs), {path: frozenset(each) for path, each in store.found.items()})
    old, new = done
    return known, old, new
