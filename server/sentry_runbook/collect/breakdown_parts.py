"""Rows of the table of the evidence that count an issue's events by tags: in the window, before it, by environment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from sentry_runbook.collect.batch import Request
from sentry_runbook.collect.breakdown_columns import BREAKDOWN_TAGS, breakdown_columns
from sentry_runbook.collect.collection import Collection, Part, span
from sentry_runbook.collect.discover_parts import COUNT, count, counted_rows, of_the_issue
from sentry_runbook.collect.question import Aspect
from sentry_runbook.collect.request_values import first_seen
from sentry_runbook.errors import BadRequest
from sentry_runbook.incident.model import evidence as ours
from sentry_runbook.incident.model.evidence import Unknown, Window
from sentry_runbook.safety.search_terms import tag_column
from sentry_runbook.safety.text import NAME
from sentry_runbook.sentry.counts import MAX_ROWS, DiscoverTable


def _before(collection: Collection) -> Window:
    window = collection.question.window
    return Window(start=window.start - window.length, end=window.start)


def _breakdown_request(window_of: Callable[[Collection], Window]) -> Callable[[Collection], Request[DiscoverTable]]:
    """The events by the tags that may explain them; by the usual ones where the server refuses a name among these."""

    def request(collection: Collection) -> Request[DiscoverTable]:
        def by(tags: Sequence[str]) -> Request[DiscoverTable]:
            fields, query = (*map(tag_column, tags), COUNT), of_the_issue(collection)
            return count(collection, fields, query, window_of(collection), collection.question.environments, MAX_ROWS)

        chosen = breakdown_columns(collection)

        async def ask() -> DiscoverTable:
            try:
                return await by(chosen)()
            except BadRequest:
                if chosen == BREAKDOWN_TAGS:
                    raise
                return await by(BREAKDOWN_TAGS)()

        return ask

    return request


def _breakdown(collection: Collection, table: DiscoverTable) -> ours.Breakdown | Unknown:
    if table.why_empty:
        return Unknown(why=table.why_empty)
    columns = {name: tag_column(name) for name in dict.fromkeys((*breakdown_columns(collection), *BREAKDOWN_TAGS))}
    known = [(name, column) for name, column in columns.items() if any(column in row for row in table.rows[:1])]
    shown = {name: collection.sanitizer.line(name, NAME, "tags.key") for name, _ in known}
    inert: dict[tuple[str, object], str] = {}

    def tag(name: str, value: object) -> str | None:
        if not value:
            return None
        if (name, value) not in inert:
            inert[name, value] = collection.sanitizer.named(name, str(value), NAME, f"tags.{shown[name]}")
        return inert[name, value]

    counted = counted_rows(table)
    return ours.Breakdown(
        combinations=tuple(
            ours.Combination(tags={shown[name]: tag(name, row.get(column)) for name, column in known}, events=events)
            for row, events in counted
        ),
        complete=table.next_cursor is None and len(counted) == len(table.rows) < MAX_ROWS,
    )


def _breakdown_source(collection: Collection, window: Window) -> str:
    return f"Discover errors: {COUNT} by tags{collection.of_several}; {span(window.start, window.end)}"


BREAKDOWN = Part(
    field="breakdown",
    round=2,
    aspects=(Aspect.BREAKDOWN,),
    errors_only=True,
    request=_breakdown_request(lambda collection: collection.question.window),
    parse=_breakdown,
    source=lambda collection: _breakdown_source(collection, collection.question.window),
)


def _breakdown_before_request(collection: Collection) -> Request[DiscoverTable] | None:
    """Only of an issue that is older than the window."""
    began = first_seen(collection.issue)
    is_new = began is not None and began >= collection.question.window.start
    return None if is_new else _breakdown_request(_before)(collection)


BREAKDOWN_BEFORE = Part(
    field="breakdown_before",
    round=2,
    aspects=(Aspect.BREAKDOWN,),
    errors_only=True,
    request=_breakdown_before_request,
    parse=_breakdown,
    source=lambda collection: _breakdown_source(collection, _before(collection)),
)


def _environments_request(collection: Collection) -> Request[DiscoverTable] | None:
    """None where the breakdown is requested, which holds the environments too."""
    if collection.question.wants(Aspect.BREAKDOWN):
        return None
    window, query = collection.question.window, of_the_issue(collection)
    return count(collection, ("environment", COUNT), query, window, (), MAX_ROWS)


def counted_environments(collection: Collection, table: DiscoverTable) -> tuple[ours.EnvironmentCount, ...] | Unknown:
    """Events by environment, the most first."""
    counted = counted_rows(table)
    if table.why_empty:
        return Unknown(why=table.why_empty)
    if table.is_partial and not any(
        collection.policy.is_production(str(row.get("environment") or "")) for row in table.rows
    ):
        return Unknown(why="Sentry read only a part of the data, and none of it in production")
    if len(counted) < len(table.rows):
        # With a number missing it is unknown whether production has events.
        return Unknown(why="Sentry gave no number for a part of the events")
    events: Counter[str] = Counter()
    for row, number in counted:
        name = row.get("environment")
        events[collection.name(str(name)) if name else ""] += number
    return tuple(ours.EnvironmentCount(name=name, events=number) for name, number in events.most_common())


ENVIRONMENTS = Part(
    field="environments",
    round=2,
    aspects=(Aspect.ENVIRONMENTS,),
    errors_only=True,
    request=_environments_request,
    parse=counted_environments,
    source=lambda collection: collection.source(f"Discover errors: {COUNT} by environment{collection.of_several}"),
    reads=BREAKDOWN,
)
