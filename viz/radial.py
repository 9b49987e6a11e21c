"""One concept in the middle and the others round it: a radial drawing, for neighbourhoods.

The tree of shortest ways from the focus gives every concept a ring (its distance) and a sector (its share of the
leaves), as in radial trees (Yee et al., "Animated exploration of dynamic graphs with radial layout", 2001). Siblings
that are linked stand side by side. The rings are ellipses as wide as labels ask for; a ring that would have to be
much larger than its distance is set in two or more staggered rows instead, so that forty neighbours still stand
near.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from viz.layout import Layout, Link
from viz.packing import Box, remove_overlaps

__all__ = ["radial_layout"]

_FIRST = 118.0  # from the middle to the first ring, and then from row to row
_STEP = 78.0
_WIDE, _HIGH = 1.32, 0.92  # what an ellipse has for the radius of a circle
_GAP = 14.0


def radial_layout(boxes: Mapping[str, Box], links: Sequence[Link], *, focus: str) -> Layout:
    """Lay out `boxes` round `focus`, which ends up in the origin; what no link ties to it stands in the first ring.

    Ties keep the order of `boxes`. Cost: the square of the number of boxes.
    """
    near: dict[str, dict[str, float]] = defaultdict(dict)
    for a, b, weight in links:
        if a != b:
            near[a][b] = near[a].get(b, 0.0) + weight
            near[b][a] = near[b].get(a, 0.0) + weight
    rank = {node: i for i, node in enumerate(boxes)}
    children = _tree(rank, near, focus)
    share = _leaves(children, focus)
    rings: list[list[tuple[str, float]]] = []
    sectors = [(focus, 0.0, 2 * math.pi)]
    while sectors:
        ring: list[tuple[str, float]] = []
        inner: list[tuple[str, float, float]] = []
        for node, start, end in sectors:
            total = sum(share[child] for child in children[node])
            at = start
            for child in _in_a_chain(children[node], near, rank):
                width = (end - start) * share[child] / total
                ring.append((child, at + width / 2))
                inner.append((child, at, at + width))
                at += width
        if ring:
            rings.append(ring)
        sectors = inner
    placed = {focus: (0.0, 0.0)}
    radius = _FIRST
    for ring in rings:
        radius = _set_ring(ring, boxes, placed, radius) + _STEP
    order = list(placed)
    sizes = np.array([[boxes[n].width, boxes[n].height] for n in order])
    points = remove_overlaps(np.array([placed[n] for n in order]), sizes)
    points -= points[0]
    return Layout({node: (float(x), float(y)) for node, (x, y) in zip(order, points, strict=True)})


def _tree(rank: Mapping[str, int], near: Mapping[str, Mapping[str, float]], focus: str) -> dict[str, list[str]]:
    """Return the children of every node in the tree of shortest ways from `focus`."""
    children: dict[str, list[str]] = {node: [] for node in rank}
    seen = {focus}
    ring = [focus]
    while ring:
        outer: list[str] = []
        for node in ring:
            for other in sorted(near.get(node, ()), key=rank.__getitem__):
                if other not in seen:
                    seen.add(other)
                    children[node].append(other)
                    outer.append(other)
        ring = outer
    children[focus].extend(node for node in rank if node not in seen)
    return children


def _leaves(children: Mapping[str, Sequence[str]], focus: str) -> dict[str, float]:
    """Return how much of the round each node needs: as many leaves as it has, a little less the more there are."""
    order = [focus]
    for node in order:
        order.extend(children[node])
    share: dict[str, float] = {}
    for node in reversed(order):
        share[node] = max(1.0, sum(share[child] for child in children[node]) ** 0.85)
    return share


def _in_a_chain(nodes: Sequence[str], near: Mapping[str, Mapping[str, float]], rank: Mapping[str, int]) -> list[str]:
    """Order siblings so that each follows the one that it is most tied to, as far as that goes."""
    left = sorted(nodes, key=rank.__getitem__)
    chain: list[str] = []
    while left:
        tied = near.get(chain[-1], {}) if chain else {}
        chosen = max(left, key=lambda n: (tied.get(n, 0.0), -rank[n]))
        left.remove(chosen)
        chain.append(chosen)
    return chain


def _set_ring(
    ring: Sequence[tuple[str, float]],
    boxes: Mapping[str, Box],
    placed: dict[str, tuple[float, float]],
    radius: float,
) -> float:
    """Place one ring in as many rows as it needs, the first at `radius`; return the radius of the last."""
    room = sum(boxes[n].width * abs(math.sin(turn)) + boxes[n].height * abs(math.cos(turn)) + _GAP for n, turn in ring)
    lengths: list[float] = []
    while sum(lengths) < room:
        lengths.append(2 * math.pi * (radius + len(lengths) * _STEP) * (_WIDE + _HIGH) / 2)
    owed = [0.0] * len(lengths)
    for node, turn in ring:
        # The row that is furthest behind its share of the ring takes the next.
        owed = [o + length / sum(lengths) for o, length in zip(owed, lengths, strict=True)]
        row = max(range(len(owed)), key=lambda k: (owed[k], -k))
        owed[row] -= 1.0
        far = radius + row * _STEP
        placed[node] = (far * _WIDE * math.cos(turn), far * _HIGH * math.sin(turn))
    return radius + (len(lengths) - 1) * _STEP
