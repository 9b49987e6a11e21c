"""How long it takes to load notes of which one line was edited, and how many rows of the store that writes.

    python bench/editing.py [--files N] [--megabytes N] [--edits N] [--store URL]

Makes a folder of Markdown from this project's own notes (`bench.reading`), loads it, and then edits one line of one
file after the other, each of which says something new of two known concepts. After every edit it loads as
`noteatlas load --watch` does, in this process, and as a command of its own. What changed in the store is counted by the
rows of contributions that are there before and after; rows of other files must stay.

A clean load into a new store at the end must export the same. The aim: at most a second, only rows of the edited file.
"""

import argparse
import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.loading import Loaded, read_notes, store_all
from api.remembered import open_memory
from bench.reading import MB, OWN, made_from
from graph.store import open_store

_NAMES = ("BERT", "Adam", "GBDT", "Dropout", "LoRA", "PCA", "ResNet", "K-Means", "BLEU", "Word2Vec")


def make(folder: Path, files: int, size: int) -> list[Path]:
    """Write `files` files of `size` bytes together."""
    blocks = made_from(OWN, size).split("\n\n")
    step = -(-len(blocks) // files)
    folder.mkdir(parents=True)
    made = []
    for number in range(files):
        made.append(folder / f"{number:04}.md")
        made[-1].write_text("\n\n".join(blocks[number * step : (number + 1) * step]) + "\n", encoding="utf-8")
    return made


@contextmanager
def timed(times: list[tuple[float, float]]) -> Iterator[None]:
    """Add the seconds, by the clock and of the processor, that the block takes."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    times.append((time.perf_counter() - wall, time.process_time() - cpu))


async def load(store: str, notes: Path, cache: Path) -> Loaded:
    """Load as the command does."""
    with open_memory(cache, [notes], []) as memory:
        extraction = read_notes([notes], memory=memory)
        async with open_store(store) as opened:
            return await store_all(opened, extraction, folders=[notes])


async def rows(store: str) -> dict[str, set[object]]:
    """Return all rows of the store's contributions, by source."""
    async with open_store(store) as opened:
        contents = await opened.contents()
    return {
        path: {*c.concepts.items(), *c.relations.items(), *enumerate(c.passages), *enumerate(c.sources)}
        for path, c in contents.contributions.items()
    }


def command(*arguments: str | Path, cache: Path, cwd: Path) -> bytes:
    env = {**os.environ, "NOTEATLAS_CACHE": str(cache)}
    done = subprocess.run(
        [Path(sys.executable).parent / "noteatlas", *arguments], cwd=cwd, env=env, check=True, capture_output=True
    )
    return done.stdout


async def main(files: int, megabytes: float, edits: int, store: str | None) -> None:
    dice = random.Random(0)
    with tempfile.TemporaryDirectory(prefix="noteatlas-editing-") as name:
        folder = Path(name)
        notes, cache, url = folder / "notes", folder / "cache", store or str(folder / "store")
        paths = make(notes, files, int(megabytes * MB))
        first: list[tuple[float, float]] = []
        with timed(first):
            await load(url, notes, cache)
        print(f"first load of {files} files, {megabytes} MB   {first[0][0]:.1f} s, of the processor {first[0][1]:.1f}")
        resident: list[tuple[float, float]] = []
        commands: list[tuple[float, float]] = []
        others = changed = 0
        for number in range(edits):
            before = await rows(url)
            path = dice.choice(paths)
            lines = path.read_text(encoding="utf-8").split("\n")
            lines[dice.randrange(len(lines))] += f" {dice.choice(_NAMES)} uses {dice.choice(_NAMES)} {number}."
            path.write_text("\n".join(lines), encoding="utf-8")
            if number % 2:
                with timed(commands):
                    command("load", notes, "--store", url, cache=cache, cwd=folder)
            else:
                with timed(resident):
                    await load(url, notes, cache)
            after = await rows(url)
            differ = {p for p in before.keys() | after.keys() if before.get(p) != after.get(p)}
            changed += sum(len(before[p] ^ after[p]) for p in differ)
            others += len(differ - {f"notes/{path.name}"})
        for what, times in (("in one process (--watch)", resident), ("as a command", commands)):
            walls = sorted(wall for wall, _ in times)
            cpus = f", of the processor {statistics.median(cpu for _, cpu in times):.2f}" if times is resident else ""
            print(f"reload {what:26} p50 {statistics.median(walls):.2f} s, most {walls[-1]:.2f}{cpus}")
        print(
            f"rows that differ after an edit       {changed / edits:.1f}; sources other than the edited one: {others}"
        )
        command("load", notes, "--store", "clean", "--fresh", cache=cache, cwd=folder)
        same = command("export", "--store", url, cache=cache, cwd=folder) == command(
            "export", "--store", "clean", cache=cache, cwd=folder
        )
        print(f"export equal to that of a clean load {same}")
        if not same:
            sys.exit(1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--megabytes", type=float, default=5)
    parser.add_argument("--edits", type=int, default=10)
    parser.add_argument("--store", default=None)
    options = parser.parse_args()
    asyncio.run(main(options.files, options.megabytes, options.edits, options.store))
