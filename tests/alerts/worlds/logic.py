"""How conditions are combined, and what cannot be replayed."""

from __future__ import annotations

from dataclasses import replace

from sentry_runbook.simulator.scenario import FiringSpec
from sentry_runbook.simulator.scenario.watchers import EMAIL, FilterSpec
from tests.alerts.worlds.labels import DAY, AlertWorld, Episode, Labelled, Part
from tests.alerts.worlds.making import (
    EVERY,
    FIRST_SEEN,
    age,
    alert,
    background,
    issue,
    level,
    monitor,
    more_than,
    project,
    run,
    tag,
    trigger,
    users,
)


def combined() -> AlertWorld:
    """A burst of 240 events of six people in 40 minutes."""
    began = -3 * DAY - 333
    many, few = more_than(100, "1h"), users(50, "1h")
    two_blocks = (FilterSpec((few,), "all", (EMAIL,)), FilterSpec((more_than(30, "1h"),), "any", (EMAIL,)))
    return AlertWorld(
        "combined",
        (
            Part(
                project("logic", issue("LOGIC-1", run(240, began, began + 40, users=6))),
                (Episode(("LOGIC-1",), began, began + 40),),
                (
                    Labelled(alert("Any of many and people", more_than(60, "1h"), few, logic="any"), "works"),
                    Labelled(alert("All of many and people", many, few), "never_fired"),
                    Labelled(alert("None of people", few, logic="none", triggers=[FIRST_SEEN]), "works"),
                    Labelled(
                        alert("Count as a trigger", triggers=[more_than(60, "1h")]),
                        "works",
                    ),
                    Labelled(
                        alert("New or many", triggers=[FIRST_SEEN, more_than(300, "1h")], trigger_logic="any-short"),
                        "works",
                    ),
                    Labelled(
                        alert("New and many", triggers=[FIRST_SEEN, more_than(30, "1h")], trigger_logic="all"),
                        "never_fired",
                    ),
                    Labelled(replace(alert("Two blocks", triggers=[EVERY]), filters=two_blocks), "works"),
                ),
            ),
        ),
    )


def of_an_age() -> AlertWorld:
    """A known issue and a new one, both with a burst."""
    known, new = -6 * DAY - 120, -3 * DAY - 240
    return AlertWorld(
        "of an age",
        (
            Part(
                project(
                    "age",
                    issue("AGE-1", background("AGE-1", 0.4), run(200, known, known + 40)),
                    issue("AGE-2", run(200, new, new + 40)),
                ),
                (Episode(("AGE-1",), known, known + 40), Episode(("AGE-2",), new, new + 40)),
                (
                    Labelled(alert("Many of a young issue", more_than(30, "1h"), age("newer", 1, "day")), "works"),
                    Labelled(alert("Many of an old issue", more_than(30, "1h"), age("older", 1, "week")), "works"),
                    Labelled(
                        alert("Many of an ancient issue", more_than(30, "1h"), age("older", 9, "week")), "never_fired"
                    ),
                ),
            ),
        ),
    )


def cannot_be_replayed() -> AlertWorld:
    """A burst, and alerts whose condition nobody can replay: what they did is known, what they would do is not."""
    began = -4 * DAY - 150
    fired = (FiringSpec(began + 4.3, "MYST-1"),)
    late = (FiringSpec(began + 31.3, "MYST-1"),)
    dynamic = monitor("Anomalous errors", detection_type="dynamic")
    return AlertWorld(
        "cannot be replayed",
        (
            Part(
                project("myst", issue("MYST-1", run(300, began, began + 60))),
                (Episode(("MYST-1",), began, began + 60),),
                (
                    Labelled(
                        alert("High priority", triggers=[trigger("new_high_priority_issue")], firings=fired),
                        "works",
                        replayable=False,
                        history="given",
                    ),
                    Labelled(
                        alert("Latest release", trigger("latest_release"), more_than(20, "1h"), firings=late),
                        "late",
                        replayable=False,
                        history="given",
                    ),
                    Labelled(
                        alert(
                            "Adopted release",
                            {
                                "type": "latest_adopted_release",
                                "comparison": {
                                    "releaseAgeType": "oldest",
                                    "ageComparison": "older",
                                    "environment": "production",
                                },
                            },
                        ),
                        "never_fired",
                        replayable=False,
                        history="given",
                    ),
                    Labelled(
                        alert(
                            "Priority at least high",
                            {"type": "issue_priority_greater_or_equal", "comparison": 75},
                            more_than(20, "1h"),
                        ),
                        "never_fired",
                        replayable=False,
                        history="given",
                    ),
                    Labelled(
                        replace(dynamic, opened=((began + 6.0, began + 70.0),)),
                        "works",
                        replayable=False,
                        history="given",
                    ),
                ),
            ),
        ),
    )


def settings_and_delays() -> AlertWorld:
    """History and today's settings differ: edited since, or delivered late."""
    began = -5 * DAY - 400
    return AlertWorld(
        "settings and delays",
        (
            Part(
                project("edit", issue("EDIT-1", run(600, began, began + 120))),
                (Episode(("EDIT-1",), began, began + 120),),
                (
                    # It asked for 20 when it fired, and asks for 5,000 since yesterday.
                    Labelled(
                        alert(
                            "Edited yesterday",
                            more_than(5000, "1h"),
                            edited=-DAY,
                            created=-60 * DAY,
                            firings=(FiringSpec(began + 4.1, "EDIT-1"),),
                        ),
                        "works",
                        history="given",
                    ),
                    Labelled(alert("Forty minutes behind", more_than(30, "1h"), frequency=1440), "late", delay=40),
                    Labelled(alert("On time", more_than(30, "1h"), frequency=1440), "works"),
                ),
            ),
        ),
    )


def one_of_two() -> AlertWorld:
    """Two incidents: an alert that catches one of them and is late for the other works; one late for both is late."""
    first, second = -9 * DAY - 100, -3 * DAY - 700
    return AlertWorld(
        "one of two",
        (
            Part(
                project(
                    "pair",
                    issue("PAIR-1", run(900, first, first + 60)),
                    issue("PAIR-2", run(200, second, second + 60), kind="KeyError"),
                ),
                (Episode(("PAIR-1",), first, first + 60), Episode(("PAIR-2",), second, second + 60)),
                (
                    Labelled(alert("Caught one", more_than(150, "1h")), "works"),
                    Labelled(alert("Late for both", more_than(150, "1h"), frequency=1440), "late", delay=20),
                    Labelled(alert("Caught both", more_than(30, "1h"), level(40, "gte")), "works"),
                    Labelled(alert("Hosts by web", more_than(30, "1h"), tag("runtime", "sw", "cpython")), "works"),
                ),
            ),
        ),
    )


WORLDS = (combined, of_an_age, cannot_be_replayed, settings_and_delays, one_of_two)
