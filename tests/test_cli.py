"""The command line, run as a process: exit statuses, what goes to which stream, one line per error, nothing half done.

`serve` and `demo` are in test_cli_serving.py.
"""

import contextlib
import itertools
import json
import os
import random
import re
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import networkx as nx
import orjson
import pytest
import typer

from api.cli import app
from api.cli_output import one_line
from api.files import write_file
from api.loading import read_notes, store_all
from graph.errors import InputError, StoreUnavailable
from graph.interchange import dumps, loads
from graph.model import KnowledgeGraph, Relation, RelationType, merge
from graph.paths import prerequisite_graph, study_path
from graph.sqlite_store import SqliteStore
from graph.store import Changes, open_store
from tests.command_line import COMMAND, environment, noteatlas
from tests.samples import attention_graph, boosting_graph

ROOT = Path(__file__).resolve().parent.parent
GRAPH = merge({"attention.md": attention_graph(), "trees/boosting.txt": boosting_graph()})
OPTIMIZERS = "# Optimizers\n\n## Momentum\n\nMomentum extends SGD.\n\n## Adam\n\nAdam combines Momentum and RMSprop.\n"
LOSSES = "# Losses\n\n## Cross-entropy\n\nCross-entropy is equivalent to log loss.\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store `.noteatlas` that holds the samples; tests that write make a store of their own."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "samples.json").write_bytes(dumps(GRAPH))
    assert noteatlas("import", "samples.json", cwd=folder).status == 0
    return folder


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A folder of two notes."""
    folder = tmp_path / "notes"
    (folder / "sub").mkdir(parents=True)
    (folder / "optimizers.md").write_text(OPTIMIZERS, encoding="utf-8")
    (folder / "sub" / "losses.md").write_text(LOSSES, encoding="utf-8")
    return folder


# -- help and documentation ----------------------------------------------------------------------------------


def commands() -> dict[str, list[str]]:
    """Every command with its options."""
    group = typer.main.get_command(app)
    return {
        name: sorted(option for p in command.params for option in (*p.opts, *p.secondary_opts) if option[0] == "-")
        for name, command in group.commands.items()  # type: ignore[attr-defined]
    }


def test_every_command_and_option_is_documented_and_no_other() -> None:
    """docs/cli.md has a section per command, with its options; every option it names is one of the command's."""
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    verbs = commands()
    assert {
        "load",
        "extract",
        "report",
        "path",
        "cycles",
        "explain",
        "score",
        "search",
        "map",
        "export",
        "import",
        "curate",
        "history",
        "diff",
        "backup",
        "restore",
        "serve",
        "demo",
        "mcp",
        "token",
        "persist",
        "schema",
    } == set(verbs)
    assert list(sections) == [verb for verb in sections if verb in verbs or verb == "What"]
    for verb, options in verbs.items():
        assert f"`{verb}`" in text
        body = sections[verb]
        named = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", body))
        missing = set(options) - named - {"-h", "--help"}
        assert not missing, f"{verb}: {missing} not documented"
        assert named <= {option for rows in verbs.values() for option in rows}, f"{verb}: documents {named}"
        usage = re.search(rf"^`noteatlas {verb}\b.*`$", body, re.MULTILINE)
        assert usage
        assert set(re.findall(r"--[a-z-]+", usage[0])) == {o for o in options if o.startswith("--") and o != "--help"}


@pytest.mark.parametrize("verb", sorted(commands()))
def test_help_teaches_by_an_example_that_is_right_usage(verb: str) -> None:
    """Each example names its own command, and options that the command has."""
    result = noteatlas(verb, "--help", cwd=ROOT)
    assert result.stderr == ""
    lines = result.text.split("Examples:\n")[1].strip().splitlines()
    examples = [part for line in lines for part in line.strip().split(" | ") if part.startswith("noteatlas ")]
    assert any(example.split()[1] == verb for example in examples)
    for example in examples:
        assert set(re.findall(r" (--[a-z-]+)", example)) <= set(commands()[example.split()[1]])


def test_help_loads_nothing_heavy() -> None:
    """What takes tenths of a second to import is imported by the command that needs it."""
    heavy = [
        "networkx",
        "pyvis",
        "neo4j",
        "uvicorn",
        "fastapi",
        "strawberry",
        "pydantic",
        "yaml",
        "markdown_it",
        "rich",
    ]
    code = f"import sys, api.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_the_version_is_the_distributions(tmp_path: Path) -> None:
    assert re.fullmatch(r"noteatlas \d+\.\d+\.\d+\n", noteatlas("--version", cwd=tmp_path).text)


