"""What a store keeps, by the command line: its history, what differs between revisions, backups and their return."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from api.cli_output_keeping import Writes, difference_text, grouped, history_text
from api.keeping import backup, restore
from graph.changes import Changes
from graph.errors import IncompatibleStore, InputError, StoreUnavailable
from graph.history import Difference, Revision
from graph.interchange import dumps
from graph.model import Concept, Relation, RelationType
from graph.store import open_store
from tests.command_line import Run, noteatlas
from tests.samples import attention_graph, boosting_graph
from tests.store_contract import A, B, fill

NOTES = "# Attention\n\n- **GQA** generalizes MQA.\n"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with notes that were loaded twice into its store, changed in between, and a backup of each time."""
    folder = tmp_path_factory.mktemp("kept")
    (folder / "notes").mkdir()
    (folder / "notes" / "a.md").write_text(NOTES, encoding="utf-8")
    (folder / "notes" / "b.md").write_text("Adam = Momentum + RMSprop.\n", encoding="utf-8")
    assert noteatlas("load", "notes", cwd=folder).status == 0
    assert noteatlas("backup", "first.backup", cwd=folder).text.startswith("first.backup: 2 sources, ")
    (folder / "notes" / "a.md").write_text(NOTES + "- **MHA** extends self-attention.\n", encoding="utf-8")
    assert noteatlas("load", "notes", cwd=folder).status == 0
    return folder


def run(folder: Path, *arguments: str) -> Run:
    return noteatlas(*arguments, cwd=folder)


def test_each_load_is_a_row_of_the_history(loaded: Path) -> None:
    """However many files it wrote; the numbers are those that `diff` takes."""
    later, first = run(loaded, "history", "--json").json
    assert (first["since"], first["revision"], later["since"], later["revision"]) == (0, 1, 1, 2)
    assert first["cause"].startswith("load ")
    assert first["cause"] != later["cause"]
    assert later["changes"]["relations_added"] >= 1
    lines = run(loaded, "history").text.splitlines()
    assert [line.split()[0] for line in lines] == ["2", "1"]
    assert first["at"] in lines[1]
    assert len(run(loaded, "history", "--first", "1").text.splitlines()) == 1


def test_two_revisions_are_compared(loaded: Path) -> None:
    """What came, with its sentence; the other way round it goes; and a number that is none is told."""
    forth, back = run(loaded, "diff", "1", "--json").json, run(loaded, "diff", "2", "1", "--json").json
    assert ("multi-head-attention", "EXTENDS", "self-attention") in {
        (e["source"], e["type"], e["target"]) for e in forth["relations"]["added"]
    }
    assert forth["relations"]["added"] == back["relations"]["removed"]
    assert forth["concepts"]["added"] == back["concepts"]["removed"]
    text = run(loaded, "diff", "1").text
    assert "+ Multi-Head Attention extends Self-Attention · “" in text
    assert "” (notes/a.md:4)" in text
    assert run(loaded, "diff", "2").text == "Nothing differs.\n"
    failed = run(loaded, "diff", "1", "99")
    assert (failed.status, "from 0 to 2" in failed.complaint) == (1, True)


def test_a_backup_comes_back_into_any_store(loaded: Path) -> None:
    """Into a new one it is all there, the history too; over a later state it is one more revision."""
    assert run(loaded, "restore", "first.backup", "--store", "new").status == 0
    assert [row["revision"] for row in run(loaded, "history", "--store", "new", "--json").json] == [1]
    assert run(loaded, "backup", "second.backup").status == 0
    assert run(loaded, "restore", "second.backup", "--store", "new").status == 0
    assert run(loaded, "export", "--store", "new").stdout == run(loaded, "export").stdout
    latest = run(loaded, "history", "--store", "new", "--json").json[0]
    assert (latest["revision"], latest["cause"]) == (2, "restore second.backup")
    assert run(loaded, "export", "--store", "second.backup").stdout == run(loaded, "export").stdout


def test_rows_of_the_history_are_told_in_words() -> None:
    """Writes of one cause are one row; those without stay alone; an empty history says so."""
    one = Changes(concepts_added=1)
    rows = grouped(
        [Revision(4, 9.0, "", one), Revision(3, 8.0, "", one), Revision(2, 7.0, "x", one), Revision(1, 6.0, "x")]
    )
    assert rows[-1] == Writes(1, 2, 7.0, "x", one)
    assert history_text(rows).splitlines() == [
        "  4  1970-01-01T00:00:09Z  a write: +1 concepts",
        "  3  1970-01-01T00:00:08Z  a write: +1 concepts",
        "1-2  1970-01-01T00:00:07Z  x: +1 concepts",
    ]
    assert history_text([]) == "Nothing was written since this store keeps a history."


