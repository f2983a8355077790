"""The row of the table of the evidence about the project's environments, and what follows from them for all others."""

from __future__ import annotations

from sentry_runbook.collect.batch import Request
from sentry_runbook.collect.collection import Collection, Part
from sentry_runbook.collect.question import Aspect
from sentry_runbook.collect.request_values import project_id
from sentry_runbook.sentry.counts import SessionCounts

Names = tuple[str, ...]


def _request(collection: Collection) -> Request[Names] | None:
    """None where the issue's own environments tell all: one of production, and all that the caller named."""
    scope, question = collection.scope, collection.question
    lacks_production = bool(scope.others) and not scope.production and not question.environments
    if not lacks_production and not collection.has_strange_environments:
        return None
    client, project = collection.client, project_id(collection.issue)
    return lambda: client.environments(question.reference.organization, project_id=project)


def _names(collection: Collection, names: Names) -> Names:
    return tuple(map(collection.name, names))


PROJECT_ENVIRONMENTS = Part(
    field="project_environments",
    round=2,
    aspects=(Aspect.TAGS, Aspect.ROWS, Aspect.EVENT),
    request=_request,
    parse=_names,
    source=lambda _: "environments of the project",
)


def unknown_environments(collection: Collection) -> Names:
    """Environments that the caller named and the project does not have; none when its environments are not known."""
    names = collection.value(PROJECT_ENVIRONMENTS)
    if not names or not collection.has_strange_environments:
        return ()
    scope = collection.scope
    with_events = {*names, *scope.production, *scope.others}
    return tuple(name for name in collection.question.environments if name not in with_events)


def lacks_production(collection: Collection, sessions: SessionCounts | None) -> bool | None:
    """Whether no environment of the project counts as production; None when that is not known.

    Sentry also lists an environment that only a deploy marker names: where there are sessions, and all are elsewhere,
    it holds nothing, and what has events is not staging for its name alone.
    """
    scope, is_production = collection.scope, collection.policy.is_production
    if collection.question.environments or scope.production or not scope.others:
        return False
    groups = sessions.groups if sessions is not None else ()
    with_sessions = [group.environment or "" for group in groups if group.sessions != 0]
    if any(map(is_production, with_sessions)):
        return False
    # Of a cut list, production may be what was left out.
    if with_sessions and sessions is not None and not sessions.is_cut:
        return True
    names = collection.value(PROJECT_ENVIRONMENTS)
    # A project whose issue has an environment has one: an empty list tells nothing.
    return not any(map(is_production, names)) if names else None