# -- exit statuses and errors --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--colour"], "No such option: --colour"),
        (["learn"], "No such command 'learn'"),
        (["path"], "Missing argument 'TARGET"),
        (["path", "GQA", "--min-confidence", "2"], "--min-confidence"),
        (["search", "x", "--first", "0"], "--first"),
        (["search", "x", "--first", "many"], "--first"),
        (["map", "--type", "REQUIRES"], "'REQUIRES' is not one of"),
        (["serve", "--port", "65536"], "--port"),
        (["import"], "Missing argument 'FILE'"),
        (["score", "gold", "--lines", "9-1"], "'9-1' is no range of lines such as 1-576"),
        (["score", "gold", "--folds", "1"], "--folds"),
        (["report", "notes", "--store", "x"], "name notes or a store, not both"),
    ],
)
def test_wrong_usage_is_status_2_and_one_line_that_leads_to_the_help(
    home: Path, arguments: list[str], message: str
) -> None:
    result = noteatlas(*arguments, cwd=home)
    assert result.status == 2
    assert message in result.complaint
    assert "--help`" in result.complaint


def test_no_command_at_all_is_wrong_usage_and_shows_the_help(tmp_path: Path) -> None:
    result = noteatlas(cwd=tmp_path)
    assert (result.status, result.stdout) == (2, b"")
    assert "Commands:" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["path", "Atention"], "no concept is called 'Atention'; did you mean Attention"),
        (["path", "GQA", "自注意"], "no concept is called '自注意'; did you mean Self-Attention"),
        (["path", "qqqqqq"], "no concept is called 'qqqqqq'; search for it"),
        (["map", "Atention"], "no concept is called 'Atention'"),
        (["path", "GQA", "--store", "ftp://x"], "ftp"),
        (["import", "nothing.json"], "nothing.json: No such file or directory; name a file to import"),
        (["import", "."], "neither a nodes.csv nor an edges.csv"),
        (["load", "nothing.md"], "nothing.md: no such file or folder"),
        (["extract", "nothing.md"], "nothing.md: no such file or folder"),
        (["export", "--output", "no/such/folder/x.json"], "cannot write no/such/folder/x.json"),
        (["map", "--output", "."], "cannot write .: Is a directory; give another --output"),
    ],
)
def test_what_cannot_be_done_is_status_1_and_one_line(home: Path, arguments: list[str], message: str) -> None:
    result = noteatlas(*arguments, cwd=home)
    assert result.status == 1
    assert message in result.complaint


@pytest.mark.parametrize(
    "verb", [["path", "GQA"], ["cycles"], ["explain", "GQA", "MQA"], ["search", "GQA"], ["map"], ["export"], ["report"]]
)
def test_a_question_to_a_store_that_is_not_there_is_an_error_and_makes_none(tmp_path: Path, verb: list[str]) -> None:
    result = noteatlas(*verb, "--store", "mistyped", cwd=tmp_path)
    assert result.status == 1
    assert result.complaint.startswith("there is no store at mistyped: load notes into it with")
    assert list(tmp_path.iterdir()) == []


def test_an_unreachable_server_is_one_line_without_the_password(tmp_path: Path) -> None:
    result = noteatlas("path", "GQA", "--store", "bolt://reader:hunter2@127.0.0.1:1", cwd=tmp_path)
    assert result.status == 1
    assert "127.0.0.1:1" in result.complaint
    assert "hunter2" not in result.complaint


def test_the_store_comes_from_the_environment_unless_the_command_line_says_another(home: Path, tmp_path: Path) -> None:
    env = {"NOTEATLAS_STORE": str(home / ".noteatlas")}
    assert noteatlas("search", "MQA", "--json", cwd=tmp_path, env=env).json[0]["id"] == "multi-query-attention"
    assert noteatlas("search", "MQA", "--store", "other", cwd=tmp_path, env=env).status == 1


def test_a_wrong_variable_of_the_environment_is_named(home: Path) -> None:
    result = noteatlas("search", "MQA", cwd=home, env={"NOTEATLAS_PORT": "eighty"})
    assert result.status == 2
    assert "NOTEATLAS_PORT" in result.complaint


