"""Which requests answer a question, in two rounds → evidence. The only door between Sentry's words and ours."""

from __future__ import annotations

from sentry_runbook.investigate.listing import list_issue_events, search_issues
from sentry_runbook.investigate.question import IMPACT, READ, RECOVERY, SEVERITY, STORY, TRIAGE, WRITING, Aspect
from sentry_runbook.investigate.run import investigate
from sentry_runbook.investigate.windows import recovery_window, story_window

__all__ = [
    "IMPACT",
    "READ",
    "RECOVERY",
    "SEVERITY",
    "STORY",
    "TRIAGE",
    "WRITING",
    "Aspect",
    "investigate",
    "list_issue_events",
    "recovery_window",
    "search_issues",
    "story_window",
]
