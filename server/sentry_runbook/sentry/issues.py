"""Issues and their events: reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sentry_runbook.errors import BadRequest, NotFound, SentryError
from sentry_runbook.sentry import models, parsing
from sentry_runbook.sentry.base import READ_EVENTS, environments_of, given, span
from sentry_runbook.sentry.messages import Asked, Reply
from sentry_runbook.sentry.paths import EVENT_HINT, ISSUE_HINT, ISSUE_LIST, Places
from sentry_runbook.sentry.references import NAMED_EVENTS, IssueRef, event_id
from sentry_runbook.sentry.status_errors import ABSENT, absent

GLITCHTIP_SORTS = {"date": "-last_seen", "new": "-first_seen", "freq": "-count", "user": "-count"}


class IssueCalls(Places):
    """Endpoints that read issues and events."""

    async def issue(self, ref: IssueRef, *, environments: Sequence[str] = (), fresh: bool = False) -> models.Issue:
        """Issue details: counts over all time, stats, activity.

        Args:
            ref: which issue; a merged one answers as the surviving one, with another id.
            environments: narrow first and last seen and users, never ``count`` (sentry-api rule 2).
            fresh: not from the cache, for what is about to be changed or was just changed.
        """
        asked = Asked(f"issue {ref.issue}", READ_EVENTS, "issue", ISSUE_HINT)
        parse = parsing.one(models.Issue)
        found = await self._on_issue(ref, "", environments_of(environments), asked, parse, fresh=fresh)
        if self._is_glitchtip and not found.user_count:
            # GlitchTip does not count users and says 0: that is unknown, not nobody.
            return found.model_copy(update={"user_count": None})
        return found

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
    ) -> models.Page[models.Issue]:
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
        """
        number = await self._project_number(project, organization) if project else None
        common = [("query", query), ("limit", str(limit)), *span(start, end), *environments_of(environments)]
        common += given("cursor", cursor)
        path = await self._org_path(organization, "issues/")
        parse = parsing.page(models.Issue)
        old = [*common, ("sort", GLITCHTIP_SORTS.get(sort, "-last_seen")), *given("project", number)]
        if self._can.lacks("sort"):
            return await self._sender.get(path, old, ISSUE_LIST, parse)
        today = [*common, ("sort", sort), ("project", number or "-1")]
        try:
            found = await self._sender.get(path, today, ISSUE_LIST, parse)
        except BadRequest as exc:
            if exc.status != 422 or self._can.has("sort"):
                raise
            found = await self._sender.get(path, old, ISSUE_LIST, parse)
            self._can.missed("sort")
            return found
        self._can.found("sort")
        return found

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
    ) -> models.Page[models.EventRow]:
        """One page of an issue's events, newest first. An environment that does not exist gives an empty page."""
        # GlitchTip reads limit, Sentry per_page.
        params = [("per_page", str(limit)), ("limit", str(limit)), *environments_of(environments)]
        params += given("query", query) + given("cursor", cursor)
        params += span(start, end) if start and end else []
        asked = Asked(f"the events of issue {ref.issue}", READ_EVENTS, hint=ISSUE_HINT)
        return await self._on_issue(ref, "events/", params, asked, parsing.page(models.EventRow))

    async def event(self, ref: IssueRef, which: str, *, environments: Sequence[str] = ()) -> models.Event:
        """One whole event: ``latest``, ``oldest``, ``recommended`` or an id.

        Servers before 2023 have no ``recommended``: the latest stands in. GlitchTip has no ``oldest`` either.
        """
        wanted = event_id(which)
        asked = Asked(f"event {wanted} of issue {ref.issue}", READ_EVENTS, "event", EVENT_HINT)
        if self._can.lacks(wanted):
            return await self._instead(ref, wanted, environments, absent(asked))
        params = environments_of(environments) if wanted in NAMED_EVENTS else []
        try:
            found = await self._on_issue(ref, f"events/{wanted}/", params, asked, parsing.one(models.Event))
        except (NotFound, BadRequest, *ABSENT) as exc:
            if wanted not in ("oldest", "recommended") or self._can.has(wanted):
                raise
            return await self._instead(ref, wanted, environments, exc)
        if wanted in ("oldest", "recommended"):
            self._can.found(wanted)
        return found

    async def _instead(
        self, ref: IssueRef, wanted: str, environments: Sequence[str], error: SentryError
    ) -> models.Event:
        """What stands in for a named event that the server does not give."""
        if wanted == "oldest":
            # Where no event matches, the oldest is missing too, which says nothing of the server; GlitchTip says 422.
            if isinstance(error, ABSENT) or error.status == 422:
                self._can.missed(wanted)
                raise absent(Asked("the oldest event of an issue", hint="It is left out."), error.status) from None
            raise error
        try:
            found = await self.event(ref, "latest", environments=environments)
        except SentryError:
            raise error from None
        self._can.missed(wanted)
        return found

    async def tags(self, ref: IssueRef, *, environments: Sequence[str] = ()) -> tuple[models.Tag, ...]:
        """Tag values of an issue over all time, the most frequent of each."""
        asked = Asked(f"the tags of issue {ref.issue}", READ_EVENTS, "tags", "The breakdown by tag stays unknown.")
        return await self._on_issue(ref, "tags/", environments_of(environments), asked, parsing.many(models.Tag))

    async def activities(self, ref: IssueRef) -> tuple[models.Activity, ...]:
        """The activity log, newest first; where it has no endpoint of its own, the one in the issue."""
        if not self._can.lacks("activities"):
            asked = Asked(f"the activity of issue {ref.issue}", READ_EVENTS)
            parse = parsing.many_at("activity", models.Activity)
            try:
                found = await self._on_issue(ref, "activities/", [], asked, parse)
            except ABSENT:
                self._can.missed("activities")
            else:
                self._can.found("activities")
                return found
        return (await self.issue(ref)).activity

    async def notes(self, ref: IssueRef) -> tuple[models.Activity, ...]:
        """Comments on an issue, newest first. GlitchTip calls them otherwise."""
        asked = Asked(f"the comments of issue {ref.issue}", READ_EVENTS)
        parse: Callable[[Reply], tuple[models.Activity, ...]] = parsing.many(models.Activity)
        if self._can.lacks("notes"):
            return await self._on_issue(ref, "comments/", [], asked, parse)
        try:
            found = await self._on_issue(ref, "notes/", [], asked, parse)
        except ABSENT as exc:
            if self._can.has("notes") or self.is_saas:
                raise
            missing = exc
        else:
            self._can.found("notes")
            return found
        try:
            found = await self._on_issue(ref, "comments/", [], asked, parse)
        except SentryError:
            raise missing from None
        self._can.missed("notes")
        return found
