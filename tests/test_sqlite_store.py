"""The SQLite store: the contract, and what is its own: files, locks, damage, and sudden death."""

import asyncio
import gc
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from graph.errors import IncompatibleStore, InvalidStoreUrl, StoreBusy, StoreUnavailable
from graph.listing import ConceptOrder, Facet, OrderBy, Position
from graph.loads import Load
from graph.model import Concept, Evidence, KnowledgeGraph, Relation, RelationType
from graph.sqlite_file import Connection
from graph.sqlite_store import SqliteStore
from graph.store import GraphStore, open_store
from tests.keeping_contract import KeepingContract
from tests.killing import assert_whole, kill_while_loading, moments
from tests.listing_contract import ListingContract, measured
from tests.samples import attention_graph, boosting_graph
from tests.search_contract import SearchContract
from tests.store_contract import StoreContract, check_writes, fill, writes


def content(folder: Path) -> dict[str, bytes]:
    """The files of a store but for the shared memory that its connections talk through."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith("-shm")}


LACKING = {
    7: "DELETE FROM concept_grams;",  # had no lengths
    6: "DROP TABLE original; DROP TABLE decision; DROP TABLE history;",
    5: "DROP INDEX concept_by_importance; ALTER TABLE concept DROP COLUMN by_importance;"
    "DROP INDEX concept_by_degree; ALTER TABLE concept DROP COLUMN by_degree;"
    "DROP INDEX concept_by_depth; ALTER TABLE concept DROP COLUMN by_depth;"
    "DROP INDEX concept_by_document; DROP INDEX passage_by_source; ALTER TABLE relation DROP COLUMN origin;",
    4: "DROP TABLE load;",
    3: "DROP TABLE concept_grams;",
    2: "DROP TABLE passage_search;",
    1: "DROP TABLE revision;",
}
"""By version: how to take away what files of it did not have and those of the next version had."""


def make_old(file: Path, version: int) -> None:
    """Make a file of today one of an older version."""
    db = sqlite3.connect(file)
    taken = "".join(script for of, script in LACKING.items() if of >= version)
    db.executescript(f"{taken} PRAGMA user_version = {version}")
    db.close()


class TestSqliteSearch(SearchContract):
    @pytest.fixture
    def store_url(self, tmp_path: Path) -> str:
        return str(tmp_path)


class TestSqliteStore(StoreContract, KeepingContract, ListingContract):
    @pytest.fixture
    def store_url(self, tmp_path: Path) -> str:
        return str(tmp_path)

    @settings(
        max_examples=150,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(writes=writes)
    async def test_many_more_writes(self, store: GraphStore, writes: list[tuple[str, KnowledgeGraph | None]]) -> None:
        """The contract's first property, more often than a server has time for."""
        await check_writes(store, writes)


# -- where the file is ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("location", "file"),
    [
        ("folder", "folder/noteatlas.sqlite3"),
        ("new/folders/below", "new/folders/below/noteatlas.sqlite3"),
        ("mine.db", "mine.db"),
        ("new/mine.SQLite3", "new/mine.SQLite3"),
        ("with.dots", "with.dots/noteatlas.sqlite3"),
        ("a ?# %41 ' 笔记", "a ?# %41 ' 笔记/noteatlas.sqlite3"),
    ],
)
async def test_a_path_is_a_folder_or_a_file(tmp_path: Path, location: str, file: str) -> None:
    """Folders are made as needed; `sqlite:` in front changes nothing."""
    (tmp_path / "folder").mkdir()
    for url in (f"{tmp_path}/{location}", f"sqlite:{tmp_path}/{location}"):
        async with open_store(url) as store:
            await store.upsert("a.md", attention_graph())
    assert (tmp_path / file).is_file()


async def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    """As when a program was killed before it had written anything."""
    (tmp_path / "empty").touch()
    async with open_store(f"{tmp_path}/empty") as store:
        assert await store.count() == 0


@pytest.mark.parametrize("url", ["", "  ", "sqlite:", "http://x/y", "postgres://u:geheim@h/d", "sqlite://x", "://x"])
def test_other_urls_are_refused(url: str) -> None:
    """With a line that says what to use instead, and without what may be a password."""
    with pytest.raises(InvalidStoreUrl, match=r"use a folder, a file, neo4j://") as caught:
        open_store(url)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("location", ["{tmp}/file/below", "/proc/none/below", "/dev/null", "{tmp}/nul\0byte"])
async def test_a_place_that_cannot_be_is_unavailable(tmp_path: Path, location: str) -> None:
    """One sentence, not a traceback of sqlite3 or the operating system."""
    (tmp_path / "file").write_text("a file, not a folder")
    with pytest.raises(StoreUnavailable, match="choose another"):
        async with open_store(location.format(tmp=tmp_path)):
            pass


# -- files that are not ours ------------------------------------------------------------------------------------------


