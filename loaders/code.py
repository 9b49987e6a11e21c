"""Unfenced code in flattened text: which lines are program, not prose.

A line is *strong* when its shape is that of a statement, *weak* when it could belong to code (a comment, an indented
line without Chinese, a blank). Runs grow from strong lines over weak ones, so that doc strings and comments inside a
listing go with it, in whatever language they are written.
"""

import re
from itertools import pairwise

__all__ = ["code_lines"]

_CJK = re.compile(r"[\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef]")
_STRONG = (
    re.compile(r"\s*(?:from\s+[\w.]+\s+)?import\s+[\w.*]+(?:\s+as\s+\w+|\s*,\s*\w+)*\s*;?\s*$"),
    re.compile(r"\s*(?:async\s+)?def\s+\w+\s*\(.*"),
    re.compile(r"\s*class\s+\w+\s*(?:\([\w., ]*\))?\s*[:{]\s*$"),
    re.compile(r"\s*(?:return|raise|assert|yield|del|await)\b[^\u4e00-\u9fff]*$"),
    re.compile(r"\s*(?:for|while|if|elif|with|except|switch)\b[^\u4e00-\u9fff]*[:{]\s*$"),
    re.compile(r"\s*(?:else|try|finally)\s*[:{]\s*$"),
    re.compile(r"\s*@\w[\w.]*(?:\(.*\))?\s*$"),
    re.compile(r"\s*[\w.\[\]]+(?:\s*,\s*[\w.\[\]]+)*\s*[-+*/|&]?=\s*[^=\s].*[(\[{_'\"].*$"),
    re.compile(r"\s*\w+[._][\w.]+\s*[-+*/|&]?=\s*[^=\s]+\s*$"),
    re.compile(r"\s*\w+(?:\.\w+)+\s*\(.*\)?\s*[,;:]?\s*$"),
    re.compile(r"\s*\w+_\w+\s*\(.*\)?\s*[,;:]?\s*$"),
    re.compile(r"\s*[\])}{(\[]+[,;]?\s*$"),
    re.compile(r"\s*\{?['\"]\w+['\"]\s*:\s*.+[},]\s*,?\s*$"),
    re.compile(
        r"\s*(?:#include\b|using\s+namespace\b|public\s+|private\s+|const\s+\w+|let\s+\w+|var\s+\w+).*[;{>]\s*$"
    ),
    re.compile(r"\s*(?:\$\s+|pip3?\s+install|git\s+clone|conda\s+|docker\s+|sudo\s+|cd\s+\S+\s*$|wget\s|curl\s).*"),
    re.compile(r"[^\u4e00-\u9fff]*[\w)\]]\s*[;{]\s*$"),
    re.compile(r"\s*(?:\"\"\"|''').*"),
    re.compile(r"\s*(?:>>>|\.\.\.)\s.*"),
)
_COMMENT = re.compile(r"\s*(?:#(?!#)|//|/\*|\*/)\s*\S")
_INSIDE = 30  # how many weak lines may lie between two strong ones of a listing
_OUTSIDE = 4  # how many weak lines may go with the first or the last strong one


def _is_strong(line: str) -> bool:
    if len(line) > 400 or (_CJK.search(line.split("#")[0]) and not re.match(r"\s*(?:print|return)\b", line)):
        return False
    return any(p.match(line) for p in _STRONG)


def _is_weak(line: str) -> bool:
    if not line.strip() or _COMMENT.match(line):
        return True
    return line[:1].isspace() and not _CJK.search(line) and not re.match(r"\s*(?:[•·●○▪◦]|\d+[.、])", line)


def code_lines(lines: list[str]) -> frozenset[int]:
    """Return the 0-based indices of the lines that are code, blank lines inside of a listing included.

    A single strong line is code only if it could be nothing else: two near each other confirm one another.
    """
    strong = [i for i, line in enumerate(lines) if _is_strong(line)]
    found = set(strong)
    for a, b in pairwise(strong):
        if b - a <= _INSIDE + 1 and all(_is_weak(lines[k]) for k in range(a + 1, b)):
            found.update(range(a, b))
    for i in strong:
        for step in (-1, 1):
            k = i + step
            while 0 <= k < len(lines) and abs(k - i) <= _OUTSIDE and k not in found and _is_weak(lines[k]):
                if not _COMMENT.match(lines[k]) and not (lines[k][:1].isspace() and lines[k].strip()):
                    break
                found.add(k)
                k += step
    return frozenset(found)
