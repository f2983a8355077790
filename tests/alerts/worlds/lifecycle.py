"""Alerts on what becomes of an issue: resolved and back, archived and back, assigned."""

from __future__ import annotations

from sentry_runbook.simulator.people import owner_id
from sentry_runbook.simulator.scenario import StateChange
from tests.alerts.worlds.labels import DAY, AlertWorld, Episode, Labelled, Part
from tests.alerts.worlds.making import EVERY, FIRST_SEEN, alert, background, issue, more_than, project, run, trigger


def came_back() -> AlertWorld:
    """An issue that was resolved ten days ago comes back with a burst."""
    began = -3 * DAY - 180
    return AlertWorld(
        "came back",
        (
            Part(
                project(
                    "back",
                    issue(
                        "BACK-1",
                        background("BACK-1", 0.4, until=-10 * DAY - 60),
                        run(200, began, began + 50),
                        history=(StateChange(-10 * DAY),),
                    ),
                ),
                (Episode(("BACK-1",), began, began + 50),),
                (
                    Labelled(alert("Regressions", triggers=[trigger("regression_event")]), "works"),
                    Labelled(alert("Reappeared", triggers=[trigger("reappeared_event")]), "never_fired"),
                    Labelled(alert("Really new", triggers=[FIRST_SEEN]), "never_fired"),
                    Labelled(alert("Resolved", triggers=[trigger("issue_resolved_trigger")]), "works"),
                ),
            ),
        ),
    )


def woke_up() -> AlertWorld:
    """An issue that was archived until it escalates does."""
    began = -2 * DAY - 420
    return AlertWorld(
        "woke up",
        (
            Part(
                project(
                    "woke",
                    issue(
                        "WOKE-1",
                        background("WOKE-1", 0.4, until=-9 * DAY - 30),
                        run(300, began, began + 60),
                        history=(StateChange(-9 * DAY, "ignored", substatus="archived_until_escalating"),),
                    ),
                ),
                (Episode(("WOKE-1",), began, began + 60),),
                (
                    Labelled(alert("Escalations", triggers=[trigger("reappeared_event")]), "works"),
                    Labelled(alert("Woken over 50", more_than(50, "1h")), "works"),
                    Labelled(alert("Woken regressions", triggers=[trigger("regression_event")]), "never_fired"),
                ),
            ),
        ),
    )


def archived_for_ever() -> AlertWorld:
    """A burst of an issue that was archived for ever: no alert looks at it."""
    began = -4 * DAY - 60
    return AlertWorld(
        "archived for ever",
        (
            Part(
                project(
                    "mute",
                    issue(
                        "MUTE-1",
                        background("MUTE-1", 0.4, until=began - 60),
                        run(200, began, began + 40),
                        history=(StateChange(-12 * DAY, "ignored", substatus="archived_forever"),),
                    ),
                ),
                None,
                (Labelled(alert("Archived over 50", more_than(50, "1h")), "never_fired"),),
            ),
        ),
    )


def assigned() -> AlertWorld:
    """A burst of an issue that has belonged to a team for weeks, and one of nobody's."""
    first, second = -8 * DAY - 45, -1 * DAY - 600
    team = owner_id("team:payments").partition(":")[2]

    def assigned_to(kind: str, identifier: str | None) -> dict[str, object]:
        return {"type": "assigned_to", "comparison": {"targetType": kind, "targetIdentifier": identifier}}

    return AlertWorld(
        "assigned",
        (
            Part(
                project(
                    "owned",
                    issue(
                        "OWNED-1",
                        background("OWNED-1", 0.4),
                        run(150, first, first + 50),
                        assigned_to="team:payments",
                        assigned_at=-20 * DAY,
                    ),
                    issue("OWNED-2", run(150, second, second + 50), kind="KeyError"),
                ),
                (Episode(("OWNED-1",), first, first + 50), Episode(("OWNED-2",), second, second + 50)),
                (
                    Labelled(
                        alert("Payments over 20", more_than(20, "1h"), assigned_to("Team", team), frequency=1440),
                        "works",
                    ),
                    Labelled(alert("Nobody's over 20", more_than(20, "1h"), assigned_to("Unassigned", None)), "works"),
                    Labelled(alert("Other team over 20", more_than(20, "1h"), assigned_to("Team", "1")), "never_fired"),
                ),
            ),
        ),
    )


def often_seen() -> AlertWorld:
    """Occurrences of all time: at least so many."""
    began = -2 * DAY - 75
    return AlertWorld(
        "often seen",
        (
            Part(
                project("often", issue("OFTEN-1", run(60, began, began + 50)), usual=0.0),
                (Episode(("OFTEN-1",), began, began + 50),),
                (
                    Labelled(
                        alert("Ten times seen", {"type": "issue_occurrences", "comparison": {"value": 10}}), "works"
                    ),
                    Labelled(
                        alert("Sixty times seen", {"type": "issue_occurrences", "comparison": {"value": 60}}), "late"
                    ),
                    Labelled(
                        alert("Sixty one times seen", {"type": "issue_occurrences", "comparison": {"value": 61}}),
                        "never_fired",
                    ),
                    Labelled(
                        alert(
                            "New and seen twice",
                            {"type": "issue_occurrences", "comparison": {"value": 2}},
                            triggers=[FIRST_SEEN],
                        ),
                        "dead",
                        dead="impossible",
                    ),
                    Labelled(alert("Every event of errors", triggers=[EVERY], frequency=1440), "works"),
                ),
            ),
        ),
    )


WORLDS = (came_back, woke_up, archived_for_ever, assigned, often_seen)
