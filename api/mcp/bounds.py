"""How much an answer holds: text of notes in one visible line, long ones cut, and rows up to a budget."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

from pydantic import BaseModel

__all__ = ["MAX_CHARACTERS", "MAX_NAME", "MAX_SENTENCE", "Budget", "plain", "shorten"]

MAX_CHARACTERS: Final = 24_000
"""Of an answer as JSON, about: the row that passes it is the last. A text says less in fewer."""

MAX_NAME: Final = 200
MAX_SENTENCE: Final = 600

Row = TypeVar("Row", bound=BaseModel)
Value = TypeVar("Value")


def plain(text: str) -> str:
    r"""Return `text` in one line, without characters that are not seen.

    Line breaks, control characters, bidirectional overrides, zero-width and tag characters (U+E0000 and above, which
    spell ASCII that no font shows) become spaces, and runs of spaces one. Linear.

    >>> plain("GQA\n\u202e is MQA.")
    'GQA is MQA.'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def shorten(text: str, most: int = MAX_SENTENCE) -> str:
    """Return `plain(text)`, cut after `most` characters with an ellipsis."""
    flat = plain(text[: 8 * most])  # notes may hold lines of megabytes
    return flat if len(flat) <= most else f"{flat[:most]}…"


class Budget:
    """The characters that an answer may still take; shared by its lists, in the order in which they are filled."""

    def __init__(self, characters: int = MAX_CHARACTERS) -> None:
        self.left = characters

    def fill(self, values: Sequence[Value], make: Callable[[Value], Row], *, most: int) -> list[Row]:
        """Return rows of the first values: at most `most`, and none more once the budget is spent."""
        rows: list[Row] = []
        for value in values[:most]:
            if self.left <= 0:
                break
            row = make(value)
            self.left -= len(row.model_dump_json())
            rows.append(row)
        return rows

    def spend(self, rows: Iterable[BaseModel]) -> None:
        """Count rows that are in the answer in any case."""
        self.left -= sum(len(row.model_dump_json()) for row in rows)
