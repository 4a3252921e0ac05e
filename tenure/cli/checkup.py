"""`tenure doctor`: what works on this machine, and how to fix the rest."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from enum import StrEnum

from tenure import __version__
from tenure.cli.exits import Exit
from tenure.cli.parsing import Parser
from tenure.cli.terminal import say

_OLDEST_PYTHON = (3, 11)
PACKAGES = (
    *("gymnasium", "httpx", "jinja2", "matplotlib", "numpy", "orjson", "pettingzoo", "pydantic"),
    *("pyyaml", "rich", "typing-extensions", "zstandard"),
)
"""What the base install needs."""

_EXTRAS = {
    "mcp": ("mcp", "serve-mcp"),
    "textual": ("play", "play"),
    "uvicorn": ("view", "view"),
    "inspect-ai": ("inspect", "export --to inspect"),
    "pyarrow": ("parquet", "export --to parquet"),
    "ray": ("ray", "run --on"),
    "fsspec": ("store", "run --out URL"),
}
"""Packages of extras that commands need: the extra, and the command."""
_MODEL = "smollm2-135m"


class Mark(StrEnum):
    """How a thing that was looked at was found."""

    WORKS = "ok"
    MISSING = "--"
    """Tenure is of use without it."""
    BROKEN = "NO"
    """Tenure is of no use before it is mended."""


Finding = tuple[Mark, str]
"""A mark, and what was found; if it does not work, how to fix it."""


def _define_doctor(_: Parser) -> Callable[[argparse.Namespace], int]:
    return _doctor


COMMANDS = {"doctor": _define_doctor}


def _doctor(_: argparse.Namespace) -> int:
    for look in (_python, _packages, _worlds, _plugins, _extras, _local_model, _providers):
        for mark, text in look():
            say(f"{mark}  {text}")
            if mark is Mark.BROKEN:
                return Exit.INVALID
    say(f"Tenure {__version__} works here.")
    return Exit.DONE


def _python() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= _OLDEST_PYTHON:
        yield Mark.WORKS, f"Python {version}"
    else:
        yield Mark.BROKEN, f"Python {version}: Tenure needs 3.11 or newer"


def _packages() -> Iterator[Finding]:
    from importlib.metadata import distribution

    missing = []
    for package in PACKAGES:
        try:
            distribution(package)
        except ModuleNotFoundError:
            missing.append(package)
    if missing:
        yield Mark.BROKEN, f"packages are missing: pip install {' '.join(missing)}"
    else:
        yield Mark.WORKS, "the base install's packages"


def _worlds() -> Iterator[Finding]:
    """Build a world of each built-in scenario."""
    try:
        from tenure.scenarios import load, names

        known = names()
        for name in known:
            load(name).make_world(1)
    except Exception as error:  # noqa: BLE001  whatever is broken here is the finding
        yield Mark.BROKEN, f"the scenarios do not load: {error!r}; install Tenure again"
    else:
        yield Mark.WORKS, f"scenarios: {', '.join(known)}"


def _plugins() -> Iterator[Finding]:
    """Look at the jobs that other packages bring; none of them can break Tenure's own."""
    from tenure.envs import jobs
    from tenure.errors import UsageError
    from tenure.scenarios import installed_names, load

    for name in sorted({plugin.name for plugin in jobs.plugins()}):
        if text := jobs.clash(name):
            yield Mark.MISSING, text
            continue
        known = [each for each in installed_names() if each.startswith(f"{name}/")]
        try:
            jobs.load(name)
            for each in known:
                load(each)
        except UsageError as error:
            yield Mark.MISSING, str(error)
            continue
        packages = {plugin.package for plugin in jobs.plugins() if plugin.name == name}
        scenarios = ", ".join(known) or "no scenario"
        yield Mark.WORKS, f"job {name} of the package {' and '.join(sorted(packages))}: {scenarios}"


def _extras() -> Iterator[Finding]:
    """Look for the packages that single commands need."""
    from importlib.metadata import PackageNotFoundError, version

    for package, (extra, command) in _EXTRAS.items():
        try:
            yield Mark.WORKS, f"{package} {version(package)}, for {command}"
        except PackageNotFoundError:
            fix = f"pip install 'tenure[{extra}]'"
            yield Mark.MISSING, f"`tenure {command}` needs the extra `{extra}`: {fix}"


def _local_model() -> Iterator[Finding]:
    import asyncio

    from tenure.errors import TenureError

    name = f"local/{_MODEL}"
    try:
        tokens = asyncio.run(_greet())
    except TenureError as error:
        yield Mark.MISSING, f"{name}: {error}"
    else:
        yield Mark.WORKS, f"{name} starts and answers ({tokens} tokens)"


async def _greet() -> int:
    """Start the embedded model, say a word to it, and return the length of its answer."""
    from tenure.agents import AgentSpec
    from tenure.agents.local import serve
    from tenure.envs.tools import Toolbox

    spec = AgentSpec(name=f"local/{_MODEL}", max_output_tokens=16)
    async with serve(_MODEL) as server:
        provider = server.provider(spec, agent_seed=0)
        try:
            protocol = provider.speak("text", Toolbox({}))
            greeting = [protocol.system("Be polite."), protocol.user("Hello!")]
            reply = await provider.complete(greeting, protocol.fields)
        finally:
            await provider.close()
    return reply.usage["output_tokens"] if reply.usage else 0


def _providers() -> Iterator[Finding]:
    """Tell whose keys are set, never a key, and whether addresses from the environment fit."""
    from tenure.agents.providers.catalogue import load, url_in
    from tenure.errors import UsageError

    try:
        services = load(os.environ)
    except UsageError as error:
        yield Mark.MISSING, str(error)
        return
    unset = []
    for name, service in services.items():
        if os.environ.get(service.key_variable, "").strip() if service.key_variable else False:
            yield Mark.WORKS, f"{service.key_variable} is set, for {name}/<model>"
        elif service.needs_key:
            unset.append(service.key_variable)
        try:
            if url := url_in(os.environ, name, service):
                yield Mark.WORKS, f"{name}/<model> is at {url}"
        except UsageError as error:
            yield Mark.MISSING, str(error)
    if unset:
        fix = "`export` that of your provider, or name an endpoint of your own with --base-url"
        yield Mark.MISSING, f"not set: {', '.join(unset)}; {fix}"
