"""The list of issues, on servers of any age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sentry_runbook.errors import BadRequest, Forbidden, ServerFault
from sentry_runbook.incident.model.evidence.json_values import JsonObject
from sentry_runbook.sentry import parsing
from sentry_runbook.sentry.base import Query, environments_of, given, span
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.forms import RequestForm, ask_newest, refused_by
from sentry_runbook.sentry.page_place import place_of
from sentry_runbook.sentry.paths import ISSUE_LIST, IssuePaths
from sentry_runbook.sentry.status_errors import OneProjectAtATime, one_project_at_a_time

OLDER_SORTS = {"user": "freq", "trends": "date"}
"""Orders that Sentry of 2019 does not know → the nearest that it knows."""


class IssueListEndpoints(IssuePaths):
    """The endpoint that lists issues."""

    async def searches_one_project(self, organization: str | None = None) -> bool:
        """Whether this server, or its plan, is known to search one project at a time."""
        return self._can.is_missing("global_views", await self._slug(organization))

    async def issues(
        self,
        *,
        query: str,
        project: str | None,
        environments: Sequence[str],
        sort: str,
        start: datetime,
        end: datetime,
        limit: int,
        cursor: str | None,
        organization: str | None = None,
        now: datetime | None = None,
        stats_period: str | None = None,
    ) -> ListPage[JsonObject]:
        """One page of the issues that match a search.

        Args:
            query: always sent, for the server's own default hides issues.
            project: slug or number; None means all that the token sees.
            environments: any of these.
            sort: Sentry's word: date, new, freq, user, trends.
            start: only issues seen from then on.
            end: and before then.
            limit: at most 100.
            cursor: of the page before.
            organization: None means the configured one.
            now: what ages are counted from, where they are applied here; ``end`` when left out.
            stats_period: ``24h`` for each row's events by hour of the last day, whatever the list's own period is.

        Of Sentry of 2019 the answer may be in another order than asked for: the page says which.

        Raises:
            OneProjectAtATime: no project was given, and this server or plan searches one at a time.
        """
        slug = await self._slug(organization)
        if project is None and self._can.is_missing("global_views", slug):
            raise one_project_at_a_time(ISSUE_LIST)
        number = await self._project_number(project, organization) if project else None
        path = await self._org_path(organization, "issues/")
        if self._can.server != "glitchtip":
            common = [("query", query), ("limit", str(limit)), *span(start, end), *environments_of(environments)]
            common += given("cursor", place_of(cursor).page) + given("groupStatsPeriod", stats_period)
            page = await self._issues_of_sentry(path, common, sort, number, slug)
            if page is not None:
                return page
        self._can.mark_missing("sort")
        from sentry_runbook.sentry import glitchtip_lists  # noqa: PLC0415  # only GlitchTip needs it (DESIGN §9)

        return await glitchtip_lists.issues_page(
            lambda params: self._sender.get(path, params, ISSUE_LIST, parsing.page),
            query=query,
            project_id=number,
            environments=environments,
            sort=sort,
            start=start,
            end=end,
            limit=limit,
            cursor=cursor,
            now=now or end,
        )

    async def _issues_of_sentry(
        self, path: str, common: Query, sort: str, number: str | None, slug: str
    ) -> ListPage[JsonObject] | None:
        """The page in Sentry's words; None where the answer, or refusal, shows that GlitchTip read them otherwise."""
        try:
            page = await self._in_an_order(path, common, sort, number)
        except OneProjectAtATime:
            self._can.mark_missing("global_views", slug)
            raise
        except BadRequest:
            if self._can.server == "glitchtip":
                return None
            raise
        for issue in page.items[:1]:
            self._can.observe_issue(issue)
        return None if self._can.server == "glitchtip" else page

    async def _in_an_order(self, path: str, common: Query, sort: str, number: str | None) -> ListPage[JsonObject]:
        """The page in the order asked for, or in one that Sentry of 2019 knows: it fails with 500 on others."""
        older = OLDER_SORTS.get(sort)
        if older is None:
            return await self._of_projects(path, [*common, ("sort", sort)], number)

        async def in_older_order() -> ListPage[JsonObject]:
            page = await self._of_projects(path, [*common, ("sort", older)], number)
            return replace(page, order=older)

        forms: tuple[RequestForm[ListPage[JsonObject]], ...] = (
            RequestForm(
                ask=lambda: self._of_projects(path, [*common, ("sort", sort)], number),
                ability="sort",
                is_refusal=lambda error: isinstance(error, ServerFault) and error.status == 500,
            ),
            RequestForm(ask=in_older_order),
        )
        return await ask_newest(forms, self._can, is_current=self.is_saas)

    async def _of_projects(self, path: str, params: Query, number: str | None) -> ListPage[JsonObject]:
        """The page of one project, or of all: Sentry of 2019 calls ``-1`` forbidden, and means all by none."""

        async def ask(*project: tuple[str, str]) -> ListPage[JsonObject]:
            return await self._sender.get(path, [*params, *project], ISSUE_LIST, parsing.page)

        if number is not None:
            return await ask(("project", number))
        forms: tuple[RequestForm[ListPage[JsonObject]], ...] = (
            RequestForm(ask=lambda: ask(("project", "-1")), ability="all_projects", is_refusal=refused_by(Forbidden)),
            RequestForm(ask=ask, is_refusal=refused_by(Forbidden)),
        )
        return await ask_newest(forms, self._can, is_current=self.is_saas)
