"""Decisions at random about a store's graph, made as people make them, and notes rearranged under them."""

import random
import re
from pathlib import Path

from api.deciding import decide
from graph.curation.decision import Decision, What
from graph.errors import InputError
from graph.model import Concept, KnowledgeGraph, RelationType
from graph.store import GraphStore

__all__ = ["drop_sections", "make_decisions", "shuffle_sections"]


async def make_decisions(store: GraphStore, count: int, *, file: Path | None, seed: int) -> list[Decision]:
    """Make `count` decisions, as many of each kind; what would change nothing is refused, and another one is tried."""
    choose = random.Random(seed)
    made: list[Decision] = []
    whole = await store.graph()
    while len(made) < count:
        kind = list(What)[len(made) % len(What)]
        try:
            decided = await decide(store, _wanted(choose, kind, whole, len(made)), file=file)
        except InputError:
            continue
        made.append(decided.decision)
        if kind not in {What.ACCEPT, What.SEPARATE}:
            whole = await store.graph()
    return made


def _wanted(choose: random.Random, kind: What, whole: KnowledgeGraph, number: int) -> Decision:
    """Return a decision about things that are there, with ids for names."""
    concepts = {concept.id: concept for concept in whole.concepts}
    one, other = choose.sample(whole.concepts, 2)
    if kind is What.ADD:
        return Decision(what=kind, source=one.id, type=choose.choice(list(RelationType)[:-1]), target=other.id)
    if kind in {What.ACCEPT, What.REJECT, What.EDIT}:
        relation = choose.choice(whole.relations)
        ends = {"source": relation.source, "type": relation.type, "target": relation.target}
        more = {"to": choose.choice(list(RelationType)).value} if kind is What.EDIT else {}
        return Decision(what=kind, **ends, **more)  # type: ignore[arg-type]
    if kind is What.RENAME:
        return Decision(what=kind, name=one.id, to=f"{one.name} no. {number}")
    if kind is What.MERGE:
        return Decision(what=kind, name=one.id, into=other.id)
    many = choose.choice([concept for concept in concepts.values() if _parts(concept)])
    if kind is What.SPLIT:
        return Decision(what=kind, name=many.id, out=(choose.choice(_parts(many)),))
    return Decision(what=kind, name=many.name, out=(choose.choice(_parts(many)),))


def _parts(concept: Concept) -> list[str]:
    return list(concept.aliases)


def _sections(file: Path) -> tuple[str, list[str]]:
    head, *sections = re.split(r"(?m)^(?=## )", file.read_text(encoding="utf-8"))
    return head, [f"{section.rstrip()}\n\n" for section in sections]


def shuffle_sections(folder: Path, *, seed: int) -> None:
    """Write the sections of every file, between headings of the second level, in another order."""
    choose = random.Random(seed)
    for file in sorted(folder.rglob("*.md")):
        head, sections = _sections(file)
        choose.shuffle(sections)
        file.write_text(head + "".join(sections), encoding="utf-8")


def drop_sections(folder: Path, *, seed: int) -> int:
    """Take a third of all sections away; return how many."""
    choose = random.Random(seed)
    files = {file: _sections(file) for file in sorted(folder.rglob("*.md"))}
    every = [(file, number) for file, (_, sections) in files.items() for number in range(len(sections))]
    gone = set(choose.sample(every, len(every) // 3))
    for file, (head, sections) in files.items():
        left = [section for number, section in enumerate(sections) if (file, number) not in gone]
        file.write_text(head + "".join(left), encoding="utf-8")
    return len(gone)
