"""One browser and its page for the viewer's tests, and a viewer of small runs for each module."""

import pytest

from tests.browser.chromium import chromium
from tests.view import served


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


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return served.runs(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def address(folder):
    """Where a viewer of the folder answers; a module may have another."""
    with served.served(folder) as running:
        yield running
