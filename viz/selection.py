"""Which part of a graph a map shows at first: pure functions from a graph to a `Selection`.

A map of everything is a hairball, so it starts with the concepts that relate to most others; the reader adds the
rest. Three starting points:

* the whole graph: the `max_nodes` most important concepts, and the topics that most of them are in;
* a focus: that concept and what is at most `radius` relations away, nearest first;
* a focus with nothing but PREREQUISITE_OF switched on: all that must be learnt before it.

All relations between the concepts shown come along; which of them are visible at first is `rows`, by the keys of
`viz.style.relation_rows`.
"""

import difflib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import networkx as nx

from graph.errors import AmbiguousName, InvalidQuery, UnknownConcept
from graph.model import Concept, KnowledgeGraph, Relation, RelationType
from graph.names import name_key
from viz.style import relation_row, relation_rows

__all__ = ["MOST_NODES", "Selection", "find", "select", "topic_groups"]

MOST_NODES = 2000
"""As many concepts as a map can draw and still be moved: above, vis-network freezes for seconds."""

_LARGE_GROUP = 34
_SMALL_GROUP = 5
_KINSHIP = {
    RelationType.IS_A: 4,
    RelationType.PART_OF: 4,
    RelationType.EXTENDS: 3,
    RelationType.GENERALIZES: 3,
    RelationType.COMBINES: 3,
    RelationType.EQUIVALENT_TO: 3,
}
"""How much a relation says that both ends belong to one topic; any other type counts 1."""

_ORDER_ONLY = frozenset({RelationType.PREREQUISITE_OF})


@dataclass(frozen=True, slots=True)
class Selection:
    """What a map shows: concepts, most important first, the relations between them, and the legend rows that are on.

    `weight` is each concept's importance, 1 for the first; `hidden` says how many concepts of the graph are left out.
    """

    concepts: tuple[Concept, ...]
    relations: tuple[Relation, ...]
    rows: frozenset[str]
    weight: Mapping[str, float]
    focus: tuple[str, ...]
    hidden: int

    @property
    def visible(self) -> tuple[Relation, ...]:
        """The relations whose legend row is on."""
        return tuple(r for r in self.relations if relation_row(r) in self.rows)


def select(
    graph: KnowledgeGraph,
    *,
    focus: Sequence[str] = (),
    radius: int = 1,
    types: Collection[RelationType] | None = None,
    max_nodes: int = 300,
) -> Selection:
    """Choose what a map of `graph` shows at first.

    `focus` are ids, names or aliases; `types` the relation types switched on (None: the default rows). Raises
    UnknownConcept or AmbiguousName for a focus that is none or several, InvalidQuery for a `max_nodes` outside
    1..MOST_NODES or a negative radius. Linear in the graph's size.
    """
    if not 1 <= max_nodes <= MOST_NODES:
        raise InvalidQuery(
            f"a map shows 1 to {MOST_NODES:,} concepts, not {max_nodes:,}; to see more of them than that, use "
            "`noteatlas export` and a program made for large graphs"
        )
    if radius < 0:
        raise InvalidQuery(f"a radius is 0 or more, not {radius}")
    graph = _with_ends(graph)
    chosen = tuple(dict.fromkeys(find(graph, name) for name in focus))
    rows = _rows(types)
    importance = _importance(graph, rows)
    if chosen:
        ids, rows = _around(graph, chosen, radius=radius, rows=rows, types=types, importance=importance)
    elif types is not None and set(types) == _ORDER_ONLY:
        ends = Counter(end for r in graph.relations if r.type in _ORDER_ONLY for end in (r.source, r.target))
        ids = sorted(ends, key=lambda i: (-ends[i], importance[i]))
    else:
        ids = [c.id for c in sorted(graph.concepts, key=lambda c: importance[c.id])]
    kept = set(ids[:max_nodes])
    by_id = {c.id: c for c in graph.concepts}
    return Selection(
        concepts=tuple(by_id[i] for i in ids[:max_nodes]),
        relations=tuple(r for r in graph.relations if r.source in kept and r.target in kept),
        rows=rows,
        weight={i: 1.0 - rank / len(by_id) for rank, i in enumerate(sorted(by_id, key=importance.__getitem__))},
        focus=chosen,
        hidden=len(by_id) - len(kept),
    )


