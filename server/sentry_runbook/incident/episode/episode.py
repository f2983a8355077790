"""The episode: what all tools call the incident (DESIGN section 5).

How to think about it: one function finds it, from the finest counts that cover it, and every tool, draft and page reads
it there. :mod:`.usual` says what is usual, :mod:`.bursts` which stretches are out of it and which of them belong
together, :mod:`.beginning` when exactly the first one began. Of several episodes the last one that overlaps the window
asked for is judged; when none does, the last one before the window's end, and the answer says so.

The same counts give the same episode at whatever later moment they are looked at; only its grain grows, from minutes
(the last two days) to an hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sentry_runbook.incident.episode.beginning import Beginning, find_beginning, first_event
from sentry_runbook.incident.episode.bursts import (
    QUIET_S,
    Span,
    by_episode,
    find_bursts,
    longest_pause,
    without_new_usual,
)
from sentry_runbook.incident.episode.cells import Cells, instant, minute
from sentry_runbook.incident.episode.event_counts import EventCounts
from sentry_runbook.incident.episode.usual import LOWEST_RATE
from sentry_runbook.incident.formatting import moment, number
from sentry_runbook.incident.metrics.chance import chance_of_at_least
from sentry_runbook.incident.metrics.dropped import DroppedCount, dropped_events
from sentry_runbook.incident.metrics.timeseries import HOUR_S
from sentry_runbook.incident.model.evidence import Evidence, Unknown
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.results.impact import Confidence, Episode

CLEAR_EVENTS = 20
CLEAR_FACTOR = 10
CLEAR_ABOVE_HIGHEST = 5
CLEAR_GRAIN_S = 900
CLEAR_DAYS = 3
"""High confidence: that many events in the peak hour, that many times the usual and the highest of ordinary days, the
start known to within that time, and a steady usual rate from that many days."""
FAINT_CHANCE, FAINT_PART = 1e-7, 0.5
"""A faint episode has less than that part of the strongest one's events in its fullest hour, and no more than chance
may bring together at the usual rate in some days."""
MAY_GO_ON = 0.5
"""Part of an episode's mean rate that Sentry must have dropped in a pause: the project's events, of which it is one."""
NO_STEP = "no step in the event rate: the issue is old and runs as usual"
FIRST = ("first_event", "first_in_scope")
HOW = {
    "first_event": "first event of the issue, which is new",
    "first_in_scope": "first event in the environments that count; the issue is new",
    "step": "step out of the usual rate",
    "running": "already running when the counts begin",
}


@dataclass(frozen=True)
class Burst:
    """One burst of an episode.

    Attributes:
        ended: None while it is live.
        peak_per_hour: events of its fullest rolling hour, which starts at ``peak_at``.
        events: of the whole burst.
    """

    began: datetime
    ended: datetime | None
    peak_at: datetime
    peak_per_hour: int
    events: int


@dataclass(frozen=True)
class FoundEpisode:
    """An episode and its bursts, in order of time; ``times`` has what is shown of them.

    Attributes:
        earlier: begin and end of the episodes before it that the counts show, in order of time.
    """

    result: Episode
    bursts: tuple[Span, ...]
    times: tuple[Burst, ...]
    earlier: tuple[tuple[datetime, datetime], ...] = ()


def is_new(evidence: Evidence, policy: Policy) -> bool | None:
    """Whether the issue was first seen within the policy's hours or the window; None when first-seen is unknown."""
    first = evidence.issue.first_seen
    if first is None:
        return None
    recent = evidence.collected_at - timedelta(hours=policy.thresholds.new_within_hours)
    return first >= min(evidence.window.start, recent)


