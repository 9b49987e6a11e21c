"""What `report` prints: counts, what was left out and why, ambiguous names, gaps; lists cut after so many rows."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

from api.cli_output import cut, one_line, title_of
from graph.errors import UnreadableSource
from graph.model import Concept
from graph.review import Gap, Review
from loaders.dropped import Dropped, Meaning, Remarks

__all__ = ["report_json", "report_text"]

_Row = TypeVar("_Row")
_Word = TypeVar("_Word", bound=StrEnum)
_PLACES = 3  # at which a meaning was chosen, or that need a concept


def report_text(
    found: Review,
    remarks: Remarks | None,
    failures: Sequence[UnreadableSource],
    *,
    names: Mapping[str, str],
    first: int,
) -> str:
    """Return a report for people: at most `first` rows of each list. `names`: concepts by id."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in found.concepts.items())
    lines = [
        _count(len(found.sources), "source"),
        _count(sum(found.concepts.values()), "concept") + (f": {kinds}" if kinds else ""),
        _count(sum(sum(row.values()) for row in found.relations.values()), "relation"),
        *(
            f"  {kind.value}: {', '.join(f'{count} {origin}' for origin, count in row.items())}"
            for kind, row in found.relations.items()
        ),
    ]
    if remarks is not None:
        lines += _dropped_lines(remarks.dropped, first)
        lines += _list("Ambiguous names", _by_name(remarks.meanings), first, lambda row: _meaning_line(row, names))
    lines += _list("Names of several concepts", list(found.shared.items()), first, _shared_line)
    lines += _list("Concepts without relations", found.alone, first, _concept_line)
    lines += _list("Gaps: needed by others and never explained", found.gaps, first, lambda gap: _gap_line(gap, names))
    lines += _list("Files that could not be read", failures, first, lambda f: f"{f.path}: {f.reason}")
    return "\n".join(lines)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _list(title: str, rows: Sequence[_Row], first: int, line: Callable[[_Row], str]) -> list[str]:
    if not rows:
        return []
    more = [f"  and {len(rows) - first} more"] if len(rows) > first else []
    return ["", f"{title} ({len(rows)})", *(f"  {one_line(line(row))}" for row in rows[:first]), *more]


def _dropped_lines(dropped: Iterable[Dropped], first: int) -> list[str]:
    lines: list[str] = []
    for (what, reason), rows in _by_reason(dropped).items():
        lines += _list(f"Left out, {what}s: {reason}", rows, first, _dropped_line)
    return lines


def _by_reason(dropped: Iterable[Dropped]) -> dict[tuple[str, str], list[Dropped]]:
    groups: dict[tuple[str, str], list[Dropped]] = {}
    for row in sorted(dropped):
        groups.setdefault((row.what.value, row.reason), []).append(row)
    return dict(sorted(groups.items()))


def _dropped_line(row: Dropped) -> str:
    return f"{cut(row.text)} ({row.source}{f':{row.line}' if row.line else ''})"


def _by_name(meanings: Iterable[Meaning]) -> list[tuple[str, dict[str, list[Meaning]]]]:
    """Return each ambiguous name as written with its meanings, the most frequent name first."""
    times = Counter(m.name for m in meanings)
    names: dict[str, dict[str, list[Meaning]]] = {}
    for m in sorted(meanings):
        names.setdefault(m.name, {}).setdefault(m.concept, []).append(m)
    return sorted(names.items(), key=lambda row: (-times[row[0]], row[0]))


def _meaning_line(row: tuple[str, dict[str, list[Meaning]]], names: Mapping[str, str]) -> str:
    name, meanings = row
    parts = []
    for concept, places in meanings.items():
        shown = ", ".join(f"{p.source}:{p.line}" for p in places[:_PLACES])
        more = f" and {len(places) - _PLACES} more" if len(places) > _PLACES else ""
        parts.append(f"{names.get(concept, concept) or 'not decided'} ({shown}{more})")
    return f"{name}: {'; '.join(parts)}"


def _shared_line(row: tuple[str, Sequence[str]]) -> str:
    return f"{row[0]}: {', '.join(row[1])}"


def _concept_line(concept: Concept) -> str:
    place = f" ({concept.document}:{concept.line})" if concept.document and concept.line else ""
    return f"{title_of(concept)}{place}"


def _gap_line(gap: Gap, names: Mapping[str, str]) -> str:
    shown = ", ".join(names.get(c, c) for c in gap.needed_by[:_PLACES])
    more = f" and {len(gap.needed_by) - _PLACES} more" if len(gap.needed_by) > _PLACES else ""
    return f"{title_of(gap.concept)}, needed by {shown}{more}"


def _plain(counts: Mapping[_Word, int]) -> dict[str, int]:
    return {word.value: count for word, count in counts.items()}


def report_json(
    found: Review, remarks: Remarks | None, failures: Sequence[UnreadableSource], *, first: int
) -> dict[str, object]:
    """Return the JSON of `report`; each list has its `count` and its `first` rows."""

    def rows(items: Sequence[_Row], row: Callable[[_Row], object]) -> dict[str, object]:
        return {"count": len(items), "first": [row(item) for item in items[:first]]}

    def concept_row(concept: Concept) -> dict[str, object]:
        return {"id": concept.id, "name": concept.name, "document": concept.document, "line": concept.line}

    def dropped_row(row: Dropped) -> dict[str, object]:
        return {"text": row.text, "document": row.source, "line": row.line or None}

    def name_row(row: tuple[str, dict[str, list[Meaning]]]) -> dict[str, object]:
        meanings = [
            {"concept": concept or None} | rows(places, lambda p: {"document": p.source, "line": p.line})
            for concept, places in row[1].items()
        ]
        return {"name": row[0], "meanings": meanings}

    groups = _by_reason(remarks.dropped).items() if remarks is not None else ()
    return {
        "sources": rows(found.sources, str),
        "concepts": {"count": sum(found.concepts.values()), "by_kind": _plain(found.concepts)},
        "relations": {
            "count": sum(sum(row.values()) for row in found.relations.values()),
            "by_type": {kind.value: _plain(row) for kind, row in found.relations.items()},
        },
        "dropped": None
        if remarks is None
        else [{"what": what, "reason": reason} | rows(group, dropped_row) for (what, reason), group in groups],
        "ambiguous": None if remarks is None else rows(_by_name(remarks.meanings), name_row),
        "shared_names": rows(list(found.shared.items()), lambda row: {"name": row[0], "concepts": row[1]}),
        "without_relations": rows(found.alone, concept_row),
        "gaps": rows(found.gaps, lambda gap: concept_row(gap.concept) | {"needed_by": gap.needed_by}),
        "failures": rows(failures, lambda f: {"path": f.path, "reason": f.reason}),
    }
