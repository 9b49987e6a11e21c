"""What was decided about concepts: carried out in order of time, each decision on what those before it made.

A decision whose names mean nothing, or several things, waits until another gives them a meaning, whatever its time:
notes change, and a name may come from a later decision. A concept that a relation is added to, and that nothing else
brings, is made at the very end.

Decisions about the same two names contradict each other: a merge and a split or a separation, and two merges. The
latest counts. A separation holds against all else that would give its two names to one concept, at any time: another
merge, a new name, or the notes.
"""

import heapq
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from graph.curation.decision import Decision, What, by_time
from graph.curation.draft import Draft
from graph.curation.naming import Group, Naming
from graph.curation.splitting import split
from graph.model import Concept
from graph.names import name_key

__all__ = ["OVERRULED", "Settled", "settle"]

OVERRULED: Final = "a later decision says otherwise"
_Pair = frozenset[str]


def _pairs(row: Decision) -> list[_Pair]:
    """Return the pairs of names that a decision makes one, or two."""
    others = (row.into,) if row.what is What.MERGE else row.out
    return [frozenset((name_key(row.name), name_key(other))) for other in others]


def _latest(rows: Sequence[Decision]) -> dict[_Pair, Decision]:
    """Return by pair of names the decision that counts, of `rows` in order of time: a merge, or what parts them."""
    latest: dict[_Pair, Decision] = {}
    for row in rows:
        if row.what is not What.RENAME:
            latest.update(dict.fromkeys(_pairs(row), row))
    return latest


class Settled:
    """What came of the decisions about concepts: what names mean, which are stale and why, and what was made.

    `idle` are stale ones that overrule others which might not be stale without them.
    """

    def __init__(self, draft: Draft) -> None:
        self.naming = Naming(draft)
        self.stale: dict[str, str] = {}
        self.made: dict[str, Decision] = {}
        self.idle: list[Decision] = []


def settle(draft: Draft, rows: Sequence[Decision], added: Sequence[Decision]) -> Settled:
    """Carry out `rows`, decisions about concepts in order of time, and make what relations are `added` to."""
    settled = Settled(draft)
    _Settling(draft, rows, settled).run(added)
    return settled


