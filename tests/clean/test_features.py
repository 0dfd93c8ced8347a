import numpy as np

from pipeline.clean.features import line_features, shifted, window_sum
from pipeline.clean.lines import split
from pipeline.clean.phrases import phrase_columns
from pipeline.clean.stop_words import stop_words
from tests.clean.texts import ARTICLE, PAGE


def test_features_of_a_text_do_not_depend_on_the_batch():
    texts = [PAGE, ARTICLE, "One line only"]
    together = line_features(split(texts))
    lines = split(texts)
    for number, text in enumerate(texts):
        alone = line_features(split([text]))
        own = slice(lines.first[number], lines.first[number + 1])
        for name, column in together.items():
            np.testing.assert_array_equal(column[own], alone[name], err_msg=name)


def test_windows_stop_at_the_text():
    lines = split(["a\nb\nc", "d\ne"])
    ones = np.ones(5)
    assert window_sum(lines, ones, 1, 1).tolist() == [2, 3, 2, 2, 2]
    assert shifted(lines, np.arange(5.0), 1).tolist() == [1, 2, -1, 4, -1]


def test_prose_is_dense_in_function_words_in_every_language():
    prose = {
        "en": "The council said that it would not pay for the pier.",
        "de": "Der Rat hat gesagt, dass er nicht für die Brücke zahlen wird.",
        "fr": "Le conseil a dit qu’il ne paie pas pour le pont dans la ville.",
    }
    for code, text in prose.items():
        assert line_features(split([text]))["stop_density"][0] > 0.4, code
    assert len(stop_words()) >= 15


def test_a_repeated_line_is_counted():
    columns = line_features(split(["Share this\nA line of prose\nshare this"]))
    assert columns["times"].tolist() == [2, 1, 2]
    assert columns["times_before"].tolist() == [0, 0, 1]


def test_phrases_are_found_by_role_and_place():
    lines = split(["Sign up for our newsletter\nHe would sign up for our plan\nMarch 2, 2019"])
    columns = phrase_columns(lines)
    assert columns["phrase_promo"][0] > columns["phrase_promo"][1] > 0
    assert columns["opens_promo"][0] > 0 == columns["opens_promo"][1]
    assert columns["phrase_timestamp"][2] > 0
