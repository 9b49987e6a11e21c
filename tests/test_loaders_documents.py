"""Word documents and PDFs: real files, made here; damaged, encrypted and swollen ones; and a missing extra."""

import io
import re
import sys
import zipfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from reportlab.lib.pagesizes import A5
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import ListFlowable, PageBreak, Paragraph, SimpleDocTemplate

from graph.model import RelationType, Source
from loaders import word
from loaders.document import Document
from loaders.extract import extract
from loaders.pdf import read_pdf
from loaders.word import read_docx

# -- Word -------------------------------------------------------------------------------------------------------------


@cache
def _docx(make: Callable[[Any], None]) -> bytes:
    document = docx.Document()
    make(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _word(data: bytes) -> Document:
    return read_docx(Source("a.docx", "docx", "a", "0" * 64), data)


def _chapter(document: Any) -> None:
    document.add_heading("Recurrent networks", 1)
    document.add_heading("LSTM", 2)
    paragraph = document.add_paragraph("It mitigates the ")
    paragraph.add_run("vanishing gradient").bold = True
    paragraph.add_run(".")
    document.add_paragraph("Optimizers:")
    document.add_paragraph("Adam combines Momentum and RMSprop.", style="List Bullet")
    document.add_paragraph("with warmup", style="List Bullet 2")
    document.add_paragraph("SGD", style="List Number")
    table = document.add_table(2, 2)
    for cell, text in zip([c for row in table.rows for c in row.cells], ["Model", "", "GRU", "simple"], strict=True):
        cell.text = text
    document.add_paragraph("The end.")


def test_a_word_document_is_read_as_its_blocks_by_paragraph() -> None:
    document = _word(_docx(_chapter))
    assert [(b.kind, b.level, b.line, b.text) for b in document.blocks] == [
        ("heading", 1, 1, "Recurrent networks"),
        ("heading", 2, 2, "LSTM"),
        ("paragraph", 0, 3, "It mitigates the vanishing gradient."),
        ("paragraph", 0, 4, "Optimizers:"),
        ("item", 0, 5, "Adam combines Momentum and RMSprop."),
        ("item", 1, 6, "with warmup"),
        ("item", 0, 7, "SGD"),
        ("row", 0, 8, "Model | "),
        ("row", 0, 10, "GRU | simple"),
        ("paragraph", 0, 12, "The end."),
    ]
    assert [b.parent for b in document.blocks] == [None, 0, 1, 1, 3, 4, 3, 1, 1, 1]
    [span] = document.blocks[2].strong
    assert document.blocks[2].text[slice(*span)] == "vanishing gradient"
    assert document.source.title == "Recurrent networks"


def test_what_is_deleted_typeset_or_code_in_word_is_no_text() -> None:
    def make(document: Any) -> None:
        document.styles.add_style("Source Code", 1)
        document.add_paragraph("GRU = LSTM()", style="Source Code")
        paragraph = document.add_paragraph("The loss ")
        space = nsdecls("w")
        maths = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
        paragraph._p.append(parse_xml(f"<m:oMath {maths}><m:r><m:t>GRU=1</m:t></m:r></m:oMath>"))
        paragraph._p.append(parse_xml(f"<w:del {space}><w:r><w:delText>LSTM</w:delText></w:r></w:del>"))
        paragraph._p.append(parse_xml(f"<w:ins {space}><w:r><w:t> of BPE</w:t></w:r></w:ins>"))
        outlined = document.add_paragraph("Tokenization")
        outlined._p.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {space} w:val="2"/>'))

    blocks = _word(_docx(make)).blocks
    assert [(b.kind, b.level, b.text) for b in blocks] == [
        ("paragraph", 0, "The loss GRU=1 of BPE"),
        ("heading", 3, "Tokenization"),
    ]
    assert blocks[0].readable.split() == ["The", "loss", "of", "BPE"]


def test_relations_of_a_word_document_quote_it(tmp_path: Path) -> None:
    (tmp_path / "rnn.docx").write_bytes(_docx(_chapter))
    found = {r.key: r.evidence[0] for r in extract([tmp_path]).merged().relations if r.evidence}
    evidence = found["long-short-term-memory", RelationType.SOLVES, "vanishing-gradient"]
    assert (evidence.line, evidence.text) == (3, "It mitigates the vanishing gradient.")


def _repacked(data: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """The package with every part changed; None drops one."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as package, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in package.namelist():
            part = change(name, package.read(name))
            if part is not None:
                new.writestr(name, part)
    return out.getvalue()


@cache
def _bomb(data: bytes) -> bytes:
    body = b"<w:p><w:r><w:t>" + b"a" * 70_000_000 + b"</w:t></w:r></w:p>"
    return _repacked(data, lambda name, part: part.replace(b"<w:body>", b"<w:body>" + body))


def _laughs(data: bytes) -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    declared = f'<!DOCTYPE d [<!ENTITY l0 "lol">{entities}]>'.encode()

    def change(name: str, part: bytes) -> bytes:
        if name != "word/document.xml":
            return part
        start = part.index(b"<w:document")
        return part[:start] + declared + part[start:].replace(b"LSTM", b"&l11;")

    return _repacked(data, change)


def _lying(data: bytes) -> bytes:
    """Sizes in the directory that are smaller than what is inside."""
    raw = bytearray(_bomb(data))
    at = raw.rindex(b"PK\x01\x02", 0, raw.rindex(b"word/document.xml"))
    raw[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    return bytes(raw)


BAD_WORD: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda data: b"", "damaged, or no Word document"),
    "no package": (lambda data: b"LSTM" * 100, "damaged, or no Word document"),
    "cut off": (lambda data: data[: len(data) // 2], "damaged, or no Word document"),
    "bytes lost inside": (lambda data: data[:2000] + data[2200:], "damaged, or no Word document"),
    "no body": (
        lambda d: _repacked(d, lambda n, p: None if "document.xml" in n else p),
        "damaged, or no Word document",
    ),
    "damaged XML": (
        lambda d: _repacked(d, lambda n, p: p[:900] if n == "word/document.xml" else p),
        "damaged, or no Word document",
    ),
    "encrypted": (lambda data: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "encrypted, or an old .doc; save it"),
    "a bomb": (_bomb, "too large once unpacked: 70,"),
    "a bomb that lies": (_lying, "damaged, or no Word document"),
}


@pytest.mark.parametrize("name", BAD_WORD)
def test_a_bad_word_document_fails_with_one_clear_line(name: str, tmp_path: Path) -> None:
    change, reason = BAD_WORD[name]
    file = tmp_path / "bad.docx"
    file.write_bytes(change(_docx(_chapter)))
    (tmp_path / "good.docx").write_bytes(_docx(_chapter))
    extraction = extract([tmp_path])
    [failure] = extraction.failures
    assert str(failure).startswith(f"{file}: {reason}")
    assert "\n" not in str(failure)
    assert len(extraction.graphs) == 1


def test_entities_that_multiply_are_not_expanded(tmp_path: Path) -> None:
    file = tmp_path / "laughs.docx"
    file.write_bytes(_laughs(_docx(_chapter)))
    extraction = extract([file])
    texts = [p.text for g in extraction.graphs.values() for p in g.passages]
    assert len(extraction.graphs) + len(extraction.failures) == 1
    assert sum(map(len, texts)) < 500


# -- PDF --------------------------------------------------------------------------------------------------------------

pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
STYLES = getSampleStyleSheet()
CHINESE = ParagraphStyle("zh", fontName="STSong-Light", fontSize=10, leading=15, wordWrap="CJK")
LARGE = ParagraphStyle("large", parent=CHINESE, fontSize=18, leading=24)


def _footer(canvas: Canvas, _: object) -> None:
    canvas.drawString(40, 20, f"Lecture notes, page {canvas.getPageNumber()}")


def _pdf(story: Sequence[Any], title: str = "Recurrent networks", **more: object) -> bytes:
    out = io.BytesIO()
    made = SimpleDocTemplate(out, pagesize=A5, title=title, **more)
    made.build(list(story), onFirstPage=_footer, onLaterPages=_footer)
    return out.getvalue()


def _pdf_blocks(data: bytes) -> Document:
    return read_pdf(Source("a.pdf", "pdf", "a", "0" * 64), data)


def _story() -> list[Any]:
    body = STYLES["BodyText"]
    return [
        Paragraph("Recurrent networks", STYLES["Heading1"]),
        Paragraph("LSTM", STYLES["Heading2"]),
        Paragraph("It mitigates the vanishing gradient, which a plain network has over many steps of time.", body),
        Paragraph("Second paragraph: GRU is a variant of LSTM.", body),
        ListFlowable(
            [Paragraph("Adam combines Momentum and RMSprop.", body), Paragraph("SGD", body)],
            bulletType="1",
            bulletFormat="%s.",
        ),
        PageBreak(),
        Paragraph("注意力", LARGE),
        Paragraph(
            "自注意力是一种注意力机制，它让每个位置都能看到所有其他的位置，而且可以并行计算，不必一步一步来。", CHINESE
        ),
        PageBreak(),
        Paragraph("The end comes on a third page.", body),
    ]


def test_a_pdf_is_read_as_its_blocks_by_page() -> None:
    document = _pdf_blocks(_pdf(_story()))
    assert [(b.kind, b.line, b.text) for b in document.blocks] == [
        ("heading", 1, "Recurrent networks"),
        ("heading", 1, "LSTM"),
        ("paragraph", 1, "It mitigates the vanishing gradient, which a plain network has over many steps of time."),
        ("paragraph", 1, "Second paragraph: GRU is a variant of LSTM."),
        ("item", 1, "Adam combines Momentum and RMSprop."),
        ("item", 1, "SGD"),
        ("heading", 2, "注意力"),
        (
            "paragraph",
            2,
            "自注意力是一种注意力机制，它让每个位置都能看到所有其他的位置，而且可以并行计算，不必一步一步来。",
        ),
        ("paragraph", 3, "The end comes on a third page."),
    ]
    assert document.blocks[1].parent == 0
    assert document.blocks[2].parent == 1
    assert document.source.title == "Recurrent networks"


def test_bookmarks_say_what_the_headings_are() -> None:
    out = io.BytesIO()
    canvas = Canvas(out)
    for key, level, title, text in (
        ("a", 0, "LSTM", "It mitigates the vanishing gradient."),
        ("b", 1, "Gates", "They are layers with a sigmoid."),
    ):
        canvas.bookmarkPage(key)
        canvas.addOutlineEntry(title, key, level)
        for n, line in enumerate((title, text)):
            canvas.drawString(50, 700 - 40 * n, line)
        canvas.showPage()
    canvas.save()
    blocks = _pdf_blocks(out.getvalue()).blocks
    assert [(b.kind, b.level, b.text) for b in blocks] == [
        ("heading", 1, "LSTM"),
        ("paragraph", 0, "It mitigates the vanishing gradient."),
        ("heading", 2, "Gates"),
        ("paragraph", 0, "They are layers with a sigmoid."),
    ]


def test_relations_of_a_pdf_quote_it(tmp_path: Path) -> None:
    (tmp_path / "rnn.PDF").write_bytes(_pdf(_story()))
    found = {r.key: r.evidence[0] for r in extract([tmp_path]).merged().relations if r.evidence}
    evidence = found["gated-recurrent-unit", RelationType.EXTENDS, "long-short-term-memory"]
    assert (evidence.line, evidence.text) == (1, "Second paragraph: GRU is a variant of LSTM.")
    assert ("self-attention", RelationType.IS_A, "attention") in found


def _encrypted(password: str) -> bytes:
    return _pdf(_story(), encrypt=StandardEncryption(password, ownerPassword="owner"))


def test_a_pdf_that_opens_without_a_password_is_read() -> None:
    assert len(_pdf_blocks(_encrypted("")).blocks) == 9


def _pictures(_: bytes) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.rect(10, 10, 50, 50)
    canvas.save()
    return out.getvalue()


def _pdf_bomb(_: bytes) -> bytes:
    """A page of 50 MB of spaces, in 50 KB."""
    out = io.BytesIO()
    canvas = Canvas(out, pageCompression=1)
    canvas._code.append(" " * 50_000_000)
    canvas.save()
    return out.getvalue()


BAD_PDF: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda data: b"", "damaged, or no PDF"),
    "no PDF": (lambda data: b"LSTM" * 100, "damaged, or no PDF"),
    "its head alone": (lambda data: data[:300], "damaged, or no PDF"),
    "encrypted": (lambda data: _encrypted("secret"), "encrypted; save it without a password"),
    "pictures": (_pictures, "no text in it that can be read, as in scanned pages; recognise its text first"),
    "a bomb": (_pdf_bomb, "no text in it that can be read, as in scanned pages; recognise its text first"),
}


@pytest.mark.parametrize("name", BAD_PDF)
def test_a_bad_pdf_fails_with_one_clear_line(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    change, reason = BAD_PDF[name]
    file = tmp_path / "bad.pdf"
    file.write_bytes(change(_pdf(_story())))
    assert [str(f) for f in extract([file]).failures] == [f"{file}: {reason}"]
    assert capfd.readouterr() == ("", "")


def test_pages_that_call_themselves_are_no_endless_book(tmp_path: Path) -> None:
    data = re.sub(rb"/Kids \[ ([^\]]*)\]", rb"/Kids [ \1\1]", _pdf(_story()))
    file = tmp_path / "twice.pdf"
    file.write_bytes(data)
    extraction = extract([file])
    assert len(extraction.graphs) + len(extraction.failures) == 1


# -- the extra --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("suffix", "package"), [("docx", "docx"), ("pdf", "pypdfium2")])
def test_without_the_extra_a_document_says_how_to_install_it(
    suffix: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    file = tmp_path / f"a.{suffix}"
    file.write_bytes(_docx(_chapter) if suffix == "docx" else _pdf(_story()))
    [failure] = extract([file]).failures
    assert str(failure) == f"{file}: reading it takes an extra: pip install 'noteatlas[documents]'"
    assert word.MISSING_EXTRA in str(failure)
