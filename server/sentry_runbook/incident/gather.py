"""From evidence to the facts that templates use; for one audience, with blanks for what is not known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sentry_runbook.incident.evidence import Evidence, Stated
from sentry_runbook.incident.facts import Audience
from sentry_runbook.incident.policy import Policy


@dataclass(frozen=True)
class Facts:
    """Under way."""


def gather(
    evidence: Evidence,
    stated: Stated,
    policy: Policy,
    now: datetime,
    *,
    audience: Audience = "engineers",
    since: datetime | None = None,
) -> Facts:
    """All facts of an incident, for one audience."""
    raise NotImplementedError


def no_facts(policy: Policy, audience: Audience = "engineers") -> Facts:
    """The facts without an issue: the policy's are there, all others are blanks."""
    raise NotImplementedError
