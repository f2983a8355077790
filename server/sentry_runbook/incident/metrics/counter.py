"""The issue's own counters beside what was counted: a counter that is lower than a part of its events is wrong.

Sentry keeps ``count`` and ``userCount`` beside the events. They lag behind for a while, stay where they were after an
outage of its cache, and after a merge hold other events than a search for the issue finds.
"""

from __future__ import annotations

from collections.abc import Iterator

from sentry_runbook.incident.formatting import count, number
from sentry_runbook.incident.metrics.timeseries import total
from sentry_runbook.incident.model.evidence import Evidence, Known, Series

TOLERANCE = 0.05
"""Distinct users are estimated by a few percent, and a counter lags behind by seconds: less is no contradiction."""
MERGE = "merge"
ESTIMATED = (
    "Events and users of the period are Sentry's estimates: it read only a part of the data, or is not sure of them."
)


def counter_notes(evidence: Evidence) -> Iterator[str]:
    """Where the issue's own counters cannot be right, a sentence each."""
    issue = evidence.issue
    events, users, is_wrong = issue.events_total, issue.users_total, False
    for own, counted, what in ((events, _events_counted(evidence), "event"), (users, _users_counted(evidence), "user")):
        if own is not None and is_more(counted, own):
            is_wrong = True
            yield (
                f"Sentry's own count is wrong or lags behind: it says {count(own, what)} over all time, and at least "
                f"{number(counted)} are counted by time."
            )
    if not is_wrong and events is not None and users is not None and is_more(users, events):
        yield (
            f"Sentry's own counts disagree: {count(users, 'user')} of {count(events, 'event')} over all time cannot "
            "be, for an event has one user."
        )
    yield from _merged(evidence)


def is_more(counted: int, own: int) -> bool:
    """Whether a number contradicts one that should hold it; 0 is contradicted by any."""
    return counted - own > (max(1, TOLERANCE * counted) if own else 0)


def _events_counted(evidence: Evidence) -> int:
    """The most events that one answer counted: each of them is a part of the issue's events."""
    series: list[Series] = [part.value for part in (evidence.history,) if isinstance(part, Known)]
    if isinstance(evidence.series, Known):
        series.append(evidence.series.value.events)
    counts = [round(events) for one in series if (events := total(one)) is not None]
    counts += [sum(events for _, events in row) for row in (evidence.issue.hourly, evidence.issue.daily)]
    if isinstance(evidence.totals, Known):
        counts.append(evidence.totals.value.events)
    if isinstance(evidence.widened, Known):
        counts.append(evidence.widened.value.totals.events)
    if isinstance(evidence.rows, Known):
        counts.append(len(evidence.rows.value))
    return max(counts, default=0)


def _users_counted(evidence: Evidence) -> int:
    counts = [part.value.users for part in (evidence.totals,) if isinstance(part, Known)]
    if isinstance(evidence.widened, Known):
        counts.append(evidence.widened.value.totals.users)
    if isinstance(evidence.users_per_hour, Known):
        counts += [round(users) for users in evidence.users_per_hour.value.values if users is not None]
    return max(filter(None, (*counts, *(hour.users for hour in evidence.users_in))), default=0)


def _merged(evidence: Evidence) -> Iterator[str]:
    """That other issues were merged into this one, where its counter says more than its whole life was counted."""
    issue, totals = evidence.issue, evidence.totals
    merged = any((entry.kind or "").startswith(MERGE) for entry in issue.activity)
    if not merged or not isinstance(totals, Known) or evidence.scope.names or issue.events_total is None:
        return
    whole_life = issue.first_seen is not None and issue.first_seen >= evidence.window.start
    if whole_life and is_more(issue.events_total, totals.value.events):
        yield (
            f"Other issues were merged into this one: its own count of {count(issue.events_total, 'event')} and the "
            f"{number(totals.value.events)} counted by time disagree; the latter may lack the merged ones."
        )


def estimate_note(evidence: Evidence) -> str:
    """That events and users of the window are Sentry's estimates, in one sentence; empty when they are counted."""
    totals = [part.value for part in (evidence.totals,) if isinstance(part, Known)]
    totals += [part.value.totals for part in (evidence.widened,) if isinstance(part, Known)]
    return ESTIMATED if any(counted.estimated for counted in totals) else ""
