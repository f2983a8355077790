"""What all endpoints share: the paths of an organization, numbers of projects, endpoints that may be absent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlsplit

from sentry_runbook.errors import NotFound, SettingsError
from sentry_runbook.sentry import account, parsing
from sentry_runbook.sentry.account import Organization, Project
from sentry_runbook.sentry.compatibility import Capabilities
from sentry_runbook.sentry.error_detail import named
from sentry_runbook.sentry.messages import RequestInfo, SentryResponse, segment
from sentry_runbook.sentry.retry import RequestSender
from sentry_runbook.sentry.status_errors import ENDPOINT_MISSING, unsupported
from sentry_runbook.server_url import is_saas
from sentry_runbook.settings import Settings

T = TypeVar("T")
READ_EVENTS = ("event:read", "event:write", "event:admin")
WRITE_EVENTS = ("event:write", "event:admin")
READ_ORG = ("org:read", "org:write", "org:admin")
READ_PROJECT = ("project:read", "project:write", "project:admin")
READ_RELEASES = ("project:read", "project:releases", "project:write")
READ_ALERTS = ("alerts:read", "org:read")
Query = list[tuple[str, str]]
Projects = str | Sequence[str] | None
"""Number of a project, or of several."""


class EndpointGroup:
    """One Sentry, as the endpoints see it.

    Args:
        settings: whose organization and host.
        sender: sends the requests.
        capabilities: what is known of this server.
    """

    def __init__(self, settings: Settings, sender: RequestSender, capabilities: Capabilities) -> None:
        self._settings = settings
        self._sender = sender
        self._can = capabilities
        self._only_organization: str | None = None

    @property
    def is_saas(self) -> bool:
        """Whether it is sentry.io, which is always of today: older forms need not be tried."""
        return is_saas(urlsplit(self._settings.base_url).hostname)

    async def _slug(self, named_organization: str | None) -> str:
        """The organization: of the reference, configured, or the only one that the token sees.

        Raises:
            SettingsError: none of these.
        """
        known = named_organization or self._settings.organization or self._only_organization
        if known is not None:
            return known
        organizations = await self.organizations()
        if len(organizations) != 1 or not organizations[0].slug:
            raise SettingsError(
                "No organization is set, and the issue reference names none.",
                "Set SENTRY_ORG to the slug in Sentry's URLs, or paste the issue's URL, which names it.",
            )
        self._only_organization = organizations[0].slug
        return organizations[0].slug

    async def _org_path(self, organization: str | None, tail: str) -> str:
        return f"/api/0/organizations/{segment(await self._slug(organization))}/{tail}"

    async def organizations(self) -> tuple[Organization, ...]:
        """Organizations that the token sees."""
        asked = RequestInfo("the organizations", READ_ORG)
        organizations = await self._sender.get("/api/0/organizations/", (), asked, parsing.objects)
        return tuple(map(account.organization, organizations))

    async def project(self, project: str, organization: str | None = None) -> Project:
        """One project by its slug or number; it has a number.

        Raises:
            NotFound: Sentry knows no such project, or tells no number of it.
        """
        slug = await self._slug(organization)
        path = f"/api/0/projects/{segment(slug)}/{segment(project)}/"
        hint = "Check the project's slug and SENTRY_ORG."
        asked = RequestInfo(f"project {named(project)}", READ_PROJECT, hint=hint)
        found = account.project(await self._sender.get(path, (), asked, parsing.an_object))
        if found.id is None:
            raise NotFound(f"Sentry tells no number for project {named(project)}.", hint, asked=asked.what)
        return found

    async def _project_number(self, project: str, organization: str | None) -> str:
        """A project's number: older servers refuse slugs in searches (sentry-api §2)."""
        if project.isdigit() or project == "-1":
            return project
        return (await self.project(project, organization)).id or project

    async def _optional(
        self,
        ability: str,
        tail: str,
        params: Query,
        asked: RequestInfo,
        parse: Callable[[SentryResponse], T],
        *,
        organization: str | None,
    ) -> T:
        """GET below the organization, of an endpoint that not every server or plan has.

        Raises:
            Unsupported: it is not there; from then on without a request.
        """
        slug = await self._slug(organization)
        if self._can.is_missing(ability, slug):
            raise unsupported(asked)
        try:
            answer = await self._sender.get(f"/api/0/organizations/{segment(slug)}/{tail}", params, asked, parse)
        except ENDPOINT_MISSING as exc:
            self._can.mark_missing(ability, slug)
            # The page or the empty 404 that told it is of no use to the reader.
            raise unsupported(asked, exc.status) from None
        self._can.mark_supported(ability, slug)
        return answer


def span(start: datetime, end: datetime) -> Query:
    """Explicit start and end: reproducible in a postmortem, where a relative period is not."""
    return [("start", time_in_request(start)), ("end", time_in_request(end))]


def time_in_request(at: datetime) -> str:
    """An instant as parameters and searches have it: ISO 8601 in UTC, without a zone (sentry-api §2)."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"


def environments_of(names: Sequence[str]) -> Query:
    """Each name once; an empty one means "no environment"."""
    return [("environment", name) for name in dict.fromkeys(names)]


def projects_of(numbers: Sequence[str]) -> Query:
    """Several projects by their numbers; ``-1`` is all that the token may read."""
    return [("project", number) for number in dict.fromkeys(numbers)]


def in_projects(project_id: Projects) -> Query:
    """The project of a question, or several of them; none: no parameter."""
    if project_id is None or isinstance(project_id, str):
        return given("project", project_id)
    return projects_of(project_id)


def given(name: str, value: str | None) -> Query:
    """A parameter that may be left out."""
    return [(name, value)] if value else []