def test_a_reader_that_goes_away_is_no_traceback_and_a_full_disk_is_one_line(home: Path) -> None:
    """As `| head` does; and as /dev/full, which is a disk that is always full."""
    with subprocess.Popen(
        [COMMAND, "export"], cwd=home, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait(60) == 1
        assert process.stderr.read() == b""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [COMMAND, "export"], cwd=home, env=environment(), stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (1, b"noteatlas: standard output: No space left on device\n")


def test_an_interrupt_ends_with_130_and_one_line(home: Path) -> None:
    """While it waits for more input: more than a pipe holds has been written, so it is reading.

    Python misses a signal that comes in between two reads, so it is sent until it is heard. Whoever runs the tests in
    the background may have it ignored, and a command that inherits that would not stop.
    """
    with subprocess.Popen(
        [COMMAND, "import", "-"],
        cwd=home,
        env=environment(),
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        for _ in range(4):
            process.stdin.write(b" " * 2**20)
        for _ in range(6):
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
                break
        assert process.wait(1) == 130
        assert process.stderr.read() == b"noteatlas: stopped\n"


def test_text_of_notes_cannot_drive_the_terminal() -> None:
    """Escape sequences, line breaks and direction marks are shown as spaces."""
    assert one_line("a\x1b[31mred\n\tb\u202e c\x07") == "a [31mred b c"


# -- load and extract ----------------------------------------------------------------------------------------


def test_load_tells_what_each_source_changed_and_a_second_load_changes_nothing(notes: Path, tmp_path: Path) -> None:
    first = noteatlas("load", "notes", "--json", cwd=tmp_path).json
    assert [row["path"] for row in first["sources"]] == ["notes/optimizers.md", "notes/sub/losses.md"]
    assert first["sources"][0]["changes"]["concepts_added"] >= 3
    assert first["failures"] == []
    assert first["total"]["concepts_added"] == sum(row["changes"]["concepts_added"] for row in first["sources"])
    again = noteatlas("load", "notes", cwd=tmp_path)
    assert again.stderr == ""
    assert again.text.splitlines() == [
        "notes/optimizers.md: nothing changed",
        "notes/sub/losses.md: nothing changed",
        "2 sources: nothing changed",
    ]
    exported = loads(noteatlas("export", cwd=tmp_path).stdout)
    assert ("adam", RelationType.COMBINES, "momentum") in {r.key for r in exported.relations}


def test_an_unreadable_file_is_named_the_others_are_loaded_and_the_status_is_1(notes: Path, tmp_path: Path) -> None:
    (notes / "binary.md").write_bytes(b"\x00\x01\x02" * 100)
    result = noteatlas("load", "notes", "missing.md", "--json", cwd=tmp_path)
    assert result.status == 1
    lines = result.stderr.splitlines()
    assert len(lines) == 2
    assert all(any(name in line for line in lines) for name in ("binary.md", "missing.md"))
    report = orjson.loads(result.stdout)
    assert [row["path"] for row in report["sources"]] == ["notes/optimizers.md", "notes/sub/losses.md"]
    assert len(report["failures"]) == 2
    found = noteatlas("search", "log loss", "--json", cwd=tmp_path).json
    assert found


def test_a_file_whose_name_is_no_text_is_named_and_the_others_are_loaded(notes: Path, tmp_path: Path) -> None:
    """Such names come from other systems; JSON has them with an escape."""
    (notes / os.fsdecode(b"a\xff.md")).write_text(OPTIMIZERS, encoding="utf-8")
    result = noteatlas("load", "notes", "--json", cwd=tmp_path)
    assert result.status == 1
    assert len(result.stderr.splitlines()) == 1
    report = orjson.loads(result.stdout)
    assert [row["path"] for row in report["sources"]] == ["notes/optimizers.md", "notes/sub/losses.md"]
    assert [Path(row["path"]).name for row in report["failures"]] == [r"a\udcff.md"]


def test_nothing_readable_makes_no_store(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = noteatlas("load", "empty", "missing.md", cwd=tmp_path)
    assert (result.status, result.stdout) == (1, b"")
    assert len(result.stderr.splitlines()) == 2
    assert [p.name for p in tmp_path.iterdir()] == ["empty"]


def test_extract_prints_what_load_would_store(notes: Path, tmp_path: Path) -> None:
    """The same bytes as the export of a store that has loaded the same notes; networkx reads them."""
    extracted = noteatlas("extract", "notes", cwd=tmp_path)
    assert (extracted.status, extracted.stderr) == (0, "")
    assert noteatlas("load", "notes", cwd=tmp_path).status == 0
    assert noteatlas("export", cwd=tmp_path).stdout == extracted.stdout
    graph = nx.node_link_graph(orjson.loads(extracted.stdout), edges="edges")
    assert ("adam", "momentum", "COMBINES") in set(graph.edges)


def test_extract_names_an_unreadable_file_and_prints_the_graph_of_the_others(notes: Path, tmp_path: Path) -> None:
    result = noteatlas("extract", "notes/optimizers.md", "missing.md", cwd=tmp_path)
    assert result.status == 1
    assert result.stderr == "noteatlas: missing.md: no such file or folder\n"
    assert "adam" in {c.id for c in loads(result.stdout).concepts}


async def test_a_store_that_fails_half_way_is_told_with_what_was_loaded(notes: Path, tmp_path: Path) -> None:
    """The first source is there as a whole, the second is named, and loading again would complete it."""

    class Full(SqliteStore):
        async def replace_each(
            self, steps: Sequence[Mapping[str, KnowledgeGraph | None]], **more: Any
        ) -> list[Changes]:
            if "notes/sub/losses.md" in steps[0]:
                raise StoreUnavailable("the disk is full")
            return await super().replace_each(steps, **more)

    told: list[str] = []
    async with Full(str(tmp_path / "store")) as store:
        with pytest.raises(
            StoreUnavailable, match=r"the disk is full; 1 of 2 sources were loaded, notes/sub/losses\.md and"
        ):
            await store_all(store, read_notes([notes]), on_source=told.append, most_rows=1)
        assert [s.path for s in await store.sources()] == ["notes/optimizers.md"]
    assert told == ["notes/optimizers.md", "notes/sub/losses.md"]


# -- import and export ---------------------------------------------------------------------------------------


def test_export_import_export_gives_the_same_bytes(home: Path, tmp_path: Path) -> None:
    exported = noteatlas("export", cwd=home).stdout
    assert exported == dumps(GRAPH)
    (tmp_path / "atlas.json").write_bytes(exported)
    result = noteatlas("import", "atlas.json", cwd=tmp_path)
    assert result.text.startswith(
        f"import:atlas.json: +{len(GRAPH.concepts)} concepts, +{len(GRAPH.relations)} relations"
    )
    assert noteatlas("export", "--output", "again.json", cwd=tmp_path).stdout == b""
    assert (tmp_path / "again.json").read_bytes() == exported


def test_import_reads_standard_input_and_replaces_what_a_file_of_that_name_said(tmp_path: Path) -> None:
    """The second document forgets one relation of the first; both came in as the same contribution."""
    edges = [{"source": "a", "target": "b", "type": "USES"}, {"source": "b", "target": "c", "type": "uses"}]
    first = noteatlas("import", "-", "--json", cwd=tmp_path, stdin=orjson.dumps({"edges": edges})).json
    assert [row["path"] for row in first["sources"]] == ["import:stdin"]
    assert noteatlas("import", "-", cwd=tmp_path, stdin=orjson.dumps({"edges": edges[:1]})).status == 0
    assert [r.key for r in loads(noteatlas("export", cwd=tmp_path).stdout).relations] == [("a", RelationType.USES, "b")]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"", "this is not JSON"),
        (b'{"nodes": [{"id": "a"}, {"name": "b"}]}', "nodes[1] has no id: add it"),
        (b'{"edges": [{"source": "a", "target": "b", "type": "NEEDS"}]}', "edges[0].type is 'NEEDS': use one of"),
        (b'{"nodes": [{"id": "a", "x": ' + b"[" * 600 + b"]" * 600 + b"}]}", "nested deeper"),
    ],
)
def test_an_invalid_document_changes_nothing(home: Path, tmp_path: Path, document: bytes, message: str) -> None:
    """Neither in a store that has something, nor by making one."""
    before = noteatlas("export", cwd=home).stdout
    (tmp_path / "samples.json").write_bytes(document)
    into_full = noteatlas("import", tmp_path / "samples.json", cwd=home)
    assert into_full.status == 1
    assert message in into_full.complaint
    assert noteatlas("export", cwd=home).stdout == before
    assert noteatlas("import", "samples.json", cwd=tmp_path).status == 1
    assert [p.name for p in tmp_path.iterdir()] == ["samples.json"]


