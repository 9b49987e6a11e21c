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
from loaders.lexicon import Lexicon
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
    on_source: Callable[[str], None] | None = None,
    on_progress: Callable[[str, int, int, Changes], None] | None = None,
) -> Loaded:
    """Make each graph of `extraction` its source's contribution, in order of their paths.

    `on_source` hears of each source before it is stored; `on_progress` as well of how many were stored before it, of
    how many there are, and of what was changed up to then.

    A source that no store can hold, such as one whose name is no text, joins the failures. Raises StoreError if the
    store fails; its message says how many sources were stored before.
    """
    done: list[tuple[str, Changes]] = []
    failures = list(extraction.failures)
    graphs = sorted(extraction.graphs.items())
    total = Changes()
    for number, (path, graph) in enumerate(graphs):
        if on_source is not None:
            on_source(path)
        if on_progress is not None:
            on_progress(path, number, len(graphs), total)
        try:
            done.append((path, await store.upsert(path, graph)))
            total += done[-1][1]
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
