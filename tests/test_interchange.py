"""Node-link JSON, out and in: exact both ways, readable by networkx, lenient where the contract says so."""

import json
import math
import random
from typing import Any

import networkx as nx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import InvalidGraph
from graph.interchange import dumps, from_node_link, loads, node_row, to_node_link
from graph.model import (
    Concept,
    Evidence,
    KnowledgeGraph,
    Origin,
    Passage,
    Relation,
    RelationType,
    Source,
    merge,
)
from tests.graph_strategies import graphs, hostile_graphs
from tests.samples import attention_graph, boosting_graph

T = RelationType

# -- graphs --------------------------------------------------------------------------------------------------


def both_samples() -> KnowledgeGraph:
    return merge({"attention.md": attention_graph(), "trees/boosting.txt": boosting_graph()})


# -- out and in again ----------------------------------------------------------------------------------------


@given(graphs() | hostile_graphs())
def test_what_was_exported_is_imported_equal_and_exported_again_in_the_same_bytes(graph: KnowledgeGraph) -> None:
    content = dumps(graph)
    again = loads(content)
    assert again == graph
    assert dumps(again) == content
    assert from_node_link(to_node_link(graph)) == graph


def test_the_sample_graphs_survive_as_they_are_and_no_extra_order_shows() -> None:
    """Sources, passages, groups, reasons; and two spellings of one `extra` give the same bytes."""
    graph = both_samples()
    assert loads(dumps(graph)) == graph
    one = KnowledgeGraph.of([Concept("x", "X", extra={"b": {"d": 1, "c": 2}, "a": 1})])
    other = KnowledgeGraph.of([Concept("x", "X", extra={"a": 1, "b": {"c": 2, "d": 1}})])
    assert dumps(one) == dumps(other)


@given(graphs())
def test_networkx_reads_what_we_write_and_we_read_what_networkx_writes(graph: KnowledgeGraph) -> None:
    read = nx.node_link_graph(orjson.loads(dumps(graph)), edges="edges")
    assert isinstance(read, nx.MultiDiGraph)
    assert set(read.nodes) == {c.id for c in graph.concepts}
    assert {(u, v, key) for u, v, key in read.edges(keys=True)} == {
        (r.source, r.target, r.type.value) for r in graph.relations
    }
    for r in graph.relations:
        assert read.edges[r.source, r.target, r.type.value]["confidence"] == r.confidence
    assert from_node_link(nx.node_link_data(read, edges="edges")) == graph
    assert from_node_link(nx.node_link_data(read, edges="links")) == graph


def test_the_document_has_the_fields_of_the_contract() -> None:
    """Tools of other people read these names; `graph` carries what networkx has no place for."""
    document: Any = to_node_link(both_samples())
    assert {**document, "nodes": 0, "edges": 0, "graph": 0} == {
        "directed": True,
        "multigraph": True,
        "graph": 0,
        "nodes": 0,
        "edges": 0,
    }
    node = next(n for n in document["nodes"] if n["id"] == "gbdt")
    assert node == {
        "id": "gbdt",
        "name": "GBDT",
        "aliases": ["梯度提升树", "gradient boosted trees"],
        "kind": "model",
        "definition": None,
        "document": "trees/boosting.txt",
        "line": 2,
    }
    adam = next(e for e in document["edges"] if e["source"] == "adam")
    assert adam == {
        "source": "adam",
        "target": "momentum",
        "key": "COMBINES",
        "type": "COMBINES",
        "origin": "stated",
        "confidence": 0.95,
        "evidence": [{"document": "attention.md", "line": 28, "text": "Adam = Momentum + RMSprop", "rule": "sum"}],
        "because": [],
        "group": "adam@attention.md:28",
    }
    inferred = next(e for e in document["edges"] if e["source"] == "rmsprop")
    assert inferred["because"] == [{"source": "adam", "type": "COMBINES", "target": "rmsprop"}]
    assert [s["path"] for s in document["graph"]["sources"]] == ["attention.md", "trees/boosting.txt"]
    assert document["graph"]["passages"][0]["section"] == ["Transformers & <friends>"]


def test_an_extra_field_never_overrides_one_of_ours() -> None:
    """A graph built in Python may name anything in `extra`; what is written keeps its meaning."""
    assert node_row(Concept("x", "X", extra={"id": "y", "note": 1})) == {**node_row(Concept("x", "X")), "note": 1}