def find(graph: KnowledgeGraph, name: str) -> str:
    """Return the id of the concept that `name` (an id, a name or an alias, in any spelling) means.

    Raises UnknownConcept with up to five similar names, or AmbiguousName if it means several. Linear.
    """
    if any(c.id == name for c in graph.concepts):
        return name
    key = name_key(name)
    preferred = [c.id for c in graph.concepts if name_key(c.name) == key]
    called = preferred or [c.id for c in graph.concepts if any(name_key(a) == key for a in c.aliases)]
    if not called:
        names = sorted({n for c in graph.concepts for n in c.names})
        raise UnknownConcept(name, difflib.get_close_matches(name[:80], names, n=5))
    if len(called) > 1:
        raise AmbiguousName(name, called)
    return called[0]


def topic_groups(selection: Selection) -> list[tuple[str | None, list[str]]]:
    """Divide the concepts shown by topic: pairs of a topic (None for what is in no topic) and its concepts.

    The tree of IN_TOPIC relations is cut so that groups have about 5 to 34 members: a larger topic gives its larger
    subtopics groups of their own. A concept in no topic joins the group that it has most relations with; where many
    are left, they are divided into communities (Blondel et al., "Fast unfolding of communities in large networks",
    2008). Groups stand in the order of their most important member, members in the selection's order.
    """
    ids = [c.id for c in selection.concepts]
    parent = _parents(selection)
    children: dict[str, list[str]] = defaultdict(list)
    for node in ids:
        if node in parent:
            children[parent[node]].append(node)
    home: dict[str, str] = {}
    for node in ids:
        if node not in parent and node in children:
            _divide(node, children, home)
    sizes = Counter(home.values())
    home = {node: head for node, head in home.items() if sizes[head] >= 3}
    _join_by_relations(ids, selection.relations, home)
    loose = [node for node in ids if node not in home]
    community = _communities(loose, selection.visible) if len(loose) > _LARGE_GROUP else dict.fromkeys(loose, 0)
    groups: dict[str | int, list[str]] = {}
    for node in ids:
        groups.setdefault(home[node] if node in home else community[node], []).append(node)
    return [(key if isinstance(key, str) else None, members) for key, members in groups.items()]


def _with_ends(graph: KnowledgeGraph) -> KnowledgeGraph:
    """Add a bare concept for every end of a relation that has none, as a store does."""
    known = {c.id for c in graph.concepts}
    missing = {end for r in graph.relations for end in (r.source, r.target)} - known
    if not missing:
        return graph
    bare = (Concept(i, i) for i in missing)
    return KnowledgeGraph.of((*graph.concepts, *bare), graph.relations, graph.passages, graph.sources)


def _rows(types: Collection[RelationType] | None) -> frozenset[str]:
    if types is None:
        return frozenset(row.key for row in relation_rows() if row.shown)
    return frozenset(row.key for row in relation_rows() if row.type in types)


def _importance(graph: KnowledgeGraph, rows: Collection[str]) -> dict[str, tuple[float, str, str]]:
    """Return a sort key per concept, smaller for the more important.

    Its weight is how many concepts it is related to by the rows that are on, plus a fifth of the concepts that are
    in it as a topic, plus a little for each passage that mentions it.
    """
    near: dict[str, set[str]] = defaultdict(set)
    members: Counter[str] = Counter()
    for r in graph.relations:
        if r.type is RelationType.IN_TOPIC:
            members[r.target] += 1
        elif relation_row(r) in rows:
            near[r.source].add(r.target)
            near[r.target].add(r.source)
    mentions = Counter(i for p in graph.passages for i in p.concepts)
    return {
        c.id: (-(len(near[c.id]) + 0.2 * members[c.id] + min(0.9, 0.01 * mentions[c.id])), name_key(c.name), c.id)
        for c in graph.concepts
    }


def _around(
    graph: KnowledgeGraph,
    focus: tuple[str, ...],
    *,
    radius: int,
    rows: frozenset[str],
    types: Collection[RelationType] | None,
    importance: Mapping[str, tuple[float, str, str]],
) -> tuple[list[str], frozenset[str]]:
    """Return the ids round `focus`, nearest first, and the rows that are on.

    With nothing but prerequisites asked for, "round" means all that comes before. A focus that the rows that are on
    tie to nothing is walked from by IN_TOPIC and prerequisites as well, and those rows are switched on.
    """
    if types is not None and set(types) == _ORDER_ONLY:
        return _walk(_edges(graph.relations, rows, forwards=False), focus, radius=None, importance=importance), rows
    near = _edges(graph.relations, rows)
    if types is None and not any(near[i] for i in focus):
        rows = frozenset(row.key for row in relation_rows())
        near = _edges(graph.relations, rows)
    return _walk(near, focus, radius=radius, importance=importance), rows


