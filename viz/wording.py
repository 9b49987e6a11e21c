"""What a page says in both of its languages: the browser, or `lang=` in the address, decides which is shown."""

from dataclasses import dataclass

from graph.errors import InvalidQuery

__all__ = ["InvalidMap", "Said"]


@dataclass(frozen=True, slots=True)
class Said:
    """One text in English and in Chinese."""

    en: str
    zh: str


class InvalidMap(InvalidQuery):
    """What no map can be asked for. `str()` of it is the English text, `said` both."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en, zh)
        self.said = Said(en, zh)

    def __str__(self) -> str:
        return self.said.en
