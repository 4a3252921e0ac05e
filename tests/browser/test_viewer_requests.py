"""What a model was asked, as the viewer rebuilds it for any step."""

import pytest

from tests.browser.chromium import CHROMIUM
from tests.browser.reading import at_episode
from tests.view import served

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]
FOLD = (
    "[...document.querySelectorAll('.pane summary')]"
    ".find((one) => one.textContent.startsWith('{}'))"
)
TEXT = "document.querySelector('.requests').textContent"


@pytest.fixture(scope="module")
def conversation(tmp_path_factory):
    return served.conversation(tmp_path_factory.mktemp("conversation"))


@pytest.fixture(scope="module")
def address(conversation):
    with served.served(conversation[0]) as running:
        yield running


def opened(page, address, conversation, step):
    """Come to a step, and open its request."""
    path, _ = conversation
    at_episode(page, address, path.name, step)
    page.ask(f"{FOLD.format('Request, rebuilt')}.click()")
    page.await_("document.querySelector('.requests section')")


def test_the_first_request_is_the_brief_and_the_opening(page, address, conversation):
    opened(page, address, conversation, 0)
    assert "For the answer · POST http://127.0.0.1" in page.ask(TEXT)
    assert "2 messages" in page.ask(TEXT)
    assert "You run a lemonade stand for 9 days." in page.ask(TEXT)
    page.ask(f"{FOLD.format('All of it')}.click()")
    page.await_(f"{TEXT}.includes('parallel_tool_calls')")


def test_a_long_conversation_shows_its_end_and_the_rest_on_demand(page, address, conversation):
    _, sent = conversation
    opened(page, address, conversation, len(sent) - 1)
    assert "You run a lemonade stand" not in page.ask(TEXT)
    page.ask(f"{FOLD.format('The 6 messages before')}.click()")
    page.await_(f"{FOLD.format('system')} !== undefined")
    page.ask(f"{FOLD.format('system')}.click()")
    page.await_(f"{TEXT}.includes('You run a lemonade stand for 9 days.')")


@pytest.mark.parametrize("width", [375, 1280])
def test_what_a_model_had_said_is_shown_and_never_executed(page, address, conversation, width):
    page.window(width, 760)
    opened(page, address, conversation, 3)
    text = page.ask(TEXT)
    assert '<script>document.title = "taken"</script>' in text
    assert "⟦U+202E⟧" in text
    assert "\u202e" not in text
    assert page.ask("document.querySelectorAll('.requests script, .requests img').length") == 0
    assert "taken" not in page.ask("document.title")
    assert page.ask("document.documentElement.scrollWidth") <= width
