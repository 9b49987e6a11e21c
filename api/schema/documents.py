"""Documents that were parsed, measured and found valid are kept, because clients send the same few over and over.

Parsing, validation and the limits together cost a small query several times as much as its execution. What they find
depends on the text alone, but for the limits: pages are as large as the request's variables say. So a kept document
remembers with which sizes it was within the limits; with any others it is measured anew.

What is refused is not kept: whoever sends it again is refused again, at the same cost, and cannot push others out.
Neither can a flood of ever new documents grow the memory: what is kept has at most `MAX_CHARACTERS` together, the
longest unused goes first, and one that is longer than a tenth of that is not kept at all. Dense text takes some
650 bytes of memory for each character, with what its executions share (`Memo`), so that is 26 MB at the very most.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from graphql import DocumentNode, GraphQLError, NamedTypeNode, NonNullTypeNode, OperationDefinitionNode, TypeNode
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document

from api.limits import LIMITS, page_size, violations
from api.schema.execution import Memo

__all__ = ["MAX_CHARACTERS", "Documents", "Preparation"]

MAX_CHARACTERS = 40_000
_MAX_SIZES = 64  # combinations of page sizes that are remembered of one document


@dataclass(frozen=True, slots=True)
class _Document:
    """A valid document; `within` are the values of `numbers`, its variables of type Int, that keep to the limits.

    `memo` is what its executions share, None where directives may make them another one each time.
    """

    node: DocumentNode
    numbers: tuple[str, ...]
    memo: Memo | None
    within: set[tuple[int | None, ...]] = field(default_factory=set)


@dataclass(slots=True)
class Documents:
    """Valid documents by their text, of at most `characters` together; `hits` and `misses` count who asked.

    Threads may share it.
    """

    characters: int = MAX_CHARACTERS
    hits: int = 0
    misses: int = 0
    _kept: dict[str, _Document] = field(default_factory=dict)
    _used: int = 0
    _lock: Lock = field(default_factory=Lock)

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, text: str) -> _Document | None:
        """Return the document with this text, None if it is not kept."""
        with self._lock:
            found = self._kept.pop(text, None)
            if found is None:
                self.misses += 1
            else:
                self.hits += 1
                self._kept[text] = found  # as the last to go
            return found

    def keep(self, text: str, document: _Document) -> None:
        """Remember a document, and forget those that have not been asked for the longest if they are too many."""
        if len(text) > self.characters // 10:
            return
        with self._lock:
            if text not in self._kept:
                self._used += len(text)
            self._kept[text] = document
            while self._used > self.characters:
                oldest = next(iter(self._kept))
                del self._kept[oldest]
                self._used -= len(oldest)


class Preparation(SchemaExtension):
    """Parses a request's text, or finds it parsed; refuses what costs too much, then what is not valid."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._found: _Document | None = None

    def on_parse(self) -> Iterator[None]:
        """Take the document that is kept; else Strawberry parses, at most as many tokens as allowed."""
        context = self.execution_context
        context.parse_options["max_tokens"] = LIMITS.tokens
        self._found = self._documents.find(context.query or "")
        if self._found is not None:
            context.graphql_document = self._found.node
        yield

    def on_validate(self) -> Iterator[None]:
        """Measure before the rules of validation, which cost more, have a look; do neither again for what is kept."""
        context = self.execution_context
        node = context.graphql_document
        if node is not None:
            errors = self._measured(node, context.variables or {})
            # Strawberry takes the first of several operations where GraphQL wants to be told which.
            named = context._provided_operation_name is not None  # noqa: SLF001
            if not named and len(_operations(node)) > 1:
                errors.append(GraphQLError("the query has several operations: give operationName"))
            if not errors and self._found is None:
                errors = validate_document(context.schema._schema, node, context.validation_rules)  # noqa: SLF001
                if not errors:
                    self._keep(node, context.variables or {})
            if not errors and self._found is not None and context.context is not None:
                context.context.memo = self._found.memo
            context.pre_execution_errors = errors  # if none, an empty list: Strawberry does not validate again
        yield

    def _measured(self, node: DocumentNode, variables: Mapping[str, Any]) -> list[GraphQLError]:
        found = self._found
        sizes = _sizes(found, variables) if found else ()
        if found and sizes in found.within:
            return []
        errors = violations(self.execution_context.schema._schema, node, variables)  # noqa: SLF001
        if found and not errors and len(found.within) < _MAX_SIZES:
            found.within.add(sizes)
        return errors

    def _keep(self, node: DocumentNode, variables: Mapping[str, Any]) -> None:
        numbers = {
            definition.variable.name.value: None
            for operation in _operations(node)
            for definition in operation.variable_definitions or ()
            if _named(definition.type) == "Int"
        }
        text = self.execution_context.query or ""
        document = _Document(node, tuple(numbers), None if "@" in text else Memo())
        document.within.add(_sizes(document, variables))
        self._documents.keep(text, document)
        self._found = document


def _operations(node: DocumentNode) -> list[OperationDefinitionNode]:
    return [definition for definition in node.definitions if isinstance(definition, OperationDefinitionNode)]


def _named(type_: TypeNode) -> str | None:
    inner = type_.type if isinstance(type_, NonNullTypeNode) else type_
    return inner.name.value if isinstance(inner, NamedTypeNode) else None


def _sizes(document: _Document, variables: Mapping[str, Any]) -> tuple[int | None, ...]:
    """Return all that a measure takes from the variables: the size that each number stands for.

    None stands for one that is not given, -1 for what is given and no number.
    """
    return tuple(page_size(variables[name], -1) if name in variables else None for name in document.numbers)
