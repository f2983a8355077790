"""What a PUT does to an issue: resolving in its forms, archiving under its conditions, assigning, and the refusals."""

from __future__ import annotations

from collections.abc import Mapping

from sentry_runbook.simulator.clock import iso
from sentry_runbook.simulator.lifecycle import is_semver, record
from sentry_runbook.simulator.records import MINUTE, IssueRecord, ReleaseRecord, Resolution, Snooze

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


class Refused(Exception):
    """A PUT that Sentry answers with 400; ``body`` is the answer's body, keyed by field."""

    def __init__(self, body: dict[str, object]) -> None:
        self.body = body
        super().__init__(str(body))


def _refuse_detail(key: str, text: str) -> Refused:
    return Refused({"statusDetails": {key: [text]}})


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
