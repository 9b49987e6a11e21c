"""What a load does to the sources of a store, decided before anything is written: read, follow, forget, or keep.

* A source that was read takes the place of what it said before.
* A source that was read, is new, and has the bytes of one that is gone, is that one under another name: it is
  *renamed*, so that neither is ever missing.
* A source of a folder that is loaded, and that is no file of it any more, is *forgotten*.

A folder's name is all that tells whose sources are whose, and there can be two of one name, an empty place where a disk
was, or a folder that may not be looked into. So sources are forgotten only where at least half of those that the store
has of the folder are still there, renamed ones counted; otherwise all are *kept*, and that is said.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from graph.model import KnowledgeGraph, Source
from loaders.sources import Folder

__all__ = ["Forgetting", "Kept", "Plan", "Step", "plan"]


class Forgetting(StrEnum):
    """Whether sources that are gone are forgotten."""

    CAREFUL = "careful"  # where the folder is plainly the same
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Step:
    """One write: `graph` becomes what the source `path` says, None forgets it; `was` is its name before, if renamed.

    `original` is what the notes say, where decisions made it another. `follows` tells that the source was not read: a
    decision or another source changed what it shows.
    """

    path: str
    graph: KnowledgeGraph | None
    was: str | None = None
    original: KnowledgeGraph | None = None
    follows: bool = False

    @property
    def graphs(self) -> dict[str, KnowledgeGraph | None]:
        """What the store is to replace, in one transaction."""
        return {self.path: self.graph} if self.was is None else {self.was: None, self.path: self.graph}

    @property
    def originals(self) -> dict[str, KnowledgeGraph]:
        """What the notes say of it, where that is not what is shown."""
        return {} if self.original is None else {self.path: self.original}


@dataclass(frozen=True, slots=True)
class Kept:
    """How many sources of a folder are gone and kept nevertheless, of how many that the store has, and why."""

    folder: str
    gone: int
    held: int
    closed: str | None = None

    @property
    def reason(self) -> str:
        """One line for who loads: what is kept, why, and what to do."""
        if self.closed is not None:
            why = f"since {self.closed} cannot be opened; allow it and load again"
        else:
            why = "since this may be another folder of that name; --forget forgets them, --keep says no more of it"
        return (
            f"{self.folder}/: {self.gone} of the {self.held} files that the store has of it are gone, and kept, {why}"
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of a load in the order in which they are carried out, and what is kept although it is gone."""

    steps: tuple[Step, ...]
    kept: tuple[Kept, ...] = ()


def plan(
    graphs: Mapping[str, KnowledgeGraph],
    folders: Sequence[Folder],
    held: Collection[Source],
    *,
    forgetting: Forgetting = Forgetting.CAREFUL,
) -> Plan:
    """Return what a load does that has read `graphs`, by source, into a store that holds the sources `held`.

    `folders` are those that were loaded, compared with the names of `held`. Steps are those of what was read by path,
    then those that forget, by path. Of several sources with the same bytes the first that are gone become the first
    that are new.
    """
    known = {source.path: source.sha256 for source in held}
    gone = sorted({path for folder in folders for path in folder.gone})
    was = _renamed(graphs, known, gone) if forgetting is not Forgetting.NEVER else {}
    moved = set(was.values())
    forget: list[str] = []
    kept: list[Kept] = []
    for folder in folders:
        left = [path for path in folder.gone if path not in moved]
        count = len(folder.there) + len(folder.gone)
        same = 2 * (count - len(left)) >= count and folder.closed is None
        if forgetting is Forgetting.ALWAYS or (forgetting is Forgetting.CAREFUL and same):
            forget += left
        elif left and forgetting is Forgetting.CAREFUL:
            kept.append(Kept(folder.name, len(left), count, folder.closed))
    reads = [Step(path, graphs[path], was.get(path)) for path in sorted(graphs)]
    return Plan((*reads, *(Step(path, None) for path in sorted(set(forget)))), tuple(kept))


def _renamed(graphs: Mapping[str, KnowledgeGraph], known: Mapping[str, str], gone: Sequence[str]) -> dict[str, str]:
    """Return what each new source was called before, if its bytes are those of one that is gone."""
    by_bytes: dict[str, list[str]] = {}
    for path in reversed(gone):
        by_bytes.setdefault(known[path], []).append(path)
    found = {}
    for path in sorted(graphs.keys() - known.keys()):
        digest = next((source.sha256 for source in graphs[path].sources if source.path == path), "")
        if by_bytes.get(digest):
            found[path] = by_bytes[digest].pop()
    return found
