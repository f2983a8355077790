"""Every GET that a real Sentry 24.2 was recorded to answer, through the client and the evidence's own parsers.

What is read must be what the JSON says, and a refusal must come out as the error that it is.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sentry_runbook.collect.request_values import tag_values
from sentry_runbook.errors import BadRequest, Forbidden, NotFound, SentryError, ServerFault, Unsupported
from sentry_runbook.incident.model.evidence import Commit, Deploy, Note, Release
from sentry_runbook.incident.model.evidence.tags import MAX_TAGS
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.sentry.ids import IssueRef
from tests.fake_servers.recorded_sentry import STEPS_S, replayed
from tests.recordings import needs_recordings, params_of, recorded_gets, resource_of, status_of
from tests.sentry.evidence import event_of, issue_of, parts_of, row_of
from tests.sentry.upstream import client_of

pytestmark = needs_recordings
Record = dict[str, Any]
DAY = timedelta(hours=24)
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


class Only(httpx.AsyncBaseTransport):
    """A server that answers one path as recorded, and knows no other."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self.paths: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        self.paths.append(request.url.path)
        return replayed(self._record) if request.url.path == self._record["path"] else httpx.Response(404)


@dataclass(frozen=True)
class Reader:
    """How the product asks for a resource, and what it reads out of the answer.

    Attributes:
        ask: through the client.
        read: what was read.
        raw: the same out of the JSON.
    """

    ask: Callable[[SentryClient, Record], Awaitable[Any]]
    read: Callable[[Any], object]
    raw: Callable[[Any], object]


# --- the parts of a recorded question


def named(record: Record) -> Mapping[str, str]:
    """Its parameters that stand there once."""
    return dict(params_of(record))


def all_of(record: Record, name: str) -> list[str]:
    """The values of a parameter."""
    return [value for key, value in params_of(record) if key == name]


def segment(record: Record, after: str) -> str:
    """What stands behind a name in the path."""
    parts = record["path"].strip("/").split("/")
    return str(parts[parts.index(after) + 1])


def window(record: Record) -> dict[str, Any]:
    """Start, end, project and environments."""
    start, end = (named(record).get(name) for name in ("start", "end"))
    began = datetime.fromisoformat(start).replace(tzinfo=UTC) if start else datetime(2026, 11, 24, tzinfo=UTC)
    ended = datetime.fromisoformat(end).replace(tzinfo=UTC) if end else began + DAY
    project = named(record).get("project")
    return {"start": began, "end": ended, "project_id": project, "environments": all_of(record, "environment")}


async def ask_issues(client: SentryClient, record: Record) -> Any:
    given = window(record)
    project = given.pop("project_id")
    query, limit = named(record)["query"], int(named(record).get("limit", "100"))
    wanted = None if project in (None, "-1") else project
    return await client.issues(query=query, project=wanted, sort="date", limit=limit, cursor=None, **given)


async def ask_discover(client: SentryClient, record: Record) -> Any:
    asked = named(record)
    return await client.discover(
        all_of(record, "field"),
        query=asked["query"],
        dataset=asked.get("dataset"),
        sort=asked.get("sort"),
        **window(record),
    )


async def ask_series(client: SentryClient, record: Record) -> Any:
    step = named(record)["interval"]
    interval_s = STEPS_S.get(step) or int(step)
    return await client.series(
        all_of(record, "yAxis"), query=named(record)["query"], interval_s=interval_s, **window(record)
    )


def events(which: str | None = None) -> Callable[[SentryClient, Record], Awaitable[Any]]:
    return lambda client, record: client.event(
        IssueRef(segment(record, "issues")),
        which or segment(record, "events"),
        environments=all_of(record, "environment"),
    )


# --- what is read, beside the raw JSON


def moment(text: str | None) -> datetime | None:
    """An instant of the JSON, to the second."""
    return datetime.fromisoformat(text).astimezone(UTC).replace(microsecond=0) if text else None


def tag(event: Record, key: str) -> str | None:
    return next((one["value"] for one in event["tags"] if one["key"] == key), None)


