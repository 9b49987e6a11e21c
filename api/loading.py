"""The verb *load*: files of notes into a store, one transaction per source; and the sample notes that `demo` loads.

A load that is stopped half-way leaves whole sources behind, never part of one, and loading again completes it.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from graph.errors import InputError, StoreError, UnreadableSource
from graph.store import Changes, GraphStore
from loaders.extract import Extraction, extract
from loaders.sources import find_files

__all__ = ["Loaded", "has_loaded", "read_notes", "sample_notes", "store_all"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load changed, by source in order of their paths, and the files that could not be read."""

    changes: tuple[tuple[str, Changes], ...]
    failures: tuple[UnreadableSource, ...] = ()

    @property
    def total(self) -> Changes:
        """All changes added up."""
        return sum((changes for _, changes in self.changes), Changes())


def read_notes(paths: Sequence[Path], *, on_source: Callable[[str], None] | None = None) -> Extraction:
    """Extract the graphs of files and folders; `on_source` hears of each source before it is read.

    What cannot be read is in the answer's `failures`. Raises InputError if that is all there is.
    """
    extraction = extract(paths, on_source=on_source)
    if not extraction.graphs and not extraction.failures:
        raise InputError(f"there are no notes in {', '.join(map(str, paths))}: name Markdown or text files")
    return extraction


async def store_all(
    store: GraphStore, extraction: Extraction, *, on_source: Callable[[str], None] | None = None
) -> Loaded:
    """Make each graph of `extraction` its source's contribution, in order of their paths.

    A source that no store can hold, such as one whose name is no text, joins the failures. Raises StoreError if the
    store fails; its message says how many sources were stored before.
    """
    done: list[tuple[str, Changes]] = []
    failures = list(extraction.failures)
    graphs = sorted(extraction.graphs.items())
    for path, graph in graphs:
        if on_source is not None:
            on_source(path)
        try:
            done.append((path, await store.upsert(path, graph)))
        except StoreError as error:
            advice = f"{len(done)} of {len(graphs)} sources were loaded, {path} and those after it were not; load again"
            raise type(error)(f"{error}; {advice}") from error
        except InputError as error:
            failures.append(UnreadableSource(path, str(error)))
    return Loaded(tuple(done), tuple(failures))


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
