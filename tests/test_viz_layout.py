"""Layouts: nothing overlaps, the same every time, and what is linked is near."""

import itertools
import math
import random

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viz.bands import bands_layout
from viz.columns import columns_layout
from viz.joining import joined_places
from viz.layers import blocked, layers_layout
from viz.layout import Layout, Link, areas_layout, circle_layout, force_layout
from viz.packing import Box, pack, remove_overlaps
from viz.radial import radial_layout

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
    layout = radial_layout(boxes, links, focus=NAMES[0])
    assert layout.positions.keys() == boxes.keys()
    assert layout.positions[NAMES[0]] == (0.0, 0.0)
    assert overlaps(boxes, layout) == []


@settings(max_examples=20, deadline=None)
@given(drawings())
def test_no_two_boxes_on_a_circle_or_one_ground_overlap(
    drawing: tuple[dict[str, Box], list[Link], list[tuple[str | None, list[str]]]],
) -> None:
    boxes, links, groups = drawing
    for layout in (circle_layout(boxes, groups), force_layout(boxes, links)):
        assert layout.positions.keys() == boxes.keys()
        assert overlaps(boxes, layout) == []


@settings(max_examples=40, deadline=None)
@given(drawings())
def test_a_path_in_bands_runs_left_to_right_within_each_and_down_from_one_to_the_next(
    drawing: tuple[dict[str, Box], list[Link], object],
) -> None:
    boxes, links, _ = drawing
    layout = bands_layout(boxes, links)
    assert layout.positions.keys() == boxes.keys()
    assert overlaps(boxes, layout) == []
    band = {node: i for i, area in enumerate(layout.areas) for node in area.members}
    for a, b, _w in links:
        if NAMES.index(a) < NAMES.index(b):
            assert band.get(a, 0) <= band.get(b, 0)
            if band.get(a) == band.get(b):
                assert layout.positions[a][0] + boxes[a].width / 2 < layout.positions[b][0] - boxes[b].width / 2
    if layout.areas:
        assert [n for area in layout.areas for n in area.members] == list(boxes)
    # As a text is read: band by band, in it from left to right, down each column.
    read = sorted(boxes, key=lambda n: (band.get(n, 0), *layout.positions[n]))
    assert read == list(boxes)


def test_a_long_path_is_broken_like_a_text_and_a_short_one_is_not() -> None:
    """Sixty steps in a chain fill a ground shaped like the screen; four stay in one line."""
    long = {f"n{i:02}": Box(110, 45) for i in range(60)}
    layout = bands_layout(long, [(a, b, 1.0) for a, b in itertools.pairwise(long)])
    xs, ys = zip(*layout.positions.values(), strict=True)
    assert overlaps(long, layout) == []
    assert 0.6 < (max(xs) - min(xs)) / (max(ys) - min(ys)) < 2
    assert len(layout.areas) > 3
    counts = [len(area.members) for area in layout.areas]
    assert max(counts) - min(counts) <= 1  # no rest is left alone in the last band
    short = dict(list(long.items())[:4])
    line = bands_layout(short, [(a, b, 1.0) for a, b in itertools.pairwise(short)])
    assert len({y for _, y in line.positions.values()}) == 1
    assert line.areas == ()


@pytest.mark.parametrize("compared", ["ab", "abc"])
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_a_comparison_has_what_is_shared_between_and_what_is_not_outside(compared: str, data: st.DataObject) -> None:
    """Nothing overlaps, and nothing stands on the line between the first two."""
    subsets = [tuple(part) for n in range(1, len(compared) + 1) for part in itertools.combinations(compared, n)]
    blocks = {part: [f"{''.join(part)}{i}" for i in range(data.draw(st.integers(0, 9)))] for part in subsets}
    names = [*compared, *(n for found in blocks.values() for n in found)]
    boxes = {n: Box(data.draw(st.integers(10, 150)), data.draw(st.integers(10, 60))) for n in names}
    layout = columns_layout(boxes, blocks)
    at = layout.positions
    assert at.keys() == boxes.keys()
    assert overlaps(boxes, layout) == []
    for node in blocks["a", "b"]:
        assert at["a"][0] < at[node][0] < at["b"][0]
        assert abs(at[node][1] - at["a"][1]) > boxes[node].height / 2
    assert all(at[node][0] < at["a"][0] for node in blocks["a",])
    assert all(at[node][0] > at["b"][0] for node in blocks["b",])


