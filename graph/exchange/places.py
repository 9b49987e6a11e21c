"""Where the concepts of a drawing stand, for formats that have a place for it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["NOWHERE", "Places"]

Places = Mapping[str, tuple[float, float]]
NOWHERE: Final[Places] = MappingProxyType({})
