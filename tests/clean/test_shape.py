"""Texts that lost their lines, or kept escapes and tags, are read as what they were."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean import clean_texts, rebuild, removed_spans
from pipeline.clean.decide import sentences_of_prose
from pipeline.clean.lines import split
from pipeline.clean.shape import shaped

SENTENCES = [
    "Residents of Harlow Bay packed the town hall on Monday night to oppose a plan to close the "
    "only public library on the peninsula.",
    "The council voted 5-2 to postpone its decision until the end of March after more than four "
    "hours of testimony from parents and teachers.",
    '"Nobody asked us what we would give up," said Marta Ellison, 61, who runs a bakery across '
    'the street. "They only asked what it would cost."',
    "Mayor Tom Reyes said the town faces a shortfall of $2.3 million next year and that the "
    "library, built on March 3, 1934, needs a new roof.",
    "The library drew about 41,000 visits last year, according to its annual report, up from "
    "36,500 the year before.",
    "A group of volunteers has offered to run the branch two days a week, but the union said it "
    "would challenge any such arrangement.",
    "The council meets again on Feb. 12. Members of the public who wish to speak must register "
    "by noon that day, the clerk said.",
]
BODY = " ".join(SENTENCES)
PARAGRAPHS = "\n\n".join(SENTENCES)
SQUEEZED = (
    "Home News Sports Opinion Subscribe Log in Harlow Bay Courier Local Residents oppose closing "
    "of library By Dana Whitfield Jan. 22, 2019 Share Facebook Twitter Email Print HARLOW BAY, "
    f"Maine (AP) — {BODY} Read more: Ferry service to resume in April. Most popular Storm closes "
    "schools Police seek witness Sign up for our newsletter. Terms of use Privacy policy © 2019 "
    "Harlow Bay Courier. All rights reserved."
)


def text_of(raw: str) -> str:
    (cleaned,) = clean_texts([raw])
    assert rebuild(raw, cleaned.text, removed_spans(cleaned)) == raw
    return cleaned.text


def test_a_page_in_one_line_loses_its_furniture_and_nothing_of_its_body() -> None:
    assert text_of(SQUEEZED) == f"HARLOW BAY, Maine (AP) — {BODY}"


def test_parts_of_a_squeezed_page_have_roles() -> None:
    (cleaned,) = clean_texts([SQUEEZED])
    roles = {line.text.strip(): line.role for line in cleaned.lines}
    assert roles["By Dana Whitfield"] == "byline"
    assert roles["Jan. 22, 2019"] == "timestamp"
    assert roles["Share Facebook Twitter Email Print"] == "social"
    assert roles["Privacy policy"] == "legal"
    assert "headline" not in roles.values()


def test_an_article_in_one_line_stays_whole() -> None:
    long = f"{BODY} Ferries will run until ten, he added. They did. She went home."
    assert text_of(long) == long


@pytest.mark.parametrize("around", ["built on {} by", "since {} the", "On {} Mayor"])
def test_a_date_in_a_sentence_stays_there(around: str) -> None:
    long = f"{BODY} It was {around.format('March 3, 1934')} the ferrymen. {BODY}"
    assert "March 3, 1934 " in text_of(long)


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (PARAGRAPHS.replace("\n", "\\n"), PARAGRAPHS),
        (PARAGRAPHS.replace("\n", "\\r\\n").replace('"', '\\"'), PARAGRAPHS),
        (PARAGRAPHS.replace("\n\n", "\\n").replace('"', "\\u0022"), PARAGRAPHS),
        (PARAGRAPHS.replace("\n\n", "<br/><br />"), PARAGRAPHS),
        ("".join(f"<p class='x'>{s}</p>\n" for s in SENTENCES), PARAGRAPHS),
        (PARAGRAPHS.replace("Reyes", "<b>Reyes</b>"), PARAGRAPHS),
        (PARAGRAPHS.replace('"', "&quot;").replace("$", "&#36;"), PARAGRAPHS),
        (PARAGRAPHS.replace(" said ", "&nbsp;said "), PARAGRAPHS),
        (PARAGRAPHS.replace("café", "caf&eacute;"), PARAGRAPHS),
    ],
)
def test_escapes_tags_and_entities_are_read(raw: str, wanted: str) -> None:
    assert text_of(raw) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "The files are in C:\\new and C:\\notes on that machine, as the manual says.",
        "Write <main> and then <p>, and do not close it; the <canvas> comes after that.",
        "AT&T; said so, R&D too, &unknown; and &c.",
        "One line.\nAnother.",
        "",
    ],
)
def test_what_is_meant_as_it_stands_is_left_alone(text: str) -> None:
    assert shaped(text) == text


@given(st.text(alphabet='aB. \\nrt"u0<p>/&;#3\n|©', max_size=300))
def test_a_shape_is_as_long_as_its_text(text: str) -> None:
    assert len(shaped(text)) == len(text)
    assert len(shaped(SQUEEZED + text)) == len(SQUEEZED) + len(text)


@given(
    st.lists(st.sampled_from([*SQUEEZED.split(" "), "\\n", "<br>", "&amp;", "\n"]), max_size=400)
)
def test_the_raw_text_is_rebuilt(words: list[str]) -> None:
    raw = " ".join(words)
    (cleaned,) = clean_texts([raw])
    assert rebuild(raw, cleaned.text, removed_spans(cleaned)) == raw


@pytest.mark.parametrize(
    "piece", ["| ", "By Ab ", "Share ", "<a ", "&a", "January 1, 2019 ", "Ab. "]
)
def test_long_lines_of_one_kind_take_no_longer_a_character(piece: str) -> None:
    # Quadratic work on these would take minutes.
    raw = piece * (300_000 // len(piece))
    assert len(shaped(raw)) == len(raw)


def test_only_an_article_in_one_line_is_all_sentences() -> None:
    """Where the model would take most of an article in one line, none of its sentences goes."""
    page = " ".join(f"{word.capitalize()} stories Subscribe" for word in BODY.split()[:40])
    kinds = {"article": f"{BODY} {BODY}", "lines": PARAGRAPHS, "page": f"{SQUEEZED} {page}"}
    found = {name: split([shaped(text)]) for name, text in kinds.items()}
    none = {name: np.zeros(len(lines), bool) for name, lines in found.items()}
    rows = {name: sentences_of_prose(lines, none[name]) for name, lines in found.items()}
    assert len(rows["article"]) > len(SENTENCES)
    assert len(rows["lines"]) == len(rows["page"]) == 0
    assert len(sentences_of_prose(found["article"], ~none["article"])) == 0