def find_episode(evidence: Evidence, policy: Policy, counts: EventCounts | None) -> FoundEpisode | Unknown:
    """The episode that the window is about, else the last one before it.

    Args:
        evidence: the window, the issue's first event and its activity log.
        policy: how long an issue is new.
        counts: from :func:`.event_counts`.

    Returns:
        Unknown with the reason when there is none, or nothing tells of one.
    """
    if counts is None:
        return Unknown(why=_why_no_counts(evidence))
    all_bursts = find_bursts(counts.cells, counts.rates)
    lasting = without_new_usual(by_episode(all_bursts), counts.cells, counts.rates)
    episodes = _joined_over_drops(lasting, evidence, counts.cells)
    strong = _strong(episodes, evidence, counts)
    bursts = _chosen(strong, evidence)
    bursts = bursts or _of_a_new_issue(evidence, policy, counts.cells)
    if not bursts:
        return Unknown(why=NO_STEP)
    found = _found(evidence, find_beginning(evidence, bursts, counts), bursts, counts)
    before = (episode for episode in strong if episode[-1].end <= bursts[0].start)
    return replace(found, earlier=tuple((instant(episode[0].start), instant(episode[-1].end)) for episode in before))


def _joined_over_drops(
    episodes: Sequence[tuple[Span, ...]], evidence: Evidence, cells: Cells
) -> tuple[tuple[Span, ...], ...]:
    """The episodes, those as one between which Sentry dropped so many events that the first may have gone on.

    Its silence was the quota's then: a pause that nobody saw ends nothing.
    """
    joined: list[tuple[Span, ...]] = []
    for episode in episodes:
        if joined and _may_have_gone_on(joined[-1], episode, evidence, cells):
            before = joined[-1]
            joined[-1] = (*before[:-1], Span(before[-1].start, episode[0].end), *episode[1:])
        else:
            joined.append(episode)
    return tuple(joined)


def _may_have_gone_on(before: tuple[Span, ...], after: tuple[Span, ...], evidence: Evidence, cells: Cells) -> bool:
    start, end = before[-1].end, after[0].start
    dropped = dropped_events(evidence, instant(start), instant(end))
    rate = cells.events(before[0].start, start) / max(1, start - before[0].start)
    return isinstance(dropped, DroppedCount) and dropped.events > MAY_GO_ON * rate * (end - start)


def _strong(
    episodes: Sequence[tuple[Span, ...]], evidence: Evidence, counts: EventCounts
) -> Sequence[tuple[Span, ...]]:
    """The episodes that begin before the window's end, without the faint ones.

    A faint one that has ended is passed over where a strong one lies before it: by chance a few events more come
    together once in some days, and nobody asks about them after a fire.
    """
    end = evidence.window.end.timestamp()
    before = [episode for episode in episodes if episode[0].start < end]
    return [episode for episode, faint in zip(before, _faint(before, counts), strict=True) if not faint]


def _chosen(strong: Sequence[tuple[Span, ...]], evidence: Evidence) -> tuple[Span, ...]:
    """The last episode that overlaps the window, else the last one that begins before the window's end."""
    start = evidence.window.start.timestamp()
    overlapping = [episode for episode in strong if episode[-1].end > start]
    return next(iter((overlapping or strong)[-1:]), ())


def _faint(episodes: Sequence[tuple[Span, ...]], counts: EventCounts) -> list[bool]:
    """Which of them are faint beside a stronger one before them, and over."""
    faint, strongest = [], 0
    for episode in episodes:
        peak = _peak(counts.cells, episode)[0]
        usual = max(counts.usual_per_hour(instant(episode[0].start)) or 0.0, LOWEST_RATE)
        is_over = episode[-1].end < counts.cells.ends[-1]
        is_chance = chance_of_at_least(peak, usual) > FAINT_CHANCE
        faint.append(is_over and is_chance and peak < FAINT_PART * strongest)
        strongest = max(strongest, peak)
    return faint


def _of_a_new_issue(evidence: Evidence, policy: Policy, cells: Cells) -> tuple[Span, ...]:
    """All events of a new issue whose rate is too low to be raised: from its first event to its last."""
    first = evidence.issue.first_seen
    filled = [index for index, events in enumerate(cells.counts) if events]
    if not filled or first is None or not is_new(evidence, policy):
        return ()
    start = int(max(first.timestamp(), cells.starts[filled[0]]))
    end = cells.ends[filled[-1]]
    # Between rare events of a new issue nothing has ended.
    return (Span(start, cells.ends[-1] if cells.ends[-1] - end < QUIET_S else max(end, start + 1)),)


def _why_no_counts(evidence: Evidence) -> str:
    if isinstance(evidence.series, Unknown):
        return f"the event series is not known ({evidence.series.why})"
    return "no counts"


