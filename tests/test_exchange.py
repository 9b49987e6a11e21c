"""Formats as the command exports and imports them: by suffix or name, whole or not at all, documented."""

import re
from pathlib import Path

import pytest

from api.cli_exchange import ExportFormat, ImportFormat
from graph.exchange.formats import FORMATS, format_of, read_graph
from graph.interchange import dumps
from graph.model import KnowledgeGraph, merge
from tests.command_line import noteatlas
from tests.samples import attention_graph, boosting_graph

ROOT = Path(__file__).resolve().parent.parent
GRAPH = merge({"attention.md": attention_graph(), "trees/boosting.txt": boosting_graph()})
WHOLE = [name for name, row in FORMATS.items() if row.read and row.write]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store `.noteatlas` of the samples."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "samples.json").write_bytes(dumps(GRAPH))
    assert noteatlas("import", "samples.json", cwd=folder).status == 0
    return folder


def test_the_command_and_the_documentation_have_the_formats_of_the_table() -> None:
    assert {f.value for f in ExportFormat} == {name for name, row in FORMATS.items() if row.write}
    assert {f.value for f in ImportFormat} == {name for name, row in FORMATS.items() if row.read}
    text = (ROOT / "docs" / "exchange.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| [^|]+ \| `(\w+)`[^|]*\| ([^\n]*)$", text, re.MULTILINE))
    assert list(rows) == list(FORMATS)
    for name, row in FORMATS.items():
        suffixes, written, read, _ = (cell.strip() for cell in rows[name].rstrip(" |").split("|"))
        if row.read:
            assert set(re.findall(r"\.\w+", suffixes)) == set(row.suffixes)
        assert (written.split()[0] != "no", read.split()[0] != "no") == (bool(row.write), bool(row.read)), name


@pytest.mark.parametrize("name", WHOLE)
def test_exported_imported_and_exported_again_it_is_the_same(home: Path, tmp_path: Path, name: str) -> None:
    """The format is known by the suffix; the store is a new one."""
    file = tmp_path / f"atlas{FORMATS[name].suffixes[-1]}"
    assert noteatlas("export", "--format", name, "--output", file, cwd=home).status == 0
    assert noteatlas("import", file, cwd=tmp_path).status == 0
    assert noteatlas("export", "--format", name, cwd=tmp_path).stdout == file.read_bytes()
    assert noteatlas("export", cwd=tmp_path).stdout == dumps(GRAPH)


