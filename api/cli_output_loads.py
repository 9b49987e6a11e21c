"""How loads and imports are told: what changed, source by source, and what became of decisions; as text and as JSON."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from api.cli_output import one_line, print_json, print_text
from api.cli_output_curation import applied_json, applied_text
from graph.changes import Changes

if TYPE_CHECKING:
    from api.loading import Loaded, Outcome

__all__ = ["changes_text", "loaded_json", "loaded_text", "report_loaded"]


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
