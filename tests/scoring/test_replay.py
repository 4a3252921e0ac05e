from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.envs.tools import Toolbox
from tenure.errors import TrajectoryError, UsageError
from tenure.scenarios import References
from tenure.scoring.records import read, read_partial
from tenure.scoring.replay import Divergence, replay
from tenure.scoring.scorecard import score_episode
from tests.lemonade import Stand
from tests.scoring.episodes import BREW, SCENARIO, SLEEP, play, scripted

ACTIONS = [BREW, SLEEP, "what?", SLEEP, BREW, SLEEP, SLEEP, SLEEP]


@pytest.fixture
def episode(tmp_path):
    return read(play(tmp_path / "e.jsonl.zst", ACTIONS))


def forged(episode, record: int, **fields: Any):
    """Change some fields of a record, as a forger would who can write a chain."""
    header, steps, end = deepcopy((episode.header, episode.steps, episode.end))
    [header, *steps, end][record].update(fields)
    return replace(episode, header=header, steps=steps, end=end)


def divergence_of(episode) -> Divergence:
    found = replay(episode).divergence
    assert found is not None
    return found


def test_a_true_episode_replays_without_a_difference(episode):
    replayed = replay(episode)
    assert replayed.divergence is None
    assert replayed.steps == 8
    assert replayed.explanation == ""


def test_an_unfinished_episode_replays_as_far_as_it_goes(tmp_path):
    episode = read_partial(play(tmp_path / "e", ACTIONS[:3], finish=False))
    assert replay(episode) == (None, 3, "0.1.0", "0.1.0")


def test_a_scripted_episode_replays(tmp_path):
    episode = read(play(tmp_path / "e", scripted("two-a-day", 5), seed=5))
    assert replay(episode).divergence is None


@pytest.mark.parametrize("record", [0, 1, 9])
def test_a_field_of_a_record_that_nobody_knows_is_left_alone(episode, record):
    assert replay(forged(episode, record, acme={"note": 1})).divergence is None


def test_all_that_stands_in_the_agent_and_in_an_exchange_is_left_alone(episode):
    known = forged(episode, 0, agent={**episode.header["agent"], "acme": 1})
    assert replay(forged(known, 1, exchange={"acme": 1})).divergence is None


@pytest.mark.parametrize("field", ["figures", "references", "events"])
def test_inside_what_is_scored_a_field_that_nobody_knows_counts_too(episode, field):
    record, told = (0, episode.header) if field != "events" else _first_with_events(episode)
    inside = deepcopy(told[field])
    (inside if isinstance(inside, dict) else inside[0])["acme"] = 1
    assert divergence_of(forged(episode, record, **{field: inside}))[:2] == (record, field)


def _first_with_events(episode):
    return next((n, step) for n, step in enumerate(episode.steps, 1) if "events" in step)


def test_a_scenario_with_a_field_that_nobody_knows_is_no_known_world(episode):
    strange = forged(episode, 0, scenario={**episode.header["scenario"], "acme": 1})
    with pytest.raises(TrajectoryError) as caught:
        replay(strange)
    assert str(caught.value) == (
        "Record 0 (header): no such world: this Tenure knows no field 'scenario.acme', and so not "
        "what world it would make."
    )


def test_what_the_model_said_is_not_replayed(tmp_path):
    exchanges = [{"message": "invented", "latency_ms": 7}] * len(ACTIONS)
    episode = read(play(tmp_path / "e", ACTIONS, exchanges=exchanges))
    assert replay(episode).divergence is None


@pytest.mark.parametrize(
    ("record", "field", "value"),
    [
        (0, "measured", [9999, 0]),
        (0, "opening", "Free lemonade!"),
        (0, "digest", "0" * 32),
        (0, "minute", 0),
        (0, "figures", []),
        (0, "score", "cups"),
        (0, "luck", "cups"),
        (0, "tools", "0" * 32),
        (0, "tools", None),
        (0, "references", {"floor": 0, "bound": 1775}),
        (0, "references", {"floor": 1000, "bound": 1000}),
        (1, "text", "400 cups are ready."),
        (1, "minute", 511),
        (1, "reward", 100),
        (1, "figures", {"cash_cents": 900, "cups": 400}),
        (2, "events", []),
        (2, "digest", "0" * 32),
        (3, "fault", "refused"),
        (4, "ended", "horizon"),
        (9, "reason", "steps"),
        (9, "measured", [9999, 0]),
        (9, "digest", "0" * 32),
        (9, "steps", 7),
    ],
)
def test_a_forged_field_is_the_first_divergence(episode, record, field, value):
    found = divergence_of(forged(episode, record, **{field: value}))
    assert (found.record, found.field, found.recorded) == (record, field, value)


