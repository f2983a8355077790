"""Counts of events and users: both sides of each threshold, windows across the hour and midnight, growth, rises."""

from __future__ import annotations

from datetime import UTC, datetime

from sentry_runbook.simulator.scenario import SessionsSpec
from tests.alerts.worlds.labels import DAY, NOW, AlertWorld, Episode, Labelled, Part
from tests.alerts.worlds.making import (
    FIRST_SEEN,
    alert,
    background,
    growing,
    issue,
    more_than,
    of_sessions,
    project,
    rise,
    run,
    users,
)


def burst_of_480() -> AlertWorld:
    """A new issue, 12 events a minute for 40 minutes, at 10:07 three days ago."""
    began = -3 * DAY - 113
    return AlertWorld(
        "burst of 480",
        (
            Part(
                project("cart", issue("CART-1", run(480, began, began + 40))),
                (Episode(("CART-1",), began, began + 40),),
                (
                    Labelled(alert("New cart issue", triggers=[FIRST_SEEN]), "works"),
                    Labelled(alert("Over 100 an hour", more_than(100, "1h")), "works"),
                    # The 181st event comes at 15 minutes, the 180th five seconds before.
                    Labelled(alert("Over 179 an hour", more_than(179, "1h")), "works"),
                    Labelled(alert("Over 185 an hour", more_than(185, "1h")), "late"),
                    Labelled(alert("Over 479 an hour", more_than(479, "1h")), "late"),
                    Labelled(alert("Over 480 an hour", more_than(480, "1h")), "never_fired"),
                    Labelled(alert("Over 1000 an hour", more_than(1000, "1h")), "never_fired"),
                    Labelled(alert("Over 59 in 5 minutes", more_than(59, "5m")), "works"),
                    Labelled(alert("Over 61 in 5 minutes", more_than(61, "5m")), "never_fired"),
                    Labelled(alert("Over 400 a day", more_than(400, "1d")), "late"),
                ),
            ),
        ),
    )


def across_the_hour() -> AlertWorld:
    """120 events from 10:50 to 11:10: 60 in each hour of the clock, 120 in a rolling one."""
    began = -5 * DAY - 70
    return AlertWorld(
        "across the hour",
        (
            Part(
                project("hours", issue("HOURS-1", run(120, began, began + 20), background("HOURS-1", 0.4))),
                (Episode(("HOURS-1",), began, began + 20),),
                (
                    Labelled(alert("Sixty five an hour", more_than(65, "1h")), "works"),
                    Labelled(alert("A hundred an hour", more_than(100, "1h")), "late"),
                    Labelled(alert("A hundred and thirty an hour", more_than(130, "1h")), "never_fired"),
                    Labelled(alert("Twenty in five minutes", more_than(20, "5m")), "works"),
                ),
            ),
        ),
    )


def across_midnight() -> AlertWorld:
    """150 events from 23:45 to 00:15, looked at in the morning."""
    began = -2 * DAY - 9 * 60 - 15
    return AlertWorld(
        "across midnight",
        (
            Part(
                project("night", issue("NIGHT-1", run(150, began, began + 30), background("NIGHT-1", 0.3))),
                (Episode(("NIGHT-1",), began, began + 30),),
                (
                    Labelled(alert("Forty in 15 minutes", more_than(40, "15m")), "works"),
                    Labelled(alert("Ninety an hour", more_than(90, "1h")), "late"),
                    Labelled(alert("Ninety in 15 minutes", more_than(90, "15m")), "never_fired"),
                ),
            ),
        ),
        now=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
    )


def off_the_clock() -> AlertWorld:
    """Nothing here lies on the clock: looked at at 14:37, a burst at 08:13."""
    began = -1 * DAY - 384
    return AlertWorld(
        "off the clock",
        (
            Part(
                project("odd", issue("ODD-1", run(330, began, began + 55), background("ODD-1", 0.5))),
                (Episode(("ODD-1",), began, began + 55),),
                (
                    Labelled(alert("Off clock 50 in 15 minutes", more_than(50, "15m")), "works"),
                    Labelled(alert("Off clock 300 an hour", more_than(300, "1h")), "late"),
                    Labelled(alert("Off clock 25 in 5 minutes daily", more_than(25, "5m"), frequency=1440), "works"),
                ),
            ),
        ),
        now=datetime(2026, 11, 19, 14, 37, tzinfo=UTC),
    )


