"""The counts of one issue by hour and day: what GlitchTip answered, and what is no such answer."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sentry_runbook.errors import ServerFault, Unsupported
from tests.sentry.other_servers import needs_other_servers, recorded
from tests.sentry.upstream import client_of

HOURS = ((1795356000, 1), (1795370400, 1), (1795381200, 1), (1795388400, 1), (1795406400, 150))


def answering(body: Any, status: int = 200) -> httpx.MockTransport:
    """A server that gives one answer."""
    return httpx.MockTransport(lambda _: httpx.Response(status, json=body))


@needs_other_servers
async def test_the_recorded_hours_and_days_are_read_in_order_of_time() -> None:
    recordings = recorded("glitchtip")
    async with client_of(answering(recordings["issues_stats"]["body"])) as client:
        assert await client.issue_stats("3", "24h") == HOURS
    async with client_of(answering(recordings["issues_stats_14d"]["body"])) as client:
        assert await client.issue_stats("3", "14d") == ((1795305600, 4), (1795392000, 150))


@pytest.mark.parametrize(
    "body",
    [
        [],
        [{"id": "4", "stats": {"24h": [[1795356000, 1]]}}],
        [{"id": "3", "stats": {"24h": None}}],
        [{"id": "3", "stats": {"24h": [[1795356000, None]]}}],
        [{"id": "3", "stats": {"24h": [[1795356000, -1]]}}],
        [{"id": "3", "stats": {"24h": [1795356000]}}],
    ],
    ids=["no row", "another issue", "another period", "no number", "a negative number", "no pair"],
)
async def test_an_answer_without_the_issue_s_hours_is_an_error_and_not_an_empty_day(body: Any) -> None:
    async with client_of(answering(body)) as client:
        with pytest.raises(ServerFault):
            await client.issue_stats("3", "24h")


async def test_a_server_without_them_is_asked_once() -> None:
    asked: list[str] = []

    def absent(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(404)

    async with client_of(httpx.MockTransport(absent)) as client:
        for _ in range(2):
            with pytest.raises(Unsupported):
                await client.issue_stats("3", "24h")
    assert asked == ["/api/0/organizations/acme/issues-stats/"]
