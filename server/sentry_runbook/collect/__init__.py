"""Collects the evidence for a question: which requests answer it, in two rounds, and what is made of their answers.

The modules behind the functions below import the Sentry client. They are loaded with the first call, not at the start:
a client that only lists the tools does not wait for them (DESIGN §9, start-up).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sentry_runbook.collect.question import (
    HANDOFF,
    IMPACT,
    READ,
    RECOVERY,
    SEVERITY,
    STORY,
    TRIAGE,
    WRITING,
    WRITING_ORDERED,
    Aspect,
)
from sentry_runbook.collect.windows import recovery_window, story_window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sentry_runbook.collect.builder import WindowFor
    from sentry_runbook.incident.incident import Incident
    from sentry_runbook.incident.model.evidence import Evidence, Window
    from sentry_runbook.incident.model.evidence.alert_review import AlertReviewEvidence
    from sentry_runbook.incident.model.evidence.alert_target import AlertTarget
    from sentry_runbook.incident.model.evidence.situation import SituationEvidence
    from sentry_runbook.incident.model.results.issue import EventList, IssueList
    from sentry_runbook.incident.model.stated import Stated
    from sentry_runbook.runtime import Runtime

__all__ = [
    "HANDOFF",
    "IMPACT",
    "READ",
    "RECOVERY",
    "SEVERITY",
    "STORY",
    "TRIAGE",
    "WRITING",
    "WRITING_ORDERED",
    "Aspect",
    "collect_alert_review",
    "collect_situation",
    "collect_situation_of_alert",
    "collect_story",
    "investigate",
    "list_issue_events",
    "recovery_window",
    "search_issues",
    "story_window",
]


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
    window_for: WindowFor | None = None,
    beside: Sequence[str] = (),
) -> Evidence:
    """Collect the evidence about one issue.

    Args:
        run: the runtime of the call.
        issue: what the caller gave: id, short id or URL.
        aspects: what the answer will show.
        environment: environments that the caller named, separated by commas; else those of a pasted URL.
        period: the window up to now, as ``24h``; the policy's period when no window is given.
        start: its start in ISO 8601, instead of a period.
        end: its end; now when left out.
        scope: what counts when no environment is named.
        which: the representative event of the issue; else the one of a pasted URL, else the latest.
        release: a version to ask Sentry about.
        organization: of the issue, when the reference does not name it.
        fresh: read the issue anew, for a change is planned on it.
        window_for: chooses the window from the issue instead, when none is given.
        beside: further issues of the same incident, in the same forms; then the evidence is of all of them together.

    Raises:
        RunbookError: an issue could not be read, or an argument is invalid. All else that fails costs only its
            own part of the evidence.
    """
    from sentry_runbook.collect.investigation import collect_evidence, read_question  # noqa: PLC0415  # see the module's docstring

    question = await read_question(
        run,
        issue,
        aspects,
        environment=environment,
        period=period,
        start=start,
        end=end,
        scope=scope,
        which=which,
        release=release,
        organization=organization,
        fresh=fresh,
        beside=beside,
    )
    return await collect_evidence(run, question, None if period or start else window_for)


async def collect_story(
    run: Runtime,
    issue: str,
    *,
    environment: str | None = None,
    beside: Sequence[str] = (),
    stated: Stated | None = None,
) -> Incident:
    """What a postmortem is written from; see :func:`.story_with_alerts.collect_story`.

    Raises:
        RunbookError: an issue could not be read, or an argument is invalid.
    """
    from sentry_runbook.collect import story_with_alerts  # noqa: PLC0415  # see the module's docstring

    return await story_with_alerts.collect_story(run, issue, environment=environment, beside=beside, stated=stated)


async def collect_situation(
    run: Runtime,
    *,
    project: str | None = None,
    environment: str | None = None,
    period: str | None = None,
    start: str | None = None,
    end: str | None = None,
) -> SituationEvidence:
    """What is known of an organization's errors; see :func:`.situation.collect_situation`.

    Raises:
        RunbookError: an argument is invalid, or no list of issues could be read.
    """
    from sentry_runbook.collect import situation  # noqa: PLC0415  # see the module's docstring

    return await situation.collect_situation(
        run, project=project, environment=environment, period=period, start=start, end=end
    )


async def collect_situation_of_alert(
    run: Runtime,
    alert: str,
    *,
    project: str | None = None,
    environment: str | None = None,
    period: str | None = None,
    start: str | None = None,
    end: str | None = None,
) -> tuple[AlertTarget, SituationEvidence]:
    """What a link or name of an alert stands for, and what is known of the errors there and then.

    Raises:
        RunbookError: it names nothing, or cannot be read; see :mod:`.situation_of_alert`.
    """
    from sentry_runbook.collect import situation_of_alert  # noqa: PLC0415  # see the module's docstring

    return await situation_of_alert.collect_situation_of_alert(
        run, alert, project=project, environment=environment, period=period, start=start, end=end
    )


async def collect_alert_review(
    run: Runtime,
    *,
    project: str | None = None,
    period: str | None = None,
    start: str | None = None,
    end: str | None = None,
) -> AlertReviewEvidence:
    """What is known of an organization's alerts and of a period; see :func:`.alert_review.collect_alert_review`.

    Raises:
        RunbookError: an argument is invalid, or no list of alerts could be read.
    """
    from sentry_runbook.collect import alert_review  # noqa: PLC0415  # see the module's docstring

    return await alert_review.collect_alert_review(run, project=project, period=period, start=start, end=end)


async def list_issue_events(
    run: Runtime,
    issue: str,
    *,
    environment: str | None,
    release: str | None,
    query: str | None,
    window: Window | None,
    limit: int,
    cursor: str | None,
) -> EventList:
    """One page of an issue's events, newest first.

    Raises:
        RunbookError: the issue or its events cannot be read, or an argument is invalid.
    """
    from sentry_runbook.collect import listing  # noqa: PLC0415  # see the module's docstring

    return await listing.list_issue_events(
        run, issue, environment=environment, release=release, query=query, window=window, limit=limit, cursor=cursor
    )


async def search_issues(
    run: Runtime,
    *,
    query: str,
    project: str | None,
    environment: str | None,
    sort: str,
    window: Window,
    limit: int,
    cursor: str | None,
) -> IssueList:
    """One page of issues that match a Sentry search.

    Raises:
        RunbookError: the list cannot be read.
    """
    from sentry_runbook.collect import issue_search  # noqa: PLC0415  # see the module's docstring

    return await issue_search.search_issues(
        run,
        query=query,
        project=project,
        environment=environment,
        sort=sort,
        window=window,
        limit=limit,
        cursor=cursor,
    )
