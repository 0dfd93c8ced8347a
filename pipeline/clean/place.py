"""Roles of removed lines that their place tells: the headline, tags, icons, comments, a biography.

The words of such lines are those of menus; what stands around them tells them apart. Only the
role of a line changes here, never whether it is body. Wordings are `roles`' work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from pipeline.fold import spaced
from pipeline.records import BODY

#: What a line is called, by what rule, and how surely.
Verdict = tuple[str, str, float]

#: Roles that the model gives to lines of which it knows no better.
_VAGUE: Final = frozenset({"nav", "related", "other"})
_LISTED: Final = frozenset({"timestamp", "byline", "nav"})
_FIELDS: Final = _VAGUE | {"social"}
_UNTOLD: Final = _VAGUE | {"section"}
_STAMPED: Final = frozenset({"timestamp", "byline"})
_HEAD: Final = 25
_DECK_REACH: Final = 4
_FOLLOW_REACH: Final = 6
#: Characters of a label or button, at most.
_LABEL: Final = 30
_TAGS: Final = 8
_NEAR: Final = 3
#: Lines above the body of a text that holds little else: one of them is its headline, if it says
#: any of what the body says.
_FEW: Final = 5
_TELLING, _TELLING_OF_FEW = 0.4, 0.15
_COMMENTS_REACH: Final = 40
_SHORT: Final = 4
_COMMENT_WORDS: Final = 8
_BIO_REACH: Final = 15
#: Fewest letters of a word that tells what a line is about.
_LEAST_LETTERS: Final = 4
_BULLETS: Final = " \t*+•·–->|»o#"
_TAG_LABEL: Final = re.compile(
    r"(tags?|topics|filed (under|in)|posted in|categor(y|ies)|more about|schlagw\w+|themen)\W*$"
)
_NO_TAG: Final = re.compile(r"[.!?:…»>@\d]|https?|^(read|more|share|next|prev|sign|log|view|see)\b")
_COMMENTS: Final = re.compile(
    r"\W*((\d+|one|two|three) (responses?|replies|thoughts on|comments?( on)?)\b|responses? to\b|"
    r"\d+ kommentare?\W*$|reader comments)"
)
_FORM: Final = re.compile(
    r"\W*(leave a (reply|comment)|post a (reply|comment)|add a comment|your e-?mail|join the|"
    r"comments (are|have been) closed|you must be|log in to)"
)
_FOLLOW: Final = re.compile(r"\W*(follow|connect with|find) us\b.{0,20}$|\W*stay connected\W*$")
_STAMP: Final = re.compile(r"\b(19|20)\d\d\b|\b\d+ (comments?|views?|shares?)\b")
_FORM_FIELD: Final = re.compile(
    r"\W*((first|last|your|full) name|zip( code)?|e-?mail( address)?|no,? thanks|remind me later|"
    r"(send|submit|join( now| the list)?|subscribe|sign up( now)?)|show me how|newsletters?)\W*$"
)
_NAME: Final = re.compile(r"[A-Z][\w.’'-]{1,20}( [A-Z][\w.’'-]{0,20}){1,3}$")
_BY: Final = re.compile(r"(?i:by|von|par|por)\s+(.{3,60})$")
_SIGN_UP: Final = re.compile(r"\W*(subscribe|newsletters?|sign up|donate|no,? thanks|remind me)\b")


def placed(texts: Sequence[str], verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return the verdicts on the lines of one document, the vague ones told by their place.

    `texts` are the lines. A document without body is left as it is.
    """
    body = [row for row, verdict in enumerate(verdicts) if verdict[0] == BODY]
    found = list(verdicts)
    if not body or len(body) == len(found):
        return found
    for row, role in _told(texts, verdicts, body[0], body[-1]):
        if found[row][0] != role:
            found[row] = (role, f"place:{role}", found[row][2])
    return found


def _told(
    texts: Sequence[str], verdicts: Sequence[Verdict], first: int, last: int
) -> Iterator[tuple[int, str]]:
    plain = [text.strip(_BULLETS) for text in texts]
    yield from _icons(plain, verdicts)
    yield from _pitches(plain, verdicts)
    yield from _listed(verdicts, last)
    yield from _tags(plain, verdicts, last)
    yield from _comments(plain, verdicts, last)
    yield from _names_of_bios(plain, verdicts, last)
    yield from _bios_of_authors(plain, verdicts, first, last)
    yield from _heads(plain, verdicts, first)


