"""Loading a folder that people go on working in: what is gone is forgotten, what moved is followed, nothing is lost."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from api.loading import Loaded, preview_all, read_notes, sample_notes, store_all
from api.syncing import Forgetting, Step, plan
from graph.interchange import dumps
from graph.model import KnowledgeGraph, Source
from graph.sqlite_store import SqliteStore
from graph.store import GraphStore, open_store
from loaders.sources import Folder, find_folders
from tests.command_line import noteatlas

NOTES = {
    "attention.md": "# Attention\n\n- **GQA** generalizes MQA.\n- **MHA** extends self-attention.\n",
    "optimizers.md": "# Optimizers\n\nAdam = Momentum + RMSprop.\n\n- **AdamW** extends Adam.\n",
    "trees.md": "# Trees\n\n- **XGBoost** extends GBDT.\n- **LightGBM** extends GBDT.\n",
    "deep/norms.md": "# Norms\n\n- **RMSNorm** is a simplification of LayerNorm.\n",
}


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    write(folder, NOTES)
    return folder


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


async def load(store: GraphStore, folder: Path, forgetting: Forgetting = Forgetting.CAREFUL) -> Loaded:
    """Load, and see that the preview said the same."""
    extraction = read_notes([folder])
    foreseen = await preview_all(store, extraction, folders=[folder], forgetting=forgetting)
    loaded = await store_all(store, extraction, folders=[folder], forgetting=forgetting)
    assert loaded == foreseen
    return loaded


async def clean(folder: Path, place: Path) -> bytes:
    """What an empty store says once the folder is loaded into it."""
    async with SqliteStore(str(place)) as store:
        await store_all(store, read_notes([folder]))
        return dumps(await store.graph())


# -- what is decided ------------------------------------------------------------------------------------------------


def graph_of(path: str, sha256: str) -> KnowledgeGraph:
    return KnowledgeGraph.of((), sources=[Source(path, "markdown", path, sha256)])


def held(**digests: str) -> list[Source]:
    return [Source(f"n/{path}", "markdown", path, sha256) for path, sha256 in digests.items()]


def test_of_equal_files_the_first_gone_becomes_the_first_new() -> None:
    graphs = {f"n/{path}": graph_of(f"n/{path}", "same") for path in ("x", "y", "z")}
    found = plan(graphs, [Folder("n", (), ("n/a", "n/b"))], held(a="same", b="same"))
    assert [(step.path, step.was) for step in found.steps] == [("n/x", "n/a"), ("n/y", "n/b"), ("n/z", None)]
    assert list(found.steps[0].graphs) == ["n/a", "n/x"]


def test_a_copy_is_no_new_name_of_what_is_still_there() -> None:
    graphs = {path: graph_of(path, "same") for path in ("n/a", "n/copy")}
    found = plan(graphs, [Folder("n", ("n/a",), ())], held(a="same"))
    assert [step.was for step in found.steps] == [None, None]


def test_forgetting_is_careful_unless_told_otherwise() -> None:
    """One of three may go; two of three may be another folder's."""
    known = held(a="1", b="2", c="3")
    few, many = Folder("n", ("n/a", "n/b"), ("n/c",)), Folder("n", ("n/a",), ("n/b", "n/c"))
    one = {"n/a": graph_of("n/a", "1")}
    assert plan(one, [few], known).steps[1:] == (Step("n/c", None),)
    refused = plan(one, [many], known)
    assert len(refused.steps) == 1
    assert [(k.folder, k.gone, k.held) for k in refused.kept] == [("n", 2, 3)]
    assert "--forget" in refused.kept[0].reason
    assert len(plan(one, [many], known, forgetting=Forgetting.ALWAYS).steps) == 3
    silent = plan(one, [few], known, forgetting=Forgetting.NEVER)
    assert (len(silent.steps), silent.kept) == (1, ())


def test_renamed_files_count_as_there() -> None:
    """A folder whose files all have new names is the same folder."""
    graphs = {f"n/new-{path}": graph_of(f"n/new-{path}", path) for path in "ab"}
    found = plan(graphs, [Folder("n", (), ("n/a", "n/b", "n/c"))], held(a="a", b="b", c="c"))
    assert [(step.path, step.was) for step in found.steps] == [("n/new-a", "n/a"), ("n/new-b", "n/b"), ("n/c", None)]


