"""What is told without Discover and time series of an issue and of its window; the parts follow from it. Pure.

How to think about it: four things are told by every server, and each bounds the window's numbers. The **events** that
were read are counted exactly as far back as they reach (:mod:`.events_read`). The issue's **hours and days** tell what
a window holds, but for what it cuts (:mod:`.event_pieces`). The issue's **own count** is the window's where its first
event lies in it. And its **tags** tell the users and environments of its whole life (:mod:`.tag_totals`): what lies
outside the window has at most as many users as events.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sentry_runbook.collect.collection import Collection
from sentry_runbook.collect.event_parts import TAGS
from sentry_runbook.collect.event_pieces import Bounds, Piece, events_in
from sentry_runbook.collect.event_pieces import pieces as stretches
from sentry_runbook.collect.events_read import EventsRead
from sentry_runbook.collect.request_values import first_seen, last_seen
from sentry_runbook.collect.series_parts import INGEST_LAG
from sentry_runbook.collect.tag_totals import TaggedUsers, environment_totals, tagged_users
from sentry_runbook.incident.episode.issue_counts import issue_days, issue_hours
from sentry_runbook.incident.formatting import count
from sentry_runbook.incident.metrics.timeseries import in_window, total
from sentry_runbook.incident.model.evidence import Evidence, Known, Window
from sentry_runbook.incident.model.evidence.json_values import count_of

FINE_S = 300
"""Seconds of a bucket up to which a series tells the events of a window."""


@dataclass(frozen=True)
class Counted:
    """What was told.

    Attributes:
        collection: the question, the issue, the tags.
        evidence: as far as it is known; its issue holds the hours and days.
        read: the events that were read.
        hours_source: what the issue's hours are from, in words.
    """

    collection: Collection
    evidence: Evidence
    read: EventsRead
    hours_source: str = "hourly counts of the issue"

    @property
    def window(self) -> Window:
        """The period asked for."""
        return self.collection.question.window

    @cached_property
    def own_count(self) -> int | None:
        """Events of the issue's whole life: its counter, or more where more were counted otherwise."""
        own = count_of(self.collection.issue.get("count"))
        tags = self.collection.value(TAGS) or ()
        others = [count_of(tag.get("totalValues")) or 0 for tag in tags]
        return None if own is None else max(own, len(self.read.events), *others)

    @cached_property
    def environments_of_life(self) -> dict[str, int] | None:
        """Events of the whole life by raw environment; None where they are not all told.

        Of several issues the tags are the first one's, here and for the users.
        """
        if self.collection.is_of_several:
            return None
        totals = environment_totals(self.collection.value(TAGS), self.own_count)
        return None if totals is None else dict(totals)

    @property
    def counts_all_environments(self) -> bool:
        """Whether the scope holds every event of the issue: then the issue's own numbers are the scope's."""
        names = self.collection.scope.names
        if not names:
            return True
        totals = self.environments_of_life
        return totals is not None and {name for name, events in totals.items() if events} <= set(names)

    @property
    def life_is_in_window(self) -> bool:
        """Whether the first and the last event of the issue lie in the window."""
        first, last = first_seen(self.collection.issue), last_seen(self.collection.issue)
        if first is None or last is None or not self.window.start <= first or not last < self.window.end:
            return False
        # Older events than the first one that the issue tells were seen on Sentry of 2019.
        return all(event.at is None or event.at >= self.window.start for event in self.read.events)

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The issue's hours and days as stretches of time, all environments."""
        hours, days = issue_hours(self.evidence), issue_days(self.evidence)
        issue = self.evidence.issue
        return stretches(issue.hourly if hours is not None else (), issue.daily if days is not None else ())

    def by_hours(self, window: Window) -> Bounds | None:
        """Events of a window by the issue's hours and days, all environments."""
        return events_in(window, self.pieces, first_seen(self.collection.issue), self.collection.now)

    @cached_property
    def events(self) -> tuple[int, bool, str] | None:
        """Events in the window and scope, whether there may be more, and what counted them; None: unknown.

        No event is a count only where the issue's own last event does not lie in the window.
        """
        told = self._events()
        return None if told is not None and not told[0] and self._has_last_event_inside else told

    @property
    def _has_last_event_inside(self) -> bool:
        last = last_seen(self.collection.issue)
        return last is not None and self.window.start <= last < self.window.end and self.counts_all_environments

    def _events(self) -> tuple[int, bool, str] | None:
        rows = self.read.rows_in(self.window)
        if self.read.covers(self.window.start):
            return len(rows), False, f"counted from {count(len(rows), 'event row')}"
        if self.life_is_in_window and (own := self.own_count_in_scope()) is not None and own >= len(rows):
            return own, False, "the issue's own count: its whole life lies in the period"
        series = self.evidence.series
        if isinstance(series, Known) and series.value.events.step_s <= FINE_S:
            counted = total(in_window(series.value.events, self.window.start, self.window.end))
            if counted is not None:
                return counted, False, "summed over the time series of the issue"
        bounds = self.by_hours(self.window) if self.counts_all_environments else None
        if bounds is not None and (bounds.exact or bounds.at_least > len(rows)):
            return bounds.at_least, not bounds.exact, self.hours_source
        return (len(rows), True, f"counted from the latest {count(len(rows), 'event row')}") if rows else None

    def own_count_in_scope(self) -> int | None:
        """Events of the whole life in the scope's environments; None where the tags do not tell."""
        if self.counts_all_environments:
            return self.own_count
        totals, names = self.environments_of_life, self.collection.scope.names
        return None if totals is None else sum(totals.get(name, 0) for name in names)

    @cached_property
    def tagged(self) -> TaggedUsers | None:
        """The users of the whole life by a tag; None where it names none, or one for all."""
        is_told = not self.collection.one_for_all and not self.collection.is_of_several
        return None if not is_told else tagged_users(self.collection.value(TAGS))

    @property
    def nobodies(self) -> int:
        """Users who stand for many, and are none."""
        return len(self.collection.shared_users)

    def holds(self, piece: Piece) -> bool:
        """Whether all events of a stretch lie in the window."""
        first = first_seen(self.collection.issue)
        begins = piece.start >= self.window.start or (first is not None and first >= self.window.start)
        return begins and (piece.end <= self.window.end or self.collection.now <= self.window.end + INGEST_LAG)

    @property
    def settled(self) -> datetime:
        """Up to when the counts are complete."""
        return self.collection.now - INGEST_LAG
