"""A GlitchTip of December 2025, as far as it was observed on a running server.

Its routes, shapes and behaviours are held to the recordings by ``tests/sentry/test_glitchtip_recordings.py``, which
puts the recorded data into it. Single issues are read under ``/api/0/issues/`` and changed there or below the
organization; unknown paths show the web application; the list of events ignores every condition, that of issues takes
unknown keys for tags and ``start`` and ``end`` for the first event; conditions of an ignore are accepted and dropped.
"""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from tests.fake_servers import glitchtip_data
from tests.fake_servers.app import StandIn
from tests.fake_servers.glitchtip_data import (
    EVENT_ID,
    ISSUE,
    OLD_ISSUE,
    OLD_SHORT_ID,
    ORGANIZATION,
    SHORT_ID,
    GlitchTipData,
    single,
    tags_of,
)

__all__ = ["EVENT_ID", "ISSUE", "OLD_ISSUE", "OLD_SHORT_ID", "SHORT_ID", "GlitchTip"]
Rows = list[dict[str, Any]]
APPLICATION = (
    '<!doctype html><html lang="en"><head><title>GlitchTip</title><base href="/"></head>'
    "<body><app-root></app-root></body></html>"
)
FAILED = '\n<!doctype html>\n<html lang="en">\n<head>\n  <title>Server Error (500)</title>\n</head></html>'
NO_CSRF = '<!DOCTYPE html>\n<html lang="en">\n<head>\n  <title>403 Forbidden</title>\n</head></html>'
SORTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "last_seen": lambda issue: issue["lastSeen"],
    "first_seen": lambda issue: issue["firstSeen"],
    "count": lambda issue: int(issue["count"]),
    "priority": lambda issue: int(issue["count"]),
}
KNOWN = re.compile(r"/api/0/(issues/|projects/|organizations/[^/]+/(issues|releases))")
"""Paths near an endpoint: what is unknown there is answered 200, all else 404."""
UUID = re.compile(r"[0-9a-f]{32}")
SCOPES = ["org:read", "project:read", "event:read", "event:write"]
OPTIONS = {"timezone": None, "stacktraceOrder": None, "language": None, "clock24Hours": None, "preferredTheme": None}
USER: dict[str, Any] = {
    "id": "1",
    "options": OPTIONS,
    "username": "oncall@example.com",
    "dateJoined": "2026-11-01T00:00:00Z",
}
USER |= {"email": "oncall@example.com", "hasPasswordAuth": True, "identities": [], "lastLogin": None}
USER |= {"isSuperuser": True, "isActive": True, "name": ""}
AUTH = {"id": 1, "label": "full", "scopes": SCOPES, "token": "(hidden)", "created": "2026-11-01T00:00:00Z"}
SNAKE = {"shareId": "share_id", "statusDetails": "status_details", "subscriptionDetails": "subscription_details"}
SNAKE |= {"userCount": "user_count", "matchingEventId": "matching_event_id"}


class Json(JSONResponse):
    """JSON as Django Ninja labels it."""

    media_type = "application/json; charset=utf-8"


def says(status: int, words: str) -> Json:
    """An error in one sentence."""
    return Json({"detail": words}, status)


def refuses(kind: str, *where: str | int) -> Json:
    """An error as pydantic writes it."""
    return Json({"detail": [{"type": kind, "loc": list(where), "msg": "Input should be something else"}]}, 422)


