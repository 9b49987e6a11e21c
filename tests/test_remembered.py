"""`noteatlas load` remembers what it read: where, for whom, for how long; and what it does where it cannot."""

import asyncio
import os
import resource
import shutil
import signal
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.loading import Loaded, preview_all, read_notes, sample_notes, store_all
from api.remembered import NoMemory, open_memory, rules_digest
from graph.changes import Changes
from graph.store import open_store
from tests.command_line import noteatlas
from tests.random_edits import script


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    for name in ("en/attention.md", "zh/optimizers.md"):
        shutil.copy(sample_notes() / name, folder)
    return folder


def change(file: Path) -> None:
    file.write_text(file.read_text(encoding="utf-8") + "\nMQA uses Adam.\n", encoding="utf-8")


def test_the_command_reads_only_what_changed_and_says_the_same(notes: Path, tmp_path: Path) -> None:
    """What is loaded with a memory is what is loaded without one, into another store, too."""
    cache = {"NOTEATLAS_CACHE": str(tmp_path / "cache")}
    first = noteatlas("load", notes, "--json", cwd=tmp_path, env=cache).json
    again = noteatlas("load", notes, "--json", cwd=tmp_path, env=cache).json
    assert [row["path"] for row in again["sources"]] == [row["path"] for row in first["sources"]]
    assert not any(again["total"].values())
    change(notes / "attention.md")
    before = noteatlas("load", notes, "--dry-run", "--json", cwd=tmp_path, env=cache).json
    after = noteatlas("load", notes, "--json", cwd=tmp_path, env=cache).json
    assert before == after
    assert any(after["total"].values())
    noteatlas("load", notes, "--store", "second", cwd=tmp_path, env=cache)
    noteatlas("load", notes, "--store", "third", "--fresh", cwd=tmp_path, env=cache)
    exports = [noteatlas("export", "--store", s, cwd=tmp_path).stdout for s in (".noteatlas", "second", "third")]
    assert exports[0] == exports[1] == exports[2]
    assert len(list((tmp_path / "cache").glob("*.sqlite3"))) == 1


def test_fresh_reads_and_remembers_nothing(notes: Path, tmp_path: Path) -> None:
    noteatlas("load", notes, "--fresh", cwd=tmp_path, env={"NOTEATLAS_CACHE": str(tmp_path / "cache")})
    assert not (tmp_path / "cache").exists()


def test_where_nothing_can_be_remembered_one_line_says_so_and_the_load_is_whole(notes: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("no folder")
    done = noteatlas("load", notes, cwd=tmp_path, env={"NOTEATLAS_CACHE": str(tmp_path / "cache")})
    assert done.status == 0
    (line,) = done.stderr.splitlines()
    assert line == (
        "noteatlas: what is read cannot be remembered, the next load reads all of it again: "
        f"{tmp_path / 'cache'}: File exists"
    )
    assert b"2 sources: +" in done.stdout


async def test_only_the_rows_of_what_changed_are_written(notes: Path, tmp_path: Path) -> None:
    """An unchanged source is not even given to the store; forgetting and following hold as without a memory."""

    async def load(*, preview: bool = False) -> tuple[Loaded, int]:
        with open_memory(tmp_path / "cache", [notes], []) as memory:
            extraction = read_notes([notes], memory=memory)
            async with open_store(str(tmp_path / "store")) as store:
                before = store.statements
                if preview:
                    return await preview_all(store, extraction, folders=[notes]), 0
                loaded = await store_all(store, extraction, folders=[notes])
                return loaded, store.statements - before

    await load()
    same, statements = await load()
    assert [(row.path, row.changes) for row in same.outcomes] == [
        ("notes/attention.md", Changes()),
        ("notes/optimizers.md", Changes()),
    ]
    assert statements <= 6
    change(notes / "attention.md")
    (notes / "optimizers.md").rename(notes / "zz.md")
    expected, _ = await load(preview=True)
    loaded, _ = await load()
    assert loaded == expected
    assert [(row.path, row.was) for row in loaded.outcomes] == [
        ("notes/attention.md", None),
        ("notes/zz.md", "notes/optimizers.md"),
    ]
    (notes / "zz.md").unlink()
    loaded, _ = await load()
    assert [(row.path, row.forgotten) for row in loaded.outcomes] == [
        ("notes/attention.md", False),
        ("notes/zz.md", True),
    ]


def test_each_lexicon_and_set_of_folders_has_its_memory_and_old_ones_go(notes: Path, tmp_path: Path) -> None:
    cache, own = tmp_path / "cache", tmp_path / "own.yaml"
    own.write_text("concepts: []\n", encoding="utf-8")
    for paths, lexicon, shipped in (
        ([notes], [], True),
        ([notes], [], False),
        ([notes], [own], True),
        ([notes / "attention.md"], [], True),
    ):
        with open_memory(cache, paths, lexicon, shipped=shipped):
            pass
    files = sorted(cache.glob("*.sqlite3"))
    assert len(files) == 4
    os.utime(files[0], (time.time() - 200 * 24 * 3600,) * 2)
    with open_memory(cache, [tmp_path], []):
        pass
    assert not files[0].exists()
    assert all(file.exists() for file in files[1:])


def test_another_word_in_a_lexicon_is_another_rule(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("concepts: []\n", encoding="utf-8")
    one = rules_digest([own])
    assert one == rules_digest([own]) != rules_digest([])
    own.write_text("concepts: []\n# more\n", encoding="utf-8")
    assert rules_digest([own]) != one == one
    assert rules_digest([tmp_path]) != one


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NoMemory, match="file: "), open_memory(tmp_path / "file", [tmp_path], []):
        pass


def test_where_the_disk_has_no_room_for_it_the_load_is_whole_and_says_so(notes: Path, tmp_path: Path) -> None:
    """The memory of these notes takes more than the limit, what the store writes of them less."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

    cache = {"NOTEATLAS_CACHE": str(tmp_path / "cache")}
    (notes / "attention.md").unlink()
    (notes / "optimizers.md").write_text("# MQA\n\nMQA extends attention.\n" + "Words of no use. " * 9_000, "utf-8")
    noteatlas("load", notes / "optimizers.md", cwd=tmp_path, env=cache)
    done = noteatlas("load", notes, "--dry-run", cwd=tmp_path, env=cache, before=limit)
    assert done.status == 0
    (line,) = done.stderr.splitlines()
    assert line.startswith("noteatlas: what was read could not be remembered, the next load reads it again: ")
    assert b"1 source: " in done.stdout
    assert noteatlas("load", notes, cwd=tmp_path, env=cache).status == 0


@given(st.integers(0, 10**9))
@settings(max_examples=2, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_after_every_step_of_any_edits_a_store_is_as_loaded_for_the_first_time(seed: int) -> None:
    """With decisions as well, some of which are taken back: what readers see, what the notes say, what applies."""

    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with open_store(folder) as store:
                for decide in (False, True):
                    assert await script(store, seed, 3, decide=decide) == (4, [])

    asyncio.run(run())
