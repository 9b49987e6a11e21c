"""Which files are notes, and what bytes say: encodings, folders, and files that cannot be read."""

import codecs
import os
import socket
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import UnreadableSource
from graph.model import KnowledgeGraph
from loaders import sources
from loaders.extract import Extraction, extract
from loaders.sources import decode, find_files, read_source, sniff_format

NOTES = """# 注意力机制

自注意力是一种注意力机制。

- **GQA**：当组数为 1 时，GQA 退化为 MQA。
- Adam = Momentum + RMSprop

WordPiece is a variant of BPE.
"""

ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "utf-8": lambda t: t.encode(),
    "utf-8 with a BOM": lambda t: t.encode("utf-8-sig"),
    "utf-16 little-endian with a BOM": lambda t: codecs.BOM_UTF16_LE + t.encode("utf-16-le"),
    "utf-16 big-endian with a BOM": lambda t: codecs.BOM_UTF16_BE + t.encode("utf-16-be"),
    "utf-16 little-endian": lambda t: t.encode("utf-16-le"),
    "utf-16 big-endian": lambda t: t.encode("utf-16-be"),
    "utf-32 with a BOM": lambda t: t.encode("utf-32"),
    "gb18030": lambda t: t.encode("gb18030"),
    "CRLF": lambda t: t.replace("\n", "\r\n").encode(),
    "CR": lambda t: t.replace("\n", "\r").encode(),
    "CRLF in gb18030": lambda t: t.replace("\n", "\r\n").encode("gb18030"),
    "CRLF in utf-16 without a BOM": lambda t: t.replace("\n", "\r\n").encode("utf-16-le"),
}
each_encoding = pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS)


def _names(extraction: Extraction) -> list[str]:
    return sorted(extraction.graphs)


def _without_source(graph: KnowledgeGraph) -> KnowledgeGraph:
    """The graph as if its source had no name and no bytes."""
    return KnowledgeGraph(
        tuple(replace(c, document=None) for c in graph.concepts),
        tuple(
            replace(r, evidence=tuple(replace(e, source="") for e in r.evidence), group=r.group and "group")
            for r in graph.relations
        ),
        tuple(replace(p, source="") for p in graph.passages),
    )


# -- encodings --------------------------------------------------------------------------------------------------------


@each_encoding
def test_text_is_the_same_in_every_encoding(encode: Callable[[str], bytes]) -> None:
    assert decode(encode(NOTES)) == NOTES


def test_the_graph_is_the_same_in_every_encoding(tmp_path: Path) -> None:
    for n, encode in enumerate(ENCODINGS.values()):
        (tmp_path / f"{n}.md").write_bytes(encode(NOTES))
    extraction = extract([tmp_path])
    assert extraction.failures == ()
    found = [_without_source(graph) for graph in extraction.graphs.values()]
    assert len(found) == len(ENCODINGS)
    assert len(found[0].relations) >= 4
    assert all(graph == found[0] for graph in found)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_chinese_utf16_without_a_bom_is_told_by_its_line_ends(encoding: str) -> None:
    text = "注意力机制\n自注意力\n多头注意力\n位置编码\n"
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        pytest.param(b"", "", id="empty"),
        pytest.param(codecs.BOM_UTF8, "", id="a BOM alone"),
        pytest.param(codecs.BOM_UTF16_LE, "", id="a wide BOM alone"),
        pytest.param(b"a\r\nb\rc\n", "a\nb\nc\n", id="mixed line ends"),
        pytest.param(b"a\x07b\x1bc\x7f", "abc", id="control characters"),
        pytest.param(b"a\tb\x0bc\x0cd", "a\tb\x0bc\x0cd", id="tabs and feeds stay"),
        pytest.param("a\u200bb\ufeffc\u2060d\u200ee".encode(), "abcde", id="zero width"),
        pytest.param("G\u200dQA 👩\u200d🔬 می\u200cخواهم".encode(), "GQA 👩\u200d🔬 می\u200cخواهم", id="joiners"),
        pytest.param(b"a", "a", id="one byte"),
    ],
)
def test_what_is_not_text_is_dropped(data: bytes, text: str) -> None:
    assert decode(data) == text


def test_lone_surrogates_are_refused_or_dropped_but_never_kept() -> None:
    with pytest.raises(ValueError, match="save it as UTF-8"):
        decode(codecs.BOM_UTF16_LE + "a".encode("utf-16-le") + b"\x00\xd8" + "b".encode("utf-16-le"))
    assert not any("\ud800" <= c <= "\udfff" for c in decode("好".encode() + b"\xed\xa0\x80" + "的\n".encode()))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\xc8\xfe\xff\x01", id="an image"),
        pytest.param(b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00\x3e\x00\x01abc", id="a program"),
        pytest.param("好的\n".encode() + b"\x00" + "第二行\n".encode() * 9, id="one NUL in a text"),
        pytest.param(codecs.BOM_UTF16_LE + b"a", id="half a character after a BOM"),
        pytest.param(codecs.BOM_UTF8 + b"\xff\xff", id="a BOM and no UTF-8"),
    ],
)
def test_what_cannot_be_text_is_refused_with_what_to_do(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"save it as UTF-8|export it as Markdown"):
        decode(data)


