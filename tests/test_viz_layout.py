"""Layouts: nothing overlaps, the same every time, and what is linked is near."""

import itertools
import math
import random

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viz.layers import blocked, layers_layout
from viz.layout import Layout, Link, areas_layout, focus_layout
from viz.packing import Box, pack, remove_overlaps

NAMES = [f"n{i}" for i in range(16)]


@st.composite
def drawings(draw: st.DrawFn) -> tuple[dict[str, Box], list[Link], list[tuple[str | None, list[str]]]]:
    """Boxes of all shapes, links between them, and a division into groups with and without a head."""
    nodes = NAMES[: draw(st.integers(1, len(NAMES)))]
    boxes = {n: Box(draw(st.integers(4, 160)), draw(st.integers(4, 60))) for n in nodes}
    pairs = st.tuples(st.sampled_from(nodes), st.sampled_from(nodes)).filter(lambda p: p[0] != p[1])
    links = [(a, b, 1.0) for a, b in draw(st.lists(pairs, max_size=40))] if len(nodes) > 1 else []
    groups: list[tuple[str | None, list[str]]] = []
    rest = list(nodes)
    while rest:
        size = draw(st.integers(1, len(rest)))
        members, rest = rest[:size], rest[size:]
        groups.append((members[0] if draw(st.booleans()) else None, members))
    return boxes, links, groups


def overlaps(boxes: dict[str, Box], layout: Layout) -> list[tuple[str, str]]:
    """Return the pairs of nodes whose boxes cover each other."""
    found = []
    for a, b in itertools.combinations(boxes, 2):
        (ax, ay), (bx, by) = layout.positions[a], layout.positions[b]
        wide = (boxes[a].width + boxes[b].width) / 2 - abs(ax - bx)
        high = (boxes[a].height + boxes[b].height) / 2 - abs(ay - by)
        if wide > 1e-6 and high > 1e-6:
            found.append((a, b))
    return found


@settings(max_examples=20, deadline=None)
@given(drawings())
def test_no_two_boxes_of_a_map_overlap_and_areas_hold_their_members(
    drawing: tuple[dict[str, Box], list[Link], list[tuple[str | None, list[str]]]],
) -> None:
    boxes, links, groups = drawing
    layout = areas_layout(boxes, links, groups=groups)
    assert layout.positions.keys() == boxes.keys()
    assert overlaps(boxes, layout) == []
    for area in layout.areas:
        for node in area.members:
            x, y = layout.positions[node]
            assert abs(x - area.x) <= (area.width - boxes[node].width) / 2 + 1e-6
            assert abs(y - area.y) <= (area.height - boxes[node].height) / 2 + 1e-6
    for one, two in itertools.combinations(layout.areas, 2):
        assert abs(one.x - two.x) > (one.width + two.width) / 2 or abs(one.y - two.y) > (one.height + two.height) / 2


@settings(max_examples=20, deadline=None)
@given(drawings())
def test_a_neighbourhood_has_its_focus_in_the_middle_and_no_overlap(
    drawing: tuple[dict[str, Box], list[Link], object],
) -> None:
    boxes, links, _ = drawing
    layout = focus_layout(boxes, links, focus=NAMES[0])
    assert layout.positions[NAMES[0]] == (0.0, 0.0)
    assert overlaps(boxes, layout) == []


@settings(max_examples=40, deadline=None)
@given(drawings())
def test_layers_run_left_to_right_along_an_order_without_cycles(
    drawing: tuple[dict[str, Box], list[Link], object],
) -> None:
    boxes, links, _ = drawing
    forward = [(a, b, w) for a, b, w in links if NAMES.index(a) < NAMES.index(b)]
    layout = layers_layout(boxes, forward)
    assert overlaps(boxes, layout) == []
    for a, b, _w in forward:
        assert layout.positions[a][0] + boxes[a].width / 2 < layout.positions[b][0] - boxes[b].width / 2


@settings(max_examples=20, deadline=None)
@given(drawings())
def test_layers_survive_cycles_and_keep_all_nodes(drawing: tuple[dict[str, Box], list[Link], object]) -> None:
    boxes, links, _ = drawing
    layout = layers_layout(boxes, links)
    assert layout.positions.keys() == boxes.keys()
    assert overlaps(boxes, layout) == []


def test_a_cycle_is_cut_at_its_weakest_link() -> None:
    boxes = {n: Box(20, 10) for n in "abc"}
    layout = layers_layout(boxes, [("a", "b", 0.9), ("b", "c", 0.9), ("c", "a", 0.1)])
    assert layout.positions["a"][0] < layout.positions["b"][0] < layout.positions["c"][0]


def test_a_start_stands_next_to_what_it_leads_to() -> None:
    boxes = {n: Box(20, 10) for n in "abcd"}
    layout = layers_layout(boxes, [("a", "b", 1.0), ("b", "c", 1.0), ("d", "c", 1.0)])
    assert layout.positions["d"][0] == layout.positions["b"][0]


