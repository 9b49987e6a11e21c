"""How decisions are shown, and what became of them: as text and as JSON."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from api.cli_output import one_line
from graph.curation.decision import NEEDED, Decision, by_time

if TYPE_CHECKING:
    from api.deciding import Applied
    from graph.curation.apply import Curated

__all__ = ["applied_json", "applied_text", "complaints", "decision_json", "decisions_json", "decisions_text"]


def decision_json(decision: Decision) -> dict[str, object]:
    """Return a decision with its id: the fields that its kind has, and those that are not empty."""
    names = ("what", *NEEDED[decision.what], "to", "turn", "evidence", "time", "author", "reason", "file")
    row = {name: getattr(decision, name) for name in dict.fromkeys(names)}
    kept = {name: value for name, value in row.items() if value or name in NEEDED[decision.what]}
    return {"id": decision.id, **kept}


def decisions_json(found: "Curated") -> list[dict[str, object]]:
    """Return decisions by time as the JSON of `curate list`: `stale` says why one changes nothing, null if it does."""
    why = {row.decision.id: row.why for row in found.stale}
    review = {decision.id for decision in found.review}
    return [
        {**decision_json(decision), "stale": why.get(decision.id), "review": decision.id in review}
        for decision in _all(found)
    ]


def decisions_text(found: "Curated") -> str:
    """Return a line for each decision by time: its id, what it says, and why it changes nothing."""
    why = {row.decision.id: row.why for row in found.stale}
    return "\n".join(_line(decision, why.get(decision.id)) for decision in _all(found)) or "Nothing was decided."


def _all(found: "Curated") -> Sequence[Decision]:
    return sorted([*found.applied, *(row.decision for row in found.stale)], key=by_time)


def _line(decision: Decision, stale: str | None) -> str:
    parts = [decision.id, decision.time or "no time", str(decision)]
    parts += [f"({decision.reason})"] if decision.reason else []
    parts += [f"- {decision.author}"] if decision.author else []
    line = one_line("  ".join(parts))
    return f"{line}  [stale: {one_line(stale)}]" if stale else line


def applied_json(applied: "Applied") -> dict[str, object]:
    """Return what became of the decisions at a load."""
    return {
        "applied": len(applied.applied),
        "stale": [{**decision_json(row.decision), "why": row.why} for row in applied.stale],
        "review": [decision_json(decision) for decision in applied.review],
        "taken_back": [decision_json(decision) for decision in applied.taken_back],
        "written": [decision_json(decision) for decision in applied.written],
    }


def applied_text(applied: "Applied") -> str:
    """Return what became of the decisions at a load, in one line."""
    parts = [f"{len(applied.applied)} applied"]
    parts += [f"{len(applied.stale)} stale"] if applied.stale else []
    parts += [f"{len(applied.taken_back)} taken back"] if applied.taken_back else []
    parts += [f"{len(applied.written)} written to {_files(applied.written)}"] if applied.written else []
    return f"decisions: {', '.join(parts)}"


def _files(decisions: Iterable[Decision]) -> str:
    return ", ".join(sorted({decision.file for decision in decisions}))


def complaints(applied: "Applied | None") -> Iterator[str]:
    """Say in a line each which decisions changed nothing, and which rejections deserve another look."""
    if applied is None:
        return
    yield from applied.unwritten
    for row in applied.stale:
        yield f"{_place(row.decision)}: {row.decision}: {row.why}; it is kept and changes nothing"
    for decision in applied.review:
        yield f"{_place(decision)}: {decision}: the notes have new sentences for it; look again"


def _place(decision: Decision) -> str:
    if decision.file and decision.line:
        return f"{decision.file}, line {decision.line}"
    return f"decision {decision.id}"
