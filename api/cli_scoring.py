"""The command that compares what is read with what people annotated: score."""

import re
from pathlib import Path
from typing import Annotated

import typer

from api.cli_options import JsonOption, LexiconOption, NoLexiconOption, examples
from api.cli_run import find_lexicon, name_failures, progress, read_lines, read_settings
from graph.errors import UnreadableSource

__all__ = ["commands"]

commands = typer.Typer()


@commands.command(
    short_help="Compare what is read in notes with what people annotated.",
    epilog=examples(
        "noteatlas score excerpts --rules",
        "noteatlas score excerpts --folds 5 --only 03,19,20,23,24",
        "noteatlas score gold --notes notes.txt --lines 1-576 --show 20",
    ),
)
def score(
    gold: Annotated[
        Path,
        typer.Argument(
            metavar="GOLD",
            help="A folder of NN-name.md and NN.json; with --notes the gold of one file.",
            show_default=False,
        ),
    ],
    *,
    notes: Annotated[
        Path | None,
        typer.Option("--notes", metavar="FILE", help="The one file of notes that GOLD annotates.", show_default=False),
    ] = None,
    lines: Annotated[
        str | None,
        typer.Option("--lines", metavar="A-B", help="Count only what lies in these lines.", show_default=False),
    ] = None,
    terms: Annotated[
        Path | None,
        typer.Option(
            "--terms",
            metavar="FILE",
            help="True terms of the field, one a line: neutral if no gold has them.",
            show_default=False,
        ),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option("--only", metavar="NN,NN", help="Only the files with these numbers.", show_default=False),
    ] = None,
    rules: Annotated[bool, typer.Option("--rules", help="Say of each rule how it did.")] = False,
    folds: Annotated[
        int | None,
        typer.Option(
            "--folds",
            metavar="K",
            min=2,
            help="Judge rules on files that they did not earn their place in.",
            show_default=False,
        ),
    ] = None,
    show: Annotated[
        int, typer.Option("--show", metavar="N", min=0, help="Name so many mistakes of each kind, for each file.")
    ] = 0,
    phrasings_only: Annotated[
        bool, typer.Option("--phrasings-only", help="Leave the trained reader out: it was fitted on annotated files.")
    ] = False,
    lexicon: LexiconOption = None,
    no_lexicon: NoLexiconOption = False,
    as_json: JsonOption = False,
) -> None:
    """Compare concepts, relations and structure that are read in notes with gold, file by file and added up.

    --rules marks as suspects the rules that are right in one file only. --folds K deals the files into K folds and
    keeps in each only the rules that were more often right than wrong in the others. A file that cannot be read is
    named, the others are scored, and the exit status is 1.
    """
    from api.cli_output import print_json, print_text
    from api.cli_output_score import score_json, score_text
    from loaders.scoring import find_cases, fold_scores, judge, rule_records

    span = _span(lines)
    settings = read_settings(lexicon=lexicon or None, no_lexicon=no_lexicon or None)
    numbers = [n for n in (only or "").split(",") if n]
    cases = find_cases(gold, notes=notes, only=numbers)
    neutral = frozenset(read_lines(terms)) if terms else frozenset()
    used = find_lexicon(settings)
    judged, failures = [], []
    with progress("Scoring") as told:
        for case in cases:
            told(case.name)
            try:
                judged.append(judge(case, lexicon=used, phrasings_only=phrasings_only, lines=span, terms=neutral))
            except UnreadableSource as error:
                failures.append(error)
    if judged:
        records = rule_records(judged) if rules else []
        dealt = fold_scores(judged, folds, lines=span, terms=neutral) if folds else []
        if as_json:
            print_json(score_json(judged, rules=records, folds=dealt, show=show, failures=failures))
        else:
            print_text(score_text(judged, rules=records, folds=dealt, show=show))
    name_failures(failures)


def _span(lines: str | None) -> range | None:
    """Return the lines of A-B, both included."""
    if lines is None:
        return None
    match = re.fullmatch(r"(\d{1,9})-(\d{1,9})", lines)
    if match is None or int(match[1]) > int(match[2]):
        raise typer.BadParameter(f"{lines!r} is no range of lines such as 1-576", param_hint="--lines")
    return range(int(match[1]), int(match[2]) + 1)
