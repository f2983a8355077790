"""Cancellation: a request is cancelled with its last waiter, and leaves no slot taken."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest

from sentry_runbook.errors import SentryError, TimedOut
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.sentry.ids import IssueRef
from tests.sentry.upstream import ORG, Answer, Time, Upstream, client_of, gives, never, says

ISSUE, TAGS = f"{ORG}/issues/1/", f"{ORG}/issues/1/tags/"
REF = IssueRef("1")
GOOD = b'{"id": "1", "title": "Boom"}'


async def until_asked(upstream: Upstream, times: int = 1) -> None:
    while len(upstream.seen) < times:
        await anyio.lowlevel.checkpoint()


async def settled() -> None:
    for _ in range(20):
        await anyio.lowlevel.checkpoint()


async def test_a_cancelled_caller_cancels_its_request() -> None:
    upstream = Upstream({ISSUE: never()})
    async with client_of(upstream) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(client.issue, REF)
        await until_asked(upstream)
        tasks.cancel_scope.cancel()
    await settled()
    assert upstream.aborted == [ISSUE]


async def test_a_shared_request_goes_on_while_another_caller_waits() -> None:
    held = anyio.Event()
    upstream, found = Upstream({ISSUE: Answer(body=GOOD, held=held)}), list[object]()

    async def ask(client: SentryClient) -> None:
        found.append((await client.issue(REF))["title"])

    async with client_of(upstream) as client, anyio.create_task_group() as staying:
        async with anyio.create_task_group() as leaving:
            leaving.start_soon(ask, client)
            await until_asked(upstream)
            staying.start_soon(ask, client)
            await settled()
            leaving.cancel_scope.cancel()
        assert upstream.aborted == []
        held.set()
    assert found == ["Boom"]
    assert upstream.asked(ISSUE) == 1


async def test_a_cancelled_request_is_not_joined() -> None:
    upstream = Upstream({ISSUE: [never(), gives({"id": "1"})]})
    async with client_of(upstream) as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.issue, REF)
            await until_asked(upstream)
            tasks.cancel_scope.cancel()
        assert (await client.issue(REF))["id"] == "1"
    assert upstream.asked(ISSUE) == 2


async def test_a_caller_cancelled_in_the_queue_leaves_no_slot_taken() -> None:
    held = anyio.Event()
    upstream = Upstream({ISSUE: Answer(body=GOOD, held=held), TAGS: gives([])})
    async with client_of(upstream, concurrency=1) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(client.issue, REF)
        await until_asked(upstream)
        async with anyio.create_task_group() as queued:
            queued.start_soon(client.tags, REF)
            await settled()
            queued.cancel_scope.cancel()
        assert upstream.asked(TAGS) == 0
        held.set()
        assert await client.tags(REF) == ()


async def test_a_caller_cancelled_before_a_retry_sends_none() -> None:
    class Asleep(Time):
        async def sleep(self, seconds: float) -> None:
            self.naps.append(seconds)
            await anyio.sleep_forever()

    upstream, time = Upstream({ISSUE: says(503)}), Asleep()
    async with client_of(upstream, time) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(client.issue, REF)
        while not time.naps:
            await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
    await settled()
    assert upstream.asked(ISSUE) == 1


async def test_closing_the_client_cancels_all_requests() -> None:
    upstream, errors = Upstream({ISSUE: never(), TAGS: never()}), list[SentryError]()
    client = client_of(upstream)

    async def ask(read: str) -> None:
        try:
            await (client.issue(REF) if read == "issue" else client.tags(REF))
        except SentryError as exc:
            errors.append(exc)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask, "issue")
        tasks.start_soon(ask, "tags")
        await until_asked(upstream, 2)
        await client.aclose()
    assert sorted(upstream.aborted) == [ISSUE, TAGS]
    assert [type(error) for error in errors] == [TimedOut, TimedOut]


async def test_a_cancelled_write_is_cancelled_and_invalidates_the_cache() -> None:
    upstream = Upstream({ISSUE: [gives({"id": "1"}), never(), gives({"id": "1"})]})
    async with client_of(upstream, cache_s=10.0) as client:
        await client.issue(REF)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.update_issue, REF, {"status": "resolved"})
            await until_asked(upstream, 2)
            tasks.cancel_scope.cancel()
        await client.issue(REF)
    assert [request.method for request in upstream.seen] == ["GET", "PUT", "GET"]


async def test_a_change_that_is_cancelled_in_the_queue_is_not_sent() -> None:
    await assert_not_sent(Time(), cancels_at_once=True)


async def test_a_change_that_is_cancelled_just_when_its_turn_comes_is_not_sent() -> None:
    """In the turn of the loop in which the request before it is over, and the slot is its own."""

    class Cancelling(Time):
        scope: anyio.CancelScope | None = None

        def wall(self) -> float:
            # Read for every answer, right after its slot was given on.
            if self.scope is not None:
                self.scope.cancel()
            return super().wall()

    await assert_not_sent(Cancelling(), cancels_at_once=False)


async def assert_not_sent(time: Time, *, cancels_at_once: bool) -> None:
    """That a change that waits for the only slot is not sent where its call is cancelled."""
    held, left = anyio.Event(), list[str]()
    upstream = Upstream({ISSUE: [gives({"id": "1"}), gives({"id": "1"})], TAGS: Answer(body=b"[]", held=held)})
    async with client_of(upstream, time, concurrency=1) as client, anyio.create_task_group() as tasks:
        await client.issue(REF)
        tasks.start_soon(client.tags, REF)
        await until_asked(upstream, 2)

        async def change() -> None:
            await client.update_issue(REF, {"status": "resolved"}, leaving=lambda: left.append("left"))

        async with anyio.create_task_group() as queued:
            queued.start_soon(change)
            await settled()
            if cancels_at_once:
                queued.cancel_scope.cancel()
            else:
                time.scope = queued.cancel_scope  # type: ignore[attr-defined]  # of the one that cancels
            held.set()
    await settled()
    assert ([request.method for request in upstream.seen], left) == (["GET", "GET"], [])


async def test_a_change_says_when_it_leaves() -> None:
    upstream = Upstream({ISSUE: [gives({"id": "1"}), gives({"id": "1"})]})
    left: list[list[str]] = []

    def leaving() -> None:
        left.append([request.method for request in upstream.seen])

    async with client_of(upstream) as client:
        await client.issue(REF)
        await client.update_issue(REF, {"status": "resolved"}, leaving=leaving)
    assert left == [["GET"]]
    assert [request.method for request in upstream.seen] == ["GET", "PUT"]


async def test_one_part_of_a_long_series_that_fails_cancels_the_others() -> None:
    from datetime import UTC, datetime, timedelta

    end = datetime(2026, 11, 24, tzinfo=UTC)
    series = f"{ORG}/events-timeseries/"
    upstream = Upstream({series: [never(), says(403)]})
    async with client_of(upstream) as client:
        with pytest.raises(SentryError, match="403"):
            await client.series(
                ["count()"], query="", start=end - timedelta(days=10), end=end, interval_s=60, project_id="1"
            )
    await settled()
    assert upstream.aborted == [series]
