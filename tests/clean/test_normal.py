import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean.normal import normalise


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("  two \t blanks\u00a0here ", "two blanks here"),
        ("cafe\u0301", "café"),
        ("news\u00adpaper", "newspaper"),
        ("zero\u200bwidth", "zerowidth"),
        ("itâ€™s", "it’s"),
        ("MÃ¼nchen", "München"),
        ("a\x00b", "ab"),
        ("\x93Yes,\x94 he said \x96 at last", "“Yes,” he said – at last"),
    ],
)
def test_normal_form(raw, normal):
    assert normalise(raw) == normal


@pytest.mark.parametrize("text", ["Ângela", "São Paulo", "naïve façade", "Ünal said “Ça va”"])
def test_what_may_be_meant_is_left_alone(text):
    assert normalise(text) == text


@settings(deadline=None)
@given(st.text())
def test_a_normal_form_has_single_blanks_and_none_at_its_ends(text):
    normal = normalise(text)
    assert normal == " ".join(normal.split())
