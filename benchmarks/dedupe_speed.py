"""Speed of de-duplication: against peers, as the corpus grows, and on day N.

    python benchmarks/dedupe_speed.py peers [--articles 4000] [--python NAME=PATH ...]
    python benchmarks/dedupe_speed.py growth [--sizes 10000 100000]
    python benchmarks/dedupe_speed.py days --sizes 500 2000 5000 [--history 60]

CPU seconds of this process, one core; peers run in environments of their own (see `peers/`).
"""

from __future__ import annotations

import argparse
import datetime
import functools
import gc
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations, islice
from pathlib import Path

from generator import TRUE_KINDS, Corpus, Made, generate
from syndication import DAY, abp_texts, day_tables, homes, put_tables, run_day

from pipeline.dedupe.store import MemoryStore
from pipeline.publish.storage import Storage
from pipeline.stages import clusters_day, fingerprint_day, pairs_day

PEERS = Path(__file__).parent / "peers"
_BLOCK = 4096
_WINDOW = 30


#: What a system took and found: processor seconds, and clusters of two or more.
Run = tuple[float, Sequence[Sequence[str]]]


def cluster_scores(
    corpus: Corpus, clusters: Iterable[Sequence[str]]
) -> tuple[float, int, int, int]:
    """Return recall of original-reprint pairs, and of the pairs within clusters all of them.

    Between these two, how many are false, and how many of the false are two filled-in templates.
    """
    kinds = {each.article_id: each.kind for each in corpus.articles}
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
    false = [(a, b) for a, b in pairs if stories[a] != stories[b]]
    templates = sum(kinds[a] == kinds[b] == "template" for a, b in false)
    return hit / len(wanted), len(false), templates, len(pairs)


def own(corpus: Corpus) -> Run:
    """Return CPU seconds from texts to clusters, and the clusters."""
    store = MemoryStore()
    tables = day_tables(DAY, corpus.articles)
    started = time.process_time()
    put_tables(store, DAY, tables)
    run_day(store, DAY)
    seconds = time.process_time() - started
    groups: dict[str, list[str]] = {}
    for article, cluster in homes(store).items():
        groups.setdefault(cluster, []).append(article)
    return seconds, [group for group in groups.values() if len(group) > 1]


def peers(articles: int, pythons: dict[str, str], rounds: int) -> None:
    """Print speed and accuracy of this project and of the peers on the same texts, as a table.

    The systems take turns; the fastest round of each counts.
    """
    corpus = generate(abp_texts(articles, kept_aside=True), seed=3, share=0.25)
    count = len(corpus.articles)
    with tempfile.TemporaryDirectory() as folder:
        documents = Path(folder) / "in" / "documents.jsonl"
        documents.parent.mkdir()
        rows = [json.dumps({"id": each.article_id, "text": each.text}) for each in corpus.articles]
        documents.write_text("\n".join(rows), encoding="utf-8")
        systems = {"copydesk": lambda _: own(corpus), **_peer_runs(documents, pythons)}
        runs: dict[str, list[Run]] = {name: [] for name in systems}
        for number in range(rounds):
            for name, run in list(systems.items())[:: -1 if number % 2 else 1]:
                runs[name].append(run(Path(folder) / f"{name} {number}"))
    best = {name: min(each, key=lambda run: run[0]) for name, each in runs.items() if each}
    print(f"{count} articles, {rounds} rounds in turn\n")
    print("| system | articles/s/core | times our time | recall of reprints | false pairs "
          "| of these two of a template |")  # fmt: skip
    print("|---|---|---|---|---|---|")
    for name, (seconds, clusters) in best.items():
        recall, false, templates, pairs = cluster_scores(corpus, clusters)
        slower = seconds / best["copydesk"][0]
        print(f"| {name} | {count / seconds:.0f} | {slower:.1f} | {recall:.3f} "
              f"| {false} of {pairs} | {templates} |")  # fmt: skip


