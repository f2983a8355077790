"""A server that answers exactly what the runbook's shell snippets expect, and nothing else.

It holds other data than the embedded Sentry: one issue, its events with ``release`` as an object in every row,
Discover without ``dataset``, ``p95(transaction.duration)`` for ``event.type:transaction``, and the three changes.
"""

from __future__ import annotations

from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.fake_servers.app import StandIn, says
from tests.fake_servers.payloads import EVENT_ID

ISSUE = "4242"
ENDPOINTS = {"GET /geo": (8200.0, 51), "POST /pay": (640.5, 12)}
OnDataset = Literal["refuses", "ignores"]


class LiteralRunbook(StandIn):
    """The server.

    Args:
        on_dataset: what it does with the parameter that it does not know.

    Attributes:
        status: the issue's status.
        details: what the status waits for.
    """

    def __init__(self, on_dataset: OnDataset = "refuses") -> None:
        self.status = "unresolved"
        self.details: dict[str, Any] = {}
        self._on_dataset = on_dataset
        org = "/api/0/organizations/acme/"
        super().__init__(
            [
                ("GET", f"{org}issues/{{issue}}/", self._issue),
                ("PUT", f"{org}issues/{{issue}}/", self._change),
                ("GET", f"{org}issues/{{issue}}/events/", self._events),
                ("GET", f"{org}events/", self._discover),
            ]
        )

    async def otherwise(self, request: Request) -> Response:
        """All else is not there."""
        del request
        return Response(status_code=404)

    def issue(self) -> dict[str, Any]:
        """Only the fields that the snippets print, and the id."""
        return {
            "id": ISSUE,
            "title": "HTTPError: geocoding answered 503",
            "firstSeen": "2026-11-24T08:00:00Z",
            "lastSeen": "2026-11-24T09:00:00Z",
            "count": "180",
            "userCount": 40,
            "level": "error",
            "status": self.status,
            "statusDetails": self.details,
        }

    async def _issue(self, request: Request) -> Response:
        if request.path_params["issue"] != ISSUE:
            return says(404, "The requested resource does not exist")
        return JSONResponse(self.issue())

    async def _change(self, request: Request) -> Response:
        body = await request.json()
        self.status, self.details = body["status"], body.get("statusDetails", {})
        return JSONResponse(self.issue())

    async def _events(self, request: Request) -> Response:
        row = {"eventID": EVENT_ID, "dateCreated": "2026-11-24T09:00:00Z", "title": "HTTPError"}
        rows = [{**row, "eventID": f"{n:032x}", "release": {"version": "geo@3.0.1"}} for n in range(12)]
        return JSONResponse(rows[: int(request.query_params.get("per_page", "100"))])

    async def _discover(self, request: Request) -> Response:
        asked = request.query_params
        fields, query = asked.getlist("field"), asked.get("query", "")
        if "dataset" in asked and self._on_dataset == "refuses":
            return says(400, "dataset: unknown parameter")
        if "event.type:transaction" in query:
            names = [name for name in ENDPOINTS if "transaction:" not in query or f'"{name}"' in query]
            rows = [_latency(name) for name in names]
            return JSONResponse({"data": rows[: int(asked.get("per_page", "5"))]})
        numbers = {"count()": 180, "count_unique(user)": 40}
        row = {field: numbers[field] for field in fields if field in numbers}
        return JSONResponse({"data": [row] if row and f"issue.id:{ISSUE}" in query else []})


def _latency(name: str) -> dict[str, Any]:
    p95, count = ENDPOINTS[name]
    return {"transaction": name, "p95(transaction.duration)": p95, "count()": count}
