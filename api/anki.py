r"""Cards as a deck that Anki imports: the only module that imports genanki.

What identifies a card is its concept's id: the deck, its note type and every note keep their ids from one export to the
next, so that importing a newer deck updates the cards that are there, with what has been learnt, and doubles none.

Text of the notes is only text: Anki shows fields as HTML, plays `[sound:...]`, runs `[latex]` and typesets `\(...\)`;
all of these are written so that they appear as they stand.
"""

import html
import io
import itertools
import json
import sqlite3
import time
import zipfile
from collections.abc import Iterable

import genanki

from api.cards import Card, Saying

__all__ = ["anki_deck"]

# Any numbers do, as long as they stay the same: Anki tells decks and note types apart by them.
_DECK, _NOTE_TYPE = 1_796_034_112, 1_796_034_113
_DECK_NAME = "Note Atlas"
_WORD_JOINER = "\u2060"  # keeps a backslash apart from its bracket, and cannot be seen
_STYLE = """.card { font: 20px/1.5 system-ui, sans-serif; max-width: 36em; margin: 0 auto; padding: 1em; }
.name { font-size: 1.5em; font-weight: 600; }
.others, .place { color: #777d84; }
.place { font-size: .75em; white-space: nowrap; }
li { margin-top: .5em; }"""


def anki_deck(cards: Iterable[Card], *, timestamp: float | None = None) -> bytes:
    """Return an .apkg file with one note for each card, new ones to be learnt in the order given.

    `timestamp` (seconds since 1970) says how new the notes are, the present if absent: Anki keeps the newer of two.
    The same cards and timestamp give the same notes. Everything is made in memory.
    """
    deck = genanki.Deck(_DECK, _DECK_NAME)
    model = _note_type()
    for place, card in enumerate(cards):
        fields = [_text(card.id), _text(card.name), _text(" · ".join(card.others)), *_back(card)]
        guid = genanki.guid_for("noteatlas", card.id)
        deck.add_note(genanki.Note(model=model, fields=fields, guid=guid, tags=["note-atlas"], due=place))
    now = time.time() if timestamp is None else timestamp
    # Not `Package.write_to_file`, which leaves a temporary file behind each time.
    connection = sqlite3.connect(":memory:")
    try:
        genanki.Package(deck).write_to_db(connection.cursor(), now, itertools.count(int(now * 1000)))
        connection.commit()
        collection = connection.serialize()
    finally:
        connection.close()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("collection.anki2", collection)
        archive.writestr("media", json.dumps({}))
    return file.getvalue()


def _note_type() -> genanki.Model:
    front = '<div class="name">{{Name}}</div><div class="others">{{Others}}</div>'
    return genanki.Model(
        _NOTE_TYPE,
        "Note Atlas concept",
        fields=[{"name": name} for name in ("Id", "Name", "Others", "Definition", "Sayings")],
        templates=[
            {"name": "Concept", "qfmt": front, "afmt": front + "<hr id=answer>{{Definition}}{{Sayings}}"},
        ],
        css=_STYLE,
        sort_field_index=1,
    )


def _back(card: Card) -> tuple[str, str]:
    definition = f"<p>{_said(card.definition)}</p>" if card.definition else ""
    sayings = "".join(f"<li>{_said(saying)}</li>" for saying in card.sayings)
    return definition, f"<ul>{sayings}</ul>" if sayings else ""


def _said(saying: Saying) -> str:
    place = saying.path if saying.line is None else f"{saying.path}:{saying.line}"
    shown = f' <span class="place">{_text(place)}</span>' if place else ""
    return f"{_text(saying.text)}{shown}"


def _text(text: str) -> str:
    """Return a text that Anki shows as it is."""
    apart = text.replace("\\(", f"\\{_WORD_JOINER}(").replace("\\[", f"\\{_WORD_JOINER}[")
    return html.escape(apart).replace("[", "&#91;").replace("{{", "&#123;&#123;")
