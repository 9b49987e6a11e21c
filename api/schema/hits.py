"""What a search found, as GraphQL types over the store's hits, with the places to mark."""

from enum import Enum

import strawberry

from api.schema.fields import resolver
from api.schema.types import Concept, Info, Passage
from graph import store
from graph.question import parse_query
from graph.spans import matched_spans

__all__ = ["PassageHit", "SearchHit"]


@strawberry.type(description="A part of a text, from its first character to before its end, counted in code points.")
class Span:
    """A place to mark."""

    start: int = strawberry.field(description="How many code points stand before it.")
    end: int = strawberry.field(description="How many code points stand before what follows it.")


@strawberry.enum(description="What of a concept a search has matched.")
class MatchedIn(Enum):
    """Values are for people."""

    NAME = strawberry.enum_value("name", description="Its preferred name.")
    ALIAS = strawberry.enum_value("alias", description="One of its other names.")
    DEFINITION = strawberry.enum_value("definition", description="What the notes say it is.")


@strawberry.type(description="A concept that a search found.")
class SearchHit:
    """The store's SearchHit."""

    query: strawberry.Private[str]
    concept: Concept = strawberry.field(description="What was found, under all its names.")
    score: float = strawberry.field(description="How well it matches, from 0 to 1; 1 is its whole name.")
    matched: str = strawberry.field(description="The name or the text that matched.")
    named: bool = strawberry.field(description="Whether the query has one of its names, alone or among other words.")

    @classmethod
    def of(cls, hit: store.SearchHit, query: str) -> "SearchHit":
        """Wrap a hit of a query."""
        concept = Concept.of(hit.concept)
        return cls(query=query, concept=concept, score=hit.score, matched=hit.matched, named=hit.named)

    @resolver("Which of its texts `matched` is.")
    def matched_in(self) -> MatchedIn:
        """Compare."""
        if self.matched == self.concept.name:
            return MatchedIn.NAME
        return MatchedIn.ALIAS if self.matched in self.concept.aliases else MatchedIn.DEFINITION

    @resolver("Where in `matched` the words of the query stand; nowhere, if it is only nearly what was typed.")
    def spans(self, info: Info) -> list[Span]:
        """Look for them."""
        return _spans(info, self.matched, [self.query])


@strawberry.type(description="A passage that a search found.")
class PassageHit:
    """The store's PassageHit."""

    passage: Passage = strawberry.field(description="What was found: its text, and where it stands.")
    score: float = strawberry.field(description="How well it matches, from 0 to 1; 1 is nothing but the query.")
    concepts: list[Concept] = strawberry.field(description="The concepts that it mentions, in reading order.")
    found: list[str] = strawberry.field(
        description="The names and words that it was found by; a name as it stands in the passage, in any case."
    )

    @resolver("Where in the text of the passage stands what it was `found` by.")
    def spans(self, info: Info) -> list[Span]:
        """Look for it."""
        return _spans(info, self.passage.text, self.found)


def _spans(info: Info, text: str, sought: list[str]) -> list[Span]:
    queries = [query for part in sought if (query := parse_query(part))]
    found = sorted({span for query in queries for span in matched_spans(query, text)})
    # Of two that overlap, as names within names do, the longer is marked.
    apart: list[tuple[int, int]] = []
    for start, end in found:
        if apart and start < apart[-1][1]:
            apart[-1] = max(apart[-1], (start, end), key=lambda span: span[1] - span[0])
        else:
            apart.append((start, end))
    info.context.rows.take(len(apart))
    return [Span(start=start, end=end) for start, end in apart]
