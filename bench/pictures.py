"""Take the pictures of the page in docs/images: `python -m bench.pictures [--only NAME ...] [--to FOLDER]`.

It loads the sample notes into a store in a temporary folder, serves it from a process of its own and visits it with a
real Chromium: the overview, a concept beside its neighbourhood, a relation and what corrects it, a study path and a
comparison, each light and dark, on a wide window and on a phone. On a phone, where one part is shown at a time, it is
the part that the picture is about.
Take them again when the page looks different, and look at each before it is kept.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from playwright.async_api import Browser, async_playwright

from bench.explorer import load, served
from tests.browser import SWITCHES, find_chromium

ROOT = Path(__file__).parents[1]
SIZES = {"": (1400, 900), "-phone": (390, 844)}


@dataclass(frozen=True)
class View:
    """A state of the page: its address, the tab that a phone shows, what is there once it can be looked at."""

    query: str
    part: str
    ready: str


_GENERALIZES = "?focus=GQA&lang=en#relation=" + quote(
    '["grouped-query-attention","GENERALIZES","multi-query-attention"]'
)
VIEWS = {
    "overview": View("?lang=en", "map", "#tree [role=treeitem]"),
    "concept": View("?focus=GQA&lang=en#concept=grouped-query-attention", "concept", "#tree [aria-selected=true]"),
    "correct": View(_GENERALIZES, "concept", ".judge"),
    "path": View("?path=GQA&lang=en", "concept", "#study ol.steps > li"),
    "compare": View("?compare=MHA&compare=MQA&compare=GQA&lang=en", "concept", "#compare table"),
}


async def take(browser: Browser, url: str, folder: Path, name: str) -> None:
    """Take one view in both sizes, light and dark."""
    view = VIEWS[name]
    for suffix, (width, height) in SIZES.items():
        for scheme in ("light", "dark"):
            context = await browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme=scheme,  # type: ignore[arg-type]
                reduced_motion="reduce",
                locale="en-US",
            )
            page = await context.new_page()
            await load(page, f"{url}{view.query}")
            await page.wait_for_selector(view.ready, state="attached")
            if suffix:
                await page.locator(f"#tabs [data-to={view.part}]").click()
            await page.wait_for_timeout(600)  # the map fits itself into its place, and draws its names afterwards
            path = folder / f"{name}{suffix}-{scheme}.png"
            await page.screenshot(path=path)
            print(f"{path.name}  {path.stat().st_size // 1024} KB", flush=True)
            await context.close()


async def main(names: tuple[str, ...], folder: Path) -> None:
    """Load, serve, take."""
    with tempfile.TemporaryDirectory(prefix="noteatlas-pictures-") as store:
        program = "from api.cli import main; main()"
        command = [sys.executable, "-c", program, "load", str(ROOT / "notes"), "--store", store]
        await asyncio.to_thread(subprocess.run, command, check=True, cwd=ROOT)
        with served(store) as (url, _):
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=find_chromium(), args=list(SWITCHES))
                for name in names:
                    await take(browser, url, folder, name)
                await browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=list(VIEWS), default=list(VIEWS), help="take these views only")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "images", help="where to put the pictures")
    asked = parser.parse_args()
    asked.to.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(tuple(asked.only), asked.to))
