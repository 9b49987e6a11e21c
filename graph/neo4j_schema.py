"""What a Neo4j store looks like inside, its indexes, and how one of an older version becomes one of this.

    (:Source {path})<-[:FROM]-(:Passage)-[:MENTIONS]->(:Concept {id})-[:IS_A, :EXTENDS, ...]->(:Concept)

A concept and a relation carry, as `data`, the merged row that the store reads; as `sources` the paths of the sources
that contributed, in order, and as `rows` what each of them said, unless it is only one: then `data` says it. Beside it
are the same fields one by one (`graph.neo4j_fields`), for people who query the database by hand
(`MATCH (c:Concept)-[r:EXTENDS]->(d) RETURN c.name, d.name, r.evidence_text`). Rows are canonical JSON, see
`graph.contribution`. A source carries its digest and what it contributed to, which makes replacing it exact.

A source for which decisions made it another also has its `original` (`graph.edits`). `(:Decision {data})` are the
decisions, `(:Revision {number})` the history (`graph.history`), `at` in seconds since 1970 by the server's clock.
`(:Load {id})` are the records of the latest loads (`graph.loads`), `written` in milliseconds of the server's clock.
`(:NoteAtlas {role})` are two nodes of the store's own: writers lock one, and see each other only through it; the other
has the schema's version and the state that tells readers whether a commit is under way (`graph.neo4j_store`).

This module does not import neo4j: it is given a function that runs statements (`graph.neo4j_run`).
"""

from collections.abc import Callable, Sequence
from typing import Final

from graph.contribution import read_concept, read_passage
from graph.listing import OrderBy
from graph.near_names import gram_tokens
from graph.neo4j_fields import said_keys
from graph.neo4j_run import BATCH, Run
from graph.search_text import passage_search_text

__all__ = ["LOCK", "OUTDATED", "SCHEMA", "VERSION", "complete"]

VERSION: Final = 10

_CONSTRAINTS: Final = {
    "concept_id": "(c:Concept) REQUIRE c.id IS UNIQUE",
    "source_path": "(s:Source) REQUIRE s.path IS UNIQUE",
    "noteatlas_role": "(n:NoteAtlas) REQUIRE n.role IS UNIQUE",
    "load_id": "(l:Load) REQUIRE l.id IS UNIQUE",
    "revision_number": "(r:Revision) REQUIRE r.number IS UNIQUE",
}
_INDEXES: Final = {
    "concept_in_order": "(c:Concept) ON (c.name_key, c.id)",
    "concept_kind": "(c:Concept) ON (c.kind)",
    "concept_document": "(c:Concept) ON (c.document)",
    "passage_source": "(p:Passage) ON (p.source)",
    **{f"concept_by_{by}": f"(c:Concept) ON (c.by_{by}, c.name_key, c.id)" for by in OrderBy if by is not OrderBy.NAME},
}
_FULL_TEXT_INDEXES: Final = {
    "concept_search": ("(c:Concept) ON EACH [c.search_text]", "cjk"),
    "concept_grams": ("(c:Concept) ON EACH [c.grams]", "whitespace"),
    "passage_search": ("(p:Passage) ON EACH [p.search_text]", "cjk"),
    # Whole strings of a list: Neo4j's other indexes do not look into lists.
    "concept_keys": ("(c:Concept) ON EACH [c.name_keys]", "keyword"),
    "passage_concepts": ("(p:Passage) ON EACH [p.concepts]", "keyword"),
}
SCHEMA: Final = {
    **{name: f"CREATE CONSTRAINT {name} IF NOT EXISTS FOR {what}" for name, what in _CONSTRAINTS.items()},
    **{name: f"CREATE INDEX {name} IF NOT EXISTS FOR {what}" for name, what in _INDEXES.items()},
    **{
        name: f"CREATE FULLTEXT INDEX {name} IF NOT EXISTS FOR {what} "
        f"OPTIONS {{indexConfig: {{`fulltext.analyzer`: '{analyzer}'}}}}"
        for name, (what, analyzer) in _FULL_TEXT_INDEXES.items()
    },
}
"""By the name of the index (a constraint's has the constraint's name): the statement that creates it."""

LOCK: Final = "MERGE (n:NoteAtlas {role: 'lock'}) SET n.taken = timestamp()"
"""Be the only writer until the transaction ends."""


OUTDATED: Final = "MATCH (c:Concept) WHERE c.grams IS NOT NULL REMOVE c.grams"
"""Take away what versions before 9 wrote otherwise; `complete` writes it again."""

_ADDED: Final[Sequence[tuple[str, str, Callable[[str], str | list[str]]]]] = (
    ("Passage", "search_text", lambda data: passage_search_text(read_passage(data))),
    ("Concept", "grams", lambda data: gram_tokens(read_concept(data))),
    ("Concept", "said_keys", lambda data: said_keys(read_concept(data))),
)
"""Labels, a property that the first version did not write for each, and its value by the node's row."""


async def complete(run: Run) -> bool:
    """Give some nodes that an older version wrote the properties they lack; tell whether there may be more of them."""
    done = 0
    for label, name, value in _ADDED:
        rows = await run(
            f"MATCH (n:{label}) WHERE n.{name} IS NULL RETURN elementId(n), n.data LIMIT $limit", limit=BATCH
        )
        await run(
            f"UNWIND $rows AS row MATCH (n:{label}) WHERE elementId(n) = row[0] SET n.{name} = row[1]",
            rows=[[element, value(data)] for element, data in rows],
        )
        done += len(rows)
    return done > 0
