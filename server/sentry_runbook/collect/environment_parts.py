"""The rows of the table of the evidence about the project's environments, and what follows from them for all others.

How to think about it: whether an issue is "staging only" depends on whether the project has a production at all. The
list of environments does not tell that alone. It names an environment that only a deploy marker ever named, and leaves
out one that somebody hid. So the events of all the project's issues are counted too, and the sessions are looked at:
production is absent where none of the three knows it, and never where an answer is missing or cut.
"""

from __future__ import annotations

from datetime import timedelta

from sentry_runbook.collect.batch import Request
from sentry_runbook.collect.breakdown_parts import counted_environments
from sentry_runbook.collect.collection import Collection, Part
from sentry_runbook.collect.discover_parts import COUNT, count
from sentry_runbook.collect.question import Aspect
from sentry_runbook.collect.request_values import project_id
from sentry_runbook.incident.model.evidence import Window
from sentry_runbook.incident.model.policy import says_it_is_none
from sentry_runbook.sentry.counts import MAX_ROWS, DiscoverTable, ListPage, SessionCounts

RECENT = timedelta(days=30)
"""How far back the project's events are counted: as long as small plans keep them."""


def _seems_to_lack_production(collection: Collection) -> bool:
    """Whether the issue has environments, and none is production."""
    scope, question = collection.scope, collection.question
    return bool(scope.others) and not scope.production and not question.environments and question.wants(Aspect.SESSIONS)


def _list_request(collection: Collection) -> Request[ListPage[str]] | None:
    """None where the issue's own environments tell all: one of production, and all that the caller named."""
    if not _seems_to_lack_production(collection) and not collection.has_strange_environments:
        return None
    client, organization = collection.client, collection.question.reference.organization
    project = project_id(collection.issue)
    return lambda: client.environments(organization, project_id=project)


PROJECT_ENVIRONMENTS = Part(
    field="project_environments",
    round=2,
    aspects=(Aspect.TAGS, Aspect.ROWS, Aspect.EVENT),
    request=_list_request,
    parse=lambda collection, page: tuple(map(collection.name, page.items)),
    source=lambda _: "environments of the project",
    note=lambda _, page: "there are more" if page.next_cursor is not None else "",
)


def _recent_request(collection: Collection) -> Request[DiscoverTable] | None:
    if not _seems_to_lack_production(collection):
        return None
    window = Window(start=collection.now - RECENT, end=collection.now)
    return count(collection, ("environment", COUNT), "", window, (), MAX_ROWS)


RECENT_ENVIRONMENTS = Part(
    field="recent_environments",
    round=2,
    aspects=(Aspect.SESSIONS,),
    request=_recent_request,
    parse=counted_environments,
    source=lambda _: f"Discover errors of the project: {COUNT} by environment; {RECENT.days} days",
)


def unknown_environments(collection: Collection) -> tuple[str, ...]:
    """Environments that the caller named and the project does not have; none when its environments are not known."""
    page = collection.value(PROJECT_ENVIRONMENTS)
    if page is None or not page.items or page.next_cursor is not None or not collection.has_strange_environments:
        return ()
    scope = collection.scope
    with_events = {*page.items, *scope.production, *scope.others}
    return tuple(name for name in collection.question.environments if name not in with_events)


def lacks_production(collection: Collection, sessions: SessionCounts | None) -> bool | None:
    """Whether no environment of the project with data counts as production; None when that is not known."""
    scope, is_production = collection.scope, collection.policy.is_production
    if collection.question.environments or scope.production or not scope.others:
        return False
    groups = sessions.groups if sessions is not None else ()
    with_sessions = [group.environment or "" for group in groups if group.sessions != 0]
    with_events = _with_events(collection)
    if any(map(is_production, (*with_sessions, *(with_events or ())))):
        return False
    page = collection.value(PROJECT_ENVIRONMENTS)
    # A project whose issue has an environment has one: an empty list tells nothing.
    if page is None or not page.items:
        return None
    if any(map(is_production, page.items)):
        return _is_listed_alone(collection, sessions, with_events)
    # Of a cut list, production may be what was left out.
    return None if page.next_cursor is not None and with_events is None else True


def _is_listed_alone(
    collection: Collection, sessions: SessionCounts | None, with_events: tuple[str, ...] | None
) -> bool | None:
    """Whether a production that is in the list is in nothing else: only a deploy marker, then, ever named it."""
    if with_events is None:
        # It may have events. Sessions that are all elsewhere make that doubtful.
        return None if sessions is not None and sessions.groups else False
    if all(map(says_it_is_none, collection.scope.others)):
        return False  # what calls itself staging is believed; any other may be the production
    return None if sessions is not None and sessions.is_cut else True


def _with_events(collection: Collection) -> tuple[str, ...] | None:
    """Environments of the project with events of late; None where that is not known whole."""
    table = collection.value(RECENT_ENVIRONMENTS)
    if table is None or table.why_empty or table.is_partial:
        return None
    names = tuple(str(name) for row in table.rows if (name := row.get("environment")))
    is_cut = table.next_cursor is not None or len(table.rows) >= MAX_ROWS
    # Of a cut answer a production that is there is still known.
    return None if is_cut and not any(map(collection.policy.is_production, names)) else names
