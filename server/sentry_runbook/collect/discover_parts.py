"""Rows of the table of the evidence that Discover counts for a window: events and users; and how a table is read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sentry_runbook.collect.batch import Request
from sentry_runbook.collect.collection import Collection, Part, span
from sentry_runbook.collect.event_parts import ROWS
from sentry_runbook.collect.listed_events import not_counted
from sentry_runbook.collect.question import Aspect
from sentry_runbook.collect.request_values import event_tag, event_time, is_error, issue_id, last_seen, project_ids
from sentry_runbook.incident.metrics.counter import is_more
from sentry_runbook.incident.model import evidence as ours
from sentry_runbook.incident.model.evidence import Unknown, Window
from sentry_runbook.sentry.counts import DiscoverTable, Row

WIDENED_TO = timedelta(days=7)
"""The runbook's answer to an empty Discover result: expand the period to 7 d."""
COUNT, USERS = "count()", "count_unique(user)"


def count(
    collection: Collection,
    fields: Sequence[str],
    query: str,
    window: Window,
    environments: Sequence[str],
    limit: int,
) -> Request[DiscoverTable]:
    """A request for counts in a window, in the projects of all issues; of groups, the largest first."""
    client, question, projects = collection.client, collection.question, projects_of(collection)
    return lambda: client.discover(
        fields,
        query=query,
        start=window.start,
        end=window.end,
        project_id=projects,
        environments=environments,
        sort=f"-{COUNT}" if limit > 1 else None,
        limit=limit,
        organization=question.reference.organization,
    )


def of_the_issue(collection: Collection) -> str:
    """A search for the events of the issue, or of all the errors among several."""
    ids = [issue_id(issue) for issue in collection.members if is_error(issue)] or [issue_id(collection.issue)]
    return f"issue.id:{ids[0]}" if len(ids) == 1 else f"issue.id:[{','.join(ids)}]"


def projects_of(collection: Collection) -> tuple[str, ...]:
    """The numbers of the issues' projects."""
    return project_ids(collection.members or (collection.issue,))


def project_environments(collection: Collection) -> tuple[str, ...]:
    """The environments that a project-wide figure covers: those asked for, else production as far as it is known."""
    if collection.is_of_several and collection.scope.basis == "production":
        return collection.scope.names  # the other issues' projects may name theirs otherwise
    return collection.question.environments or collection.scope.production


def peak_environments(collection: Collection) -> tuple[str, ...]:
    """The environments of the issue's minute peak: those asked for, else production, in every tool; empty means all."""
    scope = collection.scope
    if collection.is_of_several:
        return scope.names  # those of the first issue alone tell nothing of the others'
    is_mixed = bool(scope.production and scope.others) and not collection.question.environments
    return scope.production if is_mixed else scope.names


def counted_rows(table: DiscoverTable) -> list[tuple[Row, int]]:
    """The rows with their counts; one without a number (any may be null, sentry-api §7) is left out: it is not zero."""
    counts = [(row, row.get(COUNT)) for row in table.rows]
    return [
        (row, int(value)) for row, value in counts if isinstance(value, int | float) and not isinstance(value, bool)
    ]


# --- events and users in the window --------------------------------------------------------------------------------


def _totals(collection: Collection, table: DiscoverTable) -> ours.Totals | Unknown:
    """What the number of users means (DESIGN §5): none on any event is unknown, on some events a lower bound."""
    return _totals_between(collection, table, collection.question.window)


def _totals_between(collection: Collection, table: DiscoverTable, window: Window) -> ours.Totals | Unknown:
    events, users = table.number(COUNT), table.number(USERS)
    if events is None:
        return Unknown(why=table.why_empty or "Discover answered without a count")
    doubt = not_counted(collection, events, window.start, window.end)
    if doubt is not None:
        return doubt
    if (
        users is None
        or (events and not users)
        or is_more(int(users), int(events))
        or _is_one_for_all(collection, users)
    ):
        return ours.Totals(events=int(events), estimated=table.is_estimated)
    return ours.Totals(
        events=int(events),
        users=min(int(users), int(events)),  # distinct users are an estimate
        users_lower_bound=_rows_without_user(collection) > 0,
        estimated=table.is_estimated,
    )


def _is_one_for_all(collection: Collection, users: float) -> bool:
    """Whether the one user that Sentry counts stands for everybody."""
    return bool(collection.one_for_all) and users <= 1


def _rows_without_user(collection: Collection) -> int:
    rows = collection.built.get(ROWS.field)
    return sum(1 for row in rows.value if row.user is None) if isinstance(rows, ours.Known) else 0


def _totals_note(collection: Collection, table: DiscoverTable) -> str:
    events, users, rows = table.number(COUNT), table.number(USERS), collection.built.get(ROWS.field)
    if users is None:
        return "Sentry gave no number of users"
    if _is_one_for_all(collection, users):
        return collection.one_for_all
    if is_more(int(users), int(events or 0)):
        return f"Sentry counts {users:,.0f} users of {events:,.0f} events, which cannot be: their number is unknown"
    if events and not users:
        return "no event carries a user, so the number of users is unknown, not zero"
    without = _rows_without_user(collection)
    if without and isinstance(rows, ours.Known):
        shared = ", or one who stands for many (a private address, or nobody's name)" if collection.shared_users else ""
        return f"lower bound: {without} of the latest {len(rows.value)} events carry no user{shared}"
    return ""


TOTALS = Part(
    field="totals",
    round=2,
    aspects=(Aspect.TOTALS,),
    errors_only=True,
    request=lambda collection: count(
        collection,
        (COUNT, USERS),
        of_the_issue(collection),
        collection.question.window,
        collection.scope.names,
        1,
    ),
    parse=_totals,
    note=_totals_note,
    source=lambda collection: collection.source(f"Discover errors: {COUNT}, {USERS}{collection.of_several}"),
)


def _wider(collection: Collection) -> Window:
    end = collection.question.window.end
    return Window(start=end - WIDENED_TO, end=end)


def _widened_request(collection: Collection) -> Request[DiscoverTable] | None:
    if collection.question.window.length >= WIDENED_TO or not _may_be_empty(collection):
        return None
    wider, names = _wider(collection), collection.scope.names
    return count(collection, (COUNT, USERS), of_the_issue(collection), wider, names, 1)


def _may_be_empty(collection: Collection) -> bool:
    """Whether the window may hold no event of the scope: then a wider one is asked for at once, not in a round more."""
    start, names, last = collection.question.window.start, collection.scope.names, last_seen(collection.issue)
    if last is not None and last < start:
        return True
    page = collection.value(ROWS)
    rows = [row for row in (page.items if page is not None else ()) if event_tag(row, "environment") in names]
    times = map(event_time, rows)
    return bool(names) and not any(at is not None and at >= start for at in times)


def _widened(collection: Collection, table: DiscoverTable) -> ours.Widened | Unknown:
    totals = _totals_between(collection, table, _wider(collection))
    return totals if isinstance(totals, Unknown) else ours.Widened(window=_wider(collection), totals=totals)


def _widened_source(collection: Collection) -> str:
    window, wider = collection.question.window, _wider(collection)
    return TOTALS.source(collection).replace(span(window.start, window.end), span(wider.start, wider.end))


WIDENED = Part(
    field="widened",
    round=2,
    aspects=(Aspect.TOTALS,),
    errors_only=True,
    request=_widened_request,
    parse=_widened,
    source=_widened_source,
)
