"""How long a reader waits for a map, in a real Chromium: `python -m bench.explorer [--concepts N ...]`.

For stores of 300, 1,000 and 50,000 concepts (notes in two languages, topics in two levels, four relations for each
concept) it serves each from a process of its own, opens pages in a browser and prints:

* request to first draw: from asking for the page to the first frame with the map on it, in milliseconds; the median
  of several loads, after one that nobody counts, unless "first" says otherwise;
* first after start: the same for the first request that the service answers, asked as soon as it listens;
* frames a second while the map is dragged by mouse for two seconds: the mean, and the slowest tenth.

Views: all of it (300 concepts), 1,000 of it where there are so many, the overview. Absolute times depend on the
machine: the bounds that the project has set itself stand beside the figures.
"""

import argparse
import asyncio
import itertools
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from graph.model import Concept, ConceptKind, Evidence, KnowledgeGraph, Origin, Relation, RelationType, Source
from graph.store import open_store
from tests.browser import SWITCHES, find_chromium

SIZES = (300, 1_000, 50_000)
LOADS = 5
DRAG_S = 2.0
WORDS = ("gradient", "attention", "kernel", "margin", "boosting", "entropy", "layer", "norm", "batch", "momentum")
HAN = "注意力梯度下降损失函数模型训练数据优化器正则化交叉熵多头查询自编码解码层归一残差随机森林提升树支持向量"
KINDS = (*[ConceptKind.METHOD] * 4, ConceptKind.MODEL, ConceptKind.METRIC, ConceptKind.PROBLEM, ConceptKind.OTHER)
DRAWN = tuple(kind for kind in RelationType if kind is not RelationType.IN_TOPIC)
BOUNDS = {"all, 300": 1000, "all, 1,000": 2000, "overview": 2000}


