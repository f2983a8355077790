"""Bursts: the stretches in which an issue's rate is out of the usual, and the pauses between them.

How to think about it: first the *raised* stretches are found (:mod:`.usual` says what raised is): clock hours, and
where the fine series reaches every rolling hour and ten minutes. They are few and sure, but they say little of where
a burst begins and ends. So around them the cells are read with the two-state burst automaton (Kleinberg 2002): each
cell is either at the usual rate or in a burst, and the likeliest row of states is taken, where changing the state
costs :data:`SWITCH_COST`. A run of burst cells that holds a raised stretch is a burst; what is between two bursts is
a pause. A lone event, or half an hour a little above the usual, holds no raised stretch and is none.

Bursts with pauses shorter than two hours belong to one episode (DESIGN section 5), and so do those with pauses
shorter than one and a half times the longest pause before: errors that come in waves are one incident.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from math import log, sqrt

from sentry_runbook.incident.episode.cells import CELL_S, Cells
from sentry_runbook.incident.episode.usual import LOWEST_RATE, MIN_EVENTS, SHORT_S, Usual, UsualRates, same_hour_from
from sentry_runbook.incident.metrics.chance import chance_of_at_most
from sentry_runbook.incident.metrics.timeseries import HOUR_S

SWITCH_COST = 4.0
"""In units of log-likelihood: a change of state must be e**4 times likelier than none."""
LOWEST_BURST = 3.0
"""Events an hour of the faintest burst."""
QUIET = timedelta(hours=2)
QUIET_S = round(QUIET.total_seconds())
"""Two empty hours are the runbook's "quiet"; a shorter pause is inside an episode (DESIGN section 5)."""
WAVE_FACTOR = 1.5
LONGEST_WAVE_S = 26 * HOUR_S
"""Bursts that far apart may still be waves of one incident: a job that fails each night."""
LEAD_S = 3 * HOUR_S
CALM_DEVIATIONS = 2.0
CHANCE = 0.02
SEEN_BEFORE_S = 2 * HOUR_S
"""Before short stretches are judged, that long a fine series must tell how high they usually go."""
SHORT_ABOVE_HIGHEST = 1.5
MARGIN_AT_MOST = {SHORT_S: 2.0, HOUR_S: 1.3}
MARGIN_FROM, MARGIN_WIDTH = 1.4, 0.6
"""Of many rolling stretches one is high by chance: so much more is asked of an issue whose ordinary days differ. The
margin begins where the highest is 1.4 times the usual, and is twice the count where it is twice the usual."""


@dataclass(frozen=True)
class Span:
    """A stretch of time, seconds since the epoch."""

    start: int
    end: int


def find_bursts(cells: Cells, rates: UsualRates) -> tuple[Span, ...]:
    """All bursts that the cells hold, in order of time."""
    raised = sorted({*_raised_hours(cells, rates), *_raised_windows(cells, rates)}, key=lambda span: span.start)
    groups = list(_grouped(raised))
    bursts: list[Span] = []
    for number, group in enumerate(groups):
        begin = group[0].start - LEAD_S
        if bursts:
            begin = max(begin, bursts[-1].end)
        end = groups[number + 1][0].start if number + 1 < len(groups) else cells.ends[-1]
        bursts += _decoded(cells, rates, group, begin, end)
    if bursts and bursts[-1].end >= cells.ends[-1]:
        bursts[-1] = _ended(cells, rates, bursts[-1])
    return tuple(bursts)


# --- raised stretches ----------------------------------------------------------------------------------------------


def _raised_hours(cells: Cells, rates: UsualRates) -> Iterator[Span]:
    start = int(rates.hours.start.timestamp())
    for index in rates.raised:
        yield Span(start + index * HOUR_S, min(start + (index + 1) * HOUR_S, cells.ends[-1]))


