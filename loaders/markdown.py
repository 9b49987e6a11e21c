"""Markdown -> blocks, by markdown-it-py's tokens: headings, paragraphs, nested items, table rows; code is left out.

Lines come from the tokens' own maps. Fences, indented code, HTML blocks, display mathematics and front matter give no
block; but a paragraph that is indented as Chinese paragraphs are (`_is_prose`) is no code. Markdown-it-py is
CommonMark with bounded nesting, so hostile files stay linear.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from graph.model import Source
from loaders.document import Block, BlockKind, Document
from loaders.fields import described, read_fields
from loaders.front_matter import read_front_matter
from loaders.inline import read_inline
from loaders.plaintext import heading_like
from loaders.vault import without_noise

__all__ = ["read_cells", "read_markdown"]

_PARSER = (
    MarkdownIt("commonmark", {"maxNesting": 40})
    .enable("table")
    .use(front_matter_plugin)
    .use(dollarmath_plugin, allow_space=True, double_inline=True)
    .disable(["inline", "text_join"])  # `loaders.inline` reads lines: most of the parser's time would go into it
)
_TITLE_LINE = re.compile(r"[^\n。.!！；;:：]{1,60}[^\n。.!！；;:：,，]")
_BOLD_LINE = re.compile(r"\s*(?:\*\*[^*\n]+\*\*|__[^_\n]+__)\s*")  # used for a heading, and as deep as none is
_BOLD_LEVEL = 7
_NUMBERED = re.compile(r"\s*(?:[(（]\d{1,2}[)）][、.．]?|\d{1,2}[)）、]|[①-⑳])\s*(?=\S)")
_TASK = re.compile(r"\[[ xX/>?!-]\][ \t]+|(?:TODO|DOING|DONE|NOW|LATER|WAITING|CANCELL?ED)[ \t]+(?:\[#[A-C]\][ \t]+)?")
_CALLOUT = re.compile(r"\[!\w[\w|-]{0,40}\][+-]?[ \t]*([^\n]*)\n?")
_CELL_GAP = " | "
_CODE_STARTS, _CODE_ENDS = ("#", "//", "/*", ">>>", "$ "), ("{", "}", ";", "\\")
_PROSE_SHARE = 0.4  # of Chinese among the characters of a text that is no code


def read_markdown(source: Source, text: str) -> Document:
    """Return the blocks of a Markdown text and its fields; never raises on any text."""
    tokens = _PARSER.parse(without_noise(text))
    front = [t for t in tokens[:1] if t.type == "front_matter"]
    fields = [f for t in front for f in read_front_matter(t.content, (t.map or [0])[0] + 2)]
    blocks, inside = read_fields(_Reader(tokens).blocks)
    fields += inside
    titles = described(fields)["title"]
    title = titles[0].value if titles else _title(blocks)
    if titles:
        source = replace(source, title=title)
    return Document(source, tuple(blocks), title, tuple(fields))


def _title(blocks: Sequence[Block]) -> str:
    """Return the first line if it stands alone like a title; else nothing."""
    first = blocks[0] if blocks else None
    if first is not None and first.kind == "paragraph" and first.line <= 2 and _TITLE_LINE.fullmatch(first.text):
        return first.text
    return ""


def read_cells(source: Source, cells: Iterable[tuple[str, Sequence[int]]]) -> Document:
    """Return the blocks of Markdown texts that make one, each with the line in the file of every line of it.

    A heading goes on over the texts below; a fence or a list that one leaves open ends with it.
    """
    reader = _Reader(())
    blocks: list[Block] = []
    for text, lines in cells:
        tokens = _PARSER.parse(without_noise(text))
        reader.items.clear()
        reader.lead = None
        for i, token in enumerate(tokens):
            reader.step(token, tokens[i - 1] if i else token)
        for block in reader.blocks[len(blocks) :]:
            first = block.line - 1
            places = tuple(lines[first : first + block.text.count("\n") + 1])
            blocks.append(replace(block, line=places[0] if places else lines[-1], lines=places))
    read, fields = read_fields(blocks)
    return Document(source, tuple(read), fields=tuple(fields))


def _is_prose(rows: Sequence[str]) -> bool:
    """Tell whether indented lines are Chinese prose, whose first line is indented by custom, rather than code."""
    dense = "".join(rows).replace(" ", "")
    chinese = sum("\u4e00" <= c <= "\u9fff" for c in dense)
    code = any(row.startswith(_CODE_STARTS) or row.endswith(_CODE_ENDS) for row in rows)
    return chinese >= _PROSE_SHARE * len(dense) and not code


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
            case "code_block":
                self.indented(token)
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

    def item(self, token: Token, level: int, parent: int | None) -> int:
        """Add an item without the mark of its task."""
        if task := _TASK.match(token.content):
            token.content = token.content[task.end() :]
        return self.add(token, "item", level, parent)

    def heading(self, token: Token, level: int) -> None:
        while self.headings and self.headings[-1][0] >= level:
            self.headings.pop()
        parent = self.headings[-1][1] if self.headings else None
        self.headings.append((level, self.add(token, "heading", level, parent)))
        self.lead = None

    def paragraph(self, token: Token) -> None:
        if not self.items:
            if _BOLD_LINE.fullmatch(token.content) and heading_like(token.content.strip("*_ ")):
                self.heading(token, _BOLD_LEVEL)
                return
            if numbered := _NUMBERED.match(token.content):  # an item that Markdown does not know for one
                token.content = token.content[numbered.end() :]
                self.add(token, "item", 0, self.enclosing())
                return
        if callout := _CALLOUT.match(token.content):
            title, token.content = callout[1].strip(), token.content[callout.end() :]
            if title and token.content:
                self.paragraph(Token("inline", "", 0, content=title, map=token.map))
            elif title:
                token.content = title
            if token.map and callout.group().endswith("\n"):
                token.map = [token.map[0] + 1, token.map[1]] if token.content != title else token.map
            if not token.content:
                return
        parent = self.enclosing()
        if self.items and self.items[-1] is None:
            self.items[-1] = self.item(token, len(self.items) - 1, parent)
            return
        index = self.add(token, "paragraph", 0, parent)
        if not self.items:
            last_line = token.content.rstrip().rsplit("\n", 1)[-1].rstrip("*_ ")
            self.lead = index if last_line.endswith((":", "：")) else None

    def indented(self, token: Token) -> None:
        """Read those parts of an indented block, between blank lines, that are prose."""
        first = (token.map or [0])[0]
        rows = [row.strip() for row in token.content.split("\n")]
        for filled, run in groupby(range(len(rows)), key=lambda n: bool(rows[n])):
            numbers = list(run)
            part = [rows[n] for n in numbers]
            if filled and _is_prose(part):
                place = [first + numbers[0], first + numbers[-1] + 1]
                self.paragraph(token.copy(content="\n".join(part), map=place))

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
