"""Addresses of maps, by HTTP: every view, what is wrong with an address, exports, and a store that fails."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from lxml import etree

from api.app import create_app
from api.settings import Settings
from api.shelf import Shelf
from graph.errors import StoreUnavailable, UnknownConcept
from graph.model import Concept, KnowledgeGraph
from graph.sqlite_store import SqliteStore
from tests.api_service import Service, serving
from tests.map_samples import HOSTILE_NAMES
from tests.map_service import filled
from tests.samples import attention_graph, boosting_graph
from viz.asked import Asked

GQA = "grouped-query-attention"
HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
EXPORTS = ("html", "graphml", "gexf", "mmd")


def data_of(text: str) -> Any:
    """Return the page's data."""
    found = re.search(r'<script type="application/json" id="page-data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    return json.loads(found.group(1))


def links_of(text: str) -> list[tuple[str, str]]:
    """Return the links in the line that says what is wrong: name and address."""
    notice = next(line for line in text.splitlines() if 'id="notice"' in line)
    return [(name, href) for href, name in re.findall(r'<a href="([^"]*)"><bdi>(.*?)</bdi></a>', notice)]


# -- views ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "view", "layout", "names"),
    [
        ("", "overview", "areas", []),
        ("topic=transformers", "topic", "areas", ["transformers"]),
        ("focus=GQA&radius=2", "neighborhood", "radial", [GQA]),
        ("path=GQA&path=Adam&sure=0.2", "path", "layers", [GQA, "adam"]),
        ("compare=MHA&compare=MQA", "compare", "columns", ["multi-head-attention", "multi-query-attention"]),
        ("view=all&most=5", "all", "areas", []),
        ("view=all&layout=circle", "all", "circle", []),
        ("focus=GQA&types=PREREQUISITE_OF", "order", "layers", [GQA]),
        ("types=PREREQUISITE_OF", "order", "layers", []),
        ("types=IS_A&types=PART_OF", "overview", "areas", []),
        ("path=GQA&focus=Adam&unknown=1", "path", "layers", [GQA]),
    ],
)
def test_an_address_shows_its_view(small: Service, query: str, view: str, layout: str, names: list[str]) -> None:
    response = small.client.get(f"/?{query}")
    assert response.status_code == 200
    data = data_of(response.text)
    assert (data["view"], data["layout"], data["asked"]["names"]) == (view, layout, names)


def test_an_address_keeps_what_it_asks_for(small: Service) -> None:
    query = "focus=GQA&radius=2&origin=stated&origin=curated&min=0.5&most=40&types=GENERALIZES&add=adam"
    data = data_of(small.client.get(f"/?{query}").text)
    assert data["asked"] == {
        "names": [GQA],
        "radius": 2,
        "sure": None,
        "most": 40,
        "types": ["GENERALIZES"],
        "origins": ["curated", "stated"],
        "least": 0.5,
    }
    assert [(one["id"], one["brings"][0]) for one in data["opened"]] == [("adam", "adam")]


def test_a_large_store_opens_with_its_topics(large: Service) -> None:
    data = data_of(large.client.get("/").text)
    assert len(data["nodes"]) <= 100
    assert len(data["areas"]) > 5
    opened = data_of(large.client.get("/", params={"topic": data["areas"][0]["opens"]}).text)
    assert opened["view"] == "topic"
    assert len(opened["nodes"]) > data["areas"][0]["count"]


# -- what is wrong ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("most=0", "give a number from 1 to 2000"),
        ("most=9999", "give a number from 1 to 2000"),
        ("sure=2", "give a number from 0 to 1"),
        ("min=nan", "give a number from 0 to 1"),
        ("min=", "give a number from 0 to 1"),
        ("layout=spiral", "give one of areas, force, circle, layers"),
        ("origin=rumour", "give one of curated, stated, structural, inferred"),
        ("view=nothing", "give one of all"),
        ("off=LIKES", "give one of EXTENDS"),
        ("on=rumour", "give one of EXTENDS"),
        ("least=much", "give a number from 0 to 1"),
        ("compare=GQA", "two or three"),
        ("compare=GQA&compare=MQA&compare=MHA&compare=Adam", "two or three"),
        ("topic=Adam&topic=GQA", "one concept"),
        ("&".join(f"add=x{i}" for i in range(99)), "99"),
    ],
)
def test_a_wrong_address_is_told_in_one_line_above_the_overview(small: Service, query: str, says: str) -> None:
    response = small.client.get(f"/?{query}")
    assert response.status_code == 400
    notice = next(line for line in response.text.splitlines() if 'id="notice"' in line)
    assert says in notice
    assert "hidden" not in notice
    assert data_of(response.text)["view"] == "overview"


