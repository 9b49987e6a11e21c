"""Where concepts go that join a finished map: beside the one that was opened, on free ground; nothing else moves.

The page's script does the same when a reader opens a concept (`freePlace` in static/canvas.js): a link to what it
then shows must put everything where it stood.
"""

import math
from collections.abc import Iterable, Mapping

__all__ = ["joined_places"]

Room = tuple[float, float, float]  # width, and how far it reaches up and down from its mark
_Taken = tuple[float, float, float, float, float]

_FIRST, _STEP, _SPACING = 70.0, 26.0, 9.0
_WIDE = 1.3
_GAP_X, _GAP_Y, _BELOW = 10.0, 6.0, 60.0


def joined_places(
    points: Mapping[str, tuple[float, float]],
    rooms: Mapping[str, Room],
    links: Iterable[tuple[str, str]],
    *,
    added: Mapping[str, str | None],
) -> dict[str, tuple[float, float]]:
    """Return places for `added`, in order, each beside the concept given with it.

    One that comes by itself stands beside the first of its neighbours (`links`) that has a place, else below the map.
    `rooms` are those of all concepts, `points` the places of those that stand. Cost: concepts added times all.
    """
    near: dict[str, list[str]] = {node: [] for node in added}
    for a, b in links:
        if a in near:
            near[a].append(b)
        if b in near:
            near[b].append(a)
    taken: list[_Taken] = [(*points[node], *rooms[node]) for node in points]
    placed: dict[str, tuple[float, float]] = {}
    for node, anchor in added.items():
        beside = anchor if anchor is not None else next((n for n in near[node] if n in points or n in placed), None)
        if beside is None:
            centre = (0.0, max((0.0, *(y + down for _, y, _, _, down in taken))) + _BELOW)
        else:
            centre = placed[beside] if beside in placed else points[beside]
        place = _free_place(centre, rooms[node], taken)
        placed[node] = place
        taken.append((*place, *rooms[node]))
    return placed


def _free_place(centre: tuple[float, float], room: Room, taken: Iterable[_Taken]) -> tuple[float, float]:
    """Return the first free place on growing rings round `centre`."""
    width, up, down = room
    radius = _FIRST
    while True:
        steps = max(8, round(radius / _SPACING))
        for step in range(steps):
            turn = 2 * math.pi * step / steps + radius
            x, y = centre[0] + _WIDE * radius * math.cos(turn), centre[1] + radius * math.sin(turn)
            if all(
                abs(tx - x) > (t_width + width) / 2 + _GAP_X
                or y - up > ty + t_down + _GAP_Y
                or y + down < ty - t_up - _GAP_Y
                for tx, ty, t_width, t_up, t_down in taken
            ):
                return x, y
        radius += _STEP
