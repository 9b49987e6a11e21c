"""Replacing contributions in a Neo4j store (`graph.neo4j_schema`), within a transaction that the caller holds.

A write first asks what there is of all that it touches, decides in Python what becomes of it, and then writes. What is
new is created as it will stay, with its measures (`graph.measures`), as all that touches it is in the write; what was
there is found again by the identifier that the server gave it, and measured by the server. So a first load, which
finds nothing, costs little more than to create the same by hand.

Nothing relies on what another writer may do meanwhile: the caller has made sure that there is none.

This module does not import neo4j: it is given a function that runs statements (`graph.neo4j_run`).
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from graph.changes import Changes, Pair, Touched, changes_by_source
from graph.collector import paused_collector
from graph.contribution import merged_concept_row, merged_relation_row, read_passage
from graph.edits import Edit, Held, pack
from graph.history import KEPT_REVISIONS, encode_before, encode_changes
from graph.loads import KEPT_LOADS, Load, encode_load
from graph.measures import changed_depths, ends_of_prerequisites, ranks_of_new, unsettled
from graph.model import RelationKey, RelationType
from graph.neo4j_fields import (
    Fields,
    concept_fields,
    contributed_rows,
    passage_fields,
    relation_fields,
    source_fields,
)
from graph.neo4j_measures import count_around, settle_depths
from graph.neo4j_run import Glance, Run, any_type, for_each, gathered, quoted

__all__ = ["held", "record_load", "write"]

Answer = TypeVar("Answer")

_QUERIED: Final = 500  # ids in one Lucene query, which takes 1,024


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
    rows = await Glance(
        "UNWIND $paths AS path MATCH (s:Source {path: path}) RETURN [path, s.digest, s.original_digest]",
        {"paths": list(edit.contributions)},
        list,
    ).by(run)
    digests = {path: digest for path, digest, _ in rows}
    originals = {path: original for path, _, original in rows if original is not None}
    if edit.decisions is None:
        return Held(digests, originals)
    return Held(digests, originals, frozenset(row for (row,) in await run("MATCH (d:Decision) RETURN d.data")))


async def write(run: Run, edit: Edit) -> dict[str, Changes]:
    """Carry out a write, or what of it is not there yet; return what readers see change by each source written."""
    there = await held(run, edit)
    reduced = edit.reduced(there)
    if reduced is None:
        return {}
    if reduced.decisions is not None:
        rows = list(reduced.decisions)
        await run("MATCH (d:Decision) WHERE NOT d.data IN $rows DELETE d", rows=rows)
        await for_each(run, "UNWIND $rows AS row MERGE (d:Decision {data: row})", rows)
    plan = await _plan(run, reduced, [path for path in reduced.contributions if path in there.digests])
    await _replace(run, reduced, plan)
    touched = {path: plan.touched[path] for path in reduced.contributions}
    changes = changes_by_source(touched, plan.concepts, plan.relations)
    before = await _ahead(encode_before, plan.concepts, plan.relations)
    await _remember(run, reduced, sum(changes.values(), Changes()), before)
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


# -- what there is, and what becomes of it ------------------------------------------------------------------------


@dataclass(slots=True)
class _Stored:
    """A concept or relation that is there: the server's identifier, what sources said, and what readers see."""

    element: str
    rows: Mapping[str, str]
    data: str
    depth: int = 0


@dataclass(slots=True)
class _Plan:
    """What a write makes of the store. `rows` are contributions in order of their paths."""

    there: dict[str, _Stored]  # concepts that are named in it, by id
    links: dict[RelationKey, _Stored]
    touched: dict[str, Touched] = field(default_factory=lambda: defaultdict(Touched))  # by path
    relation_rows: dict[RelationKey, dict[str, str]] = field(default_factory=dict)  # of those that become otherwise
    relations: dict[RelationKey, Pair] = field(default_factory=dict)
    concept_rows: dict[str, dict[str, str]] = field(default_factory=dict)
    concepts: dict[str, Pair] = field(default_factory=dict)
    passages: dict[str, list[tuple[str, tuple[str, ...]]]] = field(default_factory=dict)  # rows, mentioned; by path
    no_longer_mentioned: set[str] = field(default_factory=set)
    late: list[tuple[str, str]] = field(default_factory=list)  # new concepts, and older passages that mention them
    turned: dict[RelationKey, bool] = field(default_factory=dict)  # relations that come (True) and go (False)
    new: set[str] = field(default_factory=set)  # concepts that come
    gone: set[str] = field(default_factory=set)  # concepts that go


