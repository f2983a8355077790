"""The calls that are measured, and the server they are sent to."""

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
"""The issue of the shipped payment incident: sessions, releases, suspect commits and latency all have something."""


@dataclass(frozen=True)
class Case:
    """One call of one tool.

    Attributes:
        tool: its name.
        arguments: beside the issue.
        undo: arguments of a call, not measured, that makes it possible once more.
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


class CallFailed(Exception):
    """A call that is measured was answered with an error; a benchmark of errors would look fast."""


@asynccontextmanager
async def connected(
    base_url: str, *, cache_s: float = 0, http_transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[Client]:
    """A client of the real server, over the SDK's in-memory connection.

    The server's clock stands where the embedded Sentry's stands, so that every run sees the same incident.

    Args:
        base_url: where Sentry is.
        cache_s: how long answers may be reused; measured without, unless it is the cache that is measured.
        http_transport: where requests go instead of the network.
    """
    settings = Settings(
        token=Secret("bench"),
        organization="acme",
        base_url=base_url,
        writes="direct",
        limits=Limits(cache_s=cache_s),
    )
    run = build_runtime(settings, http_transport=http_transport, clock=ManualClock())
    try:
        async with Client(build_server(run)) as client:
            yield client
    finally:
        await run.aclose()


async def ask(client: Client, tool: str, arguments: Mapping[str, object], issue: str = ISSUE) -> CallToolResult:
    """Call a tool.

    Raises:
        CallFailed: the answer is an error.
    """
    result = await client.call_tool(tool, {"issue": issue, **arguments})
    if result.is_error:
        raise CallFailed(f"{tool}: {text_of(result)}")
    return result


def text_of(result: CallToolResult) -> str:
    """The text channel of an answer."""
    return "\n".join(getattr(part, "text", "") for part in result.content)


def compact(value: object) -> str:
    """JSON as it stands on the wire."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
