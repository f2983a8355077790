"""What reopens an issue that is resolved in a release: Sentry's way of comparing releases, where it may surprise.

By version, an event of an older line never reopens it, however new the hotfix. By date, every release that is created
later does, however old its line. An event without a release reopens it in neither case. "In the next release" counts,
by version, from the greatest version that the issue was seen in (Sentry 24.2) or that the project has (newer servers);
by date, from the release of its last event.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime

from sentry_runbook.incident.formatting import count, listed
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import Evidence, Known, Release, quoted
from sentry_runbook.incident.release_versions import (
    NEWEST_MANY,
    ReleaseOrder,
    is_later,
    latest_version,
    names_its_package,
    release_order,
    same_release,
    version_of,
)
from sentry_runbook.incident.releases import latest_release, release_named, releases_seen
from sentry_runbook.incident.resolution.request import ResolutionRequest

FAR_ABOVE = 2
"""Major versions that a release nobody shipped stands above all others."""


def order_warnings(request: ResolutionRequest, incident: Incident) -> Iterator[str]:
    """What the order of the releases means for a resolve in a release, or in the next one."""
    evidence = incident.evidence
    seen, named = _seen(evidence), request.release if request.release != "latest" else None
    newest = _newest(evidence, named)
    order = release_order([*filter(None, [named]), *seen], newest)
    if order == "version":
        last = latest_release(evidence)
        yield from _by_version(named, seen, newest) if named else _next_by_version(seen, newest, last)
        yield from _several_packages([*filter(None, [named]), *seen, *newest[:NEWEST_MANY]])
    elif order is not None:
        yield from _by_date(order, named, seen, newest, evidence)
    yield from _without_release(evidence)


def _seen(evidence: Evidence) -> tuple[str, ...]:
    """The releases that the issue is known to have been seen in, the newest event's first."""
    issue = evidence.issue
    own = [release.version for release in (issue.last_release, issue.first_release) if release is not None]
    return tuple(dict.fromkeys(filter(None, (latest_release(evidence), *releases_seen(evidence), *own))))


def _newest(evidence: Evidence, named: str | None) -> tuple[str, ...]:
    """The project's releases, the last created first; empty when they were not read."""
    if not isinstance(evidence.releases, Known):
        return ()
    releases = sorted(
        (release for release in evidence.releases.value if release.created is not None), key=_created, reverse=True
    )
    versions = tuple(dict.fromkeys(release.version for release in releases))
    return versions if any(not same_release(version, named) for version in versions) else ()


def _created(release: Release | None) -> datetime:
    created = release.created if release is not None else None
    return created or datetime.min.replace(tzinfo=UTC)


# --- by date -------------------------------------------------------------------------------------------------------


def _by_date(
    order: ReleaseOrder, named: str | None, seen: Sequence[str], newest: Sequence[str], evidence: Evidence
) -> Iterator[str]:
    names = list(dict.fromkeys([*filter(None, [named]), *seen]))
    # A project that is ordered by version counts from its greatest one, for events of bare numbers too.
    greatest = latest_version(filter(names_its_package, [*names, *newest])) if order == "mixed" and newest else None
    after = named or greatest or latest_release(evidence)
    later = f"any release created after {quoted(after)}" if after else "any release created later"
    if order == "mixed":
        yield _mixed(names, later, is_known=bool(newest))
    else:
        odd = next(name for name in [*names, *newest] if not names_its_package(name))
        lacks = "is no version number" if version_of(odd) is None else "names no package"
        yield (
            "Sentry compares these releases by the date they were created, "
            f"because {quoted(odd)} {lacks} (package@1.2.3): {later} reopens it, whatever its number."
        )
    by_date = [name for name in newest if order == "date" or not names_its_package(name)]
    created_later = [name for name in by_date if after and _is_created_later(name, after, evidence)]
    if created_later:
        yield f"Created after it already: {listed(created_later)}. An event of one of those reopens it."
    older = [*_older_lines(named or latest_version(seen), seen), *_lines_kept_up(by_date)]
    if order == "mixed" and newest:
        # Of a project that is ordered by version those that name their package are not compared by date.
        older = [name for name in older if not names_its_package(name)]
    yield from _older_lines_reopen(dict.fromkeys(older))


