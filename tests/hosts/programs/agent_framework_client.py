"""An agent of Microsoft's Agent Framework, in front of the Responses API."""

from __future__ import annotations

import asyncio

from agent_framework import Agent, MCPStdioTool
from agent_framework.openai import OpenAIChatClient

from tests.hosts.programs.loop import PROMPT, model_url, server


async def main() -> None:
    """One conversation."""
    # Without this its model reads of every error "Function failed", whatever the server said.
    errors = {"include_detailed_errors": True}
    model = OpenAIChatClient(
        model="stub", api_key="stub", base_url=model_url(), function_invocation_configuration=errors
    )
    async with (
        MCPStdioTool(name="sentry-runbook", **server()) as tools,
        Agent(client=model, tools=tools, default_options={"store": False}) as agent,
    ):
        await agent.run(PROMPT)


if __name__ == "__main__":
    asyncio.run(main())
