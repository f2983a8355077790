"""Issues and their events: reading."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Literal

from sentry_runbook.errors import BadRequest, NotFound, SentryError
from sentry_runbook.incident.model.evidence.json_values import JsonObject, object_of
from sentry_runbook.sentry import glitchtip, parsing
from sentry_runbook.sentry.base import READ_EVENTS, Query, environments_of, given, span
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.forms import RequestForm, ask_newest, refused_by
from sentry_runbook.sentry.ids import NAMED_EVENTS, IssueRef, event_id
from sentry_runbook.sentry.issue_list import IssueListEndpoints
from sentry_runbook.sentry.messages import RequestInfo, segment
from sentry_runbook.sentry.page_place import cut_page, place_of
from sentry_runbook.sentry.parse_issue_stats import EventBuckets, issue_stats
from sentry_runbook.sentry.paths import EVENT_HINT, ISSUE_HINT
from sentry_runbook.sentry.status_errors import (
    ENDPOINT_MISSING,
    unsupported,
)


class IssueEndpoints(IssueListEndpoints):
    """Endpoints that read issues and events."""

    async def issue(
        self, ref: IssueRef, *, environments: Sequence[str] = (), fresh: bool = False, owners: bool = False
    ) -> JsonObject:
        """Issue details: counts over all time, stats, activity.

        Args:
            ref: which issue; a merged one answers as the surviving one, with another id.
            environments: narrow first and last seen and users, never ``count`` (sentry-api rule 2).
            fresh: not from the cache, for what is about to be changed or was just changed.
            owners: with those whom ownership rules and suspect commits name, where the server tells them.
        """
        asked = RequestInfo(self._named(ref), READ_EVENTS, "issue", ISSUE_HINT)
        parse, params = parsing.identified("id"), environments_of(environments)

        async def ask(params: Query) -> JsonObject:
            return await self._get_issue_resource(ref, "", params, asked, parse, fresh=fresh)

        forms = (
            RequestForm(
                ask=lambda: ask([*params, ("expand", "owners")]), ability="owners", is_refusal=refused_by(BadRequest)
            ),
            RequestForm(ask=lambda: ask(params)),
        )
        issue = await (ask_newest(forms, self._can) if owners else ask(params))
        self._can.observe_issue(issue)
        return glitchtip.issue_as_sentry(issue) if self._can.server == "glitchtip" else issue

    @property
    def refuses_owners(self) -> bool:
        """Whether this server is known to refuse an issue with its owners."""
        return self._can.is_missing("owners")

    def lacks_event(self, which: str) -> bool:
        """Whether this server is known to have no such event of an issue (``oldest``, ``recommended``)."""
        return self._can.is_missing(which)

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
        asked = RequestInfo(f"the events of {self._named(ref)}", READ_EVENTS, hint=ISSUE_HINT)

        async def ask(params: Query) -> ListPage[JsonObject]:
            return await self._get_issue_resource(ref, "events/", params, asked, parsing.page)

        has_conditions = bool(environments or query or (start and end))
        if self._can.server != "glitchtip" or not has_conditions:
            place = place_of(cursor)
            # GlitchTip reads limit, Sentry per_page; Sentry of 2019 gives a hundred whatever is asked for.
            params = [("per_page", str(limit)), ("limit", str(limit)), *environments_of(environments)]
            params += given("query", query) + given("cursor", place.page)
            page = cut_page(await ask([*params, *(span(start, end) if start and end else [])]), place, limit)
            if self._can.server != "glitchtip":
                return page
            if not has_conditions:
                return replace(page, items=tuple(map(glitchtip.event_row_as_sentry, page.items)))
        from sentry_runbook.sentry import glitchtip_lists  # noqa: PLC0415  # only GlitchTip needs it (DESIGN §9)

        return await glitchtip_lists.events_page(
            ask, environments=environments, query=query, start=start, end=end, limit=limit, cursor=cursor
        )

    async def event(self, ref: IssueRef, which: str, *, environments: Sequence[str] = ()) -> JsonObject:
        """One whole event: ``latest``, ``oldest``, ``recommended`` or an id.

        Servers before 2023 have no ``recommended``: the latest is given instead. GlitchTip has no ``oldest`` either.
        """
        wanted = event_id(which)
        event = await self._event(ref, wanted, environments)
        if self._can.server != "glitchtip":
            return event
        if environments and wanted in NAMED_EVENTS:
            # It ignores the environment of a single event; a row of the list is a whole event, too.
            return await self._latest_row(ref, environments)
        return glitchtip.event_as_sentry(event)

    async def _event(self, ref: IssueRef, wanted: str, environments: Sequence[str]) -> JsonObject:
        asked = RequestInfo(f"event {wanted} of {self._named(ref)}", READ_EVENTS, "event", EVENT_HINT)
        params = environments_of(environments) if wanted in NAMED_EVENTS else []
        ask = partial(
            self._get_issue_resource, ref, f"events/{wanted}/", params, asked, parsing.identified("eventID", "id")
        )
        if wanted == "oldest":
            return await self._oldest(ask, asked)
        if wanted not in NAMED_EVENTS:
            return await self._event_by_id(ref, wanted, ask, asked)
        if wanted != "recommended":
            return await ask()
        forms: tuple[RequestForm[JsonObject], ...] = (
            RequestForm(ask=ask, ability=wanted, is_refusal=refused_by(NotFound, BadRequest, *ENDPOINT_MISSING)),
            RequestForm(ask=lambda: self._event(ref, "latest", environments), is_refusal=refused_by(SentryError)),
        )
        return await ask_newest(forms, self._can)

    async def _event_by_id(
        self, ref: IssueRef, id_: str, ask: Callable[[], Awaitable[JsonObject]], asked: RequestInfo
    ) -> JsonObject:
        """One event by its id: below its issue, on Sentry of 2019 below its project."""

        async def below_project() -> JsonObject:
            issue = await self.issue(ref)
            project = parsing.text(object_of(issue.get("project")).get("slug")) or ""
            path = f"/api/0/projects/{segment(await self._slug(ref.organization))}/{segment(project)}/events/{id_}/"
            event = await self._sender.get(path, (), asked, parsing.identified("eventID", "id"))
            if parsing.text(event.get("groupID")) != parsing.text(issue.get("id")):
                raise NotFound(f"{self._named(ref).capitalize()} has no event {id_}.", EVENT_HINT, status=404)
            return event

        forms: tuple[RequestForm[JsonObject], ...] = (
            RequestForm(ask=ask, ability="issue_events", is_refusal=refused_by(*ENDPOINT_MISSING)),
            RequestForm(ask=below_project, is_refusal=refused_by(NotFound, *ENDPOINT_MISSING)),
        )
        return await ask_newest(forms, self._can, is_current=self.is_saas)

    async def _latest_row(self, ref: IssueRef, environments: Sequence[str]) -> JsonObject:
        """The latest event of these environments, by the list.

        Raises:
            NotFound: none of the events that were read is of these.
        """
        page = await self.events(ref, environments=environments, limit=1)
        if page.items:
            return glitchtip.event_of_row(page.items[0])
        among = f" among the latest {page.rows_read}" if page.next_cursor is not None else ""
        raise NotFound(f"{self._named(ref).capitalize()} has no event of that environment{among}.", EVENT_HINT)

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

    async def activities(self, ref: IssueRef) -> tuple[JsonObject, ...]:
        """What was done with an issue, newest first, at most a hundred entries.

        By itself, for many issues: Sentry gives the details of an issue five times a second and no more.

        Raises:
            Unsupported: the server has no such log.
        """
        asked = RequestInfo(f"the activity of issue {ref.issue}", READ_EVENTS)

        async def of_details() -> tuple[JsonObject, ...]:
            try:
                return activity_log(await self.issue(ref))
            except ValueError:
                raise unsupported(asked) from None

        forms: tuple[RequestForm[tuple[JsonObject, ...]], ...] = (
            RequestForm(
                ask=lambda: self._get_issue_resource(
                    ref, "activities/", [], asked, lambda reply: activity_log(parsing.an_object(reply))
                ),
                ability="activities",
                is_refusal=refused_by(*ENDPOINT_MISSING),
            ),
            RequestForm(ask=of_details),
        )
        return await ask_newest(forms, self._can, is_current=self.is_saas)

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


def activity_log(answer: JsonObject) -> tuple[JsonObject, ...]:
    """The entries of an issue's log, in its details or by itself: ``{"activity": [...]}``.

    Raises:
        ValueError: it has none.
    """
    log = answer.get("activity")
    if not isinstance(log, list):
        raise ValueError("no activity")  # noqa: TRY004  # see :mod:`.parse_counts`
    return tuple(map(object_of, log))
