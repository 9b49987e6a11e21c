"""The query of a map's address, read into a request and written back.

Every state of the map is an address, so that a link shows the same elsewhere; docs/map.md lists the keys. What the
query names comes from strangers: everything is bounded, unknown keys are passed over, and a value that no map can
have is an InvalidMap whose one line says what to give instead.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Protocol, TypeVar
from urllib.parse import urlencode

from api.limits import MAX_NAME_LENGTH, checked_names
from api.lookup import concept_ids
from graph.errors import AmbiguousName, InputError, InvalidQuery, UnknownConcept
from graph.model import Origin, RelationType
from graph.store import GraphStore
from viz.asked import MOST_NODES, VIEWS, Asked, LayoutName, View
from viz.maps import Language
from viz.switches import SWITCHES, Switches
from viz.wording import InvalidMap

__all__ = ["MapQuery", "find_names", "language_of", "read_query", "replaced"]

_MOST_NAMES = 20
_MOST_ADDED = 60
_MOST_RADIUS = 10
_ORDER_ONLY = frozenset({RelationType.PREREQUISITE_OF})
_LANGUAGES: tuple[Language, ...] = ("auto", "en", "zh")
_VIEWS_BY_NAME: Mapping[str, View] = MappingProxyType({"all": "all", "order": "order", "overview": "overview"})
_KEYS: Mapping[View, str] = MappingProxyType(
    {"path": "path", "compare": "compare", "topic": "topic", "neighborhood": "focus", "order": "focus"}
)
"""The key that names what a view is about."""

_NAMED: tuple[View, ...] = ("path", "compare", "topic")
"""Views that follow from their key alone, in the order in which they count where an address has several."""

Choice = TypeVar("Choice")

_TYPES = {kind.value: kind for kind in RelationType}
_ORIGINS = {origin.value: origin for origin in Origin}
_SWITCHES = {key: key for key in SWITCHES}


class Params(Protocol):
    """The query of an address: what Starlette's `QueryParams` is."""

    def get(self, key: str, default: str) -> str:
        """Return the last value of `key`."""
        ...

    def getlist(self, key: str) -> list[str]:
        """Return all values of `key`."""
        ...


@dataclass(frozen=True, slots=True)
class MapQuery:
    """What an address asks for: the map (its names as given, to be looked up), what is switched on it, the language."""

    asked: Asked
    lang: Language
    switches: Switches


def read_query(params: Params) -> MapQuery:
    """Read an address's query. Raises InvalidMap for what no map can be asked for."""
    types = frozenset(_choices(params, "types", _TYPES))
    view = _view(params, types)
    most = params.get("most", "")
    sure = params.get("sure", "")
    asked = Asked(
        view=view,
        names=_names(params, _KEYS[view], most=_MOST_NAMES) if view in _KEYS else (),
        radius=_whole(params.get("radius", "1"), "radius", least=0, most=_MOST_RADIUS),
        sure=_share(sure, "sure") if sure else None,
        most=_whole(most, "most", least=1, most=MOST_NODES) if most else None,
        layout=_layout(params.get("layout", ""), view),
        types=types or None,
        origins=frozenset(_choices(params, "origin", _ORIGINS)) or None,
        least=_share(params.get("min", "0"), "min"),
        added=_names(params, "add", most=_MOST_ADDED),
    )
    switches = Switches(
        on=tuple(_choices(params, "on", _SWITCHES)),
        off=tuple(_choices(params, "off", _SWITCHES)),
        least=_share(params.get("least", ""), "least") if params.get("least", "") else None,
    )
    return MapQuery(asked, language_of(params), switches)


def language_of(params: Params) -> Language:
    """Return the language that an address asks for, "auto" if it asks for none that the page has."""
    lang = params.get("lang", "auto")
    return next((tag for tag in _LANGUAGES if tag == lang), "auto")


