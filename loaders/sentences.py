"""Blocks -> sentences with their mentions, and who each sentence speaks of when it does not say.

Notes leave the subject out: under the heading EM stands "used for ...", after "LSTM ..." comes "it solves ...". A
sentence therefore carries a **subject**: the concept it begins with, else (for a pronoun or no subject at all) that of
the sentence before in the same block, of the block's own head ("**Dropout**: ..."), of the item it is under, or of the
heading above, in this order. A heading that names no single concept gives none.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from graph.model import ConceptKind
from loaders.document import Block, Document, Span
from loaders.lexicon import Lexicon
from loaders.mentions import Mention
from loaders.needs import led
from loaders.patterns import load_table
from loaders.tables import Cell, Table, cells_by_block

__all__ = ["Sentence", "can_act", "head_span", "headed", "sentences", "split_sentences"]

_END = led(
    r"[。！？!?．]+[”\"’'）)]*|(?<=[\u3400-\u9fff])\.(?=[^\s\d.])|\.(?=\s+[^a-z\s]|\s*$)|(?<=[。.!?！？:：])\n|"
    r"\n(?=[^\S\n]*[-•*])"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|al|fig|eq|no|approx|resp|w\.r\.t|dr|mr)|^\s*\d{1,2}|\b[A-Z])\.$", re.IGNORECASE
)
_HEAD = re.compile(r"\s*+([^:：。；;!?！？\n]{1,60}?)\s*(?:[:：]|——|—|\s[-–]{1,2}\s)\s*(?=\S|$)")
_ASKS = re.compile(
    r"[\s“\"'*>-]*(?:[QＱ问][:：]\s*)?(?:为什么|为何|怎么|怎样|如何|是否|你知道|请问|什么是|哪些|哪个|"
    r"(?:(?:why|how|what|which|when|who)\b(?![^?]{0,40}:\s)|"  # "How it works: ..." tells
    r"(?:does|do|is|are|can|could|should)\b(?!\s+(?:be|not|also|used|often|more|less|very|a|an|robust|able|help)\b))"
    r"(?=[^.!]*$))",
    re.IGNORECASE,
)
_THAN = re.compile(r"\b(?:than|over|instead of|unlike)\b|比", re.IGNORECASE)
_INDEFINITE = re.compile(r"^\W*(?:an?|one of the)\s(?:[\w-]+\s){0,3}$", re.IGNORECASE)
_PREDICATE = re.compile(
    r"[\s*]*(?:[.:;]|$|\b(?:that|which|used|designed|for|where|based|proposed|introduced|developed|trained|to)\b)",
    re.IGNORECASE,
)
_FORMULA = re.compile(r"[$`]|\\[(\[]")  # a sentence that begins with one speaks of it
_NUMBER = re.compile(r"\s*[*_]{0,3}[(（]?(?:\d{1,2}|[a-zA-Z]|[一二三四五六七八九十]{1,2})[)）.、:：]\s*|\s*[①-⑳]\s*")
_CLAUSE_ENDS = re.compile(r"\s*(?:[,，。.;；:：!！（(]|$)")
_REACH = 30  # characters before a mention that are looked at
_THIS = led(r"(?:此|该|这种|这个|这一|这类)\s*$|\b(?:this|these|such(?: an?)?)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of block `block`: its place in the block's text, its mentions (spans within it), who it is about.

    `text` is readable (code and marks blanked), `written` as in the source. `subject` holds concept ids; `own` is True
    if the sentence names its subject itself.
    """

    block: int
    start: int
    line: int
    text: str
    written: str
    mentions: tuple[Mention, ...]
    subject: tuple[str, ...]
    own: bool
    asks: bool


def head_span(block: Block) -> Span | None:
    """Return the span of what an item or a paragraph is headed by: `Dropout` in `**Dropout**: drops units`."""
    if not block.head:
        block.head.append(_read_head(block))
    return block.head[0]


def _read_head(block: Block) -> Span | None:
    if block.strong:
        start, end = block.strong[0]
        after = block.readable[end : end + 4].lstrip(" *_")
        inside = block.text[start:end].rstrip()
        leads = not block.readable[:start].strip(" *_#0123456789.、()（）") and end - start <= 60
        if leads and (after[:1] in {":", "：", "-", "–", "—", ""} or inside.endswith((":", "："))):
            return start, start + len(inside.rstrip(":： "))
    match = _HEAD.match(block.readable)
    if match and not re.search(r"[,，]\s|，", match[1]) and "http" not in match[1]:
        return match.span(1)
    return None


