"""One decision of a person about a graph: what there can be, what each needs, and its form as text.

A decision names concepts by their names and relations by names and sentences, never by ids, so that it holds when notes
are rearranged, and when a store is deleted and made anew.
"""

import difflib
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from graph.contribution import possible
from graph.errors import InputError
from graph.model import RELATION_TYPES, RelationType
from graph.names import name_key

__all__ = ["NEEDED", "Decision", "What", "by_time", "decode_decision", "encode_decision", "undone", "validate"]


class What(StrEnum):
    """What was decided."""

    ACCEPT = "accept"  # the relation is right
    REJECT = "reject"  # the relation is wrong
    EDIT = "edit"  # the relation is of another type (`to`), or its arrow points the other way (`turn`), or both
    ADD = "add"  # a relation that the notes do not state
    RENAME = "rename"  # the concept `name` is called `to`
    MERGE = "merge"  # `name` is another name of the concept `into`
    SPLIT = "split"  # the names `out` of the concept `name` are those of a concept of its own
    SEPARATE = "separate"  # the names `out` and `name` are never those of one concept, whatever the notes say


_RELATION: Final = ("source", "type", "target")
NEEDED: Final[Mapping[What, tuple[str, ...]]] = {
    What.ACCEPT: _RELATION,
    What.REJECT: _RELATION,
    What.EDIT: _RELATION,
    What.ADD: _RELATION,
    What.RENAME: ("name", "to"),
    What.MERGE: ("name", "into"),
    What.SPLIT: ("name", "out"),
    What.SEPARATE: ("name", "out"),
}
"""The fields that each kind of decision cannot do without."""

