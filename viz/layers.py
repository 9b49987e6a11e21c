"""What comes first stands to the left: a layered drawing of an order, after Sugiyama's method.

Four steps (Sugiyama, Tagawa, Toda, "Methods for visual understanding of hierarchical system structures", 1981):
take out the weakest arrows of each cycle, give every node the layer of its longest way from a start, order the nodes
of a layer by the barycentre of their neighbours, and set coordinates. A link that spans several layers gets no bends,
since the map draws straight lines; it only takes part in the barycentres. What starts an order is much, what ends it
is little: a layer that would be a tower stands in several staggered columns, and parts of the order that no link ties
are drawn apart and packed.
"""

import math
from collections.abc import Mapping, Sequence

import networkx as nx
import numpy as np

from viz.layout import Layout, Link
from viz.packing import ASPECT, GAP, Box, pack, rows

__all__ = ["blocked", "layers_layout"]

_BETWEEN_LAYERS = 96.0
_BETWEEN_COLUMNS = 16.0  # of one layer
_BETWEEN_PARTS = 48.0
_ROW_GAP = 20.0
_MOST_STRETCH = 1.9  # of the rows of an order that is wider than a map
_LEAST_WIDTH = 900.0  # of the rows of nodes without links
_SWEEPS = 24


def layers_layout(boxes: Mapping[str, Box], links: Sequence[Link]) -> Layout:
    """Lay out `boxes` so that every link (first, second, weight) runs from left to right.

    Links that would close a cycle are ignored, those of the smallest weight first. A node without links goes below
    the rest, in rows. Ties keep the order of `boxes`. Cost: sweeps times links.
    """
    rank = {node: i for i, node in enumerate(boxes)}
    order = _without_cycles(rank, links)
    parts = sorted(
        (sorted(c, key=rank.__getitem__) for c in nx.weakly_connected_components(order)), key=lambda c: rank[c[0]]
    )
    drawn = [_part(order.subgraph(part), part, boxes, rank) for part in parts if len(part) > 1]
    frames = [_frame(part, boxes) for part in drawn]
    centres = pack([Box(right - left, bottom - top) for left, top, right, bottom in frames], {}, gap=_BETWEEN_PARTS)
    positions: dict[str, tuple[float, float]] = {}
    for part, (left, top, right, bottom), (x, y) in zip(drawn, frames, centres, strict=True):
        dx, dy = x - (left + right) / 2, y - (top + bottom) / 2
        positions.update({node: (px + dx, py + dy) for node, (px, py) in part.items()})
    left, _, right, bottom = _frame(positions, boxes)
    alone = [part[0] for part in parts if len(part) == 1]
    lines = rows([boxes[node] for node in alone], width=max(right - left, _LEAST_WIDTH), gap=GAP)
    for node, (x, y) in zip(alone, lines, strict=True):
        positions[node] = (left + x, bottom + 3 * GAP + y)
    return Layout(positions)


def _part(
    order: "nx.DiGraph[str]", nodes: Sequence[str], boxes: Mapping[str, Box], rank: Mapping[str, int]
) -> dict[str, tuple[float, float]]:
    """Lay out one connected part: its layers ordered, then cut into columns so that the whole is as wide as a map."""
    layers = _ordered(_layers(order, nodes), order, rank)
    widths = [max(boxes[node].width for node in layer) for layer in layers]
    room = max(boxes[node].height for node in nodes) + _ROW_GAP

    def shape(tallest: int) -> float:
        counts = [math.ceil(len(layer) / tallest) for layer in layers]
        wide = sum(n * w + (n - 1) * _BETWEEN_COLUMNS for n, w in zip(counts, widths, strict=True))
        return (wide + (len(layers) - 1) * _BETWEEN_LAYERS) / (tallest * room)

    tallest = max(len(layer) for layer in layers)
    while tallest > 1 and shape(tallest) < ASPECT:
        tallest -= 1
    room *= min(_MOST_STRETCH, max(1.0, shape(tallest) / ASPECT))  # what is long has air between its rows
    columns = [math.ceil(len(layer) / tallest) for layer in layers]
    heights = _heights(layers, order, [room / n for n in columns])
    positions: dict[str, tuple[float, float]] = {}
    x = 0.0
    for layer, count, width in zip(layers, columns, widths, strict=True):
        for i, node in enumerate(layer):
            positions[node] = (x + width / 2 + (i % count) * (width + _BETWEEN_COLUMNS), heights[node])
        x += count * width + (count - 1) * _BETWEEN_COLUMNS + _BETWEEN_LAYERS
    return positions


