"""Which program answers at SENTRY_URL, by marks in its answers. Pure.

No answer names the program, but each is written in its own way: GlitchTip is built on Django Ninja and pydantic, Sentry
on Django REST framework. Every mark was seen in recordings of running servers (GlitchTip of December 2025, Sentry 9.1.2
and 24.2) and occurs in none of the other program's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Literal

from sentry_runbook.sentry.messages import SentryResponse

ServerKind = Literal["sentry", "glitchtip", "unknown"]

BODY_START = 2_000
"""Bytes of a body in which its mark stands."""
NINJA_WORDS = ("Unauthorized", "CSRF check Failed", "Permission denied", "Not Found")
"""Whole error texts of GlitchTip: no token, a change without one, a missing scope, nothing there."""
SENTRY_HEADER = "x-sentry-error"
"""Among the headers that Sentry exposes to browsers on every answer of its API."""


def kind_of(response: SentryResponse) -> ServerKind:
    """Return which program wrote a response; ``unknown`` when it bears no mark."""
    if SENTRY_HEADER in response.headers.get("access-control-expose-headers", "").lower():
        return "sentry"
    return "glitchtip" if any(is_marked(response) for is_marked in GLITCHTIP_MARKS) else "unknown"


def is_glitchtip_issue(issue: Mapping[str, object]) -> bool:
    """Return whether an issue of an answer was written by GlitchTip.

    A change is answered in snake_case; a read has ``matchingEventId`` and none of the user's marks, which Sentry of
    every age sends with it.
    """
    if "status_details" in issue or "matching_event_id" in issue:
        return True
    return "matchingEventId" in issue and issue.keys().isdisjoint(("annotations", "isBookmarked", "hasSeen"))


def _has_malformed_link(response: SentryResponse) -> bool:
    """A list's ``Link`` header is the text of a Python set."""
    return response.headers.get("link", "").startswith("{'<")


def _is_application(response: SentryResponse) -> bool:
    """Paths without an endpoint show the web application, with 200 or 404."""
    return response.is_page and b"<title>GlitchTip</title>" in response.body[:BODY_START]


def _is_method_refused(response: SentryResponse) -> bool:
    """The issue's path below its organization takes only changes. Firewalls, which answer 405 too, show a page."""
    return response.status == 405 and response.body.strip() == b"Method not allowed"


def _is_ninja_error(response: SentryResponse) -> bool:
    """Errors as pydantic writes them, or in one of Django Ninja's words."""
    if response.status not in (401, 403, 404, 422) or not _is_json_of_ninja(response):
        return False
    detail = _detail(response.body)
    if isinstance(detail, list):
        return all(isinstance(error, dict) and {"type", "loc"} <= error.keys() for error in detail) and bool(detail)
    return detail in NINJA_WORDS


def _is_root(response: SentryResponse) -> bool:
    """The root of the API shows the user's settings, in names of its own, before anything else."""
    return response.body.startswith(b'{"version"') and b'"preferredTheme"' in response.body[:BODY_START]


def _is_json_of_ninja(response: SentryResponse) -> bool:
    """Django Ninja names the character set of JSON, Django REST framework does not."""
    return response.headers.get("content-type", "").replace(" ", "").lower() == "application/json;charset=utf-8"


def _detail(body: bytes) -> object:
    if len(body) > BODY_START:
        return None
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return parsed.get("detail") if isinstance(parsed, dict) else None


GLITCHTIP_MARKS: tuple[Callable[[SentryResponse], bool], ...] = (
    _has_malformed_link,
    _is_application,
    _is_method_refused,
    _is_ninja_error,
    _is_root,
)
"""One is enough."""
