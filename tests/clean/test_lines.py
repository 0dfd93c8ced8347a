import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.clean.lines import equals, phrase_hash, plain_texts, split, word_hash
from pipeline.clean.normal import normalise


def lines_of(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


@settings(deadline=None)
@given(st.lists(st.text(max_size=80), max_size=5))
@example(["0\r\n", "a\r\nb\r", "\r\n\r\nc\r\n"])
def test_lines_are_those_of_splitlines(texts):
    lines = split(texts)
    found = [
        [lines.raw(row) for row in range(lines.first[at], lines.first[at + 1])]
        for at in range(len(texts))
    ]
    assert found == [lines_of(text) for text in texts]


@settings(deadline=None)
@given(st.lists(st.text(alphabet="ab \n\r\t1é.“", max_size=60), min_size=1, max_size=4))
def test_words_are_runs_of_letters_and_digits_within_a_line(texts):
    lines = split(texts)
    words = lines.words
    for row in range(len(lines)):
        own = slice(words.first[row], words.first[row + 1])
        base = lines.offset[lines.text[row]]
        raw = texts[lines.text[row]]
        places = zip(words.start[own] - base, words.end[own] - base, strict=True)
        spelt = [raw[start:end] for start, end in places]
        expected = "".join(c if c.isalnum() else " " for c in lines.raw(row)).split()
        assert spelt == expected
        assert (words.line[own] == row).all()


def test_a_word_hash_ignores_case_and_which_digits():
    lines = split(["Harbour HARBOUR harbour 2018 1999 20180"])
    hashes = lines.words.hash.tolist()
    assert hashes[0] == hashes[1] == hashes[2] == word_hash("harbour")
    assert hashes[3] == hashes[4] != hashes[5]


def test_a_line_hash_is_that_of_its_run_of_words():
    lines = split(["one two\nthree four five", "three  four, five"])
    hashes = lines.hashes
    assert hashes[1] == hashes[2] != hashes[0]
    assert hashes[1] == phrase_hash([word_hash(w) for w in ("three", "four", "five")])
    assert lines.words.runs[2][2] == hashes[1]


def test_windows_line_ends_are_no_blank_lines():
    assert split(["a\r\nb\r\n\r\nc"]).gap.tolist() == split(["a\nb\n\nc"]).gap.tolist() == [0, 0, 1]


def test_characters_beyond_the_basic_plane_and_lone_surrogates_are_read():
    lines = split(["😀 word \ud800\nnext"])
    assert len(lines) == 2
    assert lines.words.hash[0] == word_hash("word")


def test_scripts_without_blanks_have_a_word_a_character():
    assert np.diff(split(["新聞記事"]).words.first).tolist() == [4]


def test_nothing_gives_no_lines():
    assert len(split([])) == len(split(["", " \n\t"])) == 0


@settings(deadline=None)
@given(st.lists(st.integers(0, 40) | st.integers(0, 2**64 - 1), max_size=300))
def test_equal_keys_share_the_place_of_one_of_them(keys):
    found = equals(np.array(keys, dtype=np.uint64)).tolist()
    assert [keys[place] for place in found] == keys
    assert len(set(found)) == len(set(keys))


def test_a_run_of_words_that_its_text_has_again_has_one_number_there():
    words = split(["a b c d e\na b c d", "a b c d"]).words
    assert words.again.tolist() == [0, 5]
    assert words.again_run[0] == words.again_run[1]


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from("ab ’…\té\xa0\r\n\u2060"), max_size=8).map("".join)))
def test_lines_of_plain_texts_are_in_normal_form(texts):
    lines = split(texts)
    plain = plain_texts(lines)
    for row, text in enumerate(lines.text.tolist()):
        if plain[text]:
            assert lines.raw(row).strip(" ") == normalise(lines.raw(row))


def test_usual_prose_is_plain():
    assert plain_texts(split(["“One…”\nTwo.\r\n\n Three", "A  b", "café", ""])) == [
        True, False, False, True,
    ]  # fmt: skip
