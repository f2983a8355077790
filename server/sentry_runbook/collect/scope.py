"""Which environments the numbers cover, and what the reader must know of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sentry_runbook.collect.collection import Collection
from sentry_runbook.collect.environment_names import link_environment_warning
from sentry_runbook.collect.environment_parts import PROJECT_ENVIRONMENTS, RECENT_ENVIRONMENTS, lacks_production
from sentry_runbook.collect.event_parts import ROWS, TAGS
from sentry_runbook.collect.project_parts import SESSIONS
from sentry_runbook.collect.question import Aspect
from sentry_runbook.collect.request_values import environments_seen
from sentry_runbook.collect.tag_totals import environment_totals
from sentry_runbook.incident.environments import named_list, nearest_first, placeholders
from sentry_runbook.incident.model.evidence import EnvironmentScope, Known
from sentry_runbook.incident.model.evidence.json_values import count_of

SET_IT = "Set the environment in the SDK's options."


def scope_of(collection: Collection) -> EnvironmentScope:
    """Which environments the numbers cover; raw names, for requests.

    Production is what the policy's pattern says; events without an environment count as production (DESIGN §5).
    """
    question, tags, page = collection.question, collection.value(TAGS), collection.value(ROWS)
    names = environments_seen(tags, page.items if page is not None else None)
    if "" not in names and _hides_nameless(collection):
        names = (*names, "")
    is_known = tags is not None or page is not None
    production = tuple(name for name in names if not name or collection.policy.is_production(name))
    others = tuple(name for name in names if name not in production)
    if question.environments:
        return EnvironmentScope(
            names=question.environments, basis="asked", production=production, others=others, known=is_known
        )
    if question.scope == "production" and production and collection.is_of_several:
        return EnvironmentScope(
            names=_of_several(collection, production, others),
            basis="production",
            production=production,
            others=others,
            known=is_known,
        )
    if question.scope == "production" and production:
        # Without other environments every event counts already, and a filter could only lose some.
        counted = production if others else ()
        return EnvironmentScope(names=counted, basis="production", production=production, others=others, known=is_known)
    return EnvironmentScope(basis="all", production=production, others=others, known=is_known)


def _of_several(collection: Collection, production: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    """The environments that count for several issues, of which only the first one's are known: the organization's.

    Empty, which counts all, where no other environment is known.
    """
    listed = collection.all_environments or ()
    of_production = [name for name in listed if collection.policy.is_production(name)]
    if not others and len(of_production) == len(listed):
        return ()
    # What carries no environment counts as production.
    return tuple(dict.fromkeys((*production, *of_production, "")))


def _hides_nameless(collection: Collection) -> bool:
    """Whether events without an environment exist that no tag shows: Sentry lists them, GlitchTip leaves them out."""
    if collection.client.server != "glitchtip":
        return False
    totals = environment_totals(collection.value(TAGS), count_of(collection.issue.get("count")))
    return totals is not None and totals.get("", 0) > 0


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
        lacks_production=lacks_production(collection, collection.value(SESSIONS)),
    )


def strange_environments(collection: Collection) -> list[str]:
    """Environments that the caller named and in which the issue was never seen; none when they are unknown."""
    scope = collection.scope
    with_events = {*scope.production, *scope.others}
    return [name for name in collection.question.environments if name not in with_events] if scope.known else []


def environment_warnings(collection: Collection, scope: EnvironmentScope) -> Iterator[str]:
    """What the reader must know of the environments: nothing, where no number depends on them.

    Args:
        collection: the question and its answers.
        scope: with inert names (:func:`inert_scope`).
    """
    question = collection.question
    if collection.unknown_environments:
        yield _unknown_warning(collection, scope)
    elif question.is_link_s_environment:
        yield link_environment_warning(tuple(map(collection.name, question.environments)))
    if "" in scope.production and scope.basis == "production":
        yield "Some events carry no environment; they count as production."
    if not question.wants(Aspect.TAGS, Aspect.ROWS):
        return
    if collection.is_of_several and not question.environments and collection.all_environments is None:
        yield "The organization's environments could not be read: those of the first issue count for all of them."
    if not scope.known:
        if not question.environments and question.scope == "production":
            yield "The issue's environments could not be read; all events are counted."
        return
    if question.environments:
        yield from _strange_warnings(collection, scope)
    elif scope.lacks_production:
        yield _no_production_warning(collection, scope)
    elif nameless := placeholders(scope.others):
        yield (
            f"The name of the environment {named_list(nameless)} says nothing: whether its events are of production "
            f"is not known. {SET_IT}"
        )


def _no_production_warning(collection: Collection, scope: EnvironmentScope) -> str:
    """That no environment with data counts as production; which have data, and which of the list has none."""
    recent = collection.built.get(RECENT_ENVIRONMENTS.field)
    counted = [entry.name for entry in recent.value if entry.name] if isinstance(recent, Known) else []
    with_data = list(dict.fromkeys([*counted, *sorted(scope.others)]))
    # Inert names: what the pattern looks for in a name is never changed by that.
    empty = [name for name in _of_the_project(collection) if collection.policy.is_production(name)]
    nameless = placeholders(with_data)
    parts = [
        "No environment with data in this project is called production, so none is taken for staging and all events "
        f"count; {'those with data are' if len(with_data) > 1 else 'the one with data is'} {named_list(with_data)}."
    ]
    if empty:
        parts.append(f"{named_list(empty)} is in the list of environments, but nothing came from there of late.")
    if len(nameless) < len(with_data):
        parts.append("If one is production, name it in the policy.")
    if nameless:
        parts.append(SET_IT)
    return " ".join(parts)


def _strange_warnings(collection: Collection, scope: EnvironmentScope) -> Iterator[str]:
    """Environments that the caller named, that the project has, and in which the issue was never seen."""
    unknown = collection.unknown_environments
    of_the_issue = sorted({*scope.production, *scope.others})
    unseen = [collection.name(name) for name in strange_environments(collection) if name not in unknown]
    if unseen:
        others = f"; it has some in {named_list(of_the_issue)}" if of_the_issue else ""
        yield f"The issue has no events in the environment {named_list(unseen)}{others}."


def _unknown_warning(collection: Collection, scope: EnvironmentScope) -> str:
    """Environments that the caller named and the project does not have."""
    asked = tuple(map(collection.name, collection.unknown_environments))
    of_the_project = {*_of_the_project(collection), *scope.production, *scope.others}
    has = named_list(nearest_first(of_the_project, asked))
    return f"The project has no environment {named_list(asked)}: it has {has}. Ask again with one of these, or without."


def _of_the_project(collection: Collection) -> Sequence[str]:
    names = collection.built.get(PROJECT_ENVIRONMENTS.field)
    return names.value if isinstance(names, Known) else ()