def test_text_that_is_not_unicode_cannot_be_written_and_is_refused() -> None:
    """Half of a surrogate pair, as Python makes it from a file's name that is no text."""
    with pytest.raises(InvalidGraph, match="cannot be written as JSON"):
        dumps(KnowledgeGraph.of([Concept("x", "\udcff")]))


# -- lenient -------------------------------------------------------------------------------------------------


def test_only_ids_ends_and_types_are_required() -> None:
    """Names default to ids, ends become concepts, edges without evidence are what a person said."""
    graph = from_node_link(
        {
            "nodes": [{"id": "Soft Max"}],
            "edges": [{"source": "Soft Max", "target": "注意力", "type": "PREREQUISITE_OF"}],
        }
    )
    assert graph == KnowledgeGraph.of(
        [Concept("Soft Max", "Soft Max"), Concept("注意力", "注意力")],
        [Relation("Soft Max", T.PREREQUISITE_OF, "注意力", Origin.CURATED)],
    )
    assert from_node_link({"nodes": []}) == from_node_link({"links": []}) == KnowledgeGraph()


def test_null_is_a_field_left_out() -> None:
    """As many programs write what they do not have."""
    node = {"id": "x", "name": None, "aliases": None, "kind": None, "definition": None, "document": None, "line": None}
    edge = {
        "source": "x",
        "target": "y",
        "type": "USES",
        "origin": None,
        "confidence": None,
        "evidence": None,
        "because": None,
        "group": None,
    }
    expected = from_node_link({"nodes": [{"id": "x"}], "edges": [{"source": "x", "target": "y", "type": "USES"}]})
    assert from_node_link({"nodes": [node], "edges": [edge]}) == expected


@pytest.mark.parametrize("written", ["PREREQUISITE_OF", "prerequisite_of", "Prerequisite of", "prerequisite-of"])
def test_a_type_is_read_in_any_case_with_spaces_or_hyphens(written: str) -> None:
    (relation,) = from_node_link({"edges": [{"source": "a", "target": "b", "type": written}]}).relations
    assert relation.type is T.PREREQUISITE_OF


@pytest.mark.parametrize(
    ("given_origin", "row", "origin"),
    [
        (None, {}, Origin.CURATED),
        ("stated", {}, Origin.CURATED),
        (None, {"evidence": [{"document": "a.md", "line": 3, "text": "…", "rule": "r"}]}, Origin.STATED),
        ("Structural", {"evidence": [{"document": "a.md", "line": 3, "text": "…", "rule": "r"}]}, Origin.STRUCTURAL),
        (None, {"because": [["b", "USES", "a"]]}, Origin.INFERRED),
        ("inferred", {"because": [{"source": "b", "type": "uses", "target": "a"}]}, Origin.INFERRED),
    ],
)
def test_an_edge_without_evidence_or_reasons_is_curated(
    given_origin: str | None, row: dict[str, object], origin: Origin
) -> None:
    edge = {"source": "a", "target": "b", "type": "PREREQUISITE_OF", "origin": given_origin, **row}
    (relation,) = from_node_link({"edges": [edge]}).relations
    assert relation.origin is origin
    assert relation.because == ((("b", T.USES, "a"),) if "because" in row else ())


def test_unknown_fields_of_nodes_and_edges_are_given_back() -> None:
    """What another program attached comes out again under its own name."""
    node = {"id": "x", "colour": "red", "pos": [1, 2.5], "meta": {"deep": [{"er": None}]}}
    edge = {"source": "x", "target": "y", "type": "USES", "weight": 3, "key": 0}
    document: Any = to_node_link(from_node_link({"nodes": [node], "edges": [edge]}))
    assert {k: document["nodes"][0][k] for k in node} == node
    assert document["edges"][0]["weight"] == 3
    assert document["edges"][0]["key"] == "USES"


def test_a_document_of_evidence_or_of_a_passage_always_has_a_source() -> None:
    """What shows evidence asks for its source; the parts of evidence that nobody wrote have plain names."""
    graph = from_node_link(
        {
            "graph": {"passages": [{"document": "p.md", "text": "a passage"}], "sources": [{"path": "s.md"}]},
            "edges": [{"source": "a", "target": "b", "type": "USES", "evidence": [{"text": "A uses B."}]}],
        }
    )
    assert graph.sources == tuple(Source(path, "import", path, "") for path in ("p.md", "s.md", "unknown"))
    assert graph.relations[0].evidence == (Evidence("unknown", 1, "A uses B.", "import"),)
    assert graph.passages == (Passage("p.md", 1, "a passage"),)


