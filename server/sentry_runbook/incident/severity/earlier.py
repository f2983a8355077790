"""The severity at an earlier moment of the same incident, from the times at which figures crossed their thresholds.

How to think about it: a rule with a threshold looks at the worst minute or hour of the window, so once it holds it
holds until now. A rule that holds now held at an earlier moment where its figure had crossed the threshold by then;
where the crossing is known only as "at the latest", or not at all, it may have. A rule that does not hold now did not
hold then. All other rules (environment, level, what people stated) have no time and count as now.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sentry_runbook.incident.formatting import moment
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.metrics.crossings import Crossing, hours_below, minutes_above, users_above
from sentry_runbook.incident.metrics.timeseries import time_of
from sentry_runbook.incident.metrics.unique_users import UsersWorstHour, users_worst_hour
from sentry_runbook.incident.model.evidence import Evidence, Known, Unknown
from sentry_runbook.incident.model.results.impact import Episode
from sentry_runbook.incident.model.results.triage import CouldBe, Criterion, Met
from sentry_runbook.incident.severity.rules import could_be_of, is_open, met_by_id, rule_criteria

GRAIN = timedelta(minutes=1)
"""A minute that was still open then may have been above already."""


def severity_at(incident: Measurements, at: datetime) -> CouldBe | Unknown:
    """The lowest and the highest severity that the rules may have given at ``at``; one and the same where it is known.

    Unknown where the moment lies before the incident or before what was read.
    """
    if at < incident.evidence.window.start:
        return Unknown(why=f"the numbers are read from {moment(incident.evidence.window.start)} on")
    if isinstance(incident.episode, Episode) and at < incident.episode.began_earliest:
        return Unknown(why="the incident had not begun")
    criteria = rule_criteria(incident)
    then = {entry.id: _met_at(incident, entry, at) for entry in criteria}
    unknown = [entry.id for entry in criteria if then[entry.id] == "unknown" and (entry.met is True or is_open(entry))]
    return could_be_of({**met_by_id(criteria), **then}, unknown)


def _met_at(incident: Measurements, criterion: Criterion, at: datetime) -> Met:
    """Whether a criterion was met at ``at``."""
    if criterion.met is not True or criterion.id not in ("crash_free", "unhandled_rate", "users_per_hour"):
        return criterion.met
    if criterion.id == "users_per_hour" and _few_users(incident, at):
        return False
    crossings = sorted(_crossings(incident, criterion.id), key=lambda crossing: crossing.at)
    if not crossings:
        return "unknown"
    first = crossings[0]
    if first.at <= at:
        return True
    is_open_minute = criterion.id == "unhandled_rate" and first.at - GRAIN < at
    return "unknown" if first.at_latest or is_open_minute else False


def _crossings(incident: Measurements, rule: str) -> Iterator[Crossing]:
    evidence, limits = incident.evidence, incident.policy.thresholds
    if rule == "unhandled_rate":
        for part in (evidence.unhandled, evidence.project_unhandled):
            if isinstance(part, Known):
                yield from minutes_above(part.value, evidence.window, limits.unhandled_per_minute_above)
    elif rule == "crash_free" and isinstance(evidence.sessions, Known):
        yield from hours_below(evidence.sessions.value, limits)
    elif rule == "users_per_hour":
        yield from users_above(evidence, limits.users_per_hour_above)


def _few_users(incident: Measurements, at: datetime) -> bool:
    """Whether no rolling hour up to ``at`` held more users than the threshold, for certain."""
    limit = incident.policy.thresholds.users_per_hour_above
    users, totals = users_worst_hour(_up_to(incident.evidence, at, limit)), incident.evidence.totals
    # Events without a user, and those that Sentry dropped, may be of more people.
    has_more = incident.dropped_at_most or (isinstance(totals, Known) and totals.value.users_lower_bound)
    return not has_more and isinstance(users, UsersWorstHour) and users.at_most is not None and users.at_most <= limit


def _up_to(evidence: Evidence, at: datetime, limit: int) -> Evidence:
    """The counts that bound the users of the hours up to ``at``; of the series the window's end takes the rest away."""
    unknown = Unknown(why="counted up to now only")
    changes: dict[str, object] = {
        "window": evidence.window.model_copy(update={"end": at}),
        "totals": unknown,
        "rows": unknown,
        "users_in": tuple(counted for counted in evidence.users_in if counted.end <= at),
    }
    if isinstance(evidence.users_per_hour, Known):
        hours = evidence.users_per_hour.value
        # An hour that was open then has its users of now: no more than the limit bound those of then, too.
        open_from = at - timedelta(seconds=hours.step_s)
        values = tuple(
            value if time_of(hours, index) <= open_from or (value is not None and value <= limit) else None
            for index, value in enumerate(hours.values)
        )
        changes["users_per_hour"] = evidence.users_per_hour.model_copy(
            update={"value": hours.model_copy(update={"values": values})}
        )
    return evidence.model_copy(update=changes)
