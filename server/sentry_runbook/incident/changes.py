"""What was changed shortly before the incident, and which kinds of changes nobody can see here.

The look-back is six hours, and ten minutes after the begin: clocks differ, and a roll-out is marked when it is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sentry_runbook.incident.formatting import moment
from sentry_runbook.incident.model.evidence import (
    Deploy,
    Evidence,
    FlagChange,
    Known,
    Missing,
    Release,
    Unknown,
    quoted,
)
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.results.explanation import Change
from sentry_runbook.incident.releases import Start

BEFORE, AFTER = timedelta(hours=6), timedelta(minutes=10)
MOST_CHANGES = 6


@dataclass(frozen=True)
class Around:
    """The time around the begin of an incident in which a change may have to do with it."""

    start: Start

    def holds(self, at: datetime | None) -> bool:
        """Whether an instant lies in it; of a begin that is known by the hour, around all of that hour."""
        return at is not None and self.start.earliest - BEFORE <= at <= self.start.latest + AFTER

    def minutes_before(self, at: datetime) -> int:
        """From an instant to the begin, by the minutes shown; negative when it came after."""
        shown = self.start.at.replace(second=0, microsecond=0) - at.replace(second=0, microsecond=0)
        return round(shown.total_seconds() / 60)


def changes_around(evidence: Evidence, policy: Policy, start: Start | None) -> tuple[Change, ...]:
    """Deploys, releases, changes of flags and of alert rules around the begin, the nearest first."""
    if start is None:
        return ()
    around = Around(start)
    found = [
        *_releases(evidence, policy, around),
        *_flags(evidence, around),
        *_alerts(evidence, around),
    ]
    own = evidence.issue.project
    ranks = {own: 0, None: 1}
    # sorted() is stable: of equals in the order above.
    nearest = sorted(found, key=lambda change: (abs(change.minutes_before), ranks.get(change.project, 2)))
    return tuple(nearest[:MOST_CHANGES])


def nearest_flag_change(evidence: Evidence, flag: str, start: Start) -> FlagChange | None:
    """The change of a flag that lies nearest to the begin, of those around it."""
    around = Around(start)
    part = evidence.flag_changes
    near = [
        change
        for change in (part.value if isinstance(part, Known) else ())
        if change.flag == flag and around.holds(change.at)
    ]
    return min(near, key=lambda change: abs(around.minutes_before(change.at)), default=None)


# --- deploys and releases ------------------------------------------------------------------------------------------


def _releases(evidence: Evidence, policy: Policy, around: Around) -> Iterator[Change]:
    """Deploys; and releases that no deploy marker dates."""
    for records, project in _by_version(evidence):
        markers = [marker for record in records for marker in _markers(evidence, record)]
        live = {_end(marker): marker for marker in markers if _is_live(evidence, policy, marker)}
        for at, marker in live.items():
            if at is not None and around.holds(at):
                yield _change(around, at, _deployed(marker), "deploy", project)
        released = next((record.released for record in records if record.released), None)
        at = released or next((record.created for record in records if record.created), None)
        # A release that was deployed changed what runs at its deploy, and at no other time.
        if at is not None and around.holds(at) and not any(live):
            what = f"release {quoted(records[0].version)} {'released' if released else 'created'}"
            yield _change(around, at, what, "release", project)


def _by_version(evidence: Evidence) -> Iterator[tuple[list[Release], str | None]]:
    """All that is known of every release, with its project: the issue's own where it is one of that, too."""
    own = evidence.issue.project
    of_issue = (evidence.issue.first_release, evidence.issue.last_release)
    records: dict[str, list[Release]] = {}
    projects: dict[str, str | None] = {}
    for release in (*_values(evidence.releases), *(release for release in of_issue if release is not None)):
        records.setdefault(release.version, []).append(release)
        projects[release.version] = own
    for release in _values(evidence.other_releases):
        records.setdefault(release.version, []).append(release)
        projects.setdefault(release.version, next(iter(release.projects), None))
    return ((records[version], projects[version]) for version in records)


def _values(part: Known[tuple[Release, ...]] | Unknown) -> tuple[Release, ...]:
    return part.value if isinstance(part, Known) else ()


