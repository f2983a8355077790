"""Incidents that no alert caught in 15 minutes: what would have, and what else that would have told of."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from tests.alerts.worlds.labels import DAY, AlertWorld, Episode, Labelled, Part
from tests.alerts.worlds.making import above, alert, background, issue, monitor, more_than, project, run


def nobody_was_told() -> AlertWorld:
    """A new issue with 300 events in an hour, and an alert that asks for a thousand."""
    began = -3 * DAY - 71
    return AlertWorld(
        "nobody was told",
        (
            Part(
                project("gapa", issue("GAPA-1", run(300, began, began + 60))),
                (Episode(("GAPA-1",), began, began + 60),),
                (Labelled(alert("Gap over 1000", more_than(1000, "1h")), "never_fired"),),
            ),
        ),
    )


def a_known_one_rose() -> AlertWorld:
    """An issue of years rises to four events a minute; the alert asks for 150 an hour."""
    began = -5 * DAY - 319
    return AlertWorld(
        "a known one rose",
        (
            Part(
                project("gapb", issue("GAPB-1", background("GAPB-1", 1.1), run(240, began, began + 60))),
                (Episode(("GAPB-1",), began, began + 60),),
                (Labelled(alert("Gap over 150", more_than(150, "1h")), "late"),),
            ),
        ),
        now=datetime(2026, 11, 20, 16, 23, tzinfo=UTC),
    )


def beside_a_rhythm() -> AlertWorld:
    """A rise of one issue, beside another one that has seven events in each noon's hour."""

    def noon(at: float) -> float:
        return max(0.02, math.cos(at / DAY * 2 * math.pi) ** 3)

    began = -2 * DAY - 555
    return AlertWorld(
        "beside a rhythm",
        (
            Part(
                project(
                    "gapc",
                    issue("GAPC-1", background("GAPC-1", 0.3), run(150, began, began + 75)),
                    issue("GAPC-2", background("GAPC-2", 6, rhythm=noon), kind="KeyError"),
                    usual=0.3,
                ),
                (Episode(("GAPC-1",), began, began + 75),),
                (Labelled(monitor("Gap metric", *above(500), window=60), "never_fired"),),
            ),
        ),
    )


def twice_the_same() -> AlertWorld:
    """The same issue rises twice within a week; neither time somebody was told in time."""
    first, second = -9 * DAY - 95, -4 * DAY - 241
    return AlertWorld(
        "twice the same",
        (
            Part(
                project(
                    "gapd",
                    issue(
                        "GAPD-1",
                        background("GAPD-1", 0.5),
                        run(200, first, first + 50),
                        run(120, second, second + 60),
                    ),
                ),
                (Episode(("GAPD-1",), first, first + 50), Episode(("GAPD-1",), second, second + 60)),
                (Labelled(alert("Gap over 90", more_than(90, "1h")), "late"),),
            ),
        ),
    )


def three_at_once() -> AlertWorld:
    """One fault, three new issues of 40 events each: none of them alone is much."""
    began = -6 * DAY - 207
    return AlertWorld(
        "three at once",
        (
            Part(
                project(
                    "gape",
                    *(
                        issue(f"GAPE-{place}", run(60, began + place * 0.4, began + 40), kind=f"Error{place}")
                        for place in range(1, 4)
                    ),
                ),
                (Episode(("GAPE-1", "GAPE-2", "GAPE-3"), began + 0.4, began + 40),),
                (Labelled(alert("Gap over 100 each", more_than(100, "1h")), "never_fired"),),
            ),
        ),
    )


def only_dead_ones() -> AlertWorld:
    """Two incidents; the one alert that would have told is off, and new issues come every other day."""
    first, second = -10 * DAY - 133, -1 * DAY - 402
    small = [issue(f"GAPF-{place}", run(4, -2 * place * DAY - 61, -2 * place * DAY - 20)) for place in range(3, 6)]
    return AlertWorld(
        "only dead ones",
        (
            Part(
                project(
                    "gapf",
                    issue("GAPF-1", run(180, first, first + 45)),
                    issue("GAPF-2", run(500, second, second + 50), kind="KeyError"),
                    *small,
                ),
                (Episode(("GAPF-1",), first, first + 45), Episode(("GAPF-2",), second, second + 50)),
                (
                    Labelled(
                        alert("Gap switched off", more_than(20, "1h"), enabled=False),
                        "dead",
                        dead="disabled",
                        history="none",
                    ),
                ),
            ),
        ),
    )


def another_projects_alert() -> AlertWorld:
    """The project that broke has no alert at all."""
    began = -8 * DAY - 29
    return AlertWorld(
        "another projects alert",
        (
            Part(
                project("gapg", issue("GAPG-1", run(240, began, began + 60), background("GAPG-1", 0.4))),
                (Episode(("GAPG-1",), began, began + 60),),
                (),
            ),
            Part(project("gaph"), (), (Labelled(alert("Gap elsewhere", more_than(10, "1h")), "never_fired"),)),
        ),
    )


WORLDS = (
    nobody_was_told,
    a_known_one_rose,
    beside_a_rhythm,
    twice_the_same,
    three_at_once,
    only_dead_ones,
    another_projects_alert,
)
