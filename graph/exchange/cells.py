"""Rows of CSV and TSV with the lines they stand on, and cells that a spreadsheet does not compute.

A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@` or white space for a formula, and a name in notes may be
one on purpose. Such a cell is written with an apostrophe before it, which spreadsheets do not show, and one more if it
had some; `unguarded` takes it away again. Nothing else of a cell is changed.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from graph.errors import InvalidGraph

__all__ = ["TableRow", "guarded", "read_rows", "table", "unguarded"]

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")  # the full-width ones count in some locales
_DELIMITERS: Final = "\t,;"
_LARGEST_CELL: Final = 2**30  # csv's own limit is 128 KiB, which the evidence of a well-supported relation exceeds


def guarded(cell: str) -> str:
    """Return a cell as it is written: never a formula.

    >>> guarded("=1+1"), guarded("a=1"), guarded("'=1")
    ("'=1+1", 'a=1', "''=1")
    """
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """Return a cell without the apostrophe that `guarded` put before it."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def table(rows: list[list[str]]) -> bytes:
    """Return rows of cells as CSV (RFC 4180) in UTF-8; line ends within a cell stay as they are."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue().encode(errors="strict")


@dataclass(frozen=True, slots=True)
class TableRow:
    """The cells of a row as they stand there, the 1-based line on which it begins, and what is written there."""

    cells: list[str]
    line: int
    written: str


def read_rows(content: bytes, name: str) -> Iterator[TableRow]:
    """Yield the rows of a table that are not blank: cells between tabs, commas or semicolons.

    The delimiter is the one that the first line has most of. Raises InvalidGraph, naming the file and the line, if the
    text is neither UTF-8 nor UTF-16 with a byte order mark, or if a quoted cell does not end.
    """
    text = _decode(content, name)
    stream = io.StringIO(text, newline="")
    written: list[str] = []

    def read_lines() -> Iterator[str]:
        for line in stream:
            written.append(line)
            yield line

    first = next((line for line in io.StringIO(text, newline="") if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    csv.field_size_limit(_LARGEST_CELL)
    reader = csv.reader(read_lines(), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield TableRow(cells, line, "".join(written).rstrip("\r\n"))
            line = reader.line_num + 1
            written.clear()
    except csv.Error as error:
        raise InvalidGraph(f"{name} (line {line}) is no row of a table ({error}): mend its quotes") from error


def _decode(content: bytes, name: str) -> str:
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InvalidGraph(f"{name} (line {line}) is not UTF-8: save it in UTF-8") from error
