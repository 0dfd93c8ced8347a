import re

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.describe.fold import fold, spaced

TEXTS = st.text("aB1 9_\t\x1c\xa0\u0665é’“\ud800Σİß中²Ⅷ\u0301-…", max_size=60)


@settings(deadline=None)
@given(TEXTS)
def test_only_letters_and_digits_are_left(text):
    assert fold(text) == re.sub(r"[\W_]+", "", text.casefold())


@settings(deadline=None)
@given(TEXTS)
def test_all_else_becomes_blanks_between_words(text):
    assert "".join(spaced(text).split()) == fold(text)
