"""Clocks: the world asks one for the present, so a test or a demo can be the one who moves time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Gives the present as an aware datetime."""


def system_clock() -> datetime:
    """Give the real present, in UTC."""
    return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is moved.

    Args:
        now: where it starts; aware. A fixed instant by default, so that two runs agree.
    """

    def __init__(self, now: datetime = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)) -> None:
        if now.tzinfo is None:
            msg = "a clock needs an aware datetime"
            raise ValueError(msg)
        self.now = now

    def __call__(self) -> datetime:
        """Give the instant at which the clock stands."""
        return self.now

    def advance(self, *, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
        """Move the clock forward and give the new instant."""
        step = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        if step < timedelta(0):
            msg = "time does not run backwards"
            raise ValueError(msg)
        self.now += step
        return self.now


def to_ms(moment: datetime) -> int:
    """Give the epoch milliseconds of an aware datetime."""
    return round(moment.timestamp() * 1000)


def iso(ms: int) -> str:
    """Write epoch milliseconds as Sentry writes dates: microseconds when there are any, and Z."""
    moment = datetime.fromtimestamp(ms / 1000, UTC).replace(tzinfo=None)
    return moment.isoformat(timespec="milliseconds" if ms % 1000 else "seconds") + ("000Z" if ms % 1000 else "Z")
