"""A row of the issue list: counts of the period asked, first and last event of the issue's whole life (DESIGN §6)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx

from sentry_runbook.collect import search_issues
from sentry_runbook.incident.model.evidence import Window
from sentry_runbook.incident.model.results.issue import IssueRow
from sentry_runbook.runtime import build_runtime
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import IssueSpec, Scenario, Stream
from sentry_runbook.simulator.world import World
from tests.recordings import recordings
from tests.tools.support import SETTINGS, connected

NOW = ManualClock().now
WINDOW = Window(start=NOW - timedelta(days=1), end=NOW)


def seen(row: dict[str, Any], name: str) -> datetime:
    """When a row's first or last event came."""
    return datetime.fromisoformat(row[name])


async def test_a_period_narrows_the_counts_and_not_the_life_of_an_issue() -> None:
    """The issue looks a day old, and silent for an hour, to who reads Sentry's row alone (sentry-api §17)."""
    life = (Stream(1, -5000, -5000), Stream(9, -4900, -4000), Stream(3, -300, -90), Stream(1, -10, -10))
    world = World(Scenario(name="march", issues=(IssueSpec("OLD-1", "Boom", streams=life),)), clock := ManualClock())
    async with connected(world=world, clock=clock) as connection:
        for window, events in (
            ({"period": "24h"}, 4),
            ({"start": (NOW - timedelta(days=1)).isoformat(), "end": (NOW - timedelta(hours=1)).isoformat()}, 3),
            ({"period": "7d"}, 14),
        ):
            (row,) = (await connection.call("find_issues", **window))["issues"]
            assert row["events"] == events
            assert seen(row, "first_seen") == NOW - timedelta(minutes=5000)
            assert seen(row, "last_seen") == NOW - timedelta(minutes=10)


async def listed(rows: list[dict[str, Any]], window: Window = WINDOW, now: datetime = NOW) -> tuple[IssueRow, ...]:
    """The rows that are made of a server's list."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=rows))
    run = build_runtime(SETTINGS, http_transport=transport, clock=ManualClock(now))
    try:
        found = await search_issues(
            run, query="", project=None, environment=None, sort="date", window=window, limit=20, cursor=None
        )
    finally:
        await run.aclose()
    return found.issues


async def test_recorded_rows_show_the_whole_life_beside_the_counts_of_the_day() -> None:
    """Recording 67: a day's list; an issue of eight days, and one whose last events came after the day."""
    old, later = await listed(recordings()[67]["body"], now=NOW + timedelta(days=6))
    assert (old.short_id, old.events, old.users) == ("CHECKOUT-API-1", 55, 42)
    assert old.first_seen == datetime.fromisoformat("2026-11-17T13:57:51Z")
    assert old.last_seen == datetime.fromisoformat("2026-11-25T19:51:32Z")
    assert (later.short_id, later.events, later.users) == ("WEB-2", 9, 5)
    assert later.first_seen == datetime.fromisoformat("2026-11-25T18:34:06Z")
    assert later.last_seen == datetime.fromisoformat("2026-11-25T19:53:07Z")


async def test_a_server_that_tells_no_lifetime_is_taken_at_its_word() -> None:
    (plain,) = await listed([PLAIN])
    assert (plain.first_seen, plain.last_seen) == (FIRST, LAST)


async def test_a_lifetime_that_says_nothing_makes_the_first_event_unknown_and_the_last_where_the_period_is_over() -> (
    None
):
    lives: tuple[object, ...] = (None, "x", {}, {"firstSeen": 7})
    rows = [{**PLAIN, "lifetime": life} for life in lives]
    assert [(row.first_seen, row.last_seen) for row in await listed(rows)] == [(None, LAST)] * 4
    over = Window(start=NOW - timedelta(days=1), end=NOW - timedelta(minutes=30))
    assert [(row.first_seen, row.last_seen) for row in await listed(rows, over)] == [(None, None)] * 4
    half = {"firstSeen": "2026-11-01T10:00:00Z", "lastSeen": None}
    (row,) = await listed([{**PLAIN, "lifetime": half}])
    assert (row.first_seen, row.last_seen) == (datetime.fromisoformat("2026-11-01T10:00:00Z"), LAST)


PLAIN = {"id": "1", "shortId": "A-1", "firstSeen": "2026-11-20T10:00:00Z", "lastSeen": "2026-11-20T11:00:00Z"}
FIRST, LAST = (datetime.fromisoformat(PLAIN[key]) for key in ("firstSeen", "lastSeen"))