async def _plan(run: Run, edit: Edit, held_paths: Sequence[str]) -> _Plan:
    """Decide what becomes of the store; take away the relations that go, which tells what concepts go with them."""
    known = await for_each(
        run,
        "UNWIND $rows AS path MATCH (s:Source {path: path}) RETURN path, s.concept_ids, s.relation_keys",
        held_paths,
    )
    concepts, relations = await _ahead(_contributed, edit, known)
    passages = await _ahead(_passages, edit)
    named = {*concepts, *_ends(relations), *(i for rows in passages.values() for _, ids in rows for i in ids)}
    there = await _stored_concepts(run, named)
    plan = _Plan(there, await _stored_relations(run, relations, there), passages=passages)
    await _ahead(_decide_relations, plan, relations)
    await for_each(
        run,
        "UNWIND $rows AS row MATCH ()-[r]->() WHERE elementId(r) = row DELETE r",
        [plan.links[key].element for key, is_added in plan.turned.items() if not is_added],
    )
    await _decide_concepts(run, plan, concepts)
    if held_paths:
        passages_of = "UNWIND $rows AS path MATCH (s:Source {path: path})<-[:FROM]-(p:Passage)"
        plan.no_longer_mentioned = {
            i for ids in await gathered(run, f"{passages_of} RETURN collect(p.concepts)", held_paths) for i in ids
        }
        await for_each(run, f"{passages_of} DETACH DELETE p", held_paths)
    # Before any passage is written: an index that has to look at those of the transaction as well takes longer.
    plan.late = await _older_mentions(run, sorted(plan.new))
    return plan


def _ahead(work: Callable[..., Answer], *values: object) -> "asyncio.Future[Answer]":
    """Begin some work in a thread: the server has something else to do meanwhile, or at least the event loop has."""

    def unseen() -> Answer:
        with paused_collector():
            return work(*values)

    return asyncio.get_running_loop().run_in_executor(None, unseen)


def _contributed(
    edit: Edit, known: Iterable[Sequence[Any]]
) -> tuple[dict[str, dict[str, str | None]], dict[RelationKey, dict[str, str | None]]]:
    """Return what each source now says of each concept and relation that it has said or says something of.

    `known` has the paths of those that are there, with the ids and keys of what they have said.
    """
    concepts: dict[str, dict[str, str | None]] = defaultdict(dict)
    relations: dict[RelationKey, dict[str, str | None]] = defaultdict(dict)
    for path, ids, keys in known:
        for concept_id in ids:
            concepts[concept_id][path] = None
        for key in keys:
            relations[_key(key)][path] = None
    for path, new in edit.contributions.items():
        if new is not None:
            for concept_id, row in new.concepts.items():
                concepts[concept_id][path] = row
            for relation_key, row in new.relations.items():
                relations[relation_key][path] = row
    return concepts, relations


def _passages(edit: Edit) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    return {
        path: [(row, tuple(dict.fromkeys(read_passage(row).concepts))) for row in new.passages]
        for path, new in edit.contributions.items()
        if new is not None
    }


def _key(encoded: str) -> RelationKey:
    source, type_, target = json.loads(encoded)
    return (source, RelationType(type_), target)


def _ends(keys: Iterable[RelationKey]) -> set[str]:
    return {end for key in keys for end in (key[0], key[2])}


def _replaced(rows: Mapping[str, str], contributed: Mapping[str, str | None]) -> dict[str, str]:
    """Return contributions after some sources' were replaced (None: taken away), in order of their paths."""
    after = {**rows, **contributed} if rows else contributed
    return {path: row for path, row in (sorted(after.items()) if len(after) > 1 else after.items()) if row is not None}


