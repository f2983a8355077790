"""Any Sentry: every tool gives what the server can answer, names the rest, and never takes a dropped write for done."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from sentry_runbook.settings import Secret
from sentry_runbook.simulator.app import Profile
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World
from tests.fake_servers import glitchtip, literal_runbook, sentry_2019
from tests.fake_servers.app import TOKEN
from tests.fake_servers.selfhosted_2023 import PREFIX, selfhosted_2023
from tests.matrix import matrix
from tests.tools.contract import TOOLS, at, call, complaints, named_missing
from tests.tools.support import BASE, SETTINGS, Connection, connected

ISSUE = "SHOP-1Z"
PROFILES = {
    "without spans": Profile(spans=False),
    "without the newer time series": Profile(timeseries=False),
    "without sessions": Profile(sessions=False),
    "without datasets": Profile(dataset=False, spans=False),
    "without the unhandled rate": Profile(unhandled_rate=False),
    "without the recommended event": Profile(recommended=False),
    "without issues below the organization": Profile(org_issues=False),
    "without Discover": Profile(discover=False),
    "without slugs in searches": Profile(project_slugs=False),
    "without global views": Profile(global_views=False),
    "for a token that is no member": Profile(member=False),
    "with little else": Profile(
        absent=frozenset({"committers", "activities", "notes", "tags", "deploys", "releases", "stats_v2", "logs"})
    ),
}
LACKING = {
    "without sessions": {"impact.crash_free_sessions_pct", "severity.crash_free"},
    "without Discover": {"impact.p95_ms"},
    "with little else": {"suspect_commits", "releases", "dropped events"},
}
"""What a triage must name there."""
QUICK = ("without Discover",)


async def wrong(connection: Connection, issue: str) -> list[str]:
    """What is wrong with the answers of all tools."""
    found = []
    schemas = {one.name: one.output_schema or {} for one in (await connection.client.list_tools()).tools}
    for tool in TOOLS:
        result = await connection.client.call_tool(tool, call(tool, issue))
        text = "\n".join(getattr(part, "text", "") for part in result.content)
        if result.is_error:
            found.append(f"{tool}: {text}")
            continue
        found += [f"{tool}: {bad}" for bad in complaints(tool, result.structured_content or {}, text, schemas[tool])]
    return found


@pytest.mark.parametrize("name", matrix(PROFILES, quick=QUICK))
async def test_a_server_that_lacks_something_gets_the_rest_answered(name: str) -> None:
    async with connected("payment-spike", profile=PROFILES[name]) as connection:
        assert await wrong(connection, ISSUE) == []
        triage = await connection.call("triage_issue", issue=ISSUE)
        assert named_missing(triage) >= LACKING.get(name, set())


async def test_without_discover_and_events_nothing_is_computed_from_the_counts_over_all_time() -> None:
    """What is counted from events, hours and tags: test_without_discover.py. Here nothing of these is told."""
    profile = Profile(discover=False, timeseries=False, absent=frozenset({"events", "events-stats", "tags"}))
    async with connected("payment-spike", profile=profile) as connection:
        start, end = "2026-11-20T11:48:30Z", "2026-11-20T11:49:30Z"
        impact = await connection.call("discover_impact", issue=ISSUE, start=start, end=end)
    assert "events" not in impact and "users" not in impact
    assert impact["events_all_time"] == 200
    assert "unknown, which is not the same as none" in impact["reading"]


@pytest.mark.parametrize("name", matrix(PROFILES, quick=QUICK))
async def test_what_a_server_lacks_is_learned_once_and_then_two_rounds_are_enough(name: str) -> None:
    async with connected("payment-spike", profile=PROFILES[name]) as connection:
        await connection.call("triage_issue", issue=ISSUE)
        connection.upstream.reset()
        await connection.call("triage_issue", issue=ISSUE)
        assert connection.upstream.rounds <= 2, connection.upstream.requests_per_round


async def test_latency_without_the_dataset_of_transactions_is_known_in_every_call() -> None:
    """As on Sentry 24.2, whose default dataset alone has it: errors by dataset, no spans, no transactions."""
    clock = ManualClock()
    world = World([SCENARIOS["geocoding-503"]], clock)
    profile = Profile(spans=False, transactions=False, timeseries=False)
    async with connected(world=world, clock=clock, profile=profile) as connection:
        answers = [await connection.call("discover_impact", issue=SCENARIOS["geocoding-503"].issue) for _ in range(3)]
    assert [answer["p95_ms"] for answer in answers] == [answers[0]["p95_ms"]] * 3


# --- servers that are not Sentry's of today

StandIn = glitchtip.GlitchTip | literal_runbook.LiteralRunbook | sentry_2019.Sentry2019
STAND_INS: dict[str, tuple[type[StandIn], str]] = {
    "GlitchTip": (glitchtip.GlitchTip, glitchtip.ISSUE),
    "the runbook's snippets, literally": (literal_runbook.LiteralRunbook, literal_runbook.ISSUE),
    "Sentry of 2019": (sentry_2019.Sentry2019, sentry_2019.ISSUE),
}
CANNOT = {
    "the runbook's snippets, literally": ("assess_situation", "review_alerts", "find_issues", "add_note"),
    "Sentry of 2019": ("review_alerts",),
}
"""What has no endpoint there at all."""


@asynccontextmanager
async def facing(name: str) -> AsyncIterator[tuple[Connection, StandIn]]:
    """A connection to a stand-in."""
    server = STAND_INS[name][0]()
    settings = dataclasses.replace(SETTINGS, token=Secret(TOKEN))
    async with connected("payment-spike", settings=settings, transport=server.transport()) as connection:
        yield connection, server


@pytest.mark.parametrize("name", STAND_INS)
async def test_a_stand_in_gets_everything_answered_that_it_can_answer(name: str) -> None:
    async with facing(name) as (connection, _):
        found = await wrong(connection, STAND_INS[name][1])
    cannot = CANNOT.get(name, ())
    assert [one for one in found if not one.startswith(cannot)] == []
    assert all(": neither" not in one and "schema" not in one and "\n" not in one for one in found)


@pytest.mark.parametrize("name", STAND_INS)
async def test_a_resolve_on_a_stand_in_is_applied_and_seen(name: str) -> None:
    async with facing(name) as (connection, server):
        plan = await connection.call("resolve_issue", issue=STAND_INS[name][1], action="resolve")
        token = plan["confirm_token"]
        done = await connection.call("resolve_issue", issue=STAND_INS[name][1], action="resolve", confirm_token=token)
    assert done["outcome"] == "applied" and server.status == "resolved"


async def test_a_self_hosted_sentry_of_2023_below_a_prefix_answers_everything() -> None:
    clock = ManualClock()
    world = World(SCENARIOS["payment-spike"], clock)
    settings = dataclasses.replace(SETTINGS, base_url=BASE + PREFIX)
    transport = httpx.ASGITransport(selfhosted_2023(world))
    async with connected(world=world, clock=clock, settings=settings, transport=transport) as connection:
        record = world.find_issue(ISSUE)
        assert record is not None
        url = f"{BASE}{PREFIX}/organizations/acme/issues/{record.id}/"
        assert await wrong(connection, url) == []
        triage = await connection.call("triage_issue", issue=url)
    assert triage["issue"]["url"].startswith(BASE + PREFIX)
    assert at(triage, "severity.severity") == "P0"
    assert at(triage, "impact.events") == 200


@pytest.mark.parametrize("first", [None, "list_events"])
async def test_glitchtip_counts_no_users_whatever_was_asked_before(first: str | None) -> None:
    async with facing("GlitchTip") as (connection, _):
        if first is not None:
            await connection.call(first, issue=glitchtip.ISSUE)
        issue = await connection.call("get_issue", issue=glitchtip.ISSUE)
        listed = await connection.call("find_issues")
    assert "users_total" not in issue
    assert listed["issues"]
    assert all("users" not in row for row in listed["issues"])
