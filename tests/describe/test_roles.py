from pipeline.describe.roles import confirmed
from pipeline.records import Cleaned, Line, Metadata


def _cleaned(*lines: tuple[str, str]) -> Cleaned:
    raw = "\n".join(text for text, _ in lines)
    placed, start = [], 0
    for text, role in lines:
        placed.append(Line(start, start + len(text), text, role, "line_model", 0.9))
        start += len(text) + 1
    return Cleaned(raw, tuple(placed), "", "line_model")


def _roles(cleaned: Cleaned) -> list[str]:
    return [line.role for line in cleaned.lines]


def test_the_chosen_headline_and_masthead_name_their_lines():
    cleaned = _cleaned(
        ("The Harbour Times", "nav"),
        ("Ferry Runs Aground", "nav"),
        ("FERRY RUNS AGROUND", "nav"),
        ("The ferry ran aground on Monday.", "body"),
    )
    metadata = Metadata(headline="Ferry Runs Aground", outlet="The Harbour Times")
    found = confirmed(cleaned, metadata)
    assert _roles(found) == ["outlet", "headline", "repeat", "body"]
    assert found.lines[1].rule == "chosen_field"
    assert found.lines[3] is cleaned.lines[3]


def test_body_lines_and_roles_that_agree_stay():
    cleaned = _cleaned(("Ferry runs aground", "body"), ("Ferry runs aground", "headline"))
    found = confirmed(cleaned, Metadata(headline="Ferry runs aground"))
    assert _roles(found) == ["body", "headline"]
    assert found.lines[1].rule == "line_model"


def test_without_fields_nothing_changes():
    cleaned = _cleaned(("Home", "nav"))
    assert confirmed(cleaned, Metadata()) is cleaned
