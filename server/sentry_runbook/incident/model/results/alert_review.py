"""Whether the alerts do their work, as ``review_alerts`` returns it (DESIGN section 6)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from sentry_runbook.incident.model.evidence import Answer, EventText, Frozen
from sentry_runbook.incident.model.results.issue import SearchPeriod

AlertKind = Literal["issue_alert", "metric_alert", "cron_monitor", "uptime_monitor"]
ReviewVerdict = Literal["dead", "noisy", "late", "never_fired", "works"]
"""In this order, the worst first."""


class EpisodeCatch(Frozen):
    """What an alert did in one episode that it is there for.

    Attributes:
        episode: id as in ``gaps`` and ``episodes``; ``began``: its beginning.
        outcome: ``caught`` within the policy's minutes, ``late``, ``missed``, or ``unknown``.
        after_minutes: of the firing, from the episode's beginning; ``at_most_minutes`` where only bounds are known.
        fired_at: when it fired first in the episode; an hour's start where Sentry keeps hours: see ``fired_by``.
        fired_by: by when it surely had fired, where only that is known.
        would_have_fired_at: by its condition; ``would_have_fired_by`` where the counts only tell an interval.
    """

    episode: str
    began: datetime
    outcome: Literal["caught", "late", "missed", "unknown"]
    after_minutes: int | None = None
    at_most_minutes: int | None = None
    fired_at: datetime | None = None
    fired_by: datetime | None = None
    would_have_fired_at: datetime | None = None
    would_have_fired_by: datetime | None = None


class ThresholdRow(Frozen):
    """What another threshold or throttle would have given in the period.

    Attributes:
        change: in words: "more than 200 events in 1 h", "at most once in 24 h".
        caught: episodes of those that the alert caught which it would still have caught in time.
        of: how many these are.
        firings: in the period, by replay; ``firings_at_most`` where the counts tell no more.
        best: true: it keeps each of them with the fewest firings.
    """

    change: EventText
    caught: int
    of: int
    firings: int
    firings_at_most: int | None = None
    best: bool | None = None


class ReviewedAlert(Frozen):
    """One alert.

    Attributes:
        kind: what sort it is; ``form`` whether of today or from before 2026.
        condition: the whole condition in words: triggers, filters, environment, throttle.
        notifies: kinds of its actions, as ``email``, ``slack``; empty: nobody. None: not told.
        verdict: None where it could not be judged: see ``missing``.
        why: the reason in one sentence.
        firings: in the period; None: not known.
        issues: distinct ones that it fired for; ``acted_on`` of ``acted_on_of`` were assigned, resolved, commented or
            archived by a person within 24 hours of the firing.
        fired_at: last firing of the period.
        would_have_fired_at: last firing by its condition; ``would_have_fired_by``: where the counts tell an interval.
        replay: what limits the replay, or why there is none.
        next_step: what to do about it in Sentry, one sentence; None: nothing. We change no alert.
        episodes: those it is there for, the newest first.
        thresholds: of a noisy alert: what else it could be set to.
    """

    name: EventText
    id: str
    kind: AlertKind
    form: Literal["today", "before_2026", "glitchtip"] = "today"
    project: EventText | None = None
    verdict: ReviewVerdict | None = None
    why: EventText
    condition: EventText
    owner: EventText | None = None
    notifies: tuple[str, ...] | None = None
    firings: int | None = None
    issues: int | None = None
    acted_on: int | None = None
    acted_on_of: int | None = None
    fired_at: datetime | None = None
    would_have_fired_at: datetime | None = None
    would_have_fired_by: datetime | None = None
    replay: EventText | None = None
    episodes: tuple[EpisodeCatch, ...] | None = None
    thresholds: tuple[ThresholdRow, ...] | None = None
    next_step: EventText | None = None
    url: str | None = None


class AlertGap(Frozen):
    """An episode that no alert caught in time.

    Attributes:
        episode: short id of its first issue; ``SHOP-1#2`` is the second one of the period that began with it.
        issues: short ids, in the order in which they began.
        nearest: the alert that came nearest, and how far it was: "*Checkout errors* fired 27 minutes after the start".
        suggestion: the simplest condition that would have caught it; None: none of those tried.
        would_have_fired_at: when that one would have fired.
        extra_firings: how often else it would have fired in the period; ``extra_firings_at_most``: where only that is
            known.
    """

    episode: str
    issues: tuple[str, ...] = ()
    project: EventText | None = None
    began: datetime
    events: int
    nearest: EventText | None = None
    suggestion: EventText | None = None
    would_have_fired_at: datetime | None = None
    would_have_fired_by: datetime | None = None
    extra_firings: int | None = None
    extra_firings_at_most: int | None = None


class AlertReview(Answer):
    """The alerts, the worst first, and what none of them caught.

    Attributes:
        counts: of all alerts, whether they are in this answer or on another page.
        shown_from: rank of the first alert in this answer; the worst of all is 1.
        gaps: all of them on the first page; absent on the others.
        next_cursor: for the alerts that follow; None: these are the last.
    """

    FIRST: ClassVar[tuple[str, ...]] = ("headline", "counts", "next_cursor")

    headline: EventText
    window: SearchPeriod
    project: EventText
    counts: dict[ReviewVerdict | Literal["unknown"], int]
    alerts: tuple[ReviewedAlert, ...]
    gaps: tuple[AlertGap, ...] = ()
    episodes_total: int | None = None
    shown_from: int = 1
    next_cursor: str | None = None