def _edges(relations: Iterable[Relation], rows: Collection[str], *, forwards: bool = True) -> dict[str, set[str]]:
    near: dict[str, set[str]] = defaultdict(set)
    for r in relations:
        if relation_row(r) in rows:
            near[r.target].add(r.source)
            if forwards:
                near[r.source].add(r.target)
    return near


def _walk(
    near: Mapping[str, set[str]],
    focus: tuple[str, ...],
    *,
    radius: int | None,
    importance: Mapping[str, tuple[float, str, str]],
) -> list[str]:
    """Return what is in reach, breadth first; within a distance the most important first."""
    found = dict.fromkeys(focus)
    ring = list(focus)
    distance = 0
    while ring and (radius is None or distance < radius):
        distance += 1
        ring = sorted({n for i in ring for n in near.get(i, ())} - found.keys(), key=importance.__getitem__)
        found.update(dict.fromkeys(ring))
    return list(found)


def _parents(selection: Selection) -> dict[str, str]:
    """Return one topic per concept: the surest, then the smallest id; never one that leads back to the concept."""
    parent: dict[str, str] = {}
    rows = (r for r in selection.relations if r.type is RelationType.IN_TOPIC)
    for r in sorted(rows, key=lambda r: (r.source, -r.confidence, r.target)):
        above: str | None = r.target
        while above is not None and above != r.source:
            above = parent.get(above)
        if above is None:
            parent.setdefault(r.source, r.target)
    return parent


def _divide(root: str, children: Mapping[str, Sequence[str]], home: dict[str, str]) -> None:
    """Put `root` and all below it into groups, recorded in `home` as concept -> head of its group."""
    below: dict[str, list[str]] = {}
    heads = [root]
    while heads:
        head = heads.pop()
        if len(_below(head, children, below)) > _LARGE_GROUP:
            own = [child for child in children[head] if len(_below(child, children, below)) >= _SMALL_GROUP]
            heads.extend(own)
        else:
            own = []
        elsewhere = {node for child in own for node in _below(child, children, below)}
        home.update({node: head for node in _below(head, children, below) if node not in elsewhere})


def _below(head: str, children: Mapping[str, Sequence[str]], known: dict[str, list[str]]) -> list[str]:
    """Return `head` and everything in it, remembering the answer in `known`."""
    if head not in known:
        found = [head]
        for node in found:
            found.extend(children.get(node, ()))
        known[head] = found
    return known[head]


def _communities(ids: Sequence[str], relations: Iterable[Relation]) -> dict[str, int]:
    """Return the number of each concept's community; those in one too small for an area of its own are in number 0."""
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(ids)
    graph.add_edges_from((r.source, r.target) for r in relations if r.source in graph and r.target in graph)
    number = dict.fromkeys(ids, 0)
    for i, members in enumerate(nx.community.louvain_communities(graph, resolution=1.4, seed=1), start=1):
        if len(members) >= _SMALL_GROUP:
            number.update(dict.fromkeys(members, i))
    return number


def _join_by_relations(ids: Sequence[str], relations: Iterable[Relation], home: dict[str, str]) -> None:
    """Let concepts in no group join the one that they have most relations with, until nothing changes."""
    near: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for r in relations:
        if r.type is not RelationType.IN_TOPIC:
            near[r.source].append((r.target, _KINSHIP.get(r.type, 1)))
            near[r.target].append((r.source, _KINSHIP.get(r.type, 1)))
    loose = [i for i in ids if i not in home]
    for _ in range(4):
        joined: dict[str, str] = {}
        for node in loose:
            votes: Counter[str] = Counter()
            for other, weight in near[node]:
                if other in home:
                    votes[home[other]] += weight
            if votes:
                joined[node] = min(votes, key=lambda head: (-votes[head], head))
        home.update(joined)
        loose = [i for i in loose if i not in joined]
        if not joined:
            return
