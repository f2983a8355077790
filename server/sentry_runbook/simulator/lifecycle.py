"""The life of an issue: what a PUT does to it, and what later events do to what the PUT left.

Two doors. ``update`` applies a PUT body at an instant; ``settle`` brings an issue up to the present: a resolved issue
that met an event regresses, an archived one whose condition is met comes back. Both write the activity that Sentry
writes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sentry_runbook.simulator.clock import iso
from sentry_runbook.simulator.records import (
    DAY,
    HOUR,
    MINUTE,
    ActivityRecord,
    Event,
    IssueRecord,
    ReleaseRecord,
    Resolution,
    Snooze,
    digest,
)

_STATUSES = ("resolved", "unresolved", "ignored", "resolvedInNextRelease", "muted")
_SUBSTATUSES = (
    "archived_until_escalating",
    "archived_until_condition_met",
    "archived_forever",
    "escalating",
    "ongoing",
    "regressed",
    "new",
)
_PRIORITIES = ("low", "medium", "high")
_IGNORE_KEYS = ("ignoreCount", "ignoreDuration", "ignoreUserCount", "ignoreUserWindow", "ignoreWindow")
_WEEK_MINUTES = 10_080
_MOST = 2**31 - 1
_SEMVER = re.compile(r"^[^@]+@v?\d+\.\d+(\.\d+)*([-+].*)?$")


class Refused(Exception):
    """A PUT that Sentry answers with 400; ``body`` is the answer's body, keyed by field."""

    def __init__(self, body: dict[str, object]) -> None:
        self.body = body
        super().__init__(str(body))


def _refuse_detail(key: str, text: str) -> Refused:
    return Refused({"statusDetails": {key: [text]}})


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


# --- what time does -------------------------------------------------------------------------------------------------


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


# --- what a PUT does ------------------------------------------------------------------------------------------------


def update(issue: IssueRecord, body: Mapping[str, object], now: int, actor: str | None) -> None:
    """Apply a PUT body.

    Raises:
        Refused: with the field errors, when Sentry would answer 400; nothing has changed then.
    """
    _check_choices(body)
    details = body.get("statusDetails") or {}
    if not isinstance(details, Mapping):
        raise Refused({"statusDetails": ["Invalid data. Expected a dictionary."]})
    limits = _limits({**{key: body[key] for key in _IGNORE_KEYS if key in body}, **details})
    status = body.get("status")
    if status in {"resolved", "resolvedInNextRelease"}:
        _resolve(issue, details, now, actor)
    elif status in {"ignored", "muted"}:
        _ignore(issue, limits, body.get("substatus"), now, actor)
    elif status == "unresolved":
        issue.status, issue.resolution, issue.snooze = "unresolved", None, None
        issue.substatus = str(body.get("substatus") or "ongoing")
        record(issue, now, "set_unresolved", {}, actor)
    _assign(issue, body, now, actor)
    if "priority" in body and body["priority"] != issue.priority:
        issue.priority = str(body["priority"])
        record(issue, now, "set_priority", {"priority": issue.priority, "reason": "manual"}, actor)


def _check_choices(body: Mapping[str, object]) -> None:
    for key, choices in (("status", _STATUSES), ("substatus", _SUBSTATUSES), ("priority", _PRIORITIES)):
        value = body.get(key)
        if value is not None and value not in choices:
            raise Refused({key: [f'"{value}" is not a valid choice.']})


def _limits(details: Mapping[str, object]) -> dict[str, int]:
    limits: dict[str, int] = {}
    for key in _IGNORE_KEYS:
        if key not in details:
            continue
        value = details[key]
        if value is None:
            raise _refuse_detail(key, "This field may not be null.")
        if not isinstance(value, int) or isinstance(value, bool):
            raise _refuse_detail(key, "A valid integer is required.")
        if value < 0:
            raise _refuse_detail(key, "Ensure this value is greater than or equal to 0.")
        most = _WEEK_MINUTES if key.endswith("Window") else _MOST
        if value > most:
            raise _refuse_detail(key, f"Ensure this value is less than or equal to {most}.")
        limits[key] = value
    return limits


