"""The numbers of the impact section: each with its value and the query that answered it, or why there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sentry_runbook.incident.environments import sessions_of
from sentry_runbook.incident.formatting import (
    briefly,
    count,
    crash_free_percent,
    duration,
    elapsed,
    moment,
    number,
    span,
)
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.metrics.crash_free import CrashFree
from sentry_runbook.incident.metrics.unhandled import MinutePeak
from sentry_runbook.incident.metrics.unique_users import worst_hour_source
from sentry_runbook.incident.model.evidence import Known, quoted
from sentry_runbook.incident.model.results.messages import Blank

DISCOVER = "Discover"
"""Sources of its counts begin so."""


@dataclass(frozen=True)
class ImpactNumber:
    """A number of the impact section.

    Attributes:
        value: as it stands in a text.
        source: the query that answered it and what limits the number; of an unknown one, why it is unknown.
    """

    name: str
    value: str | Blank
    source: str


def impact_numbers(incident: Incident) -> tuple[ImpactNumber, ...]:
    """The runbook's four numbers first, then what else was measured."""
    shared = shared_query(incident)
    measured = (each for measure in NUMBERS for each in measure(incident))
    return tuple(replace(each, source=each.source.replace(shared, "")) if shared else each for each in measured)


def _unknown(name: str, why: str) -> ImpactNumber:
    """A number that is not known; its blank reads like a word of a sentence."""
    what = name if name.startswith("p95") else name[0].lower() + name[1:]
    return ImpactNumber(name, Blank(what, why), why)


def shared_query(incident: Incident) -> str:
    """The common end of the sources of the window's queries, ``; START to END; environments: …``; printed once."""
    part = incident.evidence.totals
    _, mark, rest = part.source.partition("; 20") if isinstance(part, Known) else ("", "", "")
    return f"{mark}{rest}"


def query_window(incident: Incident) -> str:
    """The window and the environments that the queries share."""
    window, shared = incident.evidence.window, shared_query(incident)
    environments = shared.partition("; environments: ")[2]
    where = f"; environments: {environments}" if environments else ""
    return f"{moment(window.start)} to {moment(window.end)}{where}"


def counted_from(incident: Incident) -> str | None:
    """What the numbers come from on a server without Discover; None where Discover counted them, or nothing did."""
    totals = incident.evidence.totals
    is_counted_otherwise = isinstance(totals, Known) and not totals.source.startswith(DISCOVER)
    return "the issue's events, hours and tags" if is_counted_otherwise else None


def _duration(incident: Incident) -> Iterator[ImpactNumber]:
    started, recovered = incident.timeline.milestone("started"), incident.timeline.milestone("recovered")
    length = incident.timeline.between("started", "recovered")
    if length is not None and started.at is not None and recovered.at is not None:
        source = f"started {moment(started.at)} to recovered {moment(recovered.at)}, see the milestones"
        yield ImpactNumber("Duration", briefly(length), source)
        return
    why = started.why or recovered.why or "not known"
    if started.at is not None:
        why = f"{why}; {briefly(elapsed(started.at, incident.read_at))} have passed since the start"
    yield _unknown("Duration", why)


def _events(incident: Incident) -> Iterator[ImpactNumber]:
    events = incident.impact.events
    if events is None:
        yield _unknown("Total events", _why(incident, "events"))
    else:
        yield ImpactNumber("Total events", f"{_least(incident)}{number(events)}", _totals(incident)[0])


def _least(incident: Incident) -> str:
    """The words before a count of events, where Sentry dropped some."""
    return "at least " if incident.impact.events_lower_bound else ""


def _users(incident: Incident) -> Iterator[ImpactNumber]:
    name, users = "Unique users affected", incident.impact.users
    if users is None:
        yield _unknown(name, _why(incident, "users"))
        return
    least = "at least " if incident.impact.users_lower_bound else ""
    source, note = _totals(incident)
    yield ImpactNumber(name, f"{least}{number(users)}", f"{source}; {note}" if note else source)


def _totals(incident: Incident) -> tuple[str, str]:
    """The query of both totals, and what limits the number of users."""
    part = incident.evidence.widened if incident.impact.window.widened_from else incident.evidence.totals
    if not isinstance(part, Known):
        return f"the issue itself, category {incident.evidence.issue.category}", ""
    return part.source, part.note