def slow_growth() -> AlertWorld:
    """A known issue that grows from one an hour to two a minute over half a day."""
    began = -4 * DAY
    return AlertWorld(
        "slow growth",
        (
            Part(
                project(
                    "grow",
                    issue("GROW-1", growing(began, began + 720, 2, 120), background("GROW-1", 0.6)),
                ),
                (Episode(("GROW-1",), began, began + 720, within=240),),
                (
                    Labelled(alert("Grown over 100 an hour", more_than(100, "1h")), "late"),
                    Labelled(alert("Grown over 500 an hour", more_than(500, "1h")), "never_fired"),
                ),
            ),
        ),
    )


def rising() -> AlertWorld:
    """A known issue at six an hour that comes eight times as often for two hours."""
    began = -2 * DAY - 150
    return AlertWorld(
        "rising",
        (
            Part(
                project("rise", issue("RISE-1", background("RISE-1", 3), run(96, began, began + 120)), usual=0.2),
                (Episode(("RISE-1",), began, began + 120),),
                (
                    Labelled(alert("Ten times the day before", rise(900, "1h", "1d"), more_than(15, "1h")), "late"),
                    Labelled(alert("A thousand times the day before", rise(100_000, "1h", "1d")), "never_fired"),
                ),
            ),
        ),
    )


def many_people() -> AlertWorld:
    """Two bursts of 200 events: one hits everybody, one hits four people."""
    first, second = -6 * DAY - 200, -3 * DAY - 400
    return AlertWorld(
        "many people",
        (
            Part(
                project(
                    "people",
                    issue("PEOPLE-1", run(200, first, first + 40)),
                    issue("PEOPLE-2", run(200, second, second + 40, users=4)),
                ),
                (Episode(("PEOPLE-1",), first, first + 40), Episode(("PEOPLE-2",), second, second + 40)),
                (
                    # Once an incident: then Sentry keeps its minute, which counts of users do not tell.
                    Labelled(alert("Over 30 people an hour", users(30, "1h"), frequency=1440), "works"),
                    Labelled(alert("Over 150 people an hour", users(150, "1h")), "late"),
                    Labelled(alert("Over 200 people an hour", users(200, "1h")), "never_fired"),
                    Labelled(alert("Over 3 people in 5 minutes", users(3, "5m")), "works"),
                ),
            ),
        ),
    )


def share_of_sessions() -> AlertWorld:
    """1,200 sessions an hour, and a burst of ten events a minute."""
    began = -1 * DAY - 300
    sessions = SessionsSpec(1200 * 24 * 15, -15 * DAY, 0)
    return AlertWorld(
        "share of sessions",
        (
            Part(
                project("visit", issue("VISIT-1", run(600, began, began + 60)), sessions=(sessions,)),
                (Episode(("VISIT-1",), began, began + 60),),
                (
                    # 100 sessions in five minutes by the last hour's rate: up to 50 %.
                    Labelled(alert("Over 20 percent of sessions", of_sessions(20, "5m")), "works"),
                    Labelled(alert("Over 60 percent of sessions", of_sessions(60, "5m")), "never_fired"),
                ),
            ),
        ),
    )


def too_small() -> AlertWorld:
    """New issues of two events, and one of six an hour: nothing that anybody must be woken for."""
    times = [-3 * DAY, -5 * DAY - 77, -8 * DAY - 140]
    small = [issue(f"SMALL-{place}", run(2, at, at + 30)) for place, at in enumerate(times, 1)]
    return AlertWorld(
        "too small",
        (
            Part(
                project("small", *small, issue("SMALL-4", run(6, -7 * DAY, -7 * DAY + 55))),
                (),
                (
                    Labelled(alert("Small new", triggers=[FIRST_SEEN]), "works"),
                    Labelled(alert("Small over 10 an hour", more_than(10, "1h")), "never_fired"),
                ),
            ),
        ),
        now=NOW,
    )


WORLDS = (
    burst_of_480,
    across_the_hour,
    across_midnight,
    off_the_clock,
    slow_growth,
    rising,
    many_people,
    share_of_sessions,
    too_small,
)
