"""Clusters in a stream of days: rolling updates, live pages, galleries, shared background.

    python benchmarks/stream.py [--events 150] [--days 10]

Events and their reports are those of `giveme5w1h.jsonl.gz`, lone articles texts of kept-aside
outlets of `abp.jsonl.xz`; versions, galleries and background are made of them, seeded. Printed:
B-cubed precision, recall and F1 (Bagga and Baldwin 1998), over all articles and over those of
stories of two or more; and members of clusters that share less than a tenth of the shorter one's
words outside quotations, with the canonical article and with each other.
"""

from __future__ import annotations

import argparse
import datetime
import gzip
import itertools
import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from generator import Made, generate
from syndication import DAY, abp_texts, data_folder, homes, put_day, run_day, unlike

from pipeline.dedupe.store import MemoryStore
from pipeline.dedupe.verify import compare_all

#: Share of the shorter one's words outside quotations below which two articles are unlike.
UNLIKE: Final = 0.1


def event_texts() -> list[str]:
    """Return texts of reports on the events, 150 words or more, none like another."""
    path = data_folder() / "giveme5w1h.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    return unlike([text for text in texts if len(text.split()) >= 150])


def stream(reports: Sequence[str], others: Sequence[str], seed: int) -> list[Made]:
    """Return articles in order of time; `story` is what they go back to.

    A third of the reports is updated over and over, a third becomes galleries and live pages, a
    third shares background with another; reprints and lone articles come from `others`.
    """
    rng = random.Random(seed)
    third = len(reports) // 3
    made = [each for n, text in enumerate(reports[:third])
            for each in updates(f"u{n}", text, others, rng)]  # fmt: skip
    made += live_pages(reports[third : 2 * third], rng)
    made += galleries(reports[third : 2 * third], rng)
    made += with_background(reports[2 * third :], rng)
    return [*made, *generate(others, seed=seed, share=0.2).articles]


