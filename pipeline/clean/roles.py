"""Name the role of a line by its wording: rules from a data file, the first that fits.

Most rules only name lines that the model has taken out. Some are sure enough to take a line out
of the body, unless the model is surer still.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from importlib import resources
from typing import Final

from pipeline.fold import holds

#: Characters of a line that wordings are looked for in: all, or its start and its end.
_READ: Final = 400
_READ_OF_END: Final = 120
_CASE: Final = "case:"
#: How sure it is that what a wording takes out is not body: all of 1,015 such lines in annotated
#: texts (58 of them against the model), cautiously.
WORDED: Final = 0.95


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of `data/line_rules.tsv`; it decides alone for lines of up to `decides` words."""

    role: str
    name: str
    decides: int
    needs: tuple[str, ...]
    pattern: re.Pattern[str]
    any_case: bool
    anchored: bool

    def fits(self, line: str, lower: str) -> bool:
        """Return whether the rule fits a line, given as it stands and in small letters."""
        # Looking for words first is many times cheaper than the pattern.
        if self.needs and not holds(lower, self.needs):
            return False
        find = self.pattern.match if self.anchored else self.pattern.search
        return find(lower if self.any_case else line) is not None


def _read(line: str) -> str:
    """Return what of a line is read; a line break stands for what is left out."""
    line = line.strip()
    if len(line) <= _READ:
        return line
    return f"{line[: _READ - _READ_OF_END]}\n{line[-_READ_OF_END:]}"


@functools.cache
def rules() -> tuple[Rule, ...]:
    """Return the rules of `data/line_rules.tsv`, in order."""
    text = resources.files("pipeline.clean").joinpath("data/line_rules.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line and line[0] != "#")
    return tuple(
        Rule(role, name, int(most), tuple(needs.split("|")) if needs else (),
             re.compile(form.removeprefix(_CASE)), form[:5] != _CASE,
             form.removeprefix(_CASE)[:1] == "^")
        for role, name, most, needs, form in rows
    )  # fmt: skip


@functools.lru_cache(maxsize=256)
def _deciding(words: int) -> tuple[Rule, ...]:
    """Return the rules that may take a line of so many words out of the body."""
    return tuple(rule for rule in rules() if words <= rule.decides)


# Furniture recurs, so that most lines asked for have been seen.
@functools.lru_cache(maxsize=50_000)
def _fitting(read: str) -> Rule | None:
    lower = read.lower()
    for rule in rules():
        if rule.fits(read, lower):
            return rule
    return None


def fitting_rule(line: str) -> Rule | None:
    """Return the first rule that fits `line`, or None."""
    return _fitting(_read(line))


def rule_role(line: str) -> tuple[str, str] | None:
    """Return the role of `line` and the name of the rule that says so, or None."""
    rule = fitting_rule(line)
    return (rule.role, f"wording:{rule.name}") if rule else None


def decided_role(line: str) -> tuple[str, str] | None:
    """Return role and rule of `line` where its wording alone takes it out of the body."""
    words = len(line.split())
    read = _read(line)
    lower = read.lower()
    # Few rules decide for lines as long as this: where none of them fits, no other matters.
    for candidate in _deciding(words):
        if candidate.fits(read, lower):
            break
    else:
        return None
    rule = fitting_rule(line)
    if rule is None or words > rule.decides:
        return None
    return rule.role, f"wording:{rule.name}"
