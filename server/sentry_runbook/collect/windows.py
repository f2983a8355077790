"""Windows that follow the issue itself: a story is read from before its beginning, a recovery from before the fix."""

from __future__ import annotations

from datetime import datetime, timedelta

from sentry_runbook.collect.request_values import first_seen, last_activity, last_seen
from sentry_runbook.incident.model.evidence import Window
from sentry_runbook.incident.model.evidence.json_values import JsonObject

DAY = timedelta(days=1)
STORY_AT_MOST = timedelta(days=7)
"""As far back as events are read by the minute."""
LEAD_IN = timedelta(hours=1)
RECOVERY_AT_MOST = timedelta(days=14)


def story_window(issue: JsonObject, now: datetime) -> Window:
    """From an hour before the incident began until now; at least a day, at most a week.

    It began with the last regression, else with the first event. An older issue's story is its last day with events.
    """
    begun = last_activity(issue, "set_regression") or first_seen(issue)
    last = last_seen(issue)
    if begun is None or begun < now - STORY_AT_MOST:
        begun = last - DAY if last else None
    start = min(now - DAY, begun - LEAD_IN) if begun else now - DAY
    return Window(start=_full_hour(max(start, now - STORY_AT_MOST)), end=now)


def recovery_window(issue: JsonObject, now: datetime, since: datetime | None) -> Window:
    """From a day before the fix until now; the fix is stated, or the last resolve, or there is none yet."""
    fixed = since or last_activity(issue, "set_resolved")
    start = min(now - DAY, fixed - DAY) if fixed else now - DAY
    return Window(start=_full_hour(max(start, now - RECOVERY_AT_MOST)), end=now)


def _full_hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
