"""What `score` prints: figures for each file and for all, rules and how they did, what was missed and what is wrong."""

from collections.abc import Mapping, Sequence

from api.cli_output import one_line
from graph.errors import UnreadableSource
from loaders.gold import Score, Tally
from loaders.scoring import Judged, RuleRecord, pooled

__all__ = ["score_json", "score_text"]

_TALLIES = ("concepts", "relations", "pairs", "structure")
_DECIMALS = 4

Folds = Sequence[tuple[Score, tuple[str, ...]]]


def _share(value: float | None) -> str:
    return "   -" if value is None else f"{value:4.2f}"


def score_text(judged: Sequence[Judged], *, rules: Sequence[RuleRecord], folds: Folds, show: int) -> str:
    """Return the figures as tables; `show`: how many of each kind of mistake to name for each file."""
    width = max([12, *(len(each.case.name) for each in judged)])
    lines = [f"{'':{width}}  {'  '.join(f'{name:>9}' for name in _TALLIES)}   (precision/recall)"]
    for each in judged:
        cells = [f"{_share(t.precision)}/{_share(t.recall)}" for t in _tallies(each.score).values()]
        lines.append(f"{one_line(each.case.name):{width}}  {'  '.join(cells)}")
        for name, rows in each.score.details.items():
            if show and rows:
                lines.append(f"  {name} ({len(rows)})")
                lines += [f"    {one_line(_words(row))}" for row in rows[:show]]
    lines += ["", *_pooled_lines("all files", pooled(each.score for each in judged))]
    if folds:
        lines += ["", *_pooled_lines(f"{len(folds)} folds", pooled(score for score, _ in folds))]
        lines += [f"fold {n}: left out {', '.join(left) or 'no rule'}" for n, (_, left) in enumerate(folds, 1)]
    if rules:
        lines += ["", *_rule_lines(rules)]
    return "\n".join(lines)


def _tallies(score: Score) -> Mapping[str, Tally]:
    return {name: getattr(score, name) for name in _TALLIES}


def _pooled_lines(title: str, score: Score) -> list[str]:
    lines = [f"{title:12}  precision  recall  right  wrong  found  missed"]
    for name, t in _tallies(score).items():
        counts = f"{t.right:>5}  {t.wrong:>5}  {t.found:>5}  {t.missed:>6}"
        lines.append(f"{name:12}  {_share(t.precision):>9}  {_share(t.recall):>6}  {counts}")
    return lines


def _rule_lines(rules: Sequence[RuleRecord]) -> list[str]:
    width = max(len(one_line(r.rule)) for r in rules)
    lines = [f"{'rule':{width}}  fired  right  wrong  files right  files wrong"]
    for r in rules:
        counts = f"{r.fired:>5}  {r.right:>5}  {r.wrong:>5}  {r.files_right:>11}  {r.files_wrong:>11}"
        lines.append(f"{one_line(r.rule):{width}}  {counts}{'  suspect' if r.is_suspect else ''}")
    return lines


def _words(row: object) -> str:
    return " ".join(map(_words, row)) if isinstance(row, tuple) else str(row)


def score_json(
    judged: Sequence[Judged],
    *,
    rules: Sequence[RuleRecord],
    folds: Folds,
    show: int,
    failures: Sequence[UnreadableSource],
) -> dict[str, object]:
    """Return the figures as the JSON of `score`."""
    return {
        "files": [
            {"name": each.case.name, **_figures(each.score)}
            | ({"details": {name: list(rows[:show]) for name, rows in each.score.details.items()}} if show else {})
            for each in judged
        ],
        "pooled": _figures(pooled(each.score for each in judged)),
        "folds": {
            "pooled": _figures(pooled(score for score, _ in folds)),
            "each": [{**_figures(score), "left_out": left} for score, left in folds],
        }
        if folds
        else None,
        "rules": [
            {
                "rule": r.rule,
                "fired": r.fired,
                "right": r.right,
                "wrong": r.wrong,
                "files_right": r.files_right,
                "files_wrong": r.files_wrong,
                "suspect": r.is_suspect,
            }
            for r in rules
        ],
        "failures": [{"path": f.path, "reason": f.reason} for f in failures],
    }


def _figures(score: Score) -> dict[str, object]:
    return {name: _figure(tally) for name, tally in _tallies(score).items()}


def _figure(tally: Tally) -> dict[str, object]:
    shares = {"precision": tally.precision, "recall": tally.recall}
    rounded = {name: None if value is None else round(value, _DECIMALS) for name, value in shares.items()}
    counts = {"right": tally.right, "wrong": tally.wrong, "found": tally.found, "missed": tally.missed}
    return {**rounded, **counts}
