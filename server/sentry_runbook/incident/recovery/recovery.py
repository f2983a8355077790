"""Whether it is over: the event rate now against the incident and against what was usual before.

How to think about it: :mod:`metrics` measures (rates, calm, regression, the fixing release, crash-free), this module
judges. Nothing is called recovered early: it takes two hours (the runbook's "quiet") at the usual rate, no regression,
no event on the release that should fix it, and crash-free sessions back where they had fallen. A rate that is back
without any fix is *mitigated*, not resolved, and the reading says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from sentry_runbook.incident.episode.onset import QUIET
from sentry_runbook.incident.formatting import count, duration, moment, number, percent
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.model.evidence import Evidence, Missing, Unknown, quoted
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.results.impact import Recovery, RecoveryVerdict
from sentry_runbook.incident.recovery.metrics import SHORTEST, RecoveryMetrics

WORSE = 1.25
"""Worse is a quarter more than the incident's fullest hour, and more than chance explains."""


def assess_recovery(incident: Measurements, seen: RecoveryMetrics) -> Recovery:
    """Judge whether the incident is over.

    Args:
        incident: its evidence and the policy's thresholds.
        seen: what was measured since the fix, see :func:`.metrics.measure`.
    """
    needs = tuple(_needs(seen, incident.policy))
    verdict = judge(seen, incident.policy, bool(needs))
    rates = seen.rates
    return Recovery(
        issue=incident.evidence.issue.name,
        verdict=verdict,
        fix_known=seen.fixed,
        reading=_reading(verdict, seen),
        needs=needs,
        since=seen.since,
        since_basis=seen.basis,
        events_per_hour_before=rates.before if rates else None,
        events_per_hour_baseline=seen.usual_per_hour,
        events_per_hour_now=rates.now if rates else None,
        quiet_since=seen.quiet_since,
        events_since=rates.events_since if rates else None,
        regressed=seen.regressed,
        crash_free_before_pct=seen.crash_free.before_pct,
        crash_free_now_pct=seen.crash_free.now_pct,
        fix_release=seen.fix.version,
        fix_release_events=seen.fix.events,
        notes=tuple(_notes(seen, incident.policy)),
        warnings=incident.evidence.warnings or None,
        missing=tuple(_missing(incident.evidence, seen)),
        findings=incident.evidence.findings,
    )


def judge(seen: RecoveryMetrics, policy: Policy, needs: bool) -> RecoveryVerdict:
    """The verdict: the first line that holds."""
    rates = seen.rates
    if rates is None or rates.now is None:
        return "unknown"
    before, incident_rate = rates.before, rates.incident_rate
    lines: tuple[tuple[RecoveryVerdict, bool], ...] = (
        (
            "worse",
            incident_rate is not None and rates.now > max(WORSE * incident_rate, incident_rate + _noise(incident_rate)),
        ),
        ("recovered", not needs),
        ("improving", seen.is_stable),
        ("ongoing", seen.regressed_since),
        ("improving", before is not None and rates.now * policy.trend.declining <= before),
        ("ongoing", before is not None),
    )
    return next((verdict for verdict, holds in lines if holds), "unknown")


def _noise(events: float) -> float:
    return float(2 * events**0.5)


def _needs(seen: RecoveryMetrics, policy: Policy) -> Iterator[str]:
    """What is still to be seen before it is over."""
    if seen.rates is None:
        yield "an event series that covers the time since the fix"
        return
    usual = f"at most {number(seen.allowed_per_hour)} an hour" if seen.allowed_per_hour else "no event"
    if seen.stable_for < QUIET:
        so_far = f" (so far {duration(seen.stable_for)})" if seen.stable_for else ""
        yield f"{duration(QUIET)} with {usual}{so_far}"
    if seen.regressed_since:
        yield "a new resolve: the issue came back after the last one"
    if seen.fix.events:
        yield f"no event on {quoted(seen.fix.version or '')}, the release that should fix it"
    limit = policy.thresholds.crash_free_below_pct
    before, after = seen.crash_free.before_pct, seen.crash_free.now_pct
    if before is not None and before < limit and (after is None or after < limit):
        seen_now = "no full hour yet" if after is None else f"{percent(after)} now"
        yield f"a full hour with crash-free sessions of {percent(limit)} or more ({seen_now})"
    if seen.no_traffic:
        yield "traffic: no session started while it was quiet, so quiet says nothing"


