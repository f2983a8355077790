"""Which program answers: known from any answer, and never mistaken."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from sentry_runbook.errors import SentryError
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.sentry.ids import IssueRef
from sentry_runbook.sentry.messages import SentryResponse
from sentry_runbook.sentry.server_kind import is_glitchtip_issue, kind_of
from tests.fake_servers.glitchtip import GlitchTip
from tests.fake_servers.sentry_2019 import Sentry2019
from tests.recordings import recordings, status_of
from tests.sentry.other_servers import recorded, response_of
from tests.sentry.test_glitchtip import END, START, client_before
from tests.sentry.upstream import client_of

REF = IssueRef("7")


def is_marked(record: dict[str, Any]) -> bool:
    body = record["body"]
    rows = body if isinstance(body, list) else [body]
    return kind_of(response_of(record)) == "glitchtip" or any(
        is_glitchtip_issue(row) for row in rows[:1] if isinstance(row, dict)
    )


def test_no_answer_of_a_sentry_bears_a_mark_of_glitchtip() -> None:
    old = [name for name, record in recorded("sentry91").items() if is_marked(record)]
    new = [number for number, record in recordings().items() if is_marked(_as_recorded(record))]
    assert (old, new) == ([], [])


def _as_recorded(record: dict[str, Any]) -> dict[str, Any]:
    return {**record, "status": status_of(record)}


def test_most_recorded_answers_of_glitchtip_bear_a_mark() -> None:
    records = recorded("glitchtip")
    silent = {name for name, record in records.items() if not is_marked(record)}
    # Whole objects and bare lists that are no issue, and the pages of Django's own errors.
    alike = {name for name in silent if records[name]["status"] in (200, 201)}
    assert {records[name]["status"] for name in silent - alike} <= {403, 405, 500}
    assert len(silent) < len(records) / 5


FIRST: dict[str, Callable[[SentryClient], Awaitable[object]]] = {
    "the issue": lambda client: client.issue(REF),
    "its events": lambda client: client.events(REF),
    "one event": lambda client: client.event(REF, "latest"),
    "its tags": lambda client: client.tags(REF),
    "its comments": lambda client: client.notes(REF),
    "the list": lambda client: client.issues(
        query="", project=None, environments=(), sort="date", start=START, end=END, limit=10, cursor=None
    ),
    "the list of a project": lambda client: client.issues(
        query="", project="web", environments=(), sort="new", start=START, end=END, limit=10, cursor=None
    ),
    "the root": lambda client: client.whoami(),
    "the organizations": lambda client: client.organizations(),
    "the projects": lambda client: client.projects(),
    "the environments": lambda client: client.environments(),
    "the releases": lambda client: client.releases(None),
    "Discover": lambda client: client.discover(["count()"], query="", start=START, end=END, project_id="1"),
    "sessions": lambda client: client.sessions(start=START, end=END, project_id="1"),
    "a change": lambda client: client.update_issue(REF, {"status": "resolved"}),
    "a comment": lambda client: client.add_note(REF, "Seen."),
    "an issue that is not there": lambda client: client.issue(IssueRef("99")),
    "a short id": lambda client: client.issue(IssueRef("WEB-A")),
}


@pytest.mark.parametrize("first", FIRST)
async def test_glitchtip_is_known_after_the_first_call_whatever_it_is(first: str) -> None:
    async with client_before(GlitchTip()) as client:
        before = client.server
        try:
            await FIRST[first](client)
        except SentryError:
            assert first in ("Discover", "sessions", "an issue that is not there")
        assert (before, client.server) == ("unknown", "glitchtip")


@pytest.mark.parametrize("first", ["the issue", "its events", "the list", "a change"])
async def test_a_wrong_token_is_no_reason_not_to_know_it(first: str) -> None:
    async with client_before(GlitchTip(), token="sntryu_wrong") as client:
        with pytest.raises(SentryError, match="does not accept the auth token"):
            await FIRST[first](client)
        assert client.server == "glitchtip"


@pytest.mark.parametrize("first", ["the issue", "its events", "the list", "a change", "Discover"])
async def test_an_old_sentry_is_never_taken_for_glitchtip(first: str) -> None:
    async with client_of(Sentry2019().transport(), base_url="http://old.example", token="sntryu_stand_in") as client:
        try:
            await FIRST[first](client)
        except SentryError:
            assert first == "Discover"
        assert client.server != "glitchtip"


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (405, {"content-type": "text/html"}, b"<html><title>405</title>Method not allowed</html>"),
        (422, {"content-type": "application/json"}, json.dumps({"detail": [{"type": "x", "loc": []}]}).encode()),
        (401, {"content-type": "application/json"}, b'{"detail":"Unauthorized"}'),
        (404, {"content-type": "application/json; charset=utf-8"}, b'{"detail":"The requested resource is gone"}'),
        (200, {"content-type": "text/html"}, b"<html><title>Why we left GlitchTip</title></html>"),
        (200, {"link": '<http://x/?cursor=1>; rel="next"; results="false"'}, b"[]"),
    ],
    ids=["a firewall", "another FastAPI", "a gateway", "another Django", "a page", "a good Link"],
)
def test_answers_of_others_are_no_mark(status: int, headers: dict[str, str], body: bytes) -> None:
    assert kind_of(SentryResponse(status, headers, body)) == "unknown"


async def test_what_sentry_says_of_itself_counts_more_than_a_page_before_it() -> None:
    """Once a server is known as a Sentry, a page that stands before it changes nothing."""
    exposed = {"access-control-expose-headers": "X-Sentry-Error, X-Hits, Link"}
    answers = iter(
        [
            httpx.Response(200, json=[{"id": "1", "slug": "acme"}], headers=exposed),
            httpx.Response(404, html="<html><title>GlitchTip</title></html>"),
        ]
    )
    async with client_of(httpx.MockTransport(lambda _: next(answers)), base_url="http://old.example") as client:
        await client.organizations()
        with pytest.raises(SentryError):
            await client.organization("acme")
        assert client.server == "sentry"
