"""A GlitchTip of December 2025 with one issue, as far as it was observed on a running server.

Single issues are read under ``/api/0/issues/`` and changed below the organization; unknown paths show the web
application with status 200; outcomes are not told apart (``groupBy`` is ignored); no Discover, time series, sessions,
short-id look-up, suspect commits or deploys; a ``Link`` header that is malformed as a whole; conditions of an ignore
are accepted and dropped.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from tests.fake_servers.app import StandIn
from tests.fake_servers.payloads import EVENT_ID, PROJECT, event

ISSUE = "7"
SHORT_ID = "WEB-A"
APPLICATION = (
    '<!doctype html><html lang="en"><head><title>GlitchTip</title><base href="/"></head>'
    "<body><app-root></app-root></body></html>"
)
SORTS = {sign + name for sign in ("", "-") for name in ("last_seen", "first_seen", "count", "priority")}
TAGS = [{"key": "release", "value": "web@1.2.0"}, {"key": "environment", "value": "production"}]


class Json(JSONResponse):
    """JSON as Django Ninja labels it."""

    media_type = "application/json; charset=utf-8"


def says(status: int, words: str) -> Json:
    """An error in one sentence."""
    return Json({"detail": words}, status)


class GlitchTip(StandIn):
    """The server.

    Attributes:
        status: the issue's status.
        comments: texts posted.
        more: issues beside the one, for pages of the list.
    """

    def __init__(self, more: int = 0) -> None:
        self.status = "unresolved"
        self.comments: list[str] = []
        self.more = more
        org, old = "/api/0/organizations/acme/", "/api/0/issues/{issue}/"
        super().__init__(
            [
                ("GET", "/api/0/", self._root),
                ("GET", "/api/0/organizations/", self._organizations),
                ("GET", org, self._organization),
                ("GET", f"{org}projects/", self._projects),
                ("GET", f"{org}environments/", self._environments),
                ("GET", f"{org}releases/", self._releases),
                ("GET", f"{org}stats_v2/", self._stats),
                ("GET", f"{org}issues/", self._issues),
                ("PUT", f"{org}issues/{{issue}}/", self._change),
                ("GET", f"{org}issues/{{issue}}/", self._only_put),
                ("GET", "/api/0/projects/acme/web/", self._project),
                ("GET", old, self._issue),
                ("PUT", old, self._change),
                ("GET", f"{old}events/", self._events),
                ("GET", f"{old}events/{{event}}/", self._event),
                ("GET", f"{old}tags/", self._tags),
                ("GET", f"{old}comments/", self._comments),
                ("POST", f"{old}comments/", self._comment),
            ]
        )

    def stranger(self, request: Request) -> Response:
        """GET tells a bad token from a missing cookie, changes do not."""
        return says(401, "Unauthorized") if request.method == "GET" else says(403, "CSRF check Failed")

    async def otherwise(self, request: Request) -> Response:
        """The web application (recordings 90 and 155)."""
        found = not request.url.path.startswith("/api/0/organizations/acme/") or "/issues/" in request.url.path
        return HTMLResponse(APPLICATION, 200 if found else 404)

    # --- the organization

    async def _root(self, _: Request) -> Response:
        scopes = ["org:read", "project:read", "event:read", "event:write"]
        options = {"timezone": None, "preferredTheme": None}
        user = {"id": "1", "options": options, "username": "oncall@example.com", "name": ""}
        return Json({"version": "0", "user": user, "auth": {"id": 1, "label": "full", "scopes": scopes}})

    async def _organizations(self, _: Request) -> Response:
        return _list([{"id": "1", "slug": "acme", "name": "Acme"}])

    async def _organization(self, _: Request) -> Response:
        return Json({"id": "1", "slug": "acme", "name": "Acme", "projects": [PROJECT]})

    async def _projects(self, _: Request) -> Response:
        return _list([PROJECT])

    async def _project(self, _: Request) -> Response:
        return Json(PROJECT)

    async def _environments(self, _: Request) -> Response:
        return _list([{"id": 1, "name": "production"}])

    async def _releases(self, _: Request) -> Response:
        row = {"version": "web@1.2.0", "dateCreated": "2026-11-24T07:00:00Z", "dateReleased": None, "deployCount": 0}
        return _list([row])

    async def _stats(self, request: Request) -> Response:
        """Stored events by hour, whatever they are to be grouped by (recording 194)."""
        if not {"category", "field", "start", "end"} <= request.query_params.keys():
            return Json({"detail": [{"type": "missing", "loc": ["query", "start"]}]}, 422)
        hours = ["2026-11-24T08:00:00+00:00", "2026-11-24T09:00:00+00:00"]
        return Json({"intervals": hours, "groups": [{"series": {"sum(quantity)": [180, None]}}]})

    # --- the issue

    def issue(self, number: str = ISSUE, short_id: str = SHORT_ID) -> dict[str, Any]:
        """The issue as GlitchTip writes it."""
        return {
            "id": number,
            "shortId": short_id,
            "title": "ConnectionError: gateway did not answer",
            "culprit": "",
            "permalink": f"http://glitchtip.example/issues/{number}",
            "count": "180",
            "userCount": 0,
            "firstSeen": "2026-11-24T08:00:00.123456Z",
            "lastSeen": "2026-11-24T09:00:00Z",
            "level": "error",
            "status": self.status,
            "statusDetails": {},
            "type": "error",
            "project": PROJECT,
            "stats": {"24h": []},
            "metadata": {},
            "numComments": len(self.comments),
        }

    async def _issues(self, request: Request) -> Response:
        asked = request.query_params
        if asked.get("sort", "-last_seen") not in SORTS or asked.get("project", "1").strip("-").isdigit() is False:
            return Json({"detail": [{"type": "literal_error", "loc": ["query", "sort"]}]}, 422)
        if not asked.get("cursor", "0").isdigit():
            return says(422, "Invalid cursor")
        limit, at = int(asked.get("limit", "50")), int(asked.get("cursor", "0"))
        others = [self.issue(str(100 + n), f"WEB-{n + 10}") for n in range(self.more)]
        rows = [*others, self.issue()]
        return Json(rows[at : at + limit], headers={"X-Hits": str(len(rows)), "Link": _link(at + limit, len(rows))})

    async def _only_put(self, _: Request) -> Response:
        return PlainTextResponse("Method not allowed", 405, {"Allow": "PUT"})

    async def _issue(self, request: Request) -> Response:
        if request.path_params["issue"] != ISSUE:
            return says(404, "Not Found")
        return Json(self.issue())

    async def _change(self, request: Request) -> Response:
        body = await request.json()
        if "status" not in body:
            return Response("Server Error", 500)
        if body["status"] not in ("resolved", "unresolved", "ignored"):
            return Json({"detail": [{"type": "enum", "loc": ["body", "status"]}]}, 422)
        self.status = body["status"]
        shown = self.issue()
        return Json({**shown, "status_details": shown.pop("statusDetails"), "user_count": 0})

    async def _events(self, _: Request) -> Response:
        return Json([event(ISSUE, TAGS)], headers={"Link": _link(1, 1)})

    async def _event(self, request: Request) -> Response:
        which = request.path_params["event"]
        if which in ("oldest", "recommended"):
            return Json({"detail": [{"type": "uuid_parsing", "loc": ["path", "event_id"]}]}, 422)
        if which not in ("latest", EVENT_ID):
            return says(404, "Not Found")
        return Json(event(ISSUE, TAGS))

    async def _tags(self, _: Request) -> Response:
        row = {"key": "environment", "name": "environment", "uniqueValues": 1, "totalValues": 180}
        return Json([{**row, "topValues": [{"name": "production", "value": "production", "count": 180}]}])

    # --- comments

    async def _comments(self, _: Request) -> Response:
        return _list([_comment(number, text) for number, text in enumerate(self.comments)][::-1])

    async def _comment(self, request: Request) -> Response:
        body = await request.json()
        if not isinstance(body.get("data"), dict):
            return Json({"detail": [{"type": "missing", "loc": ["body", "data"]}]}, 422)
        self.comments.append(body["data"]["text"])
        return Json(_comment(len(self.comments) - 1, self.comments[-1]), 201)


def _list(rows: list[dict[str, Any]]) -> Json:
    """The only page of a list."""
    return Json(rows, headers={"X-Hits": str(len(rows)), "X-Max-Hits": "1000", "Link": _link(len(rows), len(rows))})


def _comment(number: int, text: str) -> dict[str, Any]:
    return {"id": str(number), "type": "note", "data": {"text": text}, "dateCreated": "2026-11-24T09:30:00Z"}


def _link(after: int, count: int) -> str:
    """The header with braces and quotes around the whole, as it was seen."""
    more = after < count
    url = f"http://glitchtip.example/api/0/organizations/acme/issues/?cursor={after}&limit=1"
    ahead = f'<{url}>; rel="next"; results="{str(more).lower()}"' + (f'; cursor="{after}"' if more else "")
    return "{'" + f'<{url}>; rel="previous"; results="false", {ahead}' + "'}"
