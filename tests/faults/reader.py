"""A reader that looks at a store without a pause: `python -m tests.faults.reader URL KNOWN`.

It prints a dot for each time that it saw everything as it may be, `-` where the store said that it cannot be read now,
and a line for what was wrong, and goes on until it is ended. A store that is not there yet is waited for.
"""

import asyncio
import os
import pickle
import sys
import time
from itertools import count
from pathlib import Path

from graph.errors import StoreBusy, StoreUnavailable
from graph.store import GraphStore, open_store
from tests.faults.case import Known

_PAUSE_S = 0.02


async def look(store: GraphStore, known: Known) -> list[str]:
    """Return what is wrong with what the store shows, as sources and as one graph."""
    return known.faults(await store.contents(), await store.graph())


async def watch(url: str, known: Known) -> None:
    """Look again and again."""
    while True:
        try:
            async with open_store(url) as store:
                for number in count():
                    # The whole graph takes several times as long.
                    found = await look(store, known) if number % 4 == 0 else known.faults(await store.contents())
                    say("." if not found else "\n" + "\n".join(found) + "\n")
        except (StoreBusy, StoreUnavailable):
            say("-")
            await asyncio.sleep(_PAUSE_S)


def say(text: str) -> None:
    """Print at once: this process may be killed."""
    os.write(1, text.encode())


def main(url: str, known: Path) -> None:
    """Wait for the store, then watch it."""
    file = getattr(open_store(url), "file", None)
    while isinstance(file, Path) and not file.exists():
        time.sleep(0.001)
    asyncio.run(watch(url, pickle.loads(known.read_bytes())))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
