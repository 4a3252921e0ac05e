"""The pages in a real browser: they render, fit a phone, follow the theme and sort."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tenure.scoring import leaderboard
from tenure.scoring.manifest import Manifest
from tenure.scoring.report import write_report, write_suite_report
from tenure.scoring.scorecard import score_run
from tenure.scoring.suite import SuiteManifest, score_suite
from tests.scoring import reported

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--virtual-time-budget=2000",
)
PHONE, TABLET, LAPTOP, DESK = 360, 920, 1200, 1440
LONG = {"name": "openai/" + "a-model-with-a-very-long-name-" * 3, "policy": "two-a-day"}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    reported.run(folder, agents=[*reported.TWO, LONG])
    return write_report(folder, score_run(folder))


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    """Twelve scenarios: more columns than any screen has room for."""
    folder = tmp_path_factory.mktemp("suite")
    agents = [{**agent, "label": f"agent-{n}"} for n, agent in enumerate([*reported.TWO, LONG])]
    runs = [
        Manifest(
            scenario=reported.STAND.model_copy(update={"id": f"lemonade/a-long-name-{number}"}),
            agents=agents,
            seeds=[1],
        )
        for number in range(12)
    ]
    manifest = SuiteManifest(id="suites/many", suite_version=1, title="Many", runs=runs)
    manifest.write(folder)
    for place, run in list(manifest.folders(folder))[:2]:
        reported.run(place, run.seeds, run.agents, run.scenario)
    return write_suite_report(folder, score_suite(folder))


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    folder = tmp_path_factory.mktemp("board")
    reported.run(folder / "run", agents=[*reported.TWO, LONG])
    leaderboard.submit(folder / "run", folder / "board")
    return leaderboard.build(folder / "board")


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    return leaderboard.build(tmp_path_factory.mktemp("empty"))


@pytest.fixture
def asked(tmp_path):
    """Let a copy of a page answer a question about itself, in a window of a given width."""

    def ask(page: Path, question: str, width: int = PHONE, *, dark: bool = False) -> str:
        # Headless windows are never narrower than some 500 pixels: a frame is as narrow as we say.
        text = page.read_text(encoding="utf-8")
        text = re.sub(r'<meta http-equiv="Content-Security-Policy".*?>', "", text)
        (tmp_path / "page.html").write_text(text, encoding="utf-8")
        frame = tmp_path / "frame.html"
        frame.write_text(
            f'<iframe id="page" src="page.html" width="{width}" height="900" style="border:0">'
            "</iframe><script>onload = () => { const page = document.getElementById('page');"
            "const window = page.contentWindow, document_ = page.contentDocument;"
            f"document.title = (({question}))(document_, window); }}</script>"
        )
        assert CHROMIUM is not None
        done = subprocess.run(
            [
                CHROMIUM,
                *OPTIONS,
                "--allow-file-access-from-files",
                f"--blink-settings=preferredColorScheme={0 if dark else 1}",
                f"--user-data-dir={tmp_path / 'profile'}",
                f"--window-size={DESK},900",
                "--dump-dom",
                frame.as_uri(),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        title = re.search(r"<title>(.*?)</title>", done.stdout, re.DOTALL)
        assert title is not None, done.stdout[:500]
        return title[1]

    return ask


@pytest.mark.parametrize("name", ["report", "suite", "board", "empty"])
@pytest.mark.parametrize("width", [PHONE, TABLET, LAPTOP, DESK])
def test_a_page_never_scrolls_sideways(name, width, request, asked):
    page = request.getfixturevalue(name)
    answer = asked(
        page, "d => d.documentElement.scrollWidth + ' ' + d.body.innerText.length", width
    )
    scroll_width, characters = map(int, answer.split())
    assert scroll_width <= width
    assert characters > 300


def test_the_figures_are_drawn_in_colours_of_the_theme(report, asked):
    question = """(d, w) => {
        const isSecond = path => /agent-1/.test(path.getAttribute("style"));
        const line = [...d.querySelectorAll("figure path")].find(isSecond);
        const label = d.querySelector("figure text");
        return w.getComputedStyle(line).stroke + w.getComputedStyle(label).fill;
    }"""
    assert asked(report, question) == "rgb(187, 119, 0)rgb(27, 31, 36)"
    assert asked(report, question, dark=True) == "rgb(255, 170, 0)rgb(232, 234, 237)"


def test_a_label_stands_beside_its_swatch_and_in_one_line(report, asked):
    question = """d => {
        const row = d.querySelector("#result ~ .scroll tbody tr:nth-child(2)");
        const [swatch, label] = row.querySelectorAll(".agent > *");
        const [a, b] = [swatch.getBoundingClientRect(), label.getBoundingClientRect()];
        return b.left >= a.right && b.height < 30 && a.top < b.bottom && b.top < a.bottom;
    }"""
    assert asked(report, question, DESK) == "true"


def test_a_narrow_card_says_who_is_compared_with_whom(report, asked):
    question = """d => [...d.querySelectorAll("#pairs ~ .scroll tbody tr")].map(
        row => row.innerText.split("\\n")[0].replace(/\\t.*/, "")).slice(0, 1).join()"""
    assert asked(report, question, PHONE) == "idle minus two-a-day"
    assert asked(report, question, DESK) == "idle"


def test_text_in_figures_is_large_enough_to_read(report, asked):
    question = """(d, w) => Math.min(...[...d.querySelectorAll("figure svg text")].map(
        text => text.getBoundingClientRect().height))"""
    assert float(asked(report, question, PHONE)) >= 10
    assert float(asked(report, question, DESK)) >= 10


def test_labels_of_figures_do_not_overlap(report, asked):
    question = """d => [...d.querySelectorAll("figure > svg")].flatMap(svg => {
        const texts = [...svg.querySelectorAll("text")];
        const overlap = (first, second) => {
            const [a, b] = [first.getBoundingClientRect(), second.getBoundingClientRect()];
            return Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
                Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4;
        };
        return texts.flatMap((one, i) => texts.slice(i + 1).filter(other => overlap(one, other))
            .map(other => one.textContent + " / " + other.textContent));
    }).join("; ")"""
    assert asked(report, question, PHONE) == ""
    assert asked(report, question, DESK) == ""


def test_a_click_sorts_the_board(board, asked):
    question = """d => {
        const name = head => head.firstChild.data.trim().slice(0, 4);
        const names = () => [...d.querySelectorAll("tbody th")].map(name);
        const button = d.querySelectorAll("thead button")[1];
        button.click();
        const up = names().join();
        button.click();
        return up + ' ' + names().join() + ' ' + button.parentElement.getAttribute("aria-sort");
    }"""
    assert asked(board, question, DESK) == "idle,open,two- two-,open,idle descending"


def test_a_suites_matrix_is_a_table_on_a_desk_and_a_card_an_agent_on_a_phone(suite, asked):
    question = """(d, w) => {
        const row = d.querySelector(".matrix tbody tr");
        const tops = new Set([...row.cells].map(cell => cell.getBoundingClientRect().top));
        return tops.size;
    }"""
    assert asked(suite, question, DESK) == "1"
    assert asked(suite, question, PHONE) == "14"


@pytest.mark.parametrize("name", ["report", "board"])
def test_text_contrasts_with_its_background(name, request, asked):
    """WCAG 2, 1.4.3: at least 4.5 for every pair of text and surface that the pages use."""
    question = """(d, w) => {
        const style = w.getComputedStyle(d.documentElement);
        const linear = c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
        const light = name => {
            const hex = style.getPropertyValue(name).trim();
            const [r, g, b] = [1, 3, 5].map(i => linear(parseInt(hex.slice(i, i + 2), 16) / 255));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
        };
        const contrast = (a, b) => Math.max(light(a), light(b)) / Math.min(light(a), light(b));
        const text = ["--ink", "--soft", "--link", "--good", "--bad"];
        const under = ["--paper", "--card", "--wash"];
        return Math.min(...text.flatMap(a => under.map(b => contrast(a, b))));
    }"""
    page = request.getfixturevalue(name)
    assert float(asked(page, question)) >= 4.5
    assert float(asked(page, question, dark=True)) >= 4.5
