"""From what the model says of a page's blocks to an article: lines with roles, and the body."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from pipeline.clean.furniture import LEARNED, LEARNED_RULE, FurnitureIndex
from pipeline.clean.html_errors import CleanError
from pipeline.clean.html_flatten import Block
from pipeline.clean.html_model import MODEL, body_probabilities
from pipeline.clean.html_page import Page, page_title
from pipeline.clean.html_roles import near_columns, role_of
from pipeline.clean.html_second import kept_blocks
from pipeline.clean.lines import Array
from pipeline.clean.model import load
from pipeline.clean.normal import normalise
from pipeline.clean.parts import PartRule, body_rules, parts
from pipeline.clean.roles import WORDED, decided_role, rule_role, rule_roles
from pipeline.records import BODY, Cleaned, Line

#: Pages handled at once, by characters of flattened text: what the processor's cache holds.
_BATCH: Final = 400_000

#: Doubtful share of the expected body from which on trafilatura is asked (one page in eight),
#: and the bounds of its weight, which grows with the doubt. On surer pages its opinion costs time
#: and gains nothing (measured on training pages, out of fold).
UNSURE: Final = 0.15
_WEIGHT: Final = (0.3, 0.7)

#: Least body of an article, in characters, and what may still be an error page.
_LEAST_BODY: Final = 80
_ERROR_BODY: Final = 800
_ERROR: Final = re.compile(
    r"\b(40[0134]|50[0234])\b.{0,20}(error|not found|forbidden|bad gateway|unavailable)|"
    r"(page|site|article|content|story) (not found|cannot be found|can.t be found|is unavailable|"
    r"no longer (exists|available))|access denied|are you (a )?(human|robot)|just a moment|"
    r"(enable|requires) javascript|verify (that )?you are (a )?human|too many requests|"
    r"seite (wurde )?nicht gefunden|page introuvable|p[aá]gina no encontrada",
    re.IGNORECASE,
)

#: A repeated block of at least this many characters is a repeat, not a refrain.
_LEAST_REPEAT: Final = 60
#: Rows of a table may say the same.
_ROWS: Final = frozenset({"tr", "td", "th"})

#: Roles that the wording of a line of at most `_SHORT` characters tells, unless the model is sure.
_TELLING: Final = frozenset({"ad", "editor_note", "legal", "player", "promo", "related", "social"})
#: ... and rules that tell one of another role, if they are sure enough of the line.
_TELLING_RULES: Final = frozenset({"wording:photo_credit", "wording:picture_owner"})
_SURE: Final = 0.97
_SHORT: Final = 120
#: Such lines are furniture above the lead, however sure the model; below it they may be the
#: story's. A lead has at least `_LEAD` characters, a stamp at most `_STAMP`.
_STAMPS: Final = frozenset({"byline", "timestamp"})
_LEAD: Final = 120
_STAMP: Final = 60
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_CLOSED: Final = re.compile(r"[.!?…:;。！？][\"'”’»)\]]*$")


def clean_pages(
    pages: Sequence[Page], furniture: Sequence[FurnitureIndex | None] | None = None
) -> list[Cleaned | CleanError]:
    """Return each page's article, or why it has none: "no_prose" or "error_page".

    `furniture`, one entry a page, is what is known to recur in its source. The answer for a page
    does not depend on the others of the batch.
    """
    cleaned: list[Cleaned | CleanError] = []
    known = list(furniture) if furniture is not None else [None] * len(pages)
    low, size = 0, 0
    for number, page in enumerate(pages):
        if size and size + len(page.text) > _BATCH:
            cleaned += _clean_batch(pages[low:number], known[low:number])
            low, size = number, 0
        size += len(page.text)
    return cleaned + _clean_batch(pages[low:], known[low:])


def _clean_batch(
    pages: Sequence[Page], furniture: Sequence[FurnitureIndex | None]
) -> list[Cleaned | CleanError]:
    if not pages:
        return []
    titles = [page_title(page.tree) for page in pages]
    found = body_probabilities([page.flat for page in pages], titles)
    return [_clean(*row) for row in zip(pages, titles, found, furniture, strict=True)]


def _clean(
    page: Page, title: str, probability: Array, furniture: FurnitureIndex | None
) -> Cleaned | CleanError:
    blocks = page.flat.blocks
    scores, method = _weighed(page, probability)
    threshold = load(MODEL).threshold
    learned = _learned(blocks, scores >= threshold, furniture)
    chosen = _verdicts(blocks, (scores >= threshold) & (learned < LEARNED), scores < _SURE, title)
    lines: list[Line] = []
    paragraphs: list[str] = []
    rules = body_rules(
        "\n".join(block.text for block, role in zip(blocks, chosen, strict=True) if role == BODY)
    )
    # Many at once cost a third of what they do one by one; they are asked for one by one below.
    rule_roles([block.text for block, role in zip(blocks, chosen, strict=True) if not role])
    rows = zip(blocks, chosen, near_columns(blocks), scores.tolist(), learned.tolist(), strict=True)
    below_lead = False
    for block, role, near, score, share in rows:
        if role == BODY:
            found = _body_lines(block, method, score, rules)
            text = " ".join(normalise(line.text) for line in found if line.role == BODY).strip()
            if text:
                _add(paragraphs, text, runs_on=block.breaks == 1)
            lines += found
            below_lead = True
        elif role:
            rule = "html:title" if role == "headline" else "html:repeat"
            lines.append(Line(block.start, block.end, block.text, role, rule, 0.95))
        else:
            lines.append(_furniture_line(block, near, score, share, below_lead=below_lead))
    body = "\n\n".join(paragraphs)
    return _refusal(page, title, body) or Cleaned(page.text, tuple(lines), body, method)


def _learned(blocks: Sequence[Block], is_body: Array, furniture: FurnitureIndex | None) -> Array:
    """Return how far each block that looks like body is held by its source's furniture (0 to 1).

    A heading that recurs ("Pros", "What we know") is how the source builds its articles; it is
    furniture where what it heads is.
    """
    shares = np.zeros(len(blocks))
    if furniture is not None and furniture.lines:
        heads_furniture = False
        for row in np.flatnonzero(is_body)[::-1].tolist():
            share = furniture.share(blocks[row].text)
            if heads_furniture or blocks[row].tag not in _HEADINGS:
                shares[row] = share
                heads_furniture = share >= LEARNED
    return shares


def _weighed(page: Page, probability: Array) -> tuple[Array, str]:
    """Return the scores of the blocks and what decided; trafilatura is asked about unsure pages."""
    open_share = doubt(page.flat.blocks, probability)
    if open_share < UNSURE:
        return probability, "line_model"
    kept = kept_blocks(page.tree, page.flat)
    if kept is None:
        return probability, "line_model"
    weight = min(max(open_share, _WEIGHT[0]), _WEIGHT[1])
    return np.round((1 - weight) * probability + weight * np.array(kept), 4), "trafilatura"


def doubt(blocks: Sequence[Block], probability: Array) -> float:
    """Return how much of a page is undecided, as a share of the body expected (0: all is clear)."""
    size = np.array([block.end - block.start for block in blocks], dtype=np.float64)
    open_size = float((size * np.minimum(probability, 1 - probability)).sum())
    return open_size / max(float((size * probability).sum()), 1.0)


def _verdicts(blocks: Sequence[Block], chosen: Array, unsure: Array, title: str) -> list[str]:
    """Return BODY for each chosen block, "headline" or "repeat" where that is plain, else ""."""
    headline = _headline(blocks, title)
    seen: set[str] = set()
    roles = []
    above = True
    for row, (block, is_body) in enumerate(zip(blocks, chosen.tolist(), strict=True)):
        above &= not (is_body and len(block.text) >= _LEAD)
        worded = is_body and ((above and _is_stamp(block)) or (unsure[row] and _is_worded(block)))
        role = BODY if is_body and not worded else ""
        if headline is not None and is_title(block, title):
            role = "headline" if row == headline else "repeat"
        elif role == BODY and len(block.text) >= _LEAST_REPEAT and block.tag not in _ROWS:
            role = "repeat" if block.text in seen else BODY
            seen.add(block.text)
        roles.append(role)
    return roles


def _is_worded(block: Block) -> bool:
    """Return whether a short block's wording alone tells that it is furniture."""
    if len(block.text) > _SHORT:
        return _is_script(block.text)
    worded = rule_role(block.text)
    if worded is None or worded[0] in _TELLING:
        return worded is not None
    return worded[1] in _TELLING_RULES and decided_role(block.text) is not None


