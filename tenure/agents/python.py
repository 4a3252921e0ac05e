"""Agents by import path, such as `my_pkg.my_agent:Agent`: a plain function, or a class.

def agent(observation):
    return {"name": "wait", "arguments": {"minutes": 60}}

class Agent:
    def begin(self, briefing): ...                # optional
    def act(self, observation): ...               # or async
    def recall(self, observation, action): ...    # optional; needed to resume; or async
    def close(self): ...                          # optional; or async
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import inspect
import os
import sys
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future
from functools import partial
from hashlib import blake2b
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, NamedTuple, NoReturn

from tenure.agents.actions import misfit, plain, written
from tenure.agents.contract import Turn
from tenure.agents.spec import AgentSpec
from tenure.envs.jobs import Briefing
from tenure.envs.tools import ToolCall
from tenure.errors import (
    ContractError,
    ProviderError,
    TrajectoryError,
    UsageError,
    nearest,
    told,
)

_SHAPE = 'a dict {"name": ..., "arguments": {...}}, text, a ToolCall, or a Turn with one of them'


class Origin(NamedTuple):
    """Which code an import path leads to.

    Attributes:
        source: A hash of its source: of all Python files of the package, or of the module: 32 hex
            digits.
        package: Name and version of the distribution that it was installed from; `None` if it was
            not.
    """

    source: str
    package: str | None


def origin(path: str) -> Origin:
    """Find out which code an import path leads to.

    Raises:
        UsageError: If it leads nowhere, or to what cannot be an agent.
    """
    module = path.partition(":")[0]
    find(path)
    top = module.partition(".")[0]
    return Origin(_digest(module, top), _distribution(top))


def find(path: str) -> Callable[..., Any]:
    """Return the function or class that an import path names; the current folder is looked in too.

    Raises:
        UsageError: If there is none; the message says what is there instead.
    """
    module_name, _, name = path.partition(":")
    _look_here()
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        raise UsageError(
            f"The agent {path} cannot be imported: {told(error)}. The path is module:name, and"
            " modules are looked for in the current folder and among what is installed."
        ) from error
    found = getattr(module, name, None)
    if found is None:
        known = [each for each in vars(module) if not each.startswith("_")]
        raise UsageError(f"{module_name} has no {name!r}. {nearest(name, known)}")
    if inspect.isclass(found) and not callable(getattr(found, "act", None)):
        raise UsageError(f"{path} is a class without a method act(observation); add it.")
    if not callable(found):
        raise UsageError(f"{path} is neither a function nor a class with a method act.")
    return found  # type: ignore[no-any-return]  # it is callable


class PythonAgent:
    """A function or an object of the user's at work, made for this episode alone.

    What is not async runs in a thread of the agent's own, so that it may block. What it raises,
    except a `ProviderError`, stops the run.

    Args:
        spec: Its import path, and how long it may take to act.
        target: The function or class.
        seed: The agent's own.
    """

    def __init__(self, spec: AgentSpec, target: Callable[..., Any], seed: int) -> None:
        self._spec = spec
        self._target = target
        self._seed = seed
        self._agent: Any = None
        self._past: deque[tuple[str, Turn]] = deque()
        self._thread = _Thread()

    def begin(self, briefing: Briefing) -> None:
        self._briefing = briefing

    async def act(self, observation: str) -> Turn:
        """Let it live through the turns that it is to recall, and ask it for an action.

        Raises:
            ProviderError: If it raised one, or took too long; the episode can be resumed.
            ContractError: If it raised anything else, or returned what is no action.
        """
        while self._past:
            await self._in_time("recall a turn", self._recalled(*self._past.popleft()))
        return self._turn(await self._in_time("act", self._acted(observation)))

    def recall(self, observation: str, turn: Turn) -> None:
        """Take note of a recorded turn, which it lives through before it acts again.

        Raises:
            TrajectoryError: If it does not know how.
        """
        if self._is_function:
            return
        if not callable(getattr(self._target, "recall", None)):
            raise TrajectoryError(
                f"The agent {self._spec.name} cannot go on in the middle of an episode: give it a"
                " method recall(self, observation, action) that remembers a turn without acting."
            )
        self._past.append((observation, turn))

    async def close(self) -> None:
        """Let it close, unless its thread hangs."""
        close = getattr(self._agent, "close", None)
        try:
            if callable(close) and not self._thread.is_busy:
                await self._called(close)
        except Exception as error:  # noqa: BLE001  whatever their code raises
            self._blame(error)
        finally:
            self._thread.stop()

    @property
    def _is_function(self) -> bool:
        return not inspect.isclass(self._target)

    async def _in_time(self, what: str, work: Coroutine[Any, Any, Any]) -> Any:
        """Have their code do something within the time that it may take."""
        try:
            async with asyncio.timeout(self._spec.timeout_s):
                return await self._blamed(work)
        except TimeoutError:  # ours: what their code raises is a ContractError by now
            raise ProviderError(
                f"The agent {self._spec.name} did not {what} within {self._spec.timeout_s:g} s."
                " Run again to resume the episode, if need be with a longer --timeout."
            ) from None

    async def _blamed(self, work: Coroutine[Any, Any, Any]) -> Any:
        try:
            return await work
        except (ProviderError, asyncio.CancelledError):
            raise
        except Exception as error:  # noqa: BLE001  whatever their code raises
            self._blame(error)

    async def _acted(self, observation: str) -> Any:
        agent = await self._ready()
        return await self._called(agent if self._is_function else agent.act, observation)

    async def _recalled(self, observation: str, turn: Turn) -> None:
        recall = (await self._ready()).recall
        wants_exchange = "exchange" in inspect.signature(recall).parameters
        told_more = {"exchange": turn.exchange} if wants_exchange else {}
        await self._called(partial(recall, **told_more), observation, turn.action)

    async def _ready(self) -> Any:
        """Return the function, or the object, made and told of the job when it is first needed."""
        if self._is_function:
            return self._target
        if self._agent is None:
            self._agent = await asyncio.wrap_future(self._thread.do(self._new))
        return self._agent

    async def _called(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call their code: in its thread, unless it is async."""
        if inspect.iscoroutinefunction(function):
            return await function(*arguments)
        answer = await asyncio.wrap_future(self._thread.do(function, *arguments))
        return await answer if inspect.isawaitable(answer) else answer

    def _new(self) -> Any:
        takes_seed = "seed" in inspect.signature(self._target).parameters
        agent = self._target(seed=self._seed) if takes_seed else self._target()
        if callable(getattr(agent, "begin", None)):
            agent.begin(self._briefing)
        return agent

    def _turn(self, answer: Any) -> Turn:
        action, exchange = answer if isinstance(answer, Turn) else (answer, None)
        try:
            if exchange is not None and (problem := misfit(exchange)):
                raise ContractError(f"In an exchange of the agent {self._spec.name}, {problem}.")
            return Turn(_text(action), exchange and plain(exchange))
        except (TypeError, ValueError, AttributeError) as error:
            raise ContractError(
                f"The agent {self._spec.name} returned what is no action: {error}. Return {_SHAPE}."
            ) from None

    def _blame(self, error: Exception) -> NoReturn:
        raise ContractError(
            f"The agent {self._spec.name} raised {told(error)}. What was played is kept."
        ) from error


