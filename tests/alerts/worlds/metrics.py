"""Metric monitors of today: counts, people, failing requests, crash-free sessions, comparison with a time before."""

from __future__ import annotations

from datetime import UTC, datetime

from sentry_runbook.simulator.scenario import SessionsSpec, Transactions
from tests.alerts.worlds.labels import DAY, AlertWorld, Episode, Labelled, Part
from tests.alerts.worlds.making import above, background, issue, line, monitor, project, run

CRASH_FREE = "percentage(sessions_crashed, sessions) AS _crash_rate_alert_aggregate"


def twelve_a_minute() -> AlertWorld:
    """240 events in 20 minutes: never more than 120 in ten."""
    began = -3 * DAY - 137
    return AlertWorld(
        "twelve a minute",
        (
            Part(
                project("metric", issue("METRIC-1", run(240, began, began + 20)), usual=0.3),
                (Episode(("METRIC-1",), began, began + 20),),
                (
                    Labelled(monitor("Over 50 in 10 minutes", *above(50)), "works"),
                    Labelled(monitor("Over 130 in 10 minutes", *above(130)), "never_fired"),
                    Labelled(
                        monitor(
                            "Warned over 30, critical over 100",
                            line("gt", 100, 75),
                            line("gt", 30, 50),
                            line("lte", 30, 0),
                        ),
                        "works",
                    ),
                    Labelled(monitor("Well again below 5", *above(50, well=5)), "works"),
                    Labelled(monitor("Never well again", line("gt", 50, 75)), "works"),
                    Labelled(monitor("Over 210 in an hour", *above(210), window=60), "late"),
                    Labelled(monitor("Over 60 in half an hour", *above(60), window=30), "works"),
                    Labelled(monitor("Over 100 in 4 hours", *above(100), window=240), "works"),
                ),
            ),
        ),
    )


def metric_scopes() -> AlertWorld:
    """The same burst in staging, looked at with environments and queries, off the clock."""
    began = -2 * DAY - 77
    return AlertWorld(
        "metric scopes",
        (
            Part(
                project(
                    "scope",
                    issue(
                        "SCOPE-1",
                        run(180, began, began + 30, environment="staging", tags={"plan": "gold"}),
                        level="warning",
                    ),
                    usual=0.3,
                ),
                (Episode(("SCOPE-1",), began, began + 30),),
                (
                    Labelled(monitor("Staging metric", *above(30), environment="staging"), "works"),
                    Labelled(monitor("Production metric", *above(30), environment="production"), "never_fired"),
                    Labelled(monitor("Gold metric", *above(30), query="plan:gold"), "works"),
                    Labelled(monitor("Warning metric", *above(30), query="level:warning"), "works"),
                    Labelled(monitor("Errors metric", *above(30), query="level:error"), "never_fired"),
                ),
            ),
        ),
        now=datetime(2026, 11, 20, 15, 41, tzinfo=UTC),
    )


def metric_people() -> AlertWorld:
    """People in a window, of all issues together."""
    began = -1 * DAY - 222
    return AlertWorld(
        "metric people",
        (
            Part(
                project(
                    "crowd",
                    issue("CROWD-1", run(120, began, began + 30, users=120)),
                    issue("CROWD-2", run(120, began + 0.3, began + 30.3, users=120), kind="KeyError"),
                    usual=0.3,
                ),
                (Episode(("CROWD-1", "CROWD-2"), began, began + 30.3),),
                (
                    Labelled(monitor("Over 25 people", *above(25), aggregate="count_unique(user)"), "works"),
                    Labelled(monitor("Over 150 people", *above(150), aggregate="count_unique(user)"), "never_fired"),
                ),
            ),
        ),
    )


