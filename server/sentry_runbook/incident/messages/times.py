"""The times of a message: start, end, length, and when the next ones are due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sentry_runbook.incident.formatting import elapsed
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.messages.redaction import INTERNAL
from sentry_runbook.incident.model.evidence import Unknown
from sentry_runbook.incident.model.results.messages import Audience

POSTMORTEM_DUE = timedelta(hours=48)
"""The runbook's deadline, counted from the end of the incident."""


@dataclass(frozen=True)
class MessageTimes:
    """Aware UTC instants and lengths of one message.

    Attributes:
        now: the time of the message.
        over: when the incident was over; of a mitigated one when the rate came back.
        duration, so_far: start to end, start to now; differences of the minutes shown.
        update_every: time between messages by the policy; next_update is that long after ``now``.
    """

    now: datetime
    started: datetime | Unknown
    started_how: str | Unknown
    over: datetime | Unknown
    duration: timedelta | Unknown
    so_far: timedelta | Unknown
    last_update: datetime | Unknown
    next_update: datetime
    update_every: timedelta
    postmortem_by: datetime


def message_times(incident: Incident, since: datetime | None, audience: Audience) -> MessageTimes:
    """The times by the timeline's milestones; ``since`` is when the last message went out."""
    timeline, now = incident.timeline, incident.now
    started, recovered = timeline.milestone("started"), timeline.milestone("recovered")
    over = recovered.at or incident.stable_since
    unknown = Unknown(why=started.why or recovered.why or "not known")
    how = incident.known_episode.how if incident.known_episode else unknown
    ended = started.at is not None and over is not None and over >= started.at
    every = timedelta(minutes=incident.policy.words(incident.severity.severity).next_update_minutes)
    return MessageTimes(
        now=now,
        started=started.at or unknown,
        # How Sentry knows it names its queries, which are internal.
        started_how=Unknown(why=INTERNAL) if audience == "customers" else how,
        over=over or unknown,
        duration=elapsed(started.at, over) if ended and over and started.at else unknown,
        so_far=elapsed(started.at, now) if started.at else unknown,
        last_update=since or Unknown(why="no time of a last message was given (since)"),
        next_update=now + every,
        update_every=every,
        postmortem_by=(over or now) + POSTMORTEM_DUE,
    )
