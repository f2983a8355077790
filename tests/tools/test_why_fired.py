"""Issues that no thrown error opened: why they fired is told, and no advice for errors is given."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from sentry_runbook.simulator.app import create_app
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
from tests.collect.asked import Changed, body
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
        ("A hydration error found in session replays", "Hydration failed"),
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


# --- shapes of servers and browsers that the embedded Sentry does not write ----------------------------------------

WATCHED: Mapping[str, Any] = {"type": "generic", "isUnhandled": False, "firstRelease": None, "lastRelease": None}
BARE: Mapping[str, Any] = {
    **{"type": "generic", "entries": [], "contexts": {}, "message": "", "sdk": None, "release": None},
    "tags": [{"key": "environment", "value": "production"}],
}


def line(name: Any, value: Any, important: Any = True) -> dict[str, Any]:
    """A line of ``evidenceDisplay``."""
    return {"name": name, "value": value, "important": important}


def watched(category: str | None, issue_type: str | None, number: int, **occurrence: Any) -> tuple[Any, Any]:
    """The keys of an event and of its issue that a watcher of Sentry's opened."""
    named = {"issueCategory": category, "issueType": issue_type}
    return {"occurrence": {"issueTitle": "Found", "type": number, **occurrence}}, {**WATCHED, **named}


def reported(kind: str, **report: Any) -> tuple[Any, Any]:
    """The keys of an event and of its issue that a browser reported."""
    return {"type": kind, "entries": [{"type": kind, "data": report}]}, {"type": kind, "issueCategory": "error"}


