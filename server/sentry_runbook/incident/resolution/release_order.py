"""What reopens an issue that is resolved in a release: Sentry's way of comparing releases, where it may surprise.

By version, an event of an older line never reopens it, however new the hotfix. By date, every release that is created
later does, however old its line. An event without a release reopens it in neither case.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sentry_runbook.incident.formatting import count, listed
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import Evidence, Known, quoted
from sentry_runbook.incident.release_versions import ReleaseOrder, is_later, latest_version, release_order, version_of
from sentry_runbook.incident.releases import latest_release, releases_seen
from sentry_runbook.incident.resolution.request import ResolutionRequest, same_release


def order_warnings(request: ResolutionRequest, incident: Incident) -> Iterator[str]:
    """What the order of the releases means for a resolve in a release, or in the next one."""
    evidence = incident.evidence
    seen, named = _seen(evidence), request.release if request.release != "latest" else None
    order = release_order([*filter(None, [named]), *seen])
    if order == "version":
        yield from _by_version(named, seen) if named else _next_by_version(seen)
    elif order is not None:
        yield from _by_date(order, named, seen, evidence)
    yield from _without_release(evidence)


def _seen(evidence: Evidence) -> tuple[str, ...]:
    """The releases that the issue is known to have been seen in, the newest event's first."""
    issue = evidence.issue
    own = [release.version for release in (issue.last_release, issue.first_release) if release is not None]
    return tuple(dict.fromkeys(filter(None, (latest_release(evidence), *releases_seen(evidence), *own))))


def _by_date(order: ReleaseOrder, named: str | None, seen: Sequence[str], evidence: Evidence) -> Iterator[str]:
    versions = {name: version_of(name) for name in [*filter(None, [named]), *seen]}
    odd = next(name for name, version in versions.items() if version is None or version.package is None)
    after = named or latest_release(evidence)
    later = f"any release created after {quoted(after)}" if after else "any release created later"
    if order == "mixed":
        yield (
            f"The releases are named in two ways ({listed(versions)}): Sentry compares them by version only "
            f"while one of the newest three is package@1.2.3, else by the date they were created; then {later} "
            "reopens it."
        )
    else:
        lacks = "is no version number" if versions[odd] is None else "names no package"
        yield (
            "Sentry compares these releases by the date they were created, "
            f"because {quoted(odd)} {lacks} (package@1.2.3): {later} reopens it, whatever its number."
        )
    older = _older_lines(named or latest_version(seen), seen)
    if older:
        yield (
            f"Older lines are in use ({listed(older)}): a hotfix of one that is created later reopens it, "
            "though it was never to hold the fix."
        )


def _next_by_version(seen: Sequence[str]) -> Iterator[str]:
    latest = latest_version(seen)
    if latest is None:
        return
    yield from _older_lines_stay(latest, seen)
    yield from _is_prerelease(latest)


def _by_version(named: str, seen: Sequence[str]) -> Iterator[str]:
    later = [name for name in seen if is_later(name, named)]
    if later:
        yield (
            f"Events of this issue come from {listed(later)}, by version later than {quoted(named)}: "
            "the next one of those reopens it."
        )
    yield from _older_lines_stay(named, seen)
    yield from _is_prerelease(named)
    older = [name for name in seen if _is_prerelease_of(name, named)]
    if older:
        yield f"The pre-release {listed(older)} counts as older than {quoted(named)}: it does not reopen it."


def _older_lines_stay(latest: str, seen: Sequence[str]) -> Iterator[str]:
    older = _older_lines(latest, seen)
    if older:
        yield (
            f"Sentry compares these releases by version: events of older lines ({listed(older)}), and of "
            "hotfixes of those, however new, do not reopen it. Make sure that they need no fix."
        )


def _is_prerelease(name: str) -> Iterator[str]:
    version = version_of(name)
    if version is not None and version.prerelease is not None:
        yield (
            f"{quoted(name)} is a pre-release: its release and every further pre-release count as later, and reopen it."
        )


def _is_prerelease_of(name: str, release: str) -> bool:
    first, second = version_of(name), version_of(release)
    if first is None or second is None or same_release(name, release):
        return False
    return first.prerelease is not None and second.prerelease is None and first.numbers == second.numbers


def _older_lines(latest: str | None, seen: Sequence[str]) -> list[str]:
    newest = version_of(latest) if latest else None
    if newest is None:
        return []
    numbered = [(name, version) for name in seen if (version := version_of(name)) is not None]
    return [name for name, version in numbered if version.line < newest.line]


def _without_release(evidence: Evidence) -> Iterator[str]:
    if not isinstance(evidence.rows, Known) or not evidence.rows.value:
        return
    rows = evidence.rows.value
    lacking = sum(1 for row in rows if not row.release)
    if 0 < lacking < len(rows):
        yield (
            f"{lacking} of the latest {count(len(rows), 'event')} carry no release: "
            "those never reopen an issue that is resolved in a release."
        )
