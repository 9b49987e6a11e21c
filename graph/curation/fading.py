"""What was inferred from relations that are gone, and from nothing else, goes as well."""

from collections.abc import Iterable
from dataclasses import replace

from graph.curation.draft import Draft
from graph.model import Origin, RelationKey

__all__ = ["fade"]


def fade(draft: Draft, gone: Iterable[RelationKey]) -> None:
    """Take the relations in `gone` out of the reasons of others, and what then has neither reason nor sentence.

    What was so taken away is no reason either. Linear in what is touched.
    """
    left = sorted(gone, reverse=True)
    while left:
        reason = left.pop()
        for key in draft.derived_from(reason):
            for path, row in draft.take(key):
                because = tuple(one for one in row.because if one != reason)
                lost = row.origin is Origin.INFERRED and row.because != because and not because and not row.evidence
                if not lost:
                    draft.put(path, replace(row, because=because))
            if key not in draft.relations:
                left.append(key)