class _Settling:
    """The state of one `settle`: what is still to do, what waits for a name, and which names are kept apart."""

    def __init__(self, draft: Draft, rows: Sequence[Decision], settled: Settled) -> None:
        self.draft = draft
        self.rows = rows
        self.naming = settled.naming
        self.settled = settled
        self.latest = _latest(rows)
        self.due: list[tuple[tuple[datetime, str], Decision]] = []
        self.waiting: dict[str, dict[str, Decision]] = {}
        self.apart: dict[str, dict[str, Decision]] = {}
        self.overruling: dict[str, list[_Pair]] = {}

    def run(self, added: Sequence[Decision]) -> None:
        for row in self.rows:
            if self.counting(row):
                self.due.append((by_time(row), row))
            else:
                self.settled.stale[row.id] = OVERRULED
            for pair in _pairs(row) if row.what is not What.RENAME else ():
                if self.opposed(row, pair):
                    self.overruling.setdefault(self.latest[pair].id, []).append(pair)
            if row.what is What.SEPARATE:
                for name in self.parted(row):
                    one, other = name_key(row.name), name_key(name)
                    self.apart.setdefault(one, {})[other] = row
                    self.apart.setdefault(other, {})[one] = row
        heapq.heapify(self.due)
        self.work()
        while self.make_missing(added):
            self.work()
        self.settled.idle = [
            row
            for row in self.rows
            if row.id in self.settled.stale and any(map(self.is_known, self.overruling.get(row.id, ())))
        ]

    # -- which count --------------------------------------------------------------------------------------------------

    def opposed(self, row: Decision, pair: _Pair) -> bool:
        """Tell whether a later decision says otherwise of two of a decision's names."""
        latest = self.latest[pair]
        return latest is not row and What.MERGE in (latest.what, row.what)

    def parted(self, row: Decision) -> list[str]:
        """Return the names that a split or a separation takes from `name`, as far as no later one contradicts it."""
        return [name for name, pair in zip(row.out, _pairs(row), strict=True) if not self.opposed(row, pair)]

    def counting(self, row: Decision) -> bool:
        """Tell whether a decision is not overruled as a whole."""
        return row.what is What.RENAME or not all(self.opposed(row, pair) for pair in _pairs(row))

    def is_known(self, pair: _Pair) -> bool:
        """Tell whether both names mean something."""
        return all(self.naming.meant(key) for key in pair)

    # -- in order of time ---------------------------------------------------------------------------------------------

    def work(self) -> None:
        """Carry out all that is due, and what that wakes."""
        carry_out = {
            What.RENAME: self.rename,
            What.MERGE: self.merge,
            What.SPLIT: self.split,
            What.SEPARATE: self.separate,
        }
        while self.due:
            _, row = heapq.heappop(self.due)
            self.settled.stale.pop(row.id, None)
            if why := carry_out[row.what](row):
                self.settled.stale[row.id] = why
                for name in (row.name, row.to, row.into, *row.out):
                    self.waiting.setdefault(name_key(name), {})[row.id] = row

    def wake(self, keys: Iterable[str]) -> None:
        """Try those again that wait for a name of which the meaning has changed."""
        woken = {id_: row for key in keys for id_, row in self.waiting.pop(key, {}).items()}
        for id_, row in woken.items():
            if self.settled.stale.get(id_, OVERRULED) != OVERRULED:
                for name in (row.name, row.to, row.into, *row.out):
                    self.waiting.get(name_key(name), {}).pop(id_, None)
                heapq.heappush(self.due, (by_time(row), row))

    def known(self, name: str) -> tuple[Group | None, str]:
        """Return the one group called `name`, or why there is none."""
        found = self.naming.meant(name)
        if len(found) == 1:
            return found[0], ""
        return None, f"several concepts are called {name}" if found else f"no concept is called {name}"

    def kept_apart(self, keys: Iterable[str], others: set[str]) -> str:
        """Say which decision forbids that a concept has all these names; empty if none does."""
        for key in sorted(key for key in keys if key in self.apart):
            for other, row in sorted(self.apart[key].items()):
                if other in others:
                    return f"{row.name} and {', '.join(row.out)} are kept apart by decision {row.id}"
        return ""

    def rename(self, row: Decision) -> str:
        """Give the concept called `name` the name `to`; the name of the latest decision is the one that it has."""
        group, why = self.known(row.name)
        if group is None:
            return why
        key, before = name_key(row.to), self.naming.name(group)
        if before == row.to:
            return "it is called so already"
        if any(other is not group for other in self.naming.called(key)):
            return f"another concept is called {row.to}; merge them if they are one"
        if why := self.kept_apart([key], group.keys):
            return why
        if not self.naming.rename(group, row.to, by_time(row)[0]):
            return OVERRULED
        self.wake([key, name_key(before)])
        return ""

    def merge(self, row: Decision) -> str:
        """Make the concept called `name` one with that called `into`."""
        kept, why = self.known(row.into)
        if kept is None:
            return why
        gone, why = self.known(row.name)
        if gone is None:
            return why
        if gone is kept:
            return "" if row.id in self.overruling else "they are one concept already"
        small, large = sorted((gone.keys, kept.keys), key=len)
        if why := self.kept_apart(small, large):
            return why
        keys = {*small, name_key(self.naming.name(gone)), name_key(self.naming.name(kept))}
        self.naming.unite(gone, kept)
        self.wake(keys)
        return ""

    def separate(self, row: Decision) -> str:
        """Take the names apart where the notes give both to one concept; what would do so later is refused."""
        key = name_key(row.name)
        names = self.parted(row)
        if not any(self.naming.meant(name) for name in (row.name, *names)):
            return f"no concept is called {', '.join((row.name, *names))}"
        for id_ in self.naming.having(key):
            goes = [name for name in names if name_key(name) in self.naming.in_notes(id_)]
            if goes and key in self.naming.in_notes(id_):
                self.take(id_, goes)
        return ""

    def split(self, row: Decision) -> str:
        """Take names from the concept called `name`: where decisions brought them there, and where the notes did."""
        group, why = self.known(row.name)
        if group is None:
            return why
        names = self.parted(row)
        stays = self.naming.having(name_key(row.name), group) or [row.name]
        brought: list[str] = []  # by decisions
        by_text: dict[str, list[str]] = {}
        for name in names:
            for id_ in self.naming.having(name_key(name), group):
                if id_ not in stays:
                    brought.append(id_)
                elif name_key(name) in self.naming.in_notes(id_):
                    by_text.setdefault(id_, []).append(name)
        if any(self.naming.in_notes(id_) <= set(map(name_key, goes)) for id_, goes in by_text.items()):
            return f"the notes have no other name for {row.name}"
        if brought or by_text:
            keys = group.keys.union((name_key(self.naming.name(group)),))
            for id_ in brought:
                self.naming.part(id_, stays)
            self.join(stays)  # what kept them together may have gone
            self.join([*brought, *(self.take(id_, goes) for id_, goes in by_text.items())])
            self.wake(keys)
        elif not any(map(self.is_known, self.overruling.get(row.id, ()))):
            return f"{row.name} is not called {', '.join(names)}"
        return ""

    def join(self, ids: Sequence[str]) -> None:
        """Make concepts one, under the first, but for those that are kept apart."""
        for id_ in ids[1:]:
            one, other = self.naming.group(ids[0]), self.naming.group(id_)
            if one is not other and not self.kept_apart(other.keys, one.keys):
                self.naming.unite(other, one)

    def take(self, id_: str, goes: Sequence[str]) -> str:
        """Take names from one concept of the notes, and return the id of the concept that they are now of."""
        keys = self.naming.in_notes(id_)
        made = split(self.draft, id_, goes)
        self.naming.learn(id_)
        self.naming.learn(made)
        self.wake(keys)
        return made

    # -- what is missing ----------------------------------------------------------------------------------------------

    def make_missing(self, added: Iterable[Decision]) -> bool:
        """Make the concepts that relations are added to and that nothing brings; tell whether there were any."""
        before = len(self.settled.made)
        for row in added:
            for name, other in ((row.source, row.target), (row.target, row.source)):
                if not self.naming.meant(name) and len(self.naming.meant(other)) <= 1:
                    id_ = self.draft.new_id(name)
                    self.draft.put_concept(self.draft.first, Concept(id_, name))
                    self.draft.loose.add(id_)
                    self.naming.learn(id_)
                    self.settled.made[id_] = row
                    self.wake([name_key(name)])
        return len(self.settled.made) > before
