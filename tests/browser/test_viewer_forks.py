"""Forking from the page, in a real browser: by keys, on a phone, and where it is refused."""

import json
import shutil

import pytest

from tenure.scoring.records import read
from tests.browser.chromium import CHROMIUM
from tests.browser.reading import READY, at_episode, shown
from tests.scoring import episodes
from tests.view import served

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]

TWO = "week/episodes/two-a-day/seed-1.jsonl.zst"
EVIL = "hostile/episodes/evil/seed-1.jsonl.zst"
ASKED = "document.querySelector('dialog input:checked')"
TEXT = "document.querySelector('dialog').textContent"


@pytest.fixture(autouse=True)
def _no_forks(folder):
    yield
    shutil.rmtree(folder / "week-forks", ignore_errors=True)


def asked(page, address, path=TWO, step=4):
    """Open the dialog at a step, by its key."""
    at_episode(page, address, path, step)
    page.key("b")
    page.await_(ASKED)


def forked(page):
    """Wait until the fork was played; return the paths of its episodes."""
    page.await_("document.querySelector('dialog .forks a')")
    links = page.ask(
        "[...document.querySelectorAll('.forks li')].map((one) => one.firstChild.hash)"
    )
    return [link.removeprefix("#/episode/").partition("?")[0] for link in links]


def test_keys_alone_fork_an_episode_and_lead_beside_its_parent(page, address, folder):
    asked(page, address)
    assert page.ask("document.activeElement.value") == "fresh"
    page.key("ArrowDown")
    page.key("ArrowDown")
    assert page.ask("document.activeElement.value") == "other"
    page.key("Tab")
    assert page.ask("document.activeElement.value") == "idle"
    page.key("Enter")
    (path,) = forked(page)
    child = read(folder / path)
    assert (child.agent_name, child.header["parent"]["step"]) == ("idle", 4)
    page.key("Tab")
    page.key("Enter")
    page.await_("document.querySelectorAll('.comparison .pane article').length === 2")
    assert not page.ask("document.querySelector('dialog')")
    assert page.ask("document.querySelector('.verdict b').textContent") == "step 4"


def test_a_fork_tells_what_was_changed_and_leads_to_its_parents_step(page, address):
    asked(page, address)
    page.ask("document.querySelector('select').focus()")
    page.ask("{ const field = document.querySelector('textarea'); field.focus(); field.select() }")
    page.type('{"count": 3}')
    page.click("dialog button[type=submit]")
    (path,) = forked(page)
    page.click(".forks a")
    page.await_(f"location.hash.includes({json.dumps(path)}) && document.querySelector('.origin')")
    page.await_(READY)
    shown(page, 4)
    told = page.ask("document.querySelector('.origin').textContent")
    assert told == (
        "Fork from step 4 of two-a-day: two-a-day began with a fresh context; the first decision "
        'was given: {"name":"make_pitchers","arguments":{"count":3}}.'
    )
    page.click(".origin a")
    page.await_(f"location.hash.includes({json.dumps(TWO)}) && !document.querySelector('.origin')")
    page.await_(READY)
    shown(page, 4)
    page.click(".brand")
    page.await_("document.querySelector('a.open[href*=\"week-forks\"]')")


def test_other_futures_are_told_with_their_mean(page, address):
    asked(page, address)
    page.click("#fork-luck-other")
    page.click("dialog button[type=submit]")
    assert len(forked(page)) == 5
    assert "5 episodes played. On average " in page.ask(TEXT)
    assert "two-a-day, seed 1, future 5" in page.ask(TEXT)


def test_a_sentence_in_the_dialog_says_what_does_not_fit(page, address, folder):
    asked(page, address)
    page.ask("document.querySelector('[name=agent]').select()")
    page.type("idel")
    page.key("Enter")
    page.await_("document.querySelector('dialog [role=alert] .bad')")
    assert "There is no script 'idel' here. Did you mean 'idle'?" in page.ask(TEXT)
    assert not (folder / "week-forks").exists()
    assert len(page.complaints) == 1  # Chromium itself notes that the server refused
    page.complaints.clear()


def test_what_is_chosen_must_be_said(page, address, folder):
    asked(page, address)
    page.ask("document.querySelector('[name=agent]').select()")
    page.key("Delete")
    page.click("dialog button[type=submit]")
    page.await_("document.querySelector('dialog [role=alert] .bad')")
    assert "Name the agent that goes on, such as idle." in page.ask(TEXT)
    assert not (folder / "week-forks").exists()


def test_a_model_is_a_command_to_copy(page, address, folder):
    asked(page, address)
    page.ask("document.querySelector('[name=agent]').select()")
    page.type("openai/gpt-5-mini")
    page.key("Enter")
    page.await_("document.querySelector('dialog [role=alert] code')")
    assert "openai/gpt-5-mini is a model. It takes a key and money" in page.ask(TEXT)
    command = page.ask("document.querySelector('dialog [role=alert] code').textContent")
    assert command.startswith(f"tenure fork {folder / TWO} --at step:4 --agent openai/gpt-5-mini")
    assert not (folder / "week-forks").exists()


def test_escape_closes_the_dialog_and_gives_the_focus_back(page, address):
    at_episode(page, address, TWO, 4)
    page.ask("document.querySelector('.offer button').focus()")
    page.key("Enter")
    page.await_(ASKED)
    page.ask("document.querySelector('dialog h2').focus()")
    page.key("j")  # is no key of the page now
    page.key("Escape")
    page.await_("!document.querySelector('dialog')")
    assert page.ask("document.activeElement.textContent") == "Fork from here…"
    shown(page, 4)


def test_what_a_hostile_record_holds_is_shown_in_the_dialog_and_not_executed(page, address, folder):
    hostile = json.dumps(
        {"name": "make_pitchers", "arguments": {"<b>\u202e": served.HOSTILE[:150]}}
    )
    path = folder / "week-forks" / "episodes" / "odd" / "seed-1.jsonl.zst"
    path.parent.mkdir(parents=True)
    episodes.play(path, [hostile, episodes.SLEEP], agent={"name": "<img src=x>\u202e"})
    asked(page, address, "week-forks/episodes/odd/seed-1.jsonl.zst", 0)
    assert page.ask("document.querySelectorAll('dialog :is(img, b, script)').length") == 0
    assert "<img src=x>⟦U+202E⟧, going on" in page.ask(TEXT)
    value = page.ask("document.querySelector('textarea').value")
    assert json.loads(value) == json.loads(hostile)["arguments"]
    assert "\u202e" not in value


@pytest.mark.parametrize("dark", [False, True])
def test_a_phone_shows_the_dialog_whole_and_can_press_it(page, address, dark):
    page.window(375, 700, dark=dark)
    asked(page, address)
    assert page.ask("document.documentElement.scrollWidth") == 375
    left, right, over = page.ask(
        "(() => { const d = document.querySelector('dialog'), r = d.getBoundingClientRect();"
        "return [r.left, r.right, d.scrollWidth - d.clientWidth]; })()"
    )
    assert left >= 0
    assert right <= 375
    assert over == 0
    page.click("dialog button[type=submit]")  # in sight, however far the form goes on
    assert len(forked(page)) == 1
