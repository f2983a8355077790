"""Whether it is over: the event rate now against the incident and against what was usual before."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sentry_runbook.incident.evidence import Answer, EventText, Evidence
from sentry_runbook.incident.policy import Policy

RecoveryVerdict = Literal["recovered", "improving", "ongoing", "worse", "unknown"]


class Recovery(Answer):
    """Whether the incident is over (DESIGN §6, ``check_recovery``).

    Attributes:
        verdict: what the numbers say; ``recovered`` needs two hours at the usual rate.
        resolved: a fix was stated or the issue is resolved; a recovered rate without it is mitigated, not resolved.
        reading: the verdict in one or two sentences.
        needs: what would have to be seen for ``recovered``; empty then.
        since: the instant that "since" counts from, and ``since_basis`` what it is.
        events_per_hour_before: events of the incident's fullest hour up to ``since``.
        events_per_hour_baseline: before the onset.
        events_per_hour_now: of the last rolling hour, or the rate since the fix when that is shorter.
        quiet_since: when the last event came, if that is a while ago.
        crash_free_before_pct, crash_free_now_pct: the worst full hour before ``since`` and the last full one after it.
        fix_release: the release that the resolve names; ``fix_release_events`` are events on it after ``since``.
    """

    verdict: RecoveryVerdict
    resolved: bool
    reading: EventText
    needs: tuple[EventText, ...] = ()
    since: datetime | None = None
    since_basis: Literal["stated", "resolved", "peak"] | None = None
    events_per_hour_before: float | None = None
    events_per_hour_baseline: float | None = None
    events_per_hour_now: float | None = None
    quiet_since: datetime | None = None
    events_since: int | None = None
    regressed: bool
    crash_free_before_pct: float | None = None
    crash_free_now_pct: float | None = None
    fix_release: EventText | None = None
    fix_release_events: int | None = None
    notes: tuple[EventText, ...] = ()


def check_recovery(evidence: Evidence, policy: Policy, since: datetime | None, now: datetime) -> Recovery:
    """Judge whether the incident is over.

    Args:
        evidence: what is known; the event series and, where asked, sessions and the latest event rows.
        policy: thresholds.
        since: when the fix was made, if somebody says so; else the resolve in the activity log, else the peak.
        now: the time of reading.
    """
    raise NotImplementedError
