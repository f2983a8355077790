"""Issues and their events: reading."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Literal

from sentry_runbook.errors import BadRequest, NotFound, SentryError
from sentry_runbook.incident.model.evidence.json_values import JsonObject
from sentry_runbook.sentry import parsing
from sentry_runbook.sentry.base import READ_EVENTS, Query, environments_of, given, span
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.forms import RequestForm, ask_newest, refused_by
from sentry_runbook.sentry.ids import NAMED_EVENTS, IssueRef, event_id
from sentry_runbook.sentry.messages import RequestInfo
from sentry_runbook.sentry.parse_issue_stats import EventBuckets, issue_stats
from sentry_runbook.sentry.paths import EVENT_HINT, ISSUE_HINT, ISSUE_LIST, IssuePaths
from sentry_runbook.sentry.status_errors import (
    ENDPOINT_MISSING,
    OneProjectAtATime,
    one_project_at_a_time,
    unsupported,
)

GLITCHTIP_SORTS = {"date": "-last_seen", "new": "-first_seen", "freq": "-count", "user": "-count"}


class IssueEndpoints(IssuePaths):
    """Endpoints that read issues and events."""

    async def issue(self, ref: IssueRef, *, environments: Sequence[str] = (), fresh: bool = False) -> JsonObject:
        """Issue details: counts over all time, stats, activity.

        Args:
            ref: which issue; a merged one answers as the surviving one, with another id.
            environments: narrow first and last seen and users, never ``count`` (sentry-api rule 2).
            fresh: not from the cache, for what is about to be changed or was just changed.
        """
        asked = RequestInfo(self._named(ref), READ_EVENTS, "issue", ISSUE_HINT)
        parse = parsing.identified("id")
        issue = await self._get_issue_resource(ref, "", environments_of(environments), asked, parse, fresh=fresh)
        self._can.observe_issue(issue)
        return _users_unknown(issue) if self._can.server == "glitchtip" else issue

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

        On GlitchTip the page is of all times: ``start`` and ``end`` are not sent, and the caller chooses the rows.

        Raises:
            OneProjectAtATime: no project was given, and this server or plan searches one at a time.
        """
        slug = await self._slug(organization)
        if project is None and self._can.is_missing("global_views", slug):
            raise one_project_at_a_time(ISSUE_LIST)
        number = await self._project_number(project, organization) if project else None
        common = [("query", query), ("limit", str(limit)), *environments_of(environments), *given("cursor", cursor)]
        path = await self._org_path(organization, "issues/")
        if self._can.server != "glitchtip":
            today = [*common, *span(start, end), ("sort", sort), ("project", number or "-1")]
            page = await self._issues_of_sentry(path, today, slug)
            if page is not None:
                return page
        # There start and end are of the first event, and would hide an old issue that spikes now.
        own = [*common, ("sort", GLITCHTIP_SORTS.get(sort, "-last_seen")), *given("project", number)]
        page = await self._sender.get(path, own, ISSUE_LIST, parsing.page)
        self._can.mark_missing("sort")
        return replace(page, items=tuple(map(_users_unknown, page.items)))

    async def _issues_of_sentry(self, path: str, params: Query, slug: str) -> ListPage[JsonObject] | None:
        """The page in Sentry's words; None where the answer, or refusal, shows that GlitchTip read them otherwise."""
        try:
            page = await self._sender.get(path, params, ISSUE_LIST, parsing.page)
        except OneProjectAtATime:
            self._can.mark_missing("global_views", slug)
            raise
        except BadRequest:
            if self._can.server == "glitchtip":
                return None
            raise
        for issue in page.items[:1]:
            self._can.observe_issue(issue)
        if self._can.server == "glitchtip":
            return None
        self._can.mark_supported("sort")
        return page

    async def events(
        self,
        ref: IssueRef,
        *,
        environments: Sequence[str] = (),
        query: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> ListPage[JsonObject]:
        """One page of an issue's events, newest first. An environment that does not exist gives an empty page."""
        # GlitchTip reads limit, Sentry per_page.
        params = [("per_page", str(limit)), ("limit", str(limit)), *environments_of(environments)]
        params += given("query", query) + given("cursor", cursor)
        params += span(start, end) if start and end else []
        asked = RequestInfo(f"the events of {self._named(ref)}", READ_EVENTS, hint=ISSUE_HINT)
        return await self._get_issue_resource(ref, "events/", params, asked, parsing.page)

    async def event(self, ref: IssueRef, which: str, *, environments: Sequence[str] = ()) -> JsonObject:
        """One whole event: ``latest``, ``oldest``, ``recommended`` or an id.

        Servers before 2023 have no ``recommended``: the latest is given instead. GlitchTip has no ``oldest`` either.
        """
        wanted = event_id(which)
        asked = RequestInfo(f"event {wanted} of {self._named(ref)}", READ_EVENTS, "event", EVENT_HINT)
        params = environments_of(environments) if wanted in NAMED_EVENTS else []
        ask = partial(
            self._get_issue_resource, ref, f"events/{wanted}/", params, asked, parsing.identified("eventID", "id")
        )
        if wanted == "oldest":
            return await self._oldest(ask, asked)
        if wanted != "recommended":
            return await ask()
        forms: tuple[RequestForm[JsonObject], ...] = (
            RequestForm(ask=ask, ability=wanted, is_refusal=refused_by(NotFound, BadRequest, *ENDPOINT_MISSING)),
            RequestForm(
                ask=lambda: self.event(ref, "latest", environments=environments), is_refusal=refused_by(SentryError)
            ),
        )
        return await ask_newest(forms, self._can)

    async def _oldest(self, ask: Callable[[], Awaitable[JsonObject]], asked: RequestInfo) -> JsonObject:
        """The oldest event; no other request gives it.

        Where no event matches, it is missing too, which says nothing of the server.

        Raises:
            Unsupported: the server has no oldest event: an absent endpoint, or GlitchTip's 422.
        """
        if self._can.is_missing("oldest"):
            raise unsupported(asked)
        try:
            event = await ask()
        except (BadRequest, *ENDPOINT_MISSING) as exc:
            says_nothing = isinstance(exc, BadRequest) and exc.status != 422
            if says_nothing or self._can.is_supported("oldest"):
                raise
            self._can.mark_missing("oldest")
            raise unsupported(RequestInfo("the oldest event of an issue", hint="It is left out."), exc.status) from None
        self._can.mark_supported("oldest")
        return event

    async def tags(self, ref: IssueRef, *, environments: Sequence[str] = ()) -> tuple[JsonObject, ...]:
        """Tag values of an issue over all time, the most frequent of each."""
        asked = RequestInfo(
            f"the tags of issue {ref.issue}", READ_EVENTS, "tags", "The breakdown by tag stays unknown."
        )
        return await self._get_issue_resource(ref, "tags/", environments_of(environments), asked, parsing.objects)

    async def issue_stats(
        self, issue: str, period: Literal["24h", "14d"], *, organization: str | None = None
    ) -> EventBuckets:
        """Events of an issue by clock hour (``24h``) or day of UTC (``14d``) up to now, over all environments.

        Pairs of a bucket's start in epoch seconds and its events, in order. GlitchTip leaves empty buckets out, and its
        ``userCount`` there repeats the events. Where an issue brings its own buckets, they are the same.

        Args:
            issue: its number.
            period: how far back.
            organization: None means the configured one.

        Raises:
            Unsupported: the server does not tell them by themselves.
        """
        asked = RequestInfo(f"the hourly counts of issue {issue}", READ_EVENTS, "issue", "They stay unknown.")
        return await self._optional(
            "issue_stats",
            "issues-stats/",
            [("groups", issue), ("statsPeriod", period)],
            asked,
            lambda reply: issue_stats(reply, issue, period),
            organization=organization,
        )

    async def lacks_discover(self, organization: str | None = None) -> bool:
        """Whether this server is known to have no Discover; without a request."""
        return self._can.is_missing("discover", await self._slug(organization))

    async def notes(self, ref: IssueRef) -> tuple[JsonObject, ...]:
        """Comments on an issue, newest first. GlitchTip calls them otherwise."""
        asked = RequestInfo(f"the comments of issue {ref.issue}", READ_EVENTS)
        forms: tuple[RequestForm[tuple[JsonObject, ...]], ...] = (
            RequestForm(
                ask=lambda: self._get_issue_resource(ref, "notes/", [], asked, parsing.objects),
                ability="notes",
                is_refusal=refused_by(*ENDPOINT_MISSING),
            ),
            RequestForm(
                ask=lambda: self._get_issue_resource(ref, "comments/", [], asked, parsing.objects),
                is_refusal=refused_by(SentryError),
            ),
        )
        return await ask_newest(forms, self._can, is_current=self.is_saas)


def _users_unknown(issue: JsonObject) -> JsonObject:
    """GlitchTip does not count users and says 0: that is unknown, not nobody."""
    return {**issue, "userCount": None} if issue.get("userCount") in (0, "0") else issue
