"""What a server answers whose settings are wrong: it starts, lists everything, and every call says what to correct."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mcp import MCPError
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp.types import INVALID_PARAMS, CallToolResult, GetPromptResult, InputRequiredResult

from sentry_runbook.runtime import Runtime

if TYPE_CHECKING:
    from mcp.server.lowlevel.helper_types import ReadResourceContents
    from pydantic import AnyUrl


class ProblemAnsweringServer(MCPServer[Runtime]):
    """The SDK's server, which answers every tool, prompt and resource with its problem while it has one.

    Attributes:
        problem: what is wrong with the settings, and the fix; empty when nothing is.
    """

    def __init__(self, *args: Any, problem: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.problem = problem

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Runtime, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """A tool's answer."""
        if self.problem:
            raise ToolError(self.problem)
        return await super().call_tool(name, arguments, context)

    async def read_resource(
        self, uri: AnyUrl | str, context: Context[Runtime, Any] | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        """A resource's content."""
        if self.problem:
            raise ResourceError(self.problem)
        return await super().read_resource(uri, context)

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: Context[Runtime, Any] | None = None
    ) -> GetPromptResult | InputRequiredResult:
        """A prompt, filled."""
        if self.problem:
            raise MCPError(code=INVALID_PARAMS, message=self.problem)
        return await super().get_prompt(name, arguments, context)
