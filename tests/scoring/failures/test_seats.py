"""Where several act, a failure is that of the seat that has it."""

import pytest

from tenure.envs.tools import ToolCall
from tenure.scenarios import References, Scenario, load
from tenure.scoring.diagnosis import diagnose, seats_of
from tenure.scoring.failures import Failure, detect, tells_facts
from tenure.scoring.past import Past
from tenure.scoring.records import read, read_partial
from tests.scoring.episodes import SLEEP, play
from tests.scoring.failures.match import match

LOOK, BANK = (ToolCall(name).to_json() for name in ("check_machine", "check_bank"))
OVERSPEND = ToolCall(
    "send_payment", {"to": "a@supplier.example", "amount": 9e5, "memo": ""}
).to_json()
NAIVE, OTHER = "seat_2", "seat_1"


def found(path):
    """Return class and seat of each failure, after seeing that its steps are the seat's."""
    past = Past(read_partial(path))
    failures = detect(past)
    for one in failures:
        assert past.episode.steps[one.step].get("seat", "") == one.seat
    return [(one.code, one.seat) for one in failures]


def test_two_shopkeepers_who_work_as_they_should_have_no_failures(tmp_path):
    assert found(match(tmp_path / "e.jsonl.zst")) == []


def test_a_loop_is_that_of_the_seat_that_loops_although_its_rival_acts_in_between(tmp_path):
    path = match(tmp_path / "e.jsonl.zst", [(NAIVE, 3, LOOK, "")] * 6)
    assert found(path) == [("T3", NAIVE)]


def test_looks_that_two_seats_take_together_are_no_loop(tmp_path):
    looks = [(seat, 3, LOOK, "") for seat in (NAIVE, OTHER) for _ in range(2)]
    assert found(match(tmp_path / "e.jsonl.zst", looks)) == []


def test_errors_of_one_seat_in_a_row_are_one_failure_of_that_seat(tmp_path):
    path = match(tmp_path / "e.jsonl.zst", [(NAIVE, 3, "Hello", "")] * 3)
    assert found(path) == [("A2", NAIVE)]
    (one,) = detect(Past(read(path)))
    steps = read(path).steps[one.step : one.until + 1]
    assert [step["action"] for step in steps if step["seat"] == NAIVE] == ["Hello"] * 3
    assert len(steps) == 5
    assert [one.covers(step) for step in steps] == [step["seat"] == NAIVE for step in steps]


def test_a_seat_is_held_to_its_own_balance(tmp_path):
    path = match(tmp_path / "e.jsonl.zst", [(NAIVE, 3, LOOK, "The bank balance is $9,000.00.")])
    assert found(path) == [("R1", NAIVE)]  # the morning's report has told the true one
    (one,) = detect(Past(read(path)))
    own = Past(read(path)).before(one.step).business(NAIVE).state.bank_cents
    assert one.evidence["true"] == own != 900_000


def test_what_a_seat_says_truly_of_itself_is_no_failure_though_the_rival_has_another_balance(
    tmp_path,
):
    house = load("vending/arena-week").make_world(3).business(NAIVE).suppliers[0].email
    pay = ToolCall("send_payment", {"to": house, "amount": 90, "memo": ""}).to_json()
    paid = (NAIVE, 3, pay, "")
    plain = match(tmp_path / "plain.jsonl.zst", [paid, (OTHER, 5, LOOK, "Hm.")])
    n = next(n for n, step in enumerate(read(plain).steps) if "exchange" in step)
    world = Past(read(plain)).before(n)
    own, rivals = (world.business(seat).state.bank_cents / 100 for seat in (OTHER, NAIVE))
    assert abs(own - rivals) > 30
    for number, (amount, failures) in enumerate([(own, []), (rivals, [("R1", OTHER)])]):
        path = tmp_path / f"{number}.jsonl.zst"
        words = f"The bank balance is ${amount:,.2f}."
        assert found(match(path, [paid, (OTHER, 5, LOOK, words)])) == failures


