"""Servers with the alerts from before 2026, alone or beside today's."""

from __future__ import annotations

from tests.alerts.worlds.labels import DAY, AlertWorld, Episode, Labelled, Part
from tests.alerts.worlds.making import (
    alert,
    background,
    issue,
    metric_rule,
    more_than,
    old,
    old_more_than,
    project,
    rule,
    run,
)


def old_rules() -> AlertWorld:
    """A burst of 480 events in 40 minutes, as rules from before see it."""
    began = -3 * DAY - 113
    return AlertWorld(
        "old rules",
        (
            Part(
                project("elder", issue("ELDER-1", run(480, began, began + 40))),
                (Episode(("ELDER-1",), began, began + 40),),
                (
                    Labelled(rule("Elder new", old("FirstSeenEventCondition")), "works"),
                    Labelled(rule("Elder over 100", old_more_than(100, "1h")), "works"),
                    Labelled(rule("Elder over 300", old_more_than(300, "1h")), "late"),
                    Labelled(rule("Elder over 480", old_more_than(480, "1h")), "never_fired"),
                    Labelled(
                        rule(
                            "Elder people",
                            old_more_than(50, "1h", "EventUniqueUserFrequencyCondition"),
                            filters=[old("LevelFilter", "filters", level="40", match="gte")],
                            frequency=1440,
                        ),
                        "works",
                    ),
                    Labelled(
                        rule(
                            "Elder fatal",
                            old_more_than(50, "1h"),
                            filters=[old("LevelFilter", "filters", level="50", match="gte")],
                        ),
                        "never_fired",
                    ),
                    Labelled(
                        rule("Elder snoozed", old_more_than(20, "1h"), snoozed=True),
                        "dead",
                        dead="snoozed",
                        history="none",
                    ),
                    Labelled(
                        rule("Elder off", old_more_than(20, "1h"), enabled=False),
                        "dead",
                        dead="disabled",
                        history="none",
                    ),
                    Labelled(
                        rule("Elder mute", old_more_than(20, "1h"), acts=False),
                        "dead",
                        dead="no action",
                        history="none",
                    ),
                ),
            ),
        ),
        generation="before",
    )


def old_rise_and_tags() -> AlertWorld:
    """Rules from before on a rise, a tag and two environments."""
    began = -2 * DAY - 310
    return AlertWorld(
        "old rise and tags",
        (
            Part(
                project(
                    "oldtag",
                    issue(
                        "OLDTAG-1",
                        background("OLDTAG-1", 0.8, tags={"plan": "free"}),
                        run(200, began, began + 50, tags={"plan": "gold"}),
                    ),
                ),
                (Episode(("OLDTAG-1",), began, began + 50),),
                (
                    Labelled(
                        rule(
                            "Old gold",
                            old_more_than(20, "1h"),
                            filters=[old("TaggedEventFilter", "filters", key="plan", match="eq", value="gold")],
                        ),
                        "works",
                    ),
                    Labelled(
                        rule(
                            "Old silver",
                            old_more_than(20, "1h"),
                            filters=[old("TaggedEventFilter", "filters", key="plan", match="eq", value="silver")],
                        ),
                        None,
                    ),
                    Labelled(
                        rule(
                            "Old rise",
                            old_more_than(3000, "1h", comparisonType="percent", comparisonInterval="1d"),
                        ),
                        "works",
                    ),
                    Labelled(
                        rule("Old staging", old_more_than(20, "1h"), environment="staging"),
                        "dead",
                        dead="environment",
                        history="none",
                    ),
                ),
            ),
        ),
        generation="before",
    )


def old_metrics() -> AlertWorld:
    """240 events in 20 minutes, as metric rules from before see it."""
    began = -4 * DAY - 137
    return AlertWorld(
        "old metrics",
        (
            Part(
                project("oldmetric", issue("OLDMETRIC-1", run(240, began, began + 20)), usual=0.3),
                (Episode(("OLDMETRIC-1",), began, began + 20),),
                (
                    Labelled(metric_rule("Old over 50", ("critical", 50)), "works"),
                    Labelled(metric_rule("Old over 130", ("critical", 130)), "never_fired"),
                    Labelled(metric_rule("Old warned", ("critical", 100), ("warning", 40)), "works"),
                    Labelled(metric_rule("Old three in a row", ("critical", 50), threshold_period=3), "works"),
                    Labelled(metric_rule("Old well below 10", ("critical", 50), resolve_threshold=10), "works"),
                ),
            ),
        ),
        generation="before",
    )


def not_migrated() -> AlertWorld:
    """A server with today's alerts that knows a rule from before of which none was made."""
    began = -3 * DAY - 500
    return AlertWorld(
        "not migrated",
        (
            Part(
                project("moved", issue("MOVED-1", run(300, began, began + 60))),
                (Episode(("MOVED-1",), began, began + 60),),
                (
                    Labelled(rule("Left behind", old_more_than(20, "1h")), "dead", dead="not migrated", history="none"),
                    Labelled(alert("Moved along", more_than(20, "1h")), "works"),
                ),
            ),
        ),
        generation="both",
    )


WORLDS = (old_rules, old_rise_and_tags, old_metrics, not_migrated)
