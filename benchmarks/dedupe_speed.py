"""Speed of de-duplication: against peers, as the corpus grows, and on day N.

    python benchmarks/dedupe_speed.py peers [--articles 4000] [--python NAME=PATH ...]
    python benchmarks/dedupe_speed.py growth [--sizes 10000 100000]
    python benchmarks/dedupe_speed.py days [--articles 5000]

CPU seconds of this process, one core; peers run in environments of their own (see `peers/`).
"""

from __future__ import annotations

import argparse
import datetime
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, islice
from pathlib import Path

from generator import TRUE_KINDS, Corpus, Made, generate
from syndication import DAY, abp_texts, day_tables, homes, put_day, run_day

from pipeline.dedupe.store import MemoryStore
from pipeline.publish.storage import Storage
from pipeline.stages import clusters_day, fingerprint_day, pairs_day

PEERS = Path(__file__).parent / "peers"
_BLOCK = 4096


def cluster_scores(corpus: Corpus, clusters: Iterable[Sequence[str]]) -> str:
    """Return recall of original-reprint pairs and the share of clustered pairs that are false."""
    stories = {each.article_id: each.story for each in corpus.articles}
    home = {each: number for number, cluster in enumerate(clusters) for each in cluster}
    wanted = [each for each in corpus.articles if each.kind in TRUE_KINDS]
    hit = sum(
        each.article_id in home and home[each.article_id] == home.get(f"{each.story}-0")
        for each in wanted
    )
    groups: dict[int, list[str]] = {}
    for each, number in home.items():
        groups.setdefault(number, []).append(each)
    pairs = [pair for group in groups.values() for pair in combinations(group, 2)]
    wrong = sum(stories[a] != stories[b] for a, b in pairs)
    return f"recall {hit / len(wanted):.3f}, false pairs {wrong} of {len(pairs)}"


def own(corpus: Corpus) -> tuple[float, list[list[str]]]:
    """Return CPU seconds from texts to clusters, and the clusters."""
    store = MemoryStore()
    started = time.process_time()
    put_day(store, DAY, corpus.articles)
    run_day(store, DAY)
    seconds = time.process_time() - started
    groups: dict[str, list[str]] = {}
    for article, cluster in homes(store).items():
        groups.setdefault(cluster, []).append(article)
    return seconds, [group for group in groups.values() if len(group) > 1]


def peers(articles: int, pythons: dict[str, str]) -> None:
    """Print speed and accuracy of this project and of the peers on the same texts."""
    corpus = generate(abp_texts(articles, kept_aside=True), seed=3, share=0.25)
    count = len(corpus.articles)
    print(f"{count} articles")
    seconds, clusters = own(corpus)
    print(f"  copydesk: {count / seconds:.0f} articles/s/core, {cluster_scores(corpus, clusters)}")
    with tempfile.TemporaryDirectory() as folder:
        documents = Path(folder) / "in" / "documents.jsonl"
        documents.parent.mkdir()
        rows = [json.dumps({"id": each.article_id, "text": each.text}) for each in corpus.articles]
        documents.write_text("\n".join(rows), encoding="utf-8")
        commands = {
            "datatrove": ["datatrove_minhash.py", str(documents), folder],
            "text-dedup": ["text_dedup_minhash.py", str(documents)],
            "datasketch .5": ["datasketch_lsh.py", str(documents), "0.5"],
            "datasketch .7": ["datasketch_lsh.py", str(documents), "0.7"],
        }
        for name, (script, *arguments) in commands.items():
            python = pythons.get(name.split()[0].replace("-", "_"))
            if python is None:
                print(f"  {name}: no environment given")
                continue
            done = subprocess.run(
                [python, str(PEERS / script), *arguments],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            answer = json.loads(done.stdout.splitlines()[-1])
            speed, slower = count / answer["seconds"], answer["seconds"] / seconds
            print(
                f"  {name}: {speed:.0f} articles/s/core ({slower:.1f} times our "
                f"time), {cluster_scores(corpus, answer['clusters'])}"
            )


def growth(sizes: Sequence[int]) -> None:
    """Print time an article and peak memory of one partition of each size, on disk."""
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            fill(Storage(folder), size)
            command = [sys.executable, __file__, "one", "--folder", folder]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        answer = json.loads(done.stdout.splitlines()[-1])
        seconds, peak = answer["seconds"], answer["peak"]
        print(
            f"{size} articles: {1e6 * seconds / size:.0f} µs each, peak {peak:.2f} GB", flush=True
        )


def fill(store: Storage, size: int) -> None:
    """Write `size` articles as one partition, as the stages before de-duplication would."""
    made = _grown(abp_texts(8_000, kept_aside=False, clean=False), size)
    with (
        store.writer("clean_documents", DAY) as cleaned,
        store.writer("article_metadata", DAY) as described,
    ):
        while block := list(islice(made, _BLOCK)):
            tables = day_tables(DAY, block)
            for writer, name in ((cleaned, "clean_documents"), (described, "article_metadata")):
                for batch in tables[name].to_batches():
                    writer.write(batch)


def one(folder: str) -> None:
    """De-duplicate the partition of `folder` as the assets do; print seconds and peak as JSON."""
    store = Storage(folder)
    started = time.process_time()
    fingerprint_day(store, DAY)
    pairs_day(store, DAY, None)
    clusters_day(store, DAY, None)
    seconds = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"seconds": seconds, "peak": peak}))


