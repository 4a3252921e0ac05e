import pytest
import yaml

import tests.lemonade  # noqa: F401  registers the toy job
from tenure import scenarios
from tenure.errors import UsageError

TOY = """
id: lemonade/days
version: 1
title: Lemonade
brief: Run the stand for {horizon_days} days, in at most {steps} calls.
parameters: {horizon_days: 4}
limits: {steps: 50}
"""


@pytest.fixture
def toy(tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text(TOY)
    return path


def test_a_scenario_file_is_read(toy):
    scenario = scenarios.load(str(toy))
    assert scenario.job_name == "lemonade"
    assert scenario.briefing == "Run the stand for 4 days, in at most 50 calls."
    assert scenario.make_world(3).parameters.horizon_days == 4
    assert len(scenario.digest) == 32


def test_the_digest_follows_every_word(toy):
    before = scenarios.load(str(toy)).digest
    toy.write_text(TOY.replace("Run", "run"))
    assert scenarios.load(str(toy)).digest != before


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("horizon_days: 4", "horizon_days: 0"), "horizon_days"),
        (
            ("steps: 50", "steps: 50, turns: 3"),
            "limits.turns: there is no such key. Known: .*steps",
        ),
        (("steps: 50", "step: 50"), "limits.step: there is no such key. Did you mean 'steps'"),
        (("brief:", "breif:"), "breif: there is no such key. Did you mean 'brief'"),
        (("horizon_days: 4", "horizn_days: 4"), "horizn_days: .*Did you mean 'horizon_days'"),
        (
            ("brief: Run the stand for {horizon_days} days, in at most {steps} calls.", ""),
            "brief is",
        ),
        (("lemonade/days", "Lemonade Days"), "'Lemonade Days' does not fit; an id is job/name in"),
        (("limits: {steps: 50}", "limits:"), "limits: nothing is there; needed: steps"),
        (("limits:", "forecasts: [{frist_day: 2}]\nlimits:"), "Did you mean 'first_day'"),
        ((TOY, ""), "toy.yaml is not a scenario: nothing is there; needed: id, version, title, "),
        (
            (TOY, "12"),
            "keys with values must stand there; needed: id, version, title, brief, limits",
        ),
        (("{horizon_days}", "{horizon}"), "toy.yaml .*{horizon}.*Did you mean 'horizon_days'"),
        (("{horizon_days}", "{horizon_days.nope}"), "{horizon_days.nope}"),
        (("{horizon_days}", "{horizon_days:3000000000}"), "{horizon_days:3000000000}"),
        (("{horizon_days}", "{}"), "{}"),
        (("{horizon_days}", "{steps"), "brace"),
        (("{horizon_days}", "steps}"), "brace"),
        (("horizon_days: 4", "horizon_days: 2026-13-45"), "is not YAML"),
        (("steps: 50", "steps: 99999999999999999999999"), "limits.steps"),
        (("version: 1", "version: 99999999999999999999999"), "version"),
        (("Lemonade", "[" * 2000), "is not YAML"),
        (("version: 1", "version: ["), "is not YAML"),
        (("lemonade/days", "limonade/days"), "Did you mean 'lemonade'"),
    ],
)
def test_what_does_not_fit_is_named(toy, change, complaint):
    toy.write_text(TOY.replace(*change))
    with pytest.raises(UsageError, match=complaint):
        scenarios.load(str(toy))


def test_doubled_braces_in_a_brief_are_braces(toy):
    toy.write_text(TOY.replace("Run", "Say {{steps}}; run"))
    assert scenarios.load(str(toy)).briefing.startswith("Say {steps}; run the stand for 4 days")


def test_a_changed_copy_of_a_scenario_is_a_scenario_of_its_own(toy):
    scenario = scenarios.load(str(toy))
    before = scenario.digest
    longer = scenario.model_copy(update={"parameters": {"horizon_days": 9}})
    assert longer.briefing.startswith("Run the stand for 9 days")
    assert longer.make_world(1).parameters.horizon_days == 9
    assert longer.digest != before


