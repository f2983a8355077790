"""The release that came with an incident of an old issue: by what the events above usual carry, or by its sessions.

How to think about it: an issue that always had some errors steps up when a release goes to a tenth of the hosts. Most
of its events are still on the old release, as ever; the *additional* ones are on the new one. So what is compared is
the number of events now and before, by release. A release that takes over what there always was adds none and is no
suspect. Only a release whose deploy aligns with the onset is looked at: what ran before it did not bring it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from math import sqrt

from sentry_runbook.incident.issue_status import regressions
from sentry_runbook.incident.metrics.breakdown import CERTAIN, FEWEST_BEFORE, share_of
from sentry_runbook.incident.metrics.timeseries import between
from sentry_runbook.incident.model.evidence import Evidence, Known, Unknown
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.results.impact import Episode
from sentry_runbook.incident.release_health import compare, release_health, runs_beside
from sentry_runbook.incident.releases import (
    HARDLY,
    MOST,
    Start,
    alignment,
    release_named,
    releases_seen,
    suspect_release,
)

AS_MANY = 1.1
"""A part of the events up to that many times the part of the sessions is what any error would have."""


@dataclass(frozen=True)
class Excess:
    """The events of a window that one release has, and how much of what is above usual that is.

    Attributes:
        events: on the release.
        total: of all releases.
        explains: fraction 0..1 of the events above usual.
        counted: whether ``events`` were counted; else they are estimated from the listed ones.
    """

    version: str
    events: int
    total: int
    explains: float
    counted: bool


def find_suspect(evidence: Evidence, policy: Policy, episode: Episode | Unknown, start: Start | None) -> str | None:
    """The release that brought the incident; None when none stands out.

    Args:
        evidence: with the tags of the stretch before only where those are from before the incident.
        policy: for what a healthy release is.
        episode: the incident.
        start: when it began.
    """
    named = suspect_release(evidence)
    if start is None or isinstance(episode, Unknown) or (named is not None and regressions(evidence.issue)):
        return named
    excess = excess_release(evidence, start)
    if excess is not None:
        return excess.version
    return named or _failing(evidence, policy, episode, start)


def excess_release(evidence: Evidence, start: Start) -> Excess | None:
    """The release deployed at the onset that carries most of the events above usual; None when none does."""
    found = (excess_of(evidence, version) for version in _aligned(evidence, start))
    most = max((each for each in found if each is not None), key=lambda each: each.explains, default=None)
    return most if most is not None and most.explains >= MOST else None


def excess_of(evidence: Evidence, version: str) -> Excess | None:
    """What a new release has of the events above usual; None without more events than usual, or when not known."""
    before = _before(evidence)
    if before is None or not isinstance(evidence.totals, Known) or not isinstance(evidence.breakdown_before, Known):
        return None
    total = evidence.totals.value.events
    earlier, listed_before = share_of(evidence.breakdown_before, "release", version)
    above = total - before
    # One that had its part of the events before is compared by its share, elsewhere.
    if above <= CERTAIN * sqrt(total + before) or earlier > HARDLY * listed_before:
        return None
    events, counted = _events_on(evidence, version, total)
    usual = before * earlier / listed_before if listed_before else 0.0
    return Excess(version, events, total, min(max(events - usual, 0.0) / above, 1.0), counted)


def _aligned(evidence: Evidence, start: Start) -> Iterator[str]:
    for version in releases_seen(evidence):
        deploy = alignment(evidence, version, start)
        if deploy is not None and deploy.aligned:
            yield version


def _before(evidence: Evidence) -> int | None:
    """Events of the stretch before the window, as long as it; None where the series does not reach back, or for few."""
    series = evidence.series.value.events if isinstance(evidence.series, Known) else None
    start = evidence.window.start - evidence.window.length
    if series is None or series.start > start:
        return None
    values = between(series, start, evidence.window.start).values
    known = [value for value in values if value is not None]
    return round(sum(known)) if len(known) == len(values) and sum(known) >= FEWEST_BEFORE else None


def _events_on(evidence: Evidence, version: str, total: int) -> tuple[int, bool]:
    """Events of the window on a release, and whether they are counted.

    A cut list has the frequent combinations, which a release for few is not among. All events of a release that was
    made within the window lie in it, so that Sentry's count over all time is the window's.
    """
    listed, all_listed = _listed(evidence, version)
    if isinstance(evidence.breakdown, Known) and evidence.breakdown.value.complete:
        return listed, True
    all_time = _all_time(evidence, version) if _made_since(evidence, version, evidence.window.start) else None
    if all_time is not None and all_time >= listed:
        # Other environments may count in it; those of other releases cannot be on this one.
        return min(all_time, total - (all_listed - listed)), True
    return round(total * listed / all_listed) if all_listed else 0, False


def _all_time(evidence: Evidence, version: str) -> int | None:
    tags = evidence.tags.value if isinstance(evidence.tags, Known) else ()
    return next(
        (count for tag in tags if tag.key == "release" for value, count in tag.values if value == version), None
    )


def _made_since(evidence: Evidence, version: str, at: datetime) -> bool:
    release = release_named(evidence, version)
    return release is not None and release.created is not None and release.created >= at


def _failing(evidence: Evidence, policy: Policy, episode: Episode, start: Start) -> str | None:
    """A release deployed at the onset that fails beside a healthy one, with more of the events than of the sessions."""
    rows = release_health(evidence, policy, episode, None)
    limit = policy.thresholds.crash_free_below_pct
    aligned = set(_aligned(evidence, start))
    for row in rows:
        beside = [other for other in rows if other is not row and runs_beside(other)]
        if row.release not in aligned or not any(compare(row, other, limit) == "better" for other in beside):
            continue
        events, total = _listed(evidence, row.release)
        if events > AS_MANY * total * (row.adoption_pct or 100) / 100:
            return row.release
    return None


def _listed(evidence: Evidence, version: str) -> tuple[int, int]:
    """Events on the release, and all events, of the listed combinations."""
    part = evidence.breakdown
    return share_of(part, "release", version) if isinstance(part, Known) else (0, 0)
