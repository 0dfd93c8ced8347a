"""A seeded generator of syndication: real texts in, reprints and look-alikes with the truth out.

Reprints are made the way newsrooms make them: lightly edited, with a rewritten lead, trimmed,
embedded in a longer piece, badly scanned; one to a thousand times. Look-alikes are what must not
be taken for reprints: reports that quote the same press release, that share background
paragraphs, and templates (alerts, forecasts, draws) filled with other facts.
"""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

TRUE_KINDS: Final = ("copy", "light_edits", "rewritten_lead", "trimmed", "embedded", "scanned")
FALSE_KINDS: Final = ("press_release", "background", "template")

_WORDS_AND_GAPS: Final = re.compile(r"([^\W\d_]{3,})")
#: Looks for the mark first: a pattern that starts with a look-behind is tried at every character.
_SENTENCE_END: Final = re.compile(r"[.!?](\s+)(?=[A-Z“\"])")


@dataclass(frozen=True, slots=True)
class Made:
    """One article of the corpus: `story` is the original that it goes back to."""

    article_id: str
    text: str
    story: str
    kind: str


@dataclass(slots=True)
class Corpus:
    """Articles, and pairs of look-alikes by kind (all of them no duplicates)."""

    articles: list[Made] = field(default_factory=list)
    look_alikes: list[tuple[str, str, str]] = field(default_factory=list)


def generate(
    texts: Sequence[str],
    seed: int,
    copies: Sequence[int] = (1, 1, 1, 2, 3, 5),
    share: float = 0.5,
    kept_aside: bool = True,
) -> Corpus:
    """Return a corpus over `texts`, each at least 120 words long and used once as an original.

    A `share` of the texts gets reprints, as many as a draw from `copies`; of the rest, a third
    becomes look-alikes of each other. `kept_aside` chooses the template forms that the model
    has never seen.
    """
    rng = random.Random(seed)
    corpus = Corpus()
    originals = list(texts)
    rng.shuffle(originals)
    # What papers add of their own comes from texts that are nowhere else in the corpus.
    fill = len(originals) // 10
    spare, originals = [_Spare(each) for each in originals[:fill]], originals[fill:]
    cut = int(len(originals) * share)
    for number, text in enumerate(originals[:cut]):
        _reprints(corpus, f"s{number}", text, rng.choice(copies), spare, rng)
    _alone(corpus, originals[cut:], _FORMS[3:] if kept_aside else _FORMS[:3], rng)
    return corpus


def story(text: str, name: str, count: int, spare: Sequence[str], seed: int) -> list[Made]:
    """Return one story and `count` reprints of it of all kinds."""
    corpus = Corpus()
    _reprints(corpus, name, text, count, [_Spare(each) for each in spare], random.Random(seed))
    return corpus.articles


class _Spare:
    """A text to take sentences from; parted once, as thousands of reprints take from it."""

    def __init__(self, text: str) -> None:
        self._text = text

    @functools.cached_property
    def sentences(self) -> list[tuple[str, bool]]:
        """Each sentence, and whether it is of a usual length."""
        return [(each, len(each.split()) < 50) for each in _sentences(self._text)]


def _reprints(
    corpus: Corpus, name: str, text: str, count: int, spare: Sequence[_Spare], rng: random.Random
) -> None:
    corpus.articles.append(Made(f"{name}-0", text, name, "original"))
    for number in range(1, count + 1):
        kind = rng.choice(TRUE_KINDS)
        made = _REPRINT[kind](text, _own_text(spare, rng), rng)
        corpus.articles.append(Made(f"{name}-{number}", made, name, kind))


def _own_text(spare: Sequence[_Spare], rng: random.Random) -> str:
    """Return about forty sentences from as many texts: new each time, so no two share them."""
    draw = rng.random
    texts = [each.sentences for each in rng.choices(spare, k=40)]
    drawn = [sentences[int(draw() * len(sentences))] for sentences in texts]
    return " ".join(sentence for sentence, usual in drawn if usual)


def _alone(corpus: Corpus, texts: Sequence[str], forms: Sequence[str], rng: random.Random) -> None:
    """Add texts that are nobody's reprint, some of them dressed up as look-alikes."""
    dressed = len(texts) // 3
    pairs = list(zip(texts[0:dressed:2], texts[1:dressed:2], strict=False))
    for number, (one, other) in enumerate(pairs):
        kind = FALSE_KINDS[number % len(FALSE_KINDS)]
        made = template(forms, rng) if kind == "template" else _LOOK_ALIKE[kind](one, other, rng)
        ids = [f"l{number}-{kind}-{side}" for side in "ab"]
        for article_id, text in zip(ids, made, strict=True):
            corpus.articles.append(Made(article_id, text, article_id, kind))
        corpus.look_alikes.append((ids[0], ids[1], kind))
    for number, text in enumerate(texts[dressed:]):
        corpus.articles.append(Made(f"a{number}", text, f"a{number}", "alone"))


