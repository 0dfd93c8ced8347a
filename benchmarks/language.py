"""Language detection beside langdetect itself: agreement, nulls, scores of snippets, time.

Run `python -m benchmarks.language`. Reads the data folder (`COPYDESK_DATASETS`, default
`../shared`).
"""

from __future__ import annotations

import os
import random
import time
from collections import defaultdict
from pathlib import Path

from pipeline.clean import html as pages
from pipeline.describe import language
from pipeline.records import Cleaned
from pipeline.training import corpus

DATA = Path(os.environ.get("COPYDESK_DATASETS", "../shared")) / "data"
COLLECTIONS = ("misinfo", "trafilatura")
SAMPLE = 400


def bodies(data: Path = DATA) -> list[str]:
    """Return the bodies of a sample of pages of all sites."""
    texts = []
    for collection in COLLECTIONS:
        for row in list(corpus.read(data / f"{collection}.jsonl.gz"))[:: 3 if texts else 1]:
            page = pages.parse(corpus.html_of(row).encode("utf-8", "replace"), "utf-8")
            cleaned = pages.clean_pages([page])[0]
            if isinstance(cleaned, Cleaned):
                texts.append(cleaned.text)
    return random.Random(1).sample(texts, min(SAMPLE, len(texts)))


def main() -> None:
    from langdetect import DetectorFactory, detect

    DetectorFactory.seed = 0
    texts = bodies()
    language.detect(["The first call loads the profiles of all languages at once."])
    started = time.process_time()
    ours = [code for code, _ in language.detect(texts)]
    middle = time.process_time()
    theirs = [detect(text).split("-")[0] for text in texts]
    ended = time.process_time()
    agree = sum(a == b for a, b in zip(ours, theirs, strict=True))
    print(f"texts {len(texts)}  agree {agree}  null {ours.count(None)}")
    print(f"ms a text: {1000 * (middle - started) / len(texts):.2f}", end="")
    print(f", langdetect on the whole text {1000 * (ended - middle) / len(texts):.2f}")
    _snippets(texts, theirs)


def _snippets(texts: list[str], truth: list[str]) -> None:
    dice = random.Random(3)
    bins: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for text, code in zip(texts, truth, strict=True):
        for size in (30, 50, 100):
            start = dice.randrange(max(1, len(text) - size))
            found, score = language.detect([text[start : start + size]])[0]
            if score is not None:
                bins[int(100 * score)][0] += found == code
                bins[int(100 * score)][1] += 1
    for percent, (right, given) in sorted(bins.items()):
        print(f"score {percent} %: right {right} of {given}")


if __name__ == "__main__":
    main()
