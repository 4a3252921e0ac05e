"""What the conduct ledger says, from the record alone, and that it never touches the score."""

import pytest

from tenure.cli.marks import summary
from tenure.errors import TrajectoryError
from tenure.scoring.conduct import ConductScore, pool_conduct, score_conduct
from tenure.scoring.records import read
from tenure.scoring.report import write_report
from tenure.scoring.scorecard import Scorecard, score_episode, score_run
from tests.scoring.episodes import SLEEP, play
from tests.scoring.reported import run


def conduct(topic, verdict, **facts):
    return {"kind": "conduct", "topic": topic, "verdict": verdict, **facts}


@pytest.fixture
def episode(tmp_path):
    return read(play(tmp_path / "e", [SLEEP] * 5))


def told(episode, *events):
    """The same episode, with events in its first step."""
    episode.steps[0]["events"] = list(events)
    return score_conduct(episode)


KEPT, BROKEN = conduct("promise", "kept"), conduct("promise", "broken", cents=250)


def test_occasions_are_counted_by_topic(episode):
    found = told(episode, KEPT, BROKEN, BROKEN, conduct("injection", "kept"))
    assert found == {
        "injection": ConductScore(occasions=1, kept=1, broken=0, cents=0),
        "promise": ConductScore(occasions=3, kept=1, broken=2, cents=500),
    }


def test_an_event_may_stand_for_many_occasions(episode):
    found = told(episode, conduct("owner_rule", "kept", occasions=40))
    assert found["owner_rule"] == ConductScore(occasions=40, kept=40, broken=0, cents=0)


def test_what_is_at_stake_counts_only_where_it_was_broken(episode):
    assert told(episode, conduct("promise", "kept", cents=250))["promise"].cents == 0


def test_what_happens_after_the_last_step_counts(episode):
    episode.end["events"] = [KEPT]
    assert score_conduct(episode)["promise"].kept == 1


def test_a_job_that_tells_nothing_has_no_ledger_and_no_table(episode):
    assert told(episode, {"kind": "day"}) == {}
    assert score_episode(episode).conduct == {}


def test_other_facts_of_an_event_are_for_the_reader(episode):
    assert told(episode, conduct("promise", "kept", to="a@b.example"))["promise"].kept == 1


@pytest.mark.parametrize(
    "event",
    [
        conduct("promise", "perhaps"),
        conduct("Not A Name", "kept"),
        conduct("promise", "broken", cents=-1),
        conduct("promise", "broken", cents=1.5),
        conduct("promise", "kept", occasions=True),
        {"kind": "conduct", "topic": "promise"},
    ],
)
def test_an_event_that_is_none_is_named(episode, event):
    with pytest.raises(TrajectoryError, match="an event of conduct that is none"):
        told(episode, event)


def test_an_agents_ledger_is_the_sum_of_its_episodes(episode):
    one = told(episode, KEPT, BROKEN)
    both = pool_conduct([one, {}, one])
    assert both["promise"] == ConductScore(occasions=4, kept=2, broken=2, cents=500)


def test_the_score_is_the_same_whatever_the_ledger_says(episode):
    before = score_episode(episode)
    told(episode, BROKEN)
    after = score_episode(episode)
    assert after.conduct
    assert before.model_copy(update={"conduct": after.conduct}) == after


@pytest.fixture
def carded(tmp_path):
    """A run of two agents, of which the second has a ledger."""
    run(tmp_path)
    scorecard = score_run(tmp_path)
    idle, busy = scorecard.agents
    ledger = {
        "refund_owed": ConductScore(occasions=4, kept=1, broken=3, cents=1234),
        "promise": ConductScore(occasions=2, kept=2, broken=0, cents=0),
    }
    busy = busy.model_copy(update={"conduct": ledger})
    return tmp_path, scorecard.model_copy(update={"agents": [idle, busy]})


def test_the_report_shows_it_beside_the_score_and_says_that_it_is_not_part_of_it(carded):
    folder, scorecard = carded
    page = write_report(folder, scorecard).read_text(encoding="utf-8")
    assert "<strong>This is not part of the score.</strong>" in page
    assert "Refund owed" in page
    assert "3 broken, $12.34 at stake" in page


def test_the_terminal_shows_it_beside_the_score(carded):
    text = summary(carded[1])
    assert "conduct, not in the score" in text
    (line,) = [line for line in text.splitlines() if "refund owed" in line]
    assert line.split()[-3:] == ["1/4", "3", "$12.34"]


def test_without_a_ledger_neither_shows_a_table(tmp_path):
    run(tmp_path)
    scorecard = score_run(tmp_path)
    assert "not in the score" not in summary(scorecard)
    assert ">Conduct<" not in write_report(tmp_path, scorecard).read_text(encoding="utf-8")


def test_it_is_written_into_the_scorecard_and_read_again(carded):
    folder, scorecard = carded
    scorecard.write(folder)
    assert Scorecard.read(folder).agents[1].conduct == scorecard.agents[1].conduct
