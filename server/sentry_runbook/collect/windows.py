"""Windows that follow the issue itself: a story is read from before its beginning, a recovery from before the fix."""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import median

from sentry_runbook.collect.request_values import first_seen, last_activity, last_seen
from sentry_runbook.incident.model.evidence import Window
from sentry_runbook.incident.model.evidence.json_values import JsonObject, count_of, list_of, moment_of, object_of

DAY = timedelta(days=1)
FEWEST_DAYS, FEWEST_EVENTS, TIMES_USUAL = 3, 5, 3
"""A day is raised by at least that many days before it, with more than that many events, and times the usual."""
STORY_AT_MOST = timedelta(days=7)
"""As far back as events are read by the minute."""
LEAD_IN = timedelta(hours=1)
RECOVERY_AT_MOST = timedelta(days=14)


def story_window(issue: JsonObject, now: datetime) -> Window:
    """From an hour before the incident began until now; at least a day, at most a week.

    It began with the last regression, else with the first event. An older issue's story is its last days with many more
    events than usual, by its own daily counts; else its last day with events.
    """
    begun = last_activity(issue, "set_regression") or first_seen(issue)
    last = last_seen(issue)
    if begun is None or begun < now - STORY_AT_MOST:
        begun = raised_day(issue, now) or (last - DAY if last else None)
    start = min(now - DAY, begun - LEAD_IN) if begun else now - DAY
    return Window(start=_full_hour(max(start, now - STORY_AT_MOST)), end=now)


def raised_day(issue: JsonObject, now: datetime) -> datetime | None:
    """The first of the last days in a row, within the week, that hold three times a usual day and more."""
    buckets = [bucket for bucket in list_of(object_of(issue.get("stats")).get("30d")) if isinstance(bucket, list)]
    days = [(moment_of(bucket[0]), count_of(bucket[1])) for bucket in buckets if len(bucket) == 2]
    dated = [(at, events) for at, events in days if at is not None and events is not None and at <= now]
    before = [events for at, events in dated if at < now - STORY_AT_MOST - DAY]
    if len(before) < FEWEST_DAYS:
        return None
    # An issue that has been busier all week has another usual day.
    week = [events for at, events in dated if at >= now - STORY_AT_MOST]
    limit = max(FEWEST_EVENTS, TIMES_USUAL * median(before), TIMES_USUAL * median(week or [0]))
    raised = [at for at, events in dated if at >= now - STORY_AT_MOST and events > limit]
    first = raised[-1] if raised else None
    for at in reversed(raised):
        if first is None or first - at > DAY:
            break
        first = at
    return first


def recovery_window(issue: JsonObject, now: datetime, since: datetime | None) -> Window:
    """From a day before the fix until now; the fix is stated, or the last resolve, or there is none yet."""
    fixed = since or last_activity(issue, "set_resolved")
    start = min(now - DAY, fixed - DAY) if fixed else now - DAY
    return Window(start=_full_hour(max(start, now - RECOVERY_AT_MOST)), end=now)


def _full_hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
