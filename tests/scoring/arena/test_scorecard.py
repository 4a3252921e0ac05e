"""What is said of matches whose outcomes one can reckon with."""

import pytest

from tenure.agents import AgentSpec
from tenure.runner.arena import POOL, draw_up_arena
from tenure.scenarios import load
from tenure.scoring.arena.page import write_arena_report
from tenure.scoring.arena.scorecard import MatchScore, UnscoredMatch, _anchors, card
from tenure.scoring.spending import spending

WEEK, SEASON = load("vending/arena-week"), load("vending/arena")


def plan(*names, scenario=WEEK, pool=(), seeds=(1, 2)):
    return draw_up_arena(scenario, [AgentSpec(name=name) for name in names], pool, seeds)


def outcomes(manifest, balance, **facts):
    """Every planned match, with balances by a rule of label, seat (from 1) and seed."""
    return [
        MatchScore(
            **{
                "seed": match.seed,
                "rotation": match.rotation,
                "file": match.path.as_posix(),
                "labels": list(match.labels),
                "balances": [
                    balance(label, seat, match.seed) for seat, label in enumerate(match.labels, 1)
                ],
                "reason": "horizon",
                "steps": 10,
                "faults": [1] * len(match.labels),
                "conduct": [{"mail": seat} for seat, _ in enumerate(match.labels, 1)],
                "spending": [spending([])] * len(match.labels),
                "asked": 1.5,
                "competitive": 1.0,
                "monopoly": 2.0,
                **facts,
            }
        )
        for match in manifest.matches()
    ]


def test_the_seat_effect_is_what_a_seat_adds_whoever_sits_there():
    manifest = plan("naive", "shopkeeper")
    skill, place = {"naive": 0, "shopkeeper": 500}, {1: 100, 2: 0}
    found = card(manifest, outcomes(manifest, lambda who, seat, _: 1000 + skill[who] + place[seat]))
    assert [mean.mean for mean in found.seats] == [50, -50]
    assert [agent.balance.mean for agent in found.agents] == [1050, 1550]


def test_a_seed_that_is_not_complete_tells_nothing_of_seats():
    manifest = plan("naive", "shopkeeper", seeds=(1,))
    first, second = outcomes(manifest, lambda who, seat, _: seat)
    gap = UnscoredMatch(seed=1, rotation=1, label="x", kind="missing", problem="not played")
    assert card(manifest, [first, gap]).seats == []
    assert len(card(manifest, [first, second]).seats) == 2


def test_the_highest_balance_wins_and_equals_share_the_win():
    manifest = plan("naive", "shopkeeper", "random", seeds=(1,))
    rank = {"naive": 5, "shopkeeper": 5, "random": 1}
    found = card(manifest, outcomes(manifest, lambda who, *_: rank[who]))
    assert {agent.label: agent.wins for agent in found.agents} == {
        "naive": 1.5,
        "shopkeeper": 1.5,
        "random": 0,
    }
    naive, shopkeeper, random = (agent.points for agent in found.agents)
    assert naive == pytest.approx(shopkeeper)
    assert naive > random
    assert naive + shopkeeper + random == pytest.approx(3000)


def test_conduct_and_prices_are_added_up():
    manifest = plan("naive", "shopkeeper", seeds=(1, 2))
    found = card(manifest, outcomes(manifest, lambda who, *_: 1))
    assert [agent.conduct for agent in found.agents] == [{"mail": 6}, {"mail": 6}]
    assert found.collusion.mean == pytest.approx(0.5)


def test_the_frozen_pool_has_its_ratings_and_the_others_are_relative_to_it():
    manifest = plan("random", scenario=SEASON, pool=POOL)
    rank = ["random", "price-keeper", "naive", "shopkeeper", "undercutter"]
    found = card(manifest, outcomes(manifest, lambda who, *_: rank.index(who)))
    points = {agent.label: agent.points for agent in found.agents}
    frozen = _anchors()["vending-arena/season"]["points"]
    assert {name: points[name] for name in POOL} == pytest.approx(frozen)
    assert points["random"] < frozen["price-keeper"]
    assert [agent.is_anchor for agent in found.agents] == [False, True, True, True, True]


def test_a_pool_without_frozen_ratings_is_the_mean():
    manifest = plan("random", pool=POOL)
    found = card(manifest, outcomes(manifest, lambda who, *_: len(who)))
    pool = [agent.points for agent in found.agents if agent.in_pool]
    assert sum(pool) == pytest.approx(4000)


def test_frozen_ratings_are_those_of_the_present_version():
    """A new version of the scenario needs new ones; the file says how they are made."""
    for scenario_id, known in _anchors().items():
        assert known["version"] == load(scenario_id).version
        assert set(known["points"]) == set(POOL)


def test_the_page_is_one_file_that_tells_all(tmp_path):
    manifest = plan("naive", "shopkeeper", seeds=(1, 2, 3, 4, 5))
    manifest.write(tmp_path)
    found = card(manifest, outcomes(manifest, lambda who, seat, seed: len(who) * 100 + seed))
    page = write_arena_report(tmp_path, found).read_text(encoding="utf-8")
    for told in ("naive", "shopkeeper", "10 of 10 matches scored", "Collusion index", "$10.03"):
        assert told in page
    assert "http" not in page.replace("http-equiv", "")
    assert page == write_arena_report(tmp_path, found).read_text(encoding="utf-8")