def entry(event: Record, kind: str) -> list[Record]:
    """The values of an entry of an event."""
    return [value for one in event["entries"] if one["type"] == kind for value in one["data"].get("values") or ()]


def read_issue(json: Any) -> object:
    issue = issue_of(json)
    first, last = issue.first_release, issue.last_release
    return (
        *(issue.id, issue.short_id, issue.level, issue.status, issue.substatus, issue.unhandled, issue.project),
        *(issue.events_total, issue.users_total, issue.first_seen, issue.last_seen),
        *(first.version if first else None, last.version if last else None, len(issue.activity)),
    )


def raw_issue(json: Any) -> object:
    first, last = json.get("firstRelease") or {}, json.get("lastRelease") or {}
    known = {"ongoing", "new", "escalating", "regressed", None}
    substatus = json["substatus"] if json["substatus"] in known or json["status"] != "unresolved" else None
    return (
        *(
            json["id"],
            json["shortId"],
            json["level"],
            json["status"],
            substatus,
            json["isUnhandled"],
            json["project"]["slug"],
        ),
        # 0 users of some events are none known, and not nobody.
        *(
            int(json["count"]),
            json["userCount"] or (None if int(json["count"]) else 0),
            moment(json["firstSeen"]),
            moment(json["lastSeen"]),
        ),
        *(first.get("version"), last.get("version"), len(json.get("activity", ()))),
    )


def read_event(json: Any) -> object:
    event = event_of(json)
    thrown = event.exceptions[-1] if event.exceptions else None
    return (
        *(event.id, event.when, event.release, event.environment, event.transaction, event.user is not None),
        *(thrown.type if thrown else None, len(event.breadcrumbs) + event.breadcrumbs_omitted, sorted(event.tags)),
    )


def raw_event(json: Any) -> object:
    thrown = entry(json, "exception")
    keys = [one["key"] for one in json["tags"]][:MAX_TAGS]
    return (
        *(json["eventID"], moment(json["dateCreated"]), tag(json, "release"), tag(json, "environment")),
        *(tag(json, "transaction"), bool(json["user"]), thrown[-1]["type"] if thrown else None),
        *(len(entry(json, "breadcrumbs")), sorted(keys)),
    )


def read_rows(page: Any) -> object:
    rows = map(row_of, page.items)
    return [(row.id, row.when, row.release, row.environment, row.user is not None, row.handled) for row in rows]


def raw_rows(json: Any) -> object:
    handled = {"yes": True, "no": False, None: None}
    return [
        (
            *(row["eventID"], moment(row["dateCreated"]), tag(row, "release"), tag(row, "environment")),
            *(bool(row["user"]), handled[tag(row, "handled")]),
        )
        for row in json
    ]


def raw_table(json: Any) -> object:
    return [dict(row) for row in json["data"]]


def read_series(series: Any) -> object:
    return {axis: (one.start, list(one.values)) for axis, one in series.items()}


def raw_series(json: Any) -> object:
    by_axis = {"count()": json} if "data" in json else json
    return {
        axis: (
            datetime.fromtimestamp(one["data"][0][0], UTC),
            [float(counts[0]["count"]) for _, counts in one["data"]],
        )
        for axis, one in by_axis.items()
    }


def read_sessions(counts: Any) -> object:
    hours = [(at,) for at in counts.intervals]
    return hours, [
        (
            *(group.environment, group.sessions, group.crash_rate, group.unhandled_rate),
            *(group.sessions_by_hour, group.crash_rate_by_hour),
        )
        for group in counts.groups
    ]


def raw_sessions(json: Any) -> object:
    def rate(group: Record) -> tuple[Any, ...]:
        totals, series = group["totals"], group["series"]
        return (
            *(group["by"]["environment"], totals["sum(session)"], totals["crash_rate(session)"], None),
            *(tuple(series["sum(session)"]), tuple(series["crash_rate(session)"])),
        )

    return [(moment(at),) for at in json["intervals"]], [rate(group) for group in json["groups"]]


