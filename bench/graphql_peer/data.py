"""The graph that all of them are asked about: made up with a seed, the same whenever it is made.

A concept has four incoming relations from distinct concepts shortly before it: one, two or three prerequisites, the
rest of other types, each said by one or two sentences. Its name ends with a word that nine others have too, and no
other word begins with that word, so that a search for it has ten hits, whatever ranks them.
"""

import random
from collections.abc import Iterator

from bench.graphs import HAN, WORDS
from graph.model import (
    RELATION_TYPES,
    Concept,
    ConceptKind,
    Evidence,
    KnowledgeGraph,
    Origin,
    Relation,
    RelationType,
    Source,
)

__all__ = ["HITS", "make_sources", "rare_word"]

HITS = 10
SOURCE = 500
NEAR = 60  # how far before a concept its relations come from
SYLLABLES = [consonant + vowel for consonant in "bdfgjklmnprstvz" for vowel in "aeiou"]
OTHERS = [t for t in RelationType if t is not RelationType.PREREQUISITE_OF and not RELATION_TYPES[t].symmetric]


def rare_word(group: int) -> str:
    """Return the word of a group of concepts: three syllables."""
    size = len(SYLLABLES)
    return "".join(SYLLABLES[n % size] for n in (group, group // size, 7 * group + group // size**2))


def make_sources(concepts: int, *, seed: int = 1) -> Iterator[tuple[str, KnowledgeGraph]]:
    """Yield sources of 500 concepts by path; relations stay within a source."""
    choose = random.Random(seed)
    groups = max(1, concepts // HITS)
    for start in range(0, concepts, SOURCE):
        path = f"notes/{start // SOURCE:04}.md"
        rows, relations = [], []
        for number in range(start, min(start + SOURCE, concepts)):
            name = f"{' '.join(choose.sample(WORDS, 2))} {number} {rare_word(number % groups)}"
            alias = "".join(choose.choices(HAN, k=choose.randrange(2, 7)))
            kind = choose.choice(list(ConceptKind))
            rows.append(Concept(f"c{number}", name, (alias,), kind, f"{alias}：in a sentence.", path, number + 1))
            near = choose.sample(range(max(start, number - NEAR), number), min(4, number - start))
            prerequisites = choose.randrange(1, 4)
            for place, other in enumerate(near):
                type_ = RelationType.PREREQUISITE_OF if place < prerequisites else choose.choice(OTHERS)
                said = tuple(
                    Evidence(
                        path, number + 1 + line, f"Sentence {line} says that c{other} and {name} go together.", "x"
                    )
                    for line in range(choose.randrange(1, 3))
                )
                relations.append(Relation(f"c{other}", type_, f"c{number}", Origin.STATED, 0.9, said))
        yield path, KnowledgeGraph.of(rows, relations, (), [Source(path, "markdown", path, "0" * 64)])
