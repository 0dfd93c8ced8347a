from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean.word_index import WordIndex

NEEDS = [("@",), ("by", "von "), ("ferry", "harbour"), ("ferry line",), ("更多",), ("(c", "zzz")]
PIECES = [word for words in NEEDS for word in words] + ["the", "ferr", "y l", " ", "\n", "é", "多"]


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=6).map("".join), max_size=8))
@settings(max_examples=200, deadline=None)
def test_words_are_found_in_each_line_as_if_looked_for_one_by_one(lines):
    wanted = [
        sum(1 << number for number, words in enumerate(NEEDS) if any(w in line for w in words))
        for line in lines
    ]
    assert WordIndex(NEEDS).found(lines) == wanted
