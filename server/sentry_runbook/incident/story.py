"""What the postmortem tells, as facts for its template: timeline, numbers, five whys, action items, questions."""

from __future__ import annotations

from datetime import datetime

from sentry_runbook.incident.facts import Story
from sentry_runbook.incident.measures import Case


def story(case: Case, now: datetime) -> Story:
    """The story of an incident; each number says its query, each row its source."""
    return Story()
