"""Known edges: issues that are no errors, merged or archived; foreign projects; what a pasted URL says besides."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import httpx
import pytest

from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import (
    IssueSpec,
    OccurrenceSpec,
    Scenario,
    SessionsSpec,
    StateChange,
    Stream,
    Transactions,
)
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World
from tests.tools.contract import OF_ONE_ISSUE, at, call, complaints, named_missing
from tests.tools.support import BASE, SETTINGS, Connection, connected

OTHERS = Scenario(
    name="others",
    project="shop",
    issues=(
        IssueSpec(
            "SHOP-2",
            category="performance",
            issue_type="performance_n_plus_one_db_queries",
            level="info",
            occurrence=OccurrenceSpec("N+1 Query", "SELECT", (("Offending Spans", "SELECT * FROM carts"),)),
            streams=(Stream(60, -300),),
        ),
        IssueSpec(
            "SHOP-3",
            category="outage",
            issue_type="uptime_domain_failure",
            occurrence=OccurrenceSpec("Downtime detected", "", (("Status", "503"),)),
            streams=(Stream(5, -30),),
        ),
        IssueSpec(
            "SHOP-4",
            category="feedback",
            issue_type="feedback",
            occurrence=OccurrenceSpec("User Feedback", "It does not work"),
            streams=(Stream(3, -30),),
        ),
        # An error of the same project, whose numbers must not end up in theirs.
        IssueSpec("SHOP-5", "Boom", streams=(Stream(900, -60, users=400),)),
    ),
    sessions=(SessionsSpec(3000),),
    transactions=(Transactions("GET /cart", 100),),
)
COUNTS = {"SHOP-2": (60, 60), "SHOP-3": (5, 5), "SHOP-4": (3, 3)}


async def wrong(connection: Connection, issue: str) -> list[str]:
    """What is wrong with the answers of all tools."""
    schemas = {one.name: one.output_schema or {} for one in (await connection.client.list_tools()).tools}
    found = []
    for tool in OF_ONE_ISSUE:
        result = await connection.client.call_tool(tool, call(tool, issue))
        text = "\n".join(getattr(part, "text", "") for part in result.content)
        assert not result.is_error, text
        found += [f"{tool}: {bad}" for bad in complaints(tool, result.structured_content or {}, text, schemas[tool])]
    return found


@pytest.mark.parametrize("issue", COUNTS)
async def test_an_issue_that_is_no_error_is_counted_by_itself_and_the_rest_is_named(issue: str) -> None:
    clock = ManualClock()
    async with connected(world=World(OTHERS, clock), clock=clock) as connection:
        assert await wrong(connection, issue) == []
        impact = await connection.call("discover_impact", issue=issue)
        triage = await connection.call("triage_issue", issue=issue)
        report = await connection.call("get_issue", issue=issue)
    assert (impact["events"], impact["users"]) == COUNTS[issue]
    assert {"unhandled_per_minute_peak", "breakdown"} <= named_missing(impact)
    assert "severity.unhandled_rate" in named_missing(triage)
    assert report["category"] in ("performance", "outage", "feedback") and report["event"]["occurrence"]
    assert "event.exceptions" in named_missing(report)


async def test_an_archived_issue_says_so_and_can_be_reopened() -> None:
    archived = IssueSpec(
        "SHOP-8",
        "Noise",
        streams=(Stream(40, -300),),
        history=(StateChange(-10, "ignored", substatus="archived_forever"),),
    )
    clock = ManualClock()
    async with connected(world=World(Scenario(name="archived", issues=(archived,)), clock), clock=clock) as connection:
        assert await wrong(connection, "SHOP-8") == []
        report = await connection.call("get_issue", issue="SHOP-8")
        assert (report["status"], report["substatus"]) == ("ignored", "archived_forever")
        assert (await connection.call("resolve_issue", issue="SHOP-8", action="ignore"))["outcome"] == "already"
        plan = await connection.call("resolve_issue", issue="SHOP-8", action="reopen")
        token = plan["confirm_token"]
        done = await connection.call("resolve_issue", issue="SHOP-8", action="reopen", confirm_token=token)
    assert done["outcome"] == "applied" and done["after"]["status"] == "unresolved"


class Merged(httpx.AsyncBaseTransport):
    """Sentry answers for a merged issue with the one that it was merged into."""

    OLD = "1111111111"

    def __init__(self, inner: httpx.AsyncBaseTransport, target: str) -> None:
        self._inner = inner
        self._target = target

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Ask for the other issue."""
        url = str(request.url).replace(f"/issues/{self.OLD}/", f"/issues/{self._target}/")
        return await self._inner.handle_async_request(httpx.Request(request.method, url, headers=request.headers))


