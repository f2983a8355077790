"""What a GlitchTip holds: invented here, in the shapes of the recordings (held to them by ``tests/sentry``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fake_servers.payloads import exception_entries

Json = dict[str, Any]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
"""The clock of the tests."""
ISSUE, SHORT_ID = "7", "WEB-A"
OLD_ISSUE, OLD_SHORT_ID = "3", "WEB-3"
"""First seen ten days ago, and many times in the last hour."""
EVENT_ID = "00000000000040008000000000000000"
"""The latest of the issue."""
FLAGS = {"hasAccess": True, "isBookmarked": False, "isInternal": False, "isMember": True, "isPublic": False}
PROJECT: Json = {
    "name": "web",
    "slug": "web",
    "id": "1",
    "avatar": {"avatarType": "", "avatarUuid": None},
    "color": "",
    "features": [],
    **FLAGS,
    "scrubIPAddresses": True,
    "dateCreated": "2026-11-01T00:00:00Z",
    "platform": "python",
    "firstEvent": "2026-11-01T00:00:00Z",
    "eventThrottleRate": 0,
    "teams": [{"id": "1", "slug": "sre"}],
}
ORGANIZATION: Json = {
    "name": "Acme",
    "id": "1",
    "dateCreated": "2026-11-01T00:00:00Z",
    "status": {"id": "active", "name": "active"},
    "avatar": {"avatarType": "", "avatarUuid": None},
    "isEarlyAdopter": False,
    "require2fa": False,
    "slug": "acme",
    "isAcceptingEvents": True,
    "eventThrottleRate": 0,
}


@dataclass
class GlitchTipData:
    """All that one server holds.

    Attributes:
        issues: as the list shows them, in the order of their last event.
        events: issue → rows of its event list, newest first.
        tags: issue → its tags; computed from the events where it is not given.
        alerts: project → its alerts.
    """

    issues: list[Json]
    events: dict[str, list[Json]]
    tags: dict[str, list[Json]] = field(default_factory=dict)
    projects: list[Json] = field(default_factory=lambda: [PROJECT])
    environments: list[Json] = field(
        default_factory=lambda: [{"id": 1, "name": "production"}, {"id": 2, "name": "staging"}]
    )
    releases: list[Json] = field(default_factory=lambda: [release("web@1.2.0"), release("web@1.1.0")])
    alerts: dict[str, list[Json]] = field(default_factory=dict)


def release(version: str) -> Json:
    """A release, which knows of no deploy."""
    when = (NOW - timedelta(hours=2)).isoformat().replace("+00:00", "Z")
    projects = [{"name": "web", "slug": "web"}]
    rest: Json = {
        "dateReleased": None,
        "dateCreated": when,
        "url": None,
        "data": {},
        "deployCount": 0,
        "projects": projects,
    }
    return {"ref": None, "version": version, "shortVersion": version, **rest}


def alert(
    number: int,
    name: str = "",
    *,
    quantity: int | None = 10,
    minutes: int | None = 5,
    uptime: bool = False,
    recipients: Sequence[tuple[str, str]] = (("email", ""),),
) -> Json:
    """An alert of a project, under the keys of GlitchTip's own schema (glitchtip-backend, ``apps/alerts/schema.py``).

    It tells of an issue with at least so many events in so many minutes, once; or of a failed uptime check. Without a
    recipient the team gets a mail. There is no switch, no environment (before 2026) and no history of what was sent.

    Args:
        number: its id, a number in the answer, too.
        name: often empty.
        quantity: None: it never tells of events.
        minutes: in which they have to be.
        uptime: whether it tells of uptime checks.
        recipients: kind (``email``, ``webhook``, ``discord``, ``googlechat`` …) and address, which is often a secret.
    """
    told = [
        {"id": 10 * number + place, "recipientType": kind, "url": url, "tagsToAdd": []}
        for place, (kind, url) in enumerate(recipients)
    ]
    about = {"name": name, "timespanMinutes": minutes, "quantity": quantity, "uptime": uptime}
    return {"alertRecipients": told, "id": number, **about}


def moment(at: datetime) -> str:
    """A moment as GlitchTip writes it."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def issue(number: str, short_id: str, rows: list[Json], first: datetime | None = None) -> Json:
    """A row of the list for an issue with these events, and possibly older ones."""
    title = "ConnectionError: gateway did not answer"
    return {
        "id": number,
        "count": str(len(rows)),
        "type": "error",
        "level": "error",
        "status": "unresolved",
        "project": {key: PROJECT[key] for key in ("id", "platform", "slug", "name")},
        "shortId": short_id,
        "numComments": 0,
        "stats": {"24h": []},
        "shareId": None,
        "logger": None,
        "permalink": f"http://glitchtip.example/web/issues/{number}",
        "statusDetails": {},
        "subscriptionDetails": None,
        "userCount": 0,
        "matchingEventId": None,
        "firstSeen": moment(first) if first else rows[-1]["date_created"],
        "lastSeen": rows[0]["date_created"],
        "title": title,
        "metadata": {"type": "ConnectionError", "value": "gateway did not answer", "filename": "shop/pay.py"},
        "culprit": "",
    }


