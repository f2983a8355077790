"""Messages to people: the facts of an incident in the forms of ``prompts/``, for one audience and one format."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Protocol

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.messages.context import gather
from sentry_runbook.incident.messages.fields import Facts
from sentry_runbook.incident.messages.status import Standing, standing
from sentry_runbook.incident.model.evidence import Finding
from sentry_runbook.incident.model.results.messages import Audience, Draft, Filled, Format, Kind


class Form(Protocol):
    """What fills a form; :class:`sentry_runbook.render.templates.Template` is one."""

    def fill(self, facts: Facts, format: Format = "markdown") -> Filled:  # noqa: A002  # the tool's own argument name
        """The body with the facts in it."""
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
    filled = form.fill(gather(incident, audience=audience, since=since), format)
    verdict, stands = incident.severity, standing(incident)
    last = kind == "resolved" and stands.stage in ("resolved", "unknown")
    every = timedelta(minutes=incident.policy.words(verdict.severity).next_update_minutes)
    return Draft(
        text=filled.text,
        unknowns=(*_not_yet(kind, stands), *filled.unknowns),
        next_update_due=None if last else incident.now + every,
        kind=kind,
        audience=audience,
        format=format,
        findings=(*verdict.findings, *_doubts(kind, stands)),
    )


def _not_yet(kind: Kind, stands: Standing) -> Iterator[str]:
    """A resolution notice that the evidence does not carry says so first."""
    if kind == "resolved" and stands.stage in ("open", "mitigated"):
        yield f"whether it is resolved: the evidence does not say so. {stands.why}"


def _doubts(kind: Kind, stands: Standing) -> Iterator[Finding]:
    if kind == "resolved" and stands.stage != "resolved":
        why = "Do not send it as a resolution notice yet"
        yield Finding(kind="not_resolved", where="check_recovery", why=f"{why}. {stands.why}.")
    if kind == "initial" and stands.stage in ("resolved", "mitigated"):
        yield Finding(kind="already_quiet", where="check_recovery", why="The error rate is back to usual already.")
