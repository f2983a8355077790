"""Plans of changes: what would be sent, on what state, and what a person is asked about it.

They are apart from :mod:`change` and :mod:`note`, which make and carry them out, because the tools' signatures name
them: the rest is imported at the first call (DESIGN §9).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sentry_runbook.incident.model.evidence import Evidence, Issue, quoted
from sentry_runbook.incident.resolution.request import ResolutionRequest
from sentry_runbook.safety.confirm import Payload
from sentry_runbook.sentry.ids import IssueRef

if TYPE_CHECKING:
    from sentry_runbook.incident.resolution.plan import ResolutionPlan

UNKNOWN = "unknown"
FORWARDED = "A comment is forwarded to linked trackers (Jira, GitHub …) and notifies the issue's participants."


@dataclass(frozen=True)
class Plan:
    """A requested change, the state it was planned on, and what would be sent."""

    request: ResolutionRequest
    resolution: ResolutionPlan
    evidence: Evidence
    organization: str | None
    who: str = UNKNOWN
    """Whose auth token it is, for the audit file."""

    @property
    def issue(self) -> Issue:
        """The issue as it was read."""
        return self.evidence.issue

    @property
    def reference(self) -> IssueRef:
        """The issue by its number: what was confirmed is what is changed."""
        return IssueRef(issue=self.issue.id, organization=self.organization)

    def payload(self) -> Payload:
        """What a confirm token is bound to: issue, action with all its arguments, and the state read."""
        request = {f"request.{name}": value for name, value in self.request.model_dump().items()}
        return {"issue": self.issue.id, **request, "state": self.resolution.before.model_dump_json()}

    def question(self) -> str:
        """The question to a person; only our words, numbers, and event text as one quoted value."""
        parts = [
            f"Change {self.issue.name} {quoted(self.issue.title)} in Sentry?",
            f"Now: {self.resolution.before.summary}. Then: {self.resolution.after.summary}.",
            *self.resolution.warnings,
        ]
        return "\n".join(parts)


@dataclass(frozen=True)
class NotePlan:
    """A comment, the issue it goes to, and whether the issue has it already."""

    issue: Issue
    organization: str | None
    text: str
    shown: str
    already: bool
    who: str = UNKNOWN

    def payload(self) -> Payload:
        """What a confirm token is bound to."""
        return {"issue": self.issue.id, "action": "add_note", "text": self.text, "state": ""}

    def question(self) -> str:
        """What a person is asked."""
        parts = [f"Post this comment on {self.issue.name} {quoted(self.issue.title)}?", quoted(self.shown)]
        return "\n".join([*parts, *self.warnings])

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the issue is now, where it was asked for under another name; and who gets the comment."""
        renamed = self.issue.why_other_name
        return (*([f"{renamed}; the comment goes to {self.issue.name}."] if renamed else []), FORWARDED)
