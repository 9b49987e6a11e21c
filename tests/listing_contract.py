"""What every store keeps about lists of concepts (`graph.listing`), as tests; see `tests.store_contract`.

The oracle looks at the whole graph and counts, sorts and filters it plainly.
"""

import itertools
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import networkx as nx
import pytest

from graph.errors import InvalidQuery
from graph.listing import (
    ConceptFilter,
    ConceptOrder,
    Facet,
    Measures,
    OrderBy,
    Position,
    RelationFilter,
)
from graph.model import Concept, ConceptKind, Evidence, KnowledgeGraph, Origin, Passage, Relation, RelationType
from graph.names import name_key
from graph.question import parse_query
from graph.ranking import rank
from graph.store import GraphStore

T = RelationType


# -- the oracle ---------------------------------------------------------------------------------------------------


def measured(graph: KnowledgeGraph) -> dict[str, Measures]:
    """The measures of every concept of a graph that a store shows."""
    needs = nx.DiGraph()
    needs.add_nodes_from(c.id for c in graph.concepts)
    needs.add_edges_from((r.source, r.target) for r in graph.relations if r.type is T.PREREQUISITE_OF)
    condensed = nx.condensation(needs)
    depth: dict[int, int] = {}
    for block in nx.topological_sort(condensed):
        depth[block] = max((depth[p] + 1 for p in condensed.predecessors(block)), default=0)
    found = {}
    for concept in graph.concepts:
        mine = [r for r in graph.relations if concept.id in (r.source, r.target)]
        near = {end for r in mine if r.type is not T.IN_TOPIC for end in (r.source, r.target)} - {concept.id}
        members = sum(r.type is T.IN_TOPIC and r.target == concept.id for r in mine)
        mentions = sum(concept.id in p.concepts for p in graph.passages)
        importance = (100 * len(near) + 20 * members + min(90, mentions)) / 100
        found[concept.id] = Measures(importance, len(mine), depth[condensed.graph["mapping"][concept.id]])
    return found


def below(graph: KnowledgeGraph, topic: str) -> set[str]:
    found: set[str] = set()
    todo = [topic]
    while todo:
        here = todo.pop()
        new = {r.source for r in graph.relations if r.type is T.IN_TOPIC and r.target == here} - found
        found |= new
        todo += new
    return found


def like(relation: Relation, concept: str, where: RelationFilter) -> bool:
    ends = {"out": (relation.source,), "in": (relation.target,), "both": (relation.source, relation.target)}
    return (
        concept in ends[where.direction]
        and (where.types is None or relation.type in where.types)
        and (where.origins is None or relation.origin in where.origins)
        and relation.confidence >= where.min_confidence
    )


def chosen(graph: KnowledgeGraph, where: ConceptFilter) -> list[Concept]:
    """The concepts of a graph that a filter chooses."""
    found = list(graph.concepts)
    if where.topic is not None:
        inside = (
            below(graph, where.topic)
            if where.subtopics
            else {r.source for r in graph.relations if r.type is T.IN_TOPIC and r.target == where.topic}
        )
        found = [c for c in found if c.id in inside]
    if where.kinds is not None:
        found = [c for c in found if c.kind in where.kinds]
    if where.relation is not None:
        found = [c for c in found if any(like(r, c.id, where.relation) for r in graph.relations)]
    if where.has_prerequisites is not None:
        needy = {r.target for r in graph.relations if r.type is T.PREREQUISITE_OF and r.source != r.target}
        found = [c for c in found if (c.id in needy) is where.has_prerequisites]
    if where.text is not None:
        query = parse_query(where.text)
        hits = {hit.concept.id for hit in rank(query, found)} if query else set()
        found = [c for c in found if c.id in hits]
    if where.source is not None:
        told = {i for p in graph.passages if p.source == where.source for i in p.concepts}
        found = [c for c in found if c.document == where.source or c.id in told]
    return found


def in_order(graph: KnowledgeGraph, concepts: Sequence[Concept], order: ConceptOrder) -> list[str]:
    """The ids of some concepts of a graph in an order."""
    measures = measured(graph)

    def key(concept: Concept) -> tuple[float, str, str]:
        its = measures[concept.id]
        by = {OrderBy.NAME: 0, OrderBy.IMPORTANCE: -its.importance, OrderBy.DEGREE: -its.degree}
        return (by.get(order.by, its.depth), name_key(concept.name), concept.id)

    return [c.id for c in sorted(concepts, key=key, reverse=order.reverse)]


