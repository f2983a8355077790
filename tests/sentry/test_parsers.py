"""No payload that is JSON raises anything but the client's own errors: each shape, damaged in every way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentry_runbook.collect import request_values
from sentry_runbook.errors import SentryError, ServerFault
from sentry_runbook.incident.model.evidence import (
    Alert,
    Commit,
    Deploy,
    Event,
    EventRow,
    FlagChange,
    Issue,
    Note,
    Release,
    TagCount,
)
from sentry_runbook.incident.model.evidence.alert_row import AlertRow, OpenPeriod
from sentry_runbook.incident.model.evidence.alert_setup import AlertSetup
from sentry_runbook.incident.model.evidence.alert_target import CheckIn, TargetIssue, UptimeResult
from sentry_runbook.incident.model.evidence.lenient import FromSentry
from sentry_runbook.sentry.account import TokenOwner
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.sentry.counts import ListPage, SessionCounts
from sentry_runbook.sentry.ids import IssueRef
from tests.sentry import shapes
from tests.sentry.evidence import parts_of
from tests.sentry.upstream import ORG, Answer, Upstream, client_of, gives

REF = IssueRef("1")
END = datetime(2026, 11, 24, tzinfo=UTC)
WINDOW: dict[str, Any] = {"start": END - timedelta(hours=1), "end": END, "project_id": "1"}
BY_ISSUE: dict[str, Any] = {
    **{"query": "", "start": WINDOW["start"], "end": END, "interval_s": 60},
    **{"project_ids": ("1",), "with_others": True},
}
LIST: dict[str, Any] = {"query": "", "project": None, "environments": (), "sort": "date", "limit": 10, "cursor": None}
WRITTEN = f"{ORG}/issues/1/"
Ask = Callable[[SentryClient], Awaitable[Any]]
READS: dict[str, tuple[Ask, Any]] = {
    "issue": (lambda client: client.issue(REF), shapes.ISSUE),
    "issues": (lambda client: client.issues(start=END, end=END, **LIST), [shapes.ISSUE]),
    "events": (lambda client: client.events(REF), [shapes.EVENT]),
    "event": (lambda client: client.event(REF, "latest"), shapes.EVENT),
    "tags": (lambda client: client.tags(REF), [shapes.TAG]),
    "activities": (lambda client: client.activities(REF), {"activity": [shapes.ACTIVITY]}),
    "notes": (lambda client: client.notes(REF), [shapes.ACTIVITY]),
    "update_issue": (lambda client: client.update_issue(REF, {"status": "resolved"}), shapes.ISSUE),
    "add_note": (lambda client: client.add_note(REF, "Hm."), shapes.ACTIVITY),
    "discover": (lambda client: client.discover(["count()"], query="", **WINDOW), shapes.TABLE),
    "latency": (lambda client: client.latency(transactions=["GET /"], **WINDOW), shapes.TABLE),
    "series": (lambda client: client.series(["count()"], query="", interval_s=60, **WINDOW), shapes.TIMESERIES),
    "stats": (lambda client: client.series(["count()"], query="", interval_s=60, **WINDOW), shapes.STATS),
    "sessions": (lambda client: client.sessions(**WINDOW), shapes.SESSIONS),
    "outcomes": (lambda client: client.outcomes(**WINDOW), shapes.OUTCOMES),
    "outcomes_by_project": (lambda client: client.outcomes_by_project(**WINDOW), shapes.OUTCOMES_BY_PROJECT),
    "sessions_by_project": (lambda client: client.sessions_by_project(**WINDOW), shapes.SESSIONS_BY_PROJECT),
    "series_by_issue": (lambda client: client.series_by_issue(**BY_ISSUE), shapes.TIMESERIES_BY_ISSUE),
    "stats_by_issue": (lambda client: client.series_by_issue(**BY_ISSUE), shapes.STATS_BY_ISSUE),
    "project": (lambda client: client.project("shop"), shapes.ISSUE["project"]),
    "releases": (lambda client: client.releases("1"), [shapes.RELEASE]),
    "release": (lambda client: client.release("v"), shapes.RELEASE),
    "deploys": (lambda client: client.deploys("v"), [shapes.RELEASE["lastDeploy"]]),
    "committers": (lambda client: client.committers("shop", "a" * 32), shapes.COMMITTERS),
    "flags": (lambda client: client.flag_changes(END, END), {"data": [shapes.FLAG_CHANGE]}),
    "workflows": (lambda client: client.workflows("1"), [shapes.WORKFLOW]),
    "alert": (lambda client: client.alert("77", END, END), shapes.WORKFLOW_OF_TODAY),
    "alert_history": (lambda client: client.alert_history("77", END, END), [shapes.FIRING]),
    "old_history": (lambda client: client.old_history("shop", "12", END, END), [shapes.FIRING]),
    "alert_hours": (lambda client: client.alert_hours("77", END, END), [shapes.FIRING_HOUR]),
    "old_hours": (lambda client: client.old_hours("shop", "12", END, END), [shapes.FIRING_HOUR]),
    "alert_list": (lambda client: client.alert_list(), [shapes.WORKFLOW_OF_TODAY]),
    "monitor_list": (lambda client: client.monitor_list(kind="metric"), [shapes.DETECTOR]),
    "old_project_rules": (lambda client: client.old_project_rules("shop"), [shapes.RULE]),
    "old_incidents": (lambda client: client.old_incidents(END, END), [shapes.INCIDENT]),
    "project_alerts": (lambda client: client.project_alerts("shop"), [shapes.GLITCHTIP_ALERT]),
    "monitor": (lambda client: client.monitor("41", END), shapes.DETECTOR),
    "monitors_by_id": (lambda client: client.monitors_by_id(["41"]), [shapes.DETECTOR]),
    "open_periods": (lambda client: client.open_periods_of("41", END), [shapes.OPEN_PERIOD]),
    "incidents": (lambda client: client.incidents_of("5"), [shapes.INCIDENT]),
    "old_rules": (lambda client: client.old_rules_named("Pay"), [{**shapes.METRIC_RULE, "type": "alert_rule"}]),
    "cron_monitor": (lambda client: client.cron_monitor(None, "nightly"), shapes.MONITOR),
    "cron_monitors": (lambda client: client.cron_monitors_named("nightly"), [shapes.MONITOR]),
    "check_ins": (lambda client: client.check_ins(None, "nightly", END, END), [shapes.CHECK_IN]),
    "uptime_check": (lambda client: client.uptime_check("shop", "900"), shapes.UPTIME),
    "uptime_results": (lambda client: client.uptime_results("shop", "900", END, END), [shapes.UPTIME_RESULT]),
    "whoami": (lambda client: client.whoami(), shapes.WHOAMI),
    "organizations": (lambda client: client.organizations(), [shapes.ORGANIZATION]),
    "organization": (lambda client: client.organization(), shapes.ORGANIZATION),
    "projects": (lambda client: client.projects(), [shapes.ISSUE["project"]]),
    "environments": (lambda client: client.environments(), [{"id": "1", "name": "production"}]),
}


PARTS: dict[str, type[FromSentry]] = {
    "issue": Issue,
    "issues": Issue,
    "update_issue": Issue,
    "events": EventRow,
    "event": Event,
    "tags": TagCount,
    "notes": Note,
    "releases": Release,
    "release": Release,
    "deploys": Deploy,
    "committers": Commit,
    "flags": FlagChange,
    "workflows": Alert,
    "alert_history": TargetIssue,
    "old_history": TargetIssue,
    "alert_list": AlertSetup,
    "monitor_list": AlertRow,
    "old_project_rules": AlertRow,
    "old_incidents": OpenPeriod,
    "project_alerts": AlertRow,
    "monitors_by_id": AlertRow,
    "open_periods": OpenPeriod,
    "incidents": OpenPeriod,
    "old_rules": AlertRow,
    "cron_monitor": AlertRow,
    "cron_monitors": AlertRow,
    "check_ins": CheckIn,
    "uptime_check": AlertRow,
    "uptime_results": UptimeResult,
}
"""What of the evidence is made of an answer; the others are counts, and what ``doctor`` reads."""


def made_of(name: str, found: object) -> object:
    """The parts of the evidence of an answer; what needs an id may be refused for lack of one, by ValueError only."""
    if name not in PARTS:
        return found
    items = found.items if isinstance(found, ListPage) else found if isinstance(found, tuple) else (found,)
    more = {"url": "https://sentry.example.com/", "form": "workflow"} | ({"version": "v"} if name == "deploys" else {})
    whole = [{**more, **item} for item in items if isinstance(item, dict)]
    made = parts_of(PARTS[name], whole)
    assert type(made[0]).model_validate_json(made[0].model_dump_json()) == made[0] if made else True
    if name in ("issue", "event", "release"):
        assert made, "what the client lets through alone is read alone: it must not be refused then"
    if name == "issue":
        read_for_requests(whole[0])
    return made


def read_for_requests(issue: dict[str, object]) -> None:
    """What later requests need of an issue."""
    for value_of in (
        request_values.issue_id,
        request_values.project_id,
        request_values.project_slug,
        request_values.is_error,
        request_values.first_seen,
        request_values.last_seen,
        request_values.suspect_version,
        request_values.first_version,
    ):
        value_of(issue)
    request_values.tells_all_deploys(issue, "shop@2.4.1")
    request_values.last_activity(issue, "set_")


async def read(name: str, body: bytes, headers: dict[str, str] | None = None) -> object:
    ask, _ = READS[name]
    answer = Answer(200, body, headers or {})
    written = name in ("update_issue", "add_note")
    first: dict[str, Answer | list[Answer]] = {WRITTEN: [gives({"id": "1"}), answer]} if written else {}
    if name in ("stats", "stats_by_issue"):
        first = {f"{ORG}/events-timeseries/": Answer(404)}
    async with client_of(Upstream(first, answer)) as client:
        if written:
            await client.issue(REF)
        return made_of(name, await ask(client))


@pytest.mark.parametrize("name", READS)
async def test_the_shape_itself_is_read(name: str) -> None:
    found = await read(name, shapes.body(READS[name][1]))
    assert found not in (None, ())


@pytest.mark.parametrize("name", READS)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_a_damaged_answer_is_read_as_far_as_it_goes_or_told_as_strange(name: str, data: st.DataObject) -> None:
    payload = data.draw(shapes.damaged(READS[name][1]))

    async def attempt() -> None:
        try:
            await read(name, shapes.body(payload))
        except SentryError as exc:
            assert exc.what  # any error of ours will do; others fail the test by passing through
            assert exc.__cause__ is None

    anyio.run(attempt)


@settings(max_examples=300)
@given(body=st.binary(max_size=60) | shapes.ANYTHING.map(shapes.body))
def test_an_error_s_body_never_breaks_its_message(body: bytes) -> None:
    from sentry_runbook.sentry.error_detail import detail

    said = detail(body)
    assert len(said) <= 200
    assert said.isprintable()
    assert not set(said) & set("<>`[]")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429, 500, 503])
@settings(max_examples=40)
@given(body=st.binary(max_size=60) | shapes.ANYTHING.map(shapes.body))
def test_any_error_answer_is_one_of_our_errors(status: int, body: bytes) -> None:
    async def attempt() -> None:
        async with client_of(Upstream({}, Answer(status, body)), call_s=0.4) as client:
            with pytest.raises(SentryError) as caught:
                await client.issue(REF)
            assert caught.value.fix

    anyio.run(attempt)


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"id": "1", "title": "cut',
        b"nope",
        b"\xff\xfe",
        b"[" * 5000,
        b'{"a":' * 5000,
        b'{"a": "\\ud800", "b": ' + b"[" * 500_000 + b"]" * 500_000 + b"}",
        b'"\\ud800"',
        b"1e999",
    ],
    ids=[
        "empty",
        "cut",
        "cut inside",
        "words",
        "not UTF-8",
        "deep list",
        "deep object",
        "deep beside half a character",
        "half a character",
        "a number",
    ],
)
async def test_what_is_no_json_or_too_deep_is_told_as_strange(name: str, body: bytes) -> None:
    with pytest.raises(ServerFault, match="something else than Sentry"):
        await read(name, body)


async def test_one_odd_item_costs_only_itself() -> None:
    good = {"key": "environment", "totalValues": 3, "topValues": [{"value": "production", "count": "x"}]}
    found = await read("tags", shapes.body([1, None, {"name": "no key"}, good]))
    assert found == (TagCount(key="environment", total=3, values=(("production", None),)),)


@pytest.mark.parametrize(
    ("listed", "scopes"),
    [
        (["event:read", 7, None], ("event:read",)),
        ([], ()),
        ([7, [1]], None),
        ("event:read", None),
        (None, None),
    ],
)
async def test_scopes_that_cannot_be_read_are_unknown_and_not_none_at_all(
    listed: object, scopes: tuple[str, ...] | None
) -> None:
    owner = await read("whoami", shapes.body({"auth": {"scopes": listed}, "user": {}}))
    assert isinstance(owner, TokenOwner)
    assert owner.scopes == scopes


@pytest.mark.parametrize(
    ("form", "version"),
    [
        (None, None),
        ("v1", "v1"),
        ({"version": "v1"}, "v1"),
        (shapes.RELEASE, "shop@2.4.1"),
        ({}, None),
        ([], None),
        (7, None),
    ],
)
async def test_a_release_is_read_in_every_form(form: object, version: str | None) -> None:
    found = await read("event", shapes.body({"id": "a" * 32, "release": form}))
    assert isinstance(found, tuple)
    assert found[0].release == version


@pytest.mark.parametrize("header", ["", "x", "<>; rel=next", '<a>; rel="next"; results="true"', "," * 3000, '"' * 3000])
async def test_a_malformed_link_ends_the_list(header: str) -> None:
    async with client_of(Upstream({}, Answer(200, b"[]", {"link": header}))) as client:
        assert (await client.events(REF)).next_cursor is None


@settings(max_examples=200)
@given(header=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=300))
def test_no_header_breaks_the_search_for_the_next_page(header: str) -> None:
    from sentry_runbook.sentry.messages import delay_asked, next_cursor

    cursor = next_cursor(header)
    assert cursor is None or 0 < len(cursor) <= 200
    wait = delay_asked({"retry-after": header, "x-sentry-rate-limit-reset": header, "date": header}, 0.0)
    assert wait is None or wait >= 0


# --- sessions of odd hours


async def sessions_of(**parts: object) -> SessionCounts:
    async with client_of(Upstream({f"{ORG}/sessions/": gives({**shapes.SESSIONS, **parts})})) as client:
        return await client.sessions(**WINDOW)


@pytest.mark.parametrize(
    "intervals",
    [
        ["2026-11-20T08:00:00Z", "0001-01-01T00:00:00Z"],
        ["2026-11-20T09:00:00Z", "2026-11-20T08:00:00Z"],
        ["2026-11-20T08:00:00Z", "2026-11-20T08:00:00Z"],
        ["2026-11-20T08:00:00Z", "2026-11-20T10:00:00Z"],
        ["2026-11-20T08:00:00Z", None],
        "x",
    ],
)
async def test_hours_that_do_not_follow_each_other_are_none_and_leave_the_totals(intervals: object) -> None:
    counts = await sessions_of(intervals=intervals)
    assert counts.intervals == ()
    assert counts.groups[0].sessions == 2200


@pytest.mark.parametrize(
    "range_",
    [
        {"start": "0001-01-01T00:00:00Z"},
        {"end": "9999-12-31T00:00:00Z"},
        {"start": "2026-11-20T10:00:00Z", "end": "2026-11-20T08:00:00Z"},
        {"end": None},
    ],
)
async def test_sessions_without_a_range_that_can_be_are_no_answer(range_: dict[str, object]) -> None:
    with pytest.raises(ServerFault, match="something else than Sentry"):
        await sessions_of(**range_)


@pytest.mark.parametrize(
    ("field", "number"), [("count()", -1), ("count_unique(user)", -0.5), ("p95(span.duration)", -3)]
)
async def test_fewer_than_none_is_no_number(field: str, number: float) -> None:
    upstream = Upstream({}, gives({"data": [{field: number, "transaction": "GET /"}]}))
    async with client_of(upstream) as client:
        table = await client.discover(["transaction", field], query="", **WINDOW)
    assert table.number(field) is None
    assert table.rows[0]["transaction"] == "GET /"
