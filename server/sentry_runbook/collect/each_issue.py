"""The row of the table of the evidence that counts several issues apart: whether each is over, and when each began.

Sentry gives the series of up to ten issues in one answer (``topEvents``), and they share the points of it: the buckets
are longer than those of the common series.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sentry_runbook.answer_points import MOST_SERIES, points_of_each
from sentry_runbook.collect.batch import Request
from sentry_runbook.collect.collection import Collection, Part
from sentry_runbook.collect.discover_parts import of_the_issue, projects_of
from sentry_runbook.collect.question import Aspect
from sentry_runbook.collect.request_values import is_error, issue_id
from sentry_runbook.collect.series_parts import HOUR, buckets_of, series_start, since_first_event
from sentry_runbook.incident.model import evidence as ours
from sentry_runbook.incident.model.evidence import Unknown
from sentry_runbook.sentry.counts import TimeSeries

STEPS = (300, 900, HOUR)
"""Seconds of a bucket, the finest first."""
ByIssue = Mapping[str, TimeSeries]


def step_of_each(collection: Collection) -> int:
    """The finest buckets that fit into an answer of ten series."""
    window = collection.question.window
    length = window.end - series_start(window)
    points = points_of_each(MOST_SERIES)
    return next((step for step in STEPS if length / timedelta(seconds=step) < points), HOUR)


def _request(collection: Collection) -> Request[ByIssue] | None:
    if not collection.is_of_several:
        return None
    client, question, step = collection.client, collection.question, step_of_each(collection)
    start = since_first_event(collection, series_start(question.window))
    return lambda: client.series_by_issue(
        query=of_the_issue(collection),
        start=start,
        end=question.window.end,
        interval_s=step,
        project_ids=projects_of(collection),
        environments=collection.scope.names,
        organization=question.reference.organization,
    )


def _each(collection: Collection, answer: ByIssue) -> tuple[ours.IssueEvents, ...] | Unknown:
    """The series of each error; one that Sentry left out had no event, as long as others tell over which time."""
    known = {
        issue_id(issue): _of(issue_id(issue), issue.get("shortId"), answer)
        for issue in collection.members
        if is_error(issue)
    }
    told = next((series for series in known.values() if series is not None), None)
    if told is None:
        return Unknown(why="Sentry counts no event of any of the issues apart")
    since = series_start(collection.question.window)
    empty = TimeSeries(
        start=told.start, step_s=told.step_s, values=(0.0,) * len(told.values), complete_until=told.complete_until
    )
    return tuple(
        ours.IssueEvents(id=number, events=buckets_of(collection, series or empty, since))
        for number, series in known.items()
    )


def _of(number: str, short_id: object, answer: ByIssue) -> TimeSeries | None:
    """The series of an issue, which the server names by its short id or its number."""
    return answer.get(str(short_id)) or answer.get(number)


EACH = Part(
    field="each",
    round=2,
    aspects=(Aspect.SERIES, Aspect.TREND),
    errors_only=True,
    request=_request,
    parse=_each,
    source=lambda collection: collection.source(f"time series by issue, {step_of_each(collection)} s"),
)
