"""What storing a source costs as there are more that share concepts: `python -m bench.storing [--files N...] [URL]`.

Makes sources that all speak of the same concepts and relate them alike, as notes of one field do, and loads 100, 200
and 400 of them into an empty store, as `noteatlas load` does, and then each in a transaction of its own. Prints the
milliseconds of each source and the ratio of the two; the export of both must be the same. Without URL, of a Neo4j store
that is empty, the stores are embedded ones. The database is left empty.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from api.loading import MOST_ROWS, store_all
from graph.interchange import dumps
from graph.model import Concept, Evidence, KnowledgeGraph, Passage, Relation, RelationType, Source
from graph.store import open_store
from loaders.extract import Extraction

_CONCEPTS = 1200  # of the field
_OWN = 90  # that a source speaks of
_SENTENCES = 90


def make_sources(count: int, *, seed: int = 0) -> dict[str, KnowledgeGraph]:
    """Sources by path. Some concepts are in most of them, others in few."""
    choose = random.Random(seed)
    types = [RelationType.PREREQUISITE_OF, RelationType.IS_A, RelationType.USES, RelationType.IN_TOPIC]
    found = {}
    for number in range(count):
        path = f"notes/{number:04}.md"
        ids = sorted({int(choose.random() ** 3 * _CONCEPTS) for _ in range(_OWN)})
        relations, passages = [], []
        for line in range(1, _SENTENCES + 1):
            one, other = sorted(choose.sample(ids[: 2 + len(ids) // 2], 2))
            said = (Evidence(path, line, f"Term {one} and term {other} in sentence {line} of a file.", "bench"),)
            relations.append(Relation(f"c{one}", types[(one + other) % 4], f"c{other}", evidence=said))
            passages.append(Passage(path, line, said[0].text, ("Section",), (f"c{one}", f"c{other}")))
        concepts = [Concept(f"c{i}", f"Term {i}", (f"T{i}",), document=path, line=i + 1) for i in ids]
        found[path] = KnowledgeGraph.of(concepts, relations, passages, [Source(path, "markdown", path, "0" * 64)])
    return found


async def measure(url: str, sources: Mapping[str, KnowledgeGraph], most: int) -> tuple[float, bytes]:
    """Load into an empty store and empty it again; return the milliseconds of each source, and the export."""
    async with open_store(url) as store:
        begun = time.perf_counter()
        await store_all(store, Extraction(sources, ()), most_rows=most)
        took = time.perf_counter() - begun
        export = dumps(await store.graph())
        await store.remove(list(sources))
    return 1000 * took / len(sources), export


async def main(files: list[int], url: str | None) -> None:
    """Measure and print."""
    print("| sources | ms each, as a load does | ms each, one by one | ratio | same export |\n|---|---|---|---|---|")
    alike = True
    for count in files:
        found = []
        for most in (MOST_ROWS, 1):
            with tempfile.TemporaryDirectory(prefix="noteatlas-storing-") as folder:
                found.append(await measure(url or str(Path(folder) / "store"), make_sources(count), most))
        (many, export), (single, other) = found
        alike = alike and export == other
        print(f"| {count} | {many:.1f} | {single:.1f} | {single / many:.1f} | {export == other} |", flush=True)
    if not alike:
        sys.exit(1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, nargs="+", default=[100, 200, 400])
    parser.add_argument("url", nargs="?")
    given = parser.parse_args()
    asyncio.run(main(given.files, given.url))
