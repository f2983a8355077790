"""What changed since the last message, what was done, and what is needed next, as sentences.

Every sentence comes from the timeline or the event series. What only people know (what they are doing now, what they
need from others) is never derived here: it is a blank of the message.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sentry_runbook.incident.episode.event_counts import EventCounts
from sentry_runbook.incident.events.why_fired import noun_of
from sentry_runbook.incident.formatting import count, duration, elapsed, moment, number
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import Unknown
from sentry_runbook.incident.model.results.messages import Audience, Blank, TimelineRow
from sentry_runbook.incident.timeline.activity import AUTOMATION, LOG

SOURCES_OF_ACTIONS = (LOG, "deploy marker in Sentry")
"""Sources of timeline rows that record what a person did."""
SOURCES_WITHOUT_NEWS = (
    *("First Seen of the issue", "Last Seen of the issue", "suspect commits of the event"),
    AUTOMATION,
)
"""Sources of timeline rows that add nothing to the numbers of an update."""
CHANGED = "what changed since the last update"
MOST_ACTIONS = 6


# --- since the last message ----------------------------------------------------------------------------------------


def changes(incident: Incident, since: datetime | None, audience: Audience) -> Iterator[str | Blank]:
    """What changed since the last message went out, at ``since``; one blank when that time is not known."""
    if since is None:
        yield Blank(CHANGED, "no time of the last message was given: pass since")
        return
    yield _events_since(incident, since)
    # Executives read the numbers; what people did is listed under the actions.
    left_out = (*SOURCES_OF_ACTIONS, *SOURCES_WITHOUT_NEWS)
    for row in incident.timeline.rows if audience == "engineers" else ():
        if row.at >= since and row.kind == "observed" and row.origin not in left_out:
            yield _dated(row)


def _events_since(incident: Incident, since: datetime) -> str | Blank:
    counts = incident.counts
    if since >= incident.read_at:
        return Blank(CHANGED, "the time given as the last update is not before now")
    events = None if counts is None else counts.counted(since)
    if counts is None or events is None:
        return Blank(CHANGED, "the event series does not reach back to the last update")
    length = incident.read_at - since
    before = _as_long_before(counts, since, length)
    compared = (
        "" if before is None else f", {number(before)} in the {duration(elapsed(since, incident.read_at))} before it"
    )
    return f"{count(events, noun_of(incident.evidence))} since the last update ({moment(since)}){compared}"


def _as_long_before(counts: EventCounts, since: datetime, length: timedelta) -> int | None:
    start = since - length
    is_counted = start >= counts.starts_at and not counts.divided(start) and counts.is_measured(start, since)
    return counts.events(start, since) if is_counted else None


# --- what people did -----------------------------------------------------------------------------------------------


def actions(incident: Incident, since: datetime | None, audience: Audience) -> Iterator[str]:
    """What people did since the last message, else since the start, as far as Sentry or a person recorded it."""
    if audience != "engineers":
        return
    start = max(since, incident.began) if since else incident.began
    rows = [row for row in incident.timeline.rows if row.at >= start and _is_action(row)]
    if len(rows) > MOST_ACTIONS:
        yield f"{len(rows) - MOST_ACTIONS} earlier steps stand in Sentry's activity log"
    yield from map(_dated, rows[-MOST_ACTIONS:])


def _is_action(row: TimelineRow) -> bool:
    return row.origin in SOURCES_OF_ACTIONS or row.kind == "human"


def _dated(row: TimelineRow) -> str:
    return f"{moment(row.at)}: {row.what}"


# --- what is needed ------------------------------------------------------------------------------------------------


def needs(incident: Incident, audience: Audience) -> Iterator[str]:
    """What has to be seen or known next; only engineers can see to it."""
    if audience != "engineers":
        return
    if incident.recovery.needs and incident.recovery.verdict != "unknown":
        yield f"To call it over: {'; '.join(incident.recovery.needs)}"
    sessions = incident.evidence.sessions
    if isinstance(sessions, Unknown) and sessions.asked:
        yield f"Crash-free sessions are not known ({sessions.why}): somebody should look"
    if not incident.stated.root_cause:
        yield "The root cause, from whoever finds it"
