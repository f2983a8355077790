"""Evidence of a review made from events by the minute, so that every count agrees with every other."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sentry_runbook.incident.model.evidence import Activity, Known, Series, Unknown, Window
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition, ConditionGroup
from sentry_runbook.incident.model.evidence.alert_review import (
    AlertFirings,
    AlertReviewEvidence,
    CountedSeries,
    FiringHour,
    IssueUnderReview,
    KeyedFirings,
    Population,
)
from sentry_runbook.incident.model.evidence.alert_row import OpenPeriod
from sentry_runbook.incident.model.evidence.alert_target import TargetIssue
from sentry_runbook.incident.model.evidence.situation import ListedIssue, ListedProject
from sentry_runbook.incident.model.policy import default_policy

END = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PERIOD = Window(start=END - 14 * DAY, end=END)
FIRST = PERIOD.start - 7 * DAY
"""Counts are known from a week before the period on."""
MINUTES = int((END - FIRST) / MINUTE)
POLICY = default_policy()
SHOP = "2"


def at(minutes: float) -> datetime:
    """Minutes after the start of the period."""
    return PERIOD.start + timedelta(minutes=minutes)


def days(number: float, minutes: float = 0) -> float:
    """Minutes after the start of the period."""
    return number * 24 * 60 + minutes


@dataclass
class PlayedIssue:
    """An issue of the period and its events a minute.

    Attributes:
        events: minute after the start of the counts → events.
        fine: stretches, in minutes of the period, whose minutes were read.
        was_there: whether it had events before the counts begin.
    """

    number: str
    project: str = SHOP
    environment: str = "production"
    events: Counter[int] = field(default_factory=Counter)
    fine: tuple[tuple[float, float], ...] = ()
    was_there: bool = True
    status: str = "unresolved"
    level: str = "error"
    log: tuple[Activity, ...] | None = None

    @property
    def short_id(self) -> str:
        """As Sentry names it."""
        return f"SHOP-{self.number}"

    def usually(self, per_hour: Callable[[datetime], float], seed: int = 1) -> PlayedIssue:
        """Events by chance, at a rate that depends on the time."""
        chance = random.Random(f"{self.number} {seed}")  # noqa: S311  # a drawn test, no secret
        for minute in range(MINUTES):
            mean = per_hour(FIRST + minute * MINUTE) / 60
            self.events[minute] += drawn(mean, chance)
        return self

    def burst(self, start: float, length: float, per_minute: float, seed: int = 2) -> PlayedIssue:
        """Events by chance between two minutes of the period."""
        chance = random.Random(f"{self.number} {seed} {start}")  # noqa: S311  # a drawn test, no secret
        for minute in range(math.ceil(start), math.ceil(start + length)):
            self.events[minute + 7 * 24 * 60] += drawn(per_minute, chance)
        return self

    def once(self, *minutes: float) -> PlayedIssue:
        """One event at each of these minutes of the period."""
        for minute in minutes:
            self.events[int(minute) + 7 * 24 * 60] += 1
        return self

    @property
    def first_seen(self) -> datetime:
        """Its first event; long before the counts where it was there."""
        filled = [minute for minute, events in self.events.items() if events]
        if self.was_there or not filled:
            return FIRST - 30 * DAY
        return FIRST + min(filled) * MINUTE

    def series(self, start: datetime, end: datetime, step: timedelta) -> Series:
        """Its events in buckets."""
        first, size = int((start - FIRST) / MINUTE), int(step / MINUTE)
        buckets = [
            float(sum(self.events.get(first + index * size + minute, 0) for minute in range(size)))
            for index in range(int((end - start) / step))
        ]
        return Series(start=start, step_s=size * 60, values=tuple(buckets), complete_until=END)

    def listed(self) -> IssueUnderReview:
        """As the list of the period's issues has it."""
        within = sum(events for minute, events in self.events.items() if minute >= 7 * 24 * 60)
        issue = ListedIssue.model_validate(
            {
                "id": self.number,
                "short_id": self.short_id,
                "url": "https://sentry.example/issues/1/",
                "title": f"Error {self.number}",
                "level": self.level,
                "status": self.status,
                "project": "shop",
                "project_id": self.project,
                "first_seen": self.first_seen,
                "events": within,
                "events_total": sum(self.events.values()),
            }
        )
        if self.log is None:
            return IssueUnderReview(issue=issue)
        return IssueUnderReview(issue=issue, activity=Known(value=self.log, source="activity"))


