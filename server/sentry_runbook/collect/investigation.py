"""One investigation from reference to evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

import anyio
import anyio.lowlevel

from sentry_runbook.collect.builder import Collector
from sentry_runbook.collect.plan import First, first_round, scope_of, second_round, third_round
from sentry_runbook.collect.question import Aspect, Question
from sentry_runbook.incident.metrics.unique_users import windows_to_count
from sentry_runbook.incident.model.evidence import EnvironmentScope, Evidence, UsersIn, Window
from sentry_runbook.incident.window import parse_window
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.sentry import models
from sentry_runbook.sentry.references import IssueRef, event_id, parse_reference

Choose = Callable[[models.Issue, datetime], Window]
"""Picks the window once the issue is known, for stories whose length only the issue tells."""
TURNS_TO_LEAVE = 100
"""Turns of the event loop after which requests on open connections have left, with some to spare."""


def ask(
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
    """The question that a caller's arguments mean.

    Raises:
        BadInput: an argument cannot be meant.
    """
    reference = parse_reference(issue, run.settings.base_url)
    if organization and not reference.organization:
        reference = replace(reference, organization=organization)
    which = event_id(which) if which and which.strip() else None
    length = timedelta(hours=run.policy.period_hours)
    now = run.clock() if fresh else run.recently()
    return Question(
        reference=reference,
        window=parse_window(period, start, end, now=now, default=length),
        aspects=aspects,
        environments=named_environments(environment) or reference.environments,
        scope=scope,
        which=which or reference.event or "latest",
        release=release,
        fresh=fresh,
    )


async def find_out(run: Runtime, question: Question, choose: Choose | None) -> Evidence:
    """Ask Sentry, in two rounds, and put the evidence together.

    Raises:
        RunbookError: the issue itself could not be read.
    """
    client, now = run.client(), run.clock()
    with client.deadline(run.settings.limits.call_s):
        first = await first_round(client, question)
        if choose is not None:
            question = replace(question, window=choose(first.issue, now))
        covered = scope_of(question, run.policy, first)
        collector = Collector(question, covered, run.policy, now, Sanitizer(mask=run.settings.mask))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_meanwhile, lambda: collector.read(first))
            second = await second_round(client, question, first, covered)
        evidence = collector.evidence(
            first,
            second,
            server=run.settings.base_url,
            organization=question.reference.organization or run.settings.organization or "",
            url=issue_url(run, question.reference, first.issue),
        )
        users_in = await _settle_users(run, question, first, covered, evidence)
    return evidence.model_copy(update={"users_in": users_in})


def named_environments(text: str | None) -> tuple[str, ...]:
    """The environments that a caller named, in order and once each."""
    return tuple(dict.fromkeys(name.strip() for name in (text or "").split(",") if name.strip()))


async def _settle_users(
    run: Runtime, question: Question, first: First, scope: EnvironmentScope, evidence: Evidence
) -> tuple[UsersIn, ...]:
    """Count a few rolling hours exactly, only when the threshold lies between the bounds."""
    if not question.wants(Aspect.USERS) or not first.issue.is_error:
        return ()
    hours = windows_to_count(evidence, run.policy)
    return await third_round(run.client(), question, first, scope, hours) if hours else ()


async def _meanwhile(work: Callable[[], None]) -> None:
    """Do it while requests are on their way: they leave first, and it costs no time then."""
    for _ in range(TURNS_TO_LEAVE):
        await anyio.lowlevel.checkpoint()
    work()


def issue_url(run: Runtime, reference: IssueRef, issue: models.Issue) -> str:
    """The issue's page. Sentry's own permalink only when it is on the configured server: it is a link people click."""
    return run.client().issue_url(issue, organization=reference.organization)
