"""Which publication carried the article: masthead, site name, domain, credits, copyright lines.

A service that republishes other papers' copy is no outlet where another one is stated. The wire
service whose copy it is belongs in `agency`.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache, lru_cache
from typing import Final
from urllib.parse import urlsplit

from pipeline.describe.agency_names import exactly
from pipeline.describe.context import Context, shorten
from pipeline.describe.fold import data_pairs, data_words, fold, plain, squeeze
from pipeline.domains import domain_of, host_of
from pipeline.records import BODY, Candidate, Line

_LONGEST_NAME: Final = 60
_COMPANY = re.compile(
    r"(?:,?\s+(?:inc|llc|l\.l\.c|lp|l\.p|ltd|limited|corp|corporation|co|gmbh|ag|plc|media network"
    r"|media group|media inc|media llc|media)\.?)+$",
    re.I,
)
_COPYRIGHT = re.compile(
    r"(?:copyright\b[\s©®(c),:]*|[©®][\s,:]*(?:copyright)?\s*)(?:\d{4}\s*[-–—]?\s*){0,2}[\s,:.–—-]*"
    r"(?:by\s+|the\s+author\s+)?([^\d.|,©•/;<>][^.|,©•;<>\d]{1,60}?)"
    r"(?=\s*(?:[.|,©•;<>\d]|all rights|a division|is an?\b|copyright|privacy|terms|home|$))",
    re.I,
)
_PITCH = re.compile(
    r"((?:[A-Z0-9][\w&.'’-]{0,20}\s){1,5})(?:is your source for"
    r"|is an? (?:independent,? |non-?profit,? ){0,2}(?:news|newsroom|media)\b"
    r"|relies on (?:readers|support|donations))"
)
#: What no name of an outlet holds: addresses of mail, and what stores call its program.
_NO_NAME = re.compile(r"\S+@\S+|(?<=\w)\s[Aa]pp$")
_DOTTED = re.compile(r"\w\.\w")
_PITCH_WORDS: Final = ("is your source", "is a", "relies on")
_SUPPORT = re.compile(
    r"(?:subscribe to|support|follow|sign up for|download the|visit)\s+"
    r"((?:[Tt]he\s)?(?:[A-Z0-9][\w&.’'-]{0,20}\s?){1,4}?)"
    r"(?:['’]s?|\s+on\s+(?:Twitter|Facebook|Instagram)|\s+app\b|\s+today|[.!]|$)",
    re.I,
)
_PHOTO_CREDIT = re.compile(
    r"((?:[A-Z][\w.'’-]{1,20}\s){1,3}[A-Z][\w.'’-]{1,20})\s?/\s?(?:for\s)?((?:The\s)?[A-Z][\w.&'’-]{1,24}"
    r"(?:\s[A-Z][\w.&'’-]{1,20}){0,3})\s?[).]{0,2}$"
)
_DOMAINISH = re.compile(r"^(?:https?://)?(?:www\.)?([\w-]+(?:\.[\w-]+)+)/?$", re.I)


@cache
def _known() -> dict[str, str]:
    """Map the folded name of every outlet in the data file to its usual name."""
    return {_key(name): name for name in reversed(data_pairs("outlets.tsv").values())}


@cache
def _photo_agencies() -> frozenset[str]:
    return frozenset(fold(name) for name in data_words("photo_agencies.txt"))


def _key(name: str) -> str:
    """Return the form in which names of outlets are compared: without "The" and ".com"."""
    key = fold(_ENDING.sub("", name) if "." in name else name)
    return key[3:] if key.startswith("the") and len(key) > 6 else key


_ENDING: Final = re.compile(r"\.(?:com|org|net|co\.uk)\b", re.I)


def known_name(name: str) -> str | None:
    """Return the usual name of a known outlet, whatever its case and "The", or None."""
    return _known().get(_key(name)) if len(name) <= _LONGEST_NAME else None


@lru_cache(maxsize=1024)
def name_of_domain(url: str | None) -> str | None:
    """Return the usual name of the outlet at an address, from the data file, or None."""
    host = host_of(url)
    table = data_pairs("outlets.tsv")
    section = urlsplit(url).path[1:40].partition("/")[0] if host and url else ""
    if f"{host}/{section}" in table:
        return table[f"{host}/{section}"]
    while host and "." in host:
        if host in table:
            return table[host]
        host = host.partition(".")[2]
    return None


def is_republisher(name_or_domain: str) -> bool:
    """Tell whether a name or domain is a service that republishes others' copy."""
    return name_or_domain.casefold().strip() in data_words("republishers.txt")


