"""What the command line writes: JSON for programs, plain text for people.

Functions from values to text, and those that print. Text of notes is shown without control characters: a terminal
obeys some of them.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import orjson

from graph.interchange import edge_row
from graph.model import RELATION_TYPES, Concept, Origin, Relation, RelationKey
from graph.store import SearchHit

if TYPE_CHECKING:  # what is shown is imported by who computes it: networkx and the loaders take tenths of a second
    from graph.paths import Step, StudyPath

__all__ = [
    "cut",
    "hits_json",
    "hits_text",
    "in_words",
    "one_line",
    "path_json",
    "path_text",
    "print_bytes",
    "print_json",
    "print_text",
    "reason_row",
    "ring_text",
    "title_of",
]

_REASONS_SHOWN = 3
_QUOTE_CHARS = 160
_ALIASES_SHOWN = 4


def one_line(text: str) -> str:
    """Return `text` without line breaks and other characters that a terminal would act on."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


# -- writing -------------------------------------------------------------------------------------------------


def print_bytes(content: bytes) -> None:
    """Write all of it to standard output, as it is."""
    rest = memoryview(content)
    while rest:
        # An unbuffered stream (PYTHONUNBUFFERED) may take a part only, when the reader goes away in between.
        rest = rest[sys.stdout.buffer.write(rest) :]
    sys.stdout.buffer.flush()


def print_text(text: str) -> None:
    """Write lines to standard output, in UTF-8 whatever the locale says."""
    print_bytes(f"{text.rstrip()}\n".encode(errors="backslashreplace"))