def _is_script(text: str) -> bool:
    """Return whether a block is the source of a script."""
    return "(" in text[:200] and decided_role(text) == ("other", "wording:script")


def _is_stamp(block: Block) -> bool:
    """Return whether a block says who wrote something or when, and no more."""
    worded = rule_role(block.text) if len(block.text) <= _STAMP else None
    return worded is not None and worded[0] in _STAMPS


def _headline(blocks: Sequence[Block], title: str) -> int | None:
    """Return the row of the headline: the first heading that says what the page's title says."""
    rows = [row for row, block in enumerate(blocks) if is_title(block, title)]
    headings = [row for row in rows if blocks[row].tag == "h1"]
    return next(iter(headings + rows), None)


def is_title(block: Block, title: str) -> bool:
    """Return whether a block says what `title` (lower case, squeezed) says, and no more."""
    return 0 < len(block.text) <= len(title) and block.text.lower() == title


def _body_lines(block: Block, method: str, score: float, rules: Sequence[PartRule]) -> list[Line]:
    """Return a block of the body as one line, or as several where its roles mix."""
    start, text = block.start, block.text
    return [
        Line(start + part.start, start + part.end, text[part.start : part.end],
             part.role, part.rule or method, WORDED if part.rule else score)
        for part in parts(text, BODY, rules)
    ] or [Line(start, block.end, text, BODY, method, score)]  # fmt: skip


def _furniture_line(
    block: Block, near: bytes, score: float, learned: float, *, below_lead: bool
) -> Line:
    """Return a block that is not body as a line.

    `learned` is how far its source's furniture holds a block that looks like body.
    """
    role, rule, sure = role_of(block, near, below_lead=below_lead)
    told = WORDED if rule.startswith("wording:") else 0.0
    sure = round(max(sure * max(1 - score, told), learned), 4)
    rule = LEARNED_RULE if learned >= LEARNED else rule
    return Line(block.start, block.end, block.text, role, rule, sure)


def _add(paragraphs: list[str], text: str, *, runs_on: bool) -> None:
    """Add a paragraph; a line broken by hand in mid-sentence goes on with the one before."""
    if runs_on and paragraphs and not _CLOSED.search(paragraphs[-1][-4:]):
        paragraphs[-1] = f"{paragraphs[-1]} {text}"
    else:
        paragraphs.append(text)


def _refusal(page: Page, title: str, body: str) -> CleanError | None:
    if len(body) < _ERROR_BODY:
        told = _ERROR.search(f"{title}\n{_document_title(page.tree)}\n{body[:300]}")
        if told:
            return CleanError("error_page", f"the page says {told.group(0)!r}")
    if len(body) < _LEAST_BODY:
        return CleanError("no_prose", f"{len(body)} characters of article text on the page")
    return None


def _document_title(tree: Any) -> str:
    return " ".join((tree.findtext(".//title") or "")[:300].split())
