"""Edits at random of a folder of notes, made of pieces of the sample notes, and what loads of them must come to."""

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

from api.curating import CURATION_FILE, curation_files, read_decisions, write_decisions
from api.loading import Loaded, read_notes, sample_notes, store_all
from api.remembered import open_memory
from graph.interchange import dumps
from graph.store import GraphStore, open_store
from tests.random_decisions import make_decisions

__all__ = ["edits", "script"]

DECISIONS = 10
BLOCKS = [
    block
    for file in sorted(sample_notes().rglob("*.md"))
    for block in file.read_text(encoding="utf-8").split("\n\n")
    if block.strip()
]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "gb18030"]


def edits(seed: int, folder: Path, steps: int) -> Iterator[str]:
    """Edit a folder of notes step by step: insert, delete, move, rename, merge files, change encodings."""
    dice = random.Random(seed)
    texts: dict[Path, str] = {}

    def write(path: Path, text: str) -> None:
        texts[path] = text
        path.write_text(text, encoding=dice.choice(ENCODINGS))

    for number in range(4):
        write(folder / f"n{number}.md", "\n\n".join(dice.sample(BLOCKS, 5)) + "\n")
    yield "made"
    for number in range(steps):
        kind = dice.choice(["insert", "delete", "move", "rename", "merge", "encode", "new", "invent"])
        path = dice.choice(sorted(texts)) if texts else folder / "n.md"
        rows = texts.get(path, "").split("\n\n")
        match kind:
            case "insert":
                rows.insert(dice.randrange(len(rows) + 1), dice.choice(BLOCKS))
                write(path, "\n\n".join(rows))
            case "delete" if len(rows) > 1:
                del rows[dice.randrange(len(rows))]
                write(path, "\n\n".join(rows))
            case "move":
                rows.insert(dice.randrange(len(rows)), rows.pop(dice.randrange(len(rows))))
                write(path, "\n\n".join(rows))
            case "rename" if path in texts:
                text = texts.pop(path)
                path.unlink()
                write(folder / f"r{number}.md", text)
            case "merge" if len(texts) > 2:
                other = dice.choice(sorted(texts.keys() - {path}))
                text = texts.pop(other)
                other.unlink()
                write(path, texts[path] + "\n\n" + text)
            case "encode" if path in texts:
                write(path, texts[path])
            case "invent":
                name = dice.choice(["Quilting Loss", "Zorp", "折叠门控", "BERT", "Input Gate"])
                rows.append(
                    f"## {name}\n\n**{name} ({dice.choice(['QL', '拼接损失', 'ZP'])})** 使用 {dice.choice(BLOCKS)[:40]}"
                )
                write(path, "\n\n".join(rows))
            case _:
                write(folder / f"n{number}.md", "\n\n".join(dice.sample(BLOCKS, 4)) + "\n")
        yield kind


async def _load(store: GraphStore, notes: Path, cache: Path | None) -> Loaded:
    """Load with what is remembered in `cache`, or everything."""
    beside = curation_files([notes])
    if cache is None:
        return await store_all(store, read_notes([notes]), folders=[notes], curation=beside)
    with open_memory(cache, [notes], []) as memory:
        return await store_all(store, read_notes([notes], memory=memory), folders=[notes], curation=beside)


async def _state(store: GraphStore, loaded: Loaded) -> tuple[object, ...]:
    """Return all that must be equal."""
    ruled = loaded.curation
    applied = [d.id for d in ruled.applied] if ruled is not None else []  # None where there were none before either
    stale = [row.decision.id for row in ruled.stale] if ruled is not None else []
    contents = await store.contents()
    digests = {path: row.digest for path, row in contents.contributions.items()}
    originals = {path: row.digest for path, row in contents.originals.items()}
    return dumps(await store.graph()), digests, originals, contents.decisions, applied, stale


async def script(store: GraphStore, seed: int, steps: int, *, decide: bool) -> tuple[int, list[str]]:
    """Carry out one script in an empty store; return how many steps it had, and what differed."""
    choose = random.Random(seed)
    done, wrong = 0, []
    with tempfile.TemporaryDirectory(prefix="noteatlas-edits-") as name:
        folder = Path(name)
        notes, file = folder / "notes", folder / "notes" / CURATION_FILE
        notes.mkdir()
        for kind in edits(seed, notes, steps):
            kept = read_decisions(file)[0] if file.exists() else []
            if kept and choose.random() < 0.2:
                write_decisions(file, kept[: choose.randrange(len(kept))])
            loaded = await _load(store, notes, folder / "cache")
            async with open_store(str(folder / f"clean{done}")) as clean:
                if await _state(store, loaded) != await _state(clean, await _load(clean, notes, None)):
                    wrong.append(f"seed {seed}, step {done} ({kind}) is not as a clean load")
            if decide and done == 0:
                await make_decisions(store, DECISIONS, file=file, seed=seed)
            done += 1
    await store.replace(dict.fromkeys(source.path for source in await store.sources()), decisions=[])
    return done, wrong
