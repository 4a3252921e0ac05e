"""What the command line says of agents: the options of language models, and specifications."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tenure.cli.parsing import Parser, add_options, choice
from tenure.errors import UsageError, nearest

if TYPE_CHECKING:
    from tenure.agents.spec import AgentSpec

_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "--protocol": {
        "metavar": "P",
        "type": choice("auto", "tools", "json"),
        "help": "how tools are called: natively (tools), as text (json), or as suits the model"
        " (auto)",
    },
    "--window-tokens": {
        "metavar": "N",
        "type": int,
        "help": "the longest prompt, in tokens (69,000)",
    },
    "--keep-percent": {
        "metavar": "N",
        "type": int,
        "help": "the share of the window that is left when it was full and is trimmed (61)",
    },
    "--context": {
        "metavar": "P",
        "type": choice("drop", "clear", "summary"),
        "help": "what is trimmed: the oldest turns (drop), old tools' answers first (clear), or the"
        " oldest turns, of which the model writes a summary (summary); (drop)",
    },
    "--remind-every": {
        "metavar": "N",
        "type": int,
        "help": "repeat the brief's first paragraph with every N-th observation (never)",
    },
    "--max-output-tokens": {
        "metavar": "N",
        "type": int,
        "help": "the longest answer, its reasoning included, in tokens (8,192)",
    },
    "--temperature": {
        "metavar": "T",
        "type": float,
        "help": "0 to 2 (as the provider has it)",
    },
    "--reasoning-effort": {
        "metavar": "E",
        "type": choice("none", "minimal", "low", "medium", "high", "xhigh", "max"),
        "help": "none, minimal, low, medium, high, xhigh or max (as the provider has it)",
    },
    "--api": {
        "metavar": "A",
        "type": choice("auto", "chat", "responses", "messages", "gemini"),
        "help": "how it is spoken to: chat, responses, messages or gemini (as suits the provider)",
    },
    "--base-url": {
        "metavar": "URL",
        "help": "another server (the provider's variable, such as OPENAI_BASE_URL, else its own)",
    },
    "--price": {
        "metavar": ("IN", "OUT"),
        "nargs": 2,
        "type": float,
        "help": "US dollars per million tokens read and written (today's list price, if known)",
    },
}
"""What is said of a model that is hired, and of nobody else."""
_SHARED_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "--providers": {
        "metavar": "FILE",
        "help": "YAML file with more providers (TENURE_PROVIDERS)",
    },
    "--timeout": {
        "dest": "timeout_s",
        "metavar": "S",
        "type": float,
        "help": "seconds that an answer may take (600); for agents of your own too",
    },
}
"""What is said of models and of others."""

_SUB_AGENT_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "--sub-agent": {
        "metavar": "NAME",
        "help": "who works for the agent in scenarios with a sub-agent, such as openai/MODEL or"
        " best (the agent itself); the window's options hold for both",
    },
    "--sub-agent-option": {
        "metavar": "NAME=VALUE",
        "action": "append",
        "default": [],
        "help": "one of the options above, of the sub-agent's own; several times: base-url=URL,"
        " price=IN,OUT",
    },
}
"""What is said of a sub-agent that is another agent."""

_WINDOW = ("window_tokens", "keep_percent", "context", "remind_every")
"""What holds for a sub-agent too, unless something else is said of it."""

_WITH_TIMEOUT = ("python", "http")
"""Kinds of agents besides models that are given so much time and no more."""


def define_model_options(parser: Parser) -> None:
    """Add the options of language models."""
    group = parser.add_argument_group(
        "options of language models",
        "Values in parentheses are the defaults; the small local/ models have smaller ones.",
    )
    add_options(group, {**_OPTIONS, **_SHARED_OPTIONS, **_SUB_AGENT_OPTIONS})


def specs(options: argparse.Namespace) -> list[AgentSpec]:
    """Return the agents that were named, with what was said of models and of their sub-agent.

    Raises:
        UsageError: If something does not fit.
    """
    _check_model_options(options)
    employee = _sub_agent_of(options)
    agents = [_spec(name, options) for name in options.agents]
    return [agent.employing(employee) for agent in agents] if employee else agents


def _sub_agent_of(options: argparse.Namespace) -> AgentSpec | None:
    """Return who is the sub-agent, with what was said of it; `None` if nobody was named.

    Raises:
        UsageError: If it cannot be one, options have no agent to hold for, or one does not fit.
    """
    from tenure.agents.spec import kind_of

    name: str | None = options.sub_agent
    if options.sub_agent_option and (name is None or kind_of(name) != "model"):
        raise UsageError("--sub-agent-option is said of a model: name it with --sub-agent.")
    if name is None:
        return None
    kind = kind_of(name)
    if kind in ("human", "mcp"):
        raise UsageError(f"{name} cannot be a sub-agent; name a model, a script or your own agent.")
    if not options.agents:
        raise UsageError("--sub-agent works for somebody: name who with --agent.")
    chosen: dict[str, Any] = {}
    if kind == "model":
        told = _model_options(options)
        shared = {field: told[field] for field in _WINDOW if field in told}
        chosen = {**shared, **_model_options(_own_options(options.sub_agent_option))}
    if kind in ("model", *_WITH_TIMEOUT) and _is_given(options, "timeout_s"):
        chosen["timeout_s"] = options.timeout_s
    return _made(name, chosen, options.providers)


def _own_options(stated: Sequence[str]) -> argparse.Namespace:
    """Read options of models that are written as NAME=VALUE, several values with commas.

    Raises:
        UsageError: If one does not fit; a text that has no such form is not shown.
    """
    parser = Parser("tenure run", add_help=False)
    for flag, said in _OPTIONS.items():
        parser.add_argument(flag, **said)
    words: list[str] = []
    for one in stated:
        name, _, value = one.partition("=")
        if not re.fullmatch(r"[a-z-]+=.+", one):
            raise UsageError("--sub-agent-option is NAME=VALUE, such as temperature=0.")
        if f"--{name}" not in _OPTIONS:
            known = [flag.removeprefix("--") for flag in _OPTIONS]
            raise UsageError(f"There is no --sub-agent-option {name}. {nearest(name, known)}")
        words += [f"--{name}", *(value.split(",") if name == "price" else [value])]
    return parser.parse(words)


def voice_of(options: argparse.Namespace) -> AgentSpec | None:
    """Return the model that words what counterparts say: its defaults, and its endpoint.

    Raises:
        UsageError: If it is no model.
    """
    if not options.voice:
        return None
    given = {name: getattr(options, name) for name in ("base_url", "api") if getattr(options, name)}
    is_remote = not options.voice.startswith("local/")
    voice = _made(options.voice, given if is_remote else {}, options.providers)
    if not voice.is_model:
        raise UsageError(f"A voice is a model, such as openai/MODEL, not {options.voice!r}.")
    return voice


def _check_model_options(options: argparse.Namespace) -> None:
    """See that what is said of models is said of at least one."""
    from tenure.agents.spec import kind_of

    given = [flag for flag in _OPTIONS if _is_given(options, _field(flag))]
    kinds = {kind_of(name) for name in (*options.agents, options.voice or "")}
    of_sub_agent = {kind_of(options.sub_agent or "")}
    if _is_given(options, "timeout_s") and not (kinds | of_sub_agent) & {"model", *_WITH_TIMEOUT}:
        given.append("--timeout")
    if "model" in of_sub_agent:
        given = [flag for flag in given if _field(flag) not in _WINDOW]
    if given and "model" not in kinds:
        raise UsageError(
            f"{', '.join(given)} would mean nothing: {' and '.join(options.agents)} "
            f"asks no model. Leave it out, or name a model such as --agent openai/MODEL."
        )


def _field(flag: str) -> str:
    """Return the name under which an option's value is found."""
    return flag.removeprefix("--").replace("-", "_")