MONITOR = {
    "slug": "stock-sync",
    "status": "timeout",
    "config": {"schedule": [10, "minute"], "max_runtime": 30, "checkin_margin": 2, "failure_issue_threshold": 3},
}
DOWN = {
    "queryObj": {"url": "https://api.example.com/up", "intervalSeconds": 300},
}
SHAPES: dict[str, tuple[tuple[Any, Any], tuple[str, ...], str]] = {
    "a cron monitor's longest run": (
        (
            {
                **watched(
                    *("outage", "monitor_check_in_failure", 4001),
                    subtitle="Your monitor is failing: A timeout check-in was detected.",
                    evidenceDisplay=[
                        line("Failure reason", "A timeout check-in was detected"),
                        line("Environment", "production", False),
                        line("Last successful check-in", "Never", False),
                    ],
                )[0],
                "contexts": {"monitor": MONITOR},
            },
            watched("outage", "monitor_check_in_failure", 4001)[1],
        ),
        (
            *("A cron monitor", '"Last successful check-in" "Never"', 'longest run "30 min"'),
            *('check-in margin "2 min"', 'failures before an issue "3"'),
        ),
        "Check whether the job ran",
    ),
    "a cron monitor that an old server filed as an error": (
        (
            {
                "type": "default",
                "title": "Monitor failure: stock-sync (missed_checkin)",
                "message": "Monitor failure: stock-sync (missed_checkin)",
                "contexts": {"monitor": {**MONITOR, "status": "missed_checkin"}},
            },
            {"type": "default", "issueCategory": "error"},
        ),
        ("A cron monitor", "(missed_checkin)", 'monitor status "missed_checkin"'),
        "Check whether the job ran",
    ),
    "an uptime check whose address only the title names": (
        watched(
            *("outage", "uptime_domain_failure", 7001),
            issueTitle="Downtime detected for https://api.example.com/up",
            evidenceDisplay=[line("Failure reason", "timeout"), line("Status Code", "None", False)],
        ),
        ("An uptime check", 'address "hxxps://api.example.com/up"', '"Failure reason" "timeout".'),
        "Call the address from outside",
    ),
    "an uptime check of a detector": (
        watched(
            *("outage", "uptime_domain_failure", 7001),
            evidenceDisplay=[line("Status Code", "502", False)],
            evidenceData={"dataSources": [DOWN], "config": {"downtimeThreshold": 3}, "detectorId": 5},
        ),
        ('address "hxxps://api.example.com/up"', 'interval "5 minutes"', 'failures before an issue "3"'),
        "Call the address from outside",
    ),
    "a metric alert against the day before": (
        watched(
            *("metric_alert", "metric_issue", 8001),
            evidenceData={
                "value": 180.5,
                "conditions": [{"type": "gt", "comparison": 150, "condition_result": 75}],
                "config": {"detection_type": "percent", "comparison_delta": 86400},
            },
        ),
        ('value "180.5"', "above 150 (high priority)", "the same time 1 day before, in percent"),
        "Find what moved the number",
    ),
    "a metric alert of a server that names no category": (
        watched(None, "metric_issue", 8001, subtitle="Critical: failures above 9"),
        ("A metric alert", "failures above 9"),
        "Find what moved the number",
    ),
    "a watcher's issue without category and type": (
        watched(None, None, 8001, subtitle="Critical: failures above 9"),
        ("A metric alert", "failures above 9"),
        "Find what moved the number",
    ),
    "an endpoint that became slower": (
        watched(
            *("metric", "performance_p95_endpoint_regression", 1018),
            evidenceDisplay=[line("Regression", "GET /basket duration increased from 120ms to 340ms (P95)")],
            evidenceData={"breakpoint": 1_795_161_600, "requestStart": 1_795_000_000, "unweightedPValue": 0.0, "p": 4},
        ),
        ("A performance regression", "from 120ms to 340ms", 'changed at "2026-11-20T08:00:00+00:00".'),
        "Compare the releases, deploys and traffic",
    ),
    "a web vital": (
        watched("frontend", "web_vitals", 10_001, evidenceData={"vital": "lcp", "lcp": 4200, "traceId": "ab"}),
        ("A performance issue", '"lcp" "4200".'),
        "Look at the spans or functions",
    ),
    "spans at fault, with their time": (
        (
            {
                **watched("db_query", None, 1006, evidenceData={"offenderSpanIds": ["a", "b"], "op": "db"})[0],
                "entries": [
                    {
                        "type": "spans",
                        "data": [
                            {"span_id": "a", "start_timestamp": 100.0, "timestamp": 100.75},
                            {"span_id": "b", "start_timestamp": 101.0, "timestamp": 101.5},
                            {"span_id": "c", "start_timestamp": 101.0, "timestamp": 109.0},
                        ],
                    }
                ],
            },
            watched("db_query", "performance_n_plus_one_db_queries", 1006)[1],
        ),
        ('spans at fault "2, 1,250 ms together"',),
        "Look at the spans or functions",
    ),
    "spans at fault that the event no longer has": (
        watched("db_query", None, 1006, evidenceData={"offenderSpanIds": ["a", "b", "c"]}),
        ('spans at fault "3".',),
        "Look at the spans or functions",
    ),
    "a metric alert of a number that is not known": (
        watched(
            *("metric", "metric_issue", 99_001),
            evidenceData={"value": 7, "conditions": [{"type": "gte", "comparison": 5, "conditionResult": 75}]},
        ),
        ('value "7"; threshold "at or above 5 (high priority)".',),
        "Find what moved the number",
    ),
    "a slow transaction of a server of 2023": (
        (
            {
                "type": "transaction",
                "occurrence": None,
                "perfProblem": {"type": 1001, "evidenceDisplay": [line("Offending Spans", "db - SELECT now()")]},
            },
            {"type": "transaction", "issueCategory": "performance"},
        ),
        ("A performance issue", "SELECT now()"),
        "Look at the spans or functions",
    ),
    "a click that nothing answered": (
        watched(
            *("frontend", "replay_click_rage", 5002),
            evidenceDisplay=[line("Clicked Element", "button#pay"), line("React Component Name", "PayButton")],
        ),
        ("A finding in session replays", '"Clicked Element" "button#pay"'),
        "what the element in the evidence should have done",
    ),
    "a category that is not known here": (
        watched("ai_detected", "ai_detected_general", 17_001, subtitle="Two writers change one row"),
        ('An issue of the category "ai detected"', "Two writers change one row"),
        "Read the evidence on the issue's page",
    ),
    "a pinned key that did not fit": (
        reported("hpkp", hostname="pay.example.com", port=443),
        ("A browser's report about a certificate", 'host "pay.example.com"; port "443".'),
        "Check the certificate that the host serves",
    ),
    "a certificate that no log knows": (
        reported("expectct", hostname="pay.example.com", failure_mode="report-only"),
        ("A browser's report about a certificate", 'failure mode "report-only"'),
        "Check the certificate that the host serves",
    ),
    "a request that failed in the network": (
        reported(
            "nel",
            url="https://shop.example.com/cart",
            body={"type": "tcp.timed_out", "phase": "connection", "elapsed_time": 3000, "status_code": 0},
        ),
        ("failed in the network", 'failure "tcp.timed_out"; phase "connection"', 'elapsed "3000 ms"'),
        "Check from which networks",
    ),
    "a CSP report of the Reporting API": (
        reported(
            *("csp",),
            effectiveDirective="font-src",
            blockedURL="https://fonts.example.net/a.woff2",
            disposition="report",
            sourceFile="https://shop.example.com/a.css",
            lineNumber=9,
        ),
        ('directive "font-src"', 'blocked "hxxps://fonts.example.net/a.woff2"', "only reported", "a.css:9"),
        "Allow the blocked source",
    ),
    "a CSP report in its envelope": (
        reported("csp", body={"violated-directive": "frame-src", "blocked-uri": "https://ads.example.net"}),
        ('directive "frame-src"; blocked "hxxps://ads.example.net".', "does not tell whether it was blocked"),
        "Allow the blocked source",
    ),
    "a cron monitor whose context tells the last check-in": (
        (
            {
                **watched("cron", "monitor_check_in_missed", 4003, subtitle="No check-in reported")[0],
                "contexts": {"monitor": {"slug": "stock-sync", "lastCheckIn": "2026-11-19T02:00:07Z"}},
            },
            watched("cron", "monitor_check_in_missed", 4003)[1],
        ),
        ('"lastCheckIn" "2026-11-19T02:00:07Z".',),
        "Check whether the job ran",
    ),
    "a CSP report of which only the tags are left": (
        (
            {
                "type": "csp",
                "tags": [
                    {"key": "effective-directive", "value": "img-src"},
                    {"key": "blocked-uri", "value": "https://img.example.net"},
                ],
            },
            {"type": "csp", "issueCategory": "error"},
        ),
        ('directive "img-src"; blocked "hxxps://img.example.net".', "does not tell whether it was blocked"),
        "Allow the blocked source",
    ),
}


