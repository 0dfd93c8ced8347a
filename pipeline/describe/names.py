"""People's names in bylines: found, told from everything else, and written in natural capitals.

Works on one short piece of text (a byline, an author tag); where that text stands does not
matter here. Word lists are in `data/`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache, lru_cache
from typing import Final

from pipeline.describe.fold import data_words, fold, squeeze
from pipeline.fold import holds

#: Longest byline that is read, in characters, and most names taken from one.
_LONGEST: Final = 600
MOST_NAMES: Final = 20

_EMAIL_OR_URL = re.compile(r"\S{0,80}@\S{1,80}|https?://\S{1,200}|www\.\S{1,100}")
_PARENTHESES = re.compile(r"\([^()]{0,120}\)|\[[^\[\]]{0,120}\]|（[^（）]{0,80}）")
#: A birth name or nickname between the parts of a name: "Ana (Berg) Lund".
_INNER = re.compile(
    r"(?:^|(?<=[;|,]\s)|(?<=[Bb]y\s))([^\W\d_]{2,20})\s[(“\"][^\W\d_]{2,20}[)”\"]\s(?=[^\W\d_]{2,20}(?:$|[;|,]))"
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DATE = re.compile(
    rf"\b(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
    rf"(?:(?:on\s+)?{_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s+\d{{4}})?"
    rf"|\d{{1,2}}(?:\.|st|nd|rd|th)?\s+{_MONTH}\.?,?\s*(?:\d{{4}})?|{_MONTH}\s+\d{{4}}"
    rf"|(?:on\s+)?\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}})"
    rf"|\b\d{{1,2}}:\d{{2}}(?::\d{{2}})?\s*(?:[ap]\.?m\.?)?(?:\s+[A-Z]{{2,4}}\b)?",
    re.I,
)
# What announces the authors. Longer labels first; the last one in the text counts.
_LABEL = re.compile(
    r"(?:^|(?<=[\s|•·,;:–—-]))(?:(?:(?:story|article|text|words|reporting|report|written|posted|published"
    r"|authored|submitted|contributed|review(?!ed)|analysis|opinion|column"
    r"|commentary|essay)\s+)?by\b(?!-\w)|(?:geschrieben|verfasst|erstellt|veröffentlicht|interview|kolumne|kommentar|beitrag|gastbeitrag|analyse|bericht|reportage|text)\s+von\b|(?:écrit|publié|rédigé)\s+par\b|(?:escrito|publicado)\s+por\b"
    r"|(?:scritto|pubblicato)\s+da\b"
    r"|(?:authors?|written by|writers?|contributors?|text|words|autor(?:in|en|es|a)?|auteurs?"
    r"|autore|von|por|par|interview|reportage|bericht|kommentar|kolumne|analyse|beitrag|penulis|oleh)\s*[:：])[\s:]*",
    re.I,
)
#: One of these is in every label.
_LABEL_WORDS: Final = (
    "by", "von", "por", "par", "auth", "text", "words", "contributor", "tekst", "writer", "aut",
    "di ", "da ", "door",
    "interview", "reportage", "bericht", "kommentar", "kolumne", "analyse", "beitrag",
    "penulis", "oleh",
    "av ", "af ", "przez", "者", "文", "자", "执笔", "執筆",
)  # fmt: skip
#: The same for what `_LABEL` finds, whatever follows.
_IN_LABELS: Final = (
    "by", "von", "par", "por", "auth", "text", "words", "contributor", "writer", "aut", "da",
    "interview", "reportage", "bericht", "kommentar", "kolumne", "analyse", "beitrag",
    "penulis", "oleh",
)  # fmt: skip
#: How labels in ASCII open that stand first.
_LABEL_OPENINGS: Final = frozenset(
    ("an", "ar", "au", "av", "af", "be", "by", "co", "da", "di", "do", "er", "es", "ga", "ge", "in",
     "ko", "ol", "op", "pa", "pe", "po", "pr", "pu", "re", "sc", "st", "su", "te", "ve", "vo", "wo",
     "wr")
)  # fmt: skip
_LEADING_LABEL = re.compile(
    r"^(?:(?:von|por|par|di|door|av|af|przez|tekst|texto)\s+(?=\w)|text\s+(?:von|by|par)\s+"
    r"|(?:著者|作者|筆者|記者|撰文|取材・文|執筆|文|작성자)\s?[:：●／|])",
    re.I,
)
# What follows names but is no list of authors any more.
_STOP = re.compile(
    r"\b(?:edit(?:ed|ing)|photo(?:s|graph(?:s|y|ed)?)?|pictures?|illustrat(?:ed|ions?)|graphics?|video"
    r"|compiled|typograph(?:y|ic)|icons?|animations?|artwork|music|design(?:ed)?"
    r"|review(?:ed)|fact[- ]checked|translat(?:ed|ion)|updated|published|posted|modified"
    r"|created|contributed|additional reporting|filed|last|follow|e-?mail|tel|phone|contact|share"
    r"|is an?|was an?|are|has been|covers|writes|in)\b"
    r"(?:\s+(?:by|on|at|to|from))?|\b(?:medically|scientifically)\b",
    re.I,
)
#: How long a text takes to read, and who had something to say: "5 min read", "59 Comments".
_COUNTS = re.compile(
    r"\b\d{1,3}[\s-]?min(?:ute[sn]?|uti|utos)?\b\.?(?:\s(?:read|lesezeit))?"
    r"|\b\d{1,5}\s(?:comments?|replies|reply|kommentare?)\b",
    re.I,
)
#: A handle glued to a family name: "Doe@jdoe"; an address goes on with a dot.
_GLUED_HANDLE = re.compile(r"(?<!\S)([A-ZÀ-Þ][^\W\d_]{1,20})@\w{2,40}(?![\w.@])")
_SEPARATOR = re.compile(
    r"\s*(?:[;|/•·,&\n\t＋+、／＼\u2022]|\s[-–—]+\s|^[-–—*•]+|[-–—]+$|\.{3}|…"
    r"|(?<=\s)(?:and|und|with|mit|et|avec|och|og|en)(?=\s))\s*",
    re.I,
)
_TAIL = re.compile(r"\s+(?:for|of|at|from|in|special to|on|um|für|pour|para|bei)(?:\s.*)?$", re.I)
_MOST_INITIALS: Final = 2
_SUFFIXES: Final = {"jr": "Jr.", "sr": "Sr.", "ii": "II", "iii": "III", "iv": "IV"}
_CREDENTIALS = re.compile(
    r"^(?:ph\.?\s?d|m\.?d|m\.?a|b\.?a|m\.?s|b\.?s|mph|mba|rdn?|rn|cpa|cfp|cfa|esq|jd|j\.d|lcsw|dds|dvm|edd"
    r"|pharmd|fand|facp|faap|facs|faclm|msc|bsc|do|np|pt|dpt|cscs|mfa|llb|llm|lpc|psyd|obe|mbe|cbe|msn|ms|foma|daabom)\.?®?$",
    re.I,
)
_TITLE = re.compile(
    r"^(?:mr|mrs|ms|miss|dr|prof|professor|sen|rep|gov|sir|dame|lord|lady|rev|fr|hon|capt|col|gen|lt|sgt"
    r"|maj|rabbi|imam|father|sister|herr|frau|señora?|mme|mgr|dipl|ing)\.?(?:\s+(?:med|rer|nat|phil|h)\.?)*\s+(?=\S)",
    re.I,
)
#: Where a date or a second word is glued to a name: "MENDOZAJune 11, 2019", "BlumeStaff Writer".
_GLUED_DATE = re.compile(rf"(?<=[^\W\d_]{{2}})(?=[JFMASOND])(?=(?i:{_MONTH})\.?\s\d)")
_DIGIT = re.compile(r"\d")
_GLUED_LABEL = re.compile(r"^By\s?(?:by\s+|(?=[A-Z][a-z]+\s[A-Z]))")
_GLUED_WORD = re.compile(r"(?<=[a-zà-ÿ]{3})(?=[A-ZÀ-Þ][a-zà-ÿ]{2}|[A-Z]{2,4}\b)")
_ONE_WORD = re.compile(r"[A-ZÀ-Þ][a-zà-ÿ]+|[A-Z]+")
_TOKEN = re.compile(r"^[^\W\d_](?:[^\W\d_]|[.'’‘ʻ`-](?=[^\W\d_]|$))*\.?$")
_INITIALS = re.compile(r"^(?:[^\W\d_]\.){1,3}$|^[A-Z]{1,2}$")
#: "Elmtal.de": a site, no word of a name; "J.D." is one.
_SITE = re.compile(r"\w{2,40}\.[a-z]{2,6}$")
_CJK = re.compile(r"^[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af・]{2,8}$")


def parse_names(
    text: str,
    *,
    known: frozenset[str] = frozenset(),
    single: bool = False,
    label: bool = False,
    strict: bool = False,
) -> tuple[str, ...]:
    """Return the people named in a byline, in order, in natural capitals.

    `known` holds folded names of outlets and agencies that are no people. `single` takes a lone
    word ("Sartre") for a name too: for text that is known to name an author. With `label`,
    only what follows "By" or its like is read, and nothing if that is missing. With `strict`,
    a name must look like a person's (`looks_personal`), unless "By" or its like announces it.
    """
    return _parsed(text[:_LONGEST], known, single, label, strict)


@lru_cache(maxsize=512)
def _parsed(
    text: str, known: frozenset[str], single: bool, label: bool, strict: bool
) -> tuple[str, ...]:
    # Two lines of five that are read stand in other articles of the same sites, too.
    text = _unglued(squeeze(text))
    labelled = _after_label(text)
    if labelled is None:
        if label:
            return ()
        labelled = text
    elif starts_with_label(text):
        strict = False
    names = _people(labelled, known)
    if strict:
        names = tuple(name for name in names if looks_personal(name))
    found = tuple(dict.fromkeys(name for name in names if name))[:MOST_NAMES]
    if not found and single:
        found = _single(labelled, known, announced=labelled is not text)
    return found


@lru_cache(maxsize=512)
def _people(text: str, known: frozenset[str]) -> tuple[str, ...]:
    """Return the names of people in a text without label; several rules ask for those of a line."""
    names: list[str] = []
    ended = False  # after words that are no name, only what opens like a name is one
    for piece in _pieces(text):
        before = len(names)
        _take(piece, names, known)
        if len(names) > before and ended and not opens_with_given_name(names[-1]):
            names.pop()
        ended = ended or (before > 0 and len(names) == before and " " in piece)
    return tuple(names)


def is_cjk(text: str) -> bool:
    """Tell whether `text` is a few Chinese, Japanese or Korean characters, as a name is."""
    return bool(_CJK.match(text))


def has_label(text: str) -> bool:
    """Tell whether `text` has "By" or its like, anywhere."""
    # Most lines have none: spare them the pattern.
    if holds(text[:_LONGEST].casefold(), _LABEL_WORDS):
        return _after_label(squeeze(text[:_LONGEST])) is not None
    return False


def starts_with_label(text: str) -> bool:
    """Tell whether `text` opens with "By" or its like, after bullets and dashes."""
    text = text[:_LONGEST].lstrip(" \t-–—*•|·+>")
    if text[:2].isascii() and text[:2].lower() not in _LABEL_OPENINGS:  # most
        return False
    return bool(_LABEL.match(text) or _LEADING_LABEL.match(text))


def _after_label(text: str) -> str | None:
    text = text.lstrip("-–—*•|·+> ")
    first = next(iter(_labels(text)), None)
    if first is not None:
        return text[first:]
    lead = _LEADING_LABEL.match(text)
    return text[lead.end() :] if lead else None


def _labels(text: str) -> list[int]:
    """Return where names begin after each label that announces writers."""
    ends: list[int] = []
    if not holds(text.casefold(), _IN_LABELS):
        return ends
    for found in _LABEL.finditer(text):
        before = text[max(0, found.start() - 24) : found.start()]
        stop = next(reversed(list(_STOP.finditer(before))), None)
        if stop is None or stop.end() < len(before.rstrip()) or stop.group().lower() in _DATED:
            ends.append(found.end())
    return ends


_DATED: Final = frozenset(("posted on", "published on", "updated", "published", "posted", "on"))


def _unglued(text: str) -> str:
    """Return `text` with " | " before a date, a role or a given name that is glued to a word."""
    text = _GLUED_DATE.sub(" | ", text) if _DIGIT.search(text) else text
    text = _GLUED_LABEL.sub("By ", text, count=1)
    found = list(_GLUED_WORD.finditer(text))
    for match in reversed(found):
        before = text[: match.end()].split()
        if len(before) < 2 or not before[-2][:1].isupper() or before[-2].casefold() == "by":
            continue  # a handle: "JaneDoe"
        glued = _ONE_WORD.match(text, match.end())
        word = glued.group().casefold() if glued else ""
        if word in _roles() or word in data_words("given_names.txt") or word in _MEDIA:
            text = f"{text[: match.end()]} | {text[match.end() :]}"
    return text


def _pieces(text: str) -> list[str]:
    # Most names stand with nothing of this: looking for a sign of it first costs a tenth.
    text = _GLUED_HANDLE.sub(r"\1 | ", text) if "@" in text else text
    if "@" in text or "://" in text or "www." in text:
        text = _EMAIL_OR_URL.sub(" | ", text)
    text = _INNER.sub(r"\1 ", text) if "(" in text or '"' in text or "“" in text else text
    if "(" in text or "[" in text or "（" in text:
        text = _PARENTHESES.sub(" | ", text)
    if _DIGIT.search(text):
        text = _COUNTS.sub(" | ", _DATE.sub(" | ", text))
    stop = _STOP.search(text)
    if stop and stop.start() > 2:
        text = text[: stop.start()]
    text = _LABEL.sub(" | ", text) if holds(text.casefold(), _IN_LABELS) else text
    return [piece.strip(" .:*\"'“”‘’_") for piece in _SEPARATOR.split(text) if piece.strip()]


def _take(piece: str, names: list[str], known: Collection[str]) -> None:
    """Add the name in `piece` to `names`; a suffix joins the name before it."""
    bare = piece.rstrip(".").casefold()
    if bare in _SUFFIXES and names:
        names[-1] = f"{names[-1]} {_SUFFIXES[bare]}"
        return
    if all(map(_CREDENTIALS.match, piece.split())) or fold(piece) in known:
        return
    for part in (half for whole in _joined(piece) for half in _two_names(whole)):
        if name := person(part, known=known):
            names.append(name)


#: What is glued to names besides roles: links to where people post, and marks of the page.
_MEDIA: Final = frozenset(
    ("twitter", "facebook", "linkedin", "instagram", "email", "follow", "share", "published",
     "updated", "posted", "last", "read", "view")
)  # fmt: skip


#: "And" in languages where the word can also stand inside a family name.
_AND: Final = frozenset(("y", "e", "i", "dan", "ve", "en"))


def _joined(piece: str) -> tuple[str, ...]:
    """Return the names that "y" or its like joins: both sides must open with a given name."""
    tokens = piece.split()
    for at in range(2, len(tokens) - 1):
        if tokens[at] in _AND and opens_with_given_name(" ".join(tokens[at + 1 :])):
            return " ".join(tokens[:at]), *_joined(" ".join(tokens[at + 1 :]))
    return (piece,)


def _two_names(piece: str) -> tuple[str, ...]:
    """Return the two names of four words that have lost what parted them, else the piece."""
    words = piece.split()
    given = data_words("given_names.txt")
    opens = [word.casefold() in given for word in words]
    if len(words) == 4 and opens == [True, False, True, False] and piece[:1].isupper():
        particles = data_words("particles.txt")
        if not any(word.casefold() in particles or "." in word for word in words):
            return " ".join(words[:2]), " ".join(words[2:])
    return (piece,)


def person(text: str, *, known: Collection[str] = ()) -> str | None:
    """Return the full name of one person that `text` is, naturally written, or None.

    Titles before and roles around it are dropped; at least two words must be left.
    """
    text = _TAIL.sub("", squeeze(text))
    text = _TITLE.sub("", _TITLE.sub("", text))
    tokens = text.split()
    if tokens and tokens[-1].strip(".,").casefold() in _TEAMS:
        return None
    tokens = _without_outlet(_without_roles(tokens), known)
    if len(tokens) >= 4 and tokens[: len(tokens) // 2] == tokens[len(tokens) // 2 :]:
        tokens = tokens[: len(tokens) // 2]  # markup often holds a name twice
    while len(tokens) > 2 and _is_mark(tokens[-1]):
        tokens.pop()
    if not 2 <= len(tokens) <= 6 or not all(map(_is_token, tokens)):
        return None
    if tokens[0].endswith(("'", "’")):
        return None  # "Rovers’ Anna Berg"
    if len(tokens) == 2 and _lost_capital(tokens):
        tokens = [tokens[0], tokens[1].capitalize()]
    if fold("".join(tokens)) in known or not _is_personal(tokens):
        return None
    return natural(" ".join(tokens))


def _is_mark(token: str) -> bool:
    """Tell whether a word after a name is a credential or a link of the page: "MS", "Twitter"."""
    return _CREDENTIALS.match(token) is not None or token.casefold() in _MEDIA


def without_marks(text: str) -> str:
    """Return `text` without credentials and links after its first two words."""
    words = text.split()
    return " ".join([*words[:2], *(word for word in words[2:] if not _is_mark(word.strip(",;")))])


def _lost_capital(tokens: list[str]) -> bool:
    """Tell whether a family name after a known given name is only written small: "Anna oblomov"."""
    first, last = tokens
    if not (first[:1].isupper() and first[1:].islower() and last.islower() and len(last) >= 4):
        return False
    given = first.casefold() in data_words("given_names.txt")
    others = ("common_words.txt", "organisation_words.txt", "role_words.txt", "particles.txt")
    return given and not any(last in data_words(name) for name in others)


def _is_token(token: str) -> bool:
    """Tell whether `token` can be a word of a name: letters, and no address of a site."""
    return _TOKEN.match(token) is not None and ("." not in token or not _SITE.search(token))


#: What follows a name is a group of people: "Acme Security team".
_TEAMS: Final = frozenset(
    ("team", "teams", "desk", "crew", "department", "office", "bureau", "newsroom", "members",
     "board", "group", "staff", "redaktion", "editors", "reporters", "writers")
)  # fmt: skip


def opens_with_given_name(name: str) -> bool:
    """Tell whether the first word of `name` is a common given name, or an initial."""
    first, _, rest = name.partition(" ")
    word = first.strip(".").casefold()
    bare = word.replace(".", "")
    if bare in _STATES:
        return False
    given = data_words("given_names.txt")
    if first.isupper() and len(word) > _MOST_INITIALS and rest and not rest.isupper():
        return bool(_INITIALS.match(first))  # "MIRO Systems": an acronym that spells a name
    if word in given or word.split("-")[0] in given:
        return True
    if bare in data_words("organisation_words.txt"):
        return False
    if first.isalpha() and len(first) == _MOST_INITIALS:  # "UX Tip", not "JD Oblomov"
        common = data_words("common_words.txt")
        return first.isupper() and not any(word.casefold() in common for word in rest.split())
    return bool(_INITIALS.match(first))


def is_proper(name: str) -> bool:
    """Tell whether no word of `name` is a common one: "Naoise Dhandala", not "Core Values".

    Lists of given names lack most of the world's; what else stands in capitals are mostly words.
    """
    tokens = name.split()
    if not 2 <= len(tokens) <= _MOST_UNKNOWN or len(fold(name)) < _LEAST_PROPER:
        return False
    common, capitalised = data_words("common_words.txt"), data_words("capitalised_words.txt")
    particles = data_words("particles.txt")
    for place, token in enumerate(tokens):
        word = token.strip(".").casefold()
        if place and word in particles:
            continue
        if word in common or word in capitalised or not _is_written_as_name(token):
            return False
    return True


#: Fewest letters of a name that nothing but its words tells.
_LEAST_PROPER: Final = 6


def _is_written_as_name(token: str) -> bool:
    """Tell whether the capitals of `token` are those of a name: "Oblomov", "O'Neil", "J."."""
    if token.isupper():
        return token[1:] == "." or (len(token) > _MOST_INITIALS and token.isalpha())
    return token[:1].isupper() and (token[1:2].islower() or token[1:2] in "'’-")


def looks_personal(name: str) -> bool:
    """Tell whether `name` opens with a known given name or has no common word."""
    return opens_with_given_name(name) or is_proper(name)


def kind_of(names: Collection[str]) -> str:
    """Return what tells that `names` are people: "given" names, "proper" words, "lone", "other"."""
    if all(" " not in name for name in names):
        return "lone"
    if all(map(opens_with_given_name, names)):
        return "given"
    return "proper" if all(map(looks_personal, names)) else "other"


#: What is written like initials, "U.S.", and stands for a state or many.
_STATES: Final = frozenset(("us", "uk", "un", "eu", "dc"))


def _single(text: str, known: Collection[str], *, announced: bool) -> tuple[str, ...]:
    """Return the one lone word or pen name that a text holds.

    Where "By" does not announce it, nothing may stand beside it: a word between commas or "and"
    is a piece of something else ("Acme Times, Berlin, Germany").
    """
    pieces = [piece for piece in _pieces(text) if piece.casefold() not in _BESIDE]
    pieces = list(dict.fromkeys(pieces))
    organisations = data_words("organisation_words.txt")
    whole = {part.strip(" .:*\"'“”‘’_") for part in _SEPARATOR.split(_DATE.sub(" | ", text))}
    if 2 <= len(pieces) <= 3 and any(map(_is_given, pieces)) and all(map(_is_lone, pieces)):
        return tuple(natural(piece) for piece in pieces)  # "Maria & Katerina"
    for piece in pieces[:2] if announced or len(pieces) == 1 else ():
        if piece not in whole:
            continue  # a word cut out of a phrase
        words = piece.split()
        if len(words) != 1 or fold(piece) in known or not 2 <= len(piece) <= 30:
            continue
        if _CJK.match(piece):
            return (piece,)
        if piece.islower():
            continue  # a handle
        if all(len(part) < 2 for part in piece.split(".")):
            continue  # "D.E.", part of an address or of a longer name
        parts = {piece.casefold(), *piece.casefold().split("-")}
        if _is_token(piece) and not parts & (organisations | _roles()):
            return (natural(piece) if piece.isupper() else piece,)
    return ()


#: What blogs print beside a pen name.
_BESIDE: Final = frozenset(
    ("by", "von", "admin", "author", "autor", "comments", "kommentare", "in")
)


def _is_given(word: str) -> bool:
    return word[:1].isupper() and word.casefold() in data_words("given_names.txt")


def _is_lone(word: str) -> bool:
    """Tell whether `word` is one capitalised word that can be a name."""
    bare = word.casefold()
    is_other = bare in data_words("organisation_words.txt") or bare in _roles()
    return word[:1].isupper() and _TOKEN.match(word) is not None and not is_other


@cache
def _roles() -> frozenset[str]:
    return data_words("role_words.txt")


def _without_roles(tokens: list[str]) -> list[str]:
    """Return `tokens` without the job titles before or after the name."""
    marks = [_is_role(token) for token in tokens]
    if not any(marks):
        return tokens
    first = marks.index(True)
    if first >= 2 and _named(tokens[:first]):
        return tokens[:first]
    last = len(marks) - 1 - marks[::-1].index(True)
    return tokens[last + 1 :]


def _without_outlet(tokens: list[str], known: Collection[str]) -> list[str]:
    """Return `tokens` without the outlet's name after a person's: "Jane Doe ACME TIMES"."""
    for at in (2, 3):
        if len(tokens) > at and fold("".join(tokens[at:])) in known:
            return tokens[:at]
    return tokens


def _is_role(token: str) -> bool:
    """Tell whether `token` is a word for a job, or a compound with one: "Acme-Reporter"."""
    word = token.strip(".,").casefold()
    return word in _roles() or ("-" in word and word.rsplit("-", 1)[-1] in _roles())


def _named(tokens: list[str]) -> bool:
    return len(tokens) >= 2 and all(token[:1].isupper() for token in tokens)


def _is_personal(tokens: list[str]) -> bool:
    """Tell whether capitalised `tokens` can be a person: no organisation words, no sentence."""
    words = [token.strip(".").casefold() for token in tokens]
    given = words[0] in data_words("given_names.txt") or bool(_INITIALS.match(tokens[0]))
    organisations = data_words("organisation_words.txt")
    soft = data_words("soft_words.txt")
    particles = data_words("particles.txt")
    for place, (word, token) in enumerate(zip(words, tokens, strict=True)):
        if (
            word in organisations
            and not (given and word in soft and place)
            and not (place == 0 and given)
        ):
            return False
        capital = token[:1].isupper() or not token[:1].islower()
        if not capital and not all(t.islower() for t in tokens) and word not in particles:
            return word[:2] in ("d'", "d’") or word.startswith("al-")
    if not given and "".join(tokens).islower():
        return False  # words of a sentence
    if len(tokens) > _MOST_UNKNOWN and not given and particles.isdisjoint(words):
        return False
    if any(word.endswith(_ORGANISED) or _compound(word, organisations) for word in words):
        return False
    last_is_particle = words[-1] in particles and (tokens[-1].islower() or len(tokens) > 2)
    return sum(len(word) > 1 for word in words) >= 1 and not last_is_particle


#: More words than these are a name only where one is a known given name or a particle.
_MOST_UNKNOWN: Final = 4

#: How German words for organisations end.
_ORGANISED: Final = (
    "verband", "verbandes", "verein", "anstalt", "gesellschaft", "stiftung", "ministerium",
    "redaktion", "agentur", "verlag", "blatt", "zeitung", "institut", "hochschule",
    "universität", "bundesamt", "kammer", "fraktion", "partei", "landesamt", "behörde",
    "zentrale", "rundfunk", "magazin", "pressedienst", "pressestelle",
)  # fmt: skip


def _compound(word: str, organisations: Collection[str]) -> bool:
    """Tell whether a part of a hyphenated word stands for an organisation: "Online-Team"."""
    parts = word.split("-") if "-" in word else ()
    return any(len(part) > 3 and part in organisations for part in parts[-1:])


def natural(name: str) -> str:
    """Return a name in natural capitals: "CLAUDIA MCDONALD-VAN DER BERG" as people write it.

    A name that already mixes capitals and small letters is left as it is.
    """
    tokens = name.split()
    if any(t[1:2].islower() for t in tokens) and any(t[:1].isupper() for t in tokens):
        return " ".join(_suffix(t) or t for t in tokens)
    single_case = name.isupper() or name.islower()
    if not single_case:
        return name
    return " ".join(_natural_token(t, place) for place, t in enumerate(tokens))


def _suffix(token: str) -> str | None:
    word = token.rstrip(".").casefold()
    return _SUFFIXES.get(word) if token.isupper() or word in ("jr", "sr") else None


def _natural_token(token: str, place: int) -> str:
    word = token.casefold()
    if word.rstrip(".") in _SUFFIXES and place:
        return _SUFFIXES[word.rstrip(".")]
    if place and word in data_words("particles.txt"):
        return word
    if "." in token.rstrip(".") or (
        token.isupper() and len(token) == 2 and not set(word) & set("aeiouy")
    ):
        return token.upper()
    return "-".join(_natural_part(part) for part in token.split("-"))


def _natural_part(part: str) -> str:
    word = part.casefold()
    for mark in ("'", "’", "‘"):
        head, found, tail = word.partition(mark)
        if found and len(head) <= 2 and len(tail) > 1:
            return head.capitalize() + mark + tail.capitalize()
    if word.startswith("mc") and len(word) > 3:
        return "Mc" + word[2:].capitalize()
    if word.startswith("mac") and word[3:] in data_words("mac_names.txt"):
        return "Mac" + word[3:].capitalize()
    return word.capitalize()