def _is_vague(verdict: Verdict) -> bool:
    return verdict[0] in _VAGUE


def _icons(plain: Sequence[str], verdicts: Sequence[Verdict]) -> Iterator[tuple[int, str]]:
    """Bullets with nothing behind them are the icons of a list of links to share."""
    empty = [not text and _is_vague(v) for text, v in zip(plain, verdicts, strict=True)]
    for row in (row for row, bare in enumerate(empty) if bare):
        around = range(max(row - _NEAR, 0), min(row + _NEAR + 1, len(empty)))
        if any(verdicts[at][0] == "social" and not empty[at] for at in around):
            yield row, "social"


def _pitches(plain: Sequence[str], verdicts: Sequence[Verdict]) -> Iterator[tuple[int, str]]:
    """Icons under "Follow us" and buttons next to a pitch belong to it."""
    followed = pitched = -_FOLLOW_REACH
    for row, (role, _, _) in enumerate(verdicts):
        pitched = row if role == "promo" else pitched
        text = plain[row]
        if role == BODY or len(text) > _LABEL:
            continue
        lower = text.lower()
        followed = row if _FOLLOW.match(lower) else followed
        if role == "social" and row < followed + _FOLLOW_REACH and len(text.split()) < 3:
            yield row, "promo"
        elif _asks(role, lower) and (row <= pitched + 2 or _pitches_soon(verdicts, row)):
            pitched = row
            yield row, "promo"


def _asks(role: str, lower: str) -> bool:
    """Tell whether a line may be a button or a field of a pitch's form."""
    button = role in _VAGUE and _SIGN_UP.match(lower)
    return bool(button or (role in _FIELDS and _FORM_FIELD.match(lower)))


def _pitches_soon(verdicts: Sequence[Verdict], row: int) -> bool:
    return any(role == "promo" for role, _, _ in verdicts[row + 1 : row + 3])


def _tags(
    plain: Sequence[str], verdicts: Sequence[Verdict], last: int
) -> Iterator[tuple[int, str]]:
    """Short lines right below the body, or below a label of tags, are its tags."""
    left = _TAGS // 2
    for row in range(last + 1, len(plain)):
        text = plain[row]
        lower = text.lower()[:60]
        if _TAG_LABEL.match(lower):
            left = _TAGS
            yield row, "section"
            continue
        fits = 0 < len(text.split()) <= _SHORT and _is_vague(verdicts[row])
        if left and fits and not _NO_TAG.search(lower) and text[0].isupper():
            yield row, "section"
            left -= 1
        else:
            left = 0


def _listed(verdicts: Sequence[Verdict], last: int) -> Iterator[tuple[int, str]]:
    """Dates, names and labels among links to stories, below the body, are those of the stories."""
    for row in range(last + 2, len(verdicts)):
        if verdicts[row][0] in _LISTED:
            around = [*verdicts[row - 2 : row], *verdicts[row + 1 : row + 3]]
            if sum(role == "related" for role, _, _ in around) > 1:
                yield row, "related"


def _comments(
    plain: Sequence[str], verdicts: Sequence[Verdict], last: int
) -> Iterator[tuple[int, str]]:
    """Prose between the heading of the comments and the form for new ones is readers'."""
    among = False
    for row in range(last + 1, len(plain)):
        lower = plain[row].lower()[:80]
        if _COMMENTS.match(lower) and row <= last + _COMMENTS_REACH:
            among = True
        elif _FORM.match(lower) or _ends_comments(verdicts[row]):
            among = False
        elif among and _is_vague(verdicts[row]):
            said = len(plain[row].split()) >= _COMMENT_WORDS
            if said or lower.endswith((" says:", " said:", "reply")):
                yield row, "comment"
        elif among and verdicts[row][0] in _STAMPED:
            yield row, "comment"


def _ends_comments(verdict: Verdict) -> bool:
    role, rule, _ = verdict
    return role in ("legal", "promo") or (role == "related" and rule.startswith("wording:"))


