"""Sessions by release: how each one fares in the incident, how it did before, and beside which others it runs.

How to think about it: an error that all see may still be one release's doing. Where an older release runs beside the
suspect one at the same time, on the same systems, and fares well, the difference is the release: that speaks for going
back to it, and shows that it is safe. Where the older one fails in the same way, going back changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

from sentry_runbook.incident.formatting import count, crash_free_percent, percent
from sentry_runbook.incident.metrics.breakdown import share_of
from sentry_runbook.incident.metrics.crash_free import crash_free_of, hours_touching, shown_pct
from sentry_runbook.incident.metrics.timeseries import HOUR
from sentry_runbook.incident.model.evidence import (
    Evidence,
    Known,
    ReleaseSessions,
    SessionHour,
    Unknown,
    quoted,
)
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.results.explanation import ReleaseHealth
from sentry_runbook.incident.model.results.impact import Episode

MOST_RELEASES = 4
CERTAIN = 2.58
"""Standard deviations between two rates that chance explains once in a hundred."""
LEAST_POINTS = 0.5
"""Percentage points between two crash-free rates below which nobody acts on the difference."""
NEARLY_WHOLE = timedelta(minutes=10)
"""A clock hour that began so long before the incident counts as one of it."""
IN_USE = 0.01
"""Part of the sessions from which a release runs beside another one."""
HEALTHY, FAILING = "healthy beside it", "fails as the suspect release does"
WAS_HEALTHY = "healthy until replaced"
"""Never said of one that runs beside the suspect release; see :func:`relation`."""
ALONE, REPLACED = "no other release runs beside it", "replaced when the errors began"


@dataclass(frozen=True)
class Rate:
    """A crash-free rate, in percent, and the sessions it is of."""

    sessions: int
    pct: float

    def is_above(self, other: Rate) -> bool:
        """Whether it is better by more than chance, and by enough to matter (two-proportion test)."""
        both = self.sessions + other.sessions
        pooled = (self.sessions * self.pct + other.sessions * other.pct) / both / 100
        spread = 100 * sqrt(max(pooled * (1 - pooled), 0.0) * (1 / self.sessions + 1 / other.sessions))
        difference = self.pct - other.pct
        return difference >= LEAST_POINTS and difference > CERTAIN * spread


@dataclass(frozen=True)
class CrashFreeChange:
    """Crash-free sessions of all releases, before the incident and in it."""

    before: Rate
    now: Rate

    @property
    def fell(self) -> bool:
        """Whether the incident made it worse."""
        return self.before.is_above(self.now)

    @property
    def sentence(self) -> str:
        """Both figures: ``91.40 % before, 91.38 % in the incident``."""
        return f"{crash_free_percent(self.before.pct)} before, {crash_free_percent(self.now.pct)} in the incident"


def crash_free_change(evidence: Evidence, policy: Policy, episode: Episode | Unknown) -> CrashFreeChange | None:
    """Crash-free sessions before the incident and in it; None when either is not known."""
    if not isinstance(evidence.sessions, Known) or isinstance(episode, Unknown):
        return None
    hours, end = evidence.sessions.value.hours, episode.ended or evidence.collected_at
    # Sessions count in the hour in which they start: those that crash had often begun up to an hour before the onset.
    settled = [hour for hour in _hours_before(hours, episode) if hour.start + 2 * HOUR <= episode.began_earliest]
    before, now = _rate(settled, policy), _rate(hours_touching(hours, episode.began, end), policy)
    return CrashFreeChange(before, now) if before is not None and now is not None else None


def release_health(
    evidence: Evidence, policy: Policy, episode: Episode | Unknown, suspect: str | None
) -> tuple[ReleaseHealth, ...]:
    """The releases with most sessions, the suspect one first; empty where Sentry did not tell them apart."""
    use = _in_use(evidence, policy, episode)
    everything = sum(release.beside for release in use)
    rows = [
        _row(evidence, release, everything, suspect) for release in use if release.version is not None and release.total
    ]
    ordered = sorted(rows, key=lambda row: (not row.suspect, -row.sessions))[:MOST_RELEASES]
    limit = policy.thresholds.crash_free_below_pct
    return tuple(_noted(row, ordered, limit) for row in ordered)


def usual_release_shares(
    evidence: Evidence, policy: Policy, episode: Episode | Unknown
) -> dict[tuple[str, str], float]:
    """The part (0..1) of the sessions that each release has in the incident: what it would have of any error."""
    use = _in_use(evidence, policy, episode)
    total = sum(release.beside for release in use)
    if total < policy.thresholds.sessions_minimum:
        return {}
    return {("release", release.version): release.beside / total for release in use if release.version is not None}


# --- which sessions ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Use:
    """The sessions of one release.

    Attributes:
        total: in the hours that the rate is of.
        beside: since the incident began, as far as the hours tell: what was in use at the same time.
    """

    version: str | None
    total: int
    pct: float | None
    before: Rate | None
    beside: float


def _in_use(evidence: Evidence, policy: Policy, episode: Episode | Unknown) -> tuple[_Use, ...]:
    """The sessions of each release in the incident; in the window where that is not known."""
    releases = evidence.sessions.value.releases if isinstance(evidence.sessions, Known) else ()
    if isinstance(episode, Unknown) or not any(release.hours for release in releases):
        return tuple(_in_window(evidence, release, policy) for release in releases)
    hours = [_inside(release.hours, episode) for release in releases]
    if sum(hour.sessions or 0 for row in hours for hour in row) >= policy.thresholds.sessions_minimum:
        return tuple(_use(*pair, policy, episode, whole=True) for pair in zip(releases, hours, strict=True))
    # Of an incident younger than an hour the clock hour in which it began tells most.
    hours = [_of_the_onset(release.hours, episode.began) for release in releases]
    return tuple(_use(*pair, policy, episode, whole=False) for pair in zip(releases, hours, strict=True))


def _inside(hours: Sequence[SessionHour], episode: Episode) -> tuple[SessionHour, ...]:
    """The hours that lie in the incident but for some minutes; of one that goes on the hour under way, too.

    In the hour in which it ended the release runs that ended it.
    """
    start, end = episode.began - NEARLY_WHOLE, episode.ended
    return tuple(
        hour for hour in hours if start <= hour.start and (end is None or hour.start + HOUR <= end + NEARLY_WHOLE)
    )


def _of_the_onset(hours: Sequence[SessionHour], began: datetime) -> tuple[SessionHour, ...]:
    return tuple(hour for hour in hours if hour.start <= began < hour.start + HOUR)


def _in_window(evidence: Evidence, release: ReleaseSessions, policy: Policy) -> _Use:
    whole = SessionHour(
        start=evidence.window.start,
        sessions=release.sessions,
        crash_rate=release.crash_rate,
        unhandled_rate=release.unhandled_rate,
    )
    sessions, pct = crash_free_of((whole,), policy)
    return _Use(release.version, sessions or 0, pct, None, sessions or 0)


def _use(
    release: ReleaseSessions,
    hours: Sequence[SessionHour],
    policy: Policy,
    episode: Episode,
    *,
    whole: bool,
) -> _Use:
    """The use of a release in these hours; ``whole``: that they lie in the incident but for some minutes."""
    sessions, pct = crash_free_of(hours, policy)
    later = sum(hour.sessions or 0 for hour in _inside(release.hours, episode) if hour.start >= episode.began)
    beside = later + _since_the_onset(release.hours, episode.began)
    before = _rate(_hours_before(release.hours, episode), policy)
    return _Use(release.version, sessions or 0, pct, before, (sessions or 0) if whole and beside else beside)


def _since_the_onset(hours: Sequence[SessionHour], began: datetime) -> float:
    """Sessions in the rest of the clock hour of the onset: beyond what the hour before leads to expect of its start.

    A release that was replaced when the errors began has sessions in that hour, and none of them beside the new one.
    """
    at = next(iter(_of_the_onset(hours, began)), None)
    if at is None or not at.sessions or at.start == began:
        return 0.0
    previous = next((hour.sessions for hour in hours if hour.start + HOUR == at.start), None) or 0
    expected = previous * ((began - at.start) / HOUR)
    rest = at.sessions - expected
    return rest if rest > CERTAIN * sqrt(max(expected, 1.0)) else 0.0


def _hours_before(hours: Sequence[SessionHour], episode: Episode) -> tuple[SessionHour, ...]:
    """The full hours before the incident, but for the last one.

    Sessions count in the hour in which they start: those that crash had often begun up to an hour before the onset.
    """
    return tuple(hour for hour in hours if hour.complete and hour.start + 2 * HOUR <= episode.began_earliest)


def _rate(hours: Sequence[SessionHour], policy: Policy) -> Rate | None:
    sessions, pct = crash_free_of(hours, policy)
    return Rate(sessions, pct) if sessions and pct is not None else None


# --- rows ----------------------------------------------------------------------------------------------------------


def _row(evidence: Evidence, release: _Use, everything: float, suspect: str | None) -> ReleaseHealth:
    version = release.version or ""
    events, total = 0, 0
    if isinstance(evidence.breakdown, Known):
        events, total = share_of(evidence.breakdown, "release", version)
    return ReleaseHealth(
        release=version,
        sessions=release.total,
        crash_free_pct=None if release.pct is None else shown_pct(release.pct),
        crash_free_before_pct=None if release.before is None else shown_pct(release.before.pct),
        adoption_pct=round(100 * release.beside / everything, 1) if everything else None,
        events=events if total else None,
        suspect=None if suspect is None else version == suspect,
    )


def _noted(row: ReleaseHealth, rows: Sequence[ReleaseHealth], limit: float) -> ReleaseHealth:
    main = next((other for other in rows if other.suspect), None)
    if main is None or main.adoption_pct is None:
        return row
    if row is main:
        # One that has sessions in the same clock hour only was replaced in it, or runs beside it: nobody can tell.
        return row if len(rows) > 1 else row.model_copy(update={"note": ALONE})
    comparison = compare(main, row, limit)
    if runs_beside(row):
        note = {"better": HEALTHY, "same": FAILING}.get(comparison or "")
    else:
        note = WAS_HEALTHY if comparison == "better" else REPLACED
    return row if note is None else row.model_copy(update={"note": note})


def compare(suspect: ReleaseHealth, other: ReleaseHealth, limit: float) -> str | None:
    """How another release fares beside the suspect one.

    ``better``; ``same`` where it is no better, and worse than it was before (below ``limit``, in percent, where that is
    not known); None where the sessions do not tell.
    """
    own, beside = rate_of(suspect), rate_of(other)
    if own is None or beside is None:
        return None
    if beside.is_above(own):
        return "better"
    if other.crash_free_before_pct is None:
        return "same" if beside.pct < limit else None
    return "same" if Rate(beside.sessions, other.crash_free_before_pct).is_above(beside) else None


def rate_of(row: ReleaseHealth) -> Rate | None:
    """Its crash-free rate; None when that is not known."""
    return None if row.crash_free_pct is None else Rate(row.sessions, row.crash_free_pct)


def runs_beside(row: ReleaseHealth) -> bool:
    """Whether so many sessions are on it that it is in use."""
    return (row.adoption_pct or 0) >= 100 * IN_USE


def described(row: ReleaseHealth) -> str:
    """``"7.12.0": 34.00 % crash-free (302 sessions)``."""
    rate = (
        "crash-free not known" if row.crash_free_pct is None else f"{crash_free_percent(row.crash_free_pct)} crash-free"
    )
    return f"{quoted(row.release)}: {rate} ({count(row.sessions, 'session')})"


def relation(row: ReleaseHealth) -> str:
    """How a release stands to the suspect one, before its name: it runs beside it, or it was replaced by it."""
    return "beside it" if runs_beside(row) else "before it, in the same hour,"


def adoption(row: ReleaseHealth) -> str:
    """``30.5 % of the sessions``."""
    return "an unknown part of the sessions" if row.adoption_pct is None else f"{percent(row.adoption_pct)} of sessions"
