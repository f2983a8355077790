"""The verdict in one sentence or two: the rates now, in the incident and before it, and what ended it.

How to think about it: the sentence is made of the measurements and the verdict, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sentry_runbook.incident.episode.bursts import QUIET
from sentry_runbook.incident.episode.event_counts import EventCounts
from sentry_runbook.incident.formatting import count, duration, moment, number
from sentry_runbook.incident.metrics.timeseries import HOUR
from sentry_runbook.incident.model.results.impact import RecoveryAction, RecoveryVerdict
from sentry_runbook.incident.recovery.actions import CHANGES, Act, shown
from sentry_runbook.incident.recovery.comparison import Comparison
from sentry_runbook.incident.recovery.metrics import RecoveryMetrics

PER_MINUTE_FROM = 60
"""From one event a minute on a rate is told a minute."""
FEW = 0.1
WORDS = {"fell": "it fell", "rose": "it rose", "no_change": "no change"}


def full_minutes(length: timedelta) -> timedelta:
    """The full minutes of a length; a shorter one than a minute as it is."""
    return length - length % timedelta(minutes=1) if length >= timedelta(minutes=1) else length


def rate(per_hour: float | None, *, is_by_minute: bool | None = None) -> str:
    """``4.0 a minute`` from one a minute on, else ``12 an hour``; or in the unit that is asked for."""
    if per_hour is None:
        return "not known"
    if per_hour >= PER_MINUTE_FROM if is_by_minute is None else is_by_minute:
        per_minute = per_hour / 60
        # Few are not none.
        return "0 a minute" if not per_minute else f"{per_minute:,.{1 if per_minute >= FEW else 2}f} a minute"
    return f"{number(round(per_hour, 1))} an hour"


def reading(verdict: RecoveryVerdict, metrics: RecoveryMetrics, now: datetime) -> str:
    """The verdict, the counts that it rests on, and what is known of a fix."""
    if metrics.counts is None or metrics.is_in_the_future:
        return f"Not known whether it is over: {metrics.why_no_rate}."
    effect = _effect_sentence(metrics, now)
    if metrics.dropped:
        effect += f" {metrics.dropped}"
    elif not metrics.is_measured:
        effect += " Sentry gave no numbers for a part of the last hours."
    elif verdict == "unknown":
        effect += " The last minutes hold more than is usual at this hour, which may be a new burst."
    going_down = _going_down(metrics) if verdict == "improving" else ""
    sentence = f"{_head(verdict, metrics)}: {going_down}{_state(metrics, now)}"
    return f"{sentence}.{effect}{_fix_doubt(metrics)}"


def _head(verdict: RecoveryVerdict, metrics: RecoveryMetrics) -> str:
    if verdict == "improving" and metrics.quiet_from is not None:
        return f"Calm for {duration(full_minutes(metrics.quiet_for))}, not over yet"
    if verdict == "improving" and not metrics.is_falling:
        # It fell with an act and has been level since: that is no way down.
        return "Lower than before, not over yet"
    return {
        "recovered": "Back to the usual rate",
        "improving": "Going down, not over yet",
        "ongoing": "Not over",
        "worse": "Worse than before",
        "unknown": "Not known whether it is over",
    }[verdict]


def _going_down(metrics: RecoveryMetrics) -> str:
    """The last minutes, where they show what the last hour does not yet."""
    length, counts = metrics.falling_for, metrics.counts
    if length is None or counts is None or length >= HOUR:
        return ""
    events, about = counts.about(counts.until - length, counts.until), _about(counts, length)
    return f"{about}{count(round(events), 'event')} in the last {duration(length)}, "


def _about(counts: EventCounts, length: timedelta) -> str:
    """Whether the count of a last stretch is an estimate, from clock hours that it divides."""
    return "about " if counts.divided(counts.until - length) else ""


def _state(metrics: RecoveryMetrics, now: datetime) -> str:
    """The rate now, in the incident and before it."""
    parts = []
    if metrics.now_per_hour is None:
        parts.append("how many events come now is not known yet" if metrics.counts is not None else "")
    elif metrics.extrapolated_from is not None and metrics.events_since is not None:
        length = duration(full_minutes(metrics.extrapolated_from))
        parts.append(f"{count(metrics.events_since, 'event')} in the {length} since then")
    elif metrics.counts is not None:
        about = _about(metrics.counts, HOUR)
        parts.append(f"{about}{count(round(metrics.now_per_hour), 'event')} in the last hour")
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
    # No event on either side says nothing of the act.
    judged = [(act, found) for act, found in metrics.judged if found is not None and found.before + found.after]
    if not judged:
        return ""
    act, comparison = _stated(judged) or _changed_most(metrics.telling) or judged[-1]
    return f" {_compared(act, comparison, now)}."


def _stated(judged: Sequence[tuple[Act, Comparison]]) -> tuple[Act, Comparison] | None:
    """The stated fix, by the name of the deploy or flag that it was, where Sentry knows one of that instant."""
    stated = next((pair for pair in judged if pair[0].kind == "stated"), None)
    named = (pair for pair in judged if stated and pair[0].at == stated[0].at and pair[0].kind in CHANGES)
    return next(named, stated)


def _changed_most(telling: Sequence[tuple[Act, Comparison]]) -> tuple[Act, Comparison] | None:
    """Of the acts that changed the rate as the last one did, which decides the verdict: the one that changed most."""
    alike = [pair for pair in telling if pair[1].change == telling[-1][1].change]
    return max(alike, key=lambda pair: abs(pair[1].per_hour(pair[1].before - pair[1].after)), default=None)


def _compared(act: Act, comparison: Comparison, now: datetime) -> str:
    what = f"{act.what[:1].upper()}{act.what[1:]}"
    return f"{what} at {moment(act.at, now)}: {effect_of(shown(act, comparison), now)}"


def effect_of(action: RecoveryAction, now: datetime) -> str:
    """What an act did, by the rates before and after it: ``7.5 a minute before, 0 after (over 20 min each): it fell``.

    Where the counts hold no stretch on both sides of it, that this is so.
    """
    if action.before_per_hour is None or action.after_per_hour is None:
        return "what it did is not known yet: no counts on both sides of it"
    per_hour = (action.before_per_hour, action.after_per_hour)
    # Both in one unit, or they cannot be compared at a glance.
    before, after = (rate(events, is_by_minute=max(per_hour) >= PER_MINUTE_FROM) for events in per_hour)
    said = WORDS.get(action.change, "too few events to say")
    if action.again_per_hour is not None:
        way = "came back" if action.change == "fell" else "went down"
        said += f", and {way} after that ({rate(action.again_per_hour)} at last)"
    if action.decidable_at is not None:
        said = f"too early to say; it can be said at {moment(action.decidable_at, now)}"
    length = duration(timedelta(minutes=action.compared_minutes or 0))
    return f"{before} before, {after} after (over {length} each): {said}"


def _fix_doubt(metrics: RecoveryMetrics) -> str:
    if not metrics.fix_known and metrics.is_stable:
        return " Quiet but not fixed, as far as is known: mitigated, not resolved."
    return " The issue came back after the resolve." if metrics.came_back else ""