async def test_a_merged_issue_is_read_as_the_one_it_was_merged_into_and_says_so() -> None:
    clock = ManualClock()
    world = World(SCENARIOS["payment-spike"], clock)
    record = world.find_issue("SHOP-1Z")
    assert record is not None
    merged = Merged(httpx.ASGITransport(create_app(world)), record.id)
    async with connected(world=world, clock=clock, transport=merged) as connection:
        triage = await connection.call("triage_issue", issue=Merged.OLD)
        report = await connection.call("get_issue", issue=Merged.OLD)
        text = await connection.text("triage_issue", issue=Merged.OLD)
    said = f"Issue {Merged.OLD} was merged into SHOP-1Z"
    assert triage["issue"]["short_id"] == report["short_id"] == "SHOP-1Z"
    assert any(said in warning for warning in triage["warnings"])
    assert any(said in warning for warning in report["warnings"])
    assert said in text and triage["impact"]["events"] == 200


async def test_the_issues_own_project_wins_over_the_configured_one() -> None:
    foreign = dataclasses.replace(SETTINGS, project="geo")
    async with connected("payment-spike", "geocoding-503", settings=foreign) as connection:
        triage = await connection.call("triage_issue", issue="SHOP-1Z")
        found = await connection.call("find_issues")
        asked = await connection.call("find_issues", project="shop")
    assert triage["issue"]["project"] == "shop"
    assert (at(triage, "severity.severity"), at(triage, "impact.events")) == ("P0", 200)
    assert {issue["project"] for issue in found["issues"]} == {"geo"}
    assert {issue["project"] for issue in asked["issues"]} == {"shop"}


async def test_a_pasted_event_url_reads_that_event_in_that_environment() -> None:
    async with connected("payment-spike") as connection:
        rows = (await connection.call("list_events", issue="SHOP-1Z", limit=5))["events"]
        number = connection.number("SHOP-1Z")
        page = f"{BASE}/organizations/acme/issues/{number}/events/{rows[3]['id']}/?environment=production"
        report = await connection.call("get_issue", issue=page)
        explicit = await connection.call("get_issue", issue=page, event="oldest")
        asked = [request for request in connection.upstream.requests if "environment=production" in request]
    assert report["event"]["id"] == rows[3]["id"]
    assert explicit["event"]["id"] != rows[3]["id"]
    assert asked


async def test_an_environment_without_events_is_said_to_have_none() -> None:
    canary = IssueSpec("SHOP-2", "Boom", streams=(Stream(5, -30, environment="canary"),))
    scenario = SCENARIOS["payment-spike"]
    world = World(dataclasses.replace(scenario, issues=(*scenario.issues, canary)), clock := ManualClock())
    async with connected(world=world, clock=clock) as connection:
        triage = await connection.call("triage_issue", issue="SHOP-1Z", environment="canary")
        impact = await connection.call("discover_impact", issue="SHOP-1Z", environment="canary")
    reasons = {entry["what"]: entry["why"] for entry in impact["missing"]}
    assert "events" not in reasons and impact["events"] == 0, "a measured 0: the project has this environment"
    said = " ".join(triage["warnings"])
    assert 'no events in the environment "canary"' in said and '"production"' in said


async def test_every_scenario_is_found_with_find_issues_and_read_by_what_it_lists() -> None:
    async with connected() as connection:
        listed: dict[str, Any] = {}
        more: dict[str, Any] = {}
        while True:
            found = await connection.call("find_issues", period="7d", limit=12, **more)
            listed |= {issue["short_id"]: issue for issue in found["issues"]}
            if "next_cursor" not in found:
                break
            more = {"cursor": found["next_cursor"]}
        for scenario in SCENARIOS.values():
            row = listed[scenario.issue]
            report = await connection.call("get_issue", issue=row["url"])
            assert (report["short_id"], report["events_total"]) == (scenario.issue, row["events"])


