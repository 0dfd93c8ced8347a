"""Hints: which lines are worth a look, whatever stands beside them."""

from __future__ import annotations

from pipeline.describe.hints import AGENCY, FIGURE, POINTS, REPORTED, WRITTEN, of_articles
from tests.describe.build import context


def _hints(*texts: str) -> list[int]:
    return of_articles([context([("body", text) for text in texts]).cleaned])[0]


def test_words_are_found_whatever_their_case_and_place() -> None:
    assert _hints("Reporting by Jane Doe", "(WRITTEN by X)", "who reported") == [
        REPORTED, REPORTED | WRITTEN, REPORTED | WRITTEN,
    ]  # fmt: skip
    assert _hints("Story highlights", "Key Points", "She points out") == [POINTS] * 3
    assert _hints("rewritten", "pointless", "unreported", "by") == [0] * 4


def test_names_of_agencies_are_found_as_printed() -> None:
    assert _hints("“Reuters”", "(AP)", "REUTERS/Jane", "dpa", "新华社") == [
        AGENCY, AGENCY, AGENCY, AGENCY, AGENCY | FIGURE,
    ]  # fmt: skip
    assert _hints("reuters", "ap", "CAP", "Appeal") == [0] * 4


def test_figures_of_any_script() -> None:
    assert _hints("May 3", "no – figure “here”", "٣", "", "v2") == [
        FIGURE, 0, FIGURE | AGENCY, 0, FIGURE,
    ]  # fmt: skip


def test_a_batch_has_the_hints_of_its_articles() -> None:
    texts = [["Reuters", "1"], [], ["none"], ["Written", "", "AP"]]
    articles = [context([("body", text) for text in each]).cleaned for each in texts]
    assert of_articles(articles) == [of_articles([each])[0] for each in articles]
    assert of_articles([]) == []
