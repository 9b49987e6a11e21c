"""What every store keeps beside the graph, as tests: originals, decisions, the history, and all of it at once.

See `tests.store_contract`. The oracle is a list of the graphs that the store showed after each write.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from graph.contribution import encode
from graph.errors import InvalidQuery, StoreBusy
from graph.history import Difference
from graph.model import Concept, KnowledgeGraph, Relation, RelationType
from graph.sqlite_store import SqliteStore
from graph.store import Changes, GraphStore
from tests.samples import attention_graph, boosting_graph
from tests.store_contract import A, B, StoreFixtures, difference, fill, shown, sourced, writes

T = RelationType


def told_apart(before: KnowledgeGraph, after: KnowledgeGraph) -> Difference:
    """What differs between two graphs, by the plainest way there is."""
    concepts = [{c.id: c for c in graph.concepts} for graph in (before, after)]
    relations = [{r.key: r for r in graph.relations} for graph in (before, after)]
    return Difference(
        tuple((concepts[0].get(i), concepts[1].get(i)) for i in sorted({*concepts[0], *concepts[1]})),
        tuple((relations[0].get(k), relations[1].get(k)) for k in sorted({*relations[0], *relations[1]})),
    )


def without_equals(found: Difference) -> Difference:
    """Only what really differs."""
    return Difference(
        tuple(pair for pair in found.concepts if pair[0] != pair[1]),
        tuple(pair for pair in found.relations if pair[0] != pair[1]),
    )


class KeepingContract(StoreFixtures):
    """The tests of what is kept."""

    @settings(
        max_examples=12,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(writes=writes)
    async def test_any_two_revisions_can_be_compared(
        self, store: GraphStore, writes: Sequence[tuple[str, KnowledgeGraph | None]]
    ) -> None:
        """Each write that changed something is one; what differs between two is what their graphs say, both ways."""
        known = await store.history(first=1)
        base = known[0].number if known else 0
        graphs = {base: await store.graph()}
        for path, graph in writes:
            changes = await store.replace({path: graph and sourced(path, graph)}, cause=f"wrote {path}")
            latest = (await store.history(first=1))[:1]
            number = latest[0].number if latest else base
            if number not in graphs:
                assert latest[0].cause == f"wrote {path}"
                assert latest[0].changes == changes == difference(graphs[max(graphs)], await store.graph())
                assert number == max(graphs) + 1
                graphs[number] = await store.graph()
            assert graphs[number] == await store.graph()
        for since, before in graphs.items():
            for until, after in graphs.items():
                assert await store.difference(since, until) == without_equals(told_apart(before, after))
            assert await store.difference(since) == without_equals(told_apart(before, graphs[max(graphs)]))

    async def test_a_revision_that_is_not_there_is_refused(self, store: GraphStore) -> None:
        """With the numbers that there are; an empty store has 0 alone."""
        assert await store.difference(0) == Difference((), ())
        for wrong in (-1, 1):
            with pytest.raises(InvalidQuery, match="from 0 to 0"):
                await store.difference(wrong)
        await fill(store)
        with pytest.raises(InvalidQuery, match=r"no revision 7; .* from 0 to 2"):
            await store.difference(0, 7)
        times = [revision.at for revision in await store.history(first=5)]
        assert times == sorted(times, reverse=True)
        assert min(times) > 1.7e9

    async def test_what_changes_nothing_is_no_revision(self, store: GraphStore) -> None:
        """Nor is what was only tried."""
        await fill(store)
        history = await store.history(first=9)
        await store.upsert(A, attention_graph())
        await store.replace({}, decisions=[])
        await store.preview([[{A: None}]])
        assert await store.history(first=9) == history
        assert [revision.number for revision in history] == [2, 1]

    async def test_what_the_notes_say_is_kept_beside_what_was_decided(self, store: GraphStore) -> None:
        """Readers see what was decided; the original is there until its source comes without one, or is forgotten."""
        decided = KnowledgeGraph.of([Concept("mha", "Multi-head attention, by hand")])
        await fill(store)
        changes = await store.replace({A: decided}, originals={A: attention_graph()}, decisions=["b", "a", "a"])
        assert changes == difference(shown({A: attention_graph(), B: boosting_graph()}), await store.graph())
        assert await store.graph() == shown({A: decided, B: boosting_graph()})
        contents = await store.contents()
        assert contents.notes() == {A: attention_graph(), B: boosting_graph()}
        assert await store.digests() == {path: encode(path, graph).digest for path, graph in contents.notes().items()}
        assert (contents.decisions, contents.revision) == (("a", "b"), await store.revision())
        assert await store.decisions() == ["a", "b"]
        assert contents.originals.keys() == {A}

        revision = await store.revision()
        assert not await store.replace({A: decided}, originals={A: attention_graph()}, decisions=["a", "b"])
        assert await store.revision() == revision
        await store.replace({A: decided}, originals={A: boosting_graph()})
        assert await store.revision() != revision
        assert (await store.contents()).notes()[A] == boosting_graph()
        await store.upsert(A, decided)
        assert (await store.contents()).notes()[A] == decided
        await store.replace({A: decided}, originals={A: attention_graph()})
        await store.remove([A])
        assert (await store.contents()).notes() == {B: boosting_graph()}
        assert await store.digests() == {B: encode(B, boosting_graph()).digest}
        assert await store.decisions() == ["a", "b"]
        await store.replace({}, decisions=[], cause="undone")
        assert await store.decisions() == []
        assert (await store.history(first=1))[0].cause == "undone"

    async def test_a_write_that_expects_another_revision_is_refused(self, store: GraphStore) -> None:
        """So that who read, thought and writes back does not undo what another wrote meanwhile."""
        graph = await fill(store)
        seen = await store.revision()
        assert await store.replace({A: None}, expected=seen)
        with pytest.raises(StoreBusy, match="meanwhile"):
            await store.replace({B: None}, expected=seen)
        with pytest.raises(StoreBusy, match="meanwhile"):
            await store.replace({}, expected=seen)
        await store.upsert(A, attention_graph())
        assert await store.graph() == graph

    async def test_all_that_it_holds_goes_into_another_store(self, store: GraphStore, tmp_path: Path) -> None:
        """And back: graph, originals, decisions and history; what the other held besides is forgotten."""
        await fill(store)
        await store.upsert("end.md", KnowledgeGraph.of([], [Relation("only-an-end", T.USES, "mha")]))
        decided = replace(attention_graph(), relations=())
        await store.replace({A: decided}, originals={A: attention_graph()}, decisions=["x", "注意"], cause="decided")
        contents = await store.contents(with_history=True)
        async with SqliteStore(str(tmp_path / "copy.sqlite3")) as copy:
            assert await copy.restore(contents, cause="restored")
            assert await copy.graph() == await store.graph()
            again = await copy.contents(with_history=True)
            assert again.contributions == contents.contributions
            assert (again.originals, again.decisions) == (contents.originals, contents.decisions)
            assert again.history == contents.history
            assert [entry.cause for entry in again.history] == ["", "", "", "decided"]
            assert await copy.difference(0, 3) == await store.difference(0, 3)

            await copy.upsert("more.md", boosting_graph())
            await store.restore(await copy.contents(with_history=True), cause="back")
            assert await store.graph() == await copy.graph()
            assert len(await store.history(first=99)) == 5
            await store.restore(contents, cause="as it was")
            assert (await store.contents()).contributions == contents.contributions
            assert await store.restore(contents) == Changes()
