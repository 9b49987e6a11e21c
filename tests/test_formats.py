"""Graphs for other programs: well-formed whatever notes are called, and read back by those that read such files."""

import io
import re
import string

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from graph.formats import FORMATS, to_gexf, to_graphml, to_mermaid
from graph.model import Concept, ConceptKind, KnowledgeGraph, Origin, Relation, RelationType
from tests.map_samples import hostile_graph
from tests.samples import attention_graph

NAMES = st.text(min_size=1, max_size=60).filter(str.strip)
# XML 1.0 turns a carriage return into a line feed, and cannot hold these at all.
GONE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def test_graphml_is_what_networkx_reads() -> None:
    graph = attention_graph()
    read = nx.parse_graphml(to_graphml(graph, places={"adam": (1.5, -2.0)}), force_multigraph=True)
    assert set(read.nodes) == {c.id for c in graph.concepts}
    assert read.nodes["adam"] == {"name": "Adam", "kind": "optimizer", "x": 1.5, "y": -2.0}
    assert read.nodes["attention"]["aliases"] == "注意力; 注意力机制"
    found = sorted((a, values["type"], b, values["confidence"]) for a, b, values in read.edges(data=True))
    assert found == [(r.source, r.type.value, r.target, r.confidence) for r in graph.relations]


def test_gexf_is_what_networkx_reads() -> None:
    graph = attention_graph()
    read = nx.read_gexf(io.BytesIO(to_gexf(graph).encode()), version="1.3")
    assert set(read.nodes) == {c.id for c in graph.concepts}
    assert read.nodes["momentum"]["label"] == "Momentum"
    assert len(read.edges) == len(graph.relations)


def test_in_gexf_y_runs_upwards() -> None:
    root = etree.fromstring(to_gexf(attention_graph(), places={"adam": (3.0, 4.0)}).encode())
    (position,) = root.iter("{http://gexf.net/1.3/viz}position")
    assert (position.get("x"), position.get("y")) == ("3.0", "-4.0")


@given(NAMES, NAMES)
def test_xml_holds_any_name(name: str, alias: str) -> None:
    graph = KnowledgeGraph.of([Concept("a", name, (alias,), ConceptKind.OTHER, name)])
    expected = GONE.sub("", name)
    node = etree.fromstring(to_gexf(graph).encode("utf-8")).find(".//{http://gexf.net/1.3}node")
    assert node is not None
    assert node.get("label") == expected
    root = etree.fromstring(to_graphml(graph).encode("utf-8"))
    data = root.find('.//{http://graphml.graphdrawing.org/xmlns}data[@key="name"]')
    assert data is not None
    assert (data.text or "") == expected.replace("\r\n", "\n").replace("\r", "\n")


@given(NAMES)
def test_mermaid_holds_any_name_as_one_quoted_line(name: str) -> None:
    """Letters and digits stand as they are; what could end a label, or mean something to a renderer, is an entity."""
    text = to_mermaid(KnowledgeGraph.of([Concept("a", name)]))
    first, node = text.splitlines()
    assert first == "flowchart LR"
    label = re.fullmatch(r'  n0\["(.*)"\]', node)
    assert label is not None
    plain = re.sub(r"#\d+;", "", label.group(1))
    assert not set(plain) & set('"<>&#;`|{}\\')
    assert set(plain) & set(string.punctuation) <= set("-_.,:+/*%=()[]")


def test_mermaid_arrows_carry_their_verbs_and_inferred_ones_are_dotted() -> None:
    kinds = RelationType
    graph = KnowledgeGraph.of(
        [Concept("a", "A"), Concept("b", "B")],
        [
            Relation("a", kinds.EXTENDS, "b"),
            Relation("a", kinds.CONTRASTS_WITH, "b"),
            Relation(
                "b", RelationType.PREREQUISITE_OF, "a", Origin.INFERRED, 0.7, (), (("a", RelationType.EXTENDS, "b"),)
            ),
        ],
    )
    assert to_mermaid(graph).splitlines()[3:] == [
        "  n0 ---|contrasts with| n1",
        "  n0 -->|extends| n1",
        "  n1 -.->|is a prerequisite of| n0",
    ]


@pytest.mark.parametrize("name", FORMATS)
def test_hostile_names_end_nothing(name: str) -> None:
    text = FORMATS[name](hostile_graph())
    assert text == FORMATS[name](hostile_graph())
    if name == "mermaid":
        assert "<" not in text
        assert "alert(1)" in text
    else:
        assert len(list(etree.fromstring(text.encode()).iter("{*}node"))) == len(hostile_graph().concepts)