def _to_merge(before: str | None, said: Mapping[str, str], contributed: Mapping[str, str | None]) -> list[str] | None:
    """Return fewer rows that merge to the same as all, if sources say something that stand after all others.

    A merge is by order of the paths: what was merged `before` of all that was `said` stands for that.
    """
    if before is None or not said or not contributed or min(contributed) <= max(said):
        return None
    return [before, *(row for _, row in sorted(contributed.items()) if row is not None)]


async def _stored_concepts(run: Run, ids: Collection[str]) -> dict[str, _Stored]:
    rows = await gathered(
        run,
        "UNWIND $rows AS id MATCH (c:Concept {id: id}) "
        "RETURN collect([id, elementId(c), c.sources, c.rows, c.data, coalesce(c.by_depth, 0)])",
        sorted(ids),
    )
    return {
        concept_id: _Stored(element, contributed_rows(sources, said, data), data, depth)
        for concept_id, element, sources, said, data, depth in rows
    }


async def _stored_relations(
    run: Run, keys: Iterable[RelationKey], there: Mapping[str, _Stored]
) -> dict[RelationKey, _Stored]:
    rows = await gathered(
        run,
        "UNWIND $rows AS row MATCH (a) WHERE elementId(a) = row[3] MATCH (b) WHERE elementId(b) = row[4] "
        "MATCH (a)-[r]->(b) WHERE type(r) = row[1] "
        "RETURN collect([row[0], row[1], row[2], elementId(r), r.sources, r.rows, r.data])",
        [[*key, there[key[0]].element, there[key[2]].element] for key in sorted(keys) if _has_both(there, key)],
    )
    return {
        (source, RelationType(type_), target): _Stored(element, contributed_rows(sources, said, data), data)
        for source, type_, target, element, sources, said, data in rows
    }


def _has_both(there: Collection[str], key: RelationKey) -> bool:
    return key[0] in there and key[2] in there


def _decide_relations(plan: _Plan, contributed: Mapping[RelationKey, Mapping[str, str | None]]) -> None:
    for key, by_source in sorted(contributed.items()):
        link = plan.links.get(key)
        before, said = (link.data, link.rows) if link else (None, {})
        rows = _replaced(said, by_source)
        if rows != said:
            for path in by_source:
                if said.get(path) != by_source[path]:
                    plan.touched[path].relations.add(key)
            after = merged_relation_row(_to_merge(before, said, by_source) or list(rows.values()))
            plan.relation_rows[key] = rows
            plan.relations[key] = (before, after)
            if (before is None) != (after is None):
                plan.turned[key] = before is None


async def _decide_concepts(run: Run, plan: _Plan, contributed: Mapping[str, Mapping[str, str | None]]) -> None:
    bound = _ends(key for key, (_, after) in plan.relations.items() if after is not None)
    rows = {
        i: _replaced(plan.there[i].rows if i in plan.there else {}, contributed.get(i, {}))
        for i in sorted({*contributed, *_ends(plan.relations)})
    }
    # Whether it is still the end of a relation is asked only of what nothing else keeps.
    doubtful = [i for i, said in rows.items() if not said and i in plan.there and i not in bound]
    found = await gathered(
        run,
        "UNWIND $rows AS row MATCH (c) WHERE elementId(c) = row[1] "
        f"RETURN collect([row[0], EXISTS {{ (c)-[:{any_type()}]-() }}])",
        [[i, plan.there[i].element] for i in doubtful],
    )
    bound |= {i for i, is_end in found if is_end}
    for concept_id, said in rows.items():
        stored = plan.there.get(concept_id)
        before, said_before = (stored.data, stored.rows) if stored else (None, {})
        by_source = contributed.get(concept_id, {})
        for path, row in by_source.items():
            if said_before.get(path) != row:
                plan.touched[path].concepts.add(concept_id)
        merging = _to_merge(before, said_before, by_source) or list(said.values())
        after = merged_concept_row(concept_id, merging, is_end=concept_id in bound)
        if said != said_before or after != before:
            plan.concept_rows[concept_id] = said
            plan.concepts[concept_id] = (before, after)
            if after is None:
                plan.gone.add(concept_id)
            elif before is None:
                plan.new.add(concept_id)


