"""The lemonade stand with a sub-agent that alone can make pitchers."""

import orjson
import pytest

from tenure.envs.checker import check_run_out, check_snapshots, check_steps, check_tools
from tenure.envs.delegation import WORKER, Delegation
from tenure.envs.delegation.scripts import through_worker, worker
from tenure.envs.jobs import Briefing, Layers
from tenure.envs.tools import Fault, ToolCall
from tenure.errors import UsageError
from tests import lemonade
from tests.envs.forecasts import stand as asked

PITCHERS = ToolCall("make_pitchers", {"count": 1})


def stand(steps=3, asks=(), **parameters):
    layers = Layers(delegation=Delegation(tools=("make_pitchers",), steps=steps, role="You mix."))
    return asked.JOB.make(parameters, 3, asks, layers)


def sent(world, instructions="make some"):
    return world.call("run_sub_agent", instructions=instructions)


def test_the_main_seat_cannot_use_the_workers_tools_nor_the_worker_the_others():
    world = stand()
    assert world.call("make_pitchers", count=1).fault is Fault.UNKNOWN_TOOL
    assert "make_pitchers" not in world.offered.tools
    sent(world)
    assert set(world.offered.tools) == {"make_pitchers", "finish", "answer"}
    assert world.call("close_for_today").fault is Fault.UNKNOWN_TOOL


def test_the_worker_reads_instructions_works_and_reports():
    world = stand()
    assert world.seat == ""
    step = sent(world, "Make one pitcher.")
    assert step.text == "Instructions from your employer:\nMake one pitcher.\n[day 1]"
    assert (step.seat, world.seat) == ("", WORKER)
    step = world.call("make_pitchers", count=1)
    assert step.text.startswith("4 cups are ready.")
    step = world.call("finish", report="One pitcher is made.")
    assert step.text == "The sub-agent reports:\nOne pitcher is made.\n[day 1]"
    assert (step.seat, world.seat) == (WORKER, "")


def test_both_seats_share_one_clock():
    world = stand()
    minutes = [sent(world).minute, world.call("make_pitchers", count=1).minute]
    assert minutes == [8 * 60 + 25, 8 * 60 + 55]


def test_who_uses_up_the_steps_is_brought_back_and_what_was_done_is_told():
    world = stand(steps=2)
    sent(world)
    world.call("make_pitchers", count=1)
    step = world.step("I have had enough.")
    assert world.seat == ""
    lines = step.text.splitlines()
    assert lines[0] == "The sub-agent used up its steps without a report. It did:"
    assert lines[1].endswith("-> 4 cups are ready.")
    assert lines[2].startswith("2. I have had enough. -> Error: No tool was called.")
    assert sent(world).fault is None


def test_what_time_brings_meanwhile_is_kept_for_the_main_seat():
    world = stand(steps=50, asks=asked.ASKS)
    sent(world)
    while "Sold" not in (kept := "\n".join(world.state.desk_of_worker.kept)):
        assert "Sold" not in world.call("make_pitchers", count=1).text
    step = world.call("finish", report="Done.")
    assert step.text.startswith(f"The sub-agent reports:\nDone.\n{kept}\n")


def test_the_worker_is_not_asked_for_forecasts():
    world = stand(asks=asked.ASKS)
    assert "Forecasts to answer" in world.call("sub_agent_specs").text
    assert "Forecast" not in sent(world).text
    assert "answer_forecast" not in world.offered.tools


def test_a_question_is_answered_with_one_call():
    world = stand()
    assert world.call("chat_with_sub_agent", question="How many?").fault is Fault.REFUSED
    sent(world)
    assert world.call("answer", text="?").fault is Fault.REFUSED
    world.call("finish", report="Done.")
    assert world.call("chat_with_sub_agent", question="How many?").text.startswith(
        "Your employer asks:\nHow many?\n"
    )
    step = world.call("make_pitchers", count=1)
    assert step.fault is Fault.REFUSED
    assert world.state.cups == 0
    assert world.call("answer", text="None.").text.startswith("The sub-agent answers:\nNone.\n")
    assert world.seat == ""


