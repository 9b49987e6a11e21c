"""What a drawing of each view holds: the plain values that the page reads."""

import itertools
from typing import Any

import pytest

from graph.model import Concept, ConceptKind, Evidence, KnowledgeGraph, Origin, Relation, RelationType
from tests.map_samples import hostile_graph, seeded_graph
from tests.samples import attention_graph
from viz.asked import LAYOUTS, ORDER_FIRST, VIEWS, Asked
from viz.drawing import Drawing, draw
from viz.index import GraphIndex

T = RelationType
GQA = "grouped-query-attention"
MQA = "multi-query-attention"
MHA = "multi-head-attention"


def drawn(graph: KnowledgeGraph, view: str = "all", *names: str, **asked: Any) -> Drawing:
    return draw(GraphIndex(graph), Asked(view=view, names=names, **asked))  # type: ignore[arg-type]


def ids(drawing: Drawing) -> list[Any]:
    return [node["concept"] for node in drawing.nodes]


def diamond() -> KnowledgeGraph:
    """Five concepts: a before b and c, both before d, and a before d as well; e and d before each other."""
    pairs = [("a", "b", 0.9), ("a", "c", 0.9), ("b", "d", 0.9), ("c", "d", 0.4), ("a", "d", 0.8), ("d", "e", 0.9)]
    rows = [Relation(s, T.PREREQUISITE_OF, t, Origin.STATED, sure) for s, t, sure in pairs]
    rows.append(Relation("b", T.EXTENDS, "a"))
    return KnowledgeGraph.of([Concept(i, i.upper()) for i in "abcde"], rows)


def test_a_drawing_names_its_view_and_its_layout() -> None:
    for view, names in {"overview": [], "path": [GQA], "neighborhood": [GQA], "compare": [GQA, MQA]}.items():
        data = drawn(attention_graph(), view, *names).data
        assert (data["view"], data["layout"]) == (view, VIEWS[view].layout)  # type: ignore[index]
        assert data["asked"]["names"] == names  # type: ignore[index]


def test_steps_of_a_path_are_numbered_in_order_and_say_why() -> None:
    drawing = drawn(attention_graph(), "path", "GQA")
    numbers = {node["concept"]: node["step"] for node in drawing.nodes}
    assert sorted(numbers.values()) == [1, 2, 3, 4, 5]
    assert numbers["attention"] < numbers["self-attention"] < numbers[MHA] < numbers[MQA] < numbers[GQA]
    path: Any = drawing.data["path"]
    assert [step["id"] for step in path["steps"]] == sorted(numbers, key=numbers.__getitem__)
    why = next(step["because"] for step in path["steps"] if step["id"] == "attention")
    assert why == [
        {
            "source": "attention",
            "type": "PREREQUISITE_OF",
            "target": "self-attention",
            "confidence": 0.7,
            "origin": "inferred",
            "via": [["self-attention", "IS_A", "attention"]],
            "taught": False,
            "cut": False,
        }
    ]
    assert (path["targets"], path["sure"], path["rings"], path["background"]) == ([GQA], None, [], [])


def test_arrows_that_follow_from_a_chain_are_left_out_of_a_path_but_not_of_its_reasons() -> None:
    drawing = drawn(diamond(), "path", "d", sure=0.0)
    assert {tuple(edge["ends"]) for edge in drawing.edges} == {("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")}  # type: ignore[arg-type]
    path: Any = drawing.data["path"]
    first = next(step for step in path["steps"] if step["id"] == "a")
    assert {why["target"] for why in first["because"]} == {"b", "c", "d"}


def test_less_sure_prerequisites_are_not_walked() -> None:
    assert ids(drawn(diamond(), "path", "d", sure=0.5)) == ["a", "b", "d"]
    assert set(ids(drawn(diamond(), "path", "d", sure=0.0))) == {"a", "b", "c", "d"}


def test_a_circle_of_prerequisites_is_drawn_and_told() -> None:
    rows = [("a", "b", 0.9), ("b", "c", 0.9), ("c", "a", 0.6)]
    said = {s: (Evidence("n.md", i, f"{s} before {t}", "en.prerequisite"),) for i, (s, t, _) in enumerate(rows, 1)}
    graph = KnowledgeGraph.of(
        [], [Relation(s, T.PREREQUISITE_OF, t, Origin.STATED, sure, said[s]) for s, t, sure in rows]
    )
    drawing = drawn(graph, "path", "c")
    path: Any = drawing.data["path"]
    assert [[(b["source"], b["target"], b["confidence"]) for b in ring] for ring in path["rings"]] == [rows]
    assert path["rings"][0][2]["said"] == {"path": "n.md", "line": 3, "text": "c before a"}
    assert [step["id"] for step in path["steps"]] == ["a", "b", "c"]
    assert path["steps"][2]["because"] == []  # a goal, and no step because of what was cut
    assert [tuple(edge["ends"]) for edge in drawing.edges if edge.get("cut")] == [("c", "a")]  # type: ignore[arg-type]
    assert len(drawing.edges) == 3


