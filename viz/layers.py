"""What comes first stands to the left: a layered drawing of an order, after Sugiyama's method.

Four steps (Sugiyama, Tagawa, Toda, "Methods for visual understanding of hierarchical system structures", 1981):
take out the weakest arrows of each cycle, give every node the layer of its longest way from a start, order the nodes
of a layer by the barycentre of their neighbours, and set coordinates. A link that spans several layers gets no bends,
since the map draws straight lines; it only takes part in the barycentres.
"""

from collections.abc import Mapping, Sequence

import networkx as nx
import numpy as np

from viz.layout import Layout, Link
from viz.packing import GAP, Box, rows

__all__ = ["blocked", "layers_layout"]

_BETWEEN_LAYERS = 96.0
_ROW_GAP = 20.0
_LEAST_WIDTH = 900.0  # of the rows of nodes without links
_SWEEPS = 24


def layers_layout(boxes: Mapping[str, Box], links: Sequence[Link]) -> Layout:
    """Lay out `boxes` so that every link (first, second, weight) runs from left to right.

    Links that would close a cycle are ignored, those of the smallest weight first. A node without links goes below
    the rest, in rows. Ties keep the order of `boxes`. Cost: sweeps times links.
    """
    rank = {node: i for i, node in enumerate(boxes)}
    order = _without_cycles(rank, links)
    linked = [node for node in boxes if order.degree(node)]
    alone = [node for node in boxes if not order.degree(node)]
    columns = _ordered(_layers(order, linked), order, rank)
    positions: dict[str, tuple[float, float]] = {}
    x = 0.0
    for column, heights in zip(columns, _heights(columns, order, boxes), strict=True):
        width = max(boxes[node].width for node in column)
        for node, y in zip(column, heights, strict=True):
            positions[node] = (x + width / 2, y)
        x += width + _BETWEEN_LAYERS
    bottom = max((y + boxes[n].height / 2 for n, (_, y) in positions.items()), default=0.0)
    lines = rows([boxes[node] for node in alone], width=max(x - _BETWEEN_LAYERS, _LEAST_WIDTH), gap=GAP)
    for node, (left, down) in zip(alone, lines, strict=True):
        positions[node] = (left, bottom + 3 * GAP + down)
    return Layout(positions)


def blocked(
    positions: Mapping[str, tuple[float, float]], links: Sequence[tuple[str, str]], *, clearance: float
) -> set[tuple[str, str]]:
    """Return the links whose straight line passes a third node at less than `clearance`: they had better bend.

    Cost: links times nodes.
    """
    nodes = list(positions)
    points = np.array([positions[node] for node in nodes]).reshape(-1, 2)
    found: set[tuple[str, str]] = set()
    for a, b in links:
        start, end = np.array(positions[a]), np.array(positions[b])
        along = end - start
        share = np.clip((points - start) @ along / max(float(along @ along), 1e-9), 0.0, 1.0)
        near = np.hypot(*(points - (start + share[:, None] * along)).T) < clearance
        if any(node not in (a, b) for node, hit in zip(nodes, near, strict=True) if hit):
            found.add((a, b))
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


def _heights(columns: Sequence[Sequence[str]], graph: "nx.DiGraph[str]", boxes: Mapping[str, Box]) -> list[list[float]]:
    """Give every node a height near its neighbours' mean, keeping the column's order and the room of its box."""
    height: dict[str, float] = {}
    for column in columns:
        rooms = [boxes[node].height + _ROW_GAP for node in column]
        height.update(zip(column, np.cumsum(rooms) - np.array(rooms) / 2 - sum(rooms) / 2, strict=True))
    for sweep in range(12):
        for column in columns if sweep % 2 == 0 else list(reversed(columns)):
            wanted = []
            for node in column:
                near = [height[m] for m in (*graph.predecessors(node), *graph.successors(node))]
                wanted.append(sum(near) / len(near) if near else height[node])
            height.update(zip(column, _spread(wanted, [boxes[n].height + _ROW_GAP for n in column]), strict=True))
    return [[height[node] for node in column] for column in columns]


def _spread(wanted: Sequence[float], rooms: Sequence[float]) -> list[float]:
    """Return the places nearest to `wanted` (least squares) that keep their order and at least the rooms' distance.

    Pool adjacent violators: after subtracting the stacked offsets, the places must not decrease; runs that would are
    replaced by their mean.
    """
    offsets = np.concatenate([[0.0], np.cumsum((np.array(rooms[:-1]) + np.array(rooms[1:])) / 2)])
    runs: list[tuple[float, int]] = []
    for value in np.array(wanted) - offsets:
        runs.append((float(value), 1))
        while len(runs) > 1 and runs[-2][0] > runs[-1][0]:
            (a, n), (b, m) = runs[-2:]
            runs[-2:] = [((a * n + b * m) / (n + m), n + m)]
    return [
        value + float(offset) for value, offset in zip((v for v, n in runs for _ in range(n)), offsets, strict=True)
    ]
