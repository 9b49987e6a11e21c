"""What the tools ask: names in, a bounded answer with its sources out.

A name is an id, a name or an alias, in any case; UnknownConcept with the nearest names and AmbiguousName with the ids
to choose from are raised for what is to be understood. Names of what is *known* are more forgiving: those that no
concept has are handed back with the nearest names, and change nothing.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from api.explaining import explain as explained
from api.limits import MAX_KNOWN, checked_names
from api.lookup import concept_ids
from api.mcp.answers import (
    ComparisonAnswer,
    ConceptAnswer,
    ExplainAnswer,
    Found,
    FrontierAnswer,
    FrontierRow,
    Near,
    Only,
    PathAnswer,
    Place,
    SearchAnswer,
    SharedRow,
    StepRow,
)
from api.mcp.bounds import MAX_NAME, Budget, plain, shorten
from api.mcp.rows import FEW, Rows, rows_of
from api.reach import MAX_RELATIONS
from graph import comparison, paths
from graph.contribution import concept_order
from graph.errors import InvalidQuery
from graph.model import Origin, Relation, RelationType
from graph.store import GraphStore, SearchHit

__all__ = ["MAX_FIRST", "MAX_SKIP", "compare", "concept", "explain", "frontier", "path", "search"]

MAX_FIRST: Final = 50
MAX_SKIP: Final = 100_000
_NEARLY: Final = 0.2  # the least score of a match that is not a guess, see `graph.store`
_NEAR: Final = 5
_ALIASES: Final = 20
_REASONS: Final = 3
_CYCLES: Final = 10
_PASSED_OVER: Final = 20


async def search(store: GraphStore, query: str, *, first: int) -> SearchAnswer:
    """Find concepts and passages, the best `first` of each. Three calls to the store."""
    hits, passages = await asyncio.gather(
        store.search(query, first=first + 1), store.search_passages(query, first=first + 1)
    )
    rows = Rows(await store.get(sorted({c for hit in passages[:first] for c in hit.concepts[:FEW]})))

    def found(hit: SearchHit) -> Found:
        row = Rows({hit.concept.id: hit.concept}).concept(hit.concept.id)
        return Found(**row.model_dump(), matched=shorten(hit.matched), nearly=hit.score < _NEARLY)

    budget = Budget()
    concepts = budget.fill(hits, found, most=first)
    shown = budget.fill(passages, rows.passage, most=first)
    left = [
        what
        for what, had, there in (("concepts", concepts, hits), ("passages", shown, passages))
        if len(had) < len(there)
    ]
    more = f"There are more {' and '.join(left)}: give a larger first, at most {MAX_FIRST}, or more words."
    return SearchAnswer(concepts=concepts, passages=shown, more=more if left else None)


async def concept(
    store: GraphStore, name: str, *, types: Sequence[RelationType] | None, first: int, skip: int
) -> ConceptAnswer:
    """Say what the notes say of a concept. Five calls to the store; linear in its relations and passages."""
    (id_,) = await concept_ids(store, checked_names("concept", [name]))
    whole = (await store.relations([id_])).get(id_, [])
    wanted = sorted(
        (r for r in whole if r.type is not RelationType.IN_TOPIC and (not types or r.type in types)), key=_by_weight
    )
    page = wanted[skip : skip + first]
    before = [r.source for r in whole if r.type is RelationType.PREREQUISITE_OF and r.target == id_]
    after = [r.target for r in whole if r.type is RelationType.PREREQUISITE_OF and r.source == id_]
    topics = [r.target for r in whole if r.type is RelationType.IN_TOPIC and r.source == id_]
    rows = await rows_of(store, page, others=[id_, *before, *after, *topics])

    def by_name(ids: list[str]) -> list[str]:
        return sorted(ids, key=lambda i: concept_order(rows.concepts[i]) if i in rows.concepts else ("", i))

    described = rows.concept(id_, aliases=_ALIASES)
    if (definition := rows.concepts[id_].definition) is not None:
        mentions = (await store.passages([id_])).get(id_, [])
        where = next((p for p in mentions if _letters(definition) in _letters(p.text)), None)
        if where is not None:
            described = described.model_copy(update={"defined": Place(file=plain(where.source), line=where.line)})
    shown = Budget().fill(page, rows.reason, most=first)
    return ConceptAnswer(
        concept=described,
        topics=rows.refs(by_name(topics)),
        prerequisites=rows.refs(by_name(before)),
        unlocks=rows.refs(by_name(after)),
        relations=shown,
        relations_total=len(wanted),
        more=_and_so_on("relations", skip, len(shown), len(wanted)),
    )


async def path(
    store: GraphStore,
    targets: Sequence[str],
    *,
    known: Sequence[str],
    min_confidence: float,
    first: int,
    skip: int,
) -> PathAnswer:
    """Order what to learn for some targets. At most seven calls to the store, one of them a walk."""
    wanted = await concept_ids(store, checked_names("targets", targets))
    held, passed_over = await _known(store, known)
    closure = await store.prerequisites_of(wanted, min_confidence=min_confidence)
    found = await asyncio.to_thread(
        lambda: paths.study_path(paths.prerequisite_graph(closure.relations), wanted, known=held)
    )
    steps = list(enumerate(found.steps, 1))
    page = steps[skip : skip + first]
    cycles = found.cycles[:_CYCLES]
    reasons = [r for _, step in page for r in step.because[:_REASONS]]
    named = {c for cycle in cycles for c in cycle[:FEW]} | {step.concept for _, step in page}
    rows = await rows_of(store, [*reasons, *found.cuts[:_CYCLES]], others=[*wanted, *held[:FEW], *named])

    def row(numbered: tuple[int, paths.Step]) -> StepRow:
        number, step = numbered
        return StepRow(
            number=number,
            concept=rows.concept(step.concept),
            is_target=step.concept in wanted,
            because=[rows.reason(r) for r in step.because[:_REASONS]],
            because_left=max(0, len(step.because) - _REASONS),
        )

    shown = Budget().fill(page, row, most=first)
    return PathAnswer(
        targets=rows.refs(wanted),
        known=rows.refs(held),
        passed_over=passed_over,
        steps_total=len(steps),
        steps=shown,
        cycles=[rows.refs(cycle) for cycle in cycles],
        cuts=[rows.fact(r) for r in found.cuts[:_CYCLES]],
        more=_and_so_on("steps", skip, len(shown), len(steps)),
    )


async def frontier(store: GraphStore, known: Sequence[str], *, targets: Sequence[str], first: int) -> FrontierAnswer:
    """Say what can be learnt next, what is on the way to the targets first. Reads all prerequisites of the store."""
    wanted = await concept_ids(store, checked_names("targets", targets, least=0))
    held, passed_over = await _known(store, known)
    pairs = await store.prerequisites()
    items = await asyncio.to_thread(lambda: paths.frontier_of(pairs, held, first=first + 1, targets=wanted))
    knowing = set(held)
    before = await store.relations(
        [item.concept for item in items[:first]], types=[RelationType.PREREQUISITE_OF], direction="in"
    )
    needed = {concept: [r for r in into if r.source in knowing] for concept, into in before.items()}
    reasons = [r for held_by in needed.values() for r in held_by[:_REASONS]]
    named = {i for item in items[:first] for i in (item.concept, *item.unlocks[:FEW])}
    rows = await rows_of(store, reasons, others=[*held[:FEW], *named])

    def row(item: paths.FrontierItem) -> FrontierRow:
        return FrontierRow(
            concept=rows.concept(item.concept),
            needed=[rows.reason(r) for r in needed.get(item.concept, [])[:_REASONS]],
            unlocks=rows.refs(item.unlocks),
        )

    listed = Budget().fill(items, row, most=first)
    more = f"More can be learnt next: give a larger first, at most {MAX_FIRST}."
    return FrontierAnswer(
        known=rows.refs(held), passed_over=passed_over, next=listed, more=more if len(listed) < len(items) else None
    )


async def explain(store: GraphStore, one: str, other: str) -> ExplainAnswer:
    """Say why two concepts are related, or which chain leads from one to the other."""
    ids = await concept_ids(store, checked_names("one and other", [one, other]))
    found = await explained(store, ids, most=MAX_RELATIONS)
    rows = Rows(found.concepts, found.derived_from)
    first, second = found.ends
    chain = list(found.chain or ())
    budget = Budget()
    direct = budget.fill(found.relations, rows.reason, most=MAX_FIRST)
    links = budget.fill(chain, rows.reason, most=MAX_FIRST)
    left = len(found.relations) + len(chain) - len(direct) - len(links)
    return ExplainAnswer(
        one=rows.ref(first),
        other=rows.ref(second),
        relations=direct,
        chain=None if found.chain is None else links,
        more=f"{left} more: ask concept for either of them." if left else None,
    )


async def compare(store: GraphStore, concepts: Sequence[str], *, first: int) -> ComparisonAnswer:
    """Set two or three concepts side by side. Four calls to the store."""
    wanted = await concept_ids(store, checked_names("concepts", concepts, least=2, most=comparison.MOST))
    relations = [row for rows in (await store.relations(wanted)).values() for row in rows]
    ends = {end for r in relations for end in (r.source, r.target)}
    names = {c.id: c.name for c in (await store.get(sorted(ends.union(wanted)))).values()}
    found = comparison.compare(relations, wanted, names=names)
    shown = [*found.between, *(r for row in found.shared[:first] for r in row.relations)]
    rows = await rows_of(store, [*shown, *(r for own in found.only for r in own.relations[:first])], others=wanted)

    def shared(row: comparison.Shared) -> SharedRow:
        return SharedRow(
            concept=rows.ref(row.concept),
            type=row.type,
            direction=row.direction,
            shared_by=rows.refs(row.by),
            relations=[rows.reason(r) for r in row.relations],
        )

    budget = Budget()
    between = budget.fill(found.between, rows.reason, most=first)
    alike = budget.fill(found.shared, shared, most=first)
    share = budget.left // len(found.only)
    only = [
        Only(
            concept=rows.ref(own.concept),
            relations=Budget(share).fill(own.relations, rows.reason, most=first),
            relations_total=len(own.relations),
        )
        for own in found.only
    ]
    cut = len(between) < len(found.between) or len(alike) < len(found.shared)
    cut = cut or any(len(row.relations) < row.relations_total for row in only)
    more = f"Some relations are left out: give a larger first, at most {MAX_FIRST}, or ask concept for one of them."
    return ComparisonAnswer(
        concepts=[rows.concept(i) for i in wanted], between=between, shared=alike, only=only, more=more if cut else None
    )


async def _known(store: GraphStore, names: Sequence[str]) -> tuple[list[str], list[Near]]:
    """Return the ids of what is known, and the names that no concept has, the first few with the nearest ones."""
    given = checked_names("known", names, most=MAX_KNOWN, least=0)
    meanings = await store.resolve(given) if given else {}
    unknown = [name for name in given if not meanings.get(name)]
    held = await concept_ids(store, [name for name in given if meanings.get(name)])
    near = await asyncio.gather(*(store.search(name, first=_NEAR) for name in unknown[:_PASSED_OVER]))
    return held, [
        Near(name=shorten(name, MAX_NAME), near=[shorten(hit.concept.name, MAX_NAME) for hit in hits])
        for name, hits in zip(unknown[:_PASSED_OVER], near, strict=True)
    ]


def _letters(text: str) -> str:
    """Return what a text says without the marks of its markup, which a definition has lost."""
    return "".join(c for c in text if c.isalnum())


_ORDER: Final = {type_: number for number, type_ in enumerate(RelationType)}


def _by_weight(relation: Relation) -> tuple[bool, int, float, tuple[str, str, str]]:
    """Order relations: what the notes say before what was derived, then by type, the surest first."""
    return (relation.origin is Origin.INFERRED, _ORDER[relation.type], -relation.confidence, relation.key)


def _and_so_on(what: str, skip: int, shown: int, total: int) -> str | None:
    if skip > total:
        raise InvalidQuery(f"skip is {skip}, but there are {total} {what}")
    left = total - skip - shown
    return f"{left} more {what}: ask again with skip={skip + shown}." if left > 0 else None