def test_nothing_is_forgotten_of_a_folder_that_cannot_be_looked_into() -> None:
    found = plan({"n/a": graph_of("n/a", "1")}, [Folder("n", ("n/a",), ("n/b",), "/n/secret")], held(a="1", b="2"))
    assert (len(found.steps), len(found.kept)) == (1, 1)
    assert "/n/secret cannot be opened" in found.kept[0].reason


def test_folders_of_one_name_are_one(tmp_path: Path) -> None:
    """And a name that only begins alike is another's."""
    for place in ("one/notes", "two/notes"):
        write(tmp_path / place, {f"{place[:3]}.md": "# A\n"})
    sources = ["notes/one.md", "notes/two.md", "notes/gone.md", "notes2/x.md", "import:notes"]
    (found,) = find_folders([tmp_path / "one" / "notes", tmp_path / "two" / "notes", tmp_path / "none.md"], sources)
    assert found == Folder("notes", ("notes/one.md", "notes/two.md"), ("notes/gone.md",))


# -- what comes of it -----------------------------------------------------------------------------------------------


async def test_a_deleted_file_takes_with_it_what_it_alone_said(notes: Path, tmp_path: Path) -> None:
    async with SqliteStore(str(tmp_path / "store")) as store:
        await load(store, notes)
        (notes / "trees.md").unlink()
        loaded = await load(store, notes)
        gone = loaded.outcomes[-1]
        assert (gone.path, gone.forgotten, gone.changes.relations_removed > 0) == ("notes/trees.md", True, True)
        assert not any(outcome.changes for outcome in loaded.outcomes[:-1])
        assert dumps(await store.graph()) == await clean(notes, tmp_path / "clean")


async def test_a_renamed_file_loses_nothing_and_is_called_so(notes: Path, tmp_path: Path) -> None:
    async with SqliteStore(str(tmp_path / "store")) as store:
        await load(store, notes)
        before = await store.stats()
        (notes / "trees.md").rename(notes / "deep" / "trees.md")
        loaded = await load(store, notes)
        assert [(o.path, o.was) for o in loaded.outcomes if o.was] == [("notes/deep/trees.md", "notes/trees.md")]
        assert not loaded.total.concepts_removed
        assert not loaded.total.relations_removed
        assert await store.stats() == before
        assert dumps(await store.graph()) == await clean(notes, tmp_path / "clean")


async def test_what_is_gone_can_be_kept(notes: Path, tmp_path: Path) -> None:
    async with SqliteStore(str(tmp_path / "store")) as store:
        await load(store, notes)
        before = await store.graph()
        (notes / "trees.md").unlink()
        await load(store, notes, Forgetting.NEVER)
        assert await store.graph() == before


