"""What belongs to the organization: releases, deploys, commits, flags, alerts, projects, and the token itself."""

from __future__ import annotations

from datetime import datetime

from sentry_runbook.errors import BadRequest, NotFound
from sentry_runbook.incident.model.evidence.json_values import MAX_ITEMS, JsonObject, list_of, object_of
from sentry_runbook.sentry import account, parsing
from sentry_runbook.sentry.account import Organization, Project, TokenOwner
from sentry_runbook.sentry.base import (
    READ_ALERTS,
    READ_EVENTS,
    READ_ORG,
    READ_RELEASES,
    given,
    span,
)
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.error_detail import named
from sentry_runbook.sentry.forms import RequestForm, ask_newest, refused_by
from sentry_runbook.sentry.glitchtip import release_as_sentry
from sentry_runbook.sentry.messages import RequestInfo, SentryResponse, segment
from sentry_runbook.sentry.release_lists import ReleaseListEndpoints
from sentry_runbook.sentry.status_errors import ENDPOINT_MISSING, unsupported

PROJECT_PAGE, MOST_PROJECT_PAGES = 100, 10
COMMITS = RequestInfo("suspect commits", READ_EVENTS, hint="They stay unknown on this server.")


class OrganizationEndpoints(ReleaseListEndpoints):
    """Endpoints of the organization."""

    async def release(self, version: str, *, organization: str | None = None) -> JsonObject:
        """One release.

        Raises:
            NotFound: Sentry knows no such release.
        """
        asked = RequestInfo(
            f"release {named(version)}", READ_RELEASES, "releases", "Check the version, or create the release first."
        )
        path = await self._org_path(organization, f"releases/{segment(version)}/")
        release = await self._sender.get(path, (), asked, parsing.versioned)
        return release_as_sentry(release) if self._can.server == "glitchtip" else release

    async def deploys(self, version: str, *, organization: str | None = None) -> tuple[JsonObject, ...]:
        """Deploy markers of a release, newest first."""
        asked = RequestInfo("the deploys of the release", READ_RELEASES, "releases")
        tail = f"releases/{segment(version)}/deploys/"
        return await self._optional("deploys", tail, [], asked, parsing.objects, organization=organization)

    async def committers(self, project: str, event: str, *, organization: str | None = None) -> tuple[JsonObject, ...]:
        """Suspect commits of an event, each with its ``author``; an empty tuple when Sentry found none."""
        slug = await self._slug(organization)
        if self._can.is_missing("committers", slug):
            raise unsupported(COMMITS)
        path = f"/api/0/projects/{segment(slug)}/{segment(project)}/events/{segment(event)}/committers/"
        try:
            commits = await self._sender.get(path, (), COMMITS, suspects)
        except ENDPOINT_MISSING as exc:
            self._can.mark_missing("committers", slug)
            raise unsupported(COMMITS, exc.status) from None
        except NotFound:
            # Sentry answers 404, with words, when it simply found no suspect commit.
            self._can.mark_supported("committers", slug)
            return ()
        self._can.mark_supported("committers", slug)
        return commits

    async def workflows(self, project_id: str | None, *, organization: str | None = None) -> tuple[JsonObject, ...]:
        """Alerts of the project and when each last fired, the latest first: a page holds a hundred (sentry-api §17)."""
        slug = await self._slug(organization)
        asked = RequestInfo("the alerts", READ_ALERTS, hint="When they fired stays unknown on this server.")

        async def ask(*order: tuple[str, str]) -> tuple[JsonObject, ...]:
            params = [*given("project", project_id), *order]
            return await self._optional("workflows", "workflows/", params, asked, parsing.objects, organization=slug)

        forms: tuple[RequestForm[tuple[JsonObject, ...]], ...] = (
            RequestForm(
                ask=lambda: ask(("sortBy", "-lastTriggered")),
                ability="alert_order",
                is_refusal=refused_by(BadRequest),
            ),
            RequestForm(ask=ask),
        )
        return await ask_newest(forms, self._can, slug)

    async def flag_changes(
        self, start: datetime, end: datetime, *, organization: str | None = None
    ) -> tuple[JsonObject, ...]:
        """Changes of feature flags between two instants, newest first, of the whole organization; at most a hundred.

        They come from the flag provider's webhook: an organization without one has none.
        """
        asked = RequestInfo("the changes of feature flags", READ_ORG, hint="They stay unknown on this server.")
        # Oldest first unless asked otherwise: then the page would end before the incident.
        params = [("per_page", "100"), ("sort", "-created_at"), *span(start, end)]
        return await self._optional("flags", "flags/logs/", params, asked, flag_rows, organization=organization)

    # --- who and where

    async def whoami(self) -> TokenOwner:
        """Whose token it is, and its scopes."""
        return await self._sender.get("/api/0/", (), RequestInfo("the API's root"), account.token_owner)

    async def organization(self, slug: str | None = None) -> Organization:
        """One organization."""
        name = await self._slug(slug)
        asked = RequestInfo(
            f"organization {named(name)}", READ_ORG, hint="Check SENTRY_ORG: it is the slug in Sentry's URLs."
        )
        path = f"/api/0/organizations/{segment(name)}/"
        return account.organization(await self._sender.get(path, (), asked, parsing.an_object))

    async def projects(self, organization: str | None = None) -> tuple[Project, ...]:
        """The organization's projects, a hundred a page, at most :data:`MOST_PROJECT_PAGES` pages."""
        found: list[Project] = []
        cursor: str | None = None
        for _ in range(MOST_PROJECT_PAGES):
            page = await self.project_page(organization, cursor)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
        return tuple(found)

    async def project_page(self, organization: str | None = None, cursor: str | None = None) -> ListPage[Project]:
        """One page of the organization's projects."""
        path = await self._org_path(organization, "projects/")
        asked = RequestInfo("the projects", READ_ORG, hint="Check SENTRY_ORG.")
        params = [("per_page", str(PROJECT_PAGE)), *given("cursor", cursor)]
        page = await self._sender.get(path, params, asked, parsing.page)
        return ListPage(tuple(map(account.project, page.items)), page.next_cursor)

    async def environments(
        self, organization: str | None = None, *, project_id: str | None = None, hidden: bool = False
    ) -> ListPage[str]:
        """Names of the environments, of one project or of the whole organization; GlitchTip gives them in pages.

        Args:
            organization: None means the configured one.
            project_id: None means those of the projects that the token's user is a member of.
            hidden: also those that somebody hid from Sentry's own lists; alerts look at them all the same.
        """
        path = await self._org_path(organization, "environments/")
        asked = RequestInfo("the environments", READ_ORG)
        query = [*given("project", project_id), *given("visibility", "all" if hidden else None)]
        page = await self._sender.get(path, query, asked, parsing.page)
        named = (parsing.text(environment.get("name")) for environment in page.items)
        return ListPage(tuple(name for name in named if name), page.next_cursor)


def suspects(reply: SentryResponse) -> tuple[JsonObject, ...]:
    """The commits of all committers, each with the name of its author."""
    commits: list[JsonObject] = []
    for committer in map(object_of, list_of(parsing.an_object(reply).get("committers"))):
        author = object_of(committer.get("author")).get("name")
        commits += [{**commit, "author": author} for commit in map(object_of, list_of(committer.get("commits")))]
    return tuple(commits[:MAX_ITEMS])


def flag_rows(reply: SentryResponse) -> tuple[JsonObject, ...]:
    """The rows of the flag log: ``{"data": [...]}``."""
    return parsing.objects_of(parsing.an_object(reply).get("data"))