def read_releases(items: Any) -> object:
    return [(one.version, one.created, one.released, one.new_issues) for one in parts_of(Release, items)]


def raw_releases(json: Any) -> object:
    return [(one["version"], moment(one["dateCreated"]), moment(one["dateReleased"]), one["newGroups"]) for one in json]


def read_deploys(items: Any) -> object:
    return [
        (one.environment, one.started, one.finished)
        for one in parts_of(Deploy, [{**item, "version": "1"} for item in items])
    ]


def raw_deploys(json: Any) -> object:
    return [(one["environment"], moment(one["dateStarted"]), moment(one["dateFinished"])) for one in json]


def read_commits(items: Any) -> object:
    return [(one.id[:12], one.message, one.author, one.at) for one in parts_of(Commit, items)]


def raw_commits(json: Any) -> object:
    return [
        (commit["id"][:12], commit["message"], committer["author"]["name"], moment(commit["dateCreated"]))
        for committer in json["committers"]
        for commit in committer["commits"]
    ]


def read_tags(items: Any) -> object:
    return {key: list(tag_values(items, key)) for key in (item["key"] for item in items)}


def raw_tags(json: Any) -> object:
    return {item["key"]: [value["value"] or "" for value in item["topValues"]] for item in json}


BOT = re.compile(r"(?<=-[0-9a-f]{6})(?:-[0-9a-f]+){5}$")
"""What is shown of the name of an integration's user: without the rest of its UUID."""


def read_notes(items: Any) -> object:
    return [(one.at, one.who, one.text) for one in parts_of(Note, items)]


def raw_notes(json: Any) -> object:
    return [(moment(one["dateCreated"]), BOT.sub("", one["user"]["name"]), one["data"]["text"]) for one in json]


READERS: Mapping[str, Reader] = {
    "the root of the API": Reader(
        lambda client, _: client.whoami(),
        lambda owner: list(owner.scopes or ()),
        lambda json: (json["auth"] or {"scopes": []})["scopes"],
    ),
    "/": Reader(lambda client, _: client.organization(), lambda one: one.slug, lambda json: json["slug"]),
    "projects/": Reader(
        lambda client, _: client.projects(),
        lambda projects: [(one.id, one.slug) for one in projects],
        lambda json: [(one["id"], one["slug"]) for one in json],
    ),
    "issues/": Reader(
        ask_issues,
        lambda page: [read_issue(item) for item in page.items],
        lambda json: [raw_issue(item) for item in json],
    ),
    "issues/*/": Reader(
        lambda client, record: client.issue(IssueRef(segment(record, "issues"))), read_issue, raw_issue
    ),
    "issues/*/events/latest/": Reader(events("latest"), read_event, raw_event),
    "issues/*/events/oldest/": Reader(events("oldest"), read_event, raw_event),
    "issues/*/events/recommended/": Reader(events("recommended"), read_event, raw_event),
    "issues/*/events/*/": Reader(events(), read_event, raw_event),
    "issues/*/events/": Reader(
        lambda client, record: client.events(IssueRef(segment(record, "issues"))), read_rows, raw_rows
    ),
    "issues/*/tags/": Reader(
        lambda client, record: client.tags(IssueRef(segment(record, "issues"))), read_tags, raw_tags
    ),
    "issues/*/notes/": Reader(
        lambda client, record: client.notes(IssueRef(segment(record, "issues"))), read_notes, raw_notes
    ),
    "events/": Reader(ask_discover, lambda table: [dict(row) for row in table.rows], raw_table),
    "events-stats/": Reader(ask_series, read_series, raw_series),
    "events-timeseries/": Reader(ask_series, read_series, raw_series),
    "sessions/": Reader(lambda client, record: client.sessions(**window(record)), read_sessions, raw_sessions),
    "releases/": Reader(lambda client, record: client.releases(named(record)["project"]), read_releases, raw_releases),
    "releases/*/": Reader(
        lambda client, record: client.release(segment(record, "releases")),
        lambda item: read_releases([item]),
        lambda json: raw_releases([json]),
    ),
    "releases/*/deploys/": Reader(
        lambda client, record: client.deploys(segment(record, "releases")), read_deploys, raw_deploys
    ),
    "projects/*/*/events/*/committers/": Reader(
        lambda client, record: client.committers(segment(record, "acme"), segment(record, "events")),
        read_commits,
        raw_commits,
    ),
    "workflows/": Reader(lambda client, _: client.workflows("1"), lambda items: items, lambda json: json),
}
"""Resource → how it is asked for and read. What leads to another request is below."""
LEADING = {"projects/*/*/", "shortids/*/", "eventids/*/"}
"""Their answers lead to another request."""
NO_SUSPECTS = "projects/*/*/events/*/committers/"
"""404 with words says that there are none."""
ERRORS: Mapping[int, tuple[type[SentryError], ...]] = {
    400: (BadRequest, Unsupported),
    403: (Forbidden,),
    404: (NotFound, Unsupported),
    500: (ServerFault,),
}