async def test_487_imported_concepts_have_exactly_their_closures_as_study_paths(tmp_path: Path) -> None:
    """1,208 prerequisites, made with a seed; the closure by networkx's ancestors; one path by the command as well."""
    chance = random.Random(1208)
    order = [f"c{i}" for i in chance.sample(range(487), 487)]
    pairs = chance.sample(list(itertools.combinations(order, 2)), 1208)
    document = {
        "nodes": [{"id": name} for name in sorted(order)],
        "edges": [{"source": u, "target": v, "type": "prerequisite_of"} for u, v in pairs],
    }
    result = noteatlas("import", "-", cwd=tmp_path, stdin=orjson.dumps(document))
    assert result.text.splitlines()[-1] == "1 source: +487 concepts, +1208 relations"
    oracle = nx.DiGraph(pairs)
    oracle.add_nodes_from(order)
    async with open_store(str(tmp_path / ".noteatlas")) as store:
        for name in order:
            closure = await store.prerequisites_of([name])
            steps = [step.concept for step in study_path(prerequisite_graph(closure.relations), [name]).steps]
            assert sorted(steps) == sorted({name} | nx.ancestors(oracle, name))
            place = {concept: i for i, concept in enumerate(steps)}
            assert all(place[u] < place[v] for u, v in oracle.subgraph(steps).edges)
    last = max(order, key=lambda name: len(nx.ancestors(oracle, name)))
    printed = noteatlas("path", last, "--json", cwd=tmp_path).json
    assert {step["id"] for step in printed["steps"]} == {last} | nx.ancestors(oracle, last)


