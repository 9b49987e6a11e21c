"""One sense for an ambiguous name within a section: what its words around decide for most of its mentions there.

Gale, Church and Yarowsky, "One sense per discourse" (1992): a word that occurs again in one discourse keeps its sense
nearly always. A discourse is what stands under one heading here, since notes run through many subjects.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

from graph.names import name_key
from loaders.document import Document
from loaders.lexicon import Lexicon
from loaders.mentions import Mention

__all__ = ["one_sense"]


def one_sense(document: Document, mentions: Sequence[Sequence[Mention]], lexicon: Lexicon) -> list[list[Mention]]:
    """Return the mentions of each block, with one concept for each ambiguous name in a section: the most frequent.

    Of several equally frequent the first to be mentioned counts. Linear.
    """
    found: dict[tuple[int, str], list[tuple[int, int]]] = defaultdict(list)  # section, name key -> block, mention
    section = -1
    for i, (block, here) in enumerate(zip(document.blocks, mentions, strict=True)):
        if block.kind == "heading":
            section = i
        for n, mention in enumerate(here):
            key = name_key(block.readable[slice(*mention.span)])
            if key in lexicon.ambiguous:
                found[section, key].append((i, n))
    rows = [list(here) for here in mentions]
    for places in found.values():
        senses = Counter(mentions[i][n].concept for i, n in places)
        if len(senses) > 1:
            usual = senses.most_common(1)[0][0]
            for i, n in places:
                rows[i][n] = rows[i][n]._replace(concept=usual)
    return rows
