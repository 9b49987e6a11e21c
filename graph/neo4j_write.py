"""The Neo4j store's schema, and replacing contributions in it, within a transaction that the caller holds.

    (:Source {path})<-[:FROM]-(:Passage)-[:MENTIONS]->(:Concept {id})-[:IS_A, :EXTENDS, ...]->(:Concept)

A concept and a relation carry, as `sources` and `rows`, their contributions in order of the sources' paths; as `data`
the merged row that the store reads; and beside it the same fields one by one, for people who query the database by
hand (`MATCH (c:Concept)-[r:EXTENDS]->(d) RETURN c.name, d.name, r.evidence_text`). Rows are canonical JSON, see
`graph.contribution`. A source carries its digest and what it contributed to, which makes replacing it exact.

A source for which decisions made it another also has its `original` (`graph.edits`). `(:Decision {data})` are the
decisions, `(:Revision {number})` the history (`graph.history`), `at` in seconds since 1970 by the server's clock.
`(:Load {id})` are the records of the latest loads (`graph.loads`), `written` in milliseconds of the server's clock.
`(:NoteAtlas {role})` are two nodes of the store's own: writers lock one, and see each other only through it; the other
has the schema's version and the state that tells readers whether a commit is under way (`graph.neo4j_store`).

This module does not import neo4j: it is given a function that runs statements (`graph.neo4j_run`).
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from graph.changes import Changes
from graph.contribution import (
    compare,
    merged_concept_row,
    merged_relation_row,
    name_keys,
    read_concept,
    read_passage,
    read_relation,
)
from graph.edits import Edit, Held, pack
from graph.history import KEPT_REVISIONS, encode_before, encode_changes
from graph.listing import OrderBy
from graph.loads import KEPT_LOADS, Load, encode_load
from graph.model import Concept, RelationKey, RelationType
from graph.names import name_key
from graph.near_names import gram_tokens
from graph.neo4j_measures import count_around, settle_depths
from graph.neo4j_run import BATCH, Run, any_type, for_each, quoted
from graph.search_text import passage_search_text, search_text

__all__ = ["LOCK", "OUTDATED", "SCHEMA", "VERSION", "complete", "held", "record_load", "write"]

VERSION: Final = 9

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

Row = Mapping[str, Any]


@dataclass(slots=True)
class _Element:
    """A stored concept or relation: its contributions by source, and the merged row that readers see."""

    rows: dict[str, str] = field(default_factory=dict)
    data: str | None = None
    is_end: bool = False

    def replaced(self, contributed: Mapping[str, str | None]) -> "dict[str, str]":
        """Return the contributions after some sources' were replaced (None: taken away), in order of their paths."""
        after = {**self.rows, **contributed}
        return {path: row for path, row in sorted(after.items()) if row is not None}


async def record_load(run: Run, load: Load) -> None:
    """See `GraphStore.record_load`."""
    await run(
        "MERGE (l:Load {id: $id}) ON CREATE SET l.recorded = timestamp() SET l.data = $data, l.written = timestamp() "
        "WITH count(*) AS one MATCH (l:Load) WITH l ORDER BY l.recorded DESC, l.id DESC SKIP $kept DELETE l",
        id=load.id,
        data=encode_load(load),
        kept=KEPT_LOADS,
    )


async def held(run: Run, edit: Edit) -> Held:
    """Return what the store has of all that a write would replace."""
    rows = await run(
        "UNWIND $paths AS path MATCH (s:Source {path: path}) RETURN path, s.digest, s.original_digest",
        paths=list(edit.contributions),
    )
    digests = {path: digest for path, digest, _ in rows}
    originals = {path: original for path, _, original in rows if original is not None}
    if edit.decisions is None:
        return Held(digests, originals)
    return Held(digests, originals, frozenset(row for (row,) in await run("MATCH (d:Decision) RETURN d.data")))


