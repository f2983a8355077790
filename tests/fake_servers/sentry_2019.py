"""A Sentry 9.1.2 of 2019 with one issue, the far end of self-hosted, as far as it was observed on a running server.

Nothing about single issues below the organization: an empty 404. ``events/`` of the organization lists events, it
knows no ``field``. No sessions, no time series but ``events-stats/``, no ``substatus``.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.fake_servers.app import StandIn, page, says
from tests.fake_servers.payloads import EVENT_ID, PROJECT, event

ISSUE = "7"
SHORT_ID = "WEB-A"
TAGS = [{"key": "sentry:release", "value": "web@1.2.0"}, {"key": "environment", "value": "production"}]
DETAILS = ("inNextRelease", "inRelease", "ignoreDuration", "ignoreCount")


class Sentry2019(StandIn):
    """The server.

    Attributes:
        status: the issue's status.
        details: what the status waits for.
        notes: texts posted.
    """

    def __init__(self) -> None:
        self.status = "unresolved"
        self.details: dict[str, Any] = {}
        self.notes: list[str] = []
        org, old = "/api/0/organizations/acme/", "/api/0/issues/{issue}/"
        super().__init__(
            [
                ("GET", "/api/0/", self._root),
                ("GET", org, self._organization),
                ("GET", "/api/0/organizations/", self._organizations),
                ("GET", f"{org}issues/", self._issues),
                ("GET", f"{org}shortids/{{short}}/", self._short_id),
                ("GET", f"{org}eventids/{{event}}/", self._event_id),
                ("GET", f"{org}events/", self._org_events),
                ("GET", f"{org}events-stats/", self._stats),
                ("GET", f"{org}releases/", self._releases),
                ("GET", f"{org}releases/{{version}}/", self._release),
                ("GET", f"{org}releases/{{version}}/deploys/", self._deploys),
                ("GET", "/api/0/projects/acme/web/", self._project),
                ("GET", "/api/0/projects/acme/web/events/{event}/", self._project_event),
                ("GET", "/api/0/projects/acme/web/events/{event}/committers/", self._committers),
                ("GET", old, self._issue),
                ("PUT", old, self._change),
                ("GET", f"{old}events/", self._events),
                ("GET", f"{old}events/{{event}}/", self._event),
                ("GET", f"{old}tags/", self._tags),
                ("GET", f"{old}notes/", self._notes),
                ("POST", f"{old}notes/", self._note),
            ]
        )

    async def _root(self, _: Request) -> Response:
        return JSONResponse({"version": "0", "user": None, "auth": {"scopes": ["event:read", "event:write"]}})

    async def _organizations(self, _: Request) -> Response:
        return JSONResponse([{"id": "1", "slug": "acme", "name": "Acme"}])

    async def _organization(self, _: Request) -> Response:
        return JSONResponse({"id": "1", "slug": "acme", "name": "Acme"})

    async def _project(self, _: Request) -> Response:
        return JSONResponse(PROJECT)

    def issue(self) -> dict[str, Any]:
        """The issue as this version writes it."""
        return {
            "id": ISSUE,
            "shortId": SHORT_ID,
            "title": "ConnectionError: gateway did not answer",
            "culprit": "shop.pay in charge",
            "permalink": f"https://old.example/acme/web/issues/{ISSUE}/",
            "count": "180",
            "userCount": 40,
            "firstSeen": "2026-11-24T08:00:00Z",
            "lastSeen": "2026-11-24T09:00:00Z",
            "level": "error",
            "status": self.status,
            "statusDetails": self.details,
            "type": "error",
            "project": PROJECT,
            "firstRelease": {"version": "web@1.2.0", "deployCount": 0},
            "activity": [{"id": "0", "type": "first_seen", "data": {}, "dateCreated": "2026-11-24T08:00:00Z"}],
            "stats": {"24h": [[1_795_507_200, 180]], "30d": [[1_795_478_400, 180]]},
        }

    async def _issues(self, request: Request) -> Response:
        asked = request.query_params
        if asked.get("statsPeriod", "") not in ("", "24h", "14d"):
            return says(400, "Invalid stats_period. Valid choices are '', '24h', and '14d'")
        if asked.get("project") == "-1":
            return says(403, "You do not have permission to perform this action.")
        if asked.get("sort", "date") not in ("date", "new", "freq", "priority"):
            return says(500, "Internal Error")
        if not asked.get("project", "1").isdigit() or asked.get("cursor", "0:0:0").count(":") != 2:
            return says(500, "Internal Error")
        return JSONResponse([self.issue()])

    async def _short_id(self, request: Request) -> Response:
        if request.path_params["short"] != SHORT_ID:
            return says(404, "The requested resource does not exist")
        return JSONResponse({"organizationSlug": "acme", "projectSlug": "web", "groupId": ISSUE, "shortId": SHORT_ID})

    async def _event_id(self, request: Request) -> Response:
        if request.path_params["event"] != EVENT_ID:
            return says(404, "The requested resource does not exist")
        return JSONResponse({"organizationSlug": "acme", "projectSlug": "web", "groupId": ISSUE, "eventId": EVENT_ID})

    async def _issue(self, request: Request) -> Response:
        number = request.path_params["issue"]
        if number == ISSUE:
            return JSONResponse(self.issue())
        # Another organization's issue: 403, not 404.
        return says(403, "You do not have permission.") if number == "8" else says(404, "Issue not found")

    async def _change(self, request: Request) -> Response:
        body = await request.json()
        self.status = body.get("status", self.status)
        sent = body.get("statusDetails") or {}
        self.details = {name: sent[name] for name in DETAILS if name in sent}
        return JSONResponse({"status": self.status, "statusDetails": self.details})

    async def _events(self, _: Request) -> Response:
        row = event(ISSUE, TAGS)
        del row["entries"], row["contexts"]
        return JSONResponse([row])

    async def _event(self, request: Request) -> Response:
        which = request.path_params["event"]
        if which not in ("latest", "oldest"):
            return Response(status_code=404)  # an id is read below its project
        return JSONResponse(event(ISSUE, TAGS, release={"version": "web@1.2.0"}))

    async def _project_event(self, request: Request) -> Response:
        if request.path_params["event"] != EVENT_ID:
            return says(404, "Event not found")
        return JSONResponse(event(ISSUE, TAGS, release={"version": "web@1.2.0"}))

    async def _tags(self, _: Request) -> Response:
        row = {"key": "environment", "name": "Environment", "totalValues": 180, "uniqueValues": 1}
        return JSONResponse([{**row, "topValues": [{"value": "production", "name": "production", "count": 180}]}])

    async def _notes(self, _: Request) -> Response:
        return JSONResponse([_note(number, text) for number, text in enumerate(self.notes)][::-1])

    async def _note(self, request: Request) -> Response:
        text = (await request.json()).get("text")
        if not text:
            return JSONResponse({"text": ["This field is required."]}, 400)
        if text in self.notes:
            return JSONResponse('{"detail": "You have already posted that comment."}', 400)  # JSON in a JSON text
        self.notes.append(text)
        return JSONResponse(_note(len(self.notes) - 1, text), 201)

    async def _org_events(self, _: Request) -> Response:
        return JSONResponse([event(ISSUE, TAGS)])

    async def _stats(self, request: Request) -> Response:
        if not request.query_params.get("interval", "").endswith("m"):
            return says(400, "Invalid interval")
        minutes = [[1_795_507_200 + 60 * at, [{"count": 3}]] for at in range(60)]
        return JSONResponse({"data": minutes, "totals": {"count": 180}})

    async def _releases(self, _: Request) -> Response:
        return JSONResponse([{"version": "web@1.2.0", "dateCreated": "2026-11-24T07:00:00Z"}])

    async def _release(self, request: Request) -> Response:
        if request.path_params["version"] != "web@1.2.0":
            return says(404, "The requested resource does not exist")
        return JSONResponse({"version": "web@1.2.0", "dateCreated": "2026-11-24T07:00:00Z"})

    async def _deploys(self, _: Request) -> Response:
        return JSONResponse([{"id": "1", "environment": "production", "dateFinished": "2026-11-24T07:55:00Z"}])

    async def _committers(self, _: Request) -> Response:
        commit = {"id": "0f3a", "message": "Pay faster", "dateCreated": "2026-11-24T06:00:00Z"}
        return JSONResponse({"committers": [{"author": {"name": "Ada"}, "commits": [commit]}], "annotatedFrames": []})


class BehindLogin(StandIn):
    """A Sentry behind a gateway that shows its login page, with status 200, to whoever comes without a session."""

    def __init__(self) -> None:
        super().__init__([])

    async def otherwise(self, request: Request) -> Response:
        """The login page."""
        del request
        return page()


def _note(number: int, text: str) -> dict[str, Any]:
    return {"id": str(number), "type": "note", "data": {"text": text}, "dateCreated": "2026-11-24T09:30:00Z"}
