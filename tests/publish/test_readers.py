"""The README's examples of reading the corpus, run with the tools that people use."""

import re
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow.dataset as ds
import pytest

from tests.conftest import ROOT

DAY = "2018-07-27"


@pytest.fixture
def corpus(seeds_corpus, monkeypatch):
    """Work in a folder whose `data/` is the corpus, as the README's reader does."""
    monkeypatch.chdir(Path(seeds_corpus.uri).parent)
    link = Path("data")
    if not link.exists():
        link.symlink_to(seeds_corpus.uri)
    return link


def _readme_example(language: str, mark: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    [block] = [block for block in blocks if mark in block]
    return block


def test_duckdb_reads_the_canonical_articles_of_a_day(corpus):
    query = _readme_example("sql", "canonical articles of a day")
    rows = duckdb.sql(query.format(day=DAY)).fetchall()
    assert len(rows) == 4


def test_duckdb_pairs_every_reprint_with_its_original(corpus):
    rows = duckdb.sql(_readme_example("sql", "every reprint with its original")).fetchall()
    [(reprint, original, relation)] = [(row[0], row[1], row[2]) for row in rows]
    assert reprint.startswith("000_")
    assert original.startswith("001_")
    assert relation == "revision"


def _rows(table) -> list[dict]:
    return table.to_dicts() if hasattr(table, "to_dicts") else table.to_pylist()


@pytest.mark.parametrize("tool", ["polars", "pandas", "pyarrow"])
def test_the_readme_examples_run(corpus, tool):
    names: dict[str, object] = {}
    exec(_readme_example("python", f"# {tool}"), names)
    assert len(names["canonical"]) == 4
    reprints = names["reprints"]
    [row] = reprints.to_dict("records") if tool == "pandas" else _rows(reprints)
    assert row["source_uri"].startswith("000_")
    assert row["source_uri_of_original"].startswith("001_")
    assert row["relation"] == "revision"


def test_every_reader_sees_the_same_rows_and_the_partition_as_a_column(corpus):
    arrow = ds.dataset("data/articles", partitioning="hive").to_table()
    frame = pd.read_parquet("data/articles")
    lazy = pl.scan_parquet("data/articles/**/*.parquet", hive_partitioning=True).collect()
    rows = duckdb.sql("SELECT * FROM read_parquet('data/articles/*/*.parquet')").fetchall()
    assert arrow.num_rows == len(frame) == lazy.height == len(rows) == 5
    assert "scrape_date" in arrow.column_names
    assert "scrape_date" in frame.columns
    assert lazy["scrape_date"].cast(pl.String).unique().to_list() == [DAY]
