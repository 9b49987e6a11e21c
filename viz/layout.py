"""Where things stand: pure functions from sizes and links to positions, the same on every run.

Every node is a `Box`, the room that its mark and its label take together; positions are those of the boxes' centres,
x to the right, y downwards. No two boxes of a finished layout overlap (`viz.packing`). Nothing here is random:
starting positions come from the graph's distances, ties from the order of the arguments.

* `stress_layout` puts linked nodes side by side: distances on paper follow distances in the graph (stress
  majorization: Gansner, Koren, North, "Graph drawing by stress majorization", 2004), started from pivot distances
  (Brandes, Pich, "Eigensolver methods for progressive multidimensional scaling", 2006).
* `areas_layout` draws a map: a piece per component, an area per group, the areas packed side by side.
* `force_layout` draws one ground without areas, `circle_layout` a round.

Layers for prerequisites are in `viz.layers`, study paths in `viz.bands`, neighbourhoods in `viz.radial`, comparisons
in `viz.columns`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np

from viz.packing import ASPECT, GAP, GAPS, Box, Floats, pack, push_apart, remove_overlaps, rows

__all__ = ["Area", "Layout", "Link", "areas_layout", "circle_layout", "force_layout", "stress_layout"]

Link = tuple[str, str, float]  # two nodes and how strongly they belong together

_AREA_PADDING = 20.0
_AREA_GAP = 26.0
_TALL_ASPECT = 0.56  # width to height of a phone's screen, less what stands above and below the map
_FILL = 0.34  # how much of a component's frame its boxes should take
_PULLS, _PATIENCE = 120, 12  # rounds of compaction at most, and after how many it must have gained something
_MANY = 700  # above so many nodes in one piece, fewer rounds: each costs the square


@dataclass(frozen=True, slots=True)
class Area:
    """The ground that a group covers: its members, its centre, its width and height."""

    members: tuple[str, ...]
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Layout:
    """The centre of every node's box, and the areas behind them; `tall` is the same for a screen like a phone's."""

    positions: Mapping[str, tuple[float, float]]
    areas: tuple[Area, ...] = ()
    tall: "Layout | None" = None


@dataclass(frozen=True, slots=True)
class _Piece:
    """Nodes that move together: their boxes' centres relative to the middle of the piece's bounding box."""

    nodes: tuple[str, ...]
    points: Floats
    box: Box


def areas_layout(
    boxes: Mapping[str, Box],
    links: Sequence[Link],
    *,
    groups: Sequence[tuple[str | None, Sequence[str]]],
    margins: Sequence[tuple[float, float]] = (),
) -> Layout:
    """Lay out each group as an area of its own, its head on top, and pack the areas by what links them.

    `groups` are pairs of a head (one of the members, or None) and the members; every node is in exactly one. A group
    without a head has an area only if it has three members and is not alone. `margins` are the rooms to leave free
    at the top and at the foot of each group's area, for what is written there. The areas are packed twice: for a wide
    screen, and as `tall` for a narrow one, each area as it is. Cost: the square of the largest
    component for its stress, the square of the number of groups and components for the packing.
    """
    grounded = [head is not None or (len(members) > 2 and len(groups) > 1) for head, members in groups]
    pieces = [
        _group_piece(boxes, links, head, members, padding=_AREA_PADDING if ground else 0.0)
        for (head, members), ground in zip(groups, grounded, strict=True)
    ]
    if margins:
        pieces = [
            _with_margins(piece, *margin) if ground else piece
            for piece, ground, margin in zip(pieces, grounded, margins, strict=True)
        ]
    home = {node: i for i, piece in enumerate(pieces) for node in piece.nodes}
    bonds: dict[tuple[int, int], float] = {}
    for a, b, weight in links:
        pair = (min(home[a], home[b]), max(home[a], home[b]))
        if pair[0] != pair[1]:
            bonds[pair] = bonds.get(pair, 0.0) + weight

    def packed(aspect: float) -> Layout:
        centres = pack([piece.box for piece in pieces], bonds, gap=_AREA_GAP, aspect=aspect)
        return _set_at(pieces, grounded, centres, links)

    whole = packed(ASPECT)
    return Layout(whole.positions, whole.areas, packed(_TALL_ASPECT) if len(pieces) > 1 else None)


def _set_at(
    pieces: Sequence[_Piece], grounded: Sequence[bool], centres: Sequence[tuple[float, float]], links: Sequence[Link]
) -> Layout:
    """Return the layout of the pieces with their middles at `centres`."""
    positions: dict[str, tuple[float, float]] = {}
    areas: list[Area] = []
    for piece, ground, (x, y) in zip(pieces, grounded, centres, strict=True):
        for node, (dx, dy) in zip(piece.nodes, piece.points, strict=True):
            positions[node] = (float(x + dx), float(y + dy))
        if ground:
            areas.append(Area(piece.nodes, float(x), float(y), piece.box.width, piece.box.height))
    return Layout(_mirror_for_short_links(pieces, centres, positions, links), tuple(areas))


def force_layout(boxes: Mapping[str, Box], links: Sequence[Link]) -> Layout:
    """Lay out everything as one ground: linked nodes side by side, parts that no link ties packed."""
    return Layout(areas_layout(boxes, links, groups=[(None, list(boxes))]).positions)


def circle_layout(boxes: Mapping[str, Box], groups: Sequence[tuple[str | None, Sequence[str]]]) -> Layout:
    """Set all boxes on one ellipse, group after group, as close as they can stand without touching.

    Where lines cross the middle, whatever is not between neighbours is seen at once. Cost: linear, a few dozen times.
    """
    order = [node for _, members in groups for node in members]
    if len(order) < 2:
        return Layout(dict.fromkeys(order, (0.0, 0.0)))
    need = _sizes(order, boxes) + GAPS
    low = 0.0
    high = float(need.sum())
    for _ in range(40):
        radius = (low + high) / 2
        if _turns(need, radius)[-1] <= 2 * math.pi:
            high = radius
        else:
            low = radius
    turns = _turns(need, high)
    turns = [turn + i * (2 * math.pi - turns[-1]) / len(order) for i, turn in enumerate(turns[:-1])]
    round_ = np.array([[ASPECT * math.sin(turn), -math.cos(turn)] for turn in turns])
    while push_apart(high * round_, need):  # the steps are only about right
        high *= 1.03
    return Layout({node: (float(x), float(y)) for node, (x, y) in zip(order, high * round_, strict=True)})


def _turns(need: Floats, radius: float) -> list[float]:
    """Return where on an ellipse boxes can stand one after the other, from its top; last, where the first would again.

    Two boxes are apart if they are along either axis; the way between them is at most that along the ellipse.
    """
    turns = [0.0]
    for i in range(len(need)):
        width, height = (need[i] + need[(i + 1) % len(need)]) / 2
        turn = turns[-1]
        step = 0.0
        for _ in range(6):  # the direction in the middle of the step decides, and the step on it
            at = turn + step / 2
            along = (ASPECT * abs(math.cos(at)), abs(math.sin(at)))
            step = min(width / max(radius * along[0], 1e-9), height / max(radius * along[1], 1e-9))
            step = min(step, math.pi)
        turns.append(turn + step)
    return turns


def stress_layout(graph: "nx.Graph[str]", order: Sequence[str], sizes: Floats) -> Floats:
    """Return positions whose distances follow those in `graph` (connected), one row per node of `order`.

    The unit of length is about the side of a box. Cost: rounds times the square of the node count.
    """
    n = len(order)
    if n == 1:
        return np.zeros((1, 2))
    hops = _distances(graph, order)
    unit = float(np.sqrt((sizes[:, 0] * sizes[:, 1]).mean()))
    wanted = hops * unit
    points = _pivot_start(hops) * unit
    weights = np.divide(1.0, wanted**2, out=np.zeros_like(wanted), where=wanted > 0)
    total = weights.sum(axis=1, keepdims=True)
    for _ in range(90 if n <= _MANY else 14):
        squares = (points**2).sum(axis=1)
        apart = np.sqrt(np.maximum(squares[:, None] + squares[None, :] - 2.0 * points @ points.T, 1e-9))
        pull: Floats = weights * wanted / apart
        moved: Floats = (weights @ points + pull.sum(axis=1, keepdims=True) * points - pull @ points) / total
        if float(np.abs(moved - points).max()) < unit * 0.002:
            return moved
        points = moved
    return points


def _group_piece(
    boxes: Mapping[str, Box], links: Sequence[Link], head: str | None, members: Sequence[str], *, padding: float
) -> _Piece:
    """Lay out one group: its components packed, single nodes in rows, the head centred above."""
    inside = set(members) - {head}
    order = [m for m in members if m in inside]
    graph = _graph(order, [link for link in links if link[0] in inside and link[1] in inside])
    rank = {node: i for i, node in enumerate(order)}
    parts = sorted((sorted(c, key=rank.__getitem__) for c in nx.connected_components(graph)), key=lambda c: rank[c[0]])
    pieces = [_component_piece(graph.subgraph(part), part, boxes) for part in parts if len(part) > 1]
    singles = [part[0] for part in parts if len(part) == 1]
    if singles:
        pieces.append(_rows_piece(singles, boxes, beside=pieces))
    centres = pack([p.box for p in pieces], {}, gap=2 * GAP)
    nodes: list[str] = []
    placed: list[Floats] = []
    for piece, centre in zip(pieces, centres, strict=True):
        nodes.extend(piece.nodes)
        placed.append(piece.points + np.array(centre))
    points = np.concatenate(placed) if placed else np.zeros((0, 2))
    if len(pieces) > 1:
        points = _compacted(graph, nodes, points, _sizes(nodes, boxes))
    if head is None:
        return _framed(nodes, points, boxes, padding=padding)
    low, high = _frame(nodes, points, boxes) if nodes else (np.zeros(2), np.zeros(2))
    above = np.array([[(low[0] + high[0]) / 2, low[1] - GAP * 1.5 - boxes[head].height / 2]])
    return _framed([*nodes, head], np.concatenate([points, above]), boxes, padding=padding)


def _with_margins(piece: _Piece, top: float, foot: float) -> _Piece:
    """Return the piece with free room above and below."""
    box = Box(piece.box.width, piece.box.height + top + foot)
    return _Piece(piece.nodes, piece.points + np.array([0.0, (top - foot) / 2]), box)


def _component_piece(graph: "nx.Graph[str]", order: Sequence[str], boxes: Mapping[str, Box]) -> _Piece:
    sizes = _sizes(order, boxes)
    points = stress_layout(graph, order, sizes)
    points = _wide(points) * np.array([1.15, 0.9])  # labels are wider than high
    return _framed(order, _compacted(graph, order, points, sizes), boxes, padding=0.0)


def _compacted(graph: "nx.Graph[str]", order: Sequence[str], points: Floats, sizes: Floats) -> Floats:
    """Draw the boxes together, to their neighbours and to the middle, until they fill `_FILL` of their frame.

    Distances that only follow the graph leave a map mostly empty, and its labels too small to read when all of it is
    in view. Every round pulls a little and pushes overlapping boxes apart again.
    """
    index = {node: i for i, node in enumerate(order)}
    ends = np.array([[index[a], index[b]] for a, b in graph.edges], dtype=np.intp).reshape(-1, 2)
    degree = np.maximum(np.bincount(ends.ravel(), minlength=len(order)), 1)[:, None]
    taken = float(sizes.prod(axis=1).sum())
    need = sizes + GAPS
    placed = remove_overlaps(points, sizes)
    half = sizes / 2
    before = 0.0
    for pull in range(_PULLS):
        frame = (placed + half).max(axis=0) - (placed - half).min(axis=0)
        fill = taken / float(frame.prod())
        if fill > _FILL:
            break
        if pull % _PATIENCE == 0:
            if fill < before * 1.02:  # pulling on moves boxes about and gains nothing
                break
            before = fill
        near = np.zeros_like(placed)
        np.add.at(near, ends[:, 0], placed[ends[:, 1]])
        np.add.at(near, ends[:, 1], placed[ends[:, 0]])
        # Towards the middle, and harder along the side that is too long for the screen.
        wide = min(2.0, max(0.5, float(frame[0] / (ASPECT * frame[1])))) ** 2
        placed += 0.06 * (near / degree - placed) + 0.05 * (placed.mean(axis=0) - placed) * np.array([wide, 1.0 / wide])
        for _ in range(4):
            if not push_apart(placed, need):
                break
    return remove_overlaps(placed, sizes)


def _rows_piece(nodes: Sequence[str], boxes: Mapping[str, Box], *, beside: Sequence[_Piece]) -> _Piece:
    """Set nodes without links in rows, as wide as the widest piece beside them or as the map's aspect asks."""
    room = sum((boxes[n].width + GAP) * (boxes[n].height + GAP) for n in nodes)
    width = max(math.sqrt(room * ASPECT), max((p.box.width for p in beside), default=0.0))
    points = rows([boxes[node] for node in nodes], width=width, gap=GAP)
    return _framed(nodes, np.array(points), boxes, padding=0.0)


