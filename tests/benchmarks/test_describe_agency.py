from __future__ import annotations

from benchmarks import describe, describe_agency
from benchmarks.describe_agency import Judged, Reading, outcome


def _reading(shown: str, *, kind: str = "text/plain", url: str | None = None) -> Reading:
    accepted = {"agency": ("AP", "AFP"), "agency_contributed": ()}
    one = Judged("set", "a", accepted, frozenset(), shown)
    return Reading("texts", "elm.test", one, describe.document_of("a", url, kind, b""))


def test_every_judgement_can_be_read() -> None:
    judged = describe_agency.judged_documents().values()
    assert {one.shown for one in judged} == {"-", "text", "markup", "address"}
    assert all(set(one.accepted) == set(describe_agency.FIELDS) for one in judged)
    assert any(len(one.accepted["agency"]) > 1 for one in judged)
    assert all(one.shown != "-" for one in judged if one.accepted["agency"])


def test_what_a_form_does_not_show_is_not_missed() -> None:
    assert outcome(_reading("text"), "agency", None) == (False, None)
    assert outcome(_reading("address"), "agency", None) == (None, None)
    assert outcome(_reading("address", url="https://elm.test/a"), "agency", "afp") == (True, True)
    assert outcome(_reading("markup"), "agency", "dpa") == (None, False)
    assert outcome(_reading("markup", kind="text/html"), "agency", "AP") == (True, True)
    assert outcome(_reading("text"), "agency_contributed", "AP") == (None, False)
