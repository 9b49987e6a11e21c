"""Where a graph lives: the protocol that every store keeps, and `open_store`, which picks one by URL.

A store holds one contribution (`KnowledgeGraph`) per source and shows their `graph.model.merge`. It takes no query
language; every method takes many ids in one call, so that a caller's number of calls depends on the shape of its
question only. All methods are coroutines and safe to call concurrently; one writer at a time.

What every implementation keeps, and `tests/store_contract.py` pins:

* Whatever is limited is ordered: concepts by (`name_key` of the name, id), relations by (source, type, target), hits
  by (score descending, name key, id), passages by (source, line), found ones by (score descending, source, line).
  Strings are in order of their code points.
* Ids that do not exist are left out of the answer; they are never an error. An answer by id is in the order asked,
  and has every id that exists, with an empty list if there is nothing to say about it.
* `types` limits relations to these types: None is all of them, none of them is none.
* A write is one transaction: a reader sees all of a source or none of it. An answer is of one moment.
* Ids are compared exactly. Other text is compared after Unicode NFKC and case folding; `resolve` compares `name_key`s.
* Search finds any substring of a name, an alias, a definition or a passage made of Chinese characters, down to a
  single one, and any word or beginning of a word otherwise, and every name in a query, be it a question. What is looked
  up, which concepts and passages match, their scores and their order are decided in `graph.searching`, for every store.
* Where no name has all words of the query, `search` adds concepts with a name that is nearly what was asked for, and
  then some that have a part of it; they score below 0.2, all others from 0.2.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from graph.beside import NOTHING_AROUND, Around, Beside
from graph.changes import Changes
from graph.edits import Contents
from graph.errors import InvalidStoreUrl
from graph.history import Difference, Revision
from graph.listing import (
    BY_NAME,
    EVERY_CONCEPT,
    ConceptFilter,
    ConceptOrder,
    Direction,
    Facet,
    Measures,
    Position,
)
from graph.loads import Load
from graph.model import (
    Concept,
    ConceptKind,
    KnowledgeGraph,
    Origin,
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
    "Found",
    "GraphStore",
    "PassageHit",
    "SearchHit",
    "Stats",
    "Subgraph",
    "TopicCount",
    "open_store",
]


@dataclass(frozen=True, slots=True)
class ConceptPage:
    """A page of concepts in their order, the place of each in the whole list, and whether more follow."""

    concepts: tuple[Concept, ...]
    positions: tuple[Position, ...]
    has_next: bool
    around: Around = NOTHING_AROUND


@dataclass(frozen=True, slots=True)
class Found:
    """What some names mean, as `GraphStore.resolve` says, and all that is meant with what is around it."""

    meanings: dict[str, list[str]]
    around: Around


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A concept found, how well it matches (0..1; 1 is its whole name), and the name or text that matched.

    `named`: the query has one of its names, alone or among other words.
    """

    concept: Concept
    score: float
    matched: str
    named: bool = False


