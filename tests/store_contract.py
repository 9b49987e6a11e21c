"""What every store keeps (`graph.store`), as tests: a store's test module subclasses `StoreContract`.

The oracle is `graph.model.merge`: whatever was upserted and removed before, a store shows the merge of the
contributions that are left, and a concept for every end of a relation (`shown`).
"""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.errors import InvalidGraph, InvalidQuery, StoreError
from graph.loads import KEPT_LOADS, Load, LoadState
from graph.model import (
    Concept,
    ConceptKind,
    Evidence,
    KnowledgeGraph,
    Origin,
    Passage,
    Relation,
    RelationType,
    Source,
    merge,
)
from graph.names import name_key
from graph.store import Changes, GraphStore, open_store
from tests.samples import attention_graph, boosting_graph

T = RelationType
A, B = "attention.md", "trees/boosting.txt"

HOSTILE = [
    "`back`ticks``",
    "single ' and double \" quotes",
    r"\u0060 \u0027 \\ escapes",
    "}) DETACH DELETE n //",
    "'; DROP TABLE concept; --",
    "</script><script>alert(1)</script>",
    "{{ 7 * 7 }} ${x} %s $id",
    'Lucene: +a -b && || ! ( ) { } [ ] ^ " ~ * ? : \\ /',
    "line\nbreak\ttab\r\u2028 separator",
    "\U0001f9e0 emoji, \u202ertl\u202c and \u0301combining",
]


# -- the oracle ---------------------------------------------------------------------------------------------------


def shown(contributions: Mapping[str, KnowledgeGraph]) -> KnowledgeGraph:
    """The graph that a store with these contributions shows."""
    merged = merge(contributions)
    there = {concept.id for concept in merged.concepts}
    ends = {end for relation in merged.relations for end in (relation.source, relation.target)}
    return KnowledgeGraph.of(
        (*merged.concepts, *(Concept(end, end) for end in ends - there)),
        merged.relations,
        merged.passages,
        merged.sources,
    )


def difference(before: KnowledgeGraph, after: KnowledgeGraph) -> Changes:
    """What changed between two graphs."""
    counts = []
    for old, new in (
        ({c.id: c for c in before.concepts}, {c.id: c for c in after.concepts}),
        ({r.key: r for r in before.relations}, {r.key: r for r in after.relations}),
    ):
        counts += [
            len(new.keys() - old.keys()),
            sum(old[key] != new[key] for key in old.keys() & new.keys()),
            len(old.keys() - new.keys()),
        ]
    return Changes(*counts)


def by_name(concept: Concept) -> tuple[str, str]:
    return (name_key(concept.name), concept.id)


def ids(concepts: Sequence[Concept]) -> list[str]:
    return [concept.id for concept in concepts]


async def fill(store: GraphStore) -> KnowledgeGraph:
    """Load both samples and return what the store then shows."""
    contributions = {A: attention_graph(), B: boosting_graph()}
    for path, graph in contributions.items():
        await store.upsert(path, graph)
    return shown(contributions)


def named(*names: str) -> KnowledgeGraph:
    """Concepts c0, c1, ... with these names."""
    return KnowledgeGraph.of(Concept(f"c{number}", name) for number, name in enumerate(names))


def random_graph(*, seed: int, concepts: int, relations: int) -> KnowledgeGraph:
    """Concepts n000, n001, ... and random relations of all types, cycles included."""
    choose = random.Random(seed)
    names = [f"n{number:03}" for number in range(concepts)]
    return KnowledgeGraph.of(
        (Concept(name, f"Name {choose.randrange(concepts):03}") for name in names),
        (
            Relation(*choose.sample(names, 1), choose.choice(list(T)), choose.choice(names), Origin.CURATED, weight)
            for weight in (choose.choice([0.2, 0.5, 0.9]) for _ in range(relations))
        ),
    )


# -- random graphs ------------------------------------------------------------------------------------------------

_id = st.sampled_from(["a", "b", "c", "d", "é", "注意力"])
_text = st.sampled_from(["Attention", "attention", "注意力", "GQA", "MHA", "", "`x`"])
_path = st.sampled_from(["a.md", "b.md", "c/注.txt"])
_extra = st.sampled_from([{}, {"x": 1}, {"x": [None, "注"], "y": {"z": True}}])
_key = st.tuples(_id, st.sampled_from([T.IS_A, T.CONTRASTS_WITH, T.PREREQUISITE_OF]), _id)
_concept = st.builds(
    Concept,
    _id,
    _text,
    st.lists(_text, max_size=2).map(tuple),
    st.sampled_from([ConceptKind.OTHER, ConceptKind.TOPIC, ConceptKind.MODEL]),
    st.none() | _text,
    st.none() | _path,
    st.none() | st.integers(1, 9),
    _extra,
)
_relation = st.builds(
    lambda key, origin, confidence, evidence, because, group, extra: Relation(
        *key, origin, confidence, tuple(evidence), tuple(because), group, extra
    ),
    _key,
    st.sampled_from(Origin),
    st.sampled_from([0.0, 0.25, 0.5, 1.0, 1]),
    st.lists(st.builds(Evidence, _path, st.integers(1, 9), _text, st.just("rule")), max_size=2),
    st.lists(_key, max_size=2),
    st.none() | st.just("group"),
    _extra,
)
_graph = st.builds(
    KnowledgeGraph.of,
    st.lists(_concept, max_size=4),
    st.lists(_relation, max_size=4),
    # One passage a line: the model says nothing about the order of two that begin alike.
    st.lists(
        st.builds(Passage, _path, st.integers(1, 9), _text, st.just(()), st.lists(_id, max_size=2).map(tuple)),
        max_size=2,
        unique_by=lambda passage: (passage.source, passage.line),
    ),
)
writes = st.lists(st.tuples(_path, st.none() | _graph), min_size=1, max_size=6)


