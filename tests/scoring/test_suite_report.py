"""The report of a suite: a matrix, and each scenario's sections in the same page."""

import re
import shutil
from pathlib import Path

import pytest

from tenure.scoring.report import write_report, write_suite_report
from tenure.scoring.scorecard import score_run
from tenure.scoring.suite import SuiteManifest, score_suite
from tests.scoring.test_report import Outline, words
from tests.scoring.test_suite import play_suite


def page(suite_dir):
    return write_suite_report(suite_dir, score_suite(suite_dir)).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    folder = tmp_path_factory.mktemp("suite") / "odd"
    play_suite(folder)
    return folder


@pytest.fixture(scope="module")
def html(played):
    return page(played)


def matrix(html):
    return html[html.index("<table") : html.index("</table>")]


def test_the_same_run_gives_the_same_bytes(played, html, tmp_path):
    assert page(Path(shutil.copytree(played, tmp_path / "elsewhere"))) == html


def test_the_matrix_has_a_row_an_agent_and_a_column_a_scenario(html, played):
    text = words(matrix(html))
    heads = "Agent lemonade/week rented/week kitchen/week Worst scenario"
    assert heads in text
    best = score_suite(played).scenarios[0].agents[1]
    assert f"{best.normalised.mean:.3f}" in text
    assert f"Cash ${best.score.mean / 100:,.2f}" in text
    assert "10 of 10" not in text
    assert "15 of 15 episodes" in text


def test_every_number_of_the_matrix_leads_to_its_scenario(html):
    links = re.findall(r'href="#(part-\d)"', matrix(html))
    assert links == ["part-1", "part-2", "part-3"] * 3
    assert all(f'<h2 id="part-{number}">' in html for number in (1, 2, 3))


def test_there_is_no_mean_over_scenarios_and_it_says_why(html):
    assert "There is no mean over scenarios:" in words(html)


def test_costs_are_negative_dollars_and_luck_stands_beside_them(html):
    text = words(html)
    assert re.search(r"Result −\$9,9\d\d\.\d\d luck −?\$\d\.\d\d", text)  # noqa: RUF001
    assert "Normalised scores leave this luck out" in text
    assert text.count("leave this luck out") == 1  # one of three jobs tells its luck
    assert text.count("Normalised, without luck") == 1
    assert "Final score without luck of every episode" in text
    assert "−$9.99k" not in html  # noqa: RUF001  ticks of a narrow axis are written in full


def test_scores_that_are_no_money_have_no_dollars(html):
    kitchen = html[html.index('<h2 id="part-3">') :]
    assert "Meals, mean" in kitchen
    assert "$" not in words(kitchen).replace("$x$", "").partition("Parameters")[0]


def test_each_scenario_shows_what_a_report_of_its_own_shows(html, played):
    """Tables, figures and texts are made by the same templates from the same numbers."""
    for folder, _ in SuiteManifest.read(played).folders(played):
        own = write_report(folder, score_run(folder)).read_text(encoding="utf-8")
        (folder / "report.html").unlink()
        figures = [re.sub(r'(id="|#)part-\d-', r"\1", one) for one in _figures(html)]
        assert set(_figures(own)) <= set(figures)
        for cell in set(re.findall(r"<td data-label=\"(?!Record).*?</td>", own)):
            assert cell in html


def _figures(html):
    return re.findall(r"<svg role.*?</svg>", html, flags=re.DOTALL)


def test_the_page_loads_nothing_and_every_link_of_it_leads_somewhere(html, played):
    assert not re.search(r"https?://|@import|url\((?!#)|<script|<link(?! rel=\"icon\")", html)
    files = re.findall(r'href="([^"#:]+)"', html)
    assert len(files) == 30
    assert all((played / file).is_file() for file in files)
    outline = Outline()
    outline.feed(html)
    targets = set(re.findall(r'(?:href="|url\()#([^")]+)', html))
    assert targets <= set(outline.ids)


def test_the_page_is_made_for_screen_readers(html):
    outline = Outline()
    outline.feed(html)
    assert outline.headings.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(outline.headings, outline.headings[1:], strict=False))
    assert outline.captions == html.count("<table")
    assert len(outline.ids) == len(set(outline.ids))
    labelled = re.findall(r'aria-labelledby="([^"]+)"', html)
    assert set(labelled) <= set(outline.ids)


def test_gaps_are_told_in_the_matrix_and_are_no_zeros(played, tmp_path):
    folder = Path(shutil.copytree(played, tmp_path / "suite"))
    shutil.rmtree(folder / "kitchen")
    (folder / "rented/week/episodes/best/seed-1.jsonl.zst").unlink()
    text = words(page(folder))
    assert "11 of 30 planned episodes have no score" in text
    assert "0 of 5 episodes" in text
    assert "4 of 5 episodes" in text
    assert "of 2 scored" in text
    assert "No episode has been recorded yet." in text


def test_a_changed_built_in_suite_is_called_changed(tmp_path):
    from tenure.scenarios import load
    from tenure.scoring.manifest import Manifest

    run = Manifest(scenario=load("vending/week"), agents=[{"name": "null"}], seeds=[1])
    SuiteManifest(id="suites/quick", suite_version=1, title="Quick", runs=[run]).write(tmp_path)
    text = words(page(tmp_path))
    assert "suites/quick, changed. Not as built in: " in text
    assert "seeds.vending/week is [1], not [1,2,3,4,5]" in text
