"""Breadcrumbs: the steps before the error, and what HTTP calls among them came to."""

from __future__ import annotations

import re
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
HTTP_CATEGORIES = re.compile(
    r"http|xhr|fetch|requests|urllib|axios|urlsession|faraday|excon|guzzle|retrofit|feign|grpc|\bdio\b",
    re.IGNORECASE,
)
"""Categories of breadcrumbs that are calls, whatever their type says."""
URL_KEYS = ("url", "http.url", "url.full", "uri", "target")
METHOD_KEYS = ("method", "http.method", "http.request.method")
STATUS_KEYS = (
    "status_code",
    "status",
    "http.response.status_code",
    "http.status_code",
    "statusCode",
    "response.status",
)
"""Names under which SDKs and the applications' own clients note a call's URL, method and answer."""
FAILURE = re.compile(
    r"\W{0,3}(?:net(?:work)?[ _-]?)?(?:error|fail(?:ed|ure)|timed?[ -]?out|refused|reset|unreachable)\b"
    r"|UNAVAILABLE|DEADLINE_EXCEEDED",
    re.IGNORECASE,
)
"""In place of a status: the call got no answer. One that was cancelled or aborted may have been given up on purpose."""


class Breadcrumb(FromSentry):
    """One step before the error, oldest first.

    Attributes:
        host: the host that an HTTP breadcrumb spoke to, lower case, without port and ``www.``; ``<ip 1>`` for a
            public address.
        http_status: its answer; None when there was none.
        failed: an HTTP call that did not succeed: status ≥ 400, status 0 (a browser's word for "no answer"), or no
            status, and an error as its level or beside it.
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
        url, status, is_http = first_text(data, *URL_KEYS), _status_in(data), is_call(json)
        category = text_of(json.get("category")) or kind
        is_error = json.get("level") in ("error", "fatal", "critical") or first_text(data, "error") is not None
        is_failure = is_error if status is None else status == 0 or status >= 400
        return {
            **json,
            "category": category,
            "message": text_of(json.get("message")) or _message_of(data),
            "method": first_text(data, *METHOD_KEYS),
            "url": url,
            "host": url if is_http else None,
            "http_status": status or None,
            "failed": is_http and is_failure,
        }


def is_call(json: JsonObject) -> bool:
    """Whether a raw breadcrumb is an HTTP call: by its type or category, or because it has a URL and an answer."""
    kind = text_of(json.get("type")) or ""
    if kind == "http" or HTTP_CATEGORIES.search(text_of(json.get("category")) or kind):
        return True
    data = object_of(json.get("data"))
    return first_text(data, *URL_KEYS) is not None and _status_in(data) is not None


SPAN_OPERATION = re.compile(r"http\.client|grpc\.client|rpc\.client|http\.request")
SPAN_FAILED = frozenset(
    {"internal_error", "unavailable", "deadline_exceeded", "resource_exhausted", "unknown_error", "error", "data_loss"}
)
"""Statuses of a span whose call did not succeed, where it names no answer."""
SPAN_TEXT = re.compile(r"(?:(GET|POST|PUT|PATCH|DELETE|HEAD) )?(\S{1,2000})")


def call_of_span(span: JsonObject) -> JsonObject | None:
    """A span of an outgoing call as the breadcrumb that the SDK would have written of it; None for any other span."""
    if not SPAN_OPERATION.search(text_of(span.get("op")) or ""):
        return None
    data = object_of(span.get("data"))
    named = SPAN_TEXT.fullmatch(text_of(span.get("description")) or "")
    method, url = (named[1], named[2]) if named is not None else (None, None)
    answer = _status_in({**data, "status": None})
    is_failed = answer is None and text_of(span.get("status")) in SPAN_FAILED
    told = {"method": method, "url": first_text(data, *URL_KEYS) or url, "status_code": answer}
    return {
        "type": "http",
        "category": "http",
        "level": "error" if is_failed else "info",
        "timestamp": span.get("timestamp"),
        "data": {name: value for name, value in told.items() if value is not None},
    }


def _status_in(data: JsonObject) -> int | None:
    return next((status for key in STATUS_KEYS if (status := _status_of(data.get(key))) is not None), None)


def _message_of(data: JsonObject) -> str | None:
    """What a breadcrumb without a message says: why a call failed, or where a user went."""
    start, end = first_text(data, "from"), first_text(data, "to")
    return first_text(data, "reason") or (f"{start or '?'} → {end}" if end else None)


def _status_of(value: object) -> int | None:
    """An HTTP status; 0 where the call got no answer, as numbers below 1 and some words say; None: unknown."""
    if isinstance(value, str):
        digits = LEADING_STATUS.match(value)
        if digits is None:
            return 0 if FAILURE.match(value) else None
        value = int(digits[1])
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1000 < value < 1000:
        return None
    # Codes of gRPC and of sockets are below 100: they are no statuses of HTTP.
    return 0 if value <= 0 else int(value) if value >= 100 else None


LEADING_STATUS = re.compile(r"\s*(-?\d{1,3})(?![\w.])", re.ASCII)
