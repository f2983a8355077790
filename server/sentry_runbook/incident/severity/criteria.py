"""The questions that the severity rules ask, each answered true, false or unknown with what was seen.

One function a criterion; what it needs is in ``Evidence``, ``Stated`` and the policy. Exactly the threshold never
trips. An unknown answer says why; it neither trips nor clears a rule (DESIGN §5).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sentry_runbook.incident.formatting import count, moment, number, percent, span
from sentry_runbook.incident.issue_status import is_regressed
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.metrics.crash_free import CrashFree, shown_pct
from sentry_runbook.incident.metrics.transactions import all_match, none_match, transactions
from sentry_runbook.incident.metrics.unhandled import MinutePeak
from sentry_runbook.incident.metrics.unique_users import UsersWorstHour
from sentry_runbook.incident.model.evidence import Evidence, Known, Unknown
from sentry_runbook.incident.model.policy import matches_any
from sentry_runbook.incident.model.results.triage import Criterion, Met

# --- rule 1 --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Environments:
    """Where the issue's events happened."""

    met: Met
    observed: str | None = None
    source: str | None = None
    note: str | None = None
    in_period: bool = False


def non_production(incident: Measurements) -> Criterion:
    """No production events in the period (over all time, when it is empty) while other environments have some."""
    found = _environments_of_period(incident) or _environments_of_all_time(incident)
    return Criterion(
        id="non_production",
        observed=found.observed,
        threshold="no events in production, some elsewhere",
        met=found.met,
        source=found.source,
        window=span(incident.evidence.window) if found.in_period else None,
        note=found.note,
    )


def _environments_of_period(incident: Measurements) -> _Environments | None:
    """From the period's events by environment; None when there are none or they were not counted."""
    part, scope = incident.evidence.environments, incident.evidence.scope
    counts = [one for one in part.value if one.events] if isinstance(part, Known) else []
    if not counts or not isinstance(part, Known):
        return None
    production = sum(one.events for one in counts if incident.policy.is_production(one.name))
    everything = sum(one.events for one in counts)
    only_asked = scope.basis == "asked" and {one.name for one in counts} <= set(scope.names)
    if not production and only_asked and set(scope.production) - set(scope.names):
        return _Environments(met="unknown", note="only the environments asked for were counted")
    nameless = any(one.name == "" for one in counts)
    return _Environments(
        met=production == 0,
        observed=f"{number(production)} of {count(everything, 'event')} in production",
        source=part.source,
        note="events without an environment count as production" if nameless else None,
        in_period=True,
    )


def _environments_of_all_time(incident: Measurements) -> _Environments:
    """From the issue's environments over all time: what never was, is not in the period either."""
    evidence, scope = incident.evidence, incident.evidence.scope
    source = "the issue's environments over all time"
    if scope.known and scope.others and not scope.production:
        return _Environments(met=True, observed="none in production, over all time", source=source)
    if scope.known and scope.production and not scope.others:
        return _Environments(met=False, observed="production only, over all time", source=source)
    if scope.basis == "production" and isinstance(evidence.totals, Known) and evidence.totals.value.events:
        seen = f"{count(evidence.totals.value.events, 'event')} in production"
        return _Environments(met=False, observed=seen, source=evidence.totals.source, in_period=True)
    if isinstance(evidence.environments, Known) and scope.known:
        # The period is empty; over all time production has events, or nothing has.
        return _Environments(met=False, observed="none in the period; production has some over all time", source=source)
    why = evidence.environments.why if isinstance(evidence.environments, Unknown) else "the environments are not known"
    return _Environments(met="unknown", note=why)


# --- rule 2 --------------------------------------------------------------------------------------------------------


def crash_free_sessions(incident: Measurements) -> Criterion:
    """Crash-free sessions of production below the policy's percent, over the period or in the worst full hour."""
    limit = incident.policy.thresholds.crash_free_below_pct
    blank = Criterion(id="crash_free", threshold=f"below {percent(limit)} of sessions", met="unknown")
    found = incident.crash_free
    if isinstance(found, Unknown):
        return blank.model_copy(update={"note": found.why})
    met: Met = found.lowest_pct < limit
    if not met and not found.exact:
        met = "unknown"
    in_hour = not found.period_pct < limit and found.lowest_pct < found.period_pct
    source = incident.evidence.sessions.source if isinstance(incident.evidence.sessions, Known) else None
    return blank.model_copy(
        update={
            "observed": shown_pct(found.lowest_pct if in_hour else found.period_pct),
            "met": met,
            "source": source,
            "window": _session_window(found, in_hour),
            "note": _session_note(found, in_hour),
        }
    )


