"""Real answers to any question: one that the recorded Sentry 24.2 gave to a question of the same kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

import httpx

from tests.fake_servers.recorded_sentry import Params, replayed
from tests.recordings import params_of, recorded_gets, resource_of, status_of

ISSUES = ("WEB-1", "WEB-2", "WEB-3", "WEB-4", "CHECKOUT-API-1", "CHECKOUT-API-2", "6")
"""What a caller may name."""
LAST = "2026-11-25T20:21:57+00:00"
"""When the last recording was made."""


def _kind(path: str, params: Params) -> str:
    """What a question asks for: the resource, and what is counted of what, in steps of what length."""
    query = dict(params).get("query", "")
    counted = [value for name, value in params if name in ("field", "yAxis", "interval", "dataset")]
    searched = [word for word in ("error.unhandled", "transaction:", "issue.id:") if word in query]
    return " ".join([resource_of({"path": path}), *counted, *searched])


def _issue(path: str, params: Params) -> str:
    """The issue that a question names; empty where it names none."""
    named = re.search(r"issue\.id:(\d+)", dict(params).get("query", "")) or re.search(r"/issues/([^/]+)/", path)
    return named[1] if named else ""


@cache
def _by_kind() -> Mapping[str, tuple[dict[str, Any], ...]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for _, record in recorded_gets():
        if status_of(record) < 500:
            found.setdefault(_kind(record["path"], params_of(record)), []).append(record)
    return {kind: tuple(records) for kind, records in found.items()}


@dataclass
class AnyMoment(httpx.AsyncBaseTransport):
    """Answers as the recorded server did at some moment: of the same issue where the kind of question was asked for it.

    Attributes:
        random: chooses the moment.
    """

    random: Random = field(default_factory=Random)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer; 404 without a body where the server was never asked for anything of the kind."""
        path, params = request.url.path, list(request.url.params.multi_items())
        records = _by_kind().get(_kind(path, params), ())
        same = [one for one in records if _issue(one["path"], params_of(one)) == _issue(path, params)]
        return replayed(self.random.choice(same or records)) if records else httpx.Response(404)
