"""One investigation from reference to evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from sentry_runbook.collect.behind_link import read_reference
from sentry_runbook.collect.builder import EvidenceBuilder, WindowFor
from sentry_runbook.collect.collection import Collection
from sentry_runbook.collect.environment_names import named_environments
from sentry_runbook.collect.question import Aspect, Question
from sentry_runbook.collect.request_values import issue_id
from sentry_runbook.collect.together import check_number, check_organization, first_to_begin
from sentry_runbook.incident.model.evidence import Evidence
from sentry_runbook.incident.model.evidence.json_values import AHEAD, JsonObject
from sentry_runbook.incident.window import parse_window
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.sentry.ids import event_id


async def read_question(
    run: Runtime,
    issue: str,
    aspects: frozenset[Aspect],
    *,
    environment: str | None,
    period: str | None,
    start: str | None,
    end: str | None,
    scope: Literal["production", "all"],
    which: str | None,
    release: str | None,
    organization: str | None,
    fresh: bool,
    beside: Sequence[str] = (),
) -> Question:
    """The question that a caller's arguments ask.

    Raises:
        BadInput: an argument is invalid.
    """
    check_number(beside)
    reference = await read_reference(run, issue)
    others = tuple([await read_reference(run, other) for other in beside])
    check_organization(reference, others, organization or run.settings.organization)
    organization = organization or next((ref.organization for ref in others if ref.organization), None)
    if organization and not reference.organization:
        reference = replace(reference, organization=organization)
    which = event_id(which) if which and which.strip() else None
    length = timedelta(hours=run.policy.period_hours)
    now = run.clock() if fresh else run.shared_now()
    named = named_environments(environment)
    return Question(
        reference=reference,
        window=parse_window(period, start, end, now=now, default=length),
        aspects=aspects,
        environments=named or reference.environments,
        is_link_s_environment=not named and bool(reference.environments),
        scope=scope,
        which=which or reference.event or "latest",
        release=release,
        fresh=fresh,
        beside=tuple(replace(other, organization=reference.organization) for other in others),
    )


async def collect_evidence(run: Runtime, question: Question, window_for: WindowFor | None) -> Evidence:
    """Ask Sentry, in two rounds, and put the evidence together.

    Raises:
        RunbookError: the issue itself could not be read.
    """
    client, now = run.client(), run.clock()
    organization = question.reference.organization
    async with client.call(run.settings.limits.call_s):
        builder, issue = await _ask_first(run, question, now)
        if window_for is not None:
            builder.choose_window(window_for)
        await builder.ask_rest()
        return await builder.build(
            server=run.settings.base_url,
            organization=organization or run.settings.organization or "",
            url=client.issue_url(issue_id(issue), organization=organization),
        )


async def _ask_first(run: Runtime, question: Question, now: datetime) -> tuple[EvidenceBuilder, JsonObject]:
    """Round one; once more where another issue than the caller's began first, which then tells the story."""
    builder = _builder(run, question, now)
    issue = await builder.ask_issue(fresh=question.fresh)
    first = first_to_begin(builder.members, now)
    if not first:
        return builder, issue
    references = (question.reference, *question.beside)
    place = builder.places[first]
    others = tuple(reference for number, reference in enumerate(references) if number != place)
    # An event that the caller's link names is none of the other issue's.
    question = replace(question, reference=references[place], beside=others, which="latest")
    builder = _builder(run, question, now)
    return builder, await builder.ask_issue(fresh=False)


def _builder(run: Runtime, question: Question, now: datetime) -> EvidenceBuilder:
    sanitizer = Sanitizer(mask=run.settings.mask, latest=now + AHEAD)
    return EvidenceBuilder(Collection(run.client(), question, run.policy, now, sanitizer))
