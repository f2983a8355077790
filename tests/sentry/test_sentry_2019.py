"""The client in front of a Sentry 9.1.2."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sentry_runbook.collect.request_values import event_id_of
from sentry_runbook.errors import Forbidden, NotFound, ServerFault, Unsupported
from sentry_runbook.incident.model.evidence import Note
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.sentry.ids import IssueRef
from tests.fake_servers.app import TOKEN, StandIn
from tests.fake_servers.payloads import EVENT_ID
from tests.fake_servers.sentry_2019 import ISSUE, SHORT_ID, BehindLogin, Sentry2019
from tests.sentry.evidence import event_of, issue_of, part_of, row_of
from tests.sentry.upstream import client_of

REF, NAMED = IssueRef(ISSUE), IssueRef(SHORT_ID)
END = datetime(2026, 11, 24, 9, tzinfo=UTC)
START = datetime(2026, 11, 24, 8, tzinfo=UTC)


def client_before(server: StandIn) -> SentryClient:
    return client_of(server.transport(), base_url="http://old.example", token=TOKEN)


async def test_an_issue_is_read_by_its_short_id_which_is_looked_up_once() -> None:
    server = Sentry2019()
    async with client_before(server) as client:
        issue = issue_of(await client.issue(NAMED))
        assert (issue.id, issue.users_total, issue.substatus, issue.unhandled) == (ISSUE, 40, None, None)
        assert row_of((await client.events(NAMED)).items[0]).release == "web@1.2.0"
        assert event_of(await client.event(NAMED, "oldest")).release == "web@1.2.0"
        assert len(await client.tags(NAMED)) == 1
        assert await client.notes(NAMED) == ()
    assert server.asked(f"GET /api/0/organizations/acme/shortids/{SHORT_ID}/") == 1
    assert server.asked(f"GET /api/0/organizations/acme/issues/{SHORT_ID}/") == 1


async def test_an_event_alone_leads_to_its_issue() -> None:
    server = Sentry2019()
    async with client_before(server) as client:
        assert (await client.issue(IssueRef(EVENT_ID, event=EVENT_ID)))["id"] == ISSUE
        assert event_id_of(await client.event(IssueRef(EVENT_ID), EVENT_ID)) == EVENT_ID
    assert server.asked(f"GET /api/0/organizations/acme/eventids/{EVENT_ID}/") == 1


async def test_an_unknown_short_id_and_an_issue_of_others_are_told_apart() -> None:
    async with client_before(Sentry2019()) as client:
        with pytest.raises(NotFound, match="knows no issue WEB-ZZ"):
            await client.issue(IssueRef("WEB-ZZ"))
        with pytest.raises(Forbidden):
            await client.issue(IssueRef("8"))


async def test_the_old_list_of_events_is_not_taken_for_discover() -> None:
    server = Sentry2019()
    async with client_before(server) as client:
        for _ in range(2):
            with pytest.raises(Unsupported, match="Discover"):
                await client.discover(["count()"], query="issue.id:7", start=START, end=END, project_id="1")
        with pytest.raises(Unsupported):
            await client.latency(transactions=["GET /"], start=START, end=END, project_id="1")
        with pytest.raises(Unsupported):
            await client.sessions(project_id="1", start=START, end=END)
    assert server.asked("GET /api/0/organizations/acme/events/") == 1


async def test_the_older_time_series_answers_by_the_minute() -> None:
    server = Sentry2019()
    async with client_before(server) as client:
        for _ in range(2):
            found = await client.series(
                ["count()"], query="issue.id:7", start=START, end=END, interval_s=60, project_id="1"
            )
            assert found["count()"].values == (3.0,) * 60
            assert found["count()"].step_s == 60
    assert server.asked("GET /api/0/organizations/acme/events-timeseries/") == 1


async def test_releases_deploys_and_suspect_commits_are_there() -> None:
    async with client_before(Sentry2019()) as client:
        assert [release["version"] for release in await client.releases("1")] == ["web@1.2.0"]
        assert (await client.deploys("web@1.2.0"))[0]["environment"] == "production"
        assert (await client.committers("web", EVENT_ID))[0]["author"] == "Ada"
        with pytest.raises(NotFound):
            await client.release("web@9.9.9")


async def test_the_latest_event_stands_in_for_the_recommended_one() -> None:
    server = Sentry2019()
    async with client_before(server) as client:
        for _ in range(2):
            assert event_id_of(await client.event(REF, "recommended")) == EVENT_ID
    assert server.asked(f"GET /api/0/issues/{ISSUE}/events/recommended/") == 1


async def test_a_change_and_a_comment_go_to_the_older_place() -> None:
    server = Sentry2019()
    async with client_before(server) as client:
        change = {"status": "resolved", "statusDetails": {"inNextRelease": True}}
        assert (await client.update_issue(NAMED, change))["status"] == "resolved"
        after = await client.issue(NAMED, fresh=True)
        assert part_of(Note, await client.add_note(NAMED, "We look into it.")).text == "We look into it."
    assert (after["status"], issue_of(after).next_release) == ("resolved", True)
    assert [one for one in server.seen if not one.startswith("GET")] == [
        f"PUT /api/0/issues/{ISSUE}/",
        f"POST /api/0/issues/{ISSUE}/notes/",
    ]
    assert server.notes == ["We look into it."]


async def test_a_login_page_before_sentry_is_told_as_that() -> None:
    async with client_before(BehindLogin()) as client:
        with pytest.raises(ServerFault, match="a web page instead of data"):
            await client.issue(REF)
        with pytest.raises(ServerFault, match="a web page instead of data"):
            await client.whoami()
        with pytest.raises(ServerFault):
            await client.update_issue(REF, {"status": "resolved"})
