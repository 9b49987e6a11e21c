"""Graphs as Turtle and JSON-LD, out.

What RDF has no order for has a list (`na:names`, `na:because`) or a position (`na:position`). Equal graphs give equal
bytes: triples are added in order, and no node is without a name but those of lists, which are numbered.
"""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from rdflib import DCTERMS, OWL, RDF, RDFS, SKOS, XSD, BNode, Graph, Literal, Namespace, URIRef

from graph.exchange.ids import all_concepts
from graph.exchange.vocabulary import (
    BROADER,
    CONCEPT,
    NARROWER,
    OURS,
    PROPERTIES,
    SCHEME,
    SOURCE,
    SUPER_PROPERTIES,
    encoded,
    evidence_iri,
    language_of,
    passage_iri,
    relation_iri,
)
from graph.model import RELATION_TYPES, Concept, KnowledgeGraph, Passage, Relation, Source
from graph.rows import EDGE_FIELDS, NODE_FIELDS, edge_row, node_row

__all__ = ["to_jsonld", "to_turtle"]

_NA: Final = Namespace(OURS)
_PREFIXES: Final = {
    "na": OURS,
    "concept": CONCEPT,
    "skos": str(SKOS),
    "rdf": str(RDF),
    "rdfs": str(RDFS),
    "owl": str(OWL),
    "dcterms": str(DCTERMS),
    "xsd": str(XSD),
}
_Node = URIRef | BNode | Literal


def to_turtle(graph: KnowledgeGraph) -> bytes:
    """Return `graph` as Turtle."""
    return _triples(graph).serialize(format="turtle", encoding="utf-8")


def to_jsonld(graph: KnowledgeGraph) -> bytes:
    """Return `graph` as JSON-LD, with its context in it."""
    text = _triples(graph).serialize(format="json-ld", context=_PREFIXES, encoding="utf-8")
    document = json.loads(text)
    rows = document.pop("@graph", None)
    nodes = rows if rows is not None else [{k: v for k, v in document.items() if k != "@context"}]
    ordered = {"@context": _PREFIXES, "@graph": sorted(map(_sorted, nodes), key=lambda node: str(node["@id"]))}
    return (json.dumps(ordered, ensure_ascii=False, indent=2) + "\n").encode()


def _sorted(node: dict[str, Any]) -> dict[str, Any]:
    """Return a node of JSON-LD with fields and values in order, lists as they are."""
    return {
        key: sorted(value, key=lambda v: json.dumps(v, sort_keys=True)) if isinstance(value, list) else value
        for key, value in sorted(node.items())
    }


def _triples(graph: KnowledgeGraph) -> Graph:
    out = Graph(bind_namespaces="none")
    for prefix, iri in _PREFIXES.items():
        out.bind(prefix, iri)
    _add_vocabulary(out)
    for concept in all_concepts(graph):
        _add_concept(out, concept)
    for relation in graph.relations:
        _add_relation(out, relation)
    for source in graph.sources:
        _add_source(out, source)
    for number, passage in enumerate(graph.passages, 1):
        _add_passage(out, passage, number)
    return out


def _add_vocabulary(out: Graph) -> None:
    out.add((URIRef(SCHEME), RDF.type, SKOS.ConceptScheme))
    out.add((_NA.Relation, RDFS.subClassOf, RDF.Statement))
    for kind, name in PROPERTIES.items():
        info = RELATION_TYPES[kind]
        out.add((_NA[name], RDFS.subPropertyOf, SKOS[SUPER_PROPERTIES[kind]]))
        out.add((_NA[name], RDFS.label, Literal(info.label_en, lang="en")))
        out.add((_NA[name], RDFS.label, Literal(info.label_zh, lang="zh")))
        if info.symmetric:
            out.add((_NA[name], RDF.type, OWL.SymmetricProperty))


def _add_concept(out: Graph, concept: Concept) -> None:
    iri = _concept(concept.id)
    out.add((iri, RDF.type, SKOS.Concept))
    out.add((iri, SKOS.inScheme, URIRef(SCHEME)))
    out.add((iri, SKOS.prefLabel, _label(concept.name)))
    for alias in sorted(concept.aliases):
        out.add((iri, SKOS.altLabel, _label(alias)))
    if len(concept.aliases) > 1:
        _add_list(out, iri, _NA.names, map(Literal, concept.aliases))
    out.add((iri, _NA.kind, Literal(concept.kind.value)))
    _add_text(out, iri, SKOS.definition, concept.definition, tagged=True)
    _add_text(out, iri, _NA.document, concept.document)
    if concept.line is not None:
        out.add((iri, _NA.line, Literal(concept.line)))
    _add_extra(out, iri, {k: v for k, v in node_row(concept).items() if k not in NODE_FIELDS})


