"""Fit the weights of the reader (loaders/reader) on annotated notes, and say how it does on files it was not fitted on.

    python bench/fit_reader.py GOLD... [--lines A-B] [--write] [--folds 6] [--precision 0.75] [--keep 0.55,0.7,0.6]

GOLD is a folder of NN-name.md with NN.json beside, or a file of notes and its gold folder as NOTES:GOLD. Needs
scikit-learn (`pip install -e '.[fit]'`). Each file is read with the lexicon and without it. The folds are by file. From
what the folds say of files that they did not see come the two thresholds, the figures and the table of confidence.
"""

import argparse
import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

import loaders.extract as reading
from graph.model import Relation
from graph.names import name_key
from loaders.gold import Gold, Verdict, align, read_gold, verdict
from loaders.lexicon import Lexicon, default_lexicon
from loaders.reader import candidates
from loaders.reader.model import TRUSTED
from loaders.sources import read_source

WEIGHTS = Path(reading.__file__).parent / "reader" / "weights.json"
STRENGTH = {True: 0.1, False: 0.07}  # of the fit (1 / the penalty on squared weights), if a phrasing read it or not
LEAST = 3  # times a feature must occur, in at least two files
SLIGHT = 0.02  # weights below this are left out


@dataclass(frozen=True)
class Row:
    """A candidate of one sentence: its features, its pair and sentence, whether a phrasing read it, what gold says."""

    features: tuple[str, ...]
    place: tuple[object, ...]
    phrased: bool
    right: bool | None  # None: gold has no say
    counts: frozenset[object]  # rows satisfied, or the one wrong statement


def corpus(arguments, lines, skipped):
    """Yield (name, notes, gold, lines or None), without the files whose numbers are `skipped`."""
    for argument in arguments:
        if ":" in argument:
            notes, gold = argument.split(":")
            yield Path(notes).name, Path(notes), read_gold(Path(gold)), lines
            continue
        for file in sorted(Path(argument).glob("[0-9][0-9].json")):
            if file.stem in skipped:
                continue
            yield f"{argument}/{file.stem}", next(file.parent.glob(f"{file.stem}-*")), read_gold(file), None


def collect(notes, gold: Gold, lines, lexicon, terms):
    """Return the candidates of one file, and the gold rows that are wanted."""
    source, text = read_source(notes, notes.name)
    rows = []

    def listen(_model, form, sentence, phrased, *, lexicon, context, **_):
        for c in candidates(form, () if sentence.own else sentence.subject, phrased, lexicon, context):
            rows.append((c, sentence))
        return phrased

    real, reading.judge = reading.judge, listen
    try:
        graph = reading.extract_texts([(source, text)], lexicon=lexicon)[source.path]
    finally:
        reading.judge = real
    names = {c.id: c.names for c in graph.concepts}
    known = lexicon.terms
    for c, _ in rows:
        for end in (c.source, c.target):
            if end not in names:
                names[end] = known[end].names if end in known else (end,)
    alignment = align(((i, n, False, True) for i, n in names.items()), gold, terms)
    out = []
    for c, sentence in rows:
        if lines is not None and sentence.line not in lines:
            continue
        relation = Relation(c.source, c.type, c.target)
        said, met = verdict(relation, gold, alignment)
        right = None if said is Verdict.NEUTRAL else said is Verdict.RIGHT
        ends = (alignment.to.get(c.source, c.source), alignment.to.get(c.target, c.target))
        counts = frozenset(met) if right else frozenset({(*sorted(ends), c.type)})
        features = tuple(dict.fromkeys(f"{table}|{item}" for table, items in c.features for item in items))
        place = (sentence.block, sentence.start, frozenset((c.source, c.target)))
        out.append(Row(features, place, c.phrased is not None, right, counts))
    return out, gold.wanted(lines)


def matrix(rows, index):
    places = [(i, index[f]) for i, row in enumerate(rows) for f in row.features if f in index]
    ii, jj = zip(*places, strict=True) if places else ((), ())
    return csr_matrix((np.ones(len(ii)), (ii, jj)), shape=(len(rows), len(index)))


def fit(files):
    """Return feature -> weight. What phrasings read and what they did not are two models with tables of their own."""
    return {**fit_one(files, phrased=True), **fit_one(files, phrased=False)}


def fit_one(files, *, phrased):
    rows = [row for _, rows, _ in files for row in rows if row.right is not None and row.phrased is phrased]
    times, where = Counter(), defaultdict(set)
    for name, file_rows, _ in files:
        for row in file_rows:
            if row.phrased is phrased:
                times.update(row.features)
                for f in row.features:
                    where[f].add(name.rpartition("@")[0])
    index = {f: i for i, f in enumerate(sorted(f for f, n in times.items() if n >= LEAST and len(where[f]) > 1))}
    model = LogisticRegression(C=STRENGTH[phrased], max_iter=500, solver="liblinear", fit_intercept=False)
    model.fit(matrix(rows, index), [row.right for row in rows])
    return {f: float(model.coef_[0][i]) for f, i in index.items()}


def probabilities(rows, weights):
    odds = np.array([sum(weights.get(f, 0.0) for f in row.features) for row in rows])
    return 1 / (1 + np.exp(-odds))


