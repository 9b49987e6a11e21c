"""When notes are saved: what `load --watch` waits for."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from watchfiles import Change, watch

from api.curating import CURATION_FILE
from loaders.sources import SUFFIXES

__all__ = ["saved"]

_QUIET_MS: Final = 100  # after that long without a change, what was saved belongs together
_LONGEST_MS: Final = 2_000
_WAKES_MS: Final = 250


def saved(paths: Sequence[Path]) -> Iterator[None]:
    """Yield once, and then whenever notes among `paths` (all folders, or all files) were saved, renamed or deleted.

    What is saved while the caller works is found afterwards. Ends never; an interrupt ends it. Hidden files and folders
    are passed over, as `loaders.sources` does, and so are files that are no notes.
    """
    roots = [path.absolute() for path in paths]
    folders = all(root.is_dir() for root in roots)
    watched = sorted(set(roots) if folders else {root.parent for root in roots})

    def matters(_: Change, name: str) -> bool:
        path = Path(name)
        root = next((root for root in roots if path.is_relative_to(root)), None)
        if root is None:
            return False
        inside = path.relative_to(root).parts
        if any(part.startswith(".") for part in inside):
            return False
        suffix = path.suffix.lower()
        return path == root or not suffix or suffix in SUFFIXES or path.name == CURATION_FILE

    changes = watch(
        *watched,
        watch_filter=matters,
        debounce=_LONGEST_MS,
        step=_QUIET_MS,
        rust_timeout=_WAKES_MS,
        yield_on_timeout=True,  # the first of them tells that it watches
        recursive=folders,
        raise_interrupt=True,
    )
    next(changes)
    yield
    for found in changes:
        if found:
            yield
