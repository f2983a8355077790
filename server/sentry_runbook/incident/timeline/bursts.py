"""What a timeline needs of a burst, a stretch in which the event rate is out of the usual.

Any value with these names will do, so the finding of bursts needs to know nothing of timelines.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class BurstTimes(Protocol):
    """One burst: aware UTC times; ``ended`` is None while it is going on, ``peak_per_hour`` is of its fullest hour."""

    @property
    def began(self) -> datetime:
        """When it began."""

    @property
    def ended(self) -> datetime | None:
        """When it ended."""

    @property
    def peak_at(self) -> datetime:
        """Where its fullest hour begins."""

    @property
    def peak_per_hour(self) -> int:
        """Events of that hour."""

    @property
    def events(self) -> int:
        """Events of the whole burst."""