@pytest.mark.parametrize("key", ["focus", "path", "compare", "topic", "add"])
def test_an_unknown_concept_is_404_and_its_near_names_are_links(small: Service, key: str) -> None:
    response = small.client.get(f"/?{key}=Momentun&lang=zh")
    assert response.status_code == 404
    links = links_of(response.text)
    assert ("Momentum", f"?{key}=Momentum&amp;lang=zh") in links
    assert 'role="combobox"' in response.text
    fixed = small.client.get(f"/?{key}=Momentum&lang=zh")
    assert fixed.status_code == (400 if key == "compare" else 200)


def test_a_wrong_name_is_mended_in_its_place(small: Service) -> None:
    response = small.client.get("/?compare=MHA&compare=Momentun")
    assert ("Momentum", "?compare=MHA&amp;compare=Momentum") in links_of(response.text)


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("path=MHA&path=Momentun", ["multi-head-attention"]),
        ("focus=Momentun&focus=MHA&add=xyzzy", ["multi-head-attention"]),
        ("compare=MHA&compare=Momentun&compare=GQA", ["multi-head-attention", "grouped-query-attention"]),
    ],
)
def test_a_wrong_name_among_others_is_told_above_the_map_of_the_others(
    small: Service, query: str, left: list[str]
) -> None:
    response = small.client.get(f"/?{query}")
    assert response.status_code == 404
    assert ("Momentum", f"?{query.replace('Momentun', 'Momentum').replace('&', '&amp;')}") in links_of(response.text)
    assert data_of(response.text)["asked"]["names"] == left
    assert small.client.get(f"/export.graphml?{query}").status_code == 404  # a file has no place to say so


def test_an_ambiguous_name_offers_its_meanings(tmp_path: Path) -> None:
    graph = KnowledgeGraph.of([Concept("kernel-svm", "Kernel"), Concept("kernel-os", "Kernel")])
    with serving(create_app(Settings(store=filled(tmp_path, {"k.md": graph})))) as service:
        response = service.client.get("/?focus=kernel")
    assert response.status_code == 409
    assert links_of(response.text) == [("kernel-os", "?focus=kernel-os"), ("kernel-svm", "?focus=kernel-svm")]


def test_a_hostile_name_in_an_address_stays_text(small: Service) -> None:
    for name in HOSTILE_NAMES:
        response = small.client.get("/", params={"focus": name[:300]})
        assert response.status_code in {400, 404}
        assert "<script>alert" not in response.text
        assert "<img" not in response.text
        assert "<svg onload" not in response.text


# -- exports ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", EXPORTS)
def test_an_export_is_a_file_with_a_name(small: Service, suffix: str) -> None:
    response = small.client.get(f"/export.{suffix}?focus=GQA")
    assert response.status_code == 200
    name = re.fullmatch(r'attachment; filename="([^"]+)"', response.headers["content-disposition"])
    assert name is not None
    assert re.fullmatch(rf"note-atlas-neighborhood-grouped-query-attention-\d{{4}}-\d\d-\d\d\.{suffix}", name.group(1))
    assert "content-security-policy" in response.headers
    assert response.headers["x-content-type-options"] == "nosniff"


def test_graphml_and_gexf_hold_what_is_drawn_where_it_stands(small: Service) -> None:
    data = data_of(small.client.get("/?focus=GQA").text)
    shown = {node["concept"]: (node["x"], node["y"]) for node in data["nodes"]}
    visible = {
        (*edge["ends"], edge["type"])
        for edge in data["edges"]
        if edge["type"] not in data["off"] and not (edge["type"] == "PREREQUISITE_OF" and edge["origin"] == "inferred")
    }
    graphml = nx.parse_graphml(small.client.get("/export.graphml?focus=GQA").text)
    assert {node: (values["x"], values["y"]) for node, values in graphml.nodes.items()} == shown
    assert {(a, b, values["type"]) for a, b, values in graphml.edges(data=True)} == visible
    gexf = etree.fromstring(small.client.get("/export.gexf?focus=GQA").content)
    space = {"g": "http://gexf.net/1.3", "viz": "http://gexf.net/1.3/viz"}
    assert {str(i) for i in gexf.xpath("//g:node/@id", namespaces=space)} == set(shown)
    assert len(gexf.xpath("//g:edge", namespaces=space)) == len(visible)
    assert len(gexf.xpath("//viz:position", namespaces=space)) == len(shown)