def sourced(path: str, graph: KnowledgeGraph) -> KnowledgeGraph:
    """The graph as the contribution of `path`: with its source, and its passages' lines told apart by the path."""
    return replace(
        graph,
        sources=(Source(path, "markdown", path.title(), "0" * 64),),
        passages=tuple(replace(p, source=path) for p in graph.passages[:1]),
    )


async def check_writes(store: GraphStore, writes: Sequence[tuple[str, KnowledgeGraph | None]]) -> None:
    """Carry out `writes` (None removes) in an emptied store, and compare it with the oracle after each."""
    await store.remove([source.path for source in await store.sources()])
    assert await store.graph() == KnowledgeGraph()
    contributions: dict[str, KnowledgeGraph] = {}
    revision = await store.revision()
    steps: list[dict[str, KnowledgeGraph | None]] = [{path: graph and sourced(path, graph)} for path, graph in writes]
    foreseen = await store.preview([[step] for step in steps])
    assert (await store.graph(), await store.revision()) == (KnowledgeGraph(), revision)
    for (path, graph), (preview,) in zip(writes, foreseen, strict=True):
        before = shown(contributions)
        if graph is None:
            contributions.pop(path, None)
            changes = await store.remove([path])
        else:
            contributions[path] = sourced(path, graph)
            changes = await store.upsert(path, contributions[path])
        expected = shown(contributions)
        assert await store.graph() == expected
        assert preview == changes == difference(before, expected)
    counts = await store.stats()
    assert (counts.concepts, counts.relations) == (len(expected.concepts), len(expected.relations))
    assert (counts.passages, counts.sources) == (len(expected.passages), len(expected.sources))
    mentioned = {c.id: [p for p in expected.passages if c.id in p.concepts] for c in expected.concepts}
    assert await store.passages([c.id for c in expected.concepts]) == mentioned
    await check_many_at_once(store, steps, expected)


async def check_many_at_once(
    store: GraphStore, steps: Sequence[Mapping[str, KnowledgeGraph | None]], expected: KnowledgeGraph
) -> None:
    """Carry out the same in pairs in an emptied store: the end is the same, and what it tells is what differs."""
    await store.remove([source.path for source in await store.sources()])
    pairs = [steps[at : at + 2] for at in range(0, len(steps), 2)]
    foreseen = await store.preview(pairs)
    for pair, preview in zip(pairs, foreseen, strict=True):
        before = await store.graph()
        changes = await store.replace_each(pair)
        assert preview == changes
        assert sum(changes, Changes()) == difference(before, await store.graph())
    assert await store.graph() == expected


class StoreFixtures:
    """A subclass gives `store_url`: the URL of a store that is empty."""

    @pytest.fixture
    def store_url(self) -> str:
        raise NotImplementedError

    @pytest.fixture
    async def store(self, store_url: str) -> AsyncIterator[GraphStore]:
        async with open_store(store_url) as store:
            yield store


