"""Rows of the table of the evidence around releases: the deploys and commits to suspect; and the alerts."""

from __future__ import annotations

from sentry_runbook.collect.batch import Request
from sentry_runbook.collect.collection import Collection, Part, PartValue
from sentry_runbook.collect.event_parts import EVENT, Objects
from sentry_runbook.collect.question import Aspect
from sentry_runbook.collect.request_values import (
    event_id_of,
    first_seen,
    first_version,
    project_id,
    project_slug,
    suspect_version,
    tells_all_deploys,
)
from sentry_runbook.incident.model.evidence import Alert, Commit, Deploy, Known, Release
from sentry_runbook.incident.model.evidence.lenient import read, read_all


def _deploys_request(collection: Collection) -> Request[Objects] | None:
    client, issue, question = collection.client, collection.issue, collection.question
    version = suspect_version(issue)
    if version is None or _is_long_past(collection, version):
        return None
    return lambda: client.deploys(version, organization=question.reference.organization)


def _is_long_past(collection: Collection, version: str) -> bool:
    """Whether the release only saw the issue's beginning, long before the window.

    When it was deployed explains nothing of what happens now.
    """
    window, began = collection.question.window, first_seen(collection.issue)
    return first_version(collection.issue) == version and began is not None and began < window.start - window.length


def _known_deploys(collection: Collection) -> PartValue | None:
    version = suspect_version(collection.issue)
    if version is None or not tells_all_deploys(collection.issue, version):
        return None
    release = read(Release, collection.issue["firstRelease"], collection.sanitizer)
    return Known(value=release.deploys or (), source="the issue's first release")


def _deploys(collection: Collection, deploys: Objects) -> tuple[Deploy, ...]:
    version = suspect_version(collection.issue)
    return read_all(Deploy, [{**deploy, "version": version} for deploy in deploys], collection.sanitizer)


DEPLOYS = Part(
    field="deploys",
    round=2,
    aspects=(Aspect.RELEASES,),
    request=_deploys_request,
    parse=_deploys,
    source=lambda _: "deploys of the suspect release",
    known=_known_deploys,
)


def _commits_request(collection: Collection) -> Request[Objects] | None:
    client, slug, event = collection.client, project_slug(collection.issue), collection.value(EVENT)
    if event is None or slug is None:
        return None
    organization = collection.question.reference.organization
    return lambda: client.committers(slug, event_id_of(event), organization=organization)


SUSPECT_COMMITS = Part(
    field="suspect_commits",
    round=2,
    aspects=(Aspect.COMMITS,),
    request=_commits_request,
    parse=lambda collection, commits: read_all(Commit, commits, collection.sanitizer),
    source=lambda _: "suspect commits of the event",
)


def _alerts_request(collection: Collection) -> Request[Objects]:
    client, project = collection.client, project_id(collection.issue)
    return lambda: client.workflows(project, organization=collection.question.reference.organization)


ALERTS = Part(
    field="alerts",
    round=2,
    aspects=(Aspect.ALERTS,),
    request=_alerts_request,
    parse=lambda collection, alerts: read_all(Alert, alerts, collection.sanitizer),
    source=lambda _: "alerts of the project",
)
