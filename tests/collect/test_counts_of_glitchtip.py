"""Counts without Discover against a count of all events by brute force: bounds hold them, definite answers are right.

Each world is random: events of a few users over two days and more, some without a user or environment, some received
late; a server that lists few on a page, has lost its oldest events, or has no hours and days.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import anyio
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sentry_runbook.collect import IMPACT, SEVERITY, investigate
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.metrics.unique_users import UsersWorstHour
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.runtime import build_runtime
from sentry_runbook.settings import Secret
from tests.fake_servers.app import TOKEN
from tests.fake_servers.glitchtip_world import ISSUE, GlitchTipWorld, Happened
from tests.tools.support import SETTINGS

NOW = datetime(2026, 11, 23, 4, 31, 20, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
POLICY = Policy()
FEW = POLICY.model_copy(
    update={
        "thresholds": POLICY.thresholds.model_copy(update={"users_per_hour_above": 3, "unhandled_per_minute_above": 2})
    }
)
"""Thresholds that few events can exceed."""


def read(server: GlitchTipWorld, *, is_severity: bool = False, period: str | None = None) -> Incident:
    """The incident as it is known from the server."""

    async def ask() -> Incident:
        own = dataclasses.replace(SETTINGS, token=Secret(TOKEN))
        run = build_runtime(own, http_transport=server.transport(), clock=lambda: NOW)
        run = dataclasses.replace(run, policy=FEW)
        try:
            evidence = await investigate(run, ISSUE, SEVERITY if is_severity else IMPACT, period=period)
        finally:
            await run.aclose()
        return Incident(evidence, Stated(), FEW, NOW)

    return anyio.run(ask)


def in_production(events: Sequence[Happened]) -> list[Happened]:
    """As the scope takes it: production and what has no environment; all where there is no production."""
    chosen = [event for event in events if event.environment in (None, "production")]
    return chosen or list(events)


def inside(events: Sequence[Happened], length: timedelta = DAY) -> list[Happened]:
    """The events of the window."""
    return [event for event in events if NOW - length <= event.at < NOW]


def worst_hour(events: Sequence[Happened], nobody: bool) -> int:
    """Most distinct users of a rolling hour; each event without a user one more person, or none."""
    most = 0
    for first in events:
        hour = [event for event in events if first.at <= event.at < first.at + HOUR]
        users = {event.user for event in hour} - {None}
        most = max(most, len(users) + (sum(event.user is None for event in hour) if nobody else 0))
    return most


def fullest_minute(events: Sequence[Happened]) -> int:
    """Most unhandled events of one elapsed clock minute; one that is open, or just over, counts when it is above."""
    minutes = [event.at.replace(second=0) for event in events if event.handled is False]
    counted = {minute: minutes.count(minute) for minute in minutes}
    limit = FEW.thresholds.unhandled_per_minute_above
    return max(
        (events for minute, events in counted.items() if minute + timedelta(minutes=2) <= NOW or events > limit),
        default=0,
    )


EVENTS = st.lists(
    st.builds(
        Happened,
        at=st.one_of(st.integers(1, 3 * 3600), st.integers(20 * 3600, 26 * 3600), st.integers(1, 9 * 86400)).map(
            lambda seconds: NOW - timedelta(seconds=seconds)
        ),
        user=st.one_of(st.integers(1, 9).map(str), st.integers(1, 9).map(str), st.none()),
        environment=st.sampled_from(("production", "production", "production", "staging", None)),
        handled=st.sampled_from((True, False, False)),
        delay=st.sampled_from((0, 0, 0, 0, 90, 7200)).map(lambda seconds: timedelta(seconds=seconds)),
    ).filter(lambda event: event.received < NOW),
    min_size=1,
    max_size=40,
)
SERVERS = {
    "most_listed": st.sampled_from((2, 5, 100)),
    "kept": st.one_of(st.none(), st.integers(1, 30)),
    "has_stats": st.booleans(),
}


def check(events: Sequence[Happened], incident: Incident, length: timedelta = DAY) -> None:
    """Every bound holds the truth, and every definite answer is it."""
    truth = inside(in_production(events), length)
    users = {event.user for event in truth} - {None}
    without = sum(event.user is None for event in truth)
    impact = incident.impact
    if impact.events is not None and not impact.window.widened_from:
        assert impact.events <= len(truth) if impact.events_lower_bound else impact.events == len(truth)
        if impact.users is not None:
            assert impact.users <= len(users) if impact.users_lower_bound else impact.users == len(users)
            assert impact.users_lower_bound or not without
    hour = incident.users
    if isinstance(hour, UsersWorstHour):
        assert hour.at_least <= worst_hour(truth, nobody=False)
        assert hour.at_most is None or hour.at_most >= worst_hour(truth, nobody=True)
    met = {criterion.id: criterion.met for criterion in incident.severity.criteria}
    limits = FEW.thresholds
    if met["users_per_hour"] != "unknown":
        at_least = worst_hour(truth, nobody=met["users_per_hour"] is False)
        assert met["users_per_hour"] is (at_least > limits.users_per_hour_above)
    if met["unhandled_rate"] != "unknown":
        assert met["unhandled_rate"] is (fullest_minute(truth) > limits.unhandled_per_minute_above)
    if met["non_production"] is True:
        assert not any(event.environment in (None, "production") for event in inside(events, length))
    trend = incident.trend
    if getattr(trend, "note", "no trend") is None:
        # By buckets of up to five minutes, not by the clock hours of the issue.
        least, most = (
            sum(event.at >= NOW - minutes * timedelta(minutes=1) for event in in_production(events))
            for minutes in (54, 66)
        )
        assert least <= getattr(trend, "last_hour", -1) <= most


@given(events=EVENTS, **SERVERS)
@settings(max_examples=120, deadline=None)
@example(
    events=[Happened(NOW - 25 * HOUR, delay=24 * HOUR), *[Happened(NOW - 2 * HOUR)] * 4],
    most_listed=2,
    kept=2,
    has_stats=False,
)
def test_no_count_of_a_random_world_is_wrong(
    events: list[Happened], most_listed: int, kept: int | None, has_stats: bool
) -> None:
    server = GlitchTipWorld(events, NOW, most_listed=most_listed, kept=kept, has_stats=has_stats)
    check(events, read(server, is_severity=True))
    assert server.pages <= 10


@given(events=EVENTS, length=st.sampled_from((1, 7 * 24)), **SERVERS)
@settings(max_examples=60, deadline=None)
def test_nor_is_one_of_another_period(
    events: list[Happened], length: int, most_listed: int, kept: int | None, has_stats: bool
) -> None:
    server = GlitchTipWorld(events, NOW, most_listed=most_listed, kept=kept, has_stats=has_stats)
    check(events, read(server, period=f"{length}h"), timedelta(hours=length))


@given(events=EVENTS)
@settings(max_examples=40, deadline=None)
def test_where_all_events_can_be_read_all_numbers_are_exact(events: list[Happened]) -> None:
    incident, truth = read(GlitchTipWorld(events, NOW)), inside(in_production(events))
    if not truth:
        return
    assert (incident.impact.events, incident.impact.events_lower_bound) == (len(truth), None)
    if all(event.user for event in truth):
        assert isinstance(incident.users, UsersWorstHour)
        assert incident.users.exact
        assert incident.users.at_least == worst_hour(truth, nobody=False)
        assert incident.impact.users == len({event.user for event in truth})
    assert incident.impact.unhandled_per_minute_peak == fullest_minute(truth)
