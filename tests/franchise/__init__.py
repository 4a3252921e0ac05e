"""A toy job with two seats: an owner who sends a helper to the lemonade stand."""

from dataclasses import dataclass

from tenure.envs import jobs
from tenure.envs.face import ToolEnv
from tenure.envs.jobs import Briefing, Job, Policy
from tenure.envs.tools import Refusal, Toolbox, ToolCall, tool
from tests.lemonade import Stand, StandState, bound

HELPER = "helper"
_OWNERS_TOOLS = ("send_helper", "close_for_today")


@dataclass(slots=True)
class FranchiseState(StandState):
    errand: str = ""
    words: int = 0


class Franchise(Stand):
    State = FranchiseState

    def start(self) -> FranchiseState:
        stand = super().start()
        return FranchiseState(now_minutes=stand.now_minutes, cash_cents=stand.cash_cents)

    @property
    def seat(self) -> str:
        return HELPER if self.state.errand else ""

    @property
    def offered(self) -> Toolbox:
        tools = self.toolbox.tools
        return Toolbox(
            {name: tools[name] for name in tools if (name in _OWNERS_TOOLS) != bool(self.seat)}
        )

    def role(self, seat: str) -> str:
        return "You help at the stand. Report when you are done." if seat else ""

    @property
    def counts_tokens(self) -> bool:
        return True

    def take_in(self, outside):
        self.state.words += outside["output_tokens"]

    @tool(minutes=5, writes=True)
    def send_helper(self, errand: str) -> str:
        """Send the helper to the stand with an errand."""
        if not errand:
            raise Refusal("Say what to do.")
        self.state.errand = errand
        return f"Your errand: {errand}"

    @tool(minutes=5, writes=True)
    def report(self, text: str) -> str:
        """Report to the owner; ends the errand."""
        self.state.errand = ""
        return f"The helper reports: {text}"


def owner(_: Briefing) -> Policy:
    while True:
        yield ToolCall("send_helper", {"errand": "two pitchers, please"})
        yield ToolCall("close_for_today")


def lazy(_: Briefing) -> Policy:
    while True:
        yield ToolCall("close_for_today")


def helper(briefing: Briefing) -> Policy:
    assert briefing.brief.startswith("You help")
    while True:
        heard = yield ToolCall("make_pitchers", {"count": 2})
        yield ToolCall("report", {"text": heard.partition("\n")[0]})


class FranchiseEnv(ToolEnv):
    World = Franchise


JOB = Job(
    Franchise, {"lazy": lazy, "owner": owner}, floor="lazy", bound=bound, crew={HELPER: helper}
)
jobs.register(
    "franchise",
    "tests.franchise:JOB",
    jobs.Face("tests/Franchise-v0", "tests.franchise:FranchiseEnv"),
)
