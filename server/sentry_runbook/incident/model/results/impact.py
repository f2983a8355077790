"""Episode, trend, impact and recovery, as tools return them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from sentry_runbook.incident.model.evidence import AffectedEndpoint, Answer, EventText, Frozen

Confidence = Literal["high", "medium", "low"]


class Episode(Frozen):
    """What all tools call the incident: the stretch in which the issue's rate is out of the usual (DESIGN section 5).

    Attributes:
        began: aware UTC; the likeliest instant. It lies between ``began_earliest`` and ``began_latest``.
        how: how it was determined, in words.
        confidence: ``high`` for the first event of a new issue or a clear step in a minute series.
        ongoing: the counts reach up to a burst that has not ended.
        ended: end of its last burst; None while it is ongoing.
        bursts: stretches out of the usual rate; ``longest_pause_minutes`` between two of them, 0 with one.
        erroring_minutes: length of all bursts together.
        usual_per_hour: events an hour before it; None when that is not known.
        peak_per_hour: events of its fullest rolling hour, which starts at ``peak_at``.
        note: that the window asked for holds none of it.
    """

    began: datetime
    began_earliest: datetime
    began_latest: datetime
    how: str
    confidence: Confidence
    ongoing: bool
    ended: datetime | None = None
    bursts: int
    longest_pause_minutes: int
    erroring_minutes: int
    usual_per_hour: float | None = None
    peak_per_hour: int
    peak_at: datetime
    note: str | None = None


class Baseline(Frozen):
    """The issue's events in a stretch as long as the window, before the episode.

    Attributes:
        events: events in that stretch; 0 is measured.
        ratio: events of the window / events of the baseline; None when the baseline is empty.
        events_per_hour: the baseline's rate.
    """

    start: datetime
    end: datetime
    events: int
    ratio: float | None = None
    events_per_hour: float


class Trend(Frozen):
    """Where the event rate is going, by rolling hours up to the time of collection, and how far it is from usual.

    Attributes:
        direction: by the hour before: spiking, declining, quiet or steady (DESIGN section 5).
        last_hour: events of the last rolling hour.
        previous_hour: events of the hour before.
        usual_per_hour: events of a usual hour at this time of day; None when that is not known.
        times_usual: last_hour / usual_per_hour, one place; None when the latter is unknown or 0.
        sparkline: the window's rate, oldest first; ``·`` where nothing was measured.
        note: what limits it ("clock hours, all environments"), None when nothing does.
    """

    direction: Literal["spiking", "steady", "declining", "quiet"]
    last_hour: int
    previous_hour: int
    usual_per_hour: float | None = None
    times_usual: float | None = None
    sparkline: str
    note: str | None = None


class BreakdownRow(Frozen):
    """One tag value's share of the issue's events.

    Attributes:
        share: fraction 0..1 of the window's events, three places; more where these would make it 0 or 1.
        share_before: the same in the stretch before the window; None when too few events were there to say.
        lift: share / share_before; None when either is unknown, the latter is 0, or the difference may be chance.
        events: the events behind ``share``.
        note: what limits it ("all time", "of 8 events").
    """

    tag: EventText
    value: EventText
    share: float
    share_before: float | None = None
    lift: float | None = None
    events: int
    note: str | None = None


class ImpactWindow(Frozen):
    """The time that the numbers cover.

    Attributes:
        widened_from: the period that was asked and was empty (``24 h``); None when the numbers cover what was asked.
        environments: what is counted: production by the policy's pattern, the names asked for, or all.
        note: how the window differs from what was asked otherwise.
    """

    start: datetime
    end: datetime
    widened_from: str | None = None
    environments: EventText | None = None
    note: str | None = None


class Impact(Answer):
    """The impact of an issue in a window (``discover_impact``; DESIGN section 6).

    Attributes:
        reading: one sentence: a measured zero, an impact, or unknown.
        events_lower_bound: Sentry dropped events of the project in the window: all counts of events are lower bounds.
        users: distinct users of the window; a lower bound when ``users_lower_bound``.
        users_worst_hour: distinct users of the worst rolling hour; the certain part when ``users_worst_hour_at_most``
            is there.
        unhandled_lower_bound: only the latest events were read: an earlier minute may hold more unhandled ones.
        sessions_start, sessions_end: the time that the crash-free figures cover: full hours, the last one up to now.
        crash_free_episode_pct: in the full clock hours of the episode; it stays the same when the window grows.
        endpoints: the transactions that the issue touches; ``p95_ms`` in milliseconds, one place.
        p95_estimate: why ``p95_ms`` is an estimate, in words; None when it is measured.
        baseline: a stretch as long as the window, before the episode; ``ratio`` is events / baseline.events.
        episode: what the incident is; None inside a triage, which has it itself.
        events_all_time, users_all_time: the issue's own counters, only where the window has no number of its own.
        issue, warnings: which issue, and what limits the collection; None inside a triage, which has both itself; of a
            postmortem it has the warnings.
    """

    FIRST: ClassVar[tuple[str, ...]] = ("issue", "window", "reading")

    issue: EventText | None = None
    window: ImpactWindow
    reading: str
    events: int | None = None
    users: int | None = None
    users_lower_bound: bool | None = None
    events_lower_bound: bool | None = None
    users_worst_hour: int | None = None
    users_worst_hour_at_most: int | None = None
    users_worst_hour_start: datetime | None = None
    unhandled_lower_bound: bool | None = None
    unhandled_per_minute_peak: int | None = None
    unhandled_per_minute_peak_at: datetime | None = None
    project_unhandled_per_minute_peak: int | None = None
    crash_free_sessions_pct: float | None = None
    crash_free_episode_pct: float | None = None
    crash_free_worst_hour_pct: float | None = None
    crash_free_worst_hour_start: datetime | None = None
    sessions: int | None = None
    sessions_start: datetime | None = None
    sessions_end: datetime | None = None
    baseline: Baseline | None = None
    p95_ms: float | None = None
    p95_estimate: str | None = None
    endpoints: tuple[AffectedEndpoint, ...] = ()
    breakdown: tuple[BreakdownRow, ...] = ()
    trend: Trend | None = None
    episode: Episode | None = None
    events_all_time: int | None = None
    users_all_time: int | None = None
    warnings: tuple[EventText, ...] | None = None


ActionKind = Literal["stated", "deploy", "resolve", "archive", "flag"]
Basis = Literal["stated", "deploy", "resolve", "archive", "flag", "peak", "last_event"]
RecoveryVerdict = Literal["recovered", "improving", "ongoing", "worse", "unknown"]


class RecoveryAction(Frozen):
    """Something that was done in the incident, and the event rate before and after it.

    Attributes:
        before_per_hour, after_per_hour: events an hour of two stretches of equal length, ``compared_minutes`` each.
        change: ``fell`` and ``rose`` beyond chance and by a fifth at least; ``no_change`` where a fall to a half can be
            excluded; else ``too_early``.
        decidable_at: when it can be said, for ``too_early``; None when waiting does not help.
        again_per_hour: events an hour of the incident's last minutes, where the rate has come back since: ``fell`` or
            ``rose`` is then no longer so.
    """

    at: datetime
    what: EventText
    kind: ActionKind
    before_per_hour: float | None = None
    after_per_hour: float | None = None
    compared_minutes: int | None = None
    change: Literal["fell", "rose", "no_change", "too_early"]
    decidable_at: datetime | None = None
    again_per_hour: float | None = None


class IssueRecovery(Frozen):
    """Whether one of several issues is over, by its own counts.

    Attributes:
        short_id: the issue's name.
        quiet_since: when its last event came, if that is a while ago.
    """

    short_id: EventText
    project: EventText | None = None
    verdict: RecoveryVerdict
    reading: EventText
    quiet_since: datetime | None = None
    events_per_hour_now: float | None = None
    url: str | None = None


class Recovery(Answer):
    """Whether the incident is over (DESIGN §6, ``check_recovery``).

    Attributes:
        issue: the issue's name; of several issues that of the first to begin.
        issues: each of several issues by itself; the whole is recovered only when all are. None of one issue.
        verdict: what the numbers say; ``recovered`` needs the usual rate for two hours, and for one and a half times
            the longest pause of the episode.
        fix_known: a fix was stated or the issue is resolved; a recovered rate without it is mitigated, not resolved.
        reading: the verdict in one or two sentences.
        needs: what would have to be seen for ``recovered``; empty then.
        since: the instant that "since" counts from, and ``since_basis`` what it is.
        episode: the incident that is judged.
        actions: what was done in it, in order of time, each with the rate before and after.
        events_per_hour_before: events of the incident's fullest hour.
        events_per_hour_baseline: before the incident.
        events_per_hour_now: of the last rolling hour, or the rate since the fix when that is shorter.
        quiet_since: when the last event came, if that is a while ago.
        crash_free_before_pct, crash_free_now_pct: the worst full hour before ``since`` and the last full one after it.
        fix_release: the release that the resolve names; ``fix_release_events`` are events on it after ``since``.
    """

    FIRST: ClassVar[tuple[str, ...]] = ("issue", "verdict", "reading")

    issue: EventText
    verdict: RecoveryVerdict
    fix_known: bool
    reading: EventText
    needs: tuple[EventText, ...] = ()
    issues: tuple[IssueRecovery, ...] | None = None
    episode: Episode | None = None
    since: datetime | None = None
    since_basis: Basis | None = None
    actions: tuple[RecoveryAction, ...] = ()
    events_per_hour_before: float | None = None
    events_per_hour_baseline: float | None = None
    events_per_hour_now: float | None = None
    quiet_since: datetime | None = None
    events_since: int | None = None
    regressed: bool | None = None
    crash_free_before_pct: float | None = None
    crash_free_now_pct: float | None = None
    fix_release: EventText | None = None
    fix_release_events: int | None = None
    notes: tuple[EventText, ...] = ()
    warnings: tuple[EventText, ...] | None = None
