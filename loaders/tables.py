"""Tables of notes: which cell says what of whom.

The rows of a table follow each other; the first is its header if a line of dashes stands below it. In most tables each
row speaks of what its first cell names, and the header says what of it. In a comparison ("Feature | RNN | CNN") each
column speaks of what its header names, and the first cell of a row says what of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loaders.document import Document, Span
from loaders.mentions import Mention

__all__ = ["Cell", "Table", "cells_by_block", "read_tables"]

_MAX_COMPARED = 8  # columns of a comparison; a wider table lists other things

Place = tuple[int, int]  # block, cell


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that says something: of which concept, and under which label; `span` is its own place in its block."""

    block: int
    span: Span
    subject: str | None
    label: Place | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its header's block, the concepts that it compares (none if it compares nothing), and its cells."""

    header: int
    compared: tuple[str, ...]
    cells: tuple[Cell, ...]


def read_tables(document: Document, mentions: Sequence[Sequence[Mention]]) -> list[Table]:
    """Return the tables with a header, in reading order. `mentions` holds those of every block."""
    tables = []
    blocks = document.blocks
    n = 0
    while n + 1 < len(blocks):
        header, first = blocks[n], blocks[n + 1]
        n += 1
        if not header.cells or not first.cells or first.line != header.line + 2:
            continue
        last = n
        while last + 1 < len(blocks) and blocks[last + 1].cells and blocks[last + 1].line == blocks[last].line + 1:
            last += 1
        tables.append(_table(document, mentions, n - 1, range(n, last + 1)))
        n = last + 1
    return tables


def _table(document: Document, mentions: Sequence[Sequence[Mention]], header: int, rows: Sequence[int]) -> Table:
    names = [_name(mentions[header], span) for span in document.blocks[header].cells]
    compared = tuple(dict.fromkeys(name for name in names[1:] if name)) if names and names[0] is None else ()
    if len(compared) > _MAX_COMPARED:
        compared = ()
    cells = []
    for row in rows:
        spans = document.blocks[row].cells
        subject = _name(mentions[row], spans[0])
        for column, span in enumerate(spans):
            if len(compared) > 1:
                named = names[column] if column and column < len(names) else None
                cells.append(Cell(row, span, named, (row, 0) if named else None))
            else:
                label = (header, column) if column and subject and column < len(names) else None
                cells.append(Cell(row, span, subject if column else None, label))
    heads = [Cell(header, span, None, None) for span in document.blocks[header].cells]
    return Table(header, compared if len(compared) > 1 else (), (*heads, *cells))


def _name(mentions: Sequence[Mention], span: Span) -> str | None:
    """Return the one concept that a cell names."""
    inside = {m.concept for m in mentions if not m.compound and span[0] <= m.span[0] and m.span[1] <= span[1]}
    return next(iter(inside)) if len(inside) == 1 else None


def cells_by_block(tables: Sequence[Table]) -> Mapping[int, list[Cell]]:
    """Return the cells of every block that is a row of a table."""
    found: dict[int, list[Cell]] = {}
    for table in tables:
        for cell in table.cells:
            found.setdefault(cell.block, []).append(cell)
    return found
