"""Parses the counts of one issue by clock hour or day (``issues-stats``). Pure; whatever is wrong is a ValueError."""

from __future__ import annotations

from sentry_runbook.incident.model.evidence.json_values import MAX_ITEMS, count_of, id_of, moment_of, object_of
from sentry_runbook.sentry.messages import SentryResponse
from sentry_runbook.sentry.parsing import objects

EventBuckets = tuple[tuple[int, int], ...]
"""Start of a bucket in epoch seconds, and its events; in order. Empty buckets may be left out."""


def issue_stats(response: SentryResponse, issue: str, period: str) -> EventBuckets:
    """Parse the buckets of one issue; a bucket that cannot be read makes its whole row unknown, for it is not empty.

    Args:
        response: the response.
        issue: its number; answers hold a row for each issue that was asked for.
        period: ``24h`` or ``14d``.

    Raises:
        ValueError: the answer holds no such buckets of this issue.
    """
    row = next((row for row in objects(response) if id_of(row.get("id")) == issue), {})
    buckets = object_of(row.get("stats")).get(period)
    if not isinstance(buckets, list):
        raise ValueError("no buckets of the issue")  # noqa: TRY004  # see the module's docstring
    return tuple(sorted(map(_bucket, buckets[:MAX_ITEMS])))


def _bucket(pair: object) -> tuple[int, int]:
    if not isinstance(pair, list) or len(pair) != 2:
        raise ValueError("not a pair")
    at, events = moment_of(pair[0]), count_of(pair[1])
    if at is None or events is None:
        raise ValueError("a bucket without a number")
    return int(at.timestamp()), events
