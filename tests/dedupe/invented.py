"""Invented news texts for the tests: as many as needed, none like another."""

from __future__ import annotations

import random

_HEADS = ("bra", "cho", "du", "fen", "gli", "hor", "jun", "kes", "lom", "mir", "nop", "sul")
_MIDS = ("dan", "mel", "rik", "sto", "tev", "wyn", "zal", "pok", "lur", "nim")
_TAILS = ("", "a", "ode", "is", "en", "ing", "ed", "ers")
_SMALL = ("the", "of", "and", "in", "to", "a", "for", "with", "on", "that", "by", "at", "from")
_NAMES = ("Ada Brint", "Tomas Vell", "Ines Karo", "Varnholt", "Ostermere", "Kell Bay", "Monday")


def word(rng: random.Random) -> str:
    return rng.choice(_HEADS) + rng.choice(_MIDS) + rng.choice(_TAILS)


def sentence(rng: random.Random) -> str:
    parts = []
    for _ in range(rng.randrange(9, 16)):
        draw = rng.random()
        if draw < 0.35:
            parts.append(rng.choice(_SMALL))
        elif draw < 0.45:
            parts.append(rng.choice(_NAMES))
        elif draw < 0.5:
            parts.append(str(rng.randrange(2, 900)))
        else:
            parts.append(word(rng))
    return "The " + " ".join(parts) + "."


def article(seed: int, paragraphs: int = 8) -> str:
    """Return a text of about 35 words a paragraph that shares nothing with others."""
    rng = random.Random(seed)
    return "\n\n".join(" ".join(sentence(rng) for _ in range(3)) for _ in range(paragraphs))


def reprint(text: str, seed: int) -> str:
    """Return `text` with a new lead and its last paragraph cut."""
    parts = text.split("\n\n")
    return "\n\n".join([article(seed + 10_000, 1), *parts[1:-1]])


def excerpt(text: str) -> str:
    """Return the first half of `text`."""
    parts = text.split("\n\n")
    return "\n\n".join(parts[: len(parts) // 2])
