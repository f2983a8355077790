"""The numbers of the impact section: each with its value and the query that answered it, or why there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sentry_runbook.incident.formatting import briefly, count, duration, moment, number, percent, span
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.metrics.crash_free import CrashFree
from sentry_runbook.incident.metrics.unhandled import MinutePeak
from sentry_runbook.incident.model.evidence import Known, quoted
from sentry_runbook.incident.model.results.impact import Impact
from sentry_runbook.incident.timeline.models import Timeline


@dataclass(frozen=True)
class Figure:
    """A number of the impact.

    Attributes:
        value: None when it is unknown; ``why`` says why.
        source: the query, and what limits the number.
    """

    name: str
    value: str | None
    source: str = ""
    why: str = ""


def figures(incident: Incident, told: Timeline, counted: Impact) -> tuple[Figure, ...]:
    """The runbook's four numbers first, then what else was measured."""
    shared = shared_query(incident)
    made = (one for make in FIGURES for one in make(incident, told, counted))
    return tuple(replace(one, source=one.source.replace(shared, "")) if shared else one for one in made)


def shared_query(incident: Incident) -> str:
    """What the sources of the window's queries end with, ``; START to END; environments: …``; said once for all."""
    part = incident.evidence.totals
    _, mark, rest = part.source.partition("; 20") if isinstance(part, Known) else ("", "", "")
    return f"{mark}{rest}"


def query_window(incident: Incident) -> Figure:
    """The window and the environments that the queries share."""
    window, shared = incident.evidence.window, shared_query(incident)
    environments = shared.partition("; environments: ")[2]
    where = f"; environments: {environments}" if environments else ""
    return Figure("Window of the queries", f"{moment(window.start)} to {moment(window.end)}{where}")


def _duration(incident: Incident, told: Timeline, counted: Impact) -> Iterator[Figure]:
    started, recovered = told.milestone("started"), told.milestone("recovered")
    length = told.between("started", "recovered")
    if length is not None and started.at is not None and recovered.at is not None:
        source = f"started {moment(started.at)} to recovered {moment(recovered.at)}, see the milestones"
        yield Figure("Duration", briefly(length), source)
        return
    why = started.why or recovered.why or "not known"
    if started.at is not None:
        why = f"{why}; {briefly(incident.read_at - started.at)} have passed since the start"
    yield Figure("Duration", None, why=why)


def _events(incident: Incident, told: Timeline, counted: Impact) -> Iterator[Figure]:
    value = None if counted.events is None else number(counted.events)
    yield Figure("Total events", value, _totals(incident, counted)[0], _why(counted, "events"))


def _users(incident: Incident, told: Timeline, counted: Impact) -> Iterator[Figure]:
    value = None if counted.users is None else number(counted.users)
    least = "at least " if counted.users_lower_bound and value else ""
    source, note = _totals(incident, counted)
    source = f"{source}; {note}" if note else source
    yield Figure("Unique users affected", value and f"{least}{value}", source, _why(counted, "users"))


def _totals(incident: Incident, counted: Impact) -> tuple[str, str]:
    """The query of both totals, and what limits the number of users."""
    part = incident.evidence.widened if counted.window.widened_from else incident.evidence.totals
    if not isinstance(part, Known):
        return f"the issue itself, category {incident.evidence.issue.category}", ""
    return part.source, part.note


def _p95(incident: Incident, told: Timeline, counted: Impact) -> Iterator[Figure]:
    part = incident.evidence.latency
    name = "p95 latency during incident"
    if counted.p95_ms is None or not isinstance(part, Known):
        yield Figure(name, None, why=_why(counted, "p95_ms"))
        return
    window = incident.evidence.window
    longer = ""
    if incident.known_onset is not None and window.start < incident.began - timedelta(minutes=15):
        longer = f"; over the whole window of {duration(window.length)}, which is longer than the incident"
    value = f"{number(counted.p95_ms)} ms for {quoted(part.value.main or '')}"
    yield Figure(name, value, f"{part.value.measure}; {part.source}{longer}")


def _users_worst_hour(incident: Incident, told: Timeline, counted: Impact) -> Iterator[Figure]:
    if counted.users_worst_hour is None:
        return
    most = f" to {number(counted.users_worst_hour_at_most)}" if counted.users_worst_hour_at_most is not None else ""
    start = f", from {moment(counted.users_worst_hour_start)}" if counted.users_worst_hour_start else ""
    parts = (incident.evidence.users_per_hour, incident.evidence.series)
    source = next((part.source for part in parts if isinstance(part, Known)), "Discover errors")
    yield Figure("Users in the worst rolling hour", f"{number(counted.users_worst_hour)}{most}{start}", source)


def _minute(incident: Incident, told: Timeline, counted: Impact) -> Iterator[Figure]:
    part = incident.evidence.unhandled
    if isinstance(incident.own_peak, MinutePeak) and isinstance(part, Known):
        peak = incident.own_peak
        most = "" if peak.exact else f" to {number(peak.at_most)}"
        at = f", {moment(peak.at)}" if peak.at is not None and peak.at_least else ""
        yield Figure("Unhandled events in the busiest minute", f"{number(peak.at_least)}{most}{at}", part.source)


def _sessions(incident: Incident, told: Timeline, counted: Impact) -> Iterator[Figure]:
    rate, part = incident.crash_free, incident.evidence.sessions
    if not isinstance(rate, CrashFree) or not isinstance(part, Known):
        return
    worst = ""
    if rate.worst_hour_pct is not None and rate.worst_hour_start is not None:
        worst = f"; {percent(rate.worst_hour_pct)} in the worst full hour, from {moment(rate.worst_hour_start)}"
    value = f"{percent(rate.period_pct)} of {count(rate.sessions, 'session')}{worst}"
    yield Figure("Crash-free sessions of production", value, f"{part.source}; {span(part.value.window)}")


def _baseline(incident: Incident, told: Timeline, counted: Impact) -> Iterator[Figure]:
    usual, part = counted.baseline, incident.evidence.series
    if usual is None:
        return
    times = f"; the window has {number(usual.ratio)} times as many" if usual.ratio is not None else ""
    value = f"{count(usual.events, 'event')} in {duration(usual.end - usual.start)}{times}"
    source = part.source if isinstance(part, Known) else "First Seen of the issue: it had no event before"
    yield Figure("Before the start", value, f"{moment(usual.start)} to {moment(usual.end)}; {source}")


def _all_time(incident: Incident, told: Timeline, counted: Impact) -> Iterator[Figure]:
    for name, value in (("events", counted.events_all_time), ("users", counted.users_all_time)):
        # No user on any event is not "no user".
        if value is not None and (value or name == "events"):
            source = "the issue's own counter, which says nothing of this incident alone"
            yield Figure(f"Over all time, {name}", number(value), source)


def _why(counted: Impact, what: str) -> str:
    return next((one.why for one in counted.missing if one.what == what), "")


FIGURES: Sequence[Callable[[Incident, Timeline, Impact], Iterator[Figure]]] = (
    _duration,
    _events,
    _users,
    _p95,
    _users_worst_hour,
    _minute,
    _sessions,
    _baseline,
    _all_time,
)