def failing_requests() -> AlertWorld:
    """One request in two fails for an hour; else one in a hundred."""
    began = -2 * DAY - 300
    end = began + 60
    requests = (
        Transactions("GET /pay", round((began + 14 * DAY) / 3), -14 * DAY, began, failed=40),
        Transactions("GET /pay", 240, began, end, failed=120),
        Transactions("GET /pay", round(-end / 3), end, 0.0, failed=8),
    )
    return AlertWorld(
        "failing requests",
        (
            Part(
                project("pay", issue("PAY-1", run(120, began, end)), usual=0.3, transactions=requests),
                (Episode(("PAY-1",), began, end),),
                (
                    Labelled(
                        monitor(
                            "A third fails",
                            *above(0.3),
                            aggregate="failure_rate()",
                            dataset="events_analytics_platform",
                            window=60,
                        ),
                        "works",
                    ),
                    Labelled(
                        monitor(
                            "Two thirds fail",
                            *above(0.67),
                            aggregate="failure_rate()",
                            dataset="events_analytics_platform",
                            window=60,
                        ),
                        "never_fired",
                    ),
                ),
            ),
        ),
    )


def crashing_sessions() -> AlertWorld:
    """Five hours in which one session in five crashes."""
    began = -3 * DAY - 300
    end = began + 300
    rate = 200 / 60
    sessions = (
        SessionsSpec(
            round((began + 15 * DAY) * rate), -15 * DAY, began, crashed=round((began + 15 * DAY) * rate / 500)
        ),
        SessionsSpec(round(300 * rate), began, end, crashed=round(300 * rate / 5)),
        SessionsSpec(round(-end * rate), end, 0.0, crashed=round(-end * rate / 500)),
    )
    return AlertWorld(
        "crashing sessions",
        (
            Part(
                project("crash", issue("CRASH-1", run(300, began, end)), usual=0.3, sessions=sessions),
                (Episode(("CRASH-1",), began, end),),
                (
                    Labelled(
                        monitor(
                            "Crash free below 90",
                            line("lt", 90, 75),
                            line("gte", 90, 0),
                            aggregate=CRASH_FREE,
                            dataset="metrics",
                            window=60,
                        ),
                        "late",
                    ),
                    Labelled(
                        monitor(
                            "Crash free below 70",
                            line("lt", 70, 75),
                            line("gte", 70, 0),
                            aggregate=CRASH_FREE,
                            dataset="metrics",
                            window=60,
                        ),
                        "never_fired",
                    ),
                    Labelled(
                        monitor(
                            "Crash free in half an hour",
                            line("lt", 90, 75),
                            line("gte", 90, 0),
                            aggregate=CRASH_FREE,
                            dataset="metrics",
                            window=30,
                        ),
                        None,
                        replayable=False,
                    ),
                ),
            ),
        ),
    )


def against_the_day_before() -> AlertWorld:
    """Six events an hour in the project, then sixty."""
    began = -2 * DAY - 200
    return AlertWorld(
        "against the day before",
        (
            Part(
                project(
                    "delta",
                    issue("DELTA-1", background("DELTA-1", 4)),
                    issue("DELTA-2", run(180, began, began + 90), kind="KeyError"),
                    usual=0.3,
                ),
                (Episode(("DELTA-2",), began, began + 90),),
                (
                    Labelled(
                        monitor(
                            "Four times the day before",
                            *above(1500),
                            window=60,
                            comparison_delta=86_400,
                            detection_type="percent",
                        ),
                        "late",
                    ),
                    Labelled(
                        monitor(
                            "A thousand times the day before",
                            *above(100_000),
                            window=60,
                            comparison_delta=86_400,
                            detection_type="percent",
                        ),
                        "never_fired",
                    ),
                ),
            ),
        ),
    )


def a_day_long_window() -> AlertWorld:
    """A window of a day, evaluated every quarter of an hour."""
    began = -4 * DAY - 155
    return AlertWorld(
        "a day long window",
        (
            Part(
                project("daily", issue("DAILY-1", run(600, began, began + 60)), usual=0.3),
                (Episode(("DAILY-1",), began, began + 60),),
                (
                    Labelled(monitor("Over 300 a day", *above(300), window=1440), "late"),
                    # Began at 9:25: the value at 9:30 holds 50 events of it.
                    Labelled(monitor("Over 40 a day", *above(40), window=1440), "works"),
                    Labelled(monitor("Over 2000 a day", *above(2000), window=1440), "never_fired"),
                ),
            ),
        ),
    )


WORLDS = (
    twelve_a_minute,
    metric_scopes,
    metric_people,
    failing_requests,
    crashing_sessions,
    against_the_day_before,
    a_day_long_window,
)
