"""One investigation from reference to evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from sentry_runbook.collect.behind_link import read_reference
from sentry_runbook.collect.builder import EvidenceBuilder
from sentry_runbook.collect.collection import Collection
from sentry_runbook.collect.environment_names import named_environments
from sentry_runbook.collect.question import Aspect, Question
from sentry_runbook.collect.request_values import issue_id
from sentry_runbook.incident.model.evidence import Evidence, Window
from sentry_runbook.incident.model.evidence.json_values import AHEAD, JsonObject
from sentry_runbook.incident.window import parse_window
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.sentry.ids import event_id

WindowFor = Callable[[JsonObject, datetime], Window]
"""Chooses the window from Sentry's answer about the issue, and from now: for stories that begin with the issue."""


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
) -> Question:
    """The question that a caller's arguments ask.

    Raises:
        BadInput: an argument is invalid.
    """
    reference = await read_reference(run, issue)
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
    )


async def collect_evidence(run: Runtime, question: Question, window_for: WindowFor | None) -> Evidence:
    """Ask Sentry, in two rounds, and put the evidence together.

    Raises:
        RunbookError: the issue itself could not be read.
    """
    client, now = run.client(), run.clock()
    collection = Collection(client, question, run.policy, now, Sanitizer(mask=run.settings.mask, latest=now + AHEAD))
    builder = EvidenceBuilder(collection)
    organization = question.reference.organization
    async with client.call(run.settings.limits.call_s):
        issue = await builder.ask_issue(fresh=question.fresh)
        if window_for is not None:
            collection.question = replace(question, window=window_for(issue, now))
        await builder.ask_rest()
        return await builder.build(
            server=run.settings.base_url,
            organization=organization or run.settings.organization or "",
            url=client.issue_url(issue_id(issue), organization=organization),
        )
