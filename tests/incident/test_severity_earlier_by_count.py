"""The severity at an earlier moment, against a count over the raw events up to that moment."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from sentry_runbook.incident.model.evidence import Unknown
from sentry_runbook.incident.model.policy import Level, rank
from sentry_runbook.incident.model.results.triage import CouldBe
from sentry_runbook.incident.severity.earlier import severity_at
from tests.incident.builder import HOUR, MINUTE, NOW, Seen, ago, incident, read


def counted(events: Sequence[Seen], at: datetime) -> Level:
    """The runbook's rules over the events up to ``at``, one by one."""
    seen = [event for event in events if event.at < at]
    minutes: dict[datetime, int] = {}
    for event in seen:
        minute = event.at.replace(second=0, microsecond=0)
        minutes[minute] = minutes.get(minute, 0) + (not event.handled)
    if any(count > 500 for count in minutes.values()):
        return "P0"
    hours = ({other.user for other in seen if event.at <= other.at < event.at + HOUR} for event in seen)
    return "P1" if any(len(users) > 100 for users in hours) else "P2"


def story(seed: int) -> list[Seen]:
    """A trickle, then some bursts; of few or of many users, one perhaps so dense that a minute holds more than 500."""
    chance = random.Random(seed)  # noqa: S311  # a test's world
    events = [Seen(at=ago(hours=5) + number * 6 * MINUTE, user=f"usual-{number % 7}") for number in range(50)]
    for burst in range(chance.randint(1, 3)):
        start = ago(minutes=chance.randint(20, 280))
        count, users = chance.choice([(40, 30), (150, 130), (700, 20), (700, 300)])
        length = timedelta(minutes=chance.choice([1, 10, 40]))
        events += [
            Seen(at=start + length * number / count, user=f"burst-{burst}-{number % users}") for number in range(count)
        ]
    return sorted((event for event in events if event.at < NOW), key=lambda event: event.at)


@pytest.mark.parametrize("seed", range(40))
def test_the_range_holds_what_a_count_of_the_events_up_to_then_says(seed: int) -> None:
    events = story(seed)
    whole = read(incident(events))
    for minutes in range(10, 280, 15):
        at = ago(minutes=minutes)
        then = severity_at(whole, at)
        if isinstance(then, Unknown):
            assert then.why == "the incident had not begun"
            continue
        truth = counted(events, at)
        assert rank(then.lowest) <= rank(truth) <= rank(then.highest), (minutes, then, truth)


def test_the_range_is_one_severity_in_most_moments() -> None:
    known_ones = total = 0
    for seed in range(40):
        whole = read(incident(story(seed)))
        for minutes in range(10, 280, 15):
            then = severity_at(whole, ago(minutes=minutes))
            if isinstance(then, CouldBe):
                total += 1
                known_ones += then.lowest == then.highest
    assert total > 200
    assert known_ones / total > 0.9, (known_ones, total)
