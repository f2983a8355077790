"""Retries: what is retried, when, and what never is, by counted requests and recorded sleeps."""

from __future__ import annotations

import httpx
import pytest
import respx

from sentry_runbook.errors import (
    BadRequest,
    Forbidden,
    NotFound,
    SentryError,
    ServerFault,
    TimedOut,
    Unauthorized,
    Unreachable,
    Unsupported,
)
from sentry_runbook.sentry.ids import IssueRef
from sentry_runbook.sentry.retry import jittered
from tests.sentry.upstream import BASE, ORG, Answer, Time, Upstream, client_of, drops, gives, says, shows_page

ISSUE = f"{ORG}/issues/1/"
REF = IssueRef("1")
GOOD = gives({"id": "1", "title": "Boom"})
PASSING = {
    "429": says(429, "too frequently"),
    "502 page": shows_page(502),
    "503": says(503),
    "504": Answer(504),
    "a dropped connection": drops(),
    "a query timeout": says(400, "Query timeout. Please try again."),
    "a busy store": says(400, "Too many concurrent queries."),
}
LASTING: dict[str, tuple[Answer, type[SentryError]]] = {
    "400": (says(400, "Invalid query."), BadRequest),
    "401": (says(401, "Invalid token"), Unauthorized),
    "403": (says(403), Forbidden),
    "404": (says(404, "The requested resource does not exist"), NotFound),
    "410": (gives({"message": "This API no longer exists."}, 410), Unsupported),
    "500": (says(500, "Internal error."), ServerFault),
    "a refused connection": (Answer(error=httpx.ConnectError), Unreachable),
    "no answer in time": (Answer(error=httpx.ReadTimeout), TimedOut),
}


@pytest.mark.parametrize("trouble", PASSING.values(), ids=PASSING)
async def test_a_read_is_retried_after_a_transient_error(trouble: Answer) -> None:
    upstream, time = Upstream({ISSUE: [trouble, GOOD]}), Time()
    async with client_of(upstream, time) as client:
        assert (await client.issue(REF))["title"] == "Boom"
    assert upstream.asked(ISSUE) == 2
    assert time.naps == [0.5]


@pytest.mark.parametrize(("trouble", "error"), LASTING.values(), ids=LASTING)
async def test_a_read_is_not_retried_after_a_lasting_error(trouble: Answer, error: type[SentryError]) -> None:
    upstream, time = Upstream({ISSUE: [trouble, GOOD]}), Time()
    async with client_of(upstream, time) as client:
        with pytest.raises(error):
            await client.issue(REF)
    assert upstream.asked(ISSUE) == 1
    assert time.naps == []


@pytest.mark.parametrize("trouble", PASSING.values(), ids=PASSING)
async def test_the_third_failure_is_told_and_waits_double_each_time(trouble: Answer) -> None:
    upstream, time = Upstream({ISSUE: trouble}), Time()
    async with client_of(upstream, time) as client:
        with pytest.raises(SentryError) as caught:
            await client.issue(REF)
    assert upstream.asked(ISSUE) == 3
    assert time.naps == [0.5, 1.0]
    assert "issue 1" in caught.value.what
    assert caught.value.fix


@pytest.mark.parametrize("trouble", [*PASSING.values(), *(answer for answer, _ in LASTING.values())])
async def test_a_write_is_never_sent_twice(trouble: Answer) -> None:
    upstream, time = Upstream({ISSUE: [GOOD, trouble, GOOD]}), Time()
    async with client_of(upstream, time) as client:
        await client.issue(REF)
        with pytest.raises(SentryError):
            await client.update_issue(REF, {"status": "resolved"})
    assert [request.method for request in upstream.seen] == ["GET", "PUT"]
    assert time.naps == []


async def test_a_comment_is_never_sent_twice() -> None:
    notes = f"{ORG}/issues/1/notes/"
    upstream = Upstream({notes: [gives([]), drops(), gives({"id": "5"}, 201)], ISSUE: GOOD})
    async with client_of(upstream) as client:
        with pytest.raises(Unreachable):
            await client.add_note(REF, "We look into it.")
    assert [request.method for request in upstream.seen].count("POST") == 1


@pytest.mark.parametrize("status", [429, 503])
async def test_the_server_says_how_long_to_wait_in_seconds(status: int) -> None:
    time = Time()
    async with client_of(Upstream({ISSUE: [says(status, Retry_After="7"), GOOD]}), time) as client:
        await client.issue(REF)
    assert time.naps == [7]


async def test_the_server_says_how_long_to_wait_as_a_date_on_its_own_clock() -> None:
    busy = says(429, Date="Tue, 24 Nov 2026 08:00:00 GMT", Retry_After="Tue, 24 Nov 2026 08:00:04 GMT")
    time = Time()
    async with client_of(Upstream({ISSUE: [busy, GOOD]}), time) as client:
        await client.issue(REF)
    assert time.naps == [4]


async def test_the_end_of_the_rate_limit_window_is_waited_for() -> None:
    time = Time()
    busy = says(429, X_Sentry_Rate_Limit_Reset=str(int(Time.EPOCH) + 3))
    async with client_of(Upstream({ISSUE: [busy, GOOD]}), time) as client:
        await client.issue(REF)
    assert time.naps == [3]


async def test_a_window_that_has_just_ended_still_leaves_a_moment() -> None:
    time = Time()
    busy = says(429, X_Sentry_Rate_Limit_Reset=str(int(Time.EPOCH)))
    async with client_of(Upstream({ISSUE: [busy, GOOD]}), time) as client:
        await client.issue(REF)
    assert time.naps == [0.5]


@pytest.mark.parametrize("status", [429, 502, 503])
async def test_a_wait_beyond_the_deadline_is_not_begun_and_the_error_says_when(status: int) -> None:
    upstream, time = Upstream({ISSUE: [says(status, Retry_After="40"), GOOD]}), Time()
    async with client_of(upstream, time, call_s=18.0) as client:
        with pytest.raises(SentryError, match="Try again in 40 s") as caught:
            await client.issue(REF)
    assert caught.value.retry_after_s == 40
    assert upstream.asked(ISSUE) == 1
    assert time.naps == []


async def test_a_wait_that_just_fits_is_made() -> None:
    time = Time()
    async with client_of(Upstream({ISSUE: [says(503, Retry_After="17"), GOOD]}), time, call_s=18.0) as client:
        await client.issue(REF)
    assert time.naps == [17]


async def test_retries_count_against_the_deadline_of_the_whole_call() -> None:
    upstream, time = Upstream({ISSUE: says(503, Retry_After="4")}), Time()
    async with client_of(upstream, time) as client:
        with client.deadline(7), pytest.raises(ServerFault, match="Try again in 4 s"):
            await client.issue(REF)
    assert upstream.asked(ISSUE) == 2
    assert time.naps == [4]


def test_jitter_never_comes_too_early() -> None:
    delays = [jittered(4.0) for _ in range(200)]
    assert all(4.0 <= delay <= 5.0 for delay in delays)
    assert len(set(delays)) > 100


@respx.mock(base_url=BASE)
async def test_the_same_holds_on_httpx_own_transport(respx_mock: respx.MockRouter) -> None:
    route = respx_mock.get(ISSUE)
    route.side_effect = [
        httpx.Response(503),
        httpx.ReadError("reset"),
        httpx.Response(200, json={"id": "1", "title": "Boom"}),
    ]
    time = Time()
    async with client_of(None, time) as client:
        assert (await client.issue(REF))["id"] == "1"
    assert route.call_count == 3
    assert time.naps == [0.5, 1.0]
