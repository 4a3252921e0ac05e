import tests.lemonade  # noqa: F401  registers the toy job
from tenure.scenarios import Limits, Scenario, departures, differences, load


def test_differences_are_named_with_both_values():
    there = {"limits": {"steps": 200}, "parameters": {}, "same": 1}
    here = {"limits": {"steps": 40}, "parameters": {"fee": 2}, "same": 1}
    assert list(differences(there, here)) == [
        ("limits.steps", "200", "40"),
        ("parameters.fee", "absent", "2"),
    ]


def test_of_long_texts_the_place_where_they_differ_is_shown():
    ((_, there, here),) = differences(
        {"brief": "word " * 50 + "old"}, {"brief": "word " * 50 + "new"}
    )
    assert there.endswith("word old")
    assert here.endswith("word new")
    assert max(len(there), len(here)) < 70


def test_a_scenario_of_ones_own_departs_from_nothing():
    own = Scenario(
        id="lemonade/mine", version=1, title="Mine", brief="Sell.", limits=Limits(steps=9)
    )
    assert departures(own) == []
    assert departures(load("vending/week")) == []


def test_a_changed_built_in_scenario_says_in_what():
    week = load("vending/week")
    changed = week.model_copy(update={"limits": Limits(steps=80)})
    assert departures(changed) == [f"limits.steps is 80, not {week.limits.steps}"]
