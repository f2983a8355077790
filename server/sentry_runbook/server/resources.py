"""MCP resources: the blank templates as ``runbook://NAME``, an issue's facts as ``sentry://issues/{issue}``."""

from __future__ import annotations

from functools import partial

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError
from mcp.server.mcpserver.resources import FunctionResource

from sentry_runbook.errors import BadInput, NotFound, RunbookError
from sentry_runbook.render.templates import Template
from sentry_runbook.runtime import Runtime
from sentry_runbook.tools import get_issue


def add_resources(server: MCPServer[Runtime], run: Runtime) -> None:
    """Add the templates and the issue's resource template."""
    for template in run.templates:
        server.add_resource(
            FunctionResource(
                uri=f"runbook://{template.name}",
                name=template.name,
                title=template.title,
                description=template.description,
                mime_type="text/markdown",
                fn=partial(_blank, run, template),
            )
        )

    @server.resource(
        "sentry://issues/{issue}",
        name="issue",
        title="Sentry issue",
        description="The facts of one issue, by id or short id: what get_issue gives.",
        mime_type="text/markdown",
    )
    async def issue_facts(issue: str, ctx: Context[Runtime]) -> str:
        try:
            answer = await get_issue.TOOL.answer(issue=issue, ctx=ctx)
        except (NotFound, BadInput) as exc:
            raise ResourceNotFoundError(str(exc)) from exc
        except RunbookError as exc:
            raise ResourceError(str(exc)) from exc
        return "\n".join(getattr(part, "text", "") for part in answer.content)


def _blank(run: Runtime, template: Template) -> str:
    from sentry_runbook.incident.messages.blank_content import BlankContent  # noqa: PLC0415  # start-up (DESIGN §9)

    return template.fill(BlankContent(run.policy)).text