@given(st.binary(max_size=400))
def test_any_bytes_are_decoded_cleanly_or_refused(data: bytes) -> None:
    try:
        text = decode(data)
    except ValueError:
        return  # the reasons are tested above
    assert not any(c in text for c in "\x00\r\ufeff")
    text.encode()  # no lone surrogate is left


@given(st.text(alphabet="注意力机制的与和Attention ,.。#-*\n", max_size=300))
def test_utf8_is_never_taken_for_something_else(text: str) -> None:
    assert decode(text.encode()) == text


# -- formats ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "form"),
    [
        ("a.md", "# Attention\n", "markdown"),
        ("a.MD", "- Attention\n", "markdown"),
        ("a.markdown", "注意力\n=====\n", "markdown"),
        ("a.md", "Attention\n\nEvery token looks at every other.\n", "plaintext"),
        ("a.txt", "Attention\n\n• heads\n", "plaintext"),
        ("a.txt", "# Attention\n\n## Heads\n", "markdown"),
        ("a.txt", "# one heading alone\n\ntext\n", "plaintext"),
        ("a.text", "Attention\n", "plaintext"),
        ("notes", "Attention\n", "plaintext"),
        ("a.txt", "训练\n\nx = f(1)\n# 第一步\ny = f(x)\n# 第二步\nz = f(y)\n", "plaintext"),
    ],
)
def test_the_format_is_the_suffix_corrected_by_the_content(name: str, text: str, form: str) -> None:
    assert sniff_format(Path(name), text) == form


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# 注意力机制\n\n文。\n", "注意力机制"),
        ("text first\n\n## Attention ##\n", "Attention"),
        ("# Attention", "Attention"),
        ("no heading\n", "file"),
        ("", "file"),
        ("# ---\n", "---"),
    ],
)
def test_the_title_is_the_first_heading_else_the_name(tmp_path: Path, text: str, title: str) -> None:
    file = tmp_path / "file.md"
    file.write_text(text, encoding="utf-8")
    source, read = read_source(file, "folder/file.md")
    assert (source.title, source.path, read) == (title, "folder/file.md", text)


def test_the_sum_is_of_the_bytes_as_they_are(tmp_path: Path) -> None:
    sums = []
    for data in (b"a\n", b"a\r\n"):
        file = tmp_path / "file.md"
        file.write_bytes(data)
        sums.append(read_source(file, "file.md")[0].sha256)
    assert sums[0] == "87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7"
    assert sums[1] != sums[0]


# -- files that cannot be read ----------------------------------------------------------------------------------------


def _refusals(paths: list[Path]) -> list[str]:
    return [str(failure) for failure in extract(paths).failures]


def test_one_bad_file_is_named_in_one_line_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text("# Attention\n", encoding="utf-8")
    (tmp_path / "picture.md").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\xff\xfe")
    (tmp_path / "好.txt").write_text("注意力\n\n每个词都看所有的词。\n", encoding="utf-8")
    extraction = extract([tmp_path])
    assert _names(extraction) == [f"{tmp_path.name}/good.md", f"{tmp_path.name}/好.txt"]
    [failure] = extraction.failures
    assert isinstance(failure, UnreadableSource)
    assert failure.path == str(tmp_path / "picture.md")
    assert str(failure) == f"{failure.path}: {failure.reason}"
    assert "\n" not in str(failure)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = {name: replace(form, max_bytes=100) for name, form in sources.FORMATS.items()}
    monkeypatch.setattr(sources, "FORMATS", small)
    (tmp_path / "large.md").write_text("x" * 101)
    (tmp_path / "small.md").write_text("x" * 100)
    extraction = extract([tmp_path])
    assert _names(extraction) == [f"{tmp_path.name}/small.md"]
    assert [f.reason for f in extraction.failures] == ["101 bytes; split it, 100 is the limit"]


def test_paths_that_lead_nowhere_are_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing.md"
    dangling = tmp_path / "dangling.md"
    dangling.symlink_to(missing)
    assert _refusals([missing, dangling]) == [
        f"{missing}: no such file or folder",
        f"{dangling}: no such file or folder",
    ]


def test_a_folder_without_notes_is_named(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    [refusal] = _refusals([tmp_path])
    assert refusal.startswith(f"{tmp_path}: no notes in this folder")
    assert ".md" in refusal


def test_a_file_that_vanishes_before_it_is_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match="No such file") as caught:
        read_source(tmp_path / "gone.md", "gone.md")
    assert isinstance(caught.value.__cause__, OSError)


