"""An agent of mcp-use, in front of the Chat Completions API."""

from __future__ import annotations

import asyncio

from langchain_openai import ChatOpenAI
from mcp_use import MCPAgent, MCPClient

from tests.hosts.programs.loop import PROMPT, model_url, server


async def main() -> None:
    """One conversation."""
    model = ChatOpenAI(model="stub", base_url=model_url(), api_key="stub")
    client = MCPClient.from_dict({"mcpServers": {"sentry-runbook": server()}})
    try:
        await MCPAgent(llm=model, client=client, max_steps=30).run(PROMPT)
    finally:
        await client.close_all_sessions()


if __name__ == "__main__":
    asyncio.run(main())