def print_json(value: object) -> None:
    """Write a value to standard output as indented JSON in UTF-8."""
    print_bytes(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


# -- concepts ------------------------------------------------------------------------------------------------


def title_of(concept: Concept) -> str:
    """Return a concept's name and its first aliases in brackets."""
    shown = concept.aliases[:_ALIASES_SHOWN]
    return one_line(f"{concept.name} ({', '.join(shown)})" if shown else concept.name)


def hits_text(hits: Iterable[SearchHit]) -> str:
    """Return a line per hit: names, kind, id, and what matched if that is not one of the names shown."""
    lines = []
    for hit in hits:
        concept = hit.concept
        line = f"{title_of(concept)} · {concept.kind} · {concept.id}"
        matched = cut(hit.matched)
        lines.append(one_line(line if hit.matched in title_of(concept) else f"{line} · “{matched}”"))
    return "\n".join(lines)


def hits_json(hits: Iterable[SearchHit]) -> list[dict[str, object]]:
    """Return hits as the JSON of `search`."""
    return [
        {
            "id": hit.concept.id,
            "name": hit.concept.name,
            "aliases": hit.concept.aliases,
            "kind": hit.concept.kind,
            "definition": hit.concept.definition,
            "score": hit.score,
            "matched": hit.matched,
            "named": hit.named,
        }
        for hit in hits
    ]


# -- study paths ---------------------------------------------------------------------------------------------


def path_json(
    path: "StudyPath",
    *,
    targets: Sequence[str],
    known: Sequence[str],
    concepts: Mapping[str, Concept],
    derived_from: Mapping[RelationKey, Relation],
) -> dict[str, object]:
    """Return a study path as the JSON of `path`; the relations that a reason was derived from are written out."""
    return {
        "targets": list(targets),
        "known": list(known),
        "steps": [
            {
                "id": step.concept,
                "name": concepts[step.concept].name,
                "aliases": concepts[step.concept].aliases,
                "because": [reason_row(relation, derived_from) for relation in step.because],
            }
            for step in path.steps
        ],
        "cycles": path.cycles,
        "cuts": [reason_row(relation, derived_from) for relation in path.cuts],
    }


def reason_row(relation: Relation, derived_from: Mapping[RelationKey, Relation]) -> dict[str, object]:
    """Return a relation as an edge, with what it was derived from written out as edges."""
    row = edge_row(relation)
    row["because"] = [
        edge_row(derived_from[key]) if key in derived_from else {"source": key[0], "type": key[1], "target": key[2]}
        for key in relation.because
    ]
    return row


def path_text(
    path: "StudyPath",
    *,
    rings: Iterable[Sequence[Relation]],
    targets: Sequence[str],
    concepts: Mapping[str, Concept],
    derived_from: Mapping[RelationKey, Relation],
) -> str:
    """Return a study path as a numbered list: each step with the steps that need it and a sentence that says so.

    `rings` are the rounds that its cuts close (`graph.essentials.ring`): each is told arrow by arrow.
    """
    if not path.steps:
        return "Nothing to learn: all of it is known."
    names = {concept_id: one_line(concept.name) for concept_id, concept in concepts.items()}
    lines = []
    for number, step in enumerate(path.steps, 1):
        lines.append(f"{number:>3}. {title_of(concepts[step.concept])}")
        lines += [f"     {line}" for line in _reasons(step, names, derived_from)]
        if step.concept in targets:
            lines.append("     a target")
    for arrows in rings:
        lines += ring_text(arrows, names, derived_from)
    return "\n".join(lines)


def ring_text(
    arrows: Sequence[Relation], names: Mapping[str, str], derived_from: Mapping[RelationKey, Relation]
) -> list[str]:
    """Return who comes before whom in a circle and why, and which of it the order goes against: the last."""
    *kept, cut = arrows
    least = min(r.confidence for r in kept)
    why = f"the least sure; the others are at least {least:.2f}" if cut.confidence < least else "none is less sure"
    return [
        f"A circle: these {len(arrows)} cannot all hold.",
        *(
            f"  {names[r.source]} before {names[r.target]} (confidence {r.confidence:.2f}): "
            + _why(r, names, derived_from)
            for r in arrows
        ),
        f"  The order goes against the last, {names[cut.source]} before {names[cut.target]}: {why}.",
    ]


def _reasons(step: "Step", names: Mapping[str, str], derived_from: Mapping[RelationKey, Relation]) -> list[str]:
    lines = [
        f"before {names[relation.target]}: {_why(relation, names, derived_from)}"
        for relation in step.because[:_REASONS_SHOWN]
    ]
    more = [names[relation.target] for relation in step.because[_REASONS_SHOWN:]]
    return [*lines, f"and before {', '.join(more[:_REASONS_SHOWN])}{_more(more)}"] if more else lines


def _more(rest: Sequence[str]) -> str:
    left = len(rest) - _REASONS_SHOWN
    return f" and {left} more" if left > 0 else ""


def _why(relation: Relation, names: Mapping[str, str], derived_from: Mapping[RelationKey, Relation]) -> str:
    """Return why a prerequisite is believed: its own sentence, else the sentence of what it was derived from.

    Where the line that it names only introduces the concept, no quotation is given for it.
    """
    sources = [derived_from[key] for key in relation.because if key in derived_from]
    said = next((e for r in (relation, *sources) for e in r.evidence if e.says_so), None)
    if said is not None:
        return one_line(f"“{cut(said.text)}” ({said.source}:{said.line})")
    if relation.origin is Origin.CURATED:
        return "a person said so"
    if relation.of_the_field:
        return "the order in which the field is usually taught; no sentence of the notes says so"
    return "; ".join(in_words(key, names) for key in relation.because) or "no reason is recorded"


def in_words(key: RelationKey, names: Mapping[str, str]) -> str:
    """Return a relation as words: its source, what the type says, its target."""
    source, relation_type, target = key
    return f"{names.get(source, source)} {RELATION_TYPES[relation_type].label_en} {names.get(target, target)}"


def cut(text: str) -> str:
    """Return a sentence in one line, its end left out if it is long."""
    flat = one_line(text)
    return flat if len(flat) <= _QUOTE_CHARS else f"{flat[:_QUOTE_CHARS]}…"