def of(resource: str) -> list[tuple[int, Record]]:
    return [(number, record) for number, record in recorded_gets() if resource_of(record) == resource]


def test_every_resource_that_was_asked_for_is_read() -> None:
    assert {resource_of(record) for _, record in recorded_gets()} == set(READERS) | LEADING


@pytest.mark.parametrize("resource", READERS)
async def test_what_is_read_is_what_the_answer_says(resource: str) -> None:
    reader, good = READERS[resource], 0
    for number, record in of(resource):
        upstream = Only(record)
        async with client_of(upstream) as client:
            if status_of(record) == 200:
                value = await reader.ask(client, record)
                assert reader.read(value) == reader.raw(record["body"]), number
                good += 1
        assert record["path"] in upstream.paths or status_of(record) != 200, number
    assert good or resource in ("workflows/", "events-timeseries/")


@pytest.mark.parametrize("resource", READERS)
async def test_a_refusal_comes_out_as_what_it_is(resource: str) -> None:
    for number, record in of(resource):
        if status_of(record) == 200:
            continue
        async with client_of(Only(record)) as client:
            if resource == NO_SUSPECTS and status_of(record) == 404:
                assert await READERS[resource].ask(client, record) == (), number
                continue
            with pytest.raises(ERRORS[status_of(record)]) as raised:
                await READERS[resource].ask(client, record)
        said = record["body"].get("detail") if isinstance(record["body"], dict) else None
        if raised.type is BadRequest:
            assert isinstance(said, str) and said[:60] in str(raised.value), number


@pytest.mark.parametrize("resource", sorted(LEADING - {"projects/*/*/"}))
async def test_an_id_leads_to_the_issue_that_the_answer_names(resource: str) -> None:
    for number, record in of(resource):
        upstream = Only(record)
        name = segment(record, "shortids" if "shortids" in record["path"] else "eventids")
        async with client_of(upstream) as client:
            with pytest.raises(SentryError):
                await client.issue(IssueRef(name))
        assert record["path"] in upstream.paths, number
        assert any(f"/issues/{record['body']['groupId']}/" in path for path in upstream.paths), number


async def test_a_project_s_slug_leads_to_its_number() -> None:
    for number, record in of("projects/*/*/"):
        asked: list[httpx.URL] = []

        def answer(request: httpx.Request, record: Record = record, asked: list[httpx.URL] = asked) -> httpx.Response:
            asked.append(request.url)
            return replayed(record) if request.url.path == record["path"] else httpx.Response(200, json=[])

        async with client_of(httpx.MockTransport(answer)) as client:
            ask = client.issues(
                query="", project="web", environments=(), sort="date", limit=1, cursor=None, start=NOON - DAY, end=NOON
            )
            if status_of(record) == 200:
                await ask
                assert asked[-1].params["project"] == record["body"]["id"], number
            else:
                with pytest.raises(ERRORS[status_of(record)]):
                    await ask
