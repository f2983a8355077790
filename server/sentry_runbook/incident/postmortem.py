"""The postmortem: timeline, impact, five whys and action items from facts; what only people know as questions."""

from __future__ import annotations

from datetime import datetime

from sentry_runbook.incident.drafts import Form
from sentry_runbook.incident.evidence import Answer, EventText, Evidence, Frozen, Stated
from sentry_runbook.incident.impact import Impact
from sentry_runbook.incident.policy import Policy
from sentry_runbook.incident.timeline import Interval, Milestone, TimelineGap, TimelineRow


class ActionItem(Frozen):
    """One thing to do: verb and object, how to know it is done; owner and due are given by people."""

    action: EventText
    done_when: EventText
    why: EventText
    owner: EventText | None = None
    due: str | None = None


class Postmortem(Answer):
    """A postmortem draft (DESIGN §6, ``draft_postmortem``)."""

    markdown: EventText
    timeline: tuple[TimelineRow, ...]
    gaps: tuple[TimelineGap, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    intervals: tuple[Interval, ...] = ()
    impact: Impact
    unknowns: tuple[EventText, ...] = ()
    action_items: tuple[ActionItem, ...] = ()


def draft_postmortem(evidence: Evidence, stated: Stated, policy: Policy, now: datetime, *, form: Form) -> Postmortem:
    """Draft the postmortem; ``form`` is the template ``postmortem``."""
    raise NotImplementedError
