import itertools
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean import RebuildError, body_text, clean_texts, rebuild, removed_spans
from pipeline.records import BODY, ROLES, Line
from tests.clean.texts import ARTICLE, PAGE, data_folder


def lines_from(pieces: list[tuple[str, str]]) -> tuple[str, list[Line]]:
    """Return a raw text of the given (role, line with its break) and its lines."""
    raw, lines = "", []
    for role, piece in pieces:
        text = piece.rstrip("\n")
        lines.append(Line(len(raw), len(raw) + len(text), text, role, "test", 1.0))
        raw += piece
    return raw, lines


@pytest.fixture(scope="module")
def article():
    return clean_texts([ARTICLE])[0]


def test_the_body_is_kept_and_the_furniture_removed(article):
    assert "The town council voted on Tuesday" in article.text
    assert "which floods several times a year" in article.text
    for furniture in ("Advertisement", "newsletter", "Twitter", "Copyright", "Harbour Gazette"):
        assert furniture not in article.text


def test_a_menu_and_footer_around_an_article_go():
    text = clean_texts([PAGE])[0].text
    assert "The town council voted on Tuesday" in text
    assert "Privacy" not in text and "Log in" not in text


def test_paragraphs_are_separated_by_a_blank_line(article):
    assert all(p == " ".join(p.split()) and p for p in article.text.split("\n\n"))


def test_removed_lines_have_the_role_their_wording_tells(article):
    roles = {line.text: (line.role, line.rule) for line in article.lines}
    assert roles["Advertisement"] == ("ad", "wording:advertisement")
    assert roles["Follow us on Twitter"][0] == "promo"
    assert roles["By Marta Lindqvist"][0] == "byline"
    assert all(role in ROLES for role, _ in roles.values())


def test_lines_cover_every_filled_line_in_order(article):
    expected = [line for line in ARTICLE.splitlines() if line.strip()]
    by_line = itertools.groupby(article.lines, lambda line: ARTICLE.count("\n", 0, line.start))
    assert ["".join(part.text for part in parts) for _, parts in by_line] == expected
    assert all(ARTICLE[line.start : line.end] == line.text for line in article.lines)


def test_an_answer_does_not_depend_on_the_batch():
    texts = [ARTICLE, PAGE, "", "One line.", ARTICLE[200:900]]
    together = clean_texts(texts)
    assert together == [clean_texts([text])[0] for text in texts]
    assert together[::-1] == clean_texts(texts[::-1])


@pytest.mark.parametrize("text", ["", "   \n\n", "\ufeff", "x" * 200_000, "a\n" * 5000, "\x00\x01"])
def test_odd_texts_are_cleaned_and_rebuilt(text):
    cleaned = clean_texts([text])[0]
    assert rebuild(text, cleaned.text, removed_spans(cleaned)) == text


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("Aab .,-\u2010\n\r\u00ad\u0301“”é1\u2028Ã¼", max_size=120), max_size=4))
def test_generated_texts_are_rebuilt(texts):
    for text, cleaned in zip(texts, clean_texts(texts), strict=True):
        assert rebuild(text, cleaned.text, removed_spans(cleaned)) == text


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(
    st.sampled_from([BODY, BODY, "ad"]),
    st.text(alphabet="Aab .,-é\u00ad", max_size=30).filter(str.strip).map(lambda s: s + "\n"),
), max_size=12))  # fmt: skip
def test_any_choice_of_lines_is_rebuilt(pieces):
    raw, lines = lines_from(pieces)
    removed = [{"start": line.start, "end": line.end} for line in lines if line.role != BODY]
    assert rebuild(raw, body_text(lines), removed) == raw


def test_real_texts_are_rebuilt():
    folder = data_folder()
    if folder is None:
        pytest.skip("no data folder")
    texts = [path.read_text("utf-8") for path in sorted((folder / "gold/dev_raw").iterdir())[:25]]
    for text, cleaned in zip(texts, clean_texts(texts), strict=True):
        assert rebuild(text, cleaned.text, removed_spans(cleaned)) == text


