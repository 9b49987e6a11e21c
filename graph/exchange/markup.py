"""XML as graphs of other programs are written in it: text that it holds, and elements that know their lines.

Writing: XML 1.0 cannot hold control characters at all, so they are left out (`printable`) and `graph.exchange.flat`
keeps the exact text beside; all else is escaped, line ends included, so that a parser gives them back as they were.

Reading: expat, without entities, since a document type is refused before it is read, and without fetching anything.
What comes out is plain elements, without namespaces; walking them never recurses, however deep they stand.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from graph.errors import InvalidGraph

__all__ = ["Element", "attribute", "lines", "printable", "read_xml", "text"]

_NO_CHARACTER: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # but XML's `Char`
_MAX_DEPTH: Final = 200


def printable(value: str) -> str:
    """Return `value` without what XML 1.0 cannot hold (its production `Char`)."""
    return _NO_CHARACTER.sub("", value)


def text(value: str) -> str:
    """Return `value` as the text of an element; a carriage return as a reference, or a parser reads a line feed."""
    return escape(printable(value), {"\r": "&#13;"})


def attribute(value: str) -> str:
    """Return `value` as an attribute's value, in quotes; white space but spaces as references."""
    return quoteattr(printable(value), {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"})


def lines(*rows: str) -> bytes:
    """Return the rows as a file in UTF-8."""
    return ("\n".join(rows) + "\n").encode(errors="strict")


@dataclass(slots=True)
class Element:
    """An element: its name and attributes without namespaces, its text before and between children, its line."""

    name: str
    attributes: dict[str, str]
    line: int
    children: list["Element"] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The element's own text, without that of its children."""
        return "".join(self.parts)

    def walk(self) -> Iterator["Element"]:
        """Yield the element and all below it, in the order of the file."""
        todo = [self]
        while todo:
            element = todo.pop()
            yield element
            todo += reversed(element.children)

    def all(self, name: str) -> Iterator["Element"]:
        """Yield those of a name among the element and all below it."""
        return (element for element in self.walk() if element.name == name)


class _Builder:
    """Expat's handlers: they build the tree, and refuse a document type where it begins."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters

    def parse(self, content: bytes) -> None:
        self._parser.Parse(content, True)  # noqa: FBT003  (expat's own signature)

    def _doctype(self, *_: object) -> None:
        raise InvalidGraph(
            f"line {self._parser.CurrentLineNumber} has a document type (<!DOCTYPE …>), which may declare entities: "
            "remove it"
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line = self._parser.CurrentLineNumber
        if len(self._open) >= _MAX_DEPTH:
            raise InvalidGraph(f"line {line} is nested deeper than {_MAX_DEPTH} elements: that is no graph")
        element = Element(_local(name), {_local(key): value for key, value in attributes.items()}, line)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _characters(self, data: str) -> None:
        self._open[-1].parts.append(data)


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def read_xml(content: bytes, *, root: str) -> Element:
    """Return the root element of a document, which must be called `root`. Raises InvalidGraph with the line."""
    builder = _Builder()
    try:
        builder.parse(content)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise InvalidGraph(
            f"this is not XML (line {error.lineno}, column {error.offset + 1}: {reason}): mend it"
        ) from error
    except (LookupError, ValueError) as error:  # an encoding that Python does not know, or that has several bytes
        raise InvalidGraph(f"this XML is in an encoding that is not read ({error}): save it in UTF-8") from error
    found = builder.root
    if found is None or found.name != root:
        name = found.name if found else "nothing"
        raise InvalidGraph(f"the document is <{name}>, not <{root}>: give the format with --format")
    return found