# -- path ----------------------------------------------------------------------------------------------------


def test_a_path_as_json_has_the_fields_of_the_contract_and_every_reason_in_full(home: Path) -> None:
    path = noteatlas("path", "gqa", "--known", "注意力", "--json", cwd=home).json
    assert path["targets"] == ["grouped-query-attention"]
    assert path["known"] == ["attention"]
    assert [(s["id"], s["name"]) for s in path["steps"]] == [
        ("self-attention", "Self-Attention"),
        ("multi-head-attention", "Multi-Head Attention"),
        ("multi-query-attention", "Multi-Query Attention"),
        ("grouped-query-attention", "Grouped-Query Attention"),
    ]
    assert path["steps"][3]["aliases"] == ["GQA", "分组查询注意力"]
    assert path["steps"][3]["because"] == []
    (reason,) = path["steps"][0]["because"]
    assert (reason["type"], reason["target"], reason["origin"]) == (
        "PREREQUISITE_OF",
        "multi-head-attention",
        "inferred",
    )
    assert reason["because"][0]["evidence"][0]["line"] == 11
    assert (path["cycles"], path["cuts"]) == ([], [])


def test_a_path_as_text_names_each_step_its_reasons_and_the_sentences(home: Path) -> None:
    result = noteatlas("path", "GQA", cwd=home)
    assert result.stderr == ""
    steps = [line.split(". ")[1] for line in result.text.splitlines() if re.match(r" *\d+\. ", line)]
    assert [step.split(" (")[0] for step in steps] == [
        "Attention",
        "Self-Attention",
        "Multi-Head Attention",
        "Multi-Query Attention",
        "Grouped-Query Attention",
    ]
    assert "before Multi-Query Attention: “Know MHA before MQA.” (attention.md:15)" in result.text
    assert "before Self-Attention: “Self-attention is a kind of attention.” (attention.md:7)" in result.text


def test_a_known_concept_that_the_store_does_not_have_is_named_and_passed_over(home: Path) -> None:
    result = noteatlas("path", "MHA", "--known", "Atention", "--known", "self-attention", "--json", cwd=home)
    assert result.status == 0
    assert (
        result.stderr
        == "noteatlas: --known is passed over: no concept is called 'Atention'; did you mean Attention"
        + (result.stderr.partition("did you mean Attention")[2])
    )
    assert len(result.stderr.splitlines()) == 1
    path = orjson.loads(result.stdout)
    assert path["known"] == ["self-attention"]
    assert [step["id"] for step in path["steps"]] == ["multi-head-attention"]