def _peer_runs(documents: Path, pythons: dict[str, str]) -> dict[str, Callable[[Path], Run]]:
    """Return how to run each peer whose environment is there, given a folder to work in."""
    scripts = {
        "datatrove MinHash, defaults": ("datatrove", "datatrove_minhash.py", None),
        "text-dedup MinHash, defaults": ("text_dedup", "text_dedup_minhash.py", None),
        "datasketch MinHashLSH, 128 permutations, .5": ("datasketch", "datasketch_lsh.py", "0.5"),
        "datasketch MinHashLSH, 128 permutations, .7": ("datasketch", "datasketch_lsh.py", "0.7"),
    }

    def run(python: str, script: str, more: str | None, folder: Path) -> Run:
        command = [python, str(PEERS / script), str(documents), more or str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        answer = json.loads(done.stdout.splitlines()[-1])
        return answer["seconds"], answer["clusters"]

    return {
        name: functools.partial(run, pythons[environment], script, more)
        for name, (environment, script, more) in scripts.items()
        if environment in pythons
    }


def installed() -> dict[str, str]:
    """Return the interpreters of the peers' environments that are installed."""
    found = Path(".bench").glob("*/bin/python")
    return {path.parents[1].name: str(path) for path in found}


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
    fingerprint_day(store, DAY, 1)
    pairs_day(store, DAY, None, 1)
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


#: Days of history of a case, and days before the last from which one article in ten comes again.
_CASES = {
    "no history": (0, None),
    "1 day of history, a tenth of the articles its reprints": (1, 1),
    "{history} days of history, none reprinted": (None, None),
    "{history} days of history, a tenth reprints of yesterday's": (None, 1),
    "{history} days of history, a tenth reprints of 25 days": (None, 25),
}


def days(articles: int, history: int, rounds: int) -> None:
    """Print the cost of one day by the history that it has, on disk; the cases in turn."""
    made = list(_grown(abp_texts(8_000, kept_aside=False, clean=False), articles * (history + 1)))
    gc.freeze()  # or the collector walks all these articles while days are timed
    with tempfile.TemporaryDirectory() as folder:
        _fill_history(Path(folder) / "all", made, articles, history)
        usages: dict[str, list[tuple[float, float]]] = {case: [] for case in _CASES}
        for _ in range(rounds):
            for case, (kept, back) in _CASES.items():
                last = _last_day(made, articles, history, back)
                usages[case].append(_one_day(Path(folder), last, history, kept))
    _, one_day, *_ = usages
    base = min(processor for processor, _ in usages[one_day])
    print(f"{articles} articles a day, compared with {_WINDOW} days at most; times of {one_day!r}")
    for case, times in usages.items():
        processor, wall = (min(each) for each in zip(*times, strict=True))
        name = case.format(history=history)
        print(f"  {name}: {processor:.2f} CPU s ({processor / base:.2f} x), wall {wall:.2f} s")


def _fill_history(folder: Path, made: Sequence[Made], articles: int, history: int) -> None:
    store = Storage(str(folder))
    for back in range(history):
        _put(store, _day(back), made[back * articles : (back + 1) * articles])
        fingerprint_day(store, _day(back), 1)
        pairs_day(store, _day(back), 0, 1)
        clusters_day(store, _day(back), 0)


def _last_day(made: Sequence[Made], articles: int, history: int, back: int | None) -> list[Made]:
    """The day after `history` days; with `back`, one in ten a reprint of one of as many days."""
    rng = random.Random(2)
    last = [Made(f"t{each.article_id}", each.text, "", "") for each in made[history * articles :]]
    for place in range(0, articles if back else 0, 10):
        day = history - 1 - (place // 10) % (back or 1)
        source = made[day * articles + rng.randrange(articles)]
        last[place] = Made(f"r{place}", "A new lead.\n\n" + source.text, "", "")
    return last


def _one_day(
    folder: Path, last: Sequence[Made], history: int, kept: int | None
) -> tuple[float, float]:
    """Return processor and wall seconds of the last day after the last `kept` days (or all)."""
    work = folder / "work"
    shutil.copytree(folder / "all", work, copy_function=os.link)
    for back in range(history - kept if kept is not None else 0):
        for partition in work.glob(f"*/scrape_date={_day(back)}"):
            shutil.rmtree(partition)
    store, day = Storage(str(work)), _day(history)
    _put(store, day, last)
    os.sync()
    started, processor = time.perf_counter(), time.process_time()
    fingerprint_day(store, day, 1)
    pairs_day(store, day, _WINDOW, 1)
    clusters_day(store, day, _WINDOW)
    usage = time.process_time() - processor, time.perf_counter() - started
    shutil.rmtree(work)
    return usage


def _put(store: Storage, day: datetime.date, articles: Sequence[Made]) -> None:
    for name, table in day_tables(day, articles).items():
        store.write(name, day, table)


def _day(number: int) -> datetime.date:
    return DAY + datetime.timedelta(days=number)


def main(arguments: Iterable[str] | None = None) -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("peers", "growth", "days", "one"))
    parser.add_argument("--folder", help="of the stored tables, for one")
    parser.add_argument("--articles", type=int, default=4000)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--history", type=int, default=60, help="days, for days")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--python", nargs="*", default=[])
    options = parser.parse_args(list(arguments) if arguments is not None else None)
    if options.what == "peers":
        given = dict(each.split("=", 1) for each in options.python)
        peers(options.articles, given or installed(), options.rounds)
    elif options.what == "growth":
        growth(options.sizes)
    elif options.what == "one":
        one(options.folder)
    else:
        for size in options.sizes:
            days(size, options.history, options.rounds)


if __name__ == "__main__":
    sys.exit(main())