def _session_window(found: CrashFree, in_hour: bool) -> str:
    if in_hour and found.worst_hour_start:
        return f"worst full hour, from {moment(found.worst_hour_start)}"
    return span(found.window)


def _session_note(found: CrashFree, in_hour: bool) -> str:
    notes = [count(found.sessions, "session")]
    if in_hour:
        notes.append(f"over the period {percent(found.period_pct)}")
    elif found.worst_hour_pct is not None and found.worst_hour_start:
        notes.append(f"worst full hour {percent(found.worst_hour_pct)}, from {moment(found.worst_hour_start)}")
    elif not found.hours_known:
        notes.append("hours were not measured")
    if found.old_meaning:
        notes.append("this server has no unhandled rate: crashes only")
    elif not found.exact:
        notes.append("the unhandled rate is missing: an upper bound")
    if found.window.note:
        notes.append(found.window.note)
    return "; ".join(notes)


def unhandled_rate(incident: Measurements) -> Criterion:
    """More unhandled exceptions in one elapsed clock minute than the policy allows, of the issue or the project."""
    limit = incident.policy.thresholds.unhandled_per_minute_above
    blank = Criterion(id="unhandled_rate", threshold=f"more than {number(limit)} in one minute", met="unknown")
    if not incident.evidence.issue.is_error:
        return blank.model_copy(update={"note": NOT_AN_ERROR})
    own = incident.own_peak
    project = incident.project_peak
    known = [peak for peak in (own, project) if isinstance(peak, MinutePeak)]
    if not known:
        return blank.model_copy(update={"note": own.why if isinstance(own, Unknown) else None})
    peak = max(known, key=lambda one: one.at_least)
    met: Met = peak.at_least > limit
    # The project's events include the issue's, so its figure alone clears the rule; the issue's alone does not.
    if not met and not (isinstance(project, MinutePeak) and all(one.at_most <= limit for one in known)):
        met = "unknown"
    part = incident.evidence.project_unhandled if peak is project else incident.evidence.unhandled
    return blank.model_copy(
        update={
            "observed": peak.at_least if peak.exact else f"{number(peak.at_least)} to {number(peak.at_most)}",
            "met": met,
            "source": part.source if isinstance(part, Known) else None,
            "window": f"minute from {moment(peak.at)}" if peak.at else span(incident.evidence.window),
            "note": _unhandled_note(own, project, peak),
        }
    )


NOT_AN_ERROR = "does not apply: this is no error issue"


def _unhandled_note(own: MinutePeak | Unknown, project: MinutePeak | Unknown, peak: MinutePeak) -> str:
    notes = ["of the whole project" if peak is project else "of this issue"]
    if isinstance(own, MinutePeak) and peak is project:
        notes.append(f"this issue's own busiest minute has {number(own.at_least)}")
    if isinstance(project, Unknown):
        notes.append(f"the project's is unknown: {project.why}")
    if not peak.complete:
        notes.append("that minute has not ended yet")
    return "; ".join(notes)


def data_loss(incident: Measurements) -> Criterion:
    """A person stated that data may be lost; not stated is not so."""
    said = incident.stated.data_loss_risk
    words = {True: "stated: yes", False: "stated: no", None: "not stated"}
    return Criterion(
        id="data_loss", observed=words[said], threshold="stated", met=bool(said), source="stated" if said else None
    )


# --- rule 3 --------------------------------------------------------------------------------------------------------


def users_per_hour(incident: Measurements) -> Criterion:
    """More unique users in the worst rolling hour than the policy allows, unless a person or the policy objects."""
    limit = incident.policy.thresholds.users_per_hour_above
    blank = Criterion(id="users_per_hour", threshold=f"more than {number(limit)} in one rolling hour", met="unknown")
    found = _users_of_the_issue(incident) or incident.users
    stop = _stopped(incident)
    if isinstance(found, Unknown):
        # What a stated fact settles is settled, whatever the number is.
        return blank.model_copy(update={"met": False, "note": stop} if stop else {"note": found.why})
    return blank.model_copy(
        update={
            "observed": _between(found),
            "met": False if stop else _above(found, limit),
            "source": _users_source(incident.evidence),
            "window": f"hour from {moment(found.start)}" if found.start else span(incident.evidence.window),
            "note": "; ".join(note for note in (found.how, stop) if note) or None,
        }
    )


