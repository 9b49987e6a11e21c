"""RDF: everything out and in again in the same bytes, as SKOS that keeps SKOS's own rules; and SKOS of others."""

import json
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from rdflib import RDF, SKOS, Graph, URIRef

from graph.errors import InvalidGraph
from graph.exchange.rdf import read_jsonld, read_turtle, to_jsonld, to_turtle
from graph.exchange.vocabulary import CONCEPT, OURS, decoded, encoded
from graph.model import Concept, KnowledgeGraph, Origin, Relation, RelationType, merge
from tests.graph_strategies import graphs, hostile_graphs, hostile_text
from tests.samples import attention_graph, boosting_graph

T = RelationType
Write = Callable[[KnowledgeGraph], bytes]
Read = Callable[[bytes, str], KnowledgeGraph]

BOTH = pytest.mark.parametrize(("write", "read"), [(to_turtle, read_turtle), (to_jsonld, read_jsonld)])
SAMPLES = merge({"attention.md": attention_graph(), "trees/boosting.txt": boosting_graph()})


@BOTH
def test_everything_comes_back_and_goes_out_in_the_same_bytes(write: Write, read: Read) -> None:
    @settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
    @given(graphs() | hostile_graphs())
    def check(graph: KnowledgeGraph) -> None:
        content = write(graph)
        again = read(content, "atlas")
        assert again == graph
        assert write(again) == content

    check()


@BOTH
@pytest.mark.parametrize("graph", [SAMPLES, KnowledgeGraph()])
def test_the_sample_graphs_come_back(write: Write, read: Read, graph: KnowledgeGraph) -> None:
    assert read(write(graph), "atlas") == graph


@given(hostile_text)
def test_an_id_and_its_part_of_an_iri_are_the_same_thing(text: str) -> None:
    assert decoded(encoded(text)) == text
    assert not set(encoded(text)) & set(" <>\"{}|\\^`:/?#[]@'\n\r\t")


def test_both_formats_say_the_same_triples() -> None:
    turtle, linked = Graph(), Graph()
    turtle.parse(data=to_turtle(SAMPLES), format="turtle")
    linked.parse(data=to_jsonld(SAMPLES), format="json-ld")
    assert turtle.isomorphic(linked)


def test_skos_keeps_its_own_rules() -> None:
    """At most one preferred label in a language (S14), which is no other label (S13); broader is not related (S27)."""
    triples = Graph()
    triples.parse(data=to_turtle(SAMPLES), format="turtle")
    concepts = set(triples.subjects(RDF.type, SKOS.Concept))
    assert {decoded(str(c).removeprefix(CONCEPT)) for c in concepts} == {c.id for c in SAMPLES.concepts}
    for concept in concepts:
        preferred = list(triples.objects(concept, SKOS.prefLabel))
        assert max(Counter(label.language for label in preferred).values()) == 1  # type: ignore[attr-defined]
        assert not set(preferred) & set(triples.objects(concept, SKOS.altLabel))
    broader = set(triples.subject_objects(SKOS.broader)) | {(o, s) for s, o in triples.subject_objects(SKOS.narrower)}
    assert broader
    assert not broader & set(triples.subject_objects(SKOS.related))


def test_a_relation_is_a_property_and_a_statement_with_its_evidence() -> None:
    triples = Graph()
    triples.parse(data=to_turtle(SAMPLES), format="turtle")
    relation = next(r for r in SAMPLES.relations if r.type is T.EXTENDS and r.evidence)
    ends = tuple(URIRef(iri) for iri in (CONCEPT + relation.source, f"{OURS}extends", CONCEPT + relation.target))
    assert ends in triples
    asked = triples.query(
        "SELECT ?text WHERE { ?r rdf:subject ?s ; rdf:predicate ?p ; rdf:object ?o ; na:evidence/na:text ?text }",
        initNs={"na": OURS},
        initBindings=dict(zip("spo", ends, strict=True)),
    )
    assert sorted(str(row.text) for row in asked) == sorted(e.text for e in relation.evidence)  # type: ignore[union-attr]


