"""Whether it is over: the event rate now against the incident and against what was usual before.

How to think about it: :mod:`.metrics` measures (rates, stability, regression, the fixing release, crash-free), this
module judges. A verdict is the first line of :func:`_verdict` that holds. Nothing is called recovered early: it takes
two hours (the runbook's "quiet") at the usual rate, no regression, no event on the release that should fix it, and
crash-free sessions back where they had fallen. What of these is still to be seen is listed as ``needs``: recovered is
"nothing is needed". A rate that is back without any fix is *mitigated*, not resolved, and the reading says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

from sentry_runbook.incident.episode.onset import QUIET
from sentry_runbook.incident.formatting import count, duration, moment, number, percent
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.metrics.crash_free import shown_pct
from sentry_runbook.incident.model.evidence import ROWS_LIMIT, Evidence, Missing, Unknown, quoted
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.results.impact import Recovery, RecoveryVerdict
from sentry_runbook.incident.recovery.metrics import RecoveryMetrics
from sentry_runbook.incident.recovery.rates import MIN_ELAPSED, Rates

WORSE = 1.25
"""Worse is a quarter more than the incident's peak hour, and more than chance explains."""


def assess_recovery(incident: Measurements, metrics: RecoveryMetrics) -> Recovery:
    """Judge whether the incident is over.

    Args:
        incident: its evidence and the policy's thresholds.
        metrics: what was measured since the fix, see :func:`.metrics.measure`.
    """
    needs = tuple(_needs(metrics, incident.policy))
    verdict = _verdict(metrics, incident.policy, is_over=not needs)
    rates = metrics.rates
    return Recovery(
        issue=incident.evidence.issue.name,
        verdict=verdict,
        fix_known=metrics.fix_known,
        reading=_reading(verdict, metrics),
        needs=needs,
        since=metrics.since,
        since_basis=metrics.basis,
        events_per_hour_before=rates.before if rates else None,
        events_per_hour_baseline=metrics.usual_per_hour,
        events_per_hour_now=rates.now if rates else None,
        quiet_since=metrics.quiet_since,
        events_since=rates.events_since if rates else None,
        regressed=metrics.regressed,
        crash_free_before_pct=_shown(metrics.crash_free.before_pct),
        crash_free_now_pct=_shown(metrics.crash_free.now_pct),
        fix_release=metrics.fix_release.version,
        fix_release_events=metrics.fix_release.events,
        notes=tuple(_notes(metrics, incident.policy)),
        warnings=incident.evidence.warnings or None,
        missing=tuple(_missing(incident.evidence, metrics)),
        findings=incident.evidence.findings,
    )


# --- the verdict ---------------------------------------------------------------------------------------------------


def _verdict(metrics: RecoveryMetrics, policy: Policy, *, is_over: bool) -> RecoveryVerdict:
    """The verdict: the first line that holds."""
    rates = metrics.rates
    if rates is None or rates.now is None:
        return "unknown"
    before = rates.before
    lines: tuple[tuple[RecoveryVerdict, bool], ...] = (
        # Two events after one are no trend: worse must be beyond the noise of the counts, too.
        ("worse", _is_worse(rates.now, rates.incident_rate)),
        ("recovered", is_over),
        ("improving", metrics.is_stable),
        # The issue came back and there are events: a falling rate says nothing then.
        ("ongoing", metrics.regressed_since),
        # The factor is the one by which a trend is called declining (DESIGN section 5).
        ("improving", before is not None and rates.now * policy.trend.declining <= before),
        ("ongoing", before is not None),
    )
    return next((verdict for verdict, holds in lines if holds), "unknown")


def _is_worse(now: float, incident_rate: float | None) -> bool:
    if incident_rate is None:
        return False
    # Two standard deviations of a count, which are what chance explains.
    noise = 2 * sqrt(incident_rate)
    return now > max(WORSE * incident_rate, incident_rate + noise)


# --- what is still to be seen --------------------------------------------------------------------------------------


def _needs(metrics: RecoveryMetrics, policy: Policy) -> Iterator[str]:
    """What is still to be seen before it is over."""
    if metrics.rates is None:
        yield "an event series that covers the time since the fix"
        return
    if metrics.stable_for < QUIET:
        usual = f"at most {number(metrics.allowed_per_hour)} an hour" if metrics.allowed_per_hour else "no event"
        so_far = f" (so far {duration(metrics.stable_for)})" if metrics.stable_for else ""
        yield f"{duration(QUIET)} with {usual}{so_far}"
    if metrics.regressed_since:
        yield "a new resolve: the issue came back after the last one"
    if metrics.fix_release.version is not None and metrics.fix_release.events:
        yield f"no event on {quoted(metrics.fix_release.version)}, the release that should fix it"
    yield from _crash_free_needs(metrics, policy)
    if metrics.no_traffic:
        yield "traffic: no session started while it was quiet, so quiet says nothing"