def _above(found: UsersWorstHour, limit: int) -> Met:
    if found.at_least > limit:
        return True
    return False if found.at_most is not None and found.at_most <= limit else "unknown"


def _between(found: UsersWorstHour) -> int | str:
    if found.exact:
        return found.at_least
    return f"{number(found.at_least)} or more" if found.at_most is None else f"{found.at_least} to {found.at_most}"


def _users_of_the_issue(incident: Measurements) -> UsersWorstHour | Unknown | None:
    """Users of a non-error issue come from the issue itself: its total over all time bounds every hour."""
    issue = incident.evidence.issue
    if issue.is_error or isinstance(incident.evidence.totals, Known):
        return None
    total = issue.users_total
    if not total:
        return Unknown(why="Sentry counts no users for this kind of issue")
    return UsersWorstHour(at_least=0, at_most=total, how=f"the issue has {count(total, 'user')} over all time")


def _users_source(evidence: Evidence) -> str | None:
    if evidence.users_in:
        return "Discover, distinct users of chosen hours"
    for part in (evidence.users_per_hour, evidence.series, evidence.totals):
        if isinstance(part, Known):
            return part.source
    return None


def _stopped(incident: Measurements) -> str | None:
    """Why rule 3 does not hold whatever the number is; None when nothing speaks against it."""
    if incident.stated.workaround:
        return "a workaround is stated: the rule does not hold"
    if incident.stated.core_flow is False:
        return "stated: not the core flow; the rule does not hold"
    patterns = incident.policy.core_flow.transactions
    if incident.stated.core_flow is None and none_match(patterns, transactions(incident.evidence)):
        return "off the policy's core-flow transactions: the rule does not hold"
    return None


# --- rules 4 and 5, and what gates nothing -------------------------------------------------------------------------


def edge_case(incident: Measurements) -> Criterion:
    """The issue's level, title or transactions are what the policy calls an edge case."""
    issue, rules = incident.evidence.issue, incident.policy.edge_case
    why = None
    if issue.level in rules.levels:
        why = f"level {issue.level}"
    elif matches_any(rules.titles, issue.title):
        why = "the title matches the policy's edge cases"
    elif all_match(rules.transactions, transactions(incident.evidence)):
        why = "all transactions match the policy's edge cases"
    met: Met = why is not None
    if why is None and issue.level is None:
        met = "unknown"
    return Criterion(
        id="edge_case",
        observed=why or (f"level {issue.level}" if issue.level else None),
        threshold=f"level {' or '.join(rules.levels) or 'none'}, or the policy's patterns",
        met=met,
        source="issue",
        note="Sentry gave no level" if met == "unknown" else None,
    )


def new(incident: Measurements) -> Criterion:
    """First seen within the policy's hours; gates nothing."""
    hours = incident.policy.thresholds.new_within_hours
    issue, limit = incident.evidence.issue, incident.evidence.collected_at - timedelta(hours=hours)
    met: Met = "unknown" if issue.first_seen is None else issue.first_seen >= limit
    return Criterion(
        id="new",
        observed=f"first seen {moment(issue.first_seen)}" if issue.first_seen else None,
        threshold=f"first seen within {hours} h, or called new by Sentry",
        met=True if issue.substatus == "new" else met,
        source="issue",
        note="Sentry gave no first-seen time" if issue.first_seen is None else None,
    )


def regressed(incident: Measurements) -> Criterion:
    """Came back after it was resolved; gates nothing."""
    return _state(incident, "regressed", "came back after a resolve", is_regressed(incident.evidence.issue))


def escalating(incident: Measurements) -> Criterion:
    """Sentry calls it escalating; gates nothing."""
    return _state(
        incident, "escalating", "called escalating by Sentry", incident.evidence.issue.substatus == "escalating"
    )


def _state(incident: Measurements, name: str, threshold: str, holds: bool) -> Criterion:
    issue = incident.evidence.issue
    told = holds or issue.substatus is not None or issue.status == "resolved" or bool(issue.activity)
    return Criterion(
        id=name,
        observed=issue.substatus,
        threshold=threshold,
        met=holds if told else "unknown",
        source="issue",
        note=None if told else "this server gives no substatus",
    )


MEASURED: tuple[Callable[[Measurements], Criterion], ...] = (
    non_production,
    crash_free_sessions,
    unhandled_rate,
    data_loss,
    users_per_hour,
    edge_case,
)
"""The criteria that rules use, in the order of the rules."""
REPORTED: tuple[Callable[[Measurements], Criterion], ...] = (new, regressed, escalating)
"""Criteria that gate nothing."""