def _resolve(issue: IssueRecord, details: Mapping[str, object], now: int, actor: str | None) -> None:
    resolution, kind, data = _resolution(issue, details, now)
    issue.status, issue.substatus, issue.snooze, issue.resolution = "resolved", None, None, resolution
    record(issue, now, kind, data, actor)


def _resolution(
    issue: IssueRecord, details: Mapping[str, object], now: int
) -> tuple[Resolution, str, dict[str, object]]:
    newest = issue.project.newest_release(now)
    if details.get("inNextRelease"):
        if newest is None:
            text = "No release data present in the system to form a basis for 'Next Release'"
            raise _refuse_detail("inNextRelease", text)
        return _in_next_release(newest, now)
    if "inRelease" in details:
        version = str(details["inRelease"])
        found = newest if version == "latest" else issue.project.release(version, now)
        if found is None:
            raise _refuse_detail("inRelease", "Unable to find a release with the given version.")
        resolution = Resolution(now, {"inRelease": found.version}, found.version, found.at)
        return resolution, "set_resolved_in_release", {"version": found.version}
    if "inCommit" in details:
        return _in_commit(issue, details["inCommit"], now)
    return Resolution(now, {}), "set_resolved", {}


def _in_next_release(newest: ReleaseRecord, now: int) -> tuple[Resolution, str, dict[str, object]]:
    # Semver projects keep the release that is current now, and forgive it and all older ones; so a GET that follows
    # shows `inRelease` there.
    if is_semver(newest.version):
        resolution = Resolution(now, {"inRelease": newest.version}, newest.version, newest.at + 1)
        data: dict[str, object] = {"version": "", "current_release_version": newest.version}
        return resolution, "set_resolved_in_release", data
    resolution = Resolution(now, {"inNextRelease": True}, newest.version, newest.at + 1)
    return resolution, "set_resolved_in_release", {"version": "", "inNextRelease": True}


def _in_commit(issue: IssueRecord, wanted: object, now: int) -> tuple[Resolution, str, dict[str, object]]:
    sha = wanted.get("commit") if isinstance(wanted, Mapping) else wanted
    for release in issue.project.releases:
        for commit in release.commits:
            if commit.sha == sha and commit.at <= now:
                shown: dict[str, object] = {"id": commit.sha, "message": commit.message}
                return (
                    Resolution(now, {"inCommit": shown}, release.version, release.at),
                    "set_resolved_in_commit",
                    {"commit": shown},
                )
    raise _refuse_detail("inCommit", "Unable to find the given commit.")


def _ignore(issue: IssueRecord, limits: dict[str, int], substatus: object, now: int, actor: str | None) -> None:
    duration = limits.get("ignoreDuration")
    snooze = Snooze(
        now,
        count=limits.get("ignoreCount"),
        window=limits.get("ignoreWindow"),
        users=limits.get("ignoreUserCount"),
        users_window=limits.get("ignoreUserWindow"),
        until=now + duration * MINUTE if duration is not None else None,
        until_escalating=substatus == "archived_until_escalating",
    )
    if snooze.conditional:
        kind = "archived_until_condition_met"
    else:
        kind = "archived_until_escalating" if snooze.until_escalating else "archived_forever"
    issue.status, issue.substatus, issue.snooze, issue.resolution = "ignored", kind, snooze, None
    data: dict[str, object] = {
        "ignoreCount": snooze.count,
        "ignoreDuration": duration,
        "ignoreUntil": iso(snooze.until) if snooze.until is not None else None,
        "ignoreUserCount": snooze.users,
        "ignoreUserWindow": snooze.users_window,
        "ignoreWindow": snooze.window,
        "ignoreUntilEscalating": snooze.until_escalating or None,
    }
    record(issue, now, "set_ignored", data, actor)


def _assign(issue: IssueRecord, body: Mapping[str, object], now: int, actor: str | None) -> None:
    if "assignedTo" not in body:
        return
    wanted = str(body["assignedTo"] or "")
    if not wanted:
        if issue.assigned_to:
            issue.assigned_to = None
            record(issue, now, "unassigned", {}, actor)
        return
    issue.assigned_to = wanted
    kind, _, name = wanted.rpartition(":")
    record(issue, now, "assigned", {"assignee": name, "assigneeType": kind or "user"}, actor)


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
