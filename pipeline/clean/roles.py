"""Name the role of a line that is not body by its wording: rules from a data file, first match.

The rules name lines, they do not decide what is body: that is the model's work.
"""

from __future__ import annotations

import functools
import re
from importlib import resources
from typing import Final

_READ: Final = 400


@functools.cache
def rules() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    """Return role, name and pattern of each rule of `data/line_rules.tsv`, in order."""
    text = resources.files("pipeline.clean").joinpath("data/line_rules.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line and line[0] != "#")
    return tuple((role, name, re.compile(form, re.IGNORECASE)) for role, name, form in rows)


@functools.lru_cache(maxsize=50_000)
def rule_role(line: str) -> tuple[str, str] | None:
    """Return the role of `line` and the name of the rule that says so, or None."""
    read = line.strip()[:_READ]
    for role, name, pattern in rules():
        if pattern.search(read):
            return role, f"wording:{name}"
    return None