async def write(run: Run, edit: Edit) -> Changes:
    """Carry out a write, or what of it is not there yet, and return what readers see change."""
    reduced = edit.reduced(await held(run, edit))
    if reduced is None:
        return Changes()
    if reduced.decisions is not None:
        rows = list(reduced.decisions)
        await run("MATCH (d:Decision) WHERE NOT d.data IN $rows DELETE d", rows=rows)
        await for_each(run, "UNWIND $rows AS row MERGE (d:Decision {data: row})", rows)
    concepts, relations = await _replace(run, reduced)
    changes = compare(concepts.values(), relations.values())
    await _remember(run, reduced, changes, encode_before(concepts, relations))
    return changes


async def _remember(run: Run, edit: Edit, changes: Changes, before: bytes) -> None:
    if edit.entries and not await run("MATCH (r:Revision) RETURN 1 LIMIT 1"):
        rows = [
            {"number": e.number, "at": e.at, "cause": e.cause, "changes": e.changes, "before": e.before}
            for e in edit.entries
        ]
        await for_each(run, "UNWIND $rows AS row CREATE (r:Revision) SET r = row", rows)
        return  # it ends with what is there now
    await run(
        "OPTIONAL MATCH (r:Revision) WITH coalesce(max(r.number), 0) + 1 AS number "
        "CREATE (:Revision {number: number, at: timestamp() / 1000.0, cause: $cause, changes: $changes, "
        "before: $before}) WITH number MATCH (old:Revision) WHERE old.number <= number - $kept DELETE old",
        cause=edit.cause,
        changes=encode_changes(changes),
        before=before,
        kept=KEPT_REVISIONS,
    )


async def _replace(
    run: Run, edit: Edit
) -> tuple[dict[str, tuple[str | None, str | None]], dict[RelationKey, tuple[str | None, str | None]]]:
    """Replace the contributions; return what was touched, before and after."""
    wanted = edit.contributions
    known = {
        path: (list(concept_ids), [_key(k) for k in keys])
        for path, concept_ids, keys in await run(
            "UNWIND $paths AS path MATCH (s:Source {path: path}) RETURN path, s.concept_ids, s.relation_keys",
            paths=list(wanted),
        )
    }
    concepts: dict[str, dict[str, str | None]] = defaultdict(dict)
    relations: dict[RelationKey, dict[str, str | None]] = defaultdict(dict)
    for path, new in wanted.items():
        old_ids, old_keys = known.get(path, ([], []))
        for concept_id in {*old_ids, *(new.concepts if new else ())}:
            concepts[concept_id][path] = new.concepts.get(concept_id) if new else None
        for key in {*old_keys, *(new.relations if new else ())}:
            relations[key][path] = new.relations.get(key) if new else None

    relation_pairs = await _merge_relations(run, relations)
    await settle_depths(
        run,
        {key: before is None for key, (before, after) in relation_pairs.items() if (before is None) != (after is None)},
    )
    ends = {end for key in relation_pairs for end in (key[0], key[2])}
    concept_pairs = await _merge_concepts(run, {**{end: {} for end in ends}, **concepts})
    mentioned = await _replace_sources(run, edit)
    await _mention_added(run, [i for i, (before, after) in concept_pairs.items() if before is None and after])
    await count_around(run, {*concept_pairs, *ends, *mentioned})
    return concept_pairs, relation_pairs


OUTDATED: Final = "MATCH (c:Concept) WHERE c.grams IS NOT NULL REMOVE c.grams"
"""Take away what versions before 9 wrote otherwise; `complete` writes it again."""

_ADDED: Final[Sequence[tuple[str, str, Callable[[str], str | list[str]]]]] = (
    ("Passage", "search_text", lambda data: passage_search_text(read_passage(data))),
    ("Concept", "grams", lambda data: gram_tokens(read_concept(data))),
    ("Concept", "said_keys", lambda data: _said_keys(read_concept(data))),
)
"""Labels, a property that the first version did not write for each, and its value by the node's row."""


def _said_keys(concept: Concept) -> list[str]:
    """Return the keys of a concept's name and aliases, which what one types may begin."""
    return [key for key, rank in name_keys(concept) if rank < 2]


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


def _key(encoded: str) -> RelationKey:
    source, type_, target = json.loads(encoded)
    return (source, RelationType(type_), target)


