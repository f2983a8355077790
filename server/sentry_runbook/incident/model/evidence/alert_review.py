"""What is known of an organization's alerts over a period, and of what happened in it: evidence of ``review_alerts``.

Round one lists: alerts of every form, the period's issues, events by the hour, sessions by the hour. Round two asks
what follows from them: firings of each alert that fired, counts by the minute where a condition may have held, and
what people did with the issues.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition
from sentry_runbook.incident.model.evidence.alert_row import OpenPeriod
from sentry_runbook.incident.model.evidence.alert_target import TargetIssue
from sentry_runbook.incident.model.evidence.counts import Series, SessionHour
from sentry_runbook.incident.model.evidence.issue import Activity
from sentry_runbook.incident.model.evidence.situation import ListedIssue, ListedProject
from sentry_runbook.incident.model.evidence.values import (
    NOT_ASKED,
    EventText,
    Finding,
    Frozen,
    Known,
    Missing,
    Unknown,
    Window,
)

ALL_OTHERS = ""
"""Issue of a series that holds all issues without one of their own, together."""


class FiringHour(Frozen):
    """How often an alert fired in a clock hour, for all issues together."""

    start: datetime
    firings: int


class AlertFirings(Frozen):
    """When an alert fired in the period, as Sentry keeps it: after throttling, delivered or not.

    Attributes:
        issues: those that it fired for, the most first, each with how often and when last.
        has_more_issues: there are more than were read.
        hours: by the clock hour, those with a firing; None where they were not read.
    """

    issues: tuple[TargetIssue, ...] = ()
    has_more_issues: bool = False
    hours: tuple[FiringHour, ...] | None = None

    @property
    def total(self) -> int | None:
        """Firings in the period; of a list that was cut only the hours tell all."""
        if self.hours is not None:
            return sum(hour.firings for hour in self.hours)
        known = [issue.firings for issue in self.issues if issue.firings is not None]
        return None if self.has_more_issues or len(known) < len(self.issues) else sum(known)


class KeyedFirings(Frozen):
    """The firings of one alert, by its key; of metric monitors, crons and uptime checks the stretches it was open."""

    alert: str
    firings: Known[AlertFirings] | Unknown = NOT_ASKED
    open_periods: Known[tuple[OpenPeriod, ...]] | Unknown = NOT_ASKED


class Population(Frozen):
    """Which events a series counts; its texts are as Sentry has them, for requests, and never shown.

    Attributes:
        projects: numbers, sorted; ``-1``: all that the token may read.
        environment: None: all.
        search: in Sentry's language, beside the environment; empty: all events.
        aggregate: ``count()`` of events, ``count_unique(user)``, or a metric monitor's own.
        dataset: ``errors``, or that of a metric monitor on transactions or spans, in Sentry's word.
        by_issue: each issue has its series; else all together.
    """

    projects: tuple[str, ...]
    environment: str | None = Field(default=None, exclude=True, repr=False)
    search: str = Field(default="", exclude=True, repr=False)
    aggregate: str = Field(default="count()", exclude=True, repr=False)
    dataset: str = "errors"
    by_issue: bool = True


class CountedSeries(Frozen):
    """Counts of a population over one stretch of time, for one issue or for all.

    Attributes:
        issue: its number; :data:`ALL_OTHERS` for all without an own series; None: all of the population together.
        events: what was counted, by the step; of users the distinct ones of each bucket.
        is_partial: issues beyond those with a series exist and are not counted in any (no series of the others).
    """

    population: Population
    issue: str | None = None
    events: Series
    is_partial: bool = False


class SessionsOf(Frozen):
    """Sessions of a project by the clock hour.

    Attributes:
        project: number.
        environment: None: all environments together.
    """

    project: str
    environment: EventText | None = None
    hours: tuple[SessionHour, ...] = ()
    raw_environment: str | None = Field(default=None, exclude=True, repr=False)


class IssueUnderReview(Frozen):
    """An issue of the period, and what was done with it.

    Attributes:
        activity: newest first, at most a hundred entries; unknown where it was not read.
    """

    issue: ListedIssue
    activity: Known[tuple[Activity, ...]] | Unknown = NOT_ASKED


class AlertReviewEvidence(Frozen):
    """All that is known of the alerts and of the period.

    Attributes:
        collected_at: "now".
        window: the period that is reviewed; it ends at ``collected_at`` or before.
        asked_project: slug or number that the caller named; None: all that the token may read.
        alerts: of every form, those of today first; without the default monitors (``error``, ``issue_stream``).
        migrated: key of a rule from before → whether it is an alert of today; absent: not known.
        has_alerts_of_today: whether the server has the alerts of 2026; None: not known.
        monitors_on: id of a monitor that an alert is connected to → whether it is on; None: they could not be read.
        fired: by alert.
        issues: of the period, and those that alerts fired for as far as they were read.
        hourly: events by the hour over the period and a week before it, of the busiest issues, each its own, and of
            all others together; by project or of all projects. Environment and search: none.
        minutes: what was asked for conditions, in the steps that it was asked in.
        sessions: by project, environment and hour; also of all environments together.
        unread: what could not be read, and why.
    """

    collected_at: datetime
    server: str
    server_kind: str = "unknown"
    organization: str = ""
    window: Window
    asked_project: EventText | None = None
    projects: Known[tuple[ListedProject, ...]] | Unknown = NOT_ASKED
    alerts: tuple[AlertDefinition, ...] = ()
    has_more_alerts: bool = False
    migrated: dict[str, bool] = Field(default_factory=dict)
    has_alerts_of_today: bool | None = None
    monitors_on: dict[str, bool] | None = None
    fired: tuple[KeyedFirings, ...] = ()
    issues: tuple[IssueUnderReview, ...] = ()
    hourly: Known[tuple[CountedSeries, ...]] | Unknown = NOT_ASKED
    minutes: tuple[CountedSeries, ...] = ()
    sessions: Known[tuple[SessionsOf, ...]] | Unknown = NOT_ASKED
    unread: tuple[Missing, ...] = ()
    warnings: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
