"""Evidence of an incident at a look, counted from its raw events as Sentry counts, and what the product says of it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import Evidence, Issue, IssueSeries, Known, Series, Totals, Window
from sentry_runbook.incident.model.policy import default_policy
from sentry_runbook.incident.model.stated import Stated
from tests.episodes.incidents import BEGIN, HOUR, Case

POLICY = default_policy()
DAY = timedelta(days=1)


def series(events: Sequence[datetime], start: datetime, end: datetime, step: timedelta) -> Series:
    """Events by bucket from ``start`` to ``end``, the last bucket under way."""
    edges, at = [], start
    while at < end:
        edges.append(at)
        at += step
    places = [bisect_left(events, edge) for edge in edges] + [bisect_left(events, end)]
    values = tuple(float(after - before) for before, after in pairwise(places))
    settled = end - timedelta(minutes=1)
    return Series(start=start, step_s=round(step.total_seconds()), values=values, complete_until=settled)


def evidence(events: Sequence[datetime], look: datetime, window: timedelta = DAY, **parts: object) -> Evidence:
    """Evidence of an issue with these events, collected at ``look``."""
    so_far = events[: bisect_left(events, look)]
    # The rules of collect/series_parts.py: a day before the window, of one of about a day two days before its end.
    start = look - (2 * DAY if window <= timedelta(hours=25) else window + DAY)
    step = timedelta(minutes=1 if look - start <= 2 * DAY else 5 if look - start <= 10 * DAY else 60)
    start = start.replace(second=0, microsecond=0)
    since = (look - 15 * DAY).replace(minute=0, second=0, microsecond=0)
    first = so_far[0]
    hours = max(since, (min(first, look - window) - DAY).replace(minute=0, second=0, microsecond=0))
    issue = Issue.model_validate(
        {
            "id": "6114575469",
            "short_id": "SHOP-1Z",
            "url": "https://sentry.example/issues/6114575469/",
            "title": "TypeError: x",
            "level": "error",
            "status": "unresolved",
            "project": "shop",
            "first_seen": first,
            "last_seen": so_far[-1],
            "events_total": len(so_far),
        }
    )
    inside = len(so_far) - bisect_left(so_far, look - window)
    made: dict[str, object] = {
        "series": Known(value=IssueSeries(events=series(so_far, start, look, step)), source="a test"),
        "history": Known(value=series(so_far, hours, look, HOUR), source="a test"),
        "totals": Known(value=Totals(events=inside), source="a test"),
    }
    return Evidence.model_validate(
        {
            "collected_at": look,
            "server": "https://sentry.example",
            "organization": "acme",
            "window": Window(start=look - window, end=look),
            "issue": issue,
            **made,
            **parts,
        }
    )


def judged(case: Case, look: datetime, window: timedelta = DAY, **parts: object) -> Incident:
    """What the product makes of an incident at a look; the fix is stated once it was made."""
    fix = case.shape.fix
    fixed_at = BEGIN + fix * HOUR if fix is not None and BEGIN + fix * HOUR < look else None
    return Incident(evidence(case.events, look, window, **parts), Stated(fixed_at=fixed_at), POLICY, look)
