"""Runs of the lemonade stand to look at, among them one that wishes the page ill."""

import asyncio
import socket
from contextlib import contextmanager
from threading import Thread

import httpx
import uvicorn

from tenure.agents import AgentSpec
from tenure.cli.progress import Watch
from tenure.runner.plan import draw_up
from tenure.runner.run import run
from tenure.view.server import make_app
from tests.runner import stand
from tests.runner.endpoint import ANSWER, endpoint
from tests.scoring import episodes, reported

HOSTILE = (
    '<script>document.title = "taken"</script><img src="http://127.0.0.1:1/x" onerror="alert(1)">'
    "\x1b[2J\x1b]0;taken\x07 \u202egnorw\u2066\u200b javascript:alert(2) " + "x" * 50_000
)
EXCHANGE = {
    "message": {"role": "assistant", "content": HOSTILE},
    "model": "<b>bold</b>",
    "usage": {"input_tokens": 900, "output_tokens": 40},
    "cost_usd": 0.25,
    "latency_ms": 1200,
    "finish": "stop",
}


def runs(folder):
    """Two agents on two seeds, one that ended at its limit, and a hostile one, unfinished."""
    reported.run(folder / "week", seeds=(1, 2))
    limited = folder / "limited" / "episodes" / "slow" / "seed-1.jsonl.zst"
    limited.parent.mkdir(parents=True)
    episodes.play(limited, [episodes.BREW] * 3, agent={"name": "slow"}, reason="steps")
    hostile = folder / "hostile" / "episodes" / "evil" / "seed-1.jsonl.zst"
    hostile.parent.mkdir(parents=True)
    episodes.play(
        hostile,
        [HOSTILE, episodes.BREW, episodes.SLEEP, episodes.BREW],
        agent={"name": "<i>evil</i>\u202e"},
        exchanges=[EXCHANGE] * 4,
        finish=False,
    )
    return folder


def conversation(folder):
    """Have a model play that wishes the page ill; return its episode's file and what was sent."""
    with endpoint() as server:
        server.says = lambda _: {**ANSWER, "content": HOSTILE}
        model = AgentSpec(name="openai/m", base_url=server.url, key_variable="")
        plan = draw_up(stand.scenario(days=9), [model], [1])
        assert asyncio.run(run(folder, plan, Watch(0))) == []
        (path,) = folder.rglob("seed-1*.zst")
        return path, list(server.bodies)


def asking(app, port):
    """Ask a server in this process; method, headers and body may be given, the rest is a query."""
    address = f"http://127.0.0.1:{port}"

    def send(where, method="GET", headers=None, content=None, **query):
        async def sent():
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url=address) as client:
                return await client.request(
                    method, where, params=query, headers=headers, content=content
                )

        return asyncio.run(sent())

    return send


@contextmanager
def served(place):
    """Serve a place as the command does; gives the address."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        config = uvicorn.Config(make_app(place, port), log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        listening.listen()
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.should_exit = True
            thread.join()
