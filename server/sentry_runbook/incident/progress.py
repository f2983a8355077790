"""Where the incident stands: headline, conditions, what changed since the last message, what was done, what is needed.

Every sentence is told from the recovery check, the timeline and the event series; what only people know (what they are
doing now, what they need from others) is never made up here: the templates leave a marked blank for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sentry_runbook.incident.buckets import between, total
from sentry_runbook.incident.evidence import Series, Unknown
from sentry_runbook.incident.facts import Audience, Fact, RecoveryFacts, TimeFacts, blank, facts, made
from sentry_runbook.incident.happenings import LOG, rows_of
from sentry_runbook.incident.plot import Plot
from sentry_runbook.incident.timeline import TimelineRow, timeline_of
from sentry_runbook.incident.wording import count, duration, moment, number

BY_PEOPLE = (LOG, "deploy marker in Sentry")
"""Sources of rows that tell what somebody did."""
TOLD_IN_NUMBERS = ("First Seen of the issue", "Last Seen of the issue", "suspect commits of the event")
"""Sources of rows that tell nothing new beside the numbers of an update."""
MOST_ACTIONS = 6


@dataclass(frozen=True)
class Standing:
    """How far it is: ``resolved``, ``mitigated``, ``open`` or ``unknown``, and why not further."""

    stage: str
    why: str = ""


def standing(plot: Plot) -> Standing:
    """Whether it may be called resolved: back to usual for two hours, and something fixed it.

    The rate back to usual without that is mitigated: it may come back.
    """
    seen = plot.recovery
    reading = seen.reading.rstrip(".")
    if seen.verdict == "unknown":
        return Standing("unknown", reading)
    if seen.verdict == "recovered" and (seen.fix_known or plot.stated.fix):
        return Standing("resolved")
    if seen.verdict == "recovered":
        return Standing("mitigated", f"{reading}. Nobody stated a fix and the issue is not resolved in Sentry")
    if seen.verdict == "improving" and plot.calm_at is not None:
        needs = f". Still to be seen: {'; '.join(seen.needs)}" if seen.needs else ""
        return Standing("mitigated", f"{reading}{needs}")
    return Standing("open", reading)


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


def _reading(plot: Plot, audience: Audience) -> str:
    seen = plot.recovery
    if audience == "engineers":
        return seen.reading.rstrip(".")
    if audience == "customers":
        return FOR_CUSTOMERS[seen.verdict]
    now = f"{number(seen.events_per_hour_now or 0)} errors in the last hour"
    before = "" if seen.events_per_hour_before is None else f", {number(seen.events_per_hour_before)} at the worst"
    return f"{FOR_EXECUTIVES[seen.verdict]}: {now}{before}"


FOR_EXECUTIVES = {
    "worse": "It is getting worse",
    "ongoing": "It goes on",
    "improving": "It is getting better and is not over",
    "recovered": "The error rate is back to usual",
}
FOR_CUSTOMERS = {
    "worse": "The problem continues",
    "ongoing": "The problem continues",
    "improving": "We see fewer errors than before; it is not over yet",
    "recovered": "The errors have stopped",
}


# --- times ---------------------------------------------------------------------------------------------------------


def time_facts(plot: Plot, now: datetime, since: datetime | None) -> TimeFacts:
    """Start, end and duration by the timeline's milestones; a mitigated one ends when the rate came back."""
    told = timeline_of(plot)
    started, recovered = told.milestone("started"), told.milestone("recovered")
    end = recovered.at or plot.calm_at
    why = Unknown(why=started.why or recovered.why or "not known")
    begun = Fact(moment(started.at), source=started.source or "") if started.at else why
    lasted: Fact | Unknown = why
    so_far: Fact | Unknown = why
    if started.at is not None:
        so_far = Fact(duration(_minutes(now - started.at)))
        if end is not None and end >= started.at:
            lasted = Fact(duration(_minutes(end - started.at)))
    return made(
        TimeFacts,
        now=Fact(moment(now)),
        started=begun,
        started_how=Fact(plot.onset.how) if plot.onset else why,
        over=Fact(moment(end)) if end else why,
        duration=lasted,
        so_far=so_far,
        last_update=Fact(moment(since)) if since else Unknown(why="no time of a last message was given (since)"),
        postmortem_by=Fact(moment((end or now) + timedelta(hours=48))),
    )


def _minutes(length: timedelta) -> timedelta:
    """Full minutes; what is shorter keeps its seconds."""
    return length if length < timedelta(minutes=1) else timedelta(minutes=int(length.total_seconds() // 60))


# --- since the last message ----------------------------------------------------------------------------------------


def changes(plot: Plot, since: datetime | None, audience: Audience) -> Iterator[Fact]:
    """What changed since the last message went out; nothing when that time is not known."""
    if audience == "customers":
        return
    if since is None:
        yield blank(CHANGED, "no time of the last message was given: pass since")
        return
    yield _events_since(plot, since)
    if audience == "engineers":
        for row in rows_of(plot):
            if row.at >= since and row.source not in (*BY_PEOPLE, *TOLD_IN_NUMBERS) and row.kind == "observed":
                yield _dated(row)


CHANGED = "what changed since the last update"


def _events_since(plot: Plot, since: datetime) -> Fact:
    series = plot.rate
    if since >= plot.read_at:
        return blank(CHANGED, "the time given as the last update is not before now")
    new = None if series is None or since < series.start else total(between(series, since, plot.read_at))
    if series is None or new is None:
        return blank(CHANGED, "the event series does not reach back to the last update")
    length = plot.read_at - since
    before = _as_long_before(series, since, length)
    compared = "" if before is None else f", {number(before)} in the {duration(length)} before it"
    return Fact(f"{count(new, 'error')} since the last update ({moment(since)}){compared}", source="event series")


def _as_long_before(series: Series, since: datetime, length: timedelta) -> int | None:
    return total(between(series, since - length, since)) if since - length >= series.start else None


# --- what people did -----------------------------------------------------------------------------------------------


def actions(plot: Plot, since: datetime | None, audience: Audience) -> Iterator[Fact]:
    """What was done since the last message, else since the start: as Sentry recorded it."""
    if audience != "engineers":
        return
    start = max(since, plot.began) if since else plot.began
    done = [row for row in rows_of(plot) if row.at >= start and _by_people(row)]
    if len(done) > MOST_ACTIONS:
        yield Fact(f"{len(done) - MOST_ACTIONS} earlier steps stand in Sentry's activity log")
    yield from map(_dated, done[-MOST_ACTIONS:])


def _by_people(row: TimelineRow) -> bool:
    return row.source in BY_PEOPLE or row.kind == "human"


def _dated(row: TimelineRow) -> Fact:
    return Fact(f"{moment(row.at)}: {row.what}", source=row.source)


# --- what is needed ------------------------------------------------------------------------------------------------


def needs(plot: Plot, audience: Audience) -> Iterator[Fact]:
    """What has to be seen or known next."""
    if audience != "engineers":
        return
    if plot.recovery.needs and plot.recovery.verdict != "unknown":
        yield Fact(f"To call it over: {'; '.join(plot.recovery.needs)}")
    sessions = plot.evidence.sessions
    if isinstance(sessions, Unknown) and sessions.asked:
        yield Fact(f"Crash-free sessions are not known ({sessions.why}): somebody should look")
    if not plot.stated.root_cause:
        yield Fact("The root cause, from whoever finds it")
