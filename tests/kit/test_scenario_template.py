"""`tenure new scenario`: a file that says all that can be said, and passes at once."""

import re

import pytest

import tests.lemonade  # noqa: F401  registers the toy job
from tenure.errors import UsageError
from tenure.kit import case_of, find, findings
from tenure.kit.scenario_template import new_scenario
from tenure.scenarios import load


@pytest.fixture
def path(tmp_path):
    return new_scenario("vending/my-week", tmp_path)


def test_it_is_played_like_the_shortest_scenario_of_the_job(path):
    own, week = load(str(path)), load("vending/week")
    assert own.id == "vending/my-week"
    assert own.briefing == week.briefing
    assert own.world_parameters == week.world_parameters
    assert own.limits == week.limits


def test_it_says_every_parameter_with_its_meaning_range_and_default(path):
    text = path.read_text()
    for name in load("vending/week").job.world.Parameters.model_fields:
        assert f"\n  {name}: " in text or f"\n  # {name}: " in text
    assert "# Days until the end (int, at least 1, at most 3650, default 365).\n" in text
    assert "# start_date: '2026-01-05'\n" in text


def test_all_that_it_says_may_stand_in_braces_may(path):
    text = path.read_text()
    unwrapped = text.replace("\n# ", " ")
    named = re.search(r"In braces may stand any parameter below, and (.*?)\.\n", unwrapped)[1]
    values = {"{start_balance}": "$500.00", "{daily_fee}": "$2.00", "{steps}": "200"}
    assert values.keys() < set(named.split(", "))
    path.write_text(text.replace("brief: |\n", f"brief: |\n  {named}.\n"))
    told = load(str(path)).briefing.partition("\n")[0].removesuffix(".").split(", ")
    said = dict(zip(named.split(", "), told, strict=True))
    assert values.items() < said.items()


def test_every_line_that_is_commented_out_is_the_default(path):
    before = load(str(path)).world_parameters
    path.write_text(path.read_text().replace("  # start_date", "  start_date"))
    path.write_text(path.read_text().replace("  # daily_fee_cents", "  daily_fee_cents"))
    assert {"start_date", "daily_fee_cents"} < set(load(str(path)).parameters)
    assert load(str(path)).world_parameters == before


def test_it_passes_every_check(path):
    (subject,) = find(str(path))
    found = list(findings(case_of(subject, seed_count=3)))
    assert [finding for finding in found if not finding.ok] == []


def test_a_job_without_a_scenario_gets_a_brief_to_complete(tmp_path):
    scenario = load(str(new_scenario("lemonade/days", tmp_path)))
    assert "You have 1000 calls in all." in scenario.briefing
    assert scenario.make_world(1).parameters.horizon_days == 5


def test_a_scenario_of_a_job_that_is_not_installed_is_checked_with_its_project(bakery):
    file = bakery / "bakery" / "scenarios" / "week.yaml"
    (subject,) = find(str(file))
    assert subject.job_name == "bakery"
    assert case_of(subject).scenario.id == "bakery/week"


def test_a_scenario_is_added_to_a_job_that_is_not_installed(bakery):
    folder = bakery / "bakery" / "scenarios"
    assert new_scenario("bakery/month", folder) == folder / "month.yaml"
    (subject,) = find(str(bakery))
    assert [scenario.id for scenario in subject.scenarios] == ["bakery/month", "bakery/week"]


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("vending", "job/name"),
        ("vending/My Week", "job/name"),
        ("vending/../week", "job/name"),
        ("vending/week", "There is a scenario 'vending/week' already"),
        ("lemonad/days", "Did you mean 'lemonade'"),
    ],
)
def test_an_id_that_cannot_be_is_refused_and_nothing_is_written(tmp_path, name, complaint):
    with pytest.raises(UsageError, match=complaint):
        new_scenario(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_exists_is_left_alone(path):
    path.write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        new_scenario("vending/my-week", path.parent)
    assert path.read_text() == "mine"
