"""The evidence with its parts as they are counted without Discover, and whether more events would decide more. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sentry_runbook.collect import counted_series, counted_tags, counted_users
from sentry_runbook.collect.breakdown_parts import BREAKDOWN, BREAKDOWN_BEFORE, ENVIRONMENTS
from sentry_runbook.collect.collection import Collection, Part
from sentry_runbook.collect.counted import Counted
from sentry_runbook.collect.discover_parts import TOTALS
from sentry_runbook.collect.event_parts import TAGS
from sentry_runbook.collect.question import Aspect
from sentry_runbook.collect.series_parts import HISTORY_HOURS, SERIES
from sentry_runbook.collect.unhandled_parts import UNHANDLED
from sentry_runbook.errors import BadRequest, Forbidden, Unsupported
from sentry_runbook.incident.formatting import count
from sentry_runbook.incident.metrics.unique_users import UsersWorstHour, users_worst_hour
from sentry_runbook.incident.model.evidence import EventRow, Evidence, Known, Unknown, UsersIn, Window

LASTING = (Unsupported, Forbidden)
"""Errors that the next try would meet again: other ways are tried. A passing one costs its part, as ever."""
OF_THE_PERIOD = (Aspect.ROWS, Aspect.TOTALS)
"""Aspects of answers that show figures of the period."""


@dataclass(frozen=True)
class CountedEvidence:
    """What was told, and how it was read.

    Attributes:
        counted: what was told.
        reads_all_environments: the list was not filtered by the server.
        pages: how many pages of it were read.
        has_more: an older page exists.
    """

    counted: Counted
    reads_all_environments: bool
    pages: int
    has_more: bool

    def filled(self) -> Evidence:
        """The evidence; parts that Discover or the time series lack for good are counted from what was told."""
        collection, evidence = self.counted.collection, self.counted.evidence
        parts: dict[str, Any] = {**self._parts(), **self._users()}
        if self.pages > 1:
            parts["rows"] = self._rows()
        if collection.question.wants(*OF_THE_PERIOD):
            parts["warnings"] = _with_sources(evidence.warnings, self._sources(), collection.is_of_several)
        # Built anew, not copied: only so are the parts checked to be of their fields' types.
        return Evidence(**{**dict(evidence), **parts})

    def _parts(self) -> dict[str, object]:
        counted, window = self.counted, self.counted.window
        before = Window(start=window.start - window.length, end=window.start)
        ways: tuple[tuple[Part[Any], Callable[[], object]], ...] = (
            (SERIES, lambda: counted_series.series(counted)),
            (HISTORY_HOURS, lambda: counted_series.history(counted)),
            (TOTALS, lambda: counted_users.totals(counted)),
            (UNHANDLED, lambda: counted_series.unhandled(counted)),
            (ENVIRONMENTS, lambda: counted_tags.environments(counted) if self.reads_all_environments else None),
            (BREAKDOWN, lambda: counted_tags.breakdown(counted, window)),
            (BREAKDOWN_BEFORE, lambda: counted_tags.breakdown(counted, before)),
        )
        lacking = ((part, value) for part, value in ways if is_lacking(counted.collection, part))
        return {part.field: known for part, value in lacking if (known := value()) is not None}

    def _users(self) -> dict[str, object]:
        """Users by the hour, where they are asked for."""
        if not self.counted.collection.question.wants(Aspect.USERS):
            return {}
        parts: dict[str, object] = {"users_in": tuple[UsersIn, ...](counted_users.users_in(self.counted))}
        if is_lacking(self.counted.collection, HISTORY_HOURS):
            by_hour = counted_users.users_per_hour(self.counted)
            parts |= {} if by_hour is None else {"users_per_hour": by_hour}
        return parts

    def _rows(self) -> Known[tuple[EventRow, ...]]:
        events = self.counted.read.events
        note = f"the latest {len(events)} events; there are more" if self.has_more else ""
        rows = tuple(event.row for event in events if event.row is not None)
        return Known(value=rows, source="event list of the issue", note=note)

    def _sources(self) -> str:
        """Where the numbers come from, for the reader."""
        counted, places = self.counted, []
        if counted.read.events:
            latest = "" if counted.read.is_whole_life else "the latest "
            places.append(f"{latest}{count(len(counted.read.events), 'event row')}")
        if counted.evidence.issue.hourly:
            places.append(counted.hours_source)
        if counted.collection.is_of_several:
            return " and ".join((*places, "each issue's own count"))
        has_tags = counted.collection.value(TAGS) is not None
        places.append("the issue's tags and own count" if has_tags else "the issue's own count")
        return f"{', '.join(places[:-1])} and {places[-1]}" if len(places) > 1 else places[0]


def _with_sources(warnings: tuple[str, ...], sources: str, is_of_several: bool) -> tuple[str, ...]:
    """The warnings; the one that says what the server is without tells the sources, too."""
    told = f"The period is counted from {sources}."
    named = [number for number, warning in enumerate(warnings) if NO_DISCOVER in warning]
    if not named:
        lacks = f"has {NO_DISCOVER}" if not is_of_several else "does not count several issues together"
        return (*warnings, f"This server {lacks}: {told[0].lower()}{told[1:]}")
    return tuple(f"{text} {told}" if number == named[0] else text for number, text in enumerate(warnings))


NO_DISCOVER = "no Discover"
"""In the words of a warning that says so."""


def is_lacking(collection: Collection, part: Part[Any]) -> bool:
    """Whether a part failed for good; one that is read from another's answer, whether that did."""
    result = collection.result(part)
    if part.reads is not None and not result.is_sent:
        result = collection.result(part.reads)
    # A server that searches one project at a time refuses the counts of several.
    refuses_several = collection.is_of_several and isinstance(result.error, BadRequest)
    return refuses_several or isinstance(result.error, LASTING)


# --- whether more events would decide more -------------------------------------------------------------------------


def unread(counted: Counted) -> int | None:
    """About how many events of the window were not read; None where that is not known."""
    if counted.life_is_in_window and counted.own_count is not None:
        return counted.own_count - len(counted.read.events)
    bounds = counted.by_hours(counted.window)
    if bounds is None:
        return None
    return (bounds.at_most or bounds.at_least) - len(counted.read.in_window(counted.window))


def may_decide(evidence: CountedEvidence) -> bool:
    """Whether more events, of very many, may still prove that a threshold was exceeded."""
    counted = evidence.counted
    limits, wants = counted.collection.policy.thresholds, counted.collection.question.wants
    rows = counted.read.rows_in(counted.window)
    if wants(Aspect.USERS) and any(row.user for row in rows):
        users = users_worst_hour(evidence.filled())
        if isinstance(users, Unknown) or _is_open(users, limits.users_per_hour_above):
            return True
    return wants(Aspect.UNHANDLED) and _per_minute(rows) > limits.unhandled_per_minute_above / 2


def _is_open(users: UsersWorstHour, threshold: int) -> bool:
    """Whether the threshold lies between the bounds."""
    return users.at_least <= threshold and (users.at_most is None or users.at_most > threshold)


def _per_minute(rows: list[EventRow]) -> float:
    """Unhandled events a minute, on average over the rows."""
    times: list[datetime] = [row.when for row in rows if row.when is not None]
    unhandled = sum(row.handled is False for row in rows)
    if not times or not unhandled:
        return 0.0
    return unhandled / max(1.0, (max(times) - min(times)).total_seconds()) * 60
