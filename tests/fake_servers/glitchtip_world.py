"""A GlitchTip whose one issue has events of one's own: list, hours, days and tags agree with them, as there.

As recorded (``issue_events_``, ``issues_stats``, ``issue_tags_``): the list holds whole events in snake_case, by when
they were received, and ignores environment, release, query and time; hours and days leave empty buckets out, in no
order, and count users as events; the tags are of the whole life.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tests.fake_servers.glitchtip import ISSUE, GlitchTip, Json
from tests.fake_servers.payloads import exception_entries


@dataclass(frozen=True)
class Happened:
    """One event.

    Attributes:
        at: when.
        user: id of the user, None for none.
        environment: None for none.
        handled: of its mechanism; None where it has no mechanism.
        delay: from when it happened until it was received.
    """

    at: datetime
    user: str | None = "u1"
    environment: str | None = "production"
    handled: bool | None = True
    delay: timedelta = timedelta()
    release: str = "web@1.2.0"

    @property
    def received(self) -> datetime:
        """When the server got it."""
        return self.at + self.delay


class GlitchTipWorld(GlitchTip):
    """The server.

    Attributes:
        events: the latest received first.
        now: of the server.
        kept: as many events as the list still holds; None: all.
        has_stats: whether there are hours and days (``issues-stats``).
        most_listed: events of a page at the most, whatever ``limit`` says.
        pages: how many pages of events were asked for.
    """

    def __init__(
        self,
        events: Sequence[Happened],
        now: datetime,
        *,
        kept: int | None = None,
        has_stats: bool = True,
        most_listed: int = 100,
    ) -> None:
        super().__init__()
        self.events = sorted(events, key=lambda event: event.received, reverse=True)
        self.now = now
        self.kept = kept
        self.has_stats = has_stats
        self.most_listed = most_listed
        self.pages = 0
        if times := [event.at for event in self.events]:
            known = {"count": str(len(times)), "firstSeen": iso(min(times)), "lastSeen": iso(max(times))}
            self._found(ISSUE).update(known, matchingEventId=None)

    async def otherwise(self, request: Request) -> Response:
        """The hours and days; else the web application."""
        if request.url.path.endswith("/issues-stats/") and self.has_stats:
            return Json([self._stats_of(request.query_params.get("statsPeriod", "24h"))])
        return await super().otherwise(request)

    def _stats_of(self, period: str) -> dict[str, Any]:
        step = 3600 if period == "24h" else 86400
        back = self.now - timedelta(hours=24) if period == "24h" else self.now - timedelta(days=14)
        counts = Counter(int(event.at.timestamp()) // step * step for event in self.events if event.at >= back)
        buckets = sorted(([at, events] for at, events in counts.items()), key=lambda pair: -pair[1])
        count = len(self.events)
        return {
            "id": ISSUE,
            "count": str(count),
            "userCount": count,
            "stats": {"24h": None, "14d": None, period: buckets},
        }

    async def _events(self, request: Request) -> Response:
        self.pages += 1
        asked = request.query_params
        at, limit = int(asked.get("cursor", "0")), min(int(asked.get("limit", "50")), self.most_listed)
        listed = self.events[: self.kept]
        rows = [row_of(number, event) for number, event in enumerate(listed[at : at + limit], at)]
        return Json(rows, headers={"X-Hits": str(len(self.events)), "Link": _link(at + limit, len(listed))})

    async def _event(self, request: Request) -> Response:
        if request.path_params["event"] != "latest":
            return await super()._event(request)
        row = row_of(0, self.events[0])
        return Json({**row, "eventID": row["event_id"], "dateCreated": row["date_created"], "groupID": ISSUE})

    async def _tags(self, _: Request) -> Response:
        keys = sorted({key for event in self.events for key, _ in _tags_of(event)})
        return Json([self._tag(key) for key in keys])

    def _tag(self, key: str) -> dict[str, Any]:
        counts = Counter(value for event in self.events for name, value in _tags_of(event) if name == key)
        top = [{"key": key, "name": value, "value": value, "count": number} for value, number in counts.most_common()]
        return {"key": key, "name": key, "uniqueValues": len(top), "totalValues": counts.total(), "topValues": top}


def _tags_of(event: Happened) -> Iterator[tuple[str, str]]:
    yield "release", event.release
    if event.environment is not None:
        yield "environment", event.environment
    if event.user is not None:
        yield "user.id", event.user


def row_of(number: int, event: Happened) -> dict[str, Any]:
    """An event as the list holds it."""
    id_ = f"{number:032x}"
    entries = exception_entries()
    thrown = entries[0]["data"]["values"][0]
    thrown["mechanism"] = None if event.handled is None else {"type": "generic", "handled": event.handled}
    return {
        "id": id_,
        "event_id": id_,
        "group_id": ISSUE,
        "project_id": 1,
        "date_created": iso(event.at),
        "date_received": iso(event.received),
        "title": "ConnectionError: gateway did not answer",
        "culprit": "shop.pay in charge",
        "type": "error",
        "platform": "python",
        "message": "",
        "user": None if event.user is None else {"id": event.user},
        "tags": [{"key": key, "value": value} for key, value in _tags_of(event)],
        "entries": entries,
        "contexts": {},
        "errors": None,
        "metadata": {},
    }


def iso(at: datetime) -> str:
    """A time as GlitchTip writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _link(after: int, count: int) -> str:
    """The header with braces and quotes around the whole, as it was seen."""
    more = after < count
    url = f"http://glitchtip.example/api/0/issues/{ISSUE}/events/?cursor={after}"
    ahead = f'<{url}>; rel="next"; results="{str(more).lower()}"' + (f'; cursor="{after}"' if more else "")
    return "{'" + f'<{url}>; rel="previous"; results="false", {ahead}' + "'}"
