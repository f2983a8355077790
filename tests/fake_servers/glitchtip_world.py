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
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from tests.fake_servers.app import StandIn, says
from tests.fake_servers.payloads import PROJECT, exception_entries

ISSUE, SHORT_ID = "7", "WEB-A"
APPLICATION = '<!doctype html><html lang="en"><head><title>GlitchTip</title></head><body></body></html>'


class Json(JSONResponse):
    """JSON as Django Ninja labels it."""

    media_type = "application/json; charset=utf-8"


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


class GlitchTipWorld(StandIn):
    """The server; what is not about the issue shows the web application, as there.

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
        org, issue = "/api/0/organizations/acme/", "/api/0/issues/{issue}/"
        super().__init__(
            [
                ("GET", f"{org}environments/", self._environments),
                ("GET", f"{org}issues/", self._issues),
                ("GET", f"{org}issues/{{issue}}/", self._only_put),
                ("GET", f"{org}issues-stats/", self._stats),
                ("GET", issue, self._issue),
                ("GET", f"{issue}events/", self._events),
                ("GET", f"{issue}events/{{event}}/", self._event),
                ("GET", f"{issue}tags/", self._tags),
                ("GET", f"{issue}comments/", self._comments),
            ]
        )
        self.events = sorted(events, key=lambda event: event.received, reverse=True)
        self.now = now
        self.kept = kept
        self.has_stats = has_stats
        self.most_listed = most_listed
        self.pages = 0

    async def otherwise(self, request: Request) -> Response:
        """The web application."""
        del request
        return HTMLResponse(APPLICATION)

    def issue(self) -> dict[str, Any]:
        """The issue with the count and times of its events (recording ``issue_detail``)."""
        times = [event.at for event in self.events]
        return {
            "id": ISSUE,
            "shortId": SHORT_ID,
            "title": "ConnectionError: gateway did not answer",
            "culprit": "",
            "permalink": f"http://glitchtip.example/web/issues/{ISSUE}",
            "count": str(len(times)),
            "userCount": 0,
            "firstSeen": iso(min(times)),
            "lastSeen": iso(max(times)),
            "level": "error",
            "status": "unresolved",
            "statusDetails": {},
            "type": "error",
            "project": PROJECT,
            "stats": {"24h": []},
            "metadata": {},
            "matchingEventId": None,
            "numComments": 0,
        }

    async def _environments(self, _: Request) -> Response:
        names = sorted({"production", *(event.environment for event in self.events if event.environment)})
        return Json([{"id": number, "name": name} for number, name in enumerate(names)])

    async def _issues(self, _: Request) -> Response:
        return Json([self.issue()], headers={"X-Hits": "1", "Link": _link(1, 1)})

    async def _only_put(self, _: Request) -> Response:
        return PlainTextResponse("Method not allowed", 405, {"Allow": "PUT"})

    async def _issue(self, request: Request) -> Response:
        return Json(self.issue()) if request.path_params["issue"] == ISSUE else says(404, "Not Found")

    async def _comments(self, _: Request) -> Response:
        return Json([])

    async def _stats(self, request: Request) -> Response:
        if not self.has_stats:
            return HTMLResponse(APPLICATION)
        return Json([self._stats_of(request.query_params.get("statsPeriod", "24h"))])

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
            return Json({"detail": [{"type": "uuid_parsing", "loc": ["path", "event_id"]}]}, 422)
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
