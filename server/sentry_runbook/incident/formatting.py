"""Formats numbers, times, lists and trends for sentences."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sentry_runbook.incident.model.evidence import Window, quoted
from sentry_runbook.incident.model.results.impact import Episode, Trend
from sentry_runbook.incident.model.results.triage import Criterion

if TYPE_CHECKING:
    from sentry_runbook.incident.model.evidence import Event, Frame

NEAR_USUAL = (0.5, 1.5)
"""Between half and one and a half times the usual rate nothing is said of it."""


def number(value: float) -> str:
    """``12,345``; a fraction keeps up to two places."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}".rstrip("0").rstrip(".")


def count(value: int, noun: str) -> str:
    """``1 event``, ``2 events``."""
    return f"{number(value)} {noun}{'' if value == 1 else 's'}"


def percent(value: float) -> str:
    """``91.4 %`` of a number in percent: two places, cut and not rounded; above 0 never as 0.

    So a value below a threshold never reads as the threshold, nor one below 100 as a full 100.
    """
    # Rounded far below the second place first: 100 * 0.29 is a hair less than 29.
    cut = math.floor(round(value * 100, 6)) / 100
    return "below 0.01 %" if cut <= 0 < value else f"{number(cut)} %"


def crash_free_percent(value: float) -> str:
    """Crash-free sessions in percent, always with two places, cut and not rounded: ``91.00 %``, ``94.99 %``.

    The one place where they are written, whatever they are of: the period, an hour, an incident, a release.
    """
    return f"{math.floor(round(value * 100, 4)) / 100:,.2f} %"


def observed_text(criterion: Criterion) -> str:
    """What was observed of a criterion, as people read it; empty when nothing was."""
    observed = criterion.observed
    if isinstance(observed, int | float):
        return crash_free_percent(observed) if criterion.id == "crash_free" else number(observed)
    return observed or ""


def percent_of(share: float) -> str:
    """A share (0..1) as :func:`percent`."""
    return percent(100 * share)


def moment(at: datetime, today: datetime | None = None) -> str:
    """``2026-11-23 14:05 UTC``; ``14:05 UTC`` on the UTC day of ``today``, the reader's now.

    A time in another zone names that: ``2026-11-23 15:05 CET (UTC+1)``. The one place where times of day are written,
    but for single lines below a heading that names the day.
    """
    zone = _zone_of(at)
    if today is not None and at.astimezone(UTC).date() == today.astimezone(UTC).date():
        return f"{clock_time(at)} {zone}"
    return f"{at:%Y-%m-%d} {clock_time(at)} {zone}"


def _zone_of(at: datetime) -> str:
    """``UTC``, ``CET (UTC+1)``, ``UTC+05:30``: the zone by the name people know, and what tells equal names apart."""
    minutes = round((at.utcoffset() or timedelta()).total_seconds() / 60)
    name = at.tzname() or "UTC"
    if not minutes:
        return name if name.isalpha() else "UTC"
    hours, rest = divmod(abs(minutes), 60)
    offset = f"UTC{'+' if minutes > 0 else '-'}{hours:02}:{rest:02}" if rest else f"UTC{minutes // 60:+}"
    return f"{name} ({offset})" if name.isalpha() else offset


def stretch(start: datetime, end: datetime, joint: str = "to") -> str:
    """``2026-11-23 14:05 to 18:05 UTC``; the end has its date where that is another one."""
    return f"{moment(start).removesuffix(' UTC')} {joint} {moment(end, start)}"


