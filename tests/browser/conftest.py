"""One browser and its page for the viewer's tests; each module has an `address` of its own."""

import pytest

from tests.browser.chromium import chromium


@pytest.fixture(scope="session")
def browser():
    with chromium() as tab:
        yield tab


@pytest.fixture
def page(browser, address):
    """A page that must neither complain nor ask anybody but the server."""
    browser.window(1280, 900)
    yield browser
    browser.ask("1")  # what is on its way arrives before the answer
    assert browser.complaints == []
    assert [url for url in browser.requests if not url.startswith(address)] == []