# -- of others -------------------------------------------------------------------------------------------------------

THESAURUS = """@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<http://example.org/cat> a skos:Concept ; skos:prefLabel "Katze"@de, "cat"@en ; skos:altLabel "house cat"@en ;
    skos:broader <http://example.org/mammal> ; skos:exactMatch <http://example.org/felis-catus> ;
    skos:notation "C4" .
<http://example.org/mammal> skos:prefLabel "mammal"@en .
"""


def test_a_thesaurus_of_others_comes_in() -> None:
    found = read_turtle(THESAURUS.encode(), "animals")
    concepts = {concept.name: concept for concept in found.concepts}
    assert concepts["cat"].aliases == ("Katze", "house cat")
    assert dict(concepts["cat"].extra) == {str(SKOS.notation): "C4"}
    assert {(r.source.rpartition("/")[2], r.type, r.target.rpartition("/")[2], r.origin) for r in found.relations} == {
        ("cat", T.IN_TOPIC, "mammal", Origin.CURATED),
        ("cat", T.EQUIVALENT_TO, "felis-catus", Origin.CURATED),
    }


def test_what_programs_change_is_read() -> None:
    """A property without its statement is a relation; a statement without its property is gone."""
    graph = KnowledgeGraph.of([Concept("a", "A"), Concept("b", "B")], [Relation("a", T.USES, "b")])
    text = to_turtle(graph).decode()
    added = f"{text}\n<{CONCEPT}b> <{OURS}prerequisiteOf> <{CONCEPT}a> .\n"
    assert {r.key for r in read_turtle(added.encode(), "x").relations} == {
        ("a", T.USES, "b"),
        ("b", T.PREREQUISITE_OF, "a"),
    }
    without = Graph()
    without.parse(data=text, format="turtle")
    without.remove((URIRef(f"{CONCEPT}a"), URIRef(f"{OURS}uses"), None))
    assert read_turtle(without.serialize(format="turtle").encode(), "x").relations == ()


@pytest.mark.parametrize(
    "context",
    [
        "http://127.0.0.1:9/context.jsonld",
        ["http://127.0.0.1:9/context.jsonld", {"a": "urn:a"}],
        {"@import": "http://127.0.0.1:9/context.jsonld"},
        "file:///etc/hostname",
        "context.jsonld",
    ],
)
def test_nothing_is_fetched(context: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("something was fetched")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    for document in ({"@context": context}, {"@graph": [{"@id": "urn:x", "urn:y": {"@context": context}}]}):
        with pytest.raises(InvalidGraph, match="nothing is fetched"):
            read_jsonld(json.dumps(document).encode(), "linked")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<a> <b> .", r"animals \(line 1\) is not Turtle"),
        (b'\n\n<a> <b> "open', "Quote expected"),
        (b"\xff\xfe\x00", "animals"),
        (f'<{CONCEPT}a> <{SKOS.prefLabel}> "a" ; <{OURS}extra> "{{" .'.encode(), "extra that is not JSON"),
        (f'<{CONCEPT}%FF> <{SKOS.prefLabel}> "a" .'.encode(), "not in UTF-8"),
        (f'[] <{SKOS.prefLabel}> "a" .'.encode(), "give it an IRI"),
    ],
)
def test_what_is_wrong_is_one_line(content: bytes, said: str) -> None:
    with pytest.raises(InvalidGraph, match=said) as told:
        read_turtle(content, "animals")
    assert "\n" not in str(told.value)


def test_linked_data_that_is_no_json_is_one_line() -> None:
    for content in (b"{", b"[" * 100_000, b"\xff"):
        with pytest.raises(InvalidGraph, match="linked is not JSON"):
            read_jsonld(content, "linked")
