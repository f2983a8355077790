"""Messages to people: the facts of an incident in the forms of ``prompts/``, for one audience and one format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sentry_runbook.incident.evidence import Answer, EventText, Evidence, Stated
from sentry_runbook.incident.facts import Audience, Facts, Format, Kind
from sentry_runbook.incident.gather import gather
from sentry_runbook.incident.policy import Policy
from sentry_runbook.incident.severity import classify

FORMS: Mapping[Kind, str] = {"initial": "initial_alert", "update": "status_update", "resolved": "resolution_notice"}
"""The template of each kind of message."""


@dataclass(frozen=True)
class Filled:
    """A form filled with facts, and the blanks that stand in it."""

    text: str
    unknowns: tuple[str, ...]


class Form(Protocol):
    """What fills a form; :class:`sentry_runbook.templates.Template` is one."""

    def fill(self, facts: Facts, format: Format = "markdown") -> Filled:  # noqa: A002  # the tool's own argument name
        """The body with the facts in it."""
        ...


class Draft(Answer):
    """A message to people (DESIGN §6, ``draft_update``).

    Attributes:
        unknowns: the marked blanks in the text, and why each is not known.
        next_update_due: when the next message is due; None after the last one.
    """

    text: EventText
    unknowns: tuple[EventText, ...] = ()
    next_update_due: datetime | None = None
    kind: Kind
    audience: Audience
    format: Format


def draft_update(
    evidence: Evidence,
    stated: Stated,
    policy: Policy,
    now: datetime,
    *,
    form: Form,
    kind: Kind,
    audience: Audience = "engineers",
    format: Format = "markdown",  # noqa: A002  # the tool's own argument name
    since: datetime | None = None,
) -> Draft:
    """Draft a message; ``form`` is the template ``FORMS[kind]``; ``since`` is when the last message went out."""
    facts = gather(evidence, stated, policy, now, audience=audience, since=since)
    filled = form.fill(facts, format)
    severity = classify(evidence, stated, policy, now).severity
    due = now + timedelta(minutes=policy.words(severity).next_update_minutes)
    return Draft(
        text=filled.text,
        unknowns=filled.unknowns,
        next_update_due=None if kind == "resolved" else due,
        kind=kind,
        audience=audience,
        format=format,
        findings=evidence.findings,
    )