def _raised_windows(cells: Cells, rates: UsualRates) -> Iterator[Span]:
    """Rolling hours and rolling ten minutes of the fine cells that are raised."""
    sums = cells.sums
    # Up to the first event there is nothing to look at: of a new issue that is most of the row.
    filled = next((index for index in range(cells.fine_from, len(cells)) if cells.counts[index]), len(cells))
    ratios = [0.0] * (filled - cells.fine_from)
    episode = last = None
    for index in range(filled, len(cells)):
        start, end = cells.starts[index], cells.ends[index]
        if end - start > CELL_S:
            return
        if last is not None and end - last > QUIET_S:
            episode = None
        for length in (SHORT_S, HOUR_S):
            first = index - length // CELL_S + 1
            if first < cells.fine_from:
                continue
            count, whole = sums[index + 1] - sums[first], end - cells.starts[first]
            if count < MIN_EVENTS:
                continue
            hour = hour_of(cells.starts[first] + whole // 2, rates)
            if length == SHORT_S and not _is_high(_ratio(count, whole, hour, rates, episode), ratios):
                continue
            margin = _margin(length, rates.usual(hour, episode))
            if rates.is_raised(count, whole, hour, episode, margin):
                episode = hour_of(cells.starts[first], rates) if episode is None else episode
                last = end
                # The beginning of a burst tells nothing of how high ordinary minutes go, either.
                ratios[-2:] = [0.0] * len(ratios[-2:])
                yield Span(cells.starts[first], end)
        short = max(cells.fine_from, index - SHORT_S // CELL_S + 1)
        ratios.append(_short_ratio(sums[index + 1] - sums[short], end - cells.starts[short], start, rates, episode))


def _short_ratio(count: float, length: int, start: int, rates: UsualRates, episode: int | None) -> float:
    """Ten minutes by their usual count; 0 within an episode, which tells nothing of how high ordinary ones go."""
    if episode is not None or count <= 1:
        return 0.0 if episode is not None else count
    return _ratio(count, length, hour_of(start, rates), rates, None)


def _ratio(count: float, length: int, hour: int, rates: UsualRates, episode: int | None) -> float:
    if count < 1:
        return 0.0
    usual = rates.usual(hour, episode)
    mean = usual.per_hour * length / HOUR_S if usual is not None else 0.0
    return (count + 1) / (mean + 1)


def _is_high(ratio: float, before: Sequence[float]) -> bool:
    """Whether ten minutes are clearly higher than any ten minutes before the last hour: how far this issue scatters."""
    settled = before[: max(0, len(before) - HOUR_S // CELL_S)]
    enough = len(settled) * CELL_S >= SEEN_BEFORE_S
    return ratio > 0 and enough and ratio > SHORT_ABOVE_HIGHEST * max(settled)


def _margin(length: int, usual: Usual | None) -> float:
    spread = usual.highest / max(usual.per_hour, 1.0) if usual is not None else 1.0
    return min(max(1.0, 1 + (spread - MARGIN_FROM) / MARGIN_WIDTH), MARGIN_AT_MOST[length])


def hour_of(at: int, rates: UsualRates) -> int:
    """The hour of the history that holds an instant."""
    return rates.index_at(float(at))


def _grouped(raised: Sequence[Span]) -> Iterator[list[Span]]:
    """Raised stretches with less than two hours between them."""
    group: list[Span] = []
    end = 0
    for span in raised:
        if group and span.start - end > QUIET_S:
            yield group
            group = []
        group.append(span)
        end = max(end, span.end) if len(group) > 1 else span.end
    if group:
        yield group


# --- the automaton -------------------------------------------------------------------------------------------------


def _decoded(cells: Cells, rates: UsualRates, group: Sequence[Span], begin: int, end: int) -> Iterator[Span]:
    """The bursts between two instants that hold a raised stretch of the group."""
    first, last = cells.first_ending_after(begin), cells.first_starting_at(end)
    in_burst = _states(cells, rates, first, last, cells.fullest_hour(first, last)[0])
    run: int | None = None
    for index in range(first, last + 1):
        inside = index < last and in_burst[index - first]
        if inside and run is None:
            run = index
        elif not inside and run is not None:
            span = Span(cells.starts[run], cells.ends[index - 1])
            if any(raised.start < span.end and span.start < raised.end for raised in group):
                yield span
            run = None


def _ended(cells: Cells, rates: UsualRates, burst: Span) -> Span:
    """A burst up to now, or up to the calm that has set in: the automaton needs longer to see a calm that goes on.

    Calm is the longest stretch up to now that holds no more than ordinary days do, when that is ten minutes or more and
    half the burst's rate would hold clearly more.
    """
    sums, last = cells.sums, len(cells) - 1
    calm = None
    usual = rates.usual(hour_of(cells.starts[last], rates), hour_of(burst.start, rates))
    low = max(usual.highest if usual is not None else 0.0, LOWEST_RATE)
    for index in range(last, cells.first_starting_at(burst.start), -1):
        length = (cells.ends[last] - cells.starts[index]) / HOUR_S
        count = sums[last + 1] - sums[index]
        if count > low * length + CALM_DEVIATIONS * sqrt(low * length):
            break
        before = (cells.starts[index] - burst.start) / HOUR_S
        level = cells.events(burst.start, cells.starts[index]) / before if before > 0 else 0.0
        if length * HOUR_S >= SHORT_S and chance_of_at_most(round(count), level * length / 2) < CHANCE:
            calm = cells.starts[index]
    return burst if calm is None else Span(burst.start, calm)


def _states(cells: Cells, rates: UsualRates, first: int, last: int, peak: float) -> list[bool]:
    """The likeliest state of each cell, True in a burst (Viterbi)."""
    usual_cost, burst_cost = 0.0, SWITCH_COST
    back: list[tuple[bool, bool]] = []
    levels: dict[int, tuple[float, float]] = {}
    for index in range(first, last):
        count, length = cells.counts[index], (cells.ends[index] - cells.starts[index]) / HOUR_S
        hour = hour_of(cells.starts[index], rates)
        if hour not in levels:
            levels[hour] = _levels(rates, hour, hour_of(cells.starts[first], rates), peak)
        low, high = levels[hour]
        own_usual = own_burst = 0.0
        if count is not None:
            own_usual = low * length - count * log(low)
            own_burst = high * length - count * log(high)
        stays_usual, stays_burst = usual_cost <= burst_cost + SWITCH_COST, burst_cost <= usual_cost + SWITCH_COST
        usual_next = (usual_cost if stays_usual else burst_cost + SWITCH_COST) + own_usual
        burst_next = (burst_cost if stays_burst else usual_cost + SWITCH_COST) + own_burst
        back.append((not stays_usual, stays_burst))
        usual_cost, burst_cost = usual_next, burst_next
    state = burst_cost < usual_cost
    states: list[bool] = []
    for from_usual, from_burst in reversed(back):
        states.append(state)
        state = from_burst if state else from_usual
    return states[::-1]


def _levels(rates: UsualRates, hour: int, start: int, peak: float) -> tuple[float, float]:
    """Events an hour at the usual rate (as high as it goes on ordinary days) and in a burst.

    The burst's level is the geometric mean of the usual and the peak: a tail far below the peak still belongs to it.
    """
    usual = rates.usual(hour, start)
    low = max(usual.highest if usual is not None else 0.0, LOWEST_RATE)
    return low, max(2 * low, sqrt(low * peak), LOWEST_BURST)


# --- episodes ------------------------------------------------------------------------------------------------------


def by_episode(bursts: Sequence[Span]) -> tuple[tuple[Span, ...], ...]:
    """The bursts of each episode, in order of time (see the top)."""
    episodes: list[list[Span]] = []
    for burst in bursts:
        if not episodes:
            episodes.append([burst])
            continue
        own = episodes[-1]
        pause = burst.start - own[-1].end
        if pause <= max(QUIET_S, WAVE_FACTOR * longest_pause(own)):
            own.append(burst)
        elif len(episodes) > 1 and _are_waves(own[0].start - episodes[-2][-1].end, pause):
            episodes[-2:] = [[*episodes[-2], *own, burst]]
        else:
            episodes.append([burst])
    return tuple(tuple(episode) for episode in episodes)


def without_new_usual(
    episodes: Sequence[tuple[Span, ...]], cells: Cells, rates: UsualRates
) -> tuple[tuple[Span, ...], ...]:
    """The episodes without those that only ended because their rate is usual by now."""
    return tuple(episode for episode in episodes if not _is_usual_by_now(episode, cells, rates))


def _is_usual_by_now(episode: tuple[Span, ...], cells: Cells, rates: UsualRates) -> bool:
    """Whether it is over, far more is usual since than was before it, and its fullest hour is not above that."""
    start, end, now = episode[0].start, episode[-1].end, cells.ends[-1]
    if end >= now:
        return False
    begun = hour_of(start, rates)
    peak, at = cells.fullest_hour(cells.first_starting_at(start), cells.first_starting_at(end))
    by_now = rates.usual(same_hour_from(hour_of(now, rates), hour_of(cells.starts[at], rates)))
    return rates.is_new_usual(by_now, rates.usual(begun, begun)) and peak <= by_now.limit(HOUR_S, rates.spiking)


def _are_waves(before: int, pause: int) -> bool:
    """Whether two pauses are alike, as between waves."""
    return pause <= LONGEST_WAVE_S and pause <= WAVE_FACTOR * before and before <= WAVE_FACTOR * pause


def longest_pause(bursts: Sequence[Span]) -> int:
    """The longest pause between the bursts, in seconds."""
    return max((later.start - earlier.end for earlier, later in pairwise(bursts)), default=0)
