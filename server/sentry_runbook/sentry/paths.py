"""Where an issue lives, on servers of any age.

Today that is below its organization, by number or short id; before 2020 and on GlitchTip under ``/api/0/issues/``, by
number only. Which it is shows at the first answer. A short id, or an event id alone, is turned into the number where
the server needs that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from sentry_runbook.errors import NotFound, SentryError
from sentry_runbook.sentry import models, parsing
from sentry_runbook.sentry.base import READ_EVENTS, Query, Upstream, given
from sentry_runbook.sentry.compatibility import Capabilities
from sentry_runbook.sentry.messages import Asked, Reply, segment
from sentry_runbook.sentry.references import IssueRef
from sentry_runbook.sentry.retry import Sender
from sentry_runbook.sentry.status_errors import ABSENT
from sentry_runbook.settings import Settings

T = TypeVar("T")
ISSUE_HINT = "Check the id and SENTRY_ORG, or look for it with find_issues."
EVENT_HINT = "No event matches: its retention may be over, or the environment has none."
ISSUE_LIST = Asked("the issue list", READ_EVENTS, hint="Check SENTRY_ORG and the project.")
MOST_NUMBERS = 1000
"""Short ids whose number is remembered."""
SEARCHED_PAGES = 3
"""Pages of the issue list that are searched for a short id, where nothing better is there."""


class Places(Upstream):
    """Requests below an issue, in the form that this server has."""

    def __init__(self, settings: Settings, sender: Sender, capabilities: Capabilities) -> None:
        super().__init__(settings, sender, capabilities)
        self._numbers: dict[tuple[str, str], str] = {}
        self._is_glitchtip: bool | None = None
        """It alone answers 405 to a GET of an issue below its organization; None before that was asked."""

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
        """GET below an issue."""
        if ref.is_event:
            ref = await self._issue_of_event(ref)
        if self._can.lacks("org_issues"):
            return await self._on_old_issue(ref, tail, params, asked, parse, fresh=fresh)
        try:
            return await self._on_org_issue(ref, tail, params, asked, parse, fresh=fresh)
        except ABSENT as exc:
            if self._can.has("org_issues") or self.is_saas:
                raise
            missing = exc
        try:
            found = await self._on_old_issue(ref, tail, params, asked, parse, fresh=fresh)
        except (NotFound, *ABSENT):
            # The older place has it neither: what the newer one said is nearer to the truth.
            raise missing from None
        self._can.missed("org_issues")
        if tail == "":
            self._is_glitchtip = missing.status == 405
        return found

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

    # --- names to numbers

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
        if self._can.lacks("look_up"):
            return None
        path = await self._org_path(ref.organization, f"shortids/{segment(ref.issue)}/")
        asked = Asked(f"issue {ref.issue}", READ_EVENTS, hint=ISSUE_HINT)
        try:
            number = await self._sender.get(path, (), asked, parsing.text_at("groupId"))
        except ABSENT:
            self._can.missed("look_up")
            return None
        except NotFound:
            number = None
        self._can.found("look_up")
        if number is not None:
            self._remember(ref, number)
        return number

    async def _searched(self, ref: IssueRef) -> str | None:
        """Through the issue list, which tells both names; GlitchTip has no other way."""
        cursor: str | None = None
        path = await self._org_path(ref.organization, "issues/")
        for _ in range(SEARCHED_PAGES):
            params = [("query", ""), ("limit", "100"), *given("cursor", cursor)]
            page = await self._sender.get(path, params, ISSUE_LIST, parsing.page(models.Issue))
            number = next((issue.id for issue in page.items if (issue.short_id or "").upper() == ref.issue), None)
            cursor = page.next_cursor
            if number is not None or cursor is None:
                return number
        return None

    async def _issue_of_event(self, ref: IssueRef) -> IssueRef:
        """The issue that an event belongs to, for references that name only the event."""
        number = self._number_known(ref)
        if number is None:
            path = await self._org_path(ref.organization, f"eventids/{segment(ref.issue)}/")
            asked = Asked(f"event {ref.issue}", READ_EVENTS, hint=EVENT_HINT)
            number = await self._sender.get(path, (), asked, parsing.text_at("groupId"))
            if number is None:
                raise NotFound(f"Sentry knows no issue of event {ref.issue}.", EVENT_HINT, asked=asked.what)
            self._remember(ref, number)
        return replace(ref, issue=number)

    # --- the place of a change

    async def _written_path(self, ref: IssueRef, tail: str) -> str:
        """The place of a write. Where an issue lives is read before, for a write is not tried in several places."""
        if ref.is_event:
            ref = await self._issue_of_event(ref)
        if not self._can.has("org_issues") and not self._can.lacks("org_issues"):
            asked = Asked(f"issue {ref.issue}", READ_EVENTS, "issue", ISSUE_HINT)
            await self._on_issue(ref, "", [], asked, parsing.one(models.Issue))
        if not self._can.lacks("org_issues"):
            name = (self._number_known(ref) if self._can.lacks("short_ids") else None) or ref.issue
            return await self._org_path(ref.organization, f"issues/{segment(name)}/{tail}")
        number = segment(await self._number(ref))
        if tail == "" and await self._takes_changes_below_organization(ref, number):
            return await self._org_path(ref.organization, f"issues/{number}/")
        return f"/api/0/issues/{number}/{tail}"

    async def _takes_changes_below_organization(self, ref: IssueRef, number: str) -> bool:
        """GlitchTip reads an issue under ``/api/0/issues/`` but changes it below its organization."""
        if self._is_glitchtip is None:
            path = await self._org_path(ref.organization, f"issues/{number}/")
            asked = Asked(f"issue {ref.issue}", READ_EVENTS, "issue", ISSUE_HINT)
            try:
                await self._sender.get(path, (), asked, parsing.one(models.Issue))
            except SentryError as exc:
                self._is_glitchtip = exc.status == 405
        return bool(self._is_glitchtip)
