"""Parses ``period``, or ``start`` and ``end``, into a window of time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from sentry_runbook.errors import BadInput
from sentry_runbook.incident.model.evidence import Window
from sentry_runbook.incident.model.evidence.json_values import EARLIEST, LATEST

UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(days=90)
"""Sentry keeps events for 90 days at the most (sentry-api §7.4)."""
PERIOD = re.compile(r"([1-9][0-9]{0,4})\s*([mhdw])")


def parse_window(
    period: str | None, start: str | None, end: str | None, *, now: datetime, default: timedelta
) -> Window:
    """The window that a caller asks for.

    Args:
        period: ``15m``, ``1h``, ``24h``, ``7d``, ``2w``: that long until now.
        start: ISO 8601; a time without zone is UTC.
        end: ISO 8601; left out, now.
        now: aware UTC.
        default: the length when none of them is given.

    Raises:
        BadInput: not a period or time, both forms at once, an end before the start, or longer than 90 days.
    """
    if period and (start or end):
        raise BadInput("period and start/end were both given.", "Give one of them.")
    if end and not start:
        raise BadInput("end was given without start.", "Give both, or a period such as 24h.")
    if start:
        return _between(parse_time(start, "start"), parse_time(end, "end") if end else now, now)
    length = _length(period) if period else default
    return _checked(Window(start=now - length, end=now))


def parse_time(text: str, name: str) -> datetime:
    """An ISO 8601 time as aware UTC.

    Raises:
        BadInput: ``text`` is no such time, or no time of an incident; ``name`` says which argument.
    """
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError as exc:
        raise BadInput(f"{name} is not an ISO 8601 time.", "Write it as 2026-11-23T14:05:00Z.") from exc
    # Compared before it is turned to UTC: at the ends of the calendar a zone leads out of it.
    at = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    if not EARLIEST <= at < LATEST:
        raise BadInput(
            f"{name} is of the year {parsed.year}, and Sentry has nothing of then.",
            f"Check the year: from {EARLIEST.year} to {LATEST.year - 1}.",
        )
    return at.astimezone(UTC)


def _length(period: str) -> timedelta:
    match = PERIOD.fullmatch(period.strip().lower())
    if not match:
        raise BadInput("period cannot be read.", "Write a number and m, h, d or w: 15m, 1h, 24h, 7d.")
    return int(match[1]) * UNITS[match[2]]


def _between(start: datetime, end: datetime, now: datetime) -> Window:
    if start >= now:
        raise BadInput("start lies in the future.", "Give a start before now.")
    if end > now:
        return _checked(Window(start=start, end=now, note="the end lay in the future and is now"))
    return _checked(Window(start=start, end=end))


def _checked(window: Window) -> Window:
    if window.length < SHORTEST:
        raise BadInput("The window is shorter than a minute.", "Give start before end, at least a minute apart.")
    if window.length > LONGEST:
        raise BadInput("The window is longer than 90 days, which is all that Sentry keeps.", "Give at most 90d.")
    return window
