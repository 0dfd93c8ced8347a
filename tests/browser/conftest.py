"""The browser, or a reason why there is none."""

import os

import pytest

from tests.browser import support


def _absent(reason):
    """Skip; but fail where the tests must run, as in continuous integration."""
    if os.environ.get("COPYDESK_BROWSER_TESTS") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


# Playwright keeps an event loop running while it is open: closed after each module, it is in
# nobody's way.
@pytest.fixture(scope="module")
def chromium():
    if support.CHROMIUM is None:
        _absent("no Chromium: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = support.open_chromium(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe():
    if not support.AXE.is_file():
        _absent("no axe-core: npm install --prefix tests/browser")
    return support.AXE.read_text()


@pytest.fixture
def page(chromium):
    """A page of its own; it must stay free of errors and load nothing from elsewhere."""
    context = support.new_context(chromium, viewport={"width": 1400, "height": 950})
    page = context.new_page()
    page.troubles = []
    page.on("pageerror", lambda error: page.troubles.append(str(error)))
    page.on(
        "console",
        lambda message: message.type == "error" and page.troubles.append(message.text),
    )
    page.on("dialog", lambda dialog: (page.troubles.append("dialog"), dialog.dismiss()))
    yield page
    context.close()
