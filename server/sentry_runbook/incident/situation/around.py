"""What was changed around the incidents: when releases began to run, which flags changed; the list for the reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sentry_runbook.incident.changes import BEFORE
from sentry_runbook.incident.model.evidence import FlagChange, Known, Release, quoted
from sentry_runbook.incident.model.evidence.situation import SituationEvidence, TagRows
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.results.explanation import Change
from sentry_runbook.incident.situation.facts import ENVIRONMENT, HOST, RELEASE, TRANSACTION, Background
from sentry_runbook.incident.situation.ties import Surroundings

FLAG_BEFORE = timedelta(minutes=30)
CLOCKS_DIFFER = timedelta(minutes=2)
MOST_CHANGES = 12


def around_of(
    evidence: SituationEvidence, policy: Policy, background: Background, onsets: Iterable[datetime]
) -> Surroundings:
    """What pairs of issues are judged by."""
    began = list(onsets)
    return Surroundings(
        background=background,
        release_starts=dict(_starts(evidence, policy)),
        changed_flags=frozenset(change.flag for change in flags_around(evidence, began)),
        tenant_tags=_tenant_tags(evidence.places.value) if isinstance(evidence.places, Known) else (),
        together={frozenset(entry.issues): entry.users for entry in evidence.together if not entry.is_lower_bound},
    )


def flags_around(evidence: SituationEvidence, began: Iterable[datetime]) -> tuple[FlagChange, ...]:
    """Flags that were changed shortly before one of these instants, the latest first."""
    part, times = evidence.flag_changes, list(began)
    return tuple(
        change
        for change in (part.value if isinstance(part, Known) else ())
        if any(at - FLAG_BEFORE <= change.at <= at + CLOCKS_DIFFER for at in times)
    )


def _tenant_tags(places: TagRows) -> tuple[str, ...]:
    tags = dict.fromkeys(tag for row in places.rows for tag in row.values)
    return tuple(tag for tag in tags if tag not in (HOST, RELEASE, ENVIRONMENT, TRANSACTION))


def _starts(evidence: SituationEvidence, policy: Policy) -> Iterator[tuple[str, datetime]]:
    for release in evidence.releases.value if isinstance(evidence.releases, Known) else ():
        at = release_start(release, policy)
        if at is not None:
            yield release.version, at


def release_start(release: Release, policy: Policy) -> datetime | None:
    """When a release began to run in production: by its last deploy there, its date, its first event."""
    deploys = [
        deploy.finished or deploy.started
        for deploy in release.deploys or ()
        if policy.is_production(deploy.environment)
    ]
    return next(
        (at for at in (*deploys, release.released, release.first_event, release.created) if at is not None), None
    )


def changes_of(evidence: SituationEvidence, policy: Policy, began: datetime) -> tuple[Change, ...]:
    """Deploys, releases and flags from six hours before an instant on, the nearest to it first."""
    found = [*_releases(evidence, policy, began), *_flags(evidence, began)]
    return tuple(sorted(found, key=lambda change: abs(change.minutes_before))[:MOST_CHANGES])


def _releases(evidence: SituationEvidence, policy: Policy, began: datetime) -> Iterator[Change]:
    for release in evidence.releases.value if isinstance(evidence.releases, Known) else ():
        projects = release.projects or (None,)
        deploys = [deploy for deploy in release.deploys or () if (deploy.finished or deploy.started) is not None]
        for deploy in deploys:
            where = f" to {quoted(deploy.environment)}" if deploy.environment else ""
            at = deploy.finished or deploy.started
            if at is not None and _is_around(at, began, evidence.window.end):
                yield _change(at, f"deploy of {quoted(release.version)}{where}", "deploy", projects[0], began)
        start = release_start(release, policy)
        if not deploys and start is not None and _is_around(start, began, evidence.window.end):
            yield _change(start, f"release {quoted(release.version)}", "release", projects[0], began)


def _flags(evidence: SituationEvidence, began: datetime) -> Iterator[Change]:
    for change in evidence.flag_changes.value if isinstance(evidence.flag_changes, Known) else ():
        if _is_around(change.at, began, evidence.window.end):
            by = f" by {quoted(change.by)}" if change.by else ""
            yield _change(
                change.at, f"flag {quoted(change.flag)} {change.action or 'changed'}{by}", "flag", None, began
            )


def _is_around(at: datetime, began: datetime, end: datetime) -> bool:
    return began - BEFORE <= at <= end


def _change(at: datetime, what: str, kind: str, project: str | None, began: datetime) -> Change:
    shown = began.replace(second=0, microsecond=0) - at.replace(second=0, microsecond=0)
    minutes = round(shown.total_seconds() / 60)
    return Change.model_validate({"at": at, "what": what, "kind": kind, "project": project, "minutes_before": minutes})
