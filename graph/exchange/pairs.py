"""Prerequisites as other people keep them: a table of pairs, `source<TAB>target[,confidence]`, one a line. Read only.

**The source is learnt before the target.** Each row is a PREREQUISITE_OF relation from its first cell to its second; a
person said so (`curated`), and the row itself is the evidence, with its line. The cells are ids and names at once.

A first row is the header if it names both columns (`_SOURCES`, `_TARGETS`); it then also says which comes first, so
that `concept,prerequisite` is read the right way round. Without a header the columns are source, target, confidence.
"""

from collections.abc import Iterator
from typing import Final

from graph.errors import InvalidGraph
from graph.exchange.cells import TableRow, read_rows, unguarded
from graph.model import KnowledgeGraph
from graph.rows import Placed, graph_of, show

__all__ = ["RULE", "read_pairs"]

RULE: Final = "import.pairs"  # what evidence says that it was read by

_SOURCES: Final = frozenset(
    {"source", "from", "prerequisite", "prerequisites", "prereq", "prereqs", "before", "first", "requirement", "src"}
    | {"前置", "前置知识", "前置概念", "先修", "先修知识", "先修课", "前提"}
)
_TARGETS: Final = frozenset(
    {"target", "to", "concept", "course", "topic", "skill", "dependent", "after", "then", "next", "dst", "tgt"}
    | {"概念", "知识点", "课程", "后续", "后续知识", "目标"}
)
_CONFIDENCES: Final = frozenset({"confidence", "score", "probability", "置信度"})
_MOST_CELLS: Final = 3


def read_pairs(content: bytes, name: str) -> KnowledgeGraph:
    """Return the prerequisites that a table of pairs says; `name` is the file's, which evidence names.

    Cells stand between tabs, commas or semicolons; spaces around them do not count. Rows that repeat a pair are one
    relation, with the highest confidence and all rows as evidence; a pair of the same two is left out.

    Raises InvalidGraph, naming the line, if a row has not two or three cells, a cell of a pair is blank, or a
    confidence is no number from 0 to 1; or if there are no rows.
    """
    edges = list(_edges(content, name))
    if not edges:
        raise InvalidGraph(f"{name} has no pairs: give lines with a source, a tab or comma, and a target")
    return graph_of((), edges)


def _edges(content: bytes, name: str) -> Iterator[Placed]:
    order = (0, 1, 2)
    for number, row in enumerate(read_rows(content, name)):
        if number == 0 and (found := _header(row)) is not None:
            order = found
            continue
        yield _edge(row, order, name)


def _header(row: TableRow) -> tuple[int, int, int] | None:
    """Return where a header has source, target and confidence; None if the row is a pair."""
    names = [cell.strip().lower() for cell in row.cells]
    sources = [i for i, cell in enumerate(names) if cell in _SOURCES]
    targets = [i for i, cell in enumerate(names) if cell in _TARGETS]
    if len(sources) != 1 or len(targets) != 1:
        return None
    confidence = next((i for i, cell in enumerate(names) if cell in _CONFIDENCES), len(names))
    return sources[0], targets[0], confidence


def _edge(row: TableRow, order: tuple[int, int, int], name: str) -> Placed:
    where = f"{name} (line {row.line})"
    cells = [unguarded(cell.strip()) for cell in row.cells]
    while len(cells) > 2 and not cells[-1]:  # as spreadsheets end a row
        cells.pop()
    if not 2 <= len(cells) <= _MOST_CELLS:
        raise InvalidGraph(f"{where} has {len(cells)} cells: give a source, a target and, if you like, a confidence")
    source, target, confidence = (cells[i] if i < len(cells) else "" for i in order)
    edge = {
        "source": source,
        "target": target,
        "type": "PREREQUISITE_OF",
        "origin": "curated",
        "confidence": _confidence(confidence, where),
        "evidence": [{"document": name, "line": row.line, "text": row.written.strip(), "rule": RULE}],
    }
    return where, edge


def _confidence(text: str, where: str) -> float | None:
    try:
        return float(text) if text else None
    except ValueError as error:
        raise InvalidGraph(f"{where}.confidence is {show(text)}: give a number from 0 to 1, or leave it out") from error