async def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    """Notes given as the store by mistake are not overwritten."""
    notes = tmp_path / "notes.md"
    notes.write_text("# Notes\n" * 200)
    with pytest.raises(IncompatibleStore, match="not a SQLite database"):
        async with open_store(str(notes)):
            pass
    assert notes.read_text() == "# Notes\n" * 200


async def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    """Not one byte of it changes, and no log appears beside it."""
    file = tmp_path / "other.db"
    db = sqlite3.connect(file)
    db.execute("CREATE TABLE concept (id TEXT)")
    db.commit()
    db.close()
    before = file.read_bytes()
    with pytest.raises(IncompatibleStore, match="another program"):
        async with open_store(str(file)):
            pass
    assert file.read_bytes() == before
    assert content(tmp_path).keys() == {"other.db"}


async def test_a_newer_version_is_refused(tmp_path: Path) -> None:
    """It says which versions, and to upgrade."""
    async with open_store(str(tmp_path)) as store:
        await store.upsert("a.md", attention_graph())
    db = sqlite3.connect(tmp_path / "noteatlas.sqlite3")
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(IncompatibleStore, match=r"newer version.*99.*upgrade"):
        async with open_store(str(tmp_path)):
            pass


@pytest.mark.parametrize("version", LACKING)
async def test_a_file_of_an_older_version_is_brought_up_to_date(tmp_path: Path, version: int) -> None:
    """Opened by six at once: nothing is lost, every question is answered, and it is of the new version."""
    async with open_store(str(tmp_path)) as store:
        graph = await fill(store)
    make_old(tmp_path / "noteatlas.sqlite3", version)
    stores = [open_store(str(tmp_path)) for _ in range(6)]
    await asyncio.gather(*(store.__aenter__() for store in stores))
    try:
        assert len({await store.revision() for store in stores}) == 1
        assert await stores[0].graph() == graph
        assert [hit.passage.line for hit in await stores[2].search_passages("attention", first=9)] == [7]
        assert [hit.concept.id for hit in await stores[2].search("momentun", first=9)] == ["momentum"]
        await stores[3].record_load(Load("one"))
        assert [load.id for load in await stores[4].loads()] == ["one"]
        assert await stores[3].measures([c.id for c in graph.concepts]) == measured(graph)
        assert await stores[4].facet(Facet.ORIGIN) != {}
        before = await stores[0].revision()
        await stores[1].replace({"attention.md": None}, decisions=["one"], cause="forgotten")
        assert await stores[0].revision() != before
        (latest,) = await stores[0].history(first=1)
        assert (latest.number, latest.cause) == (1 if version <= 6 else 3, "forgotten")
        assert await stores[2].decisions() == ["one"]
    finally:
        for store in stores:
            await store.__aexit__()


async def test_a_damaged_file_is_reported(tmp_path: Path) -> None:
    """A store whose pages were overwritten raises StoreUnavailable, not sqlite3's error."""
    async with open_store(str(tmp_path)) as store:
        await fill(store)
    file = tmp_path / "noteatlas.sqlite3"
    data = bytearray(file.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    file.write_bytes(data)
    with pytest.raises(StoreUnavailable, match="damaged"):
        async with open_store(str(tmp_path)) as store:
            await store.graph()


# -- several processes ------------------------------------------------------------------------------------------------


async def test_a_store_that_another_process_writes_to_is_busy(tmp_path: Path) -> None:
    """A write gives up after the wait; reads, and writes that change nothing, do not even wait."""
    async with SqliteStore(str(tmp_path), busy_timeout_s=0.2) as store:
        await store.upsert("a.md", attention_graph())
        other = sqlite3.connect(store.file, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreBusy, match="another process"):
                await store.upsert("b.md", boosting_graph())
            assert not await store.upsert("a.md", attention_graph())
            assert await store.graph() == attention_graph()
        finally:
            other.close()
        assert await store.upsert("b.md", boosting_graph())


async def test_the_same_graph_again_writes_nothing(tmp_path: Path) -> None:
    """Neither the file nor its log changes."""
    async with SqliteStore(str(tmp_path)) as store:
        await fill(store)
        before = content(tmp_path)
        await fill(store)
        assert content(tmp_path) == before


async def test_a_whole_graph_comes_back_as_it_went_in(tmp_path: Path) -> None:
    """Whatever is in it: numbers that few readers of JSON keep, text that looks like a key, sentences often used."""
    said = (Evidence("a.md", 1, 'he wrote {"extra": 1} "extra":', "rule"),)
    odd = {"deep": {"extra": [1.0, -0.0, 2**63]}, "large": 2**70, "text": '"extra":'}
    names = ("é", "Z", "a", "中", "\U0001f600", "\uff5e")  # in an order that no collation but that of code points has
    whole = KnowledgeGraph.of(
        [Concept(name, name, extra=odd if name == "Z" else {}) for name in names],
        [
            Relation(a, type_, b, evidence=said, because=((b, type_, a),), extra=odd if a == "中" else {})
            for a in names
            for b in names
            for type_ in RelationType
        ],
    )
    async with SqliteStore(str(tmp_path)) as store:
        await store.upsert("a.md", whole)
        again = await store.graph()
    assert again == whole
    assert repr(again) == repr(whole)
    assert gc.isenabled()


async def test_several_processes_create_it_at_once(tmp_path: Path) -> None:
    """Six processes open a new store at the same moment, and all of them write to it."""
    program = (
        "import asyncio, sys\n"
        "from graph.model import Concept, KnowledgeGraph\n"
        "from graph.store import GraphStore, open_store\n"
        "async def main(path, name):\n"
        "    sys.stdin.read()\n"
        "    async with open_store(path) as store:\n"
        "        await store.upsert(name, KnowledgeGraph.of([Concept(name, name)]))\n"
        "asyncio.run(main(*sys.argv[1:]))\n"
    )
    started = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", program, str(tmp_path / "new"), f"n{number}"), stdin=subprocess.PIPE
        )
        for number in range(6)
    ]
    for process in started:
        assert process.stdin
        process.stdin.close()
    assert [await process.wait() for process in started] == [0] * 6
    async with open_store(str(tmp_path / "new")) as store:
        assert await store.count() == 6


