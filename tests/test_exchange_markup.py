"""GraphML and GEXF: everything out and in again, whatever notes are called; others read ours, and we read theirs."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given
from lxml import etree

from graph.errors import InvalidGraph
from graph.exchange.gexf import read_gexf, to_gexf
from graph.exchange.graphml import read_graphml, to_graphml
from graph.model import Concept, ConceptKind, KnowledgeGraph, Origin, Relation, RelationType, merge
from tests.graph_strategies import graphs, hostile_graphs, hostile_text
from tests.map_samples import hostile_graph
from tests.samples import attention_graph, boosting_graph

T = RelationType
Write = Callable[[KnowledgeGraph], bytes]
Read = Callable[[bytes], KnowledgeGraph]

GONE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # what XML 1.0 cannot hold
BOTH = pytest.mark.parametrize(("write", "read"), [(to_graphml, read_graphml), (to_gexf, read_gexf)])
SAMPLES = merge({"attention.md": attention_graph(), "trees/boosting.txt": boosting_graph()})


def without_places(graph: KnowledgeGraph) -> KnowledgeGraph:
    return KnowledgeGraph.of(graph.concepts, graph.relations)


# -- everything, out and in ------------------------------------------------------------------------------------------


@BOTH
def test_everything_comes_back_and_goes_out_in_the_same_bytes(write: Write, read: Read) -> None:
    @given(graphs() | hostile_graphs())
    def check(graph: KnowledgeGraph) -> None:
        content = write(graph)
        again = read(content)
        assert again == graph
        assert write(again) == content
        etree.fromstring(content)  # another parser finds it well-formed

    check()


@BOTH
@pytest.mark.parametrize("graph", [SAMPLES, KnowledgeGraph(), hostile_graph()])
def test_the_sample_graphs_come_back(write: Write, read: Read, graph: KnowledgeGraph) -> None:
    again = read(write(graph))
    assert again.concepts == graph.concepts
    assert again.relations == graph.relations
    assert again.passages == graph.passages
    assert write(again) == write(read(write(again)))


@BOTH
def test_ids_that_xml_cannot_hold_stay_apart(write: Write, read: Read) -> None:
    ids = ["a", "a\x01", "a\x02", "\x01", "a~1", "\ufffe"]
    relations = [Relation(one, T.USES, other, Origin.CURATED) for one in ids for other in ids if one != other]
    graph = KnowledgeGraph.of([Concept(i, f"concept {n}") for n, i in enumerate(ids)], relations)
    assert read(write(graph)) == graph


@BOTH
def test_what_was_edited_in_another_program_counts(write: Write, read: Read) -> None:
    """An alias with a semicolon is kept exactly, until someone writes other aliases beside it."""
    graph = KnowledgeGraph.of([Concept("a", "A\x01", ("x; y", "z"), ConceptKind.MODEL, "said \x02 so")])
    content = write(graph).decode()
    edited = read(content.replace("x; y; z", "x; w").encode()).concepts[0]
    assert edited == Concept("a", "A\x01", ("x", "w"), ConceptKind.MODEL, "said \x02 so")
    renamed = read(content.replace("said  so", "says no").encode()).concepts[0]
    assert (renamed.definition, renamed.aliases) == ("says no", ("x; y", "z"))


# -- read by others --------------------------------------------------------------------------------------------------


def test_graphml_is_what_networkx_reads() -> None:
    graph = attention_graph()
    read = nx.parse_graphml(to_graphml(graph, places={"adam": (1.5, -2.0)}).decode(), force_multigraph=True)
    assert set(read.nodes) == {c.id for c in graph.concepts}
    assert read.nodes["adam"] == {
        "name": "Adam",
        "kind": "optimizer",
        "document": "attention.md",
        "line": 28,
        "x": 1.5,
        "y": -2.0,
    }
    assert read.nodes["attention"]["aliases"] == "注意力; 注意力机制"
    found = sorted((a, values["type"], b, values["confidence"]) for a, b, values in read.edges(data=True))
    assert found == [(r.source, r.type.value, r.target, r.confidence) for r in graph.relations]


def test_gexf_is_what_networkx_reads() -> None:
    graph = attention_graph()
    read = nx.read_gexf(io.BytesIO(to_gexf(graph)), version="1.3")
    assert set(read.nodes) == {c.id for c in graph.concepts}
    assert read.nodes["momentum"]["label"] == "Momentum"
    assert len(read.edges) == len(graph.relations)


def test_in_gexf_y_runs_upwards() -> None:
    root = etree.fromstring(to_gexf(attention_graph(), places={"adam": (3.0, 4.0)}))
    (position,) = root.iter("{http://gexf.net/1.3/viz}position")
    assert (position.get("x"), position.get("y")) == ("3.0", "-4.0")


@given(hostile_text)
def test_another_parser_reads_every_name_as_xml_can_hold_it(name: str) -> None:
    graph = KnowledgeGraph.of([Concept("a", name, (), ConceptKind.OTHER, name)])
    expected = GONE.sub("", name)
    node = etree.fromstring(to_gexf(graph)).find(".//{http://gexf.net/1.3}node")
    assert node is not None
    assert node.get("label") == expected
    data = etree.fromstring(to_graphml(graph)).find('.//{*}node/{*}data[@key="node-definition"]')
    assert ("" if data is None else data.text or "") == expected


# -- reading others --------------------------------------------------------------------------------------------------


def test_graphml_that_networkx_writes_is_read_with_its_own_fields(tmp_path: Path) -> None:
    graph = nx.MultiDiGraph()
    graph.add_node("a", label="Alpha", size=3, heavy=True, share=0.5)
    graph.add_edge("a", "b", type="uses", confidence=0.5, note="seen")
    nx.write_graphml(graph, tmp_path / "g.graphml")
    read = read_graphml((tmp_path / "g.graphml").read_bytes())
    assert read.concepts == (
        Concept("a", "Alpha", extra={"heavy": True, "share": 0.5, "size": 3}),
        Concept("b", "b"),
    )
    assert read.relations == (Relation("a", T.USES, "b", Origin.CURATED, 0.5, extra={"note": "seen"}),)


def test_gexf_that_networkx_writes_is_read_with_its_own_fields(tmp_path: Path) -> None:
    graph = nx.MultiDiGraph()
    graph.add_node("a", label="Alpha", size=3, heavy=True)
    graph.add_edge("a", "b", type="uses", confidence=0.5)
    nx.write_gexf(graph, tmp_path / "g.gexf")
    read = read_gexf((tmp_path / "g.gexf").read_bytes())
    assert read.concepts == (Concept("a", "Alpha", extra={"heavy": True, "size": 3}), Concept("b", "b"))
    assert [r.key for r in read.relations] == [("a", T.USES, "b")]


def test_labels_of_yed_and_of_neo4j_and_defaults_are_read() -> None:
    read = read_graphml(
        b"""<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:y="http://www.yworks.com/xml/graphml">
        <key id="d1" for="node" yfiles.type="nodegraphics"/><key id="d2" for="edge" attr.name="label"/>
        <key id="d3" for="node" attr.name="kind"><default>model</default></key>
        <graph edgedefault="directed">
        <node id="n0"><data key="d1"><y:ShapeNode><y:NodeLabel>BERT</y:NodeLabel></y:ShapeNode></data></node>
        <node id="n1"><data key="d1"><y:ShapeNode><y:NodeLabel>Attention</y:NodeLabel></y:ShapeNode></data>
        <data key="d3">method</data></node>
        <edge source="n0" target="n1"><data key="d2">USES</data></edge><edge source="n1" target="n0" label="PART_OF"/>
        </graph></graphml>"""
    )
    assert [(c.name, c.kind.value) for c in read.concepts] == [("BERT", "model"), ("Attention", "method")]
    assert [r.key for r in read.relations] == [("n0", T.USES, "n1"), ("n1", T.PART_OF, "n0")]


def test_evidence_may_be_a_plain_sentence() -> None:
    read = read_graphml(
        b'<graphml><graph><edge source="a" target="b"><data key="type">USES</data>'
        b'<data key="evidence">A uses B.</data></edge></graph></graphml>'
    )
    (evidence,) = read.relations[0].evidence
    assert (evidence.text, read.relations[0].origin) == ("A uses B.", Origin.STATED)


# -- refused ---------------------------------------------------------------------------------------------------------

EDGE = '<edge source="a" target="b"{}><data key="type">{}</data></edge>'
BOMB = """<!DOCTYPE graphml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<graphml><graph><node id="&b;"/></graph></graphml>"""


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("", r"this is not XML \(line 1, column 1: no element found\)"),
        ("<graphml>\n<graph", r"this is not XML \(line 2"),
        ("<graphml><graph><node id='a\x01'/></graph></graphml>", "this is not XML .*not well-formed"),
        ("<gexf/>", "the document is <gexf>, not <graphml>"),
        (BOMB, "line 1 has a document type"),
        ('<!DOCTYPE graphml SYSTEM "file:///etc/passwd"><graphml/>', "line 1 has a document type"),
        ("<graphml>&xxe;</graphml>", "undefined entity"),
        ('<?xml version="1.0" encoding="nonsense-8"?><graphml/>', "unknown encoding|an encoding that is not read"),
        ("<graphml>" + "<graph>" * 300 + "</graph>" * 300 + "</graphml>", "nested deeper than 200 elements"),
        ("<graphml><graph>\n<hyperedge/></graph></graphml>", "line 2 has a hyperedge"),
        (
            '<graphml><graph edgedefault="undirected">\n' + EDGE.format("", "USES") + "</graph></graphml>",
            r"edge \(line 2\) is undirected",
        ),
        (
            "<graphml><graph>\n\n" + EDGE.format("", "NEEDS") + "</graph></graphml>",
            r"edge \(line 3\).type is 'NEEDS': use one of",
        ),
        ("<graphml><graph><edge source='a' target='b'/></graph></graphml>", r"edge \(line 1\) has no type"),
        ("<graphml><graph><node/></graph></graphml>", r"node \(line 1\) has no id"),
        (
            "<graphml><graph><node id='a'><data key='name'>A</data></node>\n<node id='a'/></graph></graphml>",
            r"node \(line 2\) has the id 'a' of node \(line 1\)",
        ),
        (
            "<graphml><graph><node id='a'><data key='line'>x</data></node></graph></graphml>",
            r"node \(line 1\).line is 'x'",
        ),
        (
            "<graphml><key id='k' attr.name='n' attr.type='int'/><node id='a'><data key='k'>x</data></node></graphml>",
            r"node \(line 1\).n is 'x', but declared int",
        ),
        (
            "<graphml><graph><edge source='a' target='b'><data key='evidence'>[1</data></edge></graph></graphml>",
            r"edge \(line 1\).evidence is '\[1', which is not JSON",
        ),
        (
            "<graphml><graph><edge source='a' target='b'><data key='confidence'>high</data></edge></graph></graphml>",
            r"edge \(line 1\).confidence is 'high'",
        ),
        ("<graphml><graph><data key='sources'>[</data></graph></graphml>", "sources is '\\[', which is not JSON"),
        ("<graphml><graph><data key='sources'>{}</data></graph></graphml>", '"sources" of the document is an object'),
    ],
)
def test_wrong_graphml_is_refused_with_its_line(document: str, message: str) -> None:
    with pytest.raises(InvalidGraph, match=message) as caught:
        read_graphml(document.encode())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("<gexf><graph><edges>\n<edge source='a' target='b' kind='USES'/></edges></graph></gexf>", "line 2.*directed"),
        ("<gexf><graph defaultedgetype='directed'><edge source='a' target='b'/></graph></gexf>", "has no type"),
        ("<gexf><graph><nodes><node label='A'/></nodes></graph></gexf>", r"node \(line 1\) has no id"),
        (BOMB.replace("graphml", "gexf"), "line 1 has a document type"),
    ],
)
def test_wrong_gexf_is_refused_with_its_line(document: str, message: str) -> None:
    with pytest.raises(InvalidGraph, match=message):
        read_gexf(document.encode())
