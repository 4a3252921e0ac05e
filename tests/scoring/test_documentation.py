import re
from pathlib import Path

import pytest

import tenure.envs  # noqa: F401  registers the jobs
from tenure.envs import jobs
from tenure.envs.forecasts import Ask
from tenure.envs.retention import Retention
from tenure.scenarios import Suite, load
from tenure.scenarios.suite import Entry
from tenure.scoring.export import TARGETS, table
from tenure.scoring.forecasts import ForecastScore, ForecastSummary
from tenure.scoring.records import EndRecord, HeaderRecord, StepRecord
from tenure.scoring.scorecard import AgentScore, EpisodeScore, Scorecard
from tenure.scoring.suite import Across

DOCS = Path(__file__).parents[2] / "docs"


def documented(page: str, heading: str) -> set[str]:
    """Return the names in the first column of the table below a heading."""
    text = (DOCS / page).read_text(encoding="utf-8")
    below = text.partition(f"# {heading}\n")[2]
    section = re.split(r"^#+ ", below, maxsplit=1, flags=re.MULTILINE)[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


@pytest.mark.parametrize(
    ("heading", "record"),
    [("Record 0: the header", HeaderRecord), ("Steps", StepRecord), ("The end", EndRecord)],
)
def test_the_page_on_the_trajectory_knows_every_field(heading, record):
    assert documented("trajectory.md", heading) == set(record.__annotations__)


@pytest.mark.parametrize(
    ("heading", "model", "unwritten"),
    [
        ("One episode", EpisodeScore, {"series"}),
        ("One agent", AgentScore, set()),
        ("The whole", Scorecard, {"format", "version", "tenure"}),
    ],
)
def test_the_page_on_the_scorecard_knows_every_field(heading, model, unwritten):
    assert documented("scorecard.md", heading) == set(model.model_fields) - unwritten


def test_the_page_on_suites_knows_every_field_of_a_file_and_of_a_scorecard():
    assert documented("suites.md", "The file") == {*Suite.model_fields, *Entry.model_fields}
    assert documented("suites.md", "One agent over the suite") == set(Across.model_fields)


def test_the_page_on_forecasts_knows_every_field():
    fields = set(ForecastScore.model_fields)
    assert documented("forecasts.md", "How answers are scored") == fields
    assert set(ForecastSummary.model_fields) - fields == {"sure_and_wrong_share"}


def test_the_page_on_forecasts_knows_what_a_scenario_can_ask():
    assert documented("forecasts.md", "In a scenario") == set(Ask.model_fields)
    page = (DOCS / "forecasts.md").read_text(encoding="utf-8")
    for name in jobs.names():
        for question in jobs.load(name).questions:
            assert f"| {name} | `{question}` |" in page


def test_the_page_on_exports_knows_every_format_and_every_column():
    assert documented("exports.md", "Exports") >= set(TARGETS)
    assert documented("exports.md", "Parquet") == {*table._OF_EPISODE, *table._OF_STEP}


def test_the_page_on_sustained_competence_turns_retention_on(tmp_path):
    assert documented("sustained.md", "What it remembers") == set(Retention.model_fields)
    page = (DOCS / "sustained.md").read_text(encoding="utf-8")
    file = tmp_path / "year.yaml"
    file.write_text(re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)[0])
    assert load(str(file)).retention == Retention()
