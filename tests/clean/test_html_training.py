"""Training of the block model, on an invented collection."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.clean.html_model import MODEL
from pipeline.training import corpus
from pipeline.training import html as training

NOUNS = ["bridge", "harbour", "school", "library", "market", "station"]
SENTENCE = "The {0} of ward {1} is to be mended, the {0} board said; no {0} was safe, it added."


def row(number: int) -> dict[str, str]:
    body = [SENTENCE.format(noun, number) for noun in NOUNS]
    page = "<nav><a>Home</a><a>Sport</a></nav>" + "".join(f"<p>{text}</p>" for text in body)
    page += "<footer>© Ellermouth Echo</footer>"
    url = f"https://paper{number}.example/story"
    return {"id": str(number), "url": url, "html": page, "body": "\n\n".join(body)}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    (folder / "data").mkdir()
    with gzip.open(folder / "data" / "misinfo.jsonl.gz", "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(row(number)) + "\n" for number in range(60))
    return folder


def test_sites_kept_aside_are_never_trained_on(data: Path) -> None:
    used = {example.site for example in training.examples(data, "misinfo", aside=False)}
    aside = {example.site for example in training.examples(data, "misinfo", aside=True)}
    assert used and aside and not used & aside
    assert all(corpus.kept_aside(site) for site in aside)


def test_blocks_are_labelled_by_the_gold_body(data: Path) -> None:
    example = next(training.examples(data, "misinfo", aside=False))
    roles = dict(zip((b.text for b in example.page.flat.blocks), example.shares, strict=True))
    assert roles["© Ellermouth Echo"] == 0
    assert sum(share > 0.9 for share in example.shares) == 6


def test_a_page_without_address_is_known_by_its_id() -> None:
    assert corpus.row_site({"url": None, "id": "echo.example/article-2.html"}) == "echo.example"


def test_training_twice_gives_the_same_model(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "ROUNDS", 5)
    found = list(training.examples(data, "misinfo", aside=False))
    table = training.table(found)
    assert np.isclose(table.weight.mean(), 1.0)
    stored = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        training.save(training.train(table), tmp_path / name, 0.4)
        stored.append((tmp_path / name / f"{MODEL}.model.json.gz").read_bytes())
    assert stored[0] == stored[1]
    model = json.loads(gzip.decompress(stored[0]))
    assert set(model["columns"]) < set(model["second_columns"])