def test_what_changed_is_told_by_its_fields() -> None:
    """Of a concept and of a relation; a relation without a sentence tells its origin; a name is one line."""
    one, other = Concept("a", "A\n1"), Concept("a", "A\n1", ("x",), definition="d")
    link = Relation("a", RelationType.USES, "b")
    text = difference_text(
        Difference(((one, other),), ((None, link), (link, Relation(*link.key, confidence=0.5)))), {"b": "B"}
    )
    assert text.splitlines() == [
        "~ A 1 · other · a: aliases, definition",
        f"+ A 1 uses B · {link.origin}",
        "~ A 1 uses B: confidence",
    ]


# -- backups --------------------------------------------------------------------------------------------------------


async def test_a_backup_is_of_one_moment_while_others_write_and_read(tmp_path: Path) -> None:
    """Ten backups during a hundred writes are each what the store held once; so is what readers of a restore see."""
    async with open_store(str(tmp_path / "store")) as store, open_store(str(tmp_path / "other")) as other:
        await fill(store)
        full, seen = dumps(await store.graph()), set()
        await store.remove([A])
        half = dumps(await store.graph())

        async def write() -> None:
            for _ in range(50):
                await store.upsert(A, attention_graph())
                await store.remove([A])

        async def watch(done: asyncio.Event) -> None:
            while not done.is_set():
                seen.add(dumps(await other.graph()))

        writing, done = asyncio.create_task(write()), asyncio.Event()
        await other.upsert(B, boosting_graph())
        watching = asyncio.create_task(watch(done))
        for number in range(10):
            file = tmp_path / f"{number}.backup"
            await backup(store, file)
            await restore(other, file)
            assert dumps(await other.graph()) in {full, half}
        await writing
        done.set()
        await watching
        assert seen <= {full, half}


async def test_only_a_backup_is_written_over(tmp_path: Path) -> None:
    """Notes given by mistake stay; an older backup keeps its mode, and nothing is left beside it."""
    notes = tmp_path / "notes.md"
    notes.write_text(NOTES)
    async with open_store(str(tmp_path / "store")) as store:
        await fill(store)
        with pytest.raises(IncompatibleStore, match="not a SQLite database"):
            await backup(store, notes)
        assert notes.read_text() == NOTES
        with pytest.raises(InputError, match=r"cannot write .*name another file"):
            await backup(store, tmp_path / "no" / "where")
        file = tmp_path / "b"
        await backup(store, file)
        file.chmod(0o600)
        await store.remove([A])
        await backup(store, file)
        assert file.stat().st_mode & 0o777 == 0o600
    assert names_in(tmp_path) == ["b", "notes.md", "store"]


async def test_what_is_no_backup_changes_nothing(tmp_path: Path) -> None:
    """Not an empty file, nor one of another program, a newer version or a damaged one; none is touched."""
    async with open_store(str(tmp_path / "store")) as store:
        graph = await fill(store)
        await backup(store, tmp_path / "good")
        cases: dict[str, tuple[bytes, type[Exception], str]] = {
            "empty": (b"", IncompatibleStore, "is empty"),
            "text": (b"# notes" * 999, IncompatibleStore, "not a SQLite database"),
            "damaged": (damaged((tmp_path / "good").read_bytes()), StoreUnavailable, "damaged"),
            "newer": (newer(tmp_path / "good"), IncompatibleStore, "newer version"),
        }
        for name, (content, kind, words) in cases.items():
            (tmp_path / name).write_bytes(content)
            with pytest.raises(kind, match=words):
                await restore(store, tmp_path / name)
            assert (tmp_path / name).read_bytes() == content
        with pytest.raises(StoreUnavailable, match="no file"):
            await restore(store, tmp_path / "nowhere")
        assert await store.graph() == graph


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def damaged(content: bytes) -> bytes:
    """A file of which all pages but the first are noise."""
    return content[:4096] + bytes(255 - byte for byte in content[4096:])


def newer(file: Path) -> bytes:
    copy = file.with_name("copy")
    copy.write_bytes(file.read_bytes())
    db = sqlite3.connect(copy)
    db.execute("PRAGMA user_version = 99")
    db.close()
    content = copy.read_bytes()
    copy.unlink()
    return content
