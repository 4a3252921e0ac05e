"""What an episode has used of its limits follows from its recorded steps."""

import pytest
from pydantic import ValidationError

from tenure.scenarios import Limits
from tenure.scoring.limits import Meter
from tenure.scoring.records import read
from tenure.scoring.replay import replay
from tests.scoring.episodes import SCENARIO, SLEEP, play


def limits(**given):
    return Limits(steps=40, **given)


def answer(tokens_in=90, tokens_out=10, usd=0.1, ms=30_000):
    usage = {"input_tokens": tokens_in, "output_tokens": tokens_out, "cached_tokens": 80}
    return {"usage": usage, "cost_usd": usd, "latency_ms": ms}


def metered(given, *exchanges, outside=None):
    meter = Meter(given)
    for exchange in exchanges:
        meter.add(exchange, outside or {})
    return meter


# --- what a scenario says ------------------------------------------------------------------------


def test_limits_that_are_not_set_are_not_written():
    assert Limits(steps=40).model_dump() == {"steps": 40}
    assert limits(tokens=7, usd=0.5, minutes=2).model_dump(mode="json") == {
        "steps": 40,
        "tokens": 7,
        "usd": 0.5,
        "minutes": 2.0,
    }
    assert SCENARIO.digest == SCENARIO.model_copy(update={"limits": limits(tokens=None)}).digest


@pytest.mark.parametrize("odd", [{"tokens": 0}, {"usd": 0}, {"usd": float("inf")}, {"minutes": -1}])
def test_a_limit_is_a_number_above_zero(odd):
    with pytest.raises(ValidationError):
        limits(**odd)


# --- what counts ---------------------------------------------------------------------------------


def test_without_answers_only_steps_count():
    meter = metered(Limits(steps=2, tokens=1, usd=0.1, minutes=0.1), None)
    assert (meter.reached, meter.untold) == ("", "")
    meter.add(None)
    assert meter.reached == "steps"


def test_tokens_are_those_read_and_written():
    assert metered(limits(tokens=200), answer()).reached == ""
    assert metered(limits(tokens=200), answer(), answer(89)).reached == ""
    assert metered(limits(tokens=200), answer(), answer()).reached == "tokens"


def test_ten_dimes_are_a_dollar():
    assert metered(limits(usd=1), *[answer()] * 9).reached == ""
    assert metered(limits(usd=1), *[answer()] * 10).reached == "usd"


def test_minutes_are_those_of_waiting_for_answers():
    assert metered(limits(minutes=1), answer()).reached == ""
    assert metered(limits(minutes=1), answer(), answer()).reached == "minutes"


def test_the_voice_counts_but_for_its_time():
    voice = {"voice": {"usage": {"input_tokens": 5, "output_tokens": 5}, "cost_usd": 0.25}}
    meter = metered(limits(tokens=10**6, minutes=9), answer(), outside=voice)
    assert (meter.tokens, meter.nanousd, meter.latency_ms) == (110, 350_000_000, 30_000)
    assert metered(limits(usd=0.25), None, outside=voice).reached == "usd"


def test_of_several_limits_the_first_of_the_table_is_named():
    everything = Limits(steps=1, tokens=1, usd=0.01, minutes=0.1)
    assert metered(everything, answer()).reached == "steps"
    assert metered(limits(usd=0.01, minutes=0.1), answer()).reached == "usd"


@pytest.mark.parametrize(
    ("given", "told", "untold"),
    [
        ({"tokens": 10**6}, answer() | {"usage": None}, "tokens"),
        ({"usd": 1}, answer(usd=None), "usd"),
        ({"minutes": 60}, answer(ms=None), "minutes"),
        ({"tokens": 10**6, "minutes": 60}, answer(usd=None), ""),
    ],
)
def test_what_is_limited_must_be_told(given, told, untold):
    assert metered(limits(**given), answer(1, 1, 0.0, 0), told).untold == untold


# --- what a record may claim ---------------------------------------------------------------------


def closed(tmp_path, given, reason, *exchanges):
    """A record of an episode that gives a reason for its end."""
    scenario = SCENARIO.model_copy(update={"limits": given})
    path = tmp_path / "e.zst"
    steps = len(exchanges)
    play(path, [SLEEP] * steps, scenario=scenario, exchanges=exchanges, reason=reason)
    return replay(read(path)).divergence


def test_an_end_that_follows_from_the_steps_is_reproduced(tmp_path):
    assert closed(tmp_path, limits(tokens=200), "tokens", answer(), answer()) is None


def test_an_end_that_does_not_is_refused(tmp_path):
    found = closed(tmp_path, limits(tokens=200), "tokens", answer())
    assert (found.record, found.field, found.recorded, found.replayed) == (
        2,
        "reason",
        "tokens",
        "",
    )


def test_an_end_for_another_reason_is_refused(tmp_path):
    found = closed(tmp_path, limits(usd=0.2), "steps", answer(), answer())
    assert (found.field, found.recorded, found.replayed) == ("reason", "steps", "usd")


def test_a_step_after_the_limit_is_refused(tmp_path):
    found = closed(tmp_path, limits(minutes=1), "minutes", answer(), answer(), answer())
    assert (found.record, found.field, found.recorded) == (3, "type", "step")


def test_a_step_after_an_answer_that_does_not_tell_is_refused(tmp_path):
    found = closed(tmp_path, limits(usd=0.2), "usd", answer(usd=None), answer(), answer())
    assert (found.record, found.field) == (1, "exchange")
    assert "usd" in found.replayed
