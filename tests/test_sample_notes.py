"""The sample notes in notes/: clean files, both languages, links that lead somewhere, and nobody else's sentences.

The last point needs other people's notes to compare with: NOTEATLAS_TEST_FOREIGN_NOTES names a folder of them.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

NOTES = Path(__file__).resolve().parent.parent / "notes"
FILES = sorted(path for path in NOTES.rglob("*") if path.is_file())
MARKDOWN = [path for path in FILES if path.suffix == ".md"]

# Papers only: no blog, no personal page.
ALLOWED_HOSTS = {"arxiv.org", "aclanthology.org"}

# A Chinese character weighs 1 and a Latin word 2: twelve Chinese characters say about as much as six English words.
SENTENCE_WEIGHT = 12

_CJK = re.compile(r"[\u3400-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z][A-Za-z']*")
_BRACKETED = re.compile(r"[(（][^()（）]*[)）]")
_URL = re.compile(r"https?://[^\s)>\]]+")
_SENTENCE_END = re.compile(r"[。！？；;\n\r]|[.!?](?=\s|$)")


def _name(path: Path) -> str:
    return path.relative_to(NOTES).as_posix()


each_file = pytest.mark.parametrize("path", FILES, ids=_name)
each_markdown = pytest.mark.parametrize("path", MARKDOWN, ids=_name)


def _without_names(text: str) -> str:
    """Drop links and what stands in brackets: everybody expands LSTM in the same words."""
    return _BRACKETED.sub("", _URL.sub("", text))


def _letters(text: str) -> str:
    """What is left of a text when case, spaces, marks and punctuation are taken away."""
    return re.sub(r"[\W_]+", "", text).casefold()


def _sentences(text: str) -> Iterator[str]:
    """The sentences of a text that are long enough to be somebody's."""
    for piece in _SENTENCE_END.split(_without_names(text)):
        if len(_CJK.findall(piece)) + 2 * len(_LATIN_WORD.findall(piece)) >= SENTENCE_WEIGHT:
            yield piece.strip()


