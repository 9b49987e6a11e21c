"""What each view chooses of a graph: one function per view, from an index and a request to a `Choice`.

* overview: the topics that hold most, each with its few most important concepts;
* topic: everything in one topic, at any depth, and what stands with it for its relations;
* neighborhood: a concept and what is at most `radius` relations away, nearest first, then the most important;
* path: the steps of a study path (`graph.paths.study_path`), in order; unless a sureness is asked for, the essential
  ones (`graph.essentials`);
* compare: two or three concepts, what at least two of them relate to, and what only one does;
* all: the concepts that relate to most others;
* order: with a focus all that comes before that, else what most others come before or after, the rest on demand.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType

from graph.essentials import essential_path
from graph.model import Origin, Relation, RelationKey, RelationType
from graph.paths import Step, StudyPath, study_path
from viz.asked import OVERVIEW_AREAS, Asked, View
from viz.index import GraphIndex
from viz.style import relation_row, relation_rows
from viz.topics import Groups
from viz.wording import InvalidMap

__all__ = ["CHOICES", "Asking", "Choice", "Comparison", "is_shown", "rows_of"]

_LEAST_PER_AREA, _MOST_PER_AREA = 2, 8  # concepts of an overview's area, beside its head


_ORDER_ROWS = frozenset(row.key for row in relation_rows() if row.type is RelationType.PREREQUISITE_OF)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What `ids` share, each with how (relation keys, in the order of `ids`), and what is related to one only."""

    ids: tuple[str, ...]
    shared: tuple[tuple[str, tuple[RelationKey, ...]], ...]
    only: Mapping[str, tuple[str, ...]]


@dataclass(slots=True)
class Choice:
    """What one view chose: ids in its order (all that it would show), and what else it knows about them."""

    ids: Sequence[str]
    focus: tuple[str, ...]
    rows: frozenset[str]
    groups: Groups | None = None  # None: as `topic_groups` divides what is drawn
    counts: Sequence[int] = ()  # of the members of `groups` in the whole graph, if more than are shown
    path: StudyPath | None = None
    background: tuple[Step, ...] = ()
    comparison: Comparison | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """A request with its names found, and what every view needs."""

    index: GraphIndex
    asked: Asked
    names: tuple[str, ...]
    most: int

    @property
    def rows(self) -> frozenset[str]:
        """The legend's rows that are on."""
        return rows_of(self.asked.types)

    def shown(self, relation: Relation, rows: frozenset[str]) -> bool:
        """Tell whether a relation is visible while these rows are on."""
        return is_shown(relation, rows, self.asked.origins or frozenset(Origin), self.asked.least)

    def near(self, node: str, rows: frozenset[str]) -> set[str]:
        """Return what the relations that are on tie to a concept."""
        found = {end for r in self.index.touching(node) if self.shown(r, rows) for end in (r.source, r.target)}
        return found - {node}


def rows_of(types: Collection[RelationType] | None) -> frozenset[str]:
    """Return the keys of the legend's rows of these types; of None, those that are on at first."""
    if types is None:
        return frozenset(row.key for row in relation_rows() if row.shown)
    return frozenset(row.key for row in relation_rows() if row.type in types)


def is_shown(relation: Relation, rows: frozenset[str], origins: frozenset[Origin], least: float) -> bool:
    """Tell whether a relation passes all that the legend filters by."""
    return relation_row(relation) in rows and relation.origin in origins and relation.confidence >= least


def _walk(ask: Asking, rows: frozenset[str], *, radius: int | None, backwards: bool = False) -> list[str]:
    """Return what is in reach of the names, breadth first; within a distance the most important first."""
    rank = ask.index.importance(rows)
    found = dict.fromkeys(ask.names)
    ring = list(ask.names)
    distance = 0
    while ring and (radius is None or distance < radius):
        distance += 1
        met: set[str] = set()
        for node in ring:
            if backwards:
                rows_in = (r for r in ask.index.touching(node) if r.target == node)
                met.update(r.source for r in rows_in if ask.shown(r, rows))
            else:
                met |= ask.near(node, rows)
        ring = sorted(met - found.keys(), key=rank.__getitem__)
        found.update(dict.fromkeys(ring))
    return list(found)


