"""The layer itself: a main seat that instructs, and a worker's seat that does and reports.

Both share one clock. While the worker is away the seat is `worker`; what time brings meanwhile
(morning reports) is kept for the main seat and told when the worker is back: after `finish`, when
its steps are used up, or when the episode ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from tenure.envs.layers import Layer, grown
from tenure.envs.tools import Fault, Refusal, Tool, Toolbox, tool
from tenure.envs.world import FAULT_MINUTES, NOTHING, Step, World
from tenure.errors import UsageError, nearest

WORKER = "worker"
"""The seat of the sub-agent."""

INSTRUCTED, ASKED = "Instructions from your employer:", "Your employer asks:"
"""How what the worker reads begins, when it is sent and when it is asked."""

_CONTACT = ("sub_agent_specs", "run_sub_agent", "chat_with_sub_agent")
_REPLY = ("finish", "answer")
_SHOWN_CHARS = 160
_Text = Annotated[str, Field(min_length=1, max_length=5_000)]


class Delegation(BaseModel):
    """What a scenario says of its sub-agent.

    Attributes:
        tools: The job's tools that the sub-agent alone can use.
        shared: Those that both can use; the main agent keeps all others.
        steps: How many calls the sub-agent may make when it is sent, the report included.
        role: What the sub-agent is told it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tools: tuple[str, ...] = Field(min_length=1)
    shared: tuple[str, ...] = ()
    steps: int = Field(default=10, ge=1, le=1_000)
    role: str = "You work for somebody who sends you instructions. Carry them out, then report."


@dataclass(slots=True)
class Desk:
    """What a world's state has in addition.

    Attributes:
        is_away: Whether the worker acts next.
        is_asked: Whether it is to answer a question, and not to work.
        steps: How many it has used since it was sent or asked.
        visits: How often it was sent.
        done: What it did when it was last sent: each call, and the first line of what it led to.
        kept: What came meanwhile, for the main seat.
    """

    is_away: bool = False
    is_asked: bool = False
    steps: int = 0
    visits: int = 0
    done: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


