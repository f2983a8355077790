"""How many, how often, where, and how unusual: the numbers of an incident, each measured or named as missing."""

from __future__ import annotations

from datetime import datetime

from sentry_runbook.incident.evidence import Answer, Evidence, EventText, Frozen
from sentry_runbook.incident.policy import Policy
from sentry_runbook.incident.series import Baseline, Onset, Trend


class ImpactWindow(Frozen):
    """The stretch that the numbers cover.

    Attributes:
        widened_from: the period that was asked and was empty (``24h``); None when the numbers cover what was asked.
        environments: what is counted: "production (2 environments)", "all environments", the names asked for.
        note: how the window differs from what was asked otherwise.
    """

    start: datetime
    end: datetime
    widened_from: str | None = None
    environments: EventText | None = None
    note: str | None = None


class AffectedEndpoint(Frozen):
    """A transaction that the issue touches; ``p95_ms`` is None when Sentry has no latency for it."""

    transaction: EventText
    p95_ms: float | None = None
    count: int | None = None


class BreakdownRow(Frozen):
    """One tag value's part of the issue's events.

    Attributes:
        share: fraction 0..1 of the window's events, three places.
        share_before: the same before the onset; None when too few events were there to say.
        lift: share / share_before; None when either is unknown, the latter is 0, or the difference may be chance.
        events: the events behind ``share``.
        note: what limits it ("all time", "sample of 8 events").
    """

    tag: EventText
    value: EventText
    share: float
    share_before: float | None = None
    lift: float | None = None
    events: int
    note: str | None = None


class Impact(Answer):
    """The impact of an issue in a window (DESIGN §6, ``discover_impact``).

    Attributes:
        reading: one sentence that tells a measured zero, an impact and an unknown apart.
        users: distinct users of the window; a lower bound when ``users_lower_bound``.
        users_worst_hour: distinct users of the worst rolling hour; the certain part when ``users_worst_hour_at_most``
            differs from it.
        events_all_time, users_all_time: the issue's own counters, only where the window has no number of its own.
    """

    window: ImpactWindow
    reading: str
    events: int | None = None
    users: int | None = None
    users_lower_bound: bool | None = None
    users_worst_hour: int | None = None
    users_worst_hour_at_most: int | None = None
    users_worst_hour_start: datetime | None = None
    unhandled_per_minute_peak: int | None = None
    unhandled_per_minute_peak_at: datetime | None = None
    project_unhandled_per_minute_peak: int | None = None
    crash_free_sessions_pct: float | None = None
    crash_free_worst_hour_pct: float | None = None
    crash_free_worst_hour_start: datetime | None = None
    sessions: int | None = None
    baseline: Baseline | None = None
    p95_ms: float | None = None
    endpoints: tuple[AffectedEndpoint, ...] = ()
    breakdown: tuple[BreakdownRow, ...] = ()
    trend: Trend | None = None
    onset: Onset | None = None
    events_all_time: int | None = None
    users_all_time: int | None = None


def impact(evidence: Evidence, policy: Policy, now: datetime) -> Impact:
    """Count the impact of the incident in its window."""
    raise NotImplementedError
