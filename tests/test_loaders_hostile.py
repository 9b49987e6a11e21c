"""Texts made to be slow: all are read, and twice the text takes at most three times the time.

Many are those that cmark keeps for Markdown readers, the rest aim at what stands behind: the line scanner, names,
phrasings, outlines. The lexicon is small, so that what is measured is the text.
"""

import gc
import time
from collections.abc import Callable

import pytest

from graph.model import Source, SourceFormat
from loaders.extract import extract_texts
from loaders.lexicon import Lexicon, Term

FEW = Lexicon(
    [
        Term("mqa", ("MQA",)),
        Term("gqa", ("GQA",)),
        Term("attention", ("Attention", "注意力")),
        Term("stage", ("Stage",), weak=frozenset({"stage"})),
    ]
)
LIMIT = 3.0

CASES: dict[str, tuple[int, Callable[[int], str]]] = {
    "opening brackets": (6_000, lambda n: "(" * n),
    "opening square brackets": (3_000, lambda n: "[" * n),
    "opening wikilinks": (2_000, lambda n: "[[" * n),
    "opening wikilinks with names": (1_200, lambda n: "[[MQA " * n),
    "closed wikilinks": (1_000, lambda n: "[[MQA]] " * n),
    "links that never close": (1_500, lambda n: "[a](b" * n),
    "images that never close": (800, lambda n: "![a" * n),
    "nested brackets": (10_000, lambda n: "(" * n + ")" * n),
    "names in brackets": (700, lambda n: "(MQA) " * n),
    "names before brackets": (4_000, lambda n: "MQA(" * n),
    "backticks": (50_000, lambda n: "`" * n),
    "asterisks": (50_000, lambda n: "*" * n),
    "opening emphasis": (2_000, lambda n: "*a **a " * n),
    "emphasis of both kinds": (2_000, lambda n: "*a _b " * n),
    "dollars": (4_000, lambda n: "$a $$b " * n),
    "backslashes": (5_000, lambda n: "\\(" * n),
    "angles": (10_000, lambda n: "<a " * n),
    "comments": (5_000, lambda n: "<!-- " * n),
    "ampersands": (10_000, lambda n: "&a" * n),
    "entities": (150, lambda n: "MQA " + "&nbsp;" * n + " b"),
    "entities in a heading": (150, lambda n: "# MQA " + "&nbsp;" * n + " b"),
    "entities in an item": (150, lambda n: "- MQA " + "&nbsp;" * n + " b: c"),
    "spaces in a line": (1_500, lambda n: "MQA" + " " * n + "is GQA"),
    "lines of formulas": (300, lambda n: "MQA\n" + "$x$\n" * n + "b"),
    "wide formulas": (10, lambda n: "MQA " + ("$" + "x" * 1_500 + "$ ") * n + "b"),
    "a long line of words": (2_000, lambda n: "attention " * n),
    "a long line of Chinese": (3_000, lambda n: "注意力" * n),
    "a long enumeration": (2_000, lambda n: "MQA、" * n),
    "a long sentence": (1_000, lambda n: "MQA 是 GQA，" * n),
    "many lines": (500, lambda n: "MQA 是 GQA。\n\n" * n),
    "many bold names": (1_000, lambda n: "**MQA** " * n),
    "an enumeration in an item": (500, lambda n: "- " + "MQA、" * n),
    "new names": (200, lambda n: "# Attention\n\n" + "".join(f"- **Quokka{k} Fold**: x\n" for k in range(n))),
    "definitions": (400, lambda n: "Quokka Fold is a thing. " * n),
    "sentences in one block": (1_000, lambda n: "MQA 是 GQA。" * n),
    "an enumeration of weak names": (1_000, lambda n: "x " + "stage、" * n),
    "one short line again and again": (1_000, lambda n: "abc def\n" * n),
    "repeated lines": (1_500, lambda n: "".join(f"文字{k % 7}。\n" for k in range(n))),
    "many initials": (1_500, lambda n: "A. B " * n),
    "the same word again": (5_000, lambda n: "又称" * n),
    "spaces": (100_000, lambda n: " " * n + "a"),
    "blank lines": (15_000, lambda n: "\n" * n),
    "quotes": (20_000, lambda n: ">" * n + "a"),
    "quotes on every line": (1_000, lambda n: "\n".join("> " * (k % 50) + "a" for k in range(n))),
    "headings": (1_000, lambda n: "# MQA\n\n" * n),
    "headings of all levels": (800, lambda n: "".join(f"{'#' * (k % 6 + 1)} a{k}\n\n" for k in range(n))),
    "short lines with text": (500, lambda n: "".join(f"标题{k}\n\n文字。\n\n" for k in range(n))),
    "list levels": (150, lambda n: "\n".join("  " * k + "- a" for k in range(n))),
    "numbered items": (1_000, lambda n: "1. a\n" * n),
    "numbers inside of a line": (2_000, lambda n: " ".join(f"{k % 9 + 1}.a" for k in range(n))),
    "cells": (300, lambda n: "|a|b|c|d|e|\n|-|-|-|-|-|\n" + "|MQA|b|c|d|e|\n" * n),
    "code": (1_500, lambda n: "x = f(1)\n" * n),
    "indented lines": (4_000, lambda n: "x = f(1)\n" + "  a\n" * n),
    "front matter": (2_000, lambda n: "---\n" + "a: b\n" * n),
    "link definitions": (1_500, lambda n: "".join(f"[a{k}]: b\n" for k in range(n))),
}
LARGE: dict[str, str] = {
    "50,000 opening brackets": "(" * 50_000,
    "50,000 opening square brackets": "[" * 50_000,
    "a line of 200,000 characters": "attention 注意力 " * 14_300,
    "a line of 200,000 letters": "a" * 200_000,
    "20,000 list levels": "\n".join(" " * min(k, 200) + "- a" for k in range(20_000)),
    "20,000 list marks": "- " * 20_000 + "a",
    "10,000 cells": "|a|b|c|d|e|f|g|h|i|j|\n" + "|-" * 10 + "|\n" + "|MQA|b|c|d|e|f|g|h|i|j|\n" * 1_000,
    "10,000 quotes": "> " * 10_000 + "a",
    "10,000 entities": "MQA " + "&nbsp;" * 10_000 + " b",
    "a heading of 10,000 entities": "# MQA " + "&nbsp;" * 10_000 + " b",
    "nothing but NUL": "\x00" * 50_000,
}
each_format = pytest.mark.parametrize("form", ["markdown", "plaintext"])


def _read(text: str, form: SourceFormat) -> float:
    """Read a text and return the processor seconds that it took, without those of the garbage collector."""
    source = Source("text", form, "Text", "0" * 64)
    gc.disable()
    try:
        start = time.process_time()
        extract_texts([(source, text)], lexicon=FEW)
        return time.process_time() - start
    finally:
        gc.enable()


@each_format
@pytest.mark.parametrize("name", CASES)
def test_twice_the_text_takes_at_most_three_times_the_time(name: str, form: SourceFormat) -> None:
    n, make = CASES[name]
    once, twice = make(n), make(2 * n)
    fastest = [float("inf"), float("inf")]
    for _ in range(3):  # the best of up to three: other programs may disturb one measurement
        fastest = [min(best, _read(text, form)) for best, text in zip(fastest, (once, twice), strict=True)]
        if fastest[1] <= LIMIT * max(fastest[0], 0.01):
            return
    pytest.fail(f"{fastest[0]:.3f} s, then {fastest[1]:.3f} s for twice the text")


@each_format
@pytest.mark.parametrize("name", LARGE)
def test_large_and_strange_texts_are_read_in_seconds(name: str, form: SourceFormat) -> None:
    assert _read(LARGE[name], form) < 10