def split_sentences(text: str) -> Iterator[Span]:
    """Yield the spans of the sentences of `text`; abbreviations and decimals do not end one."""
    start = 0
    for match in _END.finditer(text):
        if match.group().startswith(".") and _ABBREVIATION.search(
            text[max(start, match.start() - 12) : match.start() + 1]
        ):
            continue
        if text[start : match.end()].strip():
            yield start, match.end()
        start = match.end()
    if text[start:].strip():
        yield start, len(text)


def sentences(
    document: Document,
    mentions: Sequence[Sequence[Mention]],
    headings: Mapping[int, Sequence[str]],
    tables: Sequence[Table],
    lexicon: Lexicon,
    *,
    note: str | None = None,
) -> Iterator[Sentence]:
    """Yield the sentences of all blocks but headings, in reading order; a cell of a table is one of its own.

    `note` is the concept that the file is kept for, if any: below no heading that names one, it is spoken of.

    `mentions` holds each block's; `headings` the concepts that each heading block names. "This encoding", said where
    a kind of encoding is the subject, is a mention of that kind.
    """
    about: dict[int, tuple[str, ...]] = {}
    problems: tuple[str, ...] = ()  # what the last sentence that named problems named
    cells = cells_by_block(tables)
    asked: tuple[int | None, int, str] | None = None  # where a question in running text stands, and what it asks of
    for i, block in enumerate(document.blocks):
        if block.kind == "heading":
            of = _asked(block.readable, mentions[i]) if _is_question(block.readable) else None
            about[i] = tuple(headings.get(i, ())) or ((of,) if of else ())
            problems = _problems(about[i], lexicon)
            asked = None
            continue
        inherited = next((a for p in document.ancestors(i) if (a := about.get(p))), (note,) if note else ())
        about[i] = headed(block, mentions[i], lexicon)
        if asked and block.parent in asked[:2] and not about[i]:
            inherited = (asked[2],)
        carried = about[i] or (inherited if len(inherited) == 1 else ())
        ahead = deque(mentions[i])
        for start, end, cell in _pieces(block, cells.get(i)):
            if cell is not None:
                carried = (cell.subject,) if cell.subject else ()
            here = []
            while ahead and ahead[0].span[0] < end:
                here.append(_shift(ahead.popleft(), -start))
            inside = tuple(here)
            text = block.readable[start:end]
            first = next((m for m in inside if not m.compound), None)
            before = _NUMBER.sub("", text[: first.extent[0]], count=1) if first else ""
            own = first is not None and _leads().fullmatch(before) is not None
            own = own and not (first and _is_predicate(text, first))
            lead = len(text) - len(text.lstrip())
            spoken = () if _FORMULA.search(block.text, start, start + lead) else carried
            subject: tuple[str, ...] = (first.concept,) if own and first is not None else spoken
            inside = tuple(_anaphor(m, text, subject, lexicon) for m in inside)
            inside = _with_problem(inside, text, problems)
            problems = _problems([m.concept for m in inside if not m.compound], lexicon) or problems
            asks = _is_question(text)
            if asks and (of := _asked(text, inside)):
                asked, subject = (block.parent, i, of), (of,)
            yield Sentence(
                i,
                start,
                block.line_at(start + lead),
                text,
                block.text[start:end].strip() if cell is None else block.text.strip(),
                inside,
                subject,
                own,
                asks,
            )
            carried = (() if own else _introduced(text, inside)) or subject or carried
            if own and not about[i]:
                about[i] = subject


def _is_predicate(text: str, first: Mention) -> bool:
    """Tell whether a text that begins with a concept says only what something is: "An optimizer that ..."."""
    return _INDEFINITE.search(text[: first.span[0]]) is not None and _PREDICATE.match(text, first.extent[1]) is not None


def _is_question(text: str) -> bool:
    return text.rstrip(' *”"）)').endswith(("?", "？")) or _ASKS.match(text) is not None