# --- the result ----------------------------------------------------------------------------------------------------


def _found(evidence: Evidence, beginning: Beginning, bursts: tuple[Span, ...], counts: EventCounts) -> FoundEpisode:
    began, cells = beginning.at, counts.cells
    # Nothing began before the issue's first event; a full minute may.
    first = first_event(evidence, bursts) or instant(began)
    is_first = beginning.kind == "first_event"
    bursts = tuple(Span(max(burst.start, int(began)), burst.end) for burst in bursts if burst.end > began)
    bursts = (Span(int(began), bursts[0].end), *bursts[1:])
    ended, until = bursts[-1].end, cells.ends[-1]
    peak, peak_start = _peak(cells, bursts)
    if ended >= until:
        # Full cells leave out the last minutes, and a young burst has no hour yet: nobody reads more in the last hour.
        last_hour = counts.events(instant(until - HOUR_S), instant(until))
        peak, peak_start = max((peak, peak_start), (last_hour, float(until - HOUR_S)))
    usual = beginning.usual_per_hour
    result = Episode(
        began=first if is_first else max(first, minute(began)),
        began_earliest=first if is_first else max(first, minute(beginning.earliest)),
        began_latest=first if is_first else instant(beginning.latest),
        how=HOW[beginning.kind] if beginning.kind in FIRST else f"{HOW[beginning.kind]}: {_rates(peak, usual)}",
        confidence=_confidence(beginning, peak),
        ongoing=ended >= until,
        ended=None if ended >= until else instant(ended),
        bursts=len(bursts),
        longest_pause_minutes=longest_pause(bursts) // 60,
        erroring_minutes=-(-sum(burst.end - burst.start for burst in bursts) // 60),
        usual_per_hour=None if usual is None else round(usual, 1),
        peak_per_hour=peak,
        peak_at=max(first if is_first else minute(began), minute(peak_start)),
        note=_note(evidence, began, ended),
    )
    return FoundEpisode(result, bursts, tuple(_burst(counts, burst) for burst in bursts))


def _burst(counts: EventCounts, burst: Span) -> Burst:
    peak, peak_start = _peak(counts.cells, (burst,))
    return Burst(
        began=instant(burst.start),
        ended=instant(burst.end) if burst.end < counts.cells.ends[-1] else None,
        peak_at=minute(max(peak_start, burst.start)),
        peak_per_hour=peak,
        events=counts.events(instant(burst.start), instant(burst.end)),
    )


def _peak(cells: Cells, bursts: Sequence[Span]) -> tuple[int, float]:
    """Events and start of the fullest rolling hour that ends within the episode."""
    first, last = cells.first_ending_after(bursts[0].start), cells.first_starting_at(bursts[-1].end)
    events, at = cells.fullest_hour(first, last)
    return round(events), float(cells.starts[at]) if at < len(cells) else float(bursts[0].start)


def _rates(peak: int, usual: float | None) -> str:
    usually = "usual not known" if usual is None else f"{number(round(usual, 1))} an hour usual"
    return f"{number(peak)} in the fullest hour, {usually}"


def _confidence(beginning: Beginning, peak: int) -> Confidence:
    if beginning.kind in FIRST:
        return "high"
    if beginning.kind == "running" or beginning.usual_per_hour is None:
        return "low"
    if beginning.grain_s >= HOUR_S:
        return "medium" if peak >= CLEAR_EVENTS else "low"
    is_clear = (
        peak >= CLEAR_EVENTS
        and peak >= CLEAR_FACTOR * beginning.usual_per_hour
        and peak >= CLEAR_ABOVE_HIGHEST * beginning.highest_per_hour
        and beginning.days >= CLEAR_DAYS
        and beginning.latest - beginning.earliest <= CLEAR_GRAIN_S
        and beginning.is_steady
    )
    return "high" if is_clear else "medium"


def _note(evidence: Evidence, began: float, ended: float) -> str | None:
    window = evidence.window
    if ended > window.start.timestamp() and began < window.end.timestamp():
        return None
    return (
        f"the period asked for ({moment(window.start)} to {moment(window.end)}) holds none of it: the last one before"
    )
