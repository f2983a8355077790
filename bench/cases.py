"""The calls that are measured, and a client of the server they are sent to."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
from mcp import Client
from mcp.types import CallToolResult

from sentry_runbook.runtime import build_runtime
from sentry_runbook.server.app import build_server
from sentry_runbook.settings import Limits, Secret, Settings
from sentry_runbook.simulator.clock import ManualClock

ISSUE = "SHOP-1Z"
"""The issue of the shipped payment incident: it has sessions, releases, suspect commits and transaction latency."""


@dataclass(frozen=True)
class Case:
    """One call of one tool.

    Attributes:
        tool: its name.
        arguments: those besides the issue.
        undo: arguments of a call that makes a repetition possible; not measured.
    """

    tool: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    undo: Mapping[str, object] | None = None


CASES = (
    Case("triage_issue"),
    Case("get_issue"),
    Case("list_events", {"limit": 50}),
    Case("discover_impact"),
    Case("classify_severity"),
    Case("check_recovery"),
    Case("draft_update", {"kind": "initial", "audience": "engineers"}),
    Case("draft_postmortem"),
    Case("resolve_issue", {"action": "resolve"}, undo={"action": "reopen"}),
)


WITHOUT_ISSUE = ("assess_situation", "review_alerts")
ALL_CASES = (*CASES, Case("assess_situation"), Case("review_alerts", {"project": "tickets"}))
"""Those of :data:`CASES`, which are compared with the first edition, and those of tools that it did not have."""


class CallFailed(Exception):
    """A measured call returned an error; errors are fast and would look like a good result."""


@asynccontextmanager
async def connected(
    base_url: str, *, cache_s: float = 0, http_transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[Client]:
    """A client of the real server, over the SDK's in-memory connection.

    The server's clock shows the embedded Sentry's fixed instant, so that every run sees the same incident.

    Args:
        base_url: Sentry's URL.
        cache_s: how long responses may be reused, in seconds.
        http_transport: handles requests instead of the network.
    """
    settings = Settings(
        token=Secret("bench"),
        organization="acme",
        base_url=base_url,
        writes="direct",
        limits=Limits(cache_s=cache_s),
    )
    runtime = build_runtime(settings, http_transport=http_transport, clock=ManualClock())
    try:
        async with Client(build_server(runtime)) as client:
            yield client
    finally:
        await runtime.aclose()


async def ask(client: Client, tool: str, arguments: Mapping[str, object], issue: str = ISSUE) -> CallToolResult:
    """Call a tool.

    Raises:
        CallFailed: the result is an error.
    """
    named = {} if tool in WITHOUT_ISSUE else {"issue": issue}
    result = await client.call_tool(tool, {**named, **arguments})
    if result.is_error:
        raise CallFailed(f"{tool}: {text_of(result)}")
    return result


def text_of(result: CallToolResult) -> str:
    """The text channel of a result."""
    return "\n".join(getattr(part, "text", "") for part in result.content)


def compact(value: object) -> str:
    """JSON as it is sent."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
