"""One investigation from reference to evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from sentry_runbook.incident.evidence import EnvironmentScope, Evidence, UsersIn, Window
from sentry_runbook.incident.series import straddling_windows
from sentry_runbook.incident.window import window
from sentry_runbook.investigate.collect import Collector
from sentry_runbook.investigate.question import Aspect, Question
from sentry_runbook.investigate.rounds import First, Second, first_round, scope_of, second_round, third_round
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.sentry import models
from sentry_runbook.sentry.references import IssueRef, parse_reference

Choose = Callable[[models.Issue, datetime], Window]
"""Picks the window once the issue is known, for stories whose length only the issue tells."""


async def investigate(
    run: Runtime,
    issue: str,
    aspects: frozenset[Aspect],
    *,
    environment: str | None = None,
    period: str | None = None,
    start: str | None = None,
    end: str | None = None,
    scope: Literal["production", "all"] = "production",
    which: str | None = None,
    release: str | None = None,
    organization: str | None = None,
    fresh: bool = False,
    choose: Choose | None = None,
) -> Evidence:
    """Find out about one issue.

    Args:
        run: the runtime of the call.
        issue: what the caller gave: id, short id or URL.
        aspects: what the answer will show.
        environment: environments that the caller named, separated by commas; else those of a pasted URL.
        period: the window up to now, as ``24h``; the policy's period when no window is given.
        start: its start in ISO 8601, instead of a period.
        end: its end; now when left out.
        scope: what counts when no environment is named.
        which: the event that stands for the issue; else the one of a pasted URL, else the latest.
        release: a version to ask Sentry about.
        organization: of the issue, when the reference does not name it.
        fresh: read the issue anew, for a change is planned on it.
        choose: picks the window from the issue instead, when none is given.

    Raises:
        RunbookError: the issue could not be read, or an argument cannot be meant. All else that fails costs only its
            own part of the evidence.
    """
    client, now = run.client(), run.clock()
    reference = parse_reference(issue, run.settings.base_url)
    if organization and not reference.organization:
        reference = replace(reference, organization=organization)
    question = Question(
        reference=reference,
        window=window(period, start, end, now=now, default=timedelta(hours=run.policy.period_hours)),
        aspects=aspects,
        environments=named_environments(environment) or reference.environments,
        scope=scope,
        which=which or reference.event or "latest",
        release=release,
        fresh=fresh,
    )
    with client.deadline(run.settings.limits.call_s):
        first = await first_round(client, question)
        if choose is not None and not (period or start):
            question = replace(question, window=choose(first.issue, now))
        covered = scope_of(question, run.policy, first)
        second = await second_round(client, question, first, covered)
        second.users_in = await _settle_users(run, question, first, second, covered, now)
    return _collect(run, question, first, second, covered, now)


def named_environments(text: str | None) -> tuple[str, ...]:
    """The environments that a caller named, in order and once each."""
    return tuple(dict.fromkeys(name.strip() for name in (text or "").split(",") if name.strip()))


async def _settle_users(
    run: Runtime, question: Question, first: First, second: Second, scope: EnvironmentScope, now: datetime
) -> tuple[UsersIn, ...]:
    """Count a few rolling hours exactly, only when the threshold lies between the bounds."""
    if not question.wants(Aspect.USERS) or not first.issue.is_error:
        return ()
    evidence = _collect(run, question, first, second, scope, now)
    hours = straddling_windows(evidence, run.policy)
    return await third_round(run.client(), question, first, scope, hours) if hours else ()


def _collect(
    run: Runtime, question: Question, first: First, second: Second, scope: EnvironmentScope, now: datetime
) -> Evidence:
    collector = Collector(question, scope, run.policy, now, Sanitizer(mask=run.settings.mask))
    return collector.evidence(
        first,
        second,
        server=run.settings.base_url,
        organization=question.reference.organization or run.settings.organization or "",
        url=issue_url(run, question.reference, first.issue),
    )


def issue_url(run: Runtime, reference: IssueRef, issue: models.Issue) -> str:
    """The issue's page. Sentry's own permalink only when it is on the configured server: it is a link people click."""
    return run.client().issue_url(issue, organization=reference.organization)
