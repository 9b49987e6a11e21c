"""What the page says, in a real Chromium: states without a map, notices, counts and headings, in both languages."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from api.app import create_app
from api.settings import Settings
from api.shelf import Shelf
from tests.api_service import Service, serving
from tests.axe import violations
from tests.browser import NewPage, watch
from tests.map_samples import HOSTILE_NAMES, hostile_graph, topics_graph
from tests.map_service import served
from tests.samples import attention_graph
from tests.test_explorer_frame import PHONE
from tests.test_map_addresses import FailingStore
from tests.test_map_page import open_map

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    graphs = {"attention.md": attention_graph(), "topics.md": topics_graph(), "hostile.md": hostile_graph()}
    with served(tmp_path_factory.mktemp("words"), graphs) as running:
        yield running


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Path]]:
    folder = tmp_path_factory.mktemp("an empty store")
    with served(folder, {}) as running:
        yield running, folder


# -- pages without a map ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("locale", "query", "heading"),
    [
        ("en-GB", "", "There are no notes here yet"),
        ("zh-CN", "", "这里还没有笔记"),
        ("en-GB", "?lang=zh", "这里还没有笔记"),
        ("zh-CN", "?lang=en", "There are no notes here yet"),
    ],
)
async def test_an_empty_store_names_the_command_for_it_in_the_readers_language(
    new_page: NewPage, empty: tuple[Service, Path], locale: str, query: str, heading: str
) -> None:
    service, folder = empty
    page = await new_page(locale=locale, permissions=["clipboard-read", "clipboard-write"])
    seen = await watch(page)
    await page.goto(f"{service.url}/{query}")
    await expect(page.get_by_role("heading")).to_have_text([heading])
    command = f"noteatlas load path/to/notes --store {shlex.quote(str(folder))}"
    await expect(page.locator("pre").first).to_have_text(command)
    await page.locator("[data-copy]").first.click()
    assert await page.evaluate("navigator.clipboard.readText()") == command
    assert await violations(page) == []
    other = "English" if "笔记" in heading else "中文"
    await page.get_by_role("link", name=other).click()
    await expect(page.get_by_role("heading")).not_to_have_text(heading)
    await page.locator("#theme").click()
    assert await page.evaluate("document.documentElement.dataset.theme") == "light"
    assert seen.troubles() == []
    assert seen.outside(service.url) == []


def test_the_command_for_a_store_names_no_password_and_nothing_for_the_usual_one() -> None:
    from api.notices import load_command

    assert load_command(Settings(store=".noteatlas")) == "noteatlas load path/to/notes"
    told = load_command(Settings(store="neo4j://reader:hunter2@db:7687/notes"))
    assert told == "noteatlas load path/to/notes --store neo4j://USER:PASSWORD@db:7687/notes"


@pytest.mark.parametrize(
    ("locale", "says", "again"),
    [("en-GB", "The store cannot be reached now", "Try again"), ("zh-CN", "现在连不上存储", "重试")],
)
async def test_a_store_that_is_away_is_told_in_the_readers_language(
    new_page: NewPage, tmp_path: Path, locale: str, says: str, again: str
) -> None:
    app = create_app(Settings(store=str(tmp_path / "store")))
    with serving(app) as service:
        app.state.shelf = Shelf(FailingStore(str(tmp_path / "away")))
        page = await new_page(locale=locale)
        seen = await watch(page)
        await page.goto(f"{service.url}/")
        await expect(page.get_by_role("alert")).to_contain_text(says)
        assert await page.get_by_role("link", name=again).count() == 1
        await expect(page.locator("main")).to_contain_text("STORE_UNAVAILABLE")
        await page.goto(f"{service.url}/no/such/page")
        await expect(page.get_by_role("heading")).to_have_text(
            ["这里没有这个页面。" if "重" in again else "There is no such page here."]
        )
        assert await violations(page) == []
        assert [e for e in seen.errors if "status of" not in e] == []
        assert seen.violations == []


# -- notices ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "english", "chinese"),
    [
        (
            "?focus=BatchNrm",
            "No concept is called “BatchNrm”; did you mean Batch Normalization",
            "没有叫“BatchNrm”的概念，你要找的也许是 Batch Normalization",
        ),
        ("?focus=qqqqqq", "Search for it above", "请用上面的搜索框"),
        ("?radius=99", "from 0 to 10. The overview is shown", "应为 0 到 10 之间的数。现在显示的是总览。"),
        ("?compare=BN", "two or three concepts", "一次对比两个或三个概念"),
        ("?focus=" + "&focus=".join(f"x{i}" for i in range(70)), "give from 0 to 20", "focus 有 70 个，最多 20 个"),
    ],
)
@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
async def test_what_is_wrong_is_said_above_the_map_in_the_readers_language(
    new_page: NewPage, service: Service, locale: str, query: str, english: str, chinese: str
) -> None:
    page = await new_page(locale=locale, reduced_motion="reduce")
    await page.goto(f"{service.url}/{query}")
    notice = page.locator("#notice")
    await expect(notice).to_contain_text(chinese if locale == "zh-CN" else english)
    await expect(notice).not_to_contain_text(english if locale == "zh-CN" else chinese)
    said, drawn = await notice.bounding_box(), await page.locator("#canvas").bounding_box()
    assert said is not None
    assert drawn is not None
    assert said["y"] + said["height"] <= drawn["y"]  # never over a mark
    await notice.get_by_role("button").click()
    await expect(notice).to_be_hidden()


async def test_a_notice_on_a_phone_leaves_the_map_free(new_page: NewPage, service: Service) -> None:
    page = await new_page(locale="zh-CN", **PHONE)
    await page.goto(f"{service.url}/?radius=99")
    await page.locator("#tabs [data-to=map]").click()
    said, drawn = await page.locator("#notice").bounding_box(), await page.locator("#canvas").bounding_box()
    assert said is not None
    assert drawn is not None
    assert said["y"] + said["height"] <= drawn["y"] + 0.5


@pytest.mark.parametrize(
    ("locale", "code", "says"),
    [
        ("zh-CN", "STORE_BUSY", "另一个程序正在写入存储"),
        ("en-GB", "STORE_BUSY", "another writer"),
        ("zh-CN", "STORE_FAILED", "编号 abc"),
        ("zh-CN", "INTERNAL_ERROR", "服务出错了"),
        ("zh-CN", "UNAUTHENTICATED", "请重新载入页面并登录"),
        ("en-GB", "UNAUTHENTICATED", "Load the page again to sign in"),
        ("en-GB", "RATE_LIMITED", "Wait a moment"),
        ("zh-CN", "TIMEOUT", "已被中止"),
    ],
)
async def test_a_failure_of_the_service_is_said_in_the_readers_language(
    new_page: NewPage, service: Service, locale: str, code: str, says: str
) -> None:
    page = await new_page(locale=locale)
    await open_map(page, f"{service.url}/")
    answer = f'{{"errors": [{{"message": "in English", "extensions": {{"code": "{code}", "requestId": "abc"}}}}]}}'
    await page.route("**/graphql", lambda route: route.fulfill(body=answer, content_type="application/json"))
    await page.evaluate("NoteAtlas.app.select('batch-norm')")
    await expect(page.locator("#panel h2")).to_contain_text(says)
    await expect(page.locator("#panel h2")).not_to_contain_text("in English")


# -- counts, headings, keys -------------------------------------------------------------------------------------------


async def test_the_counts_follow_the_kinds_that_are_hidden(page: Page, service: Service) -> None:
    await open_map(page, f"{service.url}/")
    total = int(await page.evaluate("NoteAtlas.canvas.concepts.size"))
    topics = int(
        await page.evaluate("[...NoteAtlas.canvas.concepts.values()].filter((c) => c.kind === 'topic').length")
    )
    assert topics > 0
    await page.locator("#legend summary").click()
    await page.locator("#legend [data-key=topic]").click()
    await expect(page.locator("#counts")).to_contain_text(f"{total - topics} of {total} concepts")


async def test_a_concept_is_not_compared_with_itself_and_that_is_said(page: Page, service: Service) -> None:
    await open_map(page, f"{service.url}/#concept=batch-norm")
    await page.get_by_role("button", name="Compare with…").click()
    await page.keyboard.type("BatchNorm")
    await expect(page.get_by_role("option").first).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page.locator("#notice")).to_contain_text("That is Batch Normalization itself")
    await page.keyboard.type("Layer Norm")
    await expect(page.get_by_role("option").first).to_contain_text("Layer")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{service.url}/?compare=batch-norm&compare=layer-norm")


async def test_a_long_name_is_cut_in_the_heading_of_a_comparison(page: Page, service: Service) -> None:
    long = HOSTILE_NAMES[10]
    await open_map(page, f"{service.url}/?compare=hub&compare={long[:200]}")
    await expect(page.locator("#compare table, #compare #own").first).to_be_visible()
    heading = page.locator("#compare h2")
    assert len(await heading.inner_text()) < 80
    assert long in (await heading.get_attribute("title") or "")
    box = await heading.bounding_box()
    assert box is not None
    assert box["height"] < 120
    assert await page.evaluate(
        "document.getElementById('panel').scrollWidth <= document.getElementById('panel').clientWidth"
    )


async def test_the_keys_are_listed_in_the_order_of_the_documentation(page: Page, service: Service) -> None:
    await open_map(page, f"{service.url}/")
    await page.keyboard.press("?")
    listed = await page.get_by_role("dialog").locator("kbd").all_inner_texts()
    assert listed == ["/", "←", "→", "↑", "↓", "Enter", "+", "-", "w", "p", "k", "c", "[", "]", "Esc", "?"]
    rows = (
        Path(__file__)
        .parents[1]
        .joinpath("docs", "map.md")
        .read_text("utf-8")
        .split("| Key | Does |")[1]
        .split("\n\n")[0]
    )
    assert rows.split("`")[1::2] == listed


async def test_a_phone_is_not_told_to_press_keys(new_page: NewPage, service: Service) -> None:
    page = await new_page(**PHONE)
    await open_map(page, f"{service.url}/")
    await expect(page.locator("#panel")).to_contain_text("type its name above")
    await expect(page.locator("#panel")).not_to_contain_text("press /")
    assert "/" not in (await page.locator("#query").get_attribute("placeholder") or "/")


async def test_a_topics_view_says_what_the_topic_is_and_dims_nothing(page: Page, service: Service) -> None:
    await open_map(page, f"{service.url}/?topic=learning")
    await expect(page.locator("#panel h2")).to_have_text("Learning")
    await expect(page.locator("#tree [aria-selected=true]")).to_contain_text("Learning")
    assert await page.evaluate("NoteAtlas.canvas.selected()") == "learning"
    looks = await page.evaluate("NoteAtlas.canvas.drawing().marks.map((m) => m.fill)")
    assert not any("rgba" in fill for fill in looks)  # which is how a mark that is dimmed is filled
