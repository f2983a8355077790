"""The criteria of the severity rules, each true, false or unknown with what was observed (DESIGN section 5).

One function a criterion, from ``Evidence``, ``Stated`` and the policy. A value that equals its threshold never trips a
rule. An unknown criterion says why in its note; it neither trips nor clears a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

from sentry_runbook.incident.formatting import count, crash_free_percent, listed, moment, number, percent, span
from sentry_runbook.incident.issue_status import is_regressed
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.metrics.crash_free import CrashFree, shown_pct
from sentry_runbook.incident.metrics.transactions import all_match, none_match, transactions
from sentry_runbook.incident.metrics.unhandled import MinutePeak
from sentry_runbook.incident.metrics.unique_users import UsersWorstHour, worst_hour_source
from sentry_runbook.incident.model.evidence import Evidence, Known, Series, Sessions, Unknown, quoted
from sentry_runbook.incident.model.policy import matches_any
from sentry_runbook.incident.model.results.triage import NOT_ASKED, Criterion, Met
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.incident.severity.production import non_production

NOT_AN_ERROR = "does not apply: this is no error issue"
"""Note of a criterion that can never be known for this kind of issue."""
OF_THE_PROJECT = "of the whole project"
"""First part of the note of an unhandled rate that is the project's."""
LOWER_BOUND = "a lower bound: Sentry dropped events"
"""Note of a criterion that counts events, where some were dropped: it may trip its rule and clears it only if all of
them would not reach the threshold."""

CORE_FLOW: Mapping[bool | str | None, str | None] = {
    "blocked_for_all": "stated: blocked for all",
    True: "stated: hit, not for all",
    False: "stated: not hit",
    None: None,
}
"""What a person stated of the core flow, in words."""

# --- rule 2 --------------------------------------------------------------------------------------------------------


def crash_free_sessions(incident: Measurements) -> Criterion:
    """Crash-free sessions of production below the policy's percent, over the period or in the worst full hour."""
    limit = incident.policy.thresholds.crash_free_below_pct
    blank = Criterion(id="crash_free", threshold=f"below {percent(limit)} of sessions", met="unknown")
    rate = incident.crash_free
    if isinstance(rate, Unknown):
        return blank.model_copy(update={"note": rate.why})
    met: Met = rate.lowest_pct < limit
    sessions = incident.evidence.sessions.value if isinstance(incident.evidence.sessions, Known) else None
    unread = sessions.unread if sessions is not None else ()
    if not met and (not rate.exact or rate.hours_unknown or unread):
        # An upper bound below the limit trips the rule; one above it clears nothing. Nor do the hours that are known.
        met = "unknown"
    # The period is named when it trips by itself; the hour only when it is worse.
    in_hour = not rate.period_pct < limit and rate.lowest_pct < rate.period_pct
    source = incident.evidence.sessions.source if isinstance(incident.evidence.sessions, Known) else None
    return blank.model_copy(
        update={
            "observed": shown_pct(rate.lowest_pct if in_hour else rate.period_pct),
            "met": met,
            "source": source,
            "window": _session_window(rate, in_hour),
            "note": "; ".join((*_of_project(sessions), _session_note(rate, in_hour))),
        }
    )


def _of_project(sessions: Sessions | None) -> Iterator[str]:
    """Whose sessions they are, of an incident in several projects."""
    if sessions is not None and sessions.project is not None:
        yield f"of the project {quoted(sessions.project)}, the lowest of its projects"
    if sessions is not None and sessions.unread:
        yield f"those of {listed(sessions.unread)} could not be read"


def _session_window(rate: CrashFree, in_hour: bool) -> str:
    if in_hour and rate.worst_hour_start:
        return f"worst full hour, from {moment(rate.worst_hour_start)}"
    return span(rate.window)


