"""`noteatlas load` whose notes were read before: `python -m tests.faults.prepared EXTRACTION ARGUMENT...`.

Reading notes takes seconds and writes nothing but the record of the load; here its result comes from a file, so that a
run can be repeated by the hundred. The notes would fit into one or two transactions: here each file has its own. All
the rest is the command's own. It prints a line when it begins, one when it begins to store and one when all is stored.
"""

import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import api.cli_loading
import api.loading
from api.cli import main
from api.loading import Loaded
from loaders.extract import Extraction


def prepare(file: Path) -> None:
    """Let reading give what `file` holds, and say where the load is."""
    extraction: Extraction = pickle.loads(file.read_bytes())
    store_all = api.loading.store_all

    def extract(paths: object, *, on_source: Callable[[str], None] | None = None, **rest: object) -> Extraction:
        for path in extraction.graphs:
            if on_source is not None:
                on_source(path)
        return extraction

    async def told(*arguments: Any, **rest: Any) -> Loaded:
        say("storing")
        loaded = await store_all(*arguments, **rest, most_rows=1)
        say("stored")
        return loaded

    for module, name, instead in (
        (api.loading, "extract", extract),
        (api.loading, "store_all", told),
        (api.cli_loading, "find_lexicon", lambda settings: None),
    ):
        setattr(module, name, instead)


def say(word: str) -> None:
    """Tell the process that watches."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    prepare(Path(sys.argv.pop(1)))
    say("begun")
    main()