async def test_pages_of_events_follow_one_another_without_gap_or_repetition() -> None:
    seen: list[str] = []
    async with connected("payment-spike") as connection:
        more: dict[str, Any] = {}
        while True:
            page = await connection.call("list_events", issue="SHOP-1Z", limit=40, **more)
            seen += [event["id"] for event in page["events"]]
            if "next_cursor" not in page:
                break
            more = {"cursor": page["next_cursor"]}
    assert not page["truncated"]
    assert len(seen) == len(set(seen)) == 200


async def test_a_release_as_sentry_s_pages_show_it_is_answered_with_its_whole_name() -> None:
    """Without its package it is another release to a search, which then finds nothing."""
    async with connected("payment-spike") as connection:
        [event] = (await connection.call("list_events", issue="SHOP-1Z", limit=1))["events"]
        whole = event["release"]
        short = whole.partition("@")[2]
        assert short
        answer = await connection.call("list_events", issue="SHOP-1Z", release=short)
        [warning] = answer["warnings"]
        assert f'no "{short}": they are' in warning and f'"{whole}"' in warning
        assert "Nothing matches" not in await connection.text("list_events", issue="SHOP-1Z", release=short)
        for release, query in ((f" {whole} ", None), (whole, "no.such.tag:1")):
            told = await connection.call("list_events", issue="SHOP-1Z", release=release, query=query)
            assert "warnings" not in told and bool(told["events"]) is (query is None)


async def test_releases_that_cannot_be_read_cost_an_empty_list_nothing() -> None:
    world = World([SCENARIOS["payment-spike"]], clock := ManualClock())
    app = httpx.ASGITransport(create_app(world))

    async def answer(request: httpx.Request) -> httpx.Response:
        refused = request.url.path.endswith("/tags/")
        return httpx.Response(403, json={}) if refused else await app.handle_async_request(request)

    async with connected(world=world, clock=clock, transport=httpx.MockTransport(answer)) as connection:
        told = await connection.call("list_events", issue="SHOP-1Z", release="9.9.9")
        assert told["events"] == [] and "warnings" not in told


async def test_masked_values_are_counted_once_for_both_channels() -> None:
    leaking = IssueSpec("SHOP-9", "Mail to jane@example.com failed", streams=(Stream(5, -30),))
    clock = ManualClock()
    async with connected(world=World(Scenario(name="leak", issues=(leaking,)), clock), clock=clock) as connection:
        result = await connection.client.call_tool("get_issue", {"issue": "SHOP-9"})
    values, text = result.structured_content or {}, getattr(result.content[0], "text", "")
    assert "jane@example.com" not in text + json.dumps(values)
    assert values["masked"]["email"] >= 1 and "Masked: " in text


CLOCK = ManualClock()


class NoNumber(httpx.AsyncBaseTransport):
    """An embedded Sentry whose Discover counts one environment with null."""

    def __init__(self, world: World, environment: str) -> None:
        self._inner = httpx.ASGITransport(create_app(world))
        self._environment = environment

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        body = json.loads(b"".join([chunk async for chunk in response.aiter_raw()]) or b"null")
        for row in body.get("data", ()) if isinstance(body, dict) else ():
            if isinstance(row, dict) and row.get("environment") == self._environment:
                row["count()"] = None
        return httpx.Response(response.status_code, headers={"content-type": "application/json"}, json=body)


async def test_production_without_a_number_is_not_taken_for_no_production() -> None:
    streams = (Stream(50, -60), Stream(20, -60, environment="staging"))
    world = World(
        [Scenario(name="both", project="shop", issues=(IssueSpec("SHOP-8", "Boom", streams=streams),))], CLOCK
    )
    async with connected(clock=CLOCK, transport=NoNumber(world, "production")) as connection:
        verdict = await connection.call("classify_severity", issue="SHOP-8")
    asked = next(one for one in verdict["criteria"] if one["id"] == "non_production")
    assert asked["met"] is False, "the total of production is measured by itself"
    assert verdict["severity"] == "P2"


async def test_an_issue_without_a_number_does_not_cost_the_others() -> None:
    inner = httpx.ASGITransport(create_app(World(SCENARIOS.values(), ManualClock())))

    class FirstWithoutNumber(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            response = await inner.handle_async_request(request)
            rows = json.loads(await response.aread())
            rows[0]["id"] = None
            return httpx.Response(200, json=rows)

    async with connected(transport=FirstWithoutNumber(), clock=ManualClock()) as connection:
        answer = await connection.call("find_issues", query="is:unresolved", period="7d")
    assert len(answer["issues"]) > 1