def updates(name: str, text: str, others: Sequence[str], rng: random.Random) -> Iterator[Made]:
    """Versions of a report: each with a new lead, three in four of the paragraphs before kept."""
    parts = _paragraphs(text)
    first = parts
    yield Made(f"{name}-0", "\n\n".join(parts), name, "update")
    for number in range(1, rng.randrange(2, 6)):
        lead = rng.choice(_paragraphs(rng.choice(others)))
        parts = [lead, *parts[: max(3, len(parts) * 9 // 10)]]
        # Once less than six in ten words of the first version are left, it is another story.
        kept = sum(len(part.split()) for part in first if part in parts)
        if kept < 0.6 * sum(len(part.split()) for part in parts):
            break
        yield Made(f"{name}-{number}", "\n\n".join(parts), name, "update")


def live_pages(reports: Sequence[str], rng: random.Random) -> Iterator[Made]:
    """Pages of short items, the newest first: each keeps a few of the page before.

    Each is a story of its own: what two of them share wanders out of the page.
    """
    items = [part for text in reports for part in _paragraphs(text)]
    rng.shuffle(items)
    for page in range(0, len(items) // 8 - 1):
        shown = items[page * 8 : page * 8 + 10]
        yield Made(f"live-{page:03}", "\n\n".join(shown), f"live-{page:03}", "live")


def galleries(reports: Sequence[str], rng: random.Random) -> Iterator[Made]:
    """Captions of a dozen pictures, each with the same credit; a few captions recur."""
    captions = [
        " ".join(part.split()[:25]) + " (Photo by a staff photographer for the picture desk)"
        for text in reports for part in _paragraphs(text)[:4]
    ]  # fmt: skip
    for number in range(len(reports) // 2):
        shown = rng.sample(captions, 12)
        yield Made(f"gallery-{number:03}", "\n\n".join(shown), f"gallery-{number:03}", "gallery")


def with_background(reports: Sequence[str], rng: random.Random) -> Iterator[Made]:
    """Reports by threes that share the same paragraph of background, up to a seventh of each."""
    for number in range(0, len(reports) - 2, 3):
        three = reports[number : number + 3]
        room = min(len(text.split()) for text in three) // 7
        background = " ".join(rng.choice(_paragraphs(rng.choice(reports))).split()[:room])
        for side, text in enumerate(three):
            name = f"background-{number + side:03}"
            yield Made(name, f"{text}\n\n{background}", name, "background")


def _paragraphs(text: str) -> list[str]:
    parts = [part.strip() for part in text.replace("\n\n", "\n").split("\n")]
    return [part for part in parts if len(part.split()) >= 8] or [text]


def dealt(made: Sequence[Made], days: int) -> dict[datetime.date, list[Made]]:
    """Return articles by day: versions of a story a day apart, so that they come in turn."""
    by_day: dict[datetime.date, list[Made]] = defaultdict(list)
    turn: Counter[str] = Counter()
    for number, each in enumerate(made):
        turn[each.story] += 1
        offset = (number + turn[each.story]) % days if turn[each.story] > 1 else number % days
        by_day[DAY + datetime.timedelta(days=offset)].append(each)
    return dict(sorted(by_day.items()))


def b_cubed(truth: Mapping[str, str], said: Mapping[str, str], over: Iterable[str]) -> str:
    """Return precision, recall and F1, averaged over the articles `over`."""
    stories, clusters, both = Counter(truth.values()), Counter(said.values()), Counter(
        (truth[each], said[each]) for each in truth
    )  # fmt: skip
    items = list(over)
    common = [both[truth[each], said[each]] for each in items]
    precision = sum(n / clusters[said[e]] for n, e in zip(common, items, strict=True)) / len(items)
    recall = sum(n / stories[truth[e]] for n, e in zip(common, items, strict=True)) / len(items)
    f1 = 2 * precision * recall / (precision + recall)
    return f"F1 {f1:.3f}  precision {precision:.3f}  recall {recall:.3f}  ({len(items)} articles)"


def unlike_members(made: Sequence[Made], store: MemoryStore) -> tuple[int, int, int]:
    """Return members unlike their canonical, pairs of members unlike each other, all members."""
    texts = {each.article_id: each.text for each in made}
    rows = store.read("syndication_clusters").to_pylist()
    with_canonical: list[tuple[str, str]] = []
    with_each_other: list[tuple[str, str]] = []
    for row in rows:
        canonical = row["canonical_article_id"]
        members = [each for each in row["member_article_ids"] if each != canonical]
        with_canonical += [(canonical, each) for each in members]
        with_each_other += itertools.combinations(members, 2)
    from_canonical, from_each_other = (
        sum(evidence.story < UNLIKE for evidence in compare_all(pairs, texts))
        for pairs in (with_canonical, with_each_other)
    )
    return from_canonical, from_each_other, sum(row["size"] for row in rows)


def main(arguments: Iterable[str] | None = None) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--others", type=int, default=1500)
    parser.add_argument("--days", type=int, default=10)
    options = parser.parse_args(list(arguments) if arguments is not None else None)
    made = stream(event_texts(), abp_texts(options.others, kept_aside=True), seed=11)
    store = MemoryStore()
    for day, articles in dealt(made, options.days).items():
        put_day(store, day, articles)
        run_day(store, day)
    truth = {each.article_id: each.story for each in made}
    said, sizes = homes(store), Counter(truth.values())
    print(f"{len(made)} articles, {options.days} days {dict(Counter(each.kind for each in made))}")
    print("B-cubed, all articles:", b_cubed(truth, said, truth))
    for kind in dict.fromkeys(each.kind for each in made):
        print(f"  {kind}:", b_cubed(truth, said, [e.article_id for e in made if e.kind == kind]))
    print("B-cubed, of stories of two or more:",
          b_cubed(truth, said, [each for each in truth if sizes[truth[each]] > 1]))  # fmt: skip
    canonical, other, members = unlike_members(made, store)
    print(f"members unlike their canonical article: {canonical} of {members}")
    print(f"pairs of members unlike each other, linked through the canonical: {other}")


if __name__ == "__main__":
    main()