async def find_names(store: GraphStore, asked: Asked) -> tuple[Asked, InputError | None]:
    """Return the request with ids for names, and the error of the first name that is no concept's, or of several.

    Such names are left out of what is asked for. Raises that error, UnknownConcept or AmbiguousName, where too little
    is left: a map needs one of the names that it is about, a comparison two. Costs two look-ups, and two more for each
    name that is left out.
    """
    trouble: InputError | None = None
    needed = 2 if asked.view == "compare" else min(1, len(asked.names))
    while True:
        try:
            names, added = await concept_ids(store, asked.names), await concept_ids(store, asked.added)
        except (UnknownConcept, AmbiguousName) as error:
            trouble = trouble or error
            left = tuple(name for name in asked.names if name != error.name)
            added_left = tuple(name for name in asked.added if name != error.name)
            if len(left) < needed or (left, added_left) == (asked.names, asked.added):
                raise trouble from error
            asked = replace(asked, names=left, added=added_left)
        else:
            return replace(asked, names=tuple(names), added=tuple(added)), trouble


def replaced(items: Sequence[tuple[str, str]], old: str, new: str) -> str:
    """Return an address's query with every name `old` replaced by `new`.

    >>> replaced([("compare", "BN"), ("compare", "LM"), ("lang", "zh")], "LM", "Layer Norm")
    'compare=BN&compare=Layer+Norm&lang=zh'
    """
    names = {*_KEYS.values(), "add"}
    return urlencode([(key, new if key in names and value == old else value) for key, value in items])


def _view(params: Params, types: frozenset[RelationType]) -> View:
    view = params.get("view", "")
    if view and view not in _VIEWS_BY_NAME:
        raise _no_choice("view", view, _VIEWS_BY_NAME)
    named = next((found for found in _NAMED if params.getlist(_KEYS[found])), None)
    if named is not None:
        return named
    if types == _ORDER_ONLY:
        return "order"
    if params.getlist("focus"):
        return "neighborhood"
    return _VIEWS_BY_NAME.get(view, "overview")


def _names(params: Params, key: str, *, most: int) -> tuple[str, ...]:
    given = params.getlist(key)
    try:
        return tuple(checked_names(key, given, most=most, least=0))
    except InvalidQuery as error:
        count = len(set(given))
        long = f"{key}：每个名称或 id 应有 1 到 {MAX_NAME_LENGTH} 个字符"
        raise InvalidMap(str(error), f"{key} 有 {count} 个，最多 {most} 个" if count > most else long) from error


def _no_choice(key: str, value: str, known: Iterable[str]) -> InvalidMap:
    choices = ", ".join(known)
    return InvalidMap(
        f"{key} is {value[:40]!r}: give one of {choices}", f"{key} 是“{value[:40]}”，应为其中之一：{choices}"
    )


def _no_number(key: str, value: str, least: int, most: int) -> InvalidMap:
    return InvalidMap(
        f"{key} is {value[:20]!r}: give a number from {least} to {most}",
        f"{key} 是“{value[:20]}”，应为 {least} 到 {most} 之间的数",
    )


def _layout(name: str, view: View) -> LayoutName | None:
    found = next((known for known in VIEWS[view].layouts if known == name), None)
    if name and found is None:
        raise _no_choice("layout", name, VIEWS[view].layouts)
    return found


def _choices(params: Params, key: str, known: Mapping[str, Choice]) -> list[Choice]:
    given = params.getlist(key)
    wrong = [value for value in given if value not in known]
    if wrong:
        raise _no_choice(key, wrong[0], known)
    return [known[value] for value in given]


def _whole(value: str, key: str, *, least: int, most: int) -> int:
    if value.isascii() and value.isdigit() and len(value) < 6 and least <= int(value) <= most:
        return int(value)
    raise _no_number(key, value, least, most)


def _share(value: str, key: str) -> float:
    try:
        number = float(value) if value.isascii() and len(value) < 12 else -1.0
    except ValueError:
        number = -1.0
    if not 0.0 <= number <= 1.0:  # which no NaN is
        raise _no_number(key, value, 0, 1)
    return number
