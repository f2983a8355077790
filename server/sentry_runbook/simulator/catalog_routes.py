"""The endpoints about the organization itself: projects, environments, releases, deploys."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from sentry_runbook.simulator.clock import iso
from sentry_runbook.simulator.issue_routes import base_url
from sentry_runbook.simulator.params import (
    answer,
    environments,
    forbidden,
    not_found,
    page,
    profile_of,
    projects,
    world_of,
)
from sentry_runbook.simulator.people import BOT, person
from sentry_runbook.simulator.profile import Profile
from sentry_runbook.simulator.records import (
    ProjectRecord,
    ReleaseRecord,
    number_id,
)
from sentry_runbook.simulator.release_payloads import commit, deploy, deploys, release
from sentry_runbook.simulator.world import ORGANIZATION

CREATED = "2024-02-05T09:00:00Z"
ORGANIZATION_ID = "4508110000000001"
_PROJECT_FLAGS = (
    "AgentMonitoring",
    "AppStart",
    "Assets",
    "Caches",
    "Db",
    "Http",
    "MCP",
    "Queues",
    "ScreenLoad",
    "Vitals",
)


async def index(request: Request) -> Response:
    """Answer ``GET /api/0/``: the version, and what the token may do."""
    scopes = request.state.scopes
    known = None if scopes is None else {"scopes": sorted(scopes)}
    return answer({"version": "0", "auth": known, "user": person(BOT) if known else None})


def _organization(request: Request) -> dict[str, object]:
    base = base_url(request)
    return {
        "id": ORGANIZATION_ID,
        "slug": ORGANIZATION,
        "name": "Acme",
        "status": {"id": "active", "name": "active"},
        "dateCreated": CREATED,
        "isEarlyAdopter": False,
        "require2FA": False,
        "avatar": {"avatarType": "letter_avatar", "avatarUuid": None, "avatarUrl": None},
        "allowMemberInvite": True,
        "allowMemberProjectCreation": True,
        "allowSuperuserAccess": False,
        "links": {"organizationUrl": f"{base}/organizations/{ORGANIZATION}", "regionUrl": base},
        "hasAuthProvider": False,
        "features": ["discover-basic", "performance-view", *(["global-views"] * profile_of(request).global_views)],
        "access": sorted(request.state.scopes or ()),
    }


async def organizations(request: Request) -> Response:
    """Answer with the one organization."""
    rows, links = page(request, [_organization(request)])
    return answer(list(rows), links)


async def organization(request: Request) -> Response:
    """Answer with the organization's details."""
    return answer(_organization(request))


def _project(project: ProjectRecord, now: int, profile: Profile) -> dict[str, object]:
    latest: dict[str, dict[str, str]] = {}
    marks = [(mark, record) for record in project.releases for mark in record.deploys if mark.at <= now]
    for mark, record in sorted(marks, key=lambda pair: pair[0].at):
        latest[mark.environment] = {"version": record.version, "dateFinished": iso(mark.at)}
    newest = project.newest_release(now)
    first = project.events.first()
    team = {"id": number_id("team", project.slug, digits=5), "name": project.slug, "slug": project.slug}
    flags = dict.fromkeys((f"hasInsights{name}" for name in _PROJECT_FLAGS), False)
    kinds = ("Feedbacks", "Flags", "MinifiedStackTrace", "Monitors", "NewFeedbacks", "Profiles", "Replays")
    flags |= dict.fromkeys((f"has{name}" for name in (*kinds, "Logs", "TraceMetrics", "UserReports")), False)
    return {
        "id": project.id,
        "slug": project.slug,
        "name": project.slug,
        "platform": project.platform,
        "platforms": [project.platform],
        "dateCreated": CREATED,
        "isBookmarked": False,
        "isMember": profile.member and profile.may_read(project.slug),
        "hasAccess": profile.may_read(project.slug),
        "access": [],
        "features": [],
        "firstEvent": iso(first.at) if first and first.at <= now else None,
        "firstTransactionEvent": bool(project.spans.until(now)),
        "hasSessions": bool(project.sessions.until(now)),
        "team": team,
        "teams": [team],
        "environments": project.reporting_environments(now),
        "latestRelease": {"version": newest.version} if newest else None,
        "latestDeploys": latest or None,
        **flags,
    }