def test_an_essential_path_leaves_what_only_the_field_teaches_to_the_background() -> None:
    """d needs c, as a sentence says; the field alone puts b before c, and a before b; x comes right before the goal."""
    said = (Evidence("n.md", 1, "Know c before d.", "en.prerequisite"),)
    field = (Evidence("n.md", 2, "c", "lexicon.prerequisite"),)
    rows = [Relation("c", T.PREREQUISITE_OF, "d", Origin.STATED, 0.9, said)]
    rows += [
        Relation(a, T.PREREQUISITE_OF, b, Origin.INFERRED, 0.5, field)
        for a, b in [("b", "c"), ("a", "b"), ("a", "x"), ("x", "d")]
    ]
    graph = KnowledgeGraph.of([], rows)
    drawing = drawn(graph, "path", "d")
    path: Any = drawing.data["path"]
    assert [step["id"] for step in path["steps"]] == ["c", "x", "d"] == ids(drawing)
    assert [(row["id"], [b["target"] for b in row["because"]]) for row in path["background"]] == [
        ("a", ["b", "x"]),
        ("b", ["c"]),
    ]
    assert [b["taught"] for step in path["steps"] for b in step["because"]] == [False, True]
    assert ids(drawn(graph, "path", "d", sure=0.5)) == ["a", "b", "c", "x", "d"]


ORDER = frozenset({T.PREREQUISITE_OF})


def test_an_order_without_a_goal_begins_with_what_matters_most_and_has_no_arrow_to_spare() -> None:
    """As few as can be read, each tied to another, without guesses and without what follows from a chain of others."""
    chain = [f"c{i:03}" for i in range(100)]
    rows = [
        Relation(a, T.PREREQUISITE_OF, b, confidence=0.9) for i, a in enumerate(chain) for b in chain[i + 1 : i + 9]
    ]
    rows += [Relation("guess", T.PREREQUISITE_OF, b, Origin.INFERRED, 0.3) for b in chain]
    rows += [Relation(f"leaf{i}", T.PREREQUISITE_OF, "lonely", confidence=0.9) for i in range(30)]
    graph = KnowledgeGraph.of([], rows)
    drawing = drawn(graph, "order", types=ORDER)
    shown = ids(drawing)
    assert len(shown) == ORDER_FIRST
    assert drawing.data["reach"] == 131
    assert "guess" not in shown
    assert "lonely" not in shown  # its leaves matter less than any of the chain: it would stand alone
    pairs = {tuple(edge["ends"]) for edge in drawing.edges}  # type: ignore[arg-type]
    assert pairs == set(itertools.pairwise(sorted(shown)))
    assert len(ids(drawn(graph, "order", types=ORDER, most=300))) == 131
    assert "guess" in ids(drawn(graph, "order", types=ORDER, most=300, sure=0.0))


def test_an_order_with_a_circle_is_reduced_all_the_same() -> None:
    rows = [("a", "b", 0.9), ("b", "c", 0.9), ("c", "a", 0.6), ("a", "c", 0.8)]
    graph = KnowledgeGraph.of([], [Relation(s, T.PREREQUISITE_OF, t, Origin.STATED, sure) for s, t, sure in rows])
    pairs = [tuple(edge["ends"]) for edge in drawn(graph, "order", types=ORDER).edges]  # type: ignore[arg-type]
    assert sorted(pairs) == [("a", "b"), ("b", "c"), ("c", "a")]


def test_a_long_path_has_bands_that_name_their_steps() -> None:
    chain = [f"c{i:02}" for i in range(60)]
    graph = KnowledgeGraph.of([], [Relation(a, T.PREREQUISITE_OF, b) for a, b in itertools.pairwise(chain)])
    areas: Any = drawn(graph, "path", "c59").data["areas"]
    ends = [tuple(map(int, area["name"].split("–"))) for area in areas]
    assert ends[0][0] == 1
    assert ends[-1][1] == 60
    assert all(a[1] + 1 == b[0] for a, b in itertools.pairwise(ends))
    assert all(
        area["shown"] == area["count"] == last - first + 1 for area, (first, last) in zip(areas, ends, strict=True)
    )


def test_a_path_that_is_too_long_keeps_what_is_nearest_to_its_goal() -> None:
    chain = [f"c{i:02}" for i in range(60)]
    graph = KnowledgeGraph.of([], [Relation(a, T.PREREQUISITE_OF, b) for a, b in itertools.pairwise(chain)])
    drawing = drawn(graph, "path", "c59", most=10)
    assert ids(drawing) == chain[50:]
    assert [node["step"] for node in drawing.nodes] == list(range(51, 61))
    assert drawing.data["reach"] == 60


