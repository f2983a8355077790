"""What an alert did in an episode: when it fired first in it, by Sentry's history, narrowed by the replay.

How to think about it: of each issue that an alert fired for Sentry keeps how often and when last, and of all issues
together the firings by the clock hour. So the first firing in an episode is known only as bounds: exactly where the
issue was fired for once, else between the first hour in which it can have been and the first in which it must have
been. The replay tells in which minutes the condition held. Where both agree their intersection is taken; where they do
not, the history stands: it is what happened.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from sentry_runbook.incident.alerts.episodes import ReviewEpisode
from sentry_runbook.incident.alerts.replayed import Replay, ReplayedFiring
from sentry_runbook.incident.metrics.timeseries import HOUR
from sentry_runbook.incident.model.evidence.alert_review import AlertFirings
from sentry_runbook.incident.model.evidence.alert_row import OpenPeriod
from sentry_runbook.incident.model.evidence.alert_target import TargetIssue
from sentry_runbook.incident.model.results.alert_review import EpisodeCatch

EARLY = timedelta(minutes=5)
"""A firing so short before the beginning is of the episode: beginnings are known to some minutes."""
DELAY = timedelta(minutes=2)
"""Conditions on counts are evaluated up to so much later (reference: alerts, 2)."""
MINUTE = timedelta(minutes=1)
Outcome = Literal["caught", "late", "missed", "unknown"]


@dataclass(frozen=True)
class FirstFiring:
    """The first firing in a stretch of time.

    Attributes:
        fired: None: it is not known whether it fired in it.
        earliest: it did not fire in it before; ``latest``: it had fired by then, where it surely did.
    """

    fired: bool | None
    earliest: datetime | None = None
    latest: datetime | None = None


NONE_FIRED = FirstFiring(fired=False)


@dataclass(frozen=True)
class Catch:
    """What an alert did in one episode.

    Attributes:
        first: its first firing in the episode.
        replayed: the first firing in it by the condition, surely.
        within: minutes after the beginning up to which it is caught.
    """

    episode: ReviewEpisode
    first: FirstFiring
    within: timedelta
    replayed: ReplayedFiring | None = None

    @property
    def in_time(self) -> bool | None:
        """Whether it fired in time; None where that is not known."""
        first, episode = self.first, self.episode
        if first.fired is False:
            return False
        is_sharp = not episode.is_coarse
        surely_until = (episode.began if is_sharp else episode.earliest) + self.within
        at_most_until = (episode.began if is_sharp else episode.latest) + self.within
        if first.fired and first.latest is not None and first.latest <= surely_until:
            return True
        return False if first.earliest is not None and first.earliest > at_most_until else None

    @property
    def outcome(self) -> Outcome:
        """``caught`` in time, ``late``, ``missed``: it did not fire in it; ``unknown`` where bounds do not tell."""
        if self.first.fired is False:
            return "missed"
        if self.in_time:
            return "caught"
        return "late" if self.first.fired and self.in_time is False else "unknown"

    @property
    def after(self) -> tuple[int, int] | None:
        """Full minutes after the beginning, at least and at most, rounded up; None where it did not surely fire.

        What is known to the minute is the end of that minute.
        """
        first = self.first
        if not first.fired or first.earliest is None or first.latest is None:
            return None
        latest = minutes_after(self.episode, first.latest)
        is_sharp = first.latest - first.earliest <= MINUTE
        return (latest if is_sharp else minutes_after(self.episode, first.earliest)), latest

    def shown(self) -> EpisodeCatch:
        """As the result has it."""
        first, after, replayed = self.first, self.after, self.replayed
        has_bounds = first.fired is True and (after is None or after[0] != after[1])
        return EpisodeCatch(
            episode=self.episode.id,
            began=self.episode.began,
            outcome=self.outcome,
            after_minutes=after[0] if after is not None and after[0] == after[1] else None,
            at_most_minutes=after[1] if after is not None and after[0] != after[1] else None,
            fired_at=first.earliest if first.fired else None,
            fired_by=first.latest if has_bounds else None,
            would_have_fired_at=replayed.earliest if replayed is not None else None,
            would_have_fired_by=interval_end(replayed),
        )


def minutes_after(episode: ReviewEpisode, at: datetime) -> int:
    """Minutes from the beginning of an episode, begun ones as whole; 0 for what lies before it."""
    return max(0, -((episode.began - at) // MINUTE))


def interval_end(firing: ReplayedFiring | None) -> datetime | None:
    """End of the interval in which the counts place a firing; None where that is a minute."""
    return firing.latest if firing is not None and firing.latest - firing.earliest > MINUTE else None


def stretch_of(episode: ReviewEpisode, until: datetime) -> tuple[datetime, datetime]:
    """From when to when a firing is of the episode: Sentry may answer its last event a little later."""
    return episode.began - EARLY, min(until, (episode.ended or until) + DELAY)


# --- the history ---------------------------------------------------------------------------------------------------


def first_by_history(
    firings: AlertFirings,
    issues: Collection[str] | None,
    start: datetime,
    end: datetime,
    apart: timedelta = timedelta(),
) -> FirstFiring:
    """The first firing for one of the issues (None: for any) in ``[start, end]``, as bounds.

    Args:
        firings: of the alert, in the whole period.
        issues: numbers.
        start: of the stretch.
        end: of the stretch, included.
        apart: two firings for one issue surely lie so far apart.
    """
    own = [row for row in firings.issues if issues is None or row.id in issues]
    others = [row for row in firings.issues if row not in own]
    if not own and not firings.has_more_issues:
        return NONE_FIRED
    lasts = [row.last_fired for row in own if row.last_fired is not None and start <= row.last_fired <= end]
    once = [row for row in own if row.firings == 1 and row.last_fired is not None]
    if len(once) == len(own) and not firings.has_more_issues:
        return FirstFiring(True, min(lasts), min(lasts)) if lasts else NONE_FIRED
    stretch = _Stretch(start, end, _born(own, has_more=firings.has_more_issues))
    if firings.hours is None:
        first = _without_hours(own, lasts, stretch, has_more=firings.has_more_issues)
    else:
        first = _by_hours(firings, own, others, lasts, stretch)
    sure = _surely_fired(firings, own, others, stretch)
    if len(own) == 1 and lasts and sure > 1:
        before = lasts[0] - (sure - 1) * apart
        first = replace(first, latest=before if first.latest is None else min(first.latest, before))
    return first


@dataclass(frozen=True)
class _Stretch:
    """Where the first firing is looked for.

    Attributes:
        born: nothing was fired before, for the issues had no event; None: not known.
    """

    start: datetime
    end: datetime
    born: datetime | None

    @property
    def low(self) -> datetime:
        """No firing of the stretch lies before."""
        return self.start if self.born is None else max(self.start, self.born)

    def holds(self, hour: datetime) -> bool:
        """Whether what was fired in an hour up to the end was fired in the stretch: none can lie before its start."""
        return hour >= self.start or (self.born is not None and self.born >= self.start)


def _born(own: Sequence[TargetIssue], *, has_more: bool) -> datetime | None:
    """The first event of any of the issues; None where it is not known of each."""
    first = [row.first_seen for row in own if row.first_seen is not None]
    return min(first) if first and len(first) == len(own) and not has_more else None


def _surely_fired(
    firings: AlertFirings, own: Sequence[TargetIssue], others: Sequence[TargetIssue], stretch: _Stretch
) -> int:
    """How many firings of the stretch up to the last are surely of the issues, at least."""
    if firings.has_more_issues:
        return 0
    is_whole = stretch.born is not None and stretch.born >= stretch.start
    if is_whole and all(row.firings is not None and row.last_fired is not None for row in own):
        return sum(row.firings or 0 for row in own if row.last_fired is not None and row.last_fired <= stretch.end)
    last = max((row.last_fired for row in own if row.last_fired is not None), default=stretch.end)
    return sum(
        max(0, hour.firings - round(min(hour.firings, sum(_most_in(row, hour.start) for row in others))))
        for hour in firings.hours or ()
        if stretch.holds(hour.start) and hour.start + HOUR > stretch.start and hour.start <= min(last, stretch.end)
    )


def _without_hours(
    own: Sequence[TargetIssue], lasts: Sequence[datetime], stretch: _Stretch, *, has_more: bool
) -> FirstFiring:
    # Fired for more than once, and last within or after the stretch: an earlier firing may be the first in it.
    has_earlier = has_more or any(
        row.last_fired is None or row.last_fired >= stretch.start for row in own if row.firings != 1
    )
    if lasts:
        return FirstFiring(True, stretch.low if has_earlier else min(lasts), min(lasts))
    return FirstFiring(None, stretch.low, None) if has_earlier else NONE_FIRED


def _by_hours(
    firings: AlertFirings,
    own: Sequence[TargetIssue],
    others: Sequence[TargetIssue],
    lasts: Sequence[datetime],
    stretch: _Stretch,
) -> FirstFiring:
    earliest: datetime | None = None
    latest = min(lasts, default=None)
    for hour in sorted(firings.hours or (), key=lambda each: each.start):
        if hour.start + HOUR <= stretch.low or hour.start > stretch.end or not hour.firings:
            continue
        if not firings.has_more_issues and not any(_may_be_in(row, hour.start) for row in own):
            continue
        earliest = max(stretch.low, hour.start) if earliest is None else earliest
        most_of_others = sum(_most_in(row, hour.start) for row in others)
        is_sure = not firings.has_more_issues and hour.firings > most_of_others
        # In the hour in which an episode ends it is taken for a firing of the episode: in time it was not, either way.
        if is_sure and stretch.holds(hour.start):
            latest = hour.start + HOUR if latest is None else min(latest, hour.start + HOUR)
            break
    if latest is not None:
        return FirstFiring(True, min(earliest or latest, latest), latest)
    return NONE_FIRED if earliest is None else FirstFiring(None, earliest, None)


def _may_be_in(row: TargetIssue, hour: datetime) -> bool:
    """Whether it may have been fired for in a clock hour."""
    return _most_in(row, hour) > 0


def _most_in(row: TargetIssue, hour: datetime) -> float:
    """How many of the firings for an issue a clock hour holds at most."""
    if row.last_fired is not None and row.last_fired < hour:
        return 0
    if row.firings is None:
        return float("inf")
    is_once_elsewhere = row.firings == 1 and row.last_fired is not None and row.last_fired >= hour + HOUR
    return 0 if is_once_elsewhere else row.firings


def first_opened(periods: Sequence[OpenPeriod], start: datetime, end: datetime) -> FirstFiring:
    """When a monitor opened first in ``[start, end]``."""
    opened = [period.start for period in periods if period.start is not None and start <= period.start <= end]
    return FirstFiring(True, min(opened), min(opened)) if opened else NONE_FIRED


# --- with the replay -----------------------------------------------------------------------------------------------


def replayed_in(
    replay: Replay, issues: Collection[str] | None, start: datetime, end: datetime
) -> tuple[ReplayedFiring, ...]:
    """The replayed firings for one of the issues (None: for any) that may lie in ``[start, end]``."""
    return tuple(
        firing
        for firing in replay.firings
        if firing.latest >= start
        and firing.earliest <= end
        and (issues is None or firing.issue is None or firing.issue in issues)
    )


def first_surely(firings: Sequence[ReplayedFiring], start: datetime) -> ReplayedFiring | None:
    """The first that surely lies in the stretch that begins at ``start``."""
    sure = (firing for firing in firings if firing.is_certain and firing.earliest >= start)
    return min(sure, key=lambda firing: (firing.latest, firing.earliest), default=None)


def narrowed(first: FirstFiring, firings: Sequence[ReplayedFiring], sure: ReplayedFiring | None) -> FirstFiring:
    """The first firing by history, within the bounds that the replay gives; history alone where they disagree."""
    if first.fired is False or first.earliest == first.latest:
        return first
    if not firings:
        # Of a silent history the condition decides: it did not hold.
        return NONE_FIRED if first.fired is None else first
    low = max(first.earliest or firings[0].earliest, min(firing.earliest for firing in firings))
    highs = [at for at in (first.latest, sure.latest if sure is not None else None) if at is not None]
    high = min(highs, default=None)
    if high is not None and low > high:
        return first
    return replace(first, fired=True if sure is not None else first.fired, earliest=low, latest=high)


def by_issue(firings: Sequence[ReplayedFiring]) -> Mapping[str | None, tuple[ReplayedFiring, ...]]:
    """Replayed firings by the number of their issue."""
    ids = {firing.issue for firing in firings}
    return {id_: tuple(firing for firing in firings if firing.issue == id_) for id_ in ids}
