"""Markdown -> blocks, by markdown-it-py's tokens: headings, paragraphs, nested items, table rows; code is left out.

Lines come from the tokens' own maps. Fences, indented code, HTML blocks, display mathematics and front matter give no
block. Markdown-it-py is CommonMark with bounded nesting, so hostile files stay linear.
"""

from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from graph.model import Source
from loaders.document import Block, BlockKind, Document
from loaders.inline import read_inline

__all__ = ["read_markdown"]

_PARSER = (
    MarkdownIt("commonmark", {"maxNesting": 40})
    .enable("table")
    .use(front_matter_plugin)
    .use(dollarmath_plugin, allow_space=True, double_inline=True)
)
_CELL_GAP = " | "


def read_markdown(source: Source, text: str) -> Document:
    """Return the blocks of a Markdown text; never raises on any text."""
    return Document(source, tuple(_Reader(_PARSER.parse(text)).blocks))


class _Reader:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self.blocks: list[Block] = []
        self.headings: list[tuple[int, int]] = []  # (level, block index), a stack
        self.items: list[int | None] = []  # the block of each open list item; None until its first line is read
        self.lead: int | None = None  # the paragraph that may introduce the next list
        self.row: list[Token] | None = None
        self.row_line = 0
        for i, token in enumerate(tokens):
            self.step(token, tokens[i - 1] if i else token)

    def step(self, token: Token, before: Token) -> None:
        match token.type:
            case "list_item_open":
                self.items.append(None)
            case "list_item_close":
                self.items.pop()
            case "bullet_list_close" | "ordered_list_close" if not self.items:
                self.lead = None
            case "tr_open":
                self.row, self.row_line = [], (token.map or [0])[0] + 1
            case "tr_close":
                self.close_row()
            case "inline":
                if self.row is not None:
                    self.row.append(token)
                elif before.type == "heading_open":
                    self.heading(token, int(before.tag[1:]))
                else:
                    self.paragraph(token)
            case _:
                pass

    def enclosing(self) -> int | None:
        for item in reversed(self.items):
            if item is not None:
                return item
        if self.items and self.lead is not None:
            return self.lead
        return self.headings[-1][1] if self.headings else None

    def add(self, token: Token, kind: BlockKind, level: int, parent: int | None) -> int:
        inline = read_inline(token.content)
        line = (token.map or [0])[0] + 1
        self.blocks.append(
            Block(kind, line, token.content, inline.readable, level, parent, inline.strong, inline.links)
        )
        return len(self.blocks) - 1

    def heading(self, token: Token, level: int) -> None:
        while self.headings and self.headings[-1][0] >= level:
            self.headings.pop()
        parent = self.headings[-1][1] if self.headings else None
        self.headings.append((level, self.add(token, "heading", level, parent)))
        self.lead = None

    def paragraph(self, token: Token) -> None:
        parent = self.enclosing()
        if self.items and self.items[-1] is None:
            self.items[-1] = self.add(token, "item", len(self.items) - 1, parent)
            return
        index = self.add(token, "paragraph", 0, parent)
        if not self.items:
            last_line = token.content.rstrip().rsplit("\n", 1)[-1].rstrip("*_ ")
            self.lead = index if last_line.endswith((":", "：")) else None

    def close_row(self) -> None:
        cells = [t.content for t in self.row or []]
        self.row = None
        text = _CELL_GAP.join(c.replace("\n", " ") for c in cells)
        if not text.strip(" |"):
            return
        spans, at = [], 0
        for cell in cells:
            spans.append((at, at + len(cell)))
            at += len(cell) + len(_CELL_GAP)
        inline = read_inline(text)
        parent = self.enclosing()
        self.blocks.append(
            Block("row", self.row_line, text, inline.readable, 0, parent, inline.strong, inline.links, tuple(spans))
        )
