"""Boxes that must not cover each other: pushing apart those that do, and setting finished ones side by side.

A box is the room that something takes; points are boxes' centres, one row each, x to the right, y downwards. Sizes
are rows of width and height. Everything is deterministic, and linear algebra on whole arrays: a map has hundreds of
boxes, and is laid out while somebody waits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["ASPECT", "GAP", "GAPS", "Box", "Floats", "pack", "push_apart", "remove_overlaps", "rows"]

Floats = NDArray[np.float64]

ASPECT = 1.12  # width to height that a map aims at: about that of the screen between the panels
GAP = 10.0  # between two boxes, above each other
GAPS = np.array([2 * GAP, GAP])  # beside each other twice that: most lines run there
_FEW, _SOME, _MANY = 24, 40, 80  # up to so many boxes are packed in all ways, in several, or at all
_BALANCES = ((0.5, 0.6), (0.1, 0.6), (0.6, 0.1), (0.2, 0.2), (0.3, 1.0))  # weight of the middle, weight of the links


@dataclass(frozen=True, slots=True)
class Box:
    """The room that something takes."""

    width: float
    height: float


def remove_overlaps(points: Floats, sizes: Floats) -> Floats:
    """Return `points` moved so that boxes of `sizes` do not overlap and leave a gap between, as little as it takes.

    Points that crowd on too small a ground are first spread, keeping their shape. Then each round pushes every
    overlapping pair apart along its thinner side, each half the way. Where pushing alone goes on for long, everything
    is stretched by a twentieth now and then, so that it always ends.
    """
    placed: Floats = points.astype(np.float64)
    if len(placed) < 2:
        return placed
    # Points that coincide have no direction to part in: set each a hair off, as seeds stand in a sunflower.
    order = np.arange(len(placed))
    placed += np.stack([np.cos(order * 2.399963), np.sin(order * 2.399963)], axis=1) * np.sqrt(order)[:, None] * 1e-3
    need = sizes + GAPS
    while (
        float(np.ptp(np.concatenate([placed - need / 2, placed + need / 2]), axis=0).prod()) < need.prod(axis=1).sum()
    ):
        placed *= 1.3
    rounds = 0
    while push_apart(placed, need):
        rounds += 1
        if rounds % 60 == 0:
            placed *= 1.05
    return placed


def push_apart(placed: Floats, need: Floats) -> bool:
    """Move, in place, every two boxes of size `need` that overlap; tell whether there were any."""
    first, second = _near_pairs(placed, need)
    delta = placed[second] - placed[first]
    overlap = (need[first] + need[second]) / 2.0 - np.abs(delta)
    hit = (overlap > 1e-6).all(axis=1)
    if not hit.any():
        return False
    first, second, delta, overlap = first[hit], second[hit], delta[hit], overlap[hit]
    # Apart along the thinner side; x counts as thinner by the map's aspect, or wide labels would stack into towers.
    axis = (overlap / np.array([ASPECT, 1.0])).argmin(axis=1)
    rows = np.arange(len(axis))
    step = np.where(delta[rows, axis] >= 0, 1.0, -1.0) * (overlap[rows, axis] / 2.0 + 1e-3)
    n = len(placed)
    places = np.concatenate([first * 2 + axis, second * 2 + axis])
    push = np.bincount(places, np.concatenate([-step, step]), minlength=2 * n).reshape(n, 2)
    count = np.bincount(places // 2, minlength=n)
    placed += push / np.maximum(1.0, 0.5 * count)[:, None]
    return True


def pack(
    boxes: Sequence[Box], bonds: Mapping[tuple[int, int], float], *, gap: float, aspect: float = ASPECT
) -> list[tuple[float, float]]:
    """Return a centre for every box: none overlap, linked ones are close, the whole is as wide as `aspect` says.

    Greedy: the largest first, then always the one most tied to those that stand (ties: the larger, the earlier), at
    the free place beside a standing box that costs least. Up to `_SOME` boxes are packed with several balances between
    compactness and closeness, and the best result is kept. Of more than `_MANY` boxes, the smallest stand in rows
    below. Cost: the cube of the number of boxes, of `_MANY` at most.
    """
    if not boxes:
        return []
    by_size = sorted(range(len(boxes)), key=lambda i: (-boxes[i].width * boxes[i].height, i))
    packed, below = sorted(by_size[:_MANY]), sorted(by_size[_MANY:])
    rank = {i: k for k, i in enumerate(packed)}
    tie = np.zeros((len(packed), len(packed)))
    for (a, b), weight in bonds.items():
        if a in rank and b in rank:
            tie[rank[a], rank[b]] += weight
            tie[rank[b], rank[a]] += weight
    half = np.array([[boxes[i].width + gap, boxes[i].height + gap] for i in packed]) / 2.0
    balances = _BALANCES[: 5 if len(packed) <= _FEW else 3 if len(packed) <= _SOME else 1]
    orders = (True, False) if tie.any() else (True,)  # without ties, both are the same
    tried = [
        _greedy(half, tie, balance=balance, by_size=flag, aspect=aspect) for balance in balances for flag in orders
    ]
    best = min(tried, key=lambda placed: _waste(placed, half, tie, aspect))
    centres = np.zeros((len(boxes), 2))
    centres[packed] = best
    if below:
        low, high = (best - half).min(axis=0), (best + half).max(axis=0)
        lines = np.array(rows([boxes[i] for i in below], width=float(high[0] - low[0]), gap=gap))
        centres[below] = lines + np.array([low[0] + gap / 2, high[1] + gap / 2])
    sizes = np.array([[box.width, box.height] for box in boxes]) / 2.0
    centres -= ((centres - sizes).min(axis=0) + (centres + sizes).max(axis=0)) / 2.0
    return [(float(x), float(y)) for x, y in centres]


def rows(boxes: Sequence[Box], *, width: float, gap: float) -> list[tuple[float, float]]:
    """Return centres that set the boxes in rows, in their order, from the origin to the right and down.

    A row ends where the next box would reach beyond `width`; one that is wider has a row of its own.
    """
    centres: list[tuple[float, float]] = []
    x = y = high = 0.0
    for box in boxes:
        if x > 0 and x + box.width > width:
            x, y, high = 0.0, y + high + gap, 0.0
        centres.append((x + box.width / 2, y + box.height / 2))
        x, high = x + box.width + gap, max(high, box.height)
    return centres


def _greedy(half: Floats, tie: Floats, *, balance: tuple[float, float], by_size: bool, aspect: float) -> Floats:
    area = half.prod(axis=1)
    centres = np.zeros_like(half)
    standing = [int(area.argmax())]
    waiting = [i for i in range(len(half)) if i != standing[0]]
    while waiting:
        drawn = tie[np.ix_(waiting, standing)].sum(axis=1)
        order = [(area[i], d, -i) if by_size else (d > 0, area[i], d, -i) for i, d in zip(waiting, drawn, strict=True)]
        chosen = waiting.pop(max(range(len(waiting)), key=order.__getitem__))
        centres[chosen] = _best_place(
            chosen, standing, half=half, centres=centres, tie=tie, balance=balance, aspect=aspect
        )
        standing.append(chosen)
    return centres


def _waste(centres: Floats, half: Floats, tie: Floats, aspect: float) -> float:
    """Judge a packing: the side of the screen-shaped frame it needs, plus a share of the mean length of its links."""
    span = (centres + half).max(axis=0) - (centres - half).min(axis=0)
    side = max(float(span[0]) / aspect, float(span[1]))
    total = float(tie.sum())
    if not total:
        return side
    apart = np.sqrt(((centres[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2))
    return side + 0.35 * float((apart * tie).sum()) / total


def _best_place(
    chosen: int,
    standing: Sequence[int],
    *,
    half: Floats,
    centres: Floats,
    tie: Floats,
    balance: tuple[float, float],
    aspect: float,
) -> Floats:
    """Return the free place beside one of the standing boxes that costs least."""
    there, reach = centres[standing], half[standing]
    own = half[chosen]
    places = np.concatenate(
        [
            there + np.stack([sx * (reach[:, 0] + own[0]), ay * (reach[:, 1] - own[1])], axis=1)
            for sx in (-1.0, 1.0)
            for ay in (-1.0, 0.0, 1.0)
        ]
        + [
            there + np.stack([ax * (reach[:, 0] - own[0]), sy * (reach[:, 1] + own[1])], axis=1)
            for sy in (-1.0, 1.0)
            for ax in (-1.0, 0.0, 1.0)
        ]
    )
    gaps = np.abs(places[:, None, :] - there[None, :, :]) - (reach[None, :, :] + own)
    free = (gaps.max(axis=2) > -1e-6).all(axis=1)
    places = places[free]
    # How far the whole would stretch, measured as if the screen were square, then how far from its friends.
    low, high = (there - reach).min(axis=0), (there + reach).max(axis=0)
    span = np.maximum(high, places + own) - np.minimum(low, places - own)
    stretch = np.maximum(span[:, 0] / aspect, span[:, 1])
    middle = (there * (reach.prod(axis=1) / reach.prod(axis=1).sum())[:, None]).sum(axis=0)
    off = (places - middle) / np.array([aspect, 1.0])
    away = np.sqrt((off**2).sum(axis=1))
    bond = tie[chosen, standing]
    far = np.sqrt(((places[:, None, :] - there[None, :, :]) ** 2).sum(axis=2)) @ bond
    cost = stretch + balance[0] * away + (balance[1] * far / bond.sum() if bond.sum() > 0 else 0.0)
    return np.asarray(places[int(cost.argmin())], dtype=np.float64)


def _near_pairs(points: Floats, need: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the pairs of rows whose boxes may overlap: all of them when few, else by a sweep along x."""
    n = len(points)
    if n <= 400:
        return _all_pairs(n)
    order = np.argsort(points[:, 0] - need[:, 0] / 2, kind="stable")
    left, right = (points[:, 0] - need[:, 0] / 2)[order], (points[:, 0] + need[:, 0] / 2)[order]
    ends = np.searchsorted(left, right, side="left")
    counts = np.maximum(ends - np.arange(n) - 1, 0)
    first_rank = np.repeat(np.arange(n), counts)
    offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return order[first_rank], order[first_rank + 1 + offsets]


@lru_cache(maxsize=64)
def _all_pairs(n: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    first, second = np.triu_indices(n, 1)
    return first, second
