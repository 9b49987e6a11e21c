"""A person's own lexicon: files of one field's names and facts that extend the shipped lexicon, or replace it.

A file has the sections that `_SECTIONS` names, each of them optional but for one of the last three:

    subject: baking
    concepts:
      - {id: levain, kind: other, isa: preferment, names: [Levain, sourdough starter, 天然酵种]}
    ambiguous:
      - {name: proof, choose: [{concept: proofing, near: [dough]}, {concept: formal-proof, near: [theorem]}]}
    facts:
      levain: uses wild-yeast; after fermentation

A file that is a list holds `ambiguous` rows alone. A concept whose id is known already adds its names to it, and
changes its kind and parent if it gives any; the first file to name it gives the preferred name. What a typing error
would turn into silence is an error here: unknown fields, ids that no concept has, and a name of two concepts without
a row of `ambiguous` that chooses.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from graph.errors import InputError
from graph.model import ConceptKind, RelationType
from graph.names import name_key
from loaders.facts import read_facts
from loaders.lexicon import Choice, Lexicon, Term, default_lexicon, read_choices, read_terms
from loaders.patterns import parse_yaml
from loaders.sources import MAX_SOURCE_BYTES, decode

__all__ = ["read_lexicon"]

_SUFFIXES = {".yaml", ".yml"}
_SECTIONS = ("subject", "concepts", "ambiguous", "facts")
_FIELDS = ("id", "names", "kind", "isa", "weak", "exact")
_DEPTH = 5  # how deep the lists and rows of a file nest
_SHOWN = 5  # names of two concepts that an error spells out


def read_lexicon(paths: Sequence[Path], *, shipped: bool = True) -> Lexicon:
    """Return the shipped lexicon with what `paths` add; without `shipped` only what they hold, if anything.

    A path is a file, or a folder whose `.yaml` and `.yml` files are read in the order of their names. Later files
    extend earlier ones. Raises InputError: one line that names the file and what is wrong in it.
    """
    base = default_lexicon() if shipped else Lexicon(())
    if not paths:
        return base
    own = _Own()
    for file in _files(paths):
        own.take(parse_yaml(_text(file), str(file)), str(file))
    return own.on_top_of(base)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(f for f in path.iterdir() if f.suffix.lower() in _SUFFIXES and not f.name.startswith("."))
        if not found:
            raise InputError(f"{path}: no lexicon in this folder: its files end in .yaml or .yml")
        yield from found


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MAX_SOURCE_BYTES:
            raise InputError(f"{file}: larger than {MAX_SOURCE_BYTES:,} bytes: split it")
        return decode(file.read_bytes())
    except OSError as error:
        raise InputError(f"{file}: {error.strerror or error}; name a lexicon file or a folder of them") from error
    except ValueError as error:
        raise InputError(f"{file}: {error}") from error


class _Own:
    """What files hold, united; and where each thing stands, for errors."""

    def __init__(self) -> None:
        self.terms: dict[str, Term] = {}
        self.ambiguous: dict[str, list[Choice]] = {}  # by name key
        self.spelled: dict[str, str] = {}  # ambiguous names by key
        self.facts: dict[tuple[str, str], frozenset[RelationType]] = {}
        self.where: dict[str, str] = {}  # an id or a name key -> the first file that has it

    def take(self, document: object, where: str) -> None:
        if isinstance(document, list):
            document = {"ambiguous": document}
        if not isinstance(document, dict) or not document.keys() & set(_SECTIONS[1:]):
            raise InputError(
                f"{where}: a lexicon file needs concepts, ambiguous or facts; docs/lexicon.md has an example"
            )
        _check_keys(document, _SECTIONS, where)
        _check_words(document, where)
        if "concepts" in document:
            self._take_terms(document, where)
        self._take_choices(document.get("ambiguous") or [], where)
        for pair, kinds in read_facts(document.get("facts") or {}, where).items():
            self.facts[pair] = self.facts.get(pair, frozenset()) | kinds
            for concept in pair:
                self.where.setdefault(concept, where)

    def _take_terms(self, document: Mapping[str, object], where: str) -> None:
        here: set[str] = set()
        terms = read_terms(document, where)
        for row, term in zip(document["concepts"], terms, strict=True):  # type: ignore[call-overload]
            _check_keys(row, _FIELDS, f"{where}: {term.id}")
            _check_lists(row, ("names", "weak", "exact"), f"{where}: {term.id}")
            if term.id in here:
                raise InputError(f"{where}: {term.id}: this id is given twice")
            if not all(map(name_key, term.names)):
                raise InputError(f"{where}: {term.id}: a name needs letters")
            here.add(term.id)
            self.terms[term.id] = _united(self.terms[term.id], term) if term.id in self.terms else term
            self.where.setdefault(term.id, where)
            if term.isa:
                self.where.setdefault(term.isa, where)

    def _take_choices(self, document: Sequence[Mapping[str, Sequence[Mapping[str, object]]]], where: str) -> None:
        choices = read_choices(document, where)
        for row in document:
            for choice in row["choose"]:
                _check_lists(choice, ("near",), f"{where}: {row['name']}")
        for name, rows in choices.items():
            if not rows or not all(choice.near and all(choice.near) for choice in rows):
                raise InputError(f"{where}: {name}: each meaning needs words that stand near it")
            self.ambiguous.setdefault(name_key(name), []).extend(rows)
            self.spelled.setdefault(name_key(name), name)
            for meaning in rows:
                self.where.setdefault(meaning.concept, where)

    def on_top_of(self, base: Lexicon) -> Lexicon:
        """Return one lexicon of `base` and this. Raises InputError for what does not fit together."""
        terms = dict(base.terms)
        for term in self.terms.values():
            terms[term.id] = _united(terms[term.id], term) if term.id in terms else term
        ambiguous = {key: list(rows) for key, rows in base.ambiguous.items()}
        for key, rows in self.ambiguous.items():
            mine = {choice.concept for choice in rows}
            ambiguous[key] = [*rows, *(c for c in ambiguous.get(key, ()) if c.concept not in mine)]
        for concept, where in self.where.items():
            if concept not in terms:
                raise InputError(f"{where}: no concept has the id {concept!r}; correct it or add a row for it")
        self._check_names(base, ambiguous.keys())
        facts = dict(base.facts)
        for pair, kinds in self.facts.items():
            facts[pair] = facts.get(pair, frozenset()) | kinds
        spelled = {**base.shouted, **self.spelled}
        return Lexicon(terms.values(), {spelled.get(key, key): rows for key, rows in ambiguous.items()}, facts)

    def _check_names(self, base: Lexicon, chosen: Iterable[str]) -> None:
        """Refuse names of two concepts that no row of `ambiguous` chooses between."""
        ambiguous = frozenset(chosen)
        owners: dict[str, dict[str, str]] = {}  # name key -> concept -> the name as written
        for term in self.terms.values():
            for name in term.names:
                if (key := name_key(name)) not in ambiguous:
                    owners.setdefault(key, {})[term.id] = name
        for key, concepts in owners.items():
            known = base.find_key(key)
            if known is not None:
                concepts.setdefault(known, next(iter(concepts.values())))
        twice = [
            (f"{next(iter(names.values()))!r} ({' and '.join(sorted(names))})", self.where[next(iter(names))])
            for names in owners.values()
            if len(names) > 1
        ]
        if twice:
            more = f" and {len(twice) - _SHOWN} more" if len(twice) > _SHOWN else ""
            raise InputError(
                f"{twice[0][1]}: names of two concepts: {', '.join(name for name, _ in twice[:_SHOWN])}{more}; "
                "say in `ambiguous` what chooses between them"
            )


def _united(old: Term, new: Term) -> Term:
    return replace(
        old,
        names=tuple(dict.fromkeys((*old.names, *new.names))),
        kind=old.kind if new.kind is ConceptKind.OTHER else new.kind,
        isa=new.isa or old.isa,
        weak=old.weak | new.weak,
        exact={**old.exact, **new.exact},
    )


def _check_keys(row: Mapping[object, object], allowed: Sequence[str], where: str) -> None:
    unknown = next((key for key in row if key not in allowed), None)
    if unknown is not None:
        raise InputError(f"{where}: unknown field {unknown!r}; there are {', '.join(allowed)}")


def _check_words(document: object, where: str) -> None:
    """Refuse what YAML reads as something else than a word (an unquoted on, no, yes, or nothing), and nested lists."""
    todo: list[tuple[object, str, int]] = [(document, where, 0)]
    while todo:
        value, place, depth = todo.pop()
        if isinstance(value, dict) and depth <= _DEPTH:
            label = value.get("id") or value.get("name") if depth > 1 else None
            place = f"{where}: {label}" if label else place
            todo += [(inner, place, depth + 1) for pair in reversed(value.items()) for inner in reversed(pair)]
        elif isinstance(value, list) and depth <= _DEPTH:
            todo += [(inner, place, depth + 1) for inner in reversed(value)]
        elif isinstance(value, (bool, dict, list)) or value is None:
            shown = repr(value) if isinstance(value, bool) or value is None else f"a {type(value).__name__}"
            raise InputError(f"{place}: YAML reads {shown} where a word should be; put it in quotes")


def _check_lists(row: Mapping[str, object], fields: Sequence[str], where: str) -> None:
    for field in fields:
        words = row.get(field, [])
        if not isinstance(words, list) or any(isinstance(word, (list, dict)) for word in words):
            raise InputError(f"{where}: {field} is not a list of words, such as [one, another]")
