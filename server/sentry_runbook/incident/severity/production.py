"""The criterion of rule 1: whether the issue's events are outside production only (DESIGN section 5)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sentry_runbook.incident.environments import named_list, placeholders
from sentry_runbook.incident.formatting import count, number, span
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.model.evidence import Known, Unknown
from sentry_runbook.incident.model.results.triage import Criterion, Met


@dataclass(frozen=True)
class _Environments:
    """Where the issue's events happened.

    Attributes:
        in_period: False when the period is empty or was not counted, and all time answers instead.
    """

    met: Met
    observed: str | None = None
    source: str | None = None
    note: str | None = None
    in_period: bool = False


def non_production(incident: Measurements) -> Criterion:
    """No production events in the period (over all time, when it is empty) while other environments have some."""
    environments = _no_staging(incident) or _environments_of_period(incident) or _environments_of_all_time(incident)
    if incident.evidence.scope.basis == "asked":
        # The caller has chosen what is judged: a filter on staging is judged as staging is, not waved off.
        note = "; ".join(filter(None, (environments.note, "the environments asked for are judged")))
        environments = replace(environments, met=False, note=note)
    if environments.met is True and incident.dropped_at_most:
        # None was stored: whether none was sent is not known.
        note = "Sentry dropped events, and does not say of which environment"
        environments = replace(environments, met="unknown", note=note)
    return Criterion(
        id="non_production",
        observed=environments.observed,
        threshold="no events in production, some elsewhere",
        met=environments.met,
        source=environments.source,
        window=span(incident.evidence.window) if environments.in_period else None,
        note=environments.note,
    )


def _no_staging(incident: Measurements) -> _Environments | None:
    """That nothing can be taken for staging: no environment is called production, or one has no name yet."""
    evidence, scope = incident.evidence, incident.evidence.scope
    parts = (evidence.recent_environments, evidence.project_environments)
    if scope.lacks_production is None:
        why = next((f": {part.why}" for part in parts if isinstance(part, Unknown) and part.asked), "")
        return _Environments(met="unknown", note=f"the project's environments could not be read{why}")
    if scope.lacks_production:
        sources = (part.source for part in parts if isinstance(part, Known))
        return _Environments(
            met=False,
            observed="no environment with data is called production",
            source=next(sources, "sessions of the project by environment"),
            note="none is taken for staging: all events count",
        )
    if scope.others and not scope.production and placeholders(scope.others):
        note = "the name does not say which environment its events are of"
        return _Environments(met="unknown", observed=named_list(scope.others), note=note)
    return None


def _environments_of_period(incident: Measurements) -> _Environments | None:
    """From the period's events by environment; None when there are none or they were not counted."""
    part = incident.evidence.environments
    if isinstance(part, Unknown):
        return None
    counts = [entry for entry in part.value if entry.events]
    if not counts:
        return None
    production = sum(entry.events for entry in counts if incident.policy.is_production(entry.name))
    total = sum(entry.events for entry in counts)
    nameless = any(entry.name == "" for entry in counts)
    return _Environments(
        met=production == 0,
        observed=f"{number(production)} of {count(total, 'event')} in production",
        source=part.source,
        note="events without an environment count as production" if nameless else None,
        in_period=True,
    )


def _environments_of_all_time(incident: Measurements) -> _Environments:
    """By the issue's environments over all time: an environment without any event has none in the period."""
    evidence, scope = incident.evidence, incident.evidence.scope
    source = "the issue's environments over all time"
    if evidence.together and not scope.production:
        return _Environments(met="unknown", note="the environments of the first issue alone are known")
    if scope.known and scope.others and not scope.production:
        return _Environments(met=True, observed="none in production, over all time", source=source)
    if scope.known and scope.production and not scope.others:
        return _Environments(met=False, observed="production only, over all time", source=source)
    if scope.basis == "production" and isinstance(evidence.totals, Known) and evidence.totals.value.events:
        observed = f"{count(evidence.totals.value.events, 'event')} in production"
        return _Environments(met=False, observed=observed, source=evidence.totals.source, in_period=True)
    if isinstance(evidence.environments, Known) and scope.known:
        # The period is empty; over all time production has events too, or no environment is known.
        return _Environments(met=False, observed="none in the period; production has some over all time", source=source)
    why = evidence.environments.why if isinstance(evidence.environments, Unknown) else "the environments are not known"
    return _Environments(met="unknown", note=why)
