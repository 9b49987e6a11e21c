"""Two or three concepts side by side: what they share between them, what only one has on its own side.

Every concept stands in the block of those compared that it is related to. Two give one line of blocks, what only the
first has, the first, what they share, the second, what only the second has; three give three lines, the third
concept below the middle. Nothing stands on the straight line between two that are compared side by side, so that
their own relation can be read.
"""

import math
from collections.abc import Mapping, Sequence

from viz.layout import Layout
from viz.packing import Box, rows

__all__ = ["columns_layout"]

_GAP_X, _GAP_Y = 30.0, 16.0
_BETWEEN = 64.0  # of blocks, where lines must be seen
_MOST_LINES = 8
_FREE = 30.0  # of the line between the two that are compared

Placed = dict[str, tuple[float, float]]


def columns_layout(boxes: Mapping[str, Box], blocks: Mapping[tuple[str, ...], Sequence[str]]) -> Layout:
    """Lay out a comparison. `blocks` gives for each subset of the compared, in their order, what relates to just it.

    The largest subset names the compared themselves (it may be empty of others). Every box is in a block or compared.
    """
    compared = max(blocks, key=len)
    if len(compared) == 2:
        return Layout(_two(boxes, blocks, *compared))
    return Layout(_three(boxes, blocks, *compared))


def _two(boxes: Mapping[str, Box], blocks: Mapping[tuple[str, ...], Sequence[str]], a: str, b: str) -> Placed:
    shared = list(blocks.get((a, b), ()))
    upper, lower = shared[::2], shared[1::2]
    placed: Placed = {}
    lines = [_grid(boxes, part, wide=2) for part in (upper, lower)]
    half = max([boxes[a].width, boxes[b].width, *(width for _, width, _ in lines)]) / 2
    free = _FREE + max(boxes[a].height, boxes[b].height) / 2 if shared else 0.0
    for (block, _, height), sign in zip(lines, (-1, 1), strict=True):
        _put(placed, block, (0.0, sign * (free + height / 2)))
    reach = half + _BETWEEN
    for node, side in ((a, -1), (b, 1)):
        x = side * (reach + boxes[node].width / 2)
        placed[node] = (x, 0.0)
        own, width, _ = _grid(boxes, blocks.get((node,), ()), wide=1)
        _put(placed, own, (x + side * (boxes[node].width / 2 + _BETWEEN + width / 2), 0.0))
    return placed


def _three(boxes: Mapping[str, Box], blocks: Mapping[tuple[str, ...], Sequence[str]], a: str, b: str, c: str) -> Placed:
    def grid(*of: str, wide: int) -> tuple[Placed, float, float]:
        return _grid(boxes, blocks.get(of, ()), wide=wide)

    top, middle = grid(a, b, wide=3), grid(a, b, c, wide=3)
    left, right = grid(a, c, wide=2), grid(b, c, wide=2)
    own_a, own_b, own_c = grid(a, wide=1), grid(b, wide=1), grid(c, wide=5)
    # Three columns and three lines: a, what a and b share, b; what each shares with c, and all three; c.
    inner = max(top[1], middle[1], boxes[c].width) / 2
    x = inner + _BETWEEN + max(left[1], right[1], boxes[a].width, boxes[b].width) / 2
    centre_y = 0.0
    beside = max(middle[2], left[2], right[2])
    head_y = -(beside / 2 + _BETWEEN + max(boxes[a].height, boxes[b].height) / 2)
    foot_y = beside / 2 + _BETWEEN + boxes[c].height / 2
    placed: Placed = {a: (-x, head_y), b: (x, head_y), c: (0.0, foot_y)}
    _put(placed, middle[0], (0.0, centre_y))
    _put(placed, left[0], (-x, centre_y))
    _put(placed, right[0], (x, centre_y))
    # What a and b share stands above the line between them.
    high = max(boxes[a].height, boxes[b].height) / 2
    _put(placed, top[0], (0.0, head_y - high - _FREE - top[2] / 2))
    edge = x + max(left[1], right[1], boxes[a].width, boxes[b].width) / 2
    _put(placed, own_a[0], (-(edge + _BETWEEN + own_a[1] / 2), head_y))
    _put(placed, own_b[0], (edge + _BETWEEN + own_b[1] / 2, head_y))
    _put(placed, own_c[0], (0.0, foot_y + boxes[c].height / 2 + _BETWEEN / 2 + own_c[2] / 2))
    return placed


def _grid(boxes: Mapping[str, Box], nodes: Sequence[str], *, wide: int) -> tuple[Placed, float, float]:
    """Set nodes in lines of up to `wide`, more where they are many; return places round the origin, width, height."""
    if not nodes:
        return {}, 0.0, 0.0
    wide = max(wide, math.ceil(len(nodes) / _MOST_LINES))
    width = max(boxes[n].width for n in nodes) + _GAP_X
    height = max(boxes[n].height for n in nodes) + _GAP_Y
    cells = [Box(width, height)] * len(nodes)
    count = min(wide, len(nodes))
    places = rows(cells, width=count * width + 1, gap=0.0)
    high = math.ceil(len(nodes) / count) * height
    return (
        {n: (x - count * width / 2, y - high / 2) for n, (x, y) in zip(nodes, places, strict=True)},
        count * width - _GAP_X,
        high,
    )


def _put(placed: Placed, block: Placed, centre: tuple[float, float]) -> None:
    placed.update({node: (x + centre[0], y + centre[1]) for node, (x, y) in block.items()})
