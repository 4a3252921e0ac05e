"""Forks beside their parent."""

from tenure.scoring.forks import ForkOutcome, _mean


def outcomes(*futures_and_differences):
    return [
        ForkOutcome(label="a", attempt=n, future=future, repetition=0, score=lost, difference=lost)
        for n, (future, lost) in enumerate(futures_and_differences)
    ]


def test_forks_in_one_future_count_as_one_for_the_interval():
    copies = outcomes(*((future, 100 * future) for future in (1, 2, 3, 4) for _ in range(5)))
    few = _mean("a", copies)
    assert (few.forks, few.difference, few.interval) == (20, 250.0, None)
    five = [(future, 100 * future) for future in (1, 2, 3, 4, 5)]
    assert _mean("a", outcomes(*five * 4)).interval == _mean("a", outcomes(*five)).interval


def test_forks_in_the_seeds_own_future_stand_for_themselves():
    assert _mean("a", outcomes(*((0, lost) for lost in (1, 2, 3, 4, 5)))).interval is not None
