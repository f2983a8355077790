"""Triages of the issues of a recorded Sentry 24.2, played again: they must say what its raw events say.

The literal numbers are the truth of the archive; the last tests count them in the recorded events and totals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sentry_runbook.simulator.clock import ManualClock
from tests.fake_servers.recorded_sentry import RecordedSentry, tag_of, time_of
from tests.recordings import needs_recordings, recordings
from tests.tools.contract import at, complaints
from tests.tools.support import Connection, connected

pytestmark = needs_recordings
NOT_RECORDED = ("stats_v2", "flags/logs", "workflows/", "query=firstSeen%3A%3E%3D")
"""Parts of the API that nobody asked this server for; the answer names them as not known."""


BY_ISSUE = "query=error.unhandled%3Atrue&per_page=5&start="
"""The project's issues by unhandled events: an impact of all environments was recorded when it asked for those of all.

Minute peaks and shares of the project are now production's in every tool, so this list is asked for otherwise. It names
the other issues, and no number of an impact.
"""
P95 = "p95%28transaction.duration%29"


def today(clock: str) -> datetime:
    """A time of the day of the recordings."""
    return datetime.fromisoformat(f"2026-11-25T{clock}").replace(tzinfo=UTC)


@dataclass(frozen=True)
class Asked:
    """One triage that can be played.

    Attributes:
        issue: as the caller names it.
        number: of the issue.
        moment: the number of the last recording that has happened.
        now: the time of the recordings.
        says: what the answer must hold: path → value; None means absent.
        environments: what the checklist of a triage says of the environments.
        arguments: beside the issue.
        lacks: parts of requests that were not recorded for this one; what they would tell is absent.
    """

    issue: str
    number: str
    moment: int
    now: datetime
    says: Mapping[str, object]
    environments: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()


TRIAGES = {
    "a webhook that breaks after a deploy": Asked(
        *("WEB-2", "6", 152, today("20:05:23")),
        says={
            "issue.short_id": "WEB-2",
            "impact.events": 170,
            "impact.users": 95,
            "impact.users_worst_hour": 95,
            "impact.unhandled_per_minute_peak": 8,
            "impact.project_unhandled_per_minute_peak": 8,
            "impact.p95_ms": 8_200,
            "impact.crash_free_sessions_pct": 99.06,
            "suspect_release": "web@2.4.1",
        },
        environments="170 of 175 events in production",
    ),
    "the same, in staging alone": Asked(
        *("WEB-2", "6", 472, today("20:12:48")),
        says={"impact.events": 5, "impact.users": 1, "impact.users_worst_hour": 1},
        environments='Judged in "staging", as asked',
        arguments={"environment": "staging"},
        lacks=("/events/oldest/", "/events/recommended/", "/shortids/", "/committers/", P95),
    ),
    "a dependency that answers 503 to two releases": Asked(
        *("CHECKOUT-API-1", "5", 590, today("20:15:33")),
        says={
            "impact.events": 90,
            "impact.users": 42,
            "impact.users_worst_hour": 32,
            "impact.unhandled_per_minute_peak": 0,
            "impact.p95_ms": 8_200,
            "impact.baseline.events": 1,
            "suspect_release": None,
        },
        environments="90 of 90 events in production",
    ),
    "an old issue that came back": Asked(
        *("WEB-1", "4", 241, today("20:09:18")),
        says={
            "impact.events": 30,
            "impact.users": 12,
            "impact.users_worst_hour": 12,
            "impact.unhandled_per_minute_peak": 0,
            "impact.p95_ms": None,
            "impact.baseline.events": 0,
            "suspect_release": "web@2.4.1",
        },
        environments="30 of 30 events in production",
        lacks=("start=2026-11-23T20%3A09%3A18",),  # tags before the window
    ),
    "an issue of staging": Asked(
        *("WEB-3", "7", 256, today("20:09:18")),
        says={
            "severity.severity": "P3",
            "severity.decided_by": "non_production",
            "impact.events": 60,
            "impact.users": 2,
            "impact.users_worst_hour": 2,
            "impact.unhandled_per_minute_peak": 3,
            "suspect_release": "web@2.5.0-rc1",
        },
        environments="0 of 60 events in production",
        lacks=(P95, "/environments/", "field=environment&field=count%28%29&query=&"),
    ),
    "an issue of minutes ago": Asked(
        *("CHECKOUT-API-2", "9", 621, today("20:17:36")),
        says={
            "impact.events": 12,
            "impact.users": 2,
            "impact.users_worst_hour": 2,
            "impact.unhandled_per_minute_peak": 1,
            "suspect_release": "checkout@1.9.0",
        },
        environments="12 of 12 events in production",
    ),
}


@asynccontextmanager
async def replayed(asked: Asked) -> AsyncIterator[tuple[Connection, RecordedSentry]]:
    """A client of the server in front of the recorded Sentry, at the time of the recordings."""
    sentry = RecordedSentry(asked.moment)
    async with connected(clock=ManualClock(asked.now), transport=sentry) as connection:
        yield connection, sentry


async def said(asked: Asked, tool: str) -> Mapping[str, Any]:
    """The structured answer, which must hold what it has to say and keep the contract."""
    async with replayed(asked) as (connection, sentry):
        schemas = {one.name: one.output_schema for one in (await connection.client.list_tools()).tools}
        result = await connection.client.call_tool(tool, {"issue": asked.issue, **asked.arguments})
    text = "\n".join(getattr(part, "text", "") for part in result.content)
    assert not result.is_error, text
    values = result.structured_content or {}
    assert complaints(tool, values, text, schemas[tool] or {}) == []
    assert {path: at(values, path) for path in asked.says} == dict(asked.says)
    # A request that is not answered here makes a number absent, not wrong: that would hide what the test is about.
    may_lack = (*NOT_RECORDED, *asked.lacks)
    assert [one for one in sentry.unanswered if not any(part in one for part in may_lack)] == []
    return values


@pytest.mark.parametrize("asked", TRIAGES.values(), ids=TRIAGES)
async def test_a_triage_says_what_the_recorded_events_say(asked: Asked) -> None:
    values = await said(asked, "triage_issue")
    [environments] = [one["finding"] for one in values["checklist"] if "environment" in one["step"].lower()]
    assert asked.environments in environments


IMPACTS = {
    "a merged issue by its old number": Asked(
        *("7", "6", 522, today("20:14:05")),
        says={"events": 235, "users": 97, "users_worst_hour": 97, "unhandled_per_minute_peak": 8, "p95_ms": 8_200},
        lacks=(BY_ISSUE,),
    ),
    "one hour": Asked(
        *("WEB-2", "6", 216, today("20:08:00")),
        says={"events": 170, "users": 95, "users_worst_hour": 95, "unhandled_per_minute_peak": 8},
        arguments={"period": "1h"},
        lacks=(P95, "interval=60m", BY_ISSUE),
    ),
    "two weeks": Asked(
        *("CHECKOUT-API-1", "5", 590, today("20:16:02")),
        says={"events": 106, "users": 50, "p95_ms": 8_200},
        arguments={"period": "14d"},
        lacks=(BY_ISSUE,),
    ),
}


@pytest.mark.parametrize("asked", IMPACTS.values(), ids=IMPACTS)
async def test_an_impact_says_what_the_recorded_events_say(asked: Asked) -> None:
    await said(asked, "discover_impact")


# --- the truth, counted in the recordings


def rows_of(asked: Asked) -> list[dict[str, Any]]:
    """The issue's raw events, as far as its recorded lists hold them."""
    rows: dict[str, dict[str, Any]] = {}
    for number, record in recordings().items():
        if number <= asked.moment and record["path"].endswith("/events/") and isinstance(record["body"], list):
            rows |= {row["eventID"]: row for row in record["body"] if row["groupID"] == asked.number}
    return list(rows.values())


