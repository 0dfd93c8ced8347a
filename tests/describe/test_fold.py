import re

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.describe.fold import fold, spaced, squeeze

TEXTS = st.text("aB1 9_\t\x1c\xa0\u0665é’“\ud800Σİß中²Ⅷ\u0301-…", max_size=60)


@settings(deadline=None)
@given(TEXTS)
def test_only_letters_and_digits_are_left(text):
    assert fold(text) == re.sub(r"[\W_]+", "", text.casefold())


@settings(deadline=None)
@given(TEXTS)
def test_all_else_becomes_blanks_between_words(text):
    assert "".join(spaced(text).split()) == fold(text)


@settings(deadline=None)
@given(st.text("a 9\t\n\x1c\x85\xa0\u2003\u200b\ufeffé“\ud800\xad", max_size=40))
def test_blanks_become_single_spaces(text):
    assert squeeze(text) == " ".join(text.replace("\u200b", "").replace("\ufeff", "").split())
