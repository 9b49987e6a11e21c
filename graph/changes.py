"""What a write changed, as stores report it."""

from dataclasses import dataclass

__all__ = ["Changes"]


@dataclass(frozen=True, slots=True)
class Changes:
    """What a write changed in the merged graph: how many concepts and relations were added, changed or removed."""

    concepts_added: int = 0
    concepts_changed: int = 0
    concepts_removed: int = 0
    relations_added: int = 0
    relations_changed: int = 0
    relations_removed: int = 0

    def __bool__(self) -> bool:
        """True if anything changed."""
        return self != Changes()

    def __add__(self, other: "Changes") -> "Changes":
        """Add up, field by field."""
        return Changes(*(getattr(self, f) + getattr(other, f) for f in self.__slots__))
