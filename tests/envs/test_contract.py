"""One contract for every registered environment, whoever wrote it."""

from dataclasses import asdict, dataclass
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import tests.lemonade  # noqa: F401  registers the toy job
from tenure import scenarios
from tenure.envs import jobs
from tenure.envs.checker import check_faces, check_job, check_run_out, check_snapshots, check_steps
from tenure.envs.checker import check_tools as check_tools_of
from tenure.envs.face import ToolEnv
from tenure.envs.tools import Refusal, tool
from tenure.errors import ContractError, UsageError
from tests.lemonade import JOB, Stand, StandParameters, StandState

JOBS = [name for name in jobs.names() if jobs.faces(name)]
ENV_IDS = [env_id for env_id in gymnasium.registry if env_id.startswith(("tenure/", "tests/"))]


@pytest.mark.parametrize("env_id", ENV_IDS)
def test_gymnasium_finds_nothing_to_say(env_id):
    check_env(gymnasium.make(env_id).unwrapped)


@pytest.mark.parametrize("env_id", [env_id for env_id in ENV_IDS if env_id.startswith("tenure/")])
def test_every_environment_documents_itself(env_id):
    face = type(gymnasium.make(env_id).unwrapped)
    for heading in ("Actions", "Observations", "Reward", "Start", "End", "Version history"):
        assert heading in face.__doc__


@pytest.mark.parametrize("name", JOBS)
def test_every_job_has_a_tool_call_face_of_its_world(name):
    faces = [gymnasium.make(face.id).unwrapped for face in jobs.faces(name)]
    assert jobs.load(name).world in [face.World for face in faces if isinstance(face, ToolEnv)]


@pytest.mark.parametrize("name", JOBS)
def test_every_job_keeps_the_world_contract(name):
    check_job(name, shortest_parameters(name))


def shortest_parameters(job):
    """Return the parameters of a job's shortest built-in scenario; the toy job has none."""
    own = [scenarios.load(known) for known in scenarios.names() if known.startswith(f"{job}/")]
    return min(own, key=lambda one: one.limits.steps).parameters if own else {}


class Dial(gymnasium.Env):
    """A numeric face: a number that is turned up or down, and a reward for nothing."""

    observation_space = gymnasium.spaces.Box(0, 10, dtype=np.float32)
    action_space = gymnasium.spaces.MultiDiscrete([3])
    highest = 10

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.value = 5
        return self.seen(), {}

    def step(self, action):
        self.value = max(0, min(self.highest, self.value + 20 * (int(action[0]) - 1)))
        return self.seen(), 0.0, False, False, {}

    def seen(self):
        return np.array([self.value], dtype=np.float32)


class BrokenDial(Dial):
    def seen(self):
        return np.array([self.value + 8], dtype=np.float32)


@pytest.fixture
def numeric_face(monkeypatch):
    """Check the lemonade stand with a further face."""

    def check(env):
        face = jobs.Face("tests/Dial-v0", f"tests.envs.test_contract:{env.__name__}")
        monkeypatch.setitem(jobs._FACES, "lemonade", (face,))
        gymnasium.register(id=face.id, entry_point=face.env)
        check_faces("lemonade", JOB)

    yield check
    gymnasium.registry.pop("tests/Dial-v0")


def test_a_face_may_be_numeric(numeric_face):
    numeric_face(Dial)


def test_a_face_that_leaves_its_space_is_found(numeric_face):
    with pytest.raises(ContractError, match=r"check_env on tests/Dial-v0: .*observation"):
        numeric_face(BrokenDial)


def test_an_unknown_job_names_the_nearest():
    with pytest.raises(UsageError, match="Did you mean 'lemonade'"):
        jobs.load("lemonad")


def maker(world, **parameters):
    return lambda: world(StandParameters(**parameters), 1)


def test_a_tool_without_a_docstring_is_found():
    class Silent(Stand):
        @tool(minutes=5)
        def shrug(self) -> str:
            return ""

    with pytest.raises(ContractError, match="shrug has no docstring"):
        check_tools_of(Silent)


def test_a_tool_that_takes_no_time_is_found():
    class Timeless(Stand):
        @tool(minutes=0)
        def look(self) -> str:
            """Look."""
            return "nothing"

    with pytest.raises(ContractError, match="took no time"):
        check_steps(maker(Timeless))