def best(rows, ps, keep_read, keep_unread):
    """Return of each pair in each sentence the most probable candidate, if it is kept."""
    chosen = {}
    for row, p in zip(rows, ps, strict=True):
        weight = p + TRUSTED * row.phrased
        if row.place not in chosen or weight > chosen[row.place][2]:
            chosen[row.place] = row, p, weight
    return [(r, p) for r, p, _ in chosen.values() if p >= (keep_read if r.phrased else keep_unread)]


def figures(files, ps, keep_read, keep_unread):
    right = wrong = found = missed = 0
    for (_, rows, wanted), p in zip(files, ps, strict=True):
        kept = best(rows, p, keep_read, keep_unread)
        met = frozenset().union(*(r.counts for r, _ in kept if r.right))
        off = frozenset().union(*(r.counts for r, _ in kept if r.right is False))
        right, wrong = right + len(met), wrong + len(off)
        found, missed = found + len(met & wanted), missed + len(wanted - met)
    return right / max(1, right + wrong), found / max(1, found + missed), right, wrong


def out_of_fold(files, bare, folds):
    """Return the probabilities of each file's candidates under weights that were fitted without it."""
    ps, bare_ps = [None] * len(files), [None] * len(files)
    for k in range(folds):
        inside = set(range(k, len(files), folds))
        fitted = fit([f for i in range(len(files)) if i not in inside for f in (files[i], bare[i])])
        for i in inside:
            ps[i], bare_ps[i] = probabilities(files[i][1], fitted), probabilities(bare[i][1], fitted)
    return ps, bare_ps


def choose(files, ps, precision):
    """Return the thresholds (read, unread) of the highest recall at this precision, with their figures."""
    tried = (
        (float(read), float(unread), figures(files, ps, read, unread))
        for read in np.arange(0.3, 0.65, 0.05)  # what a phrasing reads in so many words is hardly ever dropped
        for unread in np.arange(0.3, 0.95, 0.05)
    )
    return max((row for row in tried if row[2][0] >= precision), key=lambda row: row[2][1])


def calibration(files, ps, chosen):
    """Print how often what is kept is right, by confidence."""
    bins = defaultdict(lambda: [0, 0])
    for (_, rows, _), p in zip(files, ps, strict=True):
        for row, probability in best(rows, p, *chosen):
            if row.right is not None:
                bins[min(int(probability * 10), 9)][row.right] += 1
    for b, (wrong, right) in sorted(bins.items()):
        print(f"  {b / 10:.1f}-{b / 10 + 0.1:.1f}: {right + wrong:4} judged, precision {right / (right + wrong):.2f}")


def write(files, bare, chosen):
    """Fit on all files and write the weights that count."""
    tables = defaultdict(dict)
    for feature, weight in fit([*files, *bare]).items():
        if abs(weight) >= SLIGHT:
            table, _, item = feature.partition("|")
            tables[table][item] = round(weight, 3)
    document = {
        **dict(zip(("keep_read", "keep_unread", "keep_unknown"), (round(float(k), 2) for k in chosen), strict=False)),
        "tables": {t: dict(sorted(rows.items())) for t, rows in sorted(tables.items())},
    }
    WEIGHTS.write_text(json.dumps(document, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    print("wrote", sum(map(len, tables.values())), "weights,", WEIGHTS.stat().st_size, "bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", nargs="+")
    parser.add_argument("--lines", default="1-1000000", help="of the NOTES:GOLD files")
    parser.add_argument("--folds", type=int, default=6)
    parser.add_argument("--precision", type=float, default=0.75, help="wanted on files that were not seen")
    parser.add_argument("--terms", type=Path, help="true terms of the field, one a line")
    parser.add_argument("--skip", default="", help="numbers of files to leave out, with commas")
    parser.add_argument("--keep", help="READ,UNREAD,UNKNOWN: thresholds to write instead of those that are chosen")
    parser.add_argument("--write", action="store_true", help="fit on all and write the weights")
    options = parser.parse_args()
    first, last = map(int, options.lines.split("-"))
    written = options.terms.read_text(encoding="utf-8").splitlines() if options.terms else ()
    terms = {name_key(t) for t in written if t.strip()}
    files, bare = [], []
    for name, notes, gold, lines in corpus(options.gold, range(first, last + 1), set(options.skip.split(","))):
        files.append((f"{name}@", *collect(notes, gold, lines, default_lexicon(), terms)))
        bare.append((f"{name}@bare", *collect(notes, gold, lines, Lexicon(()), terms)))
    rows = [row for _, more, _ in files for row in more]
    print(len(files), "files,", len(rows), "candidates,", sum(row.right is True for row in rows), "right")
    ps, bare_ps = out_of_fold(files, bare, options.folds)
    read = [[float(r.phrased) for r in more] for _, more, _ in files]
    print("precision, recall, right, wrong; phrasings alone:", show(figures(files, read, 0.5, 2)))
    for t in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
        without = show(figures(bare, bare_ps, t, t))
        print(f"from {t}: {show(figures(files, ps, t, t))}; without lexicon: {without}")
    chosen = choose(files, ps, options.precision)
    print(
        f"chosen {chosen[0]:.2f} if read, {chosen[1]:.2f} if not: {show(chosen[2])};",
        f"without lexicon: {show(figures(bare, bare_ps, *chosen[:2]))}",
    )
    calibration(files, ps, chosen[:2])
    if options.write:
        write(files, bare, options.keep.split(",") if options.keep else chosen[:2])


def show(row):
    return f"{row[0]:.3f} {row[1]:.3f} ({row[2]} {row[3]})"


if __name__ == "__main__":
    main()
