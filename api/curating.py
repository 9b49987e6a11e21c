"""The text file of people's decisions beside the notes, `noteatlas.curation.yaml`: read, written, and kept in step.

The file is a list of blocks, one a decision; every value is read as the text that it is, so that a concept may be
called `no` or `1e3`. A block that cannot be read is named with its line and what to do, and the others count. A file
that cannot be read at all stops the load: to go on would take back every decision that it holds.

It is made for version control: one block a decision, in order of time, the same bytes for the same decisions. Comments
before a block, and at the head of the file, stay where they are when it is written again.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import yaml

from api.files import write_file
from graph.curation.decision import Decision, What, by_time, validate
from graph.errors import InputError, UnreadableSource
from graph.model import RelationType
from loaders.patterns import YAML_LOADER

__all__ = [
    "CURATION_FILE",
    "CurationFile",
    "Synced",
    "curation_files",
    "read_decisions",
    "synced",
    "write_decisions",
    "write_synced",
]

CURATION_FILE: Final = "noteatlas.curation.yaml"
_MAX_BYTES: Final = 4_000_000  # some ten thousand decisions
_MAX_DEPTH: Final = 10  # a list of decisions with lists in them is 3 deep
_TEXTS: Final = ("source", "target", "name", "to", "into", "time", "author", "reason")
_LISTS: Final = ("out", "evidence")
_ALLOWED: Final = {"what", "type", "turn", *_LISTS, *_TEXTS}
_ORDER: Final = ("what", "source", "type", "target", "name", "to", "into", "out", "turn", "reason", "author", "time")
_WIDTH: Final = 120
_COMMENT: Final = re.compile(r"[ \t]*(#.*)?")


@dataclass(frozen=True, slots=True)
class CurationFile:
    """What a file of decisions holds; `name` is what stores call it, `failures` are the blocks that say nothing."""

    name: str
    file: Path
    decisions: tuple[Decision, ...] = ()
    failures: tuple[UnreadableSource, ...] = ()


def curation_files(paths: Sequence[Path], chosen: Path | None = None) -> list[CurationFile]:
    """Read the file of decisions of each folder in `paths`, or the one that was chosen instead; none need be there.

    Raises InputError if one is there and cannot be read.
    """
    folders = dict.fromkeys(path.resolve() for path in paths if path.is_dir())
    files = [chosen] if chosen is not None else [folder / CURATION_FILE for folder in folders]
    found = []
    for file in files:
        name = f"{file.resolve().parent.name}/{file.name}"
        decisions, failures = read_decisions(file) if file.exists() else ([], [])
        found.append(CurationFile(name, file, tuple(replace(d, file=name) for d in decisions), tuple(failures)))
    return found


# -- reading --------------------------------------------------------------------------------------------------------


def read_decisions(file: Path) -> tuple[list[Decision], list[UnreadableSource]]:
    """Return the decisions in `file`, in its order, and what is wrong with the other blocks.

    Raises InputError if the file is too large, no UTF-8 text, no YAML or no list.
    """
    blocks = _blocks(file, _text(file))
    decisions: list[Decision] = []
    failures: list[UnreadableSource] = []
    for block in blocks:
        line = block.start_mark.line + 1
        try:
            decisions.append(_decision(_values(block), line))
        except InputError as error:
            failures.append(UnreadableSource(str(file), f"line {line}: {error}"))
    return decisions, failures


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise InputError(f"{file}: more than {_MAX_BYTES:,} bytes; take out decisions that are no longer needed")
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: cannot be read as UTF-8 text ({error}); mend or move it") from error


def _blocks(file: Path, text: str) -> list[yaml.Node]:
    try:
        _check_depth(file, text)
        root = yaml.compose(text, Loader=YAML_LOADER)
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where else ""
        raise InputError(f"{file}{line}: not YAML; mend it there, or move the file away") from error
    if root is None:
        return []
    if not isinstance(root, yaml.SequenceNode):
        raise InputError(f"{file}: not a list of decisions; begin each with '- what: '")
    return list(root.value)


def _check_depth(file: Path, text: str) -> None:
    """Raise InputError for what is nested too deeply: to compose that takes the stack of the process."""
    depth = 0
    for event in yaml.parse(text, Loader=YAML_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            line = f", line {event.start_mark.line + 1}" if event.start_mark else ""
            raise InputError(f"{file}{line}: nested too deeply; mend it, or move the file away")


def _values(block: yaml.Node) -> dict[str, tuple[str, ...]]:
    """Return every value of a block as texts: one, or those of a list."""
    if not isinstance(block, yaml.MappingNode):
        raise InputError("not a decision; write 'what: ' and what was decided")
    values: dict[str, tuple[str, ...]] = {}
    for key, value in block.value:
        rows = value.value if isinstance(value, yaml.SequenceNode) else [value]
        if not all(isinstance(row, yaml.ScalarNode) for row in (key, *rows)):
            raise InputError("a value is neither text nor a list of texts; write it in quotes")
        if key.value in values:
            raise InputError(f"{key.value} is there twice; leave one")
        values[key.value] = tuple(row.value for row in rows)
    if unknown := sorted(values.keys() - _ALLOWED):
        raise InputError(f"{unknown[0]} is unknown here; use {', '.join(sorted(_ALLOWED))}")
    if many := [name for name, rows in values.items() if len(rows) != 1 and name not in _LISTS]:
        raise InputError(f"{many[0]} must be one text")
    return values


def _decision(values: dict[str, tuple[str, ...]], line: int) -> Decision:
    one = {name: rows[0] for name, rows in values.items() if name not in _LISTS}
    if one.get("what") not in list(What):
        raise InputError(f"what must be one of {', '.join(What)}")
    kind = one.get("type")
    if kind and kind not in list(RelationType):
        raise InputError(f"{kind[:40]} is no type of relation; use one of {', '.join(RelationType)}")
    if one.get("turn", "false") not in {"true", "false"}:
        raise InputError("turn must be true or false")
    return validate(
        Decision(
            what=What(one["what"]),
            type=RelationType(kind) if kind else None,
            turn=one.get("turn") == "true",
            out=values.get("out", ()),
            evidence=values.get("evidence", ()),
            line=line,
            **{name: one.get(name, "").strip() for name in _TEXTS},
        )
    )


# -- writing --------------------------------------------------------------------------------------------------------


def write_decisions(file: Path, decisions: Sequence[Decision]) -> None:
    """Make these the decisions in `file`, whole or not at all; comments of those that stay are kept.

    Raises InputError if the file is there and has blocks that cannot be read, which would be lost, or if it cannot be
    written.
    """
    comments: dict[str, str] = {}
    head = ""
    if file.exists():
        held, failures = read_decisions(file)
        if failures:
            raise InputError(f"{failures[0]}; mend it before more is written to the file")
        head, comments = _comments(_text(file), held)
    rows = sorted(set(decisions), key=by_time)
    text = head + "\n".join(comments.get(row.id, "") + _block(row) for row in rows)
    write_file(file, text.encode(), advice="allow it, or name another file of decisions")


def _comments(text: str, held: Sequence[Decision]) -> tuple[str, dict[str, str]]:
    """Return the comment at the head of a file, up to an empty line, and the comments right before each decision."""
    lines = text.splitlines()
    found: dict[str, str] = {}
    for decision in held:
        last = first = decision.line - 1
        while first > 0 and _COMMENT.fullmatch(lines[first - 1]) and lines[first - 1].strip():
            first -= 1
        found[decision.id] = "".join(f"{line}\n" for line in lines[first:last])
    top = 0
    while top < len(lines) and lines[top].startswith("#"):
        top += 1
    belongs = top < len(lines) and lines[top].strip() != ""  # to the first block, right below it
    head = "" if belongs else "".join(f"{line}\n" for line in lines[:top])
    return (f"{head}\n" if head else ""), found


def _block(decision: Decision) -> str:
    """Return one decision as a block of the file, its fields always in the same order."""
    row: dict[str, Any] = {}
    for name in (*_ORDER, "evidence"):
        value = getattr(decision, name)
        if value:
            row[name] = list(value) if isinstance(value, tuple) else value if value is True else str(value)
    return yaml.safe_dump([row], allow_unicode=True, sort_keys=False, default_flow_style=False, width=_WIDTH)


# -- in step with a store ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Synced:
    """What holds after files were compared with what a store holds.

    `decisions` are all that hold; `taken_back` those that were taken out of a file by hand; `to_write` by file those
    that the store alone had, which belong into it from now on; `unwritten` are lines about those that did not
    get there.
    """

    decisions: tuple[Decision, ...]
    taken_back: tuple[Decision, ...] = ()
    to_write: tuple[tuple[CurationFile, tuple[Decision, ...]], ...] = ()
    unwritten: tuple[str, ...] = ()


def synced(held: Sequence[Decision], files: Sequence[CurationFile]) -> Synced:
    """Return what is to hold when `files` are read into a store that holds the decisions `held`.

    A decision that stood in one of the files and no longer does was taken back, unless the file has blocks that cannot
    be read: it may be one of them. One that the store alone has goes into the first file. Those of other files stay.
    """
    read = {decision.id: decision for file in files for decision in file.decisions}
    whole = {file.name for file in files if not file.failures}
    gone = tuple(d for d in held if d.id not in read and d.file in whole)
    kept = [d for d in held if d.id not in read and d.file not in whole]
    new: tuple[Decision, ...] = ()
    if files:
        home = files[0].name
        new = tuple(replace(d, file=home) for d in kept if not d.file)
        kept = [d for d in kept if d.file]
    decisions = sorted([*read.values(), *kept, *new], key=by_time)
    return Synced(tuple(decisions), gone, ((files[0], new),) if new else ())


def write_synced(found: Synced) -> Synced:
    """Write what the store alone had into its file, and return what holds then.

    What cannot be written stays in the store alone, and is tried again by the next load: it must not seem to have been
    taken out of the file.
    """
    written, problems = [], []
    left: dict[str, Decision] = {}
    for file, new in found.to_write:
        try:
            write_decisions(file.file, [*file.decisions, *new])
            written.append((file, new))
        except InputError as error:
            said = "1 decision is" if len(new) == 1 else f"{len(new):,} decisions are"
            problems.append(f"{said} kept in the store alone: {error}")
            left |= {decision.id: replace(decision, file="") for decision in new}
    decisions = tuple(left.get(decision.id, decision) for decision in found.decisions)
    return Synced(decisions, found.taken_back, tuple(written), tuple(problems))