_OPTIONAL: Final = {What.EDIT: ("to", "turn"), What.ADD: ()}
_ALWAYS: Final = ("what", "evidence", "time", "author", "reason")
_MAX_TEXTS: Final = 100  # sentences, or names, in one decision
_MAX_SENTENCE: Final = 20_000  # characters
_SIMILAR: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision; which fields it has depends on `what` (`NEEDED`, and `to` and `turn` of an edit).

    `source`, `target`, `name`, `into` and `out` are names of concepts. `evidence` holds the sentences that the relation
    had when it was decided. `time` is ISO 8601 text; of two decisions about one thing the later one counts, by the
    instants that these mean. `file` is the curation file that it stands in, empty if it is kept in a store only, and
    `line` its place there; these two are no part of what it says.
    """

    what: What
    source: str = ""
    type: RelationType | None = None
    target: str = ""
    name: str = ""
    to: str = ""
    into: str = ""
    out: tuple[str, ...] = ()
    turn: bool = False
    evidence: tuple[str, ...] = ()
    time: str = ""
    author: str = ""
    reason: str = ""
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)

    @property
    def id(self) -> str:
        """A short hash of what it says, whatever its place."""
        said = {name: value for name, value in _row(self).items() if name not in {"file", "line"}}
        return hashlib.sha256(_json(said).encode("utf-8", "surrogatepass")).hexdigest()[:12]

    def __str__(self) -> str:
        """In one line, as a person would say it."""
        if self.what is What.RENAME:
            return f"rename {self.name} to {self.to}"
        if self.what is What.MERGE:
            return f"merge {self.name} into {self.into}"
        if self.what is What.SPLIT:
            return f"split {', '.join(self.out)} from {self.name}"
        if self.what is What.SEPARATE:
            return f"separate {', '.join(self.out)} and {self.name}"
        said = f"{self.what} {self.source} {self.type} {self.target}"
        if self.what is What.EDIT:
            said += f": {self.to}" if self.to else ""
            said += ", turned" if self.turn else ""
        return said


_NEVER: Final = datetime.min.replace(tzinfo=UTC)


def by_time(decision: Decision) -> tuple[datetime, str]:
    """Return what decisions are sorted by: (instant, id).

    Times are compared as the instants that they mean, whatever their zone; one without a zone is of UTC, a day begins
    with its midnight. What has no time, or a text that is none, was before all others.
    """
    return (_instant(decision.time) or _NEVER, decision.id)


@lru_cache(maxsize=10_000)
def _instant(time: str) -> datetime | None:
    """Return the moment that ISO 8601 text means, None if it means none."""
    try:
        at = datetime.fromisoformat(time)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


# -- as text --------------------------------------------------------------------------------------------------------


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _row(decision: Decision) -> dict[str, object]:
    """Return the fields that say something."""
    return {f.name: value for f in fields(decision) if (value := getattr(decision, f.name))}


def encode_decision(decision: Decision) -> str:
    """Return a decision as canonical JSON, as stores keep it; its line is left out."""
    return _json({name: value for name, value in _row(decision).items() if name != "line"})


def decode_decision(row: str) -> Decision:
    """Return the decision of `encode_decision`."""
    value: dict[str, Any] = json.loads(row)
    kind = value.pop("type", None)
    out, evidence = tuple(value.pop("out", ())), tuple(value.pop("evidence", ()))
    what = What(value.pop("what"))
    return Decision(what=what, type=RelationType(kind) if kind else None, out=out, evidence=evidence, **value)


# -- what makes sense -------------------------------------------------------------------------------------------------


def validate(decision: Decision) -> Decision:
    """Return the decision if it can mean something, whatever the notes say. Raises InputError otherwise."""
    what = decision.what
    for name in NEEDED[what]:
        if not getattr(decision, name):
            raise InputError(f"{what} needs {name}")
    allowed = {*NEEDED[what], *_OPTIONAL.get(what, ()), *_ALWAYS, "file", "line"}
    for name in _row(decision):
        if name not in allowed:
            raise InputError(f"{what} takes no {name}; it takes {', '.join(NEEDED[what])}")
    _check_texts(decision)
    if decision.time and _instant(decision.time) is None:
        raise InputError(f"{decision.time[:40]!r} is no time of ISO 8601; write one like 2026-11-26T18:00:00Z")
    if what is What.EDIT:
        _check_edit(decision)
    elif decision.source and name_key(decision.source) == name_key(decision.target):
        raise InputError("both ends are one name; a relation is between two concepts")
    if name_key(decision.name) in {name_key(decision.into), *map(name_key, decision.out)} - {""}:
        raise InputError(f"{decision.name} is named twice; name two concepts, or two names")
    return decision


def _check_texts(decision: Decision) -> None:
    names = ("source", "target", "name", "into", *(("to",) if decision.what is What.RENAME else ()))
    for name in (*(getattr(decision, one) for one in names), *decision.out):
        if name and (not name_key(name) or not possible(name)):
            raise InputError(f"{name[:40]!r} is no name: it has no letter, a NUL in it, or is longer than 4,000 bytes")
    texts = (*decision.evidence, decision.time, decision.author, decision.reason, decision.file)
    if any(len(text) > _MAX_SENTENCE or "\0" in text or not _is_unicode(text) for text in texts):
        raise InputError(f"a text is longer than {_MAX_SENTENCE:,} characters, or is no text; shorten it")
    if max(len(decision.evidence), len(decision.out)) > _MAX_TEXTS:
        raise InputError(f"there are more than {_MAX_TEXTS} names or sentences; leave some out")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_edit(decision: Decision) -> None:
    if not decision.to and not decision.turn:
        raise InputError("edit needs to, a type of relation, or turn")
    if decision.to and decision.to not in list(RelationType):
        raise InputError(f"{decision.to[:40]} is no type of relation; use one of {', '.join(RelationType)}")
    kind = RelationType(decision.to) if decision.to else decision.type
    if kind is decision.type and not (decision.turn and kind and not RELATION_TYPES[kind].symmetric):
        raise InputError("edit changes nothing: give another type, or turn a relation whose ends differ")


def undone(decisions: Sequence[Decision], ids: Iterable[str]) -> list[Decision]:
    """Return the decisions without those that have these ids. Raises InputError for an id that none has."""
    held = {decision.id: decision for decision in decisions}
    gone = set()
    for id_ in ids:
        if id_ not in held:
            near = difflib.get_close_matches(id_[:50], held, n=_SIMILAR)
            hint = f"; did you mean {', '.join(near)}?" if near else "; `noteatlas curate list` shows them"
            raise InputError(f"there is no decision {id_[:50]!r}{hint}")
        gone.add(id_)
    return [decision for decision in decisions if decision.id not in gone]
