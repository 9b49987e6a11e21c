"""Correcting the graph on its map, in a real Chromium: two clicks from a line, a concept's form, the list, undo."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import Page, Route, expect

from api.app import create_app
from api.curating import CURATION_FILE, read_decisions
from api.settings import Settings
from graph.model import Concept, Evidence, KnowledgeGraph, Origin, Relation, RelationType, Source
from tests.api_service import Service, serving
from tests.axe import violations
from tests.browser import NewPage, until
from tests.map_samples import hostile_graph
from tests.map_service import filled
from tests.samples import attention_graph, boosting_graph
from tests.test_api_access import READER, WRITER
from tests.test_explorer_frame import PHONE
from tests.test_map_page import open_map

pytestmark = pytest.mark.browser

GQA, MQA, MHA = "grouped-query-attention", "multi-query-attention", "multi-head-attention"
GENERALIZES = (GQA, "GENERALIZES", MQA)
DECIDE = "mutation($d: DecisionInput!) { decide(decision: $d) { decision { id } } }"
DECISIONS = "{ decisions(first: 100) { id what source type target name to into out turn reason author } }"


def key(source: str, type_: str, target: str) -> str:
    return json.dumps([source, type_, target], separators=(",", ":"))


def at(relation: tuple[str, str, str]) -> str:
    return f"#relation={quote(key(*relation))}"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """The service over two sample graphs, whose decisions go into a file as well."""
    store = filled(tmp_path / "store", {"attention.md": attention_graph(), "trees/boosting.txt": boosting_graph()})
    with serving(create_app(Settings(store=store, curation=tmp_path / CURATION_FILE, author="Ann"))) as service:
        yield service


@pytest.fixture
async def page(new_page: NewPage) -> Page:
    """One page on which nothing glides."""
    return await new_page(reduced_motion="reduce")


def decisions(service: Service) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = service.data(DECISIONS)["decisions"]
    return [{name: value for name, value in row.items() if value not in (None, "", [], False)} for row in found]


async def relations(page: Page) -> set[str]:
    return set(await page.evaluate("[...NoteAtlas.canvas.relations.keys()]"))


async def middle(page: Page, source: str, target: str) -> tuple[float, float]:
    """Return where a point between two marks is in the window, off the verb that is written in the middle."""
    box = await page.locator("#canvas").bounding_box()
    assert box is not None
    a, b = [await page.evaluate("(id) => NoteAtlas.canvas.pointOf(id)", end) for end in (source, target)]
    return box["x"] + a["x"] * 0.65 + b["x"] * 0.35, box["y"] + a["y"] * 0.65 + b["y"] * 0.35


def judge(page: Page, choice: str, relation: tuple[str, str, str] = GENERALIZES) -> Any:
    """Return the button with which a relation is judged, on the panel that is about its line."""
    return page.locator(f"section[data-relation={json.dumps(key(*relation))}] [data-judge={choice}]")


# -- two clicks from a line ----------------------------------------------------------------------------------------


async def test_two_clicks_on_the_map_mark_a_relation_as_wrong_and_a_third_takes_it_back(
    page: Page, service: Service, tmp_path: Path
) -> None:
    """The line goes, nothing else moves, the counts follow; the file has it; undo brings everything back."""
    seen = await open_map(page, f"{service.url}/?focus={GQA}&radius=1")
    await expect(page.locator("#panel .kind")).to_be_visible()
    places = "[...NoteAtlas.canvas.concepts.keys()].map((id) => [id, NoteAtlas.canvas.position(id)])"
    before, stood = await relations(page), await page.evaluate(places)
    counts = await page.locator("#counts").text_content()
    x, y = await middle(page, GQA, MQA)
    await page.mouse.click(x, y)
    await expect(page.locator("#panel h2")).to_contain_text("generalizes")
    named = json.loads(await page.locator("section[data-relation]").first.get_attribute("data-relation") or "")
    await judge(page, "wrong", tuple(named)).click()
    back = judge(page, "undo", tuple(named))
    await expect(back).to_be_focused()
    await expect(page.locator("#live")).to_contain_text("Wrong: ")
    gone = before - await relations(page)
    assert key(*named) in gone
    assert all(set(json.loads(k)) & set(named) >= {named[0], named[2]} for k in gone)  # and what followed from it
    assert await page.evaluate(places) == stood
    assert await page.locator("#counts").text_content() != counts
    (made,) = decisions(service)
    assert (made["what"], made["type"], made["author"]) == ("REJECT", "GENERALIZES", "Ann")
    assert [row.id for row in read_decisions(tmp_path / CURATION_FILE)[0]] == [made["id"]]
    await back.click()
    await expect(judge(page, "wrong", tuple(named))).to_be_visible()
    assert await relations(page) == before
    assert await page.locator("#counts").text_content() == counts
    assert decisions(service) == []
    assert seen.troubles() == []
    assert seen.outside(service.url) == []


@pytest.mark.parametrize(
    ("choice", "kept", "drawn"),
    [
        ("right", {"what": "ACCEPT"}, GENERALIZES),
        ("turn", {"what": "EDIT", "turn": True}, (MQA, "GENERALIZES", GQA)),
        ("EXTENDS", {"what": "EDIT", "to": "EXTENDS"}, (GQA, "EXTENDS", MQA)),
    ],
)
async def test_a_relation_is_confirmed_turned_or_made_another(
    page: Page, service: Service, choice: str, kept: dict[str, Any], drawn: tuple[str, str, str]
) -> None:
    """With a reason; the map draws what it is now, as said by a person, and what is read again says so too."""
    await open_map(page, f"{service.url}/?focus={GQA}&radius=1{at(GENERALIZES)}")
    await page.get_by_role("textbox", name="Reason").fill("  the survey says so ")
    await judge(page, choice).click()
    await expect(judge(page, "undo")).to_be_visible()
    (made,) = decisions(service)
    assert made["reason"] == "the survey says so"
    assert kept.items() <= made.items()
    origin = "(key) => NoteAtlas.canvas.relations.get(key)?.origin"
    assert await page.evaluate(origin, key(*drawn)) == "curated"
    if drawn != GENERALIZES:
        assert key(*GENERALIZES) not in await relations(page)
    await page.goto(f"{service.url}/?focus={GQA}&radius=1{at(drawn)}")
    await page.reload()
    await expect(page.locator("#panel .sure").first).to_contain_text("said by a person")
    await expect(judge(page, "wrong", drawn)).to_be_visible()
    await expect(judge(page, "right", drawn)).to_have_count(0)  # it is certain already


STRENGTH = """([one, other]) => {
  const [a, b] = [one, other].map((id) => JSON.stringify(NoteAtlas.canvas.position(id)));
  const between = ({ from, to }) => [`${a}${b}`, `${b}${a}`].includes(JSON.stringify(from) + JSON.stringify(to));
  return NoteAtlas.canvas.drawing().lines.filter(between).map((line) => line.opacity);
}"""  # how strongly the line between two concepts is drawn, if there is one


@pytest.mark.parametrize("choice", ["right", "turn", "EXTENDS"])
async def test_the_line_that_is_judged_stays_the_one_that_is_selected(
    page: Page, service: Service, choice: str
) -> None:
    """It is as strong as before, what it is now and after it was taken back."""
    await open_map(page, f"{service.url}/?focus={GQA}&radius=1{at(GENERALIZES)}")
    await expect(judge(page, choice)).to_be_visible()
    assert await page.evaluate(STRENGTH, [GQA, MQA]) == [1]
    await judge(page, choice).click()
    await expect(judge(page, "undo")).to_be_visible()
    assert await page.evaluate(STRENGTH, [GQA, MQA]) == [1]
    await judge(page, "undo").click()
    await expect(judge(page, choice)).to_be_visible()
    assert await page.evaluate(STRENGTH, [GQA, MQA]) == [1]


INKED = """([one, other]) => {
  const surface = document.querySelector("#canvas canvas");
  const ratio = surface.width / surface.clientWidth;
  const [a, b] = [one, other].map((id) => NoteAtlas.canvas.pointOf(id));
  const at = (t) => [a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t].map((value) => Math.round(value * ratio));
  const shares = Array.from({ length: 60 }, (_, i) => 0.2 + i / 300); // between a name and the verb in the middle
  const inked = shares.filter((t) => surface.getContext("2d").getImageData(...at(t), 1, 1).data[3] > 0);
  return inked.length / shares.length;
}"""  # the share of a line's first part that has ink: 1 where it is solid


async def test_a_guess_that_is_confirmed_is_drawn_as_a_solid_line(page: Page, tmp_path: Path) -> None:
    """Also where a relation that is switched off has the same line."""
    source = Source("a.md", "markdown", "A", "d" * 64)
    concepts = [Concept(name, name.title(), (), document="a.md", line=1) for name in ("one", "two")]
    rows = [
        Relation("one", RelationType.USES, "two", Origin.INFERRED, 0.7, (Evidence("a.md", 1, "One and Two.", "x"),)),
        Relation("two", RelationType.PREREQUISITE_OF, "one", Origin.INFERRED, 0.6, (), ()),
    ]
    store = filled(tmp_path / "store", {"a.md": KnowledgeGraph.of(concepts, rows, [], [source])})
    with serving(create_app(Settings(store=store))) as service:
        await open_map(page, f"{service.url}/?focus=one{at(('one', 'USES', 'two'))}")
        uses = ("one", "USES", "two")
        await expect(judge(page, "right", uses)).to_be_visible()
        assert await page.evaluate(INKED, ["one", "two"]) < 0.9
        await judge(page, "right", uses).click()
        await expect(judge(page, "undo", uses)).to_be_visible()
        await until(page, f"({INKED})(['one', 'two']) === 1")
        await judge(page, "undo", uses).click()
        await expect(judge(page, "right", uses)).to_be_visible()
        await until(page, f"({INKED})(['one', 'two']) < 0.9")


async def test_a_line_of_a_concept_is_judged_where_its_sentence_opens(page: Page, service: Service) -> None:
    """Other types come on demand there; what is symmetric has no other way round."""
    await open_map(page, f"{service.url}/#concept={GQA}")
    row = page.locator(f"li[data-relation={json.dumps(key(*GENERALIZES))}]")
    await row.locator("[aria-expanded]").click()
    await expect(row.locator("[data-judge=EXTENDS]")).to_have_count(0)
    await row.locator("[data-judge=types]").click()
    await expect(row.locator(".rather button").first).to_be_focused()
    await expect(row.locator("[data-judge=PREREQUISITE_OF], [data-judge=GENERALIZES]")).to_have_count(0)
    await row.locator("[data-judge=USES]").click()
    await expect(row.locator(".made")).to_contain_text("Grouped-Query Attention uses Multi-Query Attention")
    assert [(d["what"], d["to"]) for d in decisions(service)] == [("EDIT", "USES")]
    contrast = page.locator("section[data-type=CONTRASTS_WITH] li").first
    if await contrast.count():
        await contrast.locator("[aria-expanded]").click()
        await expect(contrast.locator("[data-judge=wrong]")).to_be_visible()
        await expect(contrast.locator("[data-judge=turn]")).to_have_count(0)


async def test_a_prerequisite_is_marked_wrong_on_a_path_which_offers_to_be_drawn_again(
    page: Page, service: Service
) -> None:
    """A path is not changed under its reader: the line above the map says so, and draws it again on demand."""
    await open_map(page, f"{service.url}/?path={GQA}#concept={GQA}")
    first = page.locator("section[data-type=PREREQUISITE_OF] li").first
    named = json.loads(await first.get_attribute("data-relation") or "")
    before = await relations(page)
    await first.locator("[aria-expanded]").click()
    await expect(first.locator("[data-judge=types]")).to_have_count(0)
    await first.locator("[data-judge=wrong]").click()
    await expect(page.locator("#notice")).to_contain_text("once it is drawn again")
    assert await relations(page) == before
    async with page.expect_event("load"):
        await page.locator("#notice").get_by_role("button", name="Draw it again").press("Enter")
    await expect(page.locator("#panel .kind")).to_be_visible()
    await expect(page.locator("#panel")).to_be_focused()  # where reading goes on
    assert key(*named) not in await relations(page)
    assert page.url == f"{service.url}/?path={GQA}#concept={GQA}"


async def test_what_was_decided_is_a_sentence_in_chinese_as_well(new_page: NewPage, service: Service) -> None:
    """Where the verb ends with a colon, the sentence keeps it; a button does not."""
    page = await new_page(locale="zh-CN")
    before = (MHA, "PREREQUISITE_OF", GQA)
    await open_map(page, f"{service.url}/{at(before)}")
    await judge(page, "wrong", before).click()
    await expect(page.locator(".made")).to_contain_text("错误：Multi-Head Attention 是其先修： Grouped-Query Attention")


async def test_what_is_refused_or_fails_is_said_where_it_was_tried(page: Page, service: Service) -> None:
    """Nothing changes, the buttons work again, and a decision that cannot be shown at once is kept and offered."""
    await open_map(page, f"{service.url}/?focus={GQA}&radius=1{at(GENERALIZES)}")
    before = await relations(page)
    # Someone else was faster, and made the two one.
    made = service.data(DECIDE, {"d": {"what": "MERGE", "name": MQA, "into": GQA}})["decide"]["decision"]
    await judge(page, "turn").click()
    trouble = page.locator(".judge .trouble").first
    await expect(trouble).to_contain_text("Nothing was changed: ")
    await expect(judge(page, "wrong")).to_be_enabled()
    assert await relations(page) == before

    async def cut(route: Route) -> None:
        await route.abort()

    await page.route("**/graphql", cut)
    await judge(page, "right").click()
    await expect(trouble).to_contain_text("the server does not answer")
    await page.unroute("**/graphql", cut)
    service.data("mutation($id: ID!) { undo(id: $id) { decision { id } } }", {"id": made["id"]})
    assert decisions(service) == []

    async def only_decide(route: Route) -> None:
        await (route.continue_() if "mutation" in (route.request.post_data or "") else route.abort())

    await page.goto(f"{service.url}/?focus={GQA}&radius=1{at((GQA, 'GENERALIZES', MHA))}")
    wrong = judge(page, "wrong", (GQA, "GENERALIZES", MHA))
    await expect(wrong).to_be_visible()
    await page.route("**/graphql", only_decide)
    await wrong.click()
    await expect(judge(page, "undo", (GQA, "GENERALIZES", MHA))).to_be_visible()
    await expect(page.locator("#notice")).to_contain_text("That is kept.")
    assert len(decisions(service)) == 1


# -- a concept -----------------------------------------------------------------------------------------------------


async def open_form(page: Page, service: Service, concept: str, query: str = "") -> None:
    await page.goto(f"{service.url}/{query}#concept={concept}")
    button = page.locator("[data-action=correct]")
    await expect(button).to_have_attribute("aria-expanded", "false")
    await button.click()
    await expect(button).to_have_attribute("aria-expanded", "true")
    await expect(page.locator("#correct input").first).to_be_focused()


async def choose(page: Page, text: str) -> None:
    """Choose a concept in the search box, which asks for one."""
    await expect(page.locator(".search.picking")).to_be_visible()
    await page.locator("#query").fill(text)
    await expect(page.locator("#hits [role=option]:not([aria-disabled])").first).to_be_visible()
    await page.keyboard.press("Enter")


async def test_a_concept_is_renamed_and_named_back(page: Page, service: Service) -> None:
    """The page comes again with the new name in the same place, says what was done, and undo undoes it."""
    await open_form(page, service, GQA, f"?focus={GQA}&radius=1")
    await page.locator("#correct form input").fill("Query Groups")
    await page.keyboard.press("Enter")
    await expect(page.locator("#panel h2")).to_have_text("Query Groups")
    await expect(page.locator("#notice")).to_contain_text("Grouped-Query Attention is called Query Groups")
    assert [(d["what"], d["to"]) for d in decisions(service)] == [("RENAME", "Query Groups")]
    assert "radius=1" in page.url
    async with page.expect_event("load"):
        await page.locator("#notice").get_by_role("button", name="Undo").click()
    await expect(page.locator("#panel .kind")).to_be_visible()
    assert decisions(service) == []
    await page.reload()
    await expect(page.locator("#notice")).to_be_hidden()  # it is said once


async def test_two_concepts_are_one_or_never_one(page: Page, service: Service) -> None:
    await open_form(page, service, MQA)
    await page.locator("[data-correct=separate]").click()
    await choose(page, "Multi-Head Attention")
    notice = page.locator("#notice")
    await expect(notice).to_contain_text("Multi-Head Attention: never the same as Multi-Query Attention")
    await notice.get_by_role("button", name="Undo").click()
    await expect(page.locator("#live")).to_have_text("Taken back.")
    assert decisions(service) == []

    await page.locator("[data-action=correct]").click()
    await page.locator("[data-correct=merge]").click()
    await choose(page, "Grouped-Query Attention")
    await expect(page.locator("#panel h2")).to_have_text("Grouped-Query Attention")
    await expect(notice).to_contain_text("Multi-Query Attention is the same as Grouped-Query Attention")
    assert [(d["what"], d["into"]) for d in decisions(service)] == [("MERGE", "Grouped-Query Attention")]


async def test_names_are_split_off(page: Page, service: Service) -> None:
    """Those that were ticked; without one, the form says what to do."""
    await open_form(page, service, GQA)
    await page.locator("[data-correct=split]").click()
    await expect(page.locator("#correct .trouble")).to_have_text("Tick the names that are of something else.")
    box = page.locator("#correct fieldset input").first
    alias = await box.get_attribute("value")
    await box.check()
    await page.locator("[data-correct=split]").click()
    await expect(page.locator("#notice")).to_contain_text(f"{alias}: not the same as")
    assert [(d["what"], d["out"]) for d in decisions(service)] == [("SPLIT", [alias])]


async def test_a_missing_prerequisite_is_added(page: Page, service: Service) -> None:
    """As an arrow from what comes first; the panel and the map have it, and undo takes it away again."""
    await open_form(page, service, MQA, f"?focus={MQA}&radius=2")
    await page.locator("[data-correct=add]").click()
    await choose(page, "Gradient Boosting")
    await expect(page.locator("#notice")).to_contain_text("Added: ")
    (made,) = decisions(service)
    assert (made["what"], made["type"], made["target"]) == ("ADD", "PREREQUISITE_OF", "Multi-Query Attention")
    listed = page.locator("section[data-type=PREREQUISITE_OF]").first
    await expect(listed).to_contain_text(made["source"])
    await page.locator("#notice").get_by_role("button", name="Undo").click()
    await expect(listed).not_to_contain_text(made["source"])
    assert decisions(service) == []


async def test_what_is_added_on_a_path_can_be_taken_back_or_drawn(page: Page, service: Service) -> None:
    """Both are offered, the way back has the focus; taken back, reading goes on in the panel."""
    await open_form(page, service, GQA, f"?path={GQA}")
    notice = page.locator("#notice")

    async def add() -> None:
        await page.locator("[data-correct=add]").click()
        await choose(page, "Gradient Boosting")
        await expect(notice).to_contain_text("Grouped-Query Attention. This map shows it once it is drawn again.")
        await expect(notice.get_by_role("button", name="Undo")).to_be_focused()

    await add()
    await page.keyboard.press("Enter")
    await expect(page.locator("#live")).to_have_text("Taken back.")
    await expect(page.locator("#panel")).to_be_focused()
    assert decisions(service) == []
    await page.locator("[data-action=correct]").click()
    await add()
    async with page.expect_event("load"):
        await notice.get_by_role("button", name="Draw it again").click()
    (made,) = decisions(service)
    await expect(page.locator("#panel section[data-type=PREREQUISITE_OF]").first).to_contain_text(made["source"])


async def test_undoing_a_merge_leads_back_to_the_address_before(page: Page, service: Service) -> None:
    """Two concepts that were compared are one, which cannot be compared, and then two again."""
    await open_form(page, service, MQA, f"?compare={GQA}&compare={MQA}")
    compared = page.url
    await page.locator("[data-correct=merge]").click()
    await choose(page, "Grouped-Query Attention")
    notice = page.locator("#notice")
    await expect(notice).to_contain_text("Multi-Query Attention is the same as Grouped-Query Attention")
    async with page.expect_event("load"):
        await notice.get_by_role("button", name="Undo").click()
    await expect(page.locator("#panel .kind")).to_be_visible()
    assert page.url == compared
    await expect(notice).to_be_hidden()
    assert decisions(service) == []


# -- the list --------------------------------------------------------------------------------------------------------


async def test_the_list_tells_who_when_why_and_what_is_stale_and_takes_back(page: Page, service: Service) -> None:
    base = {"source": GQA, "type": "GENERALIZES", "target": MQA}
    service.data(DECIDE, {"d": {"what": "ACCEPT", **base, "reason": "seen <b>it</b>"}})
    service.data(DECIDE, {"d": {"what": "REJECT", **base}})
    await open_map(page, f"{service.url}/?focus={GQA}&radius=1")
    assert key(*GENERALIZES) not in await relations(page)
    await page.locator("#corrections").click()
    rows = page.locator("dialog [data-decision]")
    await expect(rows).to_have_count(2)
    await expect(rows.nth(0)).to_contain_text("Wrong: ")
    await expect(rows.nth(1)).to_contain_text("seen <b>it</b>")
    await expect(rows.nth(1)).to_contain_text("Ann · ")
    await expect(rows.nth(1)).to_contain_text("a later decision says otherwise")
    await rows.nth(0).get_by_role("button", name="Undo").click()
    await expect(rows).to_have_count(1)
    async with page.expect_event("load"):
        await page.keyboard.press("Escape")
    await expect(page.locator("#counts")).to_contain_text("concepts")
    assert key(*GENERALIZES) in await relations(page)
    await page.locator("#corrections").click()
    await rows.get_by_role("button", name="Undo").click()
    await expect(page.get_by_role("dialog")).to_contain_text("Nobody has corrected anything yet.")


async def test_a_list_that_is_closed_while_it_takes_back_still_has_the_map_drawn_again(
    page: Page, service: Service
) -> None:
    service.data(DECIDE, {"d": {"what": "REJECT", "source": GQA, "type": "GENERALIZES", "target": MQA}})
    await open_map(page, f"{service.url}/?focus={GQA}&radius=1")
    asked, closed = asyncio.Event(), asyncio.Event()

    async def wait(route: Route) -> None:
        if "mutation" in (route.request.post_data or ""):
            asked.set()
            await closed.wait()
        await route.continue_()

    await page.route("**/graphql", wait)
    await page.locator("#corrections").click()
    await page.locator("dialog [data-decision]").get_by_role("button", name="Undo").click()
    await asked.wait()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    async with page.expect_event("load"):
        closed.set()
    await expect(page.locator("#counts")).to_contain_text("concepts")
    assert key(*GENERALIZES) in await relations(page)


# -- who may -----------------------------------------------------------------------------------------------------------


async def test_who_may_not_decide_is_shown_nothing_that_decides(new_page: NewPage, tmp_path: Path) -> None:
    """A reader's token shows the list without undo; a writer's shows all; a saved file has nothing of it."""
    store = filled(tmp_path / "store", {"attention.md": attention_graph()})
    settings = Settings(store=store, tokens=f"ann:read:{READER}, ben:read+write:{WRITER}")
    with serving(create_app(settings)) as service:
        for token, shown in ((READER, 0), (WRITER, 1)):
            page = await new_page(extra_http_headers={"authorization": f"Bearer {token}"})
            await open_map(page, f"{service.url}/{at((GQA, 'GENERALIZES', MQA))}")
            await expect(page.locator("#panel .sure").first).to_be_visible()
            await expect(page.locator("[data-judge=wrong]").first).to_have_count(shown)
            await page.goto(f"{service.url}/#concept={GQA}")
            await expect(page.locator("#panel .kind")).to_be_visible()
            await expect(page.locator("[data-action=correct]")).to_have_count(shown)
            await page.locator("#corrections").click()
            await expect(page.get_by_role("dialog")).to_contain_text("Nobody has corrected anything yet.")


async def test_hostile_names_are_text_in_all_that_corrects(page: Page, tmp_path: Path) -> None:
    """In the form, in what is said, in the list."""
    store = filled(tmp_path / "store", {"hostile.md": hostile_graph()})
    with serving(create_app(Settings(store=store))) as service:
        seen = await open_map(page, f"{service.url}/#concept=hub")
        await page.locator("[data-action=correct]").click()
        row = page.locator("li.relation").first
        await row.locator("[aria-expanded]").click()
        await row.locator("[data-judge=wrong]").click()
        await expect(row.locator("[data-judge=undo]")).to_be_visible()
        await page.locator("#corrections").click()
        await expect(page.locator("dialog [data-decision]")).to_have_count(1)
        assert seen.troubles() == []
        assert seen.outside(service.url) == []


# -- how it looks --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
async def test_axe_finds_nothing_in_what_corrects(new_page: NewPage, service: Service, look: str) -> None:
    """In English and Chinese: the row of a relation before and after, the form, the list; nothing is cut off."""
    page = await new_page(
        color_scheme="dark" if look == "dark" else "light",
        locale="zh-CN" if look == "dark" else "en-US",
        reduced_motion="reduce",
        **(PHONE if look == "phone" else {}),
    )
    found = {}
    await open_map(page, f"{service.url}/?focus={GQA}&radius=1{at(GENERALIZES)}")
    await expect(judge(page, "wrong")).to_be_visible()
    found["row"] = await violations(page)
    await judge(page, "wrong").click()
    await expect(judge(page, "undo")).to_be_visible()
    found["made"] = await violations(page)
    await open_form(page, service, GQA)
    found["form"] = await violations(page)
    if look == "phone":
        await page.locator("#tabs [data-to=map]").click()
    await page.locator("#corrections").click()
    await expect(page.locator("dialog [data-decision]")).to_have_count(1)
    found["list"] = await violations(page)
    assert {where: some for where, some in found.items() if some} == {}
    wide = await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert wide


@pytest.mark.parametrize("count", [320, 620])
async def test_a_relation_that_the_answer_cannot_hold_at_once_is_read_in_pages(
    page: Page, tmp_path: Path, count: int
) -> None:
    """A hub with more neighbours than one answer holds, or than are read at all: the map is what the store says."""
    source = Source("hub.md", "markdown", "Hub", "d" * 64)
    hub = Concept("hub", "Hub", (), document="hub.md", line=1)
    spokes = [Concept(f"spoke-{i}", f"Spoke {i}", (), document="hub.md", line=i + 2) for i in range(count)]
    said = [Evidence("hub.md", i + 2, f"Hub uses Spoke {i}.", "en.uses") for i in range(count)]
    rows = [
        Relation("hub", RelationType.USES, c.id, Origin.STATED, 0.9, (e,)) for c, e in zip(spokes, said, strict=True)
    ]
    store = filled(tmp_path / "store", {"hub.md": KnowledgeGraph.of([hub, *spokes], rows, [], [source])})
    with serving(create_app(Settings(store=store))) as service:
        await open_map(page, f"{service.url}/?focus=hub&radius=1&most={count + 1}")
        before = await relations(page)
        (first, *_) = sorted(before)
        await page.evaluate(
            "(key) => NoteAtlas.app.selectRelation(NoteAtlas.canvas.relations.get(key))",
            first,
        )
        await judge(page, "wrong", tuple(json.loads(first))).click()
        await expect(judge(page, "undo", tuple(json.loads(first)))).to_be_visible()
        assert before - await relations(page) == {first}
