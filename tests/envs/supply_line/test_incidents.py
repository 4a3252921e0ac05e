"""What happens from outside, and what of it is true."""

import re
from itertools import pairwise

import pytest

from tenure.envs.supply_line.incidents import FIRST_WEEK
from tenure.envs.supply_line.notices import CARRIER_DOMAIN
from tests.envs.supply_line.play import (
    HOSTILE,
    KINDS,
    RATES,
    SEEDS,
    STORMY,
    draw,
    mails,
    make,
    pass_week,
)

# --- twins -----------------------------------------------------------------------------------


def test_a_line_is_calm_unless_a_scenario_says_otherwise():
    for seed in SEEDS:
        calm = draw(seed)
        assert mails(seed) == ()
        assert len(calm.terms.sheets) == 1
        assert not any(any(calm.closed(week)) for week in range(52))


@pytest.mark.parametrize("rate", RATES)
def test_with_a_rate_of_0_that_kind_is_missing_and_nothing_else_changes(rate):
    off = HOSTILE | {rate: 0}
    if rate == "disruptions_per_year":  # what hearsay of closures is true of
        off["rumours_per_year"] = 0
    gone = {kind for name in RATES if not off[name] for kind in KINDS[name]}
    for seed in SEEDS:
        whole = [mail for mail in mails(seed, **HOSTILE) if mail.kind not in gone]
        assert list(mails(seed, **off)) == whole


def test_without_closures_hearsay_comes_in_the_same_weeks_about_the_same_things():
    for seed in SEEDS:
        with_them = draw(seed, **HOSTILE).incidents.rumours
        without = draw(seed, **HOSTILE | {"disruptions_per_year": 0}).incidents.rumours
        assert [(r.week, r.about) for r in with_them] == [(r.week, r.about) for r in without]
        assert not any(rumour.informed for rumour in without)


@pytest.mark.parametrize("seed", range(5))
def test_customers_and_goods_are_those_of_the_calm_twin(seed):
    calm, stormy = draw(seed, regimes="observed"), draw(seed, **STORMY)
    for name in ("demand_units", "regime_path", "on_hand_units", "inbound_units"):
        assert getattr(calm, name) == getattr(stormy, name)
    assert calm.terms.lead_weeks == stormy.terms.lead_weeks
    assert calm.terms.sheets[0] == stormy.terms.sheets[0]


def test_a_higher_rate_adds_incidents_and_keeps_the_others():
    def spoofs(per_year):
        return draw(3, horizon_weeks=104, spoofs_per_year=per_year).incidents.spoofs

    few, many = spoofs(4), spoofs(8)
    assert 0 < len(few) < len(many)
    assert set(few) < set(many)


def test_rates_are_what_they_say():
    counts = [len(mails(seed, spoofs_per_year=13)) for seed in range(200)]
    # 49 weeks of a chance of 1 in 4 each, so 12.25 a seed; the standard error of the mean is 0.21
    assert 11.6 < sum(counts) / len(counts) < 12.9


# --- each kind -------------------------------------------------------------------------------


def test_the_first_weeks_are_quiet():
    weeks = [mail.week for seed in SEEDS for mail in mails(seed, **STORMY)]
    assert min(weeks) == FIRST_WEEK
    assert max(weeks) < 52


def test_nothing_leaves_on_a_closed_link_and_what_is_ordered_is_owed():
    world = make(4, horizon_weeks=40, **STORMY)
    owed, shut = 0, 0
    while not world.ended:
        week, before = world.week, world.state.stages[1].owed_units
        pass_week(world, [9, 9, 9, 9])
        done = world.state.weeks[week]
        closed = world.draw.closed(week)
        assert not closed[3]
        assert all(done.shipped_units[stage] == 0 for stage in range(3) if closed[stage])
        if closed[0]:
            assert done.owed_units[1] == before + 9
            shut += 1
            owed = max(owed, done.owed_units[1])
    assert shut > 0 < owed


def test_a_closure_lasts_one_to_four_weeks_and_the_carrier_errs_by_one_at_most():
    closures = [one for seed in SEEDS for one in draw(seed, **STORMY).incidents.closures]
    assert {one.weeks for one in closures} == {1, 2, 3, 4}
    assert {one.told_weeks - one.weeks for one in closures} == {-1, 0, 1}
    assert {one.stage for one in closures} == {0, 1, 2}
    assert all(one.told_weeks >= 1 for one in closures)