# -- relations ----------------------------------------------------------------------------------------------------


async def _merge_relations(
    run: Run, contributed: Mapping[RelationKey, Mapping[str, str | None]]
) -> dict[RelationKey, tuple[str | None, str | None]]:
    """Write the relations to which sources now contribute otherwise; return those touched, before and after."""
    stored = {
        (source, RelationType(type_), target): _Element(dict(zip(sources, rows, strict=True)), data)
        for source, type_, target, sources, rows, data in await for_each(
            run,
            "UNWIND $rows AS row MATCH (a:Concept {id: row[0]})-[r]->(b:Concept {id: row[2]}) "
            "WHERE type(r) = row[1] RETURN row[0], row[1], row[2], r.sources, r.rows, r.data",
            [list(key) for key in sorted(contributed)],
        )
    }
    pairs: dict[RelationKey, tuple[str | None, str | None]] = {}
    writes: dict[RelationType, list[Row]] = defaultdict(list)
    deletes: dict[RelationType, list[Row]] = defaultdict(list)
    for key, by_source in sorted(contributed.items()):
        before = stored.get(key, _Element())
        rows = before.replaced(by_source)
        if rows == before.rows:
            continue
        after = merged_relation_row(list(rows.values()))
        pairs[key] = (before.data, after)
        ends = {"source": key[0], "target": key[2]}
        if after is None:
            deletes[key[1]].append(ends)
        else:
            writes[key[1]].append({**ends, "fields": _relation_fields(rows, after)})
    new_ends = {end for key, (before_row, _) in pairs.items() if before_row is None for end in (key[0], key[2])}
    await for_each(run, "UNWIND $rows AS id MERGE (c:Concept {id: id})", sorted(new_ends))
    match = "UNWIND $rows AS row MATCH (a:Concept {id: row.source}), (b:Concept {id: row.target}) "
    for type_, batch in writes.items():
        await for_each(run, f"{match} MERGE (a)-[r:{any_type([type_])}]->(b) SET r = row.fields", batch)
    for type_, batch in deletes.items():
        await for_each(run, f"{match} MATCH (a)-[r:{any_type([type_])}]->(b) DELETE r", batch)
    return pairs


def _relation_fields(rows: Mapping[str, str], data: str) -> Row:
    relation = read_relation(data)
    return {
        "sources": list(rows),
        "rows": list(rows.values()),
        "data": data,
        "origin": relation.origin.value,
        "confidence": float(relation.confidence),
        "group": relation.group,
        "evidence_text": [e.text for e in relation.evidence],
        "evidence_place": [f"{e.source}:{e.line}" for e in relation.evidence],
        "because": [f"{source} {type_} {target}" for source, type_, target in relation.because],
    }


# -- concepts -----------------------------------------------------------------------------------------------------


async def _merge_concepts(
    run: Run, contributed: Mapping[str, Mapping[str, str | None]]
) -> dict[str, tuple[str | None, str | None]]:
    """Write the concepts to which sources now contribute otherwise, and the ends of relations; see `_merge_relations`.

    A node without `data` was made a moment ago, for a relation to end in.
    """
    stored = {
        concept_id: _Element(dict(zip(sources or (), rows or (), strict=True)), data, is_end)
        for concept_id, sources, rows, data, is_end in await for_each(
            run,
            "UNWIND $rows AS id MATCH (c:Concept {id: id}) "
            f"RETURN id, c.sources, c.rows, c.data, EXISTS {{ (c)-[:{any_type()}]-() }}",
            sorted(contributed),
        )
    }
    pairs: dict[str, tuple[str | None, str | None]] = {}
    writes: list[Row] = []
    deletes: list[str] = []
    for concept_id, by_source in sorted(contributed.items()):
        before = stored.get(concept_id, _Element())
        rows = before.replaced(by_source)
        after = merged_concept_row(concept_id, list(rows.values()), is_end=before.is_end)
        if rows == before.rows and after == before.data:
            continue
        pairs[concept_id] = (before.data, after)
        if after is None:
            deletes.append(concept_id)
        else:
            writes.append({"id": concept_id, "fields": _concept_fields(rows, after)})
    await for_each(
        run,
        "UNWIND $rows AS row MERGE (c:Concept {id: row.id}) SET c += row.fields, c.by_depth = coalesce(c.by_depth, 0)",
        writes,
    )
    await for_each(run, "UNWIND $rows AS id MATCH (c:Concept {id: id}) DETACH DELETE c", deletes)
    return pairs


