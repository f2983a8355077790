"""When the events of one issue rose out of the usual in a period: the bursts of its counts, and its first event.

The functions are those by which every other tool finds an episode (:mod:`..episode`), so that none says another
beginning. Two things are different, because a period of weeks is looked at and not one incident:

- a higher rate that stayed until it was usual is kept: that its beginning is told of is what an alert is for;
- faint bursts are left out, for of many issues over many days some have one by chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sentry_runbook.incident.episode.beginning import Beginning, beginning_of
from sentry_runbook.incident.episode.bursts import QUIET_S, Span, by_episode, find_bursts
from sentry_runbook.incident.episode.cells import Cells, instant, make_cells, minute
from sentry_runbook.incident.episode.change_point import Counts, find_step
from sentry_runbook.incident.episode.event_counts import EventCounts
from sentry_runbook.incident.episode.issue_counts import before_birth
from sentry_runbook.incident.episode.usual import LOWEST_RATE, MIN_EVENTS, UsualRates
from sentry_runbook.incident.metrics.chance import chance_of_at_least
from sentry_runbook.incident.metrics.timeseries import HOUR, HOUR_S, between, end_of, in_window
from sentry_runbook.incident.model.evidence import Series, Window
from sentry_runbook.incident.model.evidence.situation import ListedIssue
from sentry_runbook.incident.model.policy import Policy

FAINT_CHANCE = 1e-7
"""A fullest hour that chance brings about so often at the usual rate is no rise."""
FEWEST_EVENTS = 3
FEWEST_PER_HOUR = 10
"""A new issue with fewer events is small, or with fewer in its fullest hour, unless a burst of it has twice as many."""
BEFORE, AFTER = timedelta(hours=26), timedelta(hours=48)
"""So much of the finer counts around a rise is looked at: what lies farther away says nothing of its beginning."""


@dataclass(frozen=True)
class IssueRise:
    """One rise of one issue.

    Attributes:
        began: likeliest instant; it surely lies in ``earliest`` to ``latest``.
        ended: None: it goes on.
        is_new: it began with the issue's first event.
        hours: the issue's events by the hour.
    """

    issue: ListedIssue
    began: datetime
    earliest: datetime
    latest: datetime
    ended: datetime | None
    events: int
    peak_per_hour: int
    is_new: bool
    hours: Series


def rises_of(
    issue: ListedIssue, hours: Series, fine: Sequence[Series], window: Window, policy: Policy
) -> tuple[IssueRise, ...]:
    """The rises of an issue that begin in the window, in order of time.

    Args:
        issue: gives the first event.
        hours: its events by the clock hour, over the window and a week before it.
        fine: its events in shorter buckets, for the stretches that were read.
        window: the period; nothing after its end is looked at.
        policy: gives the spiking factor.
    """
    first = issue.first_seen
    is_new = first is not None and window.start <= first < window.end
    busiest = max((value for value in in_window(hours, window.start, window.end).values if value), default=0.0)
    if busiest < MIN_EVENTS and not is_new:
        return ()
    padded = before_birth(between(hours, hours.start, window.end), first)
    rates = UsualRates(padded, policy.trend.spiking)
    coarse = EventCounts(padded, None, make_cells(padded, None, window.end), rates, window.end)
    if not len(coarse.cells):
        return ()
    found = [
        _rise(issue, bursts, _refined(coarse, fine, bursts), window)
        for bursts in by_episode(find_bursts(coarse.cells, rates))
    ]
    rises = [rise for rise in found if rise is not None]
    if is_new and not any(rise.is_new for rise in rises):
        rises += _trickle(issue, rises, coarse, window)
    return tuple(sorted(rises, key=lambda rise: rise.began))


def _refined(coarse: EventCounts, fine: Sequence[Series], bursts: Sequence[Span]) -> EventCounts:
    """The counts with the finest series that holds the hour in which the bursts begin; as they are without one."""
    start = instant(bursts[0].start)
    holding = [series for series in fine if series.start <= start and start + HOUR <= end_of(series)]
    if not holding:
        return coarse
    series = between(min(holding, key=lambda each: each.step_s), start - BEFORE, start + AFTER)
    cells = make_cells(coarse.hours, series, coarse.read_at)
    return EventCounts(coarse.hours, series, cells, coarse.rates, coarse.read_at)


def _rise(issue: ListedIssue, bursts: tuple[Span, ...], counts: EventCounts, window: Window) -> IssueRise | None:
    """The rise with these bursts; None where it is faint, small or does not begin in the window."""
    first = issue.first_seen
    if counts.fine is not None:
        bursts = _overlapping(by_episode(find_bursts(counts.cells, counts.rates)), bursts) or bursts
    if first is not None and first >= window.start and bursts[0].start - first.timestamp() <= QUIET_S:
        rise = _made(issue, (first, first, first), bursts, counts, is_new=True)
        is_slow = rise.peak_per_hour < FEWEST_PER_HOUR and rise.events < 2 * FEWEST_PER_HOUR
        return None if rise.events < FEWEST_EVENTS or is_slow else rise
    found = _beginning(first, bursts, counts)
    times = minute(found.at), minute(found.earliest), instant(found.latest)
    if found.kind == "running" or not window.start <= times[0] < window.end:
        return None
    rise = _made(issue, times, bursts, counts, is_new=False)
    usual = max(found.usual_per_hour or 0.0, LOWEST_RATE)
    return None if chance_of_at_least(rise.peak_per_hour, usual) > FAINT_CHANCE else rise


def _overlapping(episodes: Sequence[tuple[Span, ...]], bursts: Sequence[Span]) -> tuple[Span, ...] | None:
    start, end = bursts[0].start, bursts[-1].end
    return next((each for each in episodes if each[0].start < end and start < each[-1].end), None)


def _beginning(first: datetime | None, bursts: tuple[Span, ...], counts: EventCounts) -> Beginning:
    """As everywhere; where the finer counts begin with the very hour of the rise, by these alone."""
    found, fine = beginning_of(first, bursts, counts), counts.fine
    if fine is None or found.grain_s < HOUR_S or found.kind != "step":
        return found
    row = Counts(int(fine.start.timestamp()), fine.step_s, tuple(value or 0.0 for value in fine.values))
    not_before = max(float(row.start), first.timestamp() if first is not None else 0.0)
    start, end = max(float(bursts[0].start), not_before), float(bursts[-1].end)
    place = find_step(row, start, end, found.usual_per_hour or 0.0, found.highest_per_hour, not_before)
    return Beginning(
        place.at,
        place.earliest,
        place.latest,
        "step",
        found.usual_per_hour,
        found.highest_per_hour,
        found.days,
        fine.step_s,
        found.is_steady,
    )


def _made(
    issue: ListedIssue,
    times: tuple[datetime, datetime, datetime],
    bursts: Sequence[Span],
    counts: EventCounts,
    *,
    is_new: bool,
) -> IssueRise:
    began, earliest, latest = times
    cells, end = counts.cells, bursts[-1].end
    bucket = counts.bucket_at(began)
    first, last = cells.first_ending_after(began.timestamp()), cells.first_starting_at(end)
    return IssueRise(
        issue=issue,
        began=began,
        earliest=earliest,
        latest=latest,
        ended=None if end >= cells.ends[-1] else instant(end),
        # Of the bucket in which it began all events: how many lie before it is not known.
        events=counts.events(bucket[0] if bucket is not None else began, instant(end)),
        peak_per_hour=round(cells.fullest_hour(first, last)[0]),
        is_new=is_new,
        hours=counts.hours,
    )


def _trickle(
    issue: ListedIssue, rises: Sequence[IssueRise], counts: EventCounts, window: Window
) -> Iterator[IssueRise]:
    """A new issue whose events are no burst and not few: from its first event to its last before a rise."""
    first = issue.first_seen
    if first is None:
        return
    cells = counts.cells
    until = min((rise.began.timestamp() for rise in rises), default=float(cells.ends[-1]))
    # The bucket in which a rise begins is the rise's.
    after = cells.first_ending_after(until) if rises else len(cells)
    filled = [index for index in range(cells.first_ending_after(first.timestamp()), after) if cells.counts[index]]
    if not filled:
        return
    end = _end_of_trickle(cells, filled[-1])
    rise = _made(issue, (first, first, first), (Span(int(first.timestamp()), end),), counts, is_new=True)
    if rise.events >= FEWEST_EVENTS and rise.peak_per_hour >= FEWEST_PER_HOUR and first < window.end:
        yield rise


def _end_of_trickle(cells: Cells, last: int) -> int:
    """Between rare events nothing has ended."""
    end = cells.ends[last]
    return cells.ends[-1] if cells.ends[-1] - end < QUIET_S else end
