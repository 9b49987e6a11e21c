"""Which part of a graph a map shows: from an index and a request to a `Selection`. Nothing is placed or drawn here.

A map of everything is a hairball, so each view has its own choice:

* overview: the topics that hold most, each with its few most important concepts;
* topic: everything in one topic, at any depth, and what stands with it for its relations;
* neighborhood: a concept and what is at most `radius` relations away, nearest first, then the most important;
* path: the steps of a study path (`graph.paths.study_path`), in order; unless a sureness is asked for, the essential
  ones (`graph.essentials`);
* compare: two or three concepts, what at least two of them relate to, and what only one does;
* all: the concepts that relate to most others;
* order: with a focus all that comes before that, else what most others come before or after, the rest on demand.

All relations between the concepts shown come along, but on a path only prerequisites. Which of them are visible at
first is `Selection.shows`.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType

from graph.essentials import essential_path
from graph.model import Concept, Origin, Relation, RelationKey, RelationType
from graph.paths import Step, StudyPath, study_path
from viz.asked import MOST_NODES, OVERVIEW_AREAS, VIEWS, Asked, LayoutName, View
from viz.groups import Group, group_of
from viz.index import GraphIndex
from viz.style import relation_row, relation_rows
from viz.topics import Groups, topic_groups
from viz.wording import InvalidMap

__all__ = ["Comparison", "Selection", "select"]

_JOINED = 40  # neighbours that opening one concept adds: as many as the page's script asks for
_LEAST_PER_AREA, _MOST_PER_AREA = 2, 8  # concepts of an overview's area, beside its head
_TOPIC_AREA, _ANY_AREA = 16, 34  # a topic of more members gives its subtopics areas: in its own map, in others


@dataclass(frozen=True, slots=True)
class Comparison:
    """What `ids` share, each with how (relation keys, in the order of `ids`), and what is related to one only."""

    ids: tuple[str, ...]
    shared: tuple[tuple[str, tuple[RelationKey, ...]], ...]
    only: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a map shows: concepts in the view's order, the relations between them, and those that are visible at first.

    `rows` are the legend's rows that are on, `origins` and `least` what else a visible relation must keep; `weight`
    says of each concept how much the whole graph relates to it; `focus` are the concepts the view is about; `hidden`
    says how many concepts of the graph are left out, `reach` how many the view would show if it might draw any
    number. `steps` numbers the concepts of a path from 1, `background` is what a path leaves out as not essential.
    `added` are concepts that joined later, each with the one that it stands beside (None: by itself); they come last in
    `concepts`. `opened` says by what they joined: each concept that was opened, in order, with all of `added` that
    opening it brings.
    """

    view: View
    layout: LayoutName
    concepts: tuple[Concept, ...]
    relations: tuple[Relation, ...]
    rows: frozenset[str]
    origins: frozenset[Origin]
    least: float
    weight: Mapping[str, float]
    focus: tuple[str, ...]
    groups: tuple[Group, ...]
    hidden: int
    reach: int
    path: StudyPath | None = None
    background: tuple[Step, ...] = ()
    steps: Mapping[str, int]
    comparison: Comparison | None = None
    added: Mapping[str, str | None]
    opened: Mapping[str, tuple[str, ...]]

    def shows(self, relation: Relation) -> bool:
        """Tell whether a relation is visible at first."""
        return _shown(relation, self.rows, self.origins, self.least)

    @property
    def visible(self) -> tuple[Relation, ...]:
        """The relations that are visible at first."""
        return tuple(r for r in self.relations if self.shows(r))


@dataclass(slots=True)
class _Choice:
    """What one view chose: ids in its order (all that it would show), and what else it knows about them."""

    ids: Sequence[str]
    focus: tuple[str, ...]
    rows: frozenset[str]
    groups: Groups | None = None  # None: as `topic_groups` divides what is drawn
    counts: Sequence[int] = ()  # of the members of `groups` in the whole graph, if more than are shown
    path: StudyPath | None = None
    background: tuple[Step, ...] = ()
    comparison: Comparison | None = None


