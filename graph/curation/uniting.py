"""A draft rewritten: concepts that decisions made one have one id, and all have the names that they were given."""

from dataclasses import replace

from graph.curation.draft import Draft
from graph.curation.fading import fade
from graph.curation.naming import Naming
from graph.model import Origin, Relation, RelationKey

__all__ = ["unite"]


def unite(draft: Draft, naming: Naming) -> None:
    """Let the draft say what names and groups say. Linear in what the notes say of the concepts that change.

    A relation between concepts that are one goes, with what was derived from it and nothing else.
    """
    merged = naming.merged()
    moved = {key: _moved(key, naming) for id_ in merged for key in draft.of(id_)}
    touched = {key for reason in moved for key in draft.derived_from(reason)}.union(moved)
    rows = [(path, key, row) for key in sorted(touched) for path, row in draft.take(key)]
    for path, key, row in rows:
        source, kind, target = new = moved.get(key, key)
        if source == target:
            continue
        because = tuple(dict.fromkeys(one for k in row.because if (one := moved.get(k, k)) != new))
        if row.because and not because and not row.evidence and row.origin is Origin.INFERRED:
            continue  # it was derived from what is now the same relation
        draft.put(path, replace(row, source=source, type=kind, target=target, because=because))
    fade(draft, {key for key in moved.values() if key[0] == key[2]})
    for id_ in merged:
        for path, place, passage in draft.passages(id_):
            draft.rename_in(path, place, map(naming.root, passage.concepts))
    changed = [draft.take_concept(id_) for id_ in sorted({*merged, *naming.renamed()})]
    for path, concept in ((path, row) for found in changed for path, rows in found.items() for row in rows):
        draft.put_concept(path, naming.shown(concept))


def _moved(key: RelationKey, naming: Naming) -> RelationKey:
    source, kind, target = key
    return Relation(naming.root(source), kind, naming.root(target)).canonical().key
