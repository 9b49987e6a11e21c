"""Replacing contributions in a SQLite store, within a transaction that the caller holds.

Rows are compared with those the source had, and only ids and keys whose rows differ are *touched*. Touched relations
are merged again first. The concepts to look at are then the touched ones and the ends of the touched relations: one
that no contribution has is there exactly as long as a relation ends in it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from graph.contribution import (
    Contribution,
    compare,
    merged_concept_row,
    merged_relation_row,
    name_keys,
    read_concept,
    read_passage,
    read_relation,
)
from graph.model import RelationKey, RelationType
from graph.names import name_key
from graph.search_text import bigram_tokens
from graph.sqlite_file import Connection
from graph.store import Changes

__all__ = ["replace"]


@dataclass(slots=True)
class _Touched:
    concepts: set[str] = field(default_factory=set)
    relations: set[RelationKey] = field(default_factory=set)


def replace(db: Connection, contributions: Mapping[str, Contribution | None]) -> Changes:
    """Make these the contributions of their sources (None: forget the source) and return what readers see change."""
    touched = _Touched()
    for path, new in contributions.items():
        _replace_one(db, path, new, touched)
    relations = _merge_relations(db, touched.relations)
    ends = {end for source, _, target in touched.relations for end in (source, target)}
    concepts = _merge_concepts(db, touched.concepts | ends)
    return compare(concepts, relations)


def _replace_one(db: Connection, path: str, new: Contribution | None, touched: _Touched) -> None:
    known = db.rows("SELECT key, digest FROM contribution WHERE path = ?", path)
    if (known[0][1] if known else None) == (new.digest if new else None):
        return
    if new is None:
        key = known[0][0]
    else:
        sources = json.dumps(new.sources)
        ((key,),) = db.rows(
            "INSERT INTO contribution (path, digest, sources) VALUES (?, ?, ?) "
            "ON CONFLICT (path) DO UPDATE SET digest = excluded.digest, sources = excluded.sources RETURNING key",
            path,
            new.digest,
            sources,
        )
    _replace_concept_rows(db, key, new.concepts if new else {}, touched)
    _replace_relation_rows(db, key, new.relations if new else {}, touched)
    _replace_passages(db, key, new.passages if new else ())
    if new is None:
        db.rows("DELETE FROM contribution WHERE key = ?", key)


def _replace_concept_rows(db: Connection, key: int, new: Mapping[str, str], touched: _Touched) -> None:
    old = dict(db.rows("SELECT id, data FROM concept_row WHERE contribution = ?", key))
    gone = old.keys() - new.keys()
    changed = {i for i, row in new.items() if old.get(i) != row}
    db.run("DELETE FROM concept_row WHERE id = ? AND contribution = ?", [(i, key) for i in gone])
    db.run("INSERT OR REPLACE INTO concept_row VALUES (?, ?, ?)", [(i, key, new[i]) for i in sorted(changed)])
    touched.concepts |= gone | changed


def _replace_relation_rows(db: Connection, key: int, new: Mapping[RelationKey, str], touched: _Touched) -> None:
    old: dict[RelationKey, str] = {
        (source, RelationType(type_), target): data
        for source, type_, target, data in db.rows(
            "SELECT source, type, target, data FROM relation_row WHERE contribution = ?", key
        )
    }
    gone = old.keys() - new.keys()
    changed = {k for k, row in new.items() if old.get(k) != row}
    db.run(
        "DELETE FROM relation_row WHERE source = ? AND type = ? AND target = ? AND contribution = ?",
        [(*k, key) for k in gone],
    )
    db.run("INSERT OR REPLACE INTO relation_row VALUES (?, ?, ?, ?, ?)", [(*k, key, new[k]) for k in sorted(changed)])
    touched.relations |= gone | changed


def _replace_passages(db: Connection, key: int, new: tuple[str, ...]) -> None:
    old = tuple(data for (data,) in db.rows("SELECT data FROM passage WHERE contribution = ? ORDER BY data", key))
    if old == new:
        return
    db.rows("DELETE FROM passage WHERE contribution = ?", key)
    ((top,),) = db.rows("SELECT coalesce(max(key), 0) FROM passage")
    numbered = list(enumerate(new, start=top + 1))
    db.run("INSERT INTO passage VALUES (?, ?, ?)", [(number, key, row) for number, row in numbered])
    db.run(
        "INSERT INTO mention VALUES (?, ?)",
        [(concept, number) for number, row in numbered for concept in sorted(set(read_passage(row).concepts))],
    )


def _merge_relations(db: Connection, keys: Iterable[RelationKey]) -> list[tuple[str | None, str | None]]:
    pairs = []
    for source, type_, target in sorted(keys):
        rows = [
            data
            for (data,) in db.rows(
                "SELECT r.data FROM relation_row r JOIN contribution s ON s.key = r.contribution "
                "WHERE r.source = ? AND r.type = ? AND r.target = ? ORDER BY s.path",
                source,
                type_,
                target,
            )
        ]
        found = db.rows(
            "SELECT r.key, r.data FROM relation r "
            "JOIN concept a ON a.key = r.source JOIN concept b ON b.key = r.target "
            "WHERE a.id = ? AND r.type = ? AND b.id = ?",
            source,
            type_,
            target,
        )
        before, after = (found[0][1] if found else None), merged_relation_row(rows)
        if after is None:
            db.run("DELETE FROM relation WHERE key = ?", [row[:1] for row in found])
        elif after != before:
            confidence = read_relation(after).confidence
            db.rows(
                "INSERT INTO relation (source, type, target, confidence, data) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (source, type, target) "
                "DO UPDATE SET confidence = excluded.confidence, data = excluded.data",
                _concept_key(db, source),
                type_,
                _concept_key(db, target),
                confidence,
                after,
            )
        pairs.append((before, after))
    return pairs


def _concept_key(db: Connection, concept_id: str) -> int:
    """Return the integer key of a concept; a new one has no data until `_merge_concepts` has looked at it."""
    found = db.rows("SELECT key FROM concept WHERE id = ?", concept_id)
    if not found:
        found = db.rows("INSERT INTO concept (id, name_key, kind) VALUES (?, '', '') RETURNING key", concept_id)
    return int(found[0][0])


def _merge_concepts(db: Connection, ids: Iterable[str]) -> list[tuple[str | None, str | None]]:
    pairs = []
    for concept_id in sorted(ids):
        rows = [
            data
            for (data,) in db.rows(
                "SELECT r.data FROM concept_row r JOIN contribution s ON s.key = r.contribution "
                "WHERE r.id = ? ORDER BY s.path",
                concept_id,
            )
        ]
        found = db.rows(
            "SELECT key, data, EXISTS (SELECT 1 FROM relation WHERE source = c.key) "
            "OR EXISTS (SELECT 1 FROM relation WHERE target = c.key) FROM concept c WHERE id = ?",
            concept_id,
        )
        before, is_end = (found[0][1], bool(found[0][2])) if found else (None, False)
        after = merged_concept_row(concept_id, rows, is_end=is_end)
        if after != before:
            _write_concept(db, concept_id, after)
        pairs.append((before, after))
    return pairs


def _write_concept(db: Connection, concept_id: str, row: str | None) -> None:
    key = _concept_key(db, concept_id)
    db.rows("DELETE FROM concept_search WHERE rowid = ?", key)
    db.rows("DELETE FROM concept_name WHERE concept = ?", key)
    if row is None:
        db.rows("DELETE FROM concept WHERE key = ?", key)
        return
    concept = read_concept(row)
    db.rows(
        "UPDATE concept SET name_key = ?, kind = ?, data = ? WHERE key = ?",
        name_key(concept.name),
        concept.kind.value,
        row,
        key,
    )
    db.run("INSERT INTO concept_name VALUES (?, ?, ?)", [(*pair, key) for pair in name_keys(concept)])
    db.rows("INSERT INTO concept_search (rowid, tokens) VALUES (?, ?)", key, bigram_tokens(concept))
