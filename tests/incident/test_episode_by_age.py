"""A steady issue of every age up to two weeks, with and without a rise in its last hour; the events are drawn."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

import pytest

from sentry_runbook.incident.episode.episode import NO_STEP
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import Unknown
from sentry_runbook.incident.model.results.impact import Episode
from sentry_runbook.incident.model.stated import Stated
from tests.episodes.judge import POLICY, evidence
from tests.incident.builder import NOW

LOOK = NOW.replace(minute=23)
RISE_HOURS = 1.0
FACTOR = 10
AGES = [half / 2 for half in range(2, 31)]
A_WEEK = 6.0
"""Days from which on an issue's own rate is what is usual: until then it is still the episode of a new issue."""


def steady(hours: float) -> float:
    return 1.0


def asleep_at_night(hours: float) -> float:
    return 0.0 if (LOOK + timedelta(hours=hours)).hour < 7 else 1.4


def drawn(per_hour: float, start: float, chance: Callable[[float], float], seed: str) -> list[float]:
    """Hours before the look at which an event comes, at a rate that ``chance`` multiplies."""
    rng, hours, events = Random(seed), start, []  # noqa: S311 # noise, not secrets
    while per_hour and (hours := hours + rng.expovariate(2 * per_hour)) < 0:
        if 2 * rng.random() < chance(hours):
            events.append(hours)
    return events


def read(
    age: float, per_hour: float, factor: float, shape: Callable[[float], float] = steady
) -> tuple[Incident, datetime]:
    """The incident of an issue of that age in days, and its first event."""
    usual = drawn(per_hour, -24 * age, shape, f"{age} usual")
    events = [
        LOOK + timedelta(hours=hours)
        for hours in sorted([*usual, *drawn(per_hour * (factor - 1), -RISE_HOURS, steady, f"{age} rise")])
    ]
    return Incident(evidence(events, LOOK), Stated(), POLICY, LOOK), events[0]


CASES = [(age, steady) for age in AGES] + [(age, asleep_at_night) for age in AGES if age >= A_WEEK]
"""Of a younger issue that sleeps at night, each morning is another beginning."""


@pytest.mark.parametrize(("age", "shape"), CASES)
def test_a_steady_issue_that_rises_has_its_episode_at_every_age(age: float, shape: Callable[[float], float]) -> None:
    incident, _ = read(age, 30, FACTOR, shape)
    episode = incident.episode
    assert isinstance(episode, Episode), (age, episode)
    began = LOOK - timedelta(hours=RISE_HOURS)
    assert episode.began_earliest <= began <= episode.began_latest, (age, episode)
    assert (episode.ongoing, episode.note) == (True, None)
    assert episode.how.startswith("step out of the usual rate")


@pytest.mark.parametrize("per_hour", [30, 120])
@pytest.mark.parametrize(("age", "shape"), CASES)
def test_a_steady_issue_is_new_for_six_days_and_then_runs_as_usual(
    age: float, per_hour: float, shape: Callable[[float], float]
) -> None:
    incident, first = read(age, per_hour, 1, shape)
    episode = incident.episode
    if age >= A_WEEK:
        assert episode == Unknown(why=NO_STEP), (age, episode)
        return
    assert isinstance(episode, Episode), (age, episode)
    assert (episode.began, episode.ongoing) == (first, True), (age, episode)


@pytest.mark.parametrize("days", [6.5, 7.5, 8.5, 10])
def test_a_rise_above_a_rate_that_stayed_higher_for_days_is_found(days: float) -> None:
    older = drawn(3, -24 * 30, steady, "older")
    events = sorted([*older, *drawn(27, -24 * days, steady, "stayed"), *drawn(210, -RISE_HOURS, steady, "rise")])
    raw = [LOOK + timedelta(hours=hours) for hours in events]
    episode = Incident(evidence(raw, LOOK), Stated(), POLICY, LOOK).episode
    assert isinstance(episode, Episode), episode
    assert (episode.ongoing, episode.note) == (True, None)
    assert episode.began_earliest <= LOOK - timedelta(hours=RISE_HOURS) <= episode.began_latest, episode
