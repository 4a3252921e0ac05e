"""The local server: the page's files, and what the page asks for as JSON.

It is bound to this machine alone. A page of another origin cannot read from it (no CORS header is
ever sent, and a request whose `Host` is not this server's is refused, so a name that is rebound to
127.0.0.1 does not help), and cannot make it act (a request that acts must say that it comes from
this very origin).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tenure import __version__
from tenure.errors import TrajectoryError, UsageError
from tenure.view import comparing, forking, steps
from tenure.view.diagnosing import Diagnoses
from tenure.view.forking import Forks
from tenure.view.library import Library, Reading
from tenure.view.lineage import parent_of
from tenure.view.timeline import timeline

STATIC = Path(__file__).parent / "static"
PAGE_ROWS = 24
"""So many episodes of a list are read for one answer: each must be read whole once."""
MOST_BODY_BYTES = 64 * 1024
"""What a page may send at most."""
_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
}
_NAMES = ("127.0.0.1", "localhost")

Answer = Callable[[Request], Awaitable[Response]]


class Guard:
    """Refuses requests that come from elsewhere, and puts the safety headers on every answer.

    Args:
        app: What answers the others.
        port: The port that this server listens on.
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._hosts = {f"{name}:{port}" for name in _NAMES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                extra = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
                kept = [pair for pair in message["headers"] if pair[0].decode() not in _HEADERS]
                message = {**message, "headers": [*kept, *extra]}
            await send(message)

        problem = self._problem(Request(scope))
        app = _refusal(problem) if problem else self._app
        await app(scope, receive, guarded)

    def _problem(self, request: Request) -> str:
        """Tell why a request is refused; empty if it is not."""
        host = request.headers.get("host", "")
        if host not in self._hosts:
            return "This server answers to its own address only."
        acts = request.method not in ("GET", "HEAD")
        if acts and request.headers.get("origin") != f"http://{host}":
            return "Only the viewer's own page may ask for this."
        return ""


def _refusal(problem: str) -> Response:
    return _json({"error": problem}, 403)


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")


class _Api:
    """What the page asks for, each from a request's query."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._library = Library(place)
        self._diagnoses = Diagnoses(self._library)
        self.forks = Forks(self._library)

    def routes(self) -> list[Route]:
        gets = {
            "episodes": self._episodes,
            "episode": self._episode,
            "episode/stamp": self._stamp,
            "episode/steps": self._steps,
            "episode/step": self._step,
            "episode/request": self._request,
            "episode/brief": self._brief,
            "episode/search": self._search,
            "compare": self._compare,
            "fork/offer": self._offer,
            "fork/state": self._fork_state,
        }
        return [
            *(Route(f"/api/{name}", _answer(work)) for name, work in gets.items()),
            Route("/api/episode/diagnosis", _answer(self._diagnosis), methods=["GET", "POST"]),
            Route("/api/fork", _take(self._fork), methods=["POST"]),
            Route("/api/fork/stop", _answer(self._stop_fork), methods=["POST"]),
        ]

    def _reading(self, request: Request, which: str = "path") -> Reading:
        return self._library.reading(_text(request, which))

    def _episodes(self, request: Request) -> Any:
        start = _number(request, "from", 0)
        names = self._library.names()
        return {
            "title": self._library.title,
            "place": str(self._place),
            "tenure": __version__,
            "total": len(names),
            "rows": [self._library.row(name) for name in names[start : start + PAGE_ROWS]],
        }

    def _episode(self, request: Request) -> Any:
        reading = self._reading(request)
        parent = parent_of(self._library, reading)
        return {**self._stamp(request), **timeline(reading), "parent": parent}

    def _stamp(self, request: Request) -> Any:
        return {"stamp": "-".join(map(str, self._library.stamp(_text(request, "path"))))}

    def _steps(self, request: Request) -> Any:
        start, count = _number(request, "from", 0), _number(request, "count", 200)
        return {"rows": steps.rows(self._reading(request), start, count)}

    def _step(self, request: Request) -> Any:
        return steps.whole(self._reading(request), _number(request, "n", 0))

    def _request(self, request: Request) -> Any:
        return steps.requests(self._reading(request), _number(request, "n", 0))

    def _brief(self, request: Request) -> Any:
        return steps.briefing(self._reading(request))

    def _search(self, request: Request) -> Any:
        wanted = _text(request, "q")
        return {"steps": steps.search(self._reading(request), wanted) if wanted else []}

    def _compare(self, request: Request) -> Any:
        return comparing.divergence(self._reading(request, "a"), self._reading(request, "b"))

    def _diagnosis(self, request: Request) -> Any:
        name = _text(request, "path")
        return (self._diagnoses.start if request.method == "POST" else self._diagnoses.state)(name)

    def _offer(self, request: Request) -> Any:
        under_way = self.forks.under_way
        return {
            **forking.offer(self._reading(request), _number(request, "n", 0)),
            "under_way": self.forks.state(under_way) if under_way else None,
        }

    def _fork(self, body: bytes) -> Any:
        return self.forks.start(forking.wish_of(body))

    def _fork_state(self, request: Request) -> Any:
        return self.forks.state(_number(request, "id", 0))

    def _stop_fork(self, request: Request) -> Any:
        return self.forks.stop(_number(request, "id", 0))


def make_app(place: Path, port: int) -> Starlette:
    """Return the server's application.

    Args:
        place: A run, the run of a suite, a folder of runs, or an episode's file.
        port: The port that it will be reached on.

    Raises:
        UsageError: If there is no such place.
    """
    api = _Api(place)

    @asynccontextmanager
    async def living(_: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(api.forks.close)

    return Starlette(
        routes=[*api.routes(), Mount("/", StaticFiles(directory=STATIC, html=True))],
        middleware=[Middleware(Guard, port=port)],
        lifespan=living,
    )


def _answer(work: Callable[[Request], Any]) -> Answer:
    """Return what answers a request's query."""

    async def answer(request: Request) -> Response:
        return await _told(partial(work, request))

    return answer


def _take(work: Callable[[bytes], Any]) -> Answer:
    """Return what answers a request's body, if that is not too long."""

    async def answer(request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BODY_BYTES:
                return _json({"error": f"At most {MOST_BODY_BYTES:,} bytes are read."}, 413)
        return await _told(partial(work, body))

    return answer


async def _told(work: Callable[[], Any]) -> Response:
    """Answer with JSON, and with a sentence where the work says what is wrong."""
    try:
        return _json(await run_in_threadpool(work))
    except UsageError as error:
        return _json({"error": str(error)}, 404)
    except (TrajectoryError, OSError) as error:
        return _json({"error": str(error)}, 422)


def _text(request: Request, which: str) -> str:
    return request.query_params.get(which, "")


def _number(request: Request, name: str, default: int) -> int:
    """Return a whole number of a request.

    Raises:
        UsageError: If it is none.
    """
    text = request.query_params.get(name, str(default))
    if not text.isascii() or not text.isdecimal() or len(text) > 12:
        raise UsageError(f"{name} is {text[:40]!r} and should be a whole number, 0 or more.")
    return int(text)
