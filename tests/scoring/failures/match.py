"""A recorded match of two vending businesses, in which a seat may do more than its script."""

from tenure.envs.jobs import Briefing
from tenure.scenarios import References, load
from tenure.scoring.recorder import Recorder, header

AGENT = {
    "name": "shopkeeper, naive",
    "seats": {
        "seat_1": {"label": "shopkeeper", "name": "shopkeeper"},
        "seat_2": {"label": "naive", "name": "naive"},
    },
}


def match(path, interludes=(), parameters=()):
    """Record a week of two shopkeepers.

    Args:
        path: The file.
        interludes: Seat, day, action and what is said beside it, in the order in which a seat
            does so before its script goes on; a word without an action stands beside the script's.
        parameters: What differs in the scenario.
    """
    scenario = load("vending/arena-week")
    given = {**scenario.parameters, "seats": 2, **dict(parameters)}
    scenario = scenario.model_copy(update={"parameters": given})
    world, waiting = scenario.make_world(3), list(interludes)
    scripts, heard = {}, world.opening()
    answers, calls = {}, {}
    with Recorder(path, header(scenario, 3, AGENT, 0, world, References(0, 1))) as recorder:
        while not world.ended:
            seat, day = world.seat, world.business(world.seat).today + 1
            if seat not in scripts:
                policy = scenario.job.policies["shopkeeper"]
                scripts[seat] = policy(Briefing("", heard, world.offered, 0))
                calls[seat] = next(scripts[seat]).to_json()
            elif seat in answers:
                calls[seat] = scripts[seat].send(heard).to_json()
                del answers[seat]
            own = next((one for one in waiting if one[:2] == (seat, day)), None)
            action, said = own[2:] if own else (None, "")
            if own:
                waiting.remove(own)
            if action is None:
                action = calls[seat]
                answers[seat] = True
            step = world.step(action)
            recorder.step(world, action, _spoken(said) if said else None, step)
            heard = step.text
        recorder.end(world, world.ended)
    assert not waiting
    return path


def _spoken(said):
    return {"message": {"role": "assistant", "content": said}, "finish": "tool_calls"}
