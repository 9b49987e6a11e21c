"""Tables of nodes and edges, and pairs of prerequisites: everything back, no formula, each error with its line."""

import csv
import io
import re
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import InvalidGraph
from graph.exchange.cells import guarded, unguarded
from graph.exchange.formats import format_of, read_graph
from graph.exchange.pairs import read_pairs
from graph.exchange.tabular import from_zip, read_table, read_tables, to_tables, to_zip
from graph.model import Concept, ConceptKind, Evidence, KnowledgeGraph, Origin, Relation, RelationType, Source
from tests.graph_strategies import graphs, hostile_graphs, hostile_text
from tests.samples import attention_graph

T = RelationType


# -- tables ----------------------------------------------------------------------------------------------------------


@given(graphs() | hostile_graphs())
def test_everything_comes_back_and_goes_out_in_the_same_bytes(graph: KnowledgeGraph) -> None:
    content = to_zip(to_tables(graph))
    again = read_tables(from_zip(content, "atlas.zip", largest=10**7))
    assert again == graph
    assert to_zip(to_tables(again)) == content


@given(hostile_graphs())
def test_no_cell_is_a_formula_and_every_row_has_all_columns(graph: KnowledgeGraph) -> None:
    for content in to_tables(graph).values():
        rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
        assert {len(row) for row in rows} == {len(rows[0])}
        assert not [cell for row in rows for cell in row if cell and cell[0] in "=+-@\t\r\n＝＋－＠"]


@given(hostile_text)
def test_the_apostrophe_before_a_formula_is_taken_away_again(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell


def test_the_columns_are_the_fields_and_plain_values_stand_as_they_are() -> None:
    tables = to_tables(attention_graph())
    assert list(tables) == ["nodes.csv", "edges.csv", "sources.csv", "passages.csv"]
    nodes = list(csv.DictReader(io.StringIO(tables["nodes.csv"].decode())))
    assert list(nodes[0]) == ["id", "name", "aliases", "kind", "definition", "document", "line"]
    assert nodes[1]["aliases"] == "注意力; 注意力机制"
    edges = list(csv.DictReader(io.StringIO(tables["edges.csv"].decode())))
    header = ["source", "target", "type", "origin", "confidence", "evidence", "because", "group"]
    assert list(edges[0]) == header
    assert (edges[0]["source"], edges[0]["type"], edges[0]["confidence"]) == ("adam", "COMBINES", "0.95")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_other_peoples_tables_are_read(delimiter: str) -> None:
    """In any order and case, with columns of their own, byte order marks, sentences for evidence, rows cut short."""
    nodes = "Label,ID,Size\r\nAlpha,a,3\r\nBeta,b\r\n\r\n".replace(",", delimiter)
    edges = "type,Target,Source,evidence\nuses,b,a,A uses B.\n".replace(",", delimiter)
    read = read_tables({"nodes.csv": b"\xef\xbb\xbf" + nodes.encode(), "edges.csv": edges.encode("utf-16")})
    assert read.concepts == (Concept("a", "Alpha", extra={"Size": "3"}), Concept("b", "Beta"))
    (relation,) = read.relations
    assert relation == Relation("a", T.USES, "b", Origin.STATED, 1.0, (Evidence("unknown", 1, "A uses B.", "import"),))


def test_one_table_alone_is_known_by_its_header() -> None:
    edges = b"source,target,type\na,b,IS_A\n"
    assert format_of("x.csv", edges) == format_of("x.tsv", edges) == "csv"
    assert [r.key for r in read_graph(edges, "x.csv", "csv").relations] == [("a", T.IS_A, "b")]
    nodes = b"id,kind\na,model\n"
    assert read_graph(nodes, "x.csv", "csv").concepts == (Concept("a", "a", kind=ConceptKind.MODEL),)
    assert format_of("x.csv", b"a,b\n") == format_of("x.tsv", b"a\tb\n") == "pairs"


def test_a_zip_file_may_hold_the_tables_in_a_folder_and_other_files() -> None:
    tables = to_tables(attention_graph())
    packed = to_zip({f"atlas/{name}": content for name, content in tables.items()} | {"readme.txt": b"\xff"})
    assert read_tables(from_zip(packed, "atlas.zip", largest=10**7)) == attention_graph()


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({}, "neither a nodes.csv nor an edges.csv"),
        ({"nodes.csv": b"id\n\xff\n"}, r"nodes.csv \(line 2\) is not UTF-8"),
        ({"nodes.csv": b'id,name\na,"A\n'}, r"nodes.csv \(line 2\) is no row of a table \(unexpected end of data\)"),
        ({"nodes.csv": b'id,name\na,"A"x\n'}, r"nodes.csv \(line 2\) is no row of a table"),
        ({"nodes.csv": b"id,name\na,A,B\n"}, r"nodes.csv \(line 2\) has 3 cells, but there are 2 columns"),
        ({"nodes.csv": b"id,ID\na,b\n"}, r"nodes.csv \(line 1\) needs a name for each column, and each once"),
        ({"nodes.csv": b"id,\na,b\n"}, r"nodes.csv \(line 1\) needs a name for each column"),
        ({"nodes.csv": b"id,name\n,A\n"}, r"nodes.csv \(line 2\) has no id"),
        ({"nodes.csv": b'id,name\n"a\n\nb",A\n"a\n\nb",B\n'}, r"nodes.csv \(line 5\) has the id .* \(line 2\)"),
        ({"nodes.csv": b"id,line\na,first\n"}, r"nodes.csv \(line 2\).line is 'first'"),
        ({"edges.csv": b"source,target,type\na,b,NEEDS\n"}, r"edges.csv \(line 2\).type is 'NEEDS': use one of"),
        (
            {"edges.csv": b"source,target,type,because\na,b,USES,x\n"},
            r"edges.csv \(line 2\).because is 'x'",
        ),
        ({"edges.csv": b"source,target,type,confidence\na,b,USES,2\n"}, r"edges.csv \(line 2\).confidence is 2.0"),
        (
            {"nodes.csv": b"id\n", "passages.csv": b"document,text,section\nd,t,x\n"},
            r"passages.csv \(line 2\).section is 'x', which is not JSON",
        ),
        ({"nodes.csv": b"id\n", "sources.csv": b"path,format\na,odt\n"}, r"sources.csv \(line 2\).format is 'odt'"),
    ],
)
def test_wrong_tables_are_refused_with_file_and_line(tables: dict[str, bytes], message: str) -> None:
    with pytest.raises(InvalidGraph, match=message) as caught:
        read_tables(tables)
    assert "\n" not in str(caught.value)


