"""The client in front of a GlitchTip: all that it can answer is read, what it drops shows in the read-back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import anyio
import pytest

from sentry_runbook.collect.request_values import event_id_of
from sentry_runbook.errors import BadRequest, NotFound, ServerFault, Unauthorized, Unsupported
from sentry_runbook.incident.model.evidence import Note, TagCount
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.sentry.ids import IssueRef
from tests.fake_servers.app import TOKEN
from tests.fake_servers.glitchtip import ISSUE, OLD_SHORT_ID, SHORT_ID, GlitchTip
from tests.fake_servers.glitchtip_data import EVENT_ID, NOW
from tests.sentry.evidence import event_of, issue_of, part_of, parts_of, row_of
from tests.sentry.upstream import client_of

REF, NAMED = IssueRef(ISSUE), IssueRef(SHORT_ID)
END = NOW
START = END - timedelta(days=1)
BELOW_ORG = f"/api/0/organizations/acme/issues/{ISSUE}/"


def client_before(server: GlitchTip, token: str = TOKEN) -> SentryClient:
    return client_of(server.transport(), base_url="http://glitchtip.example", token=token)


async def test_an_issue_is_read_where_it_lives_and_the_detour_is_made_once() -> None:
    server = GlitchTip()
    async with client_before(server) as client:
        assert (await client.issue(REF))["shortId"] == SHORT_ID
        assert row_of((await client.events(REF)).items[0]).release == "web@1.2.0"
        assert event_of(await client.event(REF, "latest")).exceptions[0].type == "ConnectionError"
        assert event_id_of(await client.event(REF, EVENT_ID)) == EVENT_ID
        assert parts_of(TagCount, await client.tags(REF))[0].values[0][0] == "production"
    assert server.asked(f"GET {BELOW_ORG}") == 1
    assert not [one for one in server.seen if one.startswith(f"GET {BELOW_ORG}") and one != f"GET {BELOW_ORG}"]


async def test_everything_at_once_on_a_fresh_client_finds_its_place_too() -> None:
    server, found = GlitchTip(), dict[str, object]()

    async with client_before(server) as client, anyio.create_task_group() as tasks:

        async def issue() -> None:
            found["issue"] = (await client.issue(NAMED))["id"]

        async def rows() -> None:
            found["rows"] = len((await client.events(NAMED)).items)

        async def event() -> None:
            found["event"] = event_id_of(await client.event(NAMED, "latest"))

        for one in (issue, rows, event):
            tasks.start_soon(one)
    assert found == {"issue": ISSUE, "rows": 100, "event": EVENT_ID}


async def test_a_short_id_is_found_in_the_list_through_its_malformed_pages() -> None:
    server = GlitchTip(more=150)
    async with client_before(server) as client:
        assert (await client.issue(NAMED))["id"] == ISSUE
        assert len((await client.events(NAMED)).items) == 100
    lists = [one for one in server.seen if one == "GET /api/0/organizations/acme/issues/"]
    assert len(lists) == 2


async def test_the_look_up_that_is_not_there_is_not_tried_once_it_is_known() -> None:
    server = GlitchTip()
    async with client_before(server) as client:
        await client.issue(NAMED)
        with pytest.raises(NotFound, match="knows no issue WEB-ZZ"):
            await client.issue(IssueRef("WEB-ZZ"))
        before = len(server.seen)
        with pytest.raises(NotFound, match="knows no issue WEB-YY"):
            await client.issue(IssueRef("WEB-YY"))
    assert not [one for one in server.seen[before:] if "/shortids/" in one]
    assert len([one for one in server.seen if "/shortids/" in one]) <= 1


async def test_users_that_are_not_counted_are_unknown_not_nobody() -> None:
    async with client_before(GlitchTip()) as client:
        assert issue_of(await client.issue(REF)).users_total is None


async def test_an_unknown_issue_is_told_in_plain_words() -> None:
    async with client_before(GlitchTip()) as client:
        await client.issue(REF)
        with pytest.raises(NotFound, match="no issue 99"):
            await client.issue(IssueRef("99"))


async def test_the_list_is_sorted_in_its_own_words() -> None:
    server = GlitchTip()
    async with client_before(server) as client:
        for _ in range(2):
            page = await client.issues(
                query="", project="web", environments=(), sort="freq", start=START, end=END, limit=10, cursor=None
            )
            assert [issue["shortId"] for issue in page.items] == [SHORT_ID, OLD_SHORT_ID]
            assert page.next_cursor is None
    assert server.asked("GET /api/0/organizations/acme/issues/") == 3


async def test_the_malformed_link_still_leads_on() -> None:
    async with client_before(GlitchTip(more=3)) as client:
        seen: list[object] = []
        cursor: str | None = None
        for _ in range(5):
            page = await client.issues(
                query="", project=None, environments=(), sort="date", start=START, end=END, limit=1, cursor=cursor
            )
            seen += [issue["shortId"] for issue in page.items]
            cursor = page.next_cursor
    assert seen == ["WEB-10", "WEB-11", "WEB-12", OLD_SHORT_ID, SHORT_ID]
    assert cursor is None


async def ask_what_is_missing(client: SentryClient) -> dict[str, type[Exception]]:
    missing: dict[str, type[Exception]] = {}
    window: dict[str, Any] = {"start": START, "end": END, "project_id": "1"}
    asks: dict[str, Callable[[], Awaitable[object]]] = {
        "discover": lambda: client.discover(["count()"], query="", **window),
        "latency": lambda: client.latency(transactions=["GET /"], **window),
        "series": lambda: client.series(["count()"], query="", interval_s=60, **window),
        "sessions": lambda: client.sessions(**window),
        "deploys": lambda: client.deploys("web@1.2.0"),
        "committers": lambda: client.committers("web", EVENT_ID),
        "workflows": lambda: client.workflows("1"),
        "recommended of nothing": lambda: client.event(IssueRef("99"), "recommended"),
    }
    for name, ask in asks.items():
        try:
            await ask()
        except (Unsupported, NotFound) as exc:
            missing[name] = type(exc)
    return missing


async def test_what_is_not_there_is_told_and_not_asked_for_again() -> None:
    server = GlitchTip()
    async with client_before(server) as client:
        await client.issue(REF)
        first = await ask_what_is_missing(client)
        asked = len(server.seen)
        again = await ask_what_is_missing(client)
        extra = server.seen[asked:]
    assert first == again
    assert {name for name, kind in first.items() if kind is Unsupported} == {
        "discover",
        "latency",
        "series",
        "sessions",
        "deploys",
        "committers",
        "workflows",
    }
    assert all("/issues/99/" in one for one in extra)


async def test_the_latest_event_stands_in_for_the_recommended_and_the_oldest_is_left_out() -> None:
    server = GlitchTip()
    async with client_before(server) as client:
        assert event_id_of(await client.event(REF, "recommended")) == EVENT_ID
        assert event_id_of(await client.event(REF, "recommended")) == EVENT_ID
        for _ in range(2):
            with pytest.raises(Unsupported, match="oldest"):
                await client.event(REF, "oldest")
    assert server.asked(f"GET /api/0/issues/{ISSUE}/events/recommended/") == 1
    assert server.asked(f"GET /api/0/issues/{ISSUE}/events/oldest/") == 0


async def test_a_change_goes_below_the_organization_and_the_answer_in_snake_case_is_read() -> None:
    server = GlitchTip()
    async with client_before(server) as client:
        changed = await client.update_issue(NAMED, {"status": "resolved"})
        assert changed["status"] == "resolved"
        assert (await client.issue(REF, fresh=True))["status"] == "resolved"
    assert server.asked(f"PUT {BELOW_ORG}") == 1
    assert not [one for one in server.seen if one.startswith("PUT /api/0/issues/")]


async def test_a_change_finds_its_place_even_when_only_the_tags_were_read_before() -> None:
    server = GlitchTip()
    async with client_before(server) as client:
        await client.tags(REF)
        await client.update_issue(REF, {"status": "resolved"})
    assert server.status == "resolved"


async def test_conditions_that_it_drops_show_in_the_read_back() -> None:
    server = GlitchTip()
    async with client_before(server) as client:
        await client.update_issue(REF, {"status": "ignored", "statusDetails": {"ignoreCount": 100}})
        after = await client.issue(REF, fresh=True)
    assert after["status"] == "ignored"
    assert issue_of(after).snooze is None


async def test_a_comment_goes_where_and_how_it_wants_it_once() -> None:
    server = GlitchTip()
    async with client_before(server) as client:
        posted = await client.add_note(NAMED, "We look into it.")
        again = parts_of(Note, await client.notes(NAMED))
    assert server.comments == ["We look into it."]
    assert part_of(Note, posted).text == "We look into it."
    assert [note.text for note in again] == ["We look into it."]
    assert len([one for one in server.seen if one.startswith("POST")]) == 1


async def test_a_bad_token_is_told_as_that_for_reads_and_changes() -> None:
    server = GlitchTip()
    async with client_before(server, token="wrong") as client:
        with pytest.raises(Unauthorized):
            await client.issue(REF)
    async with client_before(server) as client:
        await client.issue(REF)
        server.token = "another"
        with pytest.raises(Unauthorized, match="does not accept"):
            await client.update_issue(REF, {"status": "resolved"})


async def test_a_status_it_does_not_know_is_refused_not_lost() -> None:
    async with client_before(GlitchTip()) as client:
        with pytest.raises(BadRequest, match="422"):
            await client.update_issue(REF, {"status": "resolvedInNextRelease"})
        with pytest.raises(ServerFault):
            await client.update_issue(REF, {"assignedTo": "user:1"})


async def test_doctor_s_table_tells_it() -> None:
    async with client_before(GlitchTip()) as client:
        await client.issue(NAMED)
        await ask_what_is_missing(client)
        await client.notes(REF)
        table = {line.name: line.state for line in client.capabilities()}
    assert {name for name, state in table.items() if state == "no"} >= {
        "org_issues",
        "look_up",
        "discover",
        "timeseries",
        "sessions",
        "deploys",
        "committers",
        "workflows",
        "notes",
    }
    assert "yes" not in {table[name] for name in ("discover", "sessions", "org_issues")}


async def test_pages_for_people_have_its_own_address() -> None:
    async with client_before(GlitchTip()) as client:
        await client.issue(REF)
        assert client.issue_url(ISSUE, organization="acme") == "http://glitchtip.example/acme/issues/7"