def usual_name(name: str) -> str | None:
    """Return a stated site name as its outlet is usually called, or None where it is no name."""
    name = _NO_NAME.sub("", squeeze(plain(name))).strip(" -–—|•·:*\"“”'")
    name = re.split(r"\s(?:[|•·»:]+|[-–—])\s", name)[0].strip()
    domain = _DOMAINISH.match(name)
    if domain:
        found = name_of_domain("https://" + domain.group(1).lower())
        return found or name.removeprefix("http://").removeprefix("https://").removeprefix("www.")
    bare = _COMPANY.sub("", name).strip(" ,") or name
    known = known_name(name) or known_name(bare)
    if known:
        return known
    if not 2 <= len(bare) <= _LONGEST_NAME or len(bare.split()) > 8 or bare.startswith("@"):
        return None
    return bare if any(ch.isalpha() for ch in bare) else None


def candidates(context: Context) -> list[Candidate]:
    """Return candidates of `outlet` from address, markup, given metadata and lines."""
    found = _from_address(context) + _from_markup(context) + _from_lines(context)
    given = context.document.given.get("outlet")
    if given and (name := usual_name(given)):
        found.append(Candidate("outlet", name, 0.75, "given_outlet", shorten(given)))
    return [c for c in found if not is_republisher(c.value)]


def _from_address(context: Context) -> list[Candidate]:
    url = context.document.url
    urls = [url] if url else [c.value for c in context.markup_for("url")]
    for address in urls:
        domain = domain_of(address)
        if domain is None or is_republisher(domain):
            continue
        name = name_of_domain(address)
        if name:
            return [Candidate("outlet", name, 0.97, "domain_table", shorten(address))]
        return _spelled_as_domain(context, domain)
    return []


def _spelled_as_domain(context: Context, domain: str) -> list[Candidate]:
    """Find words near either end of the text that are the domain written out."""
    whole, label = fold(domain), fold(domain.split(".")[0])
    if len(label) < 4:
        return []
    spelled: Counter[str] = Counter()
    with_article: Counter[str] = Counter()
    for line in context.edges:
        if len(line.text) < 300 and label in fold(line.text):
            words = _words_folding_to(line.text, whole) or _words_folding_to(line.text, label)
            if words and not _DOTTED.search(words[0]):
                spelled[words[0]] += 1 + 2 * (line.role in ("outlet", "legal"))
                with_article[words[0]] += words[1] * (1 + 2 * (line.role in ("outlet", "legal")))
    if not spelled:
        return []
    best = max(spelled, key=lambda words: (" " in words, spelled[words], words))
    name = _fuller(context, f"The {best}" if 2 * with_article[best] > spelled[best] else best)
    return [Candidate("outlet", name, 0.85, "domain_spelled", shorten(f"{domain}: {name}"))]


def _fuller(context: Context, name: str) -> str:
    """Return the name of the site in its markup where that is `name` and a word or two more.

    "Logan" of logan.edu calls itself "Logan University".
    """
    short = name.removeprefix("The ").casefold() + " "
    for candidate in context.markup_for("outlet"):
        stated = usual_name(candidate.value) or ""
        more = stated.removeprefix("The ")
        if more.casefold().startswith(short) and len(more[len(short) :].split()) <= 2:
            return stated
    return name


def _words_folding_to(text: str, label: str) -> tuple[str, bool] | None:
    """Return the run of words in `text` whose letters are `label`, and if "The" stands before."""
    words = text.split()
    for start in range(min(len(words), 60)):
        run = ""
        for end in range(start, min(start + 8, len(words))):
            run += fold(words[end])
            if run == label:
                found = " ".join(words[start : end + 1]).strip(" ,.;:|©®™*()\"'“”•·›»?/_#<>[]")
                article = start > 0 and words[start - 1] == "The"
                return (found, article) if found[:1].isupper() or found[:1].isdigit() else None
            if not label.startswith(run):
                break
    return None


def _from_markup(context: Context) -> list[Candidate]:
    found = []
    for candidate in context.markup_for("outlet"):
        name = usual_name(candidate.value)
        if name:
            found.append(Candidate("outlet", name, 0.8, candidate.rule, candidate.source_text))
    return found


def _from_lines(context: Context) -> list[Candidate]:
    found = _mastheads(context)
    found += _copyrights(context)
    found += _photo_credits(context)
    for line in context.edges[-80:]:
        if line.role != BODY and len(line.text) < 600:
            found += _pitches(line)
    return found


def _mastheads(context: Context) -> list[Candidate]:
    found = []
    for line in context.with_role("outlet")[:3]:
        name = usual_name(line.text) if len(line.text) <= 2 * _LONGEST_NAME else None
        if name:
            rule = "masthead_known" if known_name(name) else "masthead"
            found.append(Candidate("outlet", name, 0.85, rule, shorten(line.text)))
    for line in context.before_body[:6]:
        name = known_name(squeeze(line.text)) if line.role not in ("outlet", "headline") else None
        if name and fold(name) not in _SECTIONS:
            # A wire service there is mostly whose copy it is.
            sure, rule = (0.35, "top_line_agency") if exactly(name) else (0.9, "top_line_known")
            found.append(Candidate("outlet", name, sure, rule, shorten(line.text)))
    first = context.top[0] if context.top else None
    name = squeeze(first.text) if first and first.role != BODY else ""
    if name and _worded_as_masthead(name) and not exactly(name):
        found.append(Candidate("outlet", name, 0.6, "top_line_worded", shorten(name)))
    return found


