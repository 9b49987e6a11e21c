"""Where a graph lives: the protocol that every store keeps, and `open_store`, which picks one by URL.

A store holds one contribution (`KnowledgeGraph`) per source and shows their `graph.model.merge`. It takes no query
language; every method takes many ids in one call, so that a caller's number of calls depends on the shape of its
question only. All methods are coroutines and safe to call concurrently; one writer at a time.

What every implementation keeps, and `tests/store_contract.py` pins:

* Whatever is limited is ordered: concepts by (`name_key` of the name, id), relations by (source, type, target), hits
  by (score descending, name key, id), passages by (source, line). Strings are in order of their code points.
* Ids that do not exist are left out of the answer; they are never an error. An answer by id is in the order asked,
  and has every id that exists, with an empty list if there is nothing to say about it.
* `types` limits relations to these types: None is all of them, none of them is none.
* A write is one transaction: a reader sees all of a source or none of it. An answer is of one moment.
* Ids are compared exactly. Other text is compared after Unicode NFKC and case folding; `resolve` compares `name_key`s.
* Search finds any substring of a name, an alias or a definition made of Chinese characters, down to a single one, and
  any word or beginning of a word otherwise; all words of the query must occur. Which concepts match, their scores and
  their order are decided in `graph.search_text`, for every store.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, Self

from graph.errors import InvalidStoreUrl
from graph.model import (
    Concept,
    ConceptKind,
    KnowledgeGraph,
    Passage,
    Relation,
    RelationKey,
    RelationType,
    Source,
)

__all__ = [
    "Changes",
    "ConceptPage",
    "Direction",
    "GraphStore",
    "SearchHit",
    "Stats",
    "Subgraph",
    "TopicCount",
    "open_store",
]

Direction = Literal["out", "in", "both"]


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


@dataclass(frozen=True, slots=True)
class ConceptPage:
    """A page of concepts in their order, and whether more follow. The cursor of a concept is its id."""

    concepts: tuple[Concept, ...]
    has_next: bool


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A concept found, how well it matches (0..1; 1 is its whole name), and the name or text that matched."""

    concept: Concept
    score: float
    matched: str


@dataclass(frozen=True, slots=True)
class Subgraph:
    """Some concepts (nearest first, then by name) and all relations between them; `truncated` if more were in reach."""

    concepts: tuple[Concept, ...]
    relations: tuple[Relation, ...]
    truncated: bool


@dataclass(frozen=True, slots=True)
class TopicCount:
    """A topic, how many concepts are directly in it, and how many of those are topics themselves."""

    concept: Concept
    concept_count: int
    child_count: int


@dataclass(frozen=True, slots=True)
class Stats:
    """How much the store holds."""

    concepts: int
    relations: int
    passages: int
    sources: int
    relations_by_type: tuple[tuple[RelationType, int], ...]
    concepts_by_kind: tuple[tuple[ConceptKind, int], ...]


