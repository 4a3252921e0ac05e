"""A thousand episodes need more open files than systems allow at first."""

import pytest

from tenure.errors import UsageError
from tenure.runner.files import allow_files, files_needed

resource = pytest.importorskip("resource")


@pytest.fixture
def limits(monkeypatch):
    """The system's limits of open files, as a test sets them."""
    current = [256, 4_096]
    monkeypatch.setattr(resource, "getrlimit", lambda _: tuple(current))
    monkeypatch.setattr(resource, "setrlimit", lambda _, both: current.__setitem__(slice(2), both))
    return current


def test_each_episode_has_a_record_and_a_connection():
    assert files_needed(1_000) == 2_100


def test_the_soft_limit_is_raised_as_far_as_needed(limits):
    allow_files(1_000)
    assert limits == [2_100, 4_096]


def test_a_limit_that_suffices_stays(limits):
    allow_files(78)
    assert limits == [256, 4_096]


def test_where_the_hard_limit_forbids_it_the_message_says_what_would_go(limits):
    with pytest.raises(UsageError, match=r"2,000 episodes .* 4,100 .* 4,096.*--concurrency 1998"):
        allow_files(2_000)


def test_without_limits_nothing_is_changed(limits):
    limits[:] = [resource.RLIM_INFINITY, resource.RLIM_INFINITY]
    allow_files(10**6)
    assert limits == [resource.RLIM_INFINITY, resource.RLIM_INFINITY]
