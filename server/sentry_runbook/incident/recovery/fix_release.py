"""The release that should hold the fix: which one, whether it is live, and its events since the fix."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sentry_runbook.incident.issue_status import is_logged_as_next_release, last_resolve
from sentry_runbook.incident.model.evidence import Evidence, Known
from sentry_runbook.incident.release_versions import is_later
from sentry_runbook.incident.releases import release_named


@dataclass(frozen=True)
class FixRelease:
    """The release that should hold the fix.

    Attributes:
        events: events on it since the fix, among the latest rows; None when the rows are not known.
        at_least: True when the rows do not reach back to the fix.
        live: whether a deploy marker or an event shows it; None when that was not asked.
    """

    version: str | None = None
    events: int | None = None
    at_least: bool = False
    live: bool | None = None


def find_fix_release(evidence: Evidence, since: datetime | None) -> FixRelease:
    """The release that the resolve waits for, and what is known of it since ``since``."""
    version = fix_version(evidence)
    if version is None or since is None:
        return FixRelease(version=version)
    live = _is_live(evidence, version)
    if not isinstance(evidence.rows, Known):
        return FixRelease(version=version, live=live)
    rows = [row for row in evidence.rows.value if row.when is not None and row.when >= since]
    events = sum(1 for row in rows if row.release == version)
    return FixRelease(
        version=version,
        events=events,
        at_least=evidence.has_older_rows and len(rows) == len(evidence.rows.value),
        live=True if events else live,
    )


def _is_live(evidence: Evidence, version: str) -> bool | None:
    if not isinstance(evidence.releases, Known):
        return None
    release = release_named(evidence, version)
    return release is not None and release.is_live


def fix_version(evidence: Evidence) -> str | None:
    """The release that the resolve waits for; None when the issue is not resolved in one, or it does not exist yet.

    "In the next release" waits for the first one made after the resolve, whatever the issue names (sentry-api rule 15);
    by version a hotfix of an older line is not the next one, however late it was made.
    """
    issue, resolve = evidence.issue, last_resolve(evidence.issue)
    if issue.status != "resolved":
        return None
    if not issue.next_release and not is_logged_as_next_release(resolve):
        return issue.status_release
    if resolve is None:
        return None
    if resolve.version is not None or not isinstance(evidence.releases, Known):
        return resolve.version
    releases = {
        release.created: release.version
        for release in evidence.releases.value
        if release.created is not None and not _is_before(release.version, resolve.current_release)
    }
    later = [created for created in releases if created > resolve.at]
    return releases[min(later)] if later else None


def _is_before(version: str, current: str | None) -> bool:
    """Whether a release is older than the current one by version, so that it cannot be the next one."""
    return current is not None and is_later(current, version)
