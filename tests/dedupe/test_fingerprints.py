"""Fingerprints: shared runs leave shared anchors, whatever stands around them."""

import numpy as np
import pyarrow as pa

from pipeline import contracts
from pipeline.dedupe import fingerprint
from pipeline.dedupe.fingerprints import WINDOW, anchors_of
from pipeline.dedupe.words import SHINGLE, read_words, shingles

from .corpus import DAY
from .invented import article


def fingerprints(texts):
    ids = [str(number) for number in range(len(texts))]
    days = pa.array([DAY] * len(texts), pa.date32())
    batch = pa.RecordBatch.from_pydict({"article_id": ids, "scrape_date": days, "text": texts})
    return fingerprint(batch)


def test_contract():
    table = pa.Table.from_batches([fingerprints([article(1), "", "Two words"])])
    assert contracts.violations("fingerprints", table) == []
    assert [len(each) for each in table["anchors"].to_pylist()[1:]] == [0, 1]


def test_the_batch_does_not_matter():
    texts = [article(seed, 1 + seed % 9) for seed in range(60)] + ["", "a b c", "one"]
    together = fingerprints(texts).to_pylist()
    for index in (0, 8, 33, 60, 61, 62):
        alone = fingerprints([texts[index]]).to_pylist()[0]
        assert {**alone, "article_id": str(index)} == together[index]


def test_no_window_of_shingles_is_without_an_anchor():
    for seed in range(5):
        words = read_words([article(seed, 12)])
        anchors, _ = anchors_of(words)
        kept = np.isin(shingles(words.hashes) | 1, anchors | 1)
        gaps = np.diff(np.flatnonzero(np.concatenate([[True], kept, [True]]))) - 1
        assert gaps.max() < WINDOW
        assert kept.mean() < 0.1


def test_a_shared_run_is_found_in_any_surroundings():
    run = " ".join(article(1).split()[: WINDOW + SHINGLE - 1])
    for seed in range(10):
        one, other = (
            anchors_of(read_words([f"{article(seed + 50)} {run} {article(seed + 90)}"])),
            None,
        )
        other = anchors_of(read_words([f"{article(seed + 70)} {run} {article(seed + 30)}"]))
        assert np.intersect1d(one[0], other[0]).size >= 1


def test_anchors_within_quotations_are_marked():
    said = "“" + " ".join(article(3).replace("\n", " ").split()[:120]) + "”"
    table = fingerprints([f"{article(4)}\n\n{said}", said.strip("“”")])
    marked, bare = (set(table["anchors"][row].as_py()) for row in (0, 1))
    shared = {each & ~1 for each in marked} & {each & ~1 for each in bare}
    assert len(shared) >= 3
    assert all(each | 1 in marked and each & ~1 not in marked for each in shared)
    assert not any(each & 1 for each in bare)


def test_equal_words_have_equal_hashes():
    table = fingerprints(["“Don’t,” she said.", '"Don\'t" she SAID', "Don't he said"])
    one, other, third = table["text_hash"].to_pylist()
    assert one == other != third
