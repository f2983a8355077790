"""Which release brought the incident, and whether the incident's start aligns with its deploy (sentry-api §6.1).

A deploy is dated by, in order of trust: a deploy marker, the release date, the date on which Sentry first heard of the
release (often just the first event, so it counts little). No deploy marker recorded is the common case and says
nothing. The start aligns when it lies between five minutes before the deploy's start (clocks differ, and traffic moves
before the marker is written) and an hour after its end (a roll-out takes time to meet the case that fails). Where only
clock hours tell of the start, all of the hour may be it: what lies inside is neither before it nor after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sentry_runbook.incident.events.event_texts import whole_events
from sentry_runbook.incident.formatting import elapsed
from sentry_runbook.incident.issue_status import regressions
from sentry_runbook.incident.metrics.breakdown import NOT_SET, share_of
from sentry_runbook.incident.model.evidence import Deploy, Evidence, Known, Release
from sentry_runbook.incident.model.evidence.issue import regressed_release
from sentry_runbook.incident.model.results.impact import Episode

BEFORE_START = timedelta(minutes=5)
AFTER_FINISH = timedelta(minutes=60)
UNSTATED_LENGTH = timedelta(minutes=30)
"""CI commonly posts the marker at the end of a deploy that took about that long."""
MOST = 0.6
"""A release that carries this part of the events and hardly any before is suspect though the issue is old."""
HARDLY = 0.1
GRAIN = timedelta(minutes=5)
"""From a longer one on, what lies inside the time of the start has no place before or after it."""
SAME_EVENT = timedelta(minutes=1)
"""An event that lies so near to the issue's last one is its newest."""
LONG_BEFORE = timedelta(hours=24)
"""A release that ran longer than that before the first event did not bring it."""

DeploySource = Literal["deploy marker", "release date", "first mention of the release"]
"""What dates a deploy."""


@dataclass(frozen=True)
class Start:
    """When the incident began: the likeliest instant, and between which two instants it surely did."""

    at: datetime
    earliest: datetime
    latest: datetime

    @classmethod
    def of(cls, episode: Episode) -> Start:
        """The beginning of an episode, with its grain."""
        return cls(episode.began, episode.began_earliest, episode.began_latest)

    @classmethod
    def exact(cls, at: datetime) -> Start:
        """One that is known to the second."""
        return cls(at, at, at)

    def distance(self, at: datetime) -> timedelta:
        """From an instant to the nearest instant at which it may have begun."""
        return max(self.earliest - at, at - self.latest, timedelta())


@dataclass(frozen=True)
class Alignment:
    """Where the incident's start lies relative to a release's deploy.

    Attributes:
        source: what dates the deploy.
        at: the deploy's end, or the date.
        lag: start of the incident minus ``at``, by the minutes shown; negative when the incident began first. None when
            ``at`` lies inside the time in which it began, which is longer than some minutes.
        start: the incident's.
        aligned: whether it may lie between BEFORE_START of the deploy's start and AFTER_FINISH of its end.
        early: whether the incident surely began more than BEFORE_START before the deploy.
        environment: where it was deployed, for a deploy marker that says so.
    """

    source: DeploySource
    at: datetime
    lag: timedelta | None
    start: Start
    aligned: bool
    early: bool
    environment: str | None = None


def suspect_release(evidence: Evidence) -> str | None:
    """The release that brought the incident: of the regression, the one its events moved to, or of the first event."""
    issue = evidence.issue
    named = ((entry.at, entry.version) for entry in regressions(issue))
    moved = regressed_release(issue.status, named) or _moved_to(evidence)
    if moved is not None:
        return moved
    began = issue.first_seen
    if issue.first_release is None or began is None:
        return None
    # The first release of an old issue brought the issue once, and not what happens in this window.
    is_recent = began >= evidence.window.start - evidence.window.length
    version = issue.first_release.version
    return version if is_recent and not _ran_long_before(evidence, version, began) else None


def _ran_long_before(evidence: Evidence, version: str, began: datetime) -> bool:
    """Whether the release was in use long before the first event; a date of first mention alone does not tell."""
    deploy = alignment(evidence, version, Start.exact(began))
    is_dated = deploy is not None and deploy.source != "first mention of the release"
    return is_dated and deploy is not None and deploy.lag is not None and deploy.lag > LONG_BEFORE


def _moved_to(evidence: Evidence) -> str | None:
    """The release that carries most events now and hardly any before."""
    if not isinstance(evidence.breakdown, Known) or not isinstance(evidence.breakdown_before, Known):
        return None
    for combination in evidence.breakdown.value.combinations:
        version = combination.tags.get("release")
        if version is None:
            continue
        now, total = share_of(evidence.breakdown, "release", version)
        before, total_before = share_of(evidence.breakdown_before, "release", version)
        # Without events before there is nothing that they could have moved from.
        if total_before and now >= MOST * total and before <= HARDLY * total_before:
            return version
    return None


def release_named(evidence: Evidence, version: str) -> Release | None:
    """The most complete record of a release; None when Sentry named none."""
    listed = evidence.releases.value if isinstance(evidence.releases, Known) else ()
    of_issue = (evidence.issue.first_release, evidence.issue.last_release)
    records = [release for release in (*listed, *of_issue) if release is not None and release.version == version]
    # The release list knows dates that the issue's short form may lack; of equals, max() takes the first.
    return max(records, key=lambda release: (release.created is not None, release.deploys is not None), default=None)


