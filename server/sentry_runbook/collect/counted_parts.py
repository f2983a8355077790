"""Parts of the evidence as they are counted without Discover and time series: from events, hours, days and tags. Pure.

How to think about it: four things are told by every server, and each bounds the window's numbers. The **events** that
were read are counted exactly as far back as they reach (:mod:`.events_read`). The issue's **hours and days** tell what
a window holds, but for what it cuts (:mod:`.event_pieces`). The issue's **own count** is the window's where its first
event lies in it. And its **tags** tell the users and environments of its whole life (:mod:`.tag_totals`): what lies
outside the window has at most as many users as events.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from sentry_runbook.collect.collection import Collection
from sentry_runbook.collect.discover_parts import BREAKDOWN_TAGS
from sentry_runbook.collect.event_parts import TAGS
from sentry_runbook.collect.event_pieces import HOUR, Bounds, Piece, events_in, pieces
from sentry_runbook.collect.events_read import (
    EventsRead,
    distinct_users,
    environment_counts,
    fullest_hour,
    series_of,
    tag_combinations,
    users_by_hour,
)
from sentry_runbook.collect.request_values import first_seen, last_seen
from sentry_runbook.collect.series_parts import INGEST_LAG, MINUTE, series_start, step
from sentry_runbook.collect.tag_totals import TaggedUsers, environment_totals, tagged_users
from sentry_runbook.incident.episode.issue_counts import after_days, issue_days, issue_hours
from sentry_runbook.incident.formatting import count, number
from sentry_runbook.incident.metrics.timeseries import busiest_minute, in_window, total
from sentry_runbook.incident.model import evidence as ours
from sentry_runbook.incident.model.evidence import Evidence, Known, Series, Unknown, UsersIn, Window
from sentry_runbook.incident.model.evidence.json_values import count_of
from sentry_runbook.safety.text import NAME

NO_USER = "no event carries a user, so the number of users is unknown, not zero"
BY_THE_MINUTE = timedelta(days=4)
"""Rows are counted by the minute over a stretch up to this long: a fix then divides no bucket that holds much."""
FINE_S = 300
"""Seconds of a bucket up to which a series tells the events of a window."""


@dataclass(frozen=True)
class Counted:
    """What was told, and the parts that follow from it.

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

    # --- the whole life

    @cached_property
    def own_count(self) -> int | None:
        """Events of the issue's whole life: its counter, or more where more were counted otherwise."""
        own = count_of(self.collection.issue.get("count"))
        tags = self.collection.value(TAGS) or ()
        others = [count_of(tag.get("totalValues")) or 0 for tag in tags]
        return None if own is None else max(own, len(self.read.events), *others)

    @cached_property
    def environments_of_life(self) -> dict[str, int] | None:
        """Events of the whole life by raw environment; None where they are not all told."""
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
    def _pieces(self) -> tuple[Piece, ...]:
        hours, days = issue_hours(self.evidence), issue_days(self.evidence)
        issue = self.evidence.issue
        return pieces(issue.hourly if hours is not None else (), issue.daily if days is not None else ())

    def by_hours(self, window: Window) -> Bounds | None:
        """Events of a window by the issue's hours and days, all environments."""
        return events_in(window, self._pieces, first_seen(self.collection.issue), self.collection.now)

    # --- events and users of the window

    @cached_property
    def events(self) -> tuple[int, bool, str] | None:
        """Events in the window and scope, whether there may be more, and what counted them; None: unknown."""
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
    def _tagged(self) -> TaggedUsers | None:
        return None if self.collection.one_for_all else tagged_users(self.collection.value(TAGS))

    @property
    def _nobodies(self) -> int:
        """Users who stand for many, and are none."""
        return len(self.collection.shared_users)

    def totals(self) -> Known[ours.Totals] | None:
        """Events and distinct users of the window; None where nothing tells them."""
        if self.events is None:
            return None
        events, is_at_least, source = self.events
        if events == 0:
            value = ours.Totals(events=0, users=0)
            return None if is_at_least else Known(value=value, source=self.collection.source(source))
        users, at_most = self._users(events)
        totals = ours.Totals(
            events=events,
            users=users or None,
            events_lower_bound=is_at_least,
            users_lower_bound=bool(users) and at_most != users,
            users_at_most=at_most if users and at_most != users else None,
        )
        by_tag = self._tagged is not None and not self.read.covers(self.window.start)
        users_by = f"; users by the tag {self._tagged.key} and the rows read" if self._tagged and by_tag else ""
        return Known(value=totals, source=self.collection.source(source + users_by), note=self._users_note(totals))

    def _users(self, events: int) -> tuple[int, int | None]:
        """At least and at most that many distinct users among the window's events."""
        users, without = distinct_users(self.read.rows_in(self.window))
        if self.read.covers(self.window.start):
            return users, users + without
        if self._tagged is None or self.own_count is None:
            return users, None
        outside = max(0, self.own_count - events)
        at_most = self._tagged.users + self.own_count - self._tagged.events if not self._nobodies else None
        at_least = max(users, self._tagged.users - self._nobodies - outside)
        return at_least, None if at_most is None else max(at_least, at_most)

    def _users_note(self, totals: ours.Totals) -> str:
        if self.collection.one_for_all:
            return self.collection.one_for_all
        if totals.users is None:
            return self._why_no_user()
        if not totals.users_lower_bound:
            return ""
        if self.read.covers(self.window.start):
            _, without = distinct_users(self.read.rows_in(self.window))
            return f"lower bound: {number(without)} of {count(totals.events, 'event')} carry no user"
        return "lower bound: of a part of the events the user is not known"

    def _why_no_user(self) -> str:
        if self.read.covers(self.window.start):
            return NO_USER
        has_tags = self.collection.value(TAGS) is not None
        what = "no tag of the issue names its users" if has_tags else "no tags and no events were read that name users"
        return f"{what}: their number is unknown, not zero"

    def users_in(self) -> Iterator[UsersIn]:
        """Lower bounds for single hours, where the rows are not all."""
        if self.read.covers(self.window.start):
            return
        rows = self.read.rows_in(self.window)
        of_rows = fullest_hour(rows, f"counted from the latest {count(len(rows), 'event row')}")
        of_tag = self._users_of_fullest_hour()
        yield from (known for known in (of_rows, of_tag) if known is not None)

    def _users_of_fullest_hour(self) -> UsersIn | None:
        """Of the clock hour with most events: the users of the whole life, without one for each event outside it."""
        hours = [piece for piece in self._pieces if piece.end - piece.start == HOUR and self._is_inside(piece)]
        fullest = max(hours, key=lambda piece: piece.events, default=None)
        if fullest is None or self._tagged is None or self.own_count is None:
            return None
        outside = max(0, self.own_count - self._in_scope_at_least(fullest.events))
        users = min(self._tagged.users - self._nobodies - outside, fullest.events)
        if users <= 0:
            return None
        source = f"users by the tag {self._tagged.key}, {self.hours_source}"
        return UsersIn(start=fullest.start, end=fullest.end, users=users, is_lower_bound=True, source=source)

    def _is_inside(self, piece: Piece) -> bool:
        first = first_seen(self.collection.issue)
        begins = piece.start >= self.window.start or (first is not None and first >= self.window.start)
        return begins and (piece.end <= self.window.end or self.collection.now <= self.window.end + INGEST_LAG)

    def _in_scope_at_least(self, events: int) -> int:
        """Of some events, at least that many lie in the scope: all the others may be among them."""
        if self.counts_all_environments:
            return events
        totals, names = self.environments_of_life, self.collection.scope.names
        if totals is None:
            return 0
        return max(0, events - sum(number for name, number in totals.items() if name not in names))

    # --- by time

    @property
    def _settled(self) -> datetime:
        return self.collection.now - INGEST_LAG

    def _fine_start(self) -> datetime | None:
        """From when on the rows give a series: a full hour, as early as its readers use; None where they do not."""
        known, wanted = self.read.known_from, series_start(self.window)
        if known is None or not self.read.covers(self.window.start):
            return None
        if known <= wanted or self._has_no_event_between(wanted, known):
            return wanted
        hour = known.replace(minute=0, second=0, microsecond=0) + HOUR
        return hour if hour <= self.window.start else self.window.start

    def _has_no_event_between(self, start: datetime, end: datetime) -> bool:
        first = first_seen(self.collection.issue)
        return first is not None and first >= end - timedelta(seconds=1) >= start

    def series(self) -> Known[ours.IssueSeries] | None:
        """Events a minute (longer in long windows) from the rows; else a clock hour, where these cover the window."""
        start = self._fine_start()
        if start is not None:
            rows = [row for event in self.read.events if (row := event.row) is not None]
            length = MINUTE if self.window.end - start <= BY_THE_MINUTE else step(self.window)
            events = series_of(rows, start, self.window.end, length, self._settled)
            source = f"counted from {count(len(rows), 'event row')}, {length} s"
        else:
            hours = self._hours_of_the_window()
            if hours is None:
                return None
            events, source = hours, f"{self.hours_source}, by the clock hour"
        return Known(value=ours.IssueSeries(events=events), source=self.collection.source(source))

    def _hours_of_the_window(self) -> Series | None:
        """The issue's hours, none before its first event; None where they do not reach back to the window's start."""
        hours, first = issue_hours(self.evidence), first_seen(self.collection.issue)
        if hours is None or not self.counts_all_environments:
            return None
        start = series_start(self.window).replace(minute=0, second=0, microsecond=0)
        empty = max(0, (hours.start - start) // HOUR)
        if first is not None and first >= hours.start and empty:
            return hours.model_copy(update={"start": start, "values": (*[0.0] * empty, *hours.values)})
        return hours if hours.start <= self.window.start else None

    def history(self) -> Known[Series] | None:
        """Events per clock hour: of the last day, and of the days before each hour with its share of the day."""
        if not self.counts_all_environments:
            return None
        hours = issue_hours(self.evidence)
        longer = after_days(hours, issue_days(self.evidence))
        if longer is None or hours is None:
            return None
        note = "before them the counts of days, by the hour" if longer is not hours else ""
        return Known(value=longer, source=f"{self.hours_source}, clock hours; environments: all", note=note)

    def users_per_hour(self) -> Known[Series] | None:
        """Distinct users per clock hour, from the rows of the whole window."""
        if not self.read.covers(self.window.start):
            return None
        rows = self.read.rows_in(self.window)
        hours = users_by_hour(rows, self.window.start, self.window.end, self._settled)
        source = self.collection.source(f"counted from {count(len(rows), 'event row')}: distinct users per clock hour")
        return Known(value=hours, source=source) if hours is not None and rows else None

    def unhandled(self) -> Known[Series] | Unknown | None:
        """Unhandled events a minute, from the rows of the whole window; of less than all only what trips the rule."""
        rows = self.read.rows_in(self.window)
        if rows and all(row.handled is None for row in rows):
            return Unknown(why="the events do not say whether the error was handled")
        if not self.read.covers(self.window.start):
            return self._unhandled_of_a_part()
        silent = sum(row.handled is None for row in rows)
        if silent:
            why = f"{number(silent)} of {count(len(rows), 'event')} do not say whether the error was handled"
            return Unknown(why=why)
        return Known(
            value=self._unhandled_minutes(self.window.start),
            source=self.collection.source(f"counted from {count(len(rows), 'event row')}: unhandled ones a minute"),
        )

    def _unhandled_minutes(self, start: datetime) -> Series:
        minute = start.replace(second=0, microsecond=0)
        rows = [row for row in self.read.rows_in(self.window) if row.handled is False]
        return series_of(rows, minute, self.window.end, MINUTE, self._settled)

    def _unhandled_of_a_part(self) -> Known[Series] | Unknown | None:
        """Only the latest minutes were read: they are told where one is above the threshold, and clear nothing."""
        known = self.read.known_from
        if known is None or known >= self.window.end:
            return None
        limit = self.collection.policy.thresholds.unhandled_per_minute_above
        minutes = self._unhandled_minutes(max(known, self.window.start))
        peak = busiest_minute(minutes, limit)
        if peak is None or peak.value <= limit:
            return Unknown(why="only the latest events were read, too few to tell the busiest minute of the period")
        source = self.collection.source("counted from the latest event rows: unhandled ones a minute")
        return Known(value=minutes, source=source, note="a lower bound: only the latest events were read")

    # --- by tags

    def environments(self) -> Known[tuple[ours.EnvironmentCount, ...]] | None:
        """Events by environment, the most first."""
        if self.read.covers(self.window.start):
            counts = environment_counts(self.read.in_window(self.window))
            source = f"counted from {count(counts.total(), 'event row')}, by environment"
            by_name = dict(counts.most_common())
        elif self.life_is_in_window and self.environments_of_life is not None:
            by_name, source = self.environments_of_life, "tags of the issue: its whole life lies in the period"
        else:
            return None
        value = tuple(
            ours.EnvironmentCount(name=self.collection.name(name) if name else "", events=events)
            for name, events in sorted(by_name.items(), key=lambda pair: -pair[1])
            if events
        )
        return Known(value=value, source=self.collection.source(source, ()))

    def breakdown(self, window: Window) -> Known[ours.Breakdown] | None:
        """Events of a window by combinations of tags."""
        if not self.read.covers(window.start):
            return None
        names = self.collection.question.environments
        events = [event for event in self.read.in_window(window) if not names or event.environment in names]
        value = ours.Breakdown(
            combinations=tuple(
                ours.Combination(tags=self._inert(tags), events=number)
                for tags, number in tag_combinations(events).most_common()
            )
        )
        return Known(value=value, source=f"counted from {count(len(events), 'event row')}: by tags")

    def _inert(self, tags: tuple[str, ...]) -> dict[str, str | None]:
        sanitizer = self.collection.sanitizer
        return {
            key: sanitizer.named(key, value, NAME, f"tags.{key}") if value else None
            for key, value in zip(BREAKDOWN_TAGS, tags, strict=True)
        }
