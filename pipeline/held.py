"""Which documents the corpus holds already: what is delivered again adds nothing.

Memory grows by twelve bytes a stored document, not by its identity of 64 characters. What these
bytes say is made sure of in the partition itself, so no document is taken for another.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import xxhash

from pipeline.publish.storage import Storage

#: Days whose identities are held whole, while documents of theirs are delivered again.
_DAYS_AT_A_TIME: Final = 4


class HeldDocuments:
    """The identities of the raw documents that `days` of a storage hold; ask with `in`."""

    def __init__(self, storage: Storage, days: Sequence[date]) -> None:
        """Read the identities of `days`, one day at a time."""
        self._storage, self._days = storage, days
        self._whole: dict[date, frozenset[str]] = {}
        hashes = [_hashes(self._ids(day)) for day in days]
        together = np.concatenate([np.empty(0, np.uint64), *hashes])
        order = np.argsort(together)
        sizes = [len(each) for each in hashes]
        self._sorted = together[order]
        self._places = np.repeat(np.arange(len(days), dtype=np.int32), sizes)[order]

    def __contains__(self, article_id: str) -> bool:
        """Tell whether one of the days holds the document."""
        own = _hashes([article_id])
        first = int(np.searchsorted(self._sorted, own)[0])
        end = int(np.searchsorted(self._sorted, own, "right")[0])
        return any(article_id in self._of(self._days[each]) for each in self._places[first:end])

    def _of(self, day: date) -> frozenset[str]:
        """The identities of a day, read once for all that is delivered again."""
        if day not in self._whole:
            if len(self._whole) == _DAYS_AT_A_TIME:
                self._whole.pop(next(iter(self._whole)))
            self._whole[day] = frozenset(self._ids(day))
        return self._whole[day]

    def _ids(self, day: date) -> list[str]:
        ids: list[str] = self._storage.read("raw_documents", [day], ["article_id"])[0].to_pylist()
        return ids


def _hashes(ids: Sequence[str]) -> npt.NDArray[np.uint64]:
    encoded = map(str.encode, ids)
    return np.fromiter(map(xxhash.xxh3_64_intdigest, encoded), np.uint64, len(ids))
