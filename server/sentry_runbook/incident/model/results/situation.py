"""What is going on in a whole organization, as ``assess_situation`` returns it (DESIGN section 10)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from sentry_runbook.incident.model.evidence import Answer, EventText, Frozen
from sentry_runbook.incident.model.policy import Level
from sentry_runbook.incident.model.results.alert_review import AlertKind
from sentry_runbook.incident.model.results.explanation import Change
from sentry_runbook.incident.model.results.issue import SearchPeriod
from sentry_runbook.incident.model.results.triage import CouldBe

SuspectKind = Literal["release", "flag", "dependency"]
BeganHow = Literal["first_event", "step", "hour"]


class SituationScope(Frozen):
    """What was looked at.

    Attributes:
        project: the project asked for, or ``all``: every project that the token may read.
        projects: how many these are; None where Sentry does not say.
        environments: any of these; empty: all.
        issues_read: issues of which the lists told.
        one_by_one: projects that were searched one by one, for this Sentry searches no several at once.
        not_searched: projects that no list covers.
    """

    project: EventText
    projects: int | None = None
    environments: tuple[EventText, ...] = ()
    issues_read: int
    one_by_one: tuple[EventText, ...] | None = None
    not_searched: tuple[EventText, ...] | None = None


class IncidentIssue(Frozen):
    """An issue of an incident.

    Attributes:
        began: when its episode began.
        how: ``first_event``, a ``step`` out of the usual rate, or the ``hour`` that holds it, where no finer counts
            were read.
        events: in the window.
        users: distinct users in the window; None when not known.
        times_usual: events an hour by what is usual; None for a new issue.
        status: where it is not unresolved.
    """

    short_id: str
    title: EventText
    project: EventText | None = None
    began: datetime
    how: BeganHow
    events: int | None = None
    users: int | None = None
    times_usual: float | None = None
    status: str | None = None
    url: str | None = None


class SuspectChange(Frozen):
    """What most likely brought the incident.

    Attributes:
        name: the release, the flag or the dependency.
        at: when it changed; None of a dependency.
    """

    kind: SuspectKind
    name: EventText
    at: datetime | None = None
    why: EventText


class SituationIncident(Frozen):
    """Issues that belong together.

    Attributes:
        id: short id of its first issue.
        began: of that issue's episode.
        ongoing: events in the last minutes of the window.
        last_event: of all its issues; None when not known.
        severity: by the policy's rules, of all issues together; ``could_be``: what unknown inputs still allow.
        because: the deciding rule in one sentence.
        projects: slugs.
        issues: the first and the largest; ``issues_total`` says how many there are.
        users: distinct, together; a lower bound where ``users_at_least`` is true.
        reasons: why these belong together; empty for a single issue.
        against: what speaks against it, or keeps other issues out.
        suspect: None when no change and no dependency stands out.
    """

    id: str
    began: datetime
    ongoing: bool
    last_event: datetime | None = None
    severity: Level
    label: str
    decided_by: str
    because: EventText
    could_be: CouldBe
    headline: EventText
    projects: tuple[EventText, ...]
    issues: tuple[IncidentIssue, ...]
    issues_total: int
    users: int | None = None
    users_at_least: bool | None = None
    events: int | None = None
    reasons: tuple[EventText, ...] = ()
    against: tuple[EventText, ...] = ()
    suspect: SuspectChange | None = None
    next_step: EventText


class ProjectState(Frozen):
    """A project's errors and sessions, now and usually.

    Attributes:
        events: in the window, by Sentry's outcomes; of the clock hours that touch it where ``by_hour`` is true.
        usual_events: in a stretch of the same length, by the same hours of the day before.
        dropped: events that Sentry did not store in the window: ``events`` is then a lower bound.
        crash_free_pct: production's sessions in the latest full hour with enough of them.
        crash_free_before_pct: the same over the hours before the window.
    """

    project: EventText
    events: int | None = None
    usual_events: int | None = None
    by_hour: bool | None = None
    dropped: int | None = None
    crash_free_pct: float | None = None
    crash_free_before_pct: float | None = None


class FiringAlert(Frozen):
    """An alert that fired in the window, or a monitor that is open.

    Attributes:
        id: of the alert or monitor.
        is_open: of a monitor: what it opened is open still; ``open_since``, where the list of all monitors tells.
        fired_at: the last time; of a monitor the last event of its issue; None where Sentry does not tell.
        issue: short id of the issue that a monitor made.
        condition: when it fires, in words; of crons and uptime checks it is not told here.
        asked: whether it is the alert or monitor that the caller gave.
    """

    name: EventText
    id: str | None = None
    kind: AlertKind = "issue_alert"
    is_open: bool | None = None
    open_since: datetime | None = None
    fired_at: datetime | None = None
    issue: str | None = None
    condition: EventText | None = None
    asked: bool | None = None


class AlertLink(Frozen):
    """What the link or name that was given stands for.

    Attributes:
        kind: ``metric_alert``, ``issue_alert``, ``monitor``, ``cron``, ``uptime``, ``release``, ``trace``, ``stream``,
            ``issue``, ``project`` or another ``page`` that says where or when to look.
        id: of the alert or monitor, as ``alerts`` has it; of a cron monitor its slug.
        what: it in words.
        facts: what Sentry says of it, a sentence each (a cron's missed and failed check-ins, the last good one …).
        issues: short ids behind it, where it could be told.
    """

    kind: str
    id: str | None = None
    what: EventText
    facts: tuple[EventText, ...] = ()
    issues: tuple[EventText, ...] = ()
    fired_at: datetime | None = None


class Situation(Answer):
    """What is going on, over all projects (``assess_situation``; DESIGN section 10).

    Attributes:
        headline: one sentence: what burns, or that nothing does.
        incidents: the most severe first.
        alert: what the caller's link or name stands for.
        changes: deploys, releases and flags of any project in the six hours before the first incident (of the window,
            where nothing is wrong) and since.
        projects: those of the incidents, and those far from usual.
        alerts: that fired in the window, and monitors that are open.
        quiet: what was looked at and is as usual, a sentence each.
    """

    FIRST: ClassVar[tuple[str, ...]] = ("headline", "incidents", "alert", "quiet")

    headline: EventText
    incidents: tuple[SituationIncident, ...] = ()
    alert: AlertLink | None = None
    window: SearchPeriod
    scope: SituationScope
    changes: tuple[Change, ...] = ()
    projects: tuple[ProjectState, ...] = ()
    alerts: tuple[FiringAlert, ...] = ()
    quiet: tuple[EventText, ...] = ()
    warnings: tuple[EventText, ...] | None = None
