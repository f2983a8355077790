"""The episodes of a period, of all its projects: what the alerts are judged against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ReviewEpisode:
    """Issues of one project that rose together: an incident that somebody should have been told of.

    Attributes:
        id: short id of the issue that began first.
        project: number; ``project_slug`` where it is known.
        issues: numbers of its issues, in the order in which they began.
        began: likeliest instant; it surely lies in ``earliest`` to ``latest``.
        ended: None: it goes on.
        events: of all its issues, in the episode.
        peak_per_hour: events in its fullest hour.
        is_new: it began with an issue's first event.
    """

    id: str
    project: str
    project_slug: str | None
    issues: tuple[str, ...]
    began: datetime
    earliest: datetime
    latest: datetime
    ended: datetime | None
    events: int
    peak_per_hour: int
    is_new: bool = False
