"""A study path on paper: columns from left to right, broken into bands as a text is broken into lines.

A path of sixty steps is often thirty layers deep: drawn in one line, it is a thread that nobody can read. So columns
stand side by side as many as fit, and the rest follows below. Steps stand in the order of the path, down each column
and then in the next, so that their numbers read like a text; every arrow runs from left to right within a band or to a
later band, for a step begins a new column if something it needs stands in the one before. How many rows a column and
how many bands the whole has is what makes it most like the screen; columns are dealt out evenly, so that no band is
left with a rest.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from viz.layout import Area, Layout, Link
from viz.packing import ASPECT, Box

__all__ = ["bands_layout"]

_BETWEEN_COLUMNS = 46.0
_BETWEEN_ROWS = 16.0
_BETWEEN_BANDS = 26.0
_PADDING = 20.0
_COMFORT = 860.0  # a side that still can be read when all of it is in view: below it, fewer bands are better
_MOST_ROWS, _MOST_BANDS = 9, 60
_SWEEPS = 3
_MOST_CHOICES = 40  # ways to place a column that are compared
_IN_THE_WAY = 4.0  # how many slots of detour it is worth to keep an arrow off a mark


Columns = Sequence[Sequence[str]]
Links = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Cut:
    """One way of breaking a path: for each band its columns, how wide each is, how high it gets, in how many slots."""

    bands: Sequence[Columns]
    widths: Sequence[Sequence[float]]
    heights: Sequence[float]
    slots: Sequence[int]

    @property
    def wide(self) -> float:
        return max(sum(row) + (len(row) - 1) * _BETWEEN_COLUMNS for row in self.widths)

    @property
    def side(self) -> float:
        high = sum(self.heights) + (len(self.heights) - 1) * (_BETWEEN_BANDS + _PADDING)
        return max(self.wide / ASPECT, high)


def bands_layout(boxes: Mapping[str, Box], links: Sequence[Link]) -> Layout:
    """Lay out `boxes`, which stand in the order of a study path, in bands; areas are the bands if there are several.

    A link (first, second, weight) that runs against the order is passed over. Cost: some hundred times linear.
    """
    if not boxes:
        return Layout({})
    place = {node: i for i, node in enumerate(boxes)}
    before: dict[str, list[str]] = {node: [] for node in boxes}
    for a, b, _ in links:
        if place[a] < place[b]:
            before[b].append(a)
    cuts: list[_Cut] = []
    for rows in range(1, min(_MOST_ROWS, len(boxes)) + 1):
        columns = _columns(boxes, before, rows)
        cuts += [_cut(boxes, before, columns, count) for count in range(1, min(_MOST_BANDS, len(columns)) + 1)]
    best = min(cuts, key=lambda cut: (max(cut.side, _COMFORT), len(cut.bands), cut.side))
    positions: dict[str, tuple[float, float]] = {}
    areas: list[Area] = []
    top = 0.0
    for band, widths, high, slots in zip(best.bands, best.widths, best.heights, best.slots, strict=True):
        slot_of = _placed(band, before, slots)
        x = (best.wide - sum(widths) - (len(widths) - 1) * _BETWEEN_COLUMNS) / 2 if len(best.bands) == 1 else 0.0
        for column, width in zip(band, widths, strict=True):
            for node in column:
                positions[node] = (x + width / 2, top + (slot_of[node] + 0.5) * high / slots)
            x += width + _BETWEEN_COLUMNS
        members = tuple(n for column in band for n in column)
        areas.append(Area(members, best.wide / 2, top + high / 2, best.wide + 2 * _PADDING, high + _PADDING))
        top += high + _PADDING + _BETWEEN_BANDS
    return Layout(positions, tuple(areas) if len(areas) > 1 else ())


def _columns(boxes: Mapping[str, Box], before: Mapping[str, Sequence[str]], rows: int) -> list[list[str]]:
    """Fill columns of at most `rows` in the order of the path; what needs a step of the last one begins the next."""
    columns: list[list[str]] = [[]]
    for node in boxes:
        if len(columns[-1]) == rows or any(p in columns[-1] for p in before[node]):
            columns.append([])
        columns[-1].append(node)
    return columns


def _cut(boxes: Mapping[str, Box], before: Mapping[str, Sequence[str]], columns: Columns, count: int) -> _Cut:
    """Deal out the columns to `count` bands, each about as wide as the others."""
    widths = [max(boxes[n].width for n in column) + _BETWEEN_COLUMNS for column in columns]
    ends = list(itertools.accumulate(widths))
    bands: list[Columns] = []
    start = 0
    for i in range(1, count + 1):
        end = len(columns)
        if i < count:
            wanted = ends[-1] * i / count
            latest = len(columns) - (count - i)
            end = min(range(start + 1, latest + 1), key=lambda k: (abs(ends[k - 1] - wanted), k))
        bands.append(columns[start:end])
        start = end
    slots = [_slots(band, before) for band in bands]
    return _Cut(
        bands,
        [[max(boxes[n].width for n in column) for column in band] for band in bands],
        [
            n * (max(boxes[node].height for column in band for node in column) + _BETWEEN_ROWS)
            for band, n in zip(bands, slots, strict=True)
        ],
        slots,
    )


def _slots(band: Columns, before: Mapping[str, Sequence[str]]) -> int:
    """Return how many places above each other a band has: room to go round a mark where an arrow passes a column."""
    column_of = {node: i for i, column in enumerate(band) for node in column}
    passing = any(i - column_of.get(p, i) > 1 for node, i in column_of.items() for p in before[node])
    return max(2 if passing else 1, *(len(column) for column in band))


def _placed(band: Columns, before: Mapping[str, Sequence[str]], slots: int) -> dict[str, int]:
    """Give every node of a band its slot: in order down its column, near what it is linked to, out of arrows' way.

    One column after the other is placed as suits the others best, a few times over.
    """
    column_of = {node: i for i, column in enumerate(band) for node in column}
    links = [(p, node) for node in column_of for p in before[node] if p in column_of]
    slot_of = {node: (slots - len(column)) // 2 + i for column in band for i, node in enumerate(column)}
    for _ in range(_SWEEPS):
        for number, column in enumerate(band):
            touching = [(a, b) for a, b in links if column_of[a] <= number <= column_of[b]]
            choices = itertools.islice(itertools.combinations(range(slots), len(column)), _MOST_CHOICES)

            def cost(choice: Sequence[int], column: Sequence[str] = column, touching: Links = touching) -> float:
                tried = slot_of | dict(zip(column, choice, strict=True))
                return math.fsum(_strain(a, b, band, column_of, tried) for a, b in touching)

            best = min(choices, key=lambda choice: (round(cost(choice), 6), choice), default=())
            slot_of.update(zip(column, best, strict=True))
    return slot_of


def _strain(a: str, b: str, band: Columns, column_of: Mapping[str, int], slot_of: Mapping[str, int]) -> float:
    """Return how bad a link is: how far it rises or falls, and how many marks it runs over."""
    start, end = column_of[a], column_of[b]
    rise = slot_of[b] - slot_of[a]
    over = 0
    for column in range(start + 1, end):
        height = slot_of[a] + rise * (column - start) / (end - start)
        over += sum(abs(slot_of[node] - height) < 0.5 for node in band[column])
    return abs(rise) / (end - start) + _IN_THE_WAY * over
