"""FastMCP's client; says yes to questions."""

from __future__ import annotations

import asyncio
from typing import Any

from fastmcp import Client
from fastmcp.client.transports import StdioTransport

from tests.hosts.programs.loop import converse, question_shown, server, shown


async def main() -> None:
    """One conversation."""

    async def yes(message: str, response_type: Any, params: Any, context: Any) -> Any:
        del params, context
        question_shown(message)
        return response_type(**dict.fromkeys(response_type.__annotations__, True))

    async with Client(StdioTransport(**server()), elicitation_handler=yes) as client:
        tools = await client.list_tools()

        async def call(name: str, arguments: dict[str, Any]) -> str:
            return shown(await client.call_tool(name, arguments, raise_on_error=False))

        await converse([(tool.name, _schema(tool)) for tool in tools], call)


def _schema(tool: Any) -> dict[str, Any]:
    schema: dict[str, Any] = getattr(tool, "input_schema", None) or tool.inputSchema
    return schema


if __name__ == "__main__":
    asyncio.run(main())
