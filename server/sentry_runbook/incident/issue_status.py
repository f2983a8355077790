"""Whether an issue regressed, by its status and activity log."""

from __future__ import annotations

from collections.abc import Iterable

from sentry_runbook.incident.model.evidence import Activity, Issue, quoted
from sentry_runbook.incident.release_versions import is_later

NO_LOG = "this server gives neither a substatus nor an activity log"


def is_regressed(issue: Issue) -> bool | None:
    """Whether the issue came back after it was resolved, and nobody has resolved it since; None where nothing tells."""
    if issue.substatus == "regressed":
        return True
    if issue.status == "resolved":
        return False
    if issue.substatus is None and not issue.logs_activity:
        return None
    return _last(issue.activity, "set_regression") > _last(issue.activity, "set_resolved")


def regressions(issue: Issue) -> list[Activity]:
    """Entries of the activity log by which the issue came back after a resolve."""
    return [entry for entry in issue.activity if entry.kind == "set_regression"]


def regression_by_date(issue: Issue) -> str | None:
    """What the last regression is, where its release is no later version than the one the issue was resolved in.

    Sentry then compared the dates of creation: a hotfix of an older line, which never held the fix, reopens the issue.
    """
    last = max(regressions(issue), key=lambda entry: entry.at, default=None)
    if last is None or last.version is None or last.resolved_in is None or not is_later(last.resolved_in, last.version):
        return None
    return (
        f"It was resolved in {quoted(last.resolved_in)}, and the lower version {quoted(last.version)} reopened it: "
        "Sentry compared the dates on which they were created, so this may be an older line that never held the fix"
    )


def last_resolve(issue: Issue) -> Activity | None:
    """The last resolve in the activity log by people or commits; resolving by age says nothing of a fix."""
    resolves = [
        entry
        for entry in issue.activity
        if entry.kind.startswith("set_resolved") and entry.kind != "set_resolved_by_age"
    ]
    return max(resolves, key=lambda entry: entry.at, default=None)


def is_logged_as_next_release(resolve: Activity | None) -> bool:
    """Whether a resolve was "in the next release": Sentry logs it without a version, or with the current release.

    The issue itself may name a release then: projects with ordered versions store "in the next release" as the release
    that was current at the time of the resolve (sentry-api rule 15). The entry's own version is filled in later.
    """
    if resolve is None or resolve.kind != "set_resolved_in_release":
        return False
    return resolve.version is None or resolve.current_release is not None


def _last(activity: Iterable[Activity], kind: str) -> float:
    """Time of the last entry whose kind begins with ``kind`` (``set_resolved_in_release`` …), in seconds; 0 if none."""
    return max((entry.at.timestamp() for entry in activity if entry.kind.startswith(kind)), default=0.0)
