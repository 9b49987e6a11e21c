"""Replacing contributions in a SQLite store, within a transaction that the caller holds.

Rows are compared with those the source had, and only ids and keys whose rows differ are *touched*. Touched relations
are merged again first. The concepts to look at are then the touched ones and the ends of the touched relations: one
that no contribution has is there exactly as long as a relation ends in it.

A merge is by order of the sources' paths, so what sources say that stand after all others is merged with what was
merged before: a first load, in order of the paths, doesn't read again and again what others said.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from graph.changes import Changes, Pair, Touched, changes_by_source
from graph.contribution import (
    Contribution,
    merged_concept_row,
    merged_relation_row,
    name_keys,
    read_concept,
    read_passage,
    read_relation,
)
from graph.edits import Edit, Held, pack
from graph.history import KEPT_REVISIONS, encode_before, encode_changes
from graph.loads import KEPT_LOADS, Load, encode_load
from graph.model import RelationKey, RelationType
from graph.names import name_key
from graph.near_names import gram_tokens
from graph.search_text import bigram_tokens, passage_bigram_tokens
from graph.sqlite_file import Connection
from graph.sqlite_measures import count_around, settle_depths

__all__ = ["held", "record_load", "write"]


@dataclass(slots=True)
class _Touched(Touched):
    """`mentioned` are the concepts of passages that came or went: only what they are sorted by may change."""

    mentioned: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Added:
    """What sources say of concepts and relations that stand after all others, in order of their paths."""

    concepts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    relations: dict[RelationKey, list[str]] = field(default_factory=lambda: defaultdict(list))


def held(db: Connection, edit: Edit) -> Held:
    """Return what the store has of all that a write would replace."""
    digests, originals = {}, {}
    for path in edit.contributions:
        for digest, original in db.rows(
            "SELECT c.digest, o.digest FROM contribution c LEFT JOIN original o ON o.contribution = c.key "
            "WHERE c.path = ?",
            path,
        ):
            digests[path] = digest
            if original is not None:
                originals[path] = original
    if edit.decisions is None:
        return Held(digests, originals)
    return Held(digests, originals, frozenset(row for (row,) in db.rows("SELECT data FROM decision")))


def write(db: Connection, edit: Edit) -> dict[str, Changes]:
    """Carry out a write, or what of it is not there yet; return what readers see change by each source written."""
    reduced = edit.reduced(held(db, edit))
    if reduced is None:
        return {}
    db.rows("UPDATE revision SET value = lower(hex(randomblob(16)))")
    if reduced.decisions is not None:
        db.rows("DELETE FROM decision")
        db.run("INSERT INTO decision VALUES (?)", [(row,) for row in reduced.decisions])
    touched, concepts, relations = _replace(db, reduced)
    changes = changes_by_source(touched, concepts, relations)
    _remember(db, reduced, sum(changes.values(), Changes()), encode_before(concepts, relations))
    return changes


def _remember(db: Connection, edit: Edit, changes: Changes, before: bytes) -> None:
    if edit.entries and not db.rows("SELECT 1 FROM history LIMIT 1"):
        db.run(
            "INSERT INTO history VALUES (?, ?, ?, ?, ?)",
            [(e.number, e.at, e.cause, e.changes, e.before) for e in edit.entries],
        )
        return  # it ends with what is there now
    db.rows(
        "INSERT INTO history (at, cause, changes, before) VALUES ((julianday('now') - 2440587.5) * 86400.0, ?, ?, ?)",
        edit.cause,
        encode_changes(changes),
        before,
    )
    db.rows("DELETE FROM history WHERE number <= (SELECT max(number) FROM history) - ?", KEPT_REVISIONS)


def _replace(db: Connection, edit: Edit) -> tuple[dict[str, _Touched], dict[str, Pair], dict[RelationKey, Pair]]:
    """Replace the contributions; return what each source touched, and all that was touched, before and after."""
    added = _added(db, edit)
    touched = {path: _Touched() for path in edit.contributions}
    for path, new in edit.contributions.items():
        _replace_one(db, path, new, edit.originals.get(path), touched[path])
    relations = _merge_relations(db, {key for one in touched.values() for key in one.relations}, added)
    settle_depths(
        db,
        {key: before is None for key, (before, after) in relations.items() if (before is None) != (after is None)},
    )
    ids = {end for source, _, target in relations for end in (source, target)}
    ids.update(*(one.concepts for one in touched.values()))
    concepts = _merge_concepts(db, ids, added)
    count_around(db, ids.union(*(one.mentioned for one in touched.values())))
    return touched, concepts, relations


def _added(db: Connection, edit: Edit) -> _Added | None:
    """Return what a write adds, if all of its sources are new and stand after those that are there; else None."""
    paths = sorted(edit.contributions)
    ((last,),) = db.rows("SELECT max(path) FROM contribution")
    if not paths or None in edit.contributions.values() or (last is not None and paths[0] <= last):
        return None
    added = _Added()
    for path in paths:
        new = edit.contributions[path]
        for concept_id, row in new.concepts.items() if new else ():
            added.concepts[concept_id].append(row)
        for key, row in new.relations.items() if new else ():
            added.relations[key].append(row)
    return added


def record_load(db: Connection, load: Load) -> None:
    """See `GraphStore.record_load`."""
    db.rows(
        "INSERT INTO load (id, data, written) VALUES (?, ?, julianday('now')) "
        "ON CONFLICT (id) DO UPDATE SET data = excluded.data, written = excluded.written",
        load.id,
        encode_load(load),
    )
    db.rows("DELETE FROM load WHERE key NOT IN (SELECT key FROM load ORDER BY key DESC LIMIT ?)", KEPT_LOADS)


def _replace_one(
    db: Connection, path: str, new: Contribution | None, original: Contribution | None, touched: _Touched
) -> None:
    if new is None:
        ((key,),) = db.rows("SELECT key FROM contribution WHERE path = ?", path)
    else:
        ((key,),) = db.rows(
            "INSERT INTO contribution (path, digest, sources) VALUES (?, ?, ?) "
            "ON CONFLICT (path) DO UPDATE SET digest = excluded.digest, sources = excluded.sources RETURNING key",
            path,
            new.digest,
            json.dumps(new.sources),
        )
    _replace_concept_rows(db, key, new.concepts if new else {}, touched)
    _replace_relation_rows(db, key, new.relations if new else {}, touched)
    _replace_passages(db, key, new.passages if new else (), touched)
    db.rows("DELETE FROM original WHERE contribution = ?", key)
    if new is None:
        db.rows("DELETE FROM contribution WHERE key = ?", key)
    elif original is not None:
        db.rows("INSERT INTO original VALUES (?, ?, ?)", key, original.digest, pack(original))


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


def _replace_passages(db: Connection, key: int, new: tuple[str, ...], touched: _Touched) -> None:
    old = dict(db.rows("SELECT data, key FROM passage WHERE contribution = ?", key))
    going = old.keys() - set(new)
    touched.mentioned.update(concept for row in going for concept in read_passage(row).concepts)
    gone = [(old[row],) for row in going]
    db.run("DELETE FROM passage_search WHERE rowid = ?", gone)
    db.run("DELETE FROM passage WHERE key = ?", gone)
    ((top,),) = db.rows("SELECT coalesce(max(key), 0) FROM passage")
    numbered = list(enumerate((row for row in new if row not in old), start=top + 1))
    passages = [(number, read_passage(row)) for number, row in numbered]
    touched.mentioned.update(concept for _, passage in passages for concept in passage.concepts)
    db.run("INSERT INTO passage VALUES (?, ?, ?)", [(number, key, row) for number, row in numbered])
    db.run(
        "INSERT INTO mention VALUES (?, ?)",
        [(concept, number) for number, passage in passages for concept in sorted(set(passage.concepts))],
    )
    db.run(
        "INSERT INTO passage_search (rowid, tokens) VALUES (?, ?)",
        [(number, passage_bigram_tokens(passage)) for number, passage in passages],
    )


def _merge_relations(db: Connection, keys: Iterable[RelationKey], added: _Added | None) -> dict[RelationKey, Pair]:
    pairs: dict[RelationKey, Pair] = {}
    for source, type_, target in sorted(keys):
        found = db.rows(
            "SELECT r.key, r.data FROM relation r "
            "JOIN concept a ON a.key = r.source JOIN concept b ON b.key = r.target "
            "WHERE a.id = ? AND r.type = ? AND b.id = ?",
            source,
            type_,
            target,
        )
        before = found[0][1] if found else None
        if added is not None:
            rows = [*([] if before is None else [before]), *added.relations[source, type_, target]]
        else:
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
        after = merged_relation_row(rows)
        if after is None:
            db.run("DELETE FROM relation WHERE key = ?", [row[:1] for row in found])
        elif after != before:
            relation = read_relation(after)
            db.rows(
                "INSERT INTO relation (source, type, target, confidence, origin, data) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (source, type, target) "
                "DO UPDATE SET confidence = excluded.confidence, origin = excluded.origin, data = excluded.data",
                _concept_key(db, source),
                type_,
                _concept_key(db, target),
                relation.confidence,
                relation.origin.value,
                after,
            )
        pairs[source, type_, target] = (before, after)
    return pairs


def _concept_key(db: Connection, concept_id: str) -> int:
    """Return the integer key of a concept; a new one has no data until `_merge_concepts` has looked at it."""
    found = db.rows("SELECT key FROM concept WHERE id = ?", concept_id)
    if not found:
        found = db.rows("INSERT INTO concept (id, name_key, kind) VALUES (?, '', '') RETURNING key", concept_id)
    return int(found[0][0])


def _merge_concepts(db: Connection, ids: Iterable[str], added: _Added | None) -> dict[str, Pair]:
    pairs: dict[str, Pair] = {}
    for concept_id in sorted(ids):
        found = db.rows(
            "SELECT key, data, EXISTS (SELECT 1 FROM relation WHERE source = c.key) "
            "OR EXISTS (SELECT 1 FROM relation WHERE target = c.key) FROM concept c WHERE id = ?",
            concept_id,
        )
        before, is_end = (found[0][1], bool(found[0][2])) if found else (None, False)
        # One that nobody spoke of but as an end of relations is not what somebody said.
        if added is not None and before != merged_concept_row(concept_id, (), is_end=True):
            rows = [*([] if before is None else [before]), *added.concepts.get(concept_id, ())]
        else:
            rows = [
                data
                for (data,) in db.rows(
                    "SELECT r.data FROM concept_row r JOIN contribution s ON s.key = r.contribution "
                    "WHERE r.id = ? ORDER BY s.path",
                    concept_id,
                )
            ]
        after = merged_concept_row(concept_id, rows, is_end=is_end)
        if after != before:
            _write_concept(db, concept_id, after, is_new=before is None)
        pairs[concept_id] = (before, after)
    return pairs


def _write_concept(db: Connection, concept_id: str, row: str | None, *, is_new: bool) -> None:
    key = _concept_key(db, concept_id)
    if not is_new:  # no index has a concept that has no row yet
        db.rows("DELETE FROM concept_search WHERE rowid = ?", key)
        db.rows("DELETE FROM concept_grams WHERE rowid = ?", key)
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
    db.rows("INSERT INTO concept_grams (rowid, grams) VALUES (?, ?)", key, gram_tokens(concept))