#: Outlets whose names are names of sections too.
_SECTIONS: Final = frozenset(
    (
        "commentary",
        "nature",
        "people",
        "science",
        "nation",
        "metro",
        "insider",
        "deadline",
        "variety",
    )
)


def _worded_as_masthead(line: str) -> bool:
    """Tell whether a first line reads like the name of a paper: "The Daily Gleaner"."""
    words = line.replace("-", " ").split()
    if not 2 <= len(words) <= 6 or len(line) > _LONGEST_NAME or not line[-1].isalpha():
        return False
    if words[0].casefold() == "by":
        return False
    named = all(word[0].isupper() or word in ("of", "the", "and", "&") for word in words)
    return named and words[-1].casefold() in data_words("masthead_words.txt")


def _copyrights(context: Context) -> list[Candidate]:
    found = []
    for line in reversed(context.cleaned.lines[-60:] if context.cleaned.lines else ()):
        # The owner of a picture is not the publication.
        if line.role in (BODY, "caption") or len(line.text) > 600 or not _is_copyright(line.text):
            continue
        match = _COPYRIGHT.search(line.text)
        name = usual_name(match.group(1)) if match else None
        if name and name[:1].isupper() and not _is_no_publication(name):
            sure, rule = (0.9, "copyright_known") if known_name(name) else (0.5, "copyright")
            found.append(Candidate("outlet", name, sure, rule, shorten(line.text)))
    return found[:3]


def _is_no_publication(owner: str) -> bool:
    """Tell whether the owner of a copyright is a word of the notice, or a syndicate of columns."""
    first = fold(owner.split()[0])
    return first in _NOTICE or fold(owner) in _NOT_OWNERS or _SYNDICATE.search(owner) is not None


_SYNDICATE: Final = re.compile(
    r"\(|syndicat|content agency|creators\b|\bfeatures\b|writers group", re.I
)


#: A name cut at its full stop ("Bloomberg L.P."), a note in brackets, an agency of pictures.
_CUT: Final = re.compile(r"[(/]|\s[A-Z]$")


def _is_copyright(text: str) -> bool:
    return "©" in text or "®" in text or "copyright" in text.casefold()


_NOT_OWNERS: Final = frozenset(
    ("policy", "notice", "copyright", "copyrightpolicy", "information", "allrightsreserved",
     "reserved", "image", "images", "statement", "act", "law", "infringement", "holders",
     "material", "protected", "disclaimer", "contact", "privacy")
)  # fmt: skip
#: First words of what goes on about the notice itself.
_NOTICE: Final = frozenset(("copyright", "notice", "notices", "terms", "theme"))


def _photo_credits(context: Context) -> list[Candidate]:
    credited: list[tuple[str, Line]] = []
    for line in [*context.with_role("caption", "credit")[:20], *context.top[:25]]:
        if "/" not in line.text or len(line.text) > 500:
            continue
        match = _PHOTO_CREDIT.search(line.text.rstrip()[-120:])
        if match is None:
            continue
        by, name = match.group(1), match.group(2).strip(" .")
        if not _is_photo_agency(name) and not _ends_in_agency(by) and (usual := usual_name(name)):
            credited.append((usual, line))
    if not credited:  # most
        return []
    sources = dict(reversed(credited))
    counted = Counter([name for name, _ in credited])
    return [_photo_credit(name, sources[name]) for name, _ in counted.most_common(2)]


def _photo_credit(name: str, line: Line) -> Candidate:
    """Return the candidate; a name on no list is mostly a museum, a firm or an agency."""
    sure, rule = (0.8, "photo_credit_known") if known_name(name) else (0.2, "photo_credit")
    return Candidate("outlet", name, sure, rule, shorten(line.text))


def _is_photo_agency(name: str) -> bool:
    return fold(name) in _photo_agencies()


def _ends_in_agency(words: str) -> bool:
    """Tell whether an agency stands before the slash, a photographer after it: "AP Photo/Name"."""
    parts = words.split()
    return any(_is_photo_agency(" ".join(parts[-size:])) for size in (1, 2, 3))


def _pitches(line: Line) -> list[Candidate]:
    text = line.text
    if any(words in text for words in _PITCH_WORDS) and (match := _PITCH.search(text)):
        name = usual_name(match.group(1))
        if name and name[:1].isupper():
            return [Candidate("outlet", name, 0.85, "pitch", shorten(text))]
    match = _SUPPORT.search(text) if line.role in ("promo", "social") else None
    known = known_name(match.group(1).strip()) if match else None
    return [Candidate("outlet", known, 0.6, "support_known", shorten(text))] if known else []
