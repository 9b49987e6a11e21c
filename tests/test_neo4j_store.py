"""The Neo4j store, against a real server: the contract, and what is its own: logins, time limits, locks, Cypher."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, closing
from typing import Any, Self
from urllib.parse import urlsplit

import neo4j
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph import passage_search
from graph.errors import (
    IncompatibleStore,
    InvalidStoreUrl,
    StoreAuthError,
    StoreBusy,
    StoreError,
    StoreUnavailable,
)
from graph.loads import Load
from graph.model import Concept, KnowledgeGraph, Passage, RelationType
from graph.neo4j_store import Neo4jStore
from graph.store import GraphStore, open_store
from tests.keeping_contract import KeepingContract
from tests.killing import assert_whole, kill_while_loading, moments
from tests.listing_contract import ListingContract, measured
from tests.neo4j_server import Server
from tests.samples import attention_graph, boosting_graph
from tests.search_contract import SearchContract
from tests.store_contract import HOSTILE, StoreContract, fill

pytestmark = pytest.mark.neo4j

LIMIT_S = 8.0  # for every error about a server that is not there or says no
LAST_TRANSACTION = "SHOW DATABASES YIELD name, lastCommittedTxn WHERE name = 'neo4j' RETURN lastCommittedTxn AS last"


@pytest.fixture
async def store(empty_neo4j_url: str) -> AsyncIterator[Neo4jStore]:
    async with Neo4jStore(empty_neo4j_url) as store:
        yield store


def make_old(server: Server) -> None:
    """Take away what databases of the first version did not have, and add what they had."""
    server.ask("MATCH (n:NoteAtlas {role: 'state'}) SET n.schema = 1, n.store = null")
    for what in ("(x:Concept)", "(:Concept)-[x]->(:Concept)"):
        server.ask(f"MATCH {what} WHERE x.rows IS NULL SET x.rows = [_ IN x.sources | x.data]")
    server.ask("MATCH (p:Passage) SET p.search_text = null")
    server.ask("MATCH (c:Concept) SET c.grams = '_ad', c.said_keys = null")
    server.ask("DROP INDEX passage_search IF EXISTS")
    server.ask("DROP INDEX concept_grams IF EXISTS")
    server.ask("DROP CONSTRAINT load_id IF EXISTS")
    server.ask("MATCH (c:Concept) SET c.by_importance = null, c.by_degree = null, c.by_depth = null")


class TestNeo4jSearch(SearchContract):
    @pytest.fixture
    def store_url(self, empty_neo4j_url: str) -> str:
        return empty_neo4j_url


class TestNeo4jStore(StoreContract, KeepingContract, ListingContract):
    @pytest.fixture
    def store_url(self, empty_neo4j_url: str) -> str:
        return empty_neo4j_url


async def test_stores_that_open_a_new_database_at_once_all_do(neo4j_server: Server) -> None:
    """Each makes the indexes that are missing, as does a load and those who watch it."""
    for _ in range(3):
        neo4j_server.wipe()
        neo4j_server.drop_schema()
        async with AsyncExitStack() as opened:
            stores = [open_store(neo4j_server.url) for _ in range(6)]
            await asyncio.gather(*map(opened.enter_async_context, stores))
            assert await stores[0].graph() == KnowledgeGraph()


# -- both stores agree ------------------------------------------------------------------------------------------------


@pytest.fixture
async def both(empty_neo4j_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[list[GraphStore]]:
    folder = str(tmp_path_factory.mktemp("sqlite"))
    async with open_store(empty_neo4j_url) as server, open_store(folder) as embedded:
        yield [server, embedded]


async def test_both_stores_give_the_same_answers(both: list[GraphStore]) -> None:
    """The same graphs in both: equal export, counts, topics, and hits for 注意力, 注意, MQA and gradient."""
    for store in both:
        await fill(store)
    server, embedded = both
    assert await server.graph() == await embedded.graph()
    assert await server.stats() == await embedded.stats()
    assert await server.topics() == await embedded.topics()
    for query in ("注意力", "注意", "MQA", "gradient"):
        hits = await server.search(query, first=20)
        assert hits
        assert hits == await embedded.search(query, first=20)


_WORDS = st.sampled_from(
    [
        "attention",
        "the",
        "it",
        "t",
        "BERT",
        "模型",
        "注意力",
        "注",
        "意",
        "力学",
        "x-1",
        "a.b",
        "it's",
        "C++",
        "é",
        "カナ",
    ]
)
_PHRASE = st.lists(_WORDS | st.text(max_size=3), min_size=1, max_size=4).map("".join) | st.lists(
    _WORDS, min_size=1, max_size=4
).map(" ".join)
_STORABLE = _PHRASE.map(lambda text: text.encode("utf-8", "ignore").decode().replace("\0", ""))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(_STORABLE, min_size=1, max_size=8), queries=st.lists(_PHRASE, min_size=1, max_size=8))
async def test_both_stores_find_the_same(both: list[GraphStore], names: list[str], queries: list[str]) -> None:
    """Random names and queries of Chinese, English, stop words and punctuation: the same hits in the same order."""
    graph = KnowledgeGraph.of(
        (Concept(f"n{number}", name, definition=name[::-1]) for number, name in enumerate(names)),
        (),
        (Passage("a.md", number + 1, name, (), (f"n{number}",)) for number, name in enumerate(names)),
    )
    for store in both:
        await store.upsert("a.md", graph)
    for query in [*queries, *names]:
        found = [await store.search(query, first=20) for store in both]
        assert found[0] == found[1]
        passages = [await store.search_passages(query, first=20) for store in both]
        assert passages[0] == passages[1]
        resolved = [await store.resolve([query]) for store in both]
        assert resolved[0] == resolved[1]


async def test_words_that_lucene_drops_are_found(store: Neo4jStore) -> None:
    """Each stop word of the `cjk` analyzer, and each beginning of one, finds the concept that has nothing else."""
    words = sorted(passage_search._STOP_WORDS)
    await store.upsert("a.md", KnowledgeGraph.of(Concept(f"c-{word}", "?", (), definition=word) for word in words))
    for query in {word[:length] for word in words for length in range(1, len(word) + 1)}:
        found = {hit.concept.definition for hit in await store.search(query, first=99)}
        assert found == {word for word in words if word.startswith(query)}


# -- logging in and reaching the server -------------------------------------------------------------------------------


def everything_in(error: BaseException) -> str:
    """The texts of an error and of all that it came from."""
    chain: list[BaseException | None] = [error]
    while chain[-1] is not None:
        chain.append(chain[-1].__cause__ or chain[-1].__context__)
    return " ".join(f"{e} {e!r} {e.__dict__}" for e in chain if e is not None)


async def test_a_wrong_password_is_an_auth_error(neo4j_server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """Within the limit, in one sentence, and no password, wrong or right, is in the error, its causes or the log."""
    caplog.set_level("DEBUG")
    url = Server(neo4j_server.address, "neo4j", "wr0ng/s3cret").url
    started = time.monotonic()
    with pytest.raises(StoreAuthError, match="refused the user name or password") as caught:
        async with open_store(url):
            pass
    assert time.monotonic() - started < LIMIT_S
    for text in (everything_in(caught.value), caplog.text, repr(open_store(url))):
        assert "s3cret" not in text
        assert neo4j_server.password not in text


async def unused_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port where connections are accepted by the system and nobody ever answers."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        yield listener.getsockname()[1]


@pytest.mark.parametrize("scheme", ["bolt", "neo4j", "bolt+s", "neo4j+ssc"])
@pytest.mark.parametrize("where", ["silent", "closed", "unknown host"])
async def test_a_server_that_is_not_there_is_unavailable(scheme: str, where: str, silent_port: int) -> None:
    """A black hole, a closed port, a host without an address: the same error, within the limit."""
    host = {
        "silent": f"127.0.0.1:{silent_port}",
        "closed": f"127.0.0.1:{await unused_port()}",
        "unknown host": "no-such-host.invalid:7687",
    }[where]
    started = time.monotonic()
    with pytest.raises(StoreUnavailable, match=r"did not answer in time|cannot be reached") as caught:
        async with open_store(f"{scheme}://neo4j:s3cret@{host}"):
            pass
    assert time.monotonic() - started < LIMIT_S
    assert "s3cret" not in everything_in(caught.value)


class Wire:
    """A TCP relay to the server: while it is not `open`, it holds all bytes back and says nothing; cut, it is gone."""

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self.open = asyncio.Event()
        self.open.set()
        self.tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self.server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.cut()

    async def cut(self) -> None:
        """Refuse connections, and break off those that there are."""
        self.server.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.tasks.clear()

    async def mend(self) -> None:
        """Be there again, at the same address."""
        self.server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self.target)
        for pair in ((reader, far_writer), (far_reader, writer)):
            self.tasks.add(asyncio.create_task(self._relay(*pair)))

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer):
            while data := await reader.read(65536):
                await self.open.wait()
                writer.write(data)
                await writer.drain()


async def test_a_server_that_falls_silent_is_unavailable(neo4j_server: Server, empty_neo4j_url: str) -> None:
    """An open store whose server stops answering raises within the limit, and works again when it is back."""
    parts = urlsplit(neo4j_server.address)
    async with Wire(parts.hostname or "", parts.port or 7687) as wire:
        url = Server(f"bolt://127.0.0.1:{wire.port}", neo4j_server.user, neo4j_server.password).url
        async with open_store(url) as store:
            graph = await fill(store)
            wire.open.clear()
            started = time.monotonic()
            with pytest.raises(StoreUnavailable, match="did not answer in time"):
                await store.get(["adam"])
            assert time.monotonic() - started < LIMIT_S
            wire.open.set()
            assert await store.graph() == graph


async def test_a_database_that_is_not_there_is_unavailable(neo4j_server: Server) -> None:
    """The URL's path names the database: the default one by its name works, another one does not exist."""
    base = neo4j_server.url
    async with open_store(f"{base}/neo4j") as store:
        await store.stats()
    with pytest.raises(StoreUnavailable, match="no such database"):
        async with open_store(f"{base}/no-such-database"):
            pass


