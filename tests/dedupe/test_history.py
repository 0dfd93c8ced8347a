"""Days in any order, late or run again: the same clusters, and identities that stay."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import contracts
from pipeline.dedupe import clusters_for_day, pairs, pairs_for_day
from pipeline.dedupe.store import MemoryStore

from .corpus import DAY, partition, put, run
from .invented import article, excerpt, reprint

TABLES = ("duplicate_pairs", "cluster_members", "syndication_clusters", "cluster_ledger")


def stories():
    """Return articles of several stories: copies, a chain, a long one, and lone ones."""
    rows = []
    for story in range(4):
        text = article(story, 6)
        rows.append({"article_id": f"{story}-original", "text": text})
        rows.append({"article_id": f"{story}-reprint", "text": reprint(text, story)})
        rows.append({"article_id": f"{story}-part", "text": excerpt(text)})
    chain = [article(100 + number, 4) for number in range(4)]
    for number in range(3):
        rows.append(
            {"article_id": f"chain-{number}", "text": "\n\n".join(chain[number : number + 2])}
        )
    rows += [{"article_id": f"alone-{n}", "text": article(200 + n, 4)} for n in range(3)]
    rows += [
        {"article_id": f"wide-{n:02}", "text": reprint(article(300, 5), n % 7)} for n in range(14)
    ]
    rows[1] |= {"byline": "By Ada Brint, staff writer", "authors": ["Ada Brint"]}
    rows[4] |= {"published_date": DAY - timedelta(days=3), "outlet": "Varnholt Echo"}
    return rows


ROWS = stories()


def process(days, order, window=30):
    store = MemoryStore()
    for day in order:
        put(store, day, days[day])
        run(store, day, window)
    return store


def at_once():
    return partition(process({DAY: ROWS}, [DAY]))


WHOLE = at_once()


def test_stories_are_clusters_and_chains_are_not():
    clusters = {members for _, members in WHOLE}
    assert frozenset({"0-original", "0-reprint", "0-part"}) in clusters
    assert frozenset({"alone-1"}) in clusters
    assert frozenset(f"wide-{n:02}" for n in range(14)) in clusters
    assert not any(
        {"chain-0", "chain-2"} <= members and "chain-1" not in members for members in clusters
    )
    assert ("0-reprint", frozenset({"0-original", "0-reprint", "0-part"})) in WHOLE
    assert any(canonical == "1-reprint" for canonical, _ in WHOLE)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(data=st.data())
def test_any_batches_in_any_order_give_the_same_clusters(data):
    offsets = data.draw(st.lists(st.integers(0, 5), min_size=len(ROWS), max_size=len(ROWS)))
    days = {}
    for row, offset in zip(ROWS, offsets, strict=True):
        days.setdefault(DAY + timedelta(days=offset), []).append(row)
    order = data.draw(st.permutations(sorted(days)))
    again = data.draw(st.sampled_from(order))
    store = process(days, [*order, again])
    by_day = partition(process(days, sorted(days)))
    assert partition(store) == by_day
    assert {members for _, members in by_day} == {members for _, members in WHOLE}
    check(store)


def check(store):
    """Check what must hold of the tables at any time."""
    members = store.read("cluster_members").to_pylist()
    for name in TABLES:
        assert contracts.violations(name, store.read(name)) == []
    sizes = Counter(row["cluster_id"] for row in members)
    ids = {row["article_id"]: row for row in members}
    assert all(row["cluster_size"] == sizes[row["cluster_id"]] for row in members)
    assert all(ids[row["cluster_id"]]["cluster_id"] == row["cluster_id"] for row in members)
    assert sum(row["is_canonical"] for row in members) == len(sizes)
    clusters = store.read("syndication_clusters").to_pylist()
    assert {row["cluster_id"] for row in clusters} == {c for c, size in sizes.items() if size > 1}
    for row in clusters:
        assert row["size"] == len(row["member_article_ids"]) == sizes[row["cluster_id"]]
        for member, day in zip(row["member_article_ids"], row["member_scrape_dates"], strict=True):
            assert ids[member]["cluster_id"] == row["cluster_id"]
            assert ids[member]["scrape_date"] == day
    pairs = store.read("duplicate_pairs").to_pylist()
    stored = {(row["a_article_id"], row["b_article_id"]): row for row in pairs}
    assert len(stored) == len(pairs)
    held = {
        tuple(sorted((row["article_id"], row["canonical_article_id"]))): row["relation"]
        for row in members
        if not row["is_canonical"]
    }
    for pair, relation in held.items():
        assert stored[pair]["relation"] == relation
        assert stored[pair]["aligned_spans"]
    assert {pair for pair, row in stored.items() if row["found_by"] == "cluster"} <= set(held)
    sequence = store.read("cluster_ledger")["sequence"].to_pylist()
    assert sorted(sequence) == list(range(1, len(sequence) + 1))


def days_apart(*texts_by_day):
    """Return days one after another, each with articles given as id -> text."""
    return {
        DAY + timedelta(days=number): [
            {"article_id": each, "text": text} for each, text in texts.items()
        ]
        for number, texts in enumerate(texts_by_day)
    }


def test_an_identity_is_kept_while_the_cluster_grows():
    text = article(1)
    days = days_apart({"b": text}, {"a": text}, {"c": reprint(text, 5)})
    store = MemoryStore()
    for day, rows in days.items():
        put(store, day, rows)
        run(store, day)
        assert set(store.read("cluster_members")["cluster_id"].to_pylist()) == {"b"}
    events = [row["event"] for row in store.read("cluster_ledger").to_pylist()]
    assert Counter(events) == {"create": 1, "join": 2}


def test_only_days_whose_clusters_changed_are_republished():
    text = article(1)
    days = days_apart({"a": text}, {"x": article(2)}, {"b": text}, {"y": article(3)})
    store = MemoryStore()
    republished = []
    for day, rows in days.items():
        put(store, day, rows)
        republished.append(run(store, day).republish)
    first, second, third, fourth = days
    assert republished == [[first], [second], [first, third], [fourth]]


def test_a_late_link_merges_two_clusters():
    long = article(1, 10)
    one, other = excerpt(long), "\n\n".join(long.split("\n\n")[5:])
    days = days_apart({"a1": one, "a2": one, "a3": one}, {"b1": other, "b2": other}, {"c": long})
    first, second, third = days
    store = process(days, [first, second])
    assert len(store.read("syndication_clusters")) == 2
    put(store, third, [{**days[third][0], "byline": "By Ada Brint, staff writer"}])
    run(store, third)
    clusters = store.read("syndication_clusters").to_pylist()
    assert [(row["cluster_id"], row["canonical_article_id"], row["size"]) for row in clusters] == [
        ("a1", "c", 6)
    ]
    events = {row["event"] for row in store.read("cluster_ledger", [third]).to_pylist()}
    assert events == {"merge", "join", "canonical"}
    check(store)


def test_a_day_that_is_run_again_without_an_article_retires_its_cluster():
    text = article(1)
    days = days_apart({"a": text}, {"b": text, "x": article(9)})
    first, second = days
    store = process(days, [first, second])
    put(store, second, [row for row in days[second] if row["article_id"] != "b"])
    changes = run(store, second)
    assert changes.republish == [first, second]
    assert partition(store) == {("a", frozenset("a")), ("x", frozenset("x"))}
    assert store.read("cluster_ledger").to_pylist()[-1]["event"] == "retire"
    check(store)


def test_running_a_day_again_changes_nothing():
    days = days_apart({"a": article(1), "z": article(7)}, {"b": article(1)})
    store = process(days, list(days))
    before = {name: store.read(name) for name in TABLES}
    changes = run(store, next(iter(days)))
    assert changes.ledger.num_rows == 0
    assert {name: store.read(name) for name in TABLES} == before


@pytest.mark.parametrize(("window", "together"), [(3, False), (4, True), (None, True)])
def test_the_window_bounds_the_comparison(window, together):
    days = {DAY: [{"article_id": "a", "text": article(1)}],
            DAY + timedelta(days=4): [{"article_id": "b", "text": article(1)}]}  # fmt: skip
    for order in (list(days), list(days)[::-1]):
        store = process(days, order, window)
        assert (len(partition(store)) == 1) == together


def wide(count):
    """Return one story that so many print that its members are not all compared."""
    text = article(300, 5)
    rows = [{"article_id": f"w{n:02}", "text": reprint(text, n % 7)} for n in range(count)]
    rows[20] |= {"byline": "By Ada Brint, staff writer", "authors": ["Ada Brint"]}
    return rows


def test_members_that_no_anchor_links_to_the_canonical_have_their_evidence_too():
    days = {DAY: wide(30)[:15], DAY + timedelta(days=1): wide(30)[15:]}
    store = process(days, list(days))
    check(store)
    rows = store.read("duplicate_pairs").to_pylist()
    of_cluster = [row for row in rows if row["found_by"] == "cluster"]
    assert of_cluster
    texts = {row["article_id"]: row["text"] for row in wide(30)}
    for row in of_cluster:
        span = row["aligned_spans"][0]
        one = texts[row["a_article_id"]][span["a_start"] : span["a_end"]]
        assert one == texts[row["b_article_id"]][span["b_start"] : span["b_end"]]


def test_evidence_of_a_cluster_goes_with_its_member():
    days = {DAY: wide(30)}
    store = process(days, [DAY])
    evidence = {
        each for row in store.read("duplicate_pairs").to_pylist() if row["found_by"] == "cluster"
        for each in (row["a_article_id"], row["b_article_id"])
    }  # fmt: skip
    canonical = store.read("syndication_clusters")["canonical_article_id"][0].as_py()
    left = min(evidence - {canonical})
    days[DAY] = [row if row["article_id"] != left else {**row, "text": article(999, 5)}
                 for row in wide(30)]  # fmt: skip
    put(store, DAY, days[DAY])
    run(store, DAY)
    check(store)
    assert (left, frozenset({left})) in partition(store)


def test_what_was_verified_for_a_cluster_is_not_read_again(monkeypatch):
    late = {"article_id": "w99", "text": reprint(article(300, 5), 3)}
    days = {DAY: wide(30), DAY + timedelta(days=1): [{"article_id": "x", "text": article(5)}],
            DAY + timedelta(days=2): [late]}  # fmt: skip
    store = process(days, list(days)[:2])
    last = DAY + timedelta(days=2)
    put(store, last, days[last])
    for day, table in pairs_for_day(last, store).items():
        store.write("duplicate_pairs", day, table)
    read: list[str] = []

    def rows_with(table, day, key, values, columns):
        read.extend(values.to_pylist())
        return MemoryStore.rows_with(store, table, day, key, values, columns)

    monkeypatch.setattr(store, "rows_with", rows_with)
    members = clusters_for_day(last, store).clusters[DAY]
    assert members["size"].to_pylist() == [31]
    assert set(read) <= {"w20", "w99"}


def test_pairs_are_the_same_in_parts_of_any_size(monkeypatch):
    days = {DAY: ROWS[:20], DAY + timedelta(days=1): ROWS[20:]}
    whole = process(days, list(days)).read("duplicate_pairs")
    monkeypatch.setattr(pairs, "_CHUNK_BYTES", 5_000)
    monkeypatch.setattr(pairs, "_HELD_POSTINGS", 3)
    monkeypatch.setattr(pairs, "_TEXT_BYTES", 100)
    assert process(days, list(days)).read("duplicate_pairs") == whole


def test_an_empty_day():
    store = process({DAY: []}, [DAY])
    assert partition(store) == set()
    assert store.partitions("syndication_clusters") == [DAY]


def test_pairs_carry_their_evidence():
    text = article(1)
    store = process(
        days_apart({"b": text}, {"a": reprint(text, 3)}), [DAY, DAY + timedelta(days=1)]
    )
    row = store.read("duplicate_pairs").to_pylist()[0]
    assert (row["a_article_id"], row["b_article_id"]) == ("a", "b")
    assert (row["a_scrape_date"], row["b_scrape_date"]) == (DAY + timedelta(days=1), DAY)
    assert row["scrape_date"] == DAY + timedelta(days=1)
    assert row["relation"] == "revision"
    span = row["aligned_spans"][0]
    assert (
        text[span["b_start"] : span["b_end"]] == reprint(text, 3)[span["a_start"] : span["a_end"]]
    )


def test_dates_of_a_cluster_are_those_of_publication():
    text = article(1)
    store = MemoryStore()
    put(store, DAY, [
        {"article_id": "a", "text": text, "published_date": date(2024, 4, 20), "outlet": "Echo"},
        {"article_id": "b", "text": text, "published_date": date(2024, 4, 22), "outlet": "Echo"},
        {"article_id": "c", "text": text},
    ])  # fmt: skip
    run(store, DAY)
    row = store.read("syndication_clusters").to_pylist()[0]
    assert (row["first_date"], row["last_date"], row["outlets"]) == (
        date(2024, 4, 20),
        DAY,
        ["Echo"],
    )
    assert row["canonical_article_id"] == "a"
    assert "2024-04-20" in row["canonical_reason"]
