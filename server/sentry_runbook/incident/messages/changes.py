"""When it was, what changed since the last message, what was done, what is needed.

Every sentence is told from the timeline and the event series; what only people know (what they are
doing now, what they need from others) is never made up here: the templates leave a marked blank for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sentry_runbook.incident.formatting import count, duration, moment, number
from sentry_runbook.incident.messages.fields import Audience, Fact, TimeFacts, blank, made
from sentry_runbook.incident.metrics.timeseries import between, total
from sentry_runbook.incident.model.evidence import Series, Unknown
from sentry_runbook.incident.timeline.activity import LOG
from sentry_runbook.incident.timeline.context import Plot
from sentry_runbook.incident.timeline.rows import rows_of
from sentry_runbook.incident.timeline.timeline import TimelineRow, timeline_of

BY_PEOPLE = (LOG, "deploy marker in Sentry")
"""Sources of rows that tell what somebody did."""
TOLD_IN_NUMBERS = ("First Seen of the issue", "Last Seen of the issue", "suspect commits of the event")
"""Sources of rows that tell nothing new beside the numbers of an update."""
MOST_ACTIONS = 6


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