@dataclass(frozen=True, slots=True)
class PassageHit:
    """A passage found, how well it matches (0..1), and the ids of the concepts it mentions, in reading order.

    `found`: the names and words by which it was found, in the order of the query: a name as it stands in the passage.
    """

    passage: Passage
    score: float
    concepts: tuple[str, ...]
    found: tuple[str, ...] = ()


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
    def room(self) -> int | None:
        """How many questions at once the store should be asked at present, None for any number; nobody is refused."""
        ...

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

    async def replace(
        self,
        graphs: Mapping[str, KnowledgeGraph | None],
        *,
        originals: Mapping[str, KnowledgeGraph] | None = None,
        decisions: Sequence[str] | None = None,
        cause: str = "",
        expected: str | None = None,
    ) -> Changes:
        """Make each graph the contribution of its source, and forget the sources of None, all in one transaction.

        So a source can change its path without ever being missing. Otherwise as `upsert` and `remove`.

        `originals` are what the notes say of sources in `graphs` for which decisions made it another. `decisions` are
        all that hold from then on, as rows; None leaves them. The write is a revision of the history if it changed
        anything, and `cause` says there what it was. With `expected`, a revision of the store (`revision`), it raises
        StoreBusy where that is no longer the store's.
        """
        ...

    async def replace_each(
        self,
        steps: Sequence[Mapping[str, KnowledgeGraph | None]],
        *,
        originals: Mapping[str, KnowledgeGraph] | None = None,
        cause: str = "",
    ) -> list[Changes]:
        """Do what `replace` would do with all of `steps`, in one transaction, and tell what each of them changed.

        What readers saw before is compared with what they see after all steps; what several touched counts for the
        first. Many sources are merged at once so: of what they share, the cost is that of one. Raises what `replace`
        raises.
        """
        ...

    async def restore(self, contents: Contents, *, cause: str = "") -> Changes:
        """Make `contents` all that the store holds, in one transaction: what it held besides is forgotten.

        Its history is taken over where the store has none of its own; otherwise this is one more revision. Cost: linear
        in both.
        """
        ...

    async def preview(self, writes: Sequence[Sequence[Mapping[str, KnowledgeGraph | None]]]) -> list[list[Changes]]:
        """What `replace_each` would report of each of `writes`, carried out one after the other; nothing is written.

        Raises what `replace_each` raises. Cost: that of the writes, which are taken back; other writers wait meanwhile.
        """
        ...

    async def record_load(self, load: Load) -> None:
        """Keep `load` as the record of the load with its id, and the `KEPT_LOADS` latest records.

        Changes no answer but that of `loads`, and no revision. Raises StoreBusy where another process writes for
        longer than the store waits. Cost: one small transaction.
        """
        ...

    # -- reading ------------------------------------------------------------------------------------------------

    async def loads(self) -> list[Load]:
        """The records of the latest loads, the one recorded first last; each with its age. Cost: one statement."""
        ...

    async def revision(self) -> str:
        """A text that changes with every committed write that changed anything, whichever process wrote it.

        Opaque; equal for all who ask as long as nothing is written, and never the same for two states of a store or
        for two stores: what was computed from a store may be kept under it. It shows every write that was reported.
        Cost: one statement.
        """
        ...

    async def contents(self, *, with_history: bool = False) -> Contents:
        """All that was put into the store and is there, at one moment: for backups, and to decide anew.

        Linear in the store's size.
        """
        ...

    async def digests(self) -> dict[str, str]:
        """The digest of what the notes say of each source, before any decision, by path. One statement.

        It is that of `graph.contribution.encode`: what is put in with the digest that is there changes nothing.
        """
        ...

    async def decisions(self) -> list[str]:
        """The rows of all decisions, sorted. One statement."""
        ...

    async def history(self, *, first: int) -> list[Revision]:
        """The latest `first` revisions, the newest first. One statement."""
        ...

    async def difference(self, since: int, until: int | None = None) -> Difference:
        """What differs between two revisions, by their numbers; `until` is the latest if it is None.

        From the later to the earlier one it is the same, turned. Raises InvalidQuery for a revision that there never
        was, or that is no longer kept. Cost: linear in what was written since the earlier one.
        """
        ...

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

    async def find(self, names: Sequence[str], *, beside: Sequence[Beside] = ()) -> Found:
        """What the names mean, as `resolve` says; all concepts that they mean, and what is beside these.

        A few names: each is looked up by itself. Cost: one statement, and linear in what is found.
        """
        ...

    async def concepts(
        self,
        *,
        first: int,
        after: Position | None = None,
        where: ConceptFilter = EVERY_CONCEPT,
        order: ConceptOrder = BY_NAME,
        beside: Sequence[Beside] = (),
    ) -> ConceptPage:
        """A page of the concepts in `where`, in `order`, of those that stand after the place `after`.

        With what is beside them.

        A place need not be that of a concept that is there. Raises InvalidQuery if it is none that could be. Cost: one
        statement. By an index where nothing narrows the list; what is in a topic, of a source or found by a text is
        all looked at, and a concept that lacks the relation asked for is passed over.
        """
        ...

    async def count(self, where: ConceptFilter = EVERY_CONCEPT) -> int:
        """How many concepts are in `where`."""
        ...

    async def measures(self, ids: Sequence[str]) -> dict[str, Measures]:
        """What each of these concepts is sorted by besides its name; right after every write."""
        ...

    async def topic_facet(self, where: ConceptFilter = EVERY_CONCEPT, *, first: int) -> list[tuple[Concept, int]]:
        """The topics that concepts in `where` are directly in, and how many are: most first, then by (name key, id)."""
        ...

    async def facet(self, by: Facet, where: ConceptFilter = EVERY_CONCEPT) -> dict[str, int]:
        """How many concepts in `where` there are of each kind, or that have a relation of each type or origin.

        Only what there is any of. Cost: linear in the concepts, or in their relations.
        """
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

    async def search_passages(self, query: str, *, first: int) -> list[PassageHit]:
        """The best `first` passages with the names and words of `query`, all (from 0.5) or most of them; see `search`.

        A passage that two sources have is found once. Concepts that it mentions and that do not exist are left out.
        """
        ...

    async def relations(
        self,
        ids: Sequence[str],
        *,
        types: Sequence[RelationType] | None = None,
        direction: Direction = "both",
        origins: Sequence[Origin] | None = None,
        min_confidence: float = 0.0,
    ) -> dict[str, list[Relation]]:
        """For each of `ids` its relations by key: those that leave it (out), that enter it (in), or both.

        Of these `origins`, if given, and at least `min_confidence` sure.
        """
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

    async def prerequisites(self) -> list[tuple[str, str]]:
        """Every PREREQUISITE_OF relation as the ids of its source and target, sorted: for what looks at all of them.

        One statement. Linear, and small beside the relations themselves.
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
