"""When it was, what changed since the last message, what was done, what is needed.

Every sentence is told from the timeline and the event series; what only people know (what they are
doing now, what they need from others) is never made up here: the templates leave a marked blank for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sentry_runbook.incident.formatting import count, duration, moment, number
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.messages.fields import Fact, TimeFacts, blank, made
from sentry_runbook.incident.metrics.timeseries import between, total
from sentry_runbook.incident.model.evidence import Series, Unknown
from sentry_runbook.incident.model.results.messages import Audience, TimelineRow
from sentry_runbook.incident.timeline.activity import LOG

BY_PEOPLE = (LOG, "deploy marker in Sentry")
"""Sources of rows that tell what somebody did."""
TOLD_IN_NUMBERS = ("First Seen of the issue", "Last Seen of the issue", "suspect commits of the event")
"""Sources of rows that tell nothing new beside the numbers of an update."""
MOST_ACTIONS = 6


# --- times ---------------------------------------------------------------------------------------------------------


def time_facts(incident: Incident, since: datetime | None) -> TimeFacts:
    """Start, end and duration by the timeline's milestones; a mitigated one ends when the rate came back."""
    told, now = incident.timeline, incident.now
    started, recovered = told.milestone("started"), told.milestone("recovered")
    end = recovered.at or incident.stable_since
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
        started_how=Fact(incident.known_onset.how) if incident.known_onset else why,
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


def changes(incident: Incident, since: datetime | None, audience: Audience) -> Iterator[Fact]:
    """What changed since the last message went out; nothing when that time is not known."""
    if audience == "customers":
        return
    if since is None:
        yield blank(CHANGED, "no time of the last message was given: pass since")
        return
    yield _events_since(incident, since)
    if audience == "engineers":
        for row in incident.timeline.rows:
            if row.at >= since and row.source not in (*BY_PEOPLE, *TOLD_IN_NUMBERS) and row.kind == "observed":
                yield _dated(row)


CHANGED = "what changed since the last update"


def _events_since(incident: Incident, since: datetime) -> Fact:
    series = incident.rate
    if since >= incident.read_at:
        return blank(CHANGED, "the time given as the last update is not before now")
    new = None if series is None or since < series.start else total(between(series, since, incident.read_at))
    if series is None or new is None:
        return blank(CHANGED, "the event series does not reach back to the last update")
    length = incident.read_at - since
    before = _as_long_before(series, since, length)
    compared = "" if before is None else f", {number(before)} in the {duration(length)} before it"
    return Fact(f"{count(new, 'error')} since the last update ({moment(since)}){compared}", source="event series")


def _as_long_before(series: Series, since: datetime, length: timedelta) -> int | None:
    return total(between(series, since - length, since)) if since - length >= series.start else None


# --- what people did -----------------------------------------------------------------------------------------------


def actions(incident: Incident, since: datetime | None, audience: Audience) -> Iterator[Fact]:
    """What was done since the last message, else since the start: as Sentry recorded it."""
    if audience != "engineers":
        return
    start = max(since, incident.began) if since else incident.began
    done = [row for row in incident.timeline.rows if row.at >= start and _by_people(row)]
    if len(done) > MOST_ACTIONS:
        yield Fact(f"{len(done) - MOST_ACTIONS} earlier steps stand in Sentry's activity log")
    yield from map(_dated, done[-MOST_ACTIONS:])


def _by_people(row: TimelineRow) -> bool:
    return row.source in BY_PEOPLE or row.kind == "human"


def _dated(row: TimelineRow) -> Fact:
    return Fact(f"{moment(row.at)}: {row.what}", source=row.source)


# --- what is needed ------------------------------------------------------------------------------------------------


def needs(incident: Incident, audience: Audience) -> Iterator[Fact]:
    """What has to be seen or known next."""
    if audience != "engineers":
        return
    if incident.recovery.needs and incident.recovery.verdict != "unknown":
        yield Fact(f"To call it over: {'; '.join(incident.recovery.needs)}")
    sessions = incident.evidence.sessions
    if isinstance(sessions, Unknown) and sessions.asked:
        yield Fact(f"Crash-free sessions are not known ({sessions.why}): somebody should look")
    if not incident.stated.root_cause:
        yield Fact("The root cause, from whoever finds it")
