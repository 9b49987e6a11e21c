"""What the field knows: typed relations between concepts of the lexicon, as data by subject.

One YAML file per subject, one line per concept, which is the source of all relations on it:

    adam: combines momentum, rmsprop; uses first-moment-estimate; extends sgd; after momentum, rmsprop

A relation word is a `RelationType` in lower case; `after` names what is learnt right before the concept, that is
PREREQUISITE_OF in the other direction. Facts are never relations of a graph by themselves: nobody's notes say them.
They tell which type and direction a sentence about two concepts can mean, and which of two comes first.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import TypeAlias

from graph.errors import InputError
from graph.model import RELATION_TYPES, RelationType
from loaders.patterns import parse_yaml

__all__ = ["Facts", "default_facts", "parse_facts", "read_facts"]

_AFTER = "after"

Facts: TypeAlias = Mapping[tuple[str, str], frozenset[RelationType]]
"""Concept ids (source, target) -> the types that hold; symmetric types stand in both directions."""


def parse_facts(text: str, where: str) -> dict[tuple[str, str], frozenset[RelationType]]:
    """Read one file of facts. Raises InputError that names `where` and the concept whose line is wrong."""
    return read_facts(parse_yaml(text, where), where)


def read_facts(document: object, where: str) -> dict[tuple[str, str], frozenset[RelationType]]:
    """Return the facts of a mapping of concept ids to one line each. Raises InputError as `parse_facts` does."""
    if not isinstance(document, dict):
        raise InputError(f"{where}: a file of facts is a mapping of concept ids to one line each")
    found: dict[tuple[str, str], frozenset[RelationType]] = {}
    for concept, line in document.items():
        for source, kind, target in _facts(str(concept), str(line), where):
            for pair in ((source, target), (target, source))[: 2 if RELATION_TYPES[kind].symmetric else 1]:
                found[pair] = found.get(pair, frozenset()) | {kind}
    return found


def _facts(concept: str, line: str, where: str) -> Iterator[tuple[str, RelationType, str]]:
    for clause in filter(None, map(str.strip, line.split(";"))):
        word, _, rest = clause.partition(" ")
        targets = [t.strip() for t in rest.split(",")]
        if not all(targets):
            raise InputError(f"{where}: {concept}: {clause!r} names no concept after its word or a comma")
        if word == _AFTER:
            yield from ((target, RelationType.PREREQUISITE_OF, concept) for target in targets)
            continue
        try:
            kind = RelationType(word.upper())
        except ValueError as error:
            words = ", ".join([*(t.value.lower() for t in RelationType), _AFTER])
            raise InputError(f"{where}: {concept}: unknown relation {word!r}; there are {words}") from error
        yield from ((concept, kind, target) for target in targets)


@cache
def default_facts() -> Facts:
    """Return the shipped facts; read once per process."""
    found: dict[tuple[str, str], frozenset[RelationType]] = {}
    for file in sorted(resources.files(__name__).iterdir(), key=lambda f: f.name):
        if file.name.endswith(".yaml"):
            for pair, kinds in parse_facts(file.read_text(encoding="utf-8"), file.name).items():
                found[pair] = found.get(pair, frozenset()) | kinds
    return found