async def _older_mentions(run: Run, ids: Sequence[str]) -> list[tuple[str, str]]:
    """Return which passages have mentioned concepts that were not there yet: (id, the server's identifier)."""
    if not ids or not await run("MATCH (p:Passage) RETURN 1 LIMIT 1"):
        return []
    found = [
        await run(
            "CALL db.index.fulltext.queryNodes('passage_concepts', $query) YIELD node AS p "
            "UNWIND [id IN p.concepts WHERE id IN $ids] AS id RETURN DISTINCT id, elementId(p)",
            query=" ".join(map(quoted, part)),
            ids=part,
        )
        for part in (ids[at : at + _QUERIED] for at in range(0, len(ids), _QUERIED))
    ]
    return [(concept_id, element) for rows in found for concept_id, element in rows]


# -- writing it ---------------------------------------------------------------------------------------------------


async def _replace(run: Run, edit: Edit, plan: _Plan) -> None:
    """Write what becomes otherwise. The server writes one kind of it while the properties of the next are made."""
    settled = _depths_of_new(plan.turned, {i: stored.depth for i, stored in plan.there.items()})
    created, changed = await _ahead(_concept_writes, plan, settled or {})
    relations = _ahead(_relation_writes, plan)
    elements = await _write_concepts(run, plan, created, changed)
    added, replaced = await relations
    passages = _ahead(_passage_writes, plan, elements)
    await _write_relations(run, added, replaced, elements)
    if settled is None:
        await settle_depths(run, plan.turned)
    await for_each(run, "UNWIND $rows AS id MATCH (c:Concept {id: id}) DETACH DELETE c", sorted(plan.gone))
    await _write_sources(run, edit, await passages)
    await for_each(
        run,
        "UNWIND $rows AS row MATCH (c) WHERE elementId(c) = row[0] MATCH (p) WHERE elementId(p) = row[1] "
        "MERGE (p)-[:MENTIONS]->(c)",
        [[elements[concept_id], passage] for concept_id, passage in plan.late],
    )
    mentioned = {i for rows in plan.passages.values() for _, ids in rows for i in ids}
    measured = plan.new - {concept_id for concept_id, _ in plan.late}
    touched = {*_ends(plan.turned), *mentioned, *plan.no_longer_mentioned, *plan.new}
    await count_around(run, touched - measured - plan.gone)


def _depths_of_new(turned: Mapping[RelationKey, bool], depth: Mapping[str, int]) -> dict[str, int] | None:
    """Return the depths of new concepts that have any; None if that of one that was there may change.

    That is so where something is learnt after a new concept that was there before it, or where an arrow came to or
    went from a concept that was there and matters (`graph.measures.unsettled`).
    """
    keys = [key for key in turned if key[1] is RelationType.PREREQUISITE_OF]
    if any(key[2] in depth and key[0] not in depth for key in keys):
        return None
    before = {end: depth.get(end, 0) for end in ends_of_prerequisites(turned)}
    if any(target in depth for target in unsettled(turned, before)):
        return None
    return changed_depths((key[2], 0, key[0], before[key[0]]) for key in keys if key[2] not in depth)


async def _write_concepts(
    run: Run, plan: _Plan, created: Sequence[Fields], changed: Sequence[tuple[str, Fields]]
) -> dict[str, str]:
    """Create concepts that are new and change those that become otherwise; return the server's identifiers by id."""
    elements = {i: stored.element for i, stored in plan.there.items()}
    create = "UNWIND $rows AS row CREATE (c:Concept) SET c = row RETURN collect([c.id, elementId(c)])"
    elements |= dict(await gathered(run, create, created))
    await for_each(run, "UNWIND $rows AS row MATCH (c) WHERE elementId(c) = row[0] SET c += row[1]", changed)
    return elements


