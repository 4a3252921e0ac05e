"""An agent of the OpenAI Agents SDK works in Tenure through MCP.

    pip install 'tenure[mcp,examples]'
    python openai_agents_mcp.py --model gpt-5-mini
    python openai_agents_mcp.py --model NAME --base-url http://localhost:8080/v1 --structured

The model calls tools natively; with --structured it writes each call as JSON that a schema
constrains, for servers whose models know no tools. Run it again to go on where it stopped.
"""

import argparse
import asyncio
import os
import sys
from typing import Any

from agents import (
    Agent,
    AgentOutputSchema,
    MaxTurnsExceeded,
    ModelBehaviorError,
    ModelSettings,
    OpenAIChatCompletionsModel,
    Runner,
    set_tracing_disabled,
)
from agents.mcp import MCPServerStdio
from openai import AsyncOpenAI
from pydantic import BaseModel

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
parser.add_argument("--base-url")
parser.add_argument("--structured", action="store_true")
parser.add_argument("--turns", type=int, default=50)
options, serve_options = parser.parse_known_args()  # such as --out DIR, for tenure serve-mcp


class Call(BaseModel):
    name: str
    arguments: dict[str, Any] = {}


async def play_natively(agent: Agent, tenure: MCPServerStdio) -> None:
    agent.mcp_servers.append(tenure)
    try:
        await Runner.run(agent, "Begin with start_work, then work.", max_turns=options.turns)
    except MaxTurnsExceeded:
        pass


async def play_structured(agent: Agent, tenure: MCPServerStdio) -> None:
    agent.output_type = AgentOutputSchema(Call, strict_json_schema=False)
    tools = [f"- {tool.name}: {tool.input_schema}" for tool in await tenure.list_tools()]
    seen = (await tenure.call_tool("start_work", {})).content[0].text
    for _ in range(options.turns):
        try:
            told = "\n".join([seen, "Answer with one call of a tool:", *tools])
            call = (await Runner.run(agent, told)).final_output
        except ModelBehaviorError:  # it wrote something else: a faulty step, not a failure
            call = Call(name="unreadable")
        seen = (await tenure.call_tool(call.name, call.arguments)).content[0].text


async def main() -> None:
    set_tracing_disabled(disabled=True)
    client = AsyncOpenAI(
        base_url=options.base_url, api_key=os.environ.get("OPENAI_API_KEY", "none")
    )
    command = ["-m", "tenure.cli", "serve-mcp", "vending/week", "--as", "openai-agents"]
    async with MCPServerStdio(
        {
            "command": sys.executable,
            "args": [*command, *serve_options],
            "env": dict(os.environ),
        },
        client_session_timeout_seconds=600,
    ) as tenure:
        agent = Agent(
            name="worker",
            instructions="You work through tools, and go on until the episode is over.",
            model=OpenAIChatCompletionsModel(options.model, client),
            model_settings=ModelSettings(max_tokens=128 if options.structured else None),
        )
        await (play_structured if options.structured else play_natively)(agent, tenure)


asyncio.run(main())