# Reprints --------------------------------------------------------------------------------------


def copy(text: str, _: str, rng: random.Random) -> str:
    """Another house's typography, a dateline, now and then a dropped paragraph."""
    if rng.random() < 0.5:
        text = text.replace("“", '"').replace("”", '"').replace("’", "'").replace(" — ", " - ")
    if rng.random() < 0.5:
        text = rng.choice(("LONDON — ", "NEW YORK (AP) - ", "BERLIN: ")) + text
    paragraphs = text.split("\n\n")
    if len(paragraphs) > 12 and rng.random() < 0.5:
        del paragraphs[rng.randrange(2, len(paragraphs))]
    return "\n\n".join(paragraphs)


def light_edits(text: str, other: str, rng: random.Random) -> str:
    """Three to eight words in a hundred replaced, dropped or added."""
    vocabulary = _vocabulary(other)
    return _edited(text, rng.uniform(0.03, 0.08), vocabulary, rng)


def rewritten_lead(text: str, other: str, rng: random.Random) -> str:
    """The first paragraphs in other words, of the rest 40 to 80 in a hundred sentences."""
    sentences = _sentences(text)
    lead = max(2, len(sentences) // 10)
    vocabulary = _vocabulary(other)
    rewritten = [_edited(each, 0.6, vocabulary, rng) for each in sentences[:lead]]
    body = sentences[lead : lead + max(3, int((len(sentences) - lead) * rng.uniform(0.4, 0.8)))]
    return _paragraphs(rewritten + body, rng)


def trimmed(text: str, _: str, rng: random.Random) -> str:
    """Cut from the end, to a third at most."""
    sentences = _sentences(text)
    keep = max(min(len(sentences), 4), int(len(sentences) * rng.uniform(0.33, 0.75)))
    return _paragraphs(sentences[:keep], rng)


def embedded(text: str, other: str, rng: random.Random) -> str:
    """Most of the text within a longer piece of the paper's own."""
    sentences, own = _sentences(text), _sentences(other)
    start = rng.randrange(0, max(1, len(sentences) // 4))
    part = sentences[start : start + max(4, int(len(sentences) * rng.uniform(0.6, 0.75)))]
    room = own[: max(2, int(len(part) * rng.uniform(0.4, 1.2)))]
    place = rng.randrange(1, len(room) + 1)
    return _paragraphs(room[:place] + part + room[place:], rng)


def scanned(text: str, _: str, rng: random.Random) -> str:
    """Character errors in four to ten words in a hundred, as of optical character recognition."""
    rate = rng.uniform(0.04, 0.10)
    draw = rng.random
    parts = _WORDS_AND_GAPS.split(text)
    parts[1::2] = [each if draw() >= rate else _misread(each, rng) for each in parts[1::2]]
    return "".join(parts)


def _misread(word: str, rng: random.Random) -> str:
    first = int(rng.random() * len(_MISREAD))
    for right, wrong in _MISREAD[first:] + _MISREAD[:first]:
        if right in word:
            return word.replace(right, wrong, 1)
    return word[:-1]


_MISREAD: Final = (
    ("rn", "m"), ("m", "rn"), ("l", "1"), ("e", "c"), ("o", "0"), ("h", "b"), ("i", "l"),
    ("cl", "d"), ("u", "n"), ("t", "f"),
)  # fmt: skip


# Look-alikes -----------------------------------------------------------------------------------


def press_release(one: str, other: str, rng: random.Random) -> tuple[str, str]:
    """Two reports that quote the same statements."""
    quotes = [
        f"“{_filled(rng.choice(_STATEMENTS), rng)},” {rng.choice(('the mayor', 'a spokeswoman'))} "
        f"said in a statement. “{_filled(rng.choice(_STATEMENTS), rng)}.”"
        for _ in range(rng.randrange(2, 5))
    ]
    return _with_inserted(one, quotes, rng), _with_inserted(other, quotes[::-1], rng)


def background(one: str, other: str, rng: random.Random) -> tuple[str, str]:
    """Two reports with the same background: about a tenth to a sixth of the shorter."""
    sentences = _sentences(other)
    shorter = min(len(one.split()), len(other.split()))
    shared: list[str] = []
    for sentence in sentences[len(sentences) // 2 :]:
        if len(" ".join([*shared, sentence]).split()) > 0.16 * shorter:
            break
        shared.append(sentence)
    return _with_inserted(one, [" ".join(shared)], rng), other


def template(forms: Sequence[str], rng: random.Random) -> tuple[str, str]:
    """The same form filled in twice, with other facts."""
    form = rng.choice(forms)
    return _filled(form, rng), _filled(form, rng)


def _with_inserted(text: str, paragraphs: Iterable[str], rng: random.Random) -> str:
    parts = text.split("\n\n")
    for paragraph in paragraphs:
        parts.insert(rng.randrange(1, len(parts) + 1), paragraph)
    return "\n\n".join(parts)


# Parts -----------------------------------------------------------------------------------------


def _vocabulary(text: str) -> list[str]:
    words = text.lower().split()
    return [each for each in words if len(each) > 2 and each.isalpha()] or ["also"]


def _edited(text: str, rate: float, vocabulary: Sequence[str], rng: random.Random) -> str:
    words: list[str] = []
    keep, draw = words.append, rng.random
    for word in text.split(" "):
        fate = draw() / rate
        if fate >= 1:
            keep(word)
        elif fate < 0.5:
            keep(rng.choice(vocabulary))
        elif fate >= 0.75:
            words += [rng.choice(vocabulary), word]
    return " ".join(words)


def _sentences(text: str) -> list[str]:
    text = text.replace("\n\n", " ")
    gaps = [match.span(1) for match in _SENTENCE_END.finditer(text)]
    starts = [0, *(end for _, end in gaps)]
    ends = [*(start for start, _ in gaps), len(text)]
    return [text[start:end] for start, end in zip(starts, ends, strict=True) if start < end]


def _paragraphs(sentences: Sequence[str], rng: random.Random) -> str:
    parts: list[str] = []
    place = 0
    while place < len(sentences):
        size = 1 + int(rng.random() * 3)
        parts.append(" ".join(sentences[place : place + size]))
        place += size
    return "\n\n".join(parts)


def _filled(form: str, rng: random.Random) -> str:
    """Fill the slots of a form; a slot keeps its value throughout one text."""
    values: dict[str, str] = {}

    def value(match: re.Match[str]) -> str:
        slot = match.group(1)
        if slot not in values:
            kind = slot.rstrip("0123456789")
            values[slot] = _SLOTS[kind](rng)
        return values[slot]

    return re.sub(r"\{(\w+)\}", value, form)


_NAME_HEADS: Final = (
    "Ba", "Ce", "Do", "Fe", "Gra", "Ha", "Jo", "Ka", "Li", "Ma", "No", "Pe", "Ro", "Sta", "Ti",
    "Va", "We", "Yo", "Zi",
)  # fmt: skip
_NAME_TAILS: Final = (
    "bert", "dano", "field", "gers", "lind", "mar", "nell", "port", "ric", "sson", "ton", "vak",
    "wick", "zer",
)  # fmt: skip
_DAYS: Final = (
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
)  # fmt: skip
_MONTHS: Final = (
    "January", "March", "April", "June", "July", "October", "December",
)  # fmt: skip


def _name(rng: random.Random) -> str:
    return rng.choice(_NAME_HEADS) + rng.choice(_NAME_TAILS)


_SLOTS: Final[dict[str, Callable[[random.Random], str]]] = {
    "name": lambda rng: _name(rng),
    "company": lambda rng: f"{_name(rng)} {rng.choice(('Holdings', 'Therapeutics', 'Energy'))}",
    "number": lambda rng: str(rng.randrange(10, 990)),
    "price": lambda rng: f"{rng.randrange(2, 190)}.{rng.randrange(10, 99)}",
    "day": lambda rng: rng.choice(_DAYS),
    "month": lambda rng: rng.choice(_MONTHS),
    "date": lambda rng: str(rng.randrange(1, 29)),
    "place": lambda rng: f"{_name(rng)}{rng.choice(('ville', ' Falls', ' County', 'burg'))}",
    "side": lambda rng: rng.choice(["north", "south", "east", "west", "northwest", "southeast"]),
    "sky": lambda rng: rng.choice(("sunny", "mostly cloudy", "clear", "foggy", "overcast")),
}

_STATEMENTS: Final = (
    "We are proud of what the people of {place} have achieved over the past {number} months, and "
    "we will keep working with every partner who shares that goal",
    "This decision was not taken lightly, and it follows a thorough review of all the facts that "
    "{name} and the board have gathered since {month}",
    "Our thoughts are with the families in {place}, and we thank the first responders who came to "
    "their aid within minutes of the call",
    "The agreement gives {company} the certainty it needs to invest, to hire and to grow in a "
    "market that has changed beyond recognition",
)

_FORMS: Final = (
    "NEW YORK, {month} {date} — The {name} Law Firm reminds purchasers of the securities of "
    "{company} between {month1} {date1} and {month2} {date2} of the important {month3} {date3} "
    "lead plaintiff deadline in the class action.\n\nIf you purchased {company} securities during "
    "the class period you may be entitled to compensation without payment of any out of pocket "
    "fees or costs through a contingency fee arrangement.\n\nAccording to the lawsuit, defendants "
    "throughout the class period made false or misleading statements or failed to disclose that "
    "{company} overstated its revenue by ${number} million and that demand in {place} had fallen. "
    "When the true details entered the market, shares fell ${price} to close at ${price1} on "
    "{month4} {date4}, the lawsuit claims, and investors suffered damages.\n\nA class action "
    "lawsuit has already been filed. If you wish to serve as lead plaintiff, you must move the "
    "court no later than {month3} {date3}. A lead plaintiff is a representative party acting on "
    "behalf of other class members in directing the litigation. No class has been certified. "
    "Until a class is certified, you are not represented by counsel unless you retain one.",
    "{place} — {day} will be {sky} with a high near {number} degrees. Winds will be out of the "
    "{side} at {date} mph, with gusts as high as {number1} mph in exposed places. The chance of "
    "rain is {number2} percent in the afternoon.\n\nThe night will be {sky1}, with a low around "
    "{date1}. On {day1}, expect {sky2} skies and a high near {number3}, with winds from the "
    "{side1}.\n\nLooking ahead to the weekend, forecasters at the weather service in {place1} "
    "expect {sky3} conditions to hold, with a warming trend from {day2}. Drivers are reminded to "
    "allow extra time and to keep their headlights on. The sun sets at 7:{date2} p.m. and rises "
    "at 6:{date3} a.m. The pollen count is {number4}, and the air quality index is {number5}.",
    "{place} — The winning numbers in {day} evening's drawing of the lottery's game were {date}, "
    "{date1}, {date2}, {date3} and {date4}, with a bonus ball of {date5}. Players who match all "
    "five numbers and the bonus ball win or share the jackpot, which stood at an estimated "
    "${number} million.\n\nNo one matched all numbers, so the jackpot for {day1}'s drawing grows "
    "to ${number1} million. Tickets in {number2} shops matched four numbers and won ${number3} "
    "each, among them one sold at {name}'s in {place1}.\n\nPlayers have 180 days from the date of "
    "the drawing to claim their prizes. For more information, call the lottery's office in "
    "{place2}. Proceeds go to schools and parks across the state.",
    "{place} ({month} {date}) — {company} on {day} reported net income of ${number} million in "
    "its latest quarter, after a loss in the same period a year earlier.\n\nThe {place}-based "
    "company said it had profit of ${price} per share. Earnings, adjusted for one-time gains and "
    "costs, were ${price1} per share, which beat the expectations of analysts. The average "
    "estimate of {date1} analysts surveyed was for earnings of ${price2} per share.\n\nThe company "
    "posted revenue of ${number1} million in the period, which also topped forecasts. For the "
    "current quarter ending in {month1}, {company} expects revenue of ${number2} million to "
    "${number3} million.\n\nThe company's shares have risen {number4} percent since the beginning "
    "of the year. In the final minutes of trading on {day}, shares hit ${price3}, a climb of "
    "{number5} percent in the last 12 months.",
    "Police in {place} are asking for help in finding a man who robbed a shop on {name} Street "
    "on {day} night.\n\nThe man entered the shop shortly before {date} p.m., showed a weapon and "
    "demanded money, police said. He left on foot toward {name1} Avenue with about ${number}. No "
    "one was hurt.\n\nHe was described as between {date1} and {number1} years old and was wearing "
    "a dark jacket. Detective {name2} {name3} is leading the investigation.\n\nAnyone with "
    "information is asked to call the {place} police at 555-{number2} or to leave an anonymous "
    "tip. A reward of up to ${number3} is offered for information that leads to an arrest.",
)

_REPRINT: Final[dict[str, Callable[[str, str, random.Random], str]]] = {
    "copy": copy,
    "light_edits": light_edits,
    "rewritten_lead": rewritten_lead,
    "trimmed": trimmed,
    "embedded": embedded,
    "scanned": scanned,
}
_LOOK_ALIKE: Final[dict[str, Callable[[str, str, random.Random], tuple[str, str]]]] = {
    "press_release": press_release,
    "background": background,
}
