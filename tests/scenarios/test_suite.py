"""Suites: files that name several scenarios."""

import pytest

import tests.lemonade  # noqa: F401  registers the toy job
from tenure import scenarios
from tenure.errors import UsageError

TOY = """
id: lemonade/days
version: 1
title: Lemonade
brief: Run the stand for {horizon_days} days.
parameters: {horizon_days: 4}
limits: {steps: 50}
"""
WEEKS = """
id: suites/weeks
version: 2
title: Weeks
episodes: 3
seed: 10
scenarios:
  - vending/week
  - scenario: toys/days.yaml
    episodes: 2
    max_steps: 20
"""


@pytest.fixture
def weeks(tmp_path):
    (tmp_path / "toys").mkdir()
    (tmp_path / "toys" / "days.yaml").write_text(TOY)
    path = tmp_path / "weeks.yaml"
    path.write_text(WEEKS)
    return path


def test_a_suite_is_read_and_its_paths_are_relative_to_it(weeks):
    suite = scenarios.load_suite(str(weeks))
    assert (suite.id, suite.version, suite.title) == ("suites/weeks", 2, "Weeks")
    assert [entry.load().id for entry in suite.scenarios] == ["vending/week", "lemonade/days"]


def test_an_entry_says_otherwise_than_its_suite_or_nothing(weeks):
    suite = scenarios.load_suite(str(weeks))
    assert [suite.seeds(entry) for entry in suite.scenarios] == [[10, 11, 12], [10, 11]]
    assert [entry.max_steps for entry in suite.scenarios] == [None, 20]


def test_a_file_that_lists_scenarios_is_a_suite_and_so_is_an_id_of_one(weeks):
    assert scenarios.is_suite(str(weeks))
    assert scenarios.is_suite("suites/anything")
    assert not scenarios.is_suite(str(weeks.parent / "toys" / "days.yaml"))
    assert not scenarios.is_suite("vending/week")
    assert not scenarios.is_suite("missing.yaml")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("vending/week", "vending/wek"), "weeks.yaml: .*'vending/wek'. Did you mean 'vending/we"),
        (("toys/days", "toys/nights"), "weeks.yaml: There is no scenario file '.*nights.yaml'"),
        (("toys/days.yaml", "vending/week"), "names vending/week 2 times"),
        (("episodes: 3", "episodes: 0"), "weeks.yaml is not a suite: episodes"),
        (("max_steps", "max_step"), "max_step"),
        (("suites/weeks", "weeks"), "id: "),
        (("suites/weeks", "suites/../weeks"), "id: "),
        (("version: 2", "version: ["), "is not YAML"),
        (("title: Weeks", "titel: Weeks"), "titel"),
    ],
)
def test_what_does_not_fit_is_named(weeks, change, complaint):
    weeks.write_text(WEEKS.replace(*change))
    with pytest.raises(UsageError, match=complaint):
        scenarios.load_suite(str(weeks))


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("suites/quik", "There is no suite 'suites/quik'. Did you mean 'suites/quick'"),
        ("no.yaml", "There is no suite file 'no.yaml'"),
    ],
)
def test_what_is_not_there_is_named(name, complaint):
    with pytest.raises(UsageError, match=complaint):
        scenarios.load_suite(name)


@pytest.mark.parametrize("name", scenarios.suite_names())
def test_every_built_in_suite_loads_and_is_no_scenario(name):
    suite = scenarios.load_suite(name)
    assert suite.id == name
    assert all(entry.scenario in scenarios.names() for entry in suite.scenarios)
    assert name not in scenarios.names()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("scenarios:", "scenarois:"), "scenarois: there is no such key. Did you mean 'scenarios'"),
        (("max_steps", "most_steps"), r"scenarios.1.most_steps: .*Did you mean 'max_steps'"),
        (("suites/weeks", "suites/My Weeks"), "an id is suites/name in small letters"),
    ],
)
def test_what_is_misspelt_in_a_suite_is_told_with_what_would_be_right(weeks, change, complaint):
    weeks.write_text(WEEKS.replace(*change))
    assert scenarios.is_suite(str(weeks))
    with pytest.raises(UsageError, match=f"weeks.yaml is not a suite: .*{complaint}"):
        scenarios.load_suite(str(weeks))


def test_an_empty_suite_file_is_told_what_a_suite_needs(weeks):
    weeks.write_text("")
    with pytest.raises(UsageError, match="nothing is there; needed: id, version, title, scenarios"):
        scenarios.load_suite(str(weeks))
