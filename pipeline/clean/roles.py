"""Name the role of a line by its wording: rules from a data file, the first that fits.

Most rules only name lines that the model has taken out. Some are sure enough to take a line out
of the body, unless the model is surer still.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Final

from pipeline.fold import holds

#: Characters of a line that wordings are looked for in: all, or its start and its end.
_READ: Final = 400
_READ_OF_END: Final = 120
_CASE: Final = "case:"
_OPENS: Final = r"^\W*"
#: Characters of a run; what stands for words shorter than that, in ASCII and in any script.
_RUN: Final = 3
#: Pieces of lines that are kept with what they hint at.
_MOST_HINTS: Final = 30_000
_ASCII: Final = ("ascii",)
_ANY: Final = ("any",)
#: Letters from rare to common; what is none of them is rarer still.
_COMMON: Final = "zqjxkvbywgpfmucdlhrsnioate "
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
        return self.matches(line, lower)

    def matches(self, line: str, lower: str) -> bool:
        """Return whether the pattern alone, whatever words it needs, fits a line."""
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
def _deciding(words: int) -> int:
    """Return the rules, as bits, that may take a line of so many words out of the body."""
    return sum(1 << number for number, rule in enumerate(rules()) if words <= rule.decides)


# Furniture recurs, so that most lines asked for have been seen.
@functools.lru_cache(maxsize=50_000)
def _fitting(read: str) -> Rule | None:
    lower = read.lower()
    return _first_of(_worth_trying(read, lower), read, lower)


def _first_of(chosen: int, line: str, lower: str) -> Rule | None:
    """Return the first of the `chosen` rules, given as bits, that fits a line, or None."""
    while chosen:
        first = chosen & -chosen
        rule = rules()[first.bit_length() - 1]
        if rule.fits(line, lower):
            return rule
        chosen ^= first
    return None


def _worth_trying(line: str, lower: str) -> int:
    """Return, as bits, the rules of whose words a line may hold one, and those that need none."""
    index = _index()
    bits = 0
    for ruled in filter(None, map(_HINTS.__getitem__, lower.split())):
        bits |= ruled
    for word, ruled in index.words[_ASCII if lower.isascii() else _ANY]:
        if word in lower:
            bits |= ruled
    for find, any_case, ruled in index.wordless:
        if find(lower if any_case else line):
            bits |= ruled
    return bits


class _Hints(dict[str, int]):
    """The rules, as bits, that a piece of a line without blanks makes worth trying.

    Words recur far more than lines, and most hint at nothing: half a cache's time is its order.
    """

    def __missing__(self, piece: str) -> int:
        index = _index()
        bits = 0
        for run in index.runs.intersection(zip(piece, piece[1:], piece[2:], strict=False)):
            for word, ruled in index.words[run]:
                if word in piece:
                    bits |= ruled
        if len(self) >= _MOST_HINTS:
            self.clear()
        self[piece] = bits
        return bits


_HINTS: Final = _Hints()


@dataclass(frozen=True, slots=True)
class _Index:
    """What tells which rules are worth trying; rules are bits, by their number.

    `words` gives the words that rules need by one of their runs of three characters, the rarest:
    the rules need hundreds of words. Of several words the longest stands for all; those too short
    are together. `wordless`: the rules that need no word, all of a kind as one pattern.
    """

    runs: frozenset[tuple[str, ...]]
    words: Mapping[tuple[str, ...], Sequence[tuple[str, int]]]
    wordless: tuple[tuple[Callable[[str], object], bool, int], ...]


@functools.cache
def _index() -> _Index:
    needed: dict[str, int] = {}
    wordless: dict[tuple[bool, bool], int] = {}
    for number, rule in enumerate(rules()):
        for word in rule.needs:
            needed[word] = needed.get(word, 0) | 1 << number
        if not rule.needs:
            kind = (rule.any_case, rule.anchored)
            wordless[kind] = wordless.get(kind, 0) | 1 << number
    words: dict[tuple[str, ...], list[tuple[str, int]]] = {_ASCII: [], _ANY: []}
    for word, ruled in needed.items():
        longest = max(word.split(), key=len)
        for run in _runs_of(longest):
            told = longest if len(longest) >= _RUN else word
            words.setdefault(run, []).append((told, ruled))
    kinds = tuple(
        (_any_of(ruled, anchored), any_case, ruled)
        for (any_case, anchored), ruled in wordless.items()
    )
    return _Index(frozenset(words), words, kinds)


def _runs_of(word: str) -> Iterable[tuple[str, ...]]:
    """Return by which runs a word is found: its rarest, or those that stand for short words."""
    if len(word) < _RUN:
        return (_ASCII, _ANY) if word.isascii() else (_ANY,)
    runs = zip(word, word[1:], word[2:], strict=False)
    return (min(runs, key=lambda run: (sum(map(_COMMON.find, run)), run)),)


def _any_of(ruled: int, anchored: bool) -> Callable[[str], object]:
    """Return what tells whether any of these rules has its pattern in a line."""
    patterns = [rule.pattern.pattern for n, rule in enumerate(rules()) if ruled >> n & 1]
    # What most open with is looked at once.
    alike = [pattern.removeprefix(_OPENS) for pattern in patterns if pattern.startswith(_OPENS)]
    others = [pattern for pattern in patterns if not pattern.startswith(_OPENS)]
    joined = re.compile("|".join([*others, f"{_OPENS}(?:{'|'.join(alike)})"] if alike else others))
    return joined.match if anchored else joined.search


def fitting_rule(line: str) -> Rule | None:
    """Return the first rule that fits `line`, or None."""
    return _fitting(_read(line))


def rule_role(line: str) -> tuple[str, str] | None:
    """Return the role of `line` and the name of the rule that says so, or None."""
    rule = fitting_rule(line)
    return (rule.role, f"wording:{rule.name}") if rule else None


def decided_role(line: str) -> tuple[str, str] | None:
    """Return role and rule of `line` where its wording alone takes it out of the body."""
    read = _read(line)
    lower = read.lower()
    worth, deciding = _worth_trying(read, lower), _deciding(len(line.split()))
    # Few rules decide for lines as long as this: where none of them fits, no other matters.
    rule = _first_of(worth & deciding, read, lower)
    if rule is None:
        return None
    before = (1 << rules().index(rule)) - 1
    if _first_of(worth & before & ~deciding, read, lower):
        return None
    return rule.role, f"wording:{rule.name}"
