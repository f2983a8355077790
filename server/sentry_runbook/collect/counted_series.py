"""Rates over time as they are counted without Discover and time series: from events, else by the hour. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from sentry_runbook.collect.counted import Counted
from sentry_runbook.collect.event_pieces import HOUR
from sentry_runbook.collect.events_read import series_of
from sentry_runbook.collect.request_values import first_seen
from sentry_runbook.collect.series_parts import MINUTE, series_start, step
from sentry_runbook.incident.episode.issue_counts import after_days, issue_days, issue_hours
from sentry_runbook.incident.formatting import count, number
from sentry_runbook.incident.metrics.timeseries import busiest_minute
from sentry_runbook.incident.model import evidence as ours
from sentry_runbook.incident.model.evidence import Known, Series, Unknown

BY_THE_MINUTE = timedelta(days=4)
"""Rows are counted by the minute over a stretch up to this long: a fix then divides no bucket that holds much."""


def series(counted: Counted) -> Known[ours.IssueSeries] | None:
    """Events a minute (longer in long windows) from the rows; else a clock hour, where these cover the window."""
    start = _fine_start(counted)
    if start is not None:
        rows = [row for event in counted.read.events if (row := event.row) is not None]
        length = MINUTE if counted.window.end - start <= BY_THE_MINUTE else step(counted.window)
        events = series_of(rows, start, counted.window.end, length, counted.settled)
        source = f"counted from {count(len(rows), 'event row')}, {length} s"
    else:
        hours = _hours_of_the_window(counted)
        if hours is None:
            return None
        events, source = hours, f"{counted.hours_source}, by the clock hour"
    return Known(value=ours.IssueSeries(events=events), source=counted.collection.source(source))


def _fine_start(counted: Counted) -> datetime | None:
    """From when on the rows give a series: a full hour, as early as its readers use; None where they do not."""
    known, wanted = counted.read.known_from, series_start(counted.window)
    if known is None or not counted.read.covers(counted.window.start):
        return None
    if known <= wanted or _has_no_event_between(counted, wanted, known):
        return wanted
    hour = known.replace(minute=0, second=0, microsecond=0) + HOUR
    return hour if hour <= counted.window.start else counted.window.start


def _has_no_event_between(counted: Counted, start: datetime, end: datetime) -> bool:
    first = first_seen(counted.collection.issue)
    return first is not None and first >= end - timedelta(seconds=1) >= start


def _hours_of_the_window(counted: Counted) -> Series | None:
    """The issue's hours, none before its first event; None where they do not reach back to the window's start."""
    hours, first = issue_hours(counted.evidence), first_seen(counted.collection.issue)
    if hours is None or not counted.counts_all_environments:
        return None
    start = series_start(counted.window).replace(minute=0, second=0, microsecond=0)
    empty = max(0, (hours.start - start) // HOUR)
    if first is not None and first >= hours.start and empty:
        return hours.model_copy(update={"start": start, "values": (*[0.0] * empty, *hours.values)})
    return hours if hours.start <= counted.window.start else None


def history(counted: Counted) -> Known[Series] | None:
    """Events per clock hour: of the last day, and of the days before each hour with its share of the day."""
    if not counted.counts_all_environments:
        return None
    hours = issue_hours(counted.evidence)
    longer = after_days(hours, issue_days(counted.evidence))
    if longer is None or hours is None:
        return None
    note = "before them the counts of days, by the hour" if longer is not hours else ""
    return Known(value=longer, source=f"{counted.hours_source}, clock hours; environments: all", note=note)


def unhandled(counted: Counted) -> Known[Series] | Unknown | None:
    """Unhandled events a minute, from the rows of the whole window; of less than all only what trips the rule."""
    rows = counted.read.rows_in(counted.window)
    if rows and all(row.handled is None for row in rows):
        return Unknown(why="the events do not say whether the error was handled")
    if not counted.read.covers(counted.window.start):
        return _unhandled_of_a_part(counted)
    silent = sum(row.handled is None for row in rows)
    if silent:
        why = f"{number(silent)} of {count(len(rows), 'event')} do not say whether the error was handled"
        return Unknown(why=why)
    return Known(
        value=_unhandled_minutes(counted, counted.window.start),
        source=counted.collection.source(f"counted from {count(len(rows), 'event row')}: unhandled ones a minute"),
    )


def _unhandled_minutes(counted: Counted, start: datetime) -> Series:
    minute = start.replace(second=0, microsecond=0)
    rows = [row for row in counted.read.rows_in(counted.window) if row.handled is False]
    return series_of(rows, minute, counted.window.end, MINUTE, counted.settled)


def _unhandled_of_a_part(counted: Counted) -> Known[Series] | Unknown | None:
    """Only the latest minutes were read: they are told where one is above the threshold, and clear nothing."""
    known = counted.read.known_from
    if known is None or known >= counted.window.end:
        return None
    limit = counted.collection.policy.thresholds.unhandled_per_minute_above
    minutes = _unhandled_minutes(counted, max(known, counted.window.start))
    peak = busiest_minute(minutes, limit)
    if peak is None or peak.value <= limit:
        return Unknown(why="only the latest events were read, too few to tell the busiest minute of the period")
    source = counted.collection.source("counted from the latest event rows: unhandled ones a minute")
    return Known(value=minutes, source=source, note="a lower bound: only the latest events were read")