def _markers(evidence: Evidence, release: Release) -> Iterator[Deploy]:
    own = evidence.deploys.value if isinstance(evidence.deploys, Known) else ()
    yield from (deploy for deploy in own if deploy.version == release.version)
    yield from release.deploys or ()


def _is_live(evidence: Evidence, policy: Policy, deploy: Deploy) -> bool:
    """Whether it went to where the incident is: a trial in staging changes nothing there."""
    scope, name = evidence.scope, deploy.environment
    names = scope.names or scope.production or scope.others
    in_production = not names or any(map(policy.is_production, names))
    return not name or name in names or (in_production and policy.is_production(name))


def _end(deploy: Deploy) -> datetime | None:
    return deploy.finished or deploy.started


def _deployed(deploy: Deploy) -> str:
    where = f" to {quoted(deploy.environment)}" if deploy.environment else ""
    return f"deploy of {quoted(deploy.version)}{where}"


def _change(around: Around, at: datetime, what: str, kind: str, project: str | None) -> Change:
    return Change.model_validate(
        {"at": at, "what": what, "kind": kind, "project": project, "minutes_before": around.minutes_before(at)}
    )


# --- flags and alert rules -----------------------------------------------------------------------------------------


def _flags(evidence: Evidence, around: Around) -> Iterator[Change]:
    part = evidence.flag_changes
    for change in part.value if isinstance(part, Known) else ():
        if around.holds(change.at):
            by = f" by {quoted(change.by)}" if change.by else ""
            what = f"flag {quoted(change.flag)} {change.action or 'changed'}{by}"
            yield _change(around, change.at, what, "flag", None)


def _alerts(evidence: Evidence, around: Around) -> Iterator[Change]:
    """Rules that were made or edited: errors may be old, and only the alert new."""
    part = evidence.alerts
    for alert in part.value if isinstance(part, Known) else ():
        name = f"alert rule {quoted(alert.name)}" if alert.name else "an alert rule without a name"
        if alert.created is not None and around.holds(alert.created):
            yield _change(around, alert.created, f"{name} created", "alert_rule", evidence.issue.project)
        elif alert.edited is not None and around.holds(alert.edited):
            yield _change(around, alert.edited, f"{name} edited", "alert_rule", evidence.issue.project)


# --- what cannot be seen -------------------------------------------------------------------------------------------


def unseen_changes(evidence: Evidence, start: Start | None) -> tuple[Missing, ...]:
    """Kinds of changes that were asked for and cannot be seen, with the reason; nothing where none was asked for."""
    if start is None:
        return ()
    reasons = {
        "flag changes": _unseen_flags(evidence, start),
        "deploys": _unseen_deploys(evidence),
        "changes of other projects": _why_unknown(evidence.other_releases),
        "alert edits": _unseen_alerts(evidence),
    }
    return tuple(Missing(what=what, why=why) for what, why in reasons.items() if why)


def _why_unknown(part: Known[tuple[Release, ...]] | Unknown) -> str | None:
    return part.why if isinstance(part, Unknown) and part.asked else None


def _unseen_flags(evidence: Evidence, start: Start) -> str | None:
    part = evidence.flag_changes
    if isinstance(part, Unknown):
        return part.why if part.asked else None
    if not part.value:
        return "the log is empty: perhaps no flag provider reports to Sentry"
    read_from = evidence.window.start - BEFORE
    if start.earliest - BEFORE < read_from:
        return f"read from {moment(read_from)} on, which is not six hours before the incident began"
    return None


def _unseen_deploys(evidence: Evidence) -> str | None:
    """Where no release has a marker, none is recorded; which does not mean that nothing was deployed."""
    if not isinstance(evidence.releases, Known) or not evidence.releases.value:
        return None
    markers = _any_marker(evidence, (*evidence.releases.value, *_values(evidence.other_releases)))
    return None if markers else "no deploy markers are recorded: a deploy without one is not seen"


def _any_marker(evidence: Evidence, releases: Iterable[Release]) -> bool:
    return any(release.deploys is None or any(_markers(evidence, release)) for release in releases)


def _unseen_alerts(evidence: Evidence) -> str | None:
    part = evidence.alerts
    if isinstance(part, Unknown):
        return part.why if part.asked else None
    return "only the last one of each rule of this project is known"