def _older_lines_reopen(older: Collection[str]) -> Iterator[str]:
    if older:
        yield (
            f"Older lines are in use ({listed(older)}): a hotfix of one that is created later reopens it, "
            "though it was never to hold the fix."
        )


def _mixed(names: Sequence[str], later: str, *, is_known: bool) -> str:
    if is_known:
        bare = [name for name in names if not names_its_package(name)]
        return (
            f"Sentry compares this project's releases by version, but {listed(bare)} by the date of creation, for "
            f"want of a package (package@1.2.3); of those, {later} reopens it."
        )
    return (
        f"The releases are named in two ways ({listed(names)}): Sentry compares them by version only "
        f"while one of the newest three is package@1.2.3, else by the date they were created; then {later} "
        "reopens it."
    )


def _is_created_later(name: str, than: str, evidence: Evidence) -> bool:
    first, second = release_named(evidence, name), release_named(evidence, than)
    return second is not None and second.created is not None and _created(first) > second.created


def _lines_kept_up(newest: Sequence[str]) -> list[str]:
    """Releases of a line that was left behind when they were created: hotfixes, of which more may come."""
    numbered = [(name, version) for name in newest if (version := version_of(name)) is not None]
    return [
        name
        for place, (name, version) in enumerate(numbered)
        if any(version.line < earlier.line for _, earlier in numbered[place + 1 :])
    ]


# --- by version ----------------------------------------------------------------------------------------------------


def _next_by_version(seen: Sequence[str], newest: Sequence[str], last: str | None) -> Iterator[str]:
    latest = latest_version(seen)
    if latest is None:
        return
    top = latest_version([latest, *filter(names_its_package, newest)]) or latest
    if is_later(top, latest):
        yield (
            f"The project's greatest version is {quoted(top)}. Newer servers count from it: then only a release "
            f"after {quoted(top)} reopens it, no event of {quoted(latest)} and none of its hotfixes. Older servers "
            f"count from {quoted(latest)}, the greatest that this issue was seen in. The read-back tells which."
        )
    yield from _far_above(top, [*seen, *newest], last)
    yield from _older_lines_stay(latest, seen, newest)
    yield from _is_prerelease(latest)


def _far_above(top: str, names: Sequence[str], last: str | None) -> Iterator[str]:
    """A release that nobody shipped, such as a modified app's 999.0.0, keeps every real one from being the next."""
    first = version_of(top)
    if first is None or same_release(top, last):
        return
    versions = [(name, version) for name in names if (version := version_of(name)) is not None and version != first]
    below = latest_version(name for name, version in versions if version.package == first.package)
    second = version_of(below) if below else None
    if second is not None and first.numbers[0] - second.numbers[0] >= FAR_ABOVE:
        yield (
            f"{quoted(top)} stands far above {quoted(below or '')}: if nobody shipped it (a modified app, a test "
            "build), no real release may count as the next one. resolve_in_release with the version of the fix does "
            "not depend on it."
        )


def _several_packages(names: Sequence[str]) -> Iterator[str]:
    packages = list(dict.fromkeys(version.package for name in names if (version := version_of(name)) is not None))
    if len(packages) > 1:
        yield (
            f"The project has releases of several packages ({listed(filter(None, packages))}): Sentry compares their "
            "numbers alone, so an event of a package with smaller numbers does not reopen it."
        )


def _by_version(named: str, seen: Sequence[str], newest: Sequence[str]) -> Iterator[str]:
    later = [name for name in seen if is_later(name, named)]
    if later:
        yield (
            f"Events of this issue come from {listed(later)}, by version later than {quoted(named)}: "
            "the next one of those reopens it."
        )
    yield from _older_lines_stay(named, seen, newest)
    yield from _is_prerelease(named)
    older = [name for name in seen if _is_prerelease_of(name, named)]
    if older:
        yield f"The pre-release {listed(older)} counts as older than {quoted(named)}: it does not reopen it."


def _older_lines_stay(latest: str, seen: Sequence[str], newest: Sequence[str]) -> Iterator[str]:
    older = dict.fromkeys([*_older_lines(latest, seen), *_older_lines(latest, _lines_kept_up(newest))])
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