def _ties(ask: Asking, node: str) -> tuple[RelationKey, ...]:
    """Return the relations of `node` with the compared concepts, in the order of those."""
    keys: list[RelationKey] = []
    for name in ask.names:
        rows = (r for r in ask.index.touching(node) if name in (r.source, r.target))
        keys.extend(r.key for r in rows if ask.shown(r, ask.rows))
    return tuple(keys)


def _one(ask: Asking, what: str) -> str:
    if len(ask.names) != 1:
        raise InvalidMap(
            f"{what} is one concept, not {len(ask.names)}", f"{what} 只能是一个概念，不能是 {len(ask.names)} 个"
        )
    return ask.names[0]


# -- one function per view ---------------------------------------------------------------------------------------------


def _overview(ask: Asking) -> Choice:
    """Choose the areas with most concepts and hand out the marks one by one, to the area that has fewest for its size.

    A graph that fits is shown whole.
    """
    rank = ask.index.importance(rows_of(None))
    if len(ask.index.concepts) <= ask.most:
        ids = sorted(ask.index.concepts, key=rank.__getitem__)
        return Choice(ids, (), ask.rows)
    areas = ask.index.areas
    worth = [i for i, (head, members) in enumerate(areas) if head is not None or len(members) > _LEAST_PER_AREA]
    by_size = sorted(worth, key=lambda i: (areas[i][0] is None, -len(areas[i][1]), i))
    chosen = sorted(by_size[: min(OVERVIEW_AREAS, max(1, ask.most // (1 + _LEAST_PER_AREA)))])
    leaders: list[list[str]] = []
    for i in chosen:
        head, members = areas[i]
        leaders.append(sorted((m for m in members if m != head), key=rank.__getitem__))
    left = ask.most - sum(areas[i][0] is not None for i in chosen)
    # One without a head is only an area if it shows three.
    given = [min(_LEAST_PER_AREA + (areas[i][0] is None), len(found)) for i, found in zip(chosen, leaders, strict=True)]
    left -= sum(given)
    room = [min(_MOST_PER_AREA, len(members)) for members in leaders]
    while left > 0 and any(g < r for g, r in zip(given, room, strict=True)):
        poorest = max(
            (k for k in range(len(chosen)) if given[k] < room[k]),
            key=lambda k: (len(leaders[k]) ** 0.5 / given[k], -k),
        )
        given[poorest] += 1
        left -= 1
    groups: Groups = []
    for i, members, count in zip(chosen, leaders, given, strict=True):
        head = areas[i][0]
        groups.append((head, [*([head] if head is not None else []), *members[:count]]))
    ids = sorted((m for _, members in groups for m in members), key=rank.__getitem__)
    return Choice(ids, (), ask.rows, groups, [len(areas[i][1]) for i in chosen])


def _topic(ask: Asking) -> Choice:
    """Choose all that is in a topic: what notes put there, and what an overview puts into the areas of those."""
    topic = _one(ask, "topic")
    rank = ask.index.importance(rows_of(None))
    inside = ask.index.inside(topic)
    ids = sorted(inside, key=lambda i: (i != topic, rank[i]))
    return Choice(ids, (topic,), ask.rows)


def _neighborhood(ask: Asking) -> Choice:
    """Walk from the foci by the rows that are on.

    A focus that those tie to nothing is walked from by topics and prerequisites as well, and those rows are switched
    on.
    """
    if not ask.names:
        raise InvalidMap("a neighbourhood needs a concept: give focus", "查看周围需要一个概念：请给 focus")
    rows = ask.rows
    if ask.asked.types is None and not any(ask.near(i, rows) for i in ask.names):
        rows = frozenset(row.key for row in relation_rows())
    return Choice(_walk(ask, rows, radius=ask.asked.radius), ask.names, rows)


def _path(ask: Asking) -> Choice:
    """Choose the steps of the study path to all goals, in order; of too many, those nearest to the goals."""
    if not ask.names:
        raise InvalidMap("a path needs a goal: give path", "学习路径需要一个目标：请给 path")
    background: tuple[Step, ...] = ()
    graph = ask.index.prerequisites(ask.asked.surely)
    if ask.asked.sure is None:
        divided = essential_path(graph, ask.names)
        found, background = divided.path, divided.background
    else:
        found = study_path(graph, ask.names)
    ids = [step.concept for step in found.steps]
    if len(ids) > ask.most:
        near = dict.fromkeys(ask.names)
        ring = list(ask.names)
        while ring:
            before = {p for i in ring if i in graph for p in graph.predecessors(i)}
            ring = sorted(before - near.keys())
            near.update(dict.fromkeys(ring))
        kept = set(list(near)[: ask.most])
        ids = [i for i in ids if i in kept] + [i for i in ids if i not in kept]
    return Choice(ids, ask.names, _ORDER_ROWS, path=found, background=background)


def _compare(ask: Asking) -> Choice:
    """Choose what is related to the compared, in turn: shared by most first, then the most important of each one's."""
    if not 2 <= len(ask.names) <= 3:
        given = len(ask.names)
        raise InvalidMap(
            f"a comparison is of two or three concepts, not {given}: give compare for each",
            f"一次对比两个或三个概念，不能是 {given} 个：每个概念给一个 compare",
        )
    rank = ask.index.importance(rows_of(None))
    near = {i: ask.near(i, ask.rows) - set(ask.names) for i in ask.names}
    count = Counter(node for found in near.values() for node in found)
    shared = sorted((i for i, n in count.items() if n > 1), key=lambda i: (-count[i], rank[i]))
    only = {i: sorted((n for n in near[i] if count[n] == 1), key=rank.__getitem__) for i in ask.names}
    turns = max(map(len, only.values()), default=0)
    own = [only[i][turn] for turn in range(turns) for i in ask.names if turn < len(only[i])]
    how = tuple((node, _ties(ask, node)) for node in shared)
    comparison = Comparison(ask.names, how, {i: tuple(found) for i, found in only.items()})
    return Choice([*ask.names, *shared, *own], ask.names, ask.rows, comparison=comparison)


def _all(ask: Asking) -> Choice:
    rank = ask.index.importance(ask.rows)
    return Choice(sorted(ask.index.concepts, key=rank.__getitem__), (), ask.rows)


def _order(ask: Asking) -> Choice:
    """Choose all that comes before the foci; without one, what most others come before or after, surely enough.

    One that would stand alone among those drawn gives its place to the next that does not.
    """
    if ask.names:
        return Choice(_walk(ask, ask.rows, radius=None, backwards=True), ask.names, ask.rows)
    rank = ask.index.importance(ask.rows)
    near: dict[str, set[str]] = defaultdict(set)
    for r in ask.index.graph.relations:
        if r.confidence >= ask.asked.surely and ask.shown(r, _ORDER_ROWS):
            near[r.source].add(r.target)
            near[r.target].add(r.source)
    ranked = sorted(near, key=lambda i: (-len(near[i]), rank[i]))
    chosen = set(ranked[: ask.most])
    alone = {i for i in chosen if near[i].isdisjoint(chosen)}
    chosen -= alone
    chosen |= set(islice((i for i in ranked if not near[i].isdisjoint(chosen) and i not in chosen), len(alone)))
    return Choice(sorted(ranked, key=lambda i: i not in chosen), (), ask.rows)


CHOICES: Mapping[View, Callable[[Asking], Choice]] = MappingProxyType(
    {
        "overview": _overview,
        "topic": _topic,
        "neighborhood": _neighborhood,
        "path": _path,
        "compare": _compare,
        "all": _all,
        "order": _order,
    }
)
