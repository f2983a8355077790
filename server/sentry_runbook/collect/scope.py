"""Which environments the numbers cover, and what the reader must know of them."""

from __future__ import annotations

from collections.abc import Sequence

from sentry_runbook.collect.collection import Collection
from sentry_runbook.collect.event_parts import ROWS, TAGS
from sentry_runbook.collect.question import Aspect
from sentry_runbook.collect.request_values import environments_seen
from sentry_runbook.incident.model.evidence import EnvironmentScope, quoted


def scope_of(collection: Collection) -> EnvironmentScope:
    """Which environments the numbers cover; raw names, for requests.

    Production is what the policy's pattern says; events without an environment count as production (DESIGN §5).
    """
    question, tags, page = collection.question, collection.value(TAGS), collection.value(ROWS)
    names = environments_seen(tags, page.items if page is not None else None)
    is_known = tags is not None or page is not None
    production = tuple(name for name in names if not name or collection.policy.is_production(name))
    others = tuple(name for name in names if name not in production)
    if question.environments:
        return EnvironmentScope(
            names=question.environments, basis="asked", production=production, others=others, known=is_known
        )
    if question.scope == "production" and production:
        # Without other environments every event counts already, and a filter could only lose some.
        counted = production if others else ()
        return EnvironmentScope(names=counted, basis="production", production=production, others=others, known=is_known)
    return EnvironmentScope(basis="all", production=production, others=others, known=is_known)


def inert_scope(collection: Collection) -> EnvironmentScope:
    """The scope as the evidence shows it."""

    def inert(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(map(collection.name, names))

    scope = collection.scope
    return EnvironmentScope(
        names=inert(scope.names),
        basis=scope.basis,
        production=inert(scope.production),
        others=inert(scope.others),
        known=scope.known,
    )


def strange_environments(collection: Collection) -> list[str]:
    """Environments that the caller named and in which the issue was never seen; none when they are unknown."""
    scope = collection.scope
    with_events = {*scope.production, *scope.others}
    return [name for name in collection.question.environments if name not in with_events] if scope.known else []


def environment_warnings(collection: Collection) -> list[str]:
    """What the reader must know of the environments: nothing, where no number depends on them."""
    question, scope = collection.question, collection.scope
    warnings = []
    if "" in scope.production and scope.basis == "production":
        warnings.append("Some events carry no environment; they count as production.")
    if not question.wants(Aspect.TAGS, Aspect.ROWS):
        return warnings
    if not scope.known:
        if not question.environments and question.scope == "production":
            warnings.append("The issue's environments could not be read; all events are counted.")
        return warnings
    unseen, with_events = strange_environments(collection), sorted({*scope.production, *scope.others})
    if unseen:
        others = f"; it has some in {_quoted(collection, with_events)}" if with_events else ""
        warnings.append(f"The issue has no events in the environment {_quoted(collection, unseen)}{others}.")
    return warnings


def _quoted(collection: Collection, environments: Sequence[str]) -> str:
    names = map(collection.name, environments)
    return ", ".join(quoted(name) if name else "none" for name in names)
