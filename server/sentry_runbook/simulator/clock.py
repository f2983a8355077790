"""Clocks: the world reads the present from one, so that a test or a demo can move time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

Clock = Callable[[], datetime]
"""Returns the present as an aware datetime."""


def system_clock() -> datetime:
    """Return the real present, in UTC."""
    return datetime.now(UTC)


class ManualClock:
    """A clock that only moves when ``advance`` is called.

    Args:
        now: where it starts; aware. A fixed instant by default, so that two runs agree.
    """

    def __init__(self, now: datetime = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)) -> None:
        if now.tzinfo is None:
            msg = "a clock needs an aware datetime"
            raise ValueError(msg)
        self.now = now

    def __call__(self) -> datetime:
        """Return the present."""
        return self.now

    def advance(self, *, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
        """Move the clock forward and return the new present."""
        step = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        if step < timedelta(0):
            msg = "time does not run backwards"
            raise ValueError(msg)
        self.now += step
        return self.now


def to_ms(moment: datetime) -> int:
    """Return the epoch milliseconds of an aware datetime."""
    return round(moment.timestamp() * 1000)


def iso(ms: int) -> str:
    """Write epoch milliseconds as Sentry writes dates: microseconds when there are any, and Z."""
    moment = datetime.fromtimestamp(ms / 1000, UTC).replace(tzinfo=None)
    return moment.isoformat(timespec="milliseconds" if ms % 1000 else "seconds") + ("000Z" if ms % 1000 else "Z")
