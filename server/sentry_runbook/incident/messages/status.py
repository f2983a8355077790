"""How far the incident is: resolved, mitigated, open or not known, in words for each audience.

The verdict is that of ``incident/recovery/``; this module only says it. What it says in numbers is counted in the event
series.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sentry_runbook.incident.formatting import count, duration, moment, number
from sentry_runbook.incident.messages.fields import Audience, Fact, RecoveryFacts, facts, made
from sentry_runbook.incident.metrics.timeseries import between, total
from sentry_runbook.incident.model.evidence import Unknown
from sentry_runbook.incident.timeline.context import Plot

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Standing:
    """How far it is: ``resolved``, ``mitigated``, ``open`` or ``unknown``, and why not further."""

    stage: str
    why: str = ""


def standing(plot: Plot) -> Standing:
    """Whether it may be called resolved: back to usual for two hours, and something fixed it.

    The rate back to usual without that is mitigated: it may come back.
    """
    seen, reading = plot.recovery, _reading(plot)
    if seen.verdict == "unknown":
        return Standing("unknown", reading)
    if seen.verdict == "recovered" and _fixed(plot):
        return Standing("resolved")
    needs = f". Still to be seen: {'; '.join(seen.needs)}" if seen.needs else ""
    if seen.verdict == "recovered" or (seen.verdict == "improving" and plot.calm_at is not None):
        return Standing("mitigated", f"{reading}{needs}")
    return Standing("open", reading)


def _fixed(plot: Plot) -> bool:
    return plot.recovery.fix_known or bool(plot.stated.fix)


HEADLINES = {"resolved": "RESOLVED", "mitigated": "MITIGATED, NOT YET RESOLVED", "open": "NOT RESOLVED"}
STATES = {
    "worse": "Getting worse",
    "ongoing": "Ongoing",
    "improving": "Improving, not over",
    "recovered": "Back to the usual error rate",
}


def recovery_facts(plot: Plot, audience: Audience) -> RecoveryFacts:
    """Whether it is over, in words for the audience."""
    seen, stands = plot.recovery, standing(plot)
    headline: Fact | Unknown = Unknown(why=f"Sentry cannot confirm it: {stands.why}")
    if stands.stage in HEADLINES:
        headline = Fact(HEADLINES[stands.stage])
    unknown = Unknown(why=seen.reading)
    return made(
        RecoveryFacts,
        over=stands.stage == "resolved",
        mitigated=stands.stage == "mitigated",
        resolved=plot.evidence.issue.status == "resolved",
        headline=headline,
        state=Fact(STATES[seen.verdict]) if seen.verdict in STATES else unknown,
        verdict=Fact(seen.verdict),
        reading=Fact(_reading(plot, audience)) if seen.verdict in STATES else unknown,
        rate_now=_rate(seen.events_per_hour_now),
        rate_before=_rate(seen.events_per_hour_before),
        rate_usual=_rate(seen.events_per_hour_baseline),
        quiet_since=Fact(moment(seen.quiet_since)) if seen.quiet_since else Unknown(why="events still came recently"),
        needs=facts(seen.needs),
    )


def _rate(value: float | None) -> Fact | Unknown:
    return Unknown(why="the event series does not tell it") if value is None else Fact(number(value))


def _reading(plot: Plot, audience: Audience = "engineers") -> str:
    seen = plot.recovery
    if audience == "customers":
        return FOR_CUSTOMERS[seen.verdict]
    if seen.verdict in ("improving", "recovered") and (calm := _calm(plot)):
        return f"{BACK[seen.verdict]}: {calm}{_worst(plot)}{'' if _fixed(plot) else NO_FIX}"
    last_hour = None if plot.rate is None else total(between(plot.rate, plot.read_at - HOUR, plot.read_at))
    if last_hour is None or seen.verdict not in OPEN:
        return seen.reading.rstrip(".")
    usual = seen.events_per_hour_baseline
    told_usual = f", {number(usual)} an hour before it began" if audience == "engineers" and usual is not None else ""
    return f"{OPEN[seen.verdict]}: {count(last_hour, 'error')} in the last hour{_worst(plot)}{told_usual}"


BACK = {"recovered": "Back to the usual error rate", "improving": "Quiet, but not for long enough to be over"}
OPEN = {"worse": "Getting worse", "ongoing": "Not over", "improving": "Getting better, not over"}
NO_FIX = ". Quiet but not fixed, as far as is known"


def _calm(plot: Plot) -> str:
    """How many errors came since the rate is back, counted; the rate over a longer time would hide the calm."""
    if plot.calm_at is None or plot.rate is None:
        return ""
    events = total(between(plot.rate, plot.calm_at, plot.read_at))
    if events is None:
        return ""
    return f"{count(events, 'error') if events else 'no error'} in the last {duration(plot.read_at - plot.calm_at)}"


def _worst(plot: Plot) -> str:
    before = plot.recovery.events_per_hour_before
    return "" if before is None else f", {number(before)} in the worst hour"


FOR_CUSTOMERS = {
    "worse": "The problem continues",
    "ongoing": "The problem continues",
    "improving": "We see fewer errors than before; it is not over yet",
    "recovered": "The errors have stopped",
}
