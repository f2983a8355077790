"""The time between two turning points of an incident: minutes, or the reason why there is no length.

How to think about it: a length is claimed only between two instants that can bound it. A last firing of an alert that
may have fired before bounds a detection on one side only; what was noticed after the errors had ended does not tell
how long they went unnoticed while they lasted; and an alert up to five minutes before the first counted event saw the
same incident by another clock, so the time to detect is then nothing, and no contradiction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sentry_runbook.incident.formatting import briefly, elapsed, moment
from sentry_runbook.incident.model.results.messages import Interval, Milestone, MilestoneName
from sentry_runbook.incident.timeline.context import AT_THE_START

INTERVALS: tuple[tuple[str, MilestoneName, MilestoneName], ...] = (
    ("time to detect", "started", "detected"),
    ("time to acknowledge", "detected", "acknowledged"),
    ("time to mitigate", "started", "mitigated"),
    ("time to recover", "started", "recovered"),
)
SEEN: tuple[MilestoneName, ...] = ("detected", "acknowledged")
"""Milestones that say when people or their alerts noticed it."""


def intervals_of(milestones: Sequence[Milestone], over: datetime | None) -> tuple[Interval, ...]:
    """The times between the milestones.

    Args:
        milestones: all five.
        over: when the event rate came back to the usual level; None while it is not.
    """
    by_name = {milestone.name: milestone for milestone in milestones}
    return tuple(_interval(name, by_name[start], by_name[end], over) for name, start, end in INTERVALS)


def _interval(name: str, start: Milestone, end: Milestone, over: datetime | None) -> Interval:
    length = length_between(start, end, over)
    if isinstance(length, str):
        return Interval(name=name, start=start.name, end=end.name, why=length)
    return Interval(name=name, start=start.name, end=end.name, minutes=int(length.total_seconds() // 60))


def length_between(start: Milestone, end: Milestone, over: datetime | None) -> timedelta | str:
    """The length by the minutes shown, or why there is none."""
    if start.at is None or end.at is None:
        unknown = [milestone.name for milestone in (start, end) if milestone.at is None]
        return f"not known: {' and '.join(unknown)}"
    for milestone in (start, end):
        if over is not None and _is_seen_late(milestone, over):
            back = f"the event rate was back to the usual level ({moment(over)})"
            return f"not known: {milestone.name} ({moment(milestone.at or over)}) lies after {back}"
    if start.at_latest or end.at_latest:
        most = f", so it took at most {briefly(elapsed(start.at, end.at))}" if start.name == "started" else ""
        return f"not known: {start.name if start.at_latest else end.name} is known at the latest only{most}"
    if end.at < start.at:
        if start.name == "started" and end.name in SEEN and start.at - end.at <= AT_THE_START:
            return timedelta()
        return f"contradictory: {end.name} ({moment(end.at)}) lies before {start.name} ({moment(start.at)})"
    return elapsed(start.at, end.at)


def _is_seen_late(milestone: Milestone, over: datetime) -> bool:
    # A person may well acknowledge what is over; what Sentry suggests is then somebody's tidying up.
    counts = milestone.name == "detected" or (milestone.name == "acknowledged" and milestone.candidate)
    return counts and milestone.at is not None and milestone.at > over
