"""The postmortem: timeline, impact, five whys and action items from facts; what only people know as questions.

The words are the template's (``prompts/postmortem.md``), the facts come from :mod:`story`. Nothing is added here.
"""

from __future__ import annotations

from sentry_runbook.incident.impact import merge_missing
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.messages.context import gather
from sentry_runbook.incident.messages.drafts import Form
from sentry_runbook.incident.model.results.messages import Postmortem
from sentry_runbook.incident.postmortem.action_items import action_items
from sentry_runbook.incident.postmortem.context import questions


def draft_postmortem(incident: Incident, *, form: Form) -> Postmortem:
    """Draft the postmortem; the same incident gives the same text. ``form`` is the template ``postmortem``."""
    facts = gather(incident)
    filled = form.fill(facts, "markdown")
    told, counted = incident.timeline, incident.impact
    return Postmortem(
        markdown=filled.text,
        timeline=told.rows,
        gaps=told.gaps,
        milestones=told.milestones,
        intervals=told.intervals,
        contradictions=told.contradictions,
        impact=counted.model_copy(update={"missing": (), "findings": (), "issue": None, "warnings": None}),
        unknowns=(*filled.unknowns, *(question.text for question in questions(facts.story))),
        action_items=action_items(incident, told),
        missing=merge_missing((*told.missing, *counted.missing)),
        findings=incident.evidence.findings,
    )
