"""Random edits of notes, each loaded as `noteatlas load` does, beside a clean load: `python -m bench.edits [URL]`.

Scripts of `--steps` edits each (`tests/random_edits.py`: insert, delete, move, rename, merge, change encodings, bring
in a name), of seeds from `--seed` on, until `--seconds` have passed; every other script with decisions at random
(`tests/random_decisions.py`), some of which are taken back on the way. After each edit the notes are loaded into the
store at URL with what was remembered of them, and into a new embedded store without a memory: the exports of both must
be the same to the byte, and so must what the notes say and which decisions apply. Without URL the store is an embedded
one; that at URL must be empty and is left empty.

Prints a line for each script, and exits 1 if anything differed.
"""

import argparse
import asyncio
import sys
import tempfile
import time

from graph.store import open_store
from tests.random_edits import script


async def main(url: str | None, *, seed: int, steps: int, seconds: float) -> int:
    """Run scripts until the time is over."""
    begun = time.monotonic()
    done, faults = 0, list[str]()
    with tempfile.TemporaryDirectory(prefix="noteatlas-edits-") as folder:
        async with open_store(url or folder) as store:
            while time.monotonic() - begun < seconds:
                more, wrong = await script(store, seed, steps, decide=seed % 2 == 1)
                done, faults, seed = done + more, faults + wrong, seed + 1
                print(f"{done} steps, {time.monotonic() - begun:.0f} s", *wrong, sep="; ", flush=True)
    print(f"{done - len(faults)} of {done} steps as a clean load; the next seed is {seed}")
    return int(bool(faults))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("url", nargs="?")
    given = parser.parse_args()
    sys.exit(asyncio.run(main(given.url, seed=given.seed, steps=given.steps, seconds=given.seconds)))
