"""What time and later events do to an issue.

``settle`` brings it up to the present: a resolved issue that met an event regresses, an archived one whose condition is
met comes back. Both write the activity that Sentry writes. What people do to it is in ``changes``.
"""

from __future__ import annotations

import re

from sentry_runbook.simulator.clock import iso
from sentry_runbook.simulator.records import (
    DAY,
    HOUR,
    MINUTE,
    ActivityRecord,
    Event,
    IssueRecord,
    Resolution,
    Snooze,
    digest,
)

_SEMVER = re.compile(r"^[^@]+@v?\d+\.\d+(\.\d+)*([-+].*)?$")


def record(issue: IssueRecord, at: int, kind: str, data: dict[str, object], user: str | None = None) -> ActivityRecord:
    """Write a line into the issue's history."""
    entry = ActivityRecord(at, str(int(digest(issue.id, len(issue.activity), kind, size=4), 16)), kind, data, user)
    issue.activity.append(entry)
    return entry


def is_semver(version: str) -> bool:
    """Say whether Sentry reads a release name as ``package@1.2.3``, which makes its project a semver project."""
    return bool(_SEMVER.match(version))


def default_substatus(issue: IssueRecord, now: int) -> str:
    """Say what an untouched unresolved issue is: new for a week, then ongoing."""
    first = issue.events.first()
    return "new" if first is not None and now - first.at < 7 * DAY else "ongoing"


def settle(issue: IssueRecord, now: int) -> None:
    """Bring the issue's state up to the present."""
    escalated = issue.spec.escalated
    if escalated is not None and issue.status == "unresolved" and issue.substatus is None:
        at = issue.project.origin + round(escalated * MINUTE)
        if at <= now:
            issue.substatus = "escalating"
            record(issue, at, "set_escalating", {"forecast": 10})
    if issue.resolution:
        _settle_resolution(issue, issue.resolution, now)
    elif issue.snooze:
        _settle_snooze(issue, issue.snooze, now)


def _settle_resolution(issue: IssueRecord, resolution: Resolution, now: int) -> None:
    for event in issue.events.window(resolution.at + 1, now + 1):
        if not _brings_back(issue, event, resolution):
            continue
        data: dict[str, object] = {"version": event.release or ""}
        if resolution.release:
            data["resolved_in_version"] = resolution.release
            data["follows_semver"] = is_semver(resolution.release)
        issue.status, issue.substatus, issue.resolution = "unresolved", "regressed", None
        record(issue, event.at, "set_regression", data)
        return


def _brings_back(issue: IssueRecord, event: Event, resolution: Resolution) -> bool:
    # A plain resolve is undone by any event. One that is tied to a release forgives events of older releases, which
    # still run somewhere; an event without a release cannot be forgiven.
    if resolution.floor is None or event.release is None:
        return True
    release = issue.project.release(event.release, event.at)
    return release is None or release.at >= resolution.floor


def _settle_snooze(issue: IssueRecord, snooze: Snooze, now: int) -> None:
    if snooze.until is not None and snooze.until <= now:
        issue.status, issue.substatus, issue.snooze = "unresolved", "ongoing", None
        record(issue, snooze.until, "set_unresolved", {"ignoreUntil": iso(snooze.until)})
        return
    woken = _woken(issue, snooze, now)
    if woken is None:
        return
    issue.status, issue.substatus, issue.snooze = "unresolved", "escalating", None
    if snooze.until_escalating:
        record(issue, woken, "set_escalating", {"forecast": _forecast(issue, snooze)})
        return
    expired = {
        "count": snooze.count,
        "until": None,
        "user_count": snooze.users,
        "user_window": snooze.users_window,
        "window": snooze.window,
    }
    record(issue, woken, "set_escalating", {"expired_snooze": expired})


def _forecast(issue: IssueRecord, snooze: Snooze) -> int:
    hours = [issue.events.count(snooze.at - (back + 1) * HOUR, snooze.at - back * HOUR) for back in range(7 * 24)]
    return max(10, 2 * max(hours))


def _woken(issue: IssueRecord, snooze: Snooze, now: int) -> int | None:
    """Give the instant at which the snooze's condition was met, if it was."""
    events = issue.events.window(snooze.at + 1, now + 1)
    if snooze.until_escalating:
        return _rolling(events, _forecast(issue, snooze) + 1, HOUR)
    if snooze.count is not None:
        return _rolling(events, max(1, snooze.count), snooze.window * MINUTE if snooze.window else None)
    if snooze.users is not None:
        window = snooze.users_window * MINUTE if snooze.users_window else None
        return _rolling_users(events, snooze.users, window)
    return None


def _rolling(events: list[Event], limit: int, window: int | None) -> int | None:
    for index in range(limit - 1, len(events)):
        if window is None or events[index].at - events[index - limit + 1].at <= window:
            return events[index].at
    return None


def _rolling_users(events: list[Event], limit: int, window: int | None) -> int | None:
    last: dict[str, int] = {}
    for event in events:
        if event.user is None:
            continue
        last[event.user.id] = event.at
        recent = sum(1 for at in last.values() if window is None or event.at - at <= window)
        if recent >= limit:
            return event.at
    return None


def status_details(issue: IssueRecord, now: int) -> dict[str, object]:
    """Say what a GET shows under ``statusDetails``: for a snooze without a window, what is left of its count."""
    if issue.resolution:
        return dict(issue.resolution.details)
    snooze = issue.snooze
    if snooze is None or not snooze.conditional:
        return {}
    since = issue.events.window(snooze.at + 1, now + 1)
    count, users = snooze.count, snooze.users
    if count is not None and snooze.window is None:
        count = max(0, count - len(since))
    if users is not None and snooze.users_window is None:
        users = max(0, users - len({event.user.id for event in since if event.user}))
    return {
        "ignoreCount": count,
        "ignoreUntil": iso(snooze.until) if snooze.until is not None else None,
        "ignoreUserCount": users,
        "ignoreUserWindow": snooze.users_window,
        "ignoreWindow": snooze.window,
    }