@asynccontextmanager
async def overlaid(event: Mapping[str, Any], issue: Mapping[str, Any]) -> AsyncIterator[Connection]:
    """A client in front of one issue, with keys laid over Sentry's answers about it and its events."""
    clock = ManualClock()
    spec = IssueSpec(ISSUE, title="Found", streams=(STREAM,))
    releases, sessions = (ReleaseSpec("shop@1.0.0", -9000),), (SessionsSpec(3000),)
    world = World(Scenario(name="shop", issues=(spec,), releases=releases, sessions=sessions), clock)
    changes = {
        "event": body(lambda found: {**found, **BARE, **event}),
        # What lies below the issue, as its log, is a list.
        "issue": body(lambda found: {**found, **issue} if isinstance(found, dict) else found),
    }
    sentry = Changed(httpx.ASGITransport(create_app(world)), changes)
    async with connected(world=world, clock=clock, transport=sentry) as connection:
        yield connection


@pytest.mark.parametrize("name", SHAPES)
async def test_why_it_fired_is_told_in_every_shape(name: str) -> None:
    (event, issue), said, advice = SHAPES[name]
    async with overlaid(event, issue) as connection:
        triage = await connection.call("triage_issue", issue=ISSUE)
        draft = (await connection.call("draft_update", issue=ISSUE))["text"]
        report = await connection.call("draft_postmortem", issue=ISSUE)
        texts = [await connection.text(tool, issue=ISSUE) for tool in ("triage_issue", "get_issue")]
    for part in said:
        assert part in step(triage, 8)
        assert part.rstrip(".") in draft.replace("\N{ONE DOT LEADER}", ".")  # no chat links the host of an event
    assert advice in triage["next_steps"][0] and advice in draft
    assert triage["causes"] == []
    assert [words for words in FOR_ERRORS if words in json.dumps(triage) + "".join(texts)] == []
    assert "40 events" in draft and "40 error" not in draft
    assert "regression test" not in json.dumps(report["action_items"])
    assert "no breadcrumbs" not in report["markdown"]


@pytest.mark.parametrize("issue_type", ["metric_issue", "monitor_check_in_failure", "performance_slow_db_query", None])
async def test_the_events_of_a_watcher_are_counted_by_the_issue_where_no_category_is_named(
    issue_type: str | None,
) -> None:
    async with overlaid(*watched(None, issue_type, 0, subtitle="Found")) as connection:
        impact = await connection.call("discover_impact", issue=ISSUE)
    assert "counted by the issue itself" in impact["reading"]
    missing = {entry["what"]: entry["why"] for entry in impact["missing"]}
    assert "users" not in impact and missing["users"] == "no event carries a user: unknown, not zero"
    assert not any("count_unique" in one for one in connection.upstream.requests)


