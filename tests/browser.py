"""A real Chromium for the tests: the fixtures `page` and `new_page`, and `watch`, which sees what a page does.

The browser is the one that CHROMIUM names, else the first of chromium, chromium-browser, google-chrome and
google-chrome-stable on PATH; Playwright drives it, and its own downloads are not needed. Every page has a profile of
its own, empty, and the switches below keep the browser from calling anyone by itself.

Without a browser, tests that need one are skipped with a line that says how to get it; with `browser` in the
comma-separated NOTEATLAS_TEST_REQUIRE they fail.
"""

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
TIMEOUT_MS = 15_000

NewPage = Callable[..., Awaitable[Page]]


@dataclass
class Watch:
    """What a page has done since it was opened."""

    requests: list[str] = field(default_factory=list)  # every URL but data:
    errors: list[str] = field(default_factory=list)  # errors and warnings on the console, uncaught exceptions
    violations: list[str] = field(default_factory=list)  # of the Content-Security-Policy
    dialogs: list[str] = field(default_factory=list)  # alert, confirm, prompt: a script that should not run would call

    def outside(self, url: str) -> list[str]:
        """Return the requests that went anywhere but below `url`."""
        return [r for r in self.requests if not r.startswith(url)]

    def troubles(self) -> list[str]:
        """Return everything that should not have happened."""
        return [*self.errors, *self.violations, *self.dialogs]


def find_chromium() -> str | None:
    """Return the path of a browser, or None."""
    return os.environ.get("CHROMIUM") or next((path for name in NAMES if (path := shutil.which(name))), None)


def browser_or_skip() -> str:
    """Return the path of a browser; skip the test, or fail it where one is required."""
    path = find_chromium()
    if path is not None:
        return path
    message = "no Chromium: `apt-get install chromium` (with fonts-noto-cjk for Chinese), or name one in CHROMIUM"
    if "browser" in os.environ.get("NOTEATLAS_TEST_REQUIRE", "").split(","):
        pytest.fail(message)
    pytest.skip(message)


async def watch(page: Page) -> Watch:
    """Write down what `page` does from now on."""
    seen = Watch()

    def console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            seen.errors.append(f"{message.type}: {message.text}")

    async def dialog(box: Any) -> None:
        seen.dialogs.append(box.message)
        await box.dismiss()

    page.on("request", lambda r: None if r.url.startswith("data:") else seen.requests.append(r.url))
    page.on("console", console)
    page.on("pageerror", lambda error: seen.errors.append(f"uncaught: {error}"))
    page.on("dialog", dialog)
    await page.expose_function("reportViolation", lambda text: seen.violations.append(text))
    await page.add_init_script(
        "document.addEventListener('securitypolicyviolation', (e) => "
        "reportViolation(`${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`));"
    )
    return seen


async def until(page: Page, expression: str, argument: Any = None) -> Any:
    """Wait until a JavaScript expression is true, and return its value.

    Playwright's own `wait_for_function` evaluates a string in the page each time, which the page's policy forbids.
    """
    deadline = time.monotonic() + TIMEOUT_MS / 1000
    while not (value := await page.evaluate(expression, argument)):
        if time.monotonic() > deadline:
            raise TimeoutError(f"never became true: {expression} with {argument!r}")
        await asyncio.sleep(0.03)
    return value


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for the whole run."""
    path = browser_or_skip()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(SWITCHES))
        yield browser
        await browser.close()


@pytest.fixture
async def new_page(chromium: Browser) -> AsyncIterator[NewPage]:
    """Open pages, each in an empty profile; keyword arguments are Playwright's for a context (locale, viewport...)."""
    contexts: list[BrowserContext] = []

    async def open_page(**options: Any) -> Page:
        defaults: dict[str, Any] = {"viewport": {"width": 1400, "height": 900}, "locale": "en-US"}
        context = await chromium.new_context(**{**defaults, **options})
        context.set_default_timeout(TIMEOUT_MS)
        contexts.append(context)
        return await context.new_page()

    yield open_page
    for context in contexts:
        await context.close()


@pytest.fixture
async def page(new_page: NewPage) -> Page:
    """One page, 1400 by 900, English, light."""
    return await new_page(color_scheme="light")