def test_a_folder_in_place_of_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match="directory"):
        read_source(tmp_path, "folder.md")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to the superuser")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("# Secret\n")
    (tmp_path / "secret.md").chmod(0)
    assert _refusals([tmp_path]) == [f"{tmp_path / 'secret.md'}: Permission denied"]


def test_a_pipe_a_socket_and_a_device_are_refused_without_waiting(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.md"
    os.mkfifo(pipe)
    door = tmp_path / "socket.md"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(door))
        device = Path(os.devnull)
        assert stat.S_ISCHR(device.stat().st_mode)
        assert _refusals([pipe, door, device]) == [f"{p}: not a regular file" for p in (pipe, door, device)]
        (tmp_path / "good.md").write_text("# Attention\n")
        assert _names(extract([tmp_path])) == [f"{tmp_path.name}/good.md"]


def test_an_empty_file_is_a_source_without_concepts(tmp_path: Path) -> None:
    (tmp_path / "empty.md").write_bytes(b"")
    extraction = extract([tmp_path])
    graph = extraction.graphs[f"{tmp_path.name}/empty.md"]
    assert (graph.concepts, graph.relations, graph.passages) == ((), (), ())
    assert [source.title for source in graph.sources] == ["empty"]


# -- folders ----------------------------------------------------------------------------------------------------------


def _tree(root: Path, *files: str) -> None:
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"# {name}\n", encoding="utf-8")


def _below(root: Path, *names: str) -> list[str]:
    return [f"{root.name}/{name}" for name in names]


def _found(*paths: Path) -> list[str]:
    files, failures = find_files(paths)
    assert failures == []
    return [name for _, name in files]


def test_a_folder_gives_its_notes_sorted_and_named_from_it(tmp_path: Path) -> None:
    _tree(tmp_path, "b.md", "a.txt", "sub/c.markdown", "sub/deep/d.TXT", "e.mdown", "f.text", "注.md")
    names = "a.txt", "b.md", "e.mdown", "f.text", "sub/c.markdown", "sub/deep/d.TXT", "注.md"
    assert _found(tmp_path) == _below(tmp_path, *names)


def test_hidden_things_and_other_suffixes_are_left_out_of_a_folder(tmp_path: Path) -> None:
    _tree(tmp_path, "a.md", ".hidden.md", ".git/b.md", "sub/.cache/c.md", "d.py", "e.odt", "README")
    assert _found(tmp_path) == _below(tmp_path, "a.md")


def test_a_file_that_is_named_itself_is_read_whatever_its_suffix(tmp_path: Path) -> None:
    _tree(tmp_path, "notes.rst", ".hidden.md")
    assert _found(tmp_path / "notes.rst", tmp_path / ".hidden.md") == _below(tmp_path, "notes.rst", ".hidden.md")


def test_links_are_followed_inside_of_a_folder_only(tmp_path: Path) -> None:
    _tree(tmp_path, "inside/a.md", "outside/secret.md")
    inside = tmp_path / "inside"
    (inside / "out.md").symlink_to(tmp_path / "outside" / "secret.md")
    (inside / "outdir").symlink_to(tmp_path / "outside", target_is_directory=True)
    (inside / "up.md").symlink_to("../outside/secret.md")
    (inside / "again.md").symlink_to("a.md")
    (inside / "dangling.md").symlink_to("nowhere.md")
    assert _found(inside) == _below(inside, "a.md")


def test_loops_of_links_end(tmp_path: Path) -> None:
    _tree(tmp_path, "a.md", "sub/b.md")
    (tmp_path / "sub" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self.md").symlink_to("self.md")
    assert _found(tmp_path) == _below(tmp_path, "a.md", "sub/b.md")


def test_a_link_to_itself_is_named_not_followed(tmp_path: Path) -> None:
    loop = tmp_path / "loop.md"
    loop.symlink_to(loop)
    assert len(_refusals([loop])) == 1


def test_a_folder_that_is_itself_a_link_is_walked(tmp_path: Path) -> None:
    _tree(tmp_path, "real/a.md")
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    assert _found(tmp_path / "link") == ["link/a.md"]


def test_two_files_of_one_name_are_two_sources(tmp_path: Path) -> None:
    _tree(tmp_path, "x/notes.md", "y/notes.md")
    first, second = tmp_path / "x" / "notes.md", tmp_path / "y" / "notes.md"
    assert _found(first, second) == ["x/notes.md", "y/notes.md"]
    assert len(extract([first, second]).graphs) == 2


def test_a_file_that_is_given_twice_is_read_once(tmp_path: Path) -> None:
    _tree(tmp_path, "a.md")
    assert _found(tmp_path / "a.md", tmp_path / "a.md", tmp_path) == _below(tmp_path, "a.md")
