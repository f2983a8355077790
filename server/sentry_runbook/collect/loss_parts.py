"""Rows of the table of the evidence about what no event shows: dropped events, and flags that changed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sentry_runbook.collect.batch import Request
from sentry_runbook.collect.collection import Collection, Part, span
from sentry_runbook.collect.discover_parts import projects_of
from sentry_runbook.collect.event_parts import Objects
from sentry_runbook.collect.question import Aspect
from sentry_runbook.incident.model.evidence import DroppedEvents, FlagChange, OutcomeSeries, Window
from sentry_runbook.incident.model.evidence.lenient import read_all
from sentry_runbook.sentry.counts import Outcomes

LEAD_IN = timedelta(hours=6)
"""Changes of flags are asked for from so long before the window on."""


def _outcomes_request(collection: Collection) -> Request[Outcomes] | None:
    client, question, projects = collection.client, collection.question, projects_of(collection)
    if not projects:
        # Without a project Sentry would count those of the whole organization.
        return None
    (start, end), organization = full_hours(question.window), question.reference.organization
    return lambda: client.outcomes(project_id=projects, start=start, end=end, organization=organization)


def full_hours(window: Window) -> tuple[datetime, datetime]:
    """The full hours that hold the window: the same question for all issues of a project, so that one answer serves."""
    end = _hour_of(window.end)
    return _hour_of(window.start), end if end == window.end else end + timedelta(hours=1)


def _hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _dropped(_: Collection, outcomes: Outcomes) -> DroppedEvents:
    return DroppedEvents(
        start=outcomes.start,
        step_s=outcomes.step_s,
        outcomes=tuple(
            OutcomeSeries(outcome=group.outcome, total=group.total, values=group.values) for group in outcomes.groups
        ),
    )


def _projects(collection: Collection) -> str:
    """Of several projects the sum: what any of them lost makes the counts lower bounds."""
    number = len(projects_of(collection))
    return f"all {number} projects" if number > 1 else "the project"


def _span(collection: Collection) -> str:
    return span(collection.question.window.start, collection.question.window.end)


DROPPED = Part(
    field="dropped",
    round=2,
    aspects=(Aspect.DROPPED,),
    errors_only=True,
    request=_outcomes_request,
    parse=_dropped,
    source=lambda collection: f"stats_v2: error events of {_projects(collection)} by outcome; {_span(collection)}",
)


def _of_flags(collection: Collection) -> Window:
    """The window, and the hours before it: what was changed then may explain how it begins."""
    window = collection.question.window
    return Window(start=window.start - LEAD_IN, end=window.end)


def _flags_request(collection: Collection) -> Request[Objects]:
    client, organization = collection.client, collection.question.reference.organization
    start, end = full_hours(_of_flags(collection))
    return lambda: client.flag_changes(start, end, organization=organization)


def _flag_changes(collection: Collection, rows: Objects) -> tuple[FlagChange, ...]:
    """Those in the time asked for: a row of another was not (a provider's webhook may send the year 1)."""
    changes, window = read_all(FlagChange, rows, collection.sanitizer), _of_flags(collection)
    return tuple(change for change in changes if window.start <= change.at <= window.end)


FLAG_CHANGES = Part(
    field="flag_changes",
    round=2,
    aspects=(Aspect.FLAGS,),
    request=_flags_request,
    parse=_flag_changes,
    source=lambda collection: (
        f"feature flag log of the organization; {span(_of_flags(collection).start, _of_flags(collection).end)}"
    ),
)
