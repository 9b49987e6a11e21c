"""What files are made of: outlines of Markdown and of flattened text, and what is read inside a line.

The fixtures hold input and expected output together, in the style of markdown-it-py's: a title, a line with a single
dot, the input, a dot, what is expected, a dot. An outline has a line per block: its line in the file, then, indented
below what encloses it, `#` and its level for a heading, `-` for an item, `|` for a row, nothing for a paragraph; a line
break inside of a block is ` / `. What is inside a line is shown with `·` for a blanked character.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from graph.model import Source, SourceFormat
from loaders.document import Block, Document
from loaders.extract import known_teaching
from loaders.inline import read_inline
from loaders.lexicon import default_lexicon
from loaders.markdown import read_markdown
from loaders.nesting import Teaching
from loaders.patterns import load_table
from loaders.plaintext import read_plaintext

FIXTURES = Path(__file__).parent / "data" / "outlines"
MARKS = {"heading": "#", "item": "- ", "row": "| ", "paragraph": ""}


def cases(name: str) -> Iterator[tuple[str, str, str]]:
    """Yield title, input and expected output of each case of a fixture file."""
    pieces = (FIXTURES / name).read_text(encoding="utf-8").split("\n.\n")
    assert len(pieces) % 3 == 1, f"{name}: a case needs three lines with a dot"
    assert not pieces[-1].strip(), f"{name}: something stands after the last case"
    for title, text, expected in zip(*[iter(pieces[:-1])] * 3, strict=True):
        yield title.strip(), text.removeprefix("\n"), expected.strip("\n")


def parametrized(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("name", "text", "expected"),
        [pytest.param(n, text, expected, id=f"{n}: {title}") for n in names for title, text, expected in cases(n)],
    )


def _source(form: SourceFormat) -> Source:
    return Source("fixture", form, "Fixture", "0" * 64)


READERS: dict[str, Callable[[str], Document]] = {
    "markdown.txt": lambda text: read_markdown(_source("markdown"), text),
    "flattened.txt": lambda text: read_plaintext(_source("plaintext"), text),
    "flattened-kinship.txt": lambda text: read_plaintext(
        _source("plaintext"), text, teaching=known_teaching(default_lexicon())
    ),
}


def outline(document: Document) -> str:
    rows = []
    for i, block in enumerate(document.blocks):
        depth = sum(1 for _ in document.ancestors(i))
        mark = f"#{block.level} " if block.kind == "heading" else MARKS[block.kind]
        rows.append(f"{block.line:>2} {'  ' * depth}{mark}{' / '.join(block.text.splitlines())}".rstrip())
    return "\n".join(rows)


@parametrized(*READERS)
def test_a_file_gives_the_blocks_of_its_fixture(name: str, text: str, expected: str) -> None:
    assert outline(READERS[name](text)) == expected


@parametrized(*READERS)
def test_a_block_is_as_long_when_read_as_when_written_and_stands_at_its_lines(
    name: str, text: str, expected: str
) -> None:
    lines = text.split("\n")
    for block in READERS[name](text).blocks:
        assert len(block.readable) == len(block.text)
        for offset, part in _parts(block):
            assert part in lines[block.line_at(offset) - 1]


def _parts(block: Block) -> Iterator[tuple[int, str]]:
    """Yield the lines of a block with their offsets; a row's cells instead, for they are written closer."""
    if block.cells:
        yield from ((start, block.text[start:end]) for start, end in block.cells)
        return
    offset = 0
    for part in block.text.split("\n"):
        yield offset, part.strip()
        offset += len(part) + 1


def test_what_courses_divide_the_field_into_are_concepts_with_one_place() -> None:
    """A name may stand for a group that is no concept, but then only as a parent, and no topic is its own ancestor."""
    table, lexicon = load_table("fields.yaml"), default_lexicon()
    members = [child for children in table["topics"].values() for child in children]
    groups = {name for name in table["topics"] if name not in lexicon.terms}
    assert len(members) == len(set(members))
    assert {m for m in members if m not in lexicon.terms} <= groups
    assert {*table["fields"], *table["subjects"].values()} <= set(lexicon.terms)
    assert set(table["subjects"]) <= {t.subject for t in lexicon.terms.values()}
    field = Teaching(lexicon)
    assert [t for t in lexicon.terms if t in field.lineage(t)] == []


@parametrized("inline.txt")
def test_only_words_are_left_of_a_line(name: str, text: str, expected: str) -> None:
    inline = read_inline(text)
    shown = "".join("·" if a != b else a for a, b in zip(text, inline.readable, strict=True))
    rows = [shown, *(f"strong: {text[slice(*span)]}" for span in inline.strong)]
    rows += [f"link: {text[slice(*link.span)]} -> {link.target}" for link in inline.links]
    assert "\n".join(rows) == expected
