"""An agent of Google's Agent Development Kit, in front of Gemini's API."""

from __future__ import annotations

import asyncio
import os

from google.adk.agents import LlmAgent
from google.adk.runners import InMemoryRunner
from google.adk.tools.mcp_tool import McpToolset, StdioConnectionParams
from google.genai import types
from mcp import StdioServerParameters

from tests.hosts.programs.loop import PROMPT, server


async def main() -> None:
    """One conversation."""
    os.environ["GOOGLE_GEMINI_BASE_URL"], os.environ["GOOGLE_API_KEY"] = os.environ["HOSTS_MODEL"], "stub"
    parameters = StdioConnectionParams(server_params=StdioServerParameters(**server()), timeout=60)
    tools = McpToolset(connection_params=parameters)
    agent = LlmAgent(name="on_call", model="gemini-2.5-pro", tools=[tools])
    runner = InMemoryRunner(agent=agent, app_name="hosts")
    session = await runner.session_service.create_session(app_name="hosts", user_id="person")
    message = types.Content(role="user", parts=[types.Part(text=PROMPT)])
    async for _ in runner.run_async(user_id="person", session_id=session.id, new_message=message):
        pass
    await tools.close()


if __name__ == "__main__":
    asyncio.run(main())
