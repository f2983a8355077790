"""Callers who ask the same while its answer is fresh share the computed incident and the rendered answer."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx
import pytest

from sentry_runbook.incident.incident import Incident
from sentry_runbook.settings import Limits
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import IssueSpec, Scenario, Stream
from sentry_runbook.simulator.world import World
from sentry_runbook.tools import triage_issue
from tests.tools.support import SETTINGS, Connection, connected

CALLERS = 100
SHARING = dataclasses.replace(SETTINGS, limits=Limits(), writes="direct")
ISSUE = "SHOP-1Z"


@dataclasses.dataclass
class Counts:
    """How often the expensive parts of an answer ran."""

    incidents: int = 0
    pages: int = 0


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counts:
    """Counts incidents and rendered triage pages, which stay what they are."""
    seen = Counts()
    build, prepare = Incident.__init__, type(triage_issue.TOOL).prepare

    def built(self: Incident, *args: Any, **kwargs: Any) -> None:
        seen.incidents += 1
        build(self, *args, **kwargs)

    def prepared(self: Any, result: Any) -> Any:
        seen.pages += 1
        return prepare(self, result)

    monkeypatch.setattr(Incident, "__init__", built)
    monkeypatch.setattr(type(triage_issue.TOOL), "prepare", prepared)
    return seen


@asynccontextmanager
async def sharing() -> AsyncIterator[Connection]:
    async with connected("payment-spike", settings=SHARING) as connection:
        yield connection


async def together(*calls: Callable[[], Any]) -> None:
    async with anyio.create_task_group() as tasks:
        for call in calls:
            tasks.start_soon(call)


async def test_a_hundred_callers_compute_one_incident_render_once_and_get_a_nonce_each(counts: Counts) -> None:
    texts: list[str] = []
    async with sharing() as connection:
        await connection.call("get_issue", issue=ISSUE)
        alone = len(connection.upstream.requests)

        async def read() -> None:
            texts.append(await connection.text("get_issue", issue=ISSUE, environment="production"))

        counts.incidents = counts.pages = 0
        await together(*[read] * CALLERS)
        assert (counts.incidents, counts.pages) == (1, 1)
        assert len(connection.upstream.requests) - alone <= alone
    nonces = [re.findall(r"^<untrusted (\w+)>$", text, re.MULTILINE) for text in texts]
    assert len({nonce for (nonce,) in nonces}) == CALLERS
    assert len({re.sub(nonce, "", text) for (nonce,), text in zip(nonces, texts, strict=True)}) == 1


async def test_a_hundred_triages_send_one_callers_requests(counts: Counts) -> None:
    async with sharing() as connection:
        await connection.call("triage_issue", issue=ISSUE)
        alone = len(connection.upstream.requests)
    counts.incidents = counts.pages = 0
    values: list[dict[str, Any]] = []
    async with sharing() as connection:

        async def triage() -> None:
            values.append(await connection.call("triage_issue", issue=ISSUE))

        await together(*[triage] * CALLERS)
        assert len(connection.upstream.requests) == alone
        await triage()
        assert len(connection.upstream.requests) == alone
    assert (counts.incidents, counts.pages) == (1, 1)
    assert all(value == values[0] for value in values)


async def test_other_arguments_and_other_tools_do_not_share(counts: Counts) -> None:
    async with sharing() as connection:
        await connection.call("triage_issue", issue=ISSUE)
        flagged = await connection.call("triage_issue", issue=ISSUE, data_loss_risk=True)
        await connection.call("triage_issue", issue=ISSUE, period="7d")
        await connection.call("classify_severity", issue=ISSUE)
    assert counts.pages == 4
    assert flagged["severity"]["severity"] == "P0"


async def test_an_argument_left_out_is_the_same_as_its_null(counts: Counts) -> None:
    async with sharing() as connection:
        await connection.call("triage_issue", issue=ISSUE)
        await connection.call("triage_issue", issue_id=ISSUE, workaround=None)
    assert counts.pages == 1


async def test_after_a_change_the_next_call_reads_anew(counts: Counts) -> None:
    async with sharing() as connection:
        before = await connection.call("get_issue", issue=ISSUE)
        await connection.call("resolve_issue", issue=ISSUE, action="resolve")
        after = await connection.call("get_issue", issue=ISSUE)
    assert (before["status"], after["status"]) == ("unresolved", "resolved")


async def test_a_cancelled_caller_does_not_end_the_others_call(counts: Counts) -> None:
    gate = _Gate("/tags/")
    values: list[dict[str, Any]] = []
    async with sharing() as connection:
        connection.upstream.inner, gate.inner = gate, connection.upstream.inner

        async def triage() -> None:
            values.append(await connection.call("triage_issue", issue=ISSUE))

        async with anyio.create_task_group() as tasks:
            first = anyio.CancelScope()

            async def cancelled() -> None:
                with first:
                    await triage()

            tasks.start_soon(cancelled)
            await gate.reached.wait()
            tasks.start_soon(triage)
            await anyio.wait_all_tasks_blocked()
            first.cancel()
            await anyio.wait_all_tasks_blocked()
            gate.open.set()
    assert len(values) == 1
    assert counts.incidents == 1


async def test_an_answer_with_a_part_that_failed_is_not_kept() -> None:
    broken = _Broken("/sessions/")
    async with sharing() as connection:
        connection.upstream.inner, broken.inner = broken, connection.upstream.inner
        lacking = await connection.call("triage_issue", issue=ISSUE)
        broken.is_broken = False
        whole = await connection.call("triage_issue", issue=ISSUE)
    assert len(whole["missing"]) < len(lacking["missing"])


async def test_an_answer_that_lacks_its_sample_event_is_not_kept(counts: Counts) -> None:
    broken = _Broken("/events/oldest/")
    clock = ManualClock()
    # A full triage leaves the sample out, but where events carry flags: that one is on in all of them takes two.
    flags = {"flags": {"values": [{"flag": "new-checkout", "result": True}]}}
    scenario = Scenario(name="shop", issues=(IssueSpec(ISSUE, streams=(Stream(20, -50, -10),), contexts=flags),))
    async with connected(world=World(scenario, clock), clock=clock, settings=SHARING) as connection:
        connection.upstream.inner, broken.inner = broken, connection.upstream.inner
        await connection.call("triage_issue", issue=ISSUE)
        assert broken.refused == 1
        broken.is_broken = False
        await connection.call("triage_issue", issue=ISSUE)
    assert counts.pages == 2


async def test_an_error_is_not_kept() -> None:
    broken = _Broken("/")
    async with sharing() as connection:
        connection.upstream.inner, broken.inner = broken, connection.upstream.inner
        assert "503" in await connection.error("triage_issue", issue=ISSUE)
        broken.is_broken = False
        assert (await connection.call("triage_issue", issue=ISSUE))["issue"]["short_id"] == ISSUE


async def test_a_confirm_token_is_made_for_each_call() -> None:
    confirming = dataclasses.replace(SHARING, writes="confirm")
    async with connected("payment-spike", settings=confirming) as connection:
        tokens = {
            (await connection.call("resolve_issue", issue=ISSUE, action="resolve"))["confirm_token"] for _ in range(3)
        }
    assert len(tokens) == 3


@dataclasses.dataclass
class _Gate(httpx.AsyncBaseTransport):
    """Holds requests whose path contains ``part`` until it is opened."""

    part: str
    inner: httpx.AsyncBaseTransport = dataclasses.field(default_factory=httpx.AsyncBaseTransport)
    reached: anyio.Event = dataclasses.field(default_factory=anyio.Event)
    open: anyio.Event = dataclasses.field(default_factory=anyio.Event)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.part in request.url.path:
            self.reached.set()
            await self.open.wait()
        return await self.inner.handle_async_request(request)


@dataclasses.dataclass
class _Broken(httpx.AsyncBaseTransport):
    """Answers 503 to requests whose path contains ``part``."""

    part: str
    inner: httpx.AsyncBaseTransport = dataclasses.field(default_factory=httpx.AsyncBaseTransport)
    is_broken: bool = True
    refused: int = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_broken and self.part in request.url.path:
            self.refused += 1
            return httpx.Response(503, headers={"Retry-After": "60"}, json={})
        return await self.inner.handle_async_request(request)


async def test_after_a_comment_no_draft_is_older_than_it() -> None:
    settings = dataclasses.replace(SETTINGS, limits=Limits(), writes="direct")
    async with connected("payment-spike", settings=settings) as connection:
        before = await connection.call("draft_postmortem", issue="SHOP-1Z")
        assert (await connection.call("add_note", issue="SHOP-1Z", text="Rolled back at noon."))["outcome"] == "applied"
        after = await connection.call("draft_postmortem", issue="SHOP-1Z")
    assert not any("Rolled back at noon" in row["what"] for row in before["timeline"])
    assert any("Rolled back at noon" in row["what"] for row in after["timeline"])


async def test_a_question_about_several_issues_is_shared_too() -> None:
    async with connected("shared-database", settings=SHARING) as connection:
        asked = {"issue": "PAYMENTS-4K", "issues": ["STOREFRONT-5R", "ORDERS-7C"]}
        first = await connection.call("check_recovery", **asked)
        sent = len(connection.upstream.requests)
        assert await connection.call("check_recovery", **asked) == first
        assert len(connection.upstream.requests) == sent