def _grown(texts: Sequence[str], size: int) -> Iterator[Made]:
    """Yield articles: one in five a reprint, the rest new mixtures of sentences of `texts`."""
    rng = random.Random(1)
    # Distinct paragraphs: what recurs in the data set is furniture and real reprints.
    parts = dict.fromkeys(part for text in texts for part in text.split("\n\n"))
    pool = [part for part in parts if 20 < len(part.split()) < 120]
    words = [part.split() for part in rng.sample(pool, min(len(pool), 60_000))]
    last = ""
    for number in range(size):
        if number % 5 == 4:
            parts = last.split("\n\n")
            yield Made(f"{number}", "\n\n".join([*parts[1:], " ".join(rng.choice(words))]), "", "")
            continue
        # Words of two paragraphs interleaved by threes and fours: news, but texts of their own.
        paragraphs = []
        for _ in range(10):
            one, other = rng.choice(words), rng.choice(words)
            cut = rng.choice((3, 4, 4))
            # No further than the shorter goes: what is left of the longer is nobody's own text.
            length = min(len(one), len(other), 80)
            starts = range(0, length - length % cut, cut)
            mixed = [w for i in starts for w in (one[i : i + cut] + other[i : i + cut])]
            paragraphs.append(" ".join(mixed))
        last = "\n\n".join(paragraphs)
        yield Made(f"{number}", last, "", "")


def days(articles: int) -> None:
    """Print the cost of one day after 1 and after 60 days of history, on disk."""
    texts = abp_texts(8_000, kept_aside=False, clean=False)
    made = list(_grown(texts, articles * 61))
    rng = random.Random(2)
    # One article in ten of the last day is a reprint of one of the days before.
    last = [Made(f"t{one.article_id}", one.text, "", "") for one in made[60 * articles :]]
    for place in range(0, articles, 10):
        day = 59 - (place // 10) % 25
        source = made[day * articles + rng.randrange(articles)]
        last[place] = Made(f"r{place}", "A new lead.\n\n" + source.text, "", "")
    for history in (1, 60):
        with tempfile.TemporaryDirectory() as folder:
            store = _DiskStore(folder)
            for back in range(60 - history, 60):
                put_day(store, _day(back), made[back * articles : (back + 1) * articles])
                run_day(store, _day(back), window=0)
            started = time.process_time()
            put_day(store, _day(60), last)
            middle = time.process_time()
            run_day(store, _day(60))
            done = time.process_time()
            print(
                f"{history} days of history: fingerprints {middle - started:.2f} s, pairs and "
                f"clusters {done - middle:.2f} s, together {done - started:.2f} s",
                flush=True,
            )


def _day(number: int) -> datetime.date:
    return DAY + datetime.timedelta(days=number)


class _DiskStore(Storage):
    """Stored tables as the assets see them, with the one method more that a `MemoryStore` has."""

    def append(self, table: str, day: datetime.date, data: object) -> None:
        """Replace the partition: each day is processed once here."""
        self.write(table, day, data)  # type: ignore[arg-type]


def main(arguments: Iterable[str] | None = None) -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("peers", "growth", "days", "one"))
    parser.add_argument("--folder", help="of the stored tables, for one")
    parser.add_argument("--articles", type=int, default=4000)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--python", nargs="*", default=[])
    options = parser.parse_args(list(arguments) if arguments is not None else None)
    if options.what == "peers":
        peers(options.articles, dict(each.split("=", 1) for each in options.python))
    elif options.what == "growth":
        growth(options.sizes)
    elif options.what == "one":
        one(options.folder)
    else:
        days(options.articles)


if __name__ == "__main__":
    sys.exit(main())
