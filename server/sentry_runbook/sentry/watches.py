"""Cron monitors and uptime checks, each with what became of its latest checks.

Paths and keys are from Sentry's public documentation ("Retrieve a Monitor", "Retrieve Check-Ins for a Monitor") and,
for uptime, which is undocumented, from the endpoints' serializers. Scopes: alerts:read or project:read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from sentry_runbook.incident.model.evidence.json_values import JsonObject
from sentry_runbook.sentry import parsing
from sentry_runbook.sentry.base import EndpointGroup, Query, environments_of, given, span
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.error_detail import named
from sentry_runbook.sentry.forms import RequestForm, ask_newest, refused_by
from sentry_runbook.sentry.messages import RequestInfo, SentryResponse, segment
from sentry_runbook.sentry.status_errors import ENDPOINT_MISSING

T = TypeVar("T")
READ_WATCHES = ("alerts:read", "project:read")
PAGE = ("per_page", "100")
GONE_HINT = "It may have been deleted or renamed: give its name in words, or ask without alert."
BY_PROJECT = "crons_by_project"


class WatchEndpoints(EndpointGroup):
    """Endpoints of cron monitors and uptime checks."""

    async def cron_monitor(self, project: str | None, slug: str, *, organization: str | None = None) -> JsonObject:
        """A cron monitor, by its slug or id.

        Args:
            project: slug or number, in which its slug is unique; None where the link names none.
            slug: or its id, a UUID.
            organization: None means the configured one.

        Raises:
            NotFound: Sentry knows no such monitor.
        """
        what = f"cron monitor {named(slug)}" + (f" of project {named(project)}" if project else "")
        asked = RequestInfo(what, READ_WATCHES, hint=GONE_HINT)
        tail = f"monitors/{segment(slug)}/"
        return await self._of_cron(project, tail, [], asked, parsing.identified("id", "slug"), organization)

    async def cron_monitors_named(self, words: str, *, organization: str | None = None) -> ListPage[JsonObject]:
        """A page of the cron monitors whose name or slug holds the words."""
        asked = RequestInfo("the cron monitors", READ_WATCHES, hint=GONE_HINT)
        path = await self._org_path(organization, "monitors/")
        return await self._sender.get(path, [("query", words), PAGE], asked, parsing.page)

    async def check_ins(
        self,
        project: str | None,
        slug: str,
        start: datetime,
        end: datetime,
        *,
        environments: Sequence[str] = (),
        cursor: str | None = None,
        organization: str | None = None,
    ) -> ListPage[JsonObject]:
        """A page of a cron monitor's check-ins, newest first, a hundred; of all environments, or of any of these."""
        asked = RequestInfo("the check-ins of the cron monitor", READ_WATCHES, hint=GONE_HINT)
        query = [PAGE, *span(start, end), *environments_of(environments), *given("cursor", cursor)]
        tail = f"monitors/{segment(slug)}/checkins/"
        return await self._of_cron(project, tail, query, asked, parsing.page, organization)

    async def _of_cron(
        self,
        project: str | None,
        tail: str,
        query: Query,
        asked: RequestInfo,
        parse: Callable[[SentryResponse], T],
        organization: str | None,
    ) -> T:
        """GET of a cron monitor, below its project: before 2024 it was reached through its organization alone."""
        slug = segment(await self._slug(organization))

        async def ask(below: str) -> T:
            return await self._sender.get(f"/api/0/{below}/{tail}", query, asked, parse)

        forms = [RequestForm(ask=lambda: ask(f"organizations/{slug}"))]
        if project:
            below = f"projects/{slug}/{segment(project)}"
            newest = RequestForm(ask=lambda: ask(below), ability=BY_PROJECT, is_refusal=refused_by(*ENDPOINT_MISSING))
            forms.insert(0, newest)
        return await ask_newest(forms, self._can, slug, is_current=self.is_saas)

    async def uptime_check(self, project: str, number: str, *, organization: str | None = None) -> JsonObject:
        """An uptime check, by its number.

        Raises:
            NotFound: Sentry knows no such check.
        """
        asked = RequestInfo(f"uptime check {named(number)} of project {named(project)}", READ_WATCHES, hint=GONE_HINT)
        path = await self._uptime_path(project, number, organization)
        return await self._sender.get(path, (), asked, parsing.identified("id"))

    async def uptime_results(
        self, project: str, number: str, start: datetime, end: datetime, *, organization: str | None = None
    ) -> ListPage[JsonObject]:
        """A page of what became of an uptime check, newest first, a hundred."""
        asked = RequestInfo("the results of the uptime check", READ_WATCHES, hint=GONE_HINT)
        path = await self._uptime_path(project, number, organization)
        return await self._sender.get(f"{path}checks/", [PAGE, *span(start, end)], asked, parsing.page)

    async def _uptime_path(self, project: str, number: str, organization: str | None) -> str:
        slug = await self._slug(organization)
        return f"/api/0/projects/{segment(slug)}/{segment(project)}/uptime/{segment(number)}/"
