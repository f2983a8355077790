"""An agent of OpenAI's Agents SDK, in front of the Responses API; ``strict`` makes every argument required."""

from __future__ import annotations

import asyncio
import os
import sys

from agents import Agent, Runner, set_tracing_disabled
from agents.mcp import MCPServerStdio

from tests.hosts.programs.loop import PROMPT, model_url, server


async def main(*words: str) -> None:
    """One conversation."""
    os.environ["OPENAI_BASE_URL"], os.environ["OPENAI_API_KEY"] = model_url(), "stub"
    set_tracing_disabled(True)
    async with MCPServerStdio(params=server(), client_session_timeout_seconds=60) as connected:
        configuration = {"convert_schemas_to_strict": "strict" in words}
        agent = Agent(name="on call", model="stub", mcp_servers=[connected], mcp_config=configuration)
        await Runner.run(agent, PROMPT)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
