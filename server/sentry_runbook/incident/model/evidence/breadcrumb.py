"""Breadcrumbs: the steps before the error, and what HTTP calls among them came to."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from sentry_runbook.incident.model.evidence.json_values import JsonObject, first_text, object_of, text_of
from sentry_runbook.incident.model.evidence.lenient import (
    TITLE,
    FromSentry,
    Host,
    InertLine,
    InertUrl,
    Moment,
    Name,
    Word,
)
from sentry_runbook.incident.model.evidence.values import EventText

NO_ANSWER = "no answer"
HTTP_CATEGORIES = ("http", "xhr", "fetch", "httplib", "requests", "urllib3", "httpx", "aiohttp", "okhttp")


class Breadcrumb(FromSentry):
    """One step before the error, oldest first.

    Attributes:
        host: the host that an HTTP breadcrumb spoke to, lower case, without port and ``www.``; ``<ip 1>`` for a
            public address.
        http_status: its answer; None when there was none.
        failed: an HTTP call that did not succeed: status ≥ 400, status 0 (a browser's word for "no answer"), or no
            status and level error.
    """

    at: Annotated[datetime | None, Moment()] = Field(None, validation_alias="timestamp")
    category: Annotated[EventText | None, Name("event.breadcrumb.category")] = None
    level: Annotated[str | None, Word()] = None
    message: Annotated[EventText | None, InertLine(TITLE, "event.breadcrumb.message")] = None
    method: Annotated[EventText | None, Word()] = None
    url: Annotated[EventText | None, InertUrl("event.breadcrumb.url")] = None
    host: Annotated[EventText | None, Host("event.breadcrumb.host")] = None
    http_status: int | None = None
    failed: bool = False

    @property
    def call(self) -> str:
        """Method, URL and what came of the call, as far as they are known; empty when the step is none."""
        outcome = self.http_status or (NO_ANSWER if self.failed else None)
        return " ".join(str(part) for part in (self.method, self.url, outcome) if part)

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """What an HTTP call was and how it ended stands in ``data``, under the names of several SDKs."""
        data, kind = object_of(json.get("data")), text_of(json.get("type"))
        url = first_text(data, "url", "http.url")
        status = _status_of(data.get("status_code", data.get("status", data.get("http.response.status_code"))))
        category = text_of(json.get("category")) or kind
        is_http = kind == "http" or any(word in (category or "").lower() for word in HTTP_CATEGORIES)
        level = json.get("level")
        is_failure = status == 0 or status >= 400 if status is not None else level in ("error", "fatal", "critical")
        return {
            **json,
            "category": category,
            "message": text_of(json.get("message")) or _message_of(data),
            "method": first_text(data, "method", "http.method"),
            "url": url,
            "host": url if is_http else None,
            "http_status": status or None,
            "failed": is_http and is_failure,
        }


def _message_of(data: JsonObject) -> str | None:
    """What a breadcrumb without a message says: why a call failed, or where a user went."""
    start, end = first_text(data, "from"), first_text(data, "to")
    return first_text(data, "reason") or (f"{start or '?'} → {end}" if end else None)


def _status_of(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value) if abs(value) < 1000 else None
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 3 else None
