"""Resolves an issue reference to a request path, on servers of any age.

Today that is below its organization, by number or short id; before 2020 and on GlitchTip under ``/api/0/issues/``, by
number only. Which it is shows at the first answer. A short id, or an event id alone, is turned into the number where
the server needs that.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from sentry_runbook.errors import NotFound, SentryError
from sentry_runbook.sentry import parsing
from sentry_runbook.sentry.base import READ_EVENTS, EndpointGroup, Query, given
from sentry_runbook.sentry.compatibility import Capabilities
from sentry_runbook.sentry.forms import RequestForm, ask_newest, refused_by
from sentry_runbook.sentry.ids import IssueRef
from sentry_runbook.sentry.messages import RequestInfo, SentryResponse, segment
from sentry_runbook.sentry.retry import RequestSender
from sentry_runbook.sentry.status_errors import ENDPOINT_MISSING
from sentry_runbook.settings import Settings

T = TypeVar("T")
ISSUE_HINT = "Check the id and SENTRY_ORG, or look for it with find_issues."
TRACE_HINT = "If the id is a trace's: find_issues query=trace:ID."
EVENT_HINT = "No event matches: its retention may be over, or the environment has none."
ISSUE_LIST = RequestInfo("the issue list", READ_EVENTS, hint="Check SENTRY_ORG and the project.")
MOST_NUMBERS = 1000
"""Short ids whose number is remembered."""
SEARCHED_PAGES = 3
"""Pages of the issue list that are searched for a short id, where nothing better is there."""


class IssuePaths(EndpointGroup):
    """Requests below an issue, in the form that this server has."""

    def __init__(self, settings: Settings, sender: RequestSender, capabilities: Capabilities) -> None:
        super().__init__(settings, sender, capabilities)
        self._numbers: dict[tuple[str, str], str] = {}
        self._is_place_known = False
        """Whether an issue was read below its organization: only GlitchTip, which marks its answer, refuses that and
        still takes changes there."""

    def _named(self, ref: IssueRef) -> str:
        """The issue in our words, with its organization where a link names another than the configured one."""
        is_other = ref.organization not in (None, self._settings.organization)
        return f"issue {ref.issue}" + (f" of organization {ref.organization}" if is_other else "")

    async def _get_issue_resource(
        self,
        ref: IssueRef,
        tail: str,
        params: Query,
        asked: RequestInfo,
        parse: Callable[[SentryResponse], T],
        *,
        fresh: bool = False,
    ) -> T:
        """GET below an issue."""
        if ref.is_event:
            ref = await self._issue_of_event(ref)
        issue = ref

        def note_place(_: SentryError) -> None:
            self._is_place_known = self._is_place_known or tail == ""

        forms: tuple[RequestForm[T], ...] = (
            RequestForm(
                ask=lambda: self._get_below_organization(issue, tail, params, asked, parse, fresh=fresh),
                ability="org_issues",
                is_refusal=refused_by(*ENDPOINT_MISSING),
            ),
            RequestForm(
                ask=lambda: self._get_at_old_path(issue, tail, params, asked, parse, fresh=fresh),
                is_refusal=refused_by(NotFound, *ENDPOINT_MISSING),
            ),
        )
        return await ask_newest(forms, self._can, is_current=self.is_saas, when_replaced=note_place)

    async def _get_below_organization(
        self,
        ref: IssueRef,
        tail: str,
        params: Query,
        asked: RequestInfo,
        parse: Callable[[SentryResponse], T],
        *,
        fresh: bool,
    ) -> T:
        known = self._known_number(ref) if self._can.is_missing("short_ids") else None
        path = await self._org_path(ref.organization, f"issues/{segment(known or ref.issue)}/{tail}")
        try:
            response = await self._sender.get(path, params, asked, parse, fresh=fresh)
        except NotFound as exc:
            if (
                ref.is_numeric
                or known
                or isinstance(exc, ENDPOINT_MISSING)
                or self._can.is_supported("short_ids")
                or self.is_saas
            ):
                raise
            number = await self._look_up(ref)
            if number is None:
                raise
            path = await self._org_path(ref.organization, f"issues/{segment(number)}/{tail}")
            response = await self._sender.get(path, params, asked, parse, fresh=fresh)
            self._can.mark_missing("short_ids")
        else:
            if not ref.is_numeric and not known:
                self._can.mark_supported("short_ids")
        return response

    async def _get_at_old_path(
        self,
        ref: IssueRef,
        tail: str,
        params: Query,
        asked: RequestInfo,
        parse: Callable[[SentryResponse], T],
        *,
        fresh: bool,
    ) -> T:
        path = f"/api/0/issues/{segment(await self._number(ref))}/{tail}"
        return await self._sender.get(path, params, asked, parse, fresh=fresh)

    # --- names to numbers

    async def _number(self, ref: IssueRef) -> str:
        """The issue's number, for servers that know no short ids in paths.

        Raises:
            NotFound: nothing here knows the short id.
        """
        if ref.is_numeric:
            return ref.issue
        number = self._known_number(ref) or await self._look_up(ref) or await self._search(ref)
        if number is None:
            raise NotFound(f"Sentry knows no {self._named(ref)} (404).", ISSUE_HINT, status=404)
        self._remember(ref, number)
        return number

    def _known_number(self, ref: IssueRef) -> str | None:
        return self._numbers.get((ref.organization or "", ref.issue))

    def _remember(self, ref: IssueRef, number: str) -> None:
        if len(self._numbers) >= MOST_NUMBERS:
            self._numbers.pop(next(iter(self._numbers)))
        self._numbers[ref.organization or "", ref.issue] = number

    async def _look_up(self, ref: IssueRef) -> str | None:
        """By the short-id endpoint; None where that does not help."""
        if self._can.is_missing("look_up"):
            return None
        path = await self._org_path(ref.organization, f"shortids/{segment(ref.issue)}/")
        asked = RequestInfo(self._named(ref), READ_EVENTS, hint=ISSUE_HINT)
        try:
            number = await self._sender.get(path, (), asked, parsing.text_at("groupId"))
        except ENDPOINT_MISSING:
            self._can.mark_missing("look_up")
            return None
        except NotFound:
            number = None
        self._can.mark_supported("look_up")
        if number is not None:
            self._remember(ref, number)
        return number

    async def _search(self, ref: IssueRef) -> str | None:
        """Through the issue list, which tells both names; GlitchTip has no other way."""
        cursor: str | None = None
        path = await self._org_path(ref.organization, "issues/")
        for _ in range(SEARCHED_PAGES):
            params = [("query", ""), ("limit", "100"), *given("cursor", cursor)]
            page = await self._sender.get(path, params, ISSUE_LIST, parsing.page)
            same = (issue for issue in page.items if (parsing.text(issue.get("shortId")) or "").upper() == ref.issue)
            number = next((id_ for issue in same if (id_ := parsing.text(issue.get("id")))), None)
            cursor = page.next_cursor
            if number is not None or cursor is None:
                return number
        return None

    async def _issue_of_event(self, ref: IssueRef) -> IssueRef:
        """The issue that an event belongs to, for references that name only the event."""
        number = self._known_number(ref)
        if number is None:
            path = await self._org_path(ref.organization, f"eventids/{segment(ref.issue)}/")
            asked = RequestInfo(f"event {ref.issue}", READ_EVENTS, hint=f"{EVENT_HINT} {TRACE_HINT}")
            try:
                number = await self._sender.get(path, (), asked, parsing.text_at("groupId"))
            except ENDPOINT_MISSING:
                number = await self._search_event(ref) if self._can.server == "glitchtip" else None
                if number is None:
                    raise
            if number is None:
                raise NotFound(f"Sentry knows no issue of event {ref.issue}.", EVENT_HINT, asked=asked.what)
            self._remember(ref, number)
        return replace(ref, issue=number)

    async def _search_event(self, ref: IssueRef) -> str | None:
        """The number of an event's issue by the issue list, whose words may be an event's id on GlitchTip."""
        path = await self._org_path(ref.organization, "issues/")
        params = [("query", ref.issue), ("limit", "2")]
        page = await self._sender.get(path, params, ISSUE_LIST, parsing.page)
        return parsing.text(page.items[0].get("id")) if len(page.items) == 1 else None

    # --- the place of a change

    async def _write_path(self, ref: IssueRef, tail: str) -> str:
        """The place of a write. Where an issue lives is read before, for a write is not tried in several places."""
        if ref.is_event:
            ref = await self._issue_of_event(ref)
        if not self._can.is_supported("org_issues") and not self._can.is_missing("org_issues"):
            asked = RequestInfo(self._named(ref), READ_EVENTS, "issue", ISSUE_HINT)
            await self._get_issue_resource(ref, "", [], asked, parsing.identified("id"))
        if not self._can.is_missing("org_issues"):
            name = (self._known_number(ref) if self._can.is_missing("short_ids") else None) or ref.issue
            return await self._org_path(ref.organization, f"issues/{segment(name)}/{tail}")
        number = segment(await self._number(ref))
        if tail == "" and await self._is_of_glitchtip(ref, number):
            return await self._org_path(ref.organization, f"issues/{number}/")
        return f"/api/0/issues/{number}/{tail}"

    async def _is_of_glitchtip(self, ref: IssueRef, number: str) -> bool:
        """GlitchTip reads an issue under ``/api/0/issues/`` but changes it below its organization."""
        if self._can.server == "unknown" and not self._is_place_known:
            path = await self._org_path(ref.organization, f"issues/{number}/")
            asked = RequestInfo(self._named(ref), READ_EVENTS, "issue", ISSUE_HINT)
            with suppress(SentryError):  # what it answers is observed
                await self._sender.get(path, (), asked, parsing.identified("id"))
            self._is_place_known = True
        return self._can.server == "glitchtip"