def _decode(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030")


def borrowed_sentences(foreign: Path, own: Path) -> tuple[int, list[str]]:
    """How many sentences the files under `foreign` hold, and which of them occur in a file under `own`."""
    ours = {path: _letters(_without_names(path.read_text("utf-8"))) for path in own.rglob("*") if path.is_file()}
    theirs = {
        sentence
        for path in sorted(foreign.rglob("*"))
        if path.is_file() and path.suffix in {".txt", ".md", ".markdown"}
        for sentence in _sentences(_decode(path.read_bytes()))
    }
    return len(theirs), [
        f"{path.name}: {sentence}"
        for sentence in sorted(theirs)
        for path, text in ours.items()
        if _letters(sentence) in text
    ]


def _prose(text: str) -> str:
    return re.sub(r"```.*?```|\$\$.*?\$\$", "", text, flags=re.DOTALL)


@each_file
def test_a_file_is_clean_utf8_text(path: Path) -> None:
    """No BOM, no tab, no trailing space, no carriage return, one newline at the end, an ASCII name."""
    text = path.read_bytes().decode("utf-8")
    assert not text.startswith("\ufeff")
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert not re.search(r"[\t\r\u200b\ufffd]|[ \u3000]$", text, re.MULTILINE)
    assert _name(path).isascii()
    assert path.suffix in {".md", ".txt"}


@each_file
def test_no_line_is_longer_than_a_reader_can_follow(path: Path) -> None:
    """A line, and so the evidence that quotes it, has at most 400 characters."""
    too_long = [n for n, line in enumerate(path.read_text("utf-8").splitlines(), 1) if len(line) > 400]
    assert too_long == []


@each_file
def test_links_lead_to_papers_only(path: Path) -> None:
    """Whoever explores the demo is sent to no person's page."""
    hosts = {urlsplit(url).hostname for url in _URL.findall(path.read_text("utf-8"))}
    assert hosts <= ALLOWED_HOSTS


@each_markdown
def test_cross_references_lead_to_a_file(path: Path) -> None:
    """A relative link names an existing file, a wikilink the name of exactly one note."""
    prose = _prose(path.read_text("utf-8"))
    for target in re.findall(r"\]\(([^)#\s]+)\)", prose):
        assert urlsplit(target).scheme or (path.parent / target).is_file(), target
    for target in re.findall(r"\[\[([^\]|]+)(?:\|[^\]]*)?\]\]", prose):
        assert [p.stem for p in FILES].count(target) == 1, target


def test_the_forms_that_notes_come_in_are_all_there() -> None:
    """Chinese and English Markdown in like measure, one flattened text, front matter and wikilinks somewhere."""
    folders = [path.parent.name for path in MARKDOWN]
    assert folders.count("zh") >= 5
    assert folders.count("en") >= 5
    assert [_name(path) for path in FILES if path.suffix == ".txt"] == ["zh/interview-flat.txt"]
    texts = [path.read_text("utf-8") for path in MARKDOWN]
    assert any(text.startswith("---\n") for text in texts)
    assert any("[[" in _prose(text) for text in texts)


@each_file
def test_a_file_is_in_the_language_of_its_folder(path: Path) -> None:
    """Most lines under zh/ hold Chinese, most lines under en/ do not; both kinds know terms of the other language."""
    lines = [line for line in _prose(path.read_text("utf-8")).splitlines() if line.strip()]
    chinese = sum(bool(_CJK.search(line)) for line in lines)
    if path.parent.name == "zh":
        assert chinese > len(lines) * 0.6
        assert any(_LATIN_WORD.search(line) for line in lines)
    else:
        assert 0 < chinese < len(lines) * 0.5


def test_the_flattened_text_has_lost_its_marks() -> None:
    """It has no heading mark, fence, bold or link mark left, but bullets, numbers and unfenced code."""
    text = (NOTES / "zh" / "interview-flat.txt").read_text("utf-8")
    assert not re.search(r"^#|^```|\*\*|\]\(", text, re.MULTILINE)
    assert len(re.findall(r"^  • ", text, re.MULTILINE)) >= 20
    assert len(re.findall(r"^  \d+\. ", text, re.MULTILINE)) >= 5
    assert re.search(r"^def \w+\(", text, re.MULTILINE)
    assert _URL.search(text)


def test_a_borrowed_sentence_would_be_found(tmp_path: Path) -> None:
    """The comparison sees through spacing, punctuation, brackets and encodings, and lets names and terms pass."""
    foreign, own = tmp_path / "foreign", tmp_path / "own"
    foreign.mkdir()
    own.mkdir()
    (own / "a.md").write_text(
        "- 苹果树（Malus）每年春天都会开出白色的花。\n- The old gardener waters **every tree** before breakfast.\n"
        "- LSTM（Long Short-Term Memory，长短期记忆网络）\n- Multi-Head Attention\n",
        "utf-8",
    )
    (foreign / "a.txt").write_bytes("苹果树每年春天，都会开出 白色的花！\nMulti-Head Attention\n".encode("gb18030"))
    (foreign / "b.md").write_text(
        "The old gardener waters every tree before breakfast.\n"
        "LSTM (Long Short-Term Memory, 长短期记忆网络)\nNobody else ever wrote this particular line.\n",
        "utf-8",
    )
    count, borrowed = borrowed_sentences(foreign, own)
    assert count == 3
    assert borrowed == [
        "a.md: The old gardener waters every tree before breakfast",
        "a.md: 苹果树每年春天，都会开出 白色的花",
    ]


def test_no_sentence_is_borrowed_from_other_notes() -> None:
    """No sentence of the notes that NOTEATLAS_TEST_FOREIGN_NOTES names occurs in ours."""
    folder = os.environ.get("NOTEATLAS_TEST_FOREIGN_NOTES")
    if not folder:
        pytest.skip("set NOTEATLAS_TEST_FOREIGN_NOTES to a folder of other people's notes to compare ours with them")
    count, borrowed = borrowed_sentences(Path(folder), NOTES)
    assert count > 0, f"{folder} holds no sentence to compare with"
    assert borrowed == []
