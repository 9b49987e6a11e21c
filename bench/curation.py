"""What decisions cost, and whether they hold: `python -m bench.curation [--decisions N] [URL]`.

First the cost: decisions of all kinds at random are applied to 20,000 concepts and 80,000 relations, then twice as
many; the ratio of the two times should not be above two. Then the file of decisions: 2,000 are read, and one is added.

Then whether they hold. 200 random decisions of all kinds are made, one by one, about the sample notes in a SQLite
store, with a file beside the notes. Every file of notes is written with its sections in another order, and the notes
are loaded into a new store. Printed is how many of the decisions apply and how many are reported as stale; the two must
add up. The same notes go into the store at URL, which must be empty and is left empty: its export must be the same.
Last, a third of the sections is taken away, and the rest is loaded into a new store again.
"""

import argparse
import asyncio
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from api.curating import CURATION_FILE, curation_files, read_decisions, write_decisions
from api.loading import read_notes, sample_notes, store_all
from bench.stores import make_sources
from graph.curation.apply import curate
from graph.curation.decision import Decision, What
from graph.errors import InputError
from graph.interchange import dumps
from graph.model import KnowledgeGraph, RelationType
from graph.store import open_store
from tests.random_decisions import drop_sections, make_decisions, shuffle_sections

CONCEPTS = 20_000
MANY = 2000
_OTHER = (RelationType.CAUSES, RelationType.USES)


def at_random(graphs: dict[str, KnowledgeGraph], count: int, *, seed: int) -> list[Decision]:
    """Return decisions of every kind, as many of each, about concepts that are there."""
    choose = random.Random(seed)
    concepts = [concept for graph in graphs.values() for concept in graph.concepts]
    relations = [relation for graph in graphs.values() for relation in graph.relations]
    called = {concept.id: concept.name for concept in concepts}
    rows = []
    for number in range(count):
        what = list(What)[number % len(What)]
        one, other = choose.sample(concepts, 2)
        relation = choose.choice(relations)
        ends = {"source": called[relation.source], "type": relation.type, "target": called[relation.target]}
        said: dict[What, dict[str, object]] = {
            What.ACCEPT: ends,
            What.REJECT: ends,
            What.EDIT: {**ends, "to": next(kind for kind in _OTHER if kind is not relation.type).value},
            What.ADD: {"source": one.name, "type": RelationType.USES, "target": other.name},
            What.RENAME: {"name": one.name, "to": f"Renamed {number}"},
            What.MERGE: {"name": one.name, "into": other.name},
            What.SPLIT: {"name": one.name, "out": one.aliases[:1]},
            What.SEPARATE: {"name": one.name, "out": (other.name,)},
        }
        at = f"2026-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"
        rows.append(Decision(what=what, time=at, **said[what]))  # type: ignore[arg-type]
    return rows


def cost() -> None:
    """Print what applying decisions costs, in seconds of the processor."""
    graphs = make_sources(CONCEPTS, seed=1)
    rows = at_random(graphs, MANY, seed=2)

    def seconds(count: int) -> float:
        best = float("inf")
        for _ in range(3):
            began = time.process_time()
            curate(graphs, rows[:count])
            best = min(best, time.process_time() - began)
        return best

    found = curate(graphs, rows)
    one, half, whole = seconds(1), seconds(MANY // 2), seconds(MANY)
    print(f"{CONCEPTS:,} concepts, {sum(len(g.relations) for g in graphs.values()):,} relations:")
    print(f"  1 decision {one:.2f} s, {MANY // 2:,} decisions {half:.2f} s, {MANY:,} decisions {whole:.2f} s")
    print(f"  twice the decisions: {whole / half:.2f} times; {len(found.applied):,} of {MANY:,} applied")


def files() -> None:
    """Print what the file of decisions costs, in seconds of the processor."""
    graphs = make_sources(2000, seed=1)
    rows = at_random(graphs, MANY, seed=2)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / CURATION_FILE
        write_decisions(file, rows[:-1])
        began = time.process_time()
        read_decisions(file)
        read = time.process_time() - began
        began = time.process_time()
        write_decisions(file, rows)
        print(f"a file of {MANY:,} decisions: read in {read:.2f} s, one added in {time.process_time() - began:.2f} s")


async def loaded(folder: Path, url: str, made: Sequence[Decision]) -> bytes:
    """Load the notes into a new store, print what became of the decisions, and return the store's export."""
    async with open_store(url) as store:
        done = await store_all(store, read_notes([folder]), folders=[folder], curation=curation_files([folder]))
        report = done.curation
        if report is None:
            raise InputError("the load says nothing of decisions")
        told = {row.id for row in report.applied} | {row.decision.id for row in report.stale}
        lost = len({row.id for row in made} - told)
        print(f"    {len(report.applied)} applied, {len(report.stale)} stale, {lost} lost")
        for why, count in Counter(_kind_of(row.why) for row in report.stale).most_common():
            print(f"      {count:3} {why}")
        if lost or len(told) != len(made):
            raise InputError("decisions were lost")
        export = dumps(await store.graph())
        if not url.startswith("/"):
            await store.replace({source.path: None for source in await store.sources()}, decisions=[])
        return export


def _kind_of(why: str) -> str:
    for words in ("no concept is called", "several concepts are called", "another concept is called", "is not called"):
        if words in why:
            return f"{words} ..."
    return "kept apart" if "kept apart" in why else why


async def hold(count: int, url: str | None) -> None:
    """Make decisions, rearrange the notes, and print what holds."""
    with tempfile.TemporaryDirectory() as at:
        folder = Path(at) / "notes"
        shutil.copytree(sample_notes(), folder)
        file = folder / CURATION_FILE
        async with open_store(f"{at}/first") as store:
            await store_all(store, read_notes([folder]), folders=[folder], curation=curation_files([folder]))
            began = time.perf_counter()
            made = await make_decisions(store, count, file=file, seed=3)
            print(f"{count} decisions made in {time.perf_counter() - began:.0f} s")
            decided = dumps(await store.graph())
        if len(read_decisions(file)[0]) != count:
            raise InputError("the file has not all decisions")
        print("  the same notes in a new store:")
        print(f"    the same as decided: {await loaded(folder, f'{at}/anew', made) == decided}")
        shuffle_sections(folder, seed=4)
        print("  every file rewritten with its sections in another order, in a new store:")
        first = await loaded(folder, f"{at}/second", made)
        if url is not None:
            print("  the same in the store at the URL:")
            print(f"    the same export: {await loaded(folder, url, made) == first}")
        print(f"  without {drop_sections(folder, seed=5)} sections, a third, in a new store:")
        await loaded(folder, f"{at}/third", made)


def main() -> None:
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", nargs="?")
    parser.add_argument("--decisions", type=int, default=200)
    options = parser.parse_args()
    cost()
    files()
    asyncio.run(hold(options.decisions, options.url))


if __name__ == "__main__":
    main()