LINES: dict[str, tuple[Any, dict[str, str]]] = {
    "numbers": ([line("Count", 12), line("Ratio", 1.5)], {"Count": "12", "Ratio": "1.5"}),
    "yes and no": ([line("Is spam", False), line("Seen", True)], {"Is spam": "no", "Seen": "yes"}),
    "a list": ([line("Spans", ["db", "http"])], {"Spans": "db; http"}),
    "an object": ([line("Span", {"op": "db", "count": 3})], {"Span": '{"op": "db", "count": 3}'}),
    "no importance": ([{"name": "A", "value": "1"}, line("B", "2", None)], {"A": "1", "B": "2"}),
    "the important ones first": ([line("A", "1", False), line("B", "2")], {"B": "2", "A": "1"}),
    "no name": ([line(None, "the cause"), line(" ", "more")], {"evidence": "the cause; more"}),
    "texts": (["one", "two"], {"evidence": "one; two"}),
    "one text": ("the cause", {"evidence": "the cause"}),
    "one line": (line("A", "1"), {"A": "1"}),
    "one object of all": ({"A": "1", "B": 2}, {"A": "1", "B": "2"}),
    "a sensitive name": ([line("api_key", "hunter2-hunter2")], {"api_key": "<secret 1>"}),
    "nothing": ([line("A", None), line("B", "None"), line("C", ""), line("D", []), None], {}),
    "null": (None, {}),
}


@pytest.mark.parametrize("name", LINES)
async def test_lines_of_evidence_are_read_in_whatever_shape(name: str) -> None:
    lines, told = LINES[name]
    async with overlaid(*watched("performance", None, 1001, evidenceDisplay=lines)) as connection:
        event = (await connection.call("get_issue", issue=ISSUE))["event"]
    assert list(event.get("occurrence", {}).items()) == list(told.items())


async def test_who_wrote_a_feedback_is_shown_nowhere() -> None:
    written = {"message": "The map stays white", "contact_email": "ask for Ida Kunde", "name": "Ida Kunde"}
    event, issue = watched(
        *("feedback", "feedback", 6001),
        subtitle="The map stays white",
        evidenceDisplay=[line(name, value, name == "message") for name, value in written.items()],
    )
    async with overlaid({**event, "contexts": {"feedback": written}}, issue) as connection:
        for tool in ("triage_issue", "get_issue", "draft_update", "draft_postmortem"):
            said = json.dumps(await connection.call(tool, issue=ISSUE)) + await connection.text(tool, issue=ISSUE)
            assert "The map stays white" in said
            assert "Kunde" not in said
        shown = (await connection.call("get_issue", issue=ISSUE))["event"]["occurrence"]
    assert shown["contact"] == "left; not shown here"


async def test_customers_are_told_no_errors_of_what_is_none() -> None:
    event, issue = watched("outage", "monitor_check_in_failure", 4001, subtitle="A check-in was missed")
    async with overlaid(event, issue) as connection:
        draft = await connection.call("draft_update", issue=ISSUE, audience="customers")
    assert "see errors" not in draft["text"]
    assert any("a cron monitor does not tell what customers notice" in one for one in draft["unknowns"])


ODD_NUMBERS: tuple[Any, ...] = (10**17, -60, 0, 1e300, 59, "x", None, [], {"a": 1})


@pytest.mark.parametrize("number", ODD_NUMBERS, ids=repr)
async def test_odd_numbers_of_a_watcher_cost_only_themselves(number: Any) -> None:
    data = {
        "value": number,
        "conditions": [{"type": number, "comparison": number, "conditionResult": number}, number],
        "config": {"comparisonDelta": number, "downtimeThreshold": number},
        "dataSources": [{"queryObj": {"intervalSeconds": number, "snubaQuery": {"timeWindow": number}}}, number],
        "breakpoint": number,
        "offenderSpanIds": [number],
    }
    for category, issue_type, type_number in (
        ("metric", "metric_issue", 8001),
        ("outage", "uptime_domain_failure", 7001),
        ("performance", "performance_slow_db_query", 1001),
    ):
        event, issue = watched(category, issue_type, type_number, subtitle="Found it here", evidenceData=data)
        async with overlaid(event, issue) as connection:
            assert "Found it here" in step(await connection.call("triage_issue", issue=ISSUE), 8)
