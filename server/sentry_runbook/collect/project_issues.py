"""The row of the table of the evidence that compares the project's issues by their unhandled events."""

from __future__ import annotations

from sentry_runbook.collect.batch import Request
from sentry_runbook.collect.collection import Collection, Part
from sentry_runbook.collect.discover_parts import counted_rows, project_environments, projects_of
from sentry_runbook.collect.question import Aspect
from sentry_runbook.incident.model import evidence as ours
from sentry_runbook.incident.model.evidence import Unknown
from sentry_runbook.incident.model.evidence.json_values import id_of, moment_of
from sentry_runbook.incident.model.evidence.lenient import TITLE
from sentry_runbook.safety.text import NAME
from sentry_runbook.sentry.counts import DiscoverTable, Row
from sentry_runbook.sentry.discover import ANY_TITLE, BEGAN

MOST_ISSUES = 5
"""Issues of the project that are compared."""


def _project_top_request(collection: Collection) -> Request[DiscoverTable]:
    client, question, projects = collection.client, collection.question, projects_of(collection)
    return lambda: client.by_issue(
        query="error.unhandled:true",
        start=question.window.start,
        end=question.window.end,
        project_id=projects,
        environments=project_environments(collection),
        limit=MOST_ISSUES + len(collection.members) - 1,
        organization=question.reference.organization,
    )


def _project_top(collection: Collection, table: DiscoverTable) -> tuple[ours.IssueShare, ...] | Unknown:
    if table.why_empty:
        return Unknown(why=table.why_empty)
    return tuple(_issue_share(collection, row, events) for row, events in counted_rows(table))


def _issue_share(collection: Collection, row: Row, events: int) -> ours.IssueShare:
    """An issue's row, with what the server told of it."""

    def text(key: str, limit: int = NAME, where: str = "project") -> str | None:
        return collection.sanitizer.line(str(row[key]), limit, where) or None if row.get(key) else None

    return ours.IssueShare(
        short_id=text("issue") or "unknown",
        events=events,
        id=id_of(row.get("issue.id")),
        title=text(ANY_TITLE, TITLE, "issue.title"),
        project=text("project"),
        began=moment_of(row.get(BEGAN), collection.sanitizer.latest),
    )


PROJECT_TOP = Part(
    field="project_top",
    round=2,
    aspects=(Aspect.UNHANDLED,),
    errors_only=True,
    request=_project_top_request,
    parse=_project_top,
    source=lambda collection: collection.source("Discover errors, unhandled events by issue"),
)