def _text(action: Any) -> str:
    """Return an action as text.

    Raises:
        TypeError: If it is none.
        ValueError: If it is nested too deeply.
    """
    if isinstance(action, str):
        return action
    if isinstance(action, ToolCall):
        return written(action._asdict())
    if isinstance(action, Mapping):
        return written(action)
    raise TypeError(f"got {type(action).__name__}")


class _Thread:
    """A thread that does one thing after another; none that hangs keeps the process from ending.

    It starts when there is something to do.
    """

    def __init__(self) -> None:
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._started = False
        self._latest: Future[Any] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether it has not yet done what it was given."""
        return self._latest is not None and not self._latest.done()

    def do(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Call a function there."""
        if not self._started:
            self._started = True
            Thread(target=self._work, daemon=True, name="agent").start()
        future: Future[Any] = Future()
        self._latest = future
        self._tasks.put(_Task(future, function, arguments))
        return future

    def stop(self) -> None:
        """Let the thread end after what it is doing."""
        self._tasks.put(None)

    def _work(self) -> None:
        while task := self._tasks.get():
            task.run()


class _Task(NamedTuple):
    future: Future[Any]
    function: Callable[..., Any]
    arguments: tuple[Any, ...]

    def run(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            self.future.set_result(_without_stop(self.function, *self.arguments))
        except BaseException as error:  # noqa: BLE001  it belongs to who waits for the result
            self.future.set_exception(error)


def _without_stop(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function; no future can hold a `StopIteration`."""
    try:
        return function(*arguments)
    except StopIteration as error:
        raise RuntimeError("it raised StopIteration") from error


def _look_here() -> None:
    """Make the current folder one in which modules are found."""
    here = os.getcwd()  # noqa: PTH109  sys.path holds texts
    if not {"", here} & set(sys.path):
        sys.path.insert(0, here)


def _digest(module: str, top: str) -> str:
    digest = blake2b(digest_size=16)
    for name, file in sorted(_files(module, top)):
        content = file.read_bytes()
        digest.update(b"%s\0%d\0%s" % (name.encode(), len(content), content))
    return digest.hexdigest()


def _files(module: str, top: str) -> Iterator[tuple[str, Path]]:
    """Yield the Python files of a package, or the one of a module, by their names within it."""
    package = importlib.util.find_spec(top)
    for folder in (package and package.submodule_search_locations) or ():
        for file in Path(folder).rglob("*.py"):
            yield file.relative_to(folder).as_posix(), file
    own = sys.modules[module].__file__
    if own and package and not package.submodule_search_locations:
        yield Path(own).name, Path(own)


def _distribution(top: str) -> str | None:
    from importlib.metadata import packages_distributions, version

    names = packages_distributions().get(top)
    return f"{names[0]} {version(names[0])}" if names else None
