"""Turtle and JSON-LD, in: what we wrote, as it was, and SKOS of others.

A property of a relation type counts, a statement without it does not. Of several preferred labels the one without a
language, else the English one, is the name, and the others are aliases. A skos:broader that no relation of ours
specialises is IN_TOPIC, which says least; skos:exactMatch is EQUIVALENT_TO. What else a concept has is kept under the
IRI of the property, as text.

Nothing is fetched: JSON-LD that names a context elsewhere is refused.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from rdflib import DCTERMS, RDF, SKOS, XSD, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.plugins.parsers.notation3 import BadSyntax

from graph.errors import InvalidGraph
from graph.exchange.vocabulary import BROADER, CONCEPT, NARROWER, OURS, PROPERTIES, SOURCE, decoded, relation_key
from graph.model import KnowledgeGraph, RelationType
from graph.rows import Placed, graph_of, show

__all__ = ["MAX_BYTES", "read_jsonld", "read_turtle"]

MAX_BYTES: Final = 64 * 2**20  # of a file to read: rdflib takes some fifty times as much memory

_SHOWN_CHARS: Final = 200  # of a parser's own words
_NA: Final = Namespace(OURS)
_TYPES: Final[Mapping[URIRef, RelationType]] = {_NA[name]: kind for kind, name in PROPERTIES.items()}


def read_turtle(content: bytes, name: str) -> KnowledgeGraph:
    """Return the graph in a Turtle file, by the rules of `graph.rows.graph_of`.

    Raises InvalidGraph, with the line where it is not Turtle, with the IRI of what is wrong otherwise.
    """
    return _read(content, name, "turtle")


def read_jsonld(content: bytes, name: str) -> KnowledgeGraph:
    """Return the graph in a JSON-LD file; see `read_turtle`. A context that is not in the file is refused."""
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InvalidGraph(f"{name} is not JSON ({error}): give JSON-LD in UTF-8") from error
    if (address := _elsewhere(document)) is not None:
        raise InvalidGraph(f"{name} has its context at {show(address)}, and nothing is fetched: put it into the file")
    return _read(content, name, "json-ld")


def _elsewhere(document: object) -> object | None:
    """Return a context, or an import of one, that is not in the document; None if there is none."""
    todo: list[object] = [document]
    while todo:
        value = todo.pop()
        if isinstance(value, Mapping):
            context = value.get("@context")
            for part in context if isinstance(context, list) else [context]:
                if isinstance(part, str):
                    return part
            if "@import" in value:
                return show(value["@import"])
            todo += value.values()
        elif isinstance(value, list):
            todo += value
    return None


def _read(content: bytes, name: str, form: str) -> KnowledgeGraph:
    if len(content) > MAX_BYTES:
        raise InvalidGraph(f"{name} is larger than {MAX_BYTES:,} bytes, the most that is read of RDF: divide it")
    triples = Graph(bind_namespaces="none")
    try:
        triples.parse(data=content, format=form, publicID="urn:/")
    except BadSyntax as error:
        why = " ".join(error._why.split())[:_SHOWN_CHARS]  # noqa: SLF001  (str() of it has several lines)
        raise InvalidGraph(f"{name} (line {error.lines + 1}) is not Turtle ({why}): mend it") from error
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, AssertionError, RecursionError) as error:
        # rdflib's parsers have no error of their own for much that is wrong
        why = f"{type(error).__name__}: {' '.join(str(error).split())[:_SHOWN_CHARS]}"
        raise InvalidGraph(f"{name} is not {form} that can be read ({why}): mend it") from error
    return _Reader(triples).graph()


class _Reader:
    """Reads rows off triples."""

    def __init__(self, triples: Graph) -> None:
        self._triples = triples
        self._statements: dict[tuple[object, object, object], URIRef] = {}
        for iri in sorted(set(triples.subjects(RDF.type, _NA.Relation)), key=str):
            ends = tuple(triples.value(iri, part) for part in (RDF.subject, RDF.predicate, RDF.object))
            self._statements.setdefault(ends, iri)  # type: ignore[arg-type]

    def graph(self) -> KnowledgeGraph:
        """Return the graph that the triples say."""
        triples = self._triples
        edges = list(self._edges())
        concepts = {s for p in (SKOS.prefLabel, SKOS.altLabel) for s in triples.subjects(p)}
        concepts |= set(triples.subjects(RDF.type, SKOS.Concept))
        return graph_of(
            [(_place(iri), self._node(iri)) for iri in sorted(concepts, key=str)],
            edges,
            sources=[(_place(iri), self._source(iri)) for iri in self._all(_NA.Source)],
            passages=[(_place(iri), self._passage(iri)) for iri in self._all(_NA.Passage)],
        )

    def _all(self, kind: URIRef) -> list[Any]:
        return sorted(set(self._triples.subjects(RDF.type, kind)), key=str)

    # concepts

    def _node(self, iri: Any) -> dict[str, object]:
        names = [str(label) for label in sorted(self._triples.objects(iri, SKOS.prefLabel), key=_by_language)]
        others = {str(label) for label in self._triples.objects(iri, SKOS.altLabel)} | set(names[1:])
        listed = [str(name) for name in self._list(iri, _NA.names) if str(name) in others]
        definitions = sorted(self._triples.objects(iri, SKOS.definition), key=_by_language)
        row: dict[str, object] = {
            "id": _id(iri),
            "name": names[0] if names else None,
            "aliases": [*listed, *sorted(others - set(listed))],
            "kind": self._one(iri, _NA.kind),
            "definition": str(definitions[0]) if definitions else None,
            "document": self._one(iri, _NA.document),
            "line": self._one(iri, _NA.line),
        }
        return self._foreign(iri) | self._extra(iri) | row

    def _foreign(self, iri: Any) -> dict[str, object]:
        """Return what a concept has besides, by the IRI of the property: one text, or a sorted list of them."""
        found: dict[str, list[str]] = defaultdict(list)
        for name, value in self._triples.predicate_objects(iri):
            if name not in _KNOWN and name not in _TYPES and not str(name).startswith(OURS):
                found[str(name)].append(str(value))
        return {name: values[0] if len(values) == 1 else sorted(values) for name, values in sorted(found.items())}

    # relations

    def _edges(self) -> Iterator[Placed]:
        hierarchy: set[tuple[object, object]] = set()
        for name, kind in _TYPES.items():
            for source, target in sorted(self._triples.subject_objects(name), key=str):
                statement = self._statements.get((source, name, target))
                hierarchy |= (
                    {(source, target)} if kind in BROADER else {(target, source)} if kind in NARROWER else set()
                )
                row = self._statement(statement) if statement is not None else {}
                yield _place(statement or source), row | {"source": _id(source), "type": kind, "target": _id(target)}
        broader = set(self._triples.subject_objects(SKOS.broader))
        broader |= {(narrow, wide) for wide, narrow in self._triples.subject_objects(SKOS.narrower)}
        for source, target in sorted(broader - hierarchy, key=str):
            yield _place(source), {"source": _id(source), "type": RelationType.IN_TOPIC, "target": _id(target)}
        for source, target in sorted(self._triples.subject_objects(SKOS.exactMatch), key=str):
            yield _place(source), {"source": _id(source), "type": RelationType.EQUIVALENT_TO, "target": _id(target)}

    def _statement(self, iri: URIRef) -> dict[str, object]:
        nodes = sorted(self._triples.objects(iri, _NA.evidence), key=lambda node: (self._position(node), str(node)))
        row: dict[str, object] = {
            "origin": self._one(iri, _NA.origin),
            "confidence": _number(self._one(iri, _NA.confidence)),
            "group": self._one(iri, _NA.group),
            "evidence": [self._evidence(node) for node in nodes],
            "because": [list(key) for node in self._list(iri, _NA.because) if (key := relation_key(str(node)))],
        }
        return self._extra(iri) | row

    def _position(self, node: Any) -> int:
        value = self._one(node, _NA.position)
        return value if isinstance(value, int) else 0

    def _evidence(self, node: Any) -> dict[str, object]:
        return {
            "document": self._document(node),
            "line": self._one(node, _NA.line),
            "text": self._one(node, _NA.text),
            "rule": self._one(node, _NA.rule),
        }

    # the rest

    def _source(self, iri: Any) -> dict[str, object]:
        row = {"title": self._one(iri, DCTERMS.title), "sha256": self._one(iri, _NA.sha256)}
        return row | {"path": _path(iri), "format": self._one(iri, _NA["format"])}

    def _passage(self, iri: Any) -> dict[str, object]:
        return {
            "document": self._document(iri),
            "line": self._one(iri, _NA.line),
            "text": self._one(iri, _NA.text),
            "section": [str(item) for item in self._list(iri, _NA.section)],
            "concepts": [_id(item) for item in self._list(iri, _NA.mentions)],
        }

    def _document(self, node: Any) -> str | None:
        source = self._triples.value(node, DCTERMS.source)
        return None if source is None else _path(source)

    def _one(self, node: Any, name: URIRef) -> object:
        """Return the value of a property, the first of several: text, or a whole number that is one."""
        values = sorted(self._triples.objects(node, name), key=str)
        if not values:
            return None
        value = values[0]
        if isinstance(value, Literal) and value.datatype == XSD.integer and isinstance(value.value, int):
            return value.value
        return str(value)

    def _extra(self, iri: Any) -> dict[str, object]:
        text = self._one(iri, _NA.extra)
        if text is None:
            return {}
        try:
            found = json.loads(str(text))
        except ValueError as error:
            raise InvalidGraph(f"{_place(iri)} has an extra that is not JSON: mend it or leave it out") from error
        return found if isinstance(found, dict) else {}

    def _list(self, iri: Any, name: URIRef) -> list[Any]:
        head = self._triples.value(iri, name)
        if head is None or isinstance(head, Literal):
            return []
        try:
            return list(Collection(self._triples, head))
        except ValueError as error:
            raise InvalidGraph(f"{_place(iri)} has a list that goes round in a circle: mend it") from error


_KNOWN: Final = frozenset(
    {RDF.type, SKOS.prefLabel, SKOS.altLabel, SKOS.definition, SKOS.inScheme}
    | {SKOS.broader, SKOS.narrower, SKOS.exactMatch}
)


def _place(iri: object) -> str:
    return f"<{iri}>"


def _by_language(label: object) -> tuple[int, str, str]:
    language = getattr(label, "language", None) or ""
    return ({"": 0, "en": 1, "zh": 2}.get(language, 3), language, str(label))


def _id(iri: object) -> str:
    """Return the id of a concept: what its IRI was made of, or the IRI itself if it is someone else's."""
    if not isinstance(iri, URIRef):
        raise InvalidGraph(f"{show(str(iri))} stands where a concept should: give it an IRI")
    return _undone(iri, CONCEPT)


def _path(iri: object) -> str:
    return _undone(str(iri), SOURCE)


def _undone(iri: str, prefix: str) -> str:
    if not iri.startswith(prefix):
        return str(iri)
    try:
        return decoded(iri.removeprefix(prefix))
    except UnicodeDecodeError as error:
        raise InvalidGraph(f"{_place(iri)} is percent-encoded, but not in UTF-8: mend it") from error


def _number(value: object) -> object:
    try:
        return None if value is None else float(str(value))
    except ValueError:
        return value
