"""An agent of pydantic-ai works in Tenure through MCP.

    pip install 'tenure[mcp,examples]'
    python pydantic_ai_mcp.py --model gpt-5-mini
    python pydantic_ai_mcp.py --model NAME --base-url http://localhost:8080/v1 --structured

The model calls tools natively; with --structured it writes each call as JSON that a schema
constrains, for servers whose models know no tools. Run it again to go on where it stopped.
"""

import argparse
import asyncio
import os
import sys
from typing import Any

from fastmcp.client.transports import StdioTransport
from pydantic import BaseModel
from pydantic_ai import (
    Agent,
    NativeOutput,
    UnexpectedModelBehavior,
    UsageLimitExceeded,
    UsageLimits,
)
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
parser.add_argument("--base-url")
parser.add_argument("--structured", action="store_true")
parser.add_argument("--turns", type=int, default=50)
options, serve_options = parser.parse_known_args()  # such as --out DIR, for tenure serve-mcp


class Call(BaseModel):
    name: str
    arguments: dict[str, Any] = {}


def worker(**more: Any) -> Agent:
    key = os.environ.get("OPENAI_API_KEY", "none")
    provider = OpenAIProvider(base_url=options.base_url, api_key=key)
    return Agent(
        OpenAIChatModel(options.model, provider=provider),
        instructions="You work through tools, and go on until the episode is over.",
        **more,
    )


async def play_natively(tenure: MCPToolset) -> None:
    agent = worker(toolsets=[tenure])
    try:
        limits = UsageLimits(request_limit=options.turns)
        await agent.run("Begin with start_work, then work.", usage_limits=limits)
    except UsageLimitExceeded:
        pass


async def play_structured(tenure: MCPToolset) -> None:
    output = NativeOutput(Call, strict=False)
    agent = worker(output_type=output, retries=0, model_settings={"max_tokens": 128})
    tools = [f"- {tool.name}: {tool.input_schema}" for tool in await tenure.list_tools()]
    seen = await tenure.direct_call_tool("start_work", {})
    for _ in range(options.turns):
        try:
            told = "\n".join([seen, "Answer with one call of a tool:", *tools])
            call = (await agent.run(told)).output
        except UnexpectedModelBehavior:  # it wrote something else: a faulty step, not a failure
            call = Call(name="unreadable")
        seen = await tenure.direct_call_tool(call.name, call.arguments)


async def main() -> None:
    command = ["-m", "tenure.cli", "serve-mcp", "vending/week", "--as", "pydantic-ai"]
    server = StdioTransport(sys.executable, [*command, *serve_options], env=dict(os.environ))
    async with MCPToolset(server) as tenure:
        await (play_structured if options.structured else play_natively)(tenure)


asyncio.run(main())
