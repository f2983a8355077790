"""What came after the fix (or after the peak): rates, calm, regression, the fixing release, crash-free sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

from sentry_runbook.incident.episode.onset import HOUR, issue_hours
from sentry_runbook.incident.formatting import duration, moment
from sentry_runbook.incident.issue_status import is_regressed
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.metrics.timeseries import (
    HOUR_S,
    between,
    end_of,
    hour_sums,
    in_window,
    time_of,
    total,
    worst_hour,
)
from sentry_runbook.incident.model.evidence import Activity, Evidence, Known, Series, SessionHour, Unknown
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.results.impact import Baseline, Basis, Onset
from sentry_runbook.incident.releases import release_named

SHORTEST = timedelta(minutes=10)
"""Less time than that after a fix tells no rate, and less silence is no quiet."""
CLOCK_HOURS = "counted in clock hours, over all environments"


@dataclass(frozen=True)
class Rates:
    """Events an hour: in the incident's fullest hour, and now; None where that is not known.

    Attributes:
        incident_rate: events an hour, scaled to the incident's real length where it lasted less than an hour; rates
            extrapolated from less than an hour are compared with it.
        extrapolated_from: the length (under an hour) that ``now`` is extrapolated from; None when an hour was counted.
    """

    before: float | None
    incident_rate: float | None
    now: float | None
    events_since: int
    notes: tuple[str, ...] = ()
    extrapolated_from: timedelta | None = None


@dataclass(frozen=True)
class FixRelease:
    """The release that should hold the fix.

    Attributes:
        events: events on it since the fix, among the latest rows.
        at_least: True when the rows do not reach back to the fix.
        live: whether a deploy marker or an event shows it; None when that was not asked.
    """

    version: str | None = None
    events: int | None = None
    at_least: bool = False
    live: bool | None = None


@dataclass(frozen=True)
class CrashFreeHours:
    """Crash-free sessions, percent: the worst full hour before, the last full hour after."""

    before_pct: float | None = None
    now_pct: float | None = None
    why: str = ""


@dataclass(frozen=True)
class RecoveryMetrics:
    """All that :mod:`recovery` judges.

    Attributes:
        fixed: a fix was stated, or the issue is resolved.
        why: why there are no rates.
        allowed_per_hour: events an hour that still count as usual.
        stable_for: for how long the rate has been usual, counted from the fix at the earliest.
        no_traffic: sessions are known, and none began while it was calm.
        regressed: the issue came back after a resolve; ``regressed_since``: after this fix.
    """

    fixed: bool
    since: datetime | None
    basis: Basis | None
    rates: Rates | None
    why: str
    usual_per_hour: float | None
    why_usual: str
    allowed_per_hour: float
    stable_for: timedelta
    quiet_since: datetime | None
    why_not_quiet: str
    regressed: bool
    regressed_since: bool
    fix: FixRelease
    crash_free: CrashFreeHours
    no_traffic: bool

    @property
    def is_stable(self) -> bool:
        """Whether the rate has been usual for long enough to say so at all."""
        return self.stable_for >= SHORTEST


def measure(incident: Measurements, fixed_at: datetime | None) -> RecoveryMetrics:
    """Measure the time since the fix, else since the resolve, else since the peak.

    Args:
        incident: its evidence, onset and baseline.
        fixed_at: when the fix was made, if somebody stated it; aware UTC.
    """
    evidence, baseline = incident.evidence, incident.baseline
    now = min(incident.now, evidence.collected_at)
    series, notes = finest_series(evidence, now)
    began = incident.onset.at if isinstance(incident.onset, Onset) else None
    since, basis = _reference_time(evidence, series, began, fixed_at)
    usual = baseline.events_per_hour if isinstance(baseline, Baseline) else None
    allowed = 0.0 if usual is None else float(int(usual + 2 * sqrt(usual)))
    rates, stable_for, why = None, timedelta(), _why(evidence)
    if series is not None and since is not None and since < now:
        rates = _rates(series, since, basis, began, now, notes)
        stable_for = now - max(stable_from(series, allowed), since)
        if rates.now is None:
            why = f"only {duration(now - since)} have passed since then, which tells no rate"
    elif since is not None and since >= now:
        why = "the time given as the fix is not before now" if basis == "stated" else "the fullest hour is not over yet"
    last_event = _last_event(evidence, series)
    regressed, regressed_since = _regressions(evidence, since, basis)
    return RecoveryMetrics(
        fixed=not regressed_since and (basis == "stated" or evidence.issue.status == "resolved"),
        since=since,
        basis=basis,
        rates=rates,
        why=why,
        usual_per_hour=usual,
        why_usual=baseline.why if isinstance(baseline, Unknown) else "",
        allowed_per_hour=allowed,
        stable_for=max(stable_for, timedelta()),
        quiet_since=last_event if last_event is not None and now - last_event >= SHORTEST else None,
        why_not_quiet=_why(evidence) if series is None else _not_quiet(last_event),
        regressed=regressed,
        regressed_since=regressed_since,
        fix=_fix_release(evidence, since),
        crash_free=_crash_free(evidence, incident.policy, since, began),
        no_traffic=_no_traffic(evidence, now - stable_for, now),
    )


def _regressions(evidence: Evidence, since: datetime | None, basis: Basis | None) -> tuple[bool, bool]:
    """Whether the issue came back after a resolve at all, and whether it did so after this fix."""
    recorded = [entry for entry in evidence.issue.activity if entry.kind == "set_regression"]
    again = any(since is not None and entry.at >= since for entry in recorded)
    # Without an entry of the log the substatus alone says so; a stated fix is later than what it speaks of.
    unrecorded = not recorded and basis != "stated" and evidence.issue.substatus == "regressed"
    return again or is_regressed(evidence.issue), again or unrecorded


# --- which series, since when --------------------------------------------------------------------------------------


def finest_series(evidence: Evidence, now: datetime) -> tuple[Series | None, tuple[str, ...]]:
    """The finest series that reaches up to now, cut there."""
    if isinstance(evidence.series, Known):
        series = evidence.series.value.events
        reaches = end_of(series) >= now - timedelta(seconds=max(300, series.step_s))
        if series.step_s <= HOUR_S and reaches and total(series) is not None:
            return between(series, series.start, now), ()
    hours = issue_hours(evidence)
    return (between(hours, hours.start, now), (CLOCK_HOURS,)) if hours is not None else (None, ())


def _why(evidence: Evidence) -> str:
    if isinstance(evidence.series, Unknown):
        return evidence.series.why
    return "the event series does not reach up to now"


def _reference_time(
    evidence: Evidence, series: Series | None, began: datetime | None, stated: datetime | None
) -> tuple[datetime | None, Basis | None]:
    if stated is not None:
        return stated, "stated"
    done = last_resolve(evidence)
    if done is not None and (began is None or done.at > began) and (series is None or done.at >= series.start):
        return done.at, "resolved"
    peak = peak_end(series, began or evidence.window.start) if series is not None else None
    if peak is not None:
        return peak, "peak"
    if done is not None:
        return done.at, "resolved"
    last_seen = evidence.issue.last_seen
    return (last_seen, "last_event") if last_seen is not None else (None, None)


def last_resolve(evidence: Evidence) -> Activity | None:
    """The last resolve in the activity log by people or commits; resolving by age says nothing of a fix."""
    done = [
        entry
        for entry in evidence.issue.activity
        if entry.kind.startswith("set_resolved") and entry.kind != "set_resolved_by_age"
    ]
    return max(done, key=lambda entry: entry.at, default=None)


def peak_end(series: Series, start: datetime) -> datetime | None:
    """The end of the fullest bucket from ``start`` on; None when there was no event."""
    inside = between(series, start - timedelta(seconds=series.step_s - 1), end_of(series))
    values = [value or 0.0 for value in inside.values]
    if not values or max(values) <= 0:
        return None
    return time_of(inside, values.index(max(values)) + 1)


# --- rates ---------------------------------------------------------------------------------------------------------


def _rates(
    series: Series, since: datetime, basis: Basis | None, began: datetime | None, now: datetime, notes: tuple[str, ...]
) -> Rates:
    events_since = total(between(series, since, now)) or 0
    elapsed = now - since
    start = began if began is not None and began < since else since - timedelta(hours=24)
    # The bucket that was running at the start holds the incident's first events.
    incident = in_window(series, start, now if basis == "peak" else since)
    fullest = worst_hour(incident) if incident.values else None
    reaches_back = series.start <= start or (began is None and series.start < since)
    before = float(fullest.value) if fullest is not None and reaches_back else None
    lasted = min(HOUR, max(since - start, SHORTEST))
    extrapolated_from: timedelta | None = None
    if (basis == "peak" and elapsed < SHORTEST) or elapsed >= HOUR:
        rate: float | None = float(total(between(series, now - HOUR, now)) or 0)
    elif elapsed >= SHORTEST:
        rate, extrapolated_from = round(events_since * HOUR / elapsed, 1), elapsed
        notes = (*notes, f"The rate now is reckoned from the {duration(elapsed)} since then.")
    else:
        rate = None
    if since < series.start:
        notes = (*notes, f"The counts begin at {moment(series.start)}; what came before is not counted.")
    incident_rate = None if before is None else before * HOUR / lasted
    return Rates(
        before=before,
        incident_rate=incident_rate,
        now=rate,
        events_since=events_since,
        notes=notes,
        extrapolated_from=extrapolated_from,
    )


def stable_from(series: Series, allowed_per_hour: float) -> datetime:
    """From when on no rolling hour holds more than is usual; the series' start when none ever did."""
    raised = [first for first, events in hour_sums(series) if events > allowed_per_hour]
    if not raised:
        return series.start
    size = max(1, HOUR_S // series.step_s)
    if raised[-1] + size < len(series.values):
        return time_of(series, raised[-1] + 1)
    # The last hour itself holds more: count back for as long as what came since is usual.
    index, events = len(series.values), 0.0
    while index > 0 and events + (series.values[index - 1] or 0.0) <= allowed_per_hour:
        index -= 1
        events += series.values[index] or 0.0
    return time_of(series, index)


def _last_event(evidence: Evidence, series: Series | None) -> datetime | None:
    """When the last event came: Sentry's own time where it lies in the last bucket that holds any."""
    last_seen = evidence.issue.last_seen
    if series is None:
        return None
    held = [index for index, value in enumerate(series.values) if value]
    if not held:
        return last_seen if last_seen is not None and last_seen < series.start else None
    start, end = time_of(series, held[-1]), time_of(series, held[-1] + 1)
    return last_seen if last_seen is not None and start <= last_seen < end else end


def _not_quiet(quiet: datetime | None) -> str:
    return "when the last event came is not known" if quiet is None else f"events came within {duration(SHORTEST)}"


# --- the fixing release --------------------------------------------------------------------------------------------


def _fix_release(evidence: Evidence, since: datetime | None) -> FixRelease:
    version = fix_version(evidence)
    if version is None or since is None:
        return FixRelease(version=version)
    known = release_named(evidence, version)
    live = None
    if isinstance(evidence.releases, Known):
        live = known is not None and bool(known.deploys or known.first_event)
    if not isinstance(evidence.rows, Known):
        return FixRelease(version=version, live=live)
    rows = [row for row in evidence.rows.value if row.when is not None and row.when >= since]
    events = sum(1 for row in rows if row.release == version)
    return FixRelease(
        version=version,
        events=events,
        at_least=len(rows) == len(evidence.rows.value) >= 100,
        live=True if events else live,
    )


def fix_version(evidence: Evidence) -> str | None:
    """The release that the resolve waits for.

    "In the next release" waits for the first one made after the resolve. Semver projects keep it as the release that
    was current then (sentry-api rule 15); the activity entry then names none.
    """
    issue, done = evidence.issue, last_resolve(evidence)
    if issue.status != "resolved":
        return None
    pending = issue.next_release or (
        done is not None and done.kind == "set_resolved_in_release" and done.version is None
    )
    if not pending:
        return issue.status_release
    if done is None or not isinstance(evidence.releases, Known):
        return None
    later = [release for release in evidence.releases.value if release.created and release.created > done.at]
    first = min(later, key=lambda release: release.created or done.at, default=None)
    return first.version if first else None


# --- sessions ------------------------------------------------------------------------------------------------------


def _crash_free(evidence: Evidence, policy: Policy, since: datetime | None, began: datetime | None) -> CrashFreeHours:
    if isinstance(evidence.sessions, Unknown):
        return CrashFreeHours(why=evidence.sessions.why)
    minimum = policy.thresholds.sessions_minimum
    full = [hour for hour in evidence.sessions.value.hours if hour.complete and hour.sessions >= minimum]
    rates = [(hour.start, pct) for hour in full if (pct := _pct(hour)) is not None]
    if since is None or not rates:
        return CrashFreeHours(why=f"no full hour with {minimum} sessions or more")
    # Sessions count in the hour in which they start, so those that crash had often begun an hour before the onset.
    from_ = began - HOUR if began is not None else evidence.window.start
    earlier = [pct for start, pct in rates if from_ - HOUR < start < since]
    later = [pct for start, pct in rates if start >= since]
    return CrashFreeHours(
        before_pct=min(earlier, default=None),
        now_pct=later[-1] if later else None,
        why="" if later else f"no full clock hour with {minimum} sessions or more since then",
    )


def _pct(hour: SessionHour) -> float | None:
    return None if hour.crash_rate is None else round(100 * (1 - hour.crash_rate - (hour.unhandled_rate or 0.0)), 3)


def _no_traffic(evidence: Evidence, start: datetime, now: datetime) -> bool:
    if not isinstance(evidence.sessions, Known):
        return False
    hours = [hour for hour in evidence.sessions.value.hours if hour.complete]
    calm = [hour.sessions for hour in hours if start <= hour.start < now]
    return bool(calm) and not any(calm) and any(hour.sessions for hour in hours)