@pytest.mark.parametrize("name", WHOLE)
def test_a_damaged_file_is_one_line_and_changes_nothing(home: Path, tmp_path: Path, name: str) -> None:
    content = noteatlas("export", "--format", name, cwd=home).stdout
    file = tmp_path / f"half{FORMATS[name].suffixes[-1]}"
    file.write_bytes(content[: len(content) // 2])
    result = noteatlas("import", file, cwd=tmp_path)
    assert result.status == 1
    assert result.complaint
    assert [p.name for p in tmp_path.iterdir()] == [file.name]


def test_a_format_may_be_named_for_standard_input_and_any_file(home: Path, tmp_path: Path) -> None:
    content = noteatlas("export", "--format", "graphml", cwd=home).stdout
    assert noteatlas("import", "-", "--format", "graphml", cwd=tmp_path, stdin=content).status == 0
    assert noteatlas("export", cwd=tmp_path).stdout == dumps(GRAPH)
    assert noteatlas("import", "-", cwd=tmp_path, stdin=content).complaint.startswith("this is not JSON")
    assert noteatlas("import", "-", "--format", "mermaid", cwd=tmp_path).status == 2


def test_formats_are_known_by_suffix_in_any_case() -> None:
    assert format_of("A.GraphML", b"") == "graphml"
    assert format_of("atlas.gexf", b"") == "gexf"
    assert format_of("atlas.zip", b"") == "csv"
    assert format_of("atlas", b"") == format_of("stdin", b"") == format_of("atlas.v2", b"") == "json"


def test_reading_through_the_table_gives_the_graph() -> None:
    for name in WHOLE:
        write = FORMATS[name].write
        assert write is not None
        assert read_graph(write(GRAPH), "atlas", name) == GRAPH
        assert read_graph(write(KnowledgeGraph()), "atlas", name) == KnowledgeGraph()


# -- tables ----------------------------------------------------------------------------------------------------------


def test_tables_may_be_a_folder(home: Path, tmp_path: Path) -> None:
    assert noteatlas("export", "--format", "csv", "--output", tmp_path / "atlas", cwd=home).status == 0
    files = sorted((tmp_path / "atlas").iterdir())
    assert [file.name for file in files] == ["edges.csv", "nodes.csv", "passages.csv", "sources.csv"]
    result = noteatlas("import", "atlas", cwd=tmp_path)
    assert result.text.startswith("import:atlas: +")
    assert noteatlas("export", cwd=tmp_path).stdout == dumps(GRAPH)
    again = noteatlas("export", "--format", "csv", "--output", "again/", cwd=tmp_path)
    assert (again.status, again.stdout) == (0, b"")
    assert all((tmp_path / "again" / file.name).read_bytes() == file.read_bytes() for file in files)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".noteatlas", "again", "atlas"]


def test_a_folder_that_has_something_in_it_is_never_written_to(home: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.txt").write_text("mine")
    (tmp_path / "empty").mkdir()
    for name in ("taken", "taken/mine.txt"):
        result = noteatlas("export", "--format", "csv", "--output", tmp_path / name, cwd=home)
        assert "is there already: name a new folder" in result.complaint
    assert noteatlas("export", "--format", "csv", "--output", tmp_path / "empty", cwd=home).status == 0
    result = noteatlas("export", "--format", "csv", "--output", tmp_path / "no" / "atlas", cwd=home)
    assert "cannot write" in result.complaint
    assert [p.name for p in (tmp_path / "taken").iterdir()] == ["mine.txt"]


def test_a_folder_without_tables_or_for_another_format_is_refused(home: Path, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    assert "neither a nodes.csv nor an edges.csv" in noteatlas("import", "notes", cwd=tmp_path).complaint
    assert "a folder holds tables" in noteatlas("import", "notes", "--format", "json", cwd=tmp_path).complaint


def test_pairs_are_prerequisites_with_the_row_as_their_evidence(tmp_path: Path) -> None:
    """By suffix and by name; what they say of circles is told with the row's line, and the study path still works."""
    rows = "source,target,confidence\nlimits,derivatives,\nderivatives,chain rule,0.9\nchain rule,limits,0.2\n"
    (tmp_path / "calculus.csv").write_text(rows)
    result = noteatlas("import", "calculus.csv", cwd=tmp_path)
    assert result.text.splitlines()[-1] == "1 source: +3 concepts, +3 relations"
    assert noteatlas("import", "calculus.csv", "--format", "pairs", cwd=tmp_path).text.endswith("nothing changed\n")
    assert noteatlas("cycles", cwd=tmp_path).text.splitlines() == [
        "1. 3 concepts that each come before all others of them:",
        "   chain rule → limits → derivatives",
        "   A circle: these 3 cannot all hold.",
        "     limits before derivatives (confidence 1.00): “limits,derivatives,” (calculus.csv:2)",
        "     derivatives before chain rule (confidence 0.90): “derivatives,chain rule,0.9” (calculus.csv:3)",
        "     chain rule before limits (confidence 0.20): “chain rule,limits,0.2” (calculus.csv:4)",
        "     The order goes against the last, chain rule before limits: the least sure; the others are at least 0.90.",
    ]
    path = noteatlas("path", "chain rule", "--json", cwd=tmp_path).json
    assert [step["id"] for step in path["steps"]] == ["limits", "derivatives", "chain rule"]
    why = noteatlas("explain", "limits", "derivatives", cwd=tmp_path).text
    assert "import.pairs: a row of a table of prerequisites, which was imported" in why
