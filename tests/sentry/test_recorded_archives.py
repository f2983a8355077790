"""What Sentry 24.2 said of an issue that was archived in four ways and reopened: recordings 74 to 96."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from sentry_runbook.collect import investigate
from sentry_runbook.incident.issue_state import state_of
from sentry_runbook.incident.model.evidence import Issue, Snooze
from sentry_runbook.incident.resolution.request import StatusChange
from sentry_runbook.incident.resolution.state import expected
from sentry_runbook.runtime import build_runtime
from tests.recordings import recordings
from tests.tools.support import SETTINGS

NOW = datetime(2026, 11, 25, 21, tzinfo=UTC)
UNTIL = datetime(2026, 11, 25, 22, 2, 4, tzinfo=UTC)
HUNDRED, FIFTY, TWO_HOURS = Snooze(count=100), Snooze(users=50, user_window_minutes=60), Snooze(until=UNTIL)
SNOOZES = {
    **dict.fromkeys((74, 75, 78), HUNDRED),
    **dict.fromkeys((79, 80, 83), FIFTY),
    **dict.fromkeys((84, 85, 88, 89, 90, 93, 94), TWO_HOURS),
    **dict.fromkeys((95, 96), None),
}
"""Recording → what the issue waits for. 89 asked for "until it escalates" and got what was there; 95 reopened."""


async def as_read(body: dict[str, Any]) -> Issue:
    """The issue of a recorded answer, read as any tool reads it."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=body))
    run = build_runtime(SETTINGS, http_transport=transport, clock=lambda: NOW)
    try:
        return (await investigate(run, "4", frozenset())).issue
    finally:
        await run.aclose()


@pytest.mark.parametrize("number", SNOOZES)
async def test_the_limits_of_a_recorded_archive_are_read(number: int) -> None:
    issue = await as_read(recordings()[number]["body"])
    assert (issue.id, issue.short_id) == ("4", "WEB-1")
    assert issue.snooze == SNOOZES[number]
    assert issue.status == ("unresolved" if number >= 95 else "ignored")
    assert issue.substatus == ("new" if number >= 95 else "archived_until_condition_met")


@pytest.mark.parametrize(("number", "summary"), [(75, "100 more events"), (80, "50 more users within 60 minutes")])
async def test_a_recorded_archive_is_told_in_words(number: int, summary: str) -> None:
    assert summary in state_of(await as_read(recordings()[number]["body"])).summary


@pytest.mark.parametrize(
    ("before", "reopened", "substatus"),
    [(94, 96, "new"), (535, 538, "ongoing"), (104, 106, "ongoing"), (482, 487, "ongoing")],
    ids=["archived_this_week", "archived_and_older", "resolved_this_week", "resolved_today"],
)
async def test_reopening_promises_the_state_that_a_real_sentry_gave(before: int, reopened: int, substatus: str) -> None:
    then, now = [await as_read(recordings()[number]["body"]) for number in (before, reopened)]
    promised = expected(StatusChange("unresolved"), then, NOW)
    assert promised == state_of(now)
    assert promised.substatus == substatus
