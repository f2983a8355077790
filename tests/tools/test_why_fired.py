"""Issues that no thrown error opened: why they fired is told, and no advice for errors is given."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import (
    FrameSpec,
    IssueSpec,
    OccurrenceSpec,
    Raised,
    ReleaseSpec,
    Scenario,
    SessionsSpec,
    Stream,
)
from sentry_runbook.simulator.world import World
from tests.tools.support import Connection, connected

ISSUE = "SHOP-1"
STREAM = Stream(40, -50, -5, users=0, release=None)
FOR_ERRORS = (
    "SDK",
    "breadcrumb integration",
    "Sentry.init",
    "carry no release",
    "no exception with a stack trace",
    "has no stack trace",
    "No root-cause pattern holds",
    "sdk_misconfiguration",
)
"""Words of advice that only errors get."""


@dataclass(frozen=True)
class Fired:
    """An issue of one kind.

    Attributes:
        spec: of the issue, beside its events.
        told: names and values that ``event.occurrence`` and the triage's ``occurrence`` hold.
        said: parts of the checklist's eighth finding.
        advice: a part of the next steps.
    """

    spec: Mapping[str, Any]
    told: Mapping[str, str]
    said: tuple[str, ...]
    advice: str


REPORT = {
    "effective_directive": "img-src",
    "violated_directive": "img-src 'self'",
    "blocked_uri": "data",
    "document_uri": "https://shop.example.com/basket",
    "disposition": "enforce",
    "source_file": "https://shop.example.com/static/badge.js",
    "line_number": 3,
    "column_number": 17,
}
KINDS: dict[str, Fired] = {
    "an enforced CSP report": Fired(
        {"title": "Blocked 'image' from 'data:'", "csp": REPORT},
        {"directive": "img-src", "blocked": "data", "disposition": "enforce (the browser blocked it)"},
        ("A browser's CSP report", 'directive "img-src"', "badge.js:3:17"),
        "Allow the blocked source in the policy",
    ),
    "a CSP report that was only reported": Fired(
        {"title": "Blocked 'image'", "csp": {**REPORT, "disposition": "report"}},
        {"disposition": "report (only reported, nothing was blocked)"},
        ("only reported, nothing was blocked",),
        "Allow the blocked source in the policy",
    ),
    "a CSP report of an old browser": Fired(
        {"title": "Blocked", "csp": {"violated-directive": "font-src", "blocked-uri": "https://fonts.example.net/a"}},
        {"directive": "font-src"},
        ("does not tell whether it was blocked or only reported",),
        "Allow the blocked source in the policy",
    ),
    "a metric alert": Fired(
        {
            "title": "Too many failed logins",
            "category": "metric",
            "issue_type": "metric_issue",
            "occurrence": OccurrenceSpec(
                "Too many failed logins",
                "Warning: number of events in the last 10 minutes above 30",
                type=8001,
                data={
                    "value": 61.5,
                    "conditions": [
                        {"type": "gt", "comparison": 30, "conditionResult": 50},
                        {"type": "lte", "comparison": 30, "conditionResult": 0},
                    ],
                    "detectorId": 4711,
                    "dataSources": [
                        {"queryObj": {"snubaQuery": {"aggregate": "count()", "query": "login", "timeWindow": 600}}}
                    ],
                },
            ),
        },
        {"value": "61.5", "threshold": "above 30 (medium priority)", "measured": "count() where login over 10 min"},
        ("A metric alert", "above 30", '"61.5"'),
        "Find what moved the number",
    ),
    "an anomaly": Fired(
        {
            "title": "Sign-ups are odd",
            "category": "metric_alert",
            "issue_type": "metric_issue",
            "occurrence": OccurrenceSpec(
                "Sign-ups are odd",
                type=8001,
                data={
                    "value": {"source_id": "9", "value": 3},
                    "conditions": [
                        {"type": "anomaly_detection", "comparison": {"sensitivity": "high"}, "condition_result": 75}
                    ],
                },
            ),
        },
        {"value": "3", "threshold": "an anomaly, sensitivity high (high priority)"},
        ("an anomaly, sensitivity high",),
        "Find what moved the number",
    ),
    "a missed check-in": Fired(
        {
            "title": "Monitor failure: nightly-invoices",
            "category": "cron",
            "issue_type": "monitor_check_in_failure",
            "occurrence": OccurrenceSpec(
                "Monitor failure: nightly-invoices",
                "Your monitor is failing: A missed check-in was detected.",
                (
                    ("Failure reason", "A missed check-in was detected"),
                    ("Environment", "production"),
                    ("Last successful check-in", "2026-11-22T02:00:07+00:00"),
                ),
                type=4001,
            ),
            "contexts": {
                "monitor": {
                    "id": "f00d",
                    "slug": "nightly-invoices",
                    "status": "error",
                    "config": {
                        "schedule_type": "crontab",
                        "schedule": "0 2 * * *",
                        "timezone": "Europe/Vienna",
                        "checkin_margin": 5,
                        "max_runtime": 90,
                    },
                }
            },
        },
        {
            "Failure reason": "A missed check-in was detected",
            "Last successful check-in": "2026-11-22T02:00:07+00:00",
            "monitor": "nightly-invoices",
            "schedule": "0 2 * * * (Europe/Vienna)",
            "check-in margin": "5 min",
        },
        ("A cron monitor", "A missed check-in was detected", "2026-11-22T02:00:07"),
        "Check whether the job ran",
    ),
    "a failed check-in by the hour": Fired(
        {
            "title": "Cron failure: sync",
            "category": "outage",
            "issue_type": "monitor_check_in_failure",
            "occurrence": OccurrenceSpec("Cron failure: sync", evidence=(("Failure reason", "error"),), type=4001),
            "contexts": {"monitor": {"slug": "sync", "config": {"schedule": [3, "hour"]}}},
        },
        {"schedule": "every 3 hour", "monitor": "sync"},
        ("does not tell the last good check-in",),
        "Check whether the job ran",
    ),
    "an uptime check": Fired(
        {
            "title": "Downtime detected for https://shop.example.com/health",
            "category": "outage",
            "issue_type": "uptime_domain_failure",
            "occurrence": OccurrenceSpec(
                "Downtime detected",
                "Your monitored domain is down",
                (("Failure reason", "timeout"), ("Duration", "503ms"), ("Method", "GET"), ("Status Code", "503")),
                type=7001,
            ),
        },
        {"Failure reason": "timeout", "Status Code": "503", "Duration": "503ms"},
        ("An uptime check", '"Status Code" "503"'),
        "Call the address from outside",
    ),
    "feedback": Fired(
        {
            "title": "User Feedback",
            "category": "feedback",
            "issue_type": "feedback",
            "level": "info",
            "occurrence": OccurrenceSpec("User Feedback", type=6001),
            "contexts": {
                "feedback": {
                    "message": "I cannot change my address " + "at all " * 20,
                    "url": "https://shop.example.com/account",
                    "contact_email": "ida.customer@mail.example",
                }
            },
        },
        {"message": "I cannot change my address " + ("at all " * 20).strip()},
        ("A customer's feedback", "I cannot change my address"),
        "Read the customer's words",
    ),
    "a hydration error found in a replay": Fired(
        {
            "title": "Hydration Error",
            "category": "replay",
            "issue_type": "replay_hydration_error",
            "occurrence": OccurrenceSpec(
                "Hydration Error",
                "Hydration failed: the markup of server and browser differ",
                type=5003,
                data={"url": "https://shop.example.com/today", "replayId": "c0ffee"},
            ),
        },
        {"url": "hxxps://shop.example.com/today"},
        ("A finding in session replays", "Hydration failed"),
        "compare what the server rendered",
    ),
    "a slow query": Fired(
        {
            "title": "N+1 Query",
            "category": "db_query",
            "issue_type": "performance_n_plus_one_db_queries",
            "occurrence": OccurrenceSpec(
                "N+1 Query",
                "GET /basket",
                (("Offending Spans", "SELECT * FROM items WHERE basket = %s"), ("Offending Spans", "SELECT 2")),
                type=1006,
                data={"op": "db", "transactionName": "GET /basket", "numberRepeatingSpans": "37", "traceId": "ab"},
            ),
        },
        {"Offending Spans": "SELECT * FROM items WHERE basket = %s; SELECT 2", "numberRepeatingSpans": "37"},
        ("A performance issue", "SELECT * FROM items"),
        "Look at the spans",
    ),
    "a kind that is not known here": Fired(
        {
            "title": "The app grew",
            "category": "metric",
            "issue_type": "preprod_size",
            "occurrence": OccurrenceSpec("The app grew", type=11001, data={"install_size_mb": 91, "head_id": "7"}),
        },
        {"install_size_mb": "91"},
        ('"install_size_mb" "91"',),
        "",
    ),
}


@asynccontextmanager
async def shop(**spec: Any) -> AsyncIterator[Connection]:
    clock = ManualClock()
    issue = IssueSpec(ISSUE, **{"streams": (STREAM,), **spec})
    scenario = Scenario(
        name="shop", issues=(issue,), releases=(ReleaseSpec("shop@1.0.0", -9000),), sessions=(SessionsSpec(3000),)
    )
    async with connected(world=World(scenario, clock), clock=clock) as connection:
        yield connection


def step(triage: Mapping[str, Any], number: int) -> str:
    """A checklist step's finding."""
    return str(triage["checklist"][number - 1]["finding"])