def test_who_does_not_answer_is_brought_back_too():
    world = stand(steps=2)
    sent(world)
    world.call("finish", report="Done.")
    world.call("chat_with_sub_agent", question="How many?")
    world.step("hm")
    assert world.step("hm").text.startswith("The sub-agent did not answer.\n")
    assert world.seat == ""


def test_the_worker_is_told_its_role_and_the_main_agent_its_brief():
    world = stand(steps=7)
    assert world.role("") == ""
    assert world.role(WORKER).startswith("You mix.\n")
    assert "7 each time" in world.role(WORKER)


def test_specs_name_the_workers_tools_and_its_limit():
    text = stand().call("sub_agent_specs").text
    assert "- make_pitchers(count: integer): Make pitchers of lemonade" in text
    assert "at most 3 calls" in text


def test_a_tool_that_is_not_there_cannot_be_given():
    layers = Layers(delegation=Delegation(tools=("make_pitcher",)))
    with pytest.raises(UsageError, match=r"delegation.tools: the job has no tool 'make_pitcher'"):
        lemonade.JOB.make({}, 1, (), layers)


def test_the_layer_keeps_the_world_contract_also_over_forecasts():
    for asks in ((), asked.ASKS):

        def make(asks=asks):
            return stand(asks=asks, horizon_days=7)

        check_tools(type(make()))
        check_steps(make)
        check_run_out(make())
        check_snapshots(make, max_steps=80)


# --- scripts -------------------------------------------------------------------------------------


def mixer(_):
    """Make five pitchers, one by one, every day."""
    while True:
        for _ in range(5):
            yield PITCHERS
        yield ToolCall("close_for_today")


def play(world, policy, briefed=None):
    """Play to the end with a crew; return what each seat did."""
    crew, done, heard = {}, [], world.opening()
    while not world.ended:
        seat = world.seat
        if seat in crew:
            call = crew[seat].send(heard)
        else:
            make = worker if seat == WORKER else policy
            crew[seat] = make(Briefing("", heard, world.offered, 0))
            call = next(crew[seat])
        done.append((seat, call.name))
        heard = world.step(call.to_json()).text
    return done


def test_a_script_that_knows_no_sub_agent_works_through_one():
    world, plain = stand(steps=4, horizon_days=2), stand(steps=99, horizon_days=2)
    done = play(world, through_worker(mixer))
    assert done[:7] == [
        ("", "sub_agent_specs"),
        ("", "run_sub_agent"),
        *[(WORKER, "make_pitchers")] * 3,
        (WORKER, "finish"),
        ("", "run_sub_agent"),
    ]
    play(plain, through_worker(mixer))
    assert world.measured == plain.measured


def test_elsewhere_the_script_is_as_it_was():
    world = lemonade.JOB.make({"horizon_days": 2}, 3)
    assert {name for _, name in play(world, through_worker(mixer))} == {
        "make_pitchers",
        "close_for_today",
    }


def test_the_scripted_worker_does_nothing_with_prose_and_answers_with_its_last_report():
    world = stand()
    step = sent(world, "Please make some lemonade!")
    script = worker(Briefing("", step.text, world.offered, 0))
    call = next(script)
    assert call.name == "finish"
    world.step(call.to_json())
    step = world.call("chat_with_sub_agent", question="Well?")
    reply = script.send(step.text)
    assert (reply.name, reply.arguments["text"]) == ("answer", call.arguments["report"])


def test_a_scripted_worker_that_was_brought_back_begins_with_the_new_list():
    world = stand(steps=1)
    step = sent(world, orjson.dumps([PITCHERS._asdict()] * 2).decode())
    script = worker(Briefing("", step.text, world.offered, 0))
    world.step(next(script).to_json())
    assert world.seat == ""
    other = ToolCall("make_pitchers", {"count": 2})
    step = sent(world, orjson.dumps([other._asdict()]).decode())
    assert script.send(step.text) == other
