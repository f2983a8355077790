"""The table of the evidence: a row for each way to fill a field.

A new part of the evidence is a row, its field, and a reader.
"""

from __future__ import annotations

from typing import Any

from sentry_runbook.collect import counted_parts, event_parts, release_parts
from sentry_runbook.collect.collection import Part

FIRST_READ: tuple[Part[Any], ...] = (event_parts.EVENT, event_parts.SAMPLE, event_parts.ROWS)
"""What takes longest to read and needs only round one: read while round two is under way."""
PARTS: tuple[Part[Any], ...] = (
    *FIRST_READ,
    event_parts.TAGS,
    counted_parts.TOTALS,
    counted_parts.WIDENED,
    counted_parts.ENVIRONMENTS,
    counted_parts.SERIES,
    counted_parts.USERS_PER_HOUR,
    counted_parts.UNHANDLED,
    counted_parts.PROJECT_UNHANDLED,
    counted_parts.PROJECT_TOP,
    counted_parts.SESSIONS,
    counted_parts.LATENCY,
    counted_parts.BREAKDOWN,
    counted_parts.BREAKDOWN_BEFORE,
    release_parts.NAMED_RELEASE,
    release_parts.RELEASES,
    release_parts.DEPLOYS,
    release_parts.SUSPECT_COMMITS,
    release_parts.ALERTS,
    event_parts.NOTES,
)
"""In the order in which they are read; stand-ins for users and masks are numbered in that order."""
OPTIONAL: tuple[Part[Any], ...] = (counted_parts.BREAKDOWN_BEFORE, counted_parts.PROJECT_TOP)
"""Left out of round two, in this order, when it holds more requests than can be under way at once."""
