"""Rows of the table of a situation that list: issues that are new, busy or rising, and the projects.

With ``groupStatsPeriod=24h`` each row of a list brings its own events by hour of the last day, whatever the list's
period is: that is what tells an old issue far above its usual rate from an old steady one.
"""

from __future__ import annotations

import re

from sentry_runbook.collect.batch import Request
from sentry_runbook.collect.situation_collection import (
    IN_ONE_PROJECT,
    SituationCollection,
    SituationPart,
)
from sentry_runbook.incident.model.evidence import Unknown
from sentry_runbook.incident.model.evidence.json_values import JsonObject, count_of, object_of
from sentry_runbook.incident.model.evidence.lenient import read_all
from sentry_runbook.incident.model.evidence.situation import FlaggedIssue, IssuePage, ListedProject
from sentry_runbook.sentry.account import Project
from sentry_runbook.sentry.base import time_in_request
from sentry_runbook.sentry.counts import ListPage

PAGE = 100
"""Rows of a list that are read, also of a server that sends more than it is asked for."""
MOST_PROJECTS = 1_000
SAFE_FLAG = re.compile(r"[\w.:/-]{1,100}")
"""A name that may stand in a search (``flags["name"]:true``, Sentry's issue search)."""
HOURS_OF_ROWS = "24h"
UNRESOLVED, ARCHIVED = "is:unresolved", "ignored"
MORE_PROJECTS = "the first hundred: there are more"
Page = ListPage[JsonObject]


def first_seen_since(collection: SituationCollection) -> str:
    """A search for issues of which the first event came since then."""
    return f"firstSeen:>={time_in_request(collection.question.new_since)}"


def issue_list(
    collection: SituationCollection, query: str, sort: str, project: str | None = None, cursor: str | None = None
) -> Request[Page]:
    """A request for one page of issues with events in the window.

    Args:
        collection: the question.
        query: in Sentry's search language; the question's own conditions are added.
        sort: Sentry's word.
        project: number of one project; the question's, or all, when left out.
        cursor: of the page before.
    """
    client, question = collection.client, collection.question
    chosen = project or (question.project.id if question.project is not None else None)
    return lambda: client.issues(
        query=" ".join(filter(None, (query, question.query))),
        project=chosen,
        environments=question.environments,
        sort=sort,
        start=question.window.start,
        end=question.window.end,
        limit=PAGE,
        cursor=cursor,
        organization=question.organization,
        now=collection.now,
        stats_period=HOURS_OF_ROWS,
    )


def read_page(collection: SituationCollection, page: Page) -> IssuePage:
    """The issues of a page that can be read, but archived ones: somebody decided about those."""
    rows = (collection.read_issue(json) for json in page.items[:PAGE])
    issues = tuple(issue for issue in rows if issue is not None and issue.status != ARCHIVED)
    return IssuePage(issues=issues, total=page.total, complete=page.next_cursor is None and len(page.items) <= PAGE)


def _list_part(field: str, what: str, query: str | None, sort: str) -> SituationPart[Page]:
    """A list of issues; without a query of those first seen lately."""

    def request(collection: SituationCollection) -> Request[Page] | Unknown | None:
        if collection.one_by_one:
            return Unknown(why=IN_ONE_PROJECT)
        if collection.client.server == "glitchtip" and field != "busy":
            # Its one list is by the last event, and is parted here: each list costs it several pages.
            return None
        order = "date" if collection.client.server == "glitchtip" else sort
        return issue_list(collection, first_seen_since(collection) if query is None else query, order)

    return SituationPart(
        field=field,
        request=request,
        parse=read_page,
        note=lambda _, page: f"in the order {page.order}" if page.order is not None else "",
        source=lambda collection: collection.source(f"issue list: {what}"),
    )


NEW = _list_part("new", "first seen lately, most events first", None, "freq")
"""Without a status: a resolved one is shown as resolved."""
BUSY = _list_part("busy", "unresolved, most events first", UNRESOLVED, "freq")
RISING = _list_part("rising", "unresolved, by Sentry's trend", UNRESOLVED, "trends")
ISSUE_LISTS = (NEW, BUSY, RISING)


def _more_new_part(place: int) -> SituationPart[Page]:
    def request(collection: SituationCollection) -> Request[Page] | None:
        page, questions = collection.result(NEW).value, collection.questions
        if page is None or page.next_cursor is None or collection.client.server == "glitchtip":
            return None
        if place < len(questions.more_projects):
            return issue_list(collection, first_seen_since(collection), "freq", questions.more_projects[place])
        if questions.more_projects or place:
            return None
        return issue_list(collection, first_seen_since(collection), "freq", cursor=page.next_cursor)

    return SituationPart(
        field=f"more_new_{place}",
        request=request,
        parse=read_page,
        source=lambda collection: collection.source("issue list: further ones first seen lately"),
    )


MORE_NEW = tuple(map(_more_new_part, range(3)))
"""Of a storm: a hundred new issues of each of the projects with most of them; of one project the second hundred."""


# --- flags


def _flagged_request(collection: SituationCollection) -> Request[Page] | None:
    flag = next(iter(collection.questions.flags), None)
    if flag is None or SAFE_FLAG.fullmatch(flag) is None or collection.one_by_one:
        return None
    return issue_list(collection, f'flags["{flag}"]:true', "freq")


def _flagged(collection: SituationCollection, page: Page) -> tuple[FlaggedIssue, ...] | Unknown:
    """Issues with events for which the flag was on, with their number: a server that ignores the key tells none."""
    rows = []
    for json in page.items:
        issue, matching = collection.read_issue(json), count_of(object_of(json.get("filtered")).get("count"))
        if issue is not None and matching is not None:
            rows.append(
                FlaggedIssue(issue=issue.id, flag=collection.questions.flags[0], events=matching, of=issue.events)
            )
    if page.items and not rows:
        return Unknown(why="Sentry does not say how many of their events the search fits")
    return tuple(rows)


FLAGGED = SituationPart(
    field="flagged",
    request=_flagged_request,
    parse=_flagged,
    source=lambda collection: collection.source("issue list: events for which the changed flag was on"),
)


def _projects_request(collection: SituationCollection) -> Request[ListPage[Project]] | None:
    client, question = collection.client, collection.question
    if question.project is not None:
        return None
    return lambda: client.project_page(question.organization)


def read_projects(collection: SituationCollection, page: ListPage[Project]) -> tuple[ListedProject, ...]:
    """The projects with a number."""
    projects = page.items[:MOST_PROJECTS]
    rows = [{"id": project.id, "slug": project.slug, "is_closed": project.is_closed} for project in projects]
    return read_all(ListedProject, rows, collection.sanitizer)


PROJECTS = SituationPart(
    field="projects",
    request=_projects_request,
    parse=read_projects,
    note=lambda _, page: MORE_PROJECTS if page.next_cursor is not None else "",
    source=lambda _: "projects of the organization",
)
