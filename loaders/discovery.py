"""Terms that notes introduce or keep using and that no lexicon knows, and further names of known ones.

    blocks -> names with the places they stand in -> names of one thing -> a score each -> terms

A candidate is a name, by its key, with how many blocks it stands in and in which *places*: a heading, the head of an
item, bold, a bracket behind another name, a definition, the run of words of an ordinary sentence. Whether it becomes a
term is decided by one sum of the weights in `patterns/candidates.yaml` over places, recurrence and shape, once all
documents are read: so the answer does not depend on the order of files, and the reasons can be read off.

Names that the notes tie together (`Full Name (ABBR)`, 全称（英文, 缩写）, "also called") are one thing's. If the
lexicon knows one of them, the others become names of that; two things that it tells apart are never joined.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from graph.model import ConceptKind
from graph.names import is_cjk, name_key, slug
from loaders.candidates import Candidate, can_be_term, is_empty_suffix, score
from loaders.chunks import runs_of
from loaders.document import Document
from loaders.gathering import Gathered
from loaders.lexicon import Lexicon, Term
from loaders.mentions import after_name, find_mentions
from loaders.terms import guess_kind

__all__ = ["discover", "discover_among"]


class _Naming:
    """All candidates of some documents, and which names are one thing's. What was gathered stays as it is."""

    def __init__(self, gathered: Gathered, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.ties = gathered.ties
        self.topics, self.outline, self.people = gathered.topics.keys(), gathered.outline.keys(), gathered.people.keys()
        self.candidates = dict(gathered.candidates)
        self._take_runs(gathered.runs)

    def _take_runs(self, runs: Mapping[str, Sequence[int]]) -> None:
        """Take the runs among the candidates: those that recur or are introduced; all of them if nothing is known."""
        folded: dict[str, list[str]] = defaultdict(list)
        for text in runs:
            folded[name_key(text)].append(text)
        for key, texts in folded.items():
            rows = [runs[t] for t in texts]
            blocks = sum(row[1] for row in rows)
            known = self.candidates.get(key)
            if not key or (blocks < 2 and known is None and len(self.lexicon)):
                continue
            written = Counter() if known is None else Counter(known.written)
            for text, row in zip(texts, rows, strict=True):
                written[" ".join(text.split())] += row[0]
            places = {**(known.places if known else {}), "run": sum(row[0] for row in rows)}
            self.candidates[key] = Candidate(written, places, max(known.blocks if known else 0, blocks))

    # -- one thing's names ------------------------------------------------------------------------------------------

    def groups(self) -> tuple[dict[str, list[str]], list[list[str]]]:
        """Return further names of known terms by id, and the keys of each unknown thing's names, preferred first."""
        known: dict[str, list[str]] = defaultdict(list)
        root: dict[str, str] = {}

        def find(key: str) -> str:
            while root.get(key, key) != key:
                key = root[key]
            return key

        first: Counter[str] = Counter()
        place: dict[str, int] = {}
        for term_id, names, times in self.usable_ties():
            if term_id is not None:
                known[term_id] += names
                continue
            keys = [name_key(self.trimmed(n)) for n in names]
            first[keys[0]] += times
            place.update({key: min(at, place.get(key, at)) for at, key in enumerate(keys)})
            for other in keys[1:]:
                a, b = sorted((find(keys[0]), find(other)))
                root[b] = a
        for short, long in self.abbreviations():
            a, b = sorted((find(short), find(long)))
            root[b] = a
            first[long] += 1
        members: dict[str, list[str]] = defaultdict(list)
        taken = {name_key(n) for rows in known.values() for n in rows}
        for key in sorted(self.candidates):
            if key not in taken and self.is_free(self.candidates[key].name):
                members[find(key)].append(key)
        order = [sorted(keys, key=lambda k: (-first[k], place.get(k, 0), k)) for keys in members.values()]
        return {i: sorted(set(rows)) for i, rows in known.items()}, order

    def usable_ties(self) -> Iterator[tuple[str | None, list[str], int]]:
        """Yield names of one thing that the lexicon does not know, how often they are tied, and the id of a known one.

        A tie joins nothing if its names already are of two known things.
        """
        for key in sorted(self.ties):
            if self.says_too_much(key):
                continue
            for names, times in sorted(self.ties[key].items()):
                ids = {t.id for n in names if (t := self.lexicon.find(n))}
                free = [n for n in names if self.is_free(n)]
                if free and len(ids) < 2:
                    yield next(iter(ids), None), free, times

    def says_too_much(self, key: str) -> bool:
        """Tell whether brackets give a name to things with nothing in common, as if it were all of each: 学习."""
        others = [{name_key(n) for n in names[1:]} for names in sorted(self.ties[key])]
        first = others[0]
        return any(not any(a in b or b in a for a in first for b in more) for more in others[1:])

    def abbreviations(self) -> Iterator[tuple[str, str]]:
        """Yield keys of short forms with those of the names that they shorten though no bracket says so.

        A plural of capitals (GANs), and capitals that are the initials of just one name of three words or more.
        """
        initials: dict[str, list[str]] = defaultdict(list)
        capitals: list[tuple[str, str]] = []
        for key, candidate in self.candidates.items():
            name = candidate.name
            if name.isupper() and name.isalpha() and 3 <= len(name) <= 6:
                capitals.append((key, name))
                if f"{key}s" in self.candidates:
                    yield f"{key}s", key
                continue
            words = re.split(r"[ -]+", name)
            if name.isascii() and len(words) > 2 and all(w[:1].isupper() for w in words):
                initials["".join(w[:1] for w in words)].append(key)
        for key, name in capitals:
            longs = initials.get(name, [])
            if len(longs) == 1:
                yield key, longs[0]

    def accepted(self, groups: Iterable[Sequence[str]]) -> dict[str, list[str]]:
        """Return the names of the things that are terms, by the key of the preferred one."""
        rows: list[list[str]] = []
        for keys in groups:
            usual = [k for k in keys if not self.candidates[k].is_boilerplate]
            rows.append([n for k in usual if can_be_term(n := self.candidates[k].name, self.people)])
        flat = [n for names in rows for n in names]
        whole = {n for n, spans in zip(flat, runs_of(flat), strict=True) if spans[:1] == [(0, len(n))]}
        found = {}
        for names in filter(None, rows):
            scores = (
                score(n, self.candidates[name_key(n)], whole=n in whole, beside_lexicon=len(self.lexicon) > 0)
                for n in names
            )
            if max(scores) > 0 or not self.outline.isdisjoint(map(name_key, names)):
                found[name_key(names[0])] = names
        return found

    def trimmed(self, name: str) -> str:
        """Return a Chinese name before a bracket without a character or two that the run of words has too many."""
        here = self.candidates[name_key(name)]
        for skip in range(1, min(4, len(name) - 2)):
            other = self.candidates.get(name_key(name[skip:])) if is_cjk(name[0]) else None
            if other is not None and other.blocks > here.blocks:
                return name[skip:]
        return name

    def is_free(self, name: str) -> bool:
        key = name_key(name)
        return bool(key) and self.lexicon.find_key(key) is None and key not in self.lexicon.ambiguous


# -- terms ------------------------------------------------------------------------------------------------------------


def discover(documents: Iterable[Document], lexicon: Lexicon) -> list[Term]:
    """Return the terms that the documents introduce or keep using, and further names of known ones.

    The answer depends on the documents and not on their order. Linear in the text.
    """
    gathered = Gathered()
    for document in documents:
        gathered.read(document, lexicon)
    return discover_among(gathered, lexicon)


def discover_among(gathered: Gathered, lexicon: Lexicon) -> list[Term]:
    """Return what `discover` returns of the documents whose names were `gathered`. Linear in the names."""
    found = _Naming(gathered, lexicon)
    more, groups = found.groups()
    terms = [Term(known, (lexicon.terms[known].name, *names)) for known, names in sorted(more.items())]
    accepted = found.accepted(groups)
    for key, names in sorted(accepted.items()):
        if _stem_is(accepted, names[0], lexicon):
            continue
        found_id = slug(min(found.candidates[key].written, key=lambda n: (len(slug(n)), slug(n))))
        weak = {name_key(n) for n in names if _is_slight(n) and found.candidates[name_key(n)].places.get("run", 0) < 2}
        terms.append(
            Term(
                f"{found_id}-term" if found_id in lexicon.terms else found_id,
                tuple(names),
                ConceptKind.TOPIC if key in found.topics else guess_kind(names),
                weak=frozenset(weak),
                known=False,
            )
        )
    return terms


def _stem_is(accepted: Mapping[str, Sequence[str]], name: str, lexicon: Lexicon) -> bool:
    """Tell whether a name is a known or accepted one with words around that make nothing else of it: Adam 算法."""
    mentions = find_mentions(name, lexicon, alone=[(0, len(name))])
    if any(not m.compound and m.extent == (0, len(name)) for m in mentions):
        return True
    for end in range(len(name) - 1, 0, -1):
        stem = name[:end].rstrip(" -")
        if after_name(name, len(stem)) == len(name) and name_key(stem) in accepted:
            return not is_cjk(stem[-1]) or is_empty_suffix(name[end:])
    return False


def _is_slight(name: str) -> bool:
    """Tell whether an unknown name is too slight to be looked for in running text."""
    if is_cjk(name):
        return len(name) < 4
    return " " not in name and (name.islower() or len(name) < 3)
