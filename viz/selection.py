"""Which part of a graph a map shows: from an index and a request to a `Selection`. Nothing is placed or drawn here.

A map of everything is a hairball, so each view has its own choice (`viz.choices`).

All relations between the concepts shown come along, but on a path only prerequisites. Which of them are visible at
first is `Selection.shows`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from graph.model import Concept, Origin, Relation, RelationType
from graph.paths import Step, StudyPath
from viz.asked import MOST_NODES, VIEWS, Asked, LayoutName, View
from viz.choices import CHOICES, Asking, Comparison, is_shown, rows_of
from viz.groups import Group, group_of
from viz.index import GraphIndex
from viz.style import relation_rows
from viz.topics import topic_groups
from viz.wording import InvalidMap

__all__ = ["Selection", "select"]

_JOINED = 40  # neighbours that opening one concept adds: as many as the page's script asks for
_TOPIC_AREA, _ANY_AREA = 16, 34  # a topic of more members gives its subtopics areas: in its own map, in others


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
        return is_shown(relation, self.rows, self.origins, self.least)

    @property
    def visible(self) -> tuple[Relation, ...]:
        """The relations that are visible at first."""
        return tuple(r for r in self.relations if self.shows(r))


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
    found = CHOICES[asked.view](Asking(index, asked, names, most))
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
    rank = index.importance(rows_of(None))
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


# -- what comes along --------------------------------------------------------------------------------------------------


def _between(index: GraphIndex, kept: Collection[str]) -> tuple[Relation, ...]:
    """Return the relations between concepts that are shown, by key."""
    found = (r for i in kept for r in index.touching(i) if r.source == i and r.target in kept)
    return tuple(sorted(found, key=lambda r: r.key))


def _ends(relation: Relation) -> tuple[str, str]:
    return relation.source, relation.target


def _kept_comparison(comparison: Comparison | None, kept: Collection[str]) -> Comparison | None:
    """Return the comparison of what is on the map."""
    if comparison is None:
        return None
    shared = tuple((node, how) for node, how in comparison.shared if node in kept)
    only = {i: tuple(node for node in found if node in kept) for i, found in comparison.only.items()}
    return Comparison(comparison.ids, shared, only)


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
