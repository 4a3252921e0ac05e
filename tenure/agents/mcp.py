"""Episodes for clients of the Model Context Protocol, through the official SDK (extra `mcp`).

A world's tools are the server's tools. One more, `start_work`, which is no step, tells the job to
clients that show their model nothing else; the same text is a prompt and a resource, and the brief
is in the server's instructions. What a client calls goes to a `Relay`, as the client wrote it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import mcp_types as types
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError

from tenure.agents.actions import plain, written
from tenure.agents.relay import Heard, Reception, Relay
from tenure.envs.tools import Toolbox
from tenure.errors import ProviderError

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator

    import uvicorn
    from starlette.types import ASGIApp, Receive, Scope, Send

START = "start_work"
BRIEF_URI = "tenure://brief"
PATH = "/mcp"
LINGER_S = 10
"""How long, at most, the server stays for clients that are still connected when all is played."""

_SESSION = "mcp-session-id"
_UNREADABLE = "\0"
"""Stands as the name of a call that the SDK could not read; its text is the argument `action`."""
_MOST_NAME_CHARS = 100
_Context = ServerRequestContext[Any, Any]


class Desk:
    """Knows which session plays which episode.

    Args:
        reception: Where the episodes wait.
        episodes: How many are to be played.
        shared: Whether all sessions play the same episode; else each takes the next.
    """

    def __init__(self, reception: Reception, episodes: int, *, shared: bool) -> None:
        self.shared = shared
        self._reception = reception
        self._waiting = episodes
        self._left: list[Relay] = []
        self._taken: dict[str, asyncio.Task[Relay]] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def turn(self, session: str) -> asyncio.Lock:
        """Return what lets a session's calls in one by one, in the order in which they came."""
        return self._turns["" if self.shared else session]

    async def relay(self, session: str) -> Relay:
        """Return the episode of a session, as soon as it has begun.

        Raises:
            ProviderError: If there is none for it.
        """
        name = "" if self.shared else session
        if name not in self._taken:
            self._taken[name] = self._take(name)
        return await asyncio.shield(self._taken[name])

    def leave(self, session: str) -> None:
        """Let another session go on with the episode of one that has ended."""
        taken = None if self.shared else self._taken.pop(session, None)
        if taken and taken.done() and not taken.result().over:
            self._left.append(taken.result())

    def _take(self, name: str) -> asyncio.Task[Relay]:
        if not self.shared and not name:
            raise ProviderError(
                "Several episodes are served, one a session; this client opens no session."
            )
        if self._left:
            return asyncio.create_task(_now(self._left.pop(0)))
        if not self._waiting:
            raise ProviderError("All episodes of this server are over or played by others.")
        self._waiting -= 1
        return asyncio.create_task(self._reception.next())


async def _now(relay: Relay) -> Relay:
    return relay