def test_a_table_of_neither_nodes_nor_edges_says_what_to_do() -> None:
    with pytest.raises(InvalidGraph, match=r"x.csv \(line 1\) has neither a column id nor .*--format pairs"):
        read_table(b"a,b\n", "x.csv")


def test_a_zip_file_is_counted_as_it_is_read_whatever_it_says_of_its_size() -> None:
    """A bomb is refused once it has given more than is allowed; so is what is damaged or has a table twice."""
    bomb = to_zip({"nodes.csv": b"id\n" + b"a" * 5_000_000})
    assert len(bomb) < 10_000
    with pytest.raises(InvalidGraph, match=r"the tables in x.zip are larger than 1,000,000 bytes"):
        from_zip(bomb, "x.zip", largest=10**6)
    lying = bomb.replace((5_000_003).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    with pytest.raises(InvalidGraph, match=r"x.zip"):
        read_tables(from_zip(lying, "x.zip", largest=10**6))
    with pytest.raises(InvalidGraph, match=r"x.zip is no zip file that can be read"):
        from_zip(bomb[:-30], "x.zip", largest=10**6)
    with pytest.raises(InvalidGraph, match=r"x.zip has nodes.csv twice"):
        from_zip(to_zip({"a/nodes.csv": b"id\n", "b/nodes.csv": b"id\n"}), "x.zip", largest=10**6)


@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=3))
def test_a_damaged_zip_file_is_read_or_refused_in_one_line(at: int, junk: bytes) -> None:
    content = to_zip(to_tables(attention_graph()))
    at %= len(content)
    damaged = content[:at] + junk + content[at + len(junk) :]
    refusal = ""
    try:
        read_tables(from_zip(damaged, "x.zip", largest=10**7))
    except InvalidGraph as error:
        refusal = str(error)
    assert "\n" not in refusal


