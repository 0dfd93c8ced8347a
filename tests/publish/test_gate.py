"""The gate lets sound articles through and keeps what would be false from readers."""

import pytest

from pipeline.contracts import to_table
from pipeline.publish import gate
from pipeline.publish.storage import Storage
from tests.publish import rows
from tests.publish.rows import DAY, put


@pytest.fixture
def storage(tmp_path):
    storage = Storage(str(tmp_path))
    put(storage, "raw_documents", [rows.raw(n) for n in range(3)])
    put(storage, "quarantine", [rows.failure(2)])
    put(storage, "articles", [rows.article(0), rows.article(1)])
    return storage


def _publish(storage, articles):
    table = to_table("articles", articles)
    batches = [batch for n in range(len(articles)) for batch in table.slice(n, 1).to_batches()]
    return storage.write("articles", DAY, gate.sound(storage, DAY, batches))


def test_sound_articles_pass(storage):
    before = storage.modified("articles")[DAY]
    assert _publish(storage, [rows.article(1), rows.article(0)]) == 2
    assert storage.modified("articles")[DAY] != before


@pytest.mark.parametrize(
    ("articles", "check", "told"),
    [
        ([], "conservation", "2 documents lost"),
        ([rows.article(0)], "conservation", "1 document lost"),
        ([rows.article(n) for n in range(3)], "conservation", "1 both"),
        ([rows.article(n) for n in (0, 1, 7)], "conservation", "1 from nowhere"),
        ([rows.article(n) for n in (0, 1, 1)], "unique_ids", "1 row with"),
        ([rows.article(0), rows.article(1, is_canonical=False)], "canonicals_agree", "1 disagree"),
        ([rows.article(0), rows.article(1, relation="copy")], "canonicals_agree", "1 on whether"),
        ([rows.article(0), rows.article(1, relation="twin")], "contract", "relation outside"),
    ],
)
def test_what_would_be_false_is_refused_and_the_day_keeps_what_it_had(
    storage, articles, check, told
):
    before = storage.read("articles")
    with pytest.raises(gate.Refused, match=f"articles of {DAY} were not published") as caught:
        _publish(storage, articles)
    assert check in caught.value.faults
    assert told in caught.value.faults[check].message
    assert storage.read("articles").equals(before)
