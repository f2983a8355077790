"""Event rates around the reference time: the peak hour of the incident, now, and how long the rate has been usual."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, takewhile

from sentry_runbook.incident.episode.onset import HOUR
from sentry_runbook.incident.formatting import duration, moment
from sentry_runbook.incident.metrics.timeseries import (
    HOUR_S,
    between,
    end_of,
    hour_sums,
    in_window,
    time_of,
    total,
    worst_hour,
)
from sentry_runbook.incident.model.evidence import Evidence, Series
from sentry_runbook.incident.model.results.impact import Basis

MIN_ELAPSED = timedelta(minutes=10)
"""A shorter time after the reference time gives no rate, and a shorter silence is not called quiet."""
LOOK_BACK = timedelta(hours=24)
"""Without an onset the incident's peak hour is looked for this long before the reference time."""


@dataclass(frozen=True)
class ReferenceTime:
    """The instant that recovery counts from, and what it is."""

    at: datetime
    basis: Basis


@dataclass(frozen=True)
class Rates:
    """Events per hour: in the incident's peak hour, and now; None where that is not known.

    Attributes:
        before: events in the peak hour, the rolling hour with most events up to the reference time.
        incident_rate: ``before`` scaled to the incident's real length where it lasted less than an hour, so that a
            rate extrapolated from less than an hour is compared with one of its kind.
        extrapolated_from: the length (under an hour) that ``now`` is extrapolated from; None when an hour was counted.
        elapsed: from the reference time up to now.
        events_since: events since the reference time; None when no bucket of the series begins after it.
        notes: what limits the numbers.
    """

    before: float | None
    incident_rate: float | None
    now: float | None
    elapsed: timedelta
    events_since: int | None
    notes: tuple[str, ...] = ()
    extrapolated_from: timedelta | None = None


def peak_end(series: Series, start: datetime) -> datetime | None:
    """The end of the bucket with most events from the one that holds ``start`` on; None when there was no event."""
    inside = in_window(series, start, end_of(series))
    values = [value or 0.0 for value in inside.values]
    if not any(values):
        return None
    return time_of(inside, values.index(max(values)) + 1)


def measure_rates(
    series: Series, reference: ReferenceTime, began: datetime | None, now: datetime, notes: tuple[str, ...]
) -> Rates:
    """Measure the rates before the reference time and now.

    Args:
        series: events, up to ``now``.
        reference: the reference time; before ``now``.
        began: the onset; None when it is not known.
        now: up to when events are known.
        notes: what limits the series.
    """
    since = reference.at
    start = began if began is not None and began < since else since - LOOK_BACK
    # An incident whose start the series misses may have had a fuller hour; without an onset nothing is missed.
    reaches_back = began is None or series.start <= start
    # The incident goes on after its peak: the rolling hour with most events may lie across it.
    before = _peak_hour(series, start, now if reference.basis == "peak" else since) if reaches_back else None
    events_since = total(between(series, since, now))
    rate, extrapolated_from = _rate_now(series, reference, events_since, now)
    return Rates(
        before=before,
        incident_rate=None if before is None else before * HOUR / min(HOUR, max(since - start, MIN_ELAPSED)),
        now=rate,
        elapsed=now - since,
        events_since=events_since,
        notes=(*notes, *_notes(series, since, extrapolated_from)),
        extrapolated_from=extrapolated_from,
    )


def _peak_hour(series: Series, start: datetime, end: datetime) -> float | None:
    # The bucket that was running at the start holds the incident's first events.
    peak = worst_hour(in_window(series, start, end))
    return None if peak is None else float(peak.value)


def _rate_now(
    series: Series, reference: ReferenceTime, events_since: int | None, now: datetime
) -> tuple[float | None, timedelta | None]:
    """Events per hour now, and the length under an hour that they are extrapolated from, if they are."""
    elapsed = now - reference.at
    # Nothing was changed at a peak: right after it the last rolling hour, across the peak, is still the rate.
    if elapsed >= HOUR or (reference.basis == "peak" and elapsed < MIN_ELAPSED):
        last_hour = total(between(series, now - HOUR, now))
        return None if last_hour is None else float(last_hour), None
    # Clock hours tell nothing of the half hour since a fix: that is unknown, and not zero events.
    if elapsed < MIN_ELAPSED or events_since is None:
        return None, None
    return round(events_since * HOUR / elapsed, 1), elapsed


def _notes(series: Series, since: datetime, extrapolated_from: timedelta | None) -> Iterator[str]:
    if extrapolated_from is not None:
        yield f"The rate now is reckoned from the {duration(extrapolated_from)} since then."
    if since < series.start:
        yield f"The counts begin at {moment(series.start)}; what came before is not counted."


def stable_from(series: Series, allowed_per_hour: float) -> datetime:
    """From when on no rolling hour holds more events than is usual; the series' start when none ever did."""
    raised = [first for first, events in hour_sums(series) if events > allowed_per_hour]
    if not raised:
        return series.start
    if raised[-1] + HOUR_S // series.step_s < len(series.values):
        return time_of(series, raised[-1] + 1)
    # The last hour itself holds more: count back for as long as what came since is usual.
    counts = accumulate(value or 0.0 for value in reversed(series.values))
    usual = sum(1 for _ in takewhile(lambda events: events <= allowed_per_hour, counts))
    return time_of(series, len(series.values) - usual)


def last_event(evidence: Evidence, series: Series | None) -> datetime | None:
    """When the last event came: Sentry's own time where it lies in the last bucket that holds any.

    ``lastSeen`` is of all environments: a later one may be an event that does not count here. None when not known.
    """
    last_seen = evidence.issue.last_seen
    if series is None:
        return None
    filled = [index for index, value in enumerate(series.values) if value]
    if not filled:
        return last_seen if last_seen is not None and last_seen < series.start else None
    start, end = time_of(series, filled[-1]), time_of(series, filled[-1] + 1)
    return last_seen if last_seen is not None and start <= last_seen < end else end
