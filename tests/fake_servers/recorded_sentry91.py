"""A Sentry 9.1.2 made of the recordings of a real one, where they lie beside the checkout.

What was recorded is answered as it was, by path, and by the parameters that made a difference; what was not is an
empty 404, as there. Writes are not replayed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.fake_servers.app import TOKEN
from tests.sentry.other_servers import recorded

ORG = "/api/0/organizations/acme/"
Query = Mapping[str, list[str]]


class RecordedSentry91:
    """The server.

    Attributes:
        seen: ``METHOD path?query`` of every request, in order.
    """

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._records = recorded("sentry91")
        self._by_path: dict[str, str] = {}
        for name, record in self._records.items():
            if record["request"]["method"] == "GET" and not name.startswith(("w_", "a_", "root_noauth")):
                self._by_path.setdefault(urlsplit(record["request"]["path"]).path, name)

    def transport(self) -> httpx.MockTransport:
        """The server as a transport of httpx."""
        return httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(f"{request.method} {request.url.raw_path.decode()}")
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return self._replay("a_badtoken_issue")
        path, query = request.url.path, parse_qs(request.url.query.decode(), keep_blank_values=True)
        chosen = self._chosen(path, query)
        return httpx.Response(404) if chosen is None or request.method != "GET" else self._replay(chosen)

    def _chosen(self, path: str, query: Query) -> str | None:
        if path == f"{ORG}issues/":
            return _issue_list(query)
        if path == f"{ORG}events-stats/":
            # A search by short id counts nothing there, one by number does.
            return "events_stats_issue" if "issue.id:3" in "".join(query.get("query", [])) else "events_stats"
        if path == "/api/0/issues/3/events/":
            if "user.id:5" in query.get("query", []):
                return "issue_events_query_user_id_"
            return "events_page2" if "1795407777395:0:0" in query.get("cursor", []) else "events_page1"
        # The other issue that was read whole.
        return "w_issue_activity" if path == "/api/0/issues/6/" else self._by_path.get(path)

    def _replay(self, name: str) -> httpx.Response:
        record: dict[str, Any] = self._records[name]
        body = record["body"]
        content = body if isinstance(body, str) and not body.startswith('"') else json.dumps(body)
        return httpx.Response(record["status"], headers=record["headers"], content=content.encode())


def _issue_list(query: Query) -> str:
    """Which recorded list, or refusal: the first that fits."""
    search, projects = " ".join(query.get("query", [])), query.get("project", [])
    rules = {
        "issues_sort_user": query.get("sort", ["date"])[0] not in ("date", "new", "freq"),
        "issues_project_minus1": projects == ["-1"],
        "issues_project_slug": any(not project.isdigit() for project in projects),
        "issues_bad_cursor": query.get("cursor", ["0:0:0"])[0].count(":") != 2,
        "issues_p_stats_bad": query.get("statsPeriod", [""])[0] not in ("", "24h", "14d"),
        "issues_archived": "is:archived" in search,
        "issues_p_unhandled": "error.handled" in search,
        "issues_env": query.get("environment") == ["staging"],
        "issues_project_id": bool(projects),
    }
    return next((name for name, fits in rules.items() if fits), "issues")
