"""A graph as RDF, both ways: SKOS concepts, relations as properties and as statements with their evidence.

    concept:gqa a skos:Concept ; skos:prefLabel "GQA" ; skos:altLabel "分组注意力"@zh ; na:generalizes concept:mqa .
    <relation> a na:Relation ; rdf:subject concept:gqa ; rdf:predicate na:generalizes ; rdf:object concept:mqa ;
        na:confidence 0.9 ; na:evidence <evidence> .
    <evidence> a na:Evidence ; dcterms:source <source> ; na:line 19 ; na:text "GQA with one group is exactly MQA." .

Everything is written, in Turtle or JSON-LD, and `read_turtle(to_turtle(graph), name) == graph`, whatever is in it.
`graph.exchange.vocabulary` has the words, and says how relation types stand to SKOS.

This package alone imports rdflib, the extra `rdf`; whoever needs it imports it when it is needed.
"""

from graph.exchange.rdf.reading import read_jsonld, read_turtle
from graph.exchange.rdf.writing import to_jsonld, to_turtle

__all__ = ["read_jsonld", "read_turtle", "to_jsonld", "to_turtle"]
