"""What an operation asks for at its root: what metrics and traces call it, and whether it asks for the schema."""

from collections.abc import Iterator

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)
from strawberry.extensions import SchemaExtension

__all__ = ["OTHER", "RootFields", "operation_label", "root_fields"]

OTHER = "other"
SEVERAL = "several"
INTROSPECTION = "introspection"
_SCHEMA_FIELDS = {"__schema", "__type"}


class RootFields(SchemaExtension):
    """Leaves the label of what is asked in the `Context` of its request, which says whether to tell the schema."""

    def on_validate(self) -> Iterator[None]:
        """Refuse a parsed document that asks for the schema where that is not told."""
        context = self.execution_context
        document = context.graphql_document
        if document is not None and not _told(context.context) and _SCHEMA_FIELDS & root_fields(document):
            refusal = GraphQLError("the schema cannot be asked for here", extensions={"code": "NO_INTROSPECTION"})
            context.pre_execution_errors = [refusal]
        yield

    def on_execute(self) -> Iterator[None]:
        """Label what is about to be executed: only now are its fields known to be some that there are."""
        context = self.execution_context
        if context.graphql_document is not None and context.context is not None:
            context.context.operation = operation_label(context.graphql_document, context._provided_operation_name)  # noqa: SLF001
        yield


def _told(context: object) -> bool:
    return bool(getattr(context, "introspection", True))


def operation_label(document: DocumentNode, operation_name: str | None) -> str:
    """Return the field that the operation asks for at its root, `several` for more than one.

    `introspection` where it only asks for the schema, `other` where it is not clear which operation is meant.
    """
    found = root_fields(document, operation_name)
    fields = {name for name in found if not name.startswith("__")}
    if not fields:
        return INTROSPECTION if found else OTHER
    return fields.pop() if len(fields) == 1 else SEVERAL


def root_fields(document: DocumentNode, operation_name: str | None = None) -> set[str]:
    """Return the names of the fields at the root of an operation, of all operations if none is named.

    Linear in the document, which need not be valid: a fragment is looked at once.
    """
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    left: list[SelectionSetNode] = [
        d.selection_set
        for d in document.definitions
        if isinstance(d, OperationDefinitionNode)
        and (operation_name is None or (d.name is not None and d.name.value == operation_name))
    ]
    found: set[str] = set()
    while left:
        for node in left.pop().selections:
            if isinstance(node, FieldNode):
                found.add(node.name.value)
            elif isinstance(node, InlineFragmentNode):
                left.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode) and (fragment := fragments.pop(node.name.value, None)):
                left.append(fragment.selection_set)
    return found
