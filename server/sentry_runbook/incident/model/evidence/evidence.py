"""All that is known about one incident: what ``collect`` fills and every decision reads."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sentry_runbook.incident.model.evidence.alert_detection import AlertDetection
from sentry_runbook.incident.model.evidence.counts import (
    Breakdown,
    EnvironmentCount,
    EnvironmentScope,
    IssueEvents,
    IssueSeries,
    IssueShare,
    Latency,
    Series,
    Sessions,
    TagCount,
    Totals,
    UsersIn,
    Widened,
)
from sentry_runbook.incident.model.evidence.event import Event
from sentry_runbook.incident.model.evidence.event_row import ROWS_LIMIT, EventRow
from sentry_runbook.incident.model.evidence.flags import FlagChange
from sentry_runbook.incident.model.evidence.issue import (
    Alert,
    Commit,
    Deploy,
    Issue,
    Note,
    Release,
)
from sentry_runbook.incident.model.evidence.outcomes import DroppedEvents
from sentry_runbook.incident.model.evidence.situation import IssuePage, TagRows
from sentry_runbook.incident.model.evidence.values import (
    NOT_ASKED,
    EventText,
    Finding,
    Frozen,
    Known,
    Unknown,
    Window,
)

MOST_NAMED = 3
"""Issues that a sentence names; of more, the others are counted."""


class Evidence(Frozen):
    """All that is known about one incident at one instant.

    Attributes:
        collected_at: when it was collected; ages and "now" are measured from here.
        server_kind: which program answered, as far as its answers showed: others speak Sentry's API, too.
        window: the period asked for; 24 h unless given.
        issue: what is judged. Of several issues the first to begin, with the life of all: first and last event, events,
            status, activity and hourly counts; its users over all time are then unknown, for they are no sum.
        together: the issues of the incident, each as Sentry tells it, the first to begin first; empty of one issue.
            All counts of the window are then of all of them, users distinct together; events, rows, tags, commits,
            alerts and releases are the first one's.
        event: the representative event of the issue.
        sample: other whole events (oldest, recommended …), the chosen one not repeated.
        rows: of the latest 100 events those in the scope's environments, newest first; noted where there are more. Of
            a server without Discover as many pages as its counts needed.
        tags: over all time.
        totals: in the window and the scope.
        project_environments: those that Sentry lists of the project; asked for where the issue was seen in none that
            counts as production, or not in one that the caller named.
        recent_environments: events of all the project's issues by environment, over 30 days; asked for where the issue
            was seen in none that counts as production.
        series: per minute where the window allows, see :class:`IssueSeries`.
        each: of several issues the events of each; longer buckets than those of ``series``, for they share one answer.
        history: events per clock hour of the 15 days before; of a younger issue since a day before its first event.
        users_per_hour: distinct users per clock hour.
        users_in: exact counts for chosen rolling hours.
        unhandled, project_unhandled: unhandled events a minute, of the issue and of its project, in the scope.
        project_top: the project's issues with most unhandled events in the window, and their sum is not the total.
        dropped: the project's error events by outcome, from the window's first hour on.
        releases: of the issue's own project.
        other_releases: the latest of other projects that the token may read, each with its ``projects``.
        deploys: deploys of the suspect release.
        looked_around: when the issue began, as far as its own answer tells: an instant, or the hour in which it rose.
        began_with: issues of any project that were first seen within three minutes of that.
        same_trace: issues of any project with an event in the trace of ``event``.
        places: events of all issues since this one began, by release, host and tenant.
        alert_detection: what the project's alerts did in the incident; None: nobody asked. Of a postmortem.
        flag_changes: changes of feature flags from six hours before the window on, newest first, of the organization.
    """

    version: Literal[2] = 2
    collected_at: datetime
    server: str
    server_kind: Literal["sentry", "glitchtip", "unknown"] = "unknown"
    organization: str
    window: Window
    scope: EnvironmentScope = EnvironmentScope()
    issue: Issue
    together: tuple[Issue, ...] = ()
    event: Known[Event] | Unknown = NOT_ASKED
    sample: Known[tuple[Event, ...]] | Unknown = NOT_ASKED
    rows: Known[tuple[EventRow, ...]] | Unknown = NOT_ASKED
    tags: Known[tuple[TagCount, ...]] | Unknown = NOT_ASKED
    totals: Known[Totals] | Unknown = NOT_ASKED
    widened: Known[Widened] | Unknown = NOT_ASKED
    environments: Known[tuple[EnvironmentCount, ...]] | Unknown = NOT_ASKED
    project_environments: Known[tuple[EventText, ...]] | Unknown = NOT_ASKED
    recent_environments: Known[tuple[EnvironmentCount, ...]] | Unknown = NOT_ASKED
    series: Known[IssueSeries] | Unknown = NOT_ASKED
    each: Known[tuple[IssueEvents, ...]] | Unknown = NOT_ASKED
    history: Known[Series] | Unknown = NOT_ASKED
    users_per_hour: Known[Series] | Unknown = NOT_ASKED
    users_in: tuple[UsersIn, ...] = ()
    unhandled: Known[Series] | Unknown = NOT_ASKED
    project_unhandled: Known[Series] | Unknown = NOT_ASKED
    project_top: Known[tuple[IssueShare, ...]] | Unknown = NOT_ASKED
    sessions: Known[Sessions] | Unknown = NOT_ASKED
    latency: Known[Latency] | Unknown = NOT_ASKED
    breakdown: Known[Breakdown] | Unknown = NOT_ASKED
    breakdown_before: Known[Breakdown] | Unknown = NOT_ASKED
    releases: Known[tuple[Release, ...]] | Unknown = NOT_ASKED
    other_releases: Known[tuple[Release, ...]] | Unknown = NOT_ASKED
    dropped: Known[DroppedEvents] | Unknown = NOT_ASKED
    deploys: Known[tuple[Deploy, ...]] | Unknown = NOT_ASKED
    suspect_commits: Known[tuple[Commit, ...]] | Unknown = NOT_ASKED
    flag_changes: Known[tuple[FlagChange, ...]] | Unknown = NOT_ASKED
    alerts: Known[tuple[Alert, ...]] | Unknown = NOT_ASKED
    looked_around: Window | None = None
    began_with: Known[IssuePage] | Unknown = NOT_ASKED
    same_trace: Known[IssuePage] | Unknown = NOT_ASKED
    places: Known[TagRows] | Unknown = NOT_ASKED
    notes: Known[tuple[Note, ...]] | Unknown = NOT_ASKED
    alert_detection: Known[AlertDetection] | Unknown | None = None
    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()
    """What the reader should know of the collection itself (merged issue, old server, rounding)."""

    @property
    def members(self) -> tuple[Issue, ...]:
        """The issues of the incident, each with its own life; the one issue where there is but one."""
        return self.together or (self.issue,)

    @property
    def names(self) -> str:
        """The issues by name: ``PAY-1, WEB-2 and 3 more``."""
        names = [issue.name for issue in self.members]
        if len(names) <= MOST_NAMED:
            return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
        return f"{', '.join(names[: MOST_NAMED - 1])} and {len(names) - MOST_NAMED + 1} more"

    @property
    def projects(self) -> tuple[str, ...]:
        """Slugs of the issues' projects, the first issue's first; those that Sentry did not name are left out."""
        return tuple(dict.fromkeys(issue.project for issue in self.members if issue.project))

    @property
    def whose(self) -> str:
        """What the counts are of, in words."""
        return f"all {len(self.together)} issues" if self.together else "this issue"

    @property
    def keeps_conditions(self) -> bool:
        """Whether the server may keep limits, kinds of archives and releases of a change.

        GlitchTip answers 200 to them and keeps none (recorded in December 2025). Sentry as old as 9.1 keeps limits and
        releases, and a server that is not known is believed to.
        """
        return self.server_kind != "glitchtip"

    @property
    def has_older_rows(self) -> bool:
        """Whether there are events before those of ``rows``, of which the environments are not known, either."""
        if not isinstance(self.rows, Known):
            return False
        read, total = len(self.rows.value), self.issue.events_total
        is_full = read >= ROWS_LIMIT and not (read > ROWS_LIMIT and total is not None and read >= total)
        return self.rows.note != "" or is_full
