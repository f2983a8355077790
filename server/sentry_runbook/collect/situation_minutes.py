"""Rows of the table of a situation that count over time.

By the minute the issues that matter most, or whole projects; by the hour the days before of issues that rose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from sentry_runbook.answer_points import MOST_SERIES
from sentry_runbook.collect.batch import Request
from sentry_runbook.collect.loss_parts import full_hours
from sentry_runbook.collect.series_parts import INGEST_LAG, MINUTE
from sentry_runbook.collect.situation_collection import IN_ONE_PROJECT, SituationCollection, SituationPart
from sentry_runbook.collect.situation_discover import of_issues
from sentry_runbook.incident.model.evidence import Series, Unknown, Window
from sentry_runbook.incident.model.evidence.situation import IssueMinutes
from sentry_runbook.sentry.counts import TimeSeries
from sentry_runbook.sentry.issue_series import OTHERS

HISTORY = timedelta(days=8)
"""Days whose same hours tell what is usual: a week, for some services rest on Sundays."""
Tables = Mapping[str, TimeSeries]
"""Short id or number of an issue, or what stands for all others → its events."""


def asks_minutes(collection: SituationCollection) -> bool:
    """Whether counts by the minute are asked for."""
    questions = collection.questions
    return questions.minutes_from is not None and bool(questions.minutes or questions.whole_projects)


def _minutes_request(collection: SituationCollection) -> Request[Tables] | Unknown | None:
    questions, client, question = collection.questions, collection.client, collection.question
    if not asks_minutes(collection):
        return None
    projects: tuple[str, ...] | None
    if questions.whole_projects:
        projects = questions.minutes_projects
        is_refused = collection.one_by_one and len(set(projects)) != 1
    else:
        projects = collection.asked_projects(questions.projects)
        is_refused = projects is None
    if is_refused or not projects:
        return Unknown(why=IN_ONE_PROJECT)
    return lambda: client.series_by_issue(
        query="" if questions.whole_projects else of_issues(questions.minutes[:MOST_SERIES]),
        start=questions.minutes_from or question.window.start,
        end=question.window.end,
        interval_s=MINUTE,
        project_ids=projects,
        environments=question.environments,
        with_others=questions.whole_projects,
        organization=question.organization,
    )


def _minutes(collection: SituationCollection, series: Tables) -> tuple[IssueMinutes, ...]:
    numbers = {issue.name: issue.id for issue in collection.issues.values()}
    settled = collection.now - INGEST_LAG
    return tuple(
        IssueMinutes(
            issue=OTHERS if key == OTHERS else numbers.get(key, key),
            events=Series(
                start=counts.start,
                step_s=counts.step_s,
                values=counts.values,
                complete_until=min(settled, counts.complete_until or settled),
            ),
        )
        for key, counts in series.items()
    )


def _with_others(collection: SituationCollection, series: Tables) -> tuple[IssueMinutes, ...]:
    """The server names no others where there are none: a list that is not full holds all events of the projects."""
    if collection.questions.whole_projects and 0 < len(series) < MOST_SERIES and OTHERS not in series:
        some = next(iter(series.values()))
        series = {**series, OTHERS: replace(some, values=(0.0,) * len(some.values))}
    return _minutes(collection, series)


def _minutes_source(collection: SituationCollection) -> str:
    start, window = collection.questions.minutes_from, collection.question.window
    whole = Window(start=start or window.start, end=window.end)
    return collection.source("time series of the issues with the most events, by the minute", whole)


MINUTES = SituationPart(field="minutes", request=_minutes_request, parse=_with_others, source=_minutes_source)


# --- the days before


def _days(collection: SituationCollection) -> Window:
    """Full hours, for all steps are of one length."""
    start, _ = full_hours(collection.question.window)
    return Window(start=start - HISTORY, end=collection.question.window.end)


def _history_request(collection: SituationCollection) -> Request[Tables] | Unknown | None:
    questions, client, question = collection.questions, collection.client, collection.question
    if not questions.history:
        return None
    projects, days = collection.asked_projects(questions.projects), _days(collection)
    if projects is None:
        return Unknown(why=IN_ONE_PROJECT)
    return lambda: client.series_by_issue(
        query=of_issues(questions.history[:MOST_SERIES]),
        start=days.start,
        end=days.end,
        interval_s=60 * MINUTE,
        project_ids=projects,
        environments=question.environments,
        with_others=False,
        organization=question.organization,
    )


HISTORY_OF_RISEN = SituationPart(
    field="history",
    request=_history_request,
    parse=_minutes,
    source=lambda collection: collection.source("time series of the risen issues, by the hour", _days(collection)),
)
