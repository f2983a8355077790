"""The postmortem: timeline, impact, five whys and action items from facts; what only people know as questions.

The words are the template's (``prompts/postmortem.md``), the facts come from :mod:`story`. Nothing is added here.
"""

from __future__ import annotations

from datetime import datetime

from sentry_runbook.incident.chronology import Interval, Milestone, TimelineGap, TimelineRow
from sentry_runbook.incident.drafts import Form
from sentry_runbook.incident.evidence import Answer, EventText, Evidence, Stated
from sentry_runbook.incident.impact import Impact, gathered, impact_of
from sentry_runbook.incident.lint import LintFinding
from sentry_runbook.incident.measures import Case
from sentry_runbook.incident.plot import Plot
from sentry_runbook.incident.policy import Policy
from sentry_runbook.incident.remedies import ActionItem, action_items
from sentry_runbook.incident.timeline import timeline_of

__all__ = ["ActionItem", "Postmortem", "draft_postmortem"]


class Postmortem(Answer):
    """A postmortem draft (DESIGN §6, ``draft_postmortem``).

    Attributes:
        contradictions: stated times that do not fit the rest.
        lint: what the linter finds in a text that was given to be checked; not in this draft.
        unknowns: the marked blanks in the text and why each is not known, then the questions to the people.
    """

    markdown: EventText
    timeline: tuple[TimelineRow, ...]
    gaps: tuple[TimelineGap, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    intervals: tuple[Interval, ...] = ()
    contradictions: tuple[EventText, ...] = ()
    impact: Impact
    unknowns: tuple[EventText, ...] = ()
    action_items: tuple[ActionItem, ...] = ()
    lint: tuple[LintFinding, ...] = ()


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
    from sentry_runbook.incident.gather import gather  # noqa: PLC0415
    from sentry_runbook.incident.story import questions  # noqa: PLC0415

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