def exact_moment(at: datetime) -> str:
    """``2026-11-23 14:05:09 UTC``."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def clock_time(at: datetime) -> str:
    """``14:05``: only where the day stands beside it."""
    return f"{at:%H:%M}"


def exact_clock_time(at: datetime) -> str:
    """``14:05:09 UTC``: only where the day stands beside it."""
    return f"{at:%H:%M:%S} UTC"


def duration(length: timedelta) -> str:
    """``24 h``, ``7 d``, ``1 h 30 min``, ``45 s``: the two largest units."""
    seconds = round(length.total_seconds())
    if seconds and seconds % 86_400 == 0 and seconds > 172_800:
        return f"{seconds // 86_400} d"
    parts = []
    for unit, size in (("d", 86_400 if seconds > 172_800 else 0), ("h", 3600), ("min", 60), ("s", 1)):
        if size and seconds >= size:
            parts.append(f"{seconds // size} {unit}")
            seconds %= size
    return " ".join(parts[:2]) or "0 s"


def briefly(length: timedelta) -> str:
    """A duration in full minutes: ``less than a minute``, ``29 min``."""
    minutes = int(length.total_seconds() // 60)
    return duration(timedelta(minutes=minutes)) if minutes else "less than a minute"


def elapsed(start: datetime, end: datetime) -> timedelta:
    """From one time to another as a reader counts it from the minutes shown: 18:54 to 19:01 is 7 min.

    The one place for lengths between two times that people see. Within one minute it is the seconds themselves.
    """
    return end.replace(second=0, microsecond=0) - start.replace(second=0, microsecond=0) or end - start


def span(window: Window) -> str:
    """``24 h until 2026-11-23 14:05 UTC``."""
    return f"{duration(window.length)} until {moment(window.end)}"


def listed(names: Iterable[str], most: int = 3) -> str:
    """Event text as a list, each name quoted: ``"a", "b" and 2 more``."""
    names = list(names)
    shown = ", ".join(quoted(name) for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def trend_counts(trend: Trend) -> str:
    """The counts behind a trend's direction, and the usual one of an issue that has one."""
    counts = f"{number(trend.last_hour)} events in the last hour, {number(trend.previous_hour)} in the one before"
    return counts if not trend.usual_per_hour else f"{counts}, {number(trend.usual_per_hour)} an hour usual"


def trend_direction(trend: Trend) -> str:
    """``steady, 4 × usual``: where the rate goes, and how far it is from usual where that is far."""
    far = (
        trend.times_usual is not None
        and trend.last_hour > 0
        and not NEAR_USUAL[0] <= trend.times_usual <= NEAR_USUAL[1]
    )
    return f"{trend.direction}, {trend.times_usual:g} × usual" if far else str(trend.direction)


def episode_begin(episode: Episode) -> str:
    """``2026-11-23 19:12 UTC, between 19:10 and 19:15``: with its grain where that is longer than a minute."""
    if episode.began_latest - episode.began_earliest <= timedelta(minutes=1):
        return moment(episode.began)
    return f"{moment(episode.began)}, {between(episode.began_earliest, episode.began_latest)}"


def between(earliest: datetime, latest: datetime) -> str:
    """``between 19:10 and 19:15``; with the date of the later one where they are a day apart."""
    is_near = latest - earliest < timedelta(days=1)
    return f"between {earliest:%H:%M} and {f'{latest:%H:%M}' if is_near else moment(latest)}"


def episode_course(episode: Episode) -> str:
    """Whether it is under way, its bursts and pauses, in one phrase."""
    state = "under way" if episode.ended is None else f"last burst until {moment(episode.ended)}"
    bursts = "" if episode.bursts == 1 else f"; {episode.bursts} bursts"
    pauses = f", pauses up to {duration(timedelta(minutes=episode.longest_pause_minutes))}" if bursts else ""
    erroring = duration(timedelta(minutes=episode.erroring_minutes))
    return f"{state}{bursts}{pauses}; {erroring} out of the usual, most from {moment(episode.peak_at)}"


def trend_sentence(trend: Trend) -> str:
    """The direction of a trend and the counts behind it."""
    return f"{trend_direction(trend)}: {trend_counts(trend)}{f' ({trend.note})' if trend.note else ''}"


def quoted_frame(frame: Frame) -> str:
    """A frame as ``"function" at "file:line"``."""
    foreign = " (in a library)" if frame.in_app is False else ""
    return f"{quoted(frame.function or '?')} at {quoted(frame.location)}{foreign}"


def no_stack(event: Event) -> str:
    """What an event without a failing frame has instead: ``no stack trace``, or stacks that nothing tells apart."""
    threads = event.unmarked_threads
    if not threads:
        return "no stack trace"
    return f"the stacks of {count(threads, 'thread')}, none of which it marks as crashed, current or main"