def _names_of_bios(
    plain: Sequence[str], verdicts: Sequence[Verdict], last: int
) -> Iterator[tuple[int, str]]:
    """A name right above the biography that opens with it belongs to it."""
    for row in range(last + 1, min(last + _BIO_REACH, len(plain) - 1)):
        name = plain[row]
        if _is_vague(verdicts[row]) and 2 <= len(name.split()) <= _SHORT:
            below = plain[row + 1]
            if below.startswith(name) and len(below.split()) > 2 * _SHORT:
                yield row, "bio"
                if _is_vague(verdicts[row + 1]):
                    yield row + 1, "bio"


def _heads(
    plain: Sequence[str], verdicts: Sequence[Verdict], first: int
) -> Iterator[tuple[int, str]]:
    """The line above the body that says most of what the body says is its headline."""
    low = max(first - _HEAD, 0)
    rows = [row for row in range(low, first) if _may_be_headline(plain[row], verdicts[row])]
    if not rows:
        return
    said = f" {spaced(' '.join(plain[first : first + 12]))} "
    shares = {row: _share(plain[row], said) for row in rows}
    best = max(rows, key=lambda row: (round(shares[row], 1), row))
    if shares[best] < (_TELLING_OF_FEW if first <= _FEW else _TELLING):
        return
    same = [row for row in range(first) if plain[row] == plain[best] and row in shares]
    for row in same[1:]:
        yield row, "repeat"
    yield same[0], "headline"
    yield from _deck(plain, verdicts, same[-1], first)
    yield from _kickers(plain, verdicts, same[0], same[-1], first)


def _kickers(
    plain: Sequence[str], verdicts: Sequence[Verdict], headline: int, below: int, first: int
) -> Iterator[tuple[int, str]]:
    """Labels right above the headline are sections; names between it and the body are bylines.

    A longer run of short lines above the headline is a menu.
    """
    top = headline
    while top > 0 and _is_label(plain[top - 1], verdicts[top - 1]) and headline - top <= _NEAR:
        top -= 1
    if headline - top <= _NEAR:
        yield from ((row, "section") for row in range(top, headline))
    between = range(below + 1, min(below + 1 + _DECK_REACH, first))
    labels = [row for row in between if _is_label(plain[row], verdicts[row])]
    for row in labels if len(labels) < _NEAR else ():
        named = _NAME.match(plain[row]) and not verdicts[row][1].startswith("wording:")
        yield row, "byline" if named else "section"


def _is_label(text: str, verdict: Verdict) -> bool:
    short = 0 < len(text.split()) <= _SHORT and text[:1].isupper()
    told = verdict[1].startswith("wording:") and not verdict[1].endswith("sign_in")
    return verdict[0] == "nav" and short and not told and not _NO_TAG.search(text.lower())


def _bios_of_authors(
    plain: Sequence[str], verdicts: Sequence[Verdict], first: int, last: int
) -> Iterator[tuple[int, str]]:
    """Prose around the body that opens with the name of the byline is its author's biography."""
    names = {
        match[1].strip(" .,|").lower()
        for row in range(max(first - _HEAD, 0), first)
        if verdicts[row][0] == "byline" and (match := _BY.match(plain[row]))
    }
    for row in range(last + 1, min(last + 1 + _BIO_REACH, len(plain))):
        lower = plain[row].lower()
        for name in names:
            if lower.startswith(name) and verdicts[row][0] in _UNTOLD:
                yield row, "bio"


def _deck(
    plain: Sequence[str], verdicts: Sequence[Verdict], headline: int, first: int
) -> Iterator[tuple[int, str]]:
    for row in range(headline + 1, min(headline + _DECK_REACH, first)):
        told = verdicts[row][1].startswith("wording:") or _STAMP.search(plain[row].lower())
        if _is_vague(verdicts[row]) and not told and len(plain[row].split()) > 2 * _SHORT:
            yield row, "deck"
            return


def _may_be_headline(text: str, verdict: Verdict) -> bool:
    words = len(text.split())
    told = verdict[1].startswith("wording:") and not verdict[1].endswith("lead_in")
    return _is_vague(verdict) and not told and 4 <= words <= 25 and not text.endswith(".")


def _share(text: str, said: str) -> float:
    """Return the share of the longer words of `text` that stand in `said` (`spaced`)."""
    words = {word for word in spaced(text).split() if len(word) >= _LEAST_LETTERS}
    return sum(f" {word} " in said for word in words) / len(words) if len(words) > 1 else 0.0
