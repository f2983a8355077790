"""How fields of results read in a template, where their type alone does not say it: one table.

A field that is not here is written by its type (:func:`text_of`), and its blank is its name in plain words. Event text
is quoted, unless :data:`SENTENCES` says that the field is a sentence written by us, which quotes event text itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sentry_runbook.incident.causes.catalog import pattern_named
from sentry_runbook.incident.formatting import (
    briefly,
    clock_time,
    crash_free_percent,
    duration,
    moment,
    number,
    percent,
    percent_of,
    stretch,
)
from sentry_runbook.incident.messages.blank_content import BlankContent
from sentry_runbook.incident.messages.content import MessageContent
from sentry_runbook.incident.messages.key_event import KeyEvent
from sentry_runbook.incident.messages.status import IncidentStatus
from sentry_runbook.incident.messages.times import MessageTimes
from sentry_runbook.incident.model.policy import Production, SeverityWords, largest_unit
from sentry_runbook.incident.model.results.impact import Baseline, BreakdownRow, Impact, ImpactWindow, Recovery, Trend
from sentry_runbook.incident.model.results.issue import IssueSummary
from sentry_runbook.incident.model.results.messages import NOT_STATED, ActionItem, Interval, Milestone
from sentry_runbook.incident.model.results.triage import Cause, ChecklistStep, CouldBe, Verdict
from sentry_runbook.incident.postmortem.content import PostmortemContent, TimelineLine
from sentry_runbook.incident.postmortem.hint import Hint

NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Wording:
    """How one field reads.

    Attributes:
        blank: what stands in the place of an unknown value, or how it follows from the result that holds the field.
        why: why it is unknown, where neither the value nor the result's ``missing`` says it; or how it follows.
        text: the text of a known value.
        link: the field of the same result that holds the text's address.
        exact: the operator's own words, written as they are.
    """

    blank: str | Callable[[Any], str] = ""
    why: str | Callable[[Any], str] = NOT_MEASURED
    text: Callable[[Any], str] | None = None
    link: str = ""
    exact: bool = False


def _minutes(minutes: int) -> str:
    return largest_unit(timedelta(minutes=minutes))


def _full_minutes(minutes: int) -> str:
    return briefly(timedelta(minutes=minutes))


def _own_reason(result: Milestone | Interval) -> str:
    return result.why or NOT_MEASURED


def _no_due(verdict: Verdict) -> str:
    """The reason that the verdict gives for having no time to respond by."""
    return next((entry.why for entry in verdict.missing if entry.what == "respond_by"), NOT_MEASURED)


def _pattern_title(name: str) -> str:
    return pattern_named(name).title


def _without_number(step: str) -> str:
    """``Users`` of ``4. Users``: a list of Markdown numbers its lines itself."""
    return step.partition(". ")[2]


NO_ANSWER = "Sentry's answer does not have it"
NO_SERIES = "the event series does not tell it"
WORDINGS: Mapping[tuple[type, str], Wording] = {
    (IssueSummary, "name"): Wording("link to the Sentry issue", link="url"),
    (IssueSummary, "title"): Wording("title of the Sentry issue"),
    (IssueSummary, "project"): Wording("project", NO_ANSWER),
    (IssueSummary, "level"): Wording("level", NO_ANSWER),
    (IssueSummary, "status"): Wording("status", NO_ANSWER),
    (IssueSummary, "assigned_to"): Wording("who is assigned", "no assignee is known"),
    (IssueSummary, "first_seen"): Wording("first seen", NO_ANSWER),
    (IssueSummary, "last_seen"): Wording("last seen", NO_ANSWER),
    (IssueSummary, "events_total"): Wording("events over all time", NO_ANSWER),
    (IssueSummary, "users_total"): Wording("users over all time", NO_ANSWER),
    (Verdict, "severity"): Wording("severity"),
    (Verdict, "name"): Wording("severity"),
    (Verdict, "because"): Wording("reason for the severity"),
    (Verdict, "could_be"): Wording("range of the severity"),
    (Verdict, "response"): Wording("response time"),
    (Verdict, "respond_by"): Wording("respond by", "the start is not known"),
    (Verdict, "due"): Wording("respond by", _no_due),
    (Verdict, "share_of_project"): Wording(text=percent_of),
    (MessageTimes, "now"): Wording("time of this message"),
    (MessageTimes, "started"): Wording("when it started"),
    (MessageTimes, "started_how"): Wording("how the start is known"),
    (MessageTimes, "over"): Wording("when it was over"),
    (MessageTimes, "so_far"): Wording("time since the start"),
    (MessageTimes, "last_update"): Wording("time of the last update"),
    (MessageTimes, "next_update"): Wording("time of the next update"),
    (MessageTimes, "update_every"): Wording("time until the next update"),
    (MessageTimes, "decide_by"): Wording("by when it is decided"),
    (MessageTimes, "postmortem_by"): Wording("when the postmortem is due"),
    (BlankContent, "lead"): Wording("incident lead"),
    (MessageContent, "impact_summary"): Wording("impact"),
    (MessageContent, "decision"): Wording("what has to be decided next"),
    (MessageContent, "symptom"): Wording("what users notice, in plain words"),
    (MessageContent, "users_worst_hour"): Wording("users in the worst hour"),
    (Impact, "events"): Wording("number of events"),
    (Impact, "users"): Wording("number of users"),
    (Impact, "users_worst_hour"): Wording("users in the worst hour"),
    (Impact, "unhandled_per_minute_peak"): Wording("unhandled events in the worst minute"),
    (Impact, "crash_free_sessions_pct"): Wording("crash-free sessions"),
    (Impact, "crash_free_episode_pct"): Wording("crash-free sessions in the incident"),
    (Impact, "crash_free_worst_hour_pct"): Wording("crash-free sessions in the worst hour"),
    (Impact, "p95_ms"): Wording("p95 latency"),
    (Impact, "baseline"): Wording("usual number of events"),
    (BreakdownRow, "share"): Wording(text=percent_of),
    (BreakdownRow, "share_before"): Wording(text=percent_of),
    (Impact, "window"): Wording("period of the numbers"),
    (ImpactWindow, "environments"): Wording("environments counted", "not known"),
    (IncidentStatus, "word"): Wording("investigating, identified, monitoring or resolved"),
    (IncidentStatus, "headline"): Wording("RESOLVED, once somebody has confirmed that it is over"),
    (IncidentStatus, "state"): Wording("whether it goes on"),
    (IncidentStatus, "reading"): Wording("whether it is over"),
    (Recovery, "verdict"): Wording("whether it is over"),
    (Recovery, "reading"): Wording("whether it is over"),
    (Recovery, "events_per_hour_now"): Wording("events an hour now", NO_SERIES),
    (Recovery, "events_per_hour_before"): Wording("events in the incident's fullest hour", NO_SERIES),
    (Recovery, "events_per_hour_baseline"): Wording("usual events an hour", NO_SERIES),
    (Recovery, "quiet_since"): Wording("quiet since", "events still came recently"),
    (KeyEvent, "error"): Wording("the error"),
    (KeyEvent, "frame"): Wording("failing function and line"),
    (KeyEvent, "fired"): Wording("why it fired"),
    (KeyEvent, "release"): Wording("suspect release"),
    (KeyEvent, "deployed"): Wording("when the suspect release was deployed"),
    (KeyEvent, "commit"): Wording("suspect commit"),
    (Cause, "pattern"): Wording(text=_pattern_title),
    (ChecklistStep, "step"): Wording(text=_without_number),
    (SeverityWords, "response_minutes"): Wording(text=_minutes),
    (SeverityWords, "next_update_minutes"): Wording("no time", "the policy names none", text=_minutes),
    (Production, "environments"): Wording(exact=True),
    (PostmortemContent, "window"): Wording("window of the queries"),
    (TimelineLine, "at"): Wording(text=clock_time),
    (TimelineLine, "source"): Wording(link="link"),
    (Milestone, "at"): Wording(lambda milestone: f"when it was {milestone.name}", _own_reason),
    (Interval, "minutes"): Wording(lambda interval: str(interval.name), _own_reason, text=_full_minutes),
    (ActionItem, "owner"): Wording("owner", NOT_STATED),
    (ActionItem, "due"): Wording("due date", NOT_STATED),
}
"""By result and field; a class that extends a result reads like it."""

SENTENCES: Mapping[type, frozenset[str]] = {
    Verdict: frozenset({"because"}),
    ImpactWindow: frozenset({"environments"}),
    Recovery: frozenset({"reading", "needs", "notes"}),
    Cause: frozenset({"evidence_for", "evidence_against", "action"}),
    ChecklistStep: frozenset({"finding"}),
    Milestone: frozenset({"source", "why"}),
    Interval: frozenset({"why"}),
    ActionItem: frozenset({"action", "done_when", "why", "owner"}),
}
"""Fields of event text that are sentences written by us already: names in them are quoted where they were put in."""

TEXTS: Mapping[type, Callable[[Any], str]] = {
    CouldBe: lambda could_be: (
        could_be.lowest if could_be.lowest == could_be.highest else f"{could_be.lowest} to {could_be.highest}"
    ),
    Baseline: lambda baseline: number(baseline.events),
    Trend: lambda trend: str(trend.direction),
    ImpactWindow: lambda window: stretch(window.start, window.end),
    Hint: lambda hint: str(hint.text),
}
"""Results that can stand in a sentence themselves; their fields can be asked for, too."""


def wording_of(result: type, field: str) -> Wording:
    """The wording of a field, its own or that of the class it comes from; blank words are never empty."""
    for base in result.__mro__:
        if (base, field) in WORDINGS:
            return WORDINGS[base, field]
    return Wording()


def is_sentence(result: type, field: str) -> bool:
    """Whether a field of event text is a sentence written by us."""
    return any(field in SENTENCES.get(base, ()) for base in result.__mro__)


def text_of(value: object, field: str) -> str:
    """A known value by its type; the end of the field's name tells the unit of a number."""
    match value:
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return _number(value, field)
        case datetime():
            return moment(value)
        case date():
            return value.isoformat()
        case timedelta():
            return duration(value)
        case _:
            return str(value)


def _number(value: float, field: str) -> str:
    if not field.endswith("_pct"):
        return f"{number(value)}{' ms' * field.endswith('_ms')}"
    # The policy's limit is no measurement.
    is_measured = field.startswith("crash_free") and field != "crash_free_below_pct"
    return crash_free_percent(value) if is_measured else percent(value)