def row(group: str, number: int, at: datetime, *, environment: str, version: str, user: int | None) -> Json:
    """A row of the event list: a whole event, in names of its own."""
    id_ = f"{int(group) - 7 & 0xFFFF:04x}00000000400080000000{number:08x}"
    tags = {"environment": environment, "release": version, "server_name": "web-1"}
    person = {"id": f"u{user}", "email": f"u{user}@shop.example"} if user is not None else None
    if person:
        tags |= {"user.id": person["id"], "user.email": person["email"]}
    return {
        "platform": "python",
        "errors": None,
        "id": id_,
        "event_id": id_,
        "project_id": 1,
        "group_id": group,
        "date_created": moment(at),
        "date_received": moment(at),
        "dist": None,
        "culprit": "POST /pay",
        "packages": {"httpx": "0.28.1"},
        "type": "error",
        "message": "ConnectionError: gateway did not answer",
        "metadata": {"type": "ConnectionError", "value": "gateway did not answer", "filename": "shop/pay.py"},
        "tags": [{"key": key, "value": value} for key, value in tags.items()],
        "entries": exception_entries(),
        "contexts": {"runtime": {"type": "runtime", "name": "CPython", "version": "3.11"}},
        "context": {"retries": 3},
        "user": person,
        "sdk": {"name": "sentry.python", "version": "2.48.0"},
        "title": "ConnectionError: gateway did not answer",
    }


def invented(more: int = 0) -> GlitchTipData:
    """An issue of 80 minutes (180 events, every tenth of staging), an old one that spikes, and others.

    Args:
        more: further issues of one event each, seen after the others.
    """
    recent = [_row_of_minutes(ISSUE, number, 10 + 0.4 * number) for number in range(180)]
    old = [_row_of_minutes(OLD_ISSUE, number, 5 + 0.4 * number) for number in range(100)]
    old += [_row_of_minutes(OLD_ISSUE, 100 + day, 1440.0 * day) for day in range(1, 10)]
    events = {ISSUE: recent, OLD_ISSUE: old}
    rows = [issue(OLD_ISSUE, OLD_SHORT_ID, old, NOW - timedelta(days=10)), issue(ISSUE, SHORT_ID, recent)]
    for number in range(more):
        name = str(100 + number)
        events[name] = [_row_of_minutes(name, 0, 1 + number / more)]
        rows.insert(number, issue(name, f"WEB-{number + 10}", events[name]))
    return GlitchTipData(rows, events)


def _row_of_minutes(group: str, number: int, minutes_ago: float) -> Json:
    at = NOW - timedelta(minutes=minutes_ago)
    environment = "staging" if number % 10 == 9 else "production"
    version = "web@1.2.0" if minutes_ago < 60 else "web@1.1.0"
    return row(group, number, at, environment=environment, version=version, user=number % 40)


def tags_of(rows: list[Json]) -> list[Json]:
    """The tags of an issue by its events: each value with its count, the most frequent first."""
    counts: dict[str, dict[str, int]] = {}
    for one in rows:
        for tag in one["tags"]:
            values = counts.setdefault(tag["key"], {})
            values[tag["value"]] = values.get(tag["value"], 0) + 1
    return [
        {
            "topValues": [
                {"name": value, "value": value, "count": count, "key": key}
                for value, count in sorted(values.items(), key=lambda pair: -pair[1])
            ],
            "uniqueValues": len(values),
            "key": key,
            "name": key,
            "totalValues": sum(values.values()),
        }
        for key, values in counts.items()
    ]


def single(event: Json) -> Json:
    """A row of the list as the event alone: Sentry's names, and its neighbours."""
    names = {"event_id": "eventID", "date_created": "dateCreated", "date_received": "dateReceived"}
    names |= {"group_id": "groupID", "project_id": "projectID"}
    named = {names.get(key, key): value for key, value in event.items()}
    return {**named, "userReport": None, "nextEventID": None, "previousEventID": None}
