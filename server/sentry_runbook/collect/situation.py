"""One situation from the caller's arguments to the evidence."""

from __future__ import annotations

from datetime import timedelta

from sentry_runbook.collect.environment_names import (
    named_environments,
    unknown_environment,
    unknown_environment_warning,
)
from sentry_runbook.collect.issue_search import EVERY_PROJECT
from sentry_runbook.collect.situation_builder import SituationBuilder
from sentry_runbook.collect.situation_collection import (
    MOST_REQUESTS,
    SituationCollection,
    SituationQuestion,
)
from sentry_runbook.collect.situation_target import TargetScope, scope_of_target
from sentry_runbook.errors import BadInput, NotFound
from sentry_runbook.incident.model.evidence import Window
from sentry_runbook.incident.model.evidence.alert_target import AlertTarget
from sentry_runbook.incident.model.evidence.json_values import AHEAD
from sentry_runbook.incident.model.evidence.situation import NamelessEvents, SituationEvidence
from sentry_runbook.incident.model.policy import Policy, rank
from sentry_runbook.incident.situation.news import listed_issues
from sentry_runbook.incident.situation.plan import plan_questions
from sentry_runbook.incident.situation.situation import assess
from sentry_runbook.incident.window import parse_window
from sentry_runbook.progress import report_round
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.sentry.account import Project
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.sentry.pasted import SLUG

PERIOD = timedelta(hours=1)
NEW_FOR = timedelta(hours=6)
"""An issue first seen so long before the end of the window is new, and longer ago in a longer window."""


async def collect_situation(
    run: Runtime,
    *,
    project: str | None = None,
    environment: str | None = None,
    period: str | None = None,
    start: str | None = None,
    end: str | None = None,
    target: AlertTarget | None = None,
    reserved: int = 0,
) -> SituationEvidence:
    """Collect what is known of an organization's errors, in two rounds; a third where it decides a severity.

    Args:
        run: the runtime of the call.
        project: slug or number; left out, all that the token may read.
        environment: environments that the caller named, separated by commas.
        period: the window up to now, as ``1h``; an hour when no window is given.
        start: its start in ISO 8601, instead of a period.
        end: its end; now when left out.
        target: what the caller's link or alert stands for: where and when to look, as far as nothing else is given.
        reserved: requests of one answer that others send.

    Raises:
        RunbookError: an argument is invalid, or no list of issues could be read. All else that fails costs only its
            own part of the evidence.
    """
    client, now = run.client(), run.clock()
    scope = TargetScope() if target is None else scope_of_target(target, run.shared_now())
    named = project if project and project not in EVERY_PROJECT else None if project else scope.project
    if named and not SLUG.fullmatch(named):
        raise BadInput("project is not a slug.", "Give the slug in Sentry's URLs, or the project's number.")
    window = _window(run, period, start, end, scope)
    organization = None if target is None else target.organization
    async with client.call(run.settings.limits.call_s):
        question = SituationQuestion(
            window=window,
            new_since=window.end - max(NEW_FOR, window.length),
            project=await _named_project(client, named, organization),
            environments=named_environments(environment) or scope.environments,
            query=scope.query,
            organization=organization,
        )
        sanitizer = Sanitizer(mask=run.settings.mask, latest=now + AHEAD)
        collection = SituationCollection(client, question, run.policy, now, sanitizer)
        collection.sent = reserved + (1 if named and not named.isdigit() else 0)
        collection.one_by_one = named is None and await client.searches_one_project(organization)
        builder = SituationBuilder(collection, run.settings.project)
        await _ask_lists(builder, collection)

        def evidence() -> SituationEvidence:
            slug = organization or run.settings.organization or ""
            return builder.build(server=run.settings.base_url, organization=slug)

        first = evidence()
        collection.questions = plan_questions(first, run.policy)
        await builder.ask_details()
        second = evidence()
        left = MOST_REQUESTS - collection.sent
        straddling = _straddling(second, run.policy)[:left] if left > 0 and collection.questions.issues else ()
        if not straddling:
            return second
        await builder.settle(straddling)
        return evidence()


def _straddling(evidence: SituationEvidence, policy: Policy) -> tuple[tuple[str, ...], ...]:
    """Short ids of issues of which the distinct users together decide a severity, and are not known, by incident."""
    straddling = []
    # Events without a user leave a doubt that no count of the users together ends.
    named = tuple(NamelessEvents(issue=issue, events=0) for issue in listed_issues(evidence))
    evidence = evidence.model_copy(update={"nameless": named})
    limit = policy.thresholds.users_per_hour_above
    for incident in assess(evidence, policy).incidents:
        is_bounded = incident.users_at_least is True and incident.users is not None and incident.users <= limit
        known = [issue.users for issue in incident.issues if issue.users is not None]
        if is_bounded and incident.issues_total > 1 and sum(known) > limit and rank(incident.severity) < rank("P1"):
            straddling.append(tuple(issue.short_id for issue in incident.issues))
    return tuple(straddling)


def _window(run: Runtime, period: str | None, start: str | None, end: str | None, scope: TargetScope) -> Window:
    """The window that the caller gave, else the target's, else the last hour."""
    now = run.shared_now()
    if not (period or start or end) and scope.start is not None:
        return Window(start=scope.start, end=scope.end or now)
    if not (start or end):
        period = period or scope.period
    return parse_window(period, start, end, now=now, default=PERIOD)


async def _named_project(client: SentryClient, named: str | None, organization: str | None) -> Project | None:
    """The project that was named, with its number: older servers refuse slugs in searches (sentry-api §2)."""
    if named is None or named.isdigit():
        return Project(named, None) if named else None
    report_round("the project that was named", 1)
    return await client.project(named, organization)


async def _ask_lists(builder: SituationBuilder, collection: SituationCollection) -> None:
    """Round one; an environment that Sentry does not know is refused by name: servers answer 404, or empty lists."""
    try:
        await builder.ask_lists()
    except NotFound as exc:
        await _refuse_unknown_environments(collection, exc)
        raise
    if not collection.issues:
        await _refuse_unknown_environments(collection)


async def _refuse_unknown_environments(collection: SituationCollection, cause: NotFound | None = None) -> None:
    warning = await unknown_environment_warning(
        collection.client,
        collection.question.environments,
        collection.sanitizer,
        organization=collection.question.organization,
    )
    if warning is not None:
        raise unknown_environment(warning, cause) from cause
