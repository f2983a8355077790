"""Whether it is over: where the event rate stands, what the acts in it changed, and what is still to be seen.

How to think about it: :mod:`.metrics` measures, this module judges; a verdict is the first line of :func:`_verdict`
that holds. A burst that reaches up to now is *ongoing* from its first minute, whatever was done: only a measured fall
after an act makes it *improving*, a measured rise *worse*. A rate that is back is *improving* until it has been back
for two hours, and for one and a half times the longest pause of the episode (waves come again); then, with no
regression, no event on the release that should fix it and crash-free sessions back, it is *recovered*. What of these
is still to be seen is listed as ``needs``. Where Sentry dropped events nothing is called quiet: it is *unknown*. A
rate that is back without any fix is *mitigated*, not resolved, and the reading says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from sentry_runbook.incident.formatting import crash_free_percent, duration, moment
from sentry_runbook.incident.issue_status import NO_LOG
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.metrics.crash_free import shown_pct
from sentry_runbook.incident.model.evidence import ROWS_LIMIT, Evidence, Known, Missing, Unknown, quoted
from sentry_runbook.incident.model.results.impact import Recovery, RecoveryVerdict
from sentry_runbook.incident.recovery.actions import shown
from sentry_runbook.incident.recovery.groups import group_effect
from sentry_runbook.incident.recovery.metrics import RecoveryMetrics
from sentry_runbook.incident.recovery.needs import open_needs
from sentry_runbook.incident.recovery.reading import full_minutes, reading


def assess_recovery(incident: Measurements, metrics: RecoveryMetrics) -> Recovery:
    """Judge whether the incident is over.

    Args:
        incident: its evidence and the policy's thresholds.
        metrics: what was measured, see :func:`.metrics.measure`.
    """
    needs = tuple(open_needs(metrics, incident.policy, incident.read_at))
    verdict = _verdict(metrics, is_over=not needs)
    return Recovery(
        issue=incident.evidence.issue.name,
        verdict=verdict,
        fix_known=metrics.fix_known,
        reading=reading(verdict, metrics, incident.read_at),
        needs=needs,
        episode=metrics.episode.result if metrics.episode is not None else None,
        since=metrics.since,
        since_basis=metrics.basis,
        actions=tuple(shown(act, comparison) for act, comparison in metrics.effects),
        events_per_hour_before=None if metrics.peak_per_hour is None else float(metrics.peak_per_hour),
        events_per_hour_baseline=metrics.usual_per_hour,
        events_per_hour_now=metrics.now_per_hour,
        quiet_since=metrics.quiet_since,
        events_since=metrics.events_since,
        regressed=metrics.regressed,
        crash_free_before_pct=_shown(metrics.crash_free.before_pct),
        crash_free_now_pct=_shown(metrics.crash_free.now_pct),
        fix_release=metrics.fix_release.version,
        fix_release_events=metrics.fix_release.events,
        notes=tuple(_notes(incident, metrics)),
        warnings=incident.warnings or None,
        missing=tuple(_missing(incident, metrics)),
        findings=incident.evidence.findings,
    )


# --- the verdict ---------------------------------------------------------------------------------------------------


def _verdict(metrics: RecoveryMetrics, *, is_over: bool) -> RecoveryVerdict:
    """The verdict: the first line that holds."""
    # An act that changed nothing leaves what an earlier one changed.
    last = metrics.telling[-1][1] if metrics.telling else None
    holds = last.change if last is not None and last.again_per_hour is None else None
    rose, fell = holds == "rose", holds == "fell"
    is_quiet = metrics.quiet_from is not None or (metrics.episode is None and metrics.is_silent)
    lines: tuple[tuple[RecoveryVerdict, bool], ...] = (
        ("unknown", metrics.counts is None or metrics.is_in_the_future),
        ("unknown", is_quiet and not metrics.is_measured),
        # Silence may be the quota's. A burst that shows in spite of it is one.
        ("unknown", bool(metrics.dropped) and (not metrics.is_live or fell or metrics.is_falling)),
        ("recovered", is_over),
        ("worse", metrics.is_live and rose),
        ("improving", metrics.is_live and fell and not metrics.came_back),
        ("improving", metrics.is_falling and not rose and not metrics.came_back),
        # The issue came back and there are events: a falling rate says nothing then.
        ("ongoing", metrics.is_live or (metrics.came_back and metrics.now_per_hour != 0)),
        # Above the usual without a burst: it may be coming again, and nobody is sent home.
        ("unknown", is_quiet and metrics.is_above_usual and metrics.quiet_for >= metrics.quiet_needed),
        ("improving", is_quiet),
        ("worse", rose),
        ("improving", fell),
        ("ongoing", bool(metrics.now_per_hour)),
    )
    return next((verdict for verdict, holds in lines if holds), "unknown")


# --- what limits it ------------------------------------------------------------------------------------------------


def _notes(incident: Measurements, metrics: RecoveryMetrics) -> Iterator[str]:
    """Limits of the measurement, as notes."""
    policy = incident.policy
    effect = group_effect(incident, metrics)
    if effect is not None:
        yield effect
    if metrics.extrapolated_from is not None:
        yield f"The rate now is extrapolated from the {duration(full_minutes(metrics.extrapolated_from))} since then."
    if metrics.episode is not None and metrics.episode.result.note:
        yield f"Judged is the last episode: {metrics.episode.result.note}."
    if metrics.is_before_the_start and metrics.episode is not None and metrics.since is not None:
        began = f"before the incident began ({moment(metrics.episode.result.began)})"
        yield f"The time given as the fix ({moment(metrics.since)}) lies {began}: that did not end it."
    if metrics.basis in ("peak", "last_event") and metrics.since is not None:
        what = "the peak" if metrics.basis == "peak" else "the last event"
        unlogged = "" if incident.evidence.issue.logs_activity else " (this server keeps no log of resolves)"
        yield f"No fix is known{unlogged}: since {what}, {moment(metrics.since)}."
    yield from _fallback_notes(incident.evidence)
    fix = metrics.fix_release
    if fix.version is not None and fix.live is False:
        yield f"Nothing shows yet that {quoted(fix.version)} is live: no deploy marker, no event from it."
    if fix.at_least:
        rows = incident.evidence.rows
        latest = max(ROWS_LIMIT, len(rows.value) if isinstance(rows, Known) else 0)
        yield f"Only the latest {latest} events tell their release; there may be more on the fixing one."
    now_pct, limit = metrics.crash_free.now_pct, policy.thresholds.crash_free_below_pct
    before = metrics.crash_free.before_pct
    if now_pct is not None and now_pct < limit and (before is None or before >= limit):
        compared = (
            ": what they were before is not known" if before is None else ", which this issue did not cause before"
        )
        yield f"Crash-free sessions of the project are at {crash_free_percent(now_pct)}{compared}."


def _fallback_notes(evidence: Evidence) -> Iterator[str]:
    """Which request failed that the verdict would rest on, and what it rests on instead."""
    if not evidence.issue.is_error:
        return
    if isinstance(evidence.series, Unknown) and evidence.series.asked:
        yield f"The event series failed ({evidence.series.why}): judged by clock hours."
    if isinstance(evidence.history, Unknown) and evidence.history.asked:
        yield f"The hours of the days before failed ({evidence.history.why}): what is usual is known from less."


NO_RESOLVES = "this server keeps no log of resolves, and no release with them"


def _missing(incident: Measurements, metrics: RecoveryMetrics) -> Iterator[Missing]:
    yield from incident.unread_outcomes
    yield from _missing_rates(metrics)
    if metrics.episode is None:
        episode = incident.episode
        yield Missing(what="episode", why=episode.why if isinstance(episode, Unknown) else "not known")
    if metrics.usual_per_hour is None:
        yield Missing(what="events_per_hour_baseline", why="the counts do not reach back far enough to tell")
    if metrics.regressed is None:
        yield Missing(what="regressed", why=NO_LOG)
    if metrics.quiet_since is None:
        yield Missing(what="quiet_since", why=metrics.why_not_quiet)
    if metrics.crash_free.now_pct is None:
        yield Missing(what="crash_free_now_pct", why=metrics.crash_free.why)
    if metrics.fix_release.version is None:
        logged = incident.evidence.issue.logs_activity
        yield Missing(what="fix_release", why="no resolve names a release" if logged else NO_RESOLVES)
    elif metrics.fix_release.events is None:
        rows = incident.evidence.rows
        yield Missing(what="fix_release_events", why=rows.why if isinstance(rows, Unknown) else "not known")


def _missing_rates(metrics: RecoveryMetrics) -> Iterator[Missing]:
    if metrics.peak_per_hour is None:
        why = metrics.why_no_rate if metrics.counts is None else "no step out of the usual rate is known"
        yield Missing(what="events_per_hour_before", why=why)
    if metrics.now_per_hour is None:
        yield Missing(what="events_per_hour_now", why=metrics.why_no_rate)
    if metrics.events_since is None:
        yield Missing(what="events_since", why=metrics.why_not_since)


def _shown(pct: float | None) -> float | None:
    return None if pct is None else shown_pct(pct)