# -- graphs -------------------------------------------------------------------------------------------------------


def made_up(seed: int, *, concepts: int = 30, relations: int = 90) -> KnowledgeGraph:
    """Concepts of all kinds in two files, with everything that filters look at: cycles and namesakes too."""
    choose = random.Random(seed)
    ids = [f"c{n:02}" for n in range(concepts)]
    files = ["a.md", "b.md"]
    words = ["attention", "head", "query", "注意力", "机制", "C++", "the"]
    rows = [
        Concept(
            i,
            " ".join(choose.sample(words, 2)),
            tuple(choose.sample(words, 1)),
            choose.choice(list(ConceptKind)[:4]),
            choose.choice([None, "about 注意力", "a multi head"]),
            choose.choice([None, *files]),
            1,
        )
        for i in ids
    ]
    types = [T.PREREQUISITE_OF, T.PREREQUISITE_OF, T.IN_TOPIC, T.USES, T.IS_A, T.CONTRASTS_WITH]
    edges = []
    for _ in range(relations):
        type_, at = choose.choice(types), choose.randrange(concepts)
        near = choose.randrange(at + 1) if choose.random() < 0.9 else choose.randrange(concepts)
        ends = (ids[at], ids[near]) if type_ is T.IN_TOPIC else (ids[near], ids[at])
        said = (Evidence(choose.choice(files), 1, "said", "rule"),)
        edges.append(
            Relation(ends[0], type_, ends[1], choose.choice(list(Origin)), choose.choice([0.2, 0.5, 0.9]), said)
        )
    passages = [
        Passage(choose.choice(files), n, f"text {n}", (), tuple(choose.sample(ids, 3))) for n in range(concepts // 2)
    ]
    return KnowledgeGraph.of(rows, edges, passages)


def parts(graph: KnowledgeGraph, seed: int, *, count: int = 4) -> dict[str, KnowledgeGraph]:
    """The graph as the contributions of several sources, whose merge it is."""
    choose = random.Random(seed)
    dealt: list[tuple[list[Concept], list[Relation], list[Passage]]] = [([], [], []) for _ in range(count)]
    for concept in graph.concepts:
        choose.choice(dealt)[0].append(concept)
    for relation in graph.relations:
        choose.choice(dealt)[1].append(relation)
    for passage in graph.passages:
        choose.choice(dealt)[2].append(passage)
    return {f"{n}.json": KnowledgeGraph.of(*rows) for n, rows in enumerate(dealt)}


RELATION_FILTERS = [
    RelationFilter(),
    RelationFilter(types=[T.USES, T.IS_A]),
    RelationFilter(types=[T.IN_TOPIC], direction="in"),
    RelationFilter(types=[T.PREREQUISITE_OF], direction="out", min_confidence=0.6),
    RelationFilter(origins=[Origin.INFERRED], direction="in"),
    RelationFilter(types=[]),
    RelationFilter(origins=[]),
    RelationFilter(min_confidence=0.95),
]
FILTERS = [
    ConceptFilter(),
    ConceptFilter(topic="c00"),
    ConceptFilter(topic="c00", subtopics=True),
    ConceptFilter(topic="nothing", subtopics=True),
    ConceptFilter(topic="a\0b"),
    ConceptFilter(kinds=[ConceptKind.TOPIC, ConceptKind.MODEL]),
    ConceptFilter(kinds=[]),
    ConceptFilter(has_prerequisites=True),
    ConceptFilter(has_prerequisites=False),
    ConceptFilter(source="a.md"),
    ConceptFilter(source="no.md"),
    ConceptFilter(source="a\0"),
    *(ConceptFilter(relation=relation) for relation in RELATION_FILTERS),
    *(
        ConceptFilter(text=text)
        for text in ("attention", "注意力", "head 注", "力", "att multi", "C++", "the", "?!", "意注")
    ),
    ConceptFilter(text="head", kinds=[ConceptKind.METHOD], has_prerequisites=True, source="b.md"),
    ConceptFilter(topic="c00", subtopics=True, text="注意力", relation=RELATION_FILTERS[1]),
]
ORDERS = [ConceptOrder(by, reverse) for by, reverse in itertools.product(OrderBy, (False, True))]


class ListingContract:
    """The tests; the fixture `store` is that of `StoreContract`."""

    async def fill_parts(self, store: GraphStore, seed: int) -> KnowledgeGraph:
        graph = made_up(seed)
        for path, part in parts(graph, seed).items():
            await store.upsert(path, part)
        assert await store.graph() == graph
        return graph

    async def test_measures_are_right_after_every_write(self, store: GraphStore) -> None:
        """Whatever comes and goes, in several sources at once: counts, cycles that open and close, chains."""
        choose = random.Random(5)
        everyone = [f"c{n:02}" for n in range(30)]
        for step in range(12):
            part = choose.choice(list(parts(made_up(step), step).values()))
            if choose.random() < 0.3:
                await store.remove([f"{n}.json" for n in choose.sample(range(3), 2)])
            else:
                await store.upsert(f"{step % 3}.json", part)
            expected = measured(await store.graph())
            assert await store.measures(everyone) == {i: expected[i] for i in everyone if i in expected}
        assert await store.measures(["nothing", "a\0"]) == {}

    async def test_depths_follow_what_is_far_away(self, store: GraphStore) -> None:
        """A chain grows at its beginning, closes to a cycle, opens again, and is cut in the middle."""
        chain = [f"c{n}" for n in range(6)]
        links = [Relation(a, T.PREREQUISITE_OF, b) for a, b in itertools.pairwise(chain)]

        async def found() -> list[int]:
            measures = await store.measures(chain)
            return [measures[i].depth for i in chain if i in measures]

        await store.upsert("chain", KnowledgeGraph.of([], links[1:]))
        assert await found() == [0, 1, 2, 3, 4]
        await store.upsert("start", KnowledgeGraph.of([], links[:1]))
        assert await found() == [0, 1, 2, 3, 4, 5]
        await store.upsert("back", KnowledgeGraph.of([], [Relation("c3", T.PREREQUISITE_OF, "c1")]))
        assert await found() == [0, 1, 1, 1, 2, 3]
        await store.upsert("detour", KnowledgeGraph.of([], [Relation("c2", T.PREREQUISITE_OF, "c5")]))
        assert await found() == [0, 1, 1, 1, 2, 3]
        await store.remove(["back"])
        assert await found() == [0, 1, 2, 3, 4, 5]
        await store.upsert("chain", KnowledgeGraph.of([], [*links[1:3], *links[4:]]))
        assert await found() == [0, 1, 2, 3, 0, 3]
        await store.remove(["chain", "start"])
        assert await store.measures(chain) == {"c2": Measures(1.0, 1, 0), "c5": Measures(1.0, 1, 1)}

    @pytest.mark.parametrize("order", ORDERS, ids=lambda order: f"{order.by}{'-reverse' * order.reverse}")
    async def test_pages_of_every_list_are_the_list(self, store: GraphStore, order: ConceptOrder) -> None:
        """Whatever is chosen, in every order, by pages of any size: the concepts that the oracle has, in its order."""
        graph = await self.fill_parts(store, 1)
        for number, where in enumerate(FILTERS):
            expected = in_order(graph, chosen(graph, where), order)
            assert await store.count(where) == len(expected), where
            seen: list[str] = []
            after = None
            while True:
                page = await store.concepts(first=(1, 7, 30)[number % 3], after=after, where=where, order=order)
                seen += [c.id for c in page.concepts]
                assert [p.id for p in page.positions] == [c.id for c in page.concepts]
                if not page.has_next:
                    break
                after = page.positions[-1]
            assert seen == expected, where

    async def test_the_filters_of_these_tests_choose_something_and_leave_something_out(self) -> None:
        """Else the tests above would say little."""
        graph = made_up(1)
        counts = [len(chosen(graph, where)) for where in FILTERS]
        assert sum(0 < count < len(graph.concepts) for count in counts) > 18

    @pytest.mark.parametrize("order", ORDERS, ids=lambda order: f"{order.by}{'-reverse' * order.reverse}")
    async def test_a_place_stays_when_its_concept_is_gone_and_others_come(
        self, store: GraphStore, order: ConceptOrder
    ) -> None:
        """The page after it has what stands after it now."""
        graph = await self.fill_parts(store, 2)
        page = await store.concepts(first=9, order=order)
        gone = page.concepts[-1].id
        remaining = KnowledgeGraph.of(
            [c for c in graph.concepts if c.id != gone],
            [r for r in graph.relations if gone not in (r.source, r.target)],
            [replace(p, concepts=tuple(i for i in p.concepts if i != gone)) for p in graph.passages],
        )
        await store.remove([f"{n}.json" for n in range(4)])
        await store.upsert("new.json", remaining)
        added = KnowledgeGraph.of([Concept(f"x{n}", name) for n, name in enumerate(("AAA", "注", "zz", "head"))])
        await store.upsert("added.json", added)
        now = await store.graph()
        every = in_order(now, now.concepts, order)
        found = await store.concepts(first=99, after=page.positions[-1], order=order)
        measures = measured(now)
        ranks = {
            OrderBy.NAME: lambda i: 0,
            OrderBy.IMPORTANCE: lambda i: -round(measures[i].importance * 100),
            OrderBy.DEGREE: lambda i: -measures[i].degree,
            OrderBy.DEPTH: lambda i: measures[i].depth,
        }[order.by]
        names = {c.id: name_key(c.name) for c in now.concepts}
        places = {i: Position(ranks(i), names[i], i) for i in every}
        cut = page.positions[-1]
        expected = [i for i in every if (places[i] < cut if order.reverse else places[i] > cut)]
        assert [c.id for c in found.concepts] == expected
        assert gone not in expected

    @pytest.mark.parametrize(
        "after",
        [Position(2**60, "a", "a"), Position(0, "a\0", "a"), Position(0, "a", "\ud800"), Position(0, "x" * 9999, "a")],
    )
    async def test_a_place_that_no_list_can_have_is_refused(self, store: GraphStore, after: Position) -> None:
        """InvalidQuery, not an error of the store."""
        with pytest.raises(InvalidQuery):
            await store.concepts(first=5, after=after)
        assert (await store.concepts(first=5, after=Position(0, "", ""))).concepts == ()

    async def test_facets_count_the_concepts_of_every_list(self, store: GraphStore) -> None:
        """By topic, kind, type and origin of their relations."""
        graph = await self.fill_parts(store, 3)
        by_id = {c.id: c for c in graph.concepts}
        for where in FILTERS:
            some = {c.id for c in chosen(graph, where)}
            assert await store.facet(Facet.KIND, where) == Counter(by_id[i].kind.value for i in some), where
            for facet, value in ((Facet.RELATION_TYPE, "type"), (Facet.ORIGIN, "origin")):
                pairs = {
                    (end, getattr(r, value).value)
                    for r in graph.relations
                    for end in (r.source, r.target)
                    if end in some
                }
                assert await store.facet(facet, where) == Counter(v for _, v in pairs), where
            members = Counter(r.target for r in graph.relations if r.type is T.IN_TOPIC and r.source in some)
            expected = sorted(members, key=lambda i: (-members[i], name_key(by_id[i].name), i))
            found = await store.topic_facet(where, first=3)
            assert [(c.id, n) for c, n in found] == [(i, members[i]) for i in expected[:3]], where
        with pytest.raises(InvalidQuery):
            await store.topic_facet(first=0)

    @pytest.mark.parametrize("where", RELATION_FILTERS)
    async def test_relations_are_filtered_alike(self, store: GraphStore, where: RelationFilter) -> None:
        """By types, direction, origins and confidence."""
        graph = await self.fill_parts(store, 4)
        everyone = [c.id for c in graph.concepts]
        found = await store.relations(
            everyone,
            types=None if where.types is None else list(where.types),
            direction=where.direction,
            origins=None if where.origins is None else list(where.origins),
            min_confidence=where.min_confidence,
        )
        assert found == {i: [r for r in graph.relations if like(r, i, where)] for i in everyone}

    async def test_lists_cost_one_statement(self, store: GraphStore) -> None:
        """Whatever is chosen; the Neo4j store has two more of its own for every read."""
        await self.fill_parts(store, 1)
        own = 2 if "Neo4j" in type(store).__name__ else 0
        for where in FILTERS:
            for ask in (
                lambda where=where: store.concepts(first=5, where=where, order=ConceptOrder(OrderBy.DEPTH)),
                lambda where=where: store.count(where),
                lambda where=where: store.topic_facet(where, first=5),
                lambda where=where: store.facet(Facet.ORIGIN, where),
            ):
                before = store.statements
                await ask()
                assert store.statements - before <= 1 + own, where
