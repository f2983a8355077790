"""The client in front of a self-hosted Sentry of 2023, below a path prefix."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import httpx
import pytest

from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.sentry.references import parse_reference
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.records import IssueRecord
from sentry_runbook.simulator.world import World
from tests.fake_servers.selfhosted_2023 import PREFIX, selfhosted_2023
from tests.sentry.evidence import event_of, issue_of
from tests.sentry.upstream import client_of

BASE = f"http://sentry.intern{PREFIX}"


class Counting(httpx.AsyncBaseTransport):
    """Passes on and counts the last part of each path."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.asked: Counter[str] = Counter()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked[request.url.path.rstrip("/").rpartition("/")[2]] += 1
        assert request.url.path.startswith(f"{PREFIX}/api/0/")
        return await self._inner.handle_async_request(request)


def first(world: World) -> IssueRecord:
    return next(iter(world.issues()))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def world(clock: ManualClock) -> World:
    return World.of_all(clock)


@pytest.fixture
def upstream(world: World) -> Counting:
    return Counting(httpx.ASGITransport(selfhosted_2023(world)))


@pytest.fixture
def client(upstream: Counting) -> SentryClient:
    return client_of(upstream, base_url=BASE)


async def test_an_issue_of_a_pasted_link_is_read_below_the_prefix(client: SentryClient, world: World) -> None:
    wanted = first(world)
    ref = parse_reference(f"{BASE}/organizations/acme/issues/{wanted.id}/?project=1", BASE)
    assert (await client.issue(ref))["shortId"] == wanted.short_id
    assert (await client.issue(parse_reference(wanted.short_id, BASE)))["id"] == str(wanted.id)


async def test_counts_come_without_a_dataset_and_the_detour_is_made_once(
    client: SentryClient, world: World, clock: ManualClock, upstream: Counting
) -> None:
    wanted = first(world)
    issue = issue_of(await client.issue(parse_reference(wanted.short_id, BASE)))
    for _ in range(2):
        table = await client.discover(
            ["count()", "count_unique(user)"],
            query=f"issue.id:{issue.id}",
            start=clock() - timedelta(days=30),
            end=clock(),
            project_id=first(world).project.id,
        )
        assert table.number("count()") == issue.events_total
    assert upstream.asked["events"] == 3


async def test_series_latency_and_sessions_come_in_their_older_forms(
    client: SentryClient, world: World, clock: ManualClock, upstream: Counting
) -> None:
    start, end = clock() - timedelta(hours=24), clock()
    issue = issue_of(await client.issue(parse_reference(first(world).short_id, BASE)))
    found = await client.series(
        ["count()"],
        query=f"issue.id:{issue.id}",
        start=start,
        end=end,
        interval_s=60,
        project_id=first(world).project.id,
    )
    assert found["count()"].step_s == 60
    assert sum(value or 0 for value in found["count()"].values) > 0
    sessions = await client.sessions(project_id=first(world).project.id, start=start, end=end)
    assert not sessions.has_unhandled_rate
    event = event_of(await client.event(parse_reference(first(world).short_id, BASE), "recommended"))
    assert event.transaction is not None
    latency = await client.latency(
        transactions=[event.transaction], start=start, end=end, project_id=first(world).project.id
    )
    assert latency.measure == "p95(transaction.duration)"
    assert upstream.asked["events-timeseries"] == 1
    assert upstream.asked["events-stats"] == 1


async def test_doctor_s_table_tells_what_is_missing(client: SentryClient, world: World, clock: ManualClock) -> None:
    start, end = clock() - timedelta(hours=24), clock()
    ref = parse_reference(first(world).short_id, BASE)
    await client.issue(ref)
    await client.discover(["count()"], query="", start=start, end=end, project_id=first(world).project.id)
    await client.series(["count()"], query="", start=start, end=end, interval_s=60, project_id=first(world).project.id)
    await client.sessions(project_id=first(world).project.id, start=start, end=end)
    await client.event(ref, "recommended")
    table = {line.name: line.state for line in client.capabilities()}
    assert {name for name, state in table.items() if state == "no"} == {
        "dataset",
        "timeseries",
        "unhandled_rate",
        "recommended",
    }
    assert {"org_issues", "short_ids", "discover", "stats", "sessions", "crash_rate"} <= {
        name for name, state in table.items() if state == "yes"
    }
    assert table["workflows"] == "unknown"
