"""What a PUT does to an issue: resolving in its forms, archiving under its conditions, assigning, and the refusals.

Status and snooze are two things in Sentry, and most surprises come from that:

- A status is only written when it differs from the issue's. Archiving an archived issue again keeps its substatus and
  writes no activity, whatever kind of archive is asked for; it stays that kind until the issue is reopened.
- The snooze (the limits) is written all the same: limits replace it, an archive for ever deletes it, an archive until
  escalating leaves it alone.
- Reopening leaves the snooze: ``statusDetails`` of an unresolved issue may show old limits. Resolving deletes it.

All but the archive for ever of an archived issue was recorded from a running Sentry 24.2.
"""

from __future__ import annotations

from collections.abc import Mapping

from sentry_runbook.simulator.clock import iso
from sentry_runbook.simulator.lifecycle import default_substatus, record
from sentry_runbook.simulator.records import (
    MINUTE,
    IssueRecord,
    ReleaseRecord,
    ResolutionRecord,
    SnoozeRecord,
    greatest_version,
)

_STATUSES = ("resolved", "unresolved", "ignored", "resolvedInNextRelease")
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
    elif status == "ignored":
        _archive(issue, limits, body.get("substatus"), now, actor)
    elif status == "unresolved":
        _reopen(issue, body.get("substatus"), now, actor)
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
    resolution, kind, data = _resolution(issue, details, now, actor)
    issue.status, issue.substatus, issue.resolution = "resolved", None, resolution
    issue.snooze, issue.archived_at = None, None
    record(issue, now, kind, data, actor)


def _resolution(
    issue: IssueRecord, details: Mapping[str, object], now: int, actor: str | None
) -> tuple[ResolutionRecord, str, dict[str, object]]:
    newest = issue.project.newest_release(now)
    if details.get("inNextRelease"):
        if newest is None:
            text = "No release data present in the system to form a basis for 'Next Release'"
            raise _refuse_detail("inNextRelease", text)
        return _in_next_release(issue, newest, now, actor)
    if "inRelease" in details:
        version = str(details["inRelease"])
        release = newest if version == "latest" else issue.project.release(version, now)
        if release is None:
            raise _refuse_detail("inRelease", "Unable to find a release with the given version.")
        resolution = ResolutionRecord(now, {"inRelease": release.version}, actor, release)
        return resolution, "set_resolved_in_release", {"version": release.version}
    if "inCommit" in details:
        return _in_commit(issue, details["inCommit"], now, actor)
    return ResolutionRecord(now, {}, actor), "set_resolved", {}


def _in_next_release(
    issue: IssueRecord, newest: ReleaseRecord, now: int, actor: str | None
) -> tuple[ResolutionRecord, str, dict[str, object]]:
    if not issue.project.follows_semver(now):
        return _in_next_release_by_date(issue, newest, now, actor)
    # A semver project shows its greatest version, which may be newer than any that this issue was seen in. What brings
    # the issue back is another thing: a version greater than the greatest one that it was seen in.
    greatest = greatest_version(issue.project.released(now)) or newest
    current = greatest_version(_seen_releases(issue, now)) or greatest
    resolution = ResolutionRecord(now, {"inRelease": greatest.version}, actor, current, forgives_release=True)
    data: dict[str, object] = {"version": "", "current_release_version": current.version}
    return resolution, "set_resolved_in_release", data


def _in_next_release_by_date(
    issue: IssueRecord, newest: ReleaseRecord, now: int, actor: str | None
) -> tuple[ResolutionRecord, str, dict[str, object]]:
    # What counts is the release of the issue's last event. Where a later one exists already, that one is the next.
    named = [event.release for event in issue.events.until(now) if event.release]
    current = (issue.project.release(named[-1], now) if named else None) or newest
    later = [release for release in issue.project.released(now) if release.at > current.at]
    if later:
        following = min(later, key=lambda release: release.at).version
        resolution = ResolutionRecord(now, {"inRelease": following}, actor, current, forgives_release=True)
        return resolution, "set_resolved_in_release", {"version": following, "inNextRelease": True}
    resolution = ResolutionRecord(now, {"inNextRelease": True}, actor, current, forgives_release=True)
    return resolution, "set_resolved_in_release", {"version": "", "inNextRelease": True}


def _seen_releases(issue: IssueRecord, now: int) -> list[ReleaseRecord]:
    versions = {event.release for event in issue.events.until(now)}
    return [release for release in issue.project.released(now) if release.version in versions]


def _in_commit(
    issue: IssueRecord, wanted: object, now: int, actor: str | None
) -> tuple[ResolutionRecord, str, dict[str, object]]:
    sha = wanted.get("commit") if isinstance(wanted, Mapping) else wanted
    for release in issue.project.releases:
        for commit in release.commits:
            if commit.sha == sha and commit.at <= now:
                shown: dict[str, object] = {"id": commit.sha, "message": commit.message}
                return (
                    ResolutionRecord(now, {"inCommit": shown}, actor, release),
                    "set_resolved_in_commit",
                    {"commit": shown},
                )
    raise _refuse_detail("inCommit", "Unable to find the given commit.")


def _archive(issue: IssueRecord, limits: dict[str, int], wanted: object, now: int, actor: str | None) -> None:
    kind = str(wanted) if wanted else _archive_kind(limits)
    duration = limits.get("ignoreDuration")
    until = now + duration * MINUTE if duration else None
    if kind != "archived_until_escalating":
        issue.snooze = _snooze(limits, until, now, actor)
    if issue.status == "ignored":
        return
    issue.status, issue.substatus, issue.resolution, issue.archived_at = "ignored", kind, None, now
    data: dict[str, object] = {
        "ignoreCount": limits.get("ignoreCount"),
        "ignoreDuration": duration,
        "ignoreUntil": iso(until) if until is not None else None,
        "ignoreUserCount": limits.get("ignoreUserCount"),
        "ignoreUserWindow": limits.get("ignoreUserWindow"),
        "ignoreWindow": limits.get("ignoreWindow"),
        "ignoreUntilEscalating": kind == "archived_until_escalating" or None,
    }
    record(issue, now, "set_ignored", data, actor)


def _archive_kind(limits: Mapping[str, int]) -> str:
    return "archived_until_condition_met" if limits else "archived_forever"


def _snooze(limits: Mapping[str, int], until: int | None, now: int, actor: str | None) -> SnoozeRecord | None:
    # A limit of 0 is no limit to Sentry, and a window alone bounds nothing.
    count, users = limits.get("ignoreCount") or None, limits.get("ignoreUserCount") or None
    if count is None and users is None and until is None:
        return None
    return SnoozeRecord(now, actor, count, limits.get("ignoreWindow"), users, limits.get("ignoreUserWindow"), until)


def _reopen(issue: IssueRecord, wanted: object, now: int, actor: str | None) -> None:
    if issue.status == "unresolved":
        return
    # Back from the archive an issue of this week is new again; back from resolved it is ongoing.
    inferred = default_substatus(issue, now) if issue.status == "ignored" else "ongoing"
    issue.status, issue.substatus = "unresolved", str(wanted or inferred)
    issue.resolution, issue.archived_at = None, None
    record(issue, now, "set_unresolved", {}, actor)


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
