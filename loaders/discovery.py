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
from loaders.introductions import Introduction, introductions
from loaders.lexicon import Lexicon, Term
from loaders.mentions import after_name, find_mentions
from loaders.needs import led
from loaders.terms import guess_kind, read_heading, topic_phrase

__all__ = ["discover"]

_QUOTED = re.compile(r"《[^《》\n]{1,200}》|\"[^\"\n]{20,200}\"|“[^“”\n]{25,200}”")  # titles and examples
_OPENS = re.compile(r"(?:^|[.。!！?？:：;；\n])[\s*_\"“'(（-]*\Z")
_SENTENCE_CASE = re.compile(r"[A-Z][a-z]+(?: [a-z][a-z'-]*)*")
_WHO = r"[A-Z][A-Za-z.-]*(?: [A-Z][A-Za-z.-]*){0,3}"
_PERSON = led(
    rf"({_WHO})(?:\s*(?:等人?(?:\s*(?:提出|于|在|的|首次)|$)|教授|博士|团队)| et\.? al\b)|"
    rf"(?:由|(?:19|20)\d\d\s*年[，,]?\s*(?:由|的)?)\s*({_WHO})(?:\s*(?:和|与|、|及|以及)\s*({_WHO}))?[^，。；\n]{{0,30}}?(?:提出|发明|发表)"
)
_MAX_RUN = 40  # characters of a run of words that is looked at


class _Collection:
    """All candidates of some documents, and which names are one thing's."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.candidates: dict[str, Candidate] = {}
        self.ties: dict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)  # key of the first name -> its others
        self.topics: set[str] = set()  # what headings over headings name
        self.outline: set[str] = set()  # what headings without a text of their own name: an outline has no less
        self.people: set[str] = set()
        self.runs: dict[str, list[int]] = {}  # a run as written -> times, blocks, the last block counted
        self.block = 0

    def read(self, document: Document) -> None:
        above = {b.parent for b in document.blocks if b.kind == "heading"}
        filled = {b.parent for b in document.blocks if b.kind != "heading"}
        texts = [_QUOTED.sub(lambda m: " " * len(m.group()), b.readable) for b in document.blocks]
        runs = runs_of(texts)
        for i, block in enumerate(document.blocks):
            self.block += 1
            if block.kind == "heading":
                heading = read_heading(block.readable, self.lexicon)
                names = heading.names
                if i in above and not names and not heading.concepts and (topic := topic_phrase(block.readable)):
                    names = (topic,)
                if names:
                    place = "topic" if i in above else "heading" if i in filled else "empty-heading"
                    self.add(Introduction(names, place))
                    if place != "heading":
                        self.outline.add(name_key(names[0]))
                    if i in above:
                        self.topics.add(name_key(names[0]))
            for introduction in introductions(block, runs[i], self.lexicon):
                self.add(introduction)
            text = texts[i]
            self.people.update(name_key(n) for m in _PERSON.finditer(text) for n in m.groups() if n)
            for start, end in runs[i]:
                run = text[start:end]
                if _SENTENCE_CASE.fullmatch(run) and _OPENS.search(text[max(0, start - 8) : start]):
                    run = run[0].lower() + run[1:]  # its capital says nothing
                if end - start <= _MAX_RUN:
                    self.run(run)

    def run(self, text: str) -> None:
        """Count a run of words: most are seen once and come to nothing, so that little is done here."""
        row = self.runs.get(text)
        if row is None:
            self.runs[text] = [1, 1, self.block]
        else:
            row[0] += 1
            if row[2] != self.block:
                row[1] += 1
                row[2] = self.block

    def close(self) -> None:
        """Take the runs among the candidates: those that recur or are introduced; all of them if nothing is known."""
        folded: dict[str, list[str]] = defaultdict(list)
        for text in self.runs:
            folded[name_key(text)].append(text)
        for key, texts in folded.items():
            rows = [self.runs[t] for t in texts]
            blocks = sum(row[1] for row in rows)
            if not key or (blocks < 2 and key not in self.candidates and len(self.lexicon)):
                continue
            candidate = self.candidates.setdefault(key, Candidate())
            for text, row in zip(texts, rows, strict=True):
                candidate.written[" ".join(text.split())] += row[0]
            candidate.places["run"] = sum(row[0] for row in rows)
            candidate.blocks = max(candidate.blocks, blocks)

    def add(self, introduction: Introduction) -> None:
        for name in introduction.names:
            self.count(name, introduction.place)
        if len(introduction.names) > 1:
            self.ties[name_key(introduction.names[0])][introduction.names] += 1

    def count(self, name: str, place: str) -> None:
        key = name_key(name)
        if not key:
            return
        candidate = self.candidates.get(key)
        if candidate is None:
            candidate = self.candidates[key] = Candidate()
        candidate.written[" ".join(name.split())] += 1
        if candidate.last != self.block:
            candidate.last = self.block
            candidate.blocks += 1
        candidate.places[place] = candidate.places.get(place, 0) + 1

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
            if max(scores) > 0 or self.outline.intersection(map(name_key, names)):
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
    found = _Collection(lexicon)
    for document in documents:
        found.read(document)
    found.close()
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