class Delegating(Layer):
    """A world with the layer over it; see `delegating`."""

    delegation: ClassVar[Delegation]

    @property
    def seat(self) -> str:
        """Who acts next."""
        return WORKER if self.__desk.is_away else ""

    @property
    def offered(self) -> Toolbox:
        """The tools of the seat whose turn it is."""
        return Toolbox(
            {name: each for name, each in self.toolbox.tools.items() if self.__offers(name)}
        )

    def role(self, seat: str) -> str:
        """Return what the worker is told it is."""
        if seat != WORKER:
            return super().role(seat)
        return (
            f"{self.delegation.role.strip()}\n\n"
            f"Every step is one tool call; you have {self.delegation.steps} each time you are "
            "sent. Call finish with your report when you are done: your employer reads nothing "
            "else. Answer a question with answer."
        )

    def stamp(self) -> str:
        """Say when it is; to the worker, nothing else."""
        stamp = super().stamp()  # type: ignore[safe-super]  # the job's
        return stamp.rpartition("\n")[2] if self.__desk.is_away else stamp

    def advance(self, minutes: int) -> str:
        """Let time pass; what is told of it is kept while the worker is away."""
        news = super().advance(minutes)  # type: ignore[safe-super]  # the job's
        if not self.__desk.is_away or not news:
            return news
        self.__desk.kept.append(news)
        return ""

    def step(self, action: str, outside: Mapping[str, Any] = NOTHING) -> Step:
        """Do what an action says; the worker's are counted, and its last one brings it back."""
        acts = self.seat
        step = super().step(action, outside)
        desk = self.__desk
        if acts != WORKER or not desk.is_away:
            return step
        desk.steps += 1
        if not desk.is_asked:
            desk.done.append(f"{_first_line(action)} -> {_first_line(step.text)}")
        if desk.steps < self.delegation.steps and not step.ended:
            return step
        return step._replace(text=self.__cut_short())

    def _use(self, tool: Tool, arguments: dict[str, Any]) -> Step:
        if self.__desk.is_asked and tool.name != "answer":
            text = "Error: You were asked a question; reply with answer."
            return self._finish(text, Fault.REFUSED, FAULT_MINUTES)
        return super()._use(tool, arguments)

    # --- the main seat's -----------------------------------------------------------------------

    @tool(minutes=5)
    def sub_agent_specs(self) -> str:
        """Read what your sub-agent can do."""
        own = "\n".join(
            f"- {each.name}({each.signature}): {' '.join(each.description.split())}"
            for name, each in self.toolbox.tools.items()
            if name in (*self.delegation.tools, *self.delegation.shared)
        )
        return (
            f"The sub-agent has these tools:\n{own}\n"
            f"Each time you send it, it makes at most {self.delegation.steps} calls, its report "
            "included. It knows only what you write, and remembers its earlier visits."
        )

    @tool(minutes=25, writes=True)
    def run_sub_agent(self, instructions: _Text) -> str:
        """Send the sub-agent to do something; you read its report when it is back."""
        desk = self.__desk
        desk.is_away, desk.steps, desk.done = True, 0, []
        desk.visits += 1
        return f"{INSTRUCTED}\n{instructions}"

    @tool(minutes=5, writes=True)
    def chat_with_sub_agent(self, question: _Text) -> str:
        """Ask the sub-agent about what it did last."""
        desk = self.__desk
        if not desk.visits:
            raise Refusal("The sub-agent has done nothing yet; send it with run_sub_agent.")
        desk.is_away, desk.is_asked, desk.steps = True, True, 0
        return f"{ASKED}\n{question}\nReply with answer."

    # --- the worker's --------------------------------------------------------------------------

    @tool(minutes=5, writes=True)
    def finish(self, report: _Text) -> str:
        """End your visit with a report to your employer."""
        return self.__back(f"The sub-agent reports:\n{report}")

    @tool(minutes=5, writes=True)
    def answer(self, text: _Text) -> str:
        """Answer your employer's question."""
        if not self.__desk.is_asked:
            raise Refusal("You were asked nothing; do what you were sent for, then call finish.")
        return self.__back(f"The sub-agent answers:\n{text}")

    # --- going and coming ----------------------------------------------------------------------

    @property
    def __desk(self) -> Desk:
        desk: Desk = self.state.desk_of_worker
        return desk

    def __offers(self, name: str) -> bool:
        if name in self.delegation.shared:
            return True
        return (name in (*self.delegation.tools, *_REPLY)) == self.__desk.is_away

    def __back(self, said: str) -> str:
        """Let the main seat act next; return what it reads."""
        desk = self.__desk
        told = "\n".join([said, *desk.kept])
        desk.is_away, desk.is_asked, desk.kept = False, False, []
        return told

    def __cut_short(self) -> str:
        """Bring a worker back that has not reported; return what the main seat reads."""
        desk = self.__desk
        said = "The sub-agent did not answer."
        if not desk.is_asked:
            done = "\n".join(f"{number}. {line}" for number, line in enumerate(desk.done, 1))
            said = f"The sub-agent used up its steps without a report. It did:\n{done}"
        return f"{self.__back(said)}\n{self.stamp()}"


def delegating(world: type[World[Any]], delegation: Delegation) -> type[World[Any]]:
    """Return a world with the layer over it, the same class each time.

    Raises:
        UsageError: If the world has no tool of a name that the delegation says.
        ContractError: If the world has a tool of a name that the layer needs.
    """
    known = world.toolbox.tools
    for part in ("tools", "shared"):
        for name in getattr(delegation, part):
            if name not in known:
                raise UsageError(
                    f"delegation.{part}: the job has no tool {name!r}. {nearest(name, known)}"
                )
    return _new_class(world, delegation)


@cache
def _new_class(world: type[World[Any]], delegation: Delegation) -> type[World[Any]]:
    room = ("desk_of_worker", Desk)
    return grown(world, "Delegating", [Delegating], room, delegation=delegation)


def _first_line(text: str) -> str:
    """Return the beginning of a text, on one line and without lone surrogates."""
    line = text.partition("\n")[0].encode("utf-8", "replace").decode()
    return line if len(line) <= _SHOWN_CHARS else f"{line[:_SHOWN_CHARS]}..."