def _session_note(rate: CrashFree, in_hour: bool) -> str:
    notes = [count(rate.sessions, "session")]
    if in_hour:
        notes.append(f"over the period {crash_free_percent(rate.period_pct)}")
    elif rate.worst_hour_pct is not None and rate.worst_hour_start:
        notes.append(f"worst full hour {crash_free_percent(rate.worst_hour_pct)}, from {moment(rate.worst_hour_start)}")
    elif not rate.hours_known:
        notes.append("hours were not measured")
    if rate.hours_unknown:
        notes.append(f"Sentry gave no usable numbers for {count(rate.hours_unknown, 'full hour')}")
    if rate.old_meaning:
        notes.append("this server has no unhandled rate: crashes only")
    elif not rate.exact:
        notes.append("the unhandled rate is missing: an upper bound")
    if rate.window.note:
        notes.append(rate.window.note)
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
    peak, part = deciding_peak(incident)
    assert peak is not None  # noqa: S101  # one of both is known
    if len(incident.evidence.projects) > 1 and isinstance(own, MinutePeak):
        # Of several projects the sum was counted: it bounds each of them, and trips no rule by itself.
        peak, part = own, incident.evidence.unhandled
    met: Met = peak.at_least > limit
    # The project's events include the issue's: its peak alone can clear the rule, the issue's alone cannot. What was
    # dropped may have come in one minute.
    dropped = incident.dropped_at_most
    at_most = max(peak.at_most for peak in known) + dropped
    if not met and not (isinstance(project, MinutePeak) and at_most <= limit):
        met = "unknown"
    is_at_least = peak.is_lower_bound or (met == "unknown" and bool(dropped))
    observed: int | str = peak.at_least if peak.exact else f"{number(peak.at_least)} to {number(peak.at_most)}"
    return blank.model_copy(
        update={
            "observed": f"{number(peak.at_least)} or more" if is_at_least else observed,
            "met": met,
            "source": part.source if isinstance(part, Known) else None,
            "window": f"minute from {moment(peak.at)}" if peak.at else span(incident.evidence.window),
            "note": "; ".join(
                (*_unhandled_notes(incident.evidence, own, project, peak), *([LOWER_BOUND] if dropped else []))
            ),
        }
    )


def deciding_peak(incident: Measurements) -> tuple[MinutePeak | None, Known[Series] | Unknown]:
    """The higher of the issue's and the project's busiest minute, and its series; the issue's own of equals."""
    evidence = incident.evidence
    own, project = incident.own_peak, incident.project_peak
    if isinstance(project, MinutePeak) and not (isinstance(own, MinutePeak) and own.at_least >= project.at_least):
        return project, evidence.project_unhandled
    return (own if isinstance(own, MinutePeak) else None), evidence.unhandled


def _unhandled_notes(
    evidence: Evidence, own: MinutePeak | Unknown, project: MinutePeak | Unknown, peak: MinutePeak
) -> Iterator[str]:
    yield OF_THE_PROJECT if peak is project else f"of {evidence.whose}"
    if isinstance(own, MinutePeak) and peak is project:
        yield f"this issue's own busiest minute has {number(own.at_least)}"
    if isinstance(project, Unknown):
        yield f"the project's is unknown: {project.why}"
    if not peak.complete:
        yield "that minute has not ended yet"


def data_loss(incident: Measurements) -> Criterion:
    """A person stated that data may be lost."""
    risk = incident.stated.data_loss_risk
    return _stated("data_loss", None if risk is None else ("stated: yes" if risk else "stated: no"), bool(risk))


def core_flow_blocked(incident: Measurements) -> Criterion:
    """A person stated that the core flow is blocked for all; hit for some is another rule's."""
    flow = incident.stated.core_flow
    return _stated("core_flow_blocked", CORE_FLOW[flow], flow == "blocked_for_all")


def _stated(name: str, observed: str | None, met: bool) -> Criterion:
    """A criterion that only a person can answer; one that nobody was asked for is neither met nor not met."""
    if observed is None:
        return Criterion(id=name, observed=NOT_ASKED, threshold="stated", met="unknown")
    return Criterion(id=name, observed=observed, threshold="stated", met=met, source="stated")


# --- rule 3 --------------------------------------------------------------------------------------------------------


def users_per_hour(incident: Measurements) -> Criterion:
    """More unique users in the worst rolling hour than the policy allows, unless something rules the rule out."""
    limit = incident.policy.thresholds.users_per_hour_above
    blank = Criterion(id="users_per_hour", threshold=f"more than {number(limit)} in one rolling hour", met="unknown")
    users = _users_of_the_issue(incident) or incident.users
    why_not = ruled_out(incident)
    if isinstance(users, Unknown):
        # A stated fact decides, whatever the number would be.
        return blank.model_copy(update={"met": False, "note": why_not} if why_not else {"note": users.why})
    users = _all_users(incident, users)
    return blank.model_copy(
        update={
            "observed": _users_observed(users),
            "met": False if why_not else _above(users, limit),
            "source": worst_hour_source(incident.evidence),
            "window": f"hour from {moment(users.start)}" if users.start else span(incident.evidence.window),
            "note": "; ".join(note for note in (users.how, why_not) if note),
        }
    )


