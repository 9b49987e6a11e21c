"""How fast notes are read, against markdown-it-py alone, whether that is linear, and how much memory it takes.

    python bench/reading.py [FOLDER]

Makes 1 MB of Markdown from the notes of a folder (this project's own, unless one is given): their paragraphs in ever
new order, each with a number of its own, so that no sentence comes twice. Times are processor seconds, taken in turn in
one process; the first round, which also compiles what the rules need, is printed and left out. Memory is the greatest
that a process of its own held resident.

The aims: reading takes at most 4 times what markdown-it-py takes to parse the same text, twice the text at most 2.3
times the time, and 5 MB at most 300 MB.
"""

import gc
import random
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from markdown_it import MarkdownIt

from graph.model import Source
from loaders.extract import extract_texts
from loaders.lexicon import default_lexicon

MB = 1_000_000
ROUNDS = 5
OWN = Path(__file__).parent.parent / "notes"
_LAST_WORD = re.compile(r"(?<=\w)(?=[。.]$)", re.MULTILINE)


def made_from(folder: Path, size: int) -> str:
    """Return about `size` bytes of Markdown made from a folder's notes."""
    files = sorted(p for p in folder.rglob("*") if p.suffix in {".md", ".markdown", ".txt"})
    blocks = [b for p in files for b in re.split(r"\n{2,}", p.read_text(encoding="utf-8")) if b.strip()]
    if not blocks:
        sys.exit(f"{folder}: no notes (.md, .markdown, .txt)")
    dice = random.Random(0)
    made: list[str] = []
    length = 0
    for n in count(1):
        for block in dice.sample(blocks, len(blocks)):
            made.append(_LAST_WORD.sub(f" {n}", block))
            length += len(made[-1].encode()) + 2
            if length >= size:
                return "\n\n".join(made) + "\n"
    raise AssertionError


def seconds(work: Callable[[], object]) -> float:
    """Return the processor seconds that `work` takes, without those of collecting what was before."""
    gc.collect()
    start = time.process_time()
    work()
    return time.process_time() - start


def read(text: str) -> None:
    extract_texts([(Source("notes.md", "markdown", "Notes", "0" * 64), text)])


def main(folder: Path) -> None:
    text, twice = made_from(folder, MB), made_from(folder, 2 * MB)
    print(f"lexicon   {seconds(default_lexicon):.2f} s")
    print(f"first     {seconds(lambda: read(text)):.2f} s for {len(text.encode()) / MB:.2f} MB")
    parser = MarkdownIt()
    ratios, ones, twos = [], [], []
    for _ in range(ROUNDS):
        parsing = seconds(lambda: parser.parse(text))
        ones.append(seconds(lambda: read(text)))
        twos.append(seconds(lambda: read(twice)))
        ratios.append(ones[-1] / parsing)
        print(f"          markdown-it-py {parsing:.2f} s, reading {ones[-1]:.2f} s, twice the text {twos[-1]:.2f} s")
    print(f"ratio     {min(ratios):.2f} at best, {statistics.median(ratios):.2f} in the middle (to markdown-it-py)")
    print(f"twice     {min(twos) / min(ones):.2f} times the time")
    child = subprocess.run(  # this program, again
        [sys.executable, __file__, "--memory", str(folder)], check=True, capture_output=True, text=True
    )
    print(f"memory    {child.stdout.strip()} for 5 MB")


def print_memory(folder: Path) -> None:
    """Read 5 MB and print the greatest memory that this process has held."""
    read(made_from(folder, 5 * MB))
    unit = 1 if sys.platform == "darwin" else 1024
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MB:.0f} MB")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--memory", folder]:
            print_memory(Path(folder))
        case []:
            main(OWN)
        case [folder] if Path(folder).is_dir():
            main(Path(folder))
        case _:
            sys.exit(__doc__)