def test_a_comparison_tells_what_is_shared_and_how_and_what_is_not() -> None:
    """MHA and MQA are both generalized by GQA; only MHA extends self-attention."""
    compare: Any = drawn(attention_graph(), "compare", "MHA", "MQA").data["compare"]
    assert compare["ids"] == [MHA, MQA]
    assert compare["shared"] == [{"id": GQA, "how": [[GQA, "GENERALIZES", MHA], [GQA, "GENERALIZES", MQA]]}]
    assert compare["only"] == {MHA: ["self-attention"], MQA: []}


def test_a_comparison_stands_in_columns() -> None:
    nodes = {n["concept"]: n for n in drawn(attention_graph(), "compare", "MHA", "MQA").nodes}
    x: Any = {i: node["x"] for i, node in nodes.items()}
    assert x["self-attention"] < x[MHA] < x[GQA] < x[MQA]


def test_an_overview_collapses_areas_and_counts_what_it_hides() -> None:
    graph = seeded_graph(concepts=420)
    drawing = drawn(graph, "overview")
    areas: Any = drawing.data["areas"]
    assert len(drawing.nodes) <= VIEWS["overview"].most
    assert 2 <= len(areas) <= 24
    heads = {area["head"] for area in areas} - {None}
    assert sum(area["shown"] for area in areas) + len(heads) == len(drawing.nodes)
    assert all(area["count"] > area["shown"] >= 1 for area in areas)
    assert sum(area["count"] for area in areas) + len(heads) <= 420
    assert all(area["name"] for area in areas)


def test_what_an_area_opens_has_at_least_what_it_counts() -> None:
    graph = seeded_graph(concepts=420)
    index = GraphIndex(graph)
    areas: Any = draw(index, Asked()).data["areas"]
    for area in areas:
        opened = draw(index, Asked(view="topic", names=(area["opens"],)))
        assert opened.selection.reach >= area["count"] + (area["head"] is not None)


def test_without_topics_an_overview_shows_communities() -> None:
    """Two times sixty concepts in two clusters are two areas, named after their most important."""
    rows = [
        Relation(f"{s}{i:02}", T.USES, f"{s}{(i + step) % 60:02}")
        for s in "pq"
        for i in range(60)
        for step in (1, 2, 7)
    ]
    areas: Any = drawn(KnowledgeGraph.of([], [*rows, Relation("p00", T.USES, "q00")]), "overview").data["areas"]
    assert len(areas) >= 2
    assert all(area["head"] is None and area["name"].endswith(", …") for area in areas)
    assert sum(area["count"] for area in areas) == 120


def test_what_is_in_no_topic_and_hangs_together_with_nothing_has_no_name() -> None:
    """A topic's area, and the rest: concepts that only share being in no topic are not called after one of them."""
    loose = [Concept(f"loose-{i}", f"Loose {i}") for i in range(90)]
    inside = [Relation(f"m{i}", T.IN_TOPIC, "topic") for i in range(30)]
    areas: Any = drawn(KnowledgeGraph.of(loose, inside), "overview").data["areas"]
    assert {area["name"] for area in areas} == {"topic", None}


def test_a_topics_size_is_what_its_own_map_shows_whoever_else_holds_its_concepts() -> None:
    rows = [
        Relation("a", T.IN_TOPIC, "small"),
        Relation("a", T.IN_TOPIC, "other"),
        Relation("small", T.IN_TOPIC, "large"),
        Relation("b", T.IN_TOPIC, "large"),
        Relation("large", T.IN_TOPIC, "small"),  # topics that hold each other
    ]
    graph = KnowledgeGraph.of([], rows)
    sizes: Any = drawn(graph, "overview").data["topics"]
    assert sizes == {"small": 3, "large": 3, "other": 1}
    for topic, size in sizes.items():
        assert len(ids(drawn(graph, "topic", topic))) == size + 1


def test_areas_stand_in_another_order_on_a_phone_each_as_it_is() -> None:
    drawing = drawn(seeded_graph(), "overview")
    areas: Any = drawing.data["areas"]
    nodes: Any = drawing.nodes

    def span(at: int, key: str) -> float:
        low = [a.get(key)[at] - (a["width"], a["height"])[at] / 2 for a in areas]
        high = [a.get(key)[at] + (a["width"], a["height"])[at] / 2 for a in areas]
        return float(max(high) - min(low))

    for area in areas:
        area["wide"] = [area["x"], area["y"]]
    assert span(0, "tall") < 0.85 * span(1, "tall")
    assert span(0, "wide") > 0.9 * span(1, "wide")
    for node in nodes:  # up to where it stands in its area, left and right perhaps the other way round
        area = areas[node["area"]]
        moved = node["tall"][1] - node["y"]
        assert abs(moved - (area["tall"][1] - area["y"])) < 0.3


