"""The field's terms, as data by subject: concepts with their names in two languages, kinds and parents.

One YAML file per subject:

    subject: attention
    concepts:
      - {id: multi-query-attention, kind: method, isa: attention, names: [Multi-Query Attention, MQA, 多查询注意力]}

`names` starts with the preferred one. `weak` names are ordinary words that count only where they stand alone (a
heading, an item's head, a bold term); `exact` ones must be written exactly so (MAP is a metric, map a function). A
name that is an everyday word (`patterns/ordinary.*.txt`) is exact if it has capitals inside, else weak. A
name of two concepts stands in a file `ambiguous*.yaml` with what tells them apart:

    - {name: 残差, choose: [{concept: boosting-residual, near: [GBDT]}, {concept: residual-connection, near: [ResNet]}]}

`Lexicon` is what the loaders look names up in: the shipped terms plus those that notes themselves introduce.
"""

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources

from graph.collector import paused_collector
from graph.errors import InputError
from graph.model import ConceptKind
from graph.names import name_key
from loaders.facts import Facts, default_facts
from loaders.patterns import parse_yaml

__all__ = [
    "Choice",
    "Lexicon",
    "Term",
    "default_lexicon",
    "is_ordinary",
    "parse_lexicon",
    "read_choices",
    "read_terms",
]


@dataclass(frozen=True, slots=True)
class Term:
    """One concept as the lexicon knows it. `known` is False for a term that the notes introduced."""

    id: str
    names: tuple[str, ...]
    kind: ConceptKind = ConceptKind.OTHER
    subject: str = ""
    isa: str | None = None
    weak: frozenset[str] = frozenset()  # name keys
    exact: Mapping[str, str] = field(default_factory=dict, hash=False)  # name key -> the only spelling
    known: bool = True

    @property
    def name(self) -> str:
        """The preferred name."""
        return self.names[0]


@dataclass(frozen=True, slots=True)
class Choice:
    """One meaning of an ambiguous name: taken when one of the words `near` stands closest."""

    concept: str
    near: tuple[str, ...]


_NOBODY: frozenset[str] = frozenset()


class Lexicon:
    """Terms by id and by name key, and the facts known of them. Immutable once made; `extended` gives a larger one.

    `shouted` holds the ambiguous names that are everyday words but for their capitals, and must be written so: IS.
    """

    def __init__(
        self,
        terms: Iterable[Term],
        ambiguous: Mapping[str, Sequence[Choice]] | None = None,
        facts: Facts | None = None,
    ) -> None:
        self._joined: set[str] | None = None
        self.facts: Facts = facts or {}
        self.terms: dict[str, Term] = {t.id: t for t in terms}
        self.ambiguous = {name_key(name): tuple(rows) for name, rows in (ambiguous or {}).items()}
        self.shouted = {name_key(name): name for name in ambiguous or () if _is_shouted(name) and is_ordinary(name)}
        self._ancestors: dict[str, tuple[str, ...]] = {}
        self._facts_of: dict[str, set[str]] = {}  # a concept -> the other ends of its facts
        for one, other in self.facts:
            self._facts_of.setdefault(one, set()).add(other)
            self._facts_of.setdefault(other, set()).add(one)
        self._ids: dict[str, str] = {}
        self._keys = set(self.ambiguous)
        self._prefixes: set[str] = set()
        self._index(self.terms.values())
        self._take_prefixes(self.ambiguous)

    def _index(self, terms: Iterable[Term]) -> None:
        """Take the names of `terms`; a name that is known already keeps its meaning."""
        more = [(name_key(name), term.id) for term in terms for name in term.names]
        for key, term_id in more:
            self._ids.setdefault(key, term_id)
        self._keys.update(key for key, _ in more)
        self._take_prefixes(key for key, _ in more)

    def _take_prefixes(self, keys: Iterable[str]) -> None:
        prefixes = self._prefixes
        for key in keys:
            while key and key not in prefixes:  # what begins a known prefix is known, too
                prefixes.add(key)
                key = key[:-1]

    def __len__(self) -> int:
        """How many terms it has."""
        return len(self.terms)

    @property
    def keys(self) -> AbstractSet[str]:
        """The keys of all names, the ambiguous ones included."""
        return self._keys

    @property
    def prefixes(self) -> AbstractSet[str]:
        """All beginnings of the keys, the keys included."""
        return self._prefixes

    def known_as(self, key: str) -> Sequence[str]:
        """Return the name keys that folded text `key` may stand for: itself, its normal form, its singular."""
        if key[-1:] != "s" and (key.isascii() or unicodedata.is_normalized("NFKC", key)):
            return (key,) if key in self._keys else ()
        forms = dict.fromkeys((key, name_key(key), key.removesuffix("s") if len(key) > 2 else key))
        return [form for form in forms if form in self._keys]

    def find(self, name: str) -> Term | None:
        """Return the term called `name` in any spelling; None for an ambiguous or unknown name."""
        key = name_key(name)
        if key in self.ambiguous:
            return None
        found = self._ids.get(key)
        return self.terms[found] if found else None

    def find_joined(self, name: str) -> Term | None:
        """Return what `find` does, for a name that is joined of parts of a text and stands nowhere in it."""
        if self._joined is not None:
            self._joined.add(name_key(name))
        return self.find(name)

    @contextmanager
    def joining(self, keys: set[str]) -> Iterator[None]:
        """Collect meanwhile the keys of the names that `find_joined` is asked for: on these, too, a text depends."""
        self._joined = keys
        try:
            yield
        finally:
            self._joined = None

    def find_key(self, key: str) -> str | None:
        """Return the id of the term with this name key; None if there is none or several."""
        return None if key in self.ambiguous else self._ids.get(key)

    def ancestors(self, term_id: str) -> Sequence[str]:
        """Return the ids of the kinds that a term is of, nearest first; each term's are worked out once."""
        found = self._ancestors.get(term_id)
        if found is None:
            found = self._ancestors[term_id] = tuple(self._climb(term_id))
        return found

    def _climb(self, term_id: str) -> Iterator[str]:
        seen = {term_id}
        term = self.terms.get(term_id)
        while term is not None and term.isa and term.isa not in seen:
            seen.add(term.isa)
            yield term.isa
            term = self.terms.get(term.isa)

    def is_kind_of(self, term_id: str, other: str) -> bool:
        """Tell whether the lexicon says that `term_id` is, at any remove, a kind of `other`."""
        return other in self.ancestors(term_id)

    def relates(self, concepts: Collection[str]) -> bool:
        """Tell whether a fact joins two of some concepts, or one of them is a kind of another."""
        return any(
            not self._facts_of.get(c, _NOBODY).isdisjoint(concepts) or any(a in concepts for a in self.ancestors(c))
            for c in concepts
        )

    def extended(self, terms: Iterable[Term]) -> "Lexicon":
        """Return a lexicon with further terms, itself if there are none; one whose id is there adds its names to it."""
        terms = list(terms)
        if not terms:
            return self
        larger = Lexicon(())
        larger.facts, larger._facts_of = self.facts, self._facts_of
        larger.terms, larger.ambiguous, larger.shouted = dict(self.terms), self.ambiguous, self.shouted
        larger._ids, larger._keys, larger._prefixes = dict(self._ids), set(self._keys), set(self._prefixes)
        changed: dict[str, None] = {}
        for term in terms:
            old = larger.terms.get(term.id, term)
            names = tuple(dict.fromkeys((*old.names, *term.names)))
            larger.terms[term.id] = replace(old, names=names, exact={**term.exact, **old.exact})
            changed[term.id] = None
        place = {term_id: n for n, term_id in enumerate(larger.terms)}
        larger._index(larger.terms[c] for c in sorted(changed, key=place.__getitem__))
        return larger


