"""Furniture of a site, learned from its pages: pitches within the body, never its structure."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from pipeline.clean import furniture_indexes, html, line_counts
from pipeline.clean.furniture import LEARNED, LEARNED_RULE, FurnitureIndex
from pipeline.contracts import arrow_schema, to_table
from pipeline.process import document_source_key, documents_of, furniture_marks, process_batch

PITCH = (
    "Stories like this one take months of work and cannot be done without readers who pay for "
    "them, so please think of giving what a cup of coffee costs to the people of the Harbour "
    "Herald, who have reported from this coast for ninety years and would like to go on."
)
BACKGROUND = (
    "The bridge, which carries forty thousand cars a day, was closed in March after an engineer "
    "found cracks in three of its cables and warned that a fourth might not bear the winter."
)
_TOPICS = ("ferry", "bakery", "school", "bridge", "museum", "orchard", "market", "theatre")


def page(number: int, *within: str, heading: str = "What is known", address: str = "") -> str:
    """Return a page with an article of its own, `within` as paragraphs in the middle of it."""
    topic, other = _TOPICS[number % 8], _TOPICS[(number // 8 + 3 * number + 1) % 8]
    first = (
        f"The {topic} on street {number * 7} will close for {number + 2} months while the {other} "
        f"next to it is rebuilt, the owners said after a meeting with residents on Tuesday evening."
    )
    second = (
        f"Plans for the {other} number {number} were drawn by a firm from the capital that has "
        f"built {number * 3 + 1} of them so far in this part of the country, most of them in brick."
    )
    third = (
        f"Residents of street {number * 7} asked for {number + 5} more lamps and for a {topic} of "
        f"their own; the council will vote on both in {number % 11 + 2} weeks, its clerk said."
    )
    link = f'<link rel="canonical" href="{address}">' if address else ""
    paragraphs = "".join(f"<p>{text}</p>" for text in (second, *within, third))
    body = f"<p>{first}</p><h2>{heading}</h2>{paragraphs}"
    return (
        f"<html><head><title>The {topic}</title>{link}</head><body><nav><a href='/'>Home</a></nav>"
        f"<article><h1>The {topic} of street {number * 7}</h1>{body}</article></body></html>"
    )


def documents(pages: list[str], url: str | None = "https://herald.example/{}") -> pa.RecordBatch:
    rows = [
        {
            "article_id": f"{number:024x}", "scrape_date": date(2019, 3, 1),
            "source_uri": f"pages/{number}.html", "content": content.encode(),
            "media_type": "text/html", "charset": "utf-8", "content_sha256": b"",
            "url": url and url.format(number), "given": [], "http_date": None, "size_bytes": 1,
            "ingested_at": None,
        }
        for number, content in enumerate(pages)
    ]  # fmt: skip
    schema = arrow_schema("raw_documents")
    known = [{name: row.get(name) for name in schema.names} for row in rows]
    return pa.RecordBatch.from_pylist(
        known, schema=pa.schema([f.with_nullable(True) for f in schema])
    )


def learned(batch: pa.RecordBatch) -> dict[str, FurnitureIndex]:
    rows = line_counts([furniture_marks(batch)]).to_pylist()
    day = {"scrape_date": date(2019, 3, 1)}
    return furniture_indexes(to_table("outlet_furniture", [row | day for row in rows]))


def cleaned(content: str, furniture: dict[str, FurnitureIndex] | None) -> dict[str, Any]:
    (row,) = process_batch(documents([content]), furniture).to_pylist()
    assert row["failure_error"] is None
    return row


def test_a_pitch_between_paragraphs_is_learned_from_many_pages_and_removed():
    furniture = learned(documents([page(number, PITCH) for number in range(14)]))
    content = page(40, PITCH)
    assert PITCH in cleaned(content, None)["text"]
    row = cleaned(content, furniture)
    assert PITCH not in row["text"]
    assert "Plans for the" in row["text"] and "asked for" in row["text"]
    (span,) = (s for s in row["removed"] if row["raw_text"][s["start"] : s["end"]] == PITCH)
    assert span["rule"] == LEARNED_RULE
    assert span["score"] >= LEARNED


def test_a_paragraph_that_some_articles_of_a_site_share_stays():
    pages = [page(number, BACKGROUND) for number in range(8)] + [page(n) for n in range(8, 60)]
    furniture = learned(documents(pages))
    assert BACKGROUND in cleaned(page(70, BACKGROUND), furniture)["text"]


def test_headings_that_recur_are_the_way_a_site_builds_its_articles():
    furniture = learned(documents([page(number) for number in range(14)]))
    assert furniture["herald.example"].share("What is known") >= LEARNED
    assert "What is known" in cleaned(page(40), furniture)["text"]


def test_the_heading_of_a_pitch_goes_with_it():
    def pitched(number: int) -> str:
        return page(number, PITCH).replace(f"<p>{PITCH}", f"<h3>Help us to stay</h3><p>{PITCH}")

    furniture = learned(documents([pitched(number) for number in range(14)]))
    assert "Help us to stay" not in cleaned(pitched(40), furniture)["text"]


def test_a_page_scraped_again_and_again_teaches_nothing():
    pages = [page(1, PITCH).replace("</article>", f"</article><p>{n} views</p>") for n in range(20)]
    furniture = learned(documents(pages))
    index = furniture.get("herald.example")
    assert index is None or index.share(PITCH) < LEARNED


def test_pages_without_an_address_of_the_crawl_go_by_their_own():
    own = "https://www.herald.example/news/{}"
    pages = [page(number, PITCH, address=own.format(number)) for number in range(14)]
    batch = documents(pages, url=None)
    assert set(furniture_marks(batch)["source_key"].to_pylist()) == {"herald.example"}
    parsed = html.parse(pages[0].encode(), "utf-8")
    assert document_source_key(documents_of(batch)[0], parsed) == "herald.example"


@pytest.mark.parametrize("content", ["", "   ", "<div>" * 20_000, "\0\0", "<!-- nothing"])
def test_a_page_that_cannot_be_read_teaches_nothing_and_brings_nothing_down(content):
    marks = furniture_marks(documents([content, page(1)]))
    lines = set(marks["line"].to_pylist())
    assert "what is known" in lines
    assert not any("<" in line for line in lines)


def test_nothing_is_learned_from_nothing():
    assert furniture_marks(documents(["", "   "])).num_rows == 0
