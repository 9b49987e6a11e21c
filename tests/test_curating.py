"""Decisions from end to end: the file beside the notes, the command, both stores, and what survives what."""

import asyncio
import os
import random
import re
import shutil
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.curating import (
    CURATION_FILE,
    CurationFile,
    curation_files,
    read_decisions,
    synced,
    write_decisions,
    write_synced,
)
from api.deciding import decide, decisions_of, status, undo
from api.loading import Loaded, preview_all, read_notes, sample_notes, store_all
from api.syncing import Forgetting
from graph.curation.decision import Decision, What, by_time
from graph.errors import AmbiguousName, InputError, UnknownConcept
from graph.interchange import dumps
from graph.model import Concept, KnowledgeGraph, Origin, Relation, RelationType
from graph.names import name_key
from graph.sqlite_store import SqliteStore
from graph.store import GraphStore, open_store
from tests.command_line import noteatlas
from tests.random_decisions import drop_sections, make_decisions, shuffle_sections
from tests.test_curation import MHA, decisions, graphs, mixed

T = RelationType
NOTES = "# Attention\n\n- **GQA** generalizes MQA.\n- **MHA** extends self-attention.\n"
REJECT = Decision(what=What.REJECT, source="GQA", type=T.EXTENDS, target="MQA", time="2026-01-01")
MERGE = Decision(what=What.MERGE, name="no", into="1e3", time="2026-01-02", author="安", reason="# one: thing")


# -- the file -------------------------------------------------------------------------------------------------------


def test_a_block_that_cannot_be_read_is_named_and_the_others_count(tmp_path: Path) -> None:
    """Each with its line and why; a value is the text that it is."""
    file = tmp_path / CURATION_FILE
    file.write_text(
        "# ours\n- what: merge\n  name: no\n  into: 1e3\n- what: burn\n- what: add\n  source: A\n- 7\n"
        "- what: add\n  source: A\n  type: LIKES\n  target: B\n- what: rename\n  name: {a: b}\n  to: c\n"
        "- what: edit\n  source: A\n  type: USES\n  target: B\n- what: merge\n  name: a\n  into: b\n  colour: red\n"
        "- what: split\n  name: a\n  out: [b, c]\n- what: merge\n  name: a\n  into: b\n  time: soon\n",
        encoding="utf-8",
    )
    found, failures = read_decisions(file)
    assert [(d.name, d.into or d.out, d.line) for d in found] == [("no", "1e3", 2), ("a", ("b", "c"), 24)]
    assert [str(f).split(": ")[1] for f in failures] == [f"line {n}" for n in (5, 6, 8, 9, 13, 16, 20, 27)]
    with pytest.raises(InputError, match="line 5: what must be one of accept"):
        write_decisions(file, found)


