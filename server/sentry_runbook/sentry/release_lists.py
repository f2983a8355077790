"""Lists of releases: of one project, and of all that the token may read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sentry_runbook.errors import BadRequest
from sentry_runbook.incident.model.evidence.json_values import JsonObject, list_of, object_of
from sentry_runbook.sentry import parsing
from sentry_runbook.sentry.base import READ_RELEASES, EndpointGroup, environments_of, given
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.glitchtip import release_as_sentry
from sentry_runbook.sentry.messages import RequestInfo

ALL = "all_releases"
"""The ability to list the releases of all projects; by project: to list enough of that one among them."""
FEWEST_OWN = 2
"""Releases of the project that a list must hold: the suspect one, and the one before it."""


@dataclass(frozen=True)
class ReleaseLists:
    """Releases, newest first.

    Attributes:
        own: of the project.
        others: of other projects alone; None where they are not listed.
        has_more: whether older ones of all projects are left out.
    """

    own: tuple[JsonObject, ...]
    others: tuple[JsonObject, ...] | None = None
    has_more: bool = False


class ReleaseListEndpoints(EndpointGroup):
    """Endpoints that list releases."""

    async def releases(
        self,
        project_id: str | None,
        *,
        limit: int = 20,
        environments: Sequence[str] = (),
        organization: str | None = None,
    ) -> tuple[JsonObject, ...]:
        """The project's releases, newest first; ``environments``: seen there, not only deployed there."""
        page = await self._release_page(project_id, limit, environments, organization)
        return page.items

    async def release_lists(
        self, project_id: str | None, *, limit: int, own_limit: int, own_apart: bool, organization: str | None = None
    ) -> ReleaseLists:
        """The latest releases of all projects that the token may read, parted into the project's own and the others.

        Where these hold too few of the project's own, its own are asked for once more, alone; for a while after that
        :meth:`tells_own_apart` says so, and the caller can ask for both at once.

        Args:
            project_id: the project whose releases are its own.
            limit: how many of all, newest first.
            own_limit: how many when they are asked for alone.
            own_apart: the caller asks for the project's own by itself: they are not asked for here.
            organization: None means the configured one.
        """
        slug = await self._slug(organization)
        try:
            page = await self._release_page(None, limit, (), slug)
        except BadRequest:
            if own_apart:
                raise
            own = await self.releases(project_id, limit=own_limit, organization=slug)
            self._can.mark_missing(ALL, slug)
            return ReleaseLists(own)
        self._can.mark_supported(ALL, slug)
        parted = parted_releases(page.items, project_id)
        own = parted.own
        if not own_apart and (not own or (len(own) < FEWEST_OWN and page.next_cursor is not None)):
            own = await self.releases(project_id, limit=own_limit, organization=slug)
            self._can.mark_missing(ALL, f"{slug}/{project_id}")
        return ReleaseLists(own, parted.others, has_more=page.next_cursor is not None)

    async def tells_own_apart(self, project_id: str | None, organization: str | None = None) -> bool:
        """Whether the list of all projects is known to hold too few releases of this one."""
        return self._can.is_missing(ALL, f"{await self._slug(organization)}/{project_id}")

    async def lacks_release_list(self, organization: str | None = None) -> bool:
        """Whether this server is known to list releases by project only."""
        return self._can.is_missing(ALL, await self._slug(organization))

    async def _release_page(
        self, project_id: str | None, limit: int, environments: Sequence[str], organization: str | None
    ) -> ListPage[JsonObject]:
        params = [("per_page", str(limit)), *given("project", project_id), *environments_of(environments)]
        asked = RequestInfo("the releases", READ_RELEASES, "releases")
        page = await self._optional("releases", "releases/", params, asked, parsing.page, organization=organization)
        if self._can.server != "glitchtip":
            return page
        return replace(page, items=tuple(map(release_as_sentry, page.items)))


def parted_releases(releases: Iterable[JsonObject], project_id: str | None) -> ReleaseLists:
    """The project's own releases, and those of other projects alone."""
    own: list[JsonObject] = []
    others: list[JsonObject] = []
    for release in releases:
        ids = {parsing.text(object_of(project).get("id")) for project in list_of(release.get("projects"))}
        (own if project_id in ids else others).append(release)
    return ReleaseLists(tuple(own), tuple(others))