def test_numbers_as_ids_a_byte_order_mark_and_repeated_rows_are_taken() -> None:
    """networkx numbers nodes; some editors write a mark; the same edge twice is one relation, to itself none."""
    content = json.dumps(
        {
            "nodes": [{"id": 1, "aliases": ["one", "one", " ", "1"]}, {"id": 1, "aliases": ["one"]}, {"id": 2}],
            "edges": [
                {"source": 1, "target": 2, "type": "USES", "confidence": 0.25},
                {"source": 1, "target": 2, "type": "USES", "confidence": 0.75},
                {"source": 2, "target": 2, "type": "USES"},
            ],
        }
    )
    graph = loads(b"\xef\xbb\xbf" + content.encode())
    assert [(c.id, c.name, c.aliases) for c in graph.concepts] == [("1", "1", ("one",)), ("2", "2", ())]
    assert graph.relations == (Relation("1", T.USES, "2", Origin.CURATED, 0.75),)


# -- refused -------------------------------------------------------------------------------------------------

EDGE = {"source": "a", "target": "b", "type": "USES"}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "the document is a list, not an object"),
        ("text", "the document is 'text', not an object"),
        ({}, 'neither "nodes" nor "edges"'),
        ({"nodes": [], "directed": False}, '"directed" is False'),
        ({"edges": [], "links": []}, "keep one of them"),
        ({"nodes": {"a": 1}}, '"nodes" of the document is an object, not a list'),
        ({"nodes": [], "graph": []}, '"graph" is a list, not an object'),
        ({"nodes": ["a"]}, r"nodes\[0\] is 'a', not an object"),
        ({"nodes": [{"id": "a"}, {"name": "b"}]}, r"nodes\[1\] has no id"),
        ({"nodes": [{"id": "  "}]}, r"nodes\[0\] has no id"),
        ({"nodes": [{"id": True}]}, r"nodes\[0\].id is True, not text"),
        ({"nodes": [{"id": 1.5}]}, r"nodes\[0\].id is 1.5, not text"),
        ({"nodes": [{"id": "a", "name": "A"}, {"id": "a", "name": "B"}]}, r"nodes\[1\] has the id 'a' of nodes\[0\]"),
        ({"nodes": [{"id": "a", "name": 7}]}, r"nodes\[0\].name is 7, not text"),
        ({"nodes": [{"id": "a", "aliases": "b"}]}, r'"aliases" of nodes\[0\] is \'b\', not a list'),
        ({"nodes": [{"id": "a", "aliases": ["b", 1]}]}, r"nodes\[0\].aliases\[1\] is 1, not text"),
        ({"nodes": [{"id": "a", "kind": "course"}]}, r"nodes\[0\].kind is 'course': use one of topic, method"),
        ({"nodes": [{"id": "a", "line": 0}]}, r"nodes\[0\].line is 0: lines are whole numbers from 1"),
        ({"nodes": [{"id": "a", "line": True}]}, r"nodes\[0\].line is True"),
        ({"nodes": [{"id": "a", "line": 2.0}]}, r"nodes\[0\].line is 2.0"),
        ({"nodes": [{"id": "a\0"}]}, r"nodes\[0\].id holds a NUL"),
        ({"nodes": [{"id": "a", "name": "\ud800"}]}, r"nodes\[0\].name holds a NUL character or half"),
        ({"nodes": [{"id": "a", "x": math.nan}]}, r"nodes\[0\].x cannot be written as JSON"),
        ({"nodes": [{"id": "a", "x": 2**64}]}, r"nodes\[0\].x cannot be written as JSON"),
        ({"edges": [EDGE, {"target": "b", "type": "USES"}]}, r"edges\[1\] has no source"),
        ({"edges": [{"source": "a", "type": "USES"}]}, r"edges\[0\] has no target"),
        ({"links": [{"source": "a", "target": "b"}]}, r"links\[0\] has no type: add one of PREREQUISITE_OF"),
        ({"edges": [EDGE | {"type": "REQUIRES"}]}, r"edges\[0\].type is 'REQUIRES': use one of PREREQUISITE_OF, IS_A"),
        ({"edges": [EDGE | {"origin": "said"}]}, r"edges\[0\].origin is 'said': use one of curated"),
        ({"edges": [EDGE | {"confidence": 1.01}]}, r"edges\[0\].confidence is 1.01: give a number from 0 to 1"),
        ({"edges": [EDGE | {"confidence": -0.1}]}, r"edges\[0\].confidence is -0.1"),
        ({"edges": [EDGE | {"confidence": math.nan}]}, r"edges\[0\].confidence is nan"),
        ({"edges": [EDGE | {"confidence": "high"}]}, r"edges\[0\].confidence is 'high'"),
        ({"edges": [EDGE | {"confidence": True}]}, r"edges\[0\].confidence is True"),
        ({"edges": [EDGE | {"evidence": ["A uses B."]}]}, r"edges\[0\].evidence\[0\] is 'A uses B.', not an object"),
        ({"edges": [EDGE | {"evidence": [{"line": -1}]}]}, r"edges\[0\].evidence\[0\].line is -1"),
        ({"edges": [EDGE | {"because": [["a", "USES"]]}]}, r"edges\[0\].because\[0\] is a list"),
        ({"edges": [EDGE | {"because": [{"source": "a", "target": "b"}]}]}, r"edges\[0\].because\[0\] has no type"),
        ({"nodes": [], "graph": {"sources": [{}]}}, r"graph.sources\[0\] has no path"),
        ({"nodes": [], "graph": {"sources": [{"path": "a", "format": "odt"}]}}, r"graph.sources\[0\].format is 'odt'"),
        (
            {"nodes": [], "graph": {"sources": [{"path": "a"}, {"path": "a"}]}},
            r"graph.sources\[1\] is the second of the path 'a'",
        ),
        ({"nodes": [], "graph": {"passages": [{"document": "a"}]}}, r"graph.passages\[0\] has no text"),
    ],
)
def test_a_wrong_document_is_refused_with_the_row_and_what_to_do(document: object, message: str) -> None:
    with pytest.raises(InvalidGraph, match=message) as caught:
        from_node_link(document)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"nodes": [NaN]}',
        b'{"nodes": [{"id": "a", "confidence": Infinity}]}',
        b"\xff\xfe{\x00}\x00",
        b'{"nodes": [{"id": "\xe6"}]}',
        b'{"nodes": ' + b"[" * 100_000,
        b'{"nodes": [{"id": "\\ud800"}]}',
    ],
)
def test_what_is_not_json_is_refused_in_one_line(content: bytes) -> None:
    with pytest.raises(InvalidGraph, match="this is not JSON") as caught:
        loads(content)
    assert "\n" not in str(caught.value)