def parse_lexicon(text: str, where: str) -> tuple[list[Term], dict[str, list[Choice]]]:
    """Read one lexicon file: its terms, or the choices of an `ambiguous` one. Raises InputError naming `where`."""
    document = parse_yaml(text, where)
    return ([], read_choices(document, where)) if isinstance(document, list) else (read_terms(document, where), {})


def read_choices(rows: object, where: str) -> dict[str, list[Choice]]:
    """Return what the rows of an `ambiguous` file say: the meanings of each name. Raises InputError."""
    try:
        return {
            str(row["name"]): [Choice(str(c["concept"]), tuple(map(str, c["near"]))) for c in row["choose"]]
            for row in rows  # type: ignore[attr-defined]
        }
    except (KeyError, TypeError) as error:
        raise InputError(f"{where}: each row needs a name and choose: [{{concept, near}}]") from error


def read_terms(document: object, where: str) -> list[Term]:
    """Return the terms of a file's `subject` and `concepts`. Raises InputError."""
    if not isinstance(document, dict) or not isinstance(document.get("concepts"), list):
        raise InputError(f"{where}: a lexicon file needs `subject` and a list `concepts`")
    subject = str(document.get("subject", ""))
    return [_term(row, subject, where) for row in document["concepts"]]


def _term(row: object, subject: str, where: str) -> Term:
    if not isinstance(row, dict) or not row.get("id") or not isinstance(row.get("names"), list) or not row["names"]:
        raise InputError(f"{where}: each concept needs an id and a list of names: {str(row)[:80]}")
    try:
        kind = ConceptKind(row.get("kind", "other"))
    except ValueError as error:
        raise InputError(f"{where}: {row['id']}: unknown kind {row.get('kind')!r}") from error
    names = tuple(dict.fromkeys(str(n) for n in row["names"]))
    plain = [n for n in names if is_ordinary(n)]
    shouted = [n for n in plain if _is_shouted(n)]
    return Term(
        id=str(row["id"]),
        names=names,
        kind=kind,
        subject=subject,
        isa=str(row["isa"]) if row.get("isa") else None,
        weak=frozenset(name_key(str(n)) for n in (*row.get("weak", ()), *plain) if n not in shouted),
        exact={name_key(str(n)): str(n) for n in (*row.get("exact", ()), *shouted)},
    )


@cache
def _ordinary_words() -> frozenset[str]:
    lists = resources.files("loaders.patterns")
    return frozenset(
        word
        for language in ("en", "zh")
        for word in lists.joinpath(f"ordinary.{language}.txt").read_text(encoding="utf-8").splitlines()
        if not word.startswith("#")
    )


def is_ordinary(name: str) -> bool:
    """Tell whether a name is also an everyday word, in any number: CAN, Label, USE (uses), 推荐."""
    key = name_key(name)
    return key in _ordinary_words() or f"{key}s" in _ordinary_words()


def _is_shouted(name: str) -> bool:
    return sum(c.isupper() for c in name) > 1


@cache
def default_lexicon() -> Lexicon:
    """Return the shipped lexicon with the shipped facts; read once per process."""
    terms: list[Term] = []
    ambiguous: dict[str, list[Choice]] = {}
    with paused_collector():
        for file in sorted(resources.files(__name__).iterdir(), key=lambda f: f.name):
            if file.name.endswith(".yaml"):
                more, choices = parse_lexicon(file.read_text(encoding="utf-8"), file.name)
                terms += more
                ambiguous |= choices
        return Lexicon(terms, ambiguous, default_facts())