def _concept_writes(plan: _Plan, depth: Mapping[str, int]) -> tuple[list[Fields], list[tuple[str, Fields]]]:
    created: list[Fields] = []
    changed: list[tuple[str, Fields]] = []
    mentions: dict[str, set[str]] = defaultdict(set)
    for rows in plan.passages.values():
        for row, ids in rows:
            for concept_id in ids:
                mentions[concept_id].add(row)
    ranks = ranks_of_new(
        {i: len(mentions[i]) for i in plan.new}, [key for key, is_added in plan.turned.items() if is_added]
    )
    for concept_id, (_, after) in plan.concepts.items():
        if after is None:
            continue
        fields = concept_fields(plan.concept_rows[concept_id], after)
        if concept_id in plan.there:
            changed.append((plan.there[concept_id].element, {"rows": None} | fields))
        else:
            importance, degree = ranks[concept_id]
            ranked = {"by_importance": importance, "by_degree": degree, "by_depth": depth.get(concept_id, 0)}
            created.append(fields | ranked)
    return created, changed


def _relation_writes(plan: _Plan) -> tuple[list[tuple[RelationKey, Fields]], list[tuple[str, Fields]]]:
    """Return relations that are new, those of one concept side by side, and those that become otherwise."""
    added: list[tuple[RelationKey, Fields]] = []
    replaced: list[tuple[str, Fields]] = []
    for key, (_, after) in plan.relations.items():
        if after is None:
            continue
        fields = relation_fields(plan.relation_rows[key], after)
        if key in plan.links:
            replaced.append((plan.links[key].element, fields))
        else:
            added.append((key, fields))
    return added, replaced


async def _write_relations(
    run: Run,
    added: Sequence[tuple[RelationKey, Fields]],
    replaced: Sequence[tuple[str, Fields]],
    elements: Mapping[str, str],
) -> None:
    await for_each(
        run,
        "UNWIND $rows AS row MATCH (a) WHERE elementId(a) = row[0] MATCH (b) WHERE elementId(b) = row[1] "
        "CREATE (a)-[r:$(row[2])]->(b) SET r = row[3]",
        [[elements[key[0]], elements[key[2]], key[1].value, fields] for key, fields in added],
    )
    await for_each(run, "UNWIND $rows AS row MATCH ()-[r]->() WHERE elementId(r) = row[0] SET r = row[1]", replaced)


def _passage_writes(plan: _Plan, elements: Mapping[str, str]) -> dict[str, list[list[object]]]:
    """Return the passages of each path: the path, the properties, and the concepts that are mentioned and are there."""
    linked = elements.keys() - plan.gone
    return {
        path: [[path, passage_fields(row), [elements[i] for i in ids if i in linked]] for row, ids in rows]
        for path, rows in plan.passages.items()
    }


async def _write_sources(run: Run, edit: Edit, passages: Mapping[str, Sequence[object]]) -> None:
    gone = [path for path, new in edit.contributions.items() if new is None]
    await for_each(run, "UNWIND $rows AS path MATCH (s:Source {path: path}) DETACH DELETE s", gone)
    for path, new in edit.contributions.items():
        if new is None:
            continue
        original = edit.originals.get(path)
        await run(
            "MERGE (s:Source {path: $path}) SET s += $fields",
            path=path,
            fields={
                "digest": new.digest,
                "rows": list(new.sources),
                "concept_ids": list(new.concepts),
                "relation_keys": [json.dumps(key) for key in new.relations],
                "original": pack(original) if original else None,
                "original_digest": original.digest if original else None,
                **source_fields(path, new.sources),
            },
        )
        await for_each(
            run,
            "UNWIND $rows AS row MATCH (s:Source {path: row[0]}) CREATE (s)<-[:FROM]-(p:Passage) SET p = row[1] "
            "WITH p, row UNWIND row[2] AS element MATCH (c) WHERE elementId(c) = element CREATE (p)-[:MENTIONS]->(c)",
            passages[path],
        )
