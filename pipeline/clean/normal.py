"""Normal form of text: NFC, single blanks, no soft hyphens, mojibake repaired where certain."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: Characters that show nothing and mean nothing in running text (joiners of scripts are kept).
_INVISIBLE: Final = re.compile("[\x00-\x08\x0e-\x1b\x7f\xad\u200b\u2060\ufeff\ufffc]")
#: What UTF-8 read as a one-byte charset looks like: a lead byte's character and a continuation's.
_MOJIBAKE: Final = re.compile(
    "[\xc2-\xf4][\x80-\xbf\u20ac\u201a-\u203a\u0152-\u0178\u02c6\u02dc\u2122]"
)
#: Windows-1252 read as Latin-1: its quotes and dashes stand where Latin-1 has controls.
_CONTROLS: Final = {
    code: bytes([code]).decode("cp1252", "ignore") or None for code in range(0x80, 0xA0)
}
#: What most lines are made of, which has but one form.
PLAIN: Final = "".join(map(chr, range(ord(" "), ord("~") + 1))) + "‘’“”–—…"
_PLAIN: Final = re.compile(f"[{re.escape(PLAIN)}]*")
_LONGEST_REPAIR: Final = 100_000


def normalise(piece: str) -> str:
    """Return a line, or a part of one, in normal form; "" where nothing is left of it."""
    if (piece.isascii() and piece.isprintable()) or _PLAIN.fullmatch(piece):
        return piece.strip(" ") if "  " not in piece else " ".join(piece.split())
    if not piece.isascii():
        piece = unicodedata.normalize("NFC", _repaired(piece))
    if not piece.isprintable():
        piece = _INVISIBLE.sub("", piece.translate(_CONTROLS))
    return " ".join(piece.split())


def _repaired(piece: str) -> str:
    if not _MOJIBAKE.search(piece) or len(piece) > _LONGEST_REPAIR:
        return piece
    import ftfy

    return str(ftfy.fix_encoding(piece))
