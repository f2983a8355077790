"""The Sentry of the benchmark's timings: a process of its own that answers as the embedded one does."""

import pytest
from bench.cases import ISSUE, ask, connected
from bench.large_event import SIZE, enlarged
from bench.upstream import Upstream

from sentry_runbook.settings import Limits


@pytest.mark.matrix
async def test_a_triage_over_loopback_is_answered_and_counted(upstream: Upstream) -> None:
    upstream.statistics()
    # An answer that comes at once may be gone before the next request arrives: with a delay they overlap for certain.
    async with connected(upstream.url(100)) as client:
        result = await ask(client, "triage_issue", {})
        counted = upstream.statistics()
        await ask(client, "triage_issue", {})
    assert result.structured_content
    assert result.structured_content["issue"]["short_id"] == ISSUE
    assert upstream.statistics().requests == counted.requests
    assert 1 < counted.most_at_once <= Limits().concurrency


async def test_a_write_is_seen_by_the_next_read(upstream: Upstream) -> None:
    async with connected(upstream.url()) as client:
        for action, status in (("resolve", "resolved"), ("reopen", "unresolved")):
            await ask(client, "resolve_issue", {"action": action})
            read = (await ask(client, "get_issue", {})).structured_content
            assert read
            assert read["status"] == status


async def test_the_large_event_is_five_megabytes_and_its_answer_is_short(upstream: Upstream) -> None:
    async with connected(upstream.url(shape="large")) as client:
        result = await ask(client, "get_issue", {})
    assert len(str(result.structured_content)) < 10_000
    body = enlarged(b'{"entries": [], "tags": []}')
    assert SIZE <= len(body) < SIZE + 1_000


def test_an_answer_that_is_no_event_stays_as_it_is() -> None:
    assert enlarged(b"[1]") == b"[1]"
    assert enlarged(b'{"detail": "no such event"}') == b'{"detail": "no such event"}'
