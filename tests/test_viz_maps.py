"""A map as a page: what is in the file, before any browser reads it."""

import base64
import hashlib
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from graph.errors import InvalidQuery, UnknownConcept
from graph.model import Concept, KnowledgeGraph, Origin, Relation, RelationType
from tests.map_samples import HOSTILE_NAMES, hostile_graph, seeded_graph
from tests.samples import attention_graph
from viz.assets import SCRIPTS, assets
from viz.maps import render_map


class Reader(HTMLParser):
    """A page's tags, its scripts' texts and its visible text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.text = ""
        self._inside: dict[str, str | None] | None = None
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self._inside = dict(attrs)
            self.scripts.append((self._inside, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._inside = None

    def handle_data(self, data: str) -> None:
        if self._inside is None:
            self.text += data
        else:
            attributes, text = self.scripts[-1]
            self.scripts[-1] = (attributes, text + data)

    def json(self, name: str) -> dict[str, object]:
        """Return the document in the script with this id."""
        return json.loads(next(text for attributes, text in self.scripts if attributes.get("id") == name))


def test_a_saved_page_refers_to_nothing_outside_itself() -> None:
    page = Reader(render_map(attention_graph()))
    for tag, attributes in page.tags:
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            value = attributes.get(name) or "#"
            assert value.startswith(("#", "?", "data:")), (tag, name, value)
    assert not any("src" in attributes for attributes, _ in page.scripts)


def test_a_saved_pages_policy_allows_its_own_scripts_by_hash_and_nothing_else() -> None:
    page = Reader(render_map(attention_graph()))
    policy = next(a["content"] for _, a in page.tags if a.get("http-equiv") == "Content-Security-Policy") or ""
    ours = [text for attributes, text in page.scripts if attributes.get("type") != "application/json"]
    hashes = {base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in ours}
    assert set(re.findall(r"sha256-([^']+)'", policy)) == hashes
    assert len(ours) == len(SCRIPTS)
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "connect-src" not in policy


def test_a_served_page_has_no_script_of_its_own_and_names_files_that_exist() -> None:
    page = Reader(render_map(attention_graph(), assets="static"))
    assert [a["src"] for a, _ in page.scripts if "src" in a] == [f"static/{assets()[n].served_as}" for n in SCRIPTS]
    assert all(a.get("type") == "application/json" for a, _ in page.scripts if "src" not in a)
    served = {f"static/{asset.served_as}" for asset in assets().values()}
    assert {a["href"] for tag, a in page.tags if tag == "link" and a.get("rel") == "stylesheet"} <= served
    assert page.json("page-data")["endpoint"] == "graphql"


def test_a_page_has_a_doctype_a_language_a_title_and_one_heading() -> None:
    text = render_map(attention_graph(), title="Notes & <co>", lang="zh")
    page = Reader(text)
    assert text.startswith("<!doctype html>")
    assert dict(page.tags)["html"]["lang"] == "zh-Hans"
    assert "<title>Notes &amp; &lt;co&gt;</title>" in text
    assert [tag for tag, _ in page.tags].count("h1") == 1


def test_hostile_names_stay_data() -> None:
    """Whatever concepts are called, the page has the tags of a harmless one, and its documents hold the names."""
    page = Reader(render_map(hostile_graph()))
    harmless = Reader(render_map(attention_graph()))
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in harmless.tags]
    names = {n["name"] for n in page.json("page-data")["nodes"]}  # type: ignore[index,attr-defined]
    assert set(HOSTILE_NAMES) <= names
    assert {c["name"] for c in page.json("notes-data")["concepts"]} == names  # type: ignore[index,attr-defined]


def test_a_hostile_title_and_notice_stay_text() -> None:
    page = Reader(render_map(attention_graph(), title=HOSTILE_NAMES[1], notice=HOSTILE_NAMES[0]))
    assert page.text.count(HOSTILE_NAMES[1]) == 3  # title, brand, heading
    assert HOSTILE_NAMES[0] in page.text


def test_half_a_character_can_be_written_as_utf_8() -> None:
    """A lone surrogate, as broken JSON may bring in, does not stop a map from being saved."""
    graph = KnowledgeGraph.of([Concept("a", "broken \ud83d name")], [Relation("a", RelationType.USES, "b\udc00")])
    assert b"broken" in render_map(graph).encode("utf-8")


def test_the_same_arguments_give_the_same_page() -> None:
    assert render_map(seeded_graph(), max_nodes=80) == render_map(seeded_graph(), max_nodes=80)


def test_a_saved_page_holds_every_concept_and_relation_with_its_evidence() -> None:
    graph = attention_graph()
    notes = Reader(render_map(graph, max_nodes=3)).json("notes-data")
    assert {c["id"] for c in notes["concepts"]} == {c.id for c in graph.concepts}  # type: ignore[index,attr-defined]
    assert len(notes["relations"]) == len(graph.relations)  # type: ignore[arg-type]
    texts = {e["text"] for r in notes["relations"] for e in r["evidence"]}  # type: ignore[index,attr-defined]
    assert "GQA with one group is exactly MQA." in texts


def test_of_parallel_relations_the_most_telling_comes_first_and_all_come_along() -> None:
    """A sentence's word before what was derived, then the surest; what is switched off comes last."""
    kinds = RelationType
    graph = KnowledgeGraph.of(
        [Concept("a", "A"), Concept("b", "B")],
        [
            Relation("a", kinds.USES, "b", Origin.INFERRED, 1.0),
            Relation("a", kinds.EXTENDS, "b", Origin.STATED, 0.7),
            Relation("b", kinds.CAUSES, "a", Origin.STATED, 0.9),
            Relation("a", kinds.IN_TOPIC, "b", Origin.CURATED, 1.0),
        ],
    )
    edges = Reader(render_map(graph)).json("page-data")["edges"]
    ranks = {e["type"]: (e["rank"], e["confidence"]) for e in edges}  # type: ignore[attr-defined]
    assert ranks == {"CAUSES": (0, 0.9), "EXTENDS": (1, 0.7), "USES": (2, 1.0), "IN_TOPIC": (3, 1.0)}


