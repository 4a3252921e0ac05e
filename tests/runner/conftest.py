"""Agents that die, and stores."""

import pytest

from tenure.envs import jobs
from tests.runner.buckets import url  # noqa: F401  a fixture
from tests.runner.mortal import DEATHS
from tests.runner.stand import plan


@pytest.fixture
def mortals(monkeypatch, tmp_path):
    """Plan episodes of agents that kill their process, and say how often that is to happen."""

    def planned(deaths):
        for number in range(deaths):
            (tmp_path / "deaths" / str(number)).touch()
        return plan("mortal", seeds=[1, 2])

    (tmp_path / "deaths").mkdir()
    monkeypatch.setenv(DEATHS, str(tmp_path / "deaths"))
    monkeypatch.setitem(jobs._JOBS, "lemonade", "tests.runner.mortal:JOB")
    return planned
