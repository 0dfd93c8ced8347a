"""Recall by kind of reprint, false pairs and whole stories on generated syndication.

    python benchmarks/syndication.py [--articles 10000] [--kept-aside]

Originals are texts of `abp.jsonl.xz`; those of the outlets that were never tuned on are taken
with --kept-aside.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import itertools
import json
import lzma
import os
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from generator import TRUE_KINDS, Corpus, Made, generate, story

from pipeline import contracts
from pipeline.dedupe import candidates, clusters_for_day, fingerprint, pairs_for_day
from pipeline.dedupe.store import MemoryStore

DAY = datetime.date(2024, 1, 1)


def data_folder() -> Path:
    """Return the folder of the public data sets."""
    return Path(os.environ.get("COPYDESK_DATASETS", "../shared/data"))


def is_kept_aside(outlet: str) -> bool:
    """Return whether an outlet is one of the three in ten never tuned on."""
    return hashlib.sha256(outlet.encode()).digest()[0] < 77


def abp_texts(limit: int, kept_aside: bool, clean: bool = True) -> list[str]:
    """Return up to `limit` news texts of 120 to 3,000 words, of either part of the outlets."""
    texts: list[str] = []
    with lzma.open(data_folder() / "abp.jsonl.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if (
                is_kept_aside(row["outlet"]) == kept_aside
                and 120 <= len(row["text"].split()) <= 3000
            ):
                texts.append(row["text"])
            if len(texts) == limit:
                break
    return unlike(texts) if clean else texts


def unlike(texts: Sequence[str]) -> list[str]:
    """Return the texts without those that share anything with another before generation.

    Galleries, link lists and real reprints of the data set would else count as errors.
    """
    store = MemoryStore()
    put_day(store, DAY, [Made(str(n), text, str(n), "") for n, text in enumerate(texts)])
    found = candidates.pairs_within(candidates.postings(DAY, store.read("fingerprints", [DAY])))
    linked = {*found["a_article_id"].to_pylist(), *found["b_article_id"].to_pylist()}
    return [text for number, text in enumerate(texts) if str(number) not in linked]


def put_day(store: MemoryStore, day: datetime.date, articles: Sequence[Made]) -> None:
    """Store articles, and their fingerprints, as the stages before de-duplication would."""
    put_tables(store, day, day_tables(day, articles))


def put_tables(store: MemoryStore, day: datetime.date, tables: Mapping[str, pa.Table]) -> None:
    """Store the partitions of `day_tables`, and fingerprints made of them."""
    for name, table in tables.items():
        store.write(name, day, table)
    texts = tables["clean_documents"].select(["article_id", "scrape_date", "text"])
    batches = [fingerprint(batch) for batch in texts.to_batches()]
    store.write("fingerprints", day, pa.Table.from_batches(batches))


def day_tables(day: datetime.date, articles: Sequence[Made]) -> dict[str, pa.Table]:
    """Return the partitions of `clean_documents` and `article_metadata` of articles."""
    ids = [each.article_id for each in articles]
    days = pa.array([day] * len(ids), pa.date32())
    count = len(ids)
    clean = {
        "article_id": ids,
        "scrape_date": days,
        "source_uri": [""] * count,
        "raw_text": [""] * count,
        "text": [each.text for each in articles],
        "word_count": pa.array([len(each.text.split()) for each in articles], pa.int32()),
        "extraction_method": ["line_model"] * count,
        "removed": [[]] * count,
    }
    described = {"article_id": ids, "scrape_date": days, "authors": [[]] * count}
    return {
        "clean_documents": _table("clean_documents", clean),
        "article_metadata": _table("article_metadata", described),
    }


def _table(name: str, columns: dict[str, object]) -> pa.Table:
    """Return a table of the contract; absent columns are null, or empty lists."""
    schema = contracts.arrow_schema(name)
    count = len(columns["article_id"])  # type: ignore[arg-type]
    arrays = []
    for field in schema:
        values = columns.get(field.name)
        if values is None:
            blank = [] if pa.types.is_list(field.type) else None
            values = [blank] * count
        arrays.append(pa.array(values, field.type) if isinstance(values, list) else values)
    return pa.Table.from_arrays(arrays, schema=schema)


def run_day(store: MemoryStore, day: datetime.date, window: int | None = 30) -> None:
    """De-duplicate a day against the store and write what that gives."""
    for each, table in pairs_for_day(day, store, window).items():
        store.write("duplicate_pairs", each, table)
    changes = clusters_for_day(day, store, window)
    for each, table in changes.members.items():
        store.write("cluster_members", each, table)
    for each, table in changes.clusters.items():
        store.write("syndication_clusters", each, table)
    for each, table in changes.pairs.items():
        store.write("duplicate_pairs", each, table, part="clusters")
    store.append("cluster_ledger", day, changes.ledger)


def recall_by_kind(corpus: Corpus, store: MemoryStore) -> dict[str, tuple[int, int]]:
    """Return for each kind of reprint how many are in one cluster with their original, and all."""
    home = homes(store)
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for each in corpus.articles:
        if each.kind in TRUE_KINDS:
            counts[each.kind][0] += home[each.article_id] == home[f"{each.story}-0"]
            counts[each.kind][1] += 1
    return {kind: (hit, of) for kind, (hit, of) in sorted(counts.items())}


def pair_recall(corpus: Corpus, store: MemoryStore) -> tuple[int, int]:
    """Return how many pairs of original and reprint are verified pairs, and all of them."""
    found = verified(store)
    wanted = [
        (each.article_id, f"{each.story}-0") for each in corpus.articles if each.kind in TRUE_KINDS
    ]
    return sum((min(p), max(p)) in found for p in wanted), len(wanted)


def verified(store: MemoryStore) -> set[tuple[str, str]]:
    """Return the ids of all verified pairs."""
    pairs = store.read("duplicate_pairs", None, ["a_article_id", "b_article_id"])
    return set(zip(*(pairs[name].to_pylist() for name in pairs.column_names), strict=True))


def homes(store: MemoryStore) -> dict[str, str]:
    """Return the cluster of each article."""
    members = store.read("cluster_members", None, ["article_id", "cluster_id"])
    return dict(zip(*(members[name].to_pylist() for name in members.column_names), strict=True))


def false_pairs(corpus: Corpus, store: MemoryStore) -> list[tuple[str, str]]:
    """Return the verified pairs of articles that go back to different stories."""
    stories = {each.article_id: each.story for each in corpus.articles}
    return [(a, b) for a, b in sorted(verified(store)) if stories[a] != stories[b]]


def spread(articles: Sequence[Made], days: int) -> dict[datetime.date, list[Made]]:
    """Return articles dealt out to consecutive days by their id."""
    dealt: dict[datetime.date, list[Made]] = defaultdict(list)
    for each in articles:
        offset = hashlib.sha256(each.article_id.encode()).digest()[1] % days
        dealt[DAY + datetime.timedelta(days=offset)].append(each)
    return dict(sorted(dealt.items()))


def measure(corpus: Corpus, days: int) -> None:
    """De-duplicate a generated corpus over some days and print the figures."""
    store = MemoryStore()
    started = time.process_time()
    for day, articles in spread(corpus.articles, days).items():
        put_day(store, day, articles)
        run_day(store, day)
    seconds = time.process_time() - started
    count = len(corpus.articles)
    print(
        f"{count} articles, {days} days: {seconds:.1f} CPU s, {1e6 * seconds / count:.0f} µs each"
    )
    hit, of = pair_recall(corpus, store)
    print(f"  pairs original-reprint verified: {hit}/{of} = {hit / of:.4f}")
    for kind, (hit, of) in recall_by_kind(corpus, store).items():
        print(f"  in the cluster of the original, {kind:15} {hit:6}/{of:6} = {hit / of:.4f}")
    wrong = false_pairs(corpus, store)
    kinds = {each.article_id: each.kind for each in corpus.articles}
    by_kind = Counter("/".join(sorted((kinds[a], kinds[b]))) for a, b in wrong)
    rate = 10_000 * len(wrong) / count
    print(f"  false pairs: {len(wrong)}, {rate:.2f} in 10,000 articles {dict(by_kind)} {wrong[:5]}")


def measure_story(texts: Sequence[str], copies: int, days: int) -> None:
    """Print how much of a story of many copies ends in one cluster."""
    store = MemoryStore()
    articles = story(texts[0], "big", copies, texts[1:200], seed=7)
    others = [Made(f"x{n}", text, f"x{n}", "alone") for n, text in enumerate(texts[200:1200])]
    started = time.process_time()
    for day, part in spread([*articles, *others], days).items():
        put_day(store, day, part)
        run_day(store, day)
    home = homes(store)
    sizes = Counter(home[each.article_id] for each in articles)
    largest = sizes.most_common(1)[0][1]
    print(
        f"story of {copies} copies, {days} days: largest cluster {largest}/{len(articles)} in "
        f"{len(sizes)} clusters, {time.process_time() - started:.1f} CPU s"
    )


def measure_crowds(texts: Sequence[str], count: int) -> None:
    """Print what a story of `count` copies and a paragraph in `count` lone stories cost and lose.

    Both are in one day; beside them, the same articles each without its crowd.
    """
    paragraph = " ".join(texts[0].split()[:40])
    copies = story(texts[1], "big", count - 1, texts[2:200], seed=7)
    lone = [
        Made(f"p{n}", text, f"p{n}", "alone") for n, text in enumerate(texts[200 : 200 + count])
    ]
    shared = [Made(e.article_id, f"{e.text}\n\n{paragraph}", e.story, e.kind) for e in lone]
    for name, articles in (
        (f"{len(lone)} lone stories", lone),
        (f"a paragraph in {len(shared)} lone stories", shared),
        (f"{len(copies)} copies of a story and that paragraph", [*copies, *shared]),
    ):
        store = MemoryStore()
        put_day(store, DAY, articles)
        own = candidates.postings(DAY, store.read("fingerprints", [DAY]))
        looked_at = candidates.pairs_within(own).num_rows
        started = time.process_time()
        run_day(store, DAY)
        seconds = time.process_time() - started
        wrong = len(false_pairs(Corpus(list(articles)), store))
        together = max(Counter(homes(store).values()).values())
        print(
            f"{name}: {looked_at} candidate pairs, {seconds:.1f} CPU s without fingerprints, "
            f"largest cluster {together}, {wrong} false pairs"
        )


def main(arguments: Iterable[str] | None = None) -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--kept-aside", action="store_true")
    parser.add_argument("--copies", type=int, default=500)
    parser.add_argument("--peers", action="store_true", help="compare with peers too")
    options = parser.parse_args(list(arguments) if arguments is not None else None)
    texts = abp_texts(options.articles, options.kept_aside)
    print(f"{len(texts)} originals, {'kept aside' if options.kept_aside else 'tuned on'}")
    corpus = generate(texts, seed=5, kept_aside=options.kept_aside)
    for days in (1, 10):
        measure(corpus, days)
    for copies, days in itertools.product((options.copies,), (1, 10)):
        measure_story(texts, copies, days)
    measure_crowds(texts, 1_000)
    if options.peers:
        import dedupe_speed

        print()
        dedupe_speed.peers(options.articles, dedupe_speed.installed(), rounds=2)


if __name__ == "__main__":
    main()
