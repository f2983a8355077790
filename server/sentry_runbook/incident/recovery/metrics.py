"""What is measured after the fix: rates, stability, regression, the fixing release, crash-free sessions.

How to think about it: one *reference time* splits the incident. It is the stated fix, else the last resolve of this
incident, else the end of the peak, else the last event. Before it lies the incident, of which the *peak hour* is kept
(the rolling hour with most events); after it lies the time by which recovery is judged. Three rates in events per hour
are compared:

- *before*: the peak hour. An incident of twenty minutes with 16 events ran at 48 an hour: that is ``incident_rate``.
- *now*: the last rolling hour. In the first hour after the reference time that hour would still hold the incident, so
  the rate is extrapolated from the time since; under ten minutes that is no rate.
- *usual*: the baseline before the onset. Counts scatter by their square root, so up to two standard deviations more
  (``allowed_per_hour``) is still usual.

``stable_for`` is how long no rolling hour has held more than is allowed, counted from the reference time at the
earliest. What Sentry did not tell stays None with its reason; nothing here is a verdict, see :mod:`.recovery`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

from sentry_runbook.incident.episode.onset import HOUR
from sentry_runbook.incident.formatting import duration
from sentry_runbook.incident.issue_status import is_regressed, last_resolve, regressions
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.model.evidence import Evidence, Series, Unknown
from sentry_runbook.incident.model.results.impact import Baseline, Basis, Onset
from sentry_runbook.incident.recovery.fix_release import FixRelease, find_fix_release
from sentry_runbook.incident.recovery.rates import (
    MIN_ELAPSED,
    Rates,
    ReferenceTime,
    last_event,
    measure_rates,
    peak_end,
    stable_from,
)
from sentry_runbook.incident.recovery.sessions import CrashFreeHours, crash_free_hours, is_without_traffic


@dataclass(frozen=True)
class RecoveryMetrics:
    """The measurements that :mod:`.recovery` decides by.

    Attributes:
        fix_known: a fix was stated, or the issue is resolved, and it has not come back since.
        since: the reference time; ``basis`` is what it is.
        rates: None when no series covers the time since.
        why_no_rate: why there is no rate now, for the case that there is none.
        baseline: the usual rate before the onset.
        allowed_per_hour: events an hour that still count as usual.
        stable_from: from when on the rate has been usual, whenever the fix was; None without a series.
        stable_for: for how long the rate has been usual, counted from the fix at the earliest.
        quiet_since: when the last event came, if that is ten minutes ago or more.
        regressed: the issue came back after a resolve; ``regressed_since``: after this fix.
        no_traffic: sessions are known, and none began while the rate was usual.
    """

    fix_known: bool
    since: datetime | None
    basis: Basis | None
    rates: Rates | None
    why_no_rate: str
    baseline: Baseline | Unknown
    allowed_per_hour: float
    stable_from: datetime | None
    stable_for: timedelta
    quiet_since: datetime | None
    why_not_quiet: str
    regressed: bool
    regressed_since: bool
    fix_release: FixRelease
    crash_free: CrashFreeHours
    no_traffic: bool

    @property
    def usual_per_hour(self) -> float | None:
        """Events per hour before the onset; None when that is not known."""
        return self.baseline.events_per_hour if isinstance(self.baseline, Baseline) else None

    @property
    def is_stable(self) -> bool:
        """Whether the rate has been usual for long enough to say so at all."""
        return self.stable_for >= MIN_ELAPSED


def measure(incident: Measurements, fixed_at: datetime | None) -> RecoveryMetrics:
    """Measure the time since the fix, else since the resolve, else since the peak.

    Args:
        incident: its evidence, onset and baseline.
        fixed_at: when the fix was made, if stated; aware UTC.
    """
    evidence = incident.evidence
    now = incident.read_at
    series, notes = incident.rate_with_notes
    began = incident.onset.at if isinstance(incident.onset, Onset) else None
    reference = _reference_time(evidence, series, began, fixed_at)
    since = reference.at if reference is not None else None
    allowed = _allowed_per_hour(incident.baseline)
    stable = stable_from(series, allowed) if series is not None else None
    rates, stable_for = None, timedelta()
    if series is not None and stable is not None and reference is not None and reference.at < now:
        rates = measure_rates(series, reference, began, now, notes)
        stable_for = max(now - max(stable, reference.at), timedelta())
    event_at = last_event(evidence, series)
    regressed, regressed_since = _regressions(evidence, reference)
    return RecoveryMetrics(
        fix_known=not regressed_since and (fixed_at is not None or evidence.issue.status == "resolved"),
        since=since,
        basis=reference.basis if reference is not None else None,
        rates=rates,
        why_no_rate=_why_no_rate(evidence, series, reference, now),
        baseline=incident.baseline,
        allowed_per_hour=allowed,
        stable_from=stable,
        stable_for=stable_for,
        quiet_since=event_at if event_at is not None and now - event_at >= MIN_ELAPSED else None,
        why_not_quiet=_why_no_series(evidence) if series is None else _why_not_quiet(event_at),
        regressed=regressed,
        regressed_since=regressed_since,
        fix_release=find_fix_release(evidence, since),
        crash_free=crash_free_hours(evidence, incident.policy, since, began),
        no_traffic=is_without_traffic(evidence, now - stable_for, now),
    )


def _reference_time(
    evidence: Evidence, series: Series | None, began: datetime | None, stated: datetime | None
) -> ReferenceTime | None:
    """The instant that recovery counts from: the first of the four sources that this incident has."""
    if stated is not None:
        return ReferenceTime(stated, "stated")
    resolve = last_resolve(evidence.issue)
    # A resolve before the onset ended an earlier incident; one before the series cannot be compared with anything.
    of_this = resolve is not None and (began is None or resolve.at > began)
    if resolve is not None and of_this and (series is None or resolve.at >= series.start):
        return ReferenceTime(resolve.at, "resolved")
    peak = peak_end(series, began or evidence.window.start) if series is not None else None
    if peak is not None:
        return ReferenceTime(peak, "peak")
    if resolve is not None:
        return ReferenceTime(resolve.at, "resolved")
    last_seen = evidence.issue.last_seen
    return ReferenceTime(last_seen, "last_event") if last_seen is not None else None


def _allowed_per_hour(baseline: Baseline | Unknown) -> float:
    if isinstance(baseline, Unknown):
        return 0.0
    # Events of unrelated users come as a Poisson process: the standard deviation of a count is its square root.
    return float(int(baseline.events_per_hour + 2 * sqrt(baseline.events_per_hour)))


def _regressions(evidence: Evidence, reference: ReferenceTime | None) -> tuple[bool, bool]:
    """Whether the issue came back after a resolve at all, and whether it did so after this fix."""
    recorded = regressions(evidence.issue)
    again = reference is not None and any(entry.at >= reference.at for entry in recorded)
    # Without an entry of the log the substatus alone says so; a stated fix is later than what it speaks of.
    stated = reference is not None and reference.basis == "stated"
    unrecorded = not recorded and not stated and evidence.issue.substatus == "regressed"
    return again or is_regressed(evidence.issue), again or unrecorded


# --- reasons -------------------------------------------------------------------------------------------------------


def _why_no_rate(evidence: Evidence, series: Series | None, reference: ReferenceTime | None, now: datetime) -> str:
    if reference is not None and reference.at >= now:
        stated = reference.basis == "stated"
        return "the time given as the fix is not before now" if stated else "the fullest hour is not over yet"
    if series is None or reference is None:
        return _why_no_series(evidence)
    elapsed = now - reference.at
    if elapsed < MIN_ELAPSED:
        return f"only {duration(elapsed)} have passed since then, which tells no rate"
    return f"the event series holds no count of the last {duration(min(elapsed, HOUR))}"


def _why_no_series(evidence: Evidence) -> str:
    if isinstance(evidence.series, Unknown):
        return evidence.series.why
    return "the event series does not reach up to now"


def _why_not_quiet(event_at: datetime | None) -> str:
    return (
        "when the last event came is not known" if event_at is None else f"events came within {duration(MIN_ELAPSED)}"
    )
