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

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

import yaml

from graph.errors import InputError
from graph.model import ConceptKind
from graph.names import name_key

__all__ = ["Choice", "Lexicon", "Term", "default_lexicon", "is_ordinary", "parse_lexicon"]

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster where libyaml is there


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


class Lexicon:
    """Terms by id and by name key. Immutable once made; `extended` gives a larger one."""

    def __init__(self, terms: Iterable[Term], ambiguous: Mapping[str, Sequence[Choice]] | None = None) -> None:
        self.terms: dict[str, Term] = {t.id: t for t in terms}
        self.ambiguous = {name_key(name): tuple(rows) for name, rows in (ambiguous or {}).items()}
        self._ids: dict[str, str] = {}
        self._prefixes: set[str] = set()
        for term in self.terms.values():
            for name in term.names:
                self._ids.setdefault(name_key(name), term.id)
        for key in (*self._ids, *self.ambiguous):
            self._prefixes.update(key[:n] for n in range(1, len(key) + 1))

    def __len__(self) -> int:
        """How many terms it has."""
        return len(self.terms)

    def has_prefix(self, key: str) -> bool:
        """Tell whether some name's key begins with `key`."""
        return key in self._prefixes

    def find(self, name: str) -> Term | None:
        """Return the term called `name` in any spelling; None for an ambiguous or unknown name."""
        key = name_key(name)
        if key in self.ambiguous:
            return None
        found = self._ids.get(key)
        return self.terms[found] if found else None

    def find_key(self, key: str) -> str | None:
        """Return the id of the term with this name key; None if there is none or several."""
        return None if key in self.ambiguous else self._ids.get(key)

    def ancestors(self, term_id: str) -> Iterator[str]:
        """Yield the ids of the kinds that a term is of, nearest first."""
        seen = {term_id}
        term = self.terms.get(term_id)
        while term is not None and term.isa and term.isa not in seen:
            seen.add(term.isa)
            yield term.isa
            term = self.terms.get(term.isa)

    def is_kind_of(self, term_id: str, other: str) -> bool:
        """Tell whether the lexicon says that `term_id` is, at any remove, a kind of `other`."""
        return other in self.ancestors(term_id)

    def extended(self, terms: Iterable[Term]) -> "Lexicon":
        """Return a lexicon with further terms; a term whose id is there adds its names to it."""
        rows = dict(self.terms)
        for term in terms:
            old = rows.get(term.id)
            if old is None:
                rows[term.id] = term
            else:
                names = tuple(dict.fromkeys((*old.names, *term.names)))
                rows[term.id] = Term(
                    old.id, names, old.kind, old.subject, old.isa, old.weak, {**term.exact, **old.exact}, old.known
                )
        larger = Lexicon(rows.values())
        larger.ambiguous = self.ambiguous
        for key in self.ambiguous:
            larger._prefixes.update(key[:n] for n in range(1, len(key) + 1))
        return larger


def parse_lexicon(text: str, where: str) -> tuple[list[Term], dict[str, list[Choice]]]:
    """Read one lexicon file: its terms, or the choices of an `ambiguous` one. Raises InputError naming `where`."""
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506  a safe loader, C or Python
    except yaml.YAMLError as error:
        raise InputError(f"{where}: not YAML: {str(error).splitlines()[0]}") from error
    if isinstance(document, list):
        try:
            return [], {
                str(row["name"]): [Choice(str(c["concept"]), tuple(map(str, c["near"]))) for c in row["choose"]]
                for row in document
            }
        except (KeyError, TypeError) as error:
            raise InputError(f"{where}: each row needs a name and choose: [{{concept, near}}]") from error
    if not isinstance(document, dict) or not isinstance(document.get("concepts"), list):
        raise InputError(f"{where}: a lexicon file needs `subject` and a list `concepts`")
    subject = str(document.get("subject", ""))
    return [_term(row, subject, where) for row in document["concepts"]], {}


def _term(row: object, subject: str, where: str) -> Term:
    if not isinstance(row, dict) or not row.get("id") or not isinstance(row.get("names"), list) or not row["names"]:
        raise InputError(f"{where}: each concept needs an id and a list of names: {str(row)[:80]}")
    try:
        kind = ConceptKind(row.get("kind", "other"))
    except ValueError as error:
        raise InputError(f"{where}: {row['id']}: unknown kind {row.get('kind')!r}") from error
    names = tuple(dict.fromkeys(str(n) for n in row["names"]))
    plain = [n for n in names if is_ordinary(n)]
    shouted = [n for n in plain if sum(c.isupper() for c in n) > 1]
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


@cache
def default_lexicon() -> Lexicon:
    """Return the shipped lexicon; read once per process, in about half a second."""
    terms: list[Term] = []
    ambiguous: dict[str, list[Choice]] = {}
    for file in sorted(resources.files(__name__).iterdir(), key=lambda f: f.name):
        if file.name.endswith(".yaml"):
            more, choices = parse_lexicon(file.read_text(encoding="utf-8"), file.name)
            terms += more
            ambiguous |= choices
    return Lexicon(terms, ambiguous)