# -- durability -------------------------------------------------------------------------------------------------------


async def test_it_is_durable_and_consistent(tmp_path: Path) -> None:
    """Write-ahead log, full synchronization, foreign keys; after many writes the file passes SQLite's own checks."""
    async with SqliteStore(str(tmp_path)) as store:
        await fill(store)
        await store.remove(["attention.md"])
        assert store._writer
        pragmas = [
            store._writer.rows(f"PRAGMA {name}")[0][0] for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
        assert pragmas == ["wal", 2, 1]
    assert content(tmp_path).keys() == {"noteatlas.sqlite3"}
    db = sqlite3.connect(store.file)
    try:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert db.execute("INSERT INTO concept_search (concept_search) VALUES ('integrity-check')").fetchall() == []
        assert db.execute("SELECT count(*) FROM concept_search").fetchall() == [(3,)]
    finally:
        db.close()


async def test_readers_cannot_write(tmp_path: Path) -> None:
    """A statement that writes fails on the connections that read."""
    async with SqliteStore(str(tmp_path)) as store:
        await fill(store)
        with pytest.raises(StoreUnavailable, match="cannot be written"):
            await store._read(lambda db: db.rows("DELETE FROM concept_search"))
        assert len(await store.search("注意力", first=10)) == 5


@pytest.mark.parametrize(("after_sources", "then_s"), moments(6, seed=5))
async def test_kill_9_leaves_whole_sources(tmp_path: Path, after_sources: int, then_s: float) -> None:
    """A loader killed at a random moment leaves every source whole, and a second load ends like a clean one."""
    reported = kill_while_loading(str(tmp_path), after_sources=after_sources, then_s=then_s)
    db = sqlite3.connect(tmp_path / "noteatlas.sqlite3")
    try:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        db.close()
    await assert_whole(str(tmp_path), reported)


async def test_a_full_disk_takes_nothing_away(tmp_path: Path) -> None:
    """A write that finds no room raises StoreUnavailable and leaves what was there; the store works on."""
    async with SqliteStore(str(tmp_path)) as store:
        graph = await fill(store)
        assert store._writer
        ((pages,),) = store._writer.rows("PRAGMA page_count")
        store._writer.rows(f"PRAGMA max_page_count = {pages + 5}")
        big = KnowledgeGraph.of(Concept(f"n{n}", f"name {n}", definition="text " * 99) for n in range(500))
        with pytest.raises(StoreUnavailable, match="disk is full"):
            await store.upsert("big.md", big)
        assert await store.graph() == graph
        store._writer.rows("PRAGMA max_page_count = 1000000")
        assert (await store.upsert("big.md", big)).concepts_added == 500


@pytest.mark.parametrize("by", OrderBy)
@pytest.mark.parametrize("reverse", [False, True])
async def test_a_page_is_sought_in_an_index_that_has_its_order(tmp_path: Path, by: OrderBy, reverse: bool) -> None:
    """By all of a place, so that neither what comes before it nor what is equal is passed over; nothing is sorted."""
    async with SqliteStore(str(tmp_path)) as store:
        await fill(store)
        sent: list[str] = []
        rows = Connection.rows

        def remember(self: Connection, sql: str, *values: object) -> list[tuple[object, ...]]:
            sent.append(sql)
            return rows(self, sql, *values)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Connection, "rows", remember)
            await store.concepts(first=5, after=Position(0, "m", "m"), order=ConceptOrder(by, reverse))
        with closing(sqlite3.connect(store.file)) as db:
            values = [0] * sent[-1].count("?")
            plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sent[-1]}", values)]
    beyond = "<" if reverse else ">"
    keys = 2 if by is OrderBy.NAME else 3
    assert len(plan) == 1
    assert re.fullmatch(
        rf"SEARCH c USING INDEX \w+ \(\((\w+,){{{keys - 1}}}id\){beyond}\((\?,?){{{keys}}}\)\)", plan[0]
    )