class StoreContract(StoreFixtures):
    """The tests of all but search, which has its own (`tests.search_contract`)."""

    # -- writing --------------------------------------------------------------------------------------------------

    @settings(
        max_examples=12,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(writes=writes)
    async def test_after_any_writes_it_shows_the_merge_of_what_is_left(
        self, store: GraphStore, writes: list[tuple[str, KnowledgeGraph | None]]
    ) -> None:
        """After any sequence of upserts and removals: graph, changes and counts are those of the oracle."""
        await check_writes(store, writes)

    async def test_the_order_of_loading_does_not_matter(self, store: GraphStore) -> None:
        """Two sources that share a concept give the same graph either way."""
        graph = await fill(store)
        await store.remove([A, B])
        await store.upsert(B, boosting_graph())
        await store.upsert(A, attention_graph())
        assert await store.graph() == graph

    async def test_the_same_graph_again_changes_nothing(self, store: GraphStore) -> None:
        """Upserting what is there, in whatever order its rows are, reports no change."""
        assert await store.upsert(A, attention_graph())
        graph = attention_graph()
        shuffled = replace(graph, concepts=graph.concepts[::-1], relations=graph.relations[::-1])
        assert not await store.upsert(A, shuffled)
        assert await store.graph() == graph

    async def test_replacing_a_source_keeps_what_another_supports(self, store: GraphStore) -> None:
        """Only what the replaced source alone supported goes; the shared concept keeps the other's names."""
        await fill(store)
        changes = await store.upsert(A, KnowledgeGraph())
        assert (changes.concepts_removed, changes.concepts_changed, changes.relations_removed) == (10, 1, 20)
        assert await store.graph() == shown({A: KnowledgeGraph(), B: boosting_graph()})
        assert (await store.get(["gradient-descent"]))["gradient-descent"].aliases == ("GD", "梯度下降")

    async def test_a_source_changes_its_path_without_ever_being_missing(self, store: GraphStore) -> None:
        """One transaction forgets the old path and writes the new one: a reader sees the one or the other."""
        await fill(store)
        before = await store.graph()
        moved = sourced("moved.md", attention_graph())
        seen: list[set[str]] = []
        begun, done = asyncio.Event(), asyncio.Event()

        async def watch() -> None:
            while not done.is_set():
                seen.append({source.path for source in (await store.graph()).sources})
                begun.set()

        watching = asyncio.create_task(watch())
        await begun.wait()
        changes = await store.replace({A: None, "moved.md": moved, "nowhere.md": None})
        done.set()
        await watching
        assert all(("moved.md" in paths) != (A in paths) for paths in seen)
        assert await store.graph() == shown({"moved.md": moved, B: boosting_graph()})
        assert (changes.concepts_added, changes.concepts_removed, changes.relations_removed) == (0, 0, 0)
        assert changes == difference(before, await store.graph())

    async def test_what_a_write_refuses_its_preview_refuses(self, store: GraphStore) -> None:
        """And a preview of many steps that ends in a bad one leaves nothing behind."""
        graph = await fill(store)
        with pytest.raises(InvalidGraph):
            await store.preview([[{A: None}], [{"b.md": KnowledgeGraph.of([Concept("", "nobody")])}]])
        assert await store.graph() == graph
        assert await store.upsert("c.md", sourced("c.md", KnowledgeGraph.of([Concept("c", "C")])))

    async def test_what_several_sources_bring_counts_for_the_first(self, store: GraphStore) -> None:
        """Of many sources that are written at once; and a preview of them says the same."""
        one = KnowledgeGraph.of([Concept("x", "X"), Concept("y", "Y")], [Relation("x", T.USES, "y")])
        two = KnowledgeGraph.of([Concept("x", "Ex"), Concept("z", "Z")], [Relation("x", T.USES, "z")])
        steps: list[dict[str, KnowledgeGraph | None]] = [{A: one}, {B: two}, {"c.md": one}]
        brought = [Changes(concepts_added=2, relations_added=1), Changes(1, relations_added=1), Changes()]
        assert await store.preview([steps]) == [brought]
        assert await store.replace_each(steps) == brought
        assert await store.graph() == shown({A: one, B: two, "c.md": one})
        assert await store.replace_each(steps) == [Changes()] * 3
        assert await store.replace_each([{A: None}, {"d.md": one, B: None}]) == [
            Changes(concepts_changed=1),
            Changes(concepts_removed=1, relations_removed=1),
        ]
        assert await store.graph() == shown({"c.md": one, "d.md": one})

    @settings(
        max_examples=15,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(graphs=st.lists(_graph, min_size=2, max_size=5))
    async def test_sources_in_order_of_their_paths_are_merged_as_in_any_order(
        self, store: GraphStore, graphs: Sequence[KnowledgeGraph]
    ) -> None:
        """What stands after all others is merged with what those gave together."""
        contributions = {f"{number}.md": sourced(f"{number}.md", graph) for number, graph in enumerate(graphs)}
        for paths in (sorted(contributions), sorted(contributions, reverse=True)):
            await store.remove([source.path for source in await store.sources()])
            for path in paths:
                await store.upsert(path, contributions[path])
            assert await store.graph() == shown(contributions)

    async def test_a_field_that_is_gone_is_gone(self, store: GraphStore) -> None:
        """A definition, a place and a kind that a changed source no longer gives are removed."""
        full = Concept("x", "X", ("y",), ConceptKind.MODEL, "text", "a.md", 3, {"k": 1})
        await store.upsert("a.md", KnowledgeGraph.of([full]))
        assert await store.get(["x"]) == {"x": full}
        await store.upsert("a.md", KnowledgeGraph.of([Concept("x", "X")]))
        assert await store.get(["x"]) == {"x": Concept("x", "X")}
        assert await store.search("text", first=5) == []

    async def test_an_end_without_a_concept_is_there_under_its_id(self, store: GraphStore) -> None:
        """It comes and goes with the relation, and gives way to a real concept."""
        relation = Relation("a", T.USES, "b")
        changes = await store.upsert("r.md", KnowledgeGraph.of([Concept("a", "Alpha")], [relation]))
        assert (changes.concepts_added, changes.relations_added) == (2, 1)
        assert await store.get(["b"]) == {"b": Concept("b", "b")}
        changes = await store.upsert("c.md", KnowledgeGraph.of([Concept("b", "Beta")]))
        assert changes == Changes(concepts_changed=1)
        assert await store.remove(["c.md"]) == Changes(concepts_changed=1)
        assert await store.remove(["r.md"]) == Changes(concepts_removed=2, relations_removed=1)

    async def test_removing_several_sources_reports_what_changed_in_all(self, store: GraphStore) -> None:
        """A concept that two removed sources shared is removed once and changed never; unknown paths are ignored."""
        await fill(store)
        assert await store.remove(["nothing.md"]) == Changes()
        assert await store.remove([B, A, A, "nothing.md"]) == Changes(concepts_removed=13, relations_removed=23)
        assert await store.graph() == KnowledgeGraph()

    async def test_a_contribution_without_a_source_is_replaced_and_removed_too(self, store: GraphStore) -> None:
        """An import has no source of its own; its path names its contribution all the same."""
        await store.upsert("import.json", KnowledgeGraph.of([Concept("x", "X")]))
        assert await store.sources() == []
        assert await store.remove(["import.json"]) == Changes(concepts_removed=1)

    @pytest.mark.parametrize(
        "graph",
        [
            KnowledgeGraph.of([Concept("", "no id")]),
            KnowledgeGraph.of([Concept("a\0b", "NUL")]),
            KnowledgeGraph.of([Concept("\ud800", "half a pair")]),
            KnowledgeGraph.of([Concept("x" * 5000, "long")]),
            KnowledgeGraph.of([Concept("x", "y" * 5000)]),
            KnowledgeGraph.of([Concept("x", "X", definition="\udfff")]),
            KnowledgeGraph.of([Concept("x", "X", line=2**40)]),
            KnowledgeGraph.of([Concept("x", "X", extra={"set": {1}})]),
            KnowledgeGraph.of([], [Relation("a", T.USES, "\ud800")]),
            KnowledgeGraph.of([], [Relation("a", T.USES, "b", confidence=float("nan"))]),
            KnowledgeGraph.of([], [], [Passage("a.md", 1, "text", (), ("",))]),
        ],
    )
    async def test_what_cannot_be_stored_is_refused_as_a_whole(self, store: GraphStore, graph: KnowledgeGraph) -> None:
        """InvalidGraph, and what the source had contributed is still there."""
        before = await fill(store)
        with pytest.raises(InvalidGraph) as caught:
            await store.upsert(A, graph)
        assert "\n" not in str(caught.value)
        str(caught.value).encode()
        assert await store.graph() == before

    async def test_hostile_text_is_text(self, store: GraphStore) -> None:
        """Quotes, backticks, escapes, comments and markup come back as they went in, and change nothing else."""
        concepts = [
            Concept(text, text, (f"alias {text}",), definition=f"about {text}", extra={text: text}) for text in HOSTILE
        ]
        relations = [
            Relation(text, T.USES, HOSTILE[0], evidence=(Evidence(text, 1, text, text),), group=text)
            for text in HOSTILE[1:]
        ]
        graph = KnowledgeGraph.of(
            concepts,
            relations,
            [Passage(text, 1, text, (text,), (text,)) for text in HOSTILE],
            [Source(text, "markdown", text, "0") for text in HOSTILE],
        )
        await store.upsert(HOSTILE[3], graph)
        assert await store.graph() == graph
        assert await store.get(HOSTILE) == {concept.id: concept for concept in concepts}
        assert await store.resolve(HOSTILE) == {text: [text] for text in HOSTILE}
        assert await store.resolve([f"ALIAS {text}" for text in HOSTILE]) == {
            f"ALIAS {text}": [text] for text in HOSTILE
        }
        for text in HOSTILE:
            assert text in ids([hit.concept for hit in await store.search(text, first=10)])
        assert {i: len(p) for i, p in (await store.passages(HOSTILE)).items()} == dict.fromkeys(HOSTILE, 1)
        assert len(await store.get_relations([r.key for r in graph.relations])) == len(relations)
        assert await store.remove([HOSTILE[3]])
        assert await store.graph() == KnowledgeGraph()

    # -- concepts -------------------------------------------------------------------------------------------------

    async def test_get_leaves_out_what_is_not_there(self, store: GraphStore) -> None:
        """Unknown and impossible ids are no error; the answer is in the order asked."""
        await fill(store)
        found = await store.get(["gbdt", "nothing", "", "a\0b", "\ud800", "x" * 9999, "adam", "gbdt"])
        assert list(found) == ["gbdt", "adam"]
        assert await store.get([]) == {}

    async def test_ids_are_compared_exactly(self, store: GraphStore) -> None:
        """Case and Unicode normal forms tell ids apart."""
        different = ["é", "e\u0301", "E", "e", "Ｅ"]
        await store.upsert("a.md", KnowledgeGraph.of(Concept(i, "same name") for i in different))
        assert set(await store.get(different)) == set(different)

    async def test_resolve_takes_ids_names_and_aliases_in_any_spelling(self, store: GraphStore) -> None:
        """An id first, then preferred names, then aliases, then ids in another spelling; several are sorted."""
        await store.upsert(
            "a.md",
            KnowledgeGraph.of(
                [
                    Concept("mha", "Multi-Head Attention", ("多头注意力", "Shared")),
                    Concept("z9", "Shared"),
                    Concept("y8", "SHARED", ("only alias",)),
                    Concept("x7", "---"),
                    Concept("Given_Id", "Something", ("only-alias",)),
                    Concept("w6", "mha"),
                ]
            ),
        )
        assert await store.resolve(
            ["mha", "MHA", "multi head attention", "ｍｕｌｔｉ－ＨＥＡＤ attentions", "多头 注意力"]
        ) == {
            "mha": ["mha"],
            "MHA": ["w6"],
            "multi head attention": ["mha"],
            "ｍｕｌｔｉ－ＨＥＡＤ attentions": ["mha"],
            "多头 注意力": ["mha"],
        }
        assert await store.resolve(["shared", "Only Alias", "given-id"]) == {
            "shared": ["y8", "z9"],
            "Only Alias": ["Given_Id", "y8"],
            "given-id": ["Given_Id"],
        }
        assert await store.resolve(["***", "---", "", "nothing", "a\0b", "\ud800", "x7"]) == {"x7": ["x7"]}
        assert await store.resolve([]) == {}

    async def test_pages_walk_through_all_concepts_in_order(self, store: GraphStore) -> None:
        """By (name key, id), whatever the size of a page, also where names are equal or beyond ASCII."""
        names = ["b", "B", "a-a", "AA", "é", "注意力", "～", "\U0001f600", "zz", "b"]
        graph = named(*names)
        await store.upsert("a.md", graph)
        expected = ids(sorted(graph.concepts, key=by_name))
        for size in (1, 3, 10, 99):
            seen: list[str] = []
            after = None
            while True:
                page = await store.concepts(first=size, after=after)
                seen += ids(page.concepts)
                if not page.has_next:
                    break
                after = page.positions[-1]
            assert seen == expected
        assert await store.count() == len(names)

    async def test_a_page_that_cannot_be_is_refused(self, store: GraphStore) -> None:
        """InvalidQuery for a page of nothing and a negative radius."""
        await fill(store)
        for first in (0, -1, 2**70):
            with pytest.raises(InvalidQuery):
                await store.concepts(first=first)
        with pytest.raises(InvalidQuery):
            await store.search("x", first=0)
        with pytest.raises(InvalidQuery):
            await store.search_passages("x", first=0)
        with pytest.raises(InvalidQuery):
            await store.neighborhood(["adam"], radius=1, first=0)
        with pytest.raises(InvalidQuery):
            await store.neighborhood(["adam"], radius=-1, first=5)

    async def test_topics_from_the_roots_down(self, store: GraphStore) -> None:
        """Roots are topics in no topic, in order of their place; the counts are of direct members."""
        await store.upsert(
            "a.md",
            KnowledgeGraph.of(
                [
                    Concept("late", "A late topic", (), ConceptKind.TOPIC, None, "a.md", 90),
                    Concept("early", "Z early topic", (), ConceptKind.TOPIC, None, "a.md", 1),
                    Concept("nowhere", "Empty topic", (), ConceptKind.TOPIC),
                    Concept("second", "B second file", (), ConceptKind.TOPIC, None, "b.md", 1),
                    Concept("sub", "Subtopic", (), ConceptKind.METHOD, None, "a.md", 5),
                    Concept("leaf", "Leaf", (), ConceptKind.METHOD, None, "a.md", 6),
                ],
                [
                    Relation("sub", T.IN_TOPIC, "early"),
                    Relation("leaf", T.IN_TOPIC, "early"),
                    Relation("leaf", T.IN_TOPIC, "sub"),
                    Relation("other", T.IN_TOPIC, "implicit"),
                ],
            ),
        )
        roots = await store.topics()
        assert [(t.concept.id, t.concept_count, t.child_count) for t in roots] == [
            ("early", 2, 1),
            ("late", 0, 0),
            ("second", 0, 0),
            ("nowhere", 0, 0),
            ("implicit", 1, 0),
        ]
        below = await store.topics("early")
        assert [(t.concept.id, t.concept_count, t.child_count) for t in below] == [("sub", 1, 0)]
        assert await store.topics("leaf") == await store.topics("nothing") == await store.topics("a\0") == []

    # -- relations and passages -----------------------------------------------------------------------------------

    async def test_relations_of_many_concepts(self, store: GraphStore) -> None:
        """Out, in or both, of the types asked for, by key; a known concept without any has an empty list."""
        graph = await fill(store)
        everyone = [c.id for c in graph.concepts]
        both = await store.relations(everyone)
        assert both == {i: [r for r in graph.relations if i in (r.source, r.target)] for i in everyone}
        out = await store.relations(everyone, direction="out", types=[T.IN_TOPIC, T.EXTENDS])
        assert out == {
            i: [r for r in graph.relations if r.source == i and r.type in (T.IN_TOPIC, T.EXTENDS)] for i in everyone
        }
        enter = await store.relations(["attention", "nothing", "a\0"], direction="in")
        assert enter == {"attention": [r for r in graph.relations if r.target == "attention"]}
        assert await store.relations(["adam"], types=[]) == {"adam": []}
        assert await store.relations([]) == {}

    async def test_relations_by_key(self, store: GraphStore) -> None:
        """A symmetric relation answers to both orders of its ends; unknown keys are left out."""
        await fill(store)
        stored = ("multi-head-attention", T.CONTRASTS_WITH, "multi-query-attention")
        turned = ("multi-query-attention", T.CONTRASTS_WITH, "multi-head-attention")
        found = await store.get_relations(
            [turned, stored, ("adam", T.COMBINES, "rmsprop"), ("rmsprop", T.COMBINES, "adam"), ("a\0", T.USES, "b")]
        )
        assert list(found) == [turned, stored, ("adam", T.COMBINES, "rmsprop")]
        assert found[turned] == found[stored]
        assert found["adam", T.COMBINES, "rmsprop"].group == "adam@attention.md:28"
        assert await store.get_relations([]) == {}

    async def test_passages_of_many_concepts(self, store: GraphStore) -> None:
        """By (source, line), each once though two sources have it; none for a concept that is not mentioned."""
        shared = Passage("z.md", 2, "both have it", (), ("x",))
        first = Passage("b.md", 9, "later", (), ("x", "ghost"))
        await store.upsert("a.md", KnowledgeGraph.of([Concept("x", "X"), Concept("y", "Y")], [], [shared, first]))
        await store.upsert("c.md", KnowledgeGraph.of([], [], [shared, Passage("b.md", 3, "earlier", (), ("x",))]))
        found = await store.passages(["y", "x", "ghost", "a\0"])
        assert {i: [(p.source, p.line) for p in ps] for i, ps in found.items()} == {
            "y": [],
            "x": [("b.md", 3), ("b.md", 9), ("z.md", 2)],
        }
        await store.upsert("d.md", KnowledgeGraph.of([Concept("ghost", "Ghost")]))
        assert await store.passages(["ghost"]) == {"ghost": [first]}

    # -- walks ----------------------------------------------------------------------------------------------------

    async def test_neighborhood_is_the_breadth_first_one(self, store: GraphStore) -> None:
        """On a random graph, for every radius, limit and set of types: the concepts, order and cut of a plain walk."""
        graph = random_graph(seed=7, concepts=40, relations=60)
        await store.upsert("a.md", graph)
        there = {c.id: c for c in shown({"a.md": graph}).concepts}
        for radius, first, types in [
            (0, 5, None),
            (1, 99, None),
            (2, 7, None),
            (3, 99, [T.USES, T.IS_A]),
            (9, 40, None),
        ]:
            wanted = [r for r in graph.relations if types is None or r.type in types]
            layers, reached = [["n003", "n001"]], {"n003", "n001"}
            for _ in range(radius):
                around = {
                    end
                    for r in wanted
                    for near, end in ((r.source, r.target), (r.target, r.source))
                    if near in layers[-1] and end not in reached
                }
                layers.append(ids(sorted((there[i] for i in around), key=by_name)))
                reached |= around
            expected = [i for layer in layers for i in layer]
            found = await store.neighborhood(
                ["n003", "nothing", "n001", "n003"], radius=radius, first=first, types=types
            )
            assert ids(found.concepts) == expected[:first]
            assert found.truncated == (len(expected) > first)
            kept = set(expected[:first])
            assert list(found.relations) == [r for r in wanted if r.source in kept and r.target in kept]

    async def test_neighborhood_of_nothing(self, store: GraphStore) -> None:
        """No known concept: nothing; no types: the concepts alone; more concepts than asked for: the first ones."""
        await fill(store)
        nothing = await store.neighborhood(["nothing"], radius=2, first=5)
        assert (nothing.concepts, nothing.relations, nothing.truncated) == ((), (), False)
        alone = await store.neighborhood(["adam"], radius=2, first=5, types=[])
        assert (ids(alone.concepts), alone.relations, alone.truncated) == (["adam"], (), False)
        cut = await store.neighborhood(["adam", "gbdt"], radius=0, first=1)
        assert (ids(cut.concepts), cut.truncated) == (["adam"], True)

    @pytest.mark.parametrize("min_confidence", [0.0, 0.5, 0.95])
    async def test_prerequisites_are_the_closure(self, store: GraphStore, min_confidence: float) -> None:
        """On a random graph with cycles, for every concept: exactly what a plain backwards walk finds."""
        graph = random_graph(seed=3, concepts=40, relations=700)
        await store.upsert("a.md", graph)
        edges = [r for r in graph.relations if r.type is T.PREREQUISITE_OF and r.confidence >= min_confidence]
        every = sorted((r.source, r.target) for r in graph.relations if r.type is T.PREREQUISITE_OF)
        assert await store.prerequisites() == every
        for start in ids(graph.concepts)[:12]:
            closure, frontier = {start}, {start}
            while frontier:
                frontier = {r.source for r in edges if r.target in frontier} - closure
                closure |= frontier
            found = await store.prerequisites_of([start, "nothing", start], min_confidence=min_confidence)
            assert ids(found.concepts) == sorted(closure)
            assert list(found.relations) == [r for r in edges if r.target in closure]
            assert not found.truncated

    async def test_prerequisites_of_a_long_chain_and_a_ladder(self, store: GraphStore) -> None:
        """A chain of 300, and a ladder with 2**60 paths through it, are walked once."""
        chain = [Relation(f"c{n:03}", T.PREREQUISITE_OF, f"c{n + 1:03}") for n in range(299)]
        ladder = [
            Relation(f"{a}{n:02}", T.PREREQUISITE_OF, f"{b}{n + 1:02}") for n in range(60) for a in "xy" for b in "xy"
        ]
        await store.upsert("a.md", KnowledgeGraph.of([], [*chain, *ladder]))
        assert len((await store.prerequisites_of(["c299"])).concepts) == 300
        found = await store.prerequisites_of(["x60"])
        assert (len(found.concepts), len(found.relations)) == (121, 238)

    # -- everything -----------------------------------------------------------------------------------------------

    async def test_graph_can_be_limited(self, store: GraphStore) -> None:
        """To types of relations, and without passages; the concepts are all there."""
        graph = await fill(store)
        some = await store.graph(types=[T.COMBINES, T.USES], with_passages=False)
        assert some.concepts == graph.concepts
        assert some.relations == tuple(r for r in graph.relations if r.type in (T.COMBINES, T.USES))
        assert (some.passages, some.sources) == ((), graph.sources)
        assert (await store.graph(types=[])).relations == ()

    async def test_stats_and_sources(self, store: GraphStore) -> None:
        """Counts of the merged graph, by type and kind in the order of their tables, those that occur."""
        graph = await fill(store)
        stats = await store.stats()
        assert (stats.concepts, stats.relations, stats.passages, stats.sources) == (13, 23, 4, 2)
        assert stats.relations_by_type == tuple((t, n) for t in T if (n := sum(r.type is t for r in graph.relations)))
        assert stats.concepts_by_kind == tuple(
            (k, n) for k in ConceptKind if (n := sum(c.kind is k for c in graph.concepts))
        )
        assert await store.sources() == list(graph.sources)

    async def test_an_empty_store_answers(self, store: GraphStore) -> None:
        """Every question has an empty answer."""
        assert await store.graph() == KnowledgeGraph()
        assert (await store.stats()).concepts == await store.count() == 0
        assert await store.topics() == await store.sources() == await store.search("x", first=1) == []
        assert await store.search_passages("x", first=1) == []
        assert (await store.concepts(first=1)).concepts == ()

    async def test_a_question_about_many_costs_as_many_statements_as_one_about_one(self, store: GraphStore) -> None:
        """`statements` grows by the same number for one concept and for all of them."""
        graph = await fill(store)
        everyone = [c.id for c in graph.concepts]
        for ask in (
            store.get,
            store.resolve,
            store.relations,
            store.passages,
            lambda some: store.neighborhood(some, radius=0, first=50),
            lambda some: store.get_relations([r.key for r in graph.relations if r.source in some]),
        ):
            costs = []
            for some in (everyone[:1], everyone):
                before = store.statements
                await ask(some)
                costs.append(store.statements - before)
            assert costs[0] == costs[1] > 0

    # -- lifetime -------------------------------------------------------------------------------------------------

    async def test_closed_and_opened_again(self, store_url: str) -> None:
        """Content stays; a store that is not open, or open already, says so."""
        store = open_store(store_url)
        with pytest.raises(StoreError, match="not open"):
            await store.stats()
        async with store:
            graph = await fill(store)
            with pytest.raises(StoreError, match="open already"):
                await store.__aenter__()
        with pytest.raises(StoreError, match="not open"):
            await store.upsert(A, KnowledgeGraph())
        async with store:
            assert await store.graph() == graph
        async with open_store(store_url) as other:
            assert await other.graph() == graph

    async def test_the_revision_changes_with_every_write_that_changes_something(self, store_url: str) -> None:
        """By whichever store it was written; what changes nothing changes no revision; no two states share one."""
        async with open_store(store_url) as one, open_store(store_url) as two:
            seen = [await one.revision()]
            for write in (
                two.upsert(A, attention_graph()),
                one.upsert(B, boosting_graph()),
                two.upsert(B, KnowledgeGraph()),
                one.remove([A]),
                one.upsert("x.md", KnowledgeGraph.of([], [], [Passage("x.md", 1, "only a passage")])),
            ):
                await write
                seen.append(await one.revision())
                assert await two.revision() == seen[-1]
            assert len(set(seen)) == len(seen)
            assert not await two.upsert(B, KnowledgeGraph())
            assert not await one.remove([A, "nothing.md"])
            with pytest.raises(InvalidGraph):
                await two.upsert(A, KnowledgeGraph.of([Concept("", "no id")]))
            before = one.statements
            assert await one.revision() == seen[-1]
            assert one.statements == before + 1
        async with open_store(store_url) as again:
            assert await again.revision() == seen[-1]

    async def test_the_records_of_loads_are_the_latest_and_change_nothing_else(self, store_url: str) -> None:
        """Another store sees each as it was last recorded, newest first, with an age; there are never more than 20."""
        async with open_store(store_url) as store, open_store(store_url) as other:
            await store.upsert(A, attention_graph())
            before, graph = await store.revision(), await store.graph()
            first = Load("one", LoadState.READING, 7, 2, "a/`b'.md", started_at=1.5)
            await store.record_load(first)
            (seen,) = await other.loads()
            assert 0 <= seen.age_s < 60
            assert replace(seen, age_s=0.0) == first
            assert not seen.is_stalled
            await store.record_load(Load("two", failures=1))
            ended = replace(
                first, state=LoadState.FAILED, files_done=3, changes=Changes(1, 2, 3, 4, 5, 6), error="no \x00"
            )
            await other.record_load(ended)
            assert [replace(row, age_s=0.0) for row in await store.loads()] == [Load("two", failures=1), ended]
            for number in range(KEPT_LOADS):
                await store.record_load(Load(f"many {number:02}"))
                await asyncio.sleep(0.002)  # which came first is a matter of milliseconds
            assert [row.id for row in await other.loads()] == [f"many {n:02}" for n in reversed(range(KEPT_LOADS))]
            assert (await other.revision(), await other.graph()) == (before, graph)

    async def test_a_question_for_loads_is_one_statement(self, store: GraphStore) -> None:
        await store.record_load(Load("one"))
        before = store.statements
        await store.loads()
        assert store.statements - before == 1

    async def test_readers_never_see_half_a_source(self, store_url: str) -> None:
        """Eight readers in two stores, while a third one replaces, removes and adds sources of 60 concepts."""

        def version(number: int) -> KnowledgeGraph:
            names = [f"n{row:03}" for row in range(60)]
            return KnowledgeGraph.of(
                (Concept(name, f"version {number}", definition=f"text {number} " * 9) for name in names),
                (Relation(a, T.USES, b, group=str(number)) for a, b in pairwise(names)),
            )

        async def read(store: GraphStore, done: asyncio.Event) -> int:
            count = 0
            while not done.is_set():
                graph = await store.graph()
                seen = {c.name for c in graph.concepts} | {f"version {r.group}" for r in graph.relations}
                assert len(seen) <= 1
                assert (len(graph.concepts), len(graph.relations)) in {(0, 0), (60, 59)}
                some = await store.get(["n000", "n059", "n030"])
                assert len({c.name for c in some.values()}) <= 1
                assert len(some) in {0, 3}
                count += 1
            return count

        async with open_store(store_url) as writer, open_store(store_url) as one, open_store(store_url) as two:
            done = asyncio.Event()
            readers = [asyncio.create_task(read(store, done)) for store in (one, two) for _ in range(4)]
            try:
                for number in range(8):
                    await writer.upsert("a.md", version(number))
                    if number % 4 == 3:
                        await writer.remove(["a.md"])
            finally:
                done.set()
                await asyncio.wait(readers)
        assert min(reader.result() for reader in readers) > 0

    async def test_two_writers_take_turns(self, store_url: str) -> None:
        """Two stores that write at the same time both succeed, and what they share is merged."""
        async with open_store(store_url) as one, open_store(store_url) as two:
            graphs = {f"{n}.md": KnowledgeGraph.of([Concept("x", f"X{n}"), Concept(f"x{n}", "X")]) for n in range(8)}
            await asyncio.gather(
                *((one if n % 2 else two).upsert(path, graph) for n, (path, graph) in enumerate(graphs.items()))
            )
            assert await one.graph() == await two.graph() == shown(graphs)

    async def test_a_cancelled_write_is_whole_or_not_there(self, store: GraphStore) -> None:
        """Whenever the caller gives up, the source is as before or as wanted, and the store works on."""
        big = random_graph(seed=1, concepts=60, relations=120)
        for wait_s in (0.0, 0.002, 0.01, 0.03, 0.1):
            await store.remove(["a.md"])
            task = asyncio.create_task(store.upsert("a.md", big))
            await asyncio.sleep(wait_s)
            task.cancel()
            with suppress(asyncio.CancelledError):  # it may have been faster than we
                await task
            assert await store.graph() in (KnowledgeGraph(), shown({"a.md": big}))
        await store.upsert("a.md", big)
        assert await store.graph() == shown({"a.md": big})