def deploys_of(evidence: Evidence, version: str) -> tuple[Deploy, ...] | None:
    """Deploy markers of a release; None when Sentry did not say."""
    if isinstance(evidence.deploys, Known):
        deploys = tuple(deploy for deploy in evidence.deploys.value if deploy.version == version)
        # Markers of other releases only: the list may just not reach back to this one.
        if deploys or not evidence.deploys.value:
            return deploys
    release = release_named(evidence, version)
    return release.deploys if release else None


def alignment(evidence: Evidence, version: str, start: Start) -> Alignment | None:
    """Where the start of the incident lies relative to the release's deploy; None when nothing dates it."""
    markers = [deploy for deploy in deploys_of(evidence, version) or () if deploy.finished or deploy.started]
    # A marker of staging says when production was deployed only where nobody marks production.
    in_production = [deploy for deploy in markers if deploy.environment in evidence.scope.production]
    nearest = min(
        in_production or markers,
        key=lambda deploy: (start.distance(_end(deploy)), abs(start.at - _end(deploy))),
        default=None,
    )
    if nearest is not None:
        return _aligned("deploy marker", nearest.started, _end(nearest), start, nearest.environment)
    release = release_named(evidence, version)
    if release is not None and release.released is not None:
        return _aligned("release date", None, release.released, start)
    if release is not None and release.created is not None:
        return _aligned("first mention of the release", None, release.created, start)
    return None


def _end(deploy: Deploy) -> datetime:
    end = deploy.finished or deploy.started
    assert end is not None  # noqa: S101  # only markers with a time come here
    return end


def _aligned(
    source: DeploySource,
    deploy_start: datetime | None,
    end: datetime,
    start: Start,
    environment: str | None = None,
) -> Alignment:
    """The alignment with a deploy from ``deploy_start`` (None: not recorded) to ``end``."""
    opens = (deploy_start or end - UNSTATED_LENGTH) - BEFORE_START
    is_inside = start.latest - start.earliest > GRAIN and not start.distance(end)
    return Alignment(
        source=source,
        at=end,
        lag=None if is_inside else elapsed(end, start.at),
        start=start,
        aligned=opens <= start.latest and start.earliest <= end + AFTER_FINISH,
        early=start.latest < opens,
        environment=environment,
    )


def previous_release(evidence: Evidence, version: str) -> str | None:
    """The release that ran before: the latest one deployed or made earlier; None when that is not known."""
    release = release_named(evidence, version)
    at = _in_use_from(release) if release is not None else None
    if at is None or not isinstance(evidence.releases, Known):
        return None
    # A release without any date counts as not earlier.
    earlier = [other for other in evidence.releases.value if (_in_use_from(other) or at) < at]
    # A release that was deployed can be rolled back to; one that was only built perhaps not.
    return _latest([other for other in earlier if other.deploys] or earlier)


def _latest(releases: Sequence[Release]) -> str | None:
    dated = [(at, release.version) for release in releases if (at := _in_use_from(release)) is not None]
    return max(dated)[1] if dated else None


def _in_use_from(release: Release) -> datetime | None:
    """When the release came into use, by its last deploy, its date or its first mention; None when nothing says."""
    deployed = [deploy.finished or deploy.started for deploy in release.deploys or ()]
    return max((at for at in deployed if at), default=None) or release.released or release.created


def latest_release(evidence: Evidence) -> str | None:
    """The release of the issue's newest event, where that was read; else the one that Sentry names, which it caches.

    What Sentry names can be older than the newest event's (sentry-api §17).
    """
    issue = evidence.issue
    read = [(event.when, event.release) for event in whole_events(evidence)]
    read += [(row.when, row.release) for row in evidence.rows.value] if isinstance(evidence.rows, Known) else []
    dated = [(when, release) for when, release in read if when is not None]
    when, release = max(dated, key=lambda event: event[0], default=(None, None))
    is_newest = when is not None and (issue.last_seen is None or when >= issue.last_seen - SAME_EVENT)
    named = issue.last_release.version if issue.last_release is not None else None
    return release if release and (is_newest or named is None) else named


def names_a_release(evidence: Evidence) -> bool:
    """Whether the issue or its events name any; else Sentry cannot tell later events from earlier ones."""
    issue = evidence.issue
    return issue.first_release is not None or issue.last_release is not None or bool(releases_seen(evidence))


def releases_seen(evidence: Evidence) -> tuple[str, ...]:
    """The releases that the window's events carry, most frequent first."""
    if isinstance(evidence.breakdown, Known) and evidence.breakdown.value.combinations:
        counts: dict[str, int] = {}
        for combination in evidence.breakdown.value.combinations:
            version = combination.tags.get("release")
            if version is not None and version != NOT_SET:
                counts[version] = counts.get(version, 0) + combination.events
        return tuple(sorted(counts, key=lambda version: -counts[version]))
    rows = evidence.rows.value if isinstance(evidence.rows, Known) else ()
    return tuple(dict.fromkeys(row.release for row in rows if row.release))
