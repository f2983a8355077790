"""Rows of the table of the evidence that list releases: the project's own, and those of all other projects.

One request brings both: the latest releases of all projects that the token may read. It may hold too few of the
project's own, where many projects release often; then these are asked for alone, from the next time on at once. Of an
issue without a release they are asked for at once too: there is nothing to tell that a list without any lacks some.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from sentry_runbook.collect.batch import Request
from sentry_runbook.collect.collection import Collection, Part, PartValue
from sentry_runbook.collect.event_parts import Objects
from sentry_runbook.collect.question import Aspect
from sentry_runbook.collect.request_values import project_id, project_slug, suspect_version
from sentry_runbook.collect.series_parts import series_start
from sentry_runbook.errors import NotFound, RunbookError
from sentry_runbook.incident.formatting import count
from sentry_runbook.incident.model.evidence import Release, Unknown
from sentry_runbook.incident.model.evidence.json_values import JsonObject, list_of, moment_of, object_of
from sentry_runbook.incident.model.evidence.lenient import read_all
from sentry_runbook.sentry.release_lists import ReleaseLists

MAX_RELEASES = 20
"""Of the project, when they are asked for alone."""
MAX_OF_ALL = 50
MAX_OTHERS = 30
LEAD_IN = timedelta(hours=6)
"""What was released so long before an incident may explain it."""
ReleasePlan = Literal["together", "apart", "own"]
"""How the lists are asked for: in one request, each by its own at once, or the project's alone."""


async def release_plan(collection: Collection) -> ReleasePlan:
    """How the releases are asked for; without a request, by what is known of server and project."""
    client, question, project = collection.client, collection.question, project_id(collection.issue)
    organization = question.reference.organization
    if not question.wants(Aspect.RELEASES) or client.server == "glitchtip" or project is None:
        return "own"
    try:
        if await client.lacks_release_list(organization):
            return "own"
        is_apart = await client.tells_own_apart(project, organization)
    except RunbookError:
        return "own"  # which organization it is cannot be told; the requests will say so
    return "apart" if is_apart or suspect_version(collection.issue) is None else "together"


def _named_release_request(collection: Collection) -> Request[Objects] | None:
    client, version = collection.client, collection.question.release
    if not version or version == "latest":
        return None

    async def ask() -> Objects:
        try:
            return (await client.release(version, organization=collection.question.reference.organization),)
        except NotFound:
            # Sentry knows no such release: that is an answer.
            return ()

    return ask


NAMED_RELEASE = Part(
    field="releases",
    round=1,
    aspects=(Aspect.RELEASE,),
    request=_named_release_request,
    parse=lambda collection, releases: read_all(Release, releases, collection.sanitizer),
    source=lambda _: "release by its version",
)


def _all_request(collection: Collection) -> Request[ReleaseLists] | None:
    if collection.release_plan == "own":
        return None
    client, project = collection.client, project_id(collection.issue)
    return lambda: client.release_lists(
        project,
        limit=MAX_OF_ALL,
        own_limit=MAX_RELEASES,
        own_apart=collection.release_plan == "apart",
        organization=collection.question.reference.organization,
    )


def _why_no_others(collection: Collection) -> PartValue | None:
    if collection.release_plan == "own" and collection.client.server != "glitchtip":
        return Unknown(why="this server lists releases by project only")
    return None


def _earliest(collection: Collection) -> datetime:
    """From when on another project's release may explain what the series show."""
    return series_start(collection.question.window) - LEAD_IN


def _is_recent(release: JsonObject, since: datetime) -> bool:
    deploy = object_of(release.get("lastDeploy"))
    dates = (release.get("dateCreated"), release.get("dateReleased"), deploy.get("dateFinished"))
    return any(at is not None and at >= since for at in map(moment_of, dates))


def _others(collection: Collection, lists: ReleaseLists) -> tuple[Release, ...] | Unknown:
    if lists.others is None:
        return Unknown(why="this server lists releases by project only")
    since = _earliest(collection)
    recent = [release for release in lists.others if _is_recent(release, since)]
    return read_all(Release, recent[:MAX_OTHERS], collection.sanitizer)


def _others_note(collection: Collection, lists: ReleaseLists) -> str:
    """That releases are missing: older ones than those that a page holds, of the time that counts."""
    others = lists.others or ()
    oldest = min(filter(None, (moment_of(release.get("dateCreated")) for release in others)), default=None)
    if not lists.has_more or oldest is None or oldest < _earliest(collection):
        return ""
    return f"the latest {count(min(len(others), MAX_OTHERS), 'release')} of other projects; there are more"


OTHER_RELEASES = Part(
    field="other_releases",
    round=2,
    aspects=(Aspect.RELEASES,),
    request=_all_request,
    parse=_others,
    note=_others_note,
    source=lambda _: "releases of the organization, newest first",
    known=_why_no_others,
)


def _own_request(collection: Collection) -> Request[ReleaseLists] | None:
    """None where the list of all projects brings them."""
    if collection.release_plan == "together":
        return None
    client, project, question = collection.client, project_id(collection.issue), collection.question
    named = collection.value(NAMED_RELEASE)

    async def ask() -> ReleaseLists:
        try:
            listed = await client.releases(project, limit=MAX_RELEASES, organization=question.reference.organization)
            if client.server == "glitchtip":
                listed = _of_project(listed, project_slug(collection.issue))
        except RunbookError:
            if named is None:
                raise
            return ReleaseLists(named)  # whether Sentry knows the release that was named is told all the same
        return ReleaseLists((*(named or ()), *listed))

    return ask


def _of_project(releases: Objects, slug: str | None) -> Objects:
    """The releases of a project: GlitchTip lists those of all, with the projects by slug."""
    named = ((release, list_of(release.get("projects"))) for release in releases)
    slugs = ((release, {object_of(project).get("slug") for project in projects}) for release, projects in named)
    return tuple(release for release, known in slugs if not known or slug in known)


RELEASES = Part(
    field="releases",
    round=2,
    aspects=(Aspect.RELEASES, Aspect.RELEASE_LIST),
    request=_own_request,
    parse=lambda collection, lists: read_all(Release, lists.own, collection.sanitizer),
    source=lambda _: "releases of the project, newest first",
    reads=OTHER_RELEASES,
)
"""With the release that was named, where one was: it may be older than those that the list holds."""
