"""Checks of a postmortem's text: blame, guesses, missing sources, vague actions, numbers that are not the evidence's."""

from __future__ import annotations

from sentry_runbook.incident.evidence import EventText, Evidence, Frozen
from sentry_runbook.incident.policy import Policy


class LintFinding(Frozen):
    """One thing to change in a postmortem.

    Attributes:
        rule: the id of the rule.
        line: counted from 1; the last line for what is missing.
    """

    rule: str
    line: int
    message: EventText
    suggestion: EventText


def lint_postmortem(
    text: str, evidence: Evidence | None = None, policy: Policy | None = None
) -> tuple[LintFinding, ...]:
    """Check a postmortem, against the evidence where there is some."""
    raise NotImplementedError
