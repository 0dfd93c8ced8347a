"""Name the role of a line by its wording: rules from a data file, the first that fits.

Most rules only name lines that the model has taken out. Some are sure enough to take a line out
of the body, unless the model is surer still.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Final, NamedTuple

from pipeline.clean.word_index import WordIndex

#: Characters of a line that wordings are looked for in: all, or its start and its end.
_READ: Final = 400
_READ_OF_END: Final = 120
_CASE: Final = "case:"
_OPENS: Final = r"^\W*"
#: What a group opens with that is kept for later, among all that may hold such a bracket.
_GROUP: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?!\?)")
_FEW: Final = 4
#: How sure it is that what a wording takes out is not body: all of 1,015 such lines in annotated
#: texts (58 of them against the model), cautiously.
WORDED: Final = 0.95

#: A role, and the name of the rule that tells it.
Told = tuple[str, str]

#: Furniture recurs: the rules of lines met before are kept, of so many of them.
_MOST_KNOWN: Final = 50_000
_KNOWN: Final[dict[str, Rule | None]] = {}


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

    def matches(self, line: str, lower: str) -> bool:
        """Return whether the pattern fits a line, given as it stands and in small letters.

        The rule fits if the line also holds one of the words that it needs.
        """
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
             _compiled(form.removeprefix(_CASE)), form[:5] != _CASE,
             form.removeprefix(_CASE)[:1] == "^")
        for role, name, most, needs, form in rows
    )  # fmt: skip


def _compiled(form: str) -> re.Pattern[str]:
    """Return the pattern; nobody asks what its groups hold, and keeping it takes half the time."""
    return re.compile(_GROUP.sub(lambda part: part[0] + "?:" * (part[0] == "("), form))


@functools.cache
def _word_index() -> WordIndex:
    return WordIndex(rule.needs for rule in rules())


@functools.lru_cache(maxsize=256)
def _deciding(words: int) -> int:
    """Return the rules, as bits, that may take a line of so many words out of the body."""
    return sum(1 << number for number, rule in enumerate(rules()) if words <= rule.decides)


class _Read(NamedTuple):
    """A line as it is read, as it stands and in small letters; rules of whose words it holds one.

    Rules are bits here, each at the place of its number.
    """

    line: str
    lower: str
    held: int

    def first_of(self, chosen: int) -> int:
        """Return the first of the `chosen` rules that fits the line, as a bit, or 0."""
        worth = chosen & (self.held | _wordless_worth_trying(chosen, self.line, self.lower))
        while worth:
            first = worth & -worth
            if rules()[first.bit_length() - 1].matches(self.line, self.lower):
                return first
            worth ^= first
        return 0


def _read_all(reads: Sequence[str]) -> list[_Read]:
    lowers = [read.lower() for read in reads]
    return list(map(_Read, reads, lowers, _word_index().found(lowers)))


def _wordless_worth_trying(chosen: int, line: str, lower: str) -> int:
    """Return rules that need no word and may fit a line, at least all of the chosen that do."""
    worth = 0
    for find, any_case, bits in _wordless():
        # A few are tried as fast as all of them at once.
        if (chosen & bits).bit_count() < _FEW or find(lower if any_case else line):
            worth |= bits
    return worth


@functools.cache
def _wordless() -> tuple[tuple[Callable[[str], object], bool, int], ...]:
    """Return the rules that need no word by kind: all as one pattern, its case, and as bits."""
    kinds: dict[tuple[bool, bool], int] = {}
    for number, rule in enumerate(rules()):
        if not rule.needs:
            kind = (rule.any_case, rule.anchored)
            kinds[kind] = kinds.get(kind, 0) | 1 << number
    return tuple(
        (_any_of(bits, anchored), any_case, bits) for (any_case, anchored), bits in kinds.items()
    )


def _any_of(bits: int, anchored: bool) -> Callable[[str], object]:
    """Return what tells whether any of these rules has its pattern in a line."""
    patterns = [rule.pattern.pattern for n, rule in enumerate(rules()) if bits >> n & 1]
    # What most open with is looked at once.
    alike = [pattern.removeprefix(_OPENS) for pattern in patterns if pattern.startswith(_OPENS)]
    others = [pattern for pattern in patterns if not pattern.startswith(_OPENS)]
    joined = re.compile("|".join([*others, f"{_OPENS}(?:{'|'.join(alike)})"] if alike else others))
    return joined.match if anchored else joined.search


def fitting_rules(lines: Sequence[str]) -> list[Rule | None]:
    """Return for each of `lines` the first rule that fits it, or None."""
    reads = [_read(line) for line in lines]
    if len(_KNOWN) > _MOST_KNOWN:
        _KNOWN.clear()
    for new in _read_all([read for read in dict.fromkeys(reads) if read not in _KNOWN]):
        _KNOWN[new.line] = _rule(new.first_of((1 << len(rules())) - 1))
    return [_KNOWN[read] for read in reads]


def rule_roles(lines: Sequence[str]) -> list[Told | None]:
    """Return the role of each of `lines` and the name of the rule that says so, or None.

    Many cost a third of what they do one by one, which is as fast for lines asked for before.
    """
    return [_told(rule) for rule in fitting_rules(lines)]


def rule_role(line: str) -> Told | None:
    """Return what `rule_roles` does, of one line."""
    return rule_roles([line])[0]


def decided_role(line: str) -> Told | None:
    """Return role and rule of `line` where its wording alone takes it out of the body."""
    return decided_roles([line])[0]


def decided_roles(lines: Sequence[str]) -> list[Told | None]:
    """Return what `decided_role` does, of each of `lines`."""
    found = []
    for line, read in zip(lines, _read_all([_read(line) for line in lines]), strict=True):
        deciding = _deciding(len(line.split()))
        # Few rules decide for long lines: where none of them fits, no other matters.
        rule = read.first_of(deciding)
        before = (rule - 1) & ~deciding if rule else 0
        found.append(None if before and read.first_of(before) else _told(_rule(rule)))
    return found


def _rule(bit: int) -> Rule | None:
    return rules()[bit.bit_length() - 1] if bit else None


def _told(rule: Rule | None) -> Told | None:
    return (rule.role, f"wording:{rule.name}") if rule else None
