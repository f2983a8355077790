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

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sentry_runbook.incident.episode.bursts import QUIET
from sentry_runbook.incident.formatting import count, duration, moment, number, percent
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.metrics.crash_free import shown_pct
from sentry_runbook.incident.model.evidence import ROWS_LIMIT, Evidence, Missing, Unknown, quoted
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.results.impact import Recovery, RecoveryVerdict
from sentry_runbook.incident.recovery.actions import Act, shown
from sentry_runbook.incident.recovery.comparison import Comparison
from sentry_runbook.incident.recovery.metrics import RecoveryMetrics

PER_MINUTE_FROM = 60
"""From one event a minute on a rate is told a minute."""
WORDS = {"fell": "it fell", "rose": "it rose", "no_change": "no change"}


def assess_recovery(incident: Measurements, metrics: RecoveryMetrics) -> Recovery:
    """Judge whether the incident is over.

    Args:
        incident: its evidence and the policy's thresholds.
        metrics: what was measured, see :func:`.metrics.measure`.
    """
    needs = tuple(_needs(metrics, incident.policy, incident.read_at))
    verdict = _verdict(metrics, is_over=not needs)
    return Recovery(
        issue=incident.evidence.issue.name,
        verdict=verdict,
        fix_known=metrics.fix_known,
        reading=_reading(verdict, metrics, incident.read_at),
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
    changes = [comparison.change for _, comparison in metrics.judged if comparison is not None]
    last = next((change for change in reversed(changes) if change in ("fell", "rose")), None)
    fell = last == "fell" and not metrics.is_back_again
    is_quiet = metrics.quiet_from is not None or (metrics.episode is None and _is_silent(metrics))
    lines: tuple[tuple[RecoveryVerdict, bool], ...] = (
        ("unknown", metrics.counts is None or _is_in_the_future(metrics)),
        ("unknown", is_quiet and not metrics.is_measured),
        # Silence may be the quota's. A burst that shows in spite of it is one.
        ("unknown", bool(metrics.dropped) and (not metrics.is_live or fell or metrics.is_falling)),
        ("recovered", is_over),
        ("worse", metrics.is_live and last == "rose"),
        ("improving", metrics.is_live and fell and not metrics.came_back),
        ("improving", metrics.is_falling and last != "rose" and not metrics.came_back),
        # The issue came back and there are events: a falling rate says nothing then.
        ("ongoing", metrics.is_live or (metrics.came_back and metrics.now_per_hour != 0)),
        # Above the usual without a burst: it may be coming again, and nobody is sent home.
        ("unknown", is_quiet and metrics.is_above_usual and metrics.quiet_for >= metrics.quiet_needed),
        ("improving", is_quiet),
        ("worse", last == "rose"),
        ("improving", fell),
        ("ongoing", bool(metrics.now_per_hour)),
    )
    return next((verdict for verdict, holds in lines if holds), "unknown")


def _is_in_the_future(metrics: RecoveryMetrics) -> bool:
    return (
        metrics.basis == "stated"
        and metrics.counts is not None
        and (metrics.since or metrics.counts.until) >= (metrics.counts.read_at)
    )


def _is_silent(metrics: RecoveryMetrics) -> bool:
    """Whether no event came for two hours, in an issue whose rate never left the usual."""
    counts = metrics.counts
    return counts is not None and not counts.events(counts.read_at - QUIET, counts.read_at)


# --- what is still to be seen --------------------------------------------------------------------------------------


def _needs(metrics: RecoveryMetrics, policy: Policy, now: datetime) -> Iterator[str]:
    """What is still to be seen before it is over."""
    if metrics.counts is None:
        yield f"event counts that reach up to now ({metrics.why_no_rate})"
        return
    if _is_in_the_future(metrics):
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
        if not _is_silent(metrics):
            yield f"{length} without an event: no step out of the usual rate is known, so nothing else tells an end"
    elif metrics.quiet_from is None:
        yield f"{length} {usual}"
    elif metrics.quiet_for < metrics.quiet_needed:
        until = moment(metrics.quiet_from + metrics.quiet_needed, now)
        so_far = duration(_full_minutes(metrics.quiet_for))
        yield f"{length} {usual}: until {until} (so far {so_far}){_why_longer(metrics)}"


def _usual_words(metrics: RecoveryMetrics) -> str:
    return f"at the usual rate ({_rate(metrics.usual_per_hour)})" if metrics.usual_per_hour else "without a burst"


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
        so_far = "no full hour yet" if now is None else f"{percent(now)} now"
        yield f"a full hour with crash-free sessions of {percent(limit)} or more ({so_far})"


def _shown(pct: float | None) -> float | None:
    return None if pct is None else shown_pct(pct)


# --- in words ------------------------------------------------------------------------------------------------------


def _full_minutes(length: timedelta) -> timedelta:
    return length - length % timedelta(minutes=1) if length >= timedelta(minutes=1) else length


def _rate(per_hour: float | None) -> str:
    """``4.0 a minute`` from one a minute on, else ``12 an hour``."""
    if per_hour is None:
        return "not known"
    if per_hour >= PER_MINUTE_FROM:
        return f"{per_hour / 60:,.1f} a minute"
    return f"{number(round(per_hour, 1))} an hour"


def _reading(verdict: RecoveryVerdict, metrics: RecoveryMetrics, now: datetime) -> str:
    """The verdict, the counts that it rests on, and what is known of a fix."""
    if metrics.counts is None or _is_in_the_future(metrics):
        return f"Not known whether it is over: {metrics.why_no_rate}."
    effect = _effect_sentence(metrics, now)
    if metrics.dropped:
        effect += f" {metrics.dropped}"
    elif not metrics.is_measured:
        effect += " Sentry gave no numbers for a part of the last hours."
    elif verdict == "unknown":
        effect += " The last minutes hold more than is usual at this hour, which may be a new burst."
    sentence = f"{_head(verdict, metrics)}: {_state(metrics, now)}"
    return f"{sentence}.{effect}{_fix_doubt(metrics)}"


def _head(verdict: RecoveryVerdict, metrics: RecoveryMetrics) -> str:
    if verdict == "improving" and metrics.quiet_from is not None:
        return f"Calm for {duration(_full_minutes(metrics.quiet_for))}, not over yet"
    return {
        "recovered": "Back to the usual rate",
        "improving": "Going down, not over yet",
        "ongoing": "Not over",
        "worse": "Worse than before",
        "unknown": "Not known whether it is over",
    }[verdict]


def _state(metrics: RecoveryMetrics, now: datetime) -> str:
    """The rate now, in the incident and before it."""
    parts = []
    if metrics.now_per_hour is None:
        parts.append("how many events come now is not known yet" if metrics.counts is not None else "")
    elif metrics.extrapolated_from is not None and metrics.events_since is not None:
        length = duration(_full_minutes(metrics.extrapolated_from))
        parts.append(f"{count(metrics.events_since, 'event')} in the {length} since then")
    else:
        parts.append(f"{number(metrics.now_per_hour)} events in the last hour")
    if metrics.episode is None:
        parts.append("no step out of the usual rate is known")
    else:
        parts.append(f"{number(metrics.episode.result.peak_per_hour)} in the incident's fullest hour")
    if metrics.usual_per_hour is not None:
        parts.append(f"{number(round(metrics.usual_per_hour, 1))} an hour usual before it")
    if metrics.quiet_from is not None and metrics.quiet_for >= QUIET:
        parts.append(f"back since {moment(metrics.quiet_from, now)}")
    return ", ".join(parts)


def _effect_sentence(metrics: RecoveryMetrics, now: datetime) -> str:
    """What the act that counts changed: the stated fix, else the one that changed most, else the last."""
    judged = [(act, comparison) for act, comparison in metrics.judged if comparison is not None]
    if not judged:
        return ""
    act, comparison = judged[0] if metrics.basis == "stated" else _telling(judged) or judged[-1]
    return f" {_compared(act, comparison, now)}."


def _telling(judged: Sequence[tuple[Act, Comparison]]) -> tuple[Act, Comparison] | None:
    """Of the acts that changed the rate as the last one did, which decides the verdict: the one that changed most."""
    changed = [pair for pair in judged if pair[1].change in ("fell", "rose")]
    alike = [pair for pair in changed if pair[1].change == changed[-1][1].change]
    return max(alike, key=lambda pair: abs(pair[1].per_hour(pair[1].before - pair[1].after)), default=None)


def _compared(act: Act, comparison: Comparison, now: datetime) -> str:
    before, after = (_rate(comparison.per_hour(events)) for events in (comparison.before, comparison.after))
    said = WORDS.get(comparison.change, "too few events to say")
    if comparison.again_per_hour is not None:
        said += f", and came back after that ({_rate(comparison.again_per_hour)} at last)"
    if comparison.decidable_at is not None:
        said = f"too early to say; it can be said at {moment(comparison.decidable_at, now)}"
    what = f"{act.what[:1].upper()}{act.what[1:]}"
    length = duration(comparison.length)
    rates = f"{before} before, {after} after (over {length} each)"
    return f"{what} at {moment(act.at, now)}: {rates}: {said}"


def _fix_doubt(metrics: RecoveryMetrics) -> str:
    if not metrics.fix_known and metrics.is_stable:
        return " Quiet but not fixed, as far as is known: mitigated, not resolved."
    return " The issue came back after the resolve." if metrics.came_back else ""


def _notes(incident: Measurements, metrics: RecoveryMetrics) -> Iterator[str]:
    """Limits of the measurement, as notes."""
    policy = incident.policy
    if metrics.extrapolated_from is not None:
        yield f"The rate now is extrapolated from the {duration(_full_minutes(metrics.extrapolated_from))} since then."
    if metrics.episode is not None and metrics.episode.result.note:
        yield f"Judged is the last episode: {metrics.episode.result.note}."
    if metrics.basis in ("peak", "last_event") and metrics.since is not None:
        what = "the peak" if metrics.basis == "peak" else "the last event"
        yield f"No fix is known: since {what}, {moment(metrics.since)}."
    yield from _fallback_notes(incident.evidence)
    fix = metrics.fix_release
    if fix.version is not None and fix.live is False:
        yield f"Nothing shows yet that {quoted(fix.version)} is live: no deploy marker, no event from it."
    if fix.at_least:
        yield f"Only the latest {ROWS_LIMIT} events tell their release; there may be more on the fixing one."
    now_pct, limit = metrics.crash_free.now_pct, policy.thresholds.crash_free_below_pct
    before = metrics.crash_free.before_pct
    if now_pct is not None and now_pct < limit and (before is None or before >= limit):
        yield f"Crash-free sessions of the project are at {percent(now_pct)}, which this issue did not cause before."


def _fallback_notes(evidence: Evidence) -> Iterator[str]:
    """Which request failed that the verdict would rest on, and what it rests on instead."""
    if not evidence.issue.is_error:
        return
    if isinstance(evidence.series, Unknown) and evidence.series.asked:
        yield f"The event series failed ({evidence.series.why}): judged by clock hours."
    if isinstance(evidence.history, Unknown) and evidence.history.asked:
        yield f"The hours of the days before failed ({evidence.history.why}): what is usual is known from less."


def _missing(incident: Measurements, metrics: RecoveryMetrics) -> Iterator[Missing]:
    yield from incident.unread_outcomes
    yield from _missing_rates(metrics)
    if metrics.episode is None:
        episode = incident.episode
        yield Missing(what="episode", why=episode.why if isinstance(episode, Unknown) else "not known")
    if metrics.usual_per_hour is None:
        yield Missing(what="events_per_hour_baseline", why="the counts do not reach back far enough to tell")
    if metrics.quiet_since is None:
        yield Missing(what="quiet_since", why=metrics.why_not_quiet)
    if metrics.crash_free.now_pct is None:
        yield Missing(what="crash_free_now_pct", why=metrics.crash_free.why)
    if metrics.fix_release.version is None:
        yield Missing(what="fix_release", why="no resolve names a release")
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
        yield Missing(what="events_since", why=metrics.why_no_rate)
