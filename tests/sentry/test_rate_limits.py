"""A 429 on one endpoint slows its family for everybody, and nobody else."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest

from sentry_runbook.errors import RateLimited, SentryError, TimedOut
from sentry_runbook.sentry.ids import IssueRef
from tests.sentry.upstream import ORG, Answer, Time, Upstream, client_of, gives, says

FIRST, SECOND = f"{ORG}/issues/1/", f"{ORG}/issues/2/"
TAGS = f"{ORG}/issues/1/tags/"
GOOD = gives({"id": "1", "title": "Boom"})
RESET = {"X_Sentry_Rate_Limit_Reset": str(int(Time.EPOCH) + 6)}


async def test_a_limit_on_one_issue_holds_for_all_issues() -> None:
    upstream, time = Upstream({FIRST: [says(429, Retry_After="5"), GOOD], SECOND: GOOD}), Time()
    async with client_of(upstream, time, call_s=4.0) as client:
        with pytest.raises(RateLimited):
            await client.issue(IssueRef("1"))
        with pytest.raises(RateLimited, match="Try again in 5 s") as caught:
            await client.issue(IssueRef("2"))
        assert upstream.asked(SECOND) == 0
        assert caught.value.retry_after_s == 5
        time.now += 5
        await client.issue(IssueRef("2"))
    assert upstream.asked(SECOND) == 1
    assert time.naps == []


async def test_a_limit_on_issues_does_not_slow_other_endpoints() -> None:
    upstream, time = Upstream({FIRST: says(429, Retry_After="60"), TAGS: gives([])}), Time()
    async with client_of(upstream, time) as client:
        with pytest.raises(RateLimited):
            await client.issue(IssueRef("1"))
        assert await client.tags(IssueRef("1")) == ()
    assert time.naps == []


async def test_who_can_wait_waits_for_the_pause_of_the_family_and_then_asks_once() -> None:
    upstream, time = Upstream({FIRST: [says(429, Retry_After="5"), GOOD], SECOND: GOOD}), Time()
    async with client_of(upstream, time) as client:
        await client.issue(IssueRef("1"))
        await client.issue(IssueRef("2"))
    assert time.naps == [5]
    assert upstream.paths == [FIRST, FIRST, SECOND]


async def test_requests_that_queued_behind_a_429_wait_for_its_pause_too() -> None:
    class Asleep(Time):
        async def sleep(self, seconds: float) -> None:
            self.naps.append(seconds)
            await anyio.sleep_forever()

    upstream, time = Upstream({FIRST: says(429, Retry_After="5"), SECOND: GOOD}), Asleep()
    async with client_of(upstream, time, concurrency=1) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(client.issue, IssueRef("1"))
        tasks.start_soon(client.issue, IssueRef("2"))
        while len(time.naps) < 2:
            await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
    assert upstream.paths == [FIRST]
    assert time.naps == [5, 5]


async def test_a_used_up_window_that_ends_soon_is_waited_for() -> None:
    soon = {"X_Sentry_Rate_Limit_Remaining": "0", "X_Sentry_Rate_Limit_Reset": str(int(Time.EPOCH) + 1)}
    upstream, time = Upstream({FIRST: gives({"id": "1"}, **soon), SECOND: GOOD}), Time()
    async with client_of(upstream, time) as client:
        await client.issue(IssueRef("1"))
        await client.issue(IssueRef("2"))
    assert time.naps == [1]


async def test_a_used_up_window_that_ends_late_is_tried_all_the_same() -> None:
    late = {"X_Sentry_Rate_Limit_Remaining": "0", "X_Sentry_Rate_Limit_Reset": str(int(Time.EPOCH) + 600)}
    upstream, time = Upstream({FIRST: gives({"id": "1"}, **late), SECOND: GOOD}), Time()
    async with client_of(upstream, time) as client:
        await client.issue(IssueRef("1"))
        await client.issue(IssueRef("2"))
    assert time.naps == []


async def test_a_wrong_header_does_not_close_an_endpoint_for_days() -> None:
    upstream, time = Upstream({FIRST: [says(429, Retry_After="999999"), GOOD]}), Time()
    async with client_of(upstream, time) as client:
        with pytest.raises(RateLimited, match="999999 s"):
            await client.issue(IssueRef("1"))
        time.now += 121
        assert (await client.issue(IssueRef("1")))["id"] == "1"


async def test_a_limit_on_changes_slows_the_next_change() -> None:
    upstream, time = Upstream({FIRST: [GOOD, says(429, Retry_After="5"), GOOD]}), Time()
    async with client_of(upstream, time) as client:
        await client.issue(IssueRef("1"))
        with pytest.raises(RateLimited):
            await client.update_issue(IssueRef("1"), {"status": "resolved"})
        await client.update_issue(IssueRef("1"), {"status": "resolved"})
    assert time.naps == [5]


async def test_after_a_pause_a_change_that_is_never_answered_may_have_been_made() -> None:
    upstream, time = Upstream({FIRST: [GOOD, says(429, Retry_After="0.2"), Answer(hangs=True)]}), Time()
    async with client_of(upstream, time, call_s=0.3, read_s=8) as client:
        await client.issue(IssueRef("1"))
        with pytest.raises(RateLimited):
            await client.update_issue(IssueRef("1"), {"status": "resolved"})
        with pytest.raises(TimedOut):
            await client.update_issue(IssueRef("1"), {"status": "resolved"})
    assert len(upstream.seen) == 3


async def test_a_change_that_would_wait_too_long_is_not_sent() -> None:
    upstream, time = Upstream({FIRST: [GOOD, says(429, Retry_After="50"), GOOD]}), Time()
    async with client_of(upstream, time) as client:
        await client.issue(IssueRef("1"))
        for _ in range(2):
            with pytest.raises(RateLimited):
                await client.update_issue(IssueRef("1"), {"status": "resolved"})
    assert len(upstream.seen) == 2


async def test_the_text_of_a_429_is_not_believed_to_be_html() -> None:
    upstream = Upstream({FIRST: says(429, "attempting too frequently", Content_Type="text/html", **RESET)})
    async with client_of(upstream, call_s=1.0) as client:
        with pytest.raises(SentryError) as caught:
            await client.issue(IssueRef("1"))
    assert isinstance(caught.value, RateLimited)
    assert caught.value.retry_after_s == 6


async def test_a_slot_is_given_back_when_a_pause_begins_in_the_line() -> None:
    """Who waits behind a request that is told to wait gets its turn after the pause, and every slot returns."""
    held, time = anyio.Event(), PatientTime()
    limited = Answer(429, b'{"detail": "x"}', {"retry-after": "2"}, held=held)
    upstream = Upstream({FIRST: limited}, gives({"id": "2"}))
    async with client_of(upstream, time, concurrency=1) as client:

        async def first() -> None:
            with pytest.raises(RateLimited):
                await client.issue(IssueRef("1"))

        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(first)
                while not upstream.seen:
                    await anyio.lowlevel.checkpoint()
                tasks.start_soon(client.issue, IssueRef("2"))
                tasks.start_soon(client.issue, IssueRef("3"))
                await anyio.wait_all_tasks_blocked()
                held.set()
            assert (await client.issue(IssueRef("4")))["id"] == "2"


class PatientTime(Time):
    """Lets the others run while it sleeps."""

    async def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        for _ in range(20):
            await anyio.lowlevel.checkpoint()
        self.now = max(self.now, until)