def _frame(positions: Mapping[str, tuple[float, float]], boxes: Mapping[str, Box]) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of the boxes at these positions; zeros for none."""
    if not positions:
        return (0.0, 0.0, 0.0, 0.0)
    return (
        min(x - boxes[n].width / 2 for n, (x, _) in positions.items()),
        min(y - boxes[n].height / 2 for n, (_, y) in positions.items()),
        max(x + boxes[n].width / 2 for n, (x, _) in positions.items()),
        max(y + boxes[n].height / 2 for n, (_, y) in positions.items()),
    )


def blocked(
    points: Mapping[str, tuple[float, float]],
    links: Sequence[tuple[str, str]],
    *,
    obstacles: Mapping[str, tuple[float, float]],
    clearance: float,
) -> dict[tuple[str, str], bool]:
    """Return the links whose straight line, from point to point, passes a third node's obstacle within `clearance`.

    They had better bend, to the side told with each: whether away from the nearest obstacle is to the left, seen along
    the link. Cost: links times nodes.
    """
    nodes = list(obstacles)
    middles = np.array([obstacles[node] for node in nodes]).reshape(-1, 2)
    found: dict[tuple[str, str], bool] = {}
    for a, b in links:
        start = np.array(points[a])
        along = np.array(points[b]) - start
        beside = middles - start
        share = np.clip(beside @ along / max(float(along @ along), 1e-9), 0.0, 1.0)
        far = np.hypot(*(beside - share[:, None] * along).T)
        far[[node in (a, b) for node in nodes]] = np.inf
        nearest = int(far.argmin())
        if far[nearest] < clearance:
            # y runs downwards: a positive cross product is an obstacle to the right.
            found[a, b] = bool(along[0] * beside[nearest, 1] - along[1] * beside[nearest, 0] > 0)
    return found


def _without_cycles(rank: Mapping[str, int], links: Sequence[Link]) -> "nx.DiGraph[str]":
    """Return the links as a directed graph, strongest first, without those that would close a cycle."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(rank)
    whole: nx.DiGraph[str] = nx.DiGraph()
    whole.add_edges_from((a, b) for a, b, _ in links if a != b)
    knots = [c for c in nx.strongly_connected_components(whole) if len(c) > 1]
    knot_of = {node: i for i, knot in enumerate(knots) for node in knot}
    for a, b, _ in sorted(links, key=lambda link: (-link[2], rank[link[0]], rank[link[1]])):
        inside = a in knot_of and knot_of.get(a) == knot_of.get(b)
        if a != b and not (inside and nx.has_path(graph, b, a)):
            graph.add_edge(a, b)
    return graph


def _layers(graph: "nx.DiGraph[str]", nodes: Sequence[str]) -> list[list[str]]:
    """Give each node the length of its longest way from a start, then move starts next to what they lead to."""
    layer: dict[str, int] = {}
    for node in nx.topological_sort(graph):
        layer[node] = 1 + max((layer[before] for before in graph.predecessors(node)), default=-1)
    for node in nodes:
        if not graph.in_degree(node):
            layer[node] = min(layer[after] for after in graph.successors(node)) - 1
    columns: list[list[str]] = [[] for _ in range(1 + max((layer[n] for n in nodes), default=-1))]
    for node in nodes:
        columns[layer[node]].append(node)
    return columns


def _ordered(columns: list[list[str]], graph: "nx.DiGraph[str]", rank: Mapping[str, int]) -> list[list[str]]:
    """Order every column by the mean place of its neighbours, sweeping right and left in turn."""
    place = {node: (i + 0.5) / len(column) for column in columns for i, node in enumerate(column)}
    ordered = [list(column) for column in columns]
    for sweep in range(_SWEEPS):
        rightwards = sweep % 2 == 0
        for index in range(len(ordered)) if rightwards else range(len(ordered) - 1, -1, -1):
            beside = graph.predecessors if rightwards else graph.successors
            mean = {
                node: (sum(place[m] for m in near) / len(near)) if (near := list(beside(node))) else place[node]
                for node in ordered[index]
            }
            ordered[index].sort(key=lambda node: (mean[node], rank[node]))
            for i, node in enumerate(ordered[index]):
                place[node] = (i + 0.5) / len(ordered[index])
    return ordered


def _heights(layers: Sequence[Sequence[str]], graph: "nx.DiGraph[str]", steps: Sequence[float]) -> dict[str, float]:
    """Give every node a height near its neighbours' mean, keeping its layer's order and at least the layer's step."""
    height = {
        node: (i - (len(layer) - 1) / 2) * step
        for layer, step in zip(layers, steps, strict=True)
        for i, node in enumerate(layer)
    }
    pairs = list(zip(layers, steps, strict=True))
    for sweep in range(12):
        for layer, step in pairs if sweep % 2 == 0 else reversed(pairs):
            wanted = []
            for node in layer:
                near = [height[m] for m in (*graph.predecessors(node), *graph.successors(node))]
                wanted.append(sum(near) / len(near))
            height.update(zip(layer, _spread(wanted, step), strict=True))
    return height


def _spread(wanted: Sequence[float], step: float) -> list[float]:
    """Return the places nearest to `wanted` (least squares) that keep their order and stand at least `step` apart.

    Pool adjacent violators: after subtracting the steps, the places must not decrease; runs that would are replaced
    by their mean.
    """
    runs: list[tuple[float, int]] = []
    for i, value in enumerate(wanted):
        runs.append((value - i * step, 1))
        while len(runs) > 1 and runs[-2][0] > runs[-1][0]:
            (a, n), (b, m) = runs[-2:]
            runs[-2:] = [((a * n + b * m) / (n + m), n + m)]
    return [value + i * step for i, value in enumerate(v for v, n in runs for _ in range(n))]
