"""What is asked below a field, so that its resolver can have it fetched before it answers.

Children whose answers are known are resolved at once (`Loader.now_or_later`). Those that have to wait cost a task each,
and what belongs to it: for the ends of 20 relations of 100 concepts, more than all the rest of the query.
"""

from collections.abc import Collection, Mapping, Sequence

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode

__all__ = ["is_asked"]


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