def select(index: GraphIndex, asked: Asked) -> Selection:
    """Choose what the map that is asked for shows at first.

    Raises UnknownConcept or AmbiguousName for a name that is no concept's or several's, InvalidMap for more or less
    concepts than a map can draw, a negative radius, or a comparison of fewer than two. Linear in the graph's size.
    """
    most = asked.limit
    if not 1 <= most <= MOST_NODES:
        raise InvalidMap(
            f"a map shows 1 to {MOST_NODES:,} concepts, not {most:,}; to see more of them than that, use "
            "`noteatlas export` and a program made for large graphs",
            f"一张地图显示 1 到 {MOST_NODES:,} 个概念，不能是 {most:,} 个；要看更多，请用 `noteatlas export` 导出，"
            "再用画大图的程序打开",
        )
    if asked.radius < 0:
        raise InvalidMap(f"a radius is 0 or more, not {asked.radius}", f"radius 应为 0 或更大，不能是 {asked.radius}")
    names = tuple(dict.fromkeys(index.find(name) for name in asked.names))
    found = _CHOICES[asked.view](_Asking(index, asked, names, most))
    ids = list(found.ids[:most])
    kept = set(ids)
    opened = _joining(index, asked, found.rows, kept)
    added = _beside(opened)
    if len(ids) + len(added) > MOST_NODES:
        raise InvalidMap(
            f"a map holds at most {MOST_NODES:,} concepts: open fewer of them",
            f"一张地图最多容纳 {MOST_NODES:,} 个概念，请少展开几个",
        )
    kept |= added.keys()
    relations = _between(index, kept)
    if found.path is not None:
        order = index.prerequisites(asked.surely)
        relations = tuple(r for r in relations if r.type is RelationType.PREREQUISITE_OF and order.has_edge(*_ends(r)))
    elif asked.view == "order" and not names:
        relations = tuple(
            r for r in relations if r.type is not RelationType.PREREQUISITE_OF or r.confidence >= asked.surely
        )
    groups = found.groups
    if groups is None:
        within = [r for r in relations if r.source not in added and r.target not in added]
        groups = topic_groups(ids, within, large=_TOPIC_AREA if asked.view == "topic" else _ANY_AREA)
    groups = [(head, [m for m in members if m in kept]) for head, members in groups]
    counts = found.counts or [len(members) for _, members in groups]
    rank = index.importance(_rows(None))
    return Selection(
        view=asked.view,
        layout=asked.layout or VIEWS[asked.view].layout,
        concepts=tuple(index.concepts[i] for i in (*ids, *added)),
        relations=relations,
        rows=found.rows,
        origins=asked.origins or frozenset(Origin),
        least=asked.least,
        weight={i: -rank[i][0] for i in kept},
        focus=found.focus,
        groups=tuple(
            group_of(index, head, members, count)
            for (head, members), count in zip(groups, counts, strict=True)
            if members
        ),
        hidden=len(index.concepts) - len(kept),
        reach=len(found.ids),
        path=found.path,
        background=found.background,
        steps={step.concept: i for i, step in enumerate(found.path.steps, start=1)} if found.path else {},
        comparison=_kept_comparison(found.comparison, kept),
        added=added,
        opened=opened,
    )


# -- one function per view ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asking:
    """A request with its names found, and what every view needs."""

    index: GraphIndex
    asked: Asked
    names: tuple[str, ...]
    most: int

    @property
    def rows(self) -> frozenset[str]:
        return _rows(self.asked.types)

    def shown(self, relation: Relation, rows: frozenset[str]) -> bool:
        return _shown(relation, rows, self.asked.origins or frozenset(Origin), self.asked.least)

    def near(self, node: str, rows: frozenset[str]) -> set[str]:
        """Return what the relations that are on tie to a concept."""
        found = {end for r in self.index.touching(node) if self.shown(r, rows) for end in (r.source, r.target)}
        return found - {node}


def _overview(ask: _Asking) -> _Choice:
    """Choose the areas with most concepts and hand out the marks one by one, to the area that has fewest for its size.

    A graph that fits is shown whole.
    """
    rank = ask.index.importance(_rows(None))
    if len(ask.index.concepts) <= ask.most:
        ids = sorted(ask.index.concepts, key=rank.__getitem__)
        return _Choice(ids, (), ask.rows)
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
    return _Choice(ids, (), ask.rows, groups, [len(areas[i][1]) for i in chosen])


def _topic(ask: _Asking) -> _Choice:
    """Choose all that is in a topic: what notes put there, and what an overview puts into the areas of those."""
    topic = _one(ask, "topic")
    rank = ask.index.importance(_rows(None))
    inside = ask.index.inside(topic)
    ids = sorted(inside, key=lambda i: (i != topic, rank[i]))
    return _Choice(ids, (topic,), ask.rows)


def _neighborhood(ask: _Asking) -> _Choice:
    """Walk from the foci by the rows that are on.

    A focus that those tie to nothing is walked from by topics and prerequisites as well, and those rows are switched
    on.
    """
    if not ask.names:
        raise InvalidMap("a neighbourhood needs a concept: give focus", "查看周围需要一个概念：请给 focus")
    rows = ask.rows
    if ask.asked.types is None and not any(ask.near(i, rows) for i in ask.names):
        rows = frozenset(row.key for row in relation_rows())
    return _Choice(_walk(ask, rows, radius=ask.asked.radius), ask.names, rows)


def _path(ask: _Asking) -> _Choice:
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
    return _Choice(ids, ask.names, _ORDER_ROWS, path=found, background=background)