@pytest.mark.parametrize("name", KINDS)
async def test_why_it_fired_is_told_by_get_issue_and_in_the_triage(name: str) -> None:
    fired = KINDS[name]
    async with shop(**fired.spec) as connection:
        triage = await connection.call("triage_issue", issue=ISSUE)
        event = (await connection.call("get_issue", issue=ISSUE))["event"]
        assert fired.told.items() <= event["occurrence"].items()
        assert triage["occurrence"] == event["occurrence"]
        for part in fired.said:
            assert part in step(triage, 8)
        assert fired.advice in " ".join(triage["next_steps"])
        page = await connection.text("triage_issue", issue=ISSUE)
        assert "### Why it fired" in page
        assert next(iter(fired.told.values()))[:40] in page.partition("### Why it fired")[2]


@pytest.mark.parametrize("name", KINDS)
async def test_advice_for_errors_is_not_given_for_what_is_none(name: str) -> None:
    async with shop(**KINDS[name].spec) as connection:
        for tool in ("triage_issue", "get_issue"):
            both = json.dumps(await connection.call(tool, issue=ISSUE)) + await connection.text(tool, issue=ISSUE)
            assert [words for words in FOR_ERRORS if words in both] == []
        triage = await connection.call("triage_issue", issue=ISSUE)
        assert triage["causes"] == []
        missing = {
            entry["what"]: entry["why"] for entry in (await connection.call("get_issue", issue=ISSUE))["missing"]
        }
        why = missing["event.exceptions, event.failing_frame, event.breadcrumbs"]
        assert why.endswith("no thrown error: see event.occurrence")
        assert "ida.customer" not in both


