"""The two changes that the product makes: an issue's state, and a comment. Each is sent once."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sentry_runbook.incident.model.evidence.json_values import JsonObject
from sentry_runbook.sentry import parsing
from sentry_runbook.sentry.base import WRITE_EVENTS
from sentry_runbook.sentry.ids import IssueRef
from sentry_runbook.sentry.issues import IssueEndpoints
from sentry_runbook.sentry.messages import RequestInfo
from sentry_runbook.sentry.paths import ISSUE_HINT


class ChangeEndpoints(IssueEndpoints):
    """Endpoints that change an issue."""

    async def update_issue(
        self, ref: IssueRef, body: Mapping[str, object], *, leaving: Callable[[], None] = lambda: None
    ) -> JsonObject:
        """Change an issue, once. What the answer shows is not proof: servers drop what they do not know. Read it back.

        Args:
            ref: the issue.
            body: of the request.
            leaving: called right before the change leaves; whoever is cancelled before that has sent none.

        Raises:
            TimedOut, Unreachable, ServerFault: unclear whether it was changed: read it back.
            SentryError: it was not changed.
        """
        asked = RequestInfo(f"a change of {self._named(ref)}", WRITE_EVENTS, "write", ISSUE_HINT)
        path = await self._write_path(ref, "")
        return await self._sender.write(
            "PUT",
            path,
            dict(body),
            asked,
            # Old servers answer with the changed fields only, without the id.
            lambda reply: {"id": ref.issue, **parsing.an_object(reply)},
            leaving=leaving,
        )

    async def add_note(self, ref: IssueRef, text: str, *, leaving: Callable[[], None] = lambda: None) -> JsonObject:
        """Comment on an issue, once. GlitchTip wants another place and body; whether it is one, is read first.

        Args:
            ref: the issue.
            text: the comment.
            leaving: as of :meth:`update_issue`.

        Raises:
            as :meth:`update_issue`.
        """
        # A server that has issues below the organization is a Sentry, and has notes as Sentry does.
        is_decided = (
            self.is_saas
            or self._can.is_supported("org_issues")
            or self._can.is_supported("notes")
            or self._can.is_missing("notes")
        )
        if not is_decided:
            await self.notes(ref)
        asked = RequestInfo(f"a comment on {self._named(ref)}", WRITE_EVENTS, "write", ISSUE_HINT)
        old = self._can.is_missing("notes")
        path = await self._write_path(ref, "comments/" if old else "notes/")
        body: object = {"data": {"text": text}} if old else {"text": text}
        return await self._sender.write("POST", path, body, asked, parsing.an_object, leaving=leaving)
