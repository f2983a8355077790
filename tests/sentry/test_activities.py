"""What was done with an issue, asked for by itself: sentry-api, section 3.3."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sentry_runbook.errors import ServerFault, Unsupported
from sentry_runbook.sentry.ids import IssueRef
from tests.sentry.upstream import client_of

ENTRY = {"id": "1", "type": "assigned", "dateCreated": "2026-11-20T12:00:00Z", "data": {}}
ISSUE = IssueRef("7")


def server(log: Any, details: Any = None) -> tuple[httpx.MockTransport, list[str]]:
    """A server with these answers, an empty 404 where one is None; and the paths that it was asked."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        body = log if request.url.path.endswith("/activities/") else details
        return httpx.Response(404) if body is None else httpx.Response(200, json=body)

    return httpx.MockTransport(answer), asked


async def test_the_log_is_asked_for_without_the_issue_s_details() -> None:
    transport, asked = server({"activity": [ENTRY]})
    async with client_of(transport) as client:
        assert await client.activities(ISSUE) == (ENTRY,)
    assert [path.rpartition("/issues/")[2] for path in asked] == ["7/activities/"]


async def test_a_server_without_it_tells_the_log_with_the_details_and_is_not_asked_twice() -> None:
    transport, asked = server(None, {"id": "7", "activity": [ENTRY]})
    async with client_of(transport) as client:
        for _ in range(2):
            assert await client.activities(ISSUE) == (ENTRY,)
    assert sum(path.endswith("/activities/") for path in asked) <= 2, "on each of its two paths"


@pytest.mark.parametrize("log", [{}, {"activity": None}, {"activity": "none"}, []])
async def test_an_answer_without_a_log_is_an_error_and_not_an_issue_that_nobody_touched(log: Any) -> None:
    transport, _ = server(log)
    async with client_of(transport) as client:
        with pytest.raises(ServerFault):
            await client.activities(ISSUE)


async def test_details_without_a_log_say_that_this_server_has_none() -> None:
    transport, _ = server(None, {"id": "7"})
    async with client_of(transport) as client:
        with pytest.raises(Unsupported):
            await client.activities(ISSUE)
