"""What programs for vaults (Obsidian, Logseq) write into Markdown that is no text: taken out before it is parsed.

`without_noise` leaves every line where it is, so that lines count as an editor shows them.
"""

import re

from loaders.fields import folded_key, means

__all__ = ["without_noise"]

_FENCE = re.compile(r"[ \t]*(?:[-*+][ \t]+)?(```|~~~)")
_PROPERTY = re.compile(r"([ \t]*(?:[-*+][ \t]+)?)([A-Za-z][\w.-]{0,40})::(?:[ \t].*)?")
_PLANNED = re.compile(r"[ \t]*(?:(?:SCHEDULED|DEADLINE):[ \t]*<.*>|:LOGBOOK:|:END:|CLOCK:.*)[ \t]*")
_COMMENT = "%%"
_QUERY = re.compile(r"#\+BEGIN_(?:QUERY|COMMENT)\b", re.IGNORECASE)
_QUERY_END = re.compile(r"#\+END_(?:QUERY|COMMENT)\b", re.IGNORECASE)


def without_noise(text: str) -> str:
    """Return a Markdown text without `%%comments%%`, queries, and properties that a program keeps for itself."""
    if "%%" not in text and "::" not in text and "#+" not in text and ":LOGBOOK:" not in text and ": <" not in text:
        return text
    out: list[str] = []
    fence = ""
    comment = query = False
    last = text.rfind(_COMMENT)  # a comment that never ends is none
    at = 0
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence or (mark and not comment):
            if mark and not fence:
                fence = mark[1]
            elif fence and line.strip().startswith(fence):
                fence = ""
            out.append(line)
        elif query or _QUERY.search(line):
            query = not _QUERY_END.search(line)
            out.append("")
        else:
            kept, comment = _without_comments(line, at, last, comment=comment)
            out.append(_without_property(kept))
        at += len(line) + 1
    return "\n".join(out)


def _without_comments(line: str, at: int, last: int, *, comment: bool) -> tuple[str, bool]:
    """Return a line, which begins at offset `at` of the text, without its comments, and whether one goes on."""
    if _COMMENT not in line:
        return ("" if comment else line), comment
    kept: list[str] = []
    start = 0
    while start <= len(line):
        end = line.find(_COMMENT, start)
        if end < 0 or (not comment and at + end >= last):
            kept.append("" if comment else line[start:])
            break
        kept.append("" if comment else f"{line[start:end]} ")
        start, comment = end + 2, not comment
    return "".join(kept), comment


def _without_property(line: str) -> str:
    if "::" in line and (match := _PROPERTY.fullmatch(line)) and means(folded_key(match[2])) == "noise":
        return match[1].rstrip() if match[1].strip() else ""
    return "" if _PLANNED.fullmatch(line) else line
