"""Lines whose neighbours tell better than the model whether they are body.

Turns of an interview or transcript, the last sentences of an article without a page around it,
scraps of body left among furniture. What a line's own wording says is `roles`' work.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from pipeline.clean.place import Verdict
from pipeline.clean.roles import rule_role
from pipeline.records import BODY

#: Fewest turns of a conversation, and of any one speaker.
_TURNS: Final = 5
_OF_ONE: Final = 2
_SPEAKER: Final = re.compile(r"\W{0,3}([A-Z][^\s:;!?]{0,20}( [^\s:;!?]{1,20}){0,3})\s?:\s\S")
#: Rows beyond its surest turns that a conversation may begin and end in.
_NEAR: Final = 6
#: Words of a sentence that may open an article at some distance from the rest, its probability
#: of body from which on the model does not rule it out, and the same where something else stands
#: between it and the body.
_SENTENCE: Final = 10
_POSSIBLE: Final = 0.25
_LIKELY: Final = 0.4
#: The same below an article, and the lines there may be of a text without a page around it.
_LIKELIER: Final = 0.45
_FEW_BELOW: Final = 3
_CLOSED: Final = (".", ".”", '."', ".'", ".’")
_STOPS: Final = (".", "!", "?", "”", '"', ".)")
_WORD: Final = re.compile(r"[\w’'-]+")
#: Rows between two rows of body that belong to it, unless the model is all but sure of the
#: contrary.
_GAP: Final = 2
_HARDLY: Final = 0.15
#: Words of a scrap at most, and how its end differs from a sentence's.
_SCRAP: Final = 14
_ENDS: Final = re.compile(r"[.!?…:;,。！？।۔][\"'”’»)\]]{0,2}\s*$")
#: Furniture that stands between headline and body, and what only stands below a body.
_ABOVE: Final = frozenset({"timestamp", "social", "byline"})
_BELOW: Final = frozenset({"related", "social", "legal", "promo"})


def turns(texts: Sequence[str], is_body: Sequence[bool]) -> list[int]:
    """Return the rows of a text that are turns of a conversation, where most of them are body.

    A turn opens with a speaker ("Q:", "KLEIN:"); two speakers or more speak twice or more.
    """
    found = [
        (row, match[1].lower())
        for row, text in enumerate(texts)
        if ":" in text[:48] and (match := _SPEAKER.match(text[:60]))
    ]
    if len(found) < _TURNS:
        return []
    times = Counter(speaker for _, speaker in found)
    speakers = {speaker for speaker, number in times.items() if number >= _OF_ONE}
    # Introduced by full name and office: "ANNA KLEIN, HOST:".
    rows = [row for row, speaker in found if speakers & {speaker, *_WORD.findall(speaker)}]
    said = [row for row in rows if is_body[row]]
    if len(speakers) < _OF_ONE or len(rows) < _TURNS or 2 * len(said) < len(rows):
        return []
    near = range(said[0] - _NEAR, said[-1] + _NEAR + 1)
    missed = [row for row in rows if row in near and not is_body[row]]
    repeats = Counter(texts)
    return [row for row in missed if repeats[texts[row]] == 1 and not rule_role(texts[row])]


def scraps(texts: Sequence[str], verdicts: Sequence[Verdict]) -> list[tuple[int, str]]:
    """Return the rows of short runs of body cut off from it by furniture, with their roles.

    A run without a sentence in it above the date or the share links is a headline; one below
    links to stories is another.
    """
    body = [row for row, verdict in enumerate(verdicts) if verdict[0] == BODY]
    found: list[tuple[int, str]] = []
    if len(body) == len(verdicts):
        return found
    if body and not _ENDS.search(texts[body[0]][-8:]):
        run = _run(verdicts, body[0], 1)
        below = next((row for row in body if row > run[-1]), None)
        between = {_told(verdict) for verdict in verdicts[run[-1] + 1 : below]} - {""}
        if below is not None and between and between <= _ABOVE and _is_scrap(texts, run):
            found += [(row, "headline" if row == run[-1] else "section") for row in run]
    if body and not _ENDS.search(texts[body[-1]][-8:]):
        run = _run(verdicts, body[-1], -1)
        if run[-1] > body[0] and _told(verdicts[run[-1] - 1]) in _BELOW and _is_scrap(texts, run):
            found += [(row, "related") for row in run]
    return found


def _run(verdicts: Sequence[Verdict], row: int, step: int) -> list[int]:
    """Return the rows of body from `row` on, in steps of 1 or -1."""
    rows = []
    while 0 <= row < len(verdicts) and verdicts[row][0] == BODY:
        rows.append(row)
        row += step
    return rows


def _told(verdict: Verdict) -> str:
    """Return the role of a line that its wording tells, else ""."""
    return verdict[0] if verdict[1].startswith("wording:") else ""


def _is_scrap(texts: Sequence[str], rows: Sequence[int]) -> bool:
    words = sum(len(texts[row].split()) for row in rows)
    return words <= _SCRAP and not any(_ENDS.search(texts[row][-8:]) for row in rows)


def opening(
    texts: Sequence[str], words: Sequence[int], first: int, chance: Sequence[float]
) -> list[int]:
    """Return the rows above the first body row that open the article as sentences of it.

    First paragraphs look like standfirsts and captions; with no page around them they are none.
    Short sentences count right above the body only. `words` and `chance`, as many as `texts`:
    their words, and their probability of body.
    """
    found: list[int] = []
    least = _POSSIBLE
    for row in range(first - 1, -1, -1):
        short = row == first - len(found) - 1 and texts[row].rstrip().endswith(_CLOSED)
        if chance[row] >= least and _is_said(texts[row], words[row], 2 if short else _SENTENCE):
            found.append(row)
        else:
            least = _LIKELY
    return found


def closing(
    texts: Sequence[str], words: Sequence[int], last: int, chance: Sequence[float]
) -> list[int]:
    """Return the rows right below the last body row that end the article as sentences of it.

    On a page, with much below them, they are more often biographies and pitches.
    """
    found: list[int] = []
    least = _HARDLY if len(texts) - last <= _FEW_BELOW + 1 else _LIKELIER
    for row in range(last + 1, len(texts)):
        if chance[row] < least or not _is_said(texts[row], words[row], 3):
            break
        found.append(row)
    return found


def _is_said(text: str, words: int, fewest: int) -> bool:
    """Tell whether a line is a sentence of some words, without any wording of furniture."""
    return words >= fewest and text.rstrip().endswith(_STOPS) and rule_role(text) is None


def between(body: Sequence[int], chance: Sequence[float]) -> list[int]:
    """Return the rows of a squeezed text in small gaps between the rows of `body`.

    A sentence alone tells less of itself than a paragraph.
    """
    return [
        row
        for before, after in itertools.pairwise(body)
        if after - before <= _GAP + 1
        for row in range(before + 1, after)
        if chance[row] >= _HARDLY
    ]


def around(texts: Sequence[str], first: int, last: int, chance: Sequence[float]) -> list[int]:
    """Return the sentences of a squeezed article right before its first and after its last row."""

    def fits(row: int) -> bool:
        return (
            chance[row] >= _HARDLY
            and texts[row].rstrip().endswith(_STOPS)
            and rule_role(texts[row]) is None
        )

    before, after = range(first - 1, -1, -1), range(last + 1, len(texts))
    return [*itertools.takewhile(fits, before), *itertools.takewhile(fits, after)]


def run_on(texts: Sequence[str], is_body: Sequence[bool], chance: Sequence[float]) -> list[int]:
    """Return the rows that share a sentence with the body: broken lines, pieces around links.

    A row goes on with the one above that ends in no stop, if it opens in small letters.
    """
    found: list[int] = []
    kept = list(is_body)
    down = ((row, row - 1, row) for row in range(1, len(kept)))
    up = ((row, row + 1, row + 1) for row in range(len(kept) - 2, -1, -1))
    for row, beside, lower in itertools.chain(down, up):
        if kept[row] or not kept[beside] or chance[row] < _HARDLY:
            continue
        if _goes_on(texts[lower - 1], texts[lower]) and rule_role(texts[row]) is None:
            kept[row] = True
            found.append(row)
    return found


def _goes_on(above: str, below: str) -> bool:
    return below.lstrip()[:1].islower() and _ENDS.search(above[-8:]) is None
