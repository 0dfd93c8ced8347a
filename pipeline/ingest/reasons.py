"""Why an item could not become an article: the codes of the quarantine, all stages together.

A code is an interface: tables, checks and `copydesk replay --reason` use it. Add, never rename.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """Short stable code of a failure; `MEANING` says what each one means and what to do."""

    # ingest: the item as a whole
    EMPTY = "empty"
    BINARY = "binary"
    UNDECODABLE = "undecodable"
    UNSUPPORTED = "unsupported"
    UNREADABLE = "unreadable"
    ORPHAN_SIDECAR = "orphan_sidecar"
    # ingest: damaged or hostile containers and records
    TRUNCATED = "truncated"
    MALFORMED = "malformed"
    WRONG_COLUMNS = "wrong_columns"
    ENCRYPTED = "encrypted"
    UNSAFE_MEMBER = "unsafe_member"
    UNSAFE_LINK = "unsafe_link"
    # ingest: limits
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    TOO_MANY = "too_many"
    BOMB = "bomb"
    # ingest of crawls, and the later stages
    MEDIA_TYPE = "media_type"
    ERROR_PAGE = "error_page"
    NO_PROSE = "no_prose"
    TIMEOUT = "timeout"
    CRASHED = "crashed"


#: What is kept of these is a part, or no document by itself: trying again would make an article
#: of it without any fix.
NOT_WHOLE: Final = frozenset(
    (Reason.TRUNCATED, Reason.TOO_LARGE, Reason.BOMB, Reason.TOO_MANY, Reason.UNREADABLE,
     Reason.ENCRYPTED, Reason.UNSAFE_MEMBER, Reason.UNSAFE_LINK, Reason.ORPHAN_SIDECAR)
)  # fmt: skip

#: Passed over for what they are, as most of a crawl is; kept and listed, but no sign of trouble.
BY_TYPE: Final = frozenset((Reason.MEDIA_TYPE,))

#: One sentence a code, for the docs and for `copydesk quarantine`.
MEANING: Final[Mapping[Reason, str]] = {
    Reason.EMPTY: "There is no text: no bytes, only blanks, or an empty text field.",
    Reason.BINARY: "The bytes are no text: a picture, a PDF, a program, noise.",
    Reason.UNDECODABLE: "It looks like text, but no character set decodes it.",
    Reason.UNSUPPORTED: "A known container in a variant that cannot be read; convert it.",
    Reason.UNREADABLE: "The file could not be opened or read; check path, rights and network.",
    Reason.ORPHAN_SIDECAR: "A side-car of metadata without the document it is named after.",
    Reason.TRUNCATED: "The data ends in the middle; what came before the cut was read.",
    Reason.MALFORMED: "The data breaks the rules of its format at the place given.",
    Reason.WRONG_COLUMNS: "No column or key holds text or HTML; name it in the column map.",
    Reason.ENCRYPTED: "The archive member is encrypted; deliver it in the clear.",
    Reason.UNSAFE_MEMBER: "An archive member that climbs out, is a link or is a device.",
    Reason.UNSAFE_LINK: "A symbolic link that leads out of its folder, or no regular file.",
    Reason.TOO_LARGE: "The document or record exceeds the size limit; its beginning is kept.",
    Reason.TOO_DEEP: "JSON, HTML or archives are nested deeper than the limit.",
    Reason.TOO_MANY: "The archive has more members than the limit.",
    Reason.BOMB: "The data unpacks to far more than its size allows; reading was stopped.",
    Reason.MEDIA_TYPE: "A crawled resource that is neither HTML nor text.",
    Reason.ERROR_PAGE: "The server answered with an error or a redirect, or the page says so.",
    Reason.NO_PROSE: "The text was read, but no line of it is an article's prose.",
    Reason.TIMEOUT: "Reading or cleaning it took longer than its time limit.",
    Reason.CRASHED: "The code or a library failed on this item: a bug worth reporting.",
}
