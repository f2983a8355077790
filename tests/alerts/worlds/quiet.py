"""Nothing wrong, noise, and alerts that are dead."""

from __future__ import annotations

import math
from dataclasses import replace

from sentry_runbook.simulator.scenario import NoteSpec
from tests.alerts.worlds.labels import DAY, AlertWorld, Episode, Labelled, Part
from tests.alerts.worlds.making import (
    EVERY,
    FIRST_SEEN,
    above,
    alert,
    background,
    issue,
    monitor,
    more_than,
    project,
    run,
)


def nothing_wrong() -> AlertWorld:
    """Two weeks without anything new."""
    return AlertWorld(
        "nothing wrong",
        (
            Part(
                project("calm"),
                (),
                (
                    Labelled(alert("Calm new", triggers=[FIRST_SEEN]), "never_fired"),
                    Labelled(alert("Calm over 20", more_than(20, "1h")), "never_fired"),
                    Labelled(monitor("Calm metric", *above(50)), "never_fired"),
                ),
            ),
        ),
    )


def by_day_and_night() -> AlertWorld:
    """An issue that comes with people's working day, every day the same."""

    def office(at: float) -> float:
        # Noon is minute 0 of each day here: the fullest hours lie around it.
        return max(0.05, math.cos(at / DAY * 2 * math.pi))

    return AlertWorld(
        "by day and night",
        (
            Part(
                project("rhythm", issue("RHYTHM-1", background("RHYTHM-1", 5, rhythm=office)), usual=0.3),
                (),
                (
                    Labelled(alert("Rhythm over 8", more_than(8, "1h"), frequency=1440), "works"),
                    Labelled(alert("Rhythm over 40", more_than(40, "1h")), "never_fired"),
                ),
            ),
        ),
    )


def alert_fatigue() -> AlertWorld:
    """Five issues that nobody minds, an incident among them, and alerts on every event."""
    began = -6 * DAY - 95
    noise = [issue(f"TIRED-{place}", background(f"TIRED-{place}", 1.4)) for place in range(2, 6)]
    return AlertWorld(
        "alert fatigue",
        (
            Part(
                project("tired", issue("TIRED-1", run(300, began, began + 60)), *noise, usual=0.0),
                (Episode(("TIRED-1",), began, began + 60),),
                (
                    Labelled(alert("Everything", triggers=[EVERY]), "noisy"),
                    Labelled(alert("Two in six hours", more_than(1, "1h"), frequency=5), "noisy"),
                    Labelled(alert("Everything once a week", triggers=[EVERY], frequency=10_080), "works"),
                    Labelled(alert("Tired over 30", more_than(30, "1h")), "works"),
                ),
            ),
        ),
    )


def busy_but_minded() -> AlertWorld:
    """As many firings, but people act on half of the issues."""
    noise = [
        issue(
            f"MINDED-{place}",
            background(f"MINDED-{place}", 1.4),
            notes=(NoteSpec(-3 * DAY, "Looking into it"),) if place < 3 else (),
        )
        for place in range(1, 5)
    ]
    return AlertWorld(
        "busy but minded",
        (
            Part(
                project("minded", *noise, usual=0.0),
                (),
                (Labelled(alert("Minded everything", triggers=[EVERY]), "works"),),
            ),
        ),
    )


def dead_alerts() -> AlertWorld:
    """A burst that all of these would have caught."""
    began = -3 * DAY - 260
    over = more_than(20, "1h")
    return AlertWorld(
        "dead alerts",
        (
            Part(
                project("dead", issue("DEAD-1", run(300, began, began + 60))),
                (Episode(("DEAD-1",), began, began + 60),),
                (
                    Labelled(alert("Switched off", over, enabled=False), "dead", dead="disabled", history="none"),
                    Labelled(alert("Unconnected", over, connected=False), "dead", dead="unconnected", history="none"),
                    Labelled(alert("Without action", over, acts=False), "dead", dead="no action", history="none"),
                    Labelled(
                        alert("Of an unused environment", over, environment="preview"),
                        "dead",
                        dead="environment",
                        history="none",
                    ),
                    Labelled(
                        replace(monitor("Monitor off", *above(30)), enabled=False),
                        "dead",
                        dead="disabled",
                        history="none",
                    ),
                    Labelled(
                        monitor("Query finds nothing", *above(30), query="plan:platinum"),
                        "dead",
                        dead="query",
                        history="none",
                    ),
                    Labelled(alert("The living one", over), "works"),
                ),
            ),
        ),
    )


WORLDS = (nothing_wrong, by_day_and_night, alert_fatigue, busy_but_minded, dead_alerts)