class GlitchTip(StandIn):
    """The server.

    Attributes:
        data: what it holds.
        comments: texts posted, of all issues.
        asked_for: path and query of every request, in order.
    """

    def __init__(self, more: int = 0, data: GlitchTipData | None = None) -> None:
        self.data = data or glitchtip_data.invented(more)
        self.comments: list[str] = []
        self.asked_for: list[str] = []
        org, old = "/api/0/organizations/acme/", "/api/0/issues/{issue:int}/"
        project = "/api/0/projects/acme/{project}/"
        super().__init__(
            [
                ("GET", "/api/0/", self._root),
                ("GET", "/api/0/organizations/", self._organizations),
                ("GET", org, self._organization),
                ("GET", f"{org}projects/", self._projects),
                ("GET", f"{org}environments/", self._environments),
                ("GET", f"{org}releases/", self._releases),
                ("GET", f"{org}releases/{{version}}/", self._release),
                ("GET", f"{org}stats_v2/", self._stats),
                ("GET", f"{org}issues/", self._issues),
                ("PUT", f"{org}issues/{{issue:int}}/", self._change),
                ("GET", f"{org}issues/{{issue:int}}/", self._only_put),
                ("GET", project, self._project),
                ("GET", f"{project}issues/", self._issues),
                ("GET", f"{project}alerts/", self._alerts),
                ("GET", old, self._issue),
                ("PUT", old, self._change),
                ("GET", f"{old}events/", self._events),
                ("GET", f"{old}events/{{event}}/", self._event),
                ("GET", f"{old}tags/", self._tags),
                ("GET", f"{old}comments/", self._comments),
                ("POST", f"{old}comments/", self._comment),
            ]
        )

    @property
    def status(self) -> str:
        """The status of the first issue."""
        return str(self._found(ISSUE)["status"])

    def set_status(self, status: str) -> None:
        """Put the first issue into a status."""
        self._found(ISSUE)["status"] = status

    def stranger(self, request: Request) -> Response:
        """GET tells a bad token from a missing cookie, changes do not."""
        return says(401, "Unauthorized") if request.method == "GET" else says(403, "CSRF check Failed")

    async def otherwise(self, request: Request) -> Response:
        """The web application; changes are taken for a form's."""
        if request.method != "GET":
            return HTMLResponse(NO_CSRF, 403)
        if request.url.path.startswith("/api/0/organizations/") and "/acme/" not in request.url.path:
            return says(404, "Not Found")
        return HTMLResponse(APPLICATION, 200 if KNOWN.match(request.url.path) else 404)

    # --- the organization

    async def _root(self, _: Request) -> Response:
        return Json({"version": "0", "user": USER, "auth": AUTH})

    async def _organizations(self, request: Request) -> Response:
        return _list(request, [ORGANIZATION])

    async def _organization(self, _: Request) -> Response:
        rest = {"teams": [], "access": SCOPES, "openMembership": True}
        return Json({**ORGANIZATION, "projects": self.data.projects, **rest})

    async def _projects(self, request: Request) -> Response:
        return _list(request, self.data.projects)

    async def _project(self, request: Request) -> Response:
        wanted = request.path_params["project"]
        known = [project for project in self.data.projects if project["slug"] == wanted]
        if not known:
            return says(404, "Not Found")
        return Json({key: value for key, value in {**known[0], "organization": ORGANIZATION}.items() if key != "teams"})

    async def _alerts(self, request: Request) -> Response:
        """Those of a project that the token may see; of one that it may not, or that is not there, none."""
        return _list(request, self.data.alerts.get(request.path_params["project"], []))

    async def _environments(self, request: Request) -> Response:
        return _list(request, self.data.environments)

    async def _releases(self, request: Request) -> Response:
        return _list(request, self.data.releases)

    async def _release(self, request: Request) -> Response:
        wanted = request.path_params["version"]
        known = [release for release in self.data.releases if release["version"] == wanted]
        return Json(known[0]) if known else says(404, "Not Found")

    async def _stats(self, request: Request) -> Response:
        """Stored events by hour, whatever they are to be grouped by (recording 194)."""
        missing = [name for name in ("category", "start", "end") if name not in request.query_params]
        if missing:
            return refuses("missing", "query", missing[0])
        hours = ["2026-11-20T10:00:00+00:00", "2026-11-20T11:00:00+00:00"]
        return Json({"intervals": hours, "groups": [{"series": {"sum(quantity)": [180, None]}}]})

    # --- the issues

    def issue(self, number: str = ISSUE, short_id: str = SHORT_ID) -> dict[str, Any]:
        """An issue as it is shown; a server with events of its own shows it otherwise."""
        del short_id
        return self._found(number)

    def _found(self, number: str) -> dict[str, Any]:
        return next((issue for issue in self.data.issues if issue["id"] == number), {})

    async def _issues(self, request: Request) -> Response:
        asked = request.query_params
        self.asked_for.append(f"{request.url.path}?{request.url.query}")
        sign, order = _order(asked.get("sort", "-last_seen"))
        if order not in SORTS:
            return refuses("literal_error", "query", "sort")
        projects = asked.getlist("project")
        if any(not project.lstrip("-").isdigit() for project in projects):
            return refuses("int_parsing", "query", "filters", "project", 0)
        if asked.get("query", "").count('"') % 2:
            return HTMLResponse(FAILED, 500)
        shown = [self.issue(issue["id"], issue["shortId"]) for issue in self.data.issues]
        rows = [issue for issue in shown if self._matches(issue, asked.get("query", ""))]
        if projects:
            rows = [issue for issue in rows if issue["project"]["id"] in projects]
        if slug := request.path_params.get("project"):
            rows = [issue for issue in rows if issue["project"]["slug"] == slug]
        if environments := asked.getlist("environment"):
            rows = [issue for issue in rows if self._has(issue, "environment", *environments)]
        if start := asked.get("start", ""):
            edge = self._latest - timedelta(hours=1) if start == "now-1h" else _moment(start)
            rows = [issue for issue in rows if _moment(issue["firstSeen"]) >= edge]
        if end := asked.get("end", ""):
            rows = [issue for issue in rows if _moment(issue["firstSeen"]) <= _moment(end)]
        return _list(request, sorted(rows, key=SORTS[order], reverse=bool(sign)))

    @property
    def _latest(self) -> datetime:
        return max(_moment(issue["lastSeen"]) for issue in self.data.issues)

    def _matches(self, issue: dict[str, Any], query: str) -> bool:
        return all(self._fits(issue, term) for term in shlex.split(query))

    def _fits(self, issue: dict[str, Any], term: str) -> bool:
        key, colon, value = term.partition(":")
        if not colon:
            ids = [row["id"] for row in self.data.events.get(issue["id"], [])]
            return term.strip("*").lower() in str(issue["title"]).lower() or term in ids
        if key in ("is", "level"):
            return bool(issue["status" if key == "is" else "level"] == value)
        return self._has(issue, key, value)  # also what is no tag at all

    def _has(self, issue: dict[str, Any], key: str, *values: str) -> bool:
        tags = self.data.tags.get(issue["id"]) or tags_of(self.data.events.get(issue["id"], []))
        return any(tag["key"] == key and value["value"] in values for tag in tags for value in tag["topValues"])

    async def _only_put(self, _: Request) -> Response:
        return HTMLResponse("Method not allowed", 405, {"Allow": "PUT"})

    async def _issue(self, request: Request) -> Response:
        number = str(request.path_params["issue"])
        if not self._found(number):
            return says(404, "Not Found")
        return Json({**self.issue(number), "userReportCount": 0})

    async def _change(self, request: Request) -> Response:
        body, known = await request.json(), self._found(str(request.path_params["issue"]))
        if "status" not in body:
            return HTMLResponse(FAILED, 500)
        if body["status"] not in ("resolved", "unresolved", "ignored"):
            return refuses("enum", "body", "payload", "status")
        if not known:
            return says(404, "Not Found")
        known["status"] = body["status"]
        return Json({SNAKE.get(key, key): value for key, value in known.items()} | {"userReportCount": 0})

    async def _events(self, request: Request) -> Response:
        self.asked_for.append(f"{request.url.path}?{request.url.query}")
        return _list(request, self.data.events.get(str(request.path_params["issue"]), []))

    async def _event(self, request: Request) -> Response:
        which, rows = request.path_params["event"], self.data.events.get(str(request.path_params["issue"]), [])
        if which != "latest" and not UUID.fullmatch(which):
            return refuses("uuid_parsing", "path", "event_id")
        known = [row for row in rows if which in ("latest", row["event_id"])]
        return Json(single(known[0])) if known else says(404, "Not Found")

    async def _tags(self, request: Request) -> Response:
        number, keys = str(request.path_params["issue"]), request.query_params.getlist("key")
        tags = self.data.tags.get(number) or tags_of(self.data.events.get(number, []))
        return Json([tag for tag in tags if not keys or tag["key"] in keys])

    # --- comments

    async def _comments(self, request: Request) -> Response:
        return _list(request, [_comment(number, text) for number, text in enumerate(self.comments)][::-1])

    async def _comment(self, request: Request) -> Response:
        body = await request.json()
        if not isinstance(body.get("data"), dict):
            return refuses("missing", "body", "payload", "data")
        self.comments.append(body["data"]["text"])
        return Json(_comment(len(self.comments) - 1, self.comments[-1]), 201)