def _compare(ask: _Asking) -> _Choice:
    """Choose what is related to the compared, in turn: shared by most first, then the most important of each one's."""
    if not 2 <= len(ask.names) <= 3:
        given = len(ask.names)
        raise InvalidMap(
            f"a comparison is of two or three concepts, not {given}: give compare for each",
            f"一次对比两个或三个概念，不能是 {given} 个：每个概念给一个 compare",
        )
    rank = ask.index.importance(_rows(None))
    near = {i: ask.near(i, ask.rows) - set(ask.names) for i in ask.names}
    count = Counter(node for found in near.values() for node in found)
    shared = sorted((i for i, n in count.items() if n > 1), key=lambda i: (-count[i], rank[i]))
    only = {i: sorted((n for n in near[i] if count[n] == 1), key=rank.__getitem__) for i in ask.names}
    turns = max(map(len, only.values()), default=0)
    own = [only[i][turn] for turn in range(turns) for i in ask.names if turn < len(only[i])]
    how = tuple((node, _ties(ask, node)) for node in shared)
    comparison = Comparison(ask.names, how, {i: tuple(found) for i, found in only.items()})
    return _Choice([*ask.names, *shared, *own], ask.names, ask.rows, comparison=comparison)


def _all(ask: _Asking) -> _Choice:
    rank = ask.index.importance(ask.rows)
    return _Choice(sorted(ask.index.concepts, key=rank.__getitem__), (), ask.rows)


def _order(ask: _Asking) -> _Choice:
    """Choose all that comes before the foci; without one, what most others come before or after, surely enough.

    One that would stand alone among those drawn gives its place to the next that does not.
    """
    if ask.names:
        return _Choice(_walk(ask, ask.rows, radius=None, backwards=True), ask.names, ask.rows)
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
    return _Choice(sorted(ranked, key=lambda i: i not in chosen), (), ask.rows)


_CHOICES: Mapping[View, Callable[[_Asking], _Choice]] = MappingProxyType(
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


# -- what they share ---------------------------------------------------------------------------------------------------

_ORDER_ROWS = frozenset(row.key for row in relation_rows() if row.type is RelationType.PREREQUISITE_OF)


def _rows(types: Collection[RelationType] | None) -> frozenset[str]:
    if types is None:
        return frozenset(row.key for row in relation_rows() if row.shown)
    return frozenset(row.key for row in relation_rows() if row.type in types)


def _shown(relation: Relation, rows: frozenset[str], origins: frozenset[Origin], least: float) -> bool:
    return relation_row(relation) in rows and relation.origin in origins and relation.confidence >= least


def _walk(ask: _Asking, rows: frozenset[str], *, radius: int | None, backwards: bool = False) -> list[str]:
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


def _between(index: GraphIndex, kept: Collection[str]) -> tuple[Relation, ...]:
    """Return the relations between concepts that are shown, by key."""
    found = (r for i in kept for r in index.touching(i) if r.source == i and r.target in kept)
    return tuple(sorted(found, key=lambda r: r.key))


def _ends(relation: Relation) -> tuple[str, str]:
    return relation.source, relation.target


def _ties(ask: _Asking, node: str) -> tuple[RelationKey, ...]:
    """Return the relations of `node` with the compared concepts, in the order of those."""
    keys: list[RelationKey] = []
    for name in ask.names:
        rows = (r for r in ask.index.touching(node) if name in (r.source, r.target))
        keys.extend(r.key for r in rows if ask.shown(r, ask.rows))
    return tuple(keys)


def _kept_comparison(comparison: Comparison | None, kept: Collection[str]) -> Comparison | None:
    """Return the comparison of what is on the map."""
    if comparison is None:
        return None
    shared = tuple((node, how) for node, how in comparison.shared if node in kept)
    only = {i: tuple(node for node in found if node in kept) for i, found in comparison.only.items()}
    return Comparison(comparison.ids, shared, only)


def _one(ask: _Asking, what: str) -> str:
    if len(ask.names) != 1:
        raise InvalidMap(
            f"{what} is one concept, not {len(ask.names)}", f"{what} 只能是一个概念，不能是 {len(ask.names)} 个"
        )
    return ask.names[0]


def _joining(
    index: GraphIndex, asked: Asked, rows: frozenset[str], shown: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """Return what opening each of `asked.added`, one after the other, brings to a map that shows `shown`.

    The same as static/expand.js: neighbours by every type that has a row switched on, by name, and before them the
    concept itself if it was not there by then.
    """
    types = {row.type for row in relation_rows() if row.key in rows}
    opened: dict[str, tuple[str, ...]] = {}
    joined: set[str] = set()
    for name in asked.added:
        node = index.find(name)
        if node in opened:
            continue
        touching = (r for r in index.touching(node) if r.type in types)
        near = {end for r in touching for end in (r.source, r.target)} - {node}
        by_name = sorted(near, key=index.name_order)[:_JOINED]
        itself = [] if node in shown or node in joined else [node]
        opened[node] = (*itself, *(i for i in by_name if i not in shown))
        joined.update(opened[node])
    return opened


def _beside(opened: Mapping[str, Sequence[str]]) -> dict[str, str | None]:
    """Return each concept that joined, in order, with the one that it stands beside: None for one opened by itself."""
    added: dict[str, str | None] = {}
    for node, brought in opened.items():
        for i in brought:
            added.setdefault(i, node if i != node else None)
    return added