def test_a_tool_that_raises_is_found():
    class Fragile(Stand):
        @tool(minutes=5)
        def divide(self, by: int) -> str:
            """Divide."""
            return str(1 // (by - by))

    with pytest.raises(ContractError, match="ZeroDivisionError"):
        check_steps(maker(Fragile))


def test_a_world_with_a_memory_outside_its_state_is_found():
    class Forgetful(Stand):
        @tool(minutes=5)
        def count(self) -> str:
            """Count the calls."""
            self.calls = getattr(self, "calls", 0) + 1
            return str(self.calls)

    with pytest.raises(ContractError, match="leads to something else"):
        check_snapshots(maker(Forgetful), max_steps=100)


def test_a_world_that_time_does_not_end_is_found():
    class Endless(Stand):
        def advance(self, minutes: int) -> str:
            self.state.now_minutes += minutes
            return ""

    with pytest.raises(ContractError, match="has not ended after"):
        check_run_out(maker(Endless)())


class Greedy(Stand):
    @tool(minutes=5, writes=True)
    def buy(self) -> str:
        """Buy cups on credit."""
        self.state.cups += 1
        raise Refusal("No credit.")


def test_a_refusal_after_a_change_is_found():
    with pytest.raises(ContractError, match=r"buy changed the state and then refused \('No credit"):
        check_steps(maker(Greedy))


def test_a_tool_that_returns_no_text_is_named():
    class Mute(Stand):
        @tool(minutes=5)
        def look(self) -> str:
            """Look."""

    with pytest.raises(ContractError, match="The tool look returned NoneType; a tool returns"):
        check_steps(maker(Mute))


def test_an_argument_without_a_type_is_named():
    class Untyped(Stand):
        @tool(minutes=5)
        def pour(self, cups) -> str:
            """Pour."""
            return f"{cups}"

    with pytest.raises(ContractError, match="argument 'cups' of the tool pour has no annotation"):
        check_tools_of(Untyped)


@pytest.mark.parametrize("part", ["score", "luck"])
def test_a_score_or_luck_that_is_no_figure_is_named_with_the_nearest(part):
    complaint = f"The {part} of Odd is 'cash_cent', .* Did you mean 'cash_cents'"
    with pytest.raises(ContractError, match=complaint):
        type("Odd", (Stand,), {part: "cash_cent"})


@dataclass(slots=True)
class OddState(StandState):
    odd: Any = None


@pytest.mark.parametrize(
    ("odd", "complaint"),
    [
        ({1, 2}, "state.odd holds a set"),
        ({"days": {1: 2}}, r"state.odd.days has the key 1 \(int\)"),
        ([1, b""], r"state.odd\[1\] holds a bytes"),
        ([0.5], r"state.odd\[0\] holds the float 0.5"),
        (2**70, "state.odd holds a number of more than 64 bits"),
    ],
)
def test_what_no_state_may_hold_is_named_with_its_field(odd, complaint):
    class Odd(Stand):
        State = OddState

        def start(self):
            return OddState(now_minutes=super().start().now_minutes, odd=odd)

    check_steps(maker(Odd))
    with pytest.raises(ContractError, match=complaint):
        check_snapshots(maker(Odd), max_steps=5)
    if odd != [0.5]:  # which could be hashed
        with pytest.raises(ContractError, match=complaint):
            maker(Odd)().digest()


# --- what restoring must bring back --------------------------------------------------------------


def test_a_restored_state_with_another_digest_is_found():
    class Rounding(Stand):
        def restore(self, snapshot):
            super().restore(snapshot)
            self.state.cups = self.state.cups // 20 * 20

    with pytest.raises(ContractError, match=r"Restored at step \d+, the state has another digest"):
        check_snapshots(maker(Rounding), max_steps=100)


def test_a_memory_that_leads_to_another_state_before_anyone_sees_it_is_found():
    @dataclass(slots=True)
    class Diary(StandState):
        calls: int = 0

    class Secretive(Stand):
        State = Diary
        calls = 0

        def start(self):
            return Diary(**asdict(super().start()))

        @tool(minutes=5, writes=True)
        def count(self) -> str:
            """Count the calls."""
            self.calls += 1
            self.state.calls = self.calls
            return "counted"

    with pytest.raises(ContractError, match=r'"count".* leads to another state'):
        check_snapshots(maker(Secretive), max_steps=100)


def test_a_memory_that_comes_to_light_only_at_the_end_is_found():
    class Hoarder(Stand):
        hidden_cents = 0

        def advance(self, minutes):
            told = super().advance(minutes)
            if self.state.ended:
                self.state.cash_cents += self.hidden_cents
            return told

        @tool(minutes=5, writes=True)
        def hide(self) -> str:
            """Hide a coin."""
            self.hidden_cents += 1
            return "hidden"

    actions = ['{"name": "hide"}'] * 10
    with pytest.raises(ContractError, match=r"at step 8, waiting for the end leads to something"):
        check_snapshots(maker(Hoarder), max_steps=100, actions=actions)


def test_a_memory_that_comes_to_light_after_some_steps_is_found():
    class Slow(Stand):
        reads = 0

        @tool(minutes=5)
        def read(self) -> str:
            """Read the rules."""
            self.reads += 1
            return "Enough read." if self.reads > 60 else "No customers at night."

    actions = ['{"name": "read"}'] * 80
    with pytest.raises(ContractError, match=r"at step 32, .*read.* leads to something else"):
        check_snapshots(maker(Slow), max_steps=40, actions=actions)


# --- what must change nothing --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["opening", "stamp", "measure"])
def test_telling_of_the_world_that_changes_it_is_found(name):
    def meddling(self):
        self.state.cups += 1
        return getattr(Stand, name)(self)

    unstamped = {"opening": lambda _: "The stand opens."}
    odd = type("Odd", (Stand,), unstamped | {name: meddling})
    with pytest.raises(ContractError, match=rf"^{name}\(\) changes the state"):
        check_steps(maker(odd))


class Reader(Stand):
    @tool(minutes=5)
    def read_rules(self) -> str:
        """Read the rules."""
        self.state.cups += self.state.cash_cents < 1000
        return "No customers at night."


READ, MAKE = '{"name": "read_rules"}', '{"name": "make_pitchers", "arguments": {"count": 1}}'


def test_a_tool_that_only_reads_and_changes_the_state_is_found():
    with pytest.raises(ContractError, match="read_rules only reads, yet it changed the state"):
        check_steps(maker(Reader))
    check_steps(maker(Reader), [READ] * 5)
    with pytest.raises(ContractError, match=r"mark it @tool\(..., writes=True\)"):
        check_steps(maker(Reader), [MAKE, READ])
