"""What the raw events say of an incident, counted one by one: severity, users, peaks, and what ties two issues.

The severity is DESIGN section 5 over all issues of the incident together. Nothing is shared with the product.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from math import floor

from tests.situations.raw import PERIOD, Event, Issue, Made, Project, Raw, Sessions

FEWEST_SESSIONS = 50
CRASH_FREE_PCT, UNHANDLED_PER_MINUTE, USERS_PER_HOUR = 95.0, 500, 100
HOUR = 60.0


def is_production(event: Event) -> bool:
    """Whether an event counts as production; one without environment does."""
    return event.environment in {None, "production"}


@dataclass(frozen=True)
class Severity:
    """A level, and the rule that gave it."""

    level: str
    decided_by: str


class Counted:
    """The figures of an incident over a time.

    Args:
        raw: all that happened.
        issues: short ids of the incident.
        start: minutes at which the time begins that is looked at; it ends now.
    """

    def __init__(self, raw: Raw, issues: Collection[str], start: float = -PERIOD) -> None:
        self.raw, self.start = raw, start
        self.issues = [raw.issues[short_id] for short_id in issues]
        self.projects = list({raw.project_of[short_id].slug: raw.project_of[short_id] for short_id in issues}.values())
        self.events = [event for issue in self.issues for event in issue.within(start)]
        self.production = [event for event in self.events if is_production(event)]

    @property
    def users(self) -> frozenset[int] | None:
        """Distinct people: in production, and in all environments; None where no event names one."""
        named = [{event.user for event in events if event.user} for events in (self.production, self.events)]
        return frozenset(len(people) for people in named) if named[1] else None

    def users_in_the_worst_hour(self) -> int | None:
        """The most distinct people of production in any rolling hour; None where no event names one."""
        events = sorted((event for event in self.production if event.user), key=lambda event: event.at)
        if not events:
            return None
        return max(
            len({event.user for event in events if last.at - HOUR < event.at <= last.at}) for last in events
        )

    def unhandled_peak(self) -> int:
        """The most unhandled exceptions of production in a clock minute: of the issues, or of one of the projects."""
        groups: list[Iterable[Issue]] = [self.issues, *(project.issues for project in self.projects)]
        return max(self._peak(group) for group in groups)

    def _peak(self, issues: Iterable[Issue]) -> int:
        minutes = Counter(
            floor(event.at)
            for issue in issues
            if not issue.handled
            for event in issue.within(self.start)
            if is_production(event)
        )
        return max(minutes.values(), default=0)

    def crash_free_pct(self) -> tuple[float, ...]:
        """Crash-free sessions of each project with enough of them, over the period in whole hours."""
        first = self._hour_begin(self.start)
        return tuple(rate for project in self.projects if (rate := crash_free(project.sessions, first)) is not None)

    def crash_free_of_hours(self) -> tuple[float, ...]:
        """The same of each clock hour of it, the one that is not over included."""
        first = self._hour_begin(self.start)
        rates = []
        while first < 0:
            for project in self.projects:
                rate = crash_free(project.sessions, first, first + HOUR)
                rates += [] if rate is None else [rate]
            first += HOUR
        return tuple(rates)

    def _hour_begin(self, minute: float) -> float:
        moment = self.raw.now + timedelta(minutes=minute)
        return minute - moment.minute - moment.second / 60

    @property
    def severity(self) -> Severity:
        """The first rule of DESIGN section 5 that holds."""
        if self.events and not self.production:
            return Severity("P3", "non_production")
        if min(self.crash_free_pct(), default=100.0) < CRASH_FREE_PCT:
            return Severity("P0", "crash_free")
        if self.unhandled_peak() > UNHANDLED_PER_MINUTE:
            return Severity("P0", "unhandled_rate")
        if (self.users_in_the_worst_hour() or 0) > USERS_PER_HOUR:
            return Severity("P1", "users_per_hour")
        if all(issue.level in {"info", "debug"} for issue in self.issues):
            return Severity("P3", "edge_case")
        return Severity("P2", "default")


def crash_free(sessions: Iterable[Sessions], start: float, end: float = 0.0) -> float | None:
    """Percentage of the sessions of a time that did not crash; None of fewer than fifty."""
    chosen = [part for part in sessions if start - 1e-6 <= part.start < end - 1e-6]
    count, crashed = sum(part.count for part in chosen), sum(part.crashed for part in chosen)
    return None if count < FEWEST_SESSIONS else 100 * (1 - crashed / count)


# --- what ties two issues


BEFORE = 30.0
"""Minutes before an onset in which a release or flag change counts as new."""
HOST_NAME = re.compile(r"\b(?:[a-z][a-z0-9]*[-.])+[a-z0-9]+\b|(?<=['\"])[\w.-]+(?=['\"])")


class Ties:
    """What two issues share, by their events since the onset alone."""

    def __init__(self, raw: Raw, onsets: dict[str, float]) -> None:
        self.raw, self.onsets = raw, onsets

    def between(self, one: str, two: str) -> Iterator[str]:
        """Name each tie of two issues; time is none."""
        issues = [self.raw.issues[one], self.raw.issues[two]]
        events = [issue.within(self.onsets[issue.short_id]) for issue in issues]
        if _shared({event.trace for event in part if event.trace} for part in events):
            yield "trace"
        if self._same_people(*events):
            yield "users"
        if self._new_release(one, two, events):
            yield "release"
        for tag in ("server_name", "tenant"):
            if self._one_value(tag, one, two, events):
                yield tag
        if self._one_flag(one, two, events):
            yield "flag"
        if dependencies(issues[0]) & dependencies(issues[1]):
            yield "dependency"
        if calls(issues[0], issues[1], self.raw) or calls(issues[1], issues[0], self.raw):
            yield "transaction"

    def _same_people(self, one: list[Event], two: list[Event]) -> bool:
        people = [{event.user for event in part if event.user} for part in (one, two)]
        fewer = min(map(len, people))
        return fewer >= 5 and 2 * len(people[0] & people[1]) >= fewer

    def _new_release(self, one: str, two: str, events: list[list[Event]]) -> bool:
        for version in _shared({event.release for event in part if event.release} for part in events):
            if all(self._is_new(version, short_id) for short_id in (one, two)):
                return True
        return False

    def _is_new(self, version: str, short_id: str) -> bool:
        since = [
            release.created if release.deployed is None else release.deployed
            for release in self.raw.project_of[short_id].releases
            if release.version == version
        ]
        return bool(since) and 0 <= self.onsets[short_id] - min(since) <= BEFORE

    def _one_value(self, tag: str, one: str, two: str, events: list[list[Event]]) -> bool:
        values = [{event.tags.get(tag) for event in part} for part in events]
        if len(values[0] | values[1]) != 1 or None in values[0]:
            return False
        return all(len(self._values_of(tag, short_id)) > 1 for short_id in (one, two))

    def _values_of(self, tag: str, short_id: str) -> set[str]:
        project = self.raw.project_of[short_id]
        return {event.tags[tag] for issue in project.issues for event in issue.events if tag in event.tags}

    def _one_flag(self, one: str, two: str, events: list[list[Event]]) -> bool:
        on = [set.intersection(*({f for f, is_on in e.flags.items() if is_on} for e in part)) for part in events]
        return any(all(self._is_usually_off(flag, s) for s in (one, two)) for flag in on[0] & on[1])

    def _is_usually_off(self, flag: str, short_id: str) -> bool:
        project = self.raw.project_of[short_id]
        others = [
            event.flags.get(flag, False)
            for issue in project.issues
            if issue.short_id not in self.onsets
            for event in issue.events
        ]
        return not any(others)


def _shared(sets: Iterable[set[str]]) -> set[str]:
    return set.intersection(*sets)


def dependencies(issue: Issue) -> set[str]:
    """Names of what failed below an issue, as its message and its failed calls tell them."""
    text = " ".join([issue.value, *(call.url for call in issue.calls)])
    names = set(HOST_NAME.findall(text)) | set(re.findall(r"https?://([\w.-]+)", text))
    return {name for name in names if re.search(r"[a-z]", name) and ("-" in name or "." in name)}


def calls(caller: Issue, callee: Issue, raw: Raw) -> bool:
    """Whether a failed call of one issue went to the other's service and transaction."""
    slug = raw.project_of[callee.short_id].slug
    return any(
        call.url.startswith(f"http://{slug}.internal") and call.url.endswith(callee.transaction.partition(" ")[2])
        for call in caller.calls
    )


def is_connected(made: Made, ties: Ties, within: float) -> bool:
    """Whether the issues of an incident hang together by ties of pairs that began close enough to each other."""
    names = sorted(made.issues)
    reached, waiting = {names[0]}, [names[0]]
    while waiting:
        here = waiting.pop()
        for other in set(names) - reached:
            close = abs(made.onsets[here] - made.onsets[other]) <= within
            if close and next(ties.between(here, other), None):
                reached.add(other)
                waiting.append(other)
    return len(reached) == len(names)


def counted(raw: Raw, made: Made) -> Counted:
    """The figures of an incident as it was made."""
    return Counted(raw, made.issues)