def test_a_way_of_packing_that_is_not_read_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("nodes.csv", "id\na\n")
    with pytest.raises(InvalidGraph, match="packed in a way that is not read"):
        from_zip(out.getvalue(), "x.zip", largest=10**7)


def test_what_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graph.exchange.formats.MAX_BYTES", 10)
    with pytest.raises(InvalidGraph, match=r"x\.tsv is larger than 10 bytes: divide it"):
        read_graph(b"limits\tderivatives\n", "x.tsv", "pairs")


def test_an_encrypted_zip_file_is_refused() -> None:
    content = bytearray(to_zip({"nodes.csv": b"id\na\n"}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the flag that says so, in both headers
        content[content.index(mark) + offset] |= 1
    with pytest.raises(InvalidGraph, match="encrypted"):
        from_zip(bytes(content), "x.zip", largest=10**6)
    assert zipfile.is_zipfile(io.BytesIO(bytes(content)))


# -- pairs -----------------------------------------------------------------------------------------------------------


def pairs(text: str) -> list[tuple[str, str, float]]:
    read = read_pairs(text.encode(), "pairs.tsv")
    assert {r.type for r in read.relations} == {T.PREREQUISITE_OF}
    return [(r.source, r.target, r.confidence) for r in read.relations]


@pytest.mark.parametrize(
    "text",
    [
        "limits\tderivatives\n",
        "limits,derivatives",
        "limits;derivatives\r\n",
        "\ufefflimits\t derivatives \t\n\n",
        "source\ttarget\nlimits\tderivatives\n",
        "Prerequisite,Concept\nlimits,derivatives\n",
        "concept,prerequisite\nderivatives,limits\n",
        "to;from\nderivatives;limits\n",
        "先修课,课程\nlimits,derivatives\n",
        '"limits","derivatives"\n',
        "limits,derivatives,1\nlimits,derivatives,0.5\nlimits,limits\n",
        "source,target,confidence\nlimits,derivatives,\n",
        "target,confidence,source\nderivatives,1,limits\n",
    ],
)
def test_the_source_is_learnt_first_however_it_is_written(text: str) -> None:
    assert pairs(text) == [("limits", "derivatives", 1.0)]


def test_the_row_is_the_evidence_and_a_person_said_so() -> None:
    read = read_pairs(b'source,target,confidence\n\n"a, b",c,0.25\n', "学科.csv")
    assert read.relations == (
        Relation(
            "a, b",
            T.PREREQUISITE_OF,
            "c",
            Origin.CURATED,
            0.25,
            (Evidence("学科.csv", 3, '"a, b",c,0.25', "import.pairs"),),
        ),
    )
    assert read.sources == (Source("学科.csv", "import", "学科.csv", ""),)
    assert [c.name for c in read.concepts] == ["a, b", "c"]


def test_names_that_are_formulas_and_half_a_header_are_pairs() -> None:
    assert pairs("'=SUM(A1)\tsource\nfrom\tx\n") == [("=SUM(A1)", "source", 1.0), ("from", "x", 1.0)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "x.tsv has no pairs"),
        ("source\ttarget\n", "x.tsv has no pairs"),
        ("a\tb\nc\n", r"x.tsv \(line 2\) has 1 cells: give a source, a target"),
        ("a\tb\tc\td\n", r"x.tsv \(line 1\) has 4 cells"),
        ("a\tb\n\n\t b\n", r"x.tsv \(line 3\) has no source"),
        ("a\tb\na\t \t1\n", r"x.tsv \(line 2\) has no target"),
        ("a\tb\thigh\n", r"x.tsv \(line 1\).confidence is 'high'"),
        ("a\tb\t1.5\n", r"x.tsv \(line 1\).confidence is 1.5"),
        ("a\tb\tnan\n", r"x.tsv \(line 1\).confidence is nan"),
        ('a\t"b\n', r"x.tsv \(line 1\) is no row of a table"),
    ],
)
def test_wrong_pairs_are_refused_with_their_line(text: str, message: str) -> None:
    with pytest.raises(InvalidGraph, match=message) as caught:
        read_pairs(text.encode(), "x.tsv")
    assert not re.search(r"[\n\t]", str(caught.value))
