"""What both readers, Markdown and flattened text, make of a file: blocks that know their lines and what encloses them.

A **block** is a heading, a paragraph, a list item or a table row. Its `text` is as written (without list markers and
quote marks); `readable` has the same length, with everything that is not words (code, mathematics, addresses, emphasis
marks) blanked, so that an offset into one is an offset into the other. Rules read `readable` and quote `text`.

`parent` is the index of the block that encloses a block: a heading for what stands below it, an item for its
sub-items and its further paragraphs, and for the items of a list the line with a colon that introduces them.
Parents come before their children, so a walk up always ends.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from graph.model import Source

__all__ = ["Block", "BlockKind", "Document", "Field", "Link", "Span"]

BlockKind = Literal["heading", "paragraph", "item", "row"]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Link:
    """A link to another note (`[[target#heading|shown]]`): where its shown words stand, and the target's name.

    `file`: written as a file's address (`[shown](target.md)`), which need not be a name.
    """

    span: Span
    target: str
    heading: str = ""
    file: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a field (`key:: value`): a name or a link to a note, and perhaps a heading in it.

    `key` is folded (`loaders.fields.folded_key`); `block` is the block that it stands in, None in the front matter.
    """

    key: str
    value: str
    heading: str
    linked: bool
    line: int
    text: str
    block: int | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """One block; see the module's docstring. `level` is a heading's (1 is the outermost) or a list's depth (from 0).

    `lines` holds the line in the file of each line of the text, where they don't just go on from `line`.
    """

    kind: BlockKind
    line: int
    text: str
    readable: str
    level: int = 0
    parent: int | None = None
    strong: tuple[Span, ...] = ()
    links: tuple[Link, ...] = ()
    cells: tuple[Span, ...] = ()
    lines: tuple[int, ...] = ()
    head: list[Span | None] = field(default_factory=list, init=False, repr=False, compare=False)
    """What `loaders.sentences.head_span` says of it, once that was asked: the one member that changes."""

    def line_at(self, offset: int) -> int:
        """Return the 1-based line in the file of the character at `offset`."""
        return self.nth_line(self.text.count("\n", 0, offset))

    def nth_line(self, n: int) -> int:
        """Return the 1-based line in the file of the text's line `n`, from 0."""
        return self.lines[min(n, len(self.lines) - 1)] if self.lines else self.line + n


@dataclass(frozen=True, slots=True)
class Document:
    """A source and its blocks, in reading order; `title` is what the text calls itself, beside its headings.

    `fields` are what it says of itself, and of things, by key and value (`loaders.fields`).
    """

    source: Source
    blocks: tuple[Block, ...] = field(default=())
    title: str = ""
    fields: tuple[Field, ...] = ()

    def ancestors(self, index: int) -> Iterator[int]:
        """Yield the indices of the enclosing blocks of block `index`, innermost first."""
        parent = self.blocks[index].parent
        while parent is not None:
            yield parent
            parent = self.blocks[parent].parent

    def headings_above(self, index: int) -> list[int]:
        """Return the indices of the headings that block `index` stands under, innermost first."""
        return [i for i in self.ancestors(index) if self.blocks[i].kind == "heading"]
