"""Which events an alert must see to fire at all: where there are none in the period, it cannot have fired.

Round two counts them by the hour over the whole period, for alerts that did not fire in it: its environment, and the
search of a metric.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sentry_runbook.incident.alerts.replay_values import population_of
from sentry_runbook.incident.model.evidence import Known, quoted
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition
from sentry_runbook.incident.model.evidence.alert_review import AlertReviewEvidence, Population
from sentry_runbook.safety.search_terms import term

EVENTS = "count()"
EVERYWHERE = ("-1",)
MOST = 12
"""Populations of one review."""


@dataclass(frozen=True)
class NeededEvents:
    """Events without which an alert cannot fire.

    Attributes:
        why: what is to be said where there are none; a phrase.
    """

    population: Population
    why: str


def needed_events(alert: AlertDefinition, evidence: AlertReviewEvidence) -> Iterator[NeededEvents]:
    """What an alert must see, the widest first.

    The environment is a part of the search: a request for an environment that Sentry does not know is an error, and
    that there is none is what is asked here.
    """
    numbers = project_numbers(evidence)
    projects = tuple(sorted(numbers.get(id_, id_) for id_ in alert.project_ids)) or EVERYWHERE
    environment = alert.raw_environment or alert.environment or None
    within = "" if environment is None else term("environment", environment)
    if within is None:
        return  # its name cannot be written in a search
    everything = Population(projects=projects, by_issue=False)
    if environment is not None:
        why = f"no event of the period is of its environment {quoted(alert.environment or environment)}"
        yield NeededEvents(everything.model_copy(update={"search": within}), why)
    metric = alert.metric
    if metric is not None and metric.raw_query:
        found = population_of(alert, metric, dict(numbers), EVENTS)
        search = _joined(found.search, within)
        population = found.model_copy(update={"projects": projects, "environment": None, "search": search})
        why = f"its search {quoted(metric.query or metric.raw_query)} finds nothing in the period"
        yield NeededEvents(population, why)


def _joined(search: str, environment: str) -> str:
    """Events that meet both."""
    return f"({search}) {environment}" if search and environment else search or environment


def populations_to_count(evidence: AlertReviewEvidence) -> tuple[Population, ...]:
    """What round two counts by the hour over the period, once for all alerts that need it."""
    found = (
        needed.population
        for alert in evidence.alerts
        if alert.enabled is not False and not _has_fired(alert, evidence)
        for needed in needed_events(alert, evidence)
    )
    return tuple(dict.fromkeys(found))[:MOST]


def project_numbers(evidence: AlertReviewEvidence) -> Mapping[str, str]:
    """Slug of a project → its number, as far as their list tells them."""
    projects = evidence.projects.value if isinstance(evidence.projects, Known) else ()
    return {project.slug: project.id for project in projects if project.slug}


def _has_fired(alert: AlertDefinition, evidence: AlertReviewEvidence) -> bool:
    return alert.last_triggered is not None and alert.last_triggered >= evidence.window.start