def _crash_free_needs(metrics: RecoveryMetrics, policy: Policy) -> Iterator[str]:
    """Crash-free sessions must be back at the runbook's P0 limit, if they had fallen below it."""
    limit = policy.thresholds.crash_free_below_pct
    before, now = metrics.crash_free.before_pct, metrics.crash_free.now_pct
    if before is not None and before < limit and (now is None or now < limit):
        so_far = "no full hour yet" if now is None else f"{percent(now)} now"
        yield f"a full hour with crash-free sessions of {percent(limit)} or more ({so_far})"


def _shown(pct: float | None) -> float | None:
    return None if pct is None else shown_pct(pct)


# --- in words ------------------------------------------------------------------------------------------------------


def _reading(verdict: RecoveryVerdict, metrics: RecoveryMetrics) -> str:
    """The verdict, the counts that it rests on, and what is known of a fix."""
    rates = metrics.rates
    if rates is None or rates.now is None:
        return f"Not known whether it is over: {metrics.why_no_rate}."
    sentence = {
        "recovered": "Back to the usual rate",
        "improving": _improving(metrics),
        "ongoing": "Not over",
        "worse": "Worse than before",
        "unknown": "Not known whether it is over",
    }[verdict]
    usual = f", {number(metrics.usual_per_hour)} usual before it" if metrics.usual_per_hour is not None else ""
    return f"{sentence}: {_counts(rates, rates.now)}{usual}.{_fix_doubt(metrics)}"


def _improving(metrics: RecoveryMetrics) -> str:
    if not metrics.is_stable:
        return "Going down, not over yet"
    doubt = "which is too short to call it over" if metrics.stable_for < QUIET else "but not surely over"
    return f"Calm for {duration(metrics.stable_for)}, {doubt}"


def _counts(rates: Rates, now: float) -> str:
    counts = f"{number(now)} events an hour now"
    if rates.extrapolated_from is not None and rates.events_since is not None:
        # A reader counts events; the rate that a short time would make is in the result, with its note.
        counts = f"{count(rates.events_since, 'event')} in the {duration(rates.extrapolated_from)} since then"
    return counts if rates.before is None else f"{counts}, {number(rates.before)} in the incident's fullest hour"


def _fix_doubt(metrics: RecoveryMetrics) -> str:
    if not metrics.fix_known and metrics.is_stable:
        return " Quiet but not fixed, as far as is known: mitigated, not resolved."
    return " The issue came back after the resolve." if metrics.regressed_since else ""


def _notes(metrics: RecoveryMetrics, policy: Policy) -> Iterator[str]:
    """Limits of the measurement, as notes."""
    if metrics.rates is not None:
        yield from metrics.rates.notes
    if metrics.basis in ("peak", "last_event") and metrics.since is not None:
        what = "the peak" if metrics.basis == "peak" else "the last event"
        yield f"No fix is known: since {what}, {moment(metrics.since)}."
    fix = metrics.fix_release
    if fix.version is not None and fix.live is False:
        yield f"Nothing shows yet that {quoted(fix.version)} is live: no deploy marker, no event from it."
    if fix.at_least:
        yield f"Only the latest {ROWS_LIMIT} events tell their release; there may be more on the fixing one."
    now, limit = metrics.crash_free.now_pct, policy.thresholds.crash_free_below_pct
    before = metrics.crash_free.before_pct
    if now is not None and now < limit and (before is None or before >= limit):
        yield f"Crash-free sessions of the project are at {percent(now)}, which this issue did not cause before."


def _missing(evidence: Evidence, metrics: RecoveryMetrics) -> Iterator[Missing]:
    yield from _missing_rates(metrics)
    if isinstance(metrics.baseline, Unknown):
        yield Missing(what="events_per_hour_baseline", why=metrics.baseline.why)
    if metrics.quiet_since is None:
        yield Missing(what="quiet_since", why=metrics.why_not_quiet)
    if metrics.crash_free.now_pct is None:
        yield Missing(what="crash_free_now_pct", why=metrics.crash_free.why)
    if metrics.fix_release.version is None:
        yield Missing(what="fix_release", why="no resolve names a release")
    elif metrics.fix_release.events is None:
        rows = evidence.rows
        yield Missing(what="fix_release_events", why=rows.why if isinstance(rows, Unknown) else "not known")


def _missing_rates(metrics: RecoveryMetrics) -> Iterator[Missing]:
    rates = metrics.rates
    if rates is None:
        for what in ("events_per_hour_before", "events_per_hour_now", "events_since"):
            yield Missing(what=what, why=metrics.why_no_rate)
        return
    if rates.before is None:
        yield Missing(what="events_per_hour_before", why="the event series does not reach back to the incident")
    if rates.now is None:
        too_early = f"less than {duration(MIN_ELAPSED)} have passed"
        yield Missing(what="events_per_hour_now", why=too_early if rates.elapsed < MIN_ELAPSED else metrics.why_no_rate)
    if rates.events_since is None:
        yield Missing(what="events_since", why=metrics.why_no_rate)