async def test_another_folder_of_the_same_name_takes_nothing_away(notes: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "notes"
    write(other, {"pasta.md": "# Pasta\n\n- **Carbonara** uses eggs.\n"})
    async with SqliteStore(str(tmp_path / "store")) as store:
        await load(store, notes)
        loaded = await load(store, other)
        assert [kept.gone for kept in loaded.kept] == [4]
        assert len(await store.sources()) == 5


async def test_a_file_alone_and_an_unreadable_one_forget_nothing(notes: Path, tmp_path: Path) -> None:
    async with SqliteStore(str(tmp_path / "store")) as store:
        await load(store, notes)
        await load(store, notes / "trees.md")
        assert len(await store.sources()) == 4
        (notes / "trees.md").write_bytes(b"\0\1\2" * 1000)
        loaded = await load(store, notes)
        assert len(loaded.failures) == 1
        assert len(await store.sources()) == 4


def insert(choose: random.Random, folder: Path) -> None:
    text = choose.choice(list(NOTES.values()))
    write(folder, {f"new-{choose.randrange(10)}.md": text + f"\n- **Gadget {choose.randrange(9)}** uses GQA.\n"})


def delete(choose: random.Random, folder: Path) -> None:
    files = sorted(folder.rglob("*.md"))
    if len(files) > 2:
        choose.choice(files).unlink()


def rename(choose: random.Random, folder: Path) -> None:
    file = choose.choice(sorted(folder.rglob("*.md")))
    file.rename(file.with_name(f"moved-{choose.randrange(1000)}.md"))


def reorder(choose: random.Random, folder: Path) -> None:
    file = choose.choice(sorted(folder.rglob("*.md")))
    blocks = file.read_text(encoding="utf-8").split("\n\n")
    choose.shuffle(blocks)
    file.write_text("\n\n".join(blocks), encoding="utf-8")


def join(choose: random.Random, folder: Path) -> None:
    files = sorted(folder.rglob("*.md"))
    if len(files) > 3:
        one, other = choose.sample(files, 2)
        one.write_text(one.read_text(encoding="utf-8") + "\n" + other.read_text(encoding="utf-8"), encoding="utf-8")
        other.unlink()


def recode(choose: random.Random, folder: Path) -> None:
    file = choose.choice(sorted(folder.rglob("*.md")))
    file.write_bytes(file.read_text(encoding="utf-8").encode("utf-16"))
    file.write_text(file.read_text(encoding="utf-16"), encoding=choose.choice(["utf-8", "utf-8-sig"]))


EDITS: list[Callable[[random.Random, Path], None]] = [insert, delete, rename, reorder, join, recode]


async def test_after_every_edit_the_store_is_that_of_a_clean_load(notes: Path, tmp_path: Path) -> None:
    choose = random.Random(1)
    async with SqliteStore(str(tmp_path / "store")) as store:
        await load(store, notes)
        for number in range(8):
            choose.choice(EDITS)(choose, notes)
            await load(store, notes, Forgetting.ALWAYS)
            assert dumps(await store.graph()) == await clean(notes, tmp_path / f"clean-{number}")


@pytest.mark.neo4j
async def test_both_stores_follow_alike(notes: Path, tmp_path: Path, empty_neo4j_url: str) -> None:
    async with open_store(empty_neo4j_url) as server, SqliteStore(str(tmp_path / "store")) as embedded:
        for change in (lambda: None, (notes / "trees.md").unlink, lambda: shutil.move(notes / "deep", notes / "low")):
            change()
            assert await load(server, notes) == await load(embedded, notes)
            assert dumps(await server.graph()) == dumps(await embedded.graph())


# -- the command ----------------------------------------------------------------------------------------------------


def test_a_dry_run_tells_what_a_load_would_do_and_makes_nothing(notes: Path, tmp_path: Path) -> None:
    foreseen = noteatlas("load", "notes", "--dry-run", cwd=tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["notes"]
    assert noteatlas("load", "notes", cwd=tmp_path).text == foreseen.text
    (notes / "trees.md").rename(notes / "forest.md")
    (notes / "optimizers.md").unlink()
    text = noteatlas("load", "notes", "--dry-run", cwd=tmp_path).text
    assert "notes/forest.md (was notes/trees.md): " in text
    assert "notes/optimizers.md (forgotten): -" in text
    rows = noteatlas("load", "notes", "--json", cwd=tmp_path).json
    assert [row["path"] for row in rows["sources"] if row["forgotten"]] == ["notes/optimizers.md"]
    assert [row["was"] for row in rows["sources"] if row["was"]] == ["notes/trees.md"]
    assert sum(row["changes"]["relations_removed"] for row in rows["sources"]) == rows["total"]["relations_removed"] > 0


def test_what_is_kept_is_said_once_and_can_be_forgotten(notes: Path, tmp_path: Path) -> None:
    noteatlas("load", "notes", cwd=tmp_path)
    shutil.rmtree(notes)
    write(notes, {"other.md": "# Other\n\n- **GQA** generalizes MQA.\n"})
    careful = noteatlas("load", "notes", cwd=tmp_path)
    assert careful.status == 0
    assert careful.stderr.startswith("noteatlas: notes/: 4 of the 4 files that the store has of it are gone, and kept")
    forgot = noteatlas("load", "notes", "--forget", "--json", cwd=tmp_path)
    assert (len(forgot.json["sources"]), forgot.json["kept"], forgot.stderr) == (5, [], "")


def test_keeping_and_forgetting_at_once_is_refused(notes: Path, tmp_path: Path) -> None:
    refused = noteatlas("load", "notes", "--keep", "--forget", cwd=tmp_path)
    assert refused.status == 2
    assert "--keep or --forget, not both" in refused.stderr


def test_the_sample_notes_are_one_folder() -> None:
    (found,) = find_folders([sample_notes()], ["notes/none.md"])
    assert (found.name, found.gone) == (sample_notes().name, ("notes/none.md",))
