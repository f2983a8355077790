"""An agent of LangGraph with LangChain's MCP adapters, in front of the Chat Completions API."""

from __future__ import annotations

import asyncio

from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools
from langchain_openai import ChatOpenAI
from langgraph.prebuilt import create_react_agent

from tests.hosts.programs.loop import PROMPT, model_url, server


async def main() -> None:
    """One conversation."""
    model = ChatOpenAI(model="stub", base_url=model_url(), api_key="stub")
    client = MultiServerMCPClient({"sentry-runbook": {**server(), "transport": "stdio"}})
    async with client.session("sentry-runbook") as session:
        agent = create_react_agent(model, await load_mcp_tools(session))
        await agent.ainvoke({"messages": PROMPT})


if __name__ == "__main__":
    asyncio.run(main())