def make_sources(concepts: int, *, seed: int = 1) -> dict[str, KnowledgeGraph]:
    """Notes by path: a file for each topic, with subtopics, a few hubs and many leaves."""
    dice = random.Random(seed)
    topics = max(6, round(concepts**0.5 / 3))
    sources: dict[str, KnowledgeGraph] = {}
    number = 0
    for topic in range(topics):
        path = f"notes/{topic:03}.md"
        here = concepts // topics + (topic < concepts % topics)
        ids = [f"c{number + i}" for i in range(here)]
        heads = ids[: 1 + here // 40]
        rows = []
        relations = []
        for i, node in enumerate(ids):
            han = "".join(dice.choices(HAN, k=dice.randrange(2, 7)))
            latin = f"{' '.join(dice.sample(WORDS, 2))} {number + i}"
            name, alias = (latin, han) if dice.random() < 0.6 else (f"{han}{number + i}", latin)
            kind = ConceptKind.TOPIC if node in heads else dice.choice(KINDS)
            rows.append(Concept(node, name, (alias,), kind, f"{name}：{alias}。", path, i + 1))
            said = (Evidence(path, i + 1, f"{name} in one sentence.", "bench"),)
            if i:
                above = heads[0] if node in heads else heads[i * len(heads) // here]
                relations.append(Relation(node, RelationType.IN_TOPIC, above, Origin.STRUCTURAL, 1.0, said))
            for _ in range(3):
                other = (
                    ids[int(len(ids) * dice.random() ** 2)] if dice.random() < 0.9 else f"c{dice.randrange(concepts)}"
                )
                origin = dice.choice((Origin.STATED, Origin.STATED, Origin.STRUCTURAL))
                relations.append(Relation(node, dice.choice(DRAWN), other, origin, 0.9, said))
        sources[path] = KnowledgeGraph.of(rows, relations, (), [Source(path, "markdown", path, "0" * 64)])
        number += here
    return sources


async def fill(store: str, concepts: int) -> None:
    async with open_store(store) as opened:
        for path, graph in make_sources(concepts).items():
            await opened.upsert(path, graph)


@contextmanager
def served(store: str) -> Iterator[tuple[str, float]]:
    """Serve a store from a process of its own: its address, and when it began to listen."""
    program = "from api.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "serve", "--store", store, "--port", "0"], stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        line = next(line for line in process.stderr if "http://" in line)
        yield next(word for word in line.split() if word.startswith("http://")), time.perf_counter()
    finally:
        process.terminate()
        process.wait(90)


async def load(page: Page, url: str) -> float:
    """Milliseconds from asking for a page to its first frame."""
    await page.goto(url, timeout=120_000)
    await page.wait_for_function("performance.getEntriesByName('map-drawn').length > 0", timeout=120_000)
    return float(await page.evaluate("performance.getEntriesByName('map-drawn')[0].startTime"))


async def frames(page: Page) -> tuple[float, float]:
    """Frames a second while the map is dragged: the mean, and that of the slowest tenth."""
    box = await page.locator("#canvas").bounding_box()
    assert box is not None
    await page.evaluate(
        "() => { window.ticks = []; const tick = (t) => { window.ticks.push(t); requestAnimationFrame(tick); };"
        " requestAnimationFrame(tick); }"
    )
    # Where nothing is drawn, or a mark would be dragged instead: near a corner.
    x, y = box["x"] + 12, box["y"] + box["height"] * 0.6
    await page.mouse.move(x, y)
    await page.mouse.down()
    begun = await page.evaluate("performance.now()")
    started = time.perf_counter()
    step = 0
    while time.perf_counter() - started < DRAG_S:
        step += 1
        await page.mouse.move(x + 160 + 140 * ((step % 40) / 20 - 1), y + (step % 25))
    ended = await page.evaluate("performance.now()")
    await page.mouse.up()
    ticks = [t for t in await page.evaluate("window.ticks") if begun <= t <= ended]
    gaps = sorted(b - a for a, b in itertools.pairwise(ticks))
    slow = gaps[int(len(gaps) * 0.9) :]
    return 1000 * (len(ticks) - 1) / (ticks[-1] - ticks[0]), 1000 / statistics.mean(slow)


async def measure(browser: Browser, store: str, concepts: int) -> None:
    views = {"overview": ""} | {f"all, {most:,}": f"?view=all&most={most}" for most in (300, 1000) if most <= concepts}
    print(f"\n{concepts:,} concepts")
    for name, query in views.items():
        # A start for each view: what the service has drawn for one must not help another.
        with served(store) as (url, listening):
            context = await browser.new_context(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
            page = await context.new_page()
            first = await load(page, f"{url}{query}")
            waited = (time.perf_counter() - listening) * 1000
            times = [await load(page, f"{url}{query}") for _ in range(LOADS)]
            mean, slow = await frames(page)
            drawn = await page.evaluate("JSON.parse(document.getElementById('page-data').textContent).nodes.length")
            await context.close()
        print(
            f"  {name:11} {drawn:5} drawn  request to first draw {statistics.median(times):6.0f} ms"
            f" (set: {BOUNDS[name]})  first after start {first:6.0f} ms, {waited:6.0f} from listening"
            f"  panning {mean:4.0f} frames/s, slowest tenth {slow:4.0f} (set: {30 if drawn <= 300 else '-'})",
            flush=True,
        )


async def main(sizes: tuple[int, ...]) -> None:
    path = find_chromium()
    if path is None:
        sys.exit("no Chromium: `apt-get install chromium`, or name one in CHROMIUM")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(SWITCHES))
        for concepts in sizes:
            with tempfile.TemporaryDirectory() as folder:
                store = str(Path(folder) / "bench.sqlite3")
                await fill(store, concepts)
                await measure(browser, store, concepts)
        await browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--concepts", type=int, nargs="*", default=SIZES, help="sizes of the stores to measure")
    asyncio.run(main(tuple(parser.parse_args().concepts)))