def _add_relation(out: Graph, relation: Relation) -> None:
    source, target, name = _concept(relation.source), _concept(relation.target), _NA[PROPERTIES[relation.type]]
    iri = URIRef(relation_iri(relation.key))
    out.add((source, name, target))
    if relation.type in BROADER | NARROWER:  # for programs that do not infer it
        out.add((source, SKOS[SUPER_PROPERTIES[relation.type]], target))
    out.add((iri, RDF.type, _NA.Relation))
    out.add((iri, RDF.subject, source))
    out.add((iri, RDF.predicate, name))
    out.add((iri, RDF.object, target))
    out.add((iri, _NA.origin, Literal(relation.origin.value)))
    out.add((iri, _NA.confidence, _decimal(relation.confidence)))
    _add_text(out, iri, _NA.group, relation.group)
    if relation.because:
        _add_list(out, iri, _NA.because, (URIRef(relation_iri(key)) for key in relation.because))
    _add_extra(out, iri, {k: v for k, v in edge_row(relation).items() if k not in EDGE_FIELDS})
    for number, evidence in enumerate(relation.evidence, 1):
        node = URIRef(evidence_iri(relation.key, number))
        out.add((iri, _NA.evidence, node))
        out.add((node, RDF.type, _NA.Evidence))
        out.add((node, DCTERMS.source, _source(evidence.source)))
        out.add((node, _NA.line, Literal(evidence.line)))
        out.add((node, _NA.position, Literal(number)))
        out.add((node, _NA.rule, Literal(evidence.rule)))
        out.add((node, _NA.text, _label(evidence.text)))


def _add_source(out: Graph, source: Source) -> None:
    iri = _source(source.path)
    out.add((iri, RDF.type, _NA.Source))
    out.add((iri, DCTERMS.title, _label(source.title)))
    out.add((iri, _NA["format"], Literal(source.format)))
    _add_text(out, iri, _NA.sha256, source.sha256)


def _add_passage(out: Graph, passage: Passage, number: int) -> None:
    iri = URIRef(passage_iri(passage.source, passage.line, number))
    out.add((iri, RDF.type, _NA.Passage))
    out.add((iri, DCTERMS.source, _source(passage.source)))
    out.add((iri, _NA.line, Literal(passage.line)))
    out.add((iri, _NA.text, _label(passage.text)))
    _add_list(out, iri, _NA.section, map(_label, passage.section))
    _add_list(out, iri, _NA.mentions, map(_concept, passage.concepts))


def _concept(concept_id: str) -> URIRef:
    return URIRef(CONCEPT + encoded(concept_id))


def _source(path: str) -> URIRef:
    return URIRef(SOURCE + encoded(path))


def _label(text: str) -> Literal:
    return Literal(text, lang=language_of(text))


def _decimal(value: float) -> Literal:
    """Return a number in full: rdflib writes a double with six digits."""
    return Literal(format(Decimal(repr(value)), "f"), datatype=XSD.decimal, normalize=False)


def _add_text(out: Graph, iri: URIRef, name: URIRef, text: str | None, *, tagged: bool = False) -> None:
    if text is not None:
        out.add((iri, name, _label(text) if tagged else Literal(text)))


def _add_list(out: Graph, iri: URIRef, name: URIRef, items: Iterable[_Node]) -> None:
    """Add an RDF list; its nodes are numbered, so that they are the same every time."""
    rows, number = list(items), len(out)
    cells = [BNode(f"list{number}-{i}") for i in range(len(rows))]
    out.add((iri, name, cells[0] if cells else RDF.nil))
    for i, (cell, item) in enumerate(zip(cells, rows, strict=True)):
        out.add((cell, RDF.first, item))
        out.add((cell, RDF.rest, cells[i + 1] if i + 1 < len(cells) else RDF.nil))


def _add_extra(out: Graph, iri: URIRef, extra: Mapping[str, object]) -> None:
    if extra:
        out.add((iri, _NA.extra, Literal(json.dumps(extra, ensure_ascii=False))))
