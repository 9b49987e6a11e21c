"""What is asked below a field, so that its resolver can have it fetched before it answers.

Children whose answers are known are resolved at once (`Loader.now_or_later`). Those that have to wait cost a task each,
and what belongs to it: for the ends of 20 relations of 100 concepts, more than all the rest of the query. And each
round of questions costs a message to the store and one back, which with a server is most of the time.

So a root field that gives concepts tells the store what will be asked of them (`beside`). Where it foresees too little,
the loaders ask for the rest; where it foresees too much, it has cost time. It foresees few levels and few fields, so
that clients make few different statements of it, which a server plans once each.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    InlineFragmentNode,
    SelectionSetNode,
)
from graphql.execution.values import VariableValues, get_argument_values

from api.schema.filters import PREREQUISITES, TOPICS, UNLOCKED, relation_choice
from graph.beside import Beside
from graph.errors import InvalidQuery
from graph.listing import RelationFilter

__all__ = ["ENDS", "beside", "is_asked"]

ENDS: Final = ("source", "target")
"""The fields of a relation that lead to concepts."""

_LEVELS: Final = 3
_MOST: Final = 4  # filters on each level


def is_asked(
    nodes: Sequence[FieldNode], fragments: Mapping[str, FragmentDefinitionNode], *path: Collection[str]
) -> bool:
    """Tell whether below the fields `nodes` there is one of the first names, below that one of the second, and so on.

    Neither type conditions nor @skip and @include are looked at: it may say yes for what is not answered in the end.
    Linear in the document for each name of the path.
    """
    for names in path:
        below = [node.selection_set for node in nodes if node.selection_set is not None]
        nodes = [node for node in _fields(below, fragments) if node.name.value in names]
    return bool(nodes)


def _fields(left: list[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode]) -> list[FieldNode]:
    found: list[FieldNode] = []
    spread: set[str] = set()
    while left:
        for node in left.pop().selections:
            if isinstance(node, FieldNode):
                found.append(node)
            elif isinstance(node, InlineFragmentNode):
                left.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                spread.add(node.name.value)
                left.append(fragments[node.name.value].selection_set)
    return found


_LISTS: Final = {"prerequisites": PREREQUISITES, "unlocks": UNLOCKED, "topics": TOPICS}


def beside(info: GraphQLResolveInfo[Any], *path: str) -> tuple[Beside, ...]:
    """Return what is asked of the concepts that a field gives, at `path` below it.

    Fields with directives are not looked at, nor those whose arguments will be refused.
    """
    below = [node.selection_set for node in info.field_nodes if node.selection_set is not None]
    for name in path:
        below = _below(below, info.fragments, name)
    return _beside(info, below, _LEVELS)


def _beside(info: GraphQLResolveInfo[Any], sets: list[SelectionSetNode], levels: int) -> tuple[Beside, ...]:
    found: dict[RelationFilter, tuple[bool, list[SelectionSetNode]]] = {}
    for node in _fields(list(sets), info.fragments):
        if node.directives or node.selection_set is None:
            continue
        where, ends, further = _led_to(info, node)
        if where is not None:
            had, sets_below = found.get(where, (False, []))
            found[where] = (had or ends, [*sets_below, *further])
    chosen = sorted(found.items(), key=repr)[:_MOST]
    return tuple(
        Beside(where, ends, _beside(info, further, levels - 1) if ends and levels > 1 else ())
        for where, (ends, further) in chosen
    )


def _led_to(
    info: GraphQLResolveInfo[Any], node: FieldNode
) -> tuple[RelationFilter | None, bool, list[SelectionSetNode]]:
    """Return which relations a field follows, whether it leads to their far ends, and what is asked of these."""
    name, below = node.name.value, [node.selection_set] if node.selection_set else []
    if name in _LISTS:
        return _LISTS[name], True, below if name != "topics" else []
    concept = info.schema.get_type("Concept")
    if name == "relations" and isinstance(concept, GraphQLObjectType):
        try:
            values = VariableValues({}, cast("dict[str, Any]", info.variable_values))  # as resolvers are told them
            given = get_argument_values(concept.fields[name], node, values)
            where = relation_choice(*(given.get(each) for each in ("types", "direction", "origins", "min_confidence")))
        except (GraphQLError, InvalidQuery):
            return None, False, []
        return where, is_asked([node], info.fragments, ["edges"], ["node"], ENDS), []
    return None, False, []


def _below(
    sets: list[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode], name: str
) -> list[SelectionSetNode]:
    nodes = [node for node in _fields(list(sets), fragments) if node.name.value == name]
    return [node.selection_set for node in nodes if node.selection_set is not None]
