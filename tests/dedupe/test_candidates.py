"""Candidates: who is compared with whom, whatever day comes first and in whatever batches."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from pipeline.dedupe import candidates

DAY = date(2024, 5, 1)
SCHEMA = pa.schema(
    [
        ("article_id", pa.string()),
        ("anchors", pa.list_(pa.uint64())),
    ]
)


def day_of(seed, count, vocabulary=60):
    """Return the fingerprints of a day of articles that share many anchors."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        anchors = np.unique(rng.integers(1, vocabulary, rng.integers(0, 30)).astype(np.uint64) ** 5)
        anchors = 2 * anchors + (rng.random(len(anchors)) < 0.2)
        rows.append((f"{seed}-{rng.integers(10**9)}", anchors.tolist()))
    return pa.table([list(column) for column in zip(*rows, strict=True)], SCHEMA)


def postings(number, table):
    return candidates.postings(DAY + timedelta(days=number), table)


def between(number, others, tables):
    own = postings(number, tables[number])
    found = [
        candidates.shared_postings(own, DAY + timedelta(days=other), tables[other])
        for other in others
    ]
    return candidates.pairs_between(own, found)


def as_set(table):
    return set(map(str, table.to_pylist()))


TABLES = [day_of(seed, count) for seed, count in enumerate((3, 40, 40, 9, 200, 1))]


def test_days_together_give_the_pairs_of_each_two_alone():
    together = as_set(between(5, range(5), TABLES))
    alone = [as_set(between(5, [other], TABLES)) for other in range(5)]
    assert together == set().union(*alone)
    assert len(together) == sum(map(len, alone))


@pytest.mark.parametrize("vocabulary", [12, 60, 400])
def test_it_does_not_matter_which_of_two_days_comes_last(vocabulary):
    tables = [day_of(n, count, vocabulary) for n, count in enumerate((3, 40, 40, 9, 200))]
    for one in range(5):
        for other in range(one):
            assert as_set(between(one, [other], tables)) == as_set(between(other, [one], tables))


def test_the_order_of_rows_does_not_matter():
    mixed = TABLES[1].take(pa.array(np.random.default_rng(1).permutation(len(TABLES[1]))))
    again = [TABLES[0], mixed, *TABLES[2:]]
    assert as_set(between(2, [1], again)) == as_set(between(2, [1], TABLES))
    own, other = postings(1, TABLES[1]), postings(1, mixed)
    assert as_set(candidates.pairs_within(own)) == as_set(candidates.pairs_within(other))


def test_a_crowd_is_linked_and_its_cost_grows_with_the_articles():
    def story(name, count):
        rows = [[f"{name}{n:04}" for n in range(count)], [[6, 8, 12]] * count]
        return pa.table(rows, SCHEMA)

    tables = [story("a", 300), story("b", 500), story("c", 2)]
    within = candidates.pairs_within(postings(0, tables[0]))
    assert within.num_rows < 4 * 300
    pairs = between(0, [1], tables)
    assert pairs.num_rows == 4 * 300
    assert between(2, [1], tables).num_rows == 4 * 2
    linked = {*pairs["a_article_id"].to_pylist(), *pairs["b_article_id"].to_pylist()}
    assert {f"a{n:04}" for n in range(300)} <= linked


def test_nothing_in_common():
    tables = [day_of(1, 5), pa.table([["x"], [[4, 6]]], SCHEMA), day_of(2, 1)[:0]]
    assert between(1, [0, 2], tables).num_rows == 0
    assert between(2, [0, 1], tables).num_rows == 0
    assert between(0, [], tables).num_rows == 0
