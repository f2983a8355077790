"""The MCP Python SDK's client, in the era that is named first: ``auto`` or ``legacy``; says yes to questions."""

from __future__ import annotations

import sys
from typing import Any

import anyio
from mcp import Client, StdioServerParameters
from mcp.types import ElicitResult

from tests.hosts.programs.loop import converse, question_shown, server, shown


async def main(mode: str = "auto") -> None:
    """One conversation."""

    async def yes(context: Any, params: Any) -> ElicitResult:
        del context
        question_shown(params.message)
        return ElicitResult(action="accept", content=dict.fromkeys(params.requested_schema["properties"], True))

    parameters = StdioServerParameters(**server())
    async with Client(parameters, mode="legacy" if mode == "legacy" else "auto", elicitation_callback=yes) as client:
        tools = (await client.list_tools()).tools

        async def call(name: str, arguments: dict[str, Any]) -> str:
            return shown(await client.call_tool(name, arguments))

        await converse([(tool.name, tool.input_schema) for tool in tools], call)


if __name__ == "__main__":
    anyio.run(main, sys.argv[1])
