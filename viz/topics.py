"""Concepts divided into areas: by the topics that notes put them in, and by what they relate to where notes do not say.

The tree of IN_TOPIC relations is cut so that areas have about 5 to 34 members: a larger topic gives its larger
subtopics areas of their own. A concept in no topic joins the area that it has most relations with; where many are
left, they are divided into communities (Blondel et al., "Fast unfolding of communities in large networks", 2008).
For an overview the tree is cut higher up, until there are few enough areas to be read at once.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import networkx as nx

from graph.model import Relation, RelationType
from viz.asked import OVERVIEW_AREAS

__all__ = ["Groups", "below", "topic_groups", "topic_parents"]

Groups = list[tuple[str | None, list[str]]]
"""Pairs of a topic (None for concepts in no topic) and its members, itself among them."""

_LARGE = 34
_SMALL = 5
_MOST_DIVIDED = 1500  # so many concepts at most are divided into communities; the others join by their relations
_KINSHIP = {
    RelationType.IS_A: 4,
    RelationType.PART_OF: 4,
    RelationType.EXTENDS: 3,
    RelationType.GENERALIZES: 3,
    RelationType.COMBINES: 3,
    RelationType.EQUIVALENT_TO: 3,
}
"""How much a relation says that both ends belong to one topic; any other type counts 1."""


def topic_groups(
    ids: Sequence[str],
    relations: Sequence[Relation],
    *,
    parents: Mapping[str, str] | None = None,
    large: int = _LARGE,
    few: bool = False,
) -> Groups:
    """Divide `ids`, the most important first, by topic; see the module's theory.

    `relations` are those between them. `parents` is their `topic_parents`, if it is known. A topic of more than
    `large` members gives its larger subtopics areas of their own; `few` raises that number until there are at most
    `OVERVIEW_AREAS` topics with an area, if any number does. Areas stand in the order of their most important
    member, members in the order of `ids`. Linear, but for the communities.
    """
    parents = topic_parents(relations) if parents is None else parents
    tree = _Tree.of(ids, parents)
    heads = tree.heads(large)
    while few and len(heads) > OVERVIEW_AREAS and large < len(ids):
        large *= 2
        heads = tree.heads(large)
    home = tree.homes(heads)
    _join_by_relations(ids, relations, home)
    loose = [node for node in ids if node not in home]
    community = dict.fromkeys(loose, 0)
    if len(loose) > _LARGE:
        within = set(loose)
        between = [r for r in relations if r.source in within and r.target in within]
        community = _communities(loose, between)
    groups: dict[str | int, list[str]] = {}
    for node in ids:
        groups.setdefault(home[node] if node in home else community[node], []).append(node)
    return [(key if isinstance(key, str) else None, members) for key, members in groups.items()]


def topic_parents(relations: Iterable[Relation]) -> dict[str, str]:
    """Return one topic per concept: the surest, then the smallest id; never one that leads back to the concept."""
    parent: dict[str, str] = {}
    rows = (r for r in relations if r.type is RelationType.IN_TOPIC)
    for r in sorted(rows, key=lambda r: (r.source, -r.confidence, r.target)):
        if r.source in parent:
            continue
        above: str | None = r.target
        while above is not None and above != r.source:
            above = parent.get(above)
        if above is None:
            parent[r.source] = r.target
    return parent


def below(head: str, children: Mapping[str, Sequence[str]]) -> list[str]:
    """Return `head` and everything in it, each once, breadth first; `children` may go round in circles."""
    found = [head]
    seen = {head}
    for node in found:
        fresh = [child for child in children.get(node, ()) if child not in seen]
        found.extend(fresh)
        seen.update(fresh)
    return found


@dataclass(frozen=True, slots=True)
class _Tree:
    """The topics of some concepts: what is directly in each, and how many are in it at any depth, itself included."""

    roots: list[str]
    children: Mapping[str, list[str]]
    size: Mapping[str, int]

    @classmethod
    def of(cls, ids: Sequence[str], parents: Mapping[str, str]) -> "_Tree":
        children: dict[str, list[str]] = defaultdict(list)
        for node in ids:
            if (above := parents.get(node)) is not None:
                children[above].append(node)
        roots = [node for node in ids if node in children and node not in parents]
        order = list(roots)
        for node in order:
            order.extend(child for child in children[node] if child in children)
        size: dict[str, int] = {}
        for node in reversed(order):
            size[node] = 1 + sum(size.get(child, 1) for child in children[node])
        return cls(roots, children, size)

    def heads(self, large: int) -> set[str]:
        """Return the topics that have an area: roots, and in a larger one than `large` its larger subtopics.

        An area that would be left with fewer than three members is none.
        """
        found = list(self.roots)
        left: dict[str, int] = {}
        for head in found:
            own = []
            if self.size[head] > large:
                own = [child for child in self.children[head] if self.size.get(child, 1) >= _SMALL]
            found.extend(own)
            left[head] = self.size[head] - sum(self.size[child] for child in own)
        return {head for head in found if left[head] >= 3}

    def homes(self, heads: Collection[str]) -> dict[str, str]:
        """Return the nearest head at or above each concept, for those that have one."""
        home: dict[str, str] = {}
        waiting: list[tuple[str, str | None]] = [(root, None) for root in self.roots]
        for node, above in waiting:
            head = node if node in heads else above
            if head is not None:
                home[node] = head
            for child in self.children[node]:
                if child in self.children:
                    waiting.append((child, head))
                elif head is not None:  # most by far: nothing is in it, so it is no head
                    home[child] = head
        return home


def _communities(ids: Sequence[str], relations: Iterable[Relation]) -> dict[str, int]:
    """Return the number of each concept's community; those in one too small for an area of its own are in number 0."""
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(ids[:_MOST_DIVIDED])
    rest = [r for r in relations if not (r.source in graph and r.target in graph)]
    graph.add_edges_from((r.source, r.target) for r in relations if r.source in graph and r.target in graph)
    found: dict[str, str] = {}
    number = dict.fromkeys(ids, 0)
    names: dict[str, int] = {}
    for i, members in enumerate(nx.community.louvain_communities(graph, resolution=1.4, seed=1), start=1):
        if len(members) >= _SMALL:
            name = min(members)
            names[name] = i
            found.update(dict.fromkeys(members, name))
    if rest:
        _join_by_relations(ids, rest, found)
    number.update({node: names[name] for node, name in found.items()})
    return number


def _join_by_relations(ids: Sequence[str], relations: Iterable[Relation], home: dict[str, str]) -> None:
    """Let concepts in no group join the one that they have most relations with, until nothing changes."""
    loose = [i for i in ids if i not in home]
    if not loose or not home:
        return
    away = set(loose)
    near: dict[str, list[Relation]] = defaultdict(list)
    for r in relations:
        if r.type is not RelationType.IN_TOPIC:
            for end in (r.source, r.target):
                if end in away:
                    near[end].append(r)
    for _ in range(4):
        joined: dict[str, str] = {}
        for node in loose:
            votes: Counter[str] = Counter()
            for r in near.get(node, ()):
                other = r.target if r.source == node else r.source
                if other in home:
                    votes[home[other]] += _KINSHIP.get(r.type, 1)
            if votes:
                joined[node] = min(votes, key=lambda head: (-votes[head], head))
        home.update(joined)
        loose = [i for i in loose if i not in joined]
        if not joined:
            return