def _framed(nodes: Sequence[str], points: Floats, boxes: Mapping[str, Box], *, padding: float) -> _Piece:
    """Return the piece of these boxes, its points moved so that the middle of its frame is the origin."""
    if not nodes:
        return _Piece((), points, Box(2 * padding, 2 * padding))
    low, high = _frame(nodes, points, boxes)
    size = high - low + 2 * padding
    return _Piece(tuple(nodes), points - (low + high) / 2, Box(float(size[0]), float(size[1])))


def _frame(nodes: Sequence[str], points: Floats, boxes: Mapping[str, Box]) -> tuple[Floats, Floats]:
    half = _sizes(nodes, boxes) / 2
    return (points - half).min(axis=0), (points + half).max(axis=0)


def _mirror_for_short_links(
    pieces: Sequence[_Piece],
    centres: Sequence[tuple[float, float]],
    positions: dict[str, tuple[float, float]],
    links: Sequence[Link],
) -> dict[str, tuple[float, float]]:
    """Mirror areas left to right where that shortens the links that leave them; two passes are enough in practice.

    Top and bottom stay, because the head stands on top. A mirrored area covers the same ground.
    """
    home = {node: i for i, piece in enumerate(pieces) for node in piece.nodes}
    leaving: list[list[tuple[str, str]]] = [[] for _ in pieces]
    for a, b, _ in links:
        if home[a] != home[b]:
            leaving[home[a]].append((a, b))
            leaving[home[b]].append((b, a))
    placed = dict(positions)
    for _ in range(2):
        for i in range(len(pieces)):
            axis = centres[i][0]
            gain = 0.0
            for own, other in leaving[i]:
                (x, y), (ox, oy) = placed[own], placed[other]
                gain += math.hypot(x - ox, y - oy) - math.hypot(2 * axis - x - ox, y - oy)
            if gain > 1e-6:
                for node in pieces[i].nodes:
                    placed[node] = (2 * axis - placed[node][0], placed[node][1])
    return placed


