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


def _last(activity: Iterable[Activity], kind: str) -> float:
    """Time of the last entry whose kind begins with ``kind`` (``set_resolved_in_release`` …), in seconds; 0 if none."""
    return max((entry.at.timestamp() for entry in activity if entry.kind.startswith(kind)), default=0.0)