def _comment(number: int, text: str) -> dict[str, Any]:
    user = {"id": "1", "email": "oncall@example.com"}
    return {"id": number, "type": "note", "data": {"text": text}, "dateCreated": "2026-11-20T11:59:00Z", "user": user}


def _order(sort: str) -> tuple[str, str]:
    return ("-", sort[1:]) if sort.startswith("-") else ("", sort)


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _list(request: Request, rows: Rows) -> Json:
    """A page, with the header that is the text of a Python set; its cursor is opaque."""
    limit, cursor = int(request.query_params.get("limit", "0")) or 50, request.query_params.get("cursor")
    try:
        at = int(base64.urlsafe_b64decode(cursor).removeprefix(b"p=")) if cursor else 0
    except ValueError:
        return refuses("value_error", "query", "cursor")
    after = at + limit
    mark = base64.urlsafe_b64encode(f"p={after}".encode()).decode()
    url = str(request.url.remove_query_params("cursor"))
    ahead = f'<{url}>; rel="next"; results="false"'
    if after < len(rows):
        there = request.url.include_query_params(cursor=mark)
        ahead = f'<{there}>; rel="next"; results="true"; cursor="{mark}"'
    link = "{'" + f'<{url}>; rel="previous"; results="{str(at > 0).lower()}", {ahead}' + "'}"
    return Json(rows[at:after], headers={"X-Hits": str(len(rows)), "X-Max-Hits": "1000", "Link": link})
