"""A recorded episode that can be entered again."""

import pytest

from tenure.errors import TrajectoryError, UsageError
from tenure.scoring.past import Past
from tenure.scoring.records import action_of, read
from tests.scoring.episodes import BREW, SLEEP, YEAR, play

THREE_DAYS = [BREW, SLEEP, BREW, BREW, SLEEP, SLEEP]


@pytest.fixture
def past(tmp_path):
    return Past(read(play(tmp_path / "e.jsonl.zst", THREE_DAYS)))


def test_the_world_before_a_step_is_the_one_that_the_step_was_taken_in(past):
    for n, step in enumerate(past.episode.steps):
        assert past.before(n).step(action_of(step)).text == step["text"]


def test_the_world_after_the_last_step_ends_as_the_record_says(past):
    world = past.before(len(past))
    world.run_out()
    assert list(world.measured) == past.episode.end["measured"]


def test_each_caller_gets_a_world_of_its_own(past):
    past.before(2).call("make_pitchers", count=1)
    assert past.before(2).digest() == past.before(2).digest()


def test_a_walk_yields_every_step_with_the_world_before_it(past):
    seen = [(moment.n, moment.world.digest()) for moment in past.moments()]
    assert seen == [(n, past.before(n).digest()) for n in range(len(THREE_DAYS))]


def test_days_begin_where_agents_are_told_they_begin(past):
    assert [past.first_of_day(day) for day in (1, 2, 3)] == [0, 2, 5]
    with pytest.raises(UsageError, match="no step on day 4 or after it: the last is on day 3"):
        past.first_of_day(4)


def test_there_is_no_world_before_a_step_that_was_not_taken(past):
    with pytest.raises(UsageError, match="no step 7: the episode has 6"):
        past.before(7)


def test_a_past_that_comes_out_otherwise_is_refused(past):
    past.episode.steps[1]["text"] = "You sold out."
    with pytest.raises(TrajectoryError, match="Step 1 comes out otherwise than recorded"):
        past.before(4)


def test_a_step_late_in_a_long_episode_is_reached_as_well_the_second_time(tmp_path):
    actions = [BREW, BREW, SLEEP] * 365
    past = Past(read(play(tmp_path / "year.jsonl.zst", actions, scenario=YEAR)))
    late = len(past) - 1
    assert late > 1_000
    assert past.before(late).digest() == past.before(late).digest()
    assert past.before(late).step(action_of(past.episode.steps[late])).ended


def test_another_future_is_met_from_the_next_day_on(tmp_path):
    past = Past(read(play(tmp_path / "e.jsonl.zst", [BREW, SLEEP] * 4, scenario=YEAR)))
    own, others = past.before(2), [past.before(2, future=number) for number in range(1, 9)]
    assert {other.digest() for other in others} == {own.digest()}
    assert {other.chance.future.first_day for other in others} == {2}
    assert len({world.call("close_for_today").text for world in (own, *others)}) == 1
    nights = {
        tuple(
            world.call(name, **{"count": 9} if "make" in name else {}).text
            for name in ("make_pitchers", "close_for_today")
        )
        for world in (own, *others)
    }
    assert len(nights) > 1