def worst_hour(rows: list[dict[str, Any]]) -> int:
    """The most users in any hour that begins with an event."""
    users = [(time_of(row), tag_of(row, "user")) for row in rows]
    hours = ({user for at, user in users if start <= at < start + 3_600} for start, _ in users)
    return max(map(len, hours), default=0)


def busiest_minute(rows: list[dict[str, Any]]) -> int:
    """The most unhandled events in a clock minute."""
    minutes = Counter(time_of(row) // 60 for row in rows if tag_of(row, "handled") == "no")
    return max(minutes.values(), default=0)


COUNTED_WHOLE = (
    "a dependency that answers 503 to two releases",
    "an old issue that came back",
    "an issue of staging",
    "an issue of minutes ago",
)
"""Their lists of events reach back beyond the window."""


@pytest.mark.parametrize("name", COUNTED_WHOLE)
def test_the_numbers_are_those_of_the_raw_events(name: str) -> None:
    asked = TRIAGES[name]
    began = (asked.now - timedelta(hours=24)).timestamp()
    within = [row for row in rows_of(asked) if time_of(row) >= began]
    assert len(within) < len(rows_of(asked)) or len(within) < 100
    production = [row for row in within if tag_of(row, "environment") == "production"]
    rows = production or within
    assert asked.environments == f"{len(production)} of {len(within)} events in production"
    assert {
        "impact.events": len(rows),
        "impact.users": len({tag_of(row, "user") for row in rows}),
        "impact.users_worst_hour": worst_hour(rows),
        "impact.unhandled_per_minute_peak": busiest_minute(rows),
    }.items() <= asked.says.items()
    release = asked.says["suspect_release"]
    assert release is None or {tag_of(row, "release") for row in rows} == {release}


def test_the_numbers_of_the_longest_list_are_those_of_the_totals_and_of_the_minutes() -> None:
    """Of WEB-2 the list holds the last 100 events of 175; the rest stands in the recorded totals and series."""
    totals, by_environment = recordings()[142]["body"]["data"][0], recordings()[141]["body"]["data"]
    assert {row["environment"]: row["count()"] for row in by_environment} == {"production": 170, "staging": 5}
    assert {row["release"] for row in by_environment} == {"web@2.4.1"}
    assert (totals["count()"], totals["count_unique(user)"]) == (170, 95)
    minutes = {
        at: points[0]["count"] for at, points in recordings()[151]["body"]["count()"]["data"] if points[0]["count"]
    }
    assert sum(minutes.values()) == 170
    assert max(minutes) - min(minutes) < 3_600, "all production events are within one hour, and so all their users"
    unhandled = [points[0]["count"] for _, points in recordings()[150]["body"]["data"]]
    assert max(unhandled) == 8
    rows = rows_of(TRIAGES["a webhook that breaks after a deploy"])
    listed = Counter(time_of(row) // 60 * 60 for row in rows if tag_of(row, "environment") == "production")
    assert all(count <= minutes[int(at)] for at, count in listed.items())
    assert recordings()[147]["body"]["data"][0]["p95(transaction.duration)"] == 8_200