def test_less_certain_prerequisites_can_be_left_out_and_what_is_known_needs_no_path(home: Path) -> None:
    path = noteatlas("path", "MQA", "--min-confidence", "0.8", "--json", cwd=home).json
    assert [step["id"] for step in path["steps"]] == ["multi-head-attention", "multi-query-attention"]
    assert noteatlas("path", "MQA", "--known", "MQA", cwd=home).text == "Nothing to learn: all of it is known.\n"


def test_what_only_the_field_says_is_not_quoted(tmp_path: Path) -> None:
    """The line is where the notes introduce the concept: as evidence it would be a quotation that says nothing."""
    evidence = [{"document": "n.md", "line": 3, "text": "## Softmax", "rule": "lexicon.prerequisite"}]
    edge = {"source": "exp", "target": "softmax", "type": "PREREQUISITE_OF", "origin": "inferred", "evidence": evidence}
    assert noteatlas("import", "-", cwd=tmp_path, stdin=orjson.dumps({"edges": [edge]})).status == 0
    path = noteatlas("path", "softmax", cwd=tmp_path).text
    says = "before softmax: the order in which the field is usually taught; no sentence of the notes says so"
    assert path.splitlines()[1] == f"     {says}"
    why = noteatlas("explain", "exp", "softmax", cwd=tmp_path).text
    assert "no sentence says so (n.md:3)" in why
    assert "## Softmax" not in path + why


def test_a_cycle_is_named_with_the_relation_that_the_path_goes_against(tmp_path: Path) -> None:
    edges = [
        {"source": "egg", "target": "chicken", "type": "PREREQUISITE_OF", "confidence": 0.9},
        {"source": "chicken", "target": "egg", "type": "PREREQUISITE_OF", "confidence": 0.4},
    ]
    assert noteatlas("import", "-", cwd=tmp_path, stdin=orjson.dumps({"edges": edges})).status == 0
    path = noteatlas("path", "egg", "--json", cwd=tmp_path).json
    assert path["cycles"] == [["chicken", "egg"]]
    assert [(r["source"], r["target"]) for r in path["cuts"]] == [("chicken", "egg")]
    assert [step["id"] for step in path["steps"]] == ["egg", "chicken"]
    text = noteatlas("path", "egg", cwd=tmp_path).text.splitlines()
    assert text[-4:] == [
        "A circle: these 2 cannot all hold.",
        "  egg before chicken (confidence 0.90): a person said so",
        "  chicken before egg (confidence 0.40): a person said so",
        "  The order goes against the last, chicken before egg: the least sure; the others are at least 0.90.",
    ]
    assert "     before chicken: a person said so" in text


def test_a_name_of_two_concepts_is_refused_with_their_ids(tmp_path: Path) -> None:
    nodes = [{"id": "em", "name": "EM"}, {"id": "exact-match", "name": "EM"}, {"id": "x", "aliases": ["y"]}]
    nodes += [{"id": "z", "aliases": ["y"]}]
    assert noteatlas("import", "-", cwd=tmp_path, stdin=orjson.dumps({"nodes": nodes})).status == 0
    for arguments in (["path", "y"], ["path", "em", "--known", "y"]):
        result = noteatlas(*arguments, cwd=tmp_path)
        assert result.status == 1
        assert result.complaint == "'y' names 2 concepts; use one of these ids: x, z"


# -- search --------------------------------------------------------------------------------------------------


def test_search_finds_by_any_name_and_says_so_when_nothing_matches(home: Path) -> None:
    hits = noteatlas("search", "注意力", "--first", "3", "--json", cwd=home).json
    assert len(hits) == 3
    assert hits[0]["id"] == "attention"
    assert set(hits[0]) == {"id", "name", "aliases", "kind", "definition", "score", "matched", "named"}
    text = noteatlas("search", "MQA", cwd=home).text
    assert text == "Multi-Query Attention (MQA, 多查询注意力) · method · multi-query-attention\n"
    assert noteatlas("search", "multi-qurey atention", cwd=home).text == text
    nothing = noteatlas("search", "zebra", "--json", cwd=home)
    assert (nothing.status, nothing.stdout) == (0, b"[]\n")
    assert nothing.stderr == "noteatlas: nothing matches 'zebra'; try fewer or shorter words\n"


# -- map, schema and files -----------------------------------------------------------------------------------