async def test_the_routing_scheme_works_too(neo4j_server: Server, empty_neo4j_url: str) -> None:
    """`neo4j://` asks the server for its routing table; one machine is its own cluster."""
    async with open_store(empty_neo4j_url.replace("bolt://", "neo4j://")) as store:
        graph = await fill(store)
        assert await store.graph() == graph


async def test_questions_go_to_readers_and_only_writes_to_the_leader(
    empty_neo4j_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a cluster a session's access mode is what the driver chooses a server by: followers and secondaries read."""
    asked: list[str] = []
    session = neo4j.AsyncDriver.session

    def remember(self: neo4j.AsyncDriver, **config: Any) -> neo4j.AsyncSession:
        asked.append(config["default_access_mode"])
        return session(self, **config)

    async with open_store(empty_neo4j_url.replace("bolt://", "neo4j://")) as store:
        await fill(store)
        monkeypatch.setattr(neo4j.AsyncDriver, "session", remember)
        await store.resolve(["MQA"])
        await store.search("attention", first=3)
        await store.search_passages("attention", first=3)
        await store.concepts(first=3)
        await store.relations(["multi-query-attention"])
        await store.neighborhood(["multi-query-attention"], radius=1, first=3)
        await store.prerequisites_of(["multi-query-attention"])
        await store.graph()
        assert (await store.revision(), set(asked)) == (await store.revision(), {"READ"})
        await store.remove(["no/such/source.md"])
        assert set(asked) == {"READ"}
        await store.remove([source.path for source in await store.sources()])
        assert "WRITE" in asked


@pytest.mark.parametrize(
    "url",
    [
        "neo4j:user:s3cret@host",
        "bolt://",
        "neo4j://neo4j:s3cret/x@host:7687",
        "neo4j://neo4j:s3c#ret@host",
        "bolt://neo4j:s3cret@host:port",
        "bolt://neo4j:s3cret@host:99999",
        "neo4j://neo4j:s3cret@host:7687/a/b",
        "neo4j://host/?password=s3cret",
        "neo4j+x://neo4j:s3cret@host",
        "bolt://s3cret@host",
        "bolt://[::1:s3cret",
    ],
)
def test_a_malformed_url_is_refused_without_repeating_it(url: str) -> None:
    """Where a URL is malformed, any part of it may be the password."""
    with pytest.raises(InvalidStoreUrl, match=r"neo4j://USER:PASSWORD@HOST:PORT") as caught:
        open_store(url)
    assert "s3c" not in everything_in(caught.value)


# -- what may be in the database --------------------------------------------------------------------------------------


async def test_a_database_with_other_data_is_refused(neo4j_server: Server, empty_neo4j_url: str) -> None:
    """Nothing is created beside somebody else's nodes."""
    neo4j_server.ask("CREATE (:Person {name: 'Ada'})")
    with pytest.raises(IncompatibleStore, match="other data"):
        async with open_store(empty_neo4j_url):
            pass
    assert [row["n"]["name"] for row in neo4j_server.ask("MATCH (n) RETURN n")] == ["Ada"]


async def test_a_newer_version_is_refused(neo4j_server: Server, empty_neo4j_url: str) -> None:
    """It says which versions, and to upgrade."""
    async with open_store(empty_neo4j_url):
        pass
    neo4j_server.ask("MATCH (n:NoteAtlas {role: 'state'}) SET n.schema = 99")
    with pytest.raises(IncompatibleStore, match=r"newer version.*99.*upgrade"):
        async with open_store(empty_neo4j_url):
            pass


async def test_a_database_of_an_older_version_is_brought_up_to_date(neo4j_server: Server, empty_neo4j_url: str) -> None:
    """Nothing is lost, every question is answered, and it is of the new version."""
    async with open_store(empty_neo4j_url) as store:
        graph = await fill(store)
        contributions = (await store.contents()).contributions
    make_old(neo4j_server)
    async with open_store(empty_neo4j_url) as store:
        assert await store.graph() == graph
        assert (await store.contents()).contributions == contributions
        before = await store.revision()
        assert not before.startswith(".")
        assert [hit.passage.line for hit in await store.search_passages("attention", first=9)] == [7]
        assert [hit.concept.id for hit in await store.search("momentun", first=9)] == ["momentum"]
        await store.record_load(Load("one"))
        assert [load.id for load in await store.loads()] == ["one"]
        assert [hit.concept.id for hit in await store.search("mome", first=1)] == ["momentum"]
        assert await store.measures([c.id for c in graph.concepts]) == measured(graph)
    async with open_store(empty_neo4j_url) as store:
        assert await store.revision() == before


async def test_constraints_and_indexes(neo4j_server: Server, store: Neo4jStore) -> None:
    """Ids and paths are unique by constraint, and the full-text index cuts Chinese with the `cjk` analyzer."""
    unique = {
        (row["labelsOrTypes"][0], row["properties"][0])
        for row in neo4j_server.ask("SHOW CONSTRAINTS YIELD type, labelsOrTypes, properties WHERE type = 'UNIQUENESS'")
    }
    assert unique >= {("Concept", "id"), ("Source", "path"), ("Load", "id")}
    analyzers = {
        row["name"]: row["options"]["indexConfig"]["fulltext.analyzer"]
        for row in neo4j_server.ask("SHOW FULLTEXT INDEXES YIELD name, options, state WHERE state = 'ONLINE'")
    }
    assert analyzers["concept_search"] == analyzers["passage_search"] == "cjk"
    await fill(store)
    rows = neo4j_server.ask(
        "CALL db.index.fulltext.queryNodes('concept_search', '\"注意力\"') YIELD node RETURN node.id AS id"
    )
    assert len(rows) == 5


async def test_an_index_that_somebody_dropped_is_made_again(neo4j_server: Server, empty_neo4j_url: str) -> None:
    """Opening a store creates what is missing, and writes nothing where nothing is."""
    async with open_store(empty_neo4j_url) as store:
        await fill(store)
    neo4j_server.ask("DROP INDEX concept_search")
    async with open_store(empty_neo4j_url) as store:
        assert len(await store.search("注意力", first=10)) == 5
    before = neo4j_server.ask(LAST_TRANSACTION)[0]["last"]
    async with open_store(empty_neo4j_url):
        pass
    assert neo4j_server.ask(LAST_TRANSACTION)[0]["last"] == before


async def test_people_can_query_it(neo4j_server: Server, store: Neo4jStore) -> None:
    """Relations are relationships of their type with origin, confidence and evidence; passages mention concepts."""
    await fill(store)
    rows = neo4j_server.ask(
        "MATCH (c:Concept)-[r:GENERALIZES]->(d:Concept) RETURN c.name, d.aliases, r.origin, r.confidence, "
        "r.evidence_text, r.evidence_place ORDER BY d.name"
    )
    assert [list(row.values()) for row in rows] == [
        [
            *("Grouped-Query Attention", ["MHA", "多头注意力"], "stated", 0.85),
            *(["GQA 的组数等于头数时就是 MHA。"], ["attention.md:20"]),
        ],
        [
            *("Grouped-Query Attention", ["MQA", "多查询注意力"], "stated", 0.9),
            *(["GQA with one group is exactly MQA."], ["attention.md:19"]),
        ],
    ]
    rows = neo4j_server.ask(
        "MATCH (s:Source)<-[:FROM]-(p:Passage)-[:MENTIONS]->(c:Concept {id: 'gbdt'}) RETURN s.title, p.line, p.text"
    )
    assert [list(row.values()) for row in rows] == [["Boosting", 5, "XGBoost extends GBDT with a second-order loss."]]


async def test_labels_and_types_are_words_of_ours(neo4j_server: Server, store: Neo4jStore) -> None:
    """Whatever text graphs have: it becomes no label, no type and no property's name."""
    await store.upsert("a.md", KnowledgeGraph.of(Concept(t, t, extra={t: t}) for t in HOSTILE))
    await fill(store)
    labels = {label for row in neo4j_server.ask("MATCH (n) UNWIND labels(n) AS l RETURN DISTINCT l") for label in row}
    assert labels == {"Concept", "Source", "Passage", "NoteAtlas", "Revision"}
    types = {name for row in neo4j_server.ask("MATCH ()-[r]->() RETURN DISTINCT type(r)") for name in row}
    assert types <= {*(t.value for t in RelationType), "FROM", "MENTIONS"}
    keys = {key for row in neo4j_server.ask("MATCH (n) UNWIND keys(n) AS k RETURN DISTINCT k") for key in row}
    assert all(key.isidentifier() for key in keys)


# -- transactions -----------------------------------------------------------------------------------------------------


async def test_a_write_on_the_read_path_fails(neo4j_server: Server, store: Neo4jStore) -> None:
    """Questions run in read transactions: the server itself refuses a CREATE there."""
    with pytest.raises(StoreError, match=r"(?i)writ.*not allowed"):
        await store._read(lambda run: run("CREATE (n:Concept {id: 'smuggled'}) RETURN n.id"))
    assert neo4j_server.ask("MATCH (n:Concept) RETURN n") == []


async def test_the_same_graph_again_writes_nothing(neo4j_server: Server, store: Neo4jStore) -> None:
    """The server's last transaction is still the one before."""
    await fill(store)
    before = neo4j_server.ask(LAST_TRANSACTION)[0]["last"]
    await fill(store)
    assert neo4j_server.ask(LAST_TRANSACTION)[0]["last"] == before


async def test_a_store_that_another_process_writes_to_is_busy(neo4j_server: Server, empty_neo4j_url: str) -> None:
    """A write gives up after the wait; reads, and writes that change nothing, do not even wait."""
    async with Neo4jStore(empty_neo4j_url, busy_timeout_s=0.3) as store:
        await store.upsert("a.md", attention_graph())
        with neo4j_server.driver() as driver, driver.session() as session:
            other = session.begin_transaction()
            other.run("MATCH (n:NoteAtlas {role: 'lock'}) SET n.taken = 0").consume()
            with pytest.raises(StoreBusy, match="another process"):
                await store.upsert("b.md", boosting_graph())
            assert not await store.upsert("a.md", attention_graph())
            assert await store.graph() == attention_graph()
            other.rollback()
        assert await store.upsert("b.md", boosting_graph())


async def test_a_writer_that_died_while_it_committed_stops_nobody(neo4j_server: Server, store: Neo4jStore) -> None:
    """A state that stayed odd is settled by the first reader; the next ones find it even."""
    graph = await fill(store)
    neo4j_server.ask("MATCH (n:NoteAtlas {role: 'state'}) SET n.state = 7")
    revision = await store.revision()
    assert revision.endswith(".8")
    assert await store.graph() == graph
    assert await store.revision() == revision
    (row,) = neo4j_server.ask("MATCH (n:NoteAtlas {role: 'state'}) RETURN n.state AS state")
    assert row["state"] == 8
    before = store.statements
    await store.get(["adam"])
    assert store.statements == before + 1


@pytest.mark.parametrize(("after_sources", "then_s"), moments(3, seed=11))
async def test_kill_9_leaves_whole_sources(empty_neo4j_url: str, after_sources: int, then_s: float) -> None:
    """A loader killed at a random moment leaves every source whole, and a second load ends like a clean one."""
    reported = kill_while_loading(empty_neo4j_url, after_sources=after_sources, then_s=then_s)
    await assert_whole(empty_neo4j_url, reported)