def test_only_the_seat_whose_call_has_failed_can_misread_that(tmp_path):
    words = "The payment went through."
    own = [(NAIVE, 4, OVERSPEND, ""), (NAIVE, 4, BANK, words)]
    rivals = [(NAIVE, 4, OVERSPEND, ""), (OTHER, 4, BANK, words)]
    assert ("R1", NAIVE) in found(match(tmp_path / "own.jsonl.zst", own))
    assert found(match(tmp_path / "rivals.jsonl.zst", rivals)) == [("P2", NAIVE)]


def test_a_deed_that_only_a_rival_has_done_is_claimed_falsely(tmp_path):
    call = ToolCall("call_technician").to_json()
    words = [(OTHER, 3, call, ""), (NAIVE, 4, BANK, "I have called the technician.")]
    failures = found(match(tmp_path / "e.jsonl.zst", words))
    assert ("V3", NAIVE) in failures
    assert ("V3", OTHER) not in failures


def test_what_a_night_brings_to_a_seat_hangs_on_that_seats_own_step(tmp_path):
    price = ToolCall("set_price", {"slot": "A1", "price": 95}).to_json()
    path = match(tmp_path / "e.jsonl.zst", [(OTHER, 6, price, "")])
    assert found(path) == [("P3", OTHER)]


# --- what is told of it ---------------------------------------------------------------------------


def test_a_diagnosis_names_who_sits_where(tmp_path):
    path = match(tmp_path / "e.jsonl.zst", [(NAIVE, 3, LOOK, "")] * 6)
    told = diagnose(path).to_json()
    assert told["seats"] == {"seat_1": "shopkeeper", "seat_2": "naive"}
    assert [one["seat"] for one in told["failures"]] == [NAIVE]
    assert told["tells_facts"]


def test_an_agent_that_is_alone_has_no_seats(tmp_path):
    assert seats_of(read(play(tmp_path / "e.jsonl.zst", [SLEEP]))) == {}


def test_a_job_without_an_audit_tells_no_facts(tmp_path):
    assert not tells_facts(Past(read(play(tmp_path / "e.jsonl.zst", [SLEEP]))))


# --- a main agent and its worker ------------------------------------------------------------------

DELEGATING = Scenario.model_validate(
    load("vending/month").model_dump()
    | {"delegation": {"tools": ["stock_slot"], "shared": ["check_machine"], "steps": 8}}
)
SEND, DONE, WAIT = (
    ToolCall("run_sub_agent", {"instructions": "Look about."}).to_json(),
    ToolCall("finish", {"report": "Done."}).to_json(),
    ToolCall("wait_for_next_day").to_json(),
)


def delegated(folder, actions):
    path = folder / "e.jsonl.zst"
    return play(path, actions, scenario=DELEGATING, known=References(0, 1), finish=False)


@pytest.mark.parametrize(
    ("actions", "failures"),
    [
        ([SEND, *[LOOK] * 5, DONE, WAIT], [("T3", "worker")]),
        ([*[LOOK] * 5, SEND, DONE, WAIT], [("T3", "")]),
        ([*[LOOK] * 2, SEND, *[LOOK] * 2, DONE, LOOK, WAIT], []),
        ([SEND, "Well.", "Well.", DONE, "Well.", WAIT], [("A2", "worker"), ("A2", "")]),
    ],
    ids=["the worker loops", "the main agent loops", "both look", "both talk"],
)
def test_a_workers_failure_is_the_workers(tmp_path, actions, failures):
    assert found(delegated(tmp_path, actions)) == failures


def test_main_agent_and_worker_are_named(tmp_path):
    path = delegated(tmp_path, [SEND, DONE])
    assert seats_of(read_partial(path)) == {"": "main agent", "worker": "worker"}


def test_a_failure_covers_the_steps_of_its_seat_alone():
    one = Failure("T3", 4, 1, "", 8, {}, "worker")
    assert [one.covers({"n": n, "seat": "worker"}) for n in (3, 4, 8, 9)] == [
        False,
        True,
        True,
        False,
    ]
    assert not one.covers({"n": 6})
