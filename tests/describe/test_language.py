# ruff: noqa: E501 - the texts are one sentence each
from __future__ import annotations

import pytest

from pipeline.describe import language
from pipeline.records import Candidate
from tests.describe.build import context

TEXTS = {
    "en": "The council voted on Thursday night to close the old bridge, and the mayor said that a new one would open within two years.",
    "de": "Der Stadtrat hat am Donnerstag beschlossen, die alte Brücke zu schließen, und die Bürgermeisterin kündigte einen Neubau an.",
    "fr": "Le conseil municipal a décidé jeudi soir de fermer le vieux pont, et la maire a annoncé qu'un nouveau serait construit.",
    "es": "El consejo municipal decidió el jueves cerrar el viejo puente, y la alcaldesa anunció que se construirá uno nuevo.",
    "it": "Il consiglio comunale ha deciso giovedì di chiudere il vecchio ponte, e la sindaca ha annunciato che ne sarà costruito uno nuovo.",
    "ru": "Городской совет решил в четверг закрыть старый мост, а мэр объявила, что через два года будет построен новый.",
    "zh": "市议会星期四晚上决定关闭这座旧桥,市长宣布两年之内将建成一座新桥。居民们对这个决定表示欢迎,但是商店老板担心生意受到影响。",
    "ja": "市議会は木曜日の夜に古い橋を閉鎖することを決め、市長は二年以内に新しい橋が完成すると発表しました。住民はこの決定を歓迎しています。",
    "ar": "قرر مجلس المدينة مساء الخميس إغلاق الجسر القديم وأعلنت رئيسة البلدية أن جسرا جديدا سيفتح خلال عامين.",
}


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_languages(code: str) -> None:
    found, score = language.detect([TEXTS[code]])[0]
    assert found == code
    assert score is not None and 0.9 <= score <= 1


@pytest.mark.parametrize("text", ["", "   ", "Bridge closed", "12:30 | 2019 | 44", "!!!", "\ud800"])
def test_too_short(text: str) -> None:
    assert language.detect([text]) == [(None, None)]


def test_mixed_text_has_no_language() -> None:
    mixed = TEXTS["en"] * 3 + " " + TEXTS["de"] * 3 + " " + TEXTS["fr"] * 3
    assert language.detect([mixed]) == [(None, None)]


def test_answers_do_not_depend_on_the_batch() -> None:
    texts = list(TEXTS.values())
    together = language.detect(texts)
    assert [language.detect([text])[0] for text in reversed(texts)] == together[::-1]


def test_capitals_and_addresses_do_not_count() -> None:
    noisy = "https://example.com/the/and/with " + TEXTS["de"] + " INFO@EXAMPLE.COM NASA FBI"
    assert language.detect([noisy])[0][0] == "de"


def test_markup_is_a_weaker_candidate() -> None:
    mark = Candidate("language", "de-DE", 0.5, "html_lang", "de-DE")
    found = language.candidates(context([("body", TEXTS["en"])], markup=[mark]))
    assert [c.value for c in found] == ["en", "de"]
    assert found[0].confidence > found[1].confidence
    short = language.candidates(context([("body", "Kurz.")], markup=[mark]))
    assert [c.value for c in short] == ["de"]


def test_a_text_that_was_not_decoded_has_no_language() -> None:
    text = "The council voted on Thursday night to close the old bridge for good, they said. " * 9
    assert language.detect([text])[0][0] == "en"
    spoilt = text.replace("e", "\ufffd").replace("o", "\ufffd")
    assert language.detect([spoilt]) == [(None, None)]