def _is_given(options: argparse.Namespace, name: str) -> bool:
    return getattr(options, name) is not None


def _spec(name: str, options: argparse.Namespace) -> AgentSpec:
    from tenure.agents.spec import kind_of

    kind = kind_of(name)
    chosen = _model_options(options) if kind == "model" else {}
    if kind in ("model", *_WITH_TIMEOUT) and _is_given(options, "timeout_s"):
        chosen["timeout_s"] = options.timeout_s
    return _made(name, chosen, options.providers)


def _made(name: str, chosen: Mapping[str, Any], providers: str | None) -> AgentSpec:
    from pydantic import ValidationError

    from tenure.agents import looked_up
    from tenure.agents.spec import AgentSpec

    try:
        return looked_up(AgentSpec(name=name, **chosen), providers)
    except ValidationError as error:
        problems = "; ".join(
            ": ".join([*(str(part).replace("_", "-") for part in problem["loc"]), problem["msg"]])
            for problem in error.errors()
        )
        raise UsageError(f"The agent {name!r} does not fit: {problems}.") from None


def _model_options(options: argparse.Namespace) -> dict[str, Any]:
    chosen = {name: getattr(options, name) for name in map(_field, _OPTIONS)}
    price = chosen.pop("price") or (None, None)
    chosen["input_usd_per_mtok"], chosen["output_usd_per_mtok"] = price
    return {name: value for name, value in chosen.items() if value is not None}