def test_the_line_tells_the_origin_and_symmetric_relations_have_no_arrow() -> None:
    edges = Reader(render_map(attention_graph())).json("page-data")["edges"]
    by_key = {(*e["ends"], e["type"]): e for e in edges}  # type: ignore[attr-defined]
    assert by_key["grouped-query-attention", "multi-query-attention", "GENERALIZES"]["dashes"] is False
    assert by_key["momentum", "adam", "PREREQUISITE_OF"]["dashes"] == [8, 5]
    assert by_key["attention", "transformers", "IN_TOPIC"]["dashes"] == [2, 4]
    assert by_key["multi-head-attention", "multi-query-attention", "CONTRASTS_WITH"]["arrows"] == ""
    assert by_key["adam", "momentum", "COMBINES"]["arrows"] == "to"


def test_prerequisites_alone_run_from_left_to_right() -> None:
    page = Reader(render_map(attention_graph(), focus=["GQA"], types=[RelationType.PREREQUISITE_OF]))
    x = {n["concept"]: n["x"] for n in page.json("page-data")["nodes"]}  # type: ignore[attr-defined]
    assert x["attention"] < x["self-attention"] < x["multi-head-attention"] < x["grouped-query-attention"]
    assert page.json("page-data")["focus"] == ["grouped-query-attention"]


def test_physics_is_off_and_every_node_has_its_place() -> None:
    data = Reader(render_map(seeded_graph())).json("page-data")
    assert data["options"]["physics"] == {"enabled": False}  # type: ignore[index]
    assert data["options"]["interaction"]["hideEdgesOnDrag"] is True  # type: ignore[index]
    assert len(data["nodes"]) == 300  # type: ignore[arg-type]
    assert all(isinstance(n["x"], float) and isinstance(n["y"], float) for n in data["nodes"])  # type: ignore[attr-defined]


def test_an_empty_graph_says_how_to_load_notes() -> None:
    page = Reader(render_map(KnowledgeGraph()))
    assert "noteatlas load path/to/notes" in page.text
    assert "noteatlas demo" in page.text
    assert "这里还没有笔记" in page.text
    assert not any("vis" in script[:2000] for script in page.scripts)  # what draws maps is not there


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(UnknownConcept):
        render_map(attention_graph(), focus=["no such thing"])
    with pytest.raises(InvalidQuery, match="noteatlas export"):
        render_map(attention_graph(), max_nodes=2001)


def test_importing_the_module_loads_neither_pyvis_nor_ipython() -> None:
    program = "import sys, viz.maps; print([m for m in ('pyvis', 'IPython') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_drawing_leaves_no_files_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    render_map(attention_graph())
    assert list(tmp_path.iterdir()) == []


def test_our_files_ask_for_nothing_from_elsewhere() -> None:
    """No URL in our own scripts and styles, and no source map in vis-network's."""
    for asset in assets().values():
        assert "sourceMappingURL" not in asset.text, asset.name
        if asset.name != "vis-network.js":
            text = re.sub(r"http://www\.w3\.org/\d+/\w+", "", asset.text)  # names of formats, which nobody asks for
            assert not re.search(r"https?://|//cdn|@import|url\(", text), asset.name
