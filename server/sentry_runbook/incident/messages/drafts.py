"""Drafts for people: an incident's facts in the forms of ``prompts/``, for one audience and one format."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Protocol

from sentry_runbook.incident.formatting import count, number
from sentry_runbook.incident.impact import merge_missing, missing_below
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.messages.blank_content import BlankContent
from sentry_runbook.incident.messages.content import MessageContent
from sentry_runbook.incident.messages.handoff import check_audience
from sentry_runbook.incident.messages.length import fitted, limit_of
from sentry_runbook.incident.messages.public_status import public_status
from sentry_runbook.incident.messages.silence import SECURITY_FIRST, nothing_to_say
from sentry_runbook.incident.messages.stage import IncidentStage
from sentry_runbook.incident.messages.status import stage_of
from sentry_runbook.incident.model.evidence import Finding, Missing, Unknown
from sentry_runbook.incident.model.results.messages import Audience, Blank, Draft, Filled, Format, Kind, Postmortem


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
    """Draft a message, or say why none is due.

    Args:
        incident: the incident that is reported.
        form: the template ``FORMS[kind]``.
        kind: which message.
        audience: who reads it.
        format: where it is posted.
        since: when the last message went out.

    Raises:
        BadInput: the message is for engineers only.
    """
    check_audience(kind, audience)
    why = nothing_to_say(incident, kind, audience, since)
    if why is not None:
        return _not_written(incident, why, kind=kind, audience=audience, format=format)
    content = MessageContent(incident, audience=audience, since=since)
    filled, stage = form.fill(content, format), content.stage
    text, cut = _fitted(filled.text, audience, format)
    status, due = public_status(incident, stage), content.times.next_update
    return Draft(
        status=None if isinstance(status, Unknown) else status,
        text=text,
        unknowns=(*_not_yet_resolved(kind, stage), *_not_counted(incident), *filled.unknowns),
        warnings=(*incident.warnings, *cut, *_left_out(incident, content)) or None,
        # Customers read it in the policy's time zone; results are in UTC.
        next_update_due=None if isinstance(due, Unknown) else due.astimezone(UTC),
        kind=kind,
        audience=audience,
        format=format,
        missing=(*incident.unread_outcomes, *_missing("status", status), *_missing("next_update_due", due)),
        findings=(*incident.severity.findings, *_security(incident), *_doubts(kind, stage)),
    )


def _missing(what: str, value: object) -> Iterator[Missing]:
    if isinstance(value, Unknown):
        yield Missing(what=what, why=value.why.rstrip("."))


def _not_written(
    incident: Incident,
    why: str,
    *,
    kind: Kind,
    audience: Audience,
    format: Format,  # noqa: A002  # the tool's own argument name
) -> Draft:
    """No message: the text is the reason, so that nobody posts half of one."""
    is_secret = why == SECURITY_FIRST
    status = Unknown(why="security decides what is said") if is_secret else public_status(incident, stage_of(incident))
    return Draft(
        status=None if isinstance(status, Unknown) else status,
        nothing_to_say=why,
        text=f"Not written: {why}.",
        # What is said of a break-in, and when, is decided by those who look into it.
        unknowns=("what may be said: security decides it, and when",) if is_secret else (),
        warnings=incident.warnings or None,
        kind=kind,
        audience=audience,
        format=format,
        missing=(
            *incident.unread_outcomes,
            *_missing("status", status),
            Missing(what="next_update_due", why="no message is due"),
        ),
        findings=(*incident.severity.findings, *_security(incident)),
    )


def _fitted(text: str, audience: Audience, format: Format) -> tuple[str, tuple[str, ...]]:  # noqa: A002  # as above
    """The text in the length that its readers take, and what was cut, in one sentence."""
    limit = limit_of(audience, format)
    if limit is None:
        return text, ()
    shown, shortened, left_out = fitted(text.rstrip("\n"), limit - 1)
    if not shortened and not left_out:
        return text, ()
    what = [f"{count(shortened, 'line')} cut short"] if shortened else []
    what += [f"{count(left_out, 'line')} left out"] if left_out else []
    reader = "half a page" if audience == "executives" else "one Slack message"
    whole = "; audience=engineers, format=markdown has all"
    return f"{shown}\n", (f"To fit {reader} ({number(limit)} characters): {' and '.join(what)}{whole}.",)


def _left_out(incident: Incident, content: MessageContent) -> Iterator[str]:
    """What a person stated and customers do not read, for whoever sends the message."""
    if content.audience != "customers":
        return
    service = content.service
    if incident.stated.service and isinstance(service, Blank):
        yield f"The name of the service is left out: {service.why}."
    if incident.stated.root_cause or incident.stated.fix:
        yield "The stated cause and fix set the status; customers do not read them."


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
