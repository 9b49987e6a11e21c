"""Headings, paragraphs, list items and table rows in reading order -> blocks that know what encloses them.

The readers of formats that say what each piece of text is (HTML, Word, PDF by its type sizes) tell it to an `Outline`,
which gives the pieces their parents: the heading above, the item around, or the line with a colon before a list.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from loaders.document import Block, BlockKind, Span
from loaders.inline import read_inline

__all__ = ["CELL_GAP", "Outline", "Piece"]

CELL_GAP = " | "


@dataclass(slots=True)
class Piece:
    """A text being put together: `masked` are spans that are no words (code, mathematics), `strong` emphasised ones.

    `lines` holds the line of each line of the text.
    """

    text: str = ""
    lines: list[int] = field(default_factory=list)
    strong: list[Span] = field(default_factory=list)
    masked: list[Span] = field(default_factory=list)
    cells: tuple[Span, ...] = ()

    def trimmed(self) -> "Piece":
        """Return the piece without the space around its text."""
        lead = len(self.text) - len(self.text.lstrip())
        text = self.text.strip()
        skipped = self.text.count("\n", 0, lead)
        return Piece(
            text,
            self.lines[skipped : skipped + text.count("\n") + 1],
            _moved(self.strong, lead, len(text)),
            _moved(self.masked, lead, len(text)),
        )


def _moved(spans: Sequence[Span], by: int, length: int) -> list[Span]:
    rows = ((max(0, start - by), min(length, end - by)) for start, end in spans)
    return [(start, end) for start, end in rows if start < end]


class Outline:
    """Blocks in the making; see the module's docstring. Tell it everything in reading order."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._headings: list[tuple[int, int]] = []  # (level, block), a stack
        self._items: list[int | None] = []  # the block of each open item; None until its first piece is told
        self._lead: int | None = None  # the paragraph that may introduce the next list

    def heading(self, level: int, piece: Piece) -> None:
        """Add a heading; 1 is the outermost level."""
        while self._headings and self._headings[-1][0] >= level:
            self._headings.pop()
        parent = self._headings[-1][1] if self._headings else None
        self._headings.append((level, self._add("heading", piece, level, parent)))
        self._lead = None

    def paragraph(self, piece: Piece) -> None:
        """Add a paragraph, or the item's own text if it is the first in an open item."""
        if self._items and self._items[-1] is None:
            self._items[-1] = self._add("item", piece, len(self._items) - 1, self._enclosing())
            return
        index = self._add("paragraph", piece, 0, self._enclosing())
        if not self._items:
            self._lead = index if piece.text.rstrip().endswith((":", "：")) else None

    def row(self, cells: Sequence[Piece]) -> None:
        """Add a table row."""
        joined = Piece(lines=list(next((c.lines[:1] for c in cells if c.lines), [])))
        spans: list[Span] = []
        for n, cell in enumerate(cells):
            joined.text += CELL_GAP if n else ""
            at = len(joined.text)
            joined.text += cell.text.replace("\n", " ")
            joined.strong += [(at + a, at + b) for a, b in cell.strong]
            joined.masked += [(at + a, at + b) for a, b in cell.masked]
            spans.append((at, len(joined.text)))
        joined.cells = tuple(spans)
        if joined.text.strip(" |"):
            self._add("row", joined, 0, self._enclosing())

    def open_item(self) -> None:
        """Begin a list item; items nest."""
        self._items.append(None)

    def close_item(self) -> None:
        """End the innermost item."""
        self._items.pop()

    def close_list(self) -> None:
        """End an outermost list: its introduction introduces no other."""
        if not self._items:
            self._lead = None

    @property
    def depth(self) -> int:
        """How many items are open."""
        return len(self._items)

    def _enclosing(self) -> int | None:
        for item in reversed(self._items):
            if item is not None:
                return item
        if self._items and self._lead is not None:
            return self._lead
        return self._headings[-1][1] if self._headings else None

    def _add(self, kind: BlockKind, piece: Piece, level: int, parent: int | None) -> int:
        inline = read_inline(piece.text)
        readable = list(inline.readable)
        for start, end in piece.masked:
            readable[start:end] = ["\n" if c == "\n" else " " for c in readable[start:end]]
        lines = piece.lines or [1]
        follow = all(n == lines[0] + k for k, n in enumerate(lines))
        self.blocks.append(
            Block(
                kind,
                lines[0],
                piece.text,
                "".join(readable),
                level,
                parent,
                tuple(sorted({*piece.strong, *inline.strong})),
                inline.links,
                piece.cells,
                () if follow else tuple(lines),
            )
        )
        return len(self.blocks) - 1