def test_a_topics_map_has_all_of_it_and_selects_the_topic() -> None:
    graph = seeded_graph(concepts=420)
    inside = {r.source for r in graph.relations if r.type is T.IN_TOPIC and r.target == "topic-3"}
    drawing = drawn(graph, "topic", "topic-3")
    assert inside | {"topic-3"} <= set(ids(drawing))
    assert drawing.data["focus"] == ["topic-3"]
    assert drawing.data["asked"]["names"] == ["topic-3"]  # type: ignore[index]


def test_a_neighbourhood_draws_the_nearest_and_counts_the_rest() -> None:
    leaves = [f"n{i:03}" for i in range(100)]
    graph = KnowledgeGraph.of([], [Relation("hub", T.USES, leaf) for leaf in leaves])
    drawing = drawn(graph, "neighborhood", "hub")
    assert len(drawing.nodes) == VIEWS["neighborhood"].most
    assert ids(drawing)[0] == "hub"
    assert drawing.data["reach"] == 101


@pytest.mark.parametrize(
    ("filtered", "near"),
    [
        ({"origins": frozenset({Origin.STATED})}, {"b"}),
        ({"least": 0.8}, {"c"}),
        ({"types": frozenset({T.EXTENDS})}, {"c"}),
        ({}, {"b", "c"}),
    ],
)
def test_what_is_switched_off_is_not_near(filtered: dict[str, Any], near: set[str]) -> None:
    graph = KnowledgeGraph.of(
        [], [Relation("a", T.USES, "b", Origin.STATED, 0.6), Relation("a", T.EXTENDS, "c", Origin.STRUCTURAL, 0.9)]
    )
    assert set(ids(drawn(graph, "neighborhood", "a", **filtered))) == {"a"} | near


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("view", ["overview", "path", "neighborhood", "compare", "topic"])
def test_any_view_takes_any_layout_and_is_the_same_every_time(view: str, layout: str) -> None:
    names = {"overview": (), "compare": ("GQA", "MHA"), "topic": ("transformers",)}.get(view, ("GQA",))
    drawing = drawn(attention_graph(), view, *names, layout=layout)
    assert drawing.data["layout"] == layout
    assert len({(node["x"], node["y"]) for node in drawing.nodes}) == len(drawing.nodes)
    assert drawn(attention_graph(), view, *names, layout=layout) == drawing


def test_what_is_opened_on_a_map_joins_it_and_nothing_moves() -> None:
    graph = attention_graph()
    before = drawn(graph, "neighborhood", "Adam")
    after = drawn(graph, "neighborhood", "Adam", added=("GQA", "momentum", "gqa"))
    there = {node["concept"]: (node["x"], node["y"]) for node in before.nodes}
    now = {node["concept"]: (node["x"], node["y"]) for node in after.nodes}
    assert {i: now[i] for i in there} == there
    assert after.data["opened"] == [
        {"id": GQA, "brings": [GQA, MHA, MQA]},
        {"id": "momentum", "brings": ["gradient-descent"]},
    ]
    assert set(now) == set(there) | {GQA, MHA, MQA, "gradient-descent"}
    assert before.data["opened"] is None


def test_what_two_open_concepts_bring_is_told_of_both() -> None:
    after = drawn(attention_graph(), "neighborhood", "Adam", added=("GQA", "MQA"))
    first, second = after.data["opened"]
    assert MHA in first["brings"]
    assert MHA in second["brings"]
    assert second["id"] not in second["brings"]  # it was there by then


def test_marks_grow_with_what_the_whole_graph_relates_to_them() -> None:
    """However little of it is on the map."""
    rows = [Relation("hub", T.USES, f"n{i}") for i in range(30)] + [Relation("hub", T.EXTENDS, "leaf")]
    nodes = drawn(KnowledgeGraph.of([], rows), "neighborhood", "leaf").nodes
    size: Any = {node["concept"]: node["size"] for node in nodes}
    assert size["hub"] > 2 * size["leaf"]


def test_hostile_names_are_carried_as_they_are() -> None:
    graph = hostile_graph()
    for view in ("overview", "all"):
        assert {node["name"] for node in drawn(graph, view).nodes} == {c.name for c in graph.concepts}


def test_a_topic_without_members_is_a_map_of_its_own_area() -> None:
    graph = KnowledgeGraph.of([Concept("t", "T", (), ConceptKind.TOPIC), Concept("a", "A")])
    assert "t" in ids(drawn(graph, "topic", "T"))


@pytest.mark.parametrize("most", [1, 2, 5, 30])
def test_an_overview_takes_any_number_of_marks(most: int) -> None:
    assert 1 <= len(drawn(seeded_graph(concepts=420), "overview", most=most).nodes) <= most