async def test_an_error_without_anything_still_gets_the_advice_for_errors() -> None:
    async with shop(title="Something happened") as connection:
        triage = await connection.call("triage_issue", issue=ISSUE)
        assert "occurrence" not in triage
        assert step(triage, 6) == "The events carry no release."
        assert step(triage, 8) == "The event has no stack trace."
        assert "breadcrumb integrations" in step(triage, 9)
        assert "### Why it fired" not in await connection.text("triage_issue", issue=ISSUE)


async def test_an_error_thrown_in_a_cron_job_stays_an_error() -> None:
    thrown = (Raised("KeyError", "total", (FrameSpec("run", "jobs/sync.py", 7),)),)
    async with shop(chain=thrown, contexts={"monitor": {"slug": "sync", "id": "f00d"}}) as connection:
        triage = await connection.call("triage_issue", issue=ISSUE)
        assert "jobs/sync.py" in step(triage, 8)
        assert "occurrence" not in triage


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("Hydration failed because the initial UI does not match what was rendered on the server.", True),
        ("There was an error while hydrating. The entire root will switch to client rendering.", True),
        ("Text content does not match server-rendered HTML.", True),
        ("Minified React error #418; visit https://react.dev/errors/418", True),
        ("Minified React error #31; visit https://react.dev/errors/31", False),
        ("The order could not be dehydrated in time", False),
        ("Rehydration of the cart from storage failed", False),
    ],
)
async def test_a_hydration_error_that_was_thrown_is_called_one(text: str, is_one: bool) -> None:
    async with shop(chain=(Raised("Error", text, (FrameSpec("c", "app.js", 7),)),)) as connection:
        found = step(await connection.call("triage_issue", issue=ISSUE), 8)
        assert ("A hydration error: what the server rendered differs" in found) is is_one


async def test_an_occurrence_that_says_nothing_is_said_to_say_nothing() -> None:
    spec = {"title": "Odd", "category": "uptime", "issue_type": "uptime_domain_failure"}
    async with shop(**spec, occurrence=OccurrenceSpec("Odd", type=7001)) as connection:
        triage = await connection.call("triage_issue", issue=ISSUE)
        assert step(triage, 8) == "An uptime check; the event does not say why it fired."
        missing = {entry["what"] for entry in (await connection.call("get_issue", issue=ISSUE))["missing"]}
        assert "event.occurrence" in missing


async def test_endless_evidence_stays_inside_the_answer() -> None:
    lines = tuple((f"Span {number}", f"{number} " + "SELECT a, " * 900) for number in range(60))
    spec = {"title": "Slow", "category": "performance", "issue_type": "performance_slow_db_query"}
    async with shop(**spec, occurrence=OccurrenceSpec("Slow", "GET /", lines)) as connection:
        for tool in ("triage_issue", "get_issue"):
            assert len(json.dumps(await connection.call(tool, issue=ISSUE))) <= 9_000
            assert len(await connection.text(tool, issue=ISSUE)) <= 9_000
        assert "Span 0" in json.dumps((await connection.call("triage_issue", issue=ISSUE))["occurrence"])
