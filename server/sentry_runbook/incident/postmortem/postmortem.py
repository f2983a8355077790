"""The postmortem: timeline, impact, five whys and action items from facts; what only people know as questions.

The words are the template's (``prompts/postmortem.md``), the facts come from :mod:`story`. Nothing is added here.
"""

from __future__ import annotations

from datetime import datetime

from sentry_runbook.incident.impact import gathered, impact_of
from sentry_runbook.incident.messages.drafts import Form
from sentry_runbook.incident.metrics.metrics import Case
from sentry_runbook.incident.model.evidence import Evidence, Stated
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.results.messages import ActionItem, Postmortem
from sentry_runbook.incident.postmortem.action_items import action_items
from sentry_runbook.incident.timeline.context import Plot
from sentry_runbook.incident.timeline.timeline import timeline_of

__all__ = ["ActionItem", "Postmortem", "draft_postmortem"]


def draft_postmortem(evidence: Evidence, stated: Stated, policy: Policy, now: datetime, *, form: Form) -> Postmortem:
    """Draft the postmortem; the same evidence gives the same text.

    Args:
        evidence: what was measured.
        stated: what people said.
        policy: thresholds and words.
        now: the time of reading.
        form: the template ``postmortem``.
    """
    # The first draft brings these in; the server starts without them (DESIGN §9).
    from sentry_runbook.incident.messages.context import gather  # noqa: PLC0415
    from sentry_runbook.incident.postmortem.context import questions  # noqa: PLC0415

    facts = gather(evidence, stated, policy, now)
    filled = form.fill(facts, "markdown")
    case = Case(evidence, stated, policy)
    plot = Plot(case, now)
    told, counted = timeline_of(plot), impact_of(case)
    return Postmortem(
        markdown=filled.text,
        timeline=told.rows,
        gaps=told.gaps,
        milestones=told.milestones,
        intervals=told.intervals,
        contradictions=told.contradictions,
        impact=counted.model_copy(update={"missing": (), "findings": ()}),
        unknowns=(*filled.unknowns, *(question.text for question in questions(facts.story))),
        action_items=action_items(plot, told),
        missing=gathered((*told.missing, *counted.missing)),
        findings=evidence.findings,
    )
