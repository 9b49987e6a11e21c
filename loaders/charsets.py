"""Bytes of notes -> text: a byte order mark, what a page says of itself, zero bytes, UTF-8, GB18030, then a guess."""

import codecs
import re

from charset_normalizer import from_bytes

from graph.names import without_hidden

__all__ = ["clean", "decode", "decode_page"]

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FALSE_INDENT = re.compile("(?m)^[\u200b\u2060\ufeff]+[ \\t]+")  # a paragraph that was not to turn into code
_UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\x7f\u200b\u200e\u200f\u2060\ufeff\ufffc\ud800-\udfff]")
_COMMON_CJK = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_META_WITHIN = 4096  # bytes; browsers look at 1,024, but pages saved by one put more before it
_NAMES = re.compile(
    r"utf-?(?:8|16|16le|16be)|gb(?:2312|k|18030)|x-gbk|big5(?:-hkscs)?|euc-(?:jp|kr)|shift[-_]jis|iso-2022-jp|"
    r"iso-8859-\d{1,2}|windows-\d{3,4}|koi8-[ru]|ascii|us-ascii"
)  # no codec that is slow or no charset
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "iso-8859-1": "cp1252", "ascii": "cp1252"}


def decode(data: bytes) -> str:
    """Decode notes: a BOM decides, then UTF-16 by its zero bytes, UTF-8, GB18030, and what charset-normalizer finds.

    Control characters, zero-width characters and lone surrogates are dropped; CRLF and CR become LF, so that lines
    count as an editor shows them. Raises ValueError with a short reason.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return clean(_strict(data, encoding))
    if wide := _wide_encoding(data):
        return clean(_strict(data, wide))
    if b"\x00" in data:
        raise ValueError("binary, not text; export it as Markdown or text first")
    try:
        return clean(data.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        text = ""
    if text and _looks_chinese(text):
        return clean(text)
    best = from_bytes(data).best()
    if best is None:
        raise ValueError("unknown encoding; save it as UTF-8")
    return clean(str(best))


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(f"damaged {encoding} text at byte {error.start:,}; save it as UTF-8") from error


def _wide_encoding(data: bytes) -> str | None:
    """Return the UTF-16 flavour that the zero bytes of ASCII characters and line ends give away, if any."""
    head = data[:4096]
    if len(head) < 2 or len(data) % 2:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    newlines_le, newlines_be = head.count(b"\n\x00"), head.count(b"\x00\n")
    threshold = len(head) // 8
    if odd > max(threshold, 4 * even) or (newlines_le > 2 and not even):
        return "utf-16-le"
    if even > max(threshold, 4 * odd) or (newlines_be > 2 and not odd):
        return "utf-16-be"
    return None


def _looks_chinese(text: str) -> bool:
    """Tell whether most of what is not ASCII is common Chinese: GB18030 decodes almost any bytes to something."""
    other = sum(not c.isascii() for c in text)
    return other > 0 and len(_COMMON_CJK.findall(text)) >= 0.9 * other


def clean(text: str) -> str:
    """Return a text with LF as its only line end and without characters that are no text."""
    return without_hidden(_UNWANTED.sub("", _FALSE_INDENT.sub("", text).replace("\r\n", "\n").replace("\r", "\n")))


def decode_page(data: bytes) -> str:
    """Decode an HTML page: by its byte order mark, else as its `<meta charset>` says if that fits, else as notes."""
    found = None if data.startswith(tuple(bom for bom, _ in _BOMS)) else _META.search(data[:_META_WITHIN])
    if found:
        name = found[1].decode("ascii").casefold()
        try:
            if _NAMES.fullmatch(name):
                return clean(data.decode(_WIDER.get(name, name)))
        except (LookupError, UnicodeDecodeError):
            pass  # the page says what it is not: its bytes tell
    return decode(data)