@pytest.mark.parametrize("count", [5, 24, 60])
def test_layouts_of_up_to_sixty_names_overlap_nowhere_and_are_the_same_every_time(count: int) -> None:
    """With the sizes of real names, in all layouts."""
    dice = random.Random(count)
    boxes = {f"n{i}": Box(dice.randint(30, 130), dice.choice([28, 44])) for i in range(count)}
    links = [(*dice.sample(list(boxes), 2), 1.0) for _ in range(count * 2)]
    groups = [("n0", list(boxes)[: count // 2]), (None, list(boxes)[count // 2 :])]
    ways = [
        lambda: areas_layout(boxes, links, groups=groups, margins=[(0, 24), (24, 24)]),
        lambda: force_layout(boxes, links),
        lambda: circle_layout(boxes, groups),
        lambda: layers_layout(boxes, links),
        lambda: radial_layout(boxes, links, focus="n0"),
        lambda: bands_layout(boxes, links),
    ]
    for way in ways:
        layout = way()
        assert layout.positions.keys() == boxes.keys()
        assert overlaps(boxes, layout) == []
        assert way() == layout


def test_neighbours_stand_round_the_focus_and_theirs_behind_them() -> None:
    boxes = {n: Box(60, 30) for n in ["f", *(f"a{i}" for i in range(6)), *(f"b{i}" for i in range(6))]}
    links = [("f", f"a{i}", 1.0) for i in range(6)] + [(f"a{i}", f"b{i}", 1.0) for i in range(6)]
    at = radial_layout(boxes, links, focus="f").positions
    for i in range(6):
        assert math.hypot(*at[f"b{i}"]) > math.hypot(*at[f"a{i}"])
        between = abs(math.atan2(*at[f"a{i}"]) - math.atan2(*at[f"b{i}"]))
        assert min(between, 2 * math.pi - between) < 0.5
    quarters = {(x > 0, y > 0) for n, (x, y) in at.items() if n != "f"}
    assert len(quarters) == 4


def test_a_margin_is_left_free_above_and_below() -> None:
    boxes = {n: Box(40, 20) for n in "abcd"}
    plain, roomy = (
        areas_layout(boxes, [], groups=[(None, list("abc")), ("d", ["d"])], margins=margins)
        for margins in ([], [(24, 30), (0, 0)])
    )
    assert roomy.areas[0].height == plain.areas[0].height + 54
    top = min(roomy.positions[n][1] for n in "abc") - 10 - (roomy.areas[0].y - roomy.areas[0].height / 2)
    foot = roomy.areas[0].y + roomy.areas[0].height / 2 - max(roomy.positions[n][1] for n in "abc") - 10
    assert foot - top == pytest.approx(6)


def test_what_joins_finds_free_ground_beside_its_neighbour_and_nothing_moves() -> None:
    points = {f"n{i}": (i % 5 * 60.0, i // 5 * 50.0) for i in range(20)}
    added = {f"j{i}": "n7" if i else None for i in range(12)}
    rooms = dict.fromkeys((*points, *added), (50.0, 8.0, 30.0))
    places = joined_places(points, rooms, [("j0", "n3")], added=added)
    boxes = {n: Box(50, 38) for n in rooms}
    assert list(places) == list(added)
    assert overlaps(boxes, Layout(points | places)) == []
    assert math.dist(places["j1"], points["n7"]) < 200


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
