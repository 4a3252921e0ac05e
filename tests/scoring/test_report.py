"""The report shows every episode, escapes what it is given, and loads nothing."""

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tenure import scenarios
from tenure.scenarios import Limits
from tenure.scoring.manifest import Manifest
from tenure.scoring.report import write_report
from tenure.scoring.scorecard import Scorecard, Series, score_run
from tests.scoring import reported

HOSTILE = "openai/<script>alert(1)</script> & $x$"
EXCHANGE = {"usage": {"input_tokens": 2000, "output_tokens": 100}, "cost_usd": 0.25}
UNPRICED = EXCHANGE | {"cost_usd": None}


def page(run_dir):
    return write_report(run_dir, score_run(run_dir)).read_text(encoding="utf-8")


def words(html):
    """Return what a reader sees, on one line."""
    html = re.sub(r"<(style|script|svg)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "plain"
    reported.run(folder)
    return folder


@pytest.fixture
def run_dir(played, tmp_path):
    return Path(shutil.copytree(played, tmp_path / "run"))


def model_run(folder, exchange, seeds=(1, 2)):
    spec = {"name": HOSTILE, "label": "sly", "policy": "two-a-day", "temperature": 0.7}
    manifest = Manifest(scenario=reported.STAND, agents=[spec], seeds=list(seeds))
    manifest.write(folder)
    for seed in seeds:
        reported.play(folder, manifest, "sly", seed, policy="two-a-day", exchange=exchange)
    return folder


def cut_short(run_dir):
    """Return the page of a run whose first agent never came beyond the first day."""
    card = score_run(run_dir)
    idle, seller = card.agents
    episodes = [
        episode.model_copy(update={"series": first_day(episode.series), "reason": "steps"})
        for episode in idle.scored
    ]
    agents = [idle.model_copy(update={"episodes": episodes}), seller]
    report = write_report(run_dir, card.model_copy(update={"agents": agents}))
    return report.read_text(encoding="utf-8")


def first_day(series):
    return Series(
        figures={name: values[:1] for name, values in series.figures.items()},
        calls={name: calls[:1] for name, calls in series.calls.items()},
        faults=series.faults[:1],
    )


def test_the_same_run_gives_the_same_bytes(run_dir, tmp_path):
    other = Path(shutil.copytree(run_dir, tmp_path / "elsewhere"))
    assert page(run_dir) == page(other)


def test_a_scorecard_read_back_gives_the_same_figures(run_dir):
    direct = page(run_dir)
    score_run(run_dir).write(run_dir)
    read_back = write_report(run_dir, Scorecard.read(run_dir)).read_text(encoding="utf-8")
    assert re.findall("<svg.*?</svg>", read_back) == re.findall("<svg.*?</svg>", direct)


def test_the_page_loads_nothing(run_dir):
    html = page(run_dir)
    assert not re.search(r"https?://|@import|url\((?!#)|<script|<link(?! rel=\"icon\")", html)
    assert "default-src 'none'" in html


def test_the_table_shows_means_worked_out_by_hand(run_dir):
    """Two pitchers a day make 8 cups for $2.00; idle keeps its $10.00."""
    card = score_run(run_dir)
    idle, seller = card.agents
    assert idle.score is not None
    assert idle.score.mean == 1000
    text = words(page(run_dir))
    assert "$10.00 $10.00 to $10.00 0.000" in text
    mean = sum(episode.score for episode in seller.scored) / 5
    assert f"${mean / 100:,.2f}" in text


def test_attempts_at_one_seed_are_told_as_pass_hat_k_of_each_agent(tmp_path):
    plan = Manifest(scenario=reported.STAND, agents=list(reported.TWO), seeds=[1, 2], attempts=2)
    plan.write(tmp_path)
    for label, seed, attempt in plan.planned():
        works = label == "two-a-day" and (seed, attempt) != (2, 1)
        policy = "two-a-day" if works else "idle"
        reported.play(tmp_path, plan, label, seed, policy=policy, attempt=attempt)
    text = words(page(tmp_path))
    assert "Each agent played each seed 2 times" in text
    # seed 1: both attempts pass; seed 2: one of two, so a chance of 1/2 and of 0
    assert "Agent pass^1 pass^2 Seeds idle 0% 0% 2 two-a-day 75% 50% 2" in text


def test_where_each_seed_is_played_once_nothing_is_said_of_attempts(run_dir):
    assert "pass^" not in page(run_dir)


def test_every_planned_episode_has_a_row_and_a_link(run_dir):
    html = page(run_dir)
    links = re.findall(r'href="(episodes/[^"]*)"', html)
    assert len(links) == 10
    assert all((run_dir / link).is_file() for link in links)


def test_missing_unfinished_and_damaged_episodes_are_shown_and_not_counted(run_dir):
    manifest = Manifest.read(run_dir)
    paths = [run_dir / manifest.episode_path("two-a-day", seed) for seed in (1, 2, 3)]
    paths[0].unlink()
    paths[1].unlink()
    reported.play(run_dir, manifest, "two-a-day", 2, stop=3)
    paths[2].write_bytes(b"no trajectory")
    text = words(page(run_dir))
    assert "3 of 10 planned episodes have no score" in text
    assert "missing: It was planned and never begun." in text
    assert (
        "unfinished: It has no end: it was cut off after 3 steps, or is still being played." in text
    )
    assert "damaged:" in text
    assert "2 of 5 episodes" in text
    assert "n = 2 < 5: no interval" in text.replace("&lt;", "<")


def test_a_run_without_any_episode_still_has_a_report(tmp_path):
    Manifest(scenario=reported.STAND, agents=[{"name": "idle"}], seeds=[1]).write(tmp_path)
    text = words(page(tmp_path))
    assert "No episode has been recorded yet." in text


def test_hostile_names_are_escaped(tmp_path):
    html = page(model_run(tmp_path, EXCHANGE))
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_tokens_and_cost_are_added_up(tmp_path):
    """Two seeds of 14 steps, 2,100 tokens and a quarter of a dollar each."""
    text = words(page(model_run(tmp_path, EXCHANGE)))
    assert "58.8k $7.00" in text


def test_an_unknown_cost_is_unknown_and_not_zero(tmp_path):
    text = words(page(model_run(tmp_path, UNPRICED)))
    assert "58.8k unknown" in text
    assert "it is not zero" in text


def test_scripts_have_no_model(run_dir):
    assert "No model was called" in words(page(run_dir))


def test_what_was_run_can_be_read(run_dir):
    text = words(page(run_dir))
    for part in ("lemonade/week , version 1", reported.STAND.digest, "Sell lemonade for 7 days."):
        assert part in text
    assert "Seeds 1–5" in text  # noqa: RUF001  an en dash is what the page prints


def test_a_changed_built_in_scenario_is_called_changed(tmp_path):
    week = scenarios.load("vending/week")
    shorter = week.model_copy(update={"limits": Limits(steps=1)})
    reported.run(tmp_path, (1,), [{"name": "null"}], shorter)
    text = words(page(tmp_path))
    assert "vending/week, changed. Not as built in: limits.steps is 1, not 200." in text
    assert "Limits 1 tool call an episode" in text


def test_only_gaps_and_damage_are_marked_as_wrong(tmp_path):
    week = scenarios.load("vending/week")
    reported.run(tmp_path, (1,), [{"name": "null"}], week.model_copy(update={"title": "Mine"}))
    assert 'class="notice"' not in page(tmp_path)


def test_one_of_something_is_said_in_the_singular(tmp_path):
    reported.run(tmp_path, (1,), [{"name": "idle"}])
    text = words(page(tmp_path))
    assert "1 agent on 1 seed, 1 of 1 planned episode scored." in text
    assert "1 of 1 episode scored" in text
    assert "1 calls" not in page(tmp_path)


def test_a_script_has_no_settings_but_a_model_has(run_dir, tmp_path):
    model = words(page(model_run(tmp_path / "model", EXCHANGE)))
    assert "temperature 0.7" in model
    spec = {"name": "idle", "label": "idle", "protocol": "auto", "window_tokens": 69_000}
    manifest = Manifest.read(run_dir)
    manifest.model_copy(update={"agents": [spec, manifest.agents[1]]}).write(run_dir)
    assert "protocol" not in words(page(run_dir))


def test_an_agent_that_ends_on_the_first_day_is_named_under_the_figure(run_dir):
    said = "Ended within the first day, so only a sign at the left: idle."
    assert said in words(cut_short(run_dir))
    assert "Ended within" not in words(page(run_dir))


def test_the_mean_of_an_agent_goes_on_dotted_to_the_end_of_the_time(run_dir):
    dotted = re.compile(r"<path[^>]*dasharray: 1\.4,2\.8[^>]*--agent-0")
    figures = len(re.findall(r"over time\. Mean at the end", page(run_dir)))
    assert not dotted.search(page(run_dir))
    assert len(dotted.findall(cut_short(run_dir))) == figures


def test_a_built_in_scenario_is_called_so(tmp_path):
    week = scenarios.load("vending/week")
    Manifest(scenario=week, agents=[{"name": "null"}], seeds=[1]).write(tmp_path)
    assert "(built in)" in words(page(tmp_path))


def test_it_says_how_to_verify(run_dir):
    text = words(page(run_dir))
    assert "tenure verify ." in text
    assert "tenure show episodes/idle/seed-1.jsonl.zst" in text


def test_agents_are_compared_on_the_seeds_they_share(run_dir):
    text = words(page(run_dir))
    assert "Compared seed by seed" in text


class Outline(HTMLParser):
    """Collects what a screen reader lives on."""

    def __init__(self):
        super().__init__()
        self.headings, self.figures, self.ids, self.captions = [], [], [], 0

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if re.fullmatch(r"h\d", tag):
            self.headings.append(int(tag[1]))
        if tag == "svg":
            self.figures.append(attributes)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        self.captions += tag == "caption"


def test_the_page_is_made_for_screen_readers(run_dir):
    outline = Outline()
    html = page(run_dir)
    outline.feed(html)
    assert outline.headings[0] == 1
    assert outline.headings.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(outline.headings, outline.headings[1:], strict=False))
    assert outline.captions == html.count("<table")
    assert all("aria-label" in figure or "aria-hidden" in figure for figure in outline.figures)
    assert '<html lang="en">' in html


def test_ids_are_used_once(run_dir):
    outline = Outline()
    outline.feed(page(run_dir))
    twice = {name for name in outline.ids if outline.ids.count(name) > 1}
    assert not twice