def _asked(text: str, mentions: Sequence[Mention]) -> str | None:
    """Return the concept that a question asks of: the only one, or the first of two that are compared."""
    names = list(dict.fromkeys(m.concept for m in mentions if not m.compound))
    if len(names) > 1 and not _THAN.search(text):
        return None
    return names[0] if names else None


def _pieces(block: Block, cells: Sequence[Cell] | None) -> Iterator[tuple[int, int, Cell | None]]:
    """Yield the spans of a block's sentences, each with the cell of a table that it stands in."""
    if cells is None:
        yield from ((start, end, None) for start, end in split_sentences(block.readable))
        return
    for cell in cells:
        begin = cell.span[0]
        for start, end in split_sentences(block.readable[slice(*cell.span)]):
            yield begin + start, begin + end, cell


@cache
def _leads() -> re.Pattern[str]:
    """Return what may stand before the concept that a sentence begins with."""
    words = "|".join(str(table["subject_leads"]) for table in map(load_table, ("zh.yaml", "en.yaml")))
    return re.compile(rf"[\s“\"'《*•–(（-]*(?:(?:{words})[\s*]*)*", re.IGNORECASE)


def headed(block: Block, mentions: Sequence[Mention], lexicon: Lexicon) -> tuple[str, ...]:
    """Return the one concept that heads an item or a paragraph and that it can speak of; nothing if there is none."""
    head = head_span(block)
    names = tuple(m.concept for m in mentions if head and head[0] <= m.span[0] and m.span[1] <= head[1])
    return names if len(names) == 1 and can_act(names[0], lexicon) else ()


def can_act(concept: str, lexicon: Lexicon) -> bool:
    """Tell whether what an item is headed by is what it speaks of, rather than an aspect of the thing above."""
    term = lexicon.terms.get(concept)
    return (
        term is None or term.kind not in {ConceptKind.TOPIC, ConceptKind.PROPERTY, ConceptKind.OTHER} or not term.known
    )


def _anaphor(mention: Mention, text: str, carried: Sequence[str], lexicon: Lexicon) -> Mention:
    """Return the mention that "this encoding" makes of the subject, if that is a kind of it."""
    if (
        len(carried) == 1
        and lexicon.is_kind_of(carried[0], mention.concept)
        and _THIS.search(text, max(0, mention.extent[0] - _REACH), mention.extent[0])
    ):
        return Mention(carried[0], mention.span, mention.extent, mention.compound, mention.variant)
    return mention


@cache
def _tables() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what stands before a term that is proposed, and what points back at a problem, in any language."""
    tables = [load_table("zh.yaml"), load_table("en.yaml")]
    before, back = ("|".join(t[key] for t in tables) for key in ("introduces", "anaphors"))
    return led(before), led(back)


def _introduced(text: str, mentions: Sequence[Mention]) -> tuple[str, ...]:
    """Return the one concept that a sentence says is proposed: "so X was introduced."; else nothing."""
    found = {
        m.concept
        for m in mentions
        if _CLAUSE_ENDS.match(text, m.extent[1])
        and _tables()[0].search(text, max(0, m.extent[0] - _REACH), m.extent[0])
    }
    return tuple(found) if len(found) == 1 else ()


def _problems(concepts: Sequence[str], lexicon: Lexicon) -> tuple[str, ...]:
    known = (c for c in dict.fromkeys(concepts) if c in lexicon.terms)
    return tuple(c for c in known if lexicon.terms[c].kind is ConceptKind.PROBLEM)


def _with_problem(mentions: tuple[Mention, ...], text: str, problems: Sequence[str]) -> tuple[Mention, ...]:
    """Return the mentions with "this problem", where only one was named last, as a mention of that one."""
    if len(problems) != 1 or (match := _tables()[1].search(text)) is None:
        return mentions
    if any(m.extent[0] < match.end() and match.start() < m.extent[1] for m in mentions):
        return mentions
    return tuple(sorted((*mentions, Mention(problems[0], match.span(), match.span())), key=lambda m: m.span))


def _shift(mention: Mention, by: int) -> Mention:
    (a, b), (c, d) = mention.span, mention.extent
    return Mention(mention.concept, (a + by, b + by), (max(0, c + by), d + by), mention.compound, mention.variant)
