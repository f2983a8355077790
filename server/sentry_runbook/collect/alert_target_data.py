"""Targets that are no watchers: a release, a trace, an issue; and pages that only say where and when to look.

Requests: a release 2 in 1 round (3 in 2 where it is of one project that is named by its slug), a trace 1, an issue 1,
all others none. Servers whose Discover must be learned are asked more than once for a trace, once per process.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from sentry_runbook.collect.alert_target_parts import MOST_ISSUES, Resolution, error_of, latest_first
from sentry_runbook.collect.batch import RequestBatch
from sentry_runbook.errors import BadInput, SentryError
from sentry_runbook.incident.model.evidence import Release, quoted
from sentry_runbook.incident.model.evidence.alert_target import AlertTarget, TargetIssue
from sentry_runbook.incident.model.evidence.json_values import (
    JsonObject,
    id_of,
    moment_of,
    object_of,
    text_of,
)
from sentry_runbook.incident.model.evidence.lenient import read_all
from sentry_runbook.safety.search_terms import term
from sentry_runbook.sentry.counts import Row
from sentry_runbook.sentry.ids import IssueRef
from sentry_runbook.sentry.page_names import PageName
from sentry_runbook.sentry.pasted import SLUG

PERIOD = timedelta(days=14)
ALL_PROJECTS = "-1"
BEGAN, ENDED = "min(timestamp)", "max(timestamp)"
TRACE_COLUMNS = ("issue", "issue.id", "project", "title", "count()", BEGAN, ENDED)
SAYS_NOTHING = "It says neither where nor when to look: give the link of an alert, a monitor, a release or an issue."


async def resolve_release(made: Resolution, page: PageName) -> AlertTarget:
    """The target of a release's page: its projects, when it was released, and the issues seen in it, newest first.

    Raises:
        SentryError: it does not exist, or its link says nothing without it.
    """
    client, link, window = made.client, made.link, made.window(PERIOD)
    search = term("release", page.id)
    batch = RequestBatch()
    release = batch.add(partial(client.release, page.id, organization=link.organization))
    issues = batch.add(
        partial(
            client.issues,
            query=search or "",
            project=link.projects[0] if len(link.projects) == 1 else None,
            environments=link.environments,
            sort="new",
            start=window.start,
            end=window.end,
            limit=MOST_ISSUES,
            cursor=None,
            organization=link.organization,
        )
    )
    if search is None:
        batch.drop_optional(1, [issues])
        made.lacks("issues", "the release's name cannot be searched for")
    await batch.send()
    name = made.sanitizer.version(page.id, 200, "release")
    if release.value is None:
        return made.failed(error_of(release), "release", f"release {quoted(name)}")
    rows_read = read_all(Release, [release.value], made.sanitizer)
    if not rows_read:
        made.lacks("projects", "Sentry's answer about the release cannot be read")
    slugs = (slug for row in rows_read for slug in row.projects)
    projects = link.projects or tuple(slug for slug in slugs if SLUG.fullmatch(slug))
    if issues.error is not None:
        made.lacks("issues", issues.error.what)
    elif issues.value is not None and issues.value.next_cursor is not None:
        made.lacks("further issues", f"more than {MOST_ISSUES} were seen in it: search with query")
    rows = read_all(TargetIssue, issues.value.items if issues.value is not None else (), made.sanitizer)
    return made.target(
        "release",
        f"release {quoted(name)}{made.of_projects(projects)}",
        projects=projects,
        query=search,
        issues=rows,
        id=name,
        name=name,
        start=_released(release.value),
    )


def _released(release: JsonObject) -> datetime | None:
    return moment_of(release.get("dateReleased")) or moment_of(release.get("dateCreated"))


async def resolve_trace(made: Resolution, page: PageName) -> AlertTarget:
    """The target of a trace: the issues whose events are in it, and their first and last event there."""
    window = made.window(PERIOD)
    rows: Sequence[Row] = ()
    try:
        table = await made.client.discover(
            TRACE_COLUMNS,
            query=f"trace:{page.id}",
            start=window.start,
            end=window.end,
            project_id=next(iter(made.link.projects), ALL_PROJECTS) if len(made.link.projects) == 1 else ALL_PROJECTS,
            sort="-count()",
            limit=MOST_ISSUES,
            dataset="errors",
            organization=made.link.organization,
        )
    except SentryError as exc:
        made.lacks("issues", exc.what)
    else:
        if table.next_cursor is not None:
            made.lacks("further issues", f"the trace has more than {MOST_ISSUES}")
        if not table.rows:
            made.lacks("issues", f"no error of this trace is kept in the last {window.length.days} days")
        rows = table.rows
    issues = latest_first(read_all(TargetIssue, [_of_trace(dict(row)) for row in rows], made.sanitizer))
    slugs = tuple(sorted({issue.project for issue in issues if issue.project and SLUG.fullmatch(issue.project)}))
    return made.target(
        "trace",
        f"trace {page.id}{made.of_projects(slugs)}",
        projects=slugs or None,
        query=f"trace:{page.id}",
        issues=issues,
        id=page.id,
        start=min((issue.first_seen for issue in issues if issue.first_seen), default=None),
        end=max((issue.last_seen for issue in issues if issue.last_seen), default=None),
    )


def _of_trace(row: JsonObject) -> JsonObject:
    """A row of Discover in the words of an issue's."""
    return {
        "id": row.get("issue.id"),
        "shortId": row.get("issue"),
        "title": row.get("title"),
        "project": {"slug": row.get("project")},
        "events": row.get("count()"),
        "firstSeen": row.get(BEGAN),
        "lastSeen": row.get(ENDED),
    }


async def resolve_issue(made: Resolution, reference: IssueRef) -> AlertTarget:
    """The target of an issue: its project, and the stretch of its life.

    Raises:
        SentryError: it cannot be read.
    """
    json = await made.client.issue(reference)
    issues = read_all(TargetIssue, [json], made.sanitizer)
    project = object_of(json.get("project"))
    number, slug = id_of(project.get("id")), text_of(project.get("slug"))
    shown = (slug,) if slug and SLUG.fullmatch(slug) else ()
    issue = issues[0] if issues else None
    return made.target(
        "issue",
        f"issue {issue.name if issue else reference.issue}{made.of_projects(shown)}",
        shown_projects=shown,
        projects=(number,) if number else shown,
        environments=reference.environments,
        issues=issues,
        id=issue.name if issue else reference.issue,
        name=issue.title if issue else None,
        start=issue.first_seen if issue else None,
        end=issue.last_seen if issue else None,
    )


def resolve_page(made: Resolution) -> AlertTarget:
    """The target of a page that is of nothing by itself, as its link tells it: no request.

    Raises:
        BadInput: the link says nothing of where or when.
    """
    link = made.link
    is_stream = link.name is not None and link.name.kind == "issues"
    if not is_stream and not link.tells_something:
        raise BadInput(link.what, SAYS_NOTHING)
    noun = link.page.removeprefix("an ").removeprefix("a ").removeprefix("the ")
    if is_stream:
        if link.name is not None and link.name.id and not link.query:
            made.lacks("query", "the search that the view was saved with is not in its link")
        return made.target("issue_stream", f"{noun}{link.of_projects}")
    if link.page == "a project" and len(link.projects) == 1:
        return made.target("project", f"project {link.projects[0]}")
    made.lacks(f"the {noun} itself", "Sentry's page is not read: only what its link says of where and when")
    return made.target("page", f"{noun}{link.of_projects}")
