"""Commitments and stated figures, from events of conduct in real records."""

import pytest

from tenure.errors import TrajectoryError
from tenure.scoring.manifest import Manifest
from tenure.scoring.records import read
from tenure.scoring.sustained.course import recorded
from tenure.scoring.sustained.word import Belief, Duty, beliefs, duties
from tests.scoring import reported
from tests.scoring.sustained import kiosk


@pytest.fixture
def season(tmp_path):
    return kiosk.record(tmp_path, kiosk.SEASON, (1,), {"one-a-day": kiosk.one_a_day})


@pytest.fixture
def path(season):
    return season / Manifest.read(season).episode_path("one-a-day", 1)


def tell(path, *events):
    """Let the first night of a record tell some events."""
    reported.reseal(path, lambda records: records[2].update(events=list(events)))
    return read(path)


def said(**facts):
    return {"kind": "conduct", "topic": "promise", "verdict": "kept", **facts}


def test_commitments_are_those_of_the_topics_that_a_job_names(path):
    episode = tell(path, said(), said(verdict="broken", cents=5), said(topic="injection"))
    assert duties(episode, {"promise"}) == [Duty(0, 1, 1), Duty(0, 1, 0)]


def test_one_event_can_stand_for_any_number_of_occasions(path):
    assert duties(tell(path, said(occasions=10**15)), {"promise"}) == [Duty(0, 10**15, 10**15)]


def test_an_event_of_conduct_that_is_none_is_refused(path):
    with pytest.raises(TrajectoryError, match="an event of conduct that is none"):
        duties(tell(path, said(occasions=-1)), {"promise"})


def test_a_figure_that_was_stated_is_compared_with_the_truth(path):
    episode = tell(path, said(figure="stock_units", told=90, true=100), said(told="much", true=1))
    (found,) = beliefs(episode)
    assert found == Belief(0, "stock_units", 90, 100)
    assert found.divergence == 0.1


@pytest.mark.parametrize(
    ("told", "true", "off"), [(5, 0, 1), (0, 0, 0), (10**15, 1, 1), (3, 4, 0.25)]
)
def test_nothing_is_farther_off_than_the_whole_truth(told, true, off):
    assert Belief(0, "", told, true).divergence == off


def test_a_record_without_the_figure_of_its_job_is_refused(path):
    with pytest.raises(TrajectoryError, match="no figure 'net_worth_cents'"):
        recorded(read(path), "net_worth_cents")