def test_the_documented_example_is_what_would_be_written(tmp_path: Path) -> None:
    """docs/curation.md shows a file to the byte, with a comment at its head."""
    text = (Path(__file__).parent.parent / "docs" / "curation.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert example is not None
    file = tmp_path / CURATION_FILE
    file.write_text(example[1], encoding="utf-8")
    found, failures = read_decisions(file)
    assert ([d.what for d in found], failures) == ([What.REJECT, What.MERGE], [])
    dated = [found[0], replace(found[1], time="2026-11-27")]
    write_decisions(file, dated)
    assert file.read_text(encoding="utf-8") == example[1].rstrip() + "\n  time: '2026-11-27'\n"


@pytest.mark.parametrize(
    "content",
    [b"- a: [", b"what: merge", b"\xff\xfe", b"[" * 20_000, b"[" * 200_000 + b"]" * 200_000, b" " * 4_000_001],
)
def test_a_file_that_cannot_be_read_stops_the_load(tmp_path: Path, content: bytes) -> None:
    """Before anything is stored: to go on would take its decisions back."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").write_text(NOTES, encoding="utf-8")
    (tmp_path / "notes" / CURATION_FILE).write_bytes(content)
    with pytest.raises(InputError, match=CURATION_FILE):
        read_decisions(tmp_path / "notes" / CURATION_FILE)
    if len(content) == 6:
        failed = noteatlas("load", "notes", cwd=tmp_path)
        assert (failed.status, CURATION_FILE in failed.complaint) == (1, True)
        assert not (tmp_path / ".noteatlas").exists()


@settings(max_examples=60, deadline=None)
@given(rows=decisions, text=st.text(max_size=30).filter(lambda t: "\0" not in t))
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Decision], text: str
) -> None:
    """And written again it is the same to the byte, in whatever order it was given."""
    file = tmp_path_factory.mktemp("file") / CURATION_FILE
    told = [replace(row, reason=text.strip(), evidence=(text, "是", "1: [#")) for row in rows]
    write_decisions(file, told)
    found, failures = read_decisions(file)
    assert (found, failures) == (sorted(set(told), key=by_time), [])
    first = file.read_bytes()
    write_decisions(file, random.Random(1).sample(told, len(told)))
    assert file.read_bytes() == first


def test_comments_stay_where_they_are(tmp_path: Path) -> None:
    """At the head, and before a decision that stays; blocks are in order of time with a line between."""
    file = tmp_path / CURATION_FILE
    file.write_text(
        "# Ours.\n# Ask Ann.\n\n# why this\n- what: merge\n  name: b\n  into: c\n  time: '2026-01-02'\n\n"
        "# gone with it\n- what: merge\n  name: x\n  into: y\n",
        encoding="utf-8",
    )
    held, _ = read_decisions(file)
    early = Decision(what=What.SPLIT, name="a", out=("注意力",), time="2026-01-01")
    write_decisions(file, [held[0], early])
    assert file.read_text(encoding="utf-8") == (
        "# Ours.\n# Ask Ann.\n\n- what: split\n  name: a\n  out:\n  - 注意力\n  time: '2026-01-01'\n\n"
        "# why this\n- what: merge\n  name: b\n  into: c\n  time: '2026-01-02'\n"
    )


def test_a_file_and_a_store_are_brought_in_step() -> None:
    """What was taken out by hand goes, what the store alone has goes into the file, what another file has stays."""
    here = CurationFile("notes/f", Path("f"), (replace(REJECT, file="notes/f"),))
    mine, other = replace(MERGE, file=""), replace(MERGE, time="2026-01-09", file="other/f")
    gone = replace(MERGE, time="2026-01-08", file="notes/f")
    found = synced([replace(REJECT, file=""), mine, other, gone], [here])
    assert {d.id: d.file for d in found.decisions} == {REJECT.id: "notes/f", mine.id: "notes/f", other.id: "other/f"}
    assert (found.taken_back, found.to_write) == ((gone,), ((here, (replace(mine, file="notes/f"),)),))
    torn = replace(here, failures=(InputError("x"),))  # type: ignore[arg-type]
    assert synced([gone], [torn]).taken_back == ()
    assert synced([mine, other, gone], []).decisions == tuple(sorted([mine, other, gone], key=by_time))


def test_what_cannot_be_written_stays_in_the_store_alone_and_is_told(tmp_path: Path) -> None:
    """It must not seem to have been taken out of the file by hand, and is tried again by the next load."""
    nowhere = CurationFile("no/f", tmp_path / "no" / "f")
    found = write_synced(synced([MERGE], [nowhere]))
    assert [(decision.id, decision.file) for decision in found.decisions] == [(MERGE.id, "")]
    assert found.to_write == ()
    (line,) = found.unwritten
    assert line.startswith("1 decision is kept in the store alone: cannot write ")
    assert synced(found.decisions, [nowhere]).to_write[0][1] == (MERGE,)


# -- stores ---------------------------------------------------------------------------------------------------------


async def filled(store: GraphStore) -> KnowledgeGraph:
    for path, graph in (graphs() | {f"mixed/{path}": graph for path, graph in mixed().items()}).items():
        await store.upsert(path, graph)
    return await store.graph()


async def test_what_is_decided_is_seen_at_once_and_can_be_taken_back(tmp_path: Path) -> None:
    """Each kind, with names, aliases or ids; a decision is a revision; undone in any order, all is as it was."""
    async with SqliteStore(str(tmp_path)) as store:
        whole = await filled(store)
        made = [
            await decide(store, replace(REJECT, source="gqa", target="mqa", time="")),
            await decide(store, Decision(what=What.RENAME, name="MHA", to="Multi-head")),
            await decide(store, Decision(what=What.MERGE, name="Multi-head", into="MQA")),
            await decide(store, Decision(what=What.SPLIT, name="Attention", out=(MHA,))),
            await decide(store, Decision(what=What.ADD, source="New thing", type=T.USES, target="heads")),
            await decide(store, Decision(what=What.EDIT, source=MHA, type=T.USES, target="Heads", turn=True)),
        ]
        first = made[0].decision
        assert (first.source, first.evidence, first.time[-1]) == ("GQA", ("GQA extends MQA.", "gqa  EXTENDS mqa."), "Z")
        assert all(row.changes for row in made)
        shown = await store.graph()
        assert ("gqa", T.EXTENDS, "mqa") not in {r.key for r in shown.relations}
        assert ("heads", T.USES, MHA) in {r.key for r in shown.relations}
        assert {c.id: c.names for c in shown.concepts}["mqa"] == ("MQA", "Multi-head", "MHA")
        assert [d.id for d in await decisions_of(store)] == [row.decision.id for row in made]
        assert (await status(store)).stale == ()
        (latest,) = await store.history(first=1)
        assert latest.cause.startswith(f"decision {made[-1].decision.id}: edit")
        for row in random.Random(4).sample(made, len(made)):
            await undo(store, row.decision.id)
        assert await store.graph() == whole
        assert not (await store.contents()).originals


async def test_what_means_nothing_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    """An unknown name, one of several, a relation that is not there, an unknown id: one line each."""
    async with SqliteStore(str(tmp_path)) as store:
        await filled(store)
        await store.upsert("z.md", KnowledgeGraph.of([Concept("z1", "Zed"), Concept("z2", "Zed")]))
        revision = await store.revision()
        cases: list[tuple[Decision, type[Exception], str]] = [
            (replace(REJECT, source="GQB"), UnknownConcept, "no concept is called 'GQB'"),
            (replace(REJECT, source="Zed"), AmbiguousName, "z1, z2"),
            (Decision(what=What.ADD, source="Zed", type=T.USES, target="GQA"), AmbiguousName, "z1, z2"),
            (replace(REJECT, target="MHA"), InputError, "the notes do not say this"),
            (Decision(what=What.MERGE, name="Grouped attention", into="GQA"), InputError, "twice"),
            (Decision(what=What.SPLIT, name="GQA", out=("MQA",)), InputError, "is not called MQA"),
        ]
        for wrong, kind, words in cases:
            with pytest.raises(kind, match=words):
                await decide(store, wrong)
        with pytest.raises(InputError, match="there is no decision 'nothing'"):
            await undo(store, "nothing")
        assert await store.revision() == revision


async def test_a_decision_and_its_file_are_written_together(tmp_path: Path) -> None:
    """What a hand wrote into the file meanwhile counts as well; a file that cannot be written stops the decision."""
    file = tmp_path / "notes" / CURATION_FILE
    file.parent.mkdir()
    async with SqliteStore(str(tmp_path / "store")) as store:
        whole = await filled(store)
        first = await decide(store, REJECT, file=file)
        file.write_text(file.read_text() + "\n- what: rename\n  name: MHA\n  to: Multi-head\n", encoding="utf-8")
        second = await decide(store, Decision(what=What.MERGE, name="Heads", into="Model"), file=file)
        assert {c.name for c in (await store.graph()).concepts} >= {"Multi-head", "Model"}
        assert len(await decisions_of(store)) == len(read_decisions(file)[0]) == 3
        assert {d.file for d in await decisions_of(store)} == {f"notes/{CURATION_FILE}"}
        await undo(store, first.decision.id, file=file)
        assert [d.what for d in read_decisions(file)[0]] == [What.RENAME, What.MERGE]
        before = file.read_bytes()
        with pytest.raises(InputError, match="cannot write"):
            await decide(store, REJECT, file=tmp_path / "no" / "where")
        assert (file.read_bytes(), len(await decisions_of(store))) == (before, 2)
        for row in await decisions_of(store):
            await undo(store, row.id, file=file)
        assert second.decision not in read_decisions(file)[0]
        assert await store.graph() == whole


async def test_what_stands_in_the_file_alone_can_be_taken_back_and_what_was_taken_out_of_it_stays_out(
    tmp_path: Path,
) -> None:
    """Without a load in between: the file as it stands counts. A file that is gone is made anew."""
    file = tmp_path / "notes" / CURATION_FILE
    file.parent.mkdir()
    async with SqliteStore(str(tmp_path / "store")) as store:
        whole = await filled(store)
        first = await decide(store, Decision(what=What.MERGE, name="Heads", into="Model"), file=file)
        file.unlink()
        await decide(store, REJECT, file=file)
        assert len(read_decisions(file)[0]) == 2
        write_decisions(file, [REJECT, MERGE])
        taken = await undo(store, MERGE.id, file=file)
        assert (taken.decision, taken.decision.file) == (MERGE, f"notes/{CURATION_FILE}")
        assert read_decisions(file)[0] == await decisions_of(store) == [REJECT]
        with pytest.raises(InputError, match=f"there is no decision '{first.decision.id}'"):
            await undo(store, first.decision.id, file=file)
        await undo(store, REJECT.id, file=file)
        assert await store.graph() == whole


async def test_two_who_decide_at_once_both_count(tmp_path: Path) -> None:
    """Through two stores on one file, ten decisions each at the same time."""
    async with SqliteStore(str(tmp_path)) as one, SqliteStore(str(tmp_path)) as other:
        await one.upsert("a.md", KnowledgeGraph.of([Concept(f"c{n}", f"C{n}") for n in range(20)]))

        async def work(store: GraphStore, numbers: range) -> None:
            for number in numbers:
                await decide(store, Decision(what=What.RENAME, name=f"C{number}", to=f"D{number}"))

        await asyncio.gather(work(one, range(10)), work(other, range(10, 20)))
        assert {c.name for c in (await one.graph()).concepts} == {f"D{n}" for n in range(20)}
        assert len(await decisions_of(other)) == 20


# -- loading --------------------------------------------------------------------------------------------------------


async def load(store: GraphStore, folder: Path) -> Loaded:
    """Load a folder with its file of decisions."""
    extraction, files = read_notes([folder]), curation_files([folder])
    foreseen = await preview_all(store, extraction, folders=[folder], curation=files)
    loaded = await store_all(store, extraction, folders=[folder], curation=files)
    assert foreseen.outcomes == loaded.outcomes
    return loaded


async def test_decisions_hold_through_loads_of_single_files_and_of_the_whole(tmp_path: Path) -> None:
    """The store's own go into the file at the next load of the folder; a store made anew has them from there."""
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.md").write_text(NOTES, encoding="utf-8")
    (folder / "b.md").write_text("# Trees\n\n- **XGBoost** extends GBDT.\n", encoding="utf-8")
    async with SqliteStore(str(tmp_path / "store")) as store:
        await load(store, folder)
        whole = await store.graph()
        made = await decide(store, Decision(what=What.MERGE, name="XGBoost", into="GQA"))
        decided = await store.graph()
        assert not (folder / CURATION_FILE).exists()
        await store_all(store, read_notes([folder / "b.md"]))
        await store_all(store, read_notes([folder / "a.md"]))
        loaded = await load(store, folder)
        assert loaded.curation is not None
        assert [d.id for d in loaded.curation.written] == [made.decision.id]
        assert [d.id for d in read_decisions(folder / CURATION_FILE)[0]] == [made.decision.id]
        assert dumps(await store.graph()) != dumps(whole)
        assert {c.name for c in (await store.graph()).concepts} == {c.name for c in decided.concepts}
        final = dumps(await store.graph())
        assert not (await load(store, folder)).total
    async with SqliteStore(str(tmp_path / "anew")) as anew:
        await load(anew, folder)
        assert dumps(await anew.graph()) == final
        (folder / CURATION_FILE).unlink()
        loaded = await load(anew, folder)
        assert loaded.curation is not None
        assert [d.id for d in loaded.curation.taken_back] == [made.decision.id]
        assert await anew.graph() == whole


async def test_a_source_that_was_not_read_follows_a_decision_about_another(tmp_path: Path) -> None:
    """A merge changes a source that mentions the other name, though only another file was loaded."""
    async with SqliteStore(str(tmp_path)) as store:
        await filled(store)
        (tmp_path / "notes").mkdir()
        (tmp_path / "notes" / "n.md").write_text(NOTES, encoding="utf-8")
        merge = {"what": "merge", "name": "Heads", "into": "Model"}
        (tmp_path / "notes" / CURATION_FILE).write_bytes(orjson.dumps([merge]))
        loaded = await load(store, tmp_path / "notes")
        # What a.md and b.md show otherwise they have in common: it counts for the first.
        assert {row.path for row in loaded.outcomes} == {"notes/n.md", "mixed/a.md"}
        assert "heads" not in {c.id for c in (await store.graph()).concepts}
        assert (await store.contents()).originals.keys() == {"mixed/a.md", "mixed/b.md"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere: run as another user")
def test_a_folder_that_cannot_be_written_keeps_decisions_in_the_store(tmp_path: Path) -> None:
    """And says so."""
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.md").write_text(NOTES, encoding="utf-8")
    assert noteatlas("load", "notes", cwd=tmp_path).status == 0
    assert noteatlas("curate", "merge", "MHA", "GQA", cwd=tmp_path).status == 0
    folder.chmod(0o500)
    assert "1 decision is kept in the store alone" in noteatlas("load", "notes", cwd=tmp_path).stderr


# -- the command ----------------------------------------------------------------------------------------------------


def test_the_command_decides_lists_and_takes_back(tmp_path: Path) -> None:
    """Text and JSON; what a load says of decisions; wrong words are usage, a wrong name is an error."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").write_text(NOTES, encoding="utf-8")
    assert noteatlas("load", "notes", cwd=tmp_path).status == 0
    before = noteatlas("export", cwd=tmp_path).stdout
    assert noteatlas("curate", "list", cwd=tmp_path).text == "Nothing was decided.\n"
    made = noteatlas(
        *("curate", "reject", "gqa", "generalizes", "mqa", "--author", "Ann", "--reason", "no", "--json"), cwd=tmp_path
    ).json
    assert made["decision"]["source"] == "Grouped-Query Attention"
    assert made["changes"]["relations_removed"] >= 1
    assert b"GENERALIZES" not in noteatlas("export", cwd=tmp_path).stdout
    listed = noteatlas("curate", "list", cwd=tmp_path).text
    assert made["decision"]["id"] in listed
    assert "(no)" in listed
    (tmp_path / "notes" / "a.md").write_text(NOTES.replace("GQA", "MLA"), encoding="utf-8")
    loaded = noteatlas("load", "notes", "--json", cwd=tmp_path)
    told = orjson.loads(loaded.stdout)["curation"]
    assert (told["applied"], [row["why"] for row in told["stale"]]) == (0, ["the notes do not say this"])
    assert f"{CURATION_FILE}" in loaded.stderr or "decision " in loaded.stderr
    (tmp_path / "notes" / "a.md").write_text(NOTES, encoding="utf-8")
    assert "decisions: 1 applied" in noteatlas("load", "notes", cwd=tmp_path).text
    undone = noteatlas(
        *("curate", "undo", made["decision"]["id"], "--curation", f"notes/{CURATION_FILE}"), cwd=tmp_path
    ).text
    assert undone.startswith("taken back: reject")
    assert noteatlas("export", cwd=tmp_path).stdout == before
    assert noteatlas("curate", "merge", "x", cwd=tmp_path).status == 2
    assert noteatlas("curate", "accept", "gqa", "likes", "mqa", cwd=tmp_path).status == 1


async def test_random_decisions_of_every_kind_survive_rearranged_notes_and_a_new_store(tmp_path: Path) -> None:
    """All apply or are told, in the order of sections as in another; without a third of the notes none is lost.

    Loading again changes nothing.
    """
    folder = tmp_path / "notes"
    folder.mkdir()
    for name in ("en/regularization.md", "zh/losses.md"):
        shutil.copy(sample_notes() / name, folder)
    file = folder / CURATION_FILE
    async with SqliteStore(str(tmp_path / "first")) as store:
        await load(store, folder)
        made = await make_decisions(store, 24, file=file, seed=5)
        assert {row.what for row in made} == set(What)
        assert not (await load(store, folder)).total
        decided = dumps(await store.graph())

    for number in range(3):
        async with open_store(str(tmp_path / str(number))) as store:
            loaded = await load(store, folder)
            assert loaded.curation is not None
            told = {row.id for row in loaded.curation.applied} | {row.decision.id for row in loaded.curation.stale}
            assert told == {row.id for row in made}
            assert len(loaded.curation.applied) + len(loaded.curation.stale) == len(made)
            if number == 0:
                assert dumps(await store.graph()) == decided
            if number < 2:
                assert len(loaded.curation.applied) >= 20
        if number == 0:
            shuffle_sections(folder, seed=6)
        elif number == 1:
            assert drop_sections(folder, seed=7)


async def test_decisions_hold_when_files_are_united_and_taken_apart(tmp_path: Path) -> None:
    """What is shown is the same but for the files that it is from, in a store that is kept and in a new one."""
    folder = tmp_path / "notes"
    folder.mkdir()
    texts = [NOTES, "# Trees\n\n- **XGBoost** extends GBDT.\n", "# Losses\n\n- **Focal loss** extends cross-entropy.\n"]
    rows = [
        Decision(what=What.REJECT, source="GQA", type=T.GENERALIZES, target="MQA", time="2026-01-01"),
        Decision(what=What.MERGE, name="Focal loss", into="MHA", time="2026-01-02"),
        Decision(what=What.RENAME, name="XGBoost", to="Extreme boosting", time="2026-01-03"),
        Decision(
            what=What.EDIT, source="Extreme boosting", type=T.EXTENDS, target="GBDT", to="USES", time="2026-01-04"
        ),
    ]
    write_decisions(folder / CURATION_FILE, rows)
    shown = []
    async with SqliteStore(str(tmp_path / "kept")) as kept:
        for number, files in enumerate((texts, ["\n".join(texts)], ["\n".join(texts[:2]), texts[2]])):
            for file in folder.glob("*.md"):
                file.unlink()
            for place, text in enumerate(files):
                (folder / f"{number}{place}.md").write_text(text, encoding="utf-8")
            extraction, beside = read_notes([folder]), curation_files([folder])
            loaded = await store_all(kept, extraction, folders=[folder], forgetting=Forgetting.ALWAYS, curation=beside)
            assert loaded.curation is not None
            assert loaded.curation.applied == tuple(rows)
            async with SqliteStore(str(tmp_path / str(number))) as anew:
                await load(anew, folder)
                assert dumps(await anew.graph()) == dumps(await kept.graph())
                whole = await anew.graph()
            shown.append(({r.key for r in whole.relations}, {frozenset(c.names) for c in whole.concepts}))
    assert shown[0] == shown[1] == shown[2]


# -- rearranged notes -----------------------------------------------------------------------------------------------


def decided(whole: KnowledgeGraph, count: int) -> list[Decision]:
    """Decisions about `count` different relations of `whole`, with names and sentences only."""
    names = {c.id: c.name for c in whole.concepts}
    kinds = (What.ACCEPT, What.REJECT, What.EDIT)
    return [
        Decision(
            what=kinds[number % 3],
            source=names[relation.source],
            type=relation.type,
            target=names[relation.target],
            to="CAUSES" if kinds[number % 3] is What.EDIT else "",
            evidence=tuple(e.text for e in relation.evidence),
            time=f"2026-01-01T00:{number // 60:02}:{number % 60:02}",
        )
        for number, relation in enumerate(
            random.Random(7).sample([r for r in whole.relations if r.type is not T.CAUSES], count)
        )
    ]


def rearrange(folder: Path) -> None:
    """Write the sections of every file, as they are between headings of the second level, in another order."""
    for file in sorted(folder.glob("*.md")):
        head, *sections = re.split(r"(?m)^(?=## )", file.read_text(encoding="utf-8"))
        random.Random(3).shuffle(sections)
        file.write_text(head + "\n".join(sections), encoding="utf-8")


@pytest.mark.neo4j
async def test_decisions_hold_after_notes_were_rearranged_and_the_store_was_made_anew(
    tmp_path: Path, empty_neo4j_url: str
) -> None:
    """Each that still applies is carried out and each other is told; both stores then hold the same."""
    folder = tmp_path / "notes"
    folder.mkdir()
    for name in ("en/regularization.md", "zh/losses.md"):
        shutil.copy(sample_notes() / name, folder)
    rows = decided(read_notes([folder]).merged(), 40)
    rearrange(folder)
    write_decisions(folder / CURATION_FILE, rows)
    exports = []
    for url in (str(tmp_path / "store"), empty_neo4j_url):
        async with open_store(url) as store:
            loaded = await load(store, folder)
            assert loaded.curation is not None
            told = [*loaded.curation.applied, *(row.decision for row in loaded.curation.stale)]
            assert sorted(told, key=by_time) == rows
            assert len(loaded.curation.applied) >= 30
            exports.append(dumps(whole := await store.graph()))
            names = {c.id: name_key(c.name) for c in whole.concepts}
            held = {(names[r.source], r.type, names[r.target]): r for r in whole.relations}
            for row in loaded.curation.applied:
                check(row, held)
            assert (await status(store)).applied == loaded.curation.applied
    assert exports[0] == exports[1]


def check(row: Decision, held: dict[tuple[str, RelationType, str], Relation]) -> None:
    """See that a decision is carried out in a graph, given its relations by the names of their ends."""
    kind = T(row.to) if row.what is What.EDIT else row.type
    assert kind is not None
    ends = name_key(row.source), name_key(row.target)
    relation = held.get((ends[0], kind, ends[1])) or held.get((ends[1], kind, ends[0]))
    if row.what is What.REJECT:
        assert (ends[0], kind, ends[1]) not in held
    else:
        assert relation is not None
        assert relation.origin is Origin.CURATED
