"""Drafts for people: an incident's facts in the forms of ``prompts/``, for one audience and one format."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from sentry_runbook.incident.impact import merge_missing, missing_below
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.messages.blank_content import BlankContent
from sentry_runbook.incident.messages.content import MessageContent
from sentry_runbook.incident.messages.status import IncidentStage
from sentry_runbook.incident.messages.summaries import SECURITY_FIRST
from sentry_runbook.incident.model.evidence import Finding
from sentry_runbook.incident.model.results.messages import Audience, Draft, Filled, Format, Kind, Postmortem


class Form(Protocol):
    """A form that can be filled; :class:`sentry_runbook.render.templates.Template` is one."""

    def fill(self, content: BlankContent, format: Format = "markdown") -> Filled:  # noqa: A002  # the tool's own argument name
        """The body with the content in it."""
        ...


def draft_update(
    incident: Incident,
    *,
    form: Form,
    kind: Kind,
    audience: Audience = "engineers",
    format: Format = "markdown",  # noqa: A002  # the tool's own argument name
    since: datetime | None = None,
) -> Draft:
    """Draft a message; ``form`` is the template ``FORMS[kind]``; ``since`` is when the last message went out."""
    if audience == "customers" and incident.security_incident:
        return _unpublished(incident, kind, format)
    content = MessageContent(incident, audience=audience, since=since)
    filled, stage = form.fill(content, format), content.stage
    last = kind == "resolved" and stage.name in ("resolved", "unknown")
    return Draft(
        text=filled.text,
        unknowns=(*_not_yet_resolved(kind, stage), *_not_counted(incident), *filled.unknowns),
        warnings=incident.warnings or None,
        next_update_due=None if last else content.times.next_update,
        kind=kind,
        audience=audience,
        format=format,
        missing=incident.unread_outcomes,
        findings=(*incident.severity.findings, *_security(incident), *_doubts(kind, stage)),
    )


def _unpublished(incident: Incident, kind: Kind, format: Format) -> Draft:  # noqa: A002  # the tool's own argument name
    """No message: what is said of a break-in, and when, is decided by those who look into it."""
    return Draft(
        text=f"Not written: {SECURITY_FIRST}.",
        unknowns=("what may be said: security decides it, and when",),
        warnings=incident.warnings or None,
        kind=kind,
        audience="customers",
        format=format,
        missing=incident.unread_outcomes,
        findings=(*incident.severity.findings, *_security(incident)),
    )


def _not_yet_resolved(kind: Kind, stage: IncidentStage) -> Iterator[str]:
    """A resolution notice that the evidence does not support says so first."""
    if kind == "resolved" and stage.name in ("open", "mitigated"):
        yield f"whether it is resolved: the evidence does not say so. {stage.why}"


def _not_counted(incident: Incident) -> Iterator[str]:
    """That the counts lack what Sentry dropped."""
    if incident.dropped_note:
        yield f"how many errors there were: {incident.dropped_note}"


def _security(incident: Incident) -> Iterator[Finding]:
    """That an injection reached the database, for whoever would send the message."""
    if incident.security_incident:
        why = f"An injection reached the database; {SECURITY_FIRST.partition(': ')[2]}."
        yield Finding(kind="security_incident", where="triage_issue", why=why)


def _doubts(kind: Kind, stage: IncidentStage) -> Iterator[Finding]:
    if kind == "resolved" and stage.name != "resolved":
        why = "Do not send it as a resolution notice yet"
        yield Finding(kind="not_resolved", where="check_recovery", why=f"{why}. {stage.why}.")
    if kind == "initial" and stage.name in ("resolved", "mitigated"):
        yield Finding(kind="already_quiet", where="check_recovery", why="The error rate is back to usual already.")


def draft_postmortem(incident: Incident, *, form: Form) -> Postmortem:
    """Draft the postmortem; the same incident gives the same text. ``form`` is the template ``postmortem``."""
    content = MessageContent(incident)
    filled = form.fill(content, "markdown")
    timeline, impact = incident.timeline, incident.impact
    return Postmortem(
        markdown=filled.text,
        timeline=timeline.rows,
        gaps=timeline.gaps,
        milestones=timeline.milestones,
        intervals=timeline.intervals,
        contradictions=timeline.contradictions,
        impact=impact.model_copy(update={"missing": (), "findings": (), "issue": None}),
        unknowns=(*_not_counted(incident), *filled.unknowns, *content.story.questions),
        action_items=content.story.action_items,
        missing=merge_missing((*timeline.missing, *missing_below("impact", impact.missing))),
        findings=incident.evidence.findings,
    )
