"""Single flight and cache: concurrent callers share one request, kept for seconds, never across tokens or writes."""

from __future__ import annotations

from functools import partial

import anyio
import anyio.lowlevel
import pytest

from sentry_runbook.errors import NotFound, SentryError, ServerFault
from sentry_runbook.incident.model.evidence.json_values import JsonObject
from sentry_runbook.sentry.ids import IssueRef
from tests.sentry.upstream import ORG, Answer, Time, Upstream, client_of, gives, says

ISSUE, OTHER = f"{ORG}/issues/1/", f"{ORG}/issues/2/"
REF = IssueRef("1")
GOOD = gives({"id": "1", "title": "Boom"})


async def test_concurrent_equal_requests_are_sent_once() -> None:
    upstream, found = Upstream({ISSUE: GOOD}), list[JsonObject]()

    async def ask() -> None:
        found.append(await client.issue(REF))

    async with client_of(upstream) as client, anyio.create_task_group() as tasks:
        for _ in range(100):
            tasks.start_soon(ask)
    assert upstream.asked(ISSUE) == 1
    assert len(found) == 100
    assert all(one is found[0] for one in found)


async def test_requests_that_differ_in_their_query_are_not_shared() -> None:
    upstream = Upstream({ISSUE: GOOD})
    async with client_of(upstream) as client, anyio.create_task_group() as tasks:
        for name in ("production", "staging"):
            tasks.start_soon(partial(client.issue, REF, environments=[name]))
    assert upstream.asked(ISSUE) == 2


async def test_an_error_is_shared_too_and_each_caller_gets_an_instance_of_its_own() -> None:
    upstream, errors = Upstream({ISSUE: says(404)}), list[SentryError]()

    async def ask() -> None:
        try:
            await client.issue(REF)
        except SentryError as exc:
            errors.append(exc)

    async with client_of(upstream) as client, anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(ask)
    assert upstream.asked(ISSUE) == 1
    assert {type(error) for error in errors} == {NotFound}
    assert len({id(error) for error in errors}) == 10


async def test_an_answer_is_kept_for_its_seconds_and_not_longer() -> None:
    upstream, time = Upstream({ISSUE: GOOD}), Time()
    async with client_of(upstream, time, cache_s=10.0) as client:
        await client.issue(REF)
        time.now += 9.9
        await client.issue(REF)
        assert upstream.asked(ISSUE) == 1
        time.now += 0.1
        await client.issue(REF)
    assert upstream.asked(ISSUE) == 2


async def test_nothing_is_kept_with_a_cache_of_zero() -> None:
    upstream = Upstream({ISSUE: GOOD})
    async with client_of(upstream, cache_s=0.0) as client:
        await client.issue(REF)
        await client.issue(REF)
    assert upstream.asked(ISSUE) == 2


async def test_a_fresh_answer_is_fetched_and_kept_for_others() -> None:
    upstream = Upstream({ISSUE: [gives({"id": "1", "title": "old"}), gives({"id": "1", "title": "new"})]})
    async with client_of(upstream, cache_s=10.0) as client:
        await client.issue(REF)
        assert (await client.issue(REF, fresh=True))["title"] == "new"
        assert (await client.issue(REF))["title"] == "new"
    assert upstream.asked(ISSUE) == 2


async def test_errors_are_not_kept() -> None:
    upstream = Upstream({ISSUE: [says(500), GOOD]})
    async with client_of(upstream, cache_s=10.0) as client:
        with pytest.raises(ServerFault):
            await client.issue(REF)
        assert (await client.issue(REF))["id"] == "1"


async def test_nothing_from_before_a_write_is_an_answer_after_it() -> None:
    old, new = gives({"id": "1", "status": "unresolved"}), gives({"id": "1", "status": "resolved"})
    upstream = Upstream({ISSUE: [old, new, new]})
    async with client_of(upstream, cache_s=10.0) as client:
        assert (await client.issue(REF))["status"] == "unresolved"
        await client.update_issue(REF, {"status": "resolved"})
        assert (await client.issue(REF))["status"] == "resolved"
    assert [request.method for request in upstream.seen] == ["GET", "PUT", "GET"]


async def test_a_failed_write_invalidates_too_for_it_may_have_been_made() -> None:
    upstream = Upstream({ISSUE: [GOOD, says(500), GOOD]})
    async with client_of(upstream, cache_s=10.0) as client:
        await client.issue(REF)
        with pytest.raises(ServerFault):
            await client.update_issue(REF, {"status": "resolved"})
        await client.issue(REF)
    assert upstream.asked(ISSUE) == 3


async def test_a_fetch_from_before_a_write_is_not_joined_after_it_and_not_kept() -> None:
    held = anyio.Event()
    slow = Answer(body=b'{"id": "1", "status": "unresolved"}', held=held)
    done = gives({"id": "1", "status": "resolved"})
    upstream, found = Upstream({ISSUE: [GOOD, slow, done, done]}), dict[str, object]()

    async def ask(name: str) -> None:
        found[name] = (await client.issue(REF, fresh=True))["status"]

    async with client_of(upstream, cache_s=10.0) as client:
        await client.issue(REF)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, "before")
            while len(upstream.seen) < 2:
                await anyio.lowlevel.checkpoint()
            await client.update_issue(REF, {"status": "resolved"})
            await ask("after")
            held.set()
        found["kept"] = (await client.issue(REF))["status"]
    assert found == {"before": "unresolved", "after": "resolved", "kept": "resolved"}


async def test_two_tokens_share_nothing() -> None:
    upstream = Upstream({ISSUE: GOOD})
    async with client_of(upstream, token="one", cache_s=10.0) as one, client_of(upstream, token="two") as two:
        await one.issue(REF)
        await two.issue(REF)
    assert [request.headers["authorization"] for request in upstream.seen] == ["Bearer one", "Bearer two"]


async def test_a_large_answer_is_not_kept() -> None:
    upstream = Upstream({ISSUE: gives({"id": "1", "title": "x" * 600_000})})
    async with client_of(upstream, cache_s=10.0) as client:
        await client.issue(REF)
        await client.issue(REF)
    assert upstream.asked(ISSUE) == 2


async def test_only_so_many_answers_are_kept_the_latest_ones() -> None:
    upstream = Upstream({}, gives({"id": "1"}))
    async with client_of(upstream, cache_s=10.0) as client:
        for number in range(300):
            await client.issue(IssueRef(str(number + 1)))
        await client.issue(IssueRef("300"))
        await client.issue(IssueRef("1"))
    assert upstream.asked(f"{ORG}/issues/300/") == 1
    assert upstream.asked(ISSUE) == 2


async def test_kept_answers_together_stay_within_their_bytes() -> None:
    upstream = Upstream({}, gives({"id": "1", "title": "x" * 400_000}))
    async with client_of(upstream, cache_s=10.0) as client:
        for number in range(12):
            await client.issue(IssueRef(str(number + 1)))
        await client.issue(IssueRef("12"))
        await client.issue(IssueRef("1"))
    assert upstream.asked(f"{ORG}/issues/12/") == 1
    assert upstream.asked(ISSUE) == 2