def test_neighbours_in_a_column_keep_few_crossings() -> None:
    boxes = {n: Box(20, 10) for n in "abcdwxyz"}
    layout = layers_layout(boxes, [("a", "z", 1.0), ("b", "y", 1.0), ("c", "x", 1.0), ("d", "w", 1.0)])
    left = sorted("abcd", key=lambda n: layout.positions[n][1])
    right = sorted("wxyz", key=lambda n: layout.positions[n][1])
    assert dict(zip("abcd", "zyxw", strict=True)) == dict(zip(left, right, strict=True))


def test_a_layer_that_would_be_a_tower_stands_in_several_columns() -> None:
    """Sixty concepts that all need one stand to the right of it, on a ground about as wide as high."""
    boxes = {n: Box(60, 30) for n in ["root", *(f"n{i:02}" for i in range(60))]}
    layout = layers_layout(boxes, [("root", n, 1.0) for n in boxes if n != "root"])
    xs, ys = zip(*layout.positions.values(), strict=True)
    assert overlaps(boxes, layout) == []
    assert 0.7 < (max(xs) - min(xs)) / (max(ys) - min(ys)) < 1.6
    assert min(x for n, (x, _) in layout.positions.items() if n != "root") - layout.positions["root"][0] > 60


def test_parts_of_an_order_that_no_link_ties_are_packed_apart() -> None:
    pairs = [(f"a{i}", f"b{i}", 1.0) for i in range(30)]
    boxes = {n: Box(60, 30) for pair in pairs for n in pair[:2]}
    layout = layers_layout(boxes, pairs)
    xs, ys = zip(*layout.positions.values(), strict=True)
    assert overlaps(boxes, layout) == []
    assert 0.5 < (max(xs) - min(xs)) / (max(ys) - min(ys)) < 2.5


def test_a_line_that_would_cross_a_third_mark_bends_away_from_it() -> None:
    """To the left, seen along the line, of a mark that lies on its right; y runs downwards."""
    positions = {"a": (0.0, 0.0), "b": (100.0, 2.0), "c": (200.0, 0.0), "d": (100.0, 90.0)}
    links = [("a", "c"), ("c", "a"), ("a", "b"), ("a", "d")]
    assert blocked(positions, links, obstacles=positions, clearance=10) == {("a", "c"): True, ("c", "a"): False}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(2, 90), st.integers(2, 90)), min_size=1, max_size=12))
def test_packed_boxes_never_overlap_and_the_middle_is_the_origin(sizes: list[tuple[int, int]]) -> None:
    boxes = [Box(w, h) for w, h in sizes]
    centres = pack(boxes, {(0, len(boxes) - 1): 1.0} if len(boxes) > 1 else {}, gap=6)
    for i, j in itertools.combinations(range(len(boxes)), 2):
        dx = abs(centres[i][0] - centres[j][0]) - (boxes[i].width + boxes[j].width) / 2
        dy = abs(centres[i][1] - centres[j][1]) - (boxes[i].height + boxes[j].height) / 2
        assert max(dx, dy) >= 6 - 1e-6
    for axis, side in enumerate(("width", "height")):
        low = min(c[axis] - getattr(b, side) / 2 for c, b in zip(centres, boxes, strict=True))
        high = max(c[axis] + getattr(b, side) / 2 for c, b in zip(centres, boxes, strict=True))
        assert math.isclose(low, -high, abs_tol=1e-6)


@pytest.mark.parametrize("count", [2, 30, 500])
def test_boxes_on_one_spot_come_apart(count: int) -> None:
    sizes = np.full((count, 2), [40.0, 16.0])
    placed = remove_overlaps(np.zeros((count, 2)), sizes)
    boxes = {str(i): Box(40, 16) for i in range(count)}
    assert overlaps(boxes, Layout({str(i): (x, y) for i, (x, y) in enumerate(placed)})) == []


def test_the_same_graph_gives_the_same_map() -> None:
    dice = random.Random(5)
    boxes = {n: Box(dice.randint(20, 90), 30) for n in NAMES}
    links = [(*dice.sample(NAMES, 2), 1.0) for _ in range(40)]
    groups = [(NAMES[0], NAMES[:9]), (None, NAMES[9:])]
    assert areas_layout(boxes, links, groups=groups) == areas_layout(boxes, links, groups=groups)


def test_linked_nodes_stand_nearer_than_others() -> None:
    """On a ring of 16, neighbours are on average at less than half the distance of all pairs."""
    nodes = NAMES
    links = [(a, b, 1.0) for a, b in nx.cycle_graph(nodes).edges]
    layout = areas_layout({n: Box(40, 24) for n in nodes}, links, groups=[(None, nodes)])

    def mean(pairs: list[tuple[str, str]]) -> float:
        return sum(math.dist(layout.positions[a], layout.positions[b]) for a, b in pairs) / len(pairs)

    assert mean([(a, b) for a, b, _ in links]) < 0.5 * mean(list(itertools.combinations(nodes, 2)))
