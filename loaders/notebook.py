"""A Jupyter notebook -> blocks: its Markdown cells, read as one text; code, raw cells and outputs are left out.

A block's lines are those of the .ipynb file itself, where Jupyter keeps every line of a cell on a line of its own: an
editor opens the file there, and a search for the sentence finds it. Notebooks of formats 3 and 4 are read.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from graph.model import Source
from loaders.document import Document
from loaders.markdown import read_cells

__all__ = ["read_notebook"]

_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\]:,\n]', re.DOTALL)
_MAX_DEPTH = 6  # of the strings of a cell: worksheets, number, cells, number, source, number
_Path = tuple[str | int, ...]


def read_notebook(source: Source, text: str) -> Document:
    """Return the blocks of a notebook's Markdown, its source titled by its first heading. Raises ValueError."""
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("not a notebook: its JSON is damaged") from error
    found = list(_cells(notebook))
    if not found and not _is_notebook(notebook):
        raise ValueError("not a notebook: it has no cells")
    wanted = {path: n for n, (path, _) in enumerate(found)}
    lines: list[list[int]] = [[] for _ in found]
    for path, line in _strings(text):
        for cut in (len(path), len(path) - 1):  # a cell's source is one string, or a list of them
            if (n := wanted.get(path[:cut])) is not None:
                lines[n].append(line)
    document = read_cells(source, [_lined(cell, rows) for (_, cell), rows in zip(found, lines, strict=True)])
    title = next((b.text for b in document.blocks if b.kind == "heading"), "")
    return replace(document, source=replace(source, title=title[:200])) if title else document


def _is_notebook(notebook: object) -> bool:
    return isinstance(notebook, dict) and isinstance(notebook.get("cells", notebook.get("worksheets")), list)


def _cells(notebook: Any) -> Iterator[tuple[_Path, list[str]]]:
    """Yield the place and the source, as strings, of every Markdown cell."""
    if not _is_notebook(notebook):
        return
    sheets: list[tuple[_Path, Any]] = [(("cells",), notebook.get("cells"))]
    if "cells" not in notebook:
        sheets = [
            (("worksheets", n, "cells"), s.get("cells"))
            for n, s in enumerate(notebook["worksheets"])
            if isinstance(s, dict)
        ]
    for path, cells in sheets:
        for n, cell in enumerate(cells if isinstance(cells, list) else ()):
            if not isinstance(cell, dict) or cell.get("cell_type") not in {"markdown", "heading"}:
                continue
            written = cell.get("source")
            rows = [written] if isinstance(written, str) else written if isinstance(written, list) else []
            if all(isinstance(row, str) for row in rows):
                if cell["cell_type"] == "heading" and isinstance(level := cell.get("level", 1), int):
                    rows = [f"{'#' * max(1, min(level, 6))} ", *rows]
                yield (*path, n, "source"), rows


def _lined(rows: list[str], lines: list[int]) -> tuple[str, list[int]]:
    """Return a cell's text and the line in the file of each of its lines."""
    marks = len(rows) - len(lines)  # of a heading of format 3, which no string of the file holds
    numbers: list[int] = []
    for row, line in zip(rows[marks:], lines, strict=True):
        numbers += [line] * row.count("\n")
    return "".join(rows), [*numbers, lines[-1] if lines else 1]


def _strings(text: str) -> Iterator[tuple[_Path, int]]:
    """Yield the path and the line of every string of a JSON text that is a value no deeper than `_MAX_DEPTH`."""
    path: list[str | int] = []
    line, key = 1, False
    pending = ""
    for match in _TOKEN.finditer(text):
        mark = match.group()
        if mark == "\n":
            line += 1
        elif mark in "{[":
            path.append("" if mark == "{" else 0)
            key = mark == "{"
        elif mark in "}]":
            if path:
                path.pop()
            key = False
        elif mark == ":":
            if path:
                path[-1] = pending
            key = False
        elif mark == ",":
            if path and isinstance(path[-1], int):
                path[-1] += 1
            key = bool(path) and isinstance(path[-1], str)
        elif key:
            pending = json.loads(mark)
        elif len(path) <= _MAX_DEPTH:
            yield tuple(path), line
