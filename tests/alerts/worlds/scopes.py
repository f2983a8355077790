"""What an alert looks at: environments, projects, levels, tags, attributes, filters of the count."""

from __future__ import annotations

from tests.alerts.worlds.labels import DAY, AlertWorld, Episode, Labelled, Part
from tests.alerts.worlds.making import (
    EVERY,
    FIRST_SEEN,
    alert,
    background,
    issue,
    level,
    more_than,
    project,
    run,
    tag,
)


def staging_burst() -> AlertWorld:
    """A burst in staging alone."""
    began = -2 * DAY - 65
    return AlertWorld(
        "staging burst",
        (
            Part(
                project(
                    "stage",
                    issue("STAGE-1", run(240, began, began + 40, environment="staging")),
                ),
                (Episode(("STAGE-1",), began, began + 40),),
                (
                    Labelled(alert("Production over 50", more_than(50, "1h"), environment="production"), "never_fired"),
                    Labelled(alert("Staging over 50", more_than(50, "1h"), environment="staging"), "works"),
                    Labelled(alert("Anywhere over 50", more_than(50, "1h")), "works"),
                    Labelled(
                        alert("New in production", triggers=[FIRST_SEEN], environment="production"), "never_fired"
                    ),
                    Labelled(alert("New in staging", triggers=[FIRST_SEEN], environment="staging"), "works"),
                ),
            ),
        ),
    )


def two_environments() -> AlertWorld:
    """200 events in an hour, half of them in production, the other half in staging."""
    began = -4 * DAY - 200
    return AlertWorld(
        "two environments",
        (
            Part(
                project(
                    "both",
                    issue(
                        "BOTH-1",
                        run(100, began, began + 50),
                        run(100, began + 0.2, began + 50.2, environment="staging"),
                    ),
                ),
                (Episode(("BOTH-1",), began, began + 50.2),),
                (
                    Labelled(alert("Both over 20", more_than(20, "1h")), "works"),
                    Labelled(alert("Both over 150", more_than(150, "1h")), "late"),
                    Labelled(alert("Half over 100", more_than(100, "1h"), environment="production"), "never_fired"),
                    Labelled(alert("Half over 90", more_than(90, "1h"), environment="production"), "late"),
                ),
            ),
        ),
    )


def elsewhere() -> AlertWorld:
    """Two projects; the burst is in the one, the stricter alerts in the other."""
    began = -3 * DAY - 500
    return AlertWorld(
        "elsewhere",
        (
            Part(
                project("here", issue("HERE-1", run(300, began, began + 60))),
                (Episode(("HERE-1",), began, began + 60),),
                (Labelled(alert("Here over 500", more_than(500, "1h")), "never_fired"),),
            ),
            Part(
                project("there"),
                (),
                (Labelled(alert("There over 20", more_than(20, "1h")), "never_fired"),),
            ),
        ),
    )


def levels() -> AlertWorld:
    """A burst of warnings."""
    began = -6 * DAY - 90
    return AlertWorld(
        "levels",
        (
            Part(
                project("levels", issue("LEVELS-1", run(200, began, began + 50), level="warning")),
                (Episode(("LEVELS-1",), began, began + 50),),
                (
                    Labelled(alert("Warnings", more_than(20, "1h"), level(30)), "works"),
                    Labelled(alert("Warnings and worse", more_than(20, "1h"), level(30, "gte")), "works"),
                    Labelled(alert("Errors", more_than(20, "1h"), level(40, "gte")), "never_fired"),
                    Labelled(alert("Up to info", more_than(20, "1h"), level(20, "lte")), "never_fired"),
                ),
            ),
        ),
    )


def tags() -> AlertWorld:
    """A burst of 300 events: a third of them from the plan "gold", whose events come last."""
    began = -5 * DAY - 220
    return AlertWorld(
        "tags",
        (
            Part(
                project(
                    "tags",
                    issue(
                        "TAGS-1",
                        run(200, began, began + 40, tags={"plan": "free"}),
                        run(100, began + 40, began + 60, tags={"plan": "gold"}),
                    ),
                ),
                (Episode(("TAGS-1",), began, began + 60),),
                (
                    Labelled(alert("Free events", more_than(20, "1h"), tag("plan", "eq", "free")), "works"),
                    Labelled(alert("Gold events", more_than(20, "1h"), tag("plan", "eq", "gold")), "late"),
                    Labelled(alert("Not free", more_than(20, "1h"), tag("plan", "ne", "free")), "late"),
                    Labelled(alert("Plan set", more_than(20, "1h"), tag("plan", "is")), "works"),
                    Labelled(
                        alert(
                            "Gold counted over 99",
                            more_than(99, "1h", filters=[{"key": "plan", "match": "eq", "value": "gold"}]),
                        ),
                        "late",
                    ),
                    Labelled(
                        alert(
                            "Gold counted over 100",
                            more_than(100, "1h", filters=[{"key": "plan", "match": "eq", "value": "gold"}]),
                        ),
                        "never_fired",
                    ),
                ),
            ),
        ),
    )


def several_issues() -> AlertWorld:
    """One fault, three issues that begin within two minutes; and a fourth that has nothing to do with it."""
    began = -7 * DAY - 310
    return AlertWorld(
        "several issues",
        (
            Part(
                project(
                    "several",
                    issue("SEVERAL-1", run(120, began, began + 60)),
                    issue("SEVERAL-2", run(300, began + 1, began + 60), kind="KeyError"),
                    issue("SEVERAL-3", run(60, began + 2, began + 60), kind="OSError"),
                    issue("SEVERAL-4", background("SEVERAL-4", 0.4)),
                ),
                (Episode(("SEVERAL-1", "SEVERAL-2", "SEVERAL-3"), began, began + 60),),
                (
                    Labelled(alert("One of several over 50", more_than(50, "1h")), "works"),
                    # 120 + 300 + 60 events, but the count is of each issue alone.
                    Labelled(alert("Several over 300", more_than(300, "1h")), "never_fired"),
                    Labelled(alert("Several new", triggers=[FIRST_SEEN]), "works"),
                ),
            ),
        ),
    )


def throttled() -> AlertWorld:
    """Six hours of trouble, told once, every hour or at each event's next chance."""
    began = -2 * DAY - 600
    return AlertWorld(
        "throttled",
        (
            Part(
                project("long", issue("LONG-1", run(720, began, began + 360), background("LONG-1", 0.3))),
                (Episode(("LONG-1",), began, began + 360),),
                (
                    Labelled(alert("Every 5 minutes", more_than(10, "15m"), frequency=5), "works"),
                    Labelled(alert("Every hour", more_than(10, "15m"), frequency=60), "works"),
                    Labelled(alert("Once a day", more_than(10, "15m"), frequency=1440), "works"),
                    Labelled(alert("Once a week, all events", triggers=[EVERY], frequency=10_080), "works"),
                ),
            ),
        ),
    )


WORLDS = (staging_burst, two_environments, elsewhere, levels, tags, several_issues, throttled)
