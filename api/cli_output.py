"""What the command line writes: JSON for programs, plain text for people, files whole or not at all.

Functions from values to text, and the two that write. Text of notes is shown without control characters: a terminal
obeys some of them.
"""

import os
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from api.cli_output_curation import applied_json, applied_text
from graph.errors import InputError
from graph.interchange import edge_row
from graph.model import RELATION_TYPES, Concept, Origin, Relation, RelationKey
from graph.store import Changes, SearchHit

if TYPE_CHECKING:  # what is shown is imported by who computes it: networkx and the loaders take tenths of a second
    from api.loading import Loaded, Outcome
    from graph.paths import Step, StudyPath

__all__ = [
    "changes_text",
    "cut",
    "hits_json",
    "hits_text",
    "in_words",
    "loaded_json",
    "loaded_text",
    "one_line",
    "path_json",
    "path_text",
    "print_bytes",
    "print_json",
    "print_text",
    "reason_row",
    "report_loaded",
    "ring_text",
    "title_of",
    "write_file",
    "write_folder",
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


def write_file(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or as it was before; what is no regular file is just written to.

    A link stays a link, and what it leads to is written. Raises InputError if it cannot be written.
    """
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            target.write_bytes(content)
        else:
            _replace(target, content)
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot write {path}: {reason}; give another --output") from error


def _replace(target: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:50]}.", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
        part.replace(target)
    except BaseException:
        with suppress(FileNotFoundError):
            part.unlink()
        raise


def write_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a new folder of files, by their paths in it, so that it is there whole or not at all.

    An empty folder may be there. Raises InputError if one with something in it is, or if it cannot be written.
    """
    try:
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise InputError(f"{path} is there already: name a new folder, or one that ends in .zip, with --output")
        target = path.resolve()
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name[:50]}.", suffix=".part") as made:
            part = Path(made) / "whole"
            part.mkdir()
            for name, content in files.items():
                file = part / name
                file.parent.mkdir(parents=True, exist_ok=True)
                with file.open("xb") as out:
                    out.write(content)
                    out.flush()
                    os.fsync(out.fileno())
            part.replace(target)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}; give another --output") from error


def _umask() -> int:
    mask = os.umask(0)  # there is no way to read it but to set it
    os.umask(mask)
    return mask


# -- loads ---------------------------------------------------------------------------------------------------


def changes_text(changes: Changes) -> str:
    """Return what changed in a few words: `+11 concepts, +20 ~1 relations`, or `nothing changed`."""
    parts = []
    for what in ("concepts", "relations"):
        counts = [
            f"{sign}{count}"
            for sign, verb in (("+", "added"), ("~", "changed"), ("-", "removed"))
            if (count := getattr(changes, f"{what}_{verb}"))
        ]
        if counts:
            parts.append(f"{' '.join(counts)} {what}")
    return ", ".join(parts) or "nothing changed"


def loaded_text(loaded: "Loaded") -> str:
    """Return one line for each source and one for all of them."""
    rows = [f"{one_line(_outcome_name(outcome))}: {changes_text(outcome.changes)}" for outcome in loaded.outcomes]
    count = len(rows)
    rows.append(f"{count} {'source' if count == 1 else 'sources'}: {changes_text(loaded.total)}")
    return "\n".join([*rows, *([applied_text(loaded.curation)] if loaded.curation is not None else [])])


def _outcome_name(outcome: "Outcome") -> str:
    if outcome.was is not None:
        return f"{outcome.path} (was {outcome.was})"
    return f"{outcome.path} (forgotten)" if outcome.forgotten else outcome.path


def loaded_json(loaded: "Loaded") -> dict[str, object]:
    """Return what a load did, as the JSON of `load` and `import`."""
    return {
        "sources": [
            {"path": row.path, "was": row.was, "forgotten": row.forgotten, "changes": asdict(row.changes)}
            for row in loaded.outcomes
        ],
        "total": asdict(loaded.total),
        "failures": [{"path": _unicode(f.path), "reason": _unicode(f.reason)} for f in loaded.failures],
        "kept": [{"folder": kept.folder, "gone": kept.gone, "held": kept.held} for kept in loaded.kept],
        **({"curation": applied_json(loaded.curation)} if loaded.curation is not None else {}),
    }


def report_loaded(loaded: "Loaded", *, as_json: bool) -> None:
    """Print what a load or an import did; as text, nothing if it did nothing."""
    if as_json:
        print_json(loaded_json(loaded))
    elif loaded.outcomes:
        print_text(loaded_text(loaded))


def _unicode(text: str) -> str:
    """Return the name of a file with the bytes that are no text as escapes: JSON cannot hold them."""
    return text.encode(errors="backslashreplace").decode()


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