async def project_list(request: Request) -> Response:
    """Answer with the projects and their latest deploys by environment."""
    world = world_of(request)
    now = world.now_ms()
    wanted = request.query_params.get("query", "").lower().removeprefix("slug:")
    matching = [project for project in world.projects if wanted in project.slug]
    rows, links = page(request, [_project(project, now, profile_of(request)) for project in matching])
    return answer(list(rows), links)


async def project_get(request: Request) -> Response:
    """Answer with one project."""
    world = world_of(request)
    project = world.find_project(request.path_params["project"])
    if project is None:
        raise not_found()
    if not profile_of(request).may_read(project.slug):
        raise forbidden()
    brief = {"id": ORGANIZATION_ID, "slug": ORGANIZATION, "name": "Acme"}
    return answer(_project(project, world.now_ms(), profile_of(request)) | {"organization": brief})


async def environment_list(request: Request) -> Response:
    """Answer with the environments of the organization, or of the projects asked for."""
    world = world_of(request)
    profile = profile_of(request)
    # Without a project those of the token's user count: of no team, none.
    everything = [project for project in world.projects if profile.may_read(project.slug)]
    only = projects(request, world, profile) if "project" in request.query_params else everything
    names = world.environments(world.now_ms(), only)
    return answer([{"id": number_id("environment", name, digits=6), "name": name} for name in names])


# --- releases -------------------------------------------------------------------------------------------------------


def _releases(request: Request) -> tuple[list[ReleaseRecord], int]:
    world = world_of(request)
    now = world.now_ms()
    everywhere = world.find_release(request.path_params["version"], now)
    releases = [release for release in everywhere if profile_of(request).may_read(release.project.slug)]
    if not releases:
        raise not_found()
    return releases, now


def _seen_in(record: ReleaseRecord, names: frozenset[str | None], now: int) -> bool:
    return any(mark.environment in names and mark.at <= now for mark in record.deploys) or any(
        record.project.by_release().is_seen(record.version, name, now) for name in names
    )


async def release_list(request: Request) -> Response:
    """Answer with the releases, newest first."""
    world, profile = world_of(request), profile_of(request)
    now = world.now_ms()
    query = request.query_params
    names = environments(request, world, now)
    wanted = query.get("query", "")
    grouped: dict[str, list[ReleaseRecord]] = {}
    for project in projects(request, world, profile):
        for record in project.releases:
            if record.at <= now and wanted in record.version and (names is None or _seen_in(record, names, now)):
                grouped.setdefault(record.version, []).append(record)
    newest_first = sorted(grouped.values(), key=lambda records: -min(record.at for record in records))
    rows, links = page(request, newest_first)
    return answer([release(records, now, health=query.get("health") == "1") for records in rows], links)


async def release_get(request: Request) -> Response:
    """Answer with one release."""
    releases, now = _releases(request)
    return answer(release(releases, now, health=request.query_params.get("health") == "1"))


async def deploy_list(request: Request) -> Response:
    """Answer with a release's deploy markers, newest first."""
    releases, now = _releases(request)
    rows, links = page(request, deploys(releases, now))
    return answer([deploy(mark) for mark in rows], links)


async def commit_list(request: Request) -> Response:
    """Answer with a release's commits, newest first."""
    releases, now = _releases(request)
    commits = sorted((entry for entry in releases[0].commits if entry.at <= now), key=lambda entry: -entry.at)
    rows, links = page(request, commits)
    return answer([commit(entry, releases) for entry in rows], links)