def _all_users(incident: Measurements, users: UsersWorstHour) -> UsersWorstHour:
    """The bounds with the dropped events: each may have come from one more person, and from no more than one."""
    dropped, limit = incident.dropped_at_most, incident.policy.thresholds.users_per_hour_above
    if not dropped:
        return users
    at_most = None if users.at_most is None or users.at_most + dropped > limit else users.at_most + dropped
    return UsersWorstHour(at_least=users.at_least, at_most=at_most, start=users.start, how=LOWER_BOUND)


def _above(users: UsersWorstHour, limit: int) -> Met:
    """Whether the users exceed the limit; unknown when the limit lies between their bounds."""
    if users.at_least > limit:
        return True
    return False if users.at_most is not None and users.at_most <= limit else "unknown"


def _users_observed(users: UsersWorstHour) -> int | str:
    if users.exact:
        return users.at_least
    return f"{number(users.at_least)} or more" if users.at_most is None else f"{users.at_least} to {users.at_most}"


def _users_of_the_issue(incident: Measurements) -> UsersWorstHour | Unknown | None:
    """Bounds for a non-error issue, whose users only the issue itself counts: its total over all time; else None."""
    issue = incident.evidence.issue
    if issue.is_error or isinstance(incident.evidence.totals, Known):
        return None
    total = issue.users_total
    if not total:
        return Unknown(why="Sentry counts no users for this kind of issue")
    return UsersWorstHour(at_least=0, at_most=total, how=f"the issue has {count(total, 'user')} over all time")


def users_above(incident: Measurements) -> Met:
    """Whether the users exceed the policy's limit, whatever people stated."""
    limit = incident.policy.thresholds.users_per_hour_above
    users = _users_of_the_issue(incident) or incident.users
    return "unknown" if isinstance(users, Unknown) else _above(_all_users(incident, users), limit)


def ruled_out(incident: Measurements, stated: Stated | None = None) -> str | None:
    """Why rule 3 does not hold, whatever the number of users is; None when the number decides.

    Args:
        incident: what is judged.
        stated: what people may yet state, in place of what they did.
    """
    said = incident.stated if stated is None else stated
    if said.workaround:
        return "a workaround is stated: the rule does not hold"
    if said.core_flow is False:
        return "stated: not the core flow; the rule does not hold"
    patterns = incident.policy.core_flow.transactions
    # Of several issues the transactions of the first alone are known.
    if (
        said.core_flow is None
        and not incident.evidence.together
        and none_match(patterns, transactions(incident.evidence))
    ):
        return "off the policy's core-flow transactions: the rule does not hold"
    return None


# --- rule 4, and what is only reported ------------------------------------------------------------------------------


def edge_case(incident: Measurements) -> Criterion:
    """The issue's level, title or transactions are what the policy calls an edge case."""
    issue, rules = incident.evidence.issue, incident.policy.edge_case
    why = None
    if issue.level in rules.levels:
        why = f"level {issue.level}"
    elif all(matches_any(rules.titles, each.title) for each in incident.evidence.members):
        why = "the title matches the policy's edge cases"
    elif not incident.evidence.together and all_match(rules.transactions, transactions(incident.evidence)):
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
    """First seen within the policy's hours; reported only."""
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
    """Came back after it was resolved; reported only."""
    return _state(incident, "regressed", "came back after a resolve", bool(is_regressed(incident.evidence.issue)))


def escalating(incident: Measurements) -> Criterion:
    """Sentry calls it escalating; reported only."""
    return _state(
        incident, "escalating", "called escalating by Sentry", incident.evidence.issue.substatus == "escalating"
    )


def _state(incident: Measurements, name: str, threshold: str, holds: bool) -> Criterion:
    """A state of the issue; unknown where neither substatus, status nor activity log would show it."""
    issue = incident.evidence.issue
    known = holds or issue.substatus is not None or issue.status == "resolved" or bool(issue.activity)
    return Criterion(
        id=name,
        observed=issue.substatus,
        threshold=threshold,
        met=holds if known else "unknown",
        source="issue",
        note=None if known else "this server gives no substatus",
    )


MEASURED: tuple[Callable[[Measurements], Criterion], ...] = (
    non_production,
    crash_free_sessions,
    unhandled_rate,
    data_loss,
    core_flow_blocked,
    users_per_hour,
    edge_case,
)
"""The criteria of the rules, in the order of the rules."""
REPORTED: tuple[Callable[[Measurements], Criterion], ...] = (new, regressed, escalating)
"""Criteria that are reported and decide nothing."""
