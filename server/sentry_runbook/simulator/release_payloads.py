"""Releases, deploys and commits as Sentry answers them."""

from __future__ import annotations

from collections.abc import Sequence

from sentry_runbook.simulator.clock import iso
from sentry_runbook.simulator.people import person
from sentry_runbook.simulator.records import (
    DAY,
    CommitRecord,
    DeployRecord,
    ProjectRecord,
    ReleaseRecord,
    number_id,
)
from sentry_runbook.simulator.versions import short_version, version_info


def deploy(record: DeployRecord) -> dict[str, object]:
    """Return a deploy marker."""
    return {
        "id": record.id,
        "environment": record.environment,
        "dateStarted": iso(record.started) if record.started is not None else None,
        "dateFinished": iso(record.at),
        "name": None,
        "url": None,
    }


def deploys(releases: Sequence[ReleaseRecord], now: int) -> list[DeployRecord]:
    """Return the deploys known by now, newest first."""
    known = (mark for release in releases for mark in release.deploys if mark.at <= now)
    return sorted(known, key=lambda mark: -mark.at)


def _repository(name: str) -> dict[str, object]:
    return {
        "id": number_id("repository", name, digits=6),
        "name": name,
        "url": f"https://github.com/{name}",
        "provider": {"id": "integrations:github", "name": "GitHub"},
        "status": "active",
        "dateCreated": "2024-02-05T09:00:00Z",
        "integrationId": None,
        "externalSlug": name,
        "externalId": None,
    }


def commit(record: CommitRecord, releases: Sequence[ReleaseRecord] = ()) -> dict[str, object]:
    """Return a commit, with its pull request if any."""
    author, repository = person(record.author, record.email), _repository(record.repository)
    pull = None
    if record.pull_request is not None:
        pull = {
            "id": str(record.pull_request),
            "title": record.message.partition("\n")[0],
            "message": record.message,
            "dateCreated": iso(record.at - 3_600_000),
            "mergedAt": iso(record.at),
            "status": "merged",
            "repository": repository,
            "author": author,
            "externalUrl": f"https://github.com/{record.repository}/pull/{record.pull_request}",
        }
    return {
        "id": record.sha,
        "message": record.message,
        "dateCreated": iso(record.at),
        "pullRequest": pull,
        "suspectCommitType": "via commit in release" if releases else "via SCM integration",
        "repository": repository,
        "author": author,
        "releases": [
            {
                "version": release.version,
                "shortVersion": short_version(release.version),
                "ref": None,
                "url": None,
                "dateReleased": None,
                "dateCreated": iso(release.at),
            }
            for release in releases
        ],
    }


def _last_deploy(records: Sequence[ReleaseRecord], now: int) -> dict[str, object] | None:
    known = deploys(records, now)
    return deploy(known[0]) | {"name": ""} if known else None


def _stats(records: Sequence[ReleaseRecord], now: int) -> dict[str, object]:
    """Return first and last event of a release, and how many issues began in it."""
    times: list[int] = []
    new = 0
    for record in records:
        times += record.project.by_release().event_times(record.version, now)
        for issue in record.project.issues:
            first = issue.events.first()
            new += first is not None and first.at <= now and first.release == record.version
    return {
        "firstEvent": iso(min(times)) if times else None,
        "lastEvent": iso(max(times)) if times else None,
        "newGroups": new,
    }


def release(records: Sequence[ReleaseRecord], now: int, *, health: bool = False) -> dict[str, object]:
    """Return a release; ``records`` is its version in each project that has it."""
    first = min(records, key=lambda record: record.at)
    commits = sorted((entry for entry in first.commits if entry.at <= now), key=lambda entry: -entry.at)
    authors = {entry.email: person(entry.author, entry.email) for entry in commits}
    return {
        "id": first.id,
        "version": first.version,
        "shortVersion": short_version(first.version),
        "versionInfo": version_info(first.version),
        "status": "open",
        "ref": None,
        "url": None,
        "dateCreated": iso(first.at),
        "dateReleased": None,
        "dateStarted": None,
        **_stats(records, now),
        "commitCount": len(commits),
        "deployCount": len(deploys(records, now)),
        "lastCommit": commit(commits[0], records) if commits else None,
        "lastDeploy": _last_deploy(records, now),
        "authors": list(authors.values()),
        "owner": None,
        "currentProjectMeta": {},
        "data": {},
        "userAgent": None,
        "projects": [_project(record, now, health=health) for record in records],
    }


def _project(record: ReleaseRecord, now: int, *, health: bool) -> dict[str, object]:
    project = record.project
    shown: dict[str, object] = {
        "id": int(project.id),
        "slug": project.slug,
        "name": project.slug,
        "platform": project.platform,
        "platforms": [project.platform],
        "newGroups": _stats([record], now)["newGroups"],
        "hasHealthData": bool(project.sessions.until(now)),
    }
    if health:
        shown["healthData"] = _health(record, now)
    return shown


def _health(record: ReleaseRecord, now: int) -> dict[str, object]:
    last_day = record.project.sessions.window(now - DAY, now + 1)
    day = [minute for minute in last_day if minute.release == record.version]
    count, crashed = sum(minute.count for minute in day), sum(minute.crashed for minute in day)
    # A percentage here, where sessions/ gives a fraction.
    crash_free = 100.0 * (count - crashed) / count if count else None
    return {
        "hasHealthData": bool(day),
        "crashFreeSessions": crash_free,
        "crashFreeUsers": crash_free,
        "adoption": None,
        "sessionsAdoption": None,
        "totalSessions": count,
        "totalSessions24h": count,
        "sessionsCrashed": crashed,
        "sessionsErrored": sum(minute.errored for minute in day),
        "totalUsers": sum(minute.users for minute in day),
        "totalUsers24h": sum(minute.users for minute in day),
        "stats": {},
    }


def release_brief(project: ProjectRecord, version: str, now: int) -> dict[str, object]:
    """Return the release as events and issues carry it; only the version when the project has no such release."""
    record = project.release(version, now)
    if record is None:
        return {"version": version}
    commits = [entry for entry in record.commits if entry.at <= now]
    return {
        "id": record.id,
        "version": version,
        "shortVersion": short_version(version),
        "versionInfo": version_info(version),
        "status": "open",
        "ref": None,
        "url": None,
        "dateCreated": iso(record.at),
        "dateReleased": None,
        "data": {},
        "commitCount": len(commits),
        "deployCount": len(deploys([record], now)),
        "lastCommit": commit(commits[0], [record]) if commits else None,
        "lastDeploy": _last_deploy([record], now),
        "userAgent": None,
    }