class GraphStore(Protocol):
    """The contract of a store; see the module's docstring for what all methods have in common.

    Every method raises `StoreError` (or one of its kinds) when the store fails, never a driver's own exception.
    `first` must be from 1 to 1,000,000 and `radius` at least 0, or the method raises InvalidQuery.
    """

    @property
    def statements(self) -> int:
        """How many statements the store has sent since it was made: to see what a question costs."""
        ...

    async def __aenter__(self) -> Self:
        """Connect or open, create what is missing in the schema. Raises StoreUnavailable, StoreAuthError, ..."""
        ...

    async def __aexit__(self, *exc: object) -> None:
        """Close; a closed store can be opened again."""
        ...

    # -- writing ------------------------------------------------------------------------------------------------

    async def upsert(self, path: str, graph: KnowledgeGraph) -> Changes:
        """Make `graph` the contribution of the source `path`, in one transaction, replacing the one it had.

        An end of a relation for which no contribution has a concept is created under its id. Upserting the same graph
        again writes nothing and reports no change. The report compares what readers saw before and see after.

        Raises InvalidGraph, and changes nothing, if an id, a name or the path is more than 4,000 bytes, if an id is
        empty, or if there is a value that is not JSON or not Unicode text (a NUL in an id, half a surrogate pair).
        Raises StoreBusy if another process keeps writing for longer than the store waits.
        """
        ...

    async def remove(self, paths: Sequence[str]) -> Changes:
        """Forget these sources' contributions, in one transaction; unknown paths are ignored."""
        ...

    # -- reading ------------------------------------------------------------------------------------------------

    async def sources(self) -> list[Source]:
        """Every source, by path."""
        ...

    async def get(self, ids: Sequence[str]) -> dict[str, Concept]:
        """The concepts with these ids."""
        ...

    async def resolve(self, names: Sequence[str]) -> dict[str, list[str]]:
        """For each name, the ids it can mean, sorted: the id itself if it is one, else every concept so called.

        A preferred name beats an alias, and an alias beats an id in another spelling: only the best of these count.
        A name that means nothing, or is nothing but punctuation, is left out.
        """
        ...

    async def concepts(
        self,
        *,
        first: int,
        after: str | None = None,
        topic: str | None = None,
        kind: ConceptKind | None = None,
    ) -> ConceptPage:
        """A page of concepts by (name key, id), after the concept with id `after`.

        `topic`: those directly IN_TOPIC the concept with this id; `kind`: those of this kind. Raises InvalidQuery if
        `after` is no concept's id.
        """
        ...

    async def count(self, *, topic: str | None = None, kind: ConceptKind | None = None) -> int:
        """How many concepts `concepts` would page through."""
        ...

    async def topics(self, parent: str | None = None) -> list[TopicCount]:
        """The topics directly below `parent`, else those in no topic.

        By (document, line), those without a place last, then by (name key, id).

        A topic is a concept that is the target of an IN_TOPIC relation, or of kind `topic`.
        """
        ...

    async def search(self, query: str, *, first: int) -> list[SearchHit]:
        """The best `first` matches; none for a query without a letter, digit or character."""
        ...

    async def relations(
        self,
        ids: Sequence[str],
        *,
        types: Sequence[RelationType] | None = None,
        direction: Direction = "both",
    ) -> dict[str, list[Relation]]:
        """For each of `ids` its relations by key: those that leave it (out), that enter it (in), or both."""
        ...

    async def get_relations(self, keys: Sequence[RelationKey]) -> dict[RelationKey, Relation]:
        """The relations with these keys; one of a symmetric type answers to both orders of its ends."""
        ...

    async def passages(self, ids: Sequence[str]) -> dict[str, list[Passage]]:
        """For each of `ids` the passages that mention it, by (source, line), each once."""
        ...

    async def neighborhood(
        self,
        ids: Sequence[str],
        *,
        radius: int,
        first: int,
        types: Sequence[RelationType] | None = None,
    ) -> Subgraph:
        """The concepts at most `radius` relations away from any of `ids`, whatever the direction.

        Breadth first: at most `first` concepts, nearest first, ties by (name key, id), `ids` themselves in the order
        given. Relations: all those between the concepts returned (of `types` if given). Cost: one round a step, of
        which no more is read than can still be returned.
        """
        ...

    async def prerequisites_of(self, ids: Sequence[str], *, min_confidence: float = 0.0) -> Subgraph:
        """The closure of `ids` under PREREQUISITE_OF, backwards: all that must be learnt first, and `ids`.

        Relations: every PREREQUISITE_OF between them of at least `min_confidence` (which the walk follows too);
        concepts by id. Never truncated. Cost: one breadth-first walk.
        """
        ...

    async def graph(self, *, types: Sequence[RelationType] | None = None, with_passages: bool = True) -> KnowledgeGraph:
        """Everything merged; `types` limits the relations. Linear in the store's size: for export and overviews."""
        ...

    async def stats(self) -> Stats:
        """Counts over the merged graph; those by type and kind in the order of their tables, where not zero."""
        ...


def open_store(url: str) -> GraphStore:
    """Return the store that `url` names, not yet opened: use it as `async with open_store(url) as store`.

    A path of a folder or a file, or `sqlite:PATH`, is the embedded SQLite store (in a folder: `noteatlas.sqlite3`; a
    path that does not exist is a file if it ends in .sqlite3, .sqlite or .db);
    `neo4j://USER:PASSWORD@HOST:PORT[/DATABASE]` or `bolt://...` (also `+s`, `+ssc`) is a Neo4j server. Raises
    InvalidStoreUrl for any other scheme. Imports the implementation on first use: neo4j's driver takes 0.2 s.
    """
    # Nothing of the URL but its scheme is in a message: where it is malformed, any part may be the password.
    scheme, colon, rest = url.partition(":")
    scheme = scheme.casefold() if colon else ""
    if scheme.split("+")[0] in {"neo4j", "bolt"}:
        from graph.neo4j_store import Neo4jStore

        return Neo4jStore(url)
    if scheme == "sqlite" and not rest.startswith("//"):
        url = rest
    elif rest.startswith("//"):
        raise InvalidStoreUrl(f"{scheme or 'the store'}://: use a folder, a file, neo4j://... or bolt://...")
    if not url.strip():
        raise InvalidStoreUrl("the store's URL is empty: use a folder, a file, neo4j://... or bolt://...")
    from graph.sqlite_store import SqliteStore

    return SqliteStore(url)
