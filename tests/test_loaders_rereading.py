"""Reading again what was read before gives what reading it for the first time gives, and opens what it must alone."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.loading import sample_notes
from graph.contribution import encode
from graph.errors import InputError
from loaders import rereading, sources
from loaders.extract import Extraction, extract
from loaders.lexicon import Lexicon
from loaders.remembering import Memory
from tests.random_edits import edits

RULES = "rules"


def read(folder: Path, memory: Path, lexicon: Lexicon | None = None) -> Extraction:
    with Memory(memory, RULES) as opened:
        extraction = extract([folder], lexicon=lexicon, memory=opened)
        return Extraction(dict(extraction.graphs), extraction.failures, None, extraction.digests, extraction.built)


def digests(extraction: Extraction) -> dict[str, str]:
    return {path: encode(path, graph).digest for path, graph in extraction.graphs.items()}


def assert_as_new(found: Extraction, folder: Path, lexicon: Lexicon | None = None) -> None:
    clean = extract([folder], lexicon=lexicon)
    expected = digests(clean)
    assert found.digests == expected
    assert digests(found) == expected
    assert sorted(map(str, found.failures)) == sorted(map(str, clean.failures))


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    for file in sorted(sample_notes().rglob("*.md"))[:3]:
        shutil.copy(file, folder / f"{file.parent.name}-{file.name}")
    return folder


def test_nothing_is_opened_if_nothing_changed(notes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = tmp_path / "memory.sqlite3"
    first = read(notes, memory)
    assert_as_new(first, notes)
    assert first.built == tuple(first.graphs)

    def opened(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(rereading, "open_document", opened)
    again = read(notes, memory)
    assert again.built == ()
    assert digests(again) == first.digests == again.digests


def test_a_changed_line_opens_its_file_alone(notes: Path, tmp_path: Path) -> None:
    memory = tmp_path / "memory.sqlite3"
    read(notes, memory)
    file = sorted(notes.iterdir())[2]
    file.write_text(file.read_text(encoding="utf-8") + "\nRead this once more.\n", encoding="utf-8")
    found = read(notes, memory)
    assert found.built == (f"notes/{file.name}",)
    assert_as_new(found, notes)


ZORP = "# Zorp\n\nZorp (Zonal Ordered Reading Process) is a method. Zorp uses attention.\n\n## Zorp\n\nZorp again.\n"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(ZORP, "# Other\n\nWe compare Zorp with BERT. Zorp extends BERT.\n", id="name"),
        pytest.param(ZORP, "# Other\n\nA Z o r p is none, but ZORP's use: zorps extend BERT.\n", id="spelling"),
        pytest.param(ZORP, "# 其他\n\n这里的Zorp模型扩展了BERT。\n", id="mixed"),
        pytest.param(
            "# 折叠门控\n\n折叠门控（Folding Gate）是一种方法。\n",
            "# 门\n\n折叠和输入门控都使用注意力。\n",
            id="shared",
        ),
        pytest.param(
            "# Zorp Gate\n\nThe Zorp gate (ZG) is a method.\n\n# Input Gate\n\n**Input gate**: a part.\n",
            "# LSTM\n\nThe zorp and input gates are part of LSTM.\n",
            id="shared head",
        ),
        pytest.param(
            "---\naliases: [Zonal Process]\n---\n\nuses:: [[BERT]]\n",
            "# Other\n\nSee [[one]] for more. A Zonal Process uses BERT.\n",
            id="note",
        ),
        pytest.param("# Something\n\nNothing.\n", "# Other\n\ndepends on:: [[one#Something]]\n", id="link"),
    ],
)
def test_a_name_that_one_file_brings_or_takes_is_found_or_lost_in_the_others(
    one: str, other: str, notes: Path, tmp_path: Path
) -> None:
    memory = tmp_path / "memory.sqlite3"
    (notes / "other.md").write_text(other, encoding="utf-8")
    read(notes, memory)
    (notes / "one.md").write_text(one, encoding="utf-8")
    assert_as_new(read(notes, memory), notes)
    (notes / "one.md").unlink()
    assert_as_new(read(notes, memory), notes)


def test_without_a_lexicon_the_first_note_of_a_concept_and_the_last_change_the_rules(
    notes: Path, tmp_path: Path
) -> None:
    memory, none = tmp_path / "memory.sqlite3", Lexicon(())
    read(notes, memory, none)
    (notes / "one.md").write_text("---\naliases: [Zorp]\n---\n\nuses:: [[BERT]]\n", encoding="utf-8")
    assert_as_new(read(notes, memory, none), notes, none)
    (notes / "one.md").unlink()
    assert_as_new(read(notes, memory, none), notes, none)


def test_what_cannot_be_read_is_a_failure_until_it_can_be(notes: Path, tmp_path: Path) -> None:
    memory = tmp_path / "memory.sqlite3"
    bad = notes / "bad.ipynb"
    read(notes, memory)
    for content in ("{", '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "{"):
        bad.write_text(content, encoding="utf-8")
        assert_as_new(read(notes, memory), notes)


def test_a_file_that_is_written_while_it_is_read_is_looked_at_again(
    notes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = tmp_path / "memory.sqlite3"
    (notes / "other.md").write_text("# Other\n\nZorp extends BERT.\n", encoding="utf-8")
    read(notes, memory)
    (notes / "one.md").write_text(ZORP, encoding="utf-8")
    read_source, written = sources.read_source, []

    def late(path: Path, name: str) -> object:
        if path.name == "other.md" and not written:
            written.append(path)
            path.write_text("# Other\n\nZorp extends GPT.\n", encoding="utf-8")
        return read_source(path, name)

    monkeypatch.setattr(sources, "read_source", late)
    found = read(notes, memory)
    assert written
    assert_as_new(found, notes)


@pytest.mark.parametrize("damage", [lambda f: f.write_bytes(b"no database" * 100), lambda f: f.unlink()])
def test_a_damaged_memory_is_made_anew(notes: Path, tmp_path: Path, damage: Callable[[Path], object]) -> None:
    memory = tmp_path / "memory.sqlite3"
    first = read(notes, memory)
    damage(memory)
    assert read(notes, memory).built == first.built
    assert read(notes, memory).built == ()


def test_damage_within_a_memory_is_told_and_does_not_stand_in_the_way(notes: Path, tmp_path: Path) -> None:
    """Its beginning is whole, so that it opens."""
    memory = tmp_path / "memory.sqlite3"
    read(notes, memory)
    data = memory.read_bytes()
    whole = len(data) // 2
    memory.write_bytes(data[:whole] + b"\xff" * (len(data) - whole))
    for file in notes.iterdir():
        file.write_text(file.read_text(encoding="utf-8") + "\nRead this once more.\n", encoding="utf-8")
    with Memory(memory, RULES) as opened:
        found = extract([notes], memory=opened)
        assert digests(found) == digests(extract([notes]))
        assert opened.problem == "database disk image is malformed"
    assert_as_new(read(notes, memory), notes)
    assert read(notes, memory).built == ()


def test_a_memory_that_another_one_holds_is_not_deleted(notes: Path, tmp_path: Path) -> None:
    memory = tmp_path / "memory.sqlite3"
    read(notes, memory)
    with closing(sqlite3.connect(memory, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError, match="locked"), Memory(memory, RULES):
            pass
    assert read(notes, memory).built == ()


def test_other_rules_forget_what_was_read(notes: Path, tmp_path: Path) -> None:
    memory = tmp_path / "memory.sqlite3"
    first = read(notes, memory)
    with Memory(memory, "other") as opened:
        assert extract([notes], memory=opened).built == first.built


def test_of_two_readings_at_once_both_are_right_and_the_memory_is_of_one(notes: Path, tmp_path: Path) -> None:
    memory = tmp_path / "memory.sqlite3"
    read(notes, memory)
    (notes / "one.md").write_text(ZORP, encoding="utf-8")
    with Memory(memory, RULES) as slow:
        slow.recall()
        slower = slow.recall

        def recall() -> object:
            remembered = slower()
            if (notes / "one.md").exists():
                (notes / "one.md").unlink()
                read(notes, memory)  # another one, which is faster
                (notes / "one.md").write_text(ZORP, encoding="utf-8")
            return remembered

        slow.recall = recall  # type: ignore[method-assign,assignment]
        found = extract([notes], memory=slow)
        one = found.graphs["notes/one.md"]
        assert one.concepts
    (notes / "two.md").write_text(ZORP, encoding="utf-8")
    assert_as_new(read(notes, memory), notes)


def test_what_another_reading_replaced_is_not_mixed_in(notes: Path, tmp_path: Path) -> None:
    memory = tmp_path / "memory.sqlite3"
    file = min(notes.iterdir())
    read(notes, memory)
    with Memory(memory, RULES) as opened:
        found = extract([notes], memory=opened)
        file.write_text(ZORP, encoding="utf-8")
        read(notes, memory)
        with pytest.raises(InputError, match="by another load meanwhile; load again"):
            found.graphs[f"notes/{file.name}"]


def test_only_its_owner_may_read_a_memory(notes: Path, tmp_path: Path) -> None:
    memory = tmp_path / "cache" / "memory.sqlite3"
    read(notes, memory)
    assert memory.parent.stat().st_mode & 0o777 == 0o700
    assert memory.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(memory) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


# -- edits at random --------------------------------------------------------------------------------------------------


@given(st.integers(0, 10**9))
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_after_every_step_of_any_edits_it_is_as_if_read_for_the_first_time(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("edits")
    for _ in edits(seed, folder, 5):
        assert_as_new(read(folder, folder.parent / f"{folder.name}.sqlite3"), folder)