class _Addresses(HTMLParser):
    """Collects what a page's tags refer to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in {"src", "href", "data", "srcset", "action"}]


def test_map_writes_one_file_that_loads_nothing_from_elsewhere(home: Path, tmp_path: Path) -> None:
    """Every script and style stands in it. What a browser makes of it is for the tests of the map."""
    result = noteatlas("map", "GQA", "--output", tmp_path / "gqa.html", "--type", "generalizes", cwd=home)
    assert (result.status, result.stdout) == (0, b"")
    assert [p.name for p in tmp_path.iterdir()] == ["gqa.html"]
    page = (tmp_path / "gqa.html").read_text(encoding="utf-8")
    assert page.lower().startswith("<!doctype html>")
    assert "Grouped-Query Attention" in page
    addresses = _Addresses()
    addresses.feed(page)
    assert all(address.startswith(("data:", "#", "?")) for address in addresses.found), addresses.found


def test_a_write_that_fails_leaves_the_file_as_it_was_and_no_part_of_another(home: Path, tmp_path: Path) -> None:
    """The process may write no file of more than 100 kB; the map has more, and the old map survives."""
    old = tmp_path / "map.html"
    old.write_text("the old map", encoding="utf-8")
    store = tmp_path / "store"
    assert noteatlas("import", home / "samples.json", "--store", store, cwd=tmp_path).status == 0
    before = sorted(p.name for p in tmp_path.iterdir())
    result = noteatlas(
        *("map", "--store", store, "--output", old),
        cwd=tmp_path,
        before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )
    assert result.status == 1
    assert result.complaint == f"cannot write {old}: File too large; give another --output"
    assert old.read_text(encoding="utf-8") == "the old map"
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_a_file_is_replaced_through_a_link_with_its_mode_kept_and_a_device_is_written_to(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_file(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    mask = os.umask(0o027)
    try:
        write_file(tmp_path / "fresh", b"")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "fresh").stat().st_mode) == 0o640
    write_file(Path("/dev/null"), b"gone")
    assert Path("/dev/null").is_char_device()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(InputError, match="cannot write"):
        write_file(tmp_path / "loop", b"")


def test_schema_prints_the_committed_schema(tmp_path: Path) -> None:
    assert noteatlas("schema", cwd=tmp_path).text == (ROOT / "schema.graphql").read_text(encoding="utf-8")


def test_long_reasons_are_cut_and_counted(home: Path, tmp_path: Path) -> None:
    """A step that many need names three with their sentence, three more by name, and counts the rest."""
    sentence = "很" * 500
    base = next(r for r in GRAPH.relations if r.evidence)
    said = (replace(base.evidence[0], text=sentence),)
    rows = [Relation("hub", RelationType.PREREQUISITE_OF, f"c{i}", evidence=said) for i in range(9)]
    rows += [Relation(f"c{i}", RelationType.PREREQUISITE_OF, "goal", evidence=said) for i in range(9)]
    content = dumps(KnowledgeGraph.of(relations=rows))
    assert noteatlas("import", "-", cwd=tmp_path, stdin=content).status == 0
    lines = noteatlas("path", "goal", cwd=tmp_path).text.splitlines()
    assert lines[1] == f"     before c0: “{'很' * 160}…” (attention.md:{said[0].line})"
    assert lines[4] == "     and before c3, c4, c5 and 3 more"
    assert json.loads(noteatlas("path", "goal", "--json", cwd=tmp_path).stdout)["steps"][0]["id"] == "hub"


def test_files_of_one_name_in_two_folders_do_not_replace_each_other(tmp_path: Path) -> None:
    """Loaded one after the other, by file or by folder, in whatever order: nothing gets lost."""
    for week, text in (("week1", "Adam combines Momentum and RMSprop.\n"), ("week2", "XGBoost extends GBDT.\n")):
        (tmp_path / week).mkdir()
        (tmp_path / week / "notes.md").write_text(f"# Notes\n\n{text}", encoding="utf-8")
    for paths in (["week1/notes.md"], ["week2/notes.md"], ["week1", "week2"], ["week2"]):
        assert noteatlas("load", *paths, cwd=tmp_path).status == 0
    exported = loads(noteatlas("export", cwd=tmp_path).stdout)
    assert [s.path for s in exported.sources] == ["week1/notes.md", "week2/notes.md"]
    assert {"adam", "xgboost"} <= {c.id for c in exported.concepts}