def test_a_saved_export_opens_with_the_same_view_and_holds_the_notes(small: Service) -> None:
    text = small.client.get("/export.html?path=GQA").text
    assert data_of(text)["view"] == "path"
    assert data_of(text)["endpoint"] is None
    assert "GQA with one group is exactly MQA." in text
    assert "Content-Security-Policy" in text
    assert " src=" not in text


# What the legend is told, and what is left of the relations and concepts that are drawn: (type, origin, confidence,
# kinds of the ends) of each.
SWITCHED = {
    "off=USES&off=CONTRASTS_WITH": lambda r: r["type"] not in {"USES", "CONTRASTS_WITH"},
    "off=stated": lambda r: r["origin"] != "stated",
    "least=0.85": lambda r: r["confidence"] >= 0.85,
    "on=IN_TOPIC&on=PREREQUISITE_OF:inferred&off=EXTENDS": lambda r: r["type"] != "EXTENDS",
    "off=method": lambda r: "method" not in r["families"],
    "min=0.85&least=0": lambda r: True,
    "min=0.85": lambda r: r["confidence"] >= 0.85,
    "add=Adam&off=method": lambda r: "method" not in r["families"],
    "origin=stated&on=structural": lambda r: r["origin"] in {"stated", "structural"},
}


@pytest.mark.parametrize("switched", SWITCHED)
def test_exports_hold_what_the_legend_leaves(small: Service, switched: str) -> None:
    query = f"focus=MHA&radius=2&{switched}"
    data = data_of(small.client.get(f"/?{query}").text)
    family = {node["concept"]: data["style"]["kinds"][node["kind"]]["family"] for node in data["nodes"]}
    off = set(data["off"]) - set(re.findall(r"on=([^&]+)", switched))
    passes = SWITCHED[switched]
    wanted = set()
    for edge in data["edges"]:
        inferred = edge["type"] == "PREREQUISITE_OF" and edge["origin"] == "inferred"
        row = "PREREQUISITE_OF:inferred" if inferred else edge["type"]
        if row not in off and passes({**edge, "families": {family[end] for end in edge["ends"]}}):
            wanted.add((*edge["ends"], edge["type"]))
    shown = {i for i in family if family[i] != "method" or "off=method" not in switched}
    plain = nx.parse_graphml(small.client.get("/export.graphml?focus=MHA&radius=2").text)
    assert ("add=" in switched) == ("adam" in family)
    graphml = nx.parse_graphml(small.client.get(f"/export.graphml?{query}").text)
    assert set(graphml) == shown
    assert {(a, b, values["type"]) for a, b, values in graphml.edges(data=True)} == wanted
    assert switched in {"min=0.85&least=0", "origin=stated&on=structural"} or len(wanted) != plain.number_of_edges()
    gexf = etree.fromstring(small.client.get(f"/export.gexf?{query}").content)
    space = {"g": "http://gexf.net/1.3"}
    assert {str(i) for i in gexf.xpath("//g:node/@id", namespaces=space)} == shown
    edges = gexf.xpath("//g:edge", namespaces=space)
    assert {(e.get("source"), e.get("target"), e.get("kind")) for e in edges} == wanted
    mermaid = small.client.get(f"/export.mmd?{query}").text.splitlines()
    assert sum('["' in line for line in mermaid) == len(shown)
    assert sum("|" in line for line in mermaid) == len(wanted)


