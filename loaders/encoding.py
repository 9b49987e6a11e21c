"""A sentence in the form that phrasings read: concepts as single characters, everything else folded and squeezed.

Each mention becomes one private-use character, width and case are folded, quotes go, and so does a bracket that only
gives another name of the concept before it. In Chinese, spaces next to concepts and Chinese go as well; English is cut
into tokens (`loaders.wording`).
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence

from loaders.document import Span
from loaders.inline import FILLER
from loaders.mentions import Mention, after_name
from loaders.tokens import plain, tokenize

__all__ = ["FIRST_CONCEPT", "LAST_CONCEPT", "MAX_SENTENCE", "Encoded", "Marked", "encode"]

MAX_SENTENCE = 600  # characters; no sentence that is longer is read
FIRST_CONCEPT = "\ue000"  # the private use area: concept n of a sentence is the n-th character from here
LAST_CONCEPT = chr(ord(FIRST_CONCEPT) + MAX_SENTENCE - 1)  # near, since the cost of compiling a class is its width
_FIRST = ord(FIRST_CONCEPT)


class Encoded:
    """An encoded sentence: its text, its mentions (by private-use character), and where each character came from.

    `offsets` works out the latter when it is called: few sentences are asked for it.
    """

    __slots__ = ("_plain", "language", "mentions", "offsets", "text")

    def __init__(
        self, text: str, mentions: tuple[Mention, ...], offsets: Callable[[], Sequence[int]], language: str
    ) -> None:
        self.text = text
        self.mentions = mentions
        self.offsets = offsets
        self.language = language
        self._plain: str | None = None

    @property
    def plain(self) -> str:
        """The text with spaces for what stands before words, as long as it is."""
        if self._plain is None:
            self._plain = plain(self.text)
        return self._plain

    def concepts(self, piece: str) -> tuple[Mention, ...]:
        """Return the mentions in a piece of the encoded text, in order."""
        return tuple([self.mentions[ord(c) - _FIRST] for c in piece if "\ue000" <= c <= "\uf8ff"])

    def place(self, mention: Mention, after: int) -> int:
        """Return where a mention stands, at or after an offset. Raises ValueError if it does not."""
        return self.text.index(chr(_FIRST + self.mentions.index(mention)), after)


_FOLDED_FIRST = {0x2019: "'", ord(FILLER): " "}


class _Folds(dict[int, str]):
    """What each character becomes, by its code; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        char = _FOLDED_FIRST.get(code, chr(code))
        # A note may hold private-use characters of its own, which must not pass for mentions.
        folded = "".join(
            " " if "\ue000" <= c <= "\uf8ff" else c for c in unicodedata.normalize("NFKC", char).casefold()
        )
        if code < 0x10000:  # a text of every character there is must not fill the memory
            self[code] = folded
        return folded


_FOLDS = _Folds()


def encode(text: str, mentions: Sequence[Mention], *, language: str, brackets: bool) -> Encoded:
    """Encode a sentence with its mentions (spans within `text`). Without `brackets` all bracketed text is dropped.

    Only the first `MAX_SENTENCE` mentions count. Linear in the text.
    """
    marked = Marked(text, mentions)
    return marked.tokens(brackets=brackets) if language == "en" else marked.tight(language, brackets=brackets)