def test_a_scenario_file_that_is_not_text_is_named(tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_bytes(b"title: \xff\xfe")
    with pytest.raises(UsageError, match="is not YAML"):
        scenarios.load(str(path))


def test_a_year_of_the_last_dates_can_be_played_and_no_later_one():
    year = scenarios.load("vending/year")
    late = {"start_date": "9980-01-01", "horizon_days": 3650}
    assert year.model_copy(update={"parameters": late}).make_world(1).opening()
    for start_date in ("9999-12-30", "9990-01-02", "0001-01-01"):
        worse = year.model_copy(update={"parameters": late | {"start_date": start_date}})
        with pytest.raises(UsageError, match="start_date"):
            worse.make_world(1)


def test_unknown_names_lead_to_the_nearest():
    with pytest.raises(UsageError, match="Did you mean 'vending/year'"):
        scenarios.load("vending/yaer")
    with pytest.raises(UsageError, match="no scenario file"):
        scenarios.load("missing.yaml")


def test_references_are_the_naive_script_and_the_bound(toy):
    scenario = scenarios.load(str(toy))
    references = scenarios.references(scenario, seed=5)
    assert references.floor == 1000  # the idle stand keeps its money
    assert references.bound == 1000 + 25 * sum(scenario.make_world(5).customers)


@pytest.mark.parametrize("name", scenarios.names())
def test_every_built_in_scenario_loads(name):
    scenario = scenarios.load(name)
    assert scenario.id == name
    assert scenario.make_world(1).opening()


# --- forecasts -----------------------------------------------------------------------------------

MONTH = scenarios.load("vending/month")
DEMAND = {"question": "demand-next-week", "first_day": 8, "dont_know_price_milli": 30_000}


def asked_for(tmp_path, *asks):
    """Load the month with some asks from a file."""
    path = tmp_path / "asked.yaml"
    content = MONTH.model_dump(mode="json") | {"id": "vending/asked", "forecasts": list(asks)}
    path.write_text(yaml.safe_dump(content))
    return scenarios.load(str(path))


def test_a_scenario_says_nothing_of_forecasts_and_layers_that_it_has_not():
    """Its digest, and the headers of its records, are those of before there were any."""
    said = {"id": "vending/plain", "version": 1, "title": "Plain", "brief": "Work."}
    plain = scenarios.Scenario.model_validate({**said, "limits": {"steps": 9}})
    assert plain.model_dump().keys() == {*said, "parameters", "limits"}
    assert plain.digest == "e45868471fa692dd9b5f8656329d028d"


def test_forecasts_are_read_and_part_of_the_digest(tmp_path):
    scenario = asked_for(tmp_path, DEMAND)
    assert [one.opens_day for one in scenario.asked] == [7]
    assert "answer_forecast" in scenario.make_world(1).toolbox.tools
    later = asked_for(tmp_path, DEMAND | {"first_day": 9})
    assert len({scenario.digest, later.digest, asked_for(tmp_path).digest}) == 3
    again = scenarios.Scenario.model_validate(scenario.model_dump(mode="json"))
    assert again.digest == scenario.digest


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (
            {"question": "demand-next-weak"},
            r"forecasts.0.question.*Did you mean 'demand-next-week'",
        ),
        ({"first_day": 24}, "would never be asked"),
        ({"first_day": 0}, "first_day"),
        ({"days_ahead": 7}, "always looks 7 days ahead"),
        ({"threshold": 5}, "has no threshold"),
        ({"question": "balance-above"}, "give `threshold`"),
        ({"price": 5}, "price"),
    ],
)
def test_forecasts_that_do_not_fit_are_named_when_the_file_is_read(tmp_path, change, complaint):
    with pytest.raises(UsageError, match=f"asked.yaml is not a scenario: .*{complaint}"):
        asked_for(tmp_path, DEMAND | change)


def test_a_changed_copy_of_a_built_in_scenario_departs_by_its_forecasts():
    month = scenarios.load("vending/forecast-month")
    changed = month.model_copy(update={"forecasts": month.forecasts[:1]})
    assert [text.split()[0] for text in scenarios.departures(changed)] == ["forecasts"]
    assert scenarios.departures(month) == []
