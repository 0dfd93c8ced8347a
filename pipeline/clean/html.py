"""HTML pages: one parse a page, its flattened text, and the body told from the rest.

`parse` reads a page once; the tree is shared with the metadata stage. `clean_pages` decides which
lines of the flattened text are the article. How lines break is in `html_flatten`, what markup
says about them in `html_features`, what decides in `html_model` and, where that is unsure,
`html_second`; metadata does not belong here.
"""

from pipeline.clean.html_decide import clean_pages
from pipeline.clean.html_errors import REASONS, CleanError
from pipeline.clean.html_page import Page, page_address, page_title, parse

__all__ = ["REASONS", "CleanError", "Page", "clean_pages", "page_address", "page_title", "parse"]
