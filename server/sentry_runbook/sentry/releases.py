"""What belongs to the organization: releases, deploys, suspect commits, alerts, projects, and the token itself."""

from __future__ import annotations

from collections.abc import Sequence

from sentry_runbook.errors import NotFound
from sentry_runbook.sentry import models, parsing
from sentry_runbook.sentry.base import (
    READ_ALERTS,
    READ_EVENTS,
    READ_ORG,
    READ_RELEASES,
    Upstream,
    environments_of,
    given,
)
from sentry_runbook.sentry.error_detail import named
from sentry_runbook.sentry.messages import Asked, segment
from sentry_runbook.sentry.status_errors import ABSENT, absent

COMMITS = Asked("suspect commits", READ_EVENTS, hint="They stay unknown on this server.")


class CatalogCalls(Upstream):
    """Endpoints of the organization."""

    async def releases(
        self,
        project_id: str | None,
        *,
        limit: int = 20,
        environments: Sequence[str] = (),
        organization: str | None = None,
    ) -> tuple[models.Release, ...]:
        """The project's releases, newest first; ``environments``: seen there, not only deployed there."""
        params = [("per_page", str(limit)), *given("project", project_id), *environments_of(environments)]
        asked = Asked("the releases", READ_RELEASES, "releases")
        parse = parsing.many(models.Release)
        return await self._optional("releases", "releases/", params, asked, parse, organization=organization)

    async def release(self, version: str, *, organization: str | None = None) -> models.Release:
        """One release.

        Raises:
            NotFound: Sentry knows no such release.
        """
        asked = Asked(
            f"release {named(version)}", READ_RELEASES, "releases", "Check the version, or create the release first."
        )
        path = await self._org_path(organization, f"releases/{segment(version)}/")
        return await self._sender.get(path, (), asked, parsing.one(models.Release))

    async def deploys(self, version: str, *, organization: str | None = None) -> tuple[models.Deploy, ...]:
        """Deploy markers of a release, newest first."""
        asked = Asked("the deploys of the release", READ_RELEASES, "releases")
        tail = f"releases/{segment(version)}/deploys/"
        return await self._optional("deploys", tail, [], asked, parsing.many(models.Deploy), organization=organization)

    async def committers(
        self, project: str, event: str, *, organization: str | None = None
    ) -> tuple[models.SuspectCommit, ...]:
        """Suspect commits of an event; an empty tuple when Sentry found none."""
        slug = await self._slug(organization)
        if self._can.lacks("committers", slug):
            raise absent(COMMITS)
        path = f"/api/0/projects/{segment(slug)}/{segment(project)}/events/{segment(event)}/committers/"
        try:
            found = await self._sender.get(path, (), COMMITS, parsing.one(models.Committers))
        except ABSENT as exc:
            self._can.missed("committers", slug)
            raise absent(COMMITS, exc.status) from None
        except NotFound:
            # Sentry answers 404, with words, when it simply found no suspect commit.
            self._can.found("committers", slug)
            return ()
        self._can.found("committers", slug)
        return found.suspects()

    async def workflows(
        self, project_id: str | None, *, organization: str | None = None
    ) -> tuple[models.Workflow, ...]:
        """Alerts of the project and when each last fired."""
        asked = Asked("the alerts", READ_ALERTS, hint="When they fired stays unknown on this server.")
        params = given("project", project_id)
        parse = parsing.many(models.Workflow)
        return await self._optional("workflows", "workflows/", params, asked, parse, organization=organization)

    # --- who and where

    async def whoami(self) -> models.Whoami:
        """The token's scopes: ``GET /api/0/``; they are None where a server does not tell them."""
        return await self._sender.get("/api/0/", (), Asked("the API's root"), parsing.one(models.Whoami))

    async def organization(self, slug: str | None = None) -> models.Organization:
        """One organization."""
        name = await self._slug(slug)
        asked = Asked(
            f"organization {named(name)}", READ_ORG, hint="Check SENTRY_ORG: it is the slug in Sentry's URLs."
        )
        path = f"/api/0/organizations/{segment(name)}/"
        return await self._sender.get(path, (), asked, parsing.one(models.Organization))

    async def projects(self, organization: str | None = None) -> tuple[models.Project, ...]:
        """The organization's projects (the first hundred)."""
        path = await self._org_path(organization, "projects/")
        asked = Asked("the projects", READ_ORG, hint="Check SENTRY_ORG.")
        return await self._sender.get(path, [("per_page", "100")], asked, parsing.many(models.Project))

    async def environments(self, organization: str | None = None, *, project_id: str | None = None) -> tuple[str, ...]:
        """Names of the environments, of one project or of the whole organization."""
        path = await self._org_path(organization, "environments/")
        found = await self._sender.get(
            path, given("project", project_id), Asked("the environments", READ_ORG), parsing.many(models.Named)
        )
        return tuple(environment.name for environment in found if environment.name)
