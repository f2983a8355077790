"""An agent of Pydantic AI, in front of the Chat Completions API."""

from __future__ import annotations

import asyncio

from fastmcp.client.transports import StdioTransport
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from tests.hosts.programs.loop import PROMPT, model_url, server


async def main() -> None:
    """One conversation."""
    model = OpenAIChatModel("stub", provider=OpenAIProvider(base_url=model_url(), api_key="stub"))
    agent = Agent(model, toolsets=[MCPToolset(StdioTransport(**server()))])
    async with agent:
        await agent.run(PROMPT)


if __name__ == "__main__":
    asyncio.run(main())