def _p95(incident: Incident) -> Iterator[ImpactNumber]:
    part = incident.evidence.latency
    name = "p95 latency during incident"
    if incident.impact.p95_ms is None or not isinstance(part, Known):
        yield _unknown(name, _why(incident, "p95_ms"))
        return
    window = incident.evidence.window
    longer = ""
    if incident.known_episode is not None and window.start < incident.began - timedelta(minutes=15):
        longer = f"; over the whole window of {duration(window.length)}, which is longer than the incident"
    value = f"{number(incident.impact.p95_ms)} ms for {quoted(part.value.main or '')}"
    value += f" ({incident.impact.p95_estimate})" if incident.impact.p95_estimate else ""
    yield ImpactNumber(name, value, f"{part.value.measure}; {part.source}{longer}")


def _users_worst_hour(incident: Incident) -> Iterator[ImpactNumber]:
    if incident.impact.users_worst_hour is None:
        return
    most = (
        f" to {number(incident.impact.users_worst_hour_at_most)}"
        if incident.impact.users_worst_hour_at_most is not None
        else ""
    )
    start = f", from {moment(incident.impact.users_worst_hour_start)}" if incident.impact.users_worst_hour_start else ""
    source = worst_hour_source(incident.evidence) or DISCOVER
    yield ImpactNumber(
        "Users in the worst rolling hour",
        f"{_least(incident)}{number(incident.impact.users_worst_hour)}{most}{start}",
        source,
    )


def _minute(incident: Incident) -> Iterator[ImpactNumber]:
    part = incident.evidence.unhandled
    if isinstance(incident.own_peak, MinutePeak) and isinstance(part, Known):
        peak = incident.own_peak
        least = "at least " if peak.is_lower_bound else _least(incident)
        most = "" if peak.exact or least else f" to {number(peak.at_most)}"
        at = f", {moment(peak.at)}" if peak.at is not None and peak.at_least else ""
        yield ImpactNumber(
            "Unhandled events in the busiest minute", f"{least}{number(peak.at_least)}{most}{at}", part.source
        )


def _sessions(incident: Incident) -> Iterator[ImpactNumber]:
    rate, part = incident.crash_free, incident.evidence.sessions
    if not isinstance(rate, CrashFree) or not isinstance(part, Known):
        return
    worst = ""
    if incident.episode_crash_free_pct is not None:
        worst = f"; {crash_free_percent(incident.episode_crash_free_pct)} in the incident's full hours"
    if rate.worst_hour_pct is not None and rate.worst_hour_start is not None:
        worst += (
            f"; {crash_free_percent(rate.worst_hour_pct)} in the worst full hour, from {moment(rate.worst_hour_start)}"
        )
    value = f"{crash_free_percent(rate.period_pct)} of {count(rate.sessions, 'session')}{worst}"
    whose = sessions_of(incident.evidence)
    yield ImpactNumber(f"Crash-free sessions of {whose}", value, f"{part.source}; {span(part.value.window)}")


def _baseline(incident: Incident) -> Iterator[ImpactNumber]:
    usual, part = incident.impact.baseline, incident.evidence.series
    if usual is None:
        return
    times = f"; the window has {number(usual.ratio)} times as many" if usual.ratio is not None else ""
    value = f"{count(usual.events, 'event')} in {duration(usual.end - usual.start)}{times}"
    source = part.source if isinstance(part, Known) else "First Seen of the issue: it had no event before"
    yield ImpactNumber("Before the start", value, f"{moment(usual.start)} to {moment(usual.end)}; {source}")


def _all_time(incident: Incident) -> Iterator[ImpactNumber]:
    for name, value in (("events", incident.impact.events_all_time), ("users", incident.impact.users_all_time)):
        # No user on any event is not "no user".
        if value is not None and (value or name == "events"):
            source = "the issue's own counter, which says nothing of this incident alone"
            yield ImpactNumber(f"Over all time, {name}", number(value), source)


def _why(incident: Incident, what: str) -> str:
    return next((missing.why for missing in incident.impact.missing if missing.what == what), "")


NUMBERS: Sequence[Callable[[Incident], Iterator[ImpactNumber]]] = (
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
