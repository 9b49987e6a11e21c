"""Jupyter notebooks: the Markdown cells, with the lines of the file that they stand on."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.model import RelationType, Source
from loaders.document import Document
from loaders.extract import extract
from loaders.notebook import read_notebook


def _cell(text: str, kind: str = "markdown", **more: object) -> dict[str, Any]:
    return {"cell_type": kind, "metadata": {}, **more, "source": text.splitlines(keepends=True)}


def _notebook(*cells: dict[str, Any]) -> dict[str, Any]:
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def _read(text: str) -> Document:
    return read_notebook(Source("n.ipynb", "notebook", "n", "0" * 64), text)


CELLS = _notebook(
    _cell("# no heading\nGRU = LSTM()", "code", outputs=[{"text": ["LSTM is a variant of GRU.\n"]}]),
    _cell('# LSTM\n\nIt mitigates the "vanishing gradient".\n\n```\nleft open\n'),
    _cell("GRU is a variant\nof LSTM.\n\n- **Adam**: combines Momentum and RMSprop.\n- one more"),
    _cell("## 注意力\n\n自注意力是一种注意力机制。", attachments={"a.png": {"image/png": "AAAA"}}),
    _cell("raw GRU", "raw"),
)


@pytest.mark.parametrize("ascii_only", [True, False])
def test_markdown_cells_are_read_with_their_lines_in_the_file(ascii_only: bool) -> None:
    text = json.dumps(CELLS, indent=1, ensure_ascii=ascii_only)
    rows = text.split("\n")
    document = _read(text)
    assert [(b.kind, b.text) for b in document.blocks] == [
        ("heading", "LSTM"),
        ("paragraph", 'It mitigates the "vanishing gradient".'),
        ("paragraph", "GRU is a variant\nof LSTM."),
        ("item", "**Adam**: combines Momentum and RMSprop."),
        ("item", "one more"),
        ("heading", "注意力"),
        ("paragraph", "自注意力是一种注意力机制。"),
    ]
    for block in document.blocks:
        for n, line in enumerate(block.text.split("\n")):
            assert json.dumps(line, ensure_ascii=ascii_only)[1:-1] in rows[block.nth_line(n) - 1]
    assert document.source.title == "LSTM"


def test_a_heading_goes_on_over_the_cells_below_and_a_fence_does_not() -> None:
    document = _read(json.dumps(CELLS))
    assert [document.headings_above(n) for n in (2, 6)] == [[0], [5, 0]]
    assert {b.line for b in document.blocks} == {1}  # written as one line


def test_a_source_may_be_one_string_and_format_3_is_read() -> None:
    sheet = {
        "worksheets": [
            {"cells": [
                {"cell_type": "heading", "level": 2, "source": ["GRU"]},
                {"cell_type": "markdown", "source": "It is a variant\nof LSTM."},
            ]}
        ],
        "nbformat": 3,
    }  # fmt: skip
    document = _read(json.dumps(sheet, indent=1))
    assert [(b.kind, b.level, b.text) for b in document.blocks] == [
        ("heading", 2, "GRU"),
        ("paragraph", 0, "It is a variant\nof LSTM."),
    ]
    assert [b.line for b in document.blocks] == [9, 14]


def test_relations_of_a_notebook_quote_it(tmp_path: Path) -> None:
    (tmp_path / "rnn.ipynb").write_text(json.dumps(CELLS, indent=1), encoding="utf-8")
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints" / "rnn.ipynb").write_text(json.dumps(CELLS))
    extraction = extract([tmp_path])
    assert len(extraction.graphs) == 1
    found = {r.key: r.evidence[0] for r in extraction.merged().relations if r.evidence}
    evidence = found["long-short-term-memory", RelationType.SOLVES, "vanishing-gradient"]
    row = (tmp_path / "rnn.ipynb").read_text().split("\n")[evidence.line - 1]
    assert json.dumps(evidence.text)[1:-1] in row


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not a notebook: its JSON is damaged"),
        ("", "not a notebook: its JSON is damaged"),
        ("[" * 100_000, "not a notebook: its JSON is damaged"),
        ("[]", "not a notebook: it has no cells"),
        ('{"cells": 3}', "not a notebook: it has no cells"),
        ('{"a": "b"}', "not a notebook: it has no cells"),
    ],
)
def test_what_is_no_notebook_is_refused_in_one_line(text: str, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "n.ipynb"
    file.write_text(text)
    assert [str(f) for f in extract([file]).failures] == [f"{file}: {reason}"]


@pytest.mark.parametrize(
    "cell",
    [3, None, {}, {"cell_type": "markdown"}, {"cell_type": "markdown", "source": 3}, _cell(""),
     {"cell_type": "markdown", "source": [3]}, {"cell_type": "markdown", "source": []},
     {"cell_type": "heading", "level": "x", "source": ["a"]}],
)  # fmt: skip
def test_a_strange_cell_is_left_out_and_the_others_are_read(cell: Any) -> None:
    document = _read(json.dumps({"cells": [cell, _cell("GRU is simple.")]}))
    assert document.blocks[-1].text == "GRU is simple."


def test_an_empty_notebook_is_one() -> None:
    assert _read(json.dumps(_notebook())).blocks == ()


@settings(deadline=None)  # the first example reads tables
@given(st.lists(st.text(alphabet='ab#*-\n"\\ 中`[]{}:,', max_size=40), max_size=5), st.sampled_from([None, 1]))
def test_lines_are_those_of_the_file_whatever_a_cell_holds(cells: list[str], indent: int | None) -> None:
    text = json.dumps(_notebook(*map(_cell, cells)), indent=indent, ensure_ascii=False)
    rows = text.split("\n")
    for block in _read(text).blocks:
        word = block.text.strip().split("\n")[0].strip()
        assert json.dumps(word, ensure_ascii=False)[1:-1] in rows[block.line - 1]