def _concept_fields(rows: Mapping[str, str], data: str) -> Row:
    concept = read_concept(data)
    return {
        "id": concept.id,
        "sources": list(rows),
        "rows": list(rows.values()),
        "data": data,
        "name": concept.name,
        "aliases": list(concept.aliases),
        "kind": concept.kind.value,
        "definition": concept.definition,
        "document": concept.document,
        "line": concept.line,
        "name_key": name_key(concept.name),
        "name_keys": [key for key, _ in name_keys(concept)],
        "said_keys": _said_keys(concept),
        "search_text": search_text(concept),
        "grams": gram_tokens(concept),
    }


# -- sources and passages -----------------------------------------------------------------------------------------


async def _replace_sources(run: Run, edit: Edit) -> set[str]:
    """Write the sources with their passages; return the ids that the passages mention, those that go and those new."""
    contributions = edit.contributions
    paths = list(contributions)
    passages_of = "UNWIND $rows AS path MATCH (s:Source {path: path})<-[:FROM]-(p:Passage)"
    mentioned = {i for (ids,) in await for_each(run, f"{passages_of} RETURN DISTINCT p.concepts", paths) for i in ids}
    await for_each(run, f"{passages_of} DETACH DELETE p", paths)
    gone = [path for path, new in contributions.items() if new is None]
    await for_each(run, "UNWIND $rows AS path MATCH (s:Source {path: path}) DETACH DELETE s", gone)
    for path, new in contributions.items():
        if new is None:
            continue
        await run(
            "MERGE (s:Source {path: $path}) SET s += $fields",
            path=path,
            fields={
                "digest": new.digest,
                "rows": list(new.sources),
                "concept_ids": list(new.concepts),
                "relation_keys": [json.dumps(key) for key in new.relations],
                "original": pack(original) if (original := edit.originals.get(path)) else None,
                "original_digest": original.digest if original else None,
                **_source_fields(path, new.sources),
            },
        )
        rows = [{"from": path, "fields": _passage_fields(row)} for row in new.passages]
        mentioned.update(id_ for row in new.passages for id_ in read_passage(row).concepts)
        await for_each(
            run,
            "UNWIND $rows AS row MATCH (s:Source {path: row.from}) CREATE (s)<-[:FROM]-(p:Passage) SET p = row.fields "
            "WITH p UNWIND p.concepts AS id MATCH (c:Concept {id: id}) MERGE (p)-[:MENTIONS]->(c)",
            rows,
        )
    return mentioned


def _source_fields(path: str, rows: Iterable[str]) -> Row:
    """Return title, format and sha256 of the file at `path`, for people; the store reads `rows`."""
    for row in rows:
        row_path, format_, title, sha256 = json.loads(row)
        if row_path == path:
            return {"format": format_, "title": title, "sha256": sha256}
    return {"format": None, "title": None, "sha256": None}


def _passage_fields(row: str) -> Row:
    passage = read_passage(row)
    return {
        "data": row,
        "source": passage.source,
        "line": passage.line,
        "text": passage.text,
        "section": list(passage.section),
        "concepts": list(passage.concepts),
        "search_text": passage_search_text(passage),
    }


async def _mention_added(run: Run, ids: Sequence[str]) -> None:
    """Link new concepts to the passages of other sources that mentioned them before they were there."""
    await for_each(
        run,
        "UNWIND $rows AS row CALL db.index.fulltext.queryNodes('passage_concepts', row.query) YIELD node AS p "
        "WITH row, p WHERE row.id IN p.concepts "
        "MATCH (c:Concept {id: row.id}) MERGE (p)-[:MENTIONS]->(c)",
        [{"id": concept_id, "query": quoted(concept_id)} for concept_id in ids],
    )
