"""What time and later events do to an issue.

``settle`` brings it up to the present: a resolved issue that met an event regresses, an archived one whose condition is
met comes back. Both write the activity that Sentry writes. What people do to it is in ``changes``.
"""

from __future__ import annotations

from sentry_runbook.simulator.clock import iso
from sentry_runbook.simulator.records import (
    DAY,
    HOUR,
    MINUTE,
    ActivityRecord,
    EventRecord,
    IssueRecord,
    ReleaseRecord,
    ResolutionRecord,
    SnoozeRecord,
    digest,
)
from sentry_runbook.simulator.versions import precedence


def record(
    issue: IssueRecord, at: int, kind: str, data: dict[str, object], user: str | None = None, app: str | None = None
) -> ActivityRecord:
    """Append an activity to the issue's history."""
    number = str(int(digest(issue.id, len(issue.activity), kind, size=4), 16))
    entry = ActivityRecord(at, number, kind, data, user, app)
    issue.activity.append(entry)
    return entry


def default_substatus(issue: IssueRecord, now: int) -> str:
    """Return what an untouched unresolved issue is: new for a week, then ongoing."""
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
    elif issue.status == "ignored":
        _settle_archive(issue, now)


def _settle_resolution(issue: IssueRecord, resolution: ResolutionRecord, now: int) -> None:
    for event in issue.events.window(resolution.at + 1, now + 1):
        if not _brings_back(issue, event, resolution):
            continue
        data: dict[str, object] = {"version": event.release or "", "event_id": event.id}
        if resolution.release:
            data["resolved_in_version"] = resolution.details.get("inRelease", resolution.release.version)
            data["follows_semver"] = issue.project.follows_semver(event.at)
        issue.status, issue.substatus, issue.resolution = "unresolved", "regressed", None
        _name_next_release(issue, resolution, event)
        record(issue, event.at, "set_regression", data)
        return


def _name_next_release(issue: IssueRecord, resolution: ResolutionRecord, event: EventRecord) -> None:
    """Fill in the version of a pending "resolved in next release" activity."""
    for entry in issue.activity:
        pending = entry.type == "set_resolved_in_release" and entry.data.get("version") == ""
        if pending and entry.at == resolution.at and event.release:
            entry.data = {**entry.data, "version": event.release}


def _brings_back(issue: IssueRecord, event: EventRecord, resolution: ResolutionRecord) -> bool:
    # A plain resolve is undone by any event. One that is tied to a release forgives events of older releases, which
    # still run somewhere, and events without a release: Sentry takes them for older ones.
    tied = resolution.release
    if tied is None:
        return True
    if event.release is None:
        return False
    release = issue.project.release(event.release, event.at)
    if release is None:
        return True
    if release.version == tied.version:
        return not resolution.forgives_release
    return _is_newer(release, tied, event.at)


def _is_newer(release: ReleaseRecord, than: ReleaseRecord, now: int) -> bool:
    versions = precedence(release.version), precedence(than.version)
    if versions[0] is not None and versions[1] is not None and release.project.follows_semver(now):
        return versions[0] > versions[1]
    return release.at > than.at


def _settle_archive(issue: IssueRecord, now: int) -> None:
    snooze = issue.snooze
    if snooze is not None and snooze.until is not None and snooze.until <= now:
        _wake(issue, "ongoing")
        record(issue, snooze.until, "set_unresolved", {"ignoreUntil": iso(snooze.until)})
        return
    if issue.substatus == "archived_until_escalating" and issue.archived_at is not None:
        forecast = _forecast(issue, issue.archived_at)
        woken = _rolling(issue.events.window(issue.archived_at + 1, now + 1), forecast + 1, HOUR)
        if woken is not None:
            _wake(issue, "escalating")
            record(issue, woken, "set_escalating", {"forecast": forecast})
            return
    woken = _condition_met(issue, snooze, now) if snooze is not None else None
    if woken is None or snooze is None:
        return
    _wake(issue, "escalating")
    expired = {
        "count": snooze.count,
        "until": None,
        "user_count": snooze.users,
        "user_window": snooze.users_window,
        "window": snooze.window,
    }
    record(issue, woken, "set_escalating", {"expired_snooze": expired})


def _wake(issue: IssueRecord, substatus: str) -> None:
    issue.status, issue.substatus = "unresolved", substatus
    issue.snooze, issue.archived_at = None, None


def _forecast(issue: IssueRecord, archived: int) -> int:
    hours = [issue.events.count(archived - (back + 1) * HOUR, archived - back * HOUR) for back in range(7 * 24)]
    return max(10, 2 * max(hours))


def _condition_met(issue: IssueRecord, snooze: SnoozeRecord, now: int) -> int | None:
    """Return the instant at which the count or the number of users was reached; None while neither was."""
    events = issue.events.window(snooze.at + 1, now + 1)
    if snooze.count is not None:
        reached = _rolling(events, snooze.count, snooze.window * MINUTE if snooze.window else None)
        if reached is not None:
            return reached
    if snooze.users is not None:
        return _rolling_users(events, snooze.users, snooze.users_window * MINUTE if snooze.users_window else None)
    return None


def _rolling(events: list[EventRecord], limit: int, window: int | None) -> int | None:
    for index in range(limit - 1, len(events)):
        if window is None or events[index].at - events[index - limit + 1].at <= window:
            return events[index].at
    return None


def _rolling_users(events: list[EventRecord], limit: int, window: int | None) -> int | None:
    last: dict[str, int] = {}
    for event in events:
        if event.user is None:
            continue
        last[event.user.id] = event.at
        recent = sum(1 for at in last.values() if window is None or event.at - at <= window)
        if recent >= limit:
            return event.at
    return None


def status_details(issue: IssueRecord, now: int) -> tuple[dict[str, object], str | None]:
    """Return what a GET shows under ``statusDetails``, and who did it.

    Resolved in a release: that release. With a snooze: all five limits, the unused ones null, whatever the status; a
    limit without a window shows what is left of it. A snooze whose condition is met is not shown.
    """
    if issue.resolution:
        return dict(issue.resolution.details), issue.resolution.actor
    snooze = issue.snooze
    if snooze is None or _is_over(issue, snooze, now):
        return {}, None
    since = issue.events.window(snooze.at + 1, now + 1)
    count, users = snooze.count, snooze.users
    if count is not None and snooze.window is None:
        count -= len(since)
    if users is not None and snooze.users_window is None:
        users -= len({event.user.id for event in since if event.user})
    details: dict[str, object] = {
        "ignoreCount": count,
        "ignoreUntil": iso(snooze.until) if snooze.until is not None else None,
        "ignoreUserCount": users,
        "ignoreUserWindow": snooze.users_window,
        "ignoreWindow": snooze.window,
    }
    return details, snooze.actor


def _is_over(issue: IssueRecord, snooze: SnoozeRecord, now: int) -> bool:
    if snooze.until is not None and snooze.until <= now:
        return True
    return _condition_met(issue, snooze, now) is not None