def test_a_link_is_closed_for_all_weeks_of_a_closure_and_for_no_others():
    line = draw(1, **HOSTILE)
    weeks = {
        (one.stage, one.week + later)
        for one in line.incidents.closures
        for later in range(one.weeks)
    }
    assert len(weeks) > len(line.incidents.closures) > 0
    shut = {(stage, week) for week in range(52) for stage in range(4) if line.closed(week)[stage]}
    assert shut == {(stage, week) for stage, week in weeks if week < 52}


def test_a_link_is_not_closed_again_while_it_is_closed():
    for seed in SEEDS:
        closures = draw(seed, **STORMY).incidents.closures
        for stage in range(3):
            ours = [one for one in closures if one.stage == stage]
            assert all(one.week + one.weeks <= later.week for one, later in pairwise(ours))


def test_the_carrier_tells_of_a_closure_on_the_monday_it_begins():
    told = [mail for mail in mails(1, **STORMY) if mail.kind == "closure"]
    closures = draw(1, **STORMY).incidents.closures
    assert [mail.week for mail in told] == [one.week for one in closures]
    for mail, one in zip(told, closures, strict=True):
        assert mail.sender.endswith(f"@{CARRIER_DOMAIN}")
        assert re.search(rf"\b{one.told_weeks} week", mail.body)


def test_some_hearsay_of_closures_is_true_and_the_record_says_which():
    seen = set()
    for seed in SEEDS:
        incidents = draw(seed, **HOSTILE).incidents
        coming = {(one.stage, one.week) for one in incidents.closures}
        for rumour in incidents.rumours:
            if rumour.about == "closure":
                assert rumour.informed == ((rumour.stage, rumour.from_week) in coming)
                seen.add(rumour.informed)
            assert rumour.week < rumour.from_week < 52
    assert seen == {True, False}


def test_most_hearsay_before_a_closure_is_of_it():
    """By chance alone it would be 1 in 18: three links and six weeks."""
    informed = [
        rumour.informed
        for seed in SEEDS
        for line in [draw(seed, **HOSTILE)]
        for rumour in line.incidents.rumours
        if rumour.about == "closure"
        and any(0 < one.week - rumour.week <= 6 for one in line.incidents.closures)
    ]
    assert 0.5 < sum(informed) / len(informed) < 0.9


def test_hearsay_of_demand_comes_whatever_customers_do():
    """It is drawn before demand is: other customers, same hearsay."""

    def heard(**customers):
        return [draw(seed, **RATES, **customers).incidents.rumours for seed in range(5)]

    abouts = {rumour.about for rumours in heard() for rumour in rumours}
    assert abouts == {"closure", "surge", "slump"}
    assert heard() == heard(regimes="hidden") == heard(demand_family="lumpy")


def test_two_managers_targets_cannot_both_be_met():
    pairs = 0
    for seed in SEEDS:
        targets = draw(seed, **HOSTILE).incidents.targets
        for one, other in zip(targets[::2], targets[1::2], strict=True):
            wanted = {target.manager: target.units for target in (one, other)}
            assert wanted["finance"] < wanted["operations"]
            assert other.week - one.week in (0, 1)
            pairs += 1
    assert pairs > 50


def test_new_cost_sheets_are_told_two_to_six_weeks_before_and_never_cost_more_upstream():
    notices = [one for seed in SEEDS for one in draw(seed, **STORMY).sheet_notices]
    assert {one.sheet.from_week - one.week for one in notices} == {2, 3, 4, 5, 6}
    for one in notices:
        assert list(one.sheet.holding_cents) == sorted(one.sheet.holding_cents, reverse=True)
        assert one.sheet.backorder_cents >= 1


def test_costs_are_those_of_the_sheet_in_force():
    world = next(w for seed in SEEDS if len((w := make(seed, **HOSTILE)).draw.sheet_notices) == 1)
    (notice,) = world.draw.sheet_notices
    first, second = world.draw.terms.sheets
    assert second == notice.sheet != first
    terms = []
    while world.week <= second.from_week:
        terms.append(world.call("read_terms").text)
        pass_week(world, [0, 0, 0, 0])
    retailer = [week.on_hand_units[0] for week in world.state.weeks]
    waiting = [week.owed_units[0] for week in world.state.weeks]
    costs = [week.cost_cents[0] for week in world.state.weeks]
    for week in range(world.week):
        sheet = second if week >= second.from_week else first
        holding, backorder = sheet.holding_cents[0], sheet.backorder_cents
        assert costs[week] == holding * retailer[week] + backorder * waiting[week]
    cents = second.backorder_cents
    price = f"wait for: ${cents // 100}.{cents % 100:02d} a week"
    assert [price in text for text in terms] == [
        week >= second.from_week for week in range(len(terms))
    ]
