"""Issues and their events: read and written, on servers of any age.

Where an issue lives differs: today below its organization, by number or short id; before 2019 and on GlitchTip under
``/api/0/issues/``, by number only. Which it is shows at the first answer. A short id, or an event id alone, is turned
into the number where the server needs that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from sentry_runbook.errors import BadRequest, NotFound, SentryError
from sentry_runbook.sentry import models, replies
from sentry_runbook.sentry.meaning import ABSENT, absent
from sentry_runbook.sentry.references import NAMED_EVENTS, IssueRef, event_id
from sentry_runbook.sentry.upstream import (
    READ_EVENTS,
    WRITE_EVENTS,
    Query,
    Upstream,
    environments_of,
    given,
    span,
)
from sentry_runbook.sentry.wire import Asked, Reply, segment

T = TypeVar("T")
ISSUE_HINT = "Check the id and SENTRY_ORG, or look for it with find_issues."
EVENT_HINT = "No event matches: its retention may be over, or the environment has none."
MOST_NUMBERS = 1000
"""Short ids whose number is remembered."""
SEARCHED_PAGES = 3
"""Pages of the issue list that are searched for a short id, where nothing better is there."""
GLITCHTIP_SORTS = {"date": "-last_seen", "new": "-first_seen", "freq": "-count", "user": "-count"}


class IssueCalls(Upstream):
    """Endpoints of issues and events."""

    _numbers: dict[tuple[str, str], str]

    # --- finding an issue's place

    async def _on_issue(
        self,
        ref: IssueRef,
        tail: str,
        params: Query,
        asked: Asked,
        parse: Callable[[Reply], T],
        *,
        fresh: bool = False,
    ) -> T:
        """GET below an issue, in the form that this server has."""
        if ref.is_event:
            ref = await self._issue_of_event(ref)
        if self._can.lacks("org_issues"):
            return await self._on_old_issue(ref, tail, params, asked, parse, fresh=fresh)
        try:
            return await self._on_org_issue(ref, tail, params, asked, parse, fresh=fresh)
        except ABSENT as missing:
            if self._can.has("org_issues") or self.is_saas:
                raise
            try:
                found = await self._on_old_issue(ref, tail, params, asked, parse, fresh=fresh)
            except (NotFound, *ABSENT):
                found = None
            if found is None:
                raise
            self._can.missed("org_issues")
            if missing.status == 405:
                self._is_glitchtip = True
            return found

    _is_glitchtip = False
    """It alone answers 405 to a GET of an issue below its organization."""

    async def _on_org_issue(
        self, ref: IssueRef, tail: str, params: Query, asked: Asked, parse: Callable[[Reply], T], *, fresh: bool
    ) -> T:
        known = self._number_known(ref) if self._can.lacks("short_ids") else None
        path = await self._org_path(ref.organization, f"issues/{segment(known or ref.issue)}/{tail}")
        try:
            found = await self._sender.get(path, params, asked, parse, fresh=fresh)
        except NotFound as exc:
            if ref.is_numeric or known or isinstance(exc, ABSENT) or self._can.has("short_ids") or self.is_saas:
                raise
            number = await self._looked_up(ref)
            if number is None:
                raise
            path = await self._org_path(ref.organization, f"issues/{segment(number)}/{tail}")
            found = await self._sender.get(path, params, asked, parse, fresh=fresh)
            self._can.missed("short_ids")
        else:
            if not ref.is_numeric and not known:
                self._can.found("short_ids")
        self._can.found("org_issues")
        return found

    async def _on_old_issue(
        self, ref: IssueRef, tail: str, params: Query, asked: Asked, parse: Callable[[Reply], T], *, fresh: bool
    ) -> T:
        path = f"/api/0/issues/{segment(await self._number(ref))}/{tail}"
        return await self._sender.get(path, params, asked, parse, fresh=fresh)

    async def _number(self, ref: IssueRef) -> str:
        """The issue's number, for servers that know no short ids in paths.

        Raises:
            NotFound: nothing here knows the short id.
        """
        if ref.is_numeric:
            return ref.issue
        number = self._number_known(ref) or await self._looked_up(ref) or await self._searched(ref)
        if number is None:
            raise NotFound(f"Sentry knows no issue {ref.issue} (404).", ISSUE_HINT, status=404)
        self._remember(ref, number)
        return number

    def _number_known(self, ref: IssueRef) -> str | None:
        return self._numbers.get((ref.organization or "", ref.issue))

    def _remember(self, ref: IssueRef, number: str) -> None:
        if len(self._numbers) >= MOST_NUMBERS:
            self._numbers.pop(next(iter(self._numbers)))
        self._numbers[ref.organization or "", ref.issue] = number

    async def _looked_up(self, ref: IssueRef) -> str | None:
        """By the short-id endpoint; None where that does not help."""
        path = await self._org_path(ref.organization, f"shortids/{segment(ref.issue)}/")
        asked = Asked(f"issue {ref.issue}", READ_EVENTS, hint=ISSUE_HINT)
        try:
            number = await self._sender.get(path, (), asked, replies.text_at("groupId"))
        except (NotFound, *ABSENT):
            return None
        if number is not None:
            self._remember(ref, number)
        return number

    async def _searched(self, ref: IssueRef) -> str | None:
        """Through the issue list, which tells both names; GlitchTip has no other way."""
        cursor: str | None = None
        for _ in range(SEARCHED_PAGES):
            path = await self._org_path(ref.organization, "issues/")
            params = [("query", ""), ("limit", "100"), *given("cursor", cursor)]
            page = await self._sender.get(path, params, ISSUE_LIST, replies.page(models.Issue))
            number = next((issue.id for issue in page.items if (issue.short_id or "").upper() == ref.issue), None)
            cursor = page.next_cursor
            if number is not None or cursor is None:
                return number
        return None

    async def _issue_of_event(self, ref: IssueRef) -> IssueRef:
        """The issue that an event belongs to, for references that name only the event."""
        path = await self._org_path(ref.organization, f"eventids/{segment(ref.issue)}/")
        asked = Asked(f"event {ref.issue}", READ_EVENTS, hint=EVENT_HINT)
        number = await self._sender.get(path, (), asked, replies.text_at("groupId"))
        if number is None:
            raise NotFound(f"Sentry knows no issue of event {ref.issue}.", EVENT_HINT, asked=asked.what)
        return IssueRef(number, organization=ref.organization, event=ref.event, environments=ref.environments)

    # --- reading

    async def issue(self, ref: IssueRef, *, environments: Sequence[str] = (), fresh: bool = False) -> models.Issue:
        """Issue details: counts over all time, stats, activity.

        Args:
            ref: which issue; a merged one answers as the surviving one, with another id.
            environments: narrow first and last seen and users, never ``count`` (sentry-api rule 2).
            fresh: not from the cache, for what is about to be changed or was just changed.
        """
        asked = Asked(f"issue {ref.issue}", READ_EVENTS, "issue", ISSUE_HINT)
        parse = replies.one(models.Issue)
        return await self._on_issue(ref, "", environments_of(environments), asked, parse, fresh=fresh)

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
        parse = replies.page(models.Issue)
        old = [*common, ("sort", GLITCHTIP_SORTS.get(sort, "-last_seen")), *given("project", number)]
        if self._can.lacks("sort"):
            return await self._sender.get(path, old, ISSUE_LIST, parse)
        try:
            found = await self._sender.get(
                path, [*common, ("sort", sort), ("project", number or "-1")], ISSUE_LIST, parse
            )
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
        return await self._on_issue(ref, "events/", params, asked, replies.page(models.EventRow))

    async def event(self, ref: IssueRef, which: str, *, environments: Sequence[str] = ()) -> models.Event:
        """One whole event: ``latest``, ``oldest``, ``recommended`` or an id.

        Servers before 2023 have no ``recommended``: the latest stands in. GlitchTip has no ``oldest`` either.
        """
        wanted = event_id(which)
        asked = Asked(f"event {wanted} of issue {ref.issue}", READ_EVENTS, "event", EVENT_HINT)
        params = environments_of(environments) if wanted in NAMED_EVENTS else []
        if self._can.lacks(wanted):
            return await self._instead(ref, wanted, environments, absent(asked))
        parse = replies.one(models.Event)
        try:
            found = await self._on_issue(ref, f"events/{wanted}/", params, asked, parse)
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
            # Where no event matches, the oldest is missing too, which says nothing of the server.
            if not isinstance(error, NotFound) or isinstance(error, ABSENT):
                self._can.missed(wanted)
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
        return await self._on_issue(ref, "tags/", environments_of(environments), asked, replies.many(models.Tag))

    async def activities(self, ref: IssueRef) -> tuple[models.Activity, ...]:
        """The activity log, newest first; where it has no endpoint of its own, the one in the issue."""
        asked = Asked(f"the activity of issue {ref.issue}", READ_EVENTS)
        if not self._can.lacks("activities"):
            try:
                found = await self._on_issue(
                    ref, "activities/", [], asked, replies.many_at("activity", models.Activity)
                )
            except ABSENT:
                self._can.missed("activities")
            else:
                self._can.found("activities")
                return found
        return (await self.issue(ref)).activity

    async def notes(self, ref: IssueRef) -> tuple[models.Activity, ...]:
        """Comments on an issue, newest first. GlitchTip calls them otherwise."""
        asked = Asked(f"the comments of issue {ref.issue}", READ_EVENTS)
        parse = replies.many(models.Activity)
        if self._can.lacks("notes"):
            return await self._on_issue(ref, "comments/", [], asked, parse)
        try:
            found = await self._on_issue(ref, "notes/", [], asked, parse)
        except ABSENT as exc:
            if self._can.has("notes") or self.is_saas:
                raise
            try:
                found = await self._on_issue(ref, "comments/", [], asked, parse)
            except SentryError:
                raise exc from None
            self._can.missed("notes")
            return found
        self._can.found("notes")
        return found

    # --- writing

    async def update_issue(self, ref: IssueRef, body: Mapping[str, object]) -> models.Issue:
        """Change an issue, once. What the answer shows is not proof: servers drop what they do not know. Read it back.

        Raises:
            TimedOut, Unreachable, ServerFault: unclear whether it was changed: read it back.
            SentryError: it was not changed.
        """
        asked = Asked(f"a change of issue {ref.issue}", WRITE_EVENTS, hint=ISSUE_HINT)
        path = await self._written_path(ref, "")
        return await self._sender.write("PUT", path, dict(body), asked, replies.one(models.Issue))

    async def add_note(self, ref: IssueRef, text: str) -> models.Activity:
        """Comment on an issue, once. GlitchTip wants another place and body; which, is read first.

        Raises:
            as :meth:`update_issue`.
        """
        if not self._can.has("notes") and not self._can.lacks("notes") and not self.is_saas:
            await self.notes(ref)
        asked = Asked(f"a comment on issue {ref.issue}", WRITE_EVENTS, hint=ISSUE_HINT)
        old = self._can.lacks("notes")
        path = await self._written_path(ref, "comments/" if old else "notes/")
        body: object = {"data": {"text": text}} if old else {"text": text}
        return await self._sender.write("POST", path, body, asked, replies.one(models.Activity))

    async def _written_path(self, ref: IssueRef, tail: str) -> str:
        """The place of a write. Where an issue lives is read before, for a write is not tried in several places."""
        if ref.is_event:
            ref = await self._issue_of_event(ref)
        if not self._can.has("org_issues") and not self._can.lacks("org_issues"):
            await self.issue(ref)
        if self._can.lacks("org_issues"):
            return f"/api/0/issues/{segment(await self._number(ref))}/{tail}"
        name = (self._number_known(ref) if self._can.lacks("short_ids") else None) or ref.issue
        return await self._org_path(ref.organization, f"issues/{segment(name)}/{tail}")


ISSUE_LIST = Asked("the issue list", READ_EVENTS, hint="Check SENTRY_ORG and the project.")
