"""The recorded GlitchTip and Sentry 9.1.2, answering again, and WEB-3 of GlitchTip grown to 604 events of 140 users.

What is recorded of WEB-3 and what is not: the two newest pages of its events (100 of 154), the issue, its tags (40
users), its hours and days (150 events in the hour from 04:00, four in single hours of the day before). The 604 events
of 140 users in ten minutes were seen on the running server, and their recordings are not kept. They are reconstructed
here: each event is a recorded one with another id, time and user; counts, tags, hours and days follow from them. All
else is answered as recorded.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from tests.fake_servers.glitchtip_world import iso
from tests.sentry.other_servers import recorded

NUMBER = "3"
NOW = datetime(2026, 11, 23, 4, 31, tzinfo=UTC)
"""Shortly after the last recorded event."""
SPIKE = datetime(2026, 11, 23, 4, 19, 5, tzinfo=UTC)
OLDER = tuple(datetime(2026, 11, 22, hour, 38, tzinfo=UTC) for hour in (14, 18, 21, 23))
"""One event each, as the recorded hours have it."""
APPLICATION = '<!doctype html><html lang="en"><head><title>GlitchTip</title></head><body></body></html>'


class RecordedServer(httpx.AsyncBaseTransport):
    """Answers a GET as it was recorded: with the same parameters if there is one, else on the same path.

    Attributes:
        asked: paths of all requests, in order.
    """

    def __init__(self, server: str, *, missing: int = 404) -> None:
        self.server = server
        self.missing = missing
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        assert request.method == "GET", "recordings are only read here"
        self.asked.append(request.url.path)
        record = self.record_of(request.url.path, dict(request.url.params.multi_items()))
        if record is None:
            return httpx.Response(self.missing, html=APPLICATION)
        return answer(record)

    def record_of(self, path: str, params: dict[str, str]) -> dict[str, Any] | None:
        """The recording: of the same cursor always, for another page is another answer."""
        same = [record for record in _gets(self.server) if urlsplit(record["request"]["path"]).path == path]
        pages = [record for record in same if _params(record).get("cursor") == params.get("cursor")]
        plain = [record for record in pages if set(_params(record)) <= {"limit", "cursor"}]
        chosen = plain or pages
        wanted = [record for record in chosen if _params(record).get("limit") in (None, "50")]
        return next(iter(wanted or chosen), None)


def _gets(server: str) -> list[dict[str, Any]]:
    return [record for record in recorded(server).values() if record["request"]["method"] == "GET"]


def _params(record: dict[str, Any]) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(record["request"]["path"]).query))


def answer(record: dict[str, Any]) -> httpx.Response:
    """A recorded answer, with the headers that the client reads."""
    kept = {name: text for name, text in record["headers"].items() if name.lower() in ("link", "content-type")}
    body = record["body"]
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return httpx.Response(record["status"], content=content, headers=kept)


class GrownWeb3(RecordedServer):
    """The recorded GlitchTip, whose WEB-3 has more events (see the top).

    Attributes:
        rows: all of its events as the list holds them, newest first.
    """

    def __init__(self, spike: int = 600, users: int = 140) -> None:
        super().__init__("glitchtip", missing=200)
        template = recorded("glitchtip")["events_page1"]["body"][0]
        step = timedelta(minutes=10) / max(1, spike)
        times = [*OLDER, *(SPIKE + number * step for number in range(spike))]
        self.rows = [row(template, number, at, number % users + 1) for number, at in enumerate(times)][::-1]

    def record_of(self, path: str, params: dict[str, str]) -> dict[str, Any] | None:
        """The reconstructed answers about WEB-3; all else as recorded."""
        record = super().record_of(path, {name: text for name, text in params.items() if name != "cursor"})
        if record is None:
            return None
        own = {
            f"/api/0/issues/{NUMBER}/": self._issue,
            f"/api/0/issues/{NUMBER}/tags/": self._tags,
            f"/api/0/issues/{NUMBER}/events/": self._events,
            f"/api/0/issues/{NUMBER}/events/latest/": self._latest,
            "/api/0/organizations/acme/issues-stats/": self._stats,
        }.get(path)
        return record if own is None else own(copy.deepcopy(record), params)

    def _issue(self, record: dict[str, Any], _: dict[str, str]) -> dict[str, Any]:
        seen = {"firstSeen": self.rows[-1]["date_created"], "lastSeen": self.rows[0]["date_created"]}
        return {**record, "body": {**record["body"], "count": str(len(self.rows)), **seen}}

    def _tags(self, record: dict[str, Any], _: dict[str, str]) -> dict[str, Any]:
        return {**record, "body": [self._tag(tag["key"]) for tag in record["body"]]}

    def _tag(self, key: str) -> dict[str, Any]:
        counts = Counter(tag["value"] for event in self.rows for tag in event["tags"] if tag["key"] == key)
        top = [{"name": value, "value": value, "count": events, "key": key} for value, events in counts.most_common()]
        return {"topValues": top, "uniqueValues": len(top), "key": key, "name": key, "totalValues": counts.total()}

    def _events(self, record: dict[str, Any], params: dict[str, str]) -> dict[str, Any]:
        at, size = int(params.get("cursor", "0")), int(params.get("limit", "50"))
        more = at + size < len(self.rows)
        url = f"http://127.0.0.1:8099/api/0/issues/{NUMBER}/events/"
        ahead = f'<{url}?cursor={at + size}>; rel="next"; results="{str(more).lower()}"'
        ahead += f'; cursor="{at + size}"' if more else ""
        link = f'{{\'<{url}>; rel="previous"; results="false", {ahead}\'}}'
        return {**record, "body": self.rows[at : at + size], "headers": {**record["headers"], "link": link}}

    def _latest(self, record: dict[str, Any], _: dict[str, str]) -> dict[str, Any]:
        newest = self.rows[0]
        own = {"id": newest["id"], "eventID": newest["id"], "dateCreated": newest["date_created"]}
        return {**record, "body": {**record["body"], **own}}

    def _stats(self, record: dict[str, Any], params: dict[str, str]) -> dict[str, Any]:
        period = params["statsPeriod"]
        return {
            **record,
            "body": [{"id": NUMBER, "count": str(len(self.rows)), "stats": {period: self._buckets(period)}}],
        }

    def _buckets(self, period: str) -> list[list[int]]:
        step = 3600 if period == "24h" else 86400
        times = (datetime.fromisoformat(event["date_created"]).timestamp() for event in self.rows)
        return [[at, events] for at, events in Counter(int(time) // step * step for time in times).most_common()]


def row(template: dict[str, Any], number: int, at: datetime, user: int) -> dict[str, Any]:
    """A recorded event with another id, time and user."""
    id_, name = f"{number:032x}", f"user{user}"
    who = {"user.id": str(user), "user.email": f"{name}@example.test", "user.username": name}
    tags = [{**tag, "value": who.get(tag["key"], tag["value"])} for tag in template["tags"]]
    person = {"id": str(user), "email": who["user.email"], "username": name, "ip_address": "203.0.113.9"}
    times = {"date_created": iso(at), "date_received": iso(at)}
    return {**template, "id": id_, "event_id": id_, **times, "user": person, "tags": tags}


def users_of(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The user ids of raw rows."""
    for event in rows:
        if event.get("user"):
            yield event["user"]["id"]
