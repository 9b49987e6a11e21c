"""Values of someone else's fields, as what their file declares them."""

from collections.abc import Callable, Mapping
from typing import Final

from graph.errors import InvalidGraph
from graph.rows import show

__all__ = ["typed"]

_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False}
_KINDS: Final[Mapping[str, Callable[[str], object]]] = {
    "boolean": lambda value: _BOOLEANS[value.strip().lower()],
    "int": int,
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
}


def typed(kind: str, value: str, where: str) -> object:
    """Return `value` as a GraphML or GEXF type; as text if it is none of numbers and booleans.

    Raises InvalidGraph, naming `where`, if it is no value of the type.
    """
    try:
        return _KINDS.get(kind, str)(value)
    except (ValueError, KeyError) as error:
        raise InvalidGraph(f"{where} is {show(value)}, but declared {kind}: mend one of them") from error
