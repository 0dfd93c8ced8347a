import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean import (
    clean_texts,
    furniture_indexes,
    line_counts,
    marked_lines,
)  # fmt: skip
from pipeline.clean.furniture import LEARNED, LEAST_DOCUMENTS, evidence, fold, folded
from pipeline.contracts import to_table, violations

WIRE = (
    "The ministry said in a statement on Monday that talks with the harbour workers would go on "
    "until both sides had agreed on pay, hours and the number of boats."
)


def story(number: int, furniture: str = "Gazette Plus readers know more") -> str:
    """Return an article of its own with a line that all of them have."""
    topics = ("ferry", "bakery", "school", "bridge", "museum", "orchard", "market", "theatre")
    first, second = topics[number % 8], topics[(number // 8 + 3 * number + 1) % 8]
    return (
        f"The {first} on street {number * 7} will close for {number + 2} months while the {second} "
        f"next to it is rebuilt, the owners said after a meeting with residents.\n\n"
        f"Plans for the {second} number {number} were drawn by a firm from the capital that has "
        f"built {number * 3 + 1} of them so far in this part of the country.\n\n{furniture}\n"
    )


def counted(keys: list[str], texts: list[str], day: date = date(2019, 3, 1)):
    """Return the day's rows of `outlet_furniture`, counted in two batches."""
    half = len(keys) // 2
    batches = [marked_lines(keys[:half], texts[:half]), marked_lines(keys[half:], texts[half:])]
    return [row | {"scrape_date": day} for row in line_counts(batches).to_pylist()]


def learn(texts: list[str], key: str = "gazette", days: int = 1):
    rows = []
    for day in range(days):
        part = texts[day::days]
        rows += counted([key] * len(part), part, date(2019, 3, 1 + day))
    table = to_table("outlet_furniture", rows)
    assert violations("outlet_furniture", table) == []
    return furniture_indexes(table)[key] if furniture_indexes(table) else None


@pytest.mark.parametrize("days", [1, 4])
def test_a_line_of_many_articles_is_learned_and_removed(days):
    index = learn([story(n) for n in range(12)], days=days)
    assert index.share("Gazette Plus readers  know more") >= 0.5
    cleaned = clean_texts([story(40)], [index])[0]
    assert "Gazette Plus" not in cleaned.text
    assert cleaned.lines[-1].rule == "outlet_furniture" or cleaned.lines[-1].role != "body"


def test_furniture_takes_a_line_out_that_stands_in_the_prose():
    line = "Readers of the Gazette have asked about the harbour and the roads to it."
    text = story(1).replace("\n\n", f"\n\n{line}\n\n", 1)
    index = learn([story(n, line) for n in range(20)])
    assert line in clean_texts([text])[0].text
    assert line not in clean_texts([text], [index])[0].text


def test_an_article_scraped_again_and_again_teaches_nothing():
    texts = [story(1) + f"Scrape {n}" for n in range(20)]
    index = learn(texts, days=10)
    assert index is None or index.share("Gazette Plus readers know more") < 0.1


def test_a_wire_paragraph_in_many_articles_stays():
    texts = [story(n).replace("\n\n", f"\n\n{WIRE}\n\n", 1) for n in range(10)]
    texts += [story(n) for n in range(10, 60)]
    assert learn(texts).share(WIRE) < 0.5


def test_what_recurs_at_one_source_is_nothing_to_another():
    keys = ["a"] * 12 + ["b"] * 12
    texts = [story(n) for n in range(12)] + [story(n, f"End of {n}x") for n in range(12, 24)]
    indexes = furniture_indexes(to_table("outlet_furniture", counted(keys, texts)))
    assert indexes["a"].share("Gazette Plus readers know more") >= 0.5
    assert "b" not in indexes or not indexes["b"].share("Gazette Plus readers know more")


def test_batches_add_up_in_any_order_and_a_text_met_again_counts_once():
    texts = [story(n) for n in range(9)]
    batches = [marked_lines(["g"] * 3, texts[at : at + 3]) for at in (0, 3, 6)]
    whole = line_counts([marked_lines(["g"] * 9, texts)])
    assert line_counts(batches) == line_counts(batches[::-1]) == whole
    assert line_counts([*batches, batches[0]]) == whole
    (row,) = (r for r in whole.to_pylist() if r["line"] == "gazette plus readers know more")
    assert (row["documents"], row["source_documents"], row["edge_share"]) == (9, 9, 1.0)


def test_a_large_source_keeps_only_what_recurs():
    texts = [story(n) for n in range(40)]
    assert all(row["documents"] > 1 for row in counted(["g"] * 40, texts))
    assert any(row["documents"] == 1 for row in counted(["g"] * 10, texts[:10]))


def test_lines_are_counted_alike_whatever_waits_on_disk_and_is_told_apart(monkeypatch):
    batches = [marked_lines(["g"] * 3, [story(n), story(n + 1), story(n)]) for n in range(0, 60, 2)]
    whole = line_counts(batches)
    monkeypatch.setattr("pipeline.clean.furniture._INSERTED_AT_ONCE", 10)
    assert line_counts(batches) == whole
    monkeypatch.setattr("pipeline.clean.furniture._BITS", 8)  # nearly all seem to be met again
    assert line_counts(batches) == whole


def test_lines_are_counted_alike_in_one_part_and_in_many(monkeypatch):
    batches = [marked_lines(["g", "h"] * 6, [story(n // 2) for n in range(12)])]
    whole = line_counts(batches)
    monkeypatch.setattr("pipeline.clean.furniture._MARKS_AT_ONCE", 5)
    assert line_counts(batches) == whole
    assert whole.num_rows > 10


@pytest.mark.parametrize("text", ["", "\n\n", "half a pair \ud83d\nand a line"])
def test_hardly_a_text_is_counted_too(text):
    assert all(isinstance(row["line"], str) for row in counted(["g", "g"], [text, text]))


def test_digits_and_case_make_no_difference_to_furniture():
    assert fold("Listen \u00a0 2:33\t") == fold("LISTEN 9:07") == "listen 0:00"


def test_prose_needs_more_proof_than_a_label():
    assert evidence("read more", 5, 50, 1.0) >= 0.5
    assert evidence(WIRE.lower(), 5, 50, 1.0) < 0.5
    assert evidence("he declined to comment.", 2, 100, 0.1) < 0.5


@settings(deadline=None)
@given(st.lists(st.text("aB 19\t\r\x1c\xa0\u2028٣é“\ud800Σİ\x85", max_size=12), max_size=4))
def test_lines_fold_together_as_each_does_alone(lines):
    assert folded(lines) == [fold(line) for line in lines]


@settings(deadline=None)
@given(st.text("aB 19\t\x1c\xa0\u2028٣é“\ud800Σİ\x85\u3000中", max_size=400))
def test_lines_fold_to_small_letters_single_blanks_and_one_digit(line):
    assert fold(line) == re.sub(r"\d", "0", " ".join(line.strip()[:300].lower().split()))


def test_two_documents_never_prove_a_line_and_three_prove_a_label():
    assert evidence("read more", LEAST_DOCUMENTS - 1, LEAST_DOCUMENTS - 1, 1.0) < LEARNED
    assert evidence("read more", LEAST_DOCUMENTS, LEAST_DOCUMENTS, 1.0) >= LEARNED
