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

from graph.model import ConceptKind
from loaders.document import Block, Document, Span
from loaders.lexicon import Lexicon
from loaders.mentions import Mention

__all__ = ["Sentence", "can_act", "head_span", "sentences", "split_sentences"]

_END = re.compile(r"[。！？!?]+[”\"’'）)]*|\.(?=\s+[^a-z\s]|\s*$)|(?<=[。.!?！？:：])\n|\n(?=\s*[-•*])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|al|fig|eq|no|approx|resp|w\.r\.t|dr|mr)|^\s*\d{1,2}|\b[A-Z])\.$", re.IGNORECASE
)
_HEAD = re.compile(r"\s*+([^:：。；;!?！？\n]{1,60}?)\s*(?:[:：]|——|—|\s[-–]{1,2}\s)\s*(?=\S|$)")
_ASKS = re.compile(
    r"[\s“\"'*>-]*(?:[QＱ问][:：]\s*)?(?:为什么|为何|怎么|怎样|如何|是否|你知道|请问|什么是|哪些|哪个|"
    r"(?:why|how|what|which|does|do|is|are|can|could|should|when|who)\b(?=[^.!]*$))",
    re.IGNORECASE,
)
_THIS = re.compile(r"(?:此|该|这种|这个|这一|这类)\s*$|\b(?:this|these|such(?: an?)?)\s*$", re.IGNORECASE)


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
    lexicon: Lexicon,
) -> Iterator[Sentence]:
    """Yield the sentences of all blocks but headings, in reading order.

    `mentions` holds each block's; `headings` the concepts that each heading block names. "This encoding", said where
    a kind of encoding is the subject, is a mention of that kind.
    """
    about: dict[int, tuple[str, ...]] = {}
    for i, block in enumerate(document.blocks):
        if block.kind == "heading":
            about[i] = tuple(headings.get(i, ()))
            continue
        inherited = next((a for p in document.ancestors(i) if (a := about.get(p))), ())
        head = head_span(block)
        headed = tuple(m.concept for m in mentions[i] if head and head[0] <= m.span[0] and m.span[1] <= head[1])
        about[i] = headed[:1] if len(headed) == 1 and can_act(headed[0], lexicon) else ()
        carried = about[i] or (inherited if len(inherited) == 1 else ())
        ahead = deque(mentions[i])
        for start, end in split_sentences(block.readable):
            here = []
            while ahead and ahead[0].span[0] < end:
                here.append(_shift(ahead.popleft(), -start))
            inside = tuple(here)
            text = block.readable[start:end]
            first = next((m for m in inside if not m.compound), None)
            own = first is not None and not text[: first.extent[0]].strip(" \t\n“\"'《*-–•(（")
            subject: tuple[str, ...] = (first.concept,) if own and first is not None else carried
            inside = tuple(_anaphor(m, text, carried, lexicon) for m in inside)
            lead = len(text) - len(text.lstrip())
            yield Sentence(
                i,
                start,
                block.line_at(start + lead),
                text,
                block.text[start:end].strip(),
                inside,
                subject,
                own,
                text.rstrip(' *”"）)').endswith(("?", "？")) or _ASKS.match(text) is not None,
            )
            carried = subject or carried
            if own and not about[i]:
                about[i] = subject


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
        and _THIS.search(text[: mention.extent[0]])
        and lexicon.is_kind_of(carried[0], mention.concept)
    ):
        return Mention(carried[0], mention.span, mention.extent, mention.compound, mention.variant)
    return mention


def _shift(mention: Mention, by: int) -> Mention:
    (a, b), (c, d) = mention.span, mention.extent
    return Mention(mention.concept, (a + by, b + by), (max(0, c + by), d + by), mention.compound, mention.variant)
