"""The client in front of a server that answers literally as the runbook's shell snippets expect."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sentry_runbook.errors import NotFound, Unsupported
from sentry_runbook.incident.model.evidence import Snooze
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.sentry.ids import IssueRef
from tests.fake_servers.app import TOKEN
from tests.fake_servers.literal_runbook import ISSUE, LiteralRunbook, OnDataset
from tests.sentry.evidence import issue_of, row_of
from tests.sentry.upstream import client_of

REF = IssueRef(ISSUE)
END = datetime(2026, 11, 24, 9, tzinfo=UTC)
START = END - timedelta(hours=24)
WAYS: tuple[OnDataset, ...] = ("refuses", "ignores")


def client_before(server: LiteralRunbook) -> SentryClient:
    return client_of(server.transport(), base_url="http://literal.example", token=TOKEN)


@pytest.mark.parametrize("way", WAYS)
async def test_the_issue_and_its_events_are_read(way: OnDataset) -> None:
    async with client_before(LiteralRunbook(way)) as client:
        issue = issue_of(await client.issue(REF))
        assert (issue.events_total, issue.users_total, issue.platform) == (180, 40, None)
        rows = (await client.events(REF, limit=5)).items
    assert [row_of(row).release for row in rows] == ["geo@3.0.1"] * 5


@pytest.mark.parametrize("way", WAYS)
async def test_impact_and_latency_are_counted(way: OnDataset) -> None:
    server = LiteralRunbook(way)
    async with client_before(server) as client:
        table = await client.discover(
            ["count()", "count_unique(user)"], query=f"issue.id:{ISSUE}", start=START, end=END, project_id=None
        )
        latency = await client.latency(transactions=["GET /geo"], start=START, end=END, project_id=None)
    assert (table.number("count()"), table.number("count_unique(user)")) == (180, 40)
    assert [(row.transaction, row.p95_ms, row.count) for row in latency.rows] == [("GET /geo", 8200.0, 51)]
    assert latency.measure == "p95(transaction.duration)"


@pytest.mark.parametrize(
    "body",
    [
        {"status": "resolved"},
        {"status": "resolved", "statusDetails": {"inNextRelease": True}},
        {"status": "ignored", "statusDetails": {"ignoreCount": 100}},
    ],
)
async def test_the_three_changes_of_the_runbook_are_made(body: dict[str, object]) -> None:
    async with client_before(LiteralRunbook()) as client:
        assert (await client.update_issue(REF, body))["status"] == body["status"]
        after = await client.issue(REF, fresh=True)
    issue = issue_of(after)
    assert issue.next_release == ("inNextRelease" in str(body))
    assert issue.snooze == (Snooze(count=100) if "ignoreCount" in str(body) else None)


async def test_what_the_snippets_do_not_ask_for_is_missing_and_says_so() -> None:
    async with client_before(LiteralRunbook()) as client:
        await client.issue(REF)
        for ask in (client.tags(REF), client.event(REF, "latest"), client.notes(REF), client.releases("1")):
            with pytest.raises((NotFound, Unsupported)):
                await ask
