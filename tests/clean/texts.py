"""Invented texts that the tests of cleaning share."""

import os
from pathlib import Path

ARTICLE = """\
Harbour Gazette

Council votes to reopen the old ferry line

By Marta Lindqvist

PORT ELLERY — The town council voted on Tuesday to reopen the ferry line that closed nine years \
ago, ending a long argument over who should pay for the new pier.

Council members said the decision followed months of talks with residents, shop owners and the \
company that has run the harbour since the storm.

Advertisement

“We have waited too long for this,” said Olive Brandt, who runs a bakery near the pier. “People \
want to cross the bay without driving for an hour.”

The first boats are expected to run in the spring, the harbour master said, once the pier has \
been inspected and the ticket office rebuilt.

Opponents argued that the money would be better spent on the coastal road, which floods several \
times a year and has been closed twice since January.

Sign up for our daily newsletter and get the news delivered to your inbox.

Follow us on Twitter

Copyright © 2019 Harbour Gazette. All rights reserved.
"""

MENU = ["Home", "News", "Sports", "Weather", "Contact us", "Log in", "Subscribe", "Search"]
FOOTER = [
    "About us",
    "Privacy Policy",
    "Terms of Use",
    "Advertise with us",
    "© 2019 All rights reserved",
]
PAGE = "\n".join(MENU) + "\n" + ARTICLE + "\nMost Popular\n" + "\n".join(FOOTER) + "\n"


def data_folder() -> Path | None:
    """Return the data folder where there is one."""
    folder = Path(os.environ.get("COPYDESK_DATASETS", Path(__file__).parents[3] / "shared"))
    return folder if (folder / "gold").is_dir() else None