def test_what_is_nested_too_deep_to_be_written_again_is_refused_when_it_is_read() -> None:
    """orjson reads 1,024 levels and writes 254; 50 of a field of someone else's are carried, 51 are not."""
    deep = '{"nodes": [{"id": "a", "x": %s1%s}]}'
    fits = loads(deep % ("[" * 50, "]" * 50))
    assert loads(dumps(fits)) == fits
    with pytest.raises(InvalidGraph, match="nested deeper than 50 levels"):
        loads(deep % ("[" * 51, "]" * 51))


junk: st.SearchStrategy[object] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.just([[]]) | st.just({"": {}})
)


@given(st.data(), st.randoms(use_true_random=False))
def test_a_damaged_document_is_read_whole_or_refused_with_one_line(data: st.DataObject, pick: random.Random) -> None:
    """Put junk in one place of a good document: either the result can be written and read again, or InvalidGraph."""
    document: Any = orjson.loads(dumps(both_samples()))
    place: Any = document
    while True:
        key = pick.choice(list(place) if isinstance(place, dict) else range(len(place)))
        if not isinstance(place[key], dict | list) or not place[key] or pick.random() < 0.15:
            break
        place = place[key]
    place[key] = data.draw(junk)
    graph = None
    refusal = ""
    try:
        graph = from_node_link(document)
    except InvalidGraph as error:
        refusal = str(error)
    assert "\n" not in refusal
    assert graph is None or loads(dumps(graph)) == graph