def test_a_tool_that_is_told_otherwise_now_is_a_divergence(episode, monkeypatch):
    box = Toolbox.of(Stand)
    monkeypatch.setattr(box.tools["close_for_today"], "description", "Close early.")
    monkeypatch.setattr(Stand, "toolbox", Toolbox(box.tools))
    assert divergence_of(episode)[:2] == (0, "tools")


def test_a_record_without_the_hash_of_the_tools_is_read_and_scored_and_does_not_replay(episode):
    header = {name: value for name, value in episode.header.items() if name != "tools"}
    old = replace(episode, header=header)
    assert score_episode(old).score == score_episode(episode).score
    assert divergence_of(old)[:3] == (0, "tools", None)


def test_a_divergence_says_what_should_be(episode):
    found = replay(forged(episode, 1, reward=100))
    assert found.divergence == Divergence(1, "reward", 100, -100)
    assert found.explanation == "Record 1, field 'reward': the file says 100, replay gives -100."
    assert found.steps == 0


def test_equal_numbers_of_another_type_are_a_divergence(episode):
    assert divergence_of(forged(episode, 1, reward=-100.0)).field == "reward"


def test_a_fault_that_never_was_is_a_divergence(episode):
    assert divergence_of(forged(episode, 1, fault="refused")) == (1, "fault", "refused", None)


def test_another_action_is_found_by_what_it_leads_to(episode):
    assert divergence_of(forged(episode, 1, action=SLEEP)).record == 1


def test_an_episode_of_another_seed_is_found_at_the_first_trace_of_it(episode):
    assert divergence_of(forged(episode, 0, seed=2)).record in (0, 2)


def test_steps_after_the_end_are_a_divergence(episode):
    longer = replace(episode, steps=[*episode.steps, episode.steps[-1]])
    assert divergence_of(longer) == (9, "type", "step", "end")


def test_stopping_early_is_a_divergence(episode):
    shorter = replace(episode, steps=episode.steps[:4])
    assert divergence_of(forged(shorter, 5, steps=4, reason="steps")) == (5, "reason", "steps", "")


def test_the_limit_of_the_scenario_ends_an_episode(tmp_path):
    short = SCENARIO.model_copy(update={"limits": SCENARIO.limits.model_copy(update={"steps": 3})})
    episode = read(play(tmp_path / "e", ACTIONS, scenario=short))
    assert (len(episode.steps), episode.end["reason"]) == (3, "steps")
    assert replay(episode).divergence is None
    longer = replace(episode, steps=[*episode.steps, episode.steps[-1]])
    assert divergence_of(longer) == (4, "type", "step", "end")


def test_references_are_computed_anew(tmp_path):
    path = play(tmp_path / "e", ACTIONS, known=References(floor=0, bound=1775))
    assert divergence_of(read(path))[:2] == (0, "references")


def test_another_version_of_tenure_is_named_beside_a_divergence(episode):
    found = replay(forged(forged(episode, 1, reward=1), 0, tenure="0.0.9"))
    assert "recorded with Tenure 0.0.9" in found.explanation


@pytest.mark.parametrize(
    "change",
    [
        {"id": "nowhere"},
        {"parameters": {"horizon": 3}},
        {"brief": "{nope}"},
        {"brief": "{horizon_days.nope}"},
        {"brief": "{horizon_days:3000000000}"},
        {"brief": "{"},
    ],
)
def test_a_world_that_nobody_knows_is_the_headers_fault(episode, change):
    bad = forged(episode, 0, scenario=episode.header["scenario"] | change)
    with pytest.raises(TrajectoryError, match="no such world") as caught:
        replay(bad)
    assert caught.value.record == 0


def test_a_job_that_is_not_installed_is_no_fault_of_the_record(episode):
    elsewhere = forged(
        episode, 0, scenario=episode.header["scenario"] | {"id": "courier-desk/week"}
    )
    with pytest.raises(UsageError, match=r"needs the job 'courier-desk'.*install its package"):
        replay(elsewhere)


@given(
    st.lists(
        st.sampled_from([BREW, SLEEP]) | st.text(alphabet=st.characters(codec=None), max_size=9),
        max_size=12,
    )
)
def test_whatever_an_agent_does_replays(tmp_path_factory, actions):
    path = play(tmp_path_factory.mktemp("any") / "e", actions, finish=False)
    assert replay(read_partial(path)).divergence is None