class Face:
    """The handlers of an MCP server: they translate between its messages and a relay.

    Args:
        desk: Where sessions find their episodes.
        brief: The job's instructions.
        toolbox: The tools on offer.
    """

    def __init__(self, desk: Desk, brief: str, toolbox: Toolbox) -> None:
        self._desk = desk
        self._brief = brief
        self._toolbox = toolbox

    def server(self, name: str, version: str) -> Server[Any]:
        """Return the server."""
        server: Server[Any] = Server(
            name,
            version=version,
            instructions=f"{self._brief}\n\nBegin with {START}: it tells what you see.",
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_prompts=self._list_prompts,
            on_get_prompt=self._get_prompt,
            on_list_resources=self._list_resources,
            on_read_resource=self._read_resource,
        )
        server.middleware.append(self._let_all_through)
        return server

    async def _let_all_through(self, ctx: _Context, call_next: CallNext) -> HandlerResult:
        """Carry calls that are no calls past the SDK's checks: the world has something to say."""
        context = ctx
        if context.method == "server/discover" and not self._desk.shared:
            raise MCPError(types.METHOD_NOT_FOUND, "Several episodes are served, one a session.")
        said = context.params or {}
        if context.method == "tools/call" and not _is_call(said):
            call = {key: said[key] for key in ("name", "arguments") if key in said}
            kept = {key: said[key] for key in said if key not in call}
            odd = {"name": _UNREADABLE, "arguments": {"action": written(call)}}
            context = replace(context, params={**kept, **odd})
        return await call_next(context)

    async def _list_tools(self, _: _Context, __: Any) -> types.ListToolsResult:
        start = types.Tool(
            name=START,
            description="Read what your job is and what you see. It is no step and takes no time.",
            input_schema={"type": "object", "properties": {}},
        )
        offered = [
            types.Tool(name=tool.name, description=tool.description, input_schema=tool.schema)
            for tool in self._toolbox.tools.values()
        ]
        return types.ListToolsResult(tools=[start, *offered])

    async def _call_tool(
        self, context: _Context, call: types.CallToolRequestParams
    ) -> types.CallToolResult:
        async with self._desk.turn(_session(context)):
            try:
                return _said(await self._answer(context, call))
            except ProviderError as error:
                return _said(f"The episode cannot go on now: {error}", is_error=True)

    async def _answer(self, context: _Context, call: types.CallToolRequestParams) -> str:
        if call.name == START and START not in self._toolbox.tools:
            return await self._job(context)
        relay = await self._desk.relay(_session(context))
        before = await relay.hear()
        if before.ended:
            return _over(before)
        return _told(await relay.do(_action(call), _exchange(context)))

    async def _list_prompts(self, _: _Context, __: Any) -> types.ListPromptsResult:
        prompt = types.Prompt(name=START, description="What your job is and what you see.")
        return types.ListPromptsResult(prompts=[prompt])

    async def _get_prompt(self, context: _Context, _: Any) -> types.GetPromptResult:
        content = types.TextContent(text=await self._job(context))
        return types.GetPromptResult(messages=[types.PromptMessage(role="user", content=content)])

    async def _list_resources(self, _: _Context, __: Any) -> types.ListResourcesResult:
        resource = types.Resource(name="brief", uri=BRIEF_URI, mime_type="text/plain")
        return types.ListResourcesResult(resources=[resource])

    async def _read_resource(
        self, context: _Context, wanted: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        if wanted.uri != BRIEF_URI:
            raise MCPError(types.INVALID_PARAMS, f"There is no {wanted.uri}, only {BRIEF_URI}.")
        text = await self._job(context)
        content = types.TextResourceContents(uri=BRIEF_URI, mime_type="text/plain", text=text)
        return types.ReadResourceResult(contents=[content])

    async def _job(self, context: _Context) -> str:
        """Return the brief, and what is to be read now."""
        heard = await (await self._desk.relay(_session(context))).hear()
        behind = f"\n\nYou go on after {heard.steps} calls; the last one led to:" * (
            heard.steps > 0
        )
        return f"{self._brief}{behind}\n\n{_told(heard)}"


async def serve_stdio(server: Server[Any]) -> None:
    """Serve one client over standard input and output, until it leaves."""
    from mcp.server.stdio import stdio_server

    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


@asynccontextmanager
async def serving_http(
    server: Server[Any], desk: Desk, listener: socket.socket
) -> AsyncIterator[None]:
    """Serve clients over streamable HTTP; at the end, stay a little for those still there.

    Args:
        server: The server.
        desk: Is told of sessions that leave.
        listener: The socket; closed at the end.
    """
    import uvicorn

    host = listener.getsockname()[0]
    app = server.streamable_http_app(
        streamable_http_path=PATH, session_idle_timeout=None, host=host
    )
    config = uvicorn.Config(
        _hearing_goodbyes(app, desk),
        log_config=None,
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=1,
    )
    web = uvicorn.Server(config)
    web.capture_signals = nullcontext  # type: ignore[assignment,method-assign]  # Ctrl-C is for the run
    running = asyncio.create_task(web.serve(sockets=[listener]))
    try:
        yield
        await _wait_for_goodbyes(web)
    finally:
        web.should_exit = True
        await running


async def _wait_for_goodbyes(web: uvicorn.Server) -> None:
    """Wait until nobody is connected any more, or it has been long enough."""
    for _ in range(LINGER_S * 20):
        if not web.server_state.connections:
            return
        await asyncio.sleep(0.05)


def _hearing_goodbyes(app: ASGIApp, desk: Desk) -> ASGIApp:
    """Return an app that tells a desk of each session that a client ends."""

    async def heard(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)
        if scope["type"] == "http" and scope["method"] == "DELETE":
            desk.leave(dict(scope["headers"]).get(_SESSION.encode(), b"").decode("latin-1"))

    return heard


def _session(context: _Context) -> str:
    """Return the name of a client's session; empty if it has none."""
    if context.request is None:
        return ""
    return str(context.request.headers.get(_SESSION, ""))


def _is_call(said: Mapping[str, Any]) -> bool:
    arguments = said.get("arguments")
    return isinstance(said.get("name"), str) and (arguments is None or isinstance(arguments, dict))


def _action(call: types.CallToolRequestParams) -> str:
    """Return a call as text, with all that the client put into it."""
    arguments = call.arguments or {}
    if call.name == _UNREADABLE:
        return str(arguments.get("action"))
    return written({"name": call.name, "arguments": arguments})


def _exchange(context: _Context) -> dict[str, Any]:
    """Return what is recorded beside an action: who called; what it cost, only the client knows."""
    told = context.session.client_params
    client = told and {
        "name": told.client_info.name[:_MOST_NAME_CHARS],
        "version": told.client_info.version[:_MOST_NAME_CHARS],
    }
    return {"client": plain(client), "usage": None, "cost_usd": None}


def _told(heard: Heard) -> str:
    return f"{heard.observation}\n{_over(heard)}" if heard.ended else heard.observation


def _over(heard: Heard) -> str:
    return f"The episode is over ({heard.ended}); nothing more can be done. Thank you."


def _said(text: str, *, is_error: bool = False) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(text=text)], is_error=is_error)
