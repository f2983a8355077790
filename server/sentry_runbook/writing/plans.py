"""Plans of changes: what would be sent, on what state, and what a person is asked about it.

They are apart from :mod:`change` and :mod:`note`, which make and carry them out, because the tools' signatures name
them: the rest is imported at the first call (DESIGN §9).

What a person or a token confirms is shown whole, or refused before anybody is asked: a question that shows a part of a
text is an agreement to the rest of it unread.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sentry_runbook.incident.model.evidence import Evidence, Issue, quoted
from sentry_runbook.incident.resolution.request import ResolutionRequest
from sentry_runbook.safety.confirm import NOTHING_SEEN, Payload, Seen
from sentry_runbook.sentry.ids import IssueRef

if TYPE_CHECKING:
    from sentry_runbook.incident.resolution.others import ActsOfOthers
    from sentry_runbook.incident.resolution.plan import ResolutionPlan

UNKNOWN = "unknown"
FORWARDED = "A comment is forwarded to linked trackers (Jira, GitHub …) and notifies the issue's participants."
STATED_REASON = "Reason, stated by the assistant"
TOO_LONG_TO_SHOW = (
    "The answer cannot show all that would be written, so nothing was asked and nothing was sent. Write less, or fewer "
    "characters outside ASCII, which take six times the room."
)


@dataclass(frozen=True)
class Plan:
    """A requested change, the state it was planned on, and what would be sent."""

    request: ResolutionRequest
    resolution: ResolutionPlan
    evidence: Evidence
    organization: str | None
    who: str = UNKNOWN
    """Whose auth token it is, for the audit file."""
    reason: str = ""
    """Why, as the assistant stated it; goes into the audit file."""
    shown_reason: str = ""
    """The same, inert."""
    read_at: float = 0.0
    """When the state was read, in seconds of the runtime's ``elapsed``."""
    seen: Seen = NOTHING_SEEN
    """How far the issue's log of activity was read with it."""
    others: tuple[str, ...] = ()
    """What others did since this change was planned first, else lately: warnings."""
    changed_by: str = ""
    """Who changed the state since then, and what it is now."""

    @property
    def issue(self) -> Issue:
        """The issue as it was read."""
        return self.evidence.issue

    @property
    def reference(self) -> IssueRef:
        """The issue by its number: what was confirmed is what is changed."""
        return IssueRef(issue=self.issue.id, organization=self.organization)

    def payload(self) -> Payload:
        """What a confirm token is bound to: issue, action with all its arguments, reason, and the state read."""
        request = {f"request.{name}": value for name, value in self.request.model_dump().items()}
        state = {"state": self.resolution.before.model_dump_json(), "state.whole": self.issue.status_digest}
        return {"issue": self.issue.id, **request, "reason": self.reason, **state}

    def question(self) -> str:
        """The question to a person; only our words, numbers, and text of others as one quoted value."""
        parts = [
            f"Change {self.issue.name} {quoted(self.issue.title)} in Sentry?",
            f"Now: {self.resolution.before.summary}. Then: {self.resolution.after.summary}.",
            *([f"{STATED_REASON}: {quoted(self.shown_reason)}"] if self.reason else []),
            *self.others,
            *self.resolution.warnings,
        ]
        return "\n".join(parts)

    def beside(self, acts: ActsOfOthers) -> Plan:
        """The same, with what others did."""
        return replace(self, others=acts.warnings, changed_by=acts.changed_by)

    def refuse(self, why: str) -> Plan:
        """The same, with nothing to send."""
        refused = self.resolution.model_copy(update={"change": None, "already": False, "refused": why})
        return replace(self, resolution=refused)


@dataclass(frozen=True)
class NotePlan:
    """A comment, the issue it goes to, and whether the issue has it already.

    Attributes:
        text: what is posted.
        shown: all of it, inert.
        refused: why it is not posted; None when nothing speaks against it.
        read_at, seen, others, changed_by: as in :class:`Plan`.
    """

    issue: Issue
    organization: str | None
    text: str
    shown: str
    already: bool
    who: str = UNKNOWN
    refused: str | None = None
    read_at: float = 0.0
    seen: Seen = NOTHING_SEEN
    others: tuple[str, ...] = ()
    changed_by: str = ""

    def payload(self) -> Payload:
        """What a confirm token is bound to."""
        return {"issue": self.issue.id, "action": "add_note", "text": self.text, "state": ""}

    def question(self) -> str:
        """What a person is asked, with every line of the comment."""
        first = f"Post this comment on {self.issue.name} {quoted(self.issue.title)}?"
        return "\n".join([first, *(f"│ {line}" for line in self.shown.split("\n")), *self.warnings])

    @property
    def warnings(self) -> tuple[str, ...]:
        """What others did; what the issue is now, where it was asked for under another name; who gets the comment."""
        renamed = self.issue.why_other_name
        now = [f"{renamed}; the comment goes to {self.issue.name}."] if renamed else []
        return (*self.others, *now, FORWARDED)

    def beside(self, acts: ActsOfOthers) -> NotePlan:
        """The same, with what others did."""
        return replace(self, others=acts.warnings, changed_by=acts.changed_by)

    def refuse(self, why: str) -> NotePlan:
        """The same, with nothing to post."""
        return replace(self, refused=why)
