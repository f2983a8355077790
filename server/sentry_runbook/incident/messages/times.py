"""The times of a message: start, end, length, and when the next ones are due."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sentry_runbook.incident.formatting import elapsed
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.messages.redaction import INTERNAL
from sentry_runbook.incident.messages.status import is_resolved
from sentry_runbook.incident.model.evidence import Unknown
from sentry_runbook.incident.model.policy import NONE_PLANNED
from sentry_runbook.incident.model.results.messages import Audience

POSTMORTEM_DUE = timedelta(hours=48)
"""The runbook's deadline, counted from the end of the incident."""


@dataclass(frozen=True)
class MessageTimes:
    """Aware instants (in UTC, for customers in the policy's time zone) and lengths of one message.

    Attributes:
        now: the time of the message.
        over: when the incident was over; of a mitigated one when the rate came back.
        duration, so_far: start to end, start to now; differences of the minutes shown.
        update_every: when the next message comes, in the policy's words; next_update is that long after ``now``, where
            the policy gives minutes for the severity.
        decide_by: by when the next decision is due: the response that the severity asks for, else the next message.
    """

    now: datetime
    started: datetime | Unknown
    started_how: str | Unknown
    over: datetime | Unknown
    duration: timedelta | Unknown
    so_far: timedelta | Unknown
    last_update: datetime | Unknown
    next_update: datetime | Unknown
    update_every: str
    decide_by: datetime | Unknown
    postmortem_by: datetime


def message_times(incident: Incident, since: datetime | None, audience: Audience) -> MessageTimes:
    """The times by the timeline's milestones.

    Args:
        incident: the incident.
        since: when the last message went out.
        audience: who reads it; customers read times in the policy's time zone.
    """
    timeline, now = incident.timeline, incident.now
    started, recovered = timeline.milestone("started"), timeline.milestone("recovered")
    over = recovered.at or incident.stable_since
    unknown = Unknown(why=started.why or recovered.why or "not known")
    how = incident.known_episode.how if incident.known_episode else unknown
    ended = started.at is not None and over is not None and over >= started.at
    words = incident.policy.words(incident.severity.severity)
    next_update = _next_update(incident)
    times = MessageTimes(
        now=now,
        started=started.at or unknown,
        # How Sentry knows it names its queries, which are internal.
        started_how=Unknown(why=INTERNAL) if audience == "customers" else how,
        over=over or unknown,
        duration=elapsed(started.at, over) if ended and over and started.at else unknown,
        so_far=elapsed(started.at, now) if started.at else unknown,
        last_update=since or Unknown(why="no time of a last message was given (since)"),
        next_update=next_update,
        update_every=NONE_PLANNED if is_resolved(incident) else words.next_update,
        decide_by=Unknown(why=INTERNAL) if audience == "customers" else _decide_by(incident, next_update),
        postmortem_by=(over or now) + POSTMORTEM_DUE,
    )
    return _in_zone(times, incident.policy.calendar.zone) if audience == "customers" else times


def _next_update(incident: Incident) -> datetime | Unknown:
    if is_resolved(incident):
        return Unknown(why="it is resolved: no further update is due")
    level = incident.severity.severity
    words = incident.policy.words(level)
    if words.next_update_minutes is None:
        return Unknown(why=f"the policy gives {level} no time between updates: {words.next_update}")
    return incident.now + timedelta(minutes=words.next_update_minutes)


def _decide_by(incident: Incident, next_update: datetime | Unknown) -> datetime | Unknown:
    respond_by = incident.severity.respond_by
    return respond_by if respond_by is not None and respond_by > incident.now else next_update


def _in_zone(times: MessageTimes, zone: ZoneInfo | None) -> MessageTimes:
    """The same instants on the clock of the readers; as they are, in UTC, when the policy names no zone."""
    if zone is None:
        return times
    return replace(
        times,
        now=times.now.astimezone(zone),
        started=_at(times.started, zone),
        over=_at(times.over, zone),
        last_update=_at(times.last_update, zone),
        next_update=_at(times.next_update, zone),
        postmortem_by=times.postmortem_by.astimezone(zone),
    )


def _at(instant: datetime | Unknown, zone: ZoneInfo) -> datetime | Unknown:
    return instant if isinstance(instant, Unknown) else instant.astimezone(zone)