@pytest.mark.parametrize("suffix", EXPORTS)
def test_an_export_of_hostile_names_is_well_formed_and_inert(hostile: Service, suffix: str) -> None:
    response = hostile.client.get(f"/export.{suffix}?view=all")
    assert response.status_code == 200
    if suffix in {"graphml", "gexf"}:
        root = etree.fromstring(response.content)
        assert {etree.QName(e).localname for e in root.iter()} <= {
            *("graphml", "key", "graph", "node", "edge", "data", "gexf", "attributes", "attribute", "nodes", "edges"),
            *("attvalues", "attvalue", "position"),
        }
        assert "</script><script>alert(2)</script>" in "".join(root.itertext()) + str(root.xpath("//@label"))
    elif suffix == "mmd":
        for line in response.text.splitlines()[1:]:
            assert re.fullmatch(r'  n\d+(\["[^"<>`\n]*"\]| -->\|uses\| n\d+)', line), line
    else:
        assert "<script>alert" not in response.text
        assert "<img" not in response.text


@pytest.mark.parametrize("suffix", EXPORTS)
def test_an_export_of_what_is_not_there_is_refused_in_a_line(small: Service, suffix: str) -> None:
    response = small.client.get(f"/export.{suffix}?focus=no-such-thing")
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/plain")
    assert "no concept is called" in response.text
    assert small.client.get(f"/export.{suffix}?most=x").status_code == 400


def test_a_hostile_focus_gives_a_harmless_file_name(hostile: Service) -> None:
    for name in HOSTILE_NAMES[:10]:
        response = hostile.client.get("/export.mmd", params={"focus": name[:200]})
        assert response.status_code == 200
        assert re.fullmatch(r'attachment; filename="[\w.+-]+"', response.headers["content-disposition"])


# -- the shelf and the store ------------------------------------------------------------------------------------------


class FailingStore(SqliteStore):
    """A store whose server has gone away."""

    async def revision(self) -> str:
        raise StoreUnavailable("bolt://reader:hunter2@db.internal does not answer")


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    app = create_app(Settings(store=str(tmp_path_factory.mktemp("failing"))))
    with serving(app) as service:
        app.state.shelf = Shelf(FailingStore(str(tmp_path_factory.mktemp("away"))))
        yield service


@pytest.mark.parametrize("path", ["/", "/?focus=GQA", "/export.html", "/export.gexf"])
def test_a_store_that_fails_is_told_in_one_line_with_what_to_do(failing: Service, path: str) -> None:
    page = failing.client.get(path, headers=HTML)
    assert page.status_code == 503
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "The store cannot be reached now. Check that its server runs, then try again." in page.text
    assert "现在连不上存储。请确认存储的服务器在运行，然后重试。" in page.text
    assert page.headers["x-request-id"] in page.text
    assert "hunter2" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    program = failing.client.get(path)
    assert (program.status_code, program.json()["code"]) == (503, "STORE_UNAVAILABLE")


class CountingStore(SqliteStore):
    """A store that counts how often its whole graph is read."""

    reads = 0

    async def graph(self, **options: Any) -> KnowledgeGraph:
        self.reads += 1
        return await super().graph(**options)


async def test_the_graph_is_read_once_for_each_revision_however_many_ask(tmp_path: Path) -> None:
    async with CountingStore(str(tmp_path)) as store:
        await store.upsert("attention.md", attention_graph())
        shelf = Shelf(store)
        asked = [Asked(), Asked(), Asked(view="path", names=(GQA,)), Asked(view="all")]
        first = await asyncio.gather(*(shelf.drawing(one) for one in asked))
        assert store.reads == 1
        assert first[0] is first[1]
        assert await shelf.drawing(Asked()) is first[0]
        await store.upsert("trees/boosting.txt", boosting_graph())
        second = await shelf.drawing(Asked())
        assert store.reads == 2
        assert len(second.nodes) > len(first[0].nodes)


async def test_what_cannot_be_drawn_is_not_kept(tmp_path: Path) -> None:
    async with CountingStore(str(tmp_path)) as store:
        shelf = Shelf(store)
        for _ in range(2):
            with pytest.raises(UnknownConcept):
                await shelf.drawing(Asked(view="path", names=("GQA",)))
        await store.upsert("attention.md", attention_graph())
        assert (await shelf.drawing(Asked(view="path", names=("GQA",)))).data["path"] is not None


async def test_warming_a_store_that_fails_is_no_failure(tmp_path: Path) -> None:
    await Shelf(FailingStore(str(tmp_path))).warm()