def _graph(order: Sequence[str], links: Sequence[Link]) -> "nx.Graph[str]":
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(order)
    graph.add_edges_from((a, b) for a, b, _ in links)
    return graph


def _sizes(order: Sequence[str], boxes: Mapping[str, Box]) -> Floats:
    return np.array([[boxes[n].width, boxes[n].height] for n in order], dtype=np.float64).reshape(-1, 2)


def _distances(graph: "nx.Graph[str]", order: Sequence[str]) -> Floats:
    """Return the number of links between every two nodes."""
    index = {node: i for i, node in enumerate(order)}
    hops = np.zeros((len(order), len(order)))
    for node, reached in nx.all_pairs_shortest_path_length(graph):
        row = hops[index[node]]
        for other, distance in reached.items():
            row[index[other]] = distance
    return hops


def _pivot_start(hops: Floats) -> Floats:
    """Return positions from the distances to at most 50 pivots, each the furthest from those before."""
    pivots = [int(hops.sum(axis=1).argmax())]
    nearest = hops[pivots[0]].copy()
    while len(pivots) < min(50, len(hops)):
        pivots.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, hops[pivots[-1]])
    squares = hops[:, pivots] ** 2
    centred = -0.5 * (squares - squares.mean(axis=0) - squares.mean(axis=1, keepdims=True) + squares.mean())
    _, vectors = np.linalg.eigh(centred.T @ centred)
    start = centred @ vectors[:, ::-1][:, :2]
    if start.shape[1] < 2:
        start = np.concatenate([start, np.zeros((len(start), 1))], axis=1)
    for column in range(2):  # an eigenvector's sign is arbitrary: fix it
        if start[np.abs(start[:, column]).argmax(), column] < 0:
            start[:, column] *= -1.0
    scale = float(np.sqrt((start**2).sum(axis=1)).max()) or 1.0
    start *= float(hops.max()) / 2.0 / scale
    turn = np.arange(len(start)) * 2.399963
    return np.asarray(start + 0.15 * np.stack([np.cos(turn), np.sin(turn)], axis=1), dtype=np.float64)


def _wide(points: Floats) -> Floats:
    """Turn the points so that their longest extent lies along x."""
    centred = points - points.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    long, short = vectors[:, 1], vectors[:, 0]
    long = long * (1.0 if long[np.abs(long).argmax()] > 0 else -1.0)
    short = short * (1.0 if short[np.abs(short).argmax()] > 0 else -1.0)
    return np.asarray(centred @ np.stack([long, short], axis=1), dtype=np.float64)
