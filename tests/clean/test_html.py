"""HTML pages: flattening, limits, body and roles, on invented pages."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pipeline.clean import html_decide, html_flatten, html_hints, rebuild, removed_spans
from pipeline.clean.html import REASONS, CleanError, Page, clean_pages, page_title, parse
from pipeline.clean.html_features import block_features
from pipeline.clean.html_hints import hint_names, hints_of
from pipeline.clean.html_model import body_probabilities
from pipeline.clean.html_second import kept_blocks, share_kept
from pipeline.clean.model import load
from pipeline.records import BODY, ROLES, Cleaned

PARAGRAPHS = [
    "The harbour board voted on Tuesday to close the old swing bridge for two years while its "
    "timber piers are replaced, a decision that splits the town of Ellermouth in two.",
    "“Nobody likes the detour, but nobody wants to be on that bridge when it goes,” said Ruth "
    "Amsel, who has run the chandlery on the east bank since her father retired.",
    "Engineers found in March that shipworm had eaten through eleven of the forty piers, and that "
    "a further nine would not survive another winter of storms.",
    "The board expects the work to cost 14 million crowns, of which the county will pay half. A "
    "ferry for foot passengers is to start in June and will run every twenty minutes.",
    "Fishing boats will be able to pass throughout, the board said, except on three weekends when "
    "the swing span itself is lifted out and taken to a yard upriver.",
]

ARTICLE = """<!DOCTYPE html><html><head><title>Bridge to close | Ellermouth Echo</title>
<meta property="og:title" content="Swing bridge to close for two years">
<script>var x = "not for reading";</script></head><body class="comments-open">
<nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li></ul></nav>
<main><article><h1>Swing bridge to close for two years</h1>
<div class="byline">By Jonas Hartog</div><time>12 May 2021</time>
<figure><img src="a.jpg"><figcaption>The bridge in April. Photo: T. Amsel</figcaption></figure>
<div class="article-body"><p>{}</p><p>{}</p><p>{}</p>
<aside class="newsletter-signup"><p>Sign up for our newsletter and never miss a story.</p></aside>
<p>{}</p><p>{}</p></div>
<section class="related-stories"><h3>More from the Echo</h3><ul>
<li><a href="/a">Ferry crew asks for a pay rise before the summer</a></li>
<li><a href="/b">Chandlery on the east bank turns one hundred</a></li></ul></section>
</article></main>
<footer><p>© 2021 Ellermouth Echo. All rights reserved.</p></footer></body></html>""".format(
    *PARAGRAPHS
)


def page(markup: str) -> Page:
    return parse(markup.encode(), "utf-8")


def article(markup: str) -> Cleaned:
    (cleaned,) = clean_pages([page(markup)])
    assert isinstance(cleaned, Cleaned), cleaned
    return cleaned


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>one<p>two", "one\ntwo"),
        ("<p>a <b>bold</b>\n  word</p>", "a bold word"),
        ("<p>drop<span>cap</span></p>", "dropcap"),
        ("<li><a>Home</a><a>News</a></li>", "Home News"),
        ("a<br>b<br><br>c", "a\nb\nc"),
        ("<div>before<p>inside</p>after</div>", "before\ninside\nafter"),
        ("<table><tr><td>x</td><td>y <b>z</b></td></tr><tr><td>1</td></tr></table>", "x\ty z\n1"),
        ("<pre>first\n  second</pre>", "first\nsecond"),
        ("<p>seen<script>no()</script> too<style>p{}</style></p>", "seen too"),
        ("<noscript><p>plain readers</p></noscript>", "plain readers"),
        ("<p>a\u00a0b\u2028c</p>", "a b c"),
        ("<p>caf&eacute; &amp; bar</p>", "café & bar"),
        ("<!-- gone --><p>here</p>", "here"),
    ],
)
def test_flattened_text_is_what_a_reader_sees(markup: str, text: str) -> None:
    assert page(f"<body>{markup}</body>").text == text


def test_blocks_know_their_markup() -> None:
    blocks = page(ARTICLE).flat.blocks
    home = next(block for block in blocks if block.text == "Home")
    assert (home.linked, home.links, home.tag) == (4, 1, "li")
    assert home.depth - home.seen[html_flatten.LANDMARKS.index("nav")] == 2
    caption = next(block for block in blocks if block.tag == "figcaption")
    assert caption.seen[html_flatten.LANDMARKS.index("figcaption")] == caption.depth


def test_hidden_text_is_kept_and_marked() -> None:
    flat = page('<p style="display: none">secret</p><p>open</p>').flat
    assert [(b.text, b.hidden) for b in flat.blocks] == [("secret", True), ("open", False)]


def test_line_breaks_before_a_line_are_counted() -> None:
    assert [b.breaks for b in page("<p>a<br>b<br><br>c</p><p>d</p>").flat.blocks] == [0, 1, 2, 0]


@pytest.mark.parametrize(
    ("names", "hint"),
    [
        ("articleBody", "article_body"),
        ("entry-content", "article_body"),
        ("td_post_content clear", "article_body"),
        ("site-nav", "nav"),
        ("newsletter-box", "promo"),
        ("author-bio", "bio"),
        ("wp-caption-text", "caption"),
    ],
)
def test_names_hint_at_roles(names: str, hint: str) -> None:
    assert hint in [hint_names()[number] for number in hints_of(names)]


def test_words_within_words_are_no_hints() -> None:
    assert hints_of("gradient download-free-header-shadow")  # "download", "header"
    assert hints_of("heading2shadow") == hints_of("heading shadow")
    assert hint_names().index("advert") not in hints_of("shadow gradient loader")


def test_no_pair_of_words_opens_with_a_word_that_is_not_known_to_open_one() -> None:
    pairs = html_hints._any_of("pairs")
    words = set(re.findall("[a-z]+", pairs.pattern))
    found = [pair for pair in itertools.product(words, words) if pairs.fullmatch("-".join(pair))]
    assert len(found) > 100
    assert all(html_hints._openings().fullmatch(first) for first, _ in found)


@pytest.mark.parametrize(
    "names",
    [
        "entry-content wide",
        "EntryContent",
        "a" * 90 + " nav",
        "über-share 2col Größe",
        "x1y",
        "",
        "ſ",
    ],
)
def test_names_are_cut_into_words_alike_with_and_without_capitals(names):
    found = [word.lower() for word in html_hints._WORD.findall(names)]
    assert html_hints._words(names) == found


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \n\t ", "empty"),
        (b"\0\0", "empty"),
        (b"<!-- only a comment -->", "not_html"),
        (b"<div>" * 20_000 + b"deep", "too_deep"),
        (b"<p>" + b"word " * 5_000_000, "too_large"),
        (b"a<br>" * 200_000, "too_large"),
    ],
)
def test_pages_beyond_the_limits_are_refused(content: bytes, reason: str) -> None:
    with pytest.raises(CleanError) as refused:
        parse(content, "utf-8")
    assert refused.value.reason == reason
    assert reason in REASONS


def test_a_page_of_too_many_elements_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_flatten, "MAX_ELEMENTS", 50)
    with pytest.raises(CleanError, match="too_large"):
        page("<i></i>" * 60)


def test_a_long_line_and_deep_nesting_are_read() -> None:
    content = b"<p>" + b"word " * 100_000 + b"</p>" + b"<div>" * 900 + b"deep"
    (cleaned,) = clean_pages([parse(content, "utf-8")])
    assert isinstance(cleaned, Cleaned | CleanError)


def test_bytes_that_are_not_of_the_charset_are_replaced() -> None:
    assert parse(b"<p>caf\xe9 \xff end</p>", "utf-8").text == "caf\ufffd \ufffd end"
    assert parse("<p>café</p>".encode("latin-1"), "latin-1").text == "café"


def test_the_body_is_the_article_and_nothing_else() -> None:
    assert article(ARTICLE).text == "\n\n".join(PARAGRAPHS)


def test_every_line_has_a_role() -> None:
    cleaned = article(ARTICLE)
    assert [line.text for line in cleaned.lines] == cleaned.raw_text.split("\n")
    roles = {line.text: line.role for line in cleaned.lines}
    assert roles["Home"] == "nav"
    assert roles["Swing bridge to close for two years"] == "headline"
    assert roles["By Jonas Hartog"] == "byline"
    assert roles["12 May 2021"] == "timestamp"
    assert roles["The bridge in April. Photo: T. Amsel"] == "caption"
    assert roles["Sign up for our newsletter and never miss a story."] == "promo"
    assert roles["Chandlery on the east bank turns one hundred"] == "related"
    assert roles["© 2021 Ellermouth Echo. All rights reserved."] == "legal"


def test_furniture_without_markup_of_its_own_is_told_by_its_wording() -> None:
    furniture = ("By Jonas Hartog", "12 May 2021", "Sign up for our newsletter to get more.")
    shown = [*furniture[:2], *PARAGRAPHS[:3], furniture[2], *PARAGRAPHS[3:]]
    markup = "".join(f"<p>{each}</p>" for each in shown)
    cleaned = article(f"<html><body><article><h1>Bridge</h1>{markup}</article></body></html>")
    assert cleaned.text == "\n\n".join(PARAGRAPHS)
    roles = {line.text: line.role for line in cleaned.lines}
    assert [roles[each] for each in furniture] == ["byline", "timestamp", "promo"]


def test_the_raw_text_can_be_rebuilt() -> None:
    cleaned = article(ARTICLE)
    rebuilt = rebuild(cleaned.raw_text, cleaned.text, removed_spans(cleaned))
    assert rebuilt == cleaned.raw_text


def test_an_article_printed_twice_is_kept_once() -> None:
    body = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    twice = (
        f"<html><body><div class='post'>{body}</div><div class='post'>{body}</div></body></html>"
    )
    cleaned = article(twice)
    assert cleaned.text.count(PARAGRAPHS[0]) == 1


def test_the_headline_is_named_once() -> None:
    roles = [
        line.role
        for line in article(
            ARTICLE.replace("<nav>", "<h2>Swing bridge to close for two years</h2><nav>")
        ).lines
    ]
    assert roles.count("headline") == 1


def test_an_answer_does_not_hang_on_the_batch() -> None:
    other = "<html><body><p>" + "</p><p>".join(reversed(PARAGRAPHS)) + "</p></body></html>"
    together = clean_pages([page(other), page(ARTICLE), page("<p>x</p>"), page(other)])
    alone = [clean_pages([page(markup)])[0] for markup in (other, ARTICLE)]
    assert together[:2] == alone
    assert together[3] == together[0]


def test_no_pages_no_articles() -> None:
    assert clean_pages([]) == []


@pytest.mark.parametrize(
    ("markup", "reason"),
    [
        ("<nav><a>Home</a></nav><p>Short.</p>", "no_prose"),
        ("<img src='a.png'>", "no_prose"),
        ("<title>404 Not Found</title><h1>Page not found</h1><p>Try the search.</p>", "error_page"),
        ("<title>Just a moment...</title><p>Please verify you are a human.</p>", "error_page"),
    ],
)
def test_pages_without_an_article_are_refused(markup: str, reason: str) -> None:
    (refused,) = clean_pages([page(f"<html><body>{markup}</body></html>")])
    assert isinstance(refused, CleanError)
    assert refused.reason == reason


def test_an_article_on_error_pages_is_an_article() -> None:
    markup = ARTICLE.replace(PARAGRAPHS[0], "The words “page not found” greeted readers. " * 4)
    assert "page not found" in article(markup).text


def test_the_tree_is_read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_decide, "UNSURE", 0.0)
    read = page(ARTICLE)
    before = etree.tostring(read.tree)
    clean_pages([read])
    assert etree.tostring(read.tree) == before


def test_trafilatura_is_asked_about_unsure_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    assert article(ARTICLE).extraction_method == "line_model"
    monkeypatch.setattr(html_decide, "UNSURE", 0.0)
    cleaned = article(ARTICLE)
    assert cleaned.extraction_method == "trafilatura"
    assert cleaned.text == "\n\n".join(PARAGRAPHS)


def test_trafilatura_is_spared_pages_too_large_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.clean.html_second.MAX_CHARACTERS", 100)
    read = page(ARTICLE)
    assert kept_blocks(read.tree, read.flat) is None


def test_the_share_kept_is_by_runs_of_words() -> None:
    blocks = page("<p>one two three four five</p><p>Short one</p><p>Short two</p>").flat.blocks
    assert share_kept(blocks, "zero one two three four\nShort one") == [0.5, 1.0, 0.0]


def test_the_headline_is_the_one_for_sharing_else_the_first_heading() -> None:
    assert page_title(page(ARTICLE).tree) == "swing bridge to close for two years"
    assert page_title(page("<h1> </h1><h1>The  Title</h1>").tree) == "the title"
    assert page_title(page("<p>none</p>").tree) == ""


def test_the_model_fits_the_features() -> None:
    columns = block_features([page(ARTICLE).flat], [""]).columns
    assert set(load("html").columns) <= set(columns)
    (found,) = body_probabilities([page(ARTICLE).flat], [""])
    assert len(found) == len(page(ARTICLE).flat.blocks)


_TAGS = st.sampled_from(["p", "div", "span", "a", "li", "br", "td", "tr", "table", "b", "pre"])
_TEXT = st.text(alphabet="ab .\n\t\u00a0é", max_size=20)
_PIECES = st.lists(st.tuples(_TAGS, _TEXT, st.booleans()), max_size=30)


@settings(max_examples=60, deadline=None)
@given(_PIECES)
def test_lines_cover_the_text_of_any_page(pieces: list[tuple[str, str, bool]]) -> None:
    markup = "".join(f"<{tag}>{text}{f'</{tag}>' if shut else ''}" for tag, text, shut in pieces)
    flat = page(f"<html><body>x{markup}</body></html>").flat
    assert [flat.text[b.start : b.end] for b in flat.blocks] == flat.text.split("\n")
    assert all(b.text and b.text == b.text.strip() for b in flat.blocks)
    assert all(parent < number for number, parent in enumerate(flat.parents) if number)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from([*PARAGRAPHS, "Share", "© 2021", "Read more"]), max_size=12))
def test_nothing_is_lost_in_cleaning(texts: list[str]) -> None:
    (cleaned,) = clean_pages([page("<body>x" + "".join(f"<p>{text}</p>" for text in texts))])
    if isinstance(cleaned, Cleaned):
        assert all(line.role in ROLES for line in cleaned.lines)
        assert rebuild(cleaned.raw_text, cleaned.text, removed_spans(cleaned)) == cleaned.raw_text
        assert any(line.role == BODY for line in cleaned.lines)
