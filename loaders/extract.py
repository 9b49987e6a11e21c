"""Files of notes in, one knowledge graph per source out: the loaders' front door."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from graph.errors import UnreadableSource
from graph.model import KnowledgeGraph, merge

__all__ = ["Extraction", "extract"]


@dataclass(frozen=True, slots=True)
class Extraction:
    """What files said: a contribution per source, by its path, and the files that could not be read, with why."""

    graphs: Mapping[str, KnowledgeGraph]
    failures: tuple[UnreadableSource, ...]

    def merged(self) -> KnowledgeGraph:
        """Return all contributions as one graph."""
        return merge(self.graphs)


def extract(paths: Sequence[Path], *, on_source: Callable[[str], None] | None = None) -> Extraction:
    """Read files and folders (their .md, .markdown and .txt files, sorted) into contributions.

    `on_source` is called with each source's path before it is read, for progress.
    """
    raise NotImplementedError
