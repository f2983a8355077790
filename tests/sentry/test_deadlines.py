"""No call outlives its deadline, and the time left is handed down."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import anyio.lowlevel
import httpx
import pytest

from sentry_runbook.errors import RateLimited, SentryError, ServerFault, TimedOut, Unreachable
from sentry_runbook.sentry.ids import IssueRef
from tests.sentry.upstream import ORG, Answer, Time, Upstream, client_of, gives, never, says

ISSUE, TAGS = f"{ORG}/issues/1/", f"{ORG}/issues/1/tags/"
REF = IssueRef("1")
SOON = 0.02
"""Real seconds. What never answers does not answer later either, so the length decides nothing."""


async def test_a_request_that_hangs_ends_with_the_limit_of_one_exchange() -> None:
    upstream = Upstream({ISSUE: never()})
    async with client_of(upstream, read_s=SOON) as client:
        with pytest.raises(TimedOut, match=r"did not answer within 0\.02 s"):
            await client.issue(REF)
    assert upstream.aborted == upstream.paths
    assert len(upstream.seen) <= 1


async def test_a_request_that_hangs_ends_with_the_whole_call() -> None:
    upstream = Upstream({ISSUE: never()})
    async with client_of(upstream, call_s=SOON) as client:
        with pytest.raises(TimedOut, match="ran out"):
            await client.issue(REF)
    for _ in range(20):
        await anyio.lowlevel.checkpoint()
    assert upstream.aborted == upstream.paths


async def test_a_hanging_side_request_costs_only_its_own_part() -> None:
    upstream, parts = Upstream({ISSUE: gives({"id": "1"}), TAGS: never()}), dict[str, object]()

    async def tags() -> None:
        try:
            with client.deadline(SOON):
                await client.tags(REF)
        except SentryError as exc:
            parts["tags"] = type(exc)

    async with client_of(upstream) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(tags)
        parts["issue"] = (await client.issue(REF))["id"]
    assert parts == {"issue": "1", "tags": TimedOut}


async def test_after_the_deadline_nothing_is_sent() -> None:
    upstream, time = Upstream({ISSUE: gives({"id": "1"})}), Time()
    async with client_of(upstream, time) as client:
        with client.deadline(5):
            await client.issue(REF)
            time.now += 5
            with pytest.raises(TimedOut):
                await client.issue(REF)
            with pytest.raises(TimedOut):
                await client.update_issue(REF, {"status": "resolved"})
    assert len(upstream.seen) == 1


async def test_an_inner_deadline_cannot_reach_beyond_the_outer_one() -> None:
    upstream, time = Upstream({ISSUE: says(503, Retry_After="8")}), Time()
    async with client_of(upstream, time) as client:
        with client.deadline(5), client.deadline(100), pytest.raises(ServerFault, match="8 s"):
            await client.issue(REF)
        assert time.naps == []
        with client.deadline(100), client.deadline(5), pytest.raises(ServerFault, match="8 s"):
            await client.issue(REF)
    assert time.naps == []


async def test_an_answer_at_hand_is_given_even_without_time_left() -> None:
    upstream, time = Upstream({ISSUE: gives({"id": "1"})}), Time()
    async with client_of(upstream, time, cache_s=10.0) as client:
        await client.issue(REF)
        with client.deadline(0):
            assert (await client.issue(REF))["id"] == "1"


async def test_a_caller_with_a_later_deadline_extends_the_fetch_it_joins() -> None:
    upstream, time = Upstream({ISSUE: [says(503, Retry_After="8"), gives({"id": "1"})]}), Time()
    found: dict[str, object] = {}

    async def ask(name: str, seconds: float) -> None:
        with client.deadline(seconds):
            found[name] = (await client.issue(REF))["id"]

    async with client_of(upstream, time) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(ask, "patient", 18)
        tasks.start_soon(ask, "in a hurry", 5)
    assert found == {"patient": "1", "in a hurry": "1"}
    assert time.naps == [8]


async def test_a_deadline_during_a_retry_delay_tells_why_and_until_when() -> None:
    class Asleep(Time):
        async def sleep(self, seconds: float) -> None:
            self.naps.append(seconds)
            await anyio.sleep_forever()

    upstream, time = Upstream({ISSUE: says(429, Retry_After="3")}), Asleep()

    async def in_a_hurry() -> None:
        with client.deadline(SOON), pytest.raises(RateLimited, match="Try again in 3 s"):
            await client.issue(REF)

    async with client_of(upstream, time) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(client.issue, REF)
        while not time.naps:
            await anyio.lowlevel.checkpoint()
        await in_a_hurry()
        tasks.cancel_scope.cancel()


async def test_a_connection_that_is_not_made_in_time_is_told_as_that() -> None:
    async with client_of(Upstream({ISSUE: Answer(error=httpx.ConnectTimeout)})) as client:
        with pytest.raises(Unreachable, match="cannot be reached"):
            await client.issue(REF)


async def test_a_slow_drip_does_not_hold_a_caller() -> None:
    async def drip() -> AsyncIterator[bytes]:
        yield b'{"id": "1"'
        await anyio.sleep_forever()

    upstream = Upstream({ISSUE: Answer(pieces=drip)})
    async with client_of(upstream, read_s=SOON) as client:
        with pytest.raises(TimedOut):
            await client.issue(REF)
