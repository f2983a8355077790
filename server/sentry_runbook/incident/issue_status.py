"""Whether an issue regressed, by its status and activity log."""

from __future__ import annotations

from collections.abc import Iterable

from sentry_runbook.incident.model.evidence import Activity, Issue


def is_regressed(issue: Issue) -> bool:
    """Whether the issue came back after it was resolved, and nobody has resolved it since."""
    if issue.substatus == "regressed":
        return True
    return (
        _last(issue.activity, "set_regression") > _last(issue.activity, "set_resolved") and issue.status != "resolved"
    )


def regressions(issue: Issue) -> list[Activity]:
    """Entries of the activity log by which the issue came back after a resolve."""
    return [entry for entry in issue.activity if entry.kind == "set_regression"]


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