class Marked:
    """A sentence, folded, with a character for each of its concepts: what all of its encodings are made from."""

    __slots__ = ("_extents", "_places", "mentions", "text", "written")

    def __init__(self, written: str, mentions: Sequence[Mention]) -> None:
        self.written = written
        self.mentions = tuple([m for m in mentions if not m.compound][:MAX_SENTENCE])
        folded = written.translate(_FOLDS)
        places: Sequence[int] = range(len(written) + 1)  # where in `folded` each character's fold begins
        if len(folded) != len(written):
            at, starts = 0, [0]
            for char in written:
                at += len(_FOLDS[ord(char)])
                starts.append(at)
            places = starts
        self._places = places
        self._extents: list[Span] = []  # of the mentions, none overlapping
        pieces: list[str] = []
        at = 0
        for n, mention in enumerate(self.mentions, _FIRST):
            begin, end = mention.extent
            begin = min(max(at, begin), len(written))
            end = min(max(at, end), len(written))
            pieces += folded[places[at] : places[begin]], chr(n)
            self._extents.append((begin, end))
            at = end
        pieces.append(folded[places[at] :])
        self.text = "".join(pieces)

    def tight(self, language: str, *, brackets: bool) -> Encoded:
        """Return the encoding without needless spaces, as the phrasings of Chinese have it."""
        asides = _asides(self.text, self.mentions, brackets=brackets)
        joined = _without(self.text, asides)
        spaces = _needless_spaces(joined)
        return Encoded(_without(joined, spaces), self.mentions, lambda: self._offsets(asides, spaces), language)

    def tokens(self, *, brackets: bool) -> Encoded:
        """Return the encoding as tokens with their separators, as the phrasings of English have it."""
        asides = _asides(self.text, self.mentions, brackets=brackets)
        tokens = tokenize(_without(self.text, asides))

        def offsets() -> Sequence[int]:
            places = self._offsets(asides)
            return [places[at] for token, at in tokens for _ in token]

        return Encoded("".join([token for token, _ in tokens]), self.mentions, offsets, "en")

    def _offsets(self, *dropped: Sequence[Span]) -> list[int]:
        """Return what each character comes from that is left when spans are dropped, those of each row in turn."""
        found: list[int] = []
        at = 0
        for mention, (begin, end) in zip(self.mentions, self._extents, strict=True):
            found += self._sources(at, begin)
            found.append(mention.span[0])
            at = end
        found += self._sources(at, len(self.written))
        for spans in dropped:
            found = [offset for start, end in _between(spans, len(found)) for offset in found[start:end]]
        return found

    def _sources(self, start: int, end: int) -> Iterator[int]:
        """Yield for each character of a folded piece the offset of the one that it comes from."""
        return (i for i in range(start, end) for _ in range(self._places[i + 1] - self._places[i]))


def _between(spans: Sequence[Span], length: int) -> Iterator[Span]:
    """Yield what lies between spans, which stand in order of their starts and may overlap."""
    at = 0
    for start, end in spans:
        if start > at:
            yield at, start
        at = max(at, end)
    yield at, length


def _without(text: str, spans: Sequence[Span]) -> str:
    """Return a text without spans, which stand in order of their starts and may overlap."""
    return "".join([text[start:end] for start, end in _between(spans, len(text))]) if spans else text


_NESTED = re.compile(r"\([^()]{0,200}\)")
_QUOTE = re.compile(r"[“”\"‘*`【】《》「」]")
_TIGHT = r"[\ue000-\uf8ff\u2e80-\u9fff,.;:!?()、。/+=“”\"']"
_SPACES = re.compile(rf"(?:^|(?<={_TIGHT}))[ \t\n]+|(?<![ \t\n])[ \t\n]++(?={_TIGHT}|\Z)|([ \t\n]{{2,}})")


def _asides(text: str, mentions: Sequence[Mention], *, brackets: bool) -> list[Span]:
    """Return the spans of quotes and of needless brackets, with what follows a concept's name behind those."""
    drop = [m.span() for m in _QUOTE.finditer(text)]
    if "(" not in text:
        return drop
    for match in _NESTED.finditer(text):
        inside = {mentions[ord(c) - _FIRST].concept for c in match.group() if "\ue000" <= c <= "\uf8ff"}
        before = text[: match.start()].rstrip()[-1:]
        owner = mentions[ord(before) - _FIRST].concept if "\ue000" <= before <= "\uf8ff" else None
        if not brackets or not inside or inside == {owner}:
            drop.append(match.span())
            if owner is not None and (suffix := after_name(text, match.end())):
                drop.append((match.end(), suffix))
    return sorted(drop)


def _needless_spaces(text: str) -> Sequence[Span]:
    """Return the spans of the spaces at the ends, next to concepts, Chinese and marks, and behind another space."""
    if not (" " in text or "\t" in text or "\n" in text):
        return ()
    drop: list[Span] = []
    for match in _SPACES.finditer(text):
        if match[1] is None:
            drop.append(match.span())
            continue
        blank = text.find(" ", *match.span())  # a tab or a line's end before it stays
        if 0 <= blank < match.end() - 1:
            drop.append((blank + 1, match.end()))
    return drop
