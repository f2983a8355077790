"""An agent of Strands, in front of the Chat Completions API."""

from __future__ import annotations

from mcp import StdioServerParameters, stdio_client
from strands import Agent
from strands.models.openai import OpenAIModel
from strands.tools.mcp import MCPClient

from tests.hosts.programs.loop import PROMPT, model_url, server


def main() -> None:
    """One conversation."""
    model = OpenAIModel(client_args={"base_url": model_url(), "api_key": "stub"}, model_id="stub")
    with MCPClient(lambda: stdio_client(StdioServerParameters(**server()))) as client:
        Agent(model=model, tools=client.list_tools_sync(), callback_handler=None)(PROMPT)


if __name__ == "__main__":
    main()
