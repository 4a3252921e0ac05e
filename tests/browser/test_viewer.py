"""The viewer in a real browser: moved by keys and mouse, on a desk and on a phone, and attacked."""

import pytest

from tests.browser.chromium import CHROMIUM
from tests.browser.reading import READY, at_episode, shown

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]

IDLE = "week/episodes/idle/seed-1.jsonl.zst"
TWO = "week/episodes/two-a-day/seed-1.jsonl.zst"
SLOW = "limited/episodes/slow/seed-1.jsonl.zst"
EVIL = "hostile/episodes/evil/seed-1.jsonl.zst"


def test_the_list_leads_to_an_episode_by_keys_alone(page, address):
    page.open(address)
    page.await_("document.querySelectorAll('a.open').length === 6")
    page.key("j")
    page.key("Enter")
    page.await_(READY)
    assert page.ask("location.hash").startswith("#/episode/")


def test_an_end_at_a_limit_is_told_from_an_episode_that_is_not_finished(page, address):
    page.open(address)
    page.await_("document.querySelectorAll('a.open').length === 6")
    outcome = "document.querySelector('a.open[href*=\"{}\"]').closest('tr').cells[3].textContent"
    assert page.ask(outcome.format("slow")) == "ended at its step limit, day 6, 09:30"
    assert page.ask(outcome.format("evil")) == "not finished yet, day 2, 00:30"
    for path, words in ((SLOW, "ended at its step limit"), (EVIL, "not finished yet")):
        at_episode(page, address, path)
        assert words in page.ask("document.querySelector('.summary').textContent")


@pytest.mark.parametrize("height", [720, 1200])
def test_the_timeline_leaves_most_of_a_desk_to_the_steps(page, address, height):
    page.window(1280, height)
    at_episode(page, address, TWO)
    stage, drawn = page.ask(
        "['.stage', '.timeline'].map((one) => document.querySelector(one).offsetHeight)"
    )
    assert stage <= 0.36 * height
    assert stage <= drawn + 10  # and leaves no empty band


def test_keys_move_by_step_and_by_day_and_the_address_follows(page, address):
    at_episode(page, address, TWO)
    page.key("ArrowRight")
    shown(page, 1)
    page.key("ArrowLeft")
    shown(page, 0)
    day = "document.querySelector('.pane .facts').textContent.split(',')[0]"
    page.key("ArrowRight", shift=True)
    page.await_(f"{day} === 'Day 2'")
    page.key("ArrowLeft", shift=True)
    page.await_(f"{day} === 'Day 1'")
    page.key("ArrowRight")
    page.await_("location.hash.endsWith('step=1')")


def test_a_deep_link_shows_its_step_and_marks_it_in_list_and_slider(page, address):
    at_episode(page, address, TWO, step=3)
    assert page.ask("document.querySelector('[aria-selected=true]').dataset.n") == "3"
    assert page.ask("document.querySelector('[role=slider]').getAttribute('aria-valuenow')") == "3"


def test_dragging_on_the_timeline_scrubs(page, address):
    at_episode(page, address, TWO)
    x, y, width = page.ask(
        "(() => { const r = document.querySelector('.over').getBoundingClientRect();"
        "return [r.x, r.y, r.width]; })()"
    )
    page.press(x + 160, y + 60, drag_to=x + width - 12)
    page.await_(
        "document.querySelector('[role=slider]').getAttribute('aria-valuenow')"
        " === document.querySelector('[role=slider]').getAttribute('aria-valuemax')"
    )


def test_search_marks_what_it_finds_and_n_goes_on(page, address):
    at_episode(page, address, EVIL)
    page.key("/")
    page.await_("document.activeElement.type === 'search'")
    page.type("make_pitchers")
    page.key("Enter")
    shown(page, 1)
    page.key("n")
    shown(page, 3)
    assert page.ask("document.querySelectorAll('.row.found').length") == 2


def test_help_opens_takes_the_focus_and_gives_it_back(page, address):
    at_episode(page, address, TWO)
    page.ask("document.querySelector('.steps').focus()")
    page.key("?")
    page.await_("document.querySelector('dialog').open")
    page.key("ArrowRight")
    page.key("?")
    page.await_("!document.querySelector('dialog')")
    assert page.ask("document.activeElement.className") == "steps"
    shown(page, 0)


def test_two_episodes_stand_side_by_side_at_their_first_difference(page, address):
    page.open(f"{address}#/compare?a={IDLE}&b={TWO}")
    page.await_("document.querySelectorAll('.pane article').length === 2")
    parted = page.ask("document.querySelector('.verdict b').textContent")
    page.await_(
        "[...document.querySelectorAll('.pane h2')].every((one) => "
        f"one.textContent.startsWith('{parted.capitalize()} '))"
    )
    page.key("End")
    page.await_("document.querySelector('.pane h2').textContent.startsWith('Step 6 ')")


def test_hostile_text_is_shown_and_never_executed(page, address):
    at_episode(page, address, EVIL)
    text = page.ask("document.querySelector('.pane').textContent")
    assert '<script>document.title = "taken"</script>' in text
    assert "␛[2J" in text
    assert "⟦U+202E⟧" in text
    for bad in ("\x1b", "\u202e", "\u2066", "\u200b"):
        assert bad not in page.ask("document.documentElement.textContent")
    assert page.ask("document.querySelectorAll('main script, main img, main b > i').length") == 0
    assert "taken" not in page.ask("document.title")
    assert page.ask("document.documentElement.scrollWidth") <= 1280


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("where", ["", f"#/episode/{EVIL}", f"#/compare?a={IDLE}&b={TWO}"])
def test_a_phone_never_scrolls_sideways(page, address, where, dark):
    page.window(375, 760, dark=dark)
    page.open(f"{address}{where}")
    page.await_(f"document.querySelector('a.open') || {READY}")
    assert page.ask("document.documentElement.scrollWidth") == 375


LUMINANCE = """
const light = (css) => { const c = document.createElement('canvas').getContext('2d');
  c.fillStyle = css; c.fillRect(0, 0, 1, 1);
  return [...c.getImageData(0, 0, 1, 1).data].slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0); };
const style = getComputedStyle(document.documentElement);
const [a, b] = NAMES.map((name) => light(style.getPropertyValue(name).trim()));
(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
"""


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("front", ["--ink", "--soft", "--link", "--good", "--bad", "--mark"])
@pytest.mark.parametrize("back", ["--paper", "--card", "--wash"])
def test_text_has_the_contrast_of_aa(page, address, dark, front, back):
    page.window(1280, 900, dark=dark)
    page.open(address)
    page.await_("document.querySelector('a.open')")
    ratio = page.ask("{" + LUMINANCE.replace("NAMES", f"['{front}', '{back}']") + "}")
    assert ratio >= 4.5
