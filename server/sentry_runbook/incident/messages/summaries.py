"""The impact in one sentence, for each audience: engineers want numbers, executives people, customers plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sentry_runbook.incident.causes.catalog import pattern_named
from sentry_runbook.incident.formatting import count, duration, number, percent
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.messages.fields import Fact
from sentry_runbook.incident.metrics.crash_free import CrashFree
from sentry_runbook.incident.model.evidence import Known, Unknown, quoted
from sentry_runbook.incident.model.results.impact import Impact, Onset
from sentry_runbook.incident.model.results.messages import Audience
from sentry_runbook.incident.model.results.triage import Cause, Verdict

FOR_CUSTOMERS = "Some people may see errors"
"""All that Sentry can say to customers: it counts errors, it does not see what people see."""


def impact_summary(incident: Incident, audience: Audience) -> Fact | Unknown:
    """What is known of the impact, or why nothing is."""
    counted, verdict = incident.impact, incident.severity
    if audience == "customers":
        return _for_customers(counted, verdict)
    if counted.events is None:
        return Unknown(why=next((one.why for one in counted.missing if one.what == "events"), "not measured"))
    if counted.events == 0 or counted.window.widened_from:
        return Fact(counted.reading.rstrip("."), source="Discover")
    where = "outside production" if verdict.decided_by == "non_production" else _places(incident)
    parts = [_errors(counted, f"{where} {_when(incident)}"), *_rates(incident, audience)]
    if audience == "engineers":
        parts += _slow(incident, counted)
    return Fact("; ".join(parts), source="Discover")


def _for_customers(counted: Impact, verdict: Verdict) -> Fact | Unknown:
    if counted.events is None:
        return Unknown(why="what Sentry counted is not known")
    if verdict.decided_by == "non_production":
        return Unknown(why="Sentry saw these errors outside production only: customers may need no message")
    if counted.events == 0:
        return Unknown(why="Sentry counted no error in this period: customers may need no message")
    return Fact(FOR_CUSTOMERS, source="Discover")


def _errors(counted: Impact, where: str) -> str:
    events = counted.events or 0
    if counted.users is None:
        return f"{count(events, 'error')} {where} (how many people met them is not known)"
    least = "at least " if counted.users_lower_bound else ""
    met = "has" if counted.users == 1 and not least else "have"
    people = f"{least}{count(counted.users, 'user')} {met} met {count(events, 'error')}"
    return f"{people} {where}"


def _places(incident: Incident) -> str:
    places = {"production": "in production", "all": "in all environments", "asked": "in the environments asked for"}
    return places[incident.evidence.scope.basis]


def _when(incident: Incident) -> str:
    """A new issue has all its events since its start."""
    first, window = incident.evidence.issue.first_seen, incident.evidence.window
    if isinstance(incident.onset, Onset) and first is not None and window.start <= first and incident.onset.at <= first:
        return "since it began"
    return f"in {duration(window.length)}"


def _rates(incident: Incident, audience: Audience) -> Iterator[str]:
    rate = incident.crash_free
    if not isinstance(rate, CrashFree):
        return
    limit = percent(incident.policy.thresholds.crash_free_below_pct)
    if audience == "executives":
        if rate.lowest_pct < incident.policy.thresholds.crash_free_below_pct:
            yield f"{percent(rate.period_pct)} of sessions ran without a crash (critical below {limit})"
        return
    worst = f", {percent(rate.worst_hour_pct)} in the worst full hour" if rate.worst_hour_pct is not None else ""
    yield f"crash-free sessions {percent(rate.period_pct)} in {duration(rate.window.length)}{worst}"


def _slow(incident: Incident, counted: Impact) -> Iterator[str]:
    latency = incident.evidence.latency
    if counted.p95_ms is not None and isinstance(latency, Known) and latency.value.main:
        yield f"p95 of {quoted(latency.value.main)} {number(counted.p95_ms)} ms"


# --- the next step -------------------------------------------------------------------------------------------------


def next_step(causes: Sequence[Cause], stage: str, audience: Audience) -> Fact | Unknown:
    """What the evidence proposes to do next; that it is done, only people can say."""
    if stage == "resolved":
        return Fact("write the postmortem, due within 48 hours")
    if stage == "mitigated":
        return Fact("watch whether it stays so, and fix the cause")
    if not causes:
        return Unknown(why="none of the runbook's root-cause patterns fits the evidence")
    top = causes[0]
    if audience == "engineers":
        return Fact(top.action)
    pattern = pattern_named(top.pattern)
    return Fact(f"{pattern.plain_action} (proposed; likely cause: {pattern.plain_cause}, confidence {top.confidence})")


def worst_hour(incident: Incident) -> Fact | Unknown:
    """Users of the worst rolling hour, as bounds when that is all that is known."""
    users = incident.users
    if isinstance(users, Unknown):
        return users
    most = f" to {number(users.at_most)}" if users.at_most is not None and not users.exact else ""
    least = "at least " if users.at_most is None else ""
    return Fact(f"{least}{number(users.at_least)}{most}")
