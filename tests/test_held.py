"""Documents that are delivered again are known by few bytes, but never taken for others."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from pipeline import held
from pipeline.contracts import to_table
from pipeline.publish.storage import Storage

FRIDAY = date(2018, 7, 27)


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    """Six days of three documents each."""
    storage = Storage(str(tmp_path))
    for number in range(6):
        day = FRIDAY + timedelta(days=number)
        rows = [_row(day, f"{number}-{each}") for each in range(3)]
        storage.write("raw_documents", day, to_table("raw_documents", rows))
    return storage


def _row(day: date, article_id: str) -> dict[str, object]:
    return {
        "article_id": article_id, "scrape_date": day, "source_uri": "a.txt", "content": b"",
        "media_type": "text/plain", "charset": "utf-8", "sha256": article_id, "given": [],
    }  # fmt: skip


def test_documents_of_the_days_asked_for_are_held(storage: Storage) -> None:
    days = storage.partitions("raw_documents")
    known = held.HeldDocuments(storage, days[1:])
    assert [f"{number}-2" in known for number in range(6)] == [False] + 5 * [True]
    assert "7-0" not in known
    assert "1-0" in known  # after more days than are held whole


def test_no_day_holds_nothing(storage: Storage) -> None:
    assert "0-0" not in held.HeldDocuments(storage, [])


def test_documents_whose_hashes_are_equal_are_told_apart(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "_hashes", lambda ids: np.ones(len(ids), np.uint64))
    known = held.HeldDocuments(storage, storage.partitions("raw_documents"))
    assert "5-1" in known
    assert "0-1" in known
    assert "5-3" not in known