def test_rebuilding_notices_what_does_not_add_up(article):
    removed = removed_spans(article)
    with pytest.raises(RebuildError, match="of its own"):
        rebuild(ARTICLE, article.text + " More.", removed)
    with pytest.raises(RebuildError, match="not in the clean text"):
        rebuild(ARTICLE, article.text.replace("Tuesday", "Friday"), removed)
    with pytest.raises(RebuildError, match="not in the clean text"):
        rebuild(ARTICLE, article.text, removed[1:])
    with pytest.raises(RebuildError, match="overlaps"):
        rebuild(ARTICLE, article.text, [removed[0], *removed])


def test_hard_wrapped_lines_are_joined_to_paragraphs():
    wrapped = [
        "The harbour had been quiet for most of the week when the first of the boats\n",
        "came in from the north, carrying timber and a small number of passengers who\n",
        "Had waited on the island since the storm. Their families met them at the pier\n",
        "and took them home in a row of borrowed cars that somebody had washed.\n",
        "\n",
        "Nobody could say how long the repairs would take, although the engineer from\n",
        "the capital thought that the worst of the work might be over before the new\n",
        "school year. She would not be drawn on the cost, which the council has so far\n",
        "kept to itself.\n",
    ]
    _, lines = lines_from([(BODY, line) for line in wrapped if line.strip()])
    lines[4:] = [Line(x.start + 1, x.end + 1, x.text, x.role, x.rule, x.score) for x in lines[4:]]
    paragraphs = body_text(lines).split("\n\n")
    assert len(paragraphs) == 2
    assert "passengers who Had waited" in paragraphs[0]


def test_a_word_broken_at_the_end_of_a_line_is_joined():
    pieces = [(BODY, "They opened the new ferry termi-\n"), (BODY, "nal on Monday.\n")]
    _, lines = lines_from(pieces)
    assert body_text(lines) == "They opened the new ferry terminal on Monday."


def test_sentences_on_lines_of_their_own_are_paragraphs():
    _, lines = lines_from([(BODY, "One ends here.\n"), (BODY, "Another begins.\n")])
    assert body_text(lines) == "One ends here.\n\nAnother begins."


def test_a_text_of_one_paragraph_is_its_own_body():
    brief = (
        "A water main burst under Canal Street early on Monday and left some forty houses without "
        "water until noon, the utility said."
    )
    [cleaned] = clean_texts([brief])
    assert cleaned.text == brief
    [menu] = clean_texts(["Home\nNews\nSport\nWeather\nLog in"])
    assert menu.text == ""


def test_a_brief_of_two_paragraphs_keeps_both():
    brief = (
        "The council voted on Tuesday to repair the old bridge, which has been closed since March, "
        "and said that the work would begin before the end of the summer.\n\n"
        "Residents had complained for months about the long way round, and several shop owners "
        "said that they had lost customers because of it."
    )
    [cleaned] = clean_texts([brief])
    assert cleaned.text == brief


def wrapped(texts: list[str], between: str, indent: str = "") -> str:
    return between.join(textwrap.fill(text, 72, initial_indent=indent) for text in texts)


@pytest.mark.parametrize(("between", "indent"), [("\n\n", ""), ("\n", "    ")])
def test_wrapped_paragraphs_are_told_apart(between: str, indent: str) -> None:
    paragraphs = [part for part in ARTICLE.split("\n\n") if part.endswith((".", "”"))][:5]
    (cleaned,) = clean_texts([wrapped(paragraphs, between, indent)])
    assert cleaned.text.split("\n\n") == paragraphs


def test_wrapped_lines_may_be_double_spaced() -> None:
    paragraphs = [part for part in ARTICLE.split("\n\n") if part.endswith((".", "”"))][:5]
    (cleaned,) = clean_texts([wrapped(paragraphs, "\n").replace("\n", "\n\n")])
    assert " ".join(cleaned.text.split()) == " ".join(paragraphs)
    assert paragraphs[0] in cleaned.text
