"""Pages labelled by two readers: lines on which they differ are left open."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from pipeline.records import BODY
from pipeline.training import corpus, silver

SENTENCES = [
    f"The {thing} committee of the harbour town met on Monday to agree on repairs of the old pier."
    for thing in ("budget", "ferry", "planning", "tourism", "fishing", "heritage", "school", "road")
]
PAGE = "<html><body><nav><a href='/'>Home</a></nav><article>{}</article></body></html>".format(
    "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
)


def folder(path: Path, url: str) -> Path:
    """Return a data folder with one page."""
    (path / "data").mkdir()
    row = {"id": "1", "url": url, "html": PAGE, "with": [SENTENCES[0]], "without": []}
    for name in ("trafilatura", "postlight", "htmldate_default"):
        text = json.dumps(row) + "\n" if name == "trafilatura" else ""
        (path / "data" / f"{name}.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    return path


def url(*, aside: bool) -> str:
    """Return an address of a site that is kept aside, or of one that is not."""
    urls = (f"https://town{number}.example/a" for number in range(100))
    return next(u for u in urls if corpus.kept_aside(corpus.site_of(u)) == aside)


def test_page_read_alike_is_labelled(tmp_path: Path) -> None:
    found = list(silver.silver_examples(folder(tmp_path, url(aside=False)), ["blocks"], 1, 1))
    assert [example.roles.count(BODY) for example in found] == [len(SENTENCES)]
    assert found[0].roles[0] != BODY


def test_site_kept_aside_is_left_out(tmp_path: Path) -> None:
    assert not list(silver.silver_examples(folder(tmp_path, url(aside=True)), ["blocks"], 1, 1))


def test_line_that_one_reader_drops_is_left_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silver, "_by_block_model", lambda html: "\n\n".join(SENTENCES[:-1]))
    found = list(silver.silver_examples(folder(tmp_path, url(aside=False)), ["blocks"], 1, 1))
    assert found[0].roles[-1] == corpus.OPEN
    assert found[0].roles[-2] == BODY


def test_agreement_is_the_share_of_runs_in_common() -> None:
    assert silver.agreement("a b c d e", "a b c d e") == 1.0
    assert silver.agreement("a b c d e", "a b c d x") == 0.5
    assert silver.agreement("", "a b c d") == 0.0
