"""The corpus of situations, whose labels know nothing of the product: each incident of several issues told as one."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.world import World
from tests.matrix import matrix
from tests.situations.raw import Situation
from tests.situations.situations import situations
from tests.situations.truth import CRASH_FREE_PCT, USERS_PER_HOUR, Counted
from tests.situations.world import scenario
from tests.tools.support import connected

SEVERAL: dict[str, tuple[Situation, tuple[str, ...]]] = {
    f"{situation.name} {place}": (situation, tuple(sorted(made.issues)))
    for situation in situations()
    for place, made in enumerate(situation.made)
    if 2 <= len(made.issues) <= 10
}
"""Incidents of as many issues as a story may have."""
QUICK = tuple(SEVERAL)[::6]


def test_the_corpus_holds_incidents_of_several_issues_on_both_sides_of_the_threshold() -> None:
    users = [Counted(situation.raw, issues).users_in_the_worst_hour() or 0 for situation, issues in SEVERAL.values()]
    assert len(users) >= 20
    assert {number > USERS_PER_HOUR for number in users} == {True, False}


@pytest.mark.parametrize("name", matrix(list(SEVERAL), quick=QUICK))
async def test_events_people_and_severity_are_those_that_the_corpus_counts(name: str) -> None:
    situation, issues = SEVERAL[name]
    clock = ManualClock(situation.raw.now)
    async with connected(world=World(scenario(situation.raw), clock), clock=clock) as connection:
        arguments = {"issue": issues[-1], "issues": list(issues[:-1])}
        impact = (await connection.call("draft_postmortem", **arguments))["impact"]
        text = (await connection.call("draft_update", **arguments))["text"]
    start = datetime.fromisoformat(impact["window"]["start"]) - situation.raw.now
    counted = Counted(situation.raw, issues, start.total_seconds() / 60)
    truth = counted.production or counted.events
    assert impact["events"] == len(truth)
    people = len({event.user for event in truth if event.user})
    assert impact.get("users", 0) == people
    told = re.search(r"Severity: (P\d)", text)
    assert told is not None
    if min(counted.crash_free_of_hours(), default=100.0) >= CRASH_FREE_PCT:
        # A single hour below the limit decides here, and the corpus judges the whole time.
        assert told[1] == counted.severity.level, counted.severity
