"""A year of vending in a real browser: its losses are worked out in the page, and lead to steps."""

import asyncio

import pytest

from tenure.agents import AgentSpec
from tenure.cli.progress import Watch
from tenure.runner.plan import draw_up
from tenure.runner.run import run
from tenure.scenarios import load
from tests.browser.chromium import CHROMIUM
from tests.browser.reading import at_episode, shown
from tests.view import served

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]

YEAR = "episodes/naive/seed-1.jsonl.zst"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("year")
    plan = draw_up(load("vending/year"), [AgentSpec(name="naive")], [1])
    assert asyncio.run(run(folder, plan, Watch(1))) == []
    with served.served(folder) as running:
        yield running


def test_losses_of_a_year_are_worked_out_in_the_page_and_a_line_leads_to_its_step(page, address):
    at_episode(page, address, YEAR)
    page.key("3")
    page.await_("document.querySelector('.pane .button')")
    page.click(".pane .button")
    page.await_("document.querySelector('.working')")
    page.key("1")
    page.key("ArrowRight")
    shown(page, 1)  # the page goes on meanwhile
    page.key("3")
    page.await_("document.querySelector('.worst .jump')", limit_s=600)
    money = page.ask(
        "[...document.querySelectorAll('.pairs.big dd')].map((one) => one.textContent)"
    )
    reachable, reached, lost = (float(one.replace("$", "").replace(",", "")) for one in money)
    assert lost == pytest.approx(reachable - reached, abs=0.005)
    assert lost > 0
    number = page.ask("document.querySelector('.worst .jump').firstChild.textContent")
    page.click(".worst .jump")
    shown(page, number.removeprefix("#"))
    assert page.ask("document.querySelector('[aria-selected=true] .n').textContent") == (
        number.removeprefix("#")
    )
    page.await_("document.querySelector('.pane').textContent.includes('Judged')")
    judged = page.ask("document.querySelector('.pane').textContent").partition("Judged")[2]
    assert "Lost $" in judged
    assert "Known" in judged
    assert "Did" in judged
    page.key("3")
    page.ask(
        "[...document.querySelectorAll('.pane summary')]"
        ".find((one) => one.textContent === 'By cause').click()"
    )
    page.await_("document.querySelector('.pane table .jump')")
    dearest = page.ask("document.querySelector('.pane table .jump').firstChild.textContent")
    page.ask("document.querySelector('.pane table .jump').click()")
    shown(page, dearest.removeprefix("#"))