def drawn(mean: float, chance: random.Random) -> int:
    """A Poisson number (Knuth; a sum of small ones for a large mean)."""
    if mean <= 0:
        return 0
    if mean > 20:
        return drawn(mean / 2, chance) + drawn(mean / 2, chance)
    limit, product, number = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        number += 1
    return number


def flat(per_hour: float) -> Callable[[datetime], float]:
    """The same rate at any time."""
    return lambda _: per_hour


def daily(low: float, high: float) -> Callable[[datetime], float]:
    """A rate that swings once a day, highest at 14:00."""

    def rate(now: datetime) -> float:
        phase = (now.hour + now.minute / 60 - 14) / 24 * 2 * math.pi
        return low + (high - low) * (1 + math.cos(phase)) / 2

    return rate


PLAIN = Population(projects=(SHOP,))


def evidence_of(
    issues: Sequence[PlayedIssue],
    alerts: Iterable[AlertDefinition] = (),
    fired: Iterable[KeyedFirings] = (),
    **more: Any,
) -> AlertReviewEvidence:
    """The evidence of a period with these issues and alerts; every issue is counted by the hour."""
    hourly = [
        CountedSeries(
            population=Population(projects=(issue.project,)), issue=issue.number, events=issue.series(FIRST, END, HOUR)
        )
        for issue in issues
    ]
    minutes = [
        CountedSeries(
            population=Population(projects=(issue.project,)),
            issue=issue.number,
            events=issue.series(at(start), min(at(end), END), MINUTE),
        )
        for issue in issues
        for start, end in issue.fine
    ]
    known: dict[str, Any] = {
        "collected_at": END,
        "server": "https://sentry.example",
        "organization": "acme",
        "window": PERIOD,
        "projects": Known(
            value=(ListedProject(id=SHOP, slug="shop"), ListedProject(id="3", slug="web")), source="list"
        ),
        "alerts": tuple(alerts),
        "fired": tuple(fired),
        "issues": tuple(issue.listed() for issue in issues),
        "hourly": Known(value=tuple(hourly), source="counts"),
        "minutes": tuple(minutes),
    }
    return AlertReviewEvidence(**{**known, **more})


def alert(name: str = "Checkout errors", **more: Any) -> AlertDefinition:
    """An alert of today on every event of project shop, which mails."""
    known: dict[str, Any] = {
        "id": "77",
        "form": "workflow",
        "name": name,
        "enabled": True,
        "is_connected": True,
        "actions": 1,
        "project_ids": (SHOP,),
        "triggers": ConditionGroup(),
        "filters": (ConditionGroup(logic="all", actions=("email",)),),
        "frequency_minutes": 30,
        "notifies": ("email",),
    }
    return AlertDefinition(**{**known, **more})


def fired_for(
    key: str, rows: Iterable[tuple[str, int, float]], hours: Iterable[tuple[float, int]] | None = None, **more: Any
) -> KeyedFirings:
    """The history of an alert: (issue, firings, minute of the last); hours: (minute of the period, firings)."""
    issues = tuple(
        TargetIssue(id=number, short_id=f"SHOP-{number}", firings=firings, last_fired=at(last))
        for number, firings, last in rows
    )
    told = None
    if hours is not None:
        told = tuple(FiringHour(start=at(start).replace(minute=0), firings=firings) for start, firings in hours)
    return KeyedFirings(
        alert=key, firings=Known(value=AlertFirings(issues=issues, hours=told, **more), source="history")
    )


def opened(key: str, *starts: float, length: float = 30) -> KeyedFirings:
    """The open periods of a monitor."""
    periods = tuple(OpenPeriod(id=str(start), start=at(start), end=at(start + length)) for start in starts)
    return KeyedFirings(alert=key, open_periods=Known(value=periods, source="open periods"))


def act(kind: str, minute: float, actor: str = "person") -> Activity:
    """An entry of an issue's log."""
    return Activity.model_validate({"kind": kind, "at": at(minute), "actor": actor})


UNREAD = Unknown(why="Sentry answered 429")