def _reading(verdict: RecoveryVerdict, seen: RecoveryMetrics) -> str:
    rates = seen.rates
    if rates is None or rates.now is None:
        return f"Not known whether it is over: {seen.why}."
    now = f"{number(rates.now)} events an hour now"
    if rates.extrapolated_from is not None:
        # A reader counts events; the rate that a short time would make is in the result, with its note.
        now = f"{count(rates.events_since, 'event')} in the {duration(rates.extrapolated_from)} since then"
    before = f", {number(rates.before)} in the incident's fullest hour" if rates.before is not None else ""
    usual = f", {number(seen.usual_per_hour)} usual before it" if seen.usual_per_hour is not None else ""
    sentence = {
        "recovered": "Back to the usual rate",
        "improving": _stable(seen) if seen.is_stable else "Going down, not over yet",
        "ongoing": "Not over",
        "worse": "Worse than before",
        "unknown": "Not known whether it is over",
    }[verdict]
    fixed = ""
    if not seen.fixed and seen.is_stable:
        fixed = " Quiet but not fixed, as far as is known: mitigated, not resolved."
    elif seen.regressed_since:
        fixed = " The issue came back after the resolve."
    return f"{sentence}: {now}{before}{usual}.{fixed}"


def _stable(seen: RecoveryMetrics) -> str:
    doubt = "which is too short to call it over" if seen.stable_for < QUIET else "but not surely over"
    return f"Calm for {duration(seen.stable_for)}, {doubt}"


def _notes(seen: RecoveryMetrics, policy: Policy) -> Iterator[str]:
    """What limits the reading."""
    if seen.rates is not None:
        yield from seen.rates.notes
    if seen.basis in ("peak", "last_event") and seen.since is not None:
        what = "the peak" if seen.basis == "peak" else "the last event"
        yield f"No fix is known: since {what}, {moment(seen.since)}."
    if seen.fix.version is not None and seen.fix.live is False:
        yield f"Nothing shows yet that {quoted(seen.fix.version)} is live: no deploy marker, no event from it."
    if seen.fix.at_least:
        yield "Only the latest 100 events tell their release; there may be more on the fixing one."
    now_pct, limit = seen.crash_free.now_pct, policy.thresholds.crash_free_below_pct
    if now_pct is not None and now_pct < limit and (seen.crash_free.before_pct or limit) >= limit:
        yield f"Crash-free sessions of the project are at {percent(now_pct)}, which this issue did not cause before."


def _missing(evidence: Evidence, seen: RecoveryMetrics) -> Iterator[Missing]:
    if seen.rates is None:
        for what in ("events_per_hour_before", "events_per_hour_now", "events_since"):
            yield Missing(what=what, why=seen.why)
    else:
        if seen.rates.before is None:
            yield Missing(what="events_per_hour_before", why="the event series does not reach back to the incident")
        if seen.rates.now is None:
            yield Missing(what="events_per_hour_now", why=f"less than {duration(SHORTEST)} have passed")
    if seen.usual_per_hour is None:
        yield Missing(what="events_per_hour_baseline", why=seen.why_usual)
    if seen.quiet_since is None:
        yield Missing(what="quiet_since", why=seen.why_not_quiet)
    if seen.crash_free.now_pct is None:
        yield Missing(what="crash_free_now_pct", why=seen.crash_free.why)
    if seen.fix.version is None:
        yield Missing(what="fix_release", why="no resolve names a release")
    elif seen.fix.events is None:
        rows = evidence.rows
        yield Missing(what="fix_release_events", why=rows.why if isinstance(rows, Unknown) else "not known")
