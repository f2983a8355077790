"""What is still to be seen before an incident is over: none of it left is what *recovered* means."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sentry_runbook.incident.episode.bursts import QUIET
from sentry_runbook.incident.formatting import crash_free_percent, duration, moment, percent
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.recovery.metrics import RecoveryMetrics
from sentry_runbook.incident.recovery.reading import full_minutes, rate


def open_needs(metrics: RecoveryMetrics, policy: Policy, now: datetime) -> Iterator[str]:
    """What is still to be seen before it is over."""
    if metrics.counts is None:
        yield f"event counts that reach up to now ({metrics.why_no_rate})"
        return
    if metrics.is_in_the_future:
        yield "a time of the fix that is not in the future"
    yield from _quiet_needs(metrics, now)
    if not metrics.is_measured:
        yield "counts of the last hours: Sentry gave no numbers for a part of them"
    if metrics.dropped:
        yield "an hour in which Sentry drops no event: until then silence may be the quota's"
    for act, comparison in metrics.judged[-1:]:
        if metrics.quiet_from is None and comparison is not None and comparison.decidable_at is not None:
            yield f"counts until {moment(comparison.decidable_at, now)}: then what {act.what} changed can be said"
    if metrics.quiet_from is not None and metrics.is_above_usual:
        yield "a rate that is usual at this hour: the last minutes hold more"
    if metrics.came_back:
        yield "a new resolve: the issue came back after the last one"
    if metrics.fix_release.version is not None and metrics.fix_release.events:
        yield f"no event on {quoted(metrics.fix_release.version)}, the release that should fix it"
    yield from _crash_free_needs(metrics, policy)
    if metrics.no_traffic:
        yield "traffic: no session started while it was quiet, so quiet says nothing"


def _quiet_needs(metrics: RecoveryMetrics, now: datetime) -> Iterator[str]:
    length = duration(metrics.quiet_needed)
    usual = _usual_words(metrics)
    if metrics.episode is None:
        if not metrics.is_silent:
            yield f"{length} without an event: no step out of the usual rate is known, so nothing else tells an end"
    elif metrics.quiet_from is None:
        yield f"{length} {usual}"
    elif metrics.quiet_for < metrics.quiet_needed:
        until = moment(metrics.quiet_from + metrics.quiet_needed, now)
        so_far = duration(full_minutes(metrics.quiet_for))
        yield f"{length} {usual}: until {until} (so far {so_far}){_why_longer(metrics)}"


def _usual_words(metrics: RecoveryMetrics) -> str:
    return f"at the usual rate ({rate(metrics.usual_per_hour)})" if metrics.usual_per_hour else "without a burst"


def _why_longer(metrics: RecoveryMetrics) -> str:
    if metrics.episode is None or metrics.quiet_needed <= QUIET:
        return ""
    pause = timedelta(minutes=metrics.episode.result.longest_pause_minutes)
    return f"; it comes in bursts with pauses of up to {duration(pause)}"


def _crash_free_needs(metrics: RecoveryMetrics, policy: Policy) -> Iterator[str]:
    """Crash-free sessions must be back at the runbook's P0 limit, if they had fallen below it."""
    limit = policy.thresholds.crash_free_below_pct
    before, now = metrics.crash_free.before_pct, metrics.crash_free.now_pct
    if before is not None and before < limit and (now is None or now < limit):
        so_far = "no full hour yet" if now is None else f"{crash_free_percent(now)} now"
        yield f"a full hour with crash-free sessions of {percent(limit)} or more ({so_far})"
